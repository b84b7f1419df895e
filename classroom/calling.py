"""Which student is called on, who is then named on every screen; by the teacher's choice or by chance, fairly."""

from __future__ import annotations

from classroom.events import Draft, Event, Role
from classroom.leading import leads
from classroom.payload import Id, Payload
from classroom.reducer import Applier, Ask, Called, Decider, State, denied, missing
from classroom.stage import MAX_GUESTS, counted, invited, released, standing_of


class StageCall(Payload):
    """Calls on a student: on the one that is named, or on one by chance (of a room where that is named), of those who
    were called on least. The lead's call invites the room that the student sits in on stage, or the student
    where that is at home; `off` makes room for it if the stage is full. Local teachers call on students of their own
    room, and leave the stage as it is."""

    participant: Id | None = None
    room: Id | None = None
    off: Id | None = None


class StageDismiss(Payload):
    """The called student may sit down."""


class StageCalled(Payload):
    participant: Id
    picked: bool
    name: str | None = None


class StageDismissed(Payload):
    participant: Id


def call(state: State, command: StageCall, ask: Ask) -> list[Draft]:
    own = None if ask.seat.role == Role.LEAD_TEACHER else ask.seat.room
    if ask.seat.role != Role.LEAD_TEACHER and own is None:
        raise denied("Only students of one's own room.")
    if own is not None and command.off is not None:
        raise denied("Only the lead teacher takes others off the stage.")
    if command.participant is None:
        student = _by_chance(state, command.room or own, ask)
    else:
        student = command.participant
        person = state["participants"].get(student)
        if person is None or person["role"] != Role.STUDENT or not person["admitted"]:
            raise missing("student")
    if own is not None and state["participants"][student]["room"] != own:
        raise denied("Only students of one's own room.")
    called = Draft("stage.called", {"participant": student, "picked": command.participant is None})
    speaks_by = _speaks_by(state, student)
    if own is not None or speaks_by is None or standing_of(state, speaks_by) is not None:
        return [called]
    if command.off is None or len(state["stage"]["guests"]) < MAX_GUESTS:
        return [called, invited(state, speaks_by)]
    return [*released(state, command.off), called, invited(state, speaks_by, MAX_GUESTS + 1)]


def _by_chance(state: State, room: str | None, ask: Ask) -> str:
    """Of the students who are there, one of those who were called on least; not who is called on now, if others are."""
    stage = state["stage"]
    now = stage["called"]["participant"] if stage["called"] else None
    there = [
        one
        for one, person in state["participants"].items()
        if person["role"] == Role.STUDENT
        and person["present"]
        and person["admitted"]
        and room in (None, person["room"])
    ]
    others = [one for one in there if one != now] or there
    if not others:
        raise missing("student")
    least = min(stage["calls"].get(one, 0) for one in others)
    return ask.rng.choice([one for one in others if stage["calls"].get(one, 0) == least])


def _speaks_by(state: State, student: str) -> str | None:
    """The participant whose camera and microphone a student is seen and heard by: its own at home, its room's display
    or else local teacher; None where nothing of the room is there."""
    people = state["participants"]
    room = people[student]["room"]
    if room is None:
        return student
    for role in (Role.DISPLAY, Role.LOCAL_TEACHER):
        for one, person in people.items():
            if person["role"] == role and person["room"] == room and person["present"] and not leads(state, one):
                return one
    return None


def dismiss(state: State, _: StageDismiss, ask: Ask) -> list[Draft]:
    called = state["stage"]["called"]
    if called is None:
        return []
    room = state["participants"][called["participant"]]["room"]
    if ask.seat.role != Role.LEAD_TEACHER and (room is None or room != ask.seat.room):
        raise denied("This student is not in your room.")
    return [Draft("stage.dismissed", {"participant": called["participant"]})]


def called(state: State, event: Event) -> State:
    now: Called = {"participant": event.data["participant"], "picked": event.data["picked"]}
    if "name" in event.data:
        now["name"] = event.data["name"]
    stage = state["stage"]
    return {**state, "stage": {**stage, "called": now, "calls": counted(stage["calls"], now["participant"])}}


def dismissed(state: State, _: Event) -> State:
    return {**state, "stage": {**state["stage"], "called": None}}


COMMANDS: dict[str, type[Payload]] = {"stage.call": StageCall, "stage.dismiss": StageDismiss}
EVENTS: dict[str, type[Payload]] = {"stage.called": StageCalled, "stage.dismissed": StageDismissed}
DECIDE: dict[str, Decider] = {"stage.call": call, "stage.dismiss": dismiss}
APPLY: dict[str, Applier] = {"stage.called": called, "stage.dismissed": dismissed}
