"""The plan of a lesson: written by its teachers, gone through by the lead, and told to nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from classroom import rules
from tests.unit.classroom.lessons import ANNA, BEN, DISPLAY, LEAD, LOCAL, OBSERVER, Lesson

STEPS: list[dict[str, Any]] = [
    {"step": "a", "title": "Warm up", "minutes": 5, "note": "Slowly, for Ben."},
    {"step": "b", "title": "秋", "opens": {"courseware": "leaves", "slide": 3, "name": "Leaves.pdf"}},
    {"step": "c", "title": "Quiz", "minutes": 10, "opens": {"question": "q7", "name": "Which is 秋?"}},
]


def lesson() -> Lesson:
    made = Lesson.live(LEAD, LOCAL, DISPLAY, ANNA, BEN, OBSERVER)
    made.ask(LOCAL, "plan.write", revision=0, steps=STEPS)
    return made


def plan_of(made: Lesson, seat: Any) -> Any:
    return rules.view(made.state, seat, made.texts)["plan"]


def test_both_teachers_have_all_of_it_and_what_is_on() -> None:
    made = lesson()
    made.now = 60_000
    made.ask(LEAD, "step.begin", step="a")
    made.now = 200_000
    made.ask(LEAD, "step.begin", step="c")
    for seat in (LEAD, LOCAL):
        plan = plan_of(made, seat)
        assert plan["revision"] == 1
        assert [{key: one[key] for key in one if key != "noted"} for one in plan["steps"]] == [
            STEPS[0],
            {**STEPS[1], "opens": {"courseware": "leaves", "slide": 3, "name": "Leaves.pdf"}},
            STEPS[2],
        ]
        assert [(one["step"], one["at"]) for one in plan["begun"]] == [("a", 60_000), ("c", 200_000)]
    assert made.ask(LEAD, "step.begin", step="c") == []


def test_who_looks_in_knows_the_titles_of_what_was_begun_and_nobody_else_anything() -> None:
    made = lesson()
    made.ask(LEAD, "step.begin", step="a")
    begun = {"step": "a", "title": "Warm up", "at": 0}
    assert plan_of(made, OBSERVER) == {"revision": 0, "steps": [], "begun": [begun]}
    for viewer, known in ((OBSERVER, {"Warm up"}), (DISPLAY, set()), (ANNA, set())):
        told = json.dumps([event.json() for event in made.seen_by(viewer)], ensure_ascii=False)
        words = {"Warm up", "Slowly", "Quiz", "Leaves", "Which"}
        assert {one for one in words if one in told} == known


def test_notes_are_words_of_a_person_and_go_with_the_step() -> None:
    made = lesson()
    assert "Slowly" not in json.dumps([event.json() for event in made.events])
    made.ask(LEAD, "plan.write", revision=1, steps=[{"step": "a", "title": "Warm up"}])
    assert "Slowly" not in json.dumps(made.texts), "a note that was taken out is nowhere"
    assert plan_of(made, LEAD)["steps"] == [{"step": "a", "title": "Warm up"}]


def test_two_who_write_at_once_do_not_write_over_each_other() -> None:
    made = lesson()
    assert made.refused(LEAD, "plan.write", revision=0, steps=[]) == "edited"
    assert len(plan_of(made, LEAD)["steps"]) == 3


def test_it_is_written_before_the_lesson_and_gone_through_in_it() -> None:
    made = Lesson()
    made.join(LEAD)
    made.ask(LEAD, "plan.write", revision=0, steps=STEPS)
    assert made.refused(LEAD, "step.begin", step="a") == "wrong_phase"


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ([STEPS[0], STEPS[0]], "malformed"),  # one id twice
        ([{"step": str(n), "title": "x"} for n in range(51)], "malformed"),
        ([{"step": "a", "title": ""}], "malformed"),
        ([{"step": "a", "title": "x" * 121}], "malformed"),
        ([{"step": "a", "title": "x", "note": "x" * 1001}], "malformed"),
        ([{"step": "a", "title": "x", "minutes": 0}], "malformed"),
        ([{"step": "a", "title": "x", "opens": {"name": "neither"}}], "malformed"),
        ([{"step": "a", "title": "x", "opens": {"courseware": "c", "question": "q", "name": "both"}}], "malformed"),
    ],
)
def test_what_is_no_plan_is_refused_and_changes_nothing(steps: list[Any], code: str) -> None:
    made = lesson()
    before = made.state
    assert made.refused(LEAD, "plan.write", revision=1, steps=steps) == code
    assert made.state is before


def test_a_step_that_is_not_there_and_one_too_many() -> None:
    made = lesson()
    assert made.refused(LEAD, "step.begin", step="x") == "not_found"
    for number in range(500):
        made.ask(LEAD, "step.begin", step="ab"[number % 2])
    assert made.refused(LEAD, "step.begin", step="c") == "too_many"


def test_a_plan_may_be_as_long_as_it_may() -> None:
    made = Lesson.live(LEAD)
    steps = [{"step": f"s{n}", "title": "题" * 120, "minutes": 240, "note": "记" * 1000} for n in range(50)]
    made.ask(LEAD, "plan.write", revision=0, steps=steps)
    assert plan_of(made, LEAD)["steps"] == [{**one, "noted": True} for one in steps]
