"""Random questions for the formats, and what files of them have to be, whatever they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from classroom.activities.types import ANY
from classroom.bank import Entry, Understood, read
from classroom.errors import ClientFault

SIGNS = "=~#{}:\\[]%<>&'\"-/|,;.!?()$^_ \n\t"
WHOLE = ["->", "//", "::", "\\(x^2\\)", "$$", "<b>", "&lt;", "ANSWER: A", "a", "狗", "é", "🐶", "  "]
SPECIAL = [*SIGNS, *WHOLE]


def words(longest: int = 12) -> st.SearchStrategy[str]:
    said = st.lists(st.sampled_from(SPECIAL), min_size=1, max_size=longest).map(lambda parts: "".join(parts).strip())
    lines = said.map(lambda text: "\n".join(line.strip() for line in text.split("\n") if line.strip()))
    return lines.filter(bool)


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
        case "text":
            asked |= {"answer": options}
        case "order":
            asked |= {"options": options, "answer": draw(st.permutations(range(len(options))))}
        case "match":
            targets = draw(several())
            right = st.lists(st.integers(0, len(targets) - 1), min_size=len(options), max_size=len(options))
            asked |= {"options": options, "targets": targets, "answer": draw(right)}
    return ANY.validate_python(asked).model_dump(exclude_none=True)


def entries(types: tuple[str, ...]) -> st.SearchStrategy[list[Entry]]:
    folder = st.sampled_from(["", "Year 3", "Year 3/Circles", "三年级/圆"])
    return st.lists(st.builds(Entry, questions(types), folder=folder), max_size=4)


def meant(question: Mapping[str, Any]) -> dict[str, Any]:
    """A question as what it asks: in which order options of an order, and targets, are shown says nothing."""
    said = dict(question)
    match question["type"]:
        case "order":
            said["answer"] = [question["options"][i] for i in question["answer"]]
            del said["options"]
        case "match":
            said["answer"] = [question["targets"][i] for i in question["answer"]]
            said["targets"] = set(question["targets"])
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
