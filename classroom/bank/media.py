"""Pictures and sounds that texts of a file name: found in it, and given ids by what is in them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from classroom.bank.markup import Plain
from classroom.bank.reading import MOST_FILES_BYTES, Reading

KINDS = dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg"), "picture") | dict.fromkeys(
    (".mp3", ".ogg", ".oga", ".opus", ".wav", ".m4a", ".aac", ".flac"), "sound"
)
LETTERS = "ABCDEFGHIJ"


class Media:
    """Of one question. `find` gives what stands at an address, or None."""

    def __init__(self, reading: Reading, line: int, find: Callable[[str], bytes | None]) -> None:
        self._reading = reading
        self._line = line
        self._find = find
        self.files: dict[str, bytes] = {}

    def of(self, plain: Plain) -> dict[str, Any]:
        """Which `picture` with which `alt`, and which `sound` a text has, the first of each."""
        fields: dict[str, Any] = {}
        for address, alt in plain.media:
            kind = KINDS.get(PurePosixPath(unquote(address)).suffix.lower())
            if kind is None or kind in fields:
                self._note("media_left_out", "is a second one, or neither picture nor sound", address)
            elif not (data := self._find(unquote(address))):
                self._note("media_missing", "is not in the file", address)
            elif sum(map(len, self._reading.files.values())) + len(data) > MOST_FILES_BYTES:
                self._note("media_left_out", "is too much", address)
            else:
                name = "f" + hashlib.sha256(data).hexdigest()[:31]
                self.files[name] = self._reading.files[name] = data
                fields[kind] = name
                if kind == "picture" and alt:
                    fields["alt"] = alt[:300]
        return fields

    def options(self, plains: Sequence[Plain], field: str = "options", pictures: str = "pictures") -> dict[str, Any]:
        """Options, with their pictures. One that is only a picture is called as it is described, or by a letter."""
        found = [self.of(one) for one in plains]
        words = [
            one.text or got.get("alt", "") or _letter(i) for i, (one, got) in enumerate(zip(plains, found, strict=True))
        ]
        shown = [one.get("picture") for one in found]
        return {field: words} | ({pictures: shown} if any(shown) else {})

    def _note(self, code: str, why: str, address: str) -> None:
        self._reading.note(self._line, code, f"“{address[:80]}” {why}.")


def _letter(i: int) -> str:
    return LETTERS[i] if i < len(LETTERS) else "?"
