"""Whole lessons, in milliseconds."""

from __future__ import annotations

import pytest

from classroom import rules
from classroom.board.bricks import MAX_POINTS
from classroom.chat import KEPT
from classroom.errors import ClientFault
from classroom.events import Role, Seat
from classroom.reducer import EMPTY, State
from tests.unit.classroom.lessons import (
    ANNA,
    BEN,
    DISPLAY,
    ENCODER,
    EVERYONE,
    LEAD,
    LOCAL,
    OBSERVER,
    QUESTION,
    STROKE,
    Lesson,
)

PAGE = {"id": "1", "paper": {"kind": "blank"}, "objects": [], "erased": []}


def refusal_of(lesson: Lesson, *args: object, **data: object) -> str:
    before = lesson.state
    with pytest.raises(ClientFault) as refusal:
        lesson.ask(*args, **data)  # type: ignore[arg-type]
    assert lesson.state is before
    return refusal.value.code


def test_a_whole_lesson() -> None:
    lesson = Lesson(recording=True)
    lesson.join(LEAD, DISPLAY)
    assert refusal_of(lesson, ANNA, "participant.join", name="Anna") == "wrong_phase"
    lesson.ask(LEAD, "lesson.open")
    lesson.join(LOCAL, ANNA, BEN)
    assert lesson.state["board"] == {**EMPTY["board"], "pages": [PAGE], "shown": "1"}
    lesson.ask(LEAD, "lesson.start")
    assert lesson.state["recording"] == {**EMPTY["recording"], "on": True, "since": 0, "by": "lead"}
    assert lesson.state["epoch_ms"] == 1_800_000_000_000
    lesson.now = 4_000
    lesson.ask(LEAD, "recording.stop")
    assert lesson.state["recording"] == {**EMPTY["recording"], "since": 0, "by": "lead"}  # paused
    lesson.ask(LEAD, "recording.start")
    assert lesson.state["recording"] == {**EMPTY["recording"], "on": True, "since": 4_000, "by": "lead"}

    lesson.now = 5_000
    lesson.ask(LEAD, "stroke.add", **STROKE)
    lesson.ask(ANNA, "hand.raise")
    lesson.ask(BEN, "hand.raise")
    assert lesson.state["hands"] == ["anna", "ben"]
    lesson.ask(LEAD, "hand.lower", participant="anna")
    lesson.ask(BEN, "chat.say", message="m1", text=" 老师好 ")
    lesson.now = 60_000
    lesson.ask(LEAD, "activity.open", **QUESTION)
    lesson.ask(ANNA, "activity.answer", activity="q1", choice=1)
    lesson.ask(BEN, "activity.answer", activity="q1", choice=0)
    assert refusal_of(lesson, BEN, "activity.answer", activity="q1", choice=1) == "already_answered"
    lesson.ask(LEAD, "activity.reveal", activity="q1")
    lesson.ask(BEN, "participant.leave")
    assert lesson.state["participants"]["ben"]["present"] is False
    assert lesson.state["hands"] == []
    lesson.ask(LEAD, "lesson.end")

    assert lesson.state["phase"] == "ended"
    assert lesson.state["recording"]["on"] is False
    assert lesson.state["activities"]["by_id"]["q1"] == {
        **QUESTION, "anonymous": False, "changeable": False, "phase": "revealed", "opened_at": 60_000,
        "answers": {"anna": {"choice": 1}, "ben": {"choice": 0}}, "counts": {}, "answered": 2, "tally": [1, 1],
    }  # fmt: skip
    assert [one["points"] for one in lesson.state["board"]["pages"][0]["objects"]] == [STROKE["points"]]
    assert lesson.texts["text:m1"] == "老师好"
    assert rules.fold(lesson.events) == lesson.state
    assert refusal_of(lesson, LEAD, "lesson.start") == "wrong_phase"


def test_ending_closes_what_is_open() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "recording.start")
    lesson.ask(LEAD, "activity.open", **QUESTION)
    assert [event.kind for event in lesson.ask(LEAD, "lesson.end")] == [
        "activity.closed", "recording.stopped", "lesson.ended",
    ]  # fmt: skip


