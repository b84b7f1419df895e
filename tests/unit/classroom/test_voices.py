"""The groups' own sound: who talks where, who hears whom, and what ends it."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from classroom import rules
from classroom.events import SYSTEM, Role, Seat
from classroom.recording import is_recorded
from classroom.rules import EVERYONE as ALL
from classroom.rules import NOBODY, TrackInfo, audience, wanted
from tests.unit.classroom.lessons import ANNA, BEN, DISPLAY, DISPLAY2, ENCODER, LEAD, LOCAL, OBSERVER, Lesson

CARL, DORA = Seat("carl", Role.STUDENT), Seat("dora", Role.STUDENT, "r1")
LOCAL2 = Seat("local2", Role.LOCAL_TEACHER, "r2")
ROOM_ENCODER = Seat("room-encoder", Role.ENCODER, "r1")
PEOPLE = (LEAD, LOCAL, LOCAL2, DISPLAY, DISPLAY2, ANNA, BEN, CARL, DORA, OBSERVER, ENCODER, ROOM_ENCODER)
RED, BLUE = ["anna", "ben", "dora"], ["carl"]


def grouped(*talking: Seat) -> Lesson:
    """Red (two in room r1, one at home) and blue; these are in their group's voice."""
    lesson = Lesson.live(*PEOPLE)
    lesson.ask(
        LEAD, "groups.form", groups=[{"group": "red", "participants": RED}, {"group": "blue", "participants": BLUE}]
    )
    for seat in talking:
        lesson.ask(seat, "voice.join", group="blue" if seat is CARL else "red")
    return lesson


def voice(lesson: Lesson) -> dict[str, str]:
    assert rules.fold(lesson.events) == lesson.state
    return lesson.state["groups"]["voice"]


def seen(lesson: Lesson, seat: Seat) -> dict[str, str]:
    view = rules.view(lesson.state, rules.seated(lesson.state, seat), lesson.texts)
    assert view["groups"] == rules.fold(lesson.seen_by(seat))["groups"]
    return view["groups"]["voice"]


# joining, visiting, leaving


def test_who_talks_is_known_in_the_group_and_at_the_desks_and_nowhere_else() -> None:
    lesson = grouped(ANNA, CARL)
    assert voice(lesson) == {"anna": "red", "carl": "blue"}
    assert lesson.ask(ANNA, "voice.join", group="red") == [], "twice is once"
    for teacher in (LEAD, LOCAL, OBSERVER):
        assert seen(lesson, teacher) == voice(lesson)
    assert seen(lesson, BEN) == seen(lesson, DORA) == {"anna": "red"}
    assert seen(lesson, CARL) == {"carl": "blue"}
    assert seen(lesson, DISPLAY) == seen(lesson, ENCODER) == {}
    lesson.ask(ANNA, "voice.leave")
    assert lesson.ask(ANNA, "voice.leave") == []
    assert voice(lesson) == {"carl": "blue"}
    assert seen(lesson, BEN) == {}


def test_a_teacher_visits_one_group_at_a_time_and_all_know_where_she_is() -> None:
    lesson = grouped()
    lesson.ask(LEAD, "group.visit", group="red")
    assert lesson.ask(LEAD, "group.visit", group="red") == []
    lesson.ask(LOCAL, "group.visit", group="red")
    lesson.ask(LEAD, "group.visit", group="blue")
    assert lesson.state["groups"]["visits"] == {"lead": "blue", "local": "red"}
    for seat in (ANNA, CARL, DISPLAY2):
        assert rules.fold(lesson.seen_by(seat))["groups"]["visits"] == {"lead": "blue", "local": "red"}
    lesson.ask(LEAD, "group.leave")
    assert lesson.ask(LEAD, "group.leave") == []
    assert lesson.state["groups"]["visits"] == {"local": "red"}


