"""From a lesson's journal to marks: equal to what another reckoning makes of the same answers."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.activities.types import BY_NAME
from classroom.analysis.presence import counts
from classroom.analysis.report import lasting, report
from classroom.analysis.results import results, tally_of
from classroom.events import Role, Seat
from tests.unit.classroom.lessons import LEAD, LOCAL, MAP, Lesson
from tests.unit.classroom.otherwise import count_otherwise, mark_otherwise
from tests.unit.classroom.questions import QUESTIONS, question, values

CHILDREN = [Seat(f"child{n}", Role.STUDENT, f"r{n % 3}" if n % 3 else None) for n in range(9)]
ALONE = Seat("without", Role.STUDENT, "r1")
"""A child that has no tablet."""
VOTES = ("choice", "vote", "truefalse", "rating", "multiple")


def taught() -> Lesson:
    lesson = Lesson.live(LEAD, LOCAL, *CHILDREN, courseware={"map": MAP})
    lesson.ask(LOCAL, "participant.add", participant=ALONE.participant, name="Without")
    return lesson


class Played:
    """A lesson of random questions, and beside it what was answered, as someone would note it who sits there."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.lesson = taught()
        self.types: dict[str, str] = {}
        self.anonymous: set[str] = set()
        self.given: dict[str, dict[str, Any]] = {}  # activity → child → value
        self.times: dict[tuple[str, str], int] = {}
        for number in range(self.rng.randint(1, 8)):
            self._ask(f"q{number}")

    def _ask(self, activity: str) -> None:
        rng, lesson = self.rng, self.lesson
        name = self.types[activity] = rng.choice(sorted(QUESTIONS))
        nameless = name in VOTES and rng.random() < 0.25
        if nameless:
            self.anonymous.add(activity)
        lesson.now += rng.randrange(10_000)
        changeable = not nameless and rng.random() < 0.5
        lesson.ask(
            LEAD, "activity.open", activity=activity, anonymous=nameless, changeable=changeable, **question(name)
        )
        mine = self.given[activity] = {}
        was_open = 0
        for again in range(1 if nameless else rng.randint(1, 2)):
            opened = lesson.now
            if again:
                lesson.ask(LEAD, "activity.reopen", activity=activity)
            for child in rng.choices([*CHILDREN, ALONE], k=rng.randrange(14)):
                lesson.now += rng.randrange(3000)
                value = values(rng, name)
                written = child is ALONE
                who = {"participant": child.participant} if written else {}
                if child.participant in mine and not changeable:
                    continue
                field = BY_NAME[name].field
                seat = LOCAL if written else child
                happened = lesson.ask(seat, "activity.answer", activity=activity, **who, **{field: value})
                mine[child.participant] = value
                if happened and not written:
                    self.times[child.participant, activity] = was_open + lesson.now - opened
            lesson.now += rng.randrange(3000)
            was_open += lesson.now - opened
            lesson.ask(LEAD, "activity.close", activity=activity)
        if rng.random() < 0.5:
            lesson.ask(LEAD, "activity.reveal", activity=activity)


@given(st.integers(0, 2**32))
def test_marks_choices_times_and_tallies_are_what_was_answered(seed: int) -> None:
    played = Played(seed)
    came = results(played.lesson.events, played.lesson.texts)
    asked = [one for one, name in played.types.items() if name != "roll"]
    assert [one["activity"] for one in came.asked] == asked
    named = {one: played.given[one] for one in asked if one not in played.anonymous}
    right = {one for one in named if "answer" in QUESTIONS[played.types[one]] and named[one]}
    assert [item.id for item in came.items] == [one for one in asked if one in right]
    for child in (*CHILDREN, ALONE):
        who = child.participant
        mine = {one: answers[who] for one, answers in named.items() if who in answers}
        assert came.given[who] == mine
        assert came.marks[who] == {
            one: mark_otherwise(question(played.types[one]), value) for one, value in mine.items() if one in right
        }
        assert came.times[who] == {one: played.times[who, one] for one in mine if (who, one) in played.times}
        for one, chosen in came.choices[who].items():
            assert list(map(int, chosen)) == (mine[one] if isinstance(mine[one], list) else [mine[one]])
    for one in came.asked:
        activity, name = one["activity"], played.types[one["activity"]]
        answers = list(played.given[activity].values())
        told = tally_of(one)
        if activity in played.anonymous and len(answers) < 5:
            assert told is None
        else:
            assert told == count_otherwise(question(name), answers)


@given(st.integers(0, 2**32))
def test_the_report_of_one_room_is_that_of_a_lesson_in_which_only_it_was(seed: int) -> None:
    """What a local teacher reads is made of their own children, and says nothing of others."""
    played = Played(seed)
    whole = results(played.lesson.events, played.lesson.texts)
    part = results(played.lesson.events, played.lesson.texts, rooms={"r1"})
    own = {who for who, room in whole.rooms.items() if room == "r1"}
    assert part.rooms.keys() == own
    assert part.marks == {
        who: {i.id: m for i in part.items if (m := whole.marks[who].get(i.id)) is not None} for who in own
    }
    told = json.dumps(report(part, counts(played.lesson.events, played.lesson.now), None).json())
    assert not [child.participant for child in CHILDREN if child.room != "r1" and child.participant in told]
    for child in report(whole, {}, None).children:
        if child.result is not None:
            assert child.result == pytest.approx(100 * sum(m or 0 for m in child.marks) / len(whole.items))