def test_what_is_so_already_needs_no_event() -> None:
    lesson = Lesson.live()
    for seat, kind, data in (
        (ANNA, "participant.join", {"name": "again"}),
        (ANNA, "hand.lower", {}),
        (LEAD, "page.show", {"page": "1"}),
        (LEAD, "recording.stop", {}),
        (LEAD, "stroke.erase", {"page": "1", "stroke": "gone"}),
        (LEAD, "participant.admit", {"participant": "anna"}),
    ):
        assert lesson.ask(seat, kind, **data) == []


def test_someone_who_comes_back_is_the_same_participant() -> None:
    lesson = Lesson.live()
    lesson.ask(ANNA, "participant.leave")
    assert lesson.ask(ANNA, "participant.leave") == []
    lesson.now = 9_000
    lesson.ask(ANNA, "participant.join", name="Anna")
    anna = lesson.state["participants"]["anna"]
    assert (anna["role"], anna["room"], anna["present"], anna["admitted"], anna["since"]) == (
        "student",
        "r1",
        *[True] * 2,
        9_000,
    )
    assert list(lesson.state["participants"])[4] == "anna"


def test_the_lobby_keeps_students_waiting_until_they_are_admitted() -> None:
    lesson = Lesson.live(lobby=True)
    assert not rules.admitted(lesson.state, ANNA)
    assert rules.admitted(lesson.state, LOCAL)
    assert refusal_of(lesson, ANNA, "chat.say", message="m", text="let me in") == "not_admitted"
    assert refusal_of(lesson, LEAD, "stage.invite", participant="anna") == "not_found"
    lesson.ask(LOCAL, "participant.admit", participant="anna")
    lesson.ask(ANNA, "participant.leave")
    lesson.ask(ANNA, "participant.join", name="Anna")
    assert rules.admitted(lesson.state, ANNA)
    lesson.ask(ANNA, "chat.say", message="m", text="thanks")


def test_an_anonymous_vote_ties_no_choice_to_a_person() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "activity.open", activity="v", type="vote", prompt="clear?", options=["yes", "no"], anonymous=True)
    lesson.ask(ANNA, "activity.answer", activity="v", choice=1)
    lesson.ask(BEN, "activity.answer", activity="v", choice=1)
    assert refusal_of(lesson, BEN, "activity.answer", activity="v", choice=0) == "already_answered"
    assert [event.data for event in lesson.events[-2:]] == [
        {"activity": "v", "participant": who} for who in ("anna", "ben")
    ]
    assert lesson.state["activities"]["by_id"]["v"]["answers"] == {"anna": {}, "ben": {}}
    for number in range(3):
        child = Seat(f"child{number}", Role.STUDENT, "r1")
        lesson.join(child).ask(child, "activity.answer", activity="v", choice=0)
    closed, revealed = lesson.ask(LEAD, "activity.reveal", activity="v")
    assert closed.data["tally"] == revealed.data["tally"] == [3, 2]
    assert rules.project(closed, ANNA, {}).data == {"activity": "v"}  # type: ignore[union-attr]


def test_an_activity_with_a_time_takes_answers_for_a_moment_longer() -> None:
    lesson = Lesson.live()
    lesson.now = 10_000
    lesson.ask(LEAD, "activity.open", **QUESTION, seconds=5)
    lesson.now = 16_000
    lesson.ask(ANNA, "activity.answer", activity="q1", choice=1)
    lesson.now = 16_001
    assert refusal_of(lesson, BEN, "activity.answer", activity="q1", choice=1) == "activity_closed"


def test_one_activity_at_a_time() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "activity.open", **QUESTION)
    assert refusal_of(lesson, LEAD, "activity.open", **{**QUESTION, "activity": "q2"}) == "activity_open"
    assert refusal_of(lesson, ANNA, "activity.answer", activity="q1", choice=2) == "not_found"


