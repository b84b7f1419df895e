"""The stream that every server is given: packets of a captured Chromium Ultra HD stream, their sizes and their timing.

`trace.csv` beside this file is written by tests/bench/capture.py, one packet a line: microseconds since the packet
before, bytes of RTP payload, 1 for a frame's last packet, 1 for a packet of a keyframe. Its head says where it is from.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

FILE = Path(__file__).with_name("trace.csv")
FIRST, LAST, KEY, SECOND = 1, 2, 4, 8  # as in load/engine.h
SMALLEST = 30  # bytes of payload that the load can mark, and that hold parameter sets


@dataclass(frozen=True, slots=True)
class Step:
    """A packet: when it is sent, when its frame was taken (µs from the start), its payload's bytes, its place."""

    due_us: int
    frame_us: int
    size: int
    flags: int


@dataclass(frozen=True, slots=True)
class Trace:
    steps: tuple[Step, ...]
    period_us: int

    @property
    def packets_per_s(self) -> float:
        return len(self.steps) * 1e6 / self.period_us

    @property
    def mbit_s(self) -> float:
        return sum(step.size for step in self.steps) * 8 / self.period_us

    def burst(self) -> Trace:
        """Each frame at once, when its first packet was sent."""
        return replace(self, steps=tuple(replace(step, due_us=step.frame_us) for step in self.steps))

    def frames(self) -> list[tuple[Step, ...]]:
        starts = [at for at, step in enumerate(self.steps) if step.flags & FIRST]
        return [self.steps[a:b] for a, b in zip(starts, [*starts[1:], len(self.steps)], strict=True)]

    def grouped(self, seconds: float) -> Trace:
        """A keyframe every `seconds`: the trace's first, then its other frames for as long, as often as they fit."""
        frames = self.frames()
        group: list[Step] = []
        period_us = round(seconds * 1e6)
        for frame in frames:
            if frame[-1].due_us >= period_us:
                break
            group += frame
        return Trace(tuple(group), period_us)


def made(packets: Iterable[tuple[int, int, bool, bool]]) -> Trace:
    """Of (µs since the packet before, payload bytes, last of its frame, of a keyframe)."""
    steps: list[Step] = []
    at_us, frame_us, place = 0, 0, 0
    for delta_us, size, last, key in packets:
        at_us += delta_us if steps else 0
        if place == 0:
            frame_us = at_us
        flags = (
            (FIRST if place == 0 else 0) | (SECOND if place == 1 else 0) | (LAST if last else 0) | (KEY if key else 0)
        )
        steps.append(Step(at_us, frame_us, max(SMALLEST, size), flags))
        place = 0 if last else place + 1
    if not steps or not steps[0].flags & KEY or not steps[-1].flags & LAST:
        raise ValueError("a trace is of whole frames and begins with a keyframe")
    starts = [step.frame_us for step in steps if step.flags & FIRST]
    usual = (starts[-1] - starts[0]) // max(1, len(starts) - 1)
    return Trace(tuple(steps), max(starts[-1] + usual, at_us + 1))


def captured() -> Trace:
    lines = [line.split(",") for line in FILE.read_text().splitlines() if line and not line.startswith("#")]
    return made((int(delta), int(size), last == "1", key == "1") for delta, size, last, key in lines)


def synthetic(fps: int = 30, mbit_s: float = 20.0, seconds: int = 4) -> Trace:
    """Of the same shape, for the time before there is a capture."""
    draw = random.Random(7)
    packets: list[tuple[int, int, bool, bool]] = []
    for number in range(fps * seconds):
        key = number == 0
        share = 4.0 if key else draw.uniform(0.85, 1.1)
        count = max(2, round(mbit_s * 1e6 / 8 / fps / 1150 * share))
        spread_us = 20_000
        for place in range(count):
            first_us = 1_000_000 // fps - spread_us if number else 0
            delta = first_us if place == 0 else (5000 if place % (count // 4 + 1) == 0 else 10)
            size = 30 if key and place == 0 else 1150 - place % 2
            packets.append((delta, size, place == count - 1, key))
    return made(packets)


def rows(trace: Trace) -> Sequence[str]:
    """The lines of a file."""
    before, lines = 0, []
    for step in trace.steps:
        lines.append(f"{step.due_us - before},{step.size},{int(bool(step.flags & LAST))},{int(bool(step.flags & KEY))}")
        before = step.due_us
    return lines


def given() -> Trace:
    return captured() if FILE.exists() else synthetic()
