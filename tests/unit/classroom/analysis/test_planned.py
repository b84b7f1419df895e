"""How long the steps of a plan took, beside how long they were to take."""

from __future__ import annotations

from classroom.analysis.planned import planned
from tests.unit.classroom.lessons import LEAD, Lesson

STEPS = [
    {"step": "a", "title": "Morning 问好", "minutes": 2},
    {"step": "b", "title": "Reading", "minutes": 10},
    {"step": "c", "title": "Talk"},
]


def taught(*begun: tuple[int, str]) -> Lesson:
    """When, and which step then."""
    lesson = Lesson()
    for kind in ("lesson.open", "lesson.start"):
        lesson.ask(LEAD, kind)
    lesson.ask(LEAD, "plan.write", revision=0, steps=STEPS)
    for lesson.now, step in begun:
        lesson.ask(LEAD, "step.begin", step=step)
    return lesson


def test_a_step_goes_on_until_another_is_begun_and_the_last_until_the_end() -> None:
    lesson = taught((60_000, "a"), (100_000, "b"), (400_000, "a"), (430_000, "b"))
    lesson.now = 500_000
    lesson.ask(LEAD, "lesson.end")
    told = planned(lesson.events, 999_999)
    assert [(one["step"], one["minutes"], one["ms"]) for one in told] == [
        ("a", 2, 70_000), ("b", 10, 370_000), ("c", None, 0),
    ]  # fmt: skip
    assert told[0]["title"] == "Morning 问好"


def test_in_a_running_lesson_it_is_until_now() -> None:
    lesson = taught((60_000, "c"))
    assert [one["ms"] for one in planned(lesson.events, 75_000)] == [0, 0, 15_000]


def test_a_step_that_was_taken_out_of_the_plan_is_told_of_where_it_was_begun() -> None:
    lesson = taught((1_000, "a"), (3_000, "b"))
    lesson.now = 4_000
    lesson.ask(LEAD, "plan.write", revision=1, steps=STEPS[2:] + STEPS[1:2])
    assert [(one["step"], one["ms"]) for one in planned(lesson.events, 5_000)] == [("c", 0), ("b", 2_000), ("a", 2_000)]


def test_without_a_plan_there_is_nothing() -> None:
    assert planned(Lesson().events, 9) == []
