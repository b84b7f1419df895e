"""What a recording has while it is being written, read from its files: the recorder is another process, and may be
another node's. All that is looked at are sizes and times of files, and the heads of fragments that are new.

Everything here blocks; it is called in a thread.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from recordings.files import PLAYLIST, TIMESCALES, TRACKS, Entry, LessonFolder
from recordings.mp4 import fragments
from recordings.playlist import Segment, init_name, read, segment_name

KEPT = 8
"""So many of the newest segments are known by their parts."""

Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """A fragment: `size` bytes at `offset` of its segment's file; times in µs of the lesson's clock."""

    offset: int
    size: int
    start_us: int
    duration_us: int
    key: bool

    @property
    def end_us(self) -> int:
        return self.start_us + self.duration_us


@dataclass(slots=True)
class Stretch:
    """One that may grow. `parts` of the segments that were finished last, by number, and of the one that grows."""

    entry: Entry
    segments: list[Segment] = field(default_factory=list)
    parts: dict[int, list[Part]] = field(default_factory=dict)
    ended: bool = False
    version: int = 0  # changes with every change
    stamp: Stamp | None = None
    init: int = 0  # of the segment that grows
    longest_us: int = 0  # of all parts that were ever seen

    @property
    def growing(self) -> int:
        """The number of the segment that grows, or would."""
        return self.segments[-1].number + 1 if self.segments else 1

    def look(self, directory: Path, epoch_ms: int) -> bool:
        """Whether there was something new. Raises OSError, ValueError."""
        if self.ended:
            return False
        changed = self._finished(directory, epoch_ms)
        if not self.ended:
            changed |= self._grown(directory)
        self.version += changed
        return changed

    def _finished(self, directory: Path, epoch_ms: int) -> bool:
        stamp = _stamp(directory / PLAYLIST)
        if stamp is None or stamp == self.stamp:
            return False
        text = (directory / PLAYLIST).read_text()
        self.stamp = stamp
        new = read(text, epoch_ms, len(self.segments))
        self.segments += new
        for segment in new[-KEPT:]:
            self._parts(directory, segment.number)
        for number in [number for number in self.parts if number < self.growing - KEPT]:
            del self.parts[number]
        self.ended = text.rstrip().endswith("#EXT-X-ENDLIST")
        if self.ended:
            self.parts.pop(self.growing, None)
        return True

    def _grown(self, directory: Path) -> bool:
        number = self.growing
        if number not in self.parts:
            # An initialisation segment is written before the segment that needs it, and after the one before is listed.
            self.init = self.segments[-1].init if self.segments else 0
            while (directory / init_name(self.init + 1)).exists():
                self.init += 1
        return self._parts(directory, number)

    def _parts(self, directory: Path, number: int) -> bool:
        """Reads on in a segment's file; whether there was a part more."""
        known = self.parts.get(number, [])
        at = known[-1].offset + known[-1].size if known else 0
        path = directory / segment_name(number)
        stamp = _stamp(path)
        if stamp is None or stamp[1] <= at:
            return False
        scale = TIMESCALES[self.entry.kind]
        with path.open("rb") as file:
            new = [
                Part(one.offset, one.size, one.start * 1_000_000 // scale, one.duration * 1_000_000 // scale, one.key)
                for one in fragments(file, at)
            ]
        if new:
            self.parts[number] = [*known, *new]
            self.longest_us = max([self.longest_us, *(one.duration_us for one in new)])
        return bool(new)


class Growing:
    """A lesson's recording, as far as it is written. `look` brings it up to date."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.epoch_ms = 0
        self.stretches: dict[str, Stretch] = {}
        self._stamp: Stamp | None = None

    def look(self) -> frozenset[str]:
        """The stretches of which something was new. A folder that is not there (yet) has nothing. Raises OSError,
        ValueError."""
        changed = self._tracks()
        for folder, stretch in list(self.stretches.items()):
            if stretch.look(self.directory / folder, self.epoch_ms):
                changed.add(folder)
        return frozenset(changed)

    def _tracks(self) -> set[str]:
        """Those that are new, or of which something else is told."""
        stamp = _stamp(self.directory / TRACKS)
        if stamp is None or stamp == self._stamp:
            return set()
        folder = LessonFolder.load(self.directory)
        self._stamp = stamp
        self.epoch_ms = folder.epoch_ms
        changed = set()
        for entry in folder.entries:
            known = self.stretches.setdefault(entry.folder, Stretch(entry))
            if known.entry != entry or known.version == 0:
                known.entry = entry
                known.version += 1
                changed.add(entry.folder)
        kept = {entry.folder for entry in folder.entries}
        for name in self.stretches.keys() - kept:  # taken out by `recovery`, which found nothing whole in it
            self.stretches[name].ended = True
            self.stretches[name].version += 1
            changed.add(name)
        return changed


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
