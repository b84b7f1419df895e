"""Whether the lesson is being recorded, since when, who agreed, and whose tracks are left out. The actor of
`recording.started` is who agreed. A room is left out with all who are in it, a participant by itself."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from classroom.events import Draft, Event, Role, Seat
from classroom.payload import Id, Payload
from classroom.reducer import Applier, Ask, Decider, Excepted, State, denied, missing
from classroom.routing import EVERYONE, audience


class RecordingStart(Payload):
    pass


class RecordingStop(Payload):
    pass


class RecordingExcept(Payload):
    """Leaves out the tracks of a room or of a participant (`out`), or records them again."""

    room: Id | None = None
    participant: Id | None = None
    out: bool

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.room is None) == (self.participant is None):
            raise ValueError("either room or participant")
        return self


class RecordingStarted(Payload):
    pass


class RecordingStopped(Payload):
    pass


class RecordingExcepted(Payload):
    room: Id | None = None
    participant: Id | None = None
    out: bool


def start(state: State, _: RecordingStart, __: Ask) -> list[Draft]:
    return [] if state["recording"]["on"] else [Draft("recording.started", {})]


def stop(state: State, _: RecordingStop, __: Ask) -> list[Draft]:
    return [Draft("recording.stopped", {})] if state["recording"]["on"] else []


def except_(state: State, command: RecordingExcept, ask: Ask) -> list[Draft]:
    excepted = state["recording"]["excepted"]
    if command.room is not None:
        if ask.seat.role != Role.LEAD_TEACHER and (ask.seat.room != command.room or ask.seat.role == Role.STUDENT):
            raise denied("This is not your room.")
        if all(one["room"] != command.room for one in state["participants"].values()):
            raise missing("room")
        known = command.room in excepted["rooms"]
    else:
        one = state["participants"].get(command.participant or "")
        if one is None:
            raise missing("participant")
        in_my_room = one["room"] is not None and one["room"] == ask.seat.room and ask.seat.role != Role.STUDENT
        if ask.seat.role != Role.LEAD_TEACHER and ask.seat.participant != command.participant and not in_my_room:
            raise denied("You cannot decide this for others.")
        known = command.participant in excepted["participants"]
    return [Draft("recording.excepted", command.model_dump(exclude_none=True))] if command.out != known else []


def leaving_out(state: State, room: str) -> list[Draft]:
    """For the first who comes of a room whose school has not agreed."""
    if any(one["room"] == room for one in state["participants"].values()):
        return []
    return [Draft("recording.excepted", {"room": room, "out": True})]


def is_recorded(state: State, seat: Seat, source: str) -> bool:
    """Whether what a participant sends of that source belongs into the recording: the classrooms', and what students
    send on stage. What is said in a group, also by who visits it, does not: children talk there among themselves."""
    if audience(state, seat.participant, source) != EVERYONE:
        return False
    excepted = state["recording"]["excepted"]
    if seat.room in excepted["rooms"] or seat.participant in excepted["participants"]:
        return False
    on_stage = {guest["participant"] for guest in state["stage"]["guests"] if guest["state"] == "on"}
    return seat.role != Role.STUDENT or seat.participant in on_stage


def started(state: State, event: Event) -> State:
    return {**state, "recording": {**state["recording"], "on": True, "since": event.at, "by": event.actor}}


def stopped(state: State, _: Event) -> State:
    """Since when and by whom stay: one that was on and is not is paused, as every face shows."""
    return {**state, "recording": {**state["recording"], "on": False}}


def excepted(state: State, event: Event) -> State:
    before, data = state["recording"]["excepted"], event.data

    def changed(known: list[str], one: str | None) -> list[str]:
        others = [other for other in known if other != one]
        return known if one is None else [*others, one] if data["out"] else others

    after: Excepted = {
        "rooms": changed(before["rooms"], data.get("room")),
        "participants": changed(before["participants"], data.get("participant")),
    }
    return {**state, "recording": {**state["recording"], "excepted": after}}


COMMANDS: dict[str, type[Payload]] = {
    "recording.start": RecordingStart,
    "recording.stop": RecordingStop,
    "recording.except": RecordingExcept,
}
EVENTS: dict[str, type[Payload]] = {
    "recording.started": RecordingStarted,
    "recording.stopped": RecordingStopped,
    "recording.excepted": RecordingExcepted,
}
DECIDE: dict[str, Decider] = {"recording.start": start, "recording.stop": stop, "recording.except": except_}
APPLY: dict[str, Applier] = {
    "recording.started": started,
    "recording.stopped": stopped,
    "recording.excepted": excepted,
}
