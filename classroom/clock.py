"""Time as the lesson counts it: milliseconds since it started, on the monotonic clock, never backwards."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

MAX_OUTAGE_MS = 6 * 3600 * 1000
"""How much of a gap after a restart is believed: beyond it the wall clock was wrong, or nobody was there."""


class Clock(Protocol):
    """Where time comes from. Tests bring their own."""

    def monotonic(self) -> float:
        """Seconds of CLOCK_MONOTONIC, which all processes of one machine share."""

    def epoch_ms(self) -> int:
        """Wall clock: milliseconds since 1970, UTC. It may jump."""


class SystemClock:
    def monotonic(self) -> float:
        return time.monotonic()

    def epoch_ms(self) -> int:
        return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class LessonClock:
    """`origin_s` is where on the monotonic clock the lesson's zero lies; None before the lesson has started."""

    origin_s: float | None = None

    def at_of(self, monotonic_s: float) -> int:
        """Milliseconds of the lesson's clock at that moment; negative before its start, 0 while it has not started."""
        return 0 if self.origin_s is None else round((monotonic_s - self.origin_s) * 1000)

    @staticmethod
    def started(monotonic_s: float) -> LessonClock:
        return LessonClock(monotonic_s)

    @staticmethod
    def anchored(last_at_ms: int, last_epoch_ms: int, epoch_ms: int, monotonic_s: float) -> LessonClock:
        """The clock of a lesson found in the journal: its last event plus the wall-clock time since, which is taken
        as nothing where it is negative and as `MAX_OUTAGE_MS` where it is longer."""
        outage_ms = min(max(0, epoch_ms - last_epoch_ms), MAX_OUTAGE_MS)
        return LessonClock(monotonic_s - (last_at_ms + outage_ms) / 1000)
