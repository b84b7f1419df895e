"""Recordings on disk: `{lesson}/tracks.json` and, for every stretch, `{folder}/init-N.mp4, seg-N.m4s, index.m3u8`.

Everything here blocks; the recorder calls it on its disk thread.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO

from recordings.playlist import Listed, Segment, as_listed, assembled, init_name, lines, segment_name

PLAYLIST = "index.m3u8"
TRACKS = "tracks.json"
AAC = "aac"  # within a stretch of sound: the same in AAC
STILLS = "stills"  # within a stretch of pictures: some of them, small
LOCK = "lock"
GAP_APART_MS = 1_000  # what lies closer together is one: a bad line leaves a list that can be read
DISCARDED = ".discarded"  # beside the lessons' folders: an empty file for each that was removed
WITHIN = "@"  # in such a file's name, between the lesson's and a stretch's, where that alone was
TIMESCALES = {"video": 90_000, "audio": 48_000}


class DiskShort(OSError):
    """Writing on would take the room that the journal needs."""


def is_full(fault: Exception) -> bool:
    """Whether what failed had no room: on the disk, or of one's share of it."""
    return isinstance(fault, DiskShort) or getattr(fault, "errno", None) in (errno.ENOSPC, errno.EDQUOT)


def write_atomically(path: Path, data: bytes) -> None:
    """The old or the new content, also after a crash."""
    temporary = path.with_name(path.name + ".new")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Floor:
    """How much of a disk is left alone: a gigabyte, or 5 % of one that is smaller than 20 GB."""

    least_bytes: int = 1_000_000_000
    least_share: float = 0.05

    def room(self, directory: Path) -> int:
        """Bytes that may be written before that. Raises OSError."""
        usage = shutil.disk_usage(directory)
        return usage.free - round(min(self.least_bytes, usage.total * self.least_share))

    def check(self, directory: Path, wanted: int) -> None:
        """Raises DiskShort if there is no room for `wanted` bytes."""
        if self.room(directory) < wanted:
            raise DiskShort("the disk is nearly full")


@dataclass(slots=True)
class Entry:
    """A stretch in `tracks.json`. Times in ms of the lesson's clock; `end_ms` is None while it grows. `gaps`, in order,
    are where something that was sent is missing: a picture stands still there, sound is silence."""

    folder: str
    track: str
    participant: str
    source: str
    kind: str
    codec: str
    mime: str
    width: int
    height: int
    start_ms: int
    end_ms: int | None = None
    gaps: list[list[int]] = field(default_factory=list)


@contextlib.contextmanager
def alone(directory: Path, wait_s: float = 0) -> Iterator[None]:
    """Nobody else writes in a lesson's folder meanwhile: a server that was killed leaves a recorder behind that
    finishes, while the next server starts. Raises BlockingIOError if it is taken for longer than `wait_s`."""
    with (directory / LOCK).open("wb") as file:
        until = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise
                time.sleep(0.05)
        yield


class LessonFolder:
    """What a lesson left on disk. `epoch_ms` is the wall clock at the lesson's zero."""

    def __init__(self, directory: Path, epoch_ms: int, entries: list[Entry]) -> None:
        self.directory = directory
        self.epoch_ms = epoch_ms
        self.entries = entries

    @staticmethod
    def open(directory: Path, epoch_ms: int) -> LessonFolder:
        """The folder as it is, or a new one. Raises OSError, ValueError."""
        directory.mkdir(parents=True, exist_ok=True)
        if (directory / TRACKS).exists():
            return LessonFolder.load(directory)
        folder = LessonFolder(directory, epoch_ms, [])
        folder.save()
        sync_directory(directory)
        sync_directory(directory.parent)
        return folder

    @staticmethod
    def load(directory: Path) -> LessonFolder:
        """Raises OSError if there is none, ValueError if it is not ours."""
        read = json.loads((directory / TRACKS).read_bytes())
        try:
            return LessonFolder(directory, read["epoch_ms"], [Entry(**entry) for entry in read["tracks"]])
        except (TypeError, KeyError) as error:
            raise ValueError(f"{directory / TRACKS}: {error}") from error

    def save(self) -> None:
        content = {"epoch_ms": self.epoch_ms, "tracks": [asdict(entry) for entry in self.entries]}
        write_atomically(self.directory / TRACKS, json.dumps(content, ensure_ascii=False, indent=1).encode())

    def begin(self, entry: Entry) -> None:
        (self.directory / entry.folder).mkdir()
        self.entries.append(entry)
        self.save()
        sync_directory(self.directory)


class StretchFiles:
    """The files of one stretch; a `track.StretchSink` but for `begin`. `wrote` hears of bytes and finished segments."""

    def __init__(self, lesson: LessonFolder, entry: Entry, floor: Floor, wrote: Callable[[int, int], None]) -> None:
        self._lesson, self._entry, self._floor, self._wrote = lesson, entry, floor, wrote
        self._directory = lesson.directory / entry.folder
        self._listed: list[str] = []  # of each segment, what the playlist says of it: only what is new is made
        self._last: Listed | None = None
        self._longest_us = 0
        self._file: BinaryIO | None = None
        self._unsaved = False

    def begin(self) -> None:
        self._floor.check(self._lesson.directory, 0)
        self._lesson.begin(self._entry)

    def init(self, number: int, data: bytes) -> None:
        path = self._directory / init_name(number)
        write_atomically(path, data)

    def append(self, segment: int, data: bytes) -> None:
        self._floor.check(self._directory, len(data))
        if self._file is None:
            self._file = (self._directory / segment_name(segment)).open("xb", buffering=0)
            sync_directory(self._directory)
        before = self._file.tell()
        try:
            written = 0
            while written < len(data):
                written += self._file.write(memoryview(data)[written:]) or 0
        except OSError:
            self._file.truncate(before)
            raise
        os.fsync(self._file.fileno())
        self._wrote(len(data), 0)

    def finished(self, segment: Segment) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        listed = as_listed(segment)
        self._listed.append(lines(listed, self._last, self._lesson.epoch_ms))
        self._last, self._longest_us = listed, max(self._longest_us, segment.duration_us)
        self._playlist(ended=False)
        self._wrote(0, 1)

        if self._unsaved:
            self._lesson.save()
            self._unsaved = False

    def gap(self, start_us: int, end_us: int) -> None:
        """It is in `tracks.json` when the segment is finished."""
        start_ms, end_ms = start_us // 1000, -(-end_us // 1000)
        gaps = self._entry.gaps
        if gaps and start_ms - gaps[-1][1] < GAP_APART_MS:
            gaps[-1][1] = max(gaps[-1][1], end_ms)
        else:
            gaps.append([start_ms, end_ms])
        self._unsaved = True

    def end(self, end_us: int) -> None:
        self._playlist(ended=True)
        self._entry.end_ms = round(end_us / 1000)
        self._lesson.save()

    def abandon(self) -> None:
        """After a failed write: closes the file; `recovery` makes the rest sound."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _playlist(self, ended: bool) -> None:
        text = assembled(self._listed, self._longest_us, ended)
        write_atomically(self._directory / PLAYLIST, text.encode())
