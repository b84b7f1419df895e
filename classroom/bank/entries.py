"""What a file of questions says: its questions with what a bank keeps beside them, and what of it was not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """`question` is as `activity.open` asks it, without how it is run. `files`: its pictures and sounds, by name."""

    question: Mapping[str, Any]
    folder: str = ""
    tags: Sequence[str] = ()
    level: str = ""
    language: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """What was not understood, and where: a line of the file, counted from 1, where there are lines."""

    line: int | None
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Understood:
    questions: Sequence[Entry] = ()
    notes: Sequence[Note] = ()
