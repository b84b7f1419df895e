"""Questions to a package of QTI: an item each, with the pictures and sounds that they have."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from classroom.activities.types.gaps import GAP
from classroom.bank import media
from classroom.bank.entries import Entry
from classroom.bank.qti.version import V2, Version
from classroom.bank.tree import quoted, said

MANIFEST = "imsmanifest.xml"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
FOLDER = "media/"
ACROSS = 1000
"""How wide a picture that is pointed at is taken to be: places on it are whole numbers, by its width and height."""
TRUTHS = {"zh": ("对", "错"), "": ("True", "False")}
SHAPES = {"circle": "circle", "rect": "rect", "polygon": "poly"}


@dataclass(frozen=True, slots=True)
class Declared:
    """What is right, as an item declares it: `right` is correct, and `mapped` as good; `areas` of a picture."""

    cardinality: str
    base: str
    right: Sequence[str] = ()
    mapped: Sequence[str] = ()
    areas: Sequence[tuple[str, str]] = ()
    name: str = "RESPONSE"


Asks = tuple[list[Declared], list[str]]
"""What is declared, and the body."""


def holds(entry: Entry) -> bool:
    return _Item(entry, V2, {}).asks() is not None


def write(entries: Sequence[Entry], version: Version) -> bytes:
    out = io.BytesIO()
    names = media.named(entries)
    files = {known: file for one in entries for known, file in one.files.items()}
    resources = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for number, one in enumerate(entries, 1):
            item = _Item(one, version, names)
            if (written := item.written(f"q{number}")) is None:
                continue
            name = f"q{number}.xml"
            package.writestr(_info(name), f"{XML}{written}\n")
            has = [said("file", href=href) for href in (name, *(item.address(known) for known in one.files))]
            given = {"identifier": f"r{number}", "type": version.resource, "href": name}
            resources.append(said("resource", *has, **given))
        for known, name in names.items():
            package.writestr(_info(FOLDER + name), files[known].data)
        inside = said("organizations"), said("resources", "\n".join(resources))
        manifest = said("manifest", *inside, xmlns=version.packaging, identifier="tongke")
        package.writestr(_info(MANIFEST), f"{XML}{manifest}\n")
    return out.getvalue()


def _info(name: str) -> zipfile.ZipInfo:
    """Without the time, so that the same questions are the same file."""
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


class _Item:
    """One question, as an item. `names`: what its pictures and sounds are called in the package."""

    def __init__(self, entry: Entry, version: Version, names: Mapping[str, str]) -> None:
        self._entry = entry
        self._question = entry.question
        self._said = version.said
        self._version = version
        self._names = names

    def written(self, name: str) -> str | None:
        asks = self.asks()
        if asks is None:
            return None
        said, question = self._said, self._question
        declared, body = asks
        why = []
        if text := question.get("explanation"):
            told = {"outcomeIdentifier": "FEEDBACK", "identifier": "why", "showHide": "hide"}
            inside = _flow(text)
            why = [said("modalFeedback", said("contentBody", inside) if self._version.hyphens else inside, **told)]
        title = question["prompt"][:60].replace("\n", " ").strip() or name
        given = {"xmlns": self._version.items, "identifier": name, "title": title}
        given |= {"xml__lang": self._entry.language} if self._entry.language else {}
        given |= {"adaptive": "false", "timeDependent": "false"}
        score = said("outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float")
        marked = self._marked(declared)
        parts = [*map(self._declared, declared), score, said("itemBody", *body), *marked, *why]
        return said("assessmentItem", *parts, **given)

    def _declared(self, one: Declared) -> str:
        said = self._said
        parts = [said("correctResponse", *(said("value", quoted(word)) for word in one.right))] if one.right else []
        if one.mapped:
            every = (said("mapEntry", mapKey=word, mappedValue="1") for word in (*one.right, *one.mapped))
            parts.append(said("mapping", *every, defaultValue="0"))
        if one.areas:
            areas = (said("areaMapEntry", shape=shape, coords=at, mappedValue="1") for shape, at in one.areas)
            parts.append(said("areaMapping", *areas, defaultValue="0"))
        return said("responseDeclaration", *parts, identifier=one.name, cardinality=one.cardinality, baseType=one.base)

    def _marked(self, declared: Sequence[Declared]) -> list[str]:
        """By what all share; a number that may be off a little, and several gaps, by rules of their own."""
        said, (one, *others) = self._said, declared
        if (off := self._question.get("tolerance")) and one.right:
            both = said("variable", identifier=one.name), said("correct", identifier=one.name)
            near = said("equal", *both, toleranceMode="absolute", tolerance=f"{off!r} {off!r}")
            full = said("setOutcomeValue", said("baseValue", "1", baseType="float"), identifier="SCORE")
            return [said("responseProcessing", said("responseCondition", said("responseIf", near, full)))]
        if others:
            if not all(each.right for each in declared):
                return []
            marks = (said("mapResponse", identifier=each.name) for each in declared)
            return [said("responseProcessing", said("setOutcomeValue", said("sum", *marks), identifier="SCORE"))]
        name = "map_response_point" if one.areas else "map_response" if one.mapped else "match_correct"
        is_right = bool(one.areas or one.right)
        return [said("responseProcessing", template=self._version.template(name))] if is_right else []

    def asks(self) -> Asks | None:
        question, answer = self._question, self._question.get("answer")
        if media.lacks(self._entry):
            return None
        match question["type"]:
            case "choice" | "vote" | "multiple":
                return self._choice(answer)
            case "truefalse":
                both = TRUTHS["zh" if self._entry.language.startswith("zh") else ""]
                options = [self._simple(word, name) for word, name in zip(both, ("true", "false"), strict=True)]
                right = [] if answer is None else [("true", "false")[answer]]
                body = self._asking("choiceInteraction", *options, shuffle="false", maxChoices="1")
                return [Declared("single", "identifier", right)], body
            case "order":
                right = [f"c{i}" for i in answer or ()]
                body = self._asking("orderInteraction", *self._options(), shuffle="true")
                return [Declared("ordered", "identifier", right)], body
            case "match":
                return self._match(answer)
            case "essay":
                return [Declared("single", "string")], self._asking("extendedTextInteraction")
            case "number":
                right = [] if answer is None else [repr(answer)]
                return [Declared("single", "float", right)], self._entry_line(question.get("unit", ""))
            case "text":
                words = list(answer or ())
                return [Declared("single", "string", words[:1], words[1:])], self._entry_line("")
            case "gaps":
                return self._gap_match(answer) if self._is_gap_match(answer) else self._gaps(answer)
            case "spot":
                return self._spot(answer)
        return None

    def _asking(self, name: str, *inside: str, **attributes: str) -> list[str]:
        prompt = self._said("prompt", _flow(self._question["prompt"]))
        return [*self._lines(), self._said(name, prompt, *inside, responseIdentifier="RESPONSE", **attributes)]

    def _lines(self, *texts: str) -> list[str]:
        """Before what asks: lines, and the picture and the sound, where they are there."""
        question, files = self._question, self._entry.files
        said = [_flow(text) for text in texts if text]
        if question.get("picture") in files and question["type"] != "spot":
            said.append(self._picture(question["picture"], question.get("alt", "")))
        if question.get("sound") in files:
            said.append(self._sound(question["sound"]))
        return [self._said("p", one) for one in said]

    def address(self, known: str) -> str:
        return FOLDER + quote(self._names.get(known, known))

    def _picture(self, known: str, alt: str) -> str:
        return self._said("img", src=self.address(known), alt=alt)

    def _sound(self, known: str) -> str:
        if self._version.hyphens:
            return self._said("audio", src=self.address(known), controls="controls")
        kind = media.mime(self._names.get(known, ""))
        return self._said("object", data=self.address(known), type=kind)

    def _shown(self, text: str, field: str, index: int) -> str:
        """An option, with its picture."""
        pictures = self._question.get(field)
        known = pictures[index] if pictures else None
        return _flow(text) + (self._picture(known, text) if known else "")

    def _simple(self, inside: str, name: str) -> str:
        return self._said("simpleChoice", inside, identifier=name)

    def _options(self) -> list[str]:
        options = self._question["options"]
        return [self._simple(self._shown(one, "pictures", i), f"c{i}") for i, one in enumerate(options)]

    def _choice(self, answer: Any) -> Asks:
        several = self._question["type"] == "multiple" and answer is not None
        right = [] if answer is None else [f"c{i}" for i in (answer if several else [answer])]
        most = "0" if several else "1"
        body = self._asking("choiceInteraction", *self._options(), shuffle="false", maxChoices=most)
        return [Declared("multiple" if several else "single", "identifier", right)], body

    def _match(self, answer: Any) -> Asks:
        options, targets = self._question["options"], self._question["targets"]
        sets = [
            self._said(
                "simpleMatchSet",
                *(
                    self._said(
                        "simpleAssociableChoice",
                        self._shown(text, pictures, i),
                        identifier=f"{sign}{i}",
                        matchMax=most,
                    )
                    for i, text in enumerate(texts)
                ),
            )
            for sign, texts, most, pictures in (
                ("c", options, "1", "pictures"),
                ("t", targets, "0", "target_pictures"),
            )
        ]
        right = [f"c{i} t{target}" for i, target in enumerate(answer or ())]
        body = self._asking("matchInteraction", *sets, shuffle="true", maxAssociations=str(len(options)))
        return [Declared("multiple", "directedPair", right)], body

    def _entry_line(self, unit: str) -> list[str]:
        asks = self._said("textEntryInteraction", responseIdentifier="RESPONSE")
        return [*self._lines(self._question["prompt"]), self._said("p", asks, f" {quoted(unit)}" if unit else "")]

    def _is_gap_match(self, answer: Any) -> bool:
        """Each gap has one word that is right, of those that are there."""
        options: Sequence[str] = self._question.get("options") or ()
        return bool(options) and all(len(one) == 1 and one[0] in options for one in answer or ())

    def _gap_match(self, answer: Any) -> Asks:
        options = list(dict.fromkeys(self._question["options"]))
        words = [self._said("gapText", _flow(one), identifier=f"w{i}", matchMax="0") for i, one in enumerate(options)]
        begin, *rest = self._question["text"].split(GAP)
        filled = _flow(begin) + "".join(
            self._said("gap", identifier=f"g{i}") + _flow(after) for i, after in enumerate(rest)
        )
        right = [f"w{options.index(one[0])} g{i}" for i, one in enumerate(answer or ())]
        body = self._asking("gapMatchInteraction", *words, self._said("p", filled), shuffle="false")
        return [Declared("multiple", "directedPair", right)], body

    def _gaps(self, answer: Any) -> Asks | None:
        """To be filled in, or each chosen for. What is right has to be there to be chosen."""
        options = list(dict.fromkeys(self._question.get("options") or ()))
        begin, *rest = self._question["text"].split(GAP)
        declared, filled = [], _flow(begin)
        for i, after in enumerate(rest):
            name, words = f"RESPONSE{i}", list(answer[i]) if answer else []
            if options:
                words = [f"w{options.index(one)}" for one in words if one in options]
                if answer and not words:
                    return None
            declared.append(Declared("single", "identifier" if options else "string", words[:1], words[1:], (), name))
            filled += self._gap(options, name) + _flow(after)
        return declared, [*self._lines(self._question["prompt"]), self._said("p", filled)]

    def _gap(self, options: Sequence[str], name: str) -> str:
        if not options:
            return self._said("textEntryInteraction", responseIdentifier=name)
        words = (self._said("inlineChoice", _flow(one), identifier=f"w{i}") for i, one in enumerate(options))
        return self._said("inlineChoiceInteraction", *words, responseIdentifier=name, shuffle="false")

    def _spot(self, answer: Any) -> Asks:
        """As a point that is set, not as a hotspot to be chosen: such are shown, and what is right is all there is."""
        question, down = self._question, round(ACROSS * self._question["aspect"])
        shown = {"width": str(ACROSS), "height": str(max(1, down))}
        address, alt = self.address(question["picture"]), question.get("alt", "")
        if self._version.hyphens:
            picture = self._said("img", src=address, alt=alt, **shown)
        else:
            kind = media.mime(self._names.get(question["picture"], ""))
            picture = self._said("object", quoted(alt), data=address, type=kind, **shown)
        areas = [(SHAPES[one["shape"]], _coords(one, down)) for one in answer or ()]
        body = self._asking("selectPointInteraction", picture, maxChoices="1")
        return [Declared("single", "point", areas=areas)], body


def _coords(area: Mapping[str, Any], down: float) -> str:
    match area["shape"]:
        case "circle":
            (x, y), radius = area["at"], area["radius"]
            return f"{round(x * ACROSS)},{round(y * down)},{max(1, round(radius * ACROSS))}"
        case "rect":
            (x, y), (width, height) = area["at"], area["size"]
            left, top = round(x * ACROSS), round(y * down)
            return f"{left},{top},{left + max(1, round(width * ACROSS))},{top + max(1, round(height * down))}"
        case _:
            return ",".join(f"{round(x * ACROSS)},{round(y * down)}" for x, y in area["points"])


def _flow(text: str) -> str:
    """Text as XML: lines are broken. Spaces that follow each other are one there, and tabs are spaces."""
    return quoted(text).replace("\n", "<br/>")
