"""Who is picked by chance, one or several, of the class, a room or a group; all have a turn before one has two."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from classroom import groups
from classroom.events import Draft, Event, Role
from classroom.payload import Id, Payload
from classroom.reducer import Applier, Ask, Decider, Picked, State, denied, missing

MAX_PICKED = 10


class PickMake(Payload):
    """Picks so many, or all there are, of the students who are there. `again`: whoever had a turn may have another at
    once. Local teachers pick of their own room."""

    count: Annotated[int, Field(ge=1, le=MAX_PICKED)] = 1
    room: Id | None = None
    group: Id | None = None
    again: bool = False


class PickClear(Payload):
    """Takes the names off all screens."""


class PickMade(Payload):
    """`of`: of how many they were picked."""

    participants: list[Id]
    of: int
    names: dict[str, str] | None = None


class PickCleared(Payload):
    pass


def make(state: State, command: PickMake, ask: Ask) -> list[Draft]:
    own = None if ask.seat.role == Role.LEAD_TEACHER else ask.seat.room
    if ask.seat.role != Role.LEAD_TEACHER and (own is None or command.room not in (None, own)):
        raise denied("Only students of one's own room.")
    room, turns = command.room or own, state["pick"]["turns"]
    among = [
        one
        for one, person in state["participants"].items()
        if person["role"] == Role.STUDENT
        and person["present"]
        and person["admitted"]
        and room in (None, person["room"])
        and (command.group is None or one in groups.members_of(state, command.group))
    ]
    if not among:
        raise missing("student")
    drawn = ask.rng.sample(among, len(among))
    if not command.again:
        drawn.sort(key=lambda one: turns.get(one, 0))  # of equals the order of chance stays
    return [Draft("pick.made", {"participants": drawn[: command.count], "of": len(among)})]


def clear(state: State, _: PickClear, ask: Ask) -> list[Draft]:
    now = state["pick"]["now"]
    if now is None:
        return []
    rooms = {state["participants"][one]["room"] for one in now["participants"]}
    if ask.seat.role != Role.LEAD_TEACHER and rooms != {ask.seat.room}:
        raise denied("These students are not of your room.")
    return [Draft("pick.cleared", {})]


def made(state: State, event: Event) -> State:
    turns = dict(state["pick"]["turns"])
    for one in event.data["participants"]:
        turns[one] = turns.get(one, 0) + 1
    now: Picked = {**event.data, "at": event.at}  # type: ignore[typeddict-item]
    return {**state, "pick": {"now": now, "turns": turns}}


def cleared(state: State, _: Event) -> State:
    return {**state, "pick": {**state["pick"], "now": None}}


COMMANDS: dict[str, type[Payload]] = {"pick.make": PickMake, "pick.clear": PickClear}
EVENTS: dict[str, type[Payload]] = {"pick.made": PickMade, "pick.cleared": PickCleared}
DECIDE: dict[str, Decider] = {"pick.make": make, "pick.clear": clear}
APPLY: dict[str, Applier] = {"pick.made": made, "pick.cleared": cleared}
