"""Files of questions: read by what is in them, then by what they are called, written as one of `FORMATS`. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from classroom.bank import aiken, gift, moodle, native, sheet
from classroom.bank.entries import Entry, File, Understood
from classroom.bank.media import is_bare
from classroom.bank.notes import Note, noted
from classroom.bank.qti import QTI2, QTI3
from classroom.bank.reading import MOST_BYTES, Not, unfit
from classroom.bank.sniffing import beginning, probable, unmistakable
from classroom.errors import ClientFault, Status

__all__ = [
    "FORMATS",
    "Entry",
    "File",
    "LeftOut",
    "Not",
    "Note",
    "Understood",
    "carries_files",
    "left_out",
    "noted",
    "read",
    "suffix",
    "unfit",
    "write",
]


class Format(Protocol):
    def read(self, data: bytes) -> Understood: ...

    def holds(self, entry: Entry) -> bool: ...

    def write(self, entries: Sequence[Entry]) -> bytes: ...


FORMATS: dict[str, Format] = {
    "json": native,
    "csv": sheet,
    "gift": gift,
    "txt": aiken,
    "xml": moodle,
    "zip": QTI2,
    "qti3": QTI3,
}
"""By what their files are called, but for the newer of two that are called alike."""
SUFFIXES = {"qti3": "zip"}
WITH_FILES = ("xml", "zip", "qti3")
"""That carry pictures and sounds."""
NAMED = ("json", "csv", "gift", "xml", "zip")
"""Whose names are believed. Text may be anything."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a file does not have of the questions that were to be written into it: of each type so many whole, and of so
    many their picture or sound."""

    types: Mapping[str, int]
    bare: int


def read(name: str, data: bytes) -> Understood:
    """What can be understood of a file; that it is nothing is said, too. Raises ClientFault `format_unknown` (415),
    `too_large` (413), `encoding_unknown`, `malformed` (400) where it is none of its format."""
    if len(data) > MOST_BYTES:
        raise ClientFault("too_large", f"A file of questions has at most {MOST_BYTES >> 20} MB.", Status.TOO_LARGE)
    form = form_of(name, data)
    if form is None:
        raise ClientFault("format_unknown", f"Questions are read from {_all()}.", Status.MEDIA_TYPE)
    found = FORMATS[form].read(data)
    if found.questions or found.notes:
        return found
    return Understood(notes=[noted(None, "nothing_found")])


def form_of(name: str, data: bytes) -> str | None:
    """Of which format a file is: by what leaves no doubt, else by its name, else by what is likely."""
    said, text = name.rpartition(".")[2].lower(), beginning(data)
    form = unmistakable(data, text) or (said if said in NAMED else probable(text)) or said
    return form if form in FORMATS else None


def write(form: str, entries: Sequence[Entry]) -> bytes:
    """Without what the format cannot hold. Raises ClientFault `format_unknown` (415)."""
    if form not in FORMATS:
        raise ClientFault("format_unknown", f"Questions are written as {_all()}.", Status.MEDIA_TYPE)
    return FORMATS[form].write([one for one in entries if FORMATS[form].holds(one)])


def left_out(form: str, entries: Sequence[Entry]) -> LeftOut:
    """By `write`."""
    types = dict(Counter(one.question["type"] for one in entries if not FORMATS[form].holds(one)))
    if form == "json":  # it names what stays on the shelf
        return LeftOut(types, 0)
    return LeftOut(types, sum(is_bare(one) for one in entries if FORMATS[form].holds(one)))


def carries_files(form: str) -> bool:
    return form in WITH_FILES


def suffix(form: str) -> str:
    """What a file of this format is called by."""
    return SUFFIXES.get(form, form)


def _all() -> str:
    return ", ".join(FORMATS)
