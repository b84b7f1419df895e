"""Practice for those who missed a point: given, done, marked at once, and told to nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from classroom import rules
from tests.unit.classroom.lessons import ANNA, BEN, DISPLAY, FILM, LEAD, LOCAL, OBSERVER, QUESTION, Lesson

ASKED = {name: value for name, value in QUESTION.items() if name != "activity"} | {"explanation": "禾"}
GIVEN = {"practice": "p", "point": "seasons", "participants": ["anna"], "questions": [ASKED, {**ASKED, "answer": 0}]}


def lesson() -> Lesson:
    made = Lesson.live(LEAD, LOCAL, DISPLAY, ANNA, BEN, OBSERVER)
    made.ask(LEAD, "practice.give", **GIVEN)
    return made


def practice_of(made: Lesson, seat: Any) -> Any:
    return rules.view(made.state, seat, made.texts)["practices"]


def test_who_missed_a_point_practises_it_and_is_told_at_once_what_is_right() -> None:
    made = lesson()
    (mine,) = practice_of(made, ANNA).values()
    assert (mine["point"], mine["participants"]) == ("seasons", ["anna"])
    assert not [field for one in mine["questions"] for field in ("answer", "explanation") if field in one]
    made.ask(LEAD, "lesson.end")
    (event,) = made.ask(ANNA, "practice.answer", practice="p", question=1, choice=1)
    assert event.data == {"practice": "p", "question": 1, "mark": 0.0, "answer": 0, "explanation": "禾"}
    first, second = practice_of(made, ANNA)["p"]["questions"]
    assert "answer" not in first
    assert second["answer"] == 0
    assert practice_of(made, LEAD)["p"]["marks"] == {"anna": {"1": 0.0}}
    assert made.refused(ANNA, "practice.answer", practice="p", question=1, choice=0) == "already_answered"
    made.ask(ANNA, "practice.answer", practice="p", question=0, choice=1)
    assert practice_of(made, OBSERVER)["p"]["marks"] == {"anna": {"1": 0.0, "0": 1.0}}


def test_it_is_nobody_elses() -> None:
    made = lesson()
    made.ask(ANNA, "practice.answer", practice="p", question=0, choice=1)
    for viewer in (BEN, DISPLAY):
        assert practice_of(made, viewer) == {}
        assert "seasons" not in json.dumps([event.json() for event in made.seen_by(viewer)])
    assert made.refused(BEN, "practice.answer", practice="p", question=0, choice=1) == "not_found"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"participants": ["ben"]}, "not_allowed"),  # not of this teacher's room
        ({"participants": ["observer"]}, "not_found"),
        ({"participants": ["nobody"]}, "not_found"),
        ({"participants": []}, "malformed"),
        ({"participants": ["nobody"] * 1500}, "not_found"),  # all of the largest lesson
        ({"participants": ["nobody"] * 1501}, "malformed"),
        ({"practice": "p"}, "exists"),
        ({"questions": []}, "malformed"),
        ({"questions": [ASKED] * 11}, "malformed"),
        ({"questions": [{key: ASKED[key] for key in ASKED if key != "answer"}]}, "malformed"),
        ({"questions": [{"type": "vote", "prompt": "?", "options": ["a", "b"]}]}, "malformed"),
        ({"questions": [{**ASKED, "picture": "foreign"}]}, "not_found"),
        ({"courseware": ["foreign"]}, "not_found"),
        ({"point": "x" * 81}, "malformed"),
    ],
)
def test_what_cannot_be_given(data: dict[str, Any], code: str) -> None:
    assert lesson().refused(LOCAL, "practice.give", **{**GIVEN, "practice": "other", **data}) == code


def test_what_is_no_answer() -> None:
    made = lesson()
    for data, code in (
        ({"practice": "q"}, "not_found"),
        ({"question": 2}, "not_found"),
        ({"question": 10}, "malformed"),
        ({"choice": 5}, "malformed"),
        ({"choice": None, "text": "autumn"}, "malformed"),
    ):
        asked = {"practice": "p", "question": 0, "choice": 1, **data}
        given = {key: value for key, value in asked.items() if value is not None}
        assert made.refused(ANNA, "practice.answer", **given) == code


def test_teachers_see_who_looked_at_what_came_with_it() -> None:
    made = Lesson.live(LEAD, LOCAL, DISPLAY, ANNA, BEN, OBSERVER, resources=frozenset({"leaves", "light"}))
    both = {"participants": ["anna", "ben"], "resources": ["leaves", "light"]}
    made.ask(LEAD, "practice.give", **{**GIVEN, **both})
    made.ask(LEAD, "lesson.end")
    for data in ({"practice": "q", "resource": "leaves"}, {"practice": "p", "resource": "foreign"}):
        assert made.refused(ANNA, "practice.open", **data) == "not_found"
    (event,) = made.ask(ANNA, "practice.open", practice="p", resource="leaves")
    assert event.data == {"practice": "p", "resource": "leaves"}
    assert made.ask(ANNA, "practice.open", practice="p", resource="leaves") == [], "once"
    made.ask(ANNA, "practice.open", practice="p", resource="light")
    for viewer in (LEAD, LOCAL, OBSERVER, ANNA):
        assert practice_of(made, viewer)["p"]["opened"] == {"anna": ["leaves", "light"]}
        assert rules.fold(made.seen_by(viewer))["practices"]["p"]["opened"] == {"anna": ["leaves", "light"]}
    assert practice_of(made, BEN)["p"]["opened"] == {}
    assert "practice.opened" not in [one.kind for viewer in (BEN, DISPLAY) for one in made.seen_by(viewer)]


def test_what_there_is_to_look_at_is_kept_with_it() -> None:
    made = Lesson.live(LEAD, ANNA, courseware={"film": FILM})
    (event,) = made.ask(LEAD, "practice.give", **GIVEN, courseware=["film"])
    assert event.data["courseware"] == [{"courseware": "film", "kind": "video", "slides": 1}]
