"""A stretch as it is without what was cut out of it: its playlist, and any file of it.

Nothing but what that playlist lists can be had: what was cut out leaves by no name.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from recordings.edits import Span
from recordings.files import PLAYLIST, TIMESCALES
from recordings.mp4 import Sample, fragment, samples
from recordings.pieces import Piece, Timed, pieces, trimmed
from recordings.playlist import Listed, Segment, dated, init_name, render_listed, segment_name, segments

TFDT = re.compile(rb"tfdt\x01\0\0\0(.{8})", re.DOTALL)
HEAD_BYTES = 200


class Source(Hashable, Protocol):
    """Where the files of a stretch are; equal to another of the same place."""

    def __call__(self, name: str) -> bytes:
        """Blocks. Raises OSError."""


@dataclass(frozen=True, slots=True)
class OnDisk:
    directory: Path

    def __call__(self, name: str) -> bytes:
        return (self.directory / name).read_bytes()


@dataclass(frozen=True, slots=True)
class Stretch:
    source: Source
    scale: int
    sound: bool
    epoch_ms: int
    pieces: Sequence[Piece]

    @property
    def parts(self) -> list[Stretch]:
        """One for what lies between two cuts."""
        begins = [index for index, piece in enumerate(self.pieces) if piece.fresh or not index]
        ends = [*begins[1:], len(self.pieces)]
        return [replace(self, pieces=self.pieces[one:end]) for one, end in zip(begins, ends, strict=True)]

    def playlist(self) -> str:
        listed = [Listed(p.segment.init, p.name, p.start_us, p.end_us - p.start_us, p.fresh) for p in self.pieces]
        return render_listed(listed, self.epoch_ms, ended=True)

    def is_as_recorded(self, name: str) -> bool:
        """Whether this file of it is one of the recording's own."""
        return any(name == init_name(one.segment.init) or (one.whole and name == one.name) for one in self.pieces)

    def made(self, name: str) -> bytes | None:
        """A segment that the playlist lists and that was cut into; None for others. Blocks. Raises OSError,
        ValueError."""
        for index, piece in enumerate(self.pieces):
            if name == piece.name:
                return fragment(index + 1, *_timed(self.samples(piece)))
        return None

    @property
    def length_us(self) -> int:
        return sum(piece.end_us - piece.start_us for piece in self.pieces)

    def frames(self) -> Iterator[tuple[int, Sample, int]]:
        """Of each in order: when it is decoded, in the timescale from the stretch's beginning, closed up over cuts; and
        the number of its initialisation. Blocks. Raises OSError, ValueError."""
        at_us = 0
        for piece in self.pieces:
            before = (at_us - piece.start_us) * self.scale // 1_000_000
            for time, one in self.samples(piece):
                yield before + time, one, piece.segment.init
            at_us += piece.end_us - piece.start_us

    def samples(self, piece: Piece) -> list[Timed]:
        """What it holds. Blocks. Raises OSError, ValueError."""
        inside = _read(self.source, piece.segment)
        return inside if piece.whole else trimmed(inside, piece, self.scale, self.sound)


def _timed(timed: list[Timed]) -> tuple[int, list[Sample]]:
    return timed[0][0], [one for _, one in timed]


def cut(source: Source, kind: str, cuts: tuple[Span, ...]) -> Stretch:
    """Blocks. Raises OSError, ValueError."""
    return _cut(source, source(PLAYLIST).decode(), kind, cuts)


@lru_cache(maxsize=128)
def _cut(source: Source, text: str, kind: str, cuts: tuple[Span, ...]) -> Stretch:
    scale, sound = TIMESCALES[kind], kind == "audio"
    listed = segments(text, 0)
    start_us = _start(source(segment_name(listed[0].number)), scale) if listed else 0
    left = pieces(segments(text, start_us), cuts, scale, sound, lambda segment: _read(source, segment))
    return Stretch(source, scale, sound, dated(text) - start_us // 1000, left)


def _start(data: bytes, scale: int) -> int:
    found = TFDT.search(data[:HEAD_BYTES])
    if found is None:
        raise ValueError("not a segment of ours")
    (ticks,) = struct.unpack(">Q", found[1])
    return int((ticks * 1_000_000 + scale // 2) // scale)


def _read(source: Source, segment: Segment) -> list[Timed]:
    return samples(source(segment_name(segment.number)))
