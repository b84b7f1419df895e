"""Files of questions: read by what they are called, written as one of `FORMATS`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from classroom.bank import native, sheet
from classroom.bank.entries import Entry, Note, Understood
from classroom.errors import ClientFault, Status

__all__ = ["FORMATS", "Entry", "Note", "Understood", "read", "write"]


class Format(Protocol):
    def read(self, data: bytes) -> Understood: ...

    def write(self, entries: Sequence[Entry]) -> bytes: ...


FORMATS: dict[str, Format] = {"json": native, "csv": sheet}


def read(name: str, data: bytes) -> Understood:
    """What can be understood of a file. Raises ClientFault `format_unknown` (415), `malformed` where it is none of its
    format."""
    form = FORMATS.get(name.rpartition(".")[2].lower())
    if form is None:
        raise ClientFault("format_unknown", f"Questions are read from {_all()}.", Status.MEDIA_TYPE)
    return form.read(data)


def write(form: str, entries: Sequence[Entry]) -> bytes:
    """Raises ClientFault `format_unknown` (415)."""
    if form not in FORMATS:
        raise ClientFault("format_unknown", f"Questions are written as {_all()}.", Status.MEDIA_TYPE)
    return FORMATS[form].write(entries)


def _all() -> str:
    return ", ".join(FORMATS)
