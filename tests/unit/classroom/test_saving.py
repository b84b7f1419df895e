"""Rooms that save data."""

from __future__ import annotations

from typing import Any

import pytest

from classroom.errors import ClientFault, Status
from classroom.events import Role, Seat
from tests.unit.classroom.lessons import DISPLAY, DISPLAY2, LEAD, LOCAL, Lesson


def refused(lesson: Lesson, seat: Seat, **data: Any) -> tuple[str, int]:
    before = lesson.state, len(lesson.events)
    with pytest.raises(ClientFault) as fault:
        lesson.ask(seat, "data.save", **data)
    assert (lesson.state, len(lesson.events)) == before
    return fault.value.code, fault.value.status


def test_a_room_saves_data_until_it_says_otherwise() -> None:
    lesson = Lesson.live()
    (event,) = lesson.ask(DISPLAY, "data.save", on=True)
    assert (event.kind, event.data) == ("data.saved", {"room": "r1", "on": True})
    assert lesson.ask(LOCAL, "data.save", on=True, room="r1") == []
    lesson.ask(LEAD, "data.save", on=True, room="r2")
    assert lesson.state["saving"] == ["r1", "r2"]
    lesson.ask(LOCAL, "data.save", on=False)
    assert lesson.state["saving"] == ["r2"]
    assert lesson.ask(DISPLAY, "data.save", on=False) == []


def test_rooms_speak_for_themselves_and_the_lead_for_all_of_them() -> None:
    lesson = Lesson.live()
    for seat in (DISPLAY, LOCAL):
        assert refused(lesson, seat, on=True, room="r2") == ("not_allowed", Status.FORBIDDEN)
    assert refused(lesson, LEAD, on=True) == ("malformed", Status.MALFORMED)
    assert refused(lesson, LEAD, on=True, room="r9") == ("not_found", Status.NOT_FOUND)
    assert refused(lesson, Seat("d3", Role.DISPLAY), on=True) == ("malformed", Status.MALFORMED)
    assert refused(Lesson.live(LEAD), DISPLAY2, on=True) == ("not_found", Status.NOT_FOUND)


@pytest.mark.parametrize(
    "data",
    [{}, {"on": 1}, {"on": None}, {"on": "true"}, {"on": True, "room": ""}, {"on": True, "room": "a b"},
     {"on": True, "room": "x" * 65}, {"on": True, "room": 1}, {"on": True, "more": 1}],
)  # fmt: skip
def test_anything_else_is_malformed(data: dict[str, Any]) -> None:
    assert refused(Lesson.live(), DISPLAY, **data) == ("malformed", Status.MALFORMED)
