"""Makes recordings sound after a crash: torn fragments go, growing segments are listed, playlists are closed."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from pathlib import Path

from recordings.files import PLAYLIST, TIMESCALES, TRACKS, Entry, LessonFolder, alone, write_atomically
from recordings.mp4 import Found, whole_fragments
from recordings.playlist import Segment, init_name, inits, render

log = logging.getLogger(__name__)

WAIT_S = 10.0
SEGMENT = re.compile(r"seg-([1-9][0-9]*)\.m4s")


@dataclass(frozen=True, slots=True)
class Repaired:
    lesson: str
    tracks: int  # that were left open
    dropped_bytes: int


def repair(directory: Path, busy: frozenset[str] = frozenset()) -> list[Repaired]:
    """Every lesson's folder under the directory of recordings that something was left open in, but for those that a
    recorder writes in (`busy`). What cannot be read is logged and left as it is. Repairing twice changes nothing."""
    out = []
    for lesson in sorted(directory.iterdir()) if directory.is_dir() else []:
        if lesson.name in busy or not (lesson / TRACKS).is_file():
            continue
        try:
            with alone(lesson, WAIT_S):
                done = repair_lesson(LessonFolder.load(lesson))
        except (OSError, ValueError) as error:
            log.error("recording %s cannot be repaired: %s", lesson.name, error)
            continue
        if done.tracks:
            out.append(done)
    return out


def mend(lesson: Path) -> bool:
    """Repairs one lesson's folder, if there is one; False where a recorder writes in it."""
    if not lesson.is_dir():
        return True
    try:
        with alone(lesson):
            if (lesson / TRACKS).is_file():
                repair_lesson(LessonFolder.load(lesson))
    except BlockingIOError:
        return False
    except (OSError, ValueError) as error:
        log.error("recording %s cannot be repaired: %s", lesson.name, error)
    return True


def repair_lesson(folder: LessonFolder) -> Repaired:
    """Closes what is open. Stretches without one whole fragment are taken out of the list. Raises OSError."""
    kept, tracks, dropped = [], 0, 0
    for entry in folder.entries:
        if entry.end_ms is not None:
            kept.append(entry)
            continue
        tracks += 1
        whole, lost = _repair_stretch(folder, entry)
        dropped += lost
        if whole:
            kept.append(entry)
    if tracks:
        folder.entries = kept
        folder.save()
    return Repaired(folder.directory.name, tracks, dropped)


def _repair_stretch(folder: LessonFolder, entry: Entry) -> tuple[bool, int]:
    directory = folder.directory / entry.folder
    if not directory.is_dir():
        return False, 0
    found, dropped = _segments(directory)
    playlist = directory / PLAYLIST
    known = inits(playlist.read_text()) if playlist.exists() else {}
    newest = max((n for n in range(1, len(found) + 2) if (directory / init_name(n)).exists()), default=0)
    if not found or not newest:
        return False, dropped
    scale = TIMESCALES[entry.kind]
    segments = []
    for (number, whole), following in zip(found, [*found[1:], None], strict=True):
        end = following[1].start if following else whole.end
        start_us, end_us = _us(whole.start, scale), _us(end, scale)
        segments.append(Segment(number, known.get(number, newest), start_us, end_us - start_us))
    write_atomically(playlist, render(segments, folder.epoch_ms, ended=True).encode())
    entry.end_ms = round(segments[-1].end_us / 1000)
    return True, dropped


def _segments(directory: Path) -> tuple[list[tuple[int, Found]], int]:
    """The segments that hold something, in order, torn ends cut off; and how many bytes that were."""
    numbers = sorted(int(match[1]) for path in directory.iterdir() if (match := SEGMENT.fullmatch(path.name)))
    out, dropped = [], 0
    for number in numbers:
        path = directory / f"seg-{number}.m4s"
        with path.open("r+b") as file:
            whole = whole_fragments(file)
            size = file.seek(0, 2)
            if whole is not None and whole.size < size:
                file.truncate(whole.size)
        if whole is None:
            path.unlink()
            dropped += size
        else:
            dropped += size - whole.size
            out.append((number, whole))
    return out, dropped


def _us(ticks: int, scale: int) -> int:
    return (ticks * 1_000_000 + scale // 2) // scale
