"""Takes files of recordings away, from this disk at once and from the storage as soon as that can be: all of a
recording, or some of its stretches. Everything here blocks, and may be done again: what is gone is gone."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from recordings import ledger
from recordings.files import LessonFolder, alone
from recordings.keeping import Files


@dataclass(frozen=True, slots=True)
class Gone:
    """How much there was: here, and how many files the storage was known to have."""

    files: int = 0
    bytes: int = 0
    stored: int = 0

    def __add__(self, other: Gone) -> Gone:
        return Gone(self.files + other.files, self.bytes + other.bytes, self.stored + other.stored)


def all_gone(files: Files, path: str) -> Gone:
    """All of a recording. Raises BlockingIOError while something is written there, OSError."""
    folder = files.directory / path
    if not folder.is_dir():
        files.discard(path)
        return Gone()
    with alone(folder):
        gone = counted(folder) + Gone(stored=len(_sent(files, folder)))
        files.discard(path)
        shutil.rmtree(folder)
    return gone


def stretches_gone(files: Files, path: str, participants: Collection[str]) -> Gone:
    """What these people's tracks left of a recording. Raises as `all_gone`, and ValueError for what is no recording."""
    folder = files.directory / path
    if not folder.is_dir():
        return Gone()
    gone = Gone()
    with alone(folder):
        lesson = LessonFolder.load(folder)
        theirs = [one.folder for one in lesson.entries if one.participant in participants]
        known = _sent(files, folder)
        for name in theirs:
            sent = [one for one in known if one.startswith(f"{name}/")]
            gone += counted(folder / name) + Gone(stored=len(sent))
            files.discard(path, name)
            shutil.rmtree(folder / name, ignore_errors=True)
            if sent:
                ledger.forget(folder, sent)
        lesson.entries = [one for one in lesson.entries if one.folder not in theirs]
        if theirs:
            lesson.save()
    return gone


def stretches(files: Files, path: str, participants: Collection[str]) -> list[str]:
    """The names of these people's stretches. Empty where there is no such recording."""
    try:
        lesson = LessonFolder.load(files.directory / path)
    except (OSError, ValueError):
        return []
    return [one.folder for one in lesson.entries if one.participant in participants]


def counted(place: Path) -> Gone:
    """A file, or all files of a folder; nothing where there is none."""
    if place.is_file():
        return Gone(1, place.stat().st_size)
    found = [one for one in place.rglob("*") if one.is_file()] if place.is_dir() else []
    return Gone(len(found), sum(one.stat().st_size for one in found))


def _sent(files: Files, folder: Path) -> list[str]:
    return list(ledger.read(folder, files.storage.identity).sent) if files.storage is not None else []


@lru_cache(maxsize=20_000)
def _weighed(folder: Path, _written_ns: int, storage: str) -> int:
    sent = ledger.read(folder, storage).sent.values() if storage else ()
    return counted(folder).bytes + sum(one.bytes for one in sent if one.released)


def weight(files: Files, path: str) -> int:
    """Bytes of a recording, here and of what is in the storage alone; known again until something is written there."""
    folder = files.directory / path
    try:
        return _weighed(folder, folder.stat().st_mtime_ns, files.storage.identity if files.storage else "")
    except OSError:
        return 0