@given(st.integers(0, 2**32))
def test_no_export_ties_an_anonymous_choice_to_a_child(seed: int) -> None:
    """Of two lessons that differ only in who chose what without a name, all that is said of children is the same."""
    played = Played(seed)
    came = results(played.lesson.events, played.lesson.texts)
    for who in came.rooms:
        rows = (came.given[who], came.marks[who], came.choices[who], came.times[who])
        assert not [row for row in rows if played.anonymous & row.keys()]


def test_of_one_whose_words_were_erased_there_is_no_answer() -> None:
    lesson = taught()
    lesson.ask(LEAD, "activity.open", activity="q", **question("text"))
    for child in CHILDREN[:2]:
        lesson.ask(child, "activity.answer", activity="q", text="dog")
    lesson.ask(LEAD, "activity.close", activity="q")
    for key in [key for key in lesson.texts if CHILDREN[0].participant in key]:
        lesson.texts[key] = ""
    came = results(lesson.events, lesson.texts)
    assert (came.given["child0"], came.marks["child1"]) == ({}, {"q": 1.0})


def test_what_is_marked_by_hand_counts_once_all_of_it_is() -> None:
    lesson = taught()
    lesson.ask(LEAD, "activity.open", activity="q", worth=4, **question("essay"))
    for child in CHILDREN[:2]:
        lesson.ask(child, "activity.answer", activity="q", text="…")
    lesson.ask(LEAD, "activity.close", activity="q")
    lesson.ask(LEAD, "activity.mark", activity="q", participant="child0", points=3)
    assert not results(lesson.events, lesson.texts).items
    lesson.ask(LEAD, "activity.mark", activity="q", participant="child1", points=0, comment="Why?")
    came = results(lesson.events, lesson.texts)
    assert [item.id for item in came.items] == ["q"]
    assert {who: came.marks[who] for who in ("child0", "child1", "child2")} == {
        "child0": {"q": 0.75},
        "child1": {"q": 0.0},
        "child2": {},
    }
    assert "Why?" not in json.dumps(report(came, {}, None).json())


def test_who_took_part_is_counted_from_when_it_was_there() -> None:
    lesson = Lesson.live(LEAD, CHILDREN[0])
    for activity, kind in (("roll", "roll"), ("q1", "choice"), ("q2", "vote")):
        lesson.now += 1000
        lesson.ask(LEAD, "activity.open", activity=activity, changeable=kind == "choice", **question(kind))
        lesson.ask(CHILDREN[0], "activity.answer", activity=activity, choice=0)
        if kind == "choice":
            lesson.ask(CHILDREN[0], "activity.answer", activity=activity, choice=1)  # changed, and answered once
        lesson.now += 1000
        lesson.ask(LEAD, "activity.close", activity=activity)
    lesson.now += 1000
    lesson.ask(CHILDREN[1], "participant.join", name="late")
    lesson.ask(LEAD, "activity.open", activity="q3", **question("choice"))
    lesson.now += 1000
    first, late = counts(lesson.events, lesson.now).values()
    assert first == {"answered": 2, "asked": 3, "present_ms": 8000, "lesson_ms": 8000, "called": 0}
    assert late == {"answered": 0, "asked": 1, "present_ms": 1000, "lesson_ms": 8000, "called": 0}


def test_a_child_is_known_again_by_room_and_name_unless_two_have_them() -> None:
    came = results(taught().events, {})
    names = {"child1": "Wáng  Míng", "child4": "wáng míng", "child7": "Li", "child2": "Li", "child0": ""}
    assert lasting(came, names) == {"child7": "r1/li", "child2": "r2/li"}


def test_hands_are_told_of_each_room_and_are_in_no_result() -> None:
    lesson = taught()
    asked = {"type": "choice", "prompt": "?", "options": ["a", "b", "c"], "answer": 1}
    lesson.ask(LEAD, "activity.open", activity="q", **asked)
    lesson.ask(LOCAL, "activity.count", activity="q", counts=[1, 3, 0])
    lesson.ask(LEAD, "activity.reveal", activity="q")
    lesson.ask(LEAD, "activity.open", activity="v", type="vote", prompt="?", options=["a", "b", "c"])
    lesson.ask(LOCAL, "activity.count", activity="v", counts=[1, 0, 0])
    lesson.ask(LEAD, "activity.reveal", activity="v")
    came = results(lesson.events, lesson.texts)
    told = report(came, counts(lesson.events, lesson.now), None).json()
    question, vote = told["questions"]
    assert question["hands"] == [{"room": LOCAL.room, "raised": 4, "share": 75.0}]
    assert (question["asked"]["tally"], question["figures"], told["quiz"]["attempts"]) == ([1, 3, 0], None, 0)
    assert vote["hands"] == []
    assert results(lesson.events, lesson.texts, {"elsewhere"}).asked[0]["counts"] == {}, "another room's"
