"""Who is picked by chance, and how teams stand."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from classroom import rules
from classroom.events import Role, Seat
from classroom.picking import MAX_PICKED
from tests.unit.classroom.lessons import ANNA, BEN, DISPLAY, LEAD, LOCAL, QUESTION, Lesson
from tests.unit.web.node import evaluate

CHILDREN = [Seat(f"child{n}", Role.STUDENT, f"r{n % 2}") for n in range(7)]
LOCAL0 = Seat("local0", Role.LOCAL_TEACHER, "r0")


def picked(lesson: Lesson, seat: Seat = LEAD, **how: Any) -> list[str]:
    (event,) = lesson.ask(seat, "pick.make", **how)
    assert "child" not in str({key: value for key, value in event.data.items() if key != "participants"})
    return list(event.data["participants"])


def test_each_has_a_turn_before_anyone_has_another() -> None:
    lesson = Lesson.live(LEAD, *CHILDREN)
    turns: Counter[str] = Counter()
    for _ in range(21):
        some = picked(lesson, count=2)
        assert len(set(some)) == 2
        turns.update(some)
        assert max(turns.values()) - min(turns[child.participant] for child in CHILDREN) <= 1
    orders = {tuple(picked(Lesson.live(LEAD, *CHILDREN), count=7)), tuple(picked(lesson, count=7))}
    assert len(orders) == 2, "an order of chance"
    assert len(picked(lesson, count=MAX_PICKED)) == 7, "no more than there are"


def test_again_means_that_chance_alone_decides() -> None:
    lesson = Lesson.live(LEAD, *CHILDREN)
    some = Counter(one for _ in range(70) for one in picked(lesson, again=True))
    assert len(some) == 7
    assert len(set(some.values())) > 1


def test_whom_one_picks_of() -> None:
    lesson = Lesson.live(LEAD, LOCAL0, *CHILDREN)
    assert set(picked(lesson, count=9, room="r1")) == {"child1", "child3", "child5"}
    assert set(picked(lesson, LOCAL0, count=9)) == {"child0", "child2", "child4", "child6"}
    assert lesson.refused(LOCAL0, "pick.make", room="r1") == "not_allowed"
    lesson.ask(LEAD, "groups.form", groups=[{"group": "red", "participants": ["child1", "child2"]}])
    assert set(picked(lesson, count=9, group="red")) == {"child1", "child2"}
    assert lesson.refused(LOCAL0, "pick.clear") == "not_allowed", "another room's are among them"
    assert set(picked(lesson, LOCAL0, count=9, group="red")) == {"child2"}
    lesson.ask(LOCAL0, "pick.clear")
    assert lesson.ask(LEAD, "pick.clear") == []
    assert lesson.refused(LEAD, "pick.make", group="blue") == "not_found"
    assert lesson.refused(LEAD, "pick.make", count=0) == "malformed"
    assert lesson.refused(CHILDREN[0], "pick.make") == "not_allowed"
    for child in CHILDREN:
        lesson.ask(child, "participant.leave")
    assert lesson.refused(LEAD, "pick.make") == "not_found"


def test_everyone_sees_by_name_who_was_picked() -> None:
    lesson = Lesson.live(LEAD, DISPLAY, ANNA, BEN)
    picked(lesson, count=2)
    for viewer in (LEAD, DISPLAY, ANNA, BEN):
        assert lesson.seen_by(viewer)[-1].data["names"] == {"anna": "name of anna", "ben": "name of ben"}


def test_a_question_is_worth_the_same_to_every_team() -> None:
    lesson = Lesson.live(LEAD, *CHILDREN, BEN)
    lesson.ask(LEAD, "competition.start", by="rooms")
    lesson.ask(LEAD, "activity.open", **QUESTION)
    for child in (CHILDREN[0], CHILDREN[2], CHILDREN[1], BEN):
        lesson.ask(child, "activity.answer", activity="q1", choice=1)
    lesson.ask(CHILDREN[4], "activity.answer", activity="q1", choice=0)
    assert [event.kind for event in lesson.ask(LEAD, "activity.reveal", activity="q1")] == [
        "activity.closed", "activity.revealed", "competition.scored",
    ]  # fmt: skip
    assert points(lesson) == {"r0": 5, "r1": 3}, "two of four, one of three; who is at home is in no team"


def test_hands_stand_for_children_without_a_tablet() -> None:
    lesson = Lesson.live(LEAD, LOCAL0, *CHILDREN)
    lesson.ask(LOCAL0, "participant.add", participant="xiaoli", name="小丽")
    lesson.ask(LEAD, "competition.start", by="rooms")
    lesson.ask(LEAD, "activity.open", **QUESTION)
    lesson.ask(LOCAL0, "activity.count", activity="q1", counts=[4, 12])
    lesson.ask(LEAD, "activity.reveal", activity="q1")
    assert points(lesson) == {"r0": 6}, "twelve of the sixteen whose hands were counted and four with tablets"


def test_the_others_know_how_teams_stand_while_it_is_shown_and_no_longer() -> None:
    lesson = Lesson.live(LEAD, DISPLAY, ANNA, BEN)
    sides = {"by": "teams", "teams": [{"team": "a"}, {"team": "b"}]}

    def told(viewer: Seat) -> Any:
        view = rules.view(lesson.state, viewer, lesson.texts)
        assert view == {**rules.fold(lesson.seen_by(viewer)), "seq": view["seq"]}
        return view["competition"] and view["competition"]["points"]

    lesson.ask(LEAD, "competition.start", **sides)
    lesson.ask(LEAD, "competition.score", team="a", points=2)
    assert [told(viewer) for viewer in (LEAD, DISPLAY, ANNA)] == [{"a": 2}, None, None]
    lesson.ask(LEAD, "competition.show", on=True)
    lesson.ask(LEAD, "competition.score", team="b", points=1)
    assert [told(viewer) for viewer in (LEAD, DISPLAY, ANNA)] == [{"a": 2, "b": 1}] * 3
    lesson.ask(LEAD, "competition.show", on=False)
    lesson.ask(LEAD, "competition.score", team="b", points=1)
    assert [told(viewer) for viewer in (LEAD, DISPLAY, ANNA)] == [{"a": 2, "b": 2}, None, None]
    lesson.ask(LEAD, "activity.open", **QUESTION)
    lesson.ask(LEAD, "activity.reveal", activity="q1")
    lesson.ask(LEAD, "competition.show", on=True)
    assert lesson.state["competition"]["over"] == "q1", "in its place"  # type: ignore[index]
    lesson.ask(LEAD, "competition.start", **sides)
    assert [told(viewer) for viewer in (LEAD, DISPLAY, ANNA)] == [{}, None, None]


def test_points_by_hand_are_taken_back() -> None:
    lesson = Lesson.live(LEAD, ANNA)
    for kind, data in (("score", {"team": "r1", "points": 1}), ("undo", {}), ("show", {"on": True})):
        assert lesson.refused(LEAD, f"competition.{kind}", **data) == "wrong_phase"
    lesson.ask(LEAD, "competition.start", by="teams", teams=[{"team": "a", "name": "红"}, {"team": "b"}])
    lesson.ask(LEAD, "competition.score", team="a", points=3)
    lesson.ask(LEAD, "competition.score", team="a", points=-5)
    assert points(lesson) == {"a": 0}, "no team has less than nothing"
    lesson.ask(LEAD, "competition.undo")
    assert points(lesson) == {"a": 3}
    assert lesson.ask(LEAD, "competition.undo") == []
    lesson.ask(LEAD, "activity.open", **QUESTION)
    lesson.ask(ANNA, "activity.answer", activity="q1", choice=1)
    assert lesson.ask(LEAD, "activity.reveal", activity="q1")[-1].kind == "activity.revealed", "no child is in these"
    lesson.ask(LEAD, "competition.show", on=True)
    assert lesson.ask(LEAD, "competition.show", on=True) == []
    assert lesson.refused(LEAD, "competition.score", team="c", points=1) == "not_found"
    assert lesson.refused(LEAD, "competition.score", team="a", points=101) == "malformed"
    lesson.ask(LEAD, "competition.stop")
    assert lesson.state["competition"] is None


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"by": "rooms"}, "too_few"),
        ({"by": "groups"}, "too_few"),
        ({"by": "teams"}, "malformed"),
        ({"by": "rooms", "teams": [{"team": "a"}, {"team": "b"}]}, "malformed"),
        ({"by": "teams", "teams": [{"team": "a"}, {"team": "a"}]}, "too_few"),
        ({"by": "teams", "teams": [{"team": "a"}] * 21}, "malformed"),
        ({"by": "speed"}, "malformed"),
    ],
)
def test_a_competition_takes_two_teams(data: dict[str, Any], code: str) -> None:
    assert Lesson.live(LEAD, ANNA).refused(LEAD, "competition.start", **data) == code


def points(lesson: Lesson) -> dict[str, int]:
    competition = lesson.state["competition"]
    assert competition is not None
    return competition["points"]


def test_local_teachers_run_none() -> None:
    assert Lesson.live(LEAD, LOCAL).refused(LOCAL, "competition.start", by="rooms") == "not_allowed"


def test_a_turn_of_memory_is_two_cards_and_what_is_found_stays() -> None:
    """Four cards, of which 0 and 2, and 1 and 3, belong together."""
    after = "given.reduce((table, card) => m.turned(table, card, 2), m.LAID)"
    for cards, open_, found, turns in (
        ([0], [0], [], 0),
        ([0, 0], [0], [], 0),
        ([0, 1], [0, 1], [], 1),
        ([0, 1, 2], [2], [], 1),
        ([0, 2], [], [0], 1),
        ([0, 2, 0], [], [0], 1),
        ([0, 1, 3, 1, 2, 0], [], [1, 0], 3),
    ):
        table = evaluate("activities/memory.ts", after, cards)
        assert (table["open"], table["found"], table["turns"]) == (open_, found, turns), cards