@pytest.mark.parametrize(
    ("seat", "kind", "group", "code"),
    [
        (LEAD, "group.visit", "green", "not_found"),
        (ANNA, "group.visit", "red", "not_allowed"),
        (DISPLAY, "group.visit", "red", "not_allowed"),
        (LEAD, "voice.join", "red", "not_allowed"),
        (ANNA, "voice.join", "green", "not_found"),
        (ANNA, "voice.join", "blue", "not_allowed"),
        (Seat("late", Role.STUDENT), "voice.join", "red", "not_allowed"),
    ],
)
def test_what_cannot_be(seat: Seat, kind: str, group: str, code: str) -> None:
    assert grouped().refused(seat, kind, group=group) == code


def test_before_there_are_groups_before_the_doors_open_and_after_the_end() -> None:
    assert Lesson.live(*PEOPLE).refused(ANNA, "voice.join", group="red") == "not_found"
    assert Lesson().refused(LEAD, "group.visit", group="red") == "wrong_phase"
    lesson = grouped(ANNA)
    lesson.ask(LEAD, "group.visit", group="red")
    lesson.ask(LEAD, "lesson.end")
    assert voice(lesson) == lesson.state["groups"]["visits"] == {}
    assert lesson.refused(ANNA, "voice.join", group="red") == "wrong_phase"
    assert lesson.refused(LEAD, "group.visit", group="red") == "wrong_phase"


ENDS: dict[str, tuple[Callable[[Lesson], Any], set[str]]] = {
    "leaving it": (lambda lesson: lesson.ask(ANNA, "voice.leave"), {"ben"}),
    "another group": (lambda lesson: lesson.ask(LOCAL, "group.move", participant="anna", group="blue"), {"ben"}),
    "a lock": (lambda lesson: lesson.ask(LOCAL, "student.lock", participant="anna", locked=["sound"]), {"ben"}),
    "a lock of the class": (lambda lesson: lesson.ask(LEAD, "student.lock", locked=["sound"]), set()),
    "another lock": (lambda lesson: lesson.ask(LEAD, "student.lock", locked=["chat"]), {"anna", "ben"}),
    "a lost line": (lambda lesson: lesson.ask(ANNA, "participant.leave"), {"ben"}),
    "other groups": (lambda lesson: lesson.ask(LEAD, "groups.draw", groups=2), set()),
    "no groups": (lambda lesson: lesson.ask(LEAD, "groups.dissolve"), set()),
    "the end": (lambda lesson: lesson.ask(LEAD, "lesson.end"), set()),
}


@pytest.mark.parametrize("end", ENDS)
def test_what_takes_the_voice_away(end: str) -> None:
    lesson = grouped(ANNA, BEN)
    happens, left = ENDS[end]
    happens(lesson)
    assert set(voice(lesson)) == left
    for seat in (ANNA, BEN, CARL, DORA, LEAD):
        seen(lesson, seat)


def test_who_is_locked_cannot_come_back_before_it_is_unlocked() -> None:
    lesson = grouped(ANNA)
    lesson.ask(LEAD, "student.lock", participant="anna", locked=["sound"])
    assert lesson.refused(ANNA, "voice.join", group="red") == "locked"
    lesson.ask(LEAD, "student.lock", participant="anna", locked=[])
    lesson.ask(ANNA, "voice.join", group="red")
    assert "anna" in voice(lesson)


def test_who_comes_on_stage_is_heard_by_all_and_by_no_group() -> None:
    lesson = grouped(ANNA, BEN)
    lesson.ask(LOCAL, "group.visit", group="red")
    lesson.ask(LOCAL2, "group.visit", group="red")
    for guest, answers in ((ANNA, ANNA), (DISPLAY, LOCAL)):
        lesson.ask(LEAD, "stage.invite", participant=guest.participant)
        lesson.ask(answers, "stage.accept", participant=guest.participant)
    assert voice(lesson) == {"ben": "red"}
    assert lesson.state["groups"]["visits"] == {"local2": "red"}, "a teacher comes with her room"
    assert lesson.refused(ANNA, "voice.join", group="red") == "wrong_phase"
    assert lesson.refused(LOCAL, "group.visit", group="red") == "wrong_phase"
    lesson.ask(LEAD, "stage.release", participant="anna")
    lesson.ask(ANNA, "voice.join", group="red")


