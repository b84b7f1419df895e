"""Pictures and sounds that texts of a file name: found in it, given ids by what is in them, and named again when they
are written."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from classroom.bank.entries import Entry, File
from classroom.bank.markup import Plain
from classroom.bank.reading import MOST_FILES_BYTES, Reading

KINDS = dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg"), "picture") | dict.fromkeys(
    (".mp3", ".ogg", ".oga", ".opus", ".wav", ".m4a", ".aac", ".flac", ".weba"), "sound"
)
MIMES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".wav": "audio/wav",
    ".m4a": "audio/mp4",
    ".flac": "audio/flac",
    ".weba": "audio/webm",
}
LETTERS = "ABCDEFGHIJ"
PICTURED = ("pictures", "target_pictures")
STRANGE = re.compile(r"[^\w. -]+")


class Media:
    """Of one question. `find` gives what stands at an address, or None."""

    def __init__(self, reading: Reading, line: int, find: Callable[[str], bytes | None]) -> None:
        self.reading = reading
        self._line = line
        self._find = find
        self.files: dict[str, File] = {}

    def of(self, plain: Plain) -> dict[str, Any]:
        """Which `picture` with which `alt`, and which `sound` a text has, the first of each."""
        fields: dict[str, Any] = {}
        for address, alt in plain.media:
            path = PurePosixPath(unquote(address))
            kind = KINDS.get(path.suffix.lower())
            if kind is None:
                self._note("media_kind", address)
            elif kind in fields:
                self._note("media_second", address)
            elif not (data := self._find(unquote(address))):
                self._note("media_missing", address)
            elif (name := self._kept(path.name, data)) is None:
                self._note("media_too_large", address)
            else:
                fields[kind] = name
                if kind == "picture" and alt:
                    fields["alt"] = alt[:300]
        return fields

    def _kept(self, name: str, data: bytes) -> str | None:
        """By what it is called from now on; None where all of them would be too large."""
        known = "f" + hashlib.sha256(data).hexdigest()[:31]
        every = self.reading.files
        if known not in every and sum(len(one.data) for one in every.values()) + len(data) > MOST_FILES_BYTES:
            return None
        self.files[known] = every.setdefault(known, File(name, data))
        return known

    def options(self, plains: Sequence[Plain], field: str = "options", pictures: str = "pictures") -> dict[str, Any]:
        """Options, with their pictures. One that is only a picture is called as it is described, or by a letter."""
        found = [self.of(one) for one in plains]
        words = [
            one.text or got.get("alt", "") or _letter(i) for i, (one, got) in enumerate(zip(plains, found, strict=True))
        ]
        shown = [one.get("picture") for one in found]
        return {field: words} | ({pictures: shown} if any(shown) else {})

    def _note(self, code: str, address: str) -> None:
        self.reading.note(self._line, code, name=address)


def _letter(i: int) -> str:
    return LETTERS[i] if i < len(LETTERS) else "?"


def named(entries: Sequence[Entry]) -> dict[str, str]:
    """What each file is called in what is written, none as another, and so that no format minds."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for one in entries:
        for known, file in one.files.items():
            if known not in names:
                name = STRANGE.sub("_", file.name)[-80:].lstrip(". ") or "file"
                names[known] = name if name.lower() not in taken else f"{len(names)}-{name}"
                taken.add(names[known].lower())
    return names


def mime(name: str) -> str:
    return MIMES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")


def lacks(entry: Entry) -> bool:
    """Whether it asks about a picture that is not there: one is pointed at, or options are told apart by theirs."""
    question = entry.question
    wanted = [question.get("picture")] if question["type"] == "spot" else []
    wanted += [one for field in PICTURED for one in question.get(field) or () if one]
    return not entry.files.keys() >= set(wanted)


def is_bare(entry: Entry) -> bool:
    """Whether its own picture or sound is not there."""
    return any(one not in entry.files for one in (entry.question.get("picture"), entry.question.get("sound")) if one)
