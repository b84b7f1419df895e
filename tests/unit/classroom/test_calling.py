"""Calling on rooms and children; children without a tablet; locks, the private line, whom a recording leaves out."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from classroom.attendance import attendance
from classroom.events import Role, Seat
from classroom.recording import is_recorded
from tests.unit.classroom.lessons import ANNA, BEN, DISPLAY, DISPLAY2, EVERYONE, LEAD, LOCAL, OBSERVER, QUESTION, Lesson


def kinds(events: list[Any]) -> list[str]:
    return [event.kind for event in events]


def test_calling_on_a_child_brings_its_room_on_stage() -> None:
    lesson = Lesson.live()
    called = lesson.ask(LEAD, "stage.call", participant="anna")
    assert [(e.kind, e.data["participant"]) for e in called] == [("stage.called", "anna"), ("stage.invited", "display")]
    lesson.ask(DISPLAY, "stage.accept", participant="display")
    assert lesson.state["stage"]["called"] == {"participant": "anna", "picked": False}
    assert kinds(lesson.ask(LEAD, "stage.call", participant="anna")) == ["stage.called"], "the room is there already"
    assert kinds(lesson.ask(LEAD, "stage.release", participant="display")) == ["stage.released", "stage.dismissed"]
    assert lesson.state["stage"]["called"] is None


def test_a_child_at_home_comes_on_stage_itself_and_is_counted_once() -> None:
    lesson = Lesson.live()
    assert kinds(lesson.ask(LEAD, "stage.call", participant="ben")) == ["stage.called", "stage.invited"]
    assert lesson.state["stage"]["calls"] == {"ben": 1}
    lesson.ask(BEN, "stage.decline", participant="ben")
    assert lesson.state["stage"]["called"] is None


def test_local_teachers_call_on_children_of_their_own_room() -> None:
    lesson = Lesson.live()
    assert kinds(lesson.ask(LOCAL, "stage.call", participant="anna")) == ["stage.called"], "the stage is the lead's"
    assert lesson.refused(LOCAL, "stage.call", participant="ben") == "not_allowed"
    lesson.ask(LOCAL, "stage.dismiss")
    lesson.ask(LEAD, "stage.call", participant="ben")
    assert lesson.refused(LOCAL, "stage.dismiss") == "not_allowed"
    for nobody in ("lead", "display", "nobody"):
        assert lesson.refused(LEAD, "stage.call", participant=nobody) == "not_found"


def test_chance_is_fair_over_the_lesson() -> None:
    children = [Seat(f"child-{n}", Role.STUDENT, f"r{n % 3}") for n in range(7)]
    lesson = Lesson.live(LEAD, *children)
    for n in range(21):
        lesson.ask(LEAD, "stage.call")
        counts = Counter({child.participant: 0 for child in children}) + Counter(lesson.state["stage"]["calls"])
        assert max(counts.values()) - min(counts.get(child.participant, 0) for child in children) <= 1, n
    assert set(lesson.state["stage"]["calls"].values()) == {3}
    lesson.ask(LEAD, "stage.call", room="r1")
    assert lesson.state["stage"]["called"]["participant"] in {"child-1", "child-4"}  # type: ignore[index]
    for child in children:
        lesson.ask(child, "participant.leave")
    assert lesson.refused(LEAD, "stage.call") == "not_found"


def test_one_guest_takes_the_place_of_another() -> None:
    lesson = Lesson.live()
    children = [Seat(f"child-{n}", Role.STUDENT) for n in range(5)]
    lesson.join(*children)
    for child in children[:4]:
        lesson.ask(LEAD, "stage.invite", participant=child.participant)
    assert lesson.refused(LEAD, "stage.invite", participant="child-4") == "too_many"
    assert kinds(lesson.ask(LEAD, "stage.swap", off="child-0", on="child-4")) == ["stage.released", "stage.invited"]
    assert lesson.refused(LEAD, "stage.swap", off="child-0", on="display") == "wrong_phase"
    assert lesson.refused(LEAD, "stage.swap", off="child-1", on="observer") == "not_allowed"
    assert len(lesson.state["stage"]["guests"]) == 4


def test_a_call_that_finds_the_stage_full_is_made_again_with_who_leaves_it() -> None:
    lesson = Lesson.live()
    children = [Seat(f"child-{n}", Role.STUDENT) for n in range(4)]
    lesson.join(*children)
    for child in children:
        lesson.ask(LEAD, "stage.invite", participant=child.participant)
    lesson.ask(LEAD, "stage.call", participant="child-0")
    assert lesson.refused(LEAD, "stage.call", participant="anna") == "too_many"
    assert lesson.refused(LEAD, "stage.call", participant="anna", off="ben") == "wrong_phase", "is not on stage"
    assert lesson.refused(LOCAL, "stage.call", participant="anna", off="child-0") == "not_allowed"
    events = lesson.ask(LEAD, "stage.call", participant="anna", off="child-0")
    assert kinds(events) == ["stage.released", "stage.dismissed", "stage.called", "stage.invited"]
    assert [guest["participant"] for guest in lesson.state["stage"]["guests"]][3:] == ["display"]
    assert kinds(lesson.ask(LEAD, "stage.call", participant="anna", off="child-1")) == ["stage.called"], "is there"
    lesson.ask(LEAD, "stage.release", participant="child-2")
    assert kinds(lesson.ask(LEAD, "stage.call", participant="ben", off="child-1")) == ["stage.called", "stage.invited"]


def test_a_child_without_a_tablet_is_one_of_the_class() -> None:
    lesson = Lesson.live()
    lesson.ask(LOCAL, "participant.add", participant="xiaoli", name="小丽")
    assert lesson.refused(LOCAL, "participant.add", participant="xiaoli", name="小丽") == "exists"
    assert lesson.refused(LEAD, "participant.add", participant="x", name="x") == "not_allowed"
    lesson.ask(LEAD, "activity.open", **QUESTION)
    lesson.ask(LOCAL, "activity.answer", activity="q1", choice=1, participant="xiaoli")
    assert lesson.state["activities"]["by_id"]["q1"]["answers"] == {"xiaoli": {"choice": 1}}
    assert lesson.refused(LOCAL, "activity.answer", activity="q1", choice=0, participant="xiaoli") == "already_answered"
    assert lesson.refused(LOCAL, "activity.answer", activity="q1", choice=0, participant="anna") == "not_allowed"
    assert lesson.refused(LOCAL, "activity.answer", activity="q1", choice=0) == "not_found"
    assert lesson.refused(ANNA, "activity.answer", activity="q1", choice=0, participant="ben") == "not_allowed"
    lesson.ask(LEAD, "stage.call", participant="xiaoli")
    lesson.ask(LOCAL, "participant.remove", participant="xiaoli")
    assert not lesson.state["participants"]["xiaoli"]["present"]
    assert lesson.refused(LOCAL, "participant.remove", participant="anna") == "not_found"
    lesson.ask(LOCAL, "participant.add", participant="xiaoli", name="小丽")


def test_hands_that_a_teacher_counted_are_in_the_tally_and_unseen_before_the_reveal() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "activity.open", **QUESTION)
    lesson.ask(LOCAL, "activity.count", activity="q1", counts=[3, 4])
    lesson.ask(LOCAL, "activity.count", activity="q1", counts=[2, 5])
    assert lesson.ask(LOCAL, "activity.count", activity="q1", counts=[2, 5]) == []
    lesson.ask(ANNA, "activity.answer", activity="q1", choice=1)
    assert lesson.refused(LOCAL, "activity.count", activity="q1", counts=[1]) == "not_found"
    assert lesson.refused(LEAD, "activity.count", activity="q1", counts=[1, 1]) == "not_allowed"
    for viewer in (ANNA, BEN, DISPLAY):
        assert "activity.counted" not in kinds(lesson.seen_by(viewer))
    lesson.ask(LEAD, "activity.reveal", activity="q1")
    assert lesson.events[-1].data["tally"] == [2, 6]


def test_what_is_locked_is_refused_and_said_to_whom_it_concerns() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "student.lock", locked=["hand", "chat"])
    assert lesson.refused(ANNA, "hand.raise") == "locked"
    assert lesson.refused(BEN, "chat.say", message="m", text="x") == "locked"
    lesson.ask(LOCAL, "hand.raise")
    lesson.ask(LEAD, "student.lock", locked=[])
    lesson.ask(LOCAL, "student.lock", participant="anna", locked=["answer"])
    assert lesson.refused(LOCAL, "student.lock", participant="ben", locked=["chat"]) == "not_allowed"
    assert lesson.refused(LOCAL, "student.lock", locked=["chat"]) == "not_allowed"
    lesson.ask(LEAD, "activity.open", **QUESTION)
    assert lesson.refused(ANNA, "activity.answer", activity="q1", choice=0) == "locked"
    lesson.ask(BEN, "activity.answer", activity="q1", choice=0)
    own = [event for event in lesson.seen_by(BEN) if event.kind == "student.locked"]
    assert [event.data.get("participant") for event in own] == [None, None]
    lesson.ask(LEAD, "student.lock", participant="anna", locked=[])
    assert lesson.state["locks"] == {"everyone": [], "students": {}}


def test_the_private_line_reaches_teachers_alone() -> None:
    lesson = Lesson.live()
    lesson.ask(LOCAL, "line.say", message="m1", text="canary-line")
    lesson.ask(LOCAL, "line.send", signal="slower")
    assert lesson.refused(LOCAL, "line.send", signal="shout") == "malformed"
    for viewer in EVERYONE:
        seen = [event for event in lesson.seen_by(viewer) if event.kind.startswith("line.")]
        assert len(seen) == (2 if viewer in (LEAD, LOCAL) else 0), viewer
    assert [entry["actor"] for entry in lesson.state["line"]] == ["local", "local"]


def test_what_students_write_may_be_for_the_teachers_alone() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "chat.rule", to="teachers")
    lesson.ask(ANNA, "chat.say", message="m1", text="canary-chat")
    lesson.ask(LEAD, "chat.say", message="m2", text="to all")

    def got(viewer: Seat) -> list[str]:
        return [event.data["message"] for event in lesson.seen_by(viewer) if event.kind == "chat.said"]

    assert got(BEN) == got(DISPLAY) == ["m2"]
    assert got(ANNA) == got(LOCAL) == got(OBSERVER) == ["m1", "m2"]
    lesson.ask(LOCAL, "chat.hide", message="m2")
    assert [one["message"] for one in lesson.state["chat"]] == ["m1"]
    assert lesson.refused(LOCAL, "chat.hide", message="m2") == "not_found"


def test_a_room_whose_school_did_not_agree_is_left_out_from_its_first_arrival() -> None:
    lesson = Lesson.live(LEAD, recording=True)
    lesson.ask(DISPLAY2, "participant.join", name="Room 2", recorded=False)
    assert lesson.state["recording"]["excepted"]["rooms"] == ["r2"]
    assert not is_recorded(lesson.state, DISPLAY2, "mic")
    lesson.ask(DISPLAY2, "recording.except", room="r2", out=False)
    lesson.ask(DISPLAY2, "participant.leave")
    lesson.ask(DISPLAY2, "participant.join", name="Room 2", recorded=False)
    assert is_recorded(lesson.state, DISPLAY2, "mic"), "what was decided in the lesson stands"


def test_who_may_leave_whom_out() -> None:
    lesson = Lesson.live()
    lesson.ask(BEN, "recording.except", participant="ben", out=True)
    assert lesson.refused(BEN, "recording.except", participant="anna", out=True) == "not_allowed"
    assert lesson.refused(ANNA, "recording.except", room="r1", out=True) == "not_allowed"
    assert lesson.refused(LOCAL, "recording.except", room="r2", out=True) == "not_allowed"
    lesson.ask(LOCAL, "recording.except", participant="anna", out=True)
    lesson.ask(LEAD, "recording.except", room="r2", out=True)
    assert lesson.refused(LEAD, "recording.except", room="r9", out=True) == "not_found"
    assert lesson.refused(LEAD, "recording.except", out=True) == "malformed"
    assert [e.data for e in lesson.seen_by(BEN) if e.kind == "recording.excepted"] == [
        {"participant": "ben", "out": True},
        {"room": "r2", "out": True},
    ]


def test_attendance_is_read_from_the_journal() -> None:
    lesson = Lesson.live(LEAD, LOCAL, ANNA)
    lesson.now = 400_000
    lesson.join(BEN)
    lesson.ask(LEAD, "activity.open", activity="roll", type="roll", prompt="到", options=["到"])
    lesson.ask(ANNA, "activity.answer", activity="roll", choice=0)
    lesson.ask(LEAD, "activity.close", activity="roll")
    lesson.ask(LEAD, "activity.open", activity="q", type="number", prompt="?", changeable=True)
    for number in (1, 2, 3):
        lesson.ask(ANNA, "activity.answer", activity="q", number=number)
    lesson.now = 500_000
    lesson.ask(ANNA, "participant.leave")
    lesson.now = 505_000
    lesson.join(ANNA)
    lesson.now = 600_000
    lesson.ask(ANNA, "participant.leave")
    lesson.now = 1_000_000
    lesson.ask(LEAD, "lesson.end")
    local, anna, ben = attendance(lesson.events, 2_000_000)
    assert (local.participant, local.spells) == ("local", [(0, 1_000_000)])
    assert anna.spells == [(0, 600_000)], "a short drop leaves no gap"
    assert (anna.late(0), anna.left_early(1_000_000)) == (False, True)
    assert (ben.late(0), ben.left_early(1_000_000), ben.present_ms) == (True, False, 600_000)
    assert anna.answered == 2, "what is changed is one answer"
    assert (anna.rolls, ben.rolls) == ({"roll": True}, {"roll": False})
    assert "小" not in json.dumps([event.json() for event in lesson.events])


def test_who_waits_at_the_door_is_not_there_yet_and_who_is_turned_away_never_was() -> None:
    lesson = Lesson.live(LEAD, lobby=True)
    away = Seat("away", Role.STUDENT)
    for one in (ANNA, BEN, away):
        lesson.join(one)
    lesson.now = 60_000
    lesson.ask(LEAD, "participant.remove", participant="away")
    lesson.join(away)
    lesson.ask(LEAD, "participant.remove", participant="away")
    lesson.ask(BEN, "participant.leave")
    lesson.now = 400_000
    lesson.ask(LEAD, "participant.admit", participant="anna")
    lesson.ask(LEAD, "participant.admit", participant="ben")
    lesson.now = 500_000
    lesson.join(BEN)
    lesson.now = 600_000
    anna, ben = attendance(lesson.events, lesson.now)
    assert (anna.participant, anna.spells, anna.late(0)) == ("anna", [(400_000, 600_000)], False)
    assert (ben.participant, ben.spells) == ("ben", [(500_000, 600_000)]), "let in while it was gone"
