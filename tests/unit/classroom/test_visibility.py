"""Every cell of who may see what."""

from __future__ import annotations

import json
from typing import Any

import pytest

from classroom import rules
from classroom.asking import UNSIGNED
from classroom.events import Event, Role, Seat
from classroom.kinds import EVENTS
from classroom.visibility import REDUCTIONS, VISIBILITY, Sight
from tests.unit.classroom.lessons import ANNA, BEN, LEAD, NOT_TEACHING, QUESTION, Lesson

# Columns: lead_teacher, local_teacher, display, student, observer, encoder.
# W whole, R reduced, O whole for whom it concerns and else reduced or nothing, - nothing.
EXPECTED = """
lesson.opened         W W W W W W
lesson.started        W W W W W W
lesson.ended          W W W W W W
participant.joined    W W W O W -
participant.left      W W W O W -
participant.admitted  W W W O W -
stage.invited         W W W W W -
stage.accepted        W W W W W -
stage.declined        W W W W W -
stage.released        W W W W W -
stage.called          W W W W W -
stage.dismissed       W W W W W -
camera.chosen         W W W W W -
lead.taken            W W W W W -
lead.given            W W W W W -
lead.asked            W W - - - -
lead.declined         W W - - - -
line.said             W W - - - -
line.sent             W W - - - -
hand.raised           W W W O W -
hand.lowered          W W W O W -
page.added            W W W W W -
page.changed          W W W W W -
page.shown            W W W W W -
view.shown            W W W W W -
stroke.added          W O O O O -
stroke.erased         W O O O O -
stroke.trimmed        W O O O O -
object.added          W O O O O -
object.changed        W O O O O -
object.erased         W O O O O -
object.restored       W O O O O -
page.filled           W W W W W -
handout.given         W W W W W -
handout.collected     W W W W W -
handout.reopened      W W W W W -
groups.made           W W W R W -
group.filled          W W W R W -
groups.called         W W W W W -
groups.dissolved      W W W R W -
voice.joined          W W - O W -
voice.left            W W - O W -
group.visited         W W W W W -
group.left            W W W W W -
voices.closed         W W W W W -
notes.written         W O O O O -
notes.merged          W O O O O -
notes.ruled           W W W W W -
notes.shown           W W W W W -
pen.given             W W W W W -
pen.taken             W W W W W -
timer.started         W W W W W -
timer.stopped         W W W W W -
courseware.opened     W W W W W -
courseware.closed     W W W W W -
courseware.played     W W W W W -
simulation.changed    W W W W W -
activity.opened       W W R R W -
activity.answered     W W R O W -
activity.counted      W W - - W -
activity.closed       W W R R W -
activity.reopened     W W W W W -
activity.revealed     W W R R R -
activity.marked       W W - R - -
activity.shown        W W R R W -
activity.hidden       W W R R W -
chart.shown           W W W W W -
pick.made             W W W W W -
pick.cleared          W W W W W -
competition.started   W W - - W -
competition.scored    W W R R W -
competition.shown     W W R R W -
competition.stopped   W W W W W -
plan.written          W W - - - -
step.begun            W W - - W -
practice.given        W W - R W -
practice.answered     W W - O W -
practice.opened       W W - O W -
question.asked        W W R O R -
question.voted        W W R O R -
question.marked       W W R O R -
question.replied      W W W W W -
question.merged       W W R O R -
question.parted       W W R R R -
question.shown        W W W W W -
question.ruled        W W W W W -
chat.said             W W R O W -
chat.ruled            W W W W W -
chat.hidden           W W W W W -
student.locked        W W - O W -
recording.started     W W W W W W
recording.stopped     W W W W W W
recording.excepted    W W W O W -
missed.shown          W W W - W -
missed.stopped        W W W - W -
data.saved            W W W - W -
"""
SIGHTS = {"W": Sight.WHOLE, "R": Sight.REDUCED, "O": Sight.OWN, "-": Sight.NOTHING}
TABLE = {
    (line.split()[0], role): SIGHTS[line.split()[column]]
    for line in EXPECTED.strip().splitlines()
    for column, role in enumerate(Role, 1)
}
SECRETS: dict[str, dict[str, Any]] = {
    "activity.opened": {"answer": 1},
    "activity.closed": {"tally": [3, 4]},
    "activity.answered": {"choice": 1},
}
SHAPES: dict[str, dict[str, Any]] = {
    "object.added": {"object": {}},
    "object.changed": {"changes": []},
    "page.filled": {"objects": [], "of": []},
    "pick.made": {"participants": []},
    "practice.given": {"participants": [], "questions": []},
    "plan.written": {"steps": []},
    "competition.shown": {"on": False},
    "notes.written": {"words": 5},
    "notes.merged": {"words": 5},
    "activity.marked": {"given": False},
    "activity.shown": {"works": [], "named": False},
    "question.parted": {"gave": [], "voters": [], "state": "open", "replied": False},
}
"""What of an event's data its projection looks into."""
"""What a cell that is not whole must hold back."""
DIFFERENCES: dict[str, dict[str, Any]] = {
    "activity.answered": {"choice": 1},
    "competition.scored": {"shown": False},
    "chat.said": {"to": "teachers"},
    "recording.excepted": {"room": None},
    "group.filled": {"group": "g"},
    "voice.joined": {"group": "g"},
    "voice.left": {"group": "g"},
    "activity.marked": {"given": False},
    "practice.given": {"participants": []},
    "activity.hidden": {"revealed": False},
}
"""What makes an event one that is not for all."""


