"""Random questions for the formats, and what files of them have to be, whatever they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from classroom.activities.types import ANY
from classroom.activities.types.gaps import GAP
from classroom.bank import Entry, File, Understood, read
from classroom.errors import ClientFault

SIGNS = "=~#{}:\\[]%<>&'\"-/|,;.!?()$^_* \n\t"
WHOLE = ["->", "//", "::", "\\(x^2\\)", "$$", "<b>", "&lt;", "ANSWER: A", "a", "狗", "é", "🐶", "  "]
SPECIAL = [*SIGNS, *WHOLE]


def words(longest: int = 12) -> st.SearchStrategy[str]:
    said = st.lists(st.sampled_from(SPECIAL), min_size=1, max_size=longest).map(lambda parts: "".join(parts).strip())
    lines = said.map(lambda text: "\n".join(line.strip() for line in text.split("\n") if line.strip()))
    return lines.filter(bool)


PICTURES = {f"p{i}": File("a leaf 叶.png", b"\x89PNG" + bytes([i])) for i in range(3)}
SOUNDS = {"s": File("leaf 0 叶.mp3", b"ID3 a sound"), "s2": File("../leaf.ogg", b"OggS another")}
FILES = PICTURES | SOUNDS


def several(least: int = 2, most: int = 10) -> st.SearchStrategy[list[str]]:
    return st.lists(words(5), min_size=least, max_size=most, unique=True)


@st.composite
def questions(draw: st.DrawFn, types: tuple[str, ...]) -> dict[str, Any]:
    kind = draw(st.sampled_from(types))
    asked: dict[str, Any] = {"type": kind, "prompt": draw(words())}
    if draw(st.booleans()):
        asked["explanation"] = draw(words())
    options = draw(several())
    match kind:
        case "choice":
            asked |= {"options": options, "answer": draw(st.integers(0, len(options) - 1))}
        case "vote":
            asked |= {"options": options}
        case "multiple":
            right = st.lists(st.integers(0, len(options) - 1), min_size=1, unique=True)
            asked |= {"options": options, "answer": sorted(draw(right))}
        case "truefalse":
            asked |= {"answer": draw(st.integers(0, 1))}
        case "number":
            finite = st.floats(-1e15, 1e15)
            asked |= {"answer": draw(finite), "tolerance": draw(st.floats(0, 1e15))}
            if draw(st.booleans()):
                asked |= {"unit": draw(st.sampled_from(["cm", "m/s²", "个", "%"]))}
        case "text":
            asked |= {"answer": options}
        case "order":
            asked |= {"options": options, "answer": draw(st.permutations(range(len(options))))}
        case "match":
            targets = draw(several())
            right = st.lists(st.integers(0, len(targets) - 1), min_size=len(options), max_size=len(options))
            asked |= {"options": options, "targets": targets, "answer": draw(right)}
        case "gaps":
            asked |= draw(gaps(options))
        case "spot":
            at, apart = st.floats(0, 1), st.integers(0, 40).map(lambda one: one / 40)
            areas = st.one_of(
                st.builds(lambda x, y: {"shape": "circle", "at": [x, y], "radius": 0.1}, at, at),
                st.builds(lambda x, y: {"shape": "rect", "at": [x / 2, y / 2], "size": [0.25, 0.5]}, at, at),
                st.lists(st.lists(apart, min_size=2, max_size=2), min_size=3, max_size=20, unique_by=tuple).map(
                    lambda points: {"shape": "polygon", "points": points}
                ),
            )
            asked |= {"picture": "p0", "aspect": draw(st.floats(0.1, 10))}
            asked |= {"answer": draw(st.lists(areas, min_size=1, max_size=10))}
    return ANY.validate_python(asked).model_dump(exclude_none=True)


@st.composite
def gaps(draw: st.DrawFn, options: list[str]) -> dict[str, Any]:
    """Some are filled in, some chosen for, of which some have several that are right."""
    text = f" {GAP} ".join(draw(st.lists(words(5).filter(lambda one: "_" not in one), min_size=2, max_size=4)))
    most = draw(st.integers(1, 3))
    right = st.lists(st.sampled_from(options), min_size=1, max_size=most, unique=True)
    many = text.count(GAP)
    answer = draw(st.lists(right, min_size=many, max_size=many))
    return {"prompt": "", "text": text, "answer": answer} | ({"options": options} if draw(st.booleans()) else {})


@st.composite
def pictured(draw: st.DrawFn, types: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, File]]:
    """A question, and the pictures and sounds that it has."""
    asked = draw(questions(types))
    one = st.sampled_from(sorted(PICTURES))
    if draw(st.booleans()):
        asked |= {"picture": draw(one), "alt": "A leaf"}
    if draw(st.booleans()):
        asked |= {"sound": draw(st.sampled_from(sorted(SOUNDS)))}
    if asked["type"] in ("choice", "vote", "multiple", "order", "match") and draw(st.booleans()):
        many = len(asked["options"])
        asked |= {"pictures": [draw(one), *draw(st.lists(st.none() | one, min_size=many - 1, max_size=many - 1))]}
    return asked, {name: FILES[name] for name in named(asked)}


def named(asked: Mapping[str, Any]) -> list[str]:
    every = [asked.get("picture"), asked.get("sound"), *asked.get("pictures", ()), *asked.get("target_pictures", ())]
    return list(dict.fromkeys(one for one in every if one))


FOLDERS = st.sampled_from(["", "Year 3", "Year 3/Circles", "三年级/圆"])


def entries(types: tuple[str, ...]) -> st.SearchStrategy[list[Entry]]:
    return st.lists(st.builds(Entry, questions(types), folder=FOLDERS), min_size=1, max_size=4)


def with_files(types: tuple[str, ...]) -> st.SearchStrategy[list[Entry]]:
    return st.lists(pictured(types).map(lambda one: Entry(one[0], files=one[1])), min_size=1, max_size=4)


def shown(entry: Entry) -> dict[str, Any]:
    """What an entry asks, with the contents of its pictures and sounds in the place of what they are called."""
    said, files = meant(entry.question), entry.files
    for field in ("picture", "sound"):
        if field in said:
            said[field] = files[said[field]].data
    for field in ("pictures", "target_pictures"):
        if field in said:
            said[field] = [one and files[one].data for one in said[field]]
    return said


def meant(question: Mapping[str, Any]) -> dict[str, Any]:
    """A question as what it asks: in which order options of an order, and targets, are shown says nothing."""
    said = dict(question)
    match question["type"]:
        case "order":
            said["answer"] = [question["options"][i] for i in question["answer"]]
            if "pictures" in said:
                said["pictures"] = [question["pictures"][i] for i in question["answer"]]
            del said["options"]
        case "match":
            said["answer"] = [question["targets"][i] for i in question["answer"]]
            said["targets"] = set(question["targets"])
        case "number":
            said["tolerance"] = said.get("tolerance", 0)
        case "gaps":
            if "options" in said:
                said["options"] = set(said["options"])
            said["answer"] = [set(right) for right in said["answer"]]
    return said


def refused_or_read(name: str, data: bytes) -> Understood | ClientFault:
    """Nothing else may come of any bytes."""
    try:
        found = read(name, data)
    except ClientFault as fault:
        return fault
    for one in found.questions:
        ANY.validate_python(dict(one.question))
    return found
