"""A track as files that play by themselves: the segments of its playlist in one MP4, as they were recorded.

A file takes frames of one kind, so another initialisation begins another; and so does what would make one larger than
memory sticks take. Over a cut a file closes up, as its playlist does.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from recordings.files import TIMESCALES
from recordings.mp4 import Sample, samples
from recordings.playlist import Named

MOST_BYTES = 4_000_000_000
"""FAT32 ends at 4 GiB; the table of a file's frames is a few megabytes of that."""


@dataclass(frozen=True, slots=True)
class Run:
    """What goes into one file, and when that begins: in ms after the first segment of its playlist."""

    init: str
    segments: Sequence[Named]
    after_ms: int


def runs(listed: Sequence[Named], sizes: Sequence[int] = (), most_bytes: int = MOST_BYTES) -> list[Run]:
    """`sizes`: of the segments in bytes, where they are known."""
    out: list[Run] = []
    filled = 0
    for number, one in enumerate(listed):
        size = sizes[number] if number < len(sizes) else 0
        filled += size
        if not out or one.init != out[-1].init or filled > most_bytes:
            out.append(Run(one.init, [], one.at_ms - listed[0].at_ms))
            filled = size
        out[-1] = Run(out[-1].init, [*out[-1].segments, one], out[-1].after_ms)
    return out


class Joined:
    """Writes one file; `add` takes segments in their order, `close` makes it whole. Blocks. Raises OSError, ValueError,
    av.FFmpegError."""

    def __init__(self, path: Path, init: bytes, kind: str) -> None:
        with av.open(io.BytesIO(init)) as like:
            self._scale = TIMESCALES[kind]
            self._container: Any = av.open(str(path), "w", format="mp4")
            self._stream = self._container.add_stream_from_template(like.streams[0])
        self._base = Fraction(1, self._scale)
        self._offset: int | None = None
        self._ends_us = 0

    def add(self, segment: Named, data: bytes) -> None:
        """Times go on from the segment before, but after a cut."""
        timed = samples(data)
        if self._offset is None or segment.breaks:
            self._offset = self._ends_us * self._scale // 1_000_000 - timed[0][0]
        for time, one in timed:
            self._container.mux(self._packet(time + self._offset, one))
        self._ends_us += segment.duration_us

    def _packet(self, time: int, sample: Sample) -> Any:
        packet = av.Packet(sample.data)
        packet.time_base, packet.stream, packet.is_keyframe = self._base, self._stream, sample.key
        packet.dts, packet.pts, packet.duration = time, time + sample.offset, sample.duration
        return packet

    def close(self) -> None:
        self._container.close()