def sample(kind: str, actor: str) -> Event:
    data: dict[str, Any] = {"participant": actor, "role": "student", "room": "r1", "message": "m", "activity": "a"}
    data |= {"courseware": "c", "question": "w"}
    if kind.startswith(("stroke.", "object.", "notes.written", "notes.merged")):
        data["board"] = actor
    if kind == "group.filled":
        data["members"] = [actor]
    data |= {
        "canary": f"canary of {kind}",
        **SECRETS.get(kind, {}),
        **SHAPES.get(kind, {}),
        **DIFFERENCES.get(kind, {}),
    }
    return Event(5, 100, actor, kind, {key: value for key, value in data.items() if value is not None}, "cause-1")


def test_the_table_names_every_event_and_no_other() -> None:
    assert {kind for kind, _ in TABLE} == set(EVENTS) == set(VISIBILITY)
    assert {key for key, sight in TABLE.items() if sight is Sight.REDUCED} <= {
        (kind, role) for kind in REDUCTIONS for role in Role
    }


@pytest.mark.parametrize(("kind", "role"), list(TABLE))
def test_a_cell(kind: str, role: Role) -> None:
    sight = TABLE[kind, role]
    others = rules.project(sample(kind, "someone"), Seat("viewer", role), {})
    own = rules.project(sample(kind, "viewer"), Seat("viewer", role), {})
    secrets = SECRETS.get(kind, {}).keys()
    match sight:
        case Sight.WHOLE:
            assert others is not None
            assert others.data == sample(kind, "someone").data
        case Sight.REDUCED if kind in DIFFERENCES:
            assert others is None
        case Sight.REDUCED:
            for seen in (others, own):
                assert seen is not None
                assert not secrets & seen.data.keys()
                assert "canary" in seen.data
        case Sight.OWN:
            assert own is not None
            assert own.data == sample(kind, "viewer").data
            if kind.startswith("question."):  # all know of it, but not whose it is
                assert others is not None
                assert others.data == {
                    key: one for key, one in sample(kind, "").data.items() if key != "participant"
                } | ({"forget": True} if kind == "question.merged" else {})
                assert others.actor == ("system" if kind in UNSIGNED else "someone")
            else:
                assert others is None
        case Sight.NOTHING:
            assert others is None
            assert own is None
    if others is not None:
        assert others.cause is None, "a command's id is its author's alone"


def test_an_unknown_kind_is_shown_to_nobody() -> None:
    for role in Role:
        assert rules.project(sample("secret.told", "viewer"), Seat("viewer", role), {}) is None


def test_words_come_from_the_side_table_and_never_stand_in_the_journal() -> None:
    lesson = Lesson.live()
    lesson.ask(ANNA, "chat.say", message="m1", text="canary-words")
    lesson.ask(LEAD, "stage.invite", participant="anna")
    assert "canary-words" not in json.dumps([event.json() for event in lesson.events])
    assert "name of" not in json.dumps([event.json() for event in lesson.events])
    said = lesson.seen_by(BEN)[-2].data
    assert said == {"message": "m1", "to": "all", "text": "canary-words", "name": "name of anna"}
    assert lesson.seen_by(BEN)[-1].data == {"participant": "anna", "name": "name of anna"}
    lesson.texts = dict.fromkeys(lesson.texts, "")
    assert lesson.seen_by(BEN)[-2].data == {"message": "m1", "to": "all", "text": "", "name": ""}


def test_students_know_who_teaches_but_not_who_else_learns() -> None:
    lesson = Lesson.live()
    people = rules.fold(lesson.seen_by(ANNA))["participants"]
    assert people.keys() == {"lead", "local", "display", "display2", "observer", "encoder", "anna"}


def test_before_the_reveal_no_tablet_and_no_display_holds_the_answer_or_a_choice() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "activity.open", **QUESTION)
    lesson.ask(ANNA, "activity.answer", activity="q1", choice=1)
    lesson.ask(LEAD, "activity.close", activity="q1")
    for viewer in NOT_TEACHING:
        seen = lesson.seen_by(viewer)
        assert not any("answer" in event.data or "tally" in event.data for event in seen)
        choices = [event.actor for event in seen if "choice" in event.data]
        assert choices == (["anna"] if viewer == ANNA else [])
    lesson.ask(LEAD, "activity.reveal", activity="q1")
    for viewer in NOT_TEACHING:
        assert lesson.seen_by(viewer)[-1].data == {"activity": "q1", "answered": 1, "answer": 1, "tally": [0, 1]}


def test_viewers_of_one_role_and_room_see_the_same_but_for_what_concerns_one_of_them() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "activity.open", **QUESTION)
    lesson.ask(ANNA, "activity.answer", activity="q1", choice=1)
    lesson.ask(ANNA, "hand.raise")
    nobody = Seat("nobody", Role.STUDENT, "r1")
    for event in lesson.events:
        if "anna" not in rules.concerned(event, lesson.state):
            assert rules.project(event, ANNA, lesson.texts) == rules.project(event, nobody, lesson.texts)
