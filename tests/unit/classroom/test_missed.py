"""A room whose display lost the line is shown what it missed."""

from __future__ import annotations

from classroom import rules
from tests.unit.classroom.lessons import ANNA, DISPLAY, DISPLAY2, LEAD, LOCAL, Lesson


def lesson() -> Lesson:
    made = Lesson.live()
    made.now = 1000
    made.ask(LEAD, "recording.start")
    made.now = 60_000
    made.ask(DISPLAY, "participant.leave")
    made.now = 90_000
    made.join(DISPLAY)
    return made


def test_its_teacher_shows_it_and_the_display_says_when_it_has_caught_up() -> None:
    made = lesson()
    assert made.state["participants"]["display"]["left"] == 60_000
    made.ask(LOCAL, "missed.show", from_ms=50_000)
    for viewer in (LEAD, LOCAL, DISPLAY):
        view = rules.view(made.state, viewer, made.texts)
        assert view["missed"] == {"r1": {"from_ms": 50_000, "at": 90_000}}
    assert rules.view(made.state, ANNA, made.texts)["missed"] == {}
    made.ask(DISPLAY, "missed.stop")
    assert made.state["missed"] == {}
    assert made.ask(DISPLAY, "missed.stop") == []


def test_a_room_is_its_own_teachers() -> None:
    made = lesson()
    assert made.refused(LOCAL, "missed.show", from_ms=0, room="r2") == "not_allowed"
    assert made.refused(DISPLAY, "missed.show", from_ms=0) == "not_allowed"
    made.ask(LEAD, "missed.show", from_ms=0, room="r2")
    assert made.refused(DISPLAY, "missed.stop", room="r2") == "not_allowed"
    made.ask(DISPLAY2, "missed.stop")


def test_what_was_not_recorded_or_has_not_been_is_not_shown() -> None:
    made = lesson()
    assert made.refused(LOCAL, "missed.show", from_ms=90_000) == "out_of_range"
    assert made.refused(LEAD, "missed.show", from_ms=0) == "malformed", "which room?"
    made.ask(DISPLAY, "participant.leave")
    assert made.refused(LOCAL, "missed.show", from_ms=0) == "not_found"
    bare = Lesson.live()
    bare.now = 9
    assert bare.refused(LOCAL, "missed.show", from_ms=0) == "not_recorded"
