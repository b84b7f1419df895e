"""The state machines: each input in each state, the illegal ones raising and changing nothing."""

from __future__ import annotations

import copy
import itertools

import pytest

from classroom import lesson as lessons
from classroom import rules, stage
from classroom.activities import running
from classroom.errors import ClientFault
from classroom.events import Event, Phase
from tests.unit.classroom.lessons import ANNA, BEN, DISPLAY, LEAD, LOCAL, QUESTION, Lesson


@pytest.mark.parametrize(
    ("phase", "kind"), list(itertools.product(Phase, ["lesson.opened", "lesson.started", "lesson.ended"]))
)
def test_phases_of_a_lesson(phase: Phase, kind: str) -> None:
    legal = {
        ("prepared", "lesson.opened"): "open",
        ("open", "lesson.started"): "live",
        ("prepared", "lesson.ended"): "ended",
        ("open", "lesson.ended"): "ended",
        ("live", "lesson.ended"): "ended",
    }
    state = {**Lesson().state, "phase": phase.value}
    after = rules.apply(state, Event(1, 0, "lead", kind, {}))  # type: ignore[arg-type]
    if (phase.value, kind) in legal:
        assert lessons.step(phase, kind) == after["phase"] == legal[phase.value, kind]
    else:
        assert after == {**state, "seq": 1}
        with pytest.raises(ClientFault) as refusal:
            lessons.step(phase, kind)
        assert refusal.value.code == "wrong_phase"


def in_phase(phase: str | None) -> Lesson:
    """A lesson with question q1 in that phase."""
    lesson = Lesson.live()
    steps = {None: 0, "open": 1, "closed": 2, "revealed": 3}[phase]
    for kind, data in [
        ("activity.open", QUESTION),
        ("activity.close", {"activity": "q1"}),
        ("activity.reveal", {"activity": "q1"}),
    ][:steps]:
        lesson.ask(LEAD, kind, **data)
    return lesson


@pytest.mark.parametrize(
    ("phase", "kind", "result"),
    [
        (None, "open", "open"),
        (None, "answer", "not_found"),
        (None, "close", "not_found"),
        (None, "reopen", "not_found"),
        (None, "reveal", "not_found"),
        ("open", "open", "exists"),
        ("open", "answer", "open"),
        ("open", "close", "closed"),
        ("open", "reopen", "wrong_phase"),
        ("open", "reveal", "revealed"),
        ("closed", "open", "exists"),
        ("closed", "answer", "activity_closed"),
        ("closed", "close", "wrong_phase"),
        ("closed", "reopen", "open"),
        ("closed", "reveal", "revealed"),
        ("revealed", "open", "exists"),
        ("revealed", "answer", "activity_closed"),
        ("revealed", "close", "wrong_phase"),
        ("revealed", "reopen", "wrong_phase"),
        ("revealed", "reveal", "wrong_phase"),
    ],
)
def test_phases_of_an_activity(phase: str | None, kind: str, result: str) -> None:
    lesson = in_phase(phase)
    before = copy.deepcopy(lesson.state)
    data = {"open": QUESTION, "answer": {"activity": "q1", "choice": 0}}.get(kind, {"activity": "q1"})
    seat = ANNA if kind == "answer" else LEAD
    if result in running.TRANSITIONS.values():
        lesson.ask(seat, f"activity.{kind}", **data)
        assert lesson.state["activities"]["by_id"]["q1"]["phase"] == result
    else:
        with pytest.raises(ClientFault) as refusal:
            lesson.ask(seat, f"activity.{kind}", **data)
        assert refusal.value.code == result
        assert lesson.state == before


@pytest.mark.parametrize(
    ("standing", "kind"), list(itertools.product([None, "invited", "on"], ["invited", "accepted", "released"]))
)
def test_standing_of_a_guest(standing: str | None, kind: str) -> None:
    lesson = Lesson.live()
    if standing:
        lesson.ask(LEAD, "stage.invite", participant="display")
    if standing == "on":
        lesson.ask(DISPLAY, "stage.accept", participant="display")
    before = copy.deepcopy(lesson.state)
    legal: dict[tuple[str | None, str], str | None] = {
        (None, "invited"): "invited",
        ("invited", "accepted"): "on",
        ("invited", "released"): None,
        ("on", "released"): None,
    }
    asker, command = {
        "invited": (LEAD, "stage.invite"),
        "accepted": (DISPLAY, "stage.accept"),
        "released": (LEAD, "stage.release"),
    }[kind]
    if (standing, kind) in legal:
        lesson.ask(asker, command, participant="display")
        after = legal[standing, kind]
        assert lesson.state["stage"]["guests"] == ([{"participant": "display", "state": after}] if after else [])
    else:
        with pytest.raises(ClientFault) as refusal:
            lesson.ask(asker, command, participant="display")
        assert refusal.value.code == "wrong_phase"
        assert lesson.state == before
        event = Event(lesson.state["seq"] + 1, 0, "lead", f"stage.{kind}", {"participant": "display"})
        assert rules.apply(lesson.state, event)["stage"] == before["stage"]


def test_who_answers_an_invitation() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "stage.invite", participant="display")
    for stranger in (BEN, ANNA):
        with pytest.raises(ClientFault) as refusal:
            lesson.ask(stranger, "stage.accept", participant="display")
        assert refusal.value.code == "not_allowed"
    lesson.ask(LOCAL, "stage.accept", participant="display")  # the teacher in the room, for the room's display
    with pytest.raises(ClientFault):
        lesson.ask(BEN, "stage.release", participant="display")
    lesson.ask(LOCAL, "stage.release", participant="display")
    assert lesson.state["stage"]["guests"] == []


def test_the_stage_has_room_for_a_few() -> None:
    lesson = Lesson.live()
    children = [type(ANNA)(f"child-{number}", ANNA.role) for number in range(stage.MAX_GUESTS + 1)]
    lesson.join(*children)
    for child in children[:-1]:
        lesson.ask(LEAD, "stage.invite", participant=child.participant)
    with pytest.raises(ClientFault) as refusal:
        lesson.ask(LEAD, "stage.invite", participant=children[-1].participant)
    assert refusal.value.code == "too_many"
    for nobody in ("lead", "observer", "nobody"):
        with pytest.raises(ClientFault):
            lesson.ask(LEAD, "stage.invite", participant=nobody)
