"""Lips stay with the voice, and ink with the picture, through a lesson of two hours whose senders' clocks are off."""

from __future__ import annotations

import pytest

from recordings.files import LessonFolder
from tests.unit.recordings.drifting import HOUR_US, Lesson, figures, in_memory

SLOW = pytest.mark.soak  # three seconds each for another sign; test_timeline.py has all of them


@pytest.mark.parametrize(
    ("computer_ppm", "card_ppm"),
    [(100, 100), pytest.param(-100, 100, marks=SLOW), pytest.param(100, -100, marks=SLOW),
     pytest.param(-100, -100, marks=SLOW)],
)  # fmt: skip
def test_what_is_written_is_in_step_after_two_hours_as_at_first(computer_ppm: int, card_ppm: int) -> None:
    with in_memory() as folder:
        lesson = Lesson(folder / "lesson", computer_ppm, card_ppm)
        lesson.hold(2 * HOUR_US)
        found = lesson.misplaced()
        entries = LessonFolder.load(folder / "lesson").entries
    assert sorted(entry.source for entry in entries) == ["camera", "courseware", "mic"]  # a stretch each
    for source in lesson.sources:
        assert 0.99 * source.number < len(found[source.name]) < source.number  # a few packets were lost
    of = figures(found)
    assert of["lips"]["most_ms"] <= 40
    assert of["ink"]["most_ms"] <= 100
    assert all(apart["last_ms"] <= apart["first_ms"] + 1 for apart in of.values())
