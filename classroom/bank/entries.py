"""What a file of questions says: its questions with what a bank keeps beside them, and what of it was not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from classroom.bank.notes import Fields, Note


@dataclass(frozen=True, slots=True)
class File:
    """A picture or a sound: what it is called, which says what it is, and what is in it."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """`question` is as `activity.open` asks it, without how it is run. `files`: its pictures and sounds, by what the
    question calls them. `line` of the file where it begins, and what else its notes say of where it stands."""

    question: Mapping[str, Any]
    folder: str = ""
    tags: Sequence[str] = ()
    level: str = ""
    language: str = ""
    files: Mapping[str, File] = field(default_factory=dict)
    line: int | None = field(default=None, compare=False)
    place: Fields = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Understood:
    questions: Sequence[Entry] = ()
    notes: Sequence[Note] = ()