def test_the_board() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "page.add", page="2")
    assert refusal_of(lesson, LEAD, "page.add", page="2") == "exists"
    assert refusal_of(lesson, LEAD, "page.show", page="3") == "not_found"
    assert refusal_of(lesson, LEAD, "stroke.add", **{**STROKE, "page": "3"}) == "not_found"
    lesson.ask(LEAD, "page.show", page="2")
    lesson.ask(LEAD, "stroke.add", **{**STROKE, "page": "2"})
    assert refusal_of(lesson, LOCAL, "stroke.add", **{**STROKE, "page": "2"}) == "exists"
    first = lesson.state["board"]["pages"][0]
    lesson.ask(LOCAL, "stroke.erase", page="2", stroke="s1")
    assert [page["objects"] for page in lesson.state["board"]["pages"]] == [[], []]
    assert lesson.state["board"]["pages"][0] is first, "what did not change is shared"


def test_only_teachers_lower_other_hands() -> None:
    lesson = Lesson.live()
    lesson.ask(ANNA, "hand.raise")
    assert refusal_of(lesson, BEN, "hand.lower", participant="anna") == "not_allowed"
    lesson.ask(LOCAL, "hand.lower", participant="anna")
    assert lesson.state["hands"] == []


def test_the_state_keeps_the_latest_messages() -> None:
    lesson = Lesson.live()
    for number in range(KEPT + 5):
        lesson.ask(ANNA, "chat.say", message=f"m{number}", text="hello")
    assert [lesson.state["chat"][0]["message"], len(lesson.state["chat"])] == ["m5", KEPT]
    assert refusal_of(lesson, BEN, "chat.say", message="m0", text="over it") == "exists"


def test_a_snapshot_is_what_the_viewer_would_have_folded() -> None:
    lesson = Lesson.live(recording=True)
    lesson.ask(LEAD, "stroke.add", **STROKE)
    lesson.ask(ANNA, "hand.raise")
    lesson.ask(ANNA, "chat.say", message="m1", text="hello")
    lesson.ask(LEAD, "stage.invite", participant="ben")
    lesson.ask(LEAD, "activity.open", **QUESTION)
    lesson.ask(ANNA, "activity.answer", activity="q1", choice=1)
    for viewer in EVERYONE:
        folded: State = {**rules.fold(lesson.seen_by(viewer)), "seq": lesson.state["seq"]}
        assert rules.view(lesson.state, viewer, lesson.texts) == folded


@pytest.mark.parametrize(
    "change",
    [
        {"points": []},
        {"points": [1, 2, 0.5]},
        {"points": [1, 2, 0.5, 0] * (MAX_POINTS + 1)},
        {"points": [99999, 2, 0.5, 0]},
        {"points": [1, 2, 1.5, 0]},
        {"points": [1, 2, 0.5, -1]},
        {"points": [1, 2, float("nan"), 0]},
        {"points": [1, 2, True, 0]},
        {"points": ["1", 2, 0.5, 0]},
        {"color": "red"},
        {"width": 0},
        {"width": "3"},
        {"stroke": ""},
        {"stroke": "a b"},
        {"stroke": "x" * 65},
        {"tool": "spray"},
        {"began": -1},
        {"began": 10**30},
        {"extra": 1},
    ],
)
def test_a_bad_stroke_is_malformed(change: dict[str, object]) -> None:
    assert refusal_of(Lesson.live(), LEAD, "stroke.add", **{**STROKE, **change}) == "malformed"


@pytest.mark.parametrize("text", ["", "  ", "x" * 1001, "nul\0", "bell\a", "half \ud83d", 7, None])
def test_bad_words_are_malformed(text: object) -> None:
    assert refusal_of(Lesson.live(), ANNA, "chat.say", message="m", text=text) == "malformed"


@pytest.mark.parametrize(
    "change",
    [
        {"options": ["only one"]},
        {"options": ["x"] * 11},
        {"answer": 2},
        {"answer": "1"},
        {"type": "vote"},  # which has no right answer
        {"type": "essay"},
        {"seconds": 1},
        {"prompt": "x" * 2001},
        {"prompt": " "},
        {"anonymous": "yes"},
    ],
)
def test_a_bad_question_is_malformed(change: dict[str, object]) -> None:
    assert refusal_of(Lesson.live(), LEAD, "activity.open", **{**QUESTION, **change}) == "malformed"


def test_observers_look_and_encoders_are_silent() -> None:
    lesson = Lesson.live()
    assert refusal_of(lesson, OBSERVER, "hand.raise") == "not_allowed"
    assert refusal_of(lesson, ENCODER, "chat.say", message="m", text="x") == "not_allowed"
