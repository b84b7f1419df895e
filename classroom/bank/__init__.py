"""Files of questions: read by what is in them, then by what they are called, written as one of `FORMATS`. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from classroom.bank import aiken, gift, moodle, native, qti, sheet
from classroom.bank.entries import Entry, Note, Understood
from classroom.errors import ClientFault, Status

__all__ = ["FORMATS", "Entry", "Note", "Understood", "left_out", "read", "write"]

MOST_BYTES = 16 << 20
ANSWER = re.compile(r"^ANSWER:[ \t]*[A-Z]\b", re.MULTILINE)
QTI = re.compile(r"<(?:[A-Za-z0-9]{1,20}:)?(?:assessmentItem|qti-assessment-item)[\s>]")
QUIZ = re.compile(r"^(<\?xml[^>]{0,200}\?>)?\s*(<!--[^>]{0,4000}-->\s*)?<quiz\b")
BEGINNING = 64 * 1024
"""By so much of a file it is seen what it is."""


class Format(Protocol):
    def read(self, data: bytes) -> Understood: ...

    def holds(self, question: Mapping[str, Any]) -> bool: ...

    def write(self, entries: Sequence[Entry]) -> bytes: ...


FORMATS: dict[str, Format] = {"json": native, "csv": sheet, "gift": gift, "txt": aiken, "xml": moodle, "zip": qti}
"""By what their files are called."""


def read(name: str, data: bytes) -> Understood:
    """What can be understood of a file. Raises ClientFault `format_unknown` (415), `too_large` (413),
    `encoding_unknown`, `malformed` (400) where it is none of its format."""
    if len(data) > MOST_BYTES:
        raise ClientFault("too_large", f"A file of questions has at most {MOST_BYTES >> 20} MB.", Status.TOO_LARGE)
    form = FORMATS.get(_seen(data) or name.rpartition(".")[2].lower())
    if form is None:
        raise ClientFault("format_unknown", f"Questions are read from {_all()}.", Status.MEDIA_TYPE)
    return form.read(data)


def _seen(data: bytes) -> str | None:
    """Which format it is, where its beginning leaves no doubt."""
    text = data[:BEGINNING].decode("utf-8", "ignore").lstrip("\ufeff \t\r\n")
    if text.startswith("{") and json.dumps("questions") in text:
        return "json"
    if data.startswith(b"PK\x03\x04") or QTI.search(text):
        return "zip"
    if QUIZ.search(text):
        return "xml"
    if ANSWER.search(text):
        return "txt"
    if text.startswith(("$CATEGORY:", "::")):
        return "gift"
    return None


def write(form: str, entries: Sequence[Entry]) -> bytes:
    """Without what the format cannot hold. Raises ClientFault `format_unknown` (415)."""
    if form not in FORMATS:
        raise ClientFault("format_unknown", f"Questions are written as {_all()}.", Status.MEDIA_TYPE)
    return FORMATS[form].write(entries)


def left_out(form: str, entries: Sequence[Entry]) -> int:
    """How many `write` leaves out."""
    return sum(not FORMATS[form].holds(one.question) for one in entries)


def _all() -> str:
    return ", ".join(FORMATS)
