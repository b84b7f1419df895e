"""Cuts a track's frames into fragments of at most a second and segments of about four. Pure but for its sink.

Video segments start at keyframes; a new configuration (another resolution) starts a segment with a new initialisation
segment. A frame's duration is the way to the next one, so the last frame waits for its successor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from recordings.codecs.frames import Config
from recordings.mp4 import Sample, fragment, init_segment
from recordings.playlist import Segment

SEGMENT_US = 4_000_000
EARLY_US = 500_000  # a keyframe that comes this much before time is taken
FRAGMENT_US = 800_000
LAST_FRAME_US = 33_333  # what the last frame lasts when nothing tells


class Sink(Protocol):
    """Where bytes go; calls come in file order."""

    def init(self, number: int, data: bytes) -> None: ...

    def append(self, segment: int, data: bytes) -> None:
        """A whole fragment; the file is made by the first."""

    def finished(self, segment: Segment) -> None: ...


@dataclass(frozen=True, slots=True)
class _Held:
    decode: int
    present: int
    key: bool
    data: bytes
    duration: int


class Segmenter:
    def __init__(self, sink: Sink, timescale: int) -> None:
        self._sink = sink
        self._timescale = timescale
        self._config: Config | None = None
        self._inits = 0
        self._segments = 0
        self._fragments = 0
        self._segment_start: int | None = None
        self._held: _Held | None = None
        self._ready: list[Sample] = []
        self._ready_start = 0
        self._reordered = 0  # how far decoding runs ahead of presentation (B-frames)
        self._usual = self._ticks(LAST_FRAME_US)

    def push(
        self, time_us: int, data: bytes, key: bool, config: Config, duration: int = 0, backwards: bool = False
    ) -> None:
        """A frame that is presented at `time_us` of the lesson's clock (not negative). `duration` in the timescale if
        the codec tells it. `backwards`: it is presented before a frame that came earlier (B-frames)."""
        present = self._ticks(time_us)
        if backwards and self._held is not None:
            self._reordered = max(self._reordered, self._held.decode + 1 - present)
        decode = max(0, present - self._reordered)
        if self._held is not None:
            decode = max(decode, self._held.decode + 1)
        # Frames that do come in order are shown in order, even where their times were corrected backwards.
        if not backwards:
            present = max(present, decode)
        self._end_held(decode)
        if config != self._config:
            self._finish_segment(decode)
            self._config = config
            self._inits += 1
            self._sink.init(self._inits, init_segment(config, self._timescale))
        elif key and decode - (self._segment_start or 0) >= self._ticks(SEGMENT_US - EARLY_US):
            self._finish_segment(decode)
        if self._segment_start is None:
            self._segments += 1
            self._segment_start = decode
        if self._ready and decode - self._ready_start >= self._ticks(FRAGMENT_US):
            self._write()
        if not self._ready:
            self._ready_start = decode
        self._held = _Held(decode, present, key, data, duration)

    def overdue(self, time_us: int) -> bool:
        """Whether the segment has lasted its time at `time_us` and only a keyframe is missing."""
        start = self._segment_start
        return start is not None and self._ticks(time_us) - start >= self._ticks(SEGMENT_US)

    @property
    def end_us(self) -> int | None:
        """Where the last frame begins."""
        return None if self._held is None else self._us(self._held.decode)

    @property
    def usual_us(self) -> int:
        """What a frame lasted, last time."""
        return self._us(self._usual)

    def flush(self) -> None:
        """Writes what is complete: for a stream that has come to a halt."""
        if self._ready:
            self._write()
            if self._held is not None:
                self._ready_start = self._held.decode

    def close(self) -> int | None:
        """Ends the track; where it ends in µs, None if it never began."""
        if self._held is None:
            return None
        end = self._held.decode + (self._held.duration or self._usual)
        self._end_held(end)
        self._finish_segment(end)
        self._held = None
        return self._us(end)

    def _end_held(self, end: int) -> None:
        held = self._held
        if held is None:
            return
        self._ready.append(Sample(end - held.decode, held.present - held.decode, held.key, held.data))
        if end - held.decode < self._timescale:
            self._usual = end - held.decode

    def _write(self) -> None:
        self._fragments += 1
        self._sink.append(self._segments, fragment(self._fragments, self._ready_start, self._ready))
        self._ready = []

    def _finish_segment(self, end: int) -> None:
        if self._segment_start is None:
            return
        if self._ready:
            self._write()
        start_us = self._us(self._segment_start)
        self._sink.finished(Segment(self._segments, self._inits, start_us, self._us(end) - start_us))
        self._segment_start = None

    def _ticks(self, us: int) -> int:
        return (us * self._timescale + 500_000) // 1_000_000

    def _us(self, ticks: int) -> int:
        return (ticks * 1_000_000 + self._timescale // 2) // self._timescale