def test_voices_go_on_while_they_are_called_back_and_close_when_the_time_is_over() -> None:
    lesson = grouped(ANNA)
    lesson.ask(LEAD, "group.visit", group="red")
    lesson.now = 5000
    lesson.ask(LEAD, "groups.call", seconds=10)
    lesson.now = 14_999
    lesson.ask(BEN, "voice.join", group="red")
    assert lesson.ask(SYSTEM, "voices.close") == []
    lesson.now = 15_000
    assert lesson.refused(DORA, "voice.join", group="red") == "wrong_phase"
    lesson.ask(SYSTEM, "voices.close")
    assert lesson.ask(SYSTEM, "voices.close") == []
    assert voice(lesson) == lesson.state["groups"]["visits"] == {}
    assert lesson.state["groups"]["call"] == {"seconds": 10, "since": 5000, "over": True}
    assert lesson.refused(LEAD, "group.visit", group="red") == "wrong_phase"
    lesson.ask(LEAD, "groups.call", seconds=10)
    lesson.ask(ANNA, "voice.join", group="red")
    assert voice(lesson) == {"anna": "red"}, "called again there is time again"


# who hears whom

MICS = [TrackInfo(one.participant, "mic", "audio") for one in PEOPLE if one is not OBSERVER]
REST = [
    TrackInfo("lead", "camera", "video"),
    TrackInfo("lead", "courseware", "audio"),
    TrackInfo("display", "room", "video"),
    *(TrackInfo(one, "student", "video") for one in ("anna", "ben")),
]


def hears(lesson: Lesson, viewer: Seat) -> set[str]:
    """Whose microphones a viewer gets."""
    return {one.participant for one in wanted(lesson.state, viewer, MICS + REST) if one.source == "mic"}


def test_a_group_hears_itself_and_nobody_else_hears_it() -> None:
    before = {seat: hears(grouped(), seat) for seat in PEOPLE}
    assert before[BEN] == {"encoder"}, "the lead's voice, by its encoder"
    lesson = grouped(ANNA, BEN, DORA, CARL)
    assert hears(lesson, ANNA) == {"encoder", "ben", "dora"}, "also who sits beside: they wear earphones"
    assert hears(lesson, BEN) == {"encoder", "anna", "dora"}
    assert hears(lesson, CARL) == {"encoder"}
    for seat in (LEAD, LOCAL, LOCAL2, DISPLAY, DISPLAY2, OBSERVER, ENCODER):
        assert hears(lesson, seat) == before[seat], seat.participant
    lesson.ask(ANNA, "voice.leave")
    assert hears(lesson, ANNA) == set()
    assert hears(lesson, BEN) == {"encoder", "dora"}


def test_the_lead_who_visits_is_heard_there_alone() -> None:
    """Whichever microphone it speaks into; and hears that group instead of the rooms off stage."""
    lesson = grouped(ANNA, BEN, CARL)
    lesson.ask(LEAD, "group.visit", group="red")
    assert hears(lesson, LEAD) == {"anna", "ben"}
    for seat in (ANNA, BEN):
        assert "encoder" in hears(lesson, seat), "that stands in for the lead's own"
    for seat in (CARL, DORA, LOCAL, DISPLAY, DISPLAY2, OBSERVER):
        assert hears(lesson, seat) == set(), seat.participant
    lesson.ask(LEAD, "camera.choose", encoder=False)
    assert hears(lesson, ANNA) == {"ben", "lead"}
    lesson.ask(LEAD, "group.leave")
    assert hears(lesson, DISPLAY) == {"lead"}


