"""What the formats have in common: bytes become text, what was said becomes questions, and what cannot be is noted."""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from classroom.activities.types import ANY
from classroom.bank.entries import Entry, File, Understood
from classroom.bank.notes import WORDS, Fields, Note, noted
from classroom.errors import ClientFault, Status
from classroom.payload import CONTROL_BUT_LINES

MOST_BYTES = 64 << 20
"""Of one file of questions."""
MOST_QUESTIONS = 5000
MOST_NOTES = 1000
MOST_FILES_BYTES = 64 << 20
"""Of the pictures and sounds of one file of questions, together."""
MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
CONTROL = re.compile(f"[{re.escape(''.join(sorted(CONTROL_BUT_LINES)))}]")

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)

UNFIT = {
    "too_long": "too_many",
    "too_short": "too_few",
    "string_too_long": "too_long",
    "string_too_short": "empty",
    "missing": "empty",
}
"""What Pydantic says, by what is said of it; of all else it is that it does not fit."""
WHERE = {name: name for name in WORDS["where"]} | {
    **dict.fromkeys(("pictures", "target_pictures", "alt"), "picture"),
    "plays": "sound",
}


class Not(Exception):
    """Something is no question: a code, and its fields."""

    def __init__(self, code: str, **fields: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields


class Full(Exception):
    """As many questions have been read as may be."""


class Reading:
    """What has been understood so far."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.notes: list[Note] = []
        self.files: dict[str, File] = {}

        self.place: Fields = {}
        """What notes say of where they are from now on, beside the line."""

    def note(self, line: int | None, code: str, **fields: str | int) -> None:
        if len(self.notes) < MOST_NOTES:
            self.notes.append(noted(line, code, **self.place, **fields))

    def take(self, line: int | None, question: Mapping[str, Any], **labels: Any) -> None:
        """One more, if it is one. Raises Full."""
        if len(self.entries) >= MOST_QUESTIONS:
            self.notes.append(noted(line, "questions_too_many", most=MOST_QUESTIONS))
            raise Full
        try:
            kept = ANY.validate_python(question).model_dump(exclude_none=True)
        except ValidationError as fault:
            why = unfit(fault, 1)
            self.note(line, why.code, **why.fields)
            return
        self.entries.append(Entry(kept, line=line, place=self.place, **labels))

    def understood(self) -> Understood:
        return Understood(self.entries, self.notes)


def unfit(fault: ValidationError, outer: int = 0) -> Not:
    """Why it is none, by the first thing that does not fit; `outer` names of where that is say nothing of it."""
    first = fault.errors(include_url=False, include_input=False)[0]
    kind = first["type"]
    if kind == "union_tag_invalid" and not first["loc"]:
        return Not("type_unknown", type=first["ctx"]["tag"])
    if kind == "union_tag_not_found" and not first["loc"]:
        return Not("empty", where="type")
    if kind in ("too_long", "too_short") and first["ctx"]["field_type"] != "List":
        kind = f"string_{kind}"  # of a string that was looked at before
    # What is wrong with it as a whole, a model says by the name of a field.
    names = (*first["loc"][outer:], first["msg"].rpartition(", ")[2])
    where = next((WHERE[name] for name in names if name in WHERE), "question")
    return Not(UNFIT.get(kind, "unfit"), where=where)


def text_of(data: bytes) -> str:
    """UTF-8, UTF-16 with its mark, or GB 18030, without control characters, and with lines that end alike. Raises
    ClientFault `encoding_unknown` (400)."""
    text = _decoded(data)
    if text is None:
        raise ClientFault(
            "encoding_unknown", "The file is neither UTF-8, UTF-16 nor GB 18030: save it as UTF-8.", Status.MALFORMED
        )
    return CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _decoded(data: bytes) -> str | None:
    for mark, name in MARKS.items():
        if data.startswith(mark):
            return _as(data[len(mark) :], name)
    # A file of bytes that are no text has zeros; UTF-16 without its mark has so, too, and is not guessed at.
    return None if b"\0" in data else _as(data, "utf-8") or _as(data, "gb18030")


def _as(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except UnicodeDecodeError:
        return None


def order_of(right: Sequence[str], pictures: Sequence[str | None] | None = None) -> dict[str, Any]:
    """`options` that are given in the right order, as they are shown: by their letters, so that nothing is given
    away."""
    shown = sorted(range(len(right)), key=lambda i: right[i])
    if shown == list(range(len(right))):
        shown.reverse()
    return {
        "type": "order",
        "options": [right[i] for i in shown],
        **({"pictures": [pictures[i] for i in shown]} if pictures else {}),
        "answer": [shown.index(i) for i in range(len(right))],
    }


def match_of(pairs: Sequence[tuple[str, str]], others: Sequence[str] = ()) -> dict[str, Any]:
    """What belongs together; `others` are targets that are nobody's. Targets stand by their letters, too."""
    targets = sorted({target for _, target in pairs}.union(others))
    at = {target: i for i, target in enumerate(targets)}
    return {
        "type": "match",
        "options": [option for option, _ in pairs],
        "targets": targets,
        "answer": [at[target] for _, target in pairs],
    }


def number_of(text: str) -> float:
    """A plain number, which `float` alone does not ask for: it takes `1_0`, `nan` and `infinity`. Raises ValueError."""
    value = float(text) if NUMBER.fullmatch(text.strip()) else math.nan
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def between(low: float, high: float) -> dict[str, float]:
    """The `answer` and `tolerance` of what is right from `low` to `high`."""
    middle = float(f"{low + (high - low) / 2:.15g}")
    return {"answer": middle, "tolerance": max(high - middle, middle - low)}
