"""Rooms whose line is short: their displays get small pictures. Asked for by the room itself, or by the lead for it."""

from __future__ import annotations

from classroom.errors import ClientFault, Status
from classroom.events import Draft, Event, Role
from classroom.payload import Id, Payload
from classroom.reducer import Applier, Ask, Decider, State, denied, missing


class DataSave(Payload):
    """One's own room, or (leads) the one that is named."""

    room: Id | None = None
    on: bool


class DataSaved(Payload):
    room: Id
    on: bool


def save(state: State, command: DataSave, ask: Ask) -> list[Draft]:
    room = command.room or ask.seat.room
    if room is None:
        raise ClientFault("malformed", "room: Say which room.", Status.MALFORMED)
    if ask.seat.role != Role.LEAD_TEACHER and room != ask.seat.room:
        raise denied("Only the lead teacher does this for other rooms.")
    if all(one["room"] != room for one in state["participants"].values()):
        raise missing("room")
    return [Draft("data.saved", {"room": room, "on": command.on})] if command.on != (room in state["saving"]) else []


def saved(state: State, event: Event) -> State:
    others = [room for room in state["saving"] if room != event.data["room"]]
    return {**state, "saving": [*others, event.data["room"]] if event.data["on"] else others}


COMMANDS: dict[str, type[Payload]] = {"data.save": DataSave}
EVENTS: dict[str, type[Payload]] = {"data.saved": DataSaved}
DECIDE: dict[str, Decider] = {"data.save": save}
APPLY: dict[str, Applier] = {"data.saved": saved}
