"""What lies in a lesson's folder and is whole: everything under a final name, but segments that still grow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recordings.files import LOCK, PLAYLIST, TRACKS
from recordings.ledger import LEDGER
from recordings.playlist import init_name, inits, segment_name
from recordings.storage import NAME

SEGMENT = ("seg-", ".m4s")
SMALL = (".m3u8", ".json", ".vtt")  # what stays on this disk: it is asked for all the time, and repaired


@dataclass(frozen=True, slots=True)
class Lying:
    """`content` is that of a playlist when its segments were looked for: it names none that is not there."""

    name: str
    size: int
    mtime_ns: int
    content: bytes | None = None

    @property
    def rank(self) -> int:
        """What names others goes after them."""
        return 2 if self.name == TRACKS else 1 if self.content is not None else 0

    @property
    def stays(self) -> bool:
        return self.name.endswith(SMALL)


def whole(folder: Path) -> list[Lying]:
    """Raises OSError."""
    return sorted(_below(folder, ""), key=lambda one: (one.rank, one.name))


def missing(folder: Path) -> list[str]:
    """What playlists name that is not there. Raises OSError."""
    out = []
    for playlist in sorted(folder.rglob(PLAYLIST)):
        named = inits(playlist.read_text(errors="replace"))
        names = [segment_name(number) for number in named] + [init_name(number) for number in set(named.values())]
        paths = [playlist.with_name(name) for name in names]
        out += [str(path.relative_to(folder)) for path in paths if not path.exists()]
    return out


def _below(folder: Path, prefix: str) -> Iterator[Lying]:
    listed: set[str] | None = None
    playlist = folder / PLAYLIST
    if playlist.is_file():
        with playlist.open("rb") as file:
            mtime_ns, content = os.fstat(file.fileno()).st_mtime_ns, file.read()
        listed = {segment_name(number) for number in inits(content.decode(errors="replace"))}
        yield Lying(prefix + PLAYLIST, len(content), mtime_ns, content)
    with os.scandir(folder) as entries:
        for entry in entries:
            name = prefix + entry.name
            if not NAME.fullmatch(name) or name in (LOCK, LEDGER) or name.endswith(".new") or entry.name == PLAYLIST:
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _below(folder / entry.name, name + "/")
            elif entry.is_file(follow_symlinks=False):
                grows = entry.name.startswith(SEGMENT[0]) and entry.name.endswith(SEGMENT[1])
                if not grows or (listed is not None and entry.name in listed):
                    yield Lying(name, entry.stat().st_size, entry.stat().st_mtime_ns)