def test_a_local_teacher_who_visits_is_not_heard_through_her_room() -> None:
    lesson = grouped(ANNA, BEN)
    assert {"local", "display", "room-encoder"} <= hears(lesson, LEAD)
    lesson.ask(LOCAL, "group.visit", group="red")
    assert hears(lesson, LEAD) == {"display2", "local2"}
    assert hears(lesson, LOCAL) == {"encoder", "anna", "ben"}
    assert hears(lesson, BEN) == {"encoder", "anna", "local"}
    assert hears(lesson, ANNA) == {"encoder", "ben", "local"}


def test_observers_hear_a_group_that_they_visit_and_hush_nobody() -> None:
    lesson = grouped(ANNA, BEN)
    lesson.ask(OBSERVER, "group.visit", group="red")
    assert hears(lesson, OBSERVER) == {"encoder", "anna", "ben"}
    assert audience(lesson.state, "encoder", "mic") == ALL


def test_a_local_teacher_who_leads_visits_with_the_encoder_that_is_hers() -> None:
    lesson = grouped(ANNA, BEN)
    lesson.ask(LEAD, "lead.give", participant="local")
    lesson.ask(LOCAL, "group.visit", group="red")
    assert audience(lesson.state, "room-encoder", "mic") == "red"
    assert audience(lesson.state, "display", "mic") == NOBODY
    assert audience(lesson.state, "lead", "mic") == audience(lesson.state, "encoder", "mic") == ALL
    assert hears(lesson, LOCAL) == {"anna", "ben"}
    assert hears(lesson, DISPLAY2) == set()


@pytest.mark.parametrize(
    ("talks", "visits", "stage"),
    list(itertools.product([(), (ANNA, BEN, CARL)], [None, LEAD, LOCAL, OBSERVER], [None, CARL, DISPLAY, DISPLAY2])),
)
def test_every_cell_of_who_hears_whom(talks: tuple[Seat, ...], visits: Seat | None, stage: Seat | None) -> None:
    """Nobody gets a microphone that is for a group they are not in, nobody any that is for nobody; and pictures go
    where they went."""
    lesson, plain = grouped(*talks), grouped()
    for one in (lesson, plain):
        if stage is not None:
            one.ask(LEAD, "stage.invite", participant=stage.participant)
            one.ask(stage, "stage.accept", participant=stage.participant)
    if visits is not None and (visits, stage) != (LOCAL, DISPLAY):
        lesson.ask(visits, "group.visit", group="red")
    state = copy.deepcopy(lesson.state)
    for viewer in PEOPLE:
        got = wanted(lesson.state, viewer, MICS + REST)
        own = rules.voice_of(lesson.state, viewer.participant)
        assert len(got) == len(set(got))
        for track in got:
            assert track.participant != viewer.participant
            assert audience(lesson.state, track.participant, track.source) in (ALL, own)
        others = [one for one in got if one.source != "mic"]
        assert others == [one for one in wanted(plain.state, viewer, MICS + REST) if one.source != "mic"]
    assert lesson.state == state


def test_what_is_said_in_a_group_is_not_recorded() -> None:
    lesson = grouped(ANNA, BEN)
    for seat in (LEAD, LOCAL, DISPLAY, ENCODER):
        assert is_recorded(lesson.state, seat, "mic")
    assert not is_recorded(lesson.state, ANNA, "mic")
    lesson.ask(LEAD, "group.visit", group="red")
    lesson.ask(LOCAL, "group.visit", group="red")
    for seat in (LEAD, LOCAL, DISPLAY, ROOM_ENCODER, ENCODER, ANNA):
        assert not is_recorded(lesson.state, seat, "mic"), seat.participant
    assert is_recorded(lesson.state, LEAD, "camera")
    assert is_recorded(lesson.state, LEAD, "courseware")
    assert is_recorded(lesson.state, DISPLAY2, "mic")
    lesson.ask(LEAD, "stage.invite", participant="anna")
    lesson.ask(ANNA, "stage.accept", participant="anna")
    assert is_recorded(lesson.state, ANNA, "mic"), "on stage, for all"
