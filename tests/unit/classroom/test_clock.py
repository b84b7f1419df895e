"""The lesson's clock."""

from __future__ import annotations

import pytest

from classroom.clock import MAX_OUTAGE_MS, LessonClock, SystemClock


def test_before_the_start_it_stands_at_zero() -> None:
    assert LessonClock().at_of(12345.6) == 0


def test_it_counts_from_the_start() -> None:
    assert LessonClock.started(100.0).at_of(101.5) == 1500
    assert LessonClock.started(100.0).at_of(99.0) == -1000


@pytest.mark.parametrize(
    ("wall_ms", "at"),
    [
        (0, 60_000),
        (5_000, 65_000),
        (-86_400_000, 60_000),  # the wall clock was set back
        (10 * 365 * 86_400_000, 60_000 + MAX_OUTAGE_MS),  # or was wrong by years
    ],
)
def test_after_a_restart_it_goes_on_from_the_last_event(wall_ms: int, at: int) -> None:
    last_epoch_ms = 1_800_000_000_000
    clock = LessonClock.anchored(60_000, last_epoch_ms, last_epoch_ms + wall_ms, 50.0)
    assert clock.at_of(50.0) == at
    assert clock.at_of(51.0) == at + 1000


def test_the_systems_time_is_in_seconds_and_milliseconds() -> None:
    clock = SystemClock()
    assert clock.monotonic() <= clock.monotonic()
    assert clock.epoch_ms() > 1_700_000_000_000
