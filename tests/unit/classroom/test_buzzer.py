"""Who is first at a buzzer."""

from __future__ import annotations

import pytest

from classroom.activities.types.buzzer import MAX_BUZZES
from classroom.events import Role, Seat
from tests.unit.classroom.lessons import ANNA, BEN, DISPLAY, DISPLAY2, EVERYONE, LEAD, LOCAL, Lesson
from tests.unit.classroom.questions import question
from tests.unit.classroom.test_questions import seen_by
from tests.unit.web.node import evaluate


def opened(*seats: Seat) -> Lesson:
    lesson = Lesson.live(*(EVERYONE + seats))
    lesson.now = 1000
    lesson.ask(LEAD, "activity.open", **question("buzzer"), activity="q")
    return lesson


def test_the_order_is_that_in_which_they_came_and_everyone_sees_it_with_names() -> None:
    lesson = opened()
    lesson.now = 1800
    lesson.ask(BEN, "activity.answer", activity="q", buzz=True)
    lesson.now = 1920
    lesson.ask(ANNA, "activity.answer", activity="q", buzz=True)
    lesson.ask(LOCAL, "activity.answer", activity="q", buzz=True)
    lesson.ask(LOCAL, "participant.add", participant="xiaoli", name="小丽")
    lesson.ask(LOCAL, "activity.answer", activity="q", buzz=True, participant="xiaoli")
    assert lesson.refused(BEN, "activity.answer", activity="q", buzz=True) == "already_answered"
    for viewer in (LEAD, DISPLAY, DISPLAY2, ANNA, BEN):
        answers = seen_by(lesson, viewer)["answers"]
        assert {who: (one["buzz"]["place"], one["buzz"]["at"], one["name"]) for who, one in answers.items()} == {
            "ben": (0, 1800, "name of ben"),
            "anna": (1, 1920, "name of anna"),
            "display": (2, 1920, "name of display"),
            "xiaoli": (3, 1920, "小丽"),
        }
    assert "name" not in str([event.data for event in lesson.events if event.kind == "activity.answered"])
    lesson.ask(LEAD, "activity.reveal", activity="q")
    assert seen_by(lesson, DISPLAY)["tally"] == [1800, 1920, 1920, 1920]


def test_nobody_is_too_early_and_of_many_the_first_are_taken() -> None:
    children = [Seat(f"child{n}", Role.STUDENT, "r1") for n in range(MAX_BUZZES + 1)]
    lesson = Lesson.live(LEAD, *children)
    assert lesson.refused(children[0], "activity.answer", activity="q", buzz=True) == "not_found"
    lesson.ask(LEAD, "activity.open", **question("buzzer"), activity="q")
    for child in children[:-1]:
        lesson.ask(child, "activity.answer", activity="q", buzz=True)
    assert lesson.refused(children[-1], "activity.answer", activity="q", buzz=True) == "too_late"
    lesson.ask(LEAD, "activity.close", activity="q")
    lesson.ask(LEAD, "activity.open", **question("buzzer"), activity="r")
    lesson.ask(children[-1], "activity.answer", activity="r", buzz=True)
    assert seen_by(lesson, children[0])["answers"].keys() == {one.participant for one in children[:-1]}


@pytest.mark.parametrize("value", [{"buzz": False}, {"buzz": 0}, {"buzz": {"place": 0, "at": 0}}, {"choice": 0}])
def test_only_a_buzz_is_one(value: dict[str, object]) -> None:
    assert opened().refused(ANNA, "activity.answer", activity="q", **value) == "malformed"


def test_a_teacher_without_a_room_buzzes_for_nobody() -> None:
    lesson = opened()
    assert lesson.refused(LEAD, "activity.answer", activity="q", buzz=True) == "not_found"
    assert lesson.refused(DISPLAY, "activity.answer", activity="q", buzz=True) == "not_allowed"
    assert lesson.refused(LEAD, "activity.open", **question("buzzer"), activity="r", anonymous=True) == "malformed"


def test_pages_say_by_how_much_each_was_before_the_next() -> None:
    lesson = opened()
    for now, who in ((1800, BEN), (1920, ANNA), (2500, LOCAL)):
        lesson.now = now
        lesson.ask(who, "activity.answer", activity="q", buzz=True)
    row = evaluate("activities/buzzer.ts", "m.buzzed(given)", seen_by(lesson, ANNA))
    assert [(one["participant"], one["after"], one["before"]) for one in row] == [
        ("ben", 800, 120),
        ("anna", 920, 580),
        ("display", 1500, None),
    ]
