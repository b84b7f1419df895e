"""Groups: who is in which, and who knows of it."""

from __future__ import annotations

from typing import Any

import pytest

from classroom import groups, rules
from classroom.events import Role, Seat
from tests.unit.classroom.lessons import ANNA, BEN, DISPLAY, EVERYONE, LEAD, LOCAL, Lesson

CHILDREN = [Seat(f"kid{n}", Role.STUDENT, "r1") for n in range(10)]
LATE = Seat("late", Role.STUDENT, "r1")


def members(lesson: Lesson) -> list[list[str]]:
    return [lesson.state["groups"]["by_id"][name]["members"] for name in lesson.state["groups"]["order"]]


def seen(lesson: Lesson, seat: Seat) -> Any:
    view = rules.view(lesson.state, rules.seated(lesson.state, seat), lesson.texts)
    assert view["groups"] == rules.fold(lesson.seen_by(seat))["groups"]
    return view["groups"]


def test_groups_are_drawn_evenly_and_who_comes_late_goes_to_the_smallest() -> None:
    lesson = Lesson.live(LEAD, *CHILDREN)
    lesson.ask(CHILDREN[9], "participant.leave")
    lesson.ask(LEAD, "groups.draw", groups=4)
    drawn = members(lesson)
    assert sorted(map(len, drawn)) == [2, 2, 2, 3]
    assert sorted(one for group in drawn for one in group) == [f"kid{n}" for n in range(9)]
    assert [one for group in drawn for one in group] != sorted(one for group in drawn for one in group)
    lesson.join(LATE, CHILDREN[9])
    assert sorted(map(len, members(lesson))) == [2, 3, 3, 3]
    before = members(lesson)
    lesson.ask(CHILDREN[0], "participant.leave")
    lesson.join(CHILDREN[0])
    assert members(lesson) == before, "a line that drops changes nothing"
    lesson.ask(LEAD, "groups.draw", groups=1)
    assert len(members(lesson)[0]) == 11


def test_a_child_without_a_tablet_and_one_from_the_lobby_are_drawn_too() -> None:
    lesson = Lesson(lobby=True)
    for kind in ("lesson.open", "lesson.start"):
        lesson.ask(LEAD, kind)
    lesson.join(LEAD, LOCAL, ANNA)
    lesson.ask(LEAD, "groups.draw", groups=2)
    assert members(lesson) == [[], []], "who waits is not there yet"
    lesson.ask(LEAD, "participant.admit", participant="anna")
    lesson.ask(LOCAL, "participant.add", participant="child", name="孩子")
    assert members(lesson) == [["anna"], ["child"]]


def test_groups_by_roster_are_seen_by_their_members() -> None:
    lesson = Lesson.live()
    lesson.ask(
        LEAD, "groups.form",
        groups=[{"group": "red", "name": "红", "participants": ["ben", "anna"]}, {"group": "blue", "participants": []}],
    )  # fmt: skip
    everyone = {"members": ["ben", "anna"], "name": "红", "names": {"anna": "name of anna", "ben": "name of ben"}}
    for seat in EVERYONE:
        if seat.role != Role.ENCODER:
            assert seen(lesson, seat)["by_id"] == {"red": everyone, "blue": {"members": []}}
    stranger = Seat("kid0", Role.STUDENT, "r1")
    lesson.join(stranger)
    assert seen(lesson, stranger)["by_id"] == {"red": {"name": "红", "members": []}, "blue": {"members": []}}
    assert members(lesson) == [["ben", "anna"], []], "nobody is put where the teacher has chosen"
    lesson.ask(LEAD, "group.move", participant="ben", group="blue")
    assert members(lesson) == [["anna"], ["ben"]]
    assert lesson.ask(LEAD, "group.move", participant="ben", group="blue") == []
    assert seen(lesson, ANNA)["by_id"]["red"]["members"] == ["anna"]
    assert seen(lesson, BEN)["by_id"]["red"]["members"] == []
    lesson.ask(LOCAL, "group.move", participant="anna", group="blue")
    assert seen(lesson, BEN)["by_id"]["blue"]["members"] == ["ben", "anna"]


def test_groups_are_chosen_and_chosen_again() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "groups.open", groups=[{"group": "a", "name": "Wind"}, {"group": "b"}])
    assert seen(lesson, ANNA)["by"] == "choice"
    lesson.ask(ANNA, "group.join", group="a")
    lesson.ask(BEN, "group.join", group="a")
    assert lesson.ask(BEN, "group.join", group="a") == []
    lesson.ask(ANNA, "group.join", group="b")
    assert members(lesson) == [["ben"], ["anna"]]
    for seat in (ANNA, BEN, DISPLAY):
        seen(lesson, seat)
    lesson.ask(LEAD, "groups.draw", groups=2)
    assert lesson.refused(ANNA, "group.join", group=lesson.state["groups"]["order"][0]) == "wrong_phase"


def test_they_are_called_back_and_are_no_more() -> None:
    lesson = Lesson.live()
    assert lesson.refused(LEAD, "groups.call", seconds=60) == "not_found"
    lesson.ask(LEAD, "groups.draw", groups=2)
    lesson.now = 5000
    lesson.ask(LEAD, "groups.call", seconds=60)
    assert seen(lesson, ANNA)["call"] == {"seconds": 60, "since": 5000}
    lesson.ask(LEAD, "groups.dissolve")
    assert seen(lesson, ANNA) == rules.EMPTY["groups"]
    assert lesson.ask(LEAD, "groups.dissolve") == []


@pytest.mark.parametrize(
    ("seat", "kind", "data", "code"),
    [
        (LEAD, "groups.form", {"groups": [{"group": "a", "participants": ["lead"]}]}, "not_found"),
        (LEAD, "groups.form", {"groups": [{"group": "a", "participants": ["anna", "anna"]}]}, "exists"),
        (LEAD, "groups.form", {"groups": [{"group": "a", "participants": []}] * 2}, "exists"),
        (LEAD, "groups.form", {"groups": [{"group": "anna", "participants": []}]}, "exists"),
        (LEAD, "groups.form", {"groups": [{"group": "r1", "participants": []}]}, "exists"),
        (LEAD, "groups.form", {"groups": []}, "malformed"),
        (LEAD, "groups.open", {"groups": [{"group": "a", "name": " "}]}, "malformed"),
        (LEAD, "groups.draw", {"groups": 0}, "malformed"),
        (LEAD, "groups.draw", {"groups": 301}, "malformed"),
        (ANNA, "group.join", {"group": "nowhere"}, "not_found"),
        (LEAD, "group.move", {"participant": "lead", "group": "a"}, "not_found"),
        (LEAD, "group.move", {"participant": "anna", "group": "a"}, "not_found"),
        (LOCAL, "group.move", {"participant": "ben", "group": "a"}, "not_allowed"),
    ],
)
def test_groups_that_cannot_be(seat: Seat, kind: str, data: dict[str, Any], code: str) -> None:
    assert Lesson.live().refused(seat, kind, **data) == code


def test_a_group_may_be_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MAX_MEMBERS", 1)
    lesson = Lesson.live()
    assert lesson.refused(LEAD, "groups.draw", groups=1) == "too_many"
    lesson.ask(LEAD, "groups.open", groups=[{"group": "a"}])
    lesson.ask(ANNA, "group.join", group="a")
    assert lesson.refused(BEN, "group.join", group="a") == "too_many"
    lesson.ask(LEAD, "groups.draw", groups=2)
    lesson.join(LATE)
    assert sorted(map(len, members(lesson))) == [1, 1], "nor is anyone put in who comes late"
