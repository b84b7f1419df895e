"""What may stand where in IEEE's LOM, by the table of IEEE 1484.12.1 (§6) as the strict XML binding takes it (IEEE
1484.12.3): no package carries its schema (tests/schemas.py)."""

import re
from collections.abc import Callable, Iterator, Mapping
from xml.etree.ElementTree import Element

LOM = "{http://ltsc.ieee.org/xsd/LOM}"
MANY = 10
"""The least that the standard lets be the most, of what may stand more than once."""

Check = Callable[[Element], bool]
Tree = Mapping[str, tuple[int, "Tree | Check"]]
"""Name → how many times, and what is in it: elements, or words that fit."""

LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*|x-none")
DURATION = re.compile(r"P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?")


def text(one: Element) -> bool:
    return bool((one.text or "").strip()) and not one.attrib


def matches(pattern: str | re.Pattern[str]) -> Check:
    return lambda one: text(one) and re.fullmatch(pattern, one.text or "") is not None


def string(one: Element) -> bool:
    return bool(one.text) and set(one.attrib) <= {"language"} and (
        "language" not in one.attrib or LANGUAGE.fullmatch(one.attrib["language"]) is not None
    )  # fmt: skip


def among(*values: str) -> Tree:
    return {"source": (1, matches("LOMv1.0")), "value": (1, lambda one: one.text in values)}


def card(one: Element) -> bool:
    lines = (one.text or "").split("\r\n") if "\r" in (one.text or "") else (one.text or "").split("\n")
    return [lines[0], lines[1], lines[-1]] == ["BEGIN:VCARD", "VERSION:3.0", "END:VCARD"]


WORDS: Tree = {"string": (MANY, string)}
IDENTIFIER: Tree = {"catalog": (1, text), "entry": (1, text)}
DATE: Tree = {"dateTime": (1, text), "description": (1, WORDS)}
LASTS: Tree = {"duration": (1, matches(DURATION)), "description": (1, WORDS)}
BY: tuple[str, ...] = (
    *("author", "publisher", "unknown", "initiator", "terminator", "validator", "editor", "graphical designer"),
    *("technical implementer", "content provider", "technical validator", "educational validator", "script writer"),
    *("instructional designer", "subject matter expert"),
)
LEVELS = ("very low", "low", "medium", "high", "very high")
TREE: Tree = {
    "general": (
        1,
        {
            "identifier": (MANY, IDENTIFIER),
            "title": (1, WORDS),
            "language": (MANY, matches(LANGUAGE)),
            "description": (MANY, WORDS),
            "keyword": (MANY, WORDS),
            "coverage": (MANY, WORDS),
            "structure": (1, among("atomic", "collection", "networked", "hierarchical", "linear")),
            "aggregationLevel": (1, among("1", "2", "3", "4")),
        },
    ),
    "lifeCycle": (
        1,
        {
            "version": (1, WORDS),
            "status": (1, among("draft", "final", "revised", "unavailable")),
            "contribute": (30, {"role": (1, among(*BY)), "entity": (40, card), "date": (1, DATE)}),
        },
    ),
    "metaMetadata": (
        1,
        {
            "identifier": (MANY, IDENTIFIER),
            "contribute": (
                MANY,
                {"role": (1, among("creator", "validator")), "entity": (MANY, card), "date": (1, DATE)},
            ),
            "metadataSchema": (MANY, text),
            "language": (1, matches(LANGUAGE)),
        },
    ),
    "technical": (
        1,
        {
            "format": (40, matches(r"[\w.+-]+/[\w.+-]+|non-digital")),
            "size": (1, matches(r"\d+")),
            "location": (MANY, text),
            "installationRemarks": (1, WORDS),
            "otherPlatformRequirements": (1, WORDS),
            "duration": (1, LASTS),
        },
    ),
    "educational": (
        100,
        {
            "interactivityType": (1, among("active", "expositive", "mixed")),
            "learningResourceType": (
                MANY,
                among(
                    *("exercise", "simulation", "questionnaire", "diagram", "figure", "graph", "index", "slide"),
                    *("table", "narrative text", "exam", "experiment", "problem statement", "self assessment"),
                    "lecture",
                ),
            ),
            "interactivityLevel": (1, among(*LEVELS)),
            "semanticDensity": (1, among(*LEVELS)),
            "intendedEndUserRole": (MANY, among("teacher", "author", "learner", "manager")),
            "context": (MANY, among("school", "higher education", "training", "other")),
            "typicalAgeRange": (5, WORDS),
            "difficulty": (1, among("very easy", "easy", "medium", "difficult", "very difficult")),
            "typicalLearningTime": (1, LASTS),
            "description": (MANY, WORDS),
            "language": (MANY, matches(LANGUAGE)),
        },
    ),
    "rights": (
        1,
        {
            "cost": (1, among("yes", "no")),
            "copyrightAndOtherRestrictions": (1, among("yes", "no")),
            "description": (1, WORDS),
        },
    ),
    "classification": (
        40,
        {
            "purpose": (
                1,
                among(
                    *("discipline", "idea", "prerequisite", "educational objective", "accessibility", "restrictions"),
                    *("educational level", "skill level", "security level", "competency"),
                ),
            ),
            "taxonPath": (15, {"source": (1, WORDS), "taxon": (15, {"id": (1, text), "entry": (1, WORDS)})}),
            "description": (1, WORDS),
            "keyword": (40, WORDS),
        },
    ),
}


def faults(root: Element) -> list[str]:
    """What in it is not as the standard has it, by where it stands."""
    return [f"{root.tag} is no root"] if root.tag != f"{LOM}lom" else list(_faults(root, TREE, "lom"))


def _faults(element: Element, may: Tree, where: str) -> Iterator[str]:
    seen = dict[str, int]()
    if (element.text or "").strip():
        yield f"{where}: words"
    for one in element:
        name = one.tag.removeprefix(LOM)
        seen[name] = seen.get(name, 0) + 1
        if name not in may:
            yield f"{where}/{name} is no element of it"
            continue
        most, inside = may[name]
        if seen[name] > most:
            yield f"{where}/{name} stands there more than {most} times"
        if not callable(inside):
            yield from _faults(one, inside, f"{where}/{name}")
        elif len(one) or not inside(one):
            yield f"{where}/{name}: {one.text!r}"
