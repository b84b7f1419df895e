"""A room whose display lost the line sees what it missed, faster than it was, until it has caught up or its teacher
says that it is enough. Meanwhile it shows nothing live."""

from __future__ import annotations

from classroom.errors import ClientFault, Status
from classroom.events import Draft, Event, Role
from classroom.payload import Id, Millis, Payload
from classroom.reducer import Applier, Ask, Decider, State, denied, missing, refused


class MissedShow(Payload):
    """From this moment on, at one's own room's display, or (leads) at that of the room that is named."""

    room: Id | None = None
    from_ms: Millis


class MissedStop(Payload):
    """Back to what happens now; a display itself says so once it has caught up."""

    room: Id | None = None


class MissedShown(Payload):
    room: Id
    from_ms: int


class MissedStopped(Payload):
    room: Id


def _room(command: MissedShow | MissedStop, ask: Ask) -> str:
    room = command.room or ask.seat.room
    if room is None:
        raise ClientFault("malformed", "room: Say which room.", Status.MALFORMED)
    if ask.seat.role != Role.LEAD_TEACHER and room != ask.seat.room:
        raise denied("Only the lead teacher does this for other rooms.")
    return room


def show(state: State, command: MissedShow, ask: Ask) -> list[Draft]:
    room = _room(command, ask)
    displays = (one for one in state["participants"].values() if one["role"] == Role.DISPLAY)
    if not any(one["room"] == room and one["present"] for one in displays):
        raise missing("display")
    if state["recording"]["since"] is None:
        raise refused("not_recorded", "Nothing of this lesson was recorded.")
    if command.from_ms >= ask.now:
        raise ClientFault("out_of_range", "This is not over yet.", Status.REFUSED)
    return [Draft("missed.shown", {"room": room, "from_ms": command.from_ms})]


def stop(state: State, command: MissedStop, ask: Ask) -> list[Draft]:
    room = _room(command, ask)
    return [Draft("missed.stopped", {"room": room})] if room in state["missed"] else []


def shown(state: State, event: Event) -> State:
    now = {"from_ms": event.data["from_ms"], "at": event.at}
    return {**state, "missed": {**state["missed"], event.data["room"]: now}}  # type: ignore[dict-item]


def stopped(state: State, event: Event) -> State:
    others = {room: one for room, one in state["missed"].items() if room != event.data["room"]}
    return {**state, "missed": others}


COMMANDS: dict[str, type[Payload]] = {"missed.show": MissedShow, "missed.stop": MissedStop}
EVENTS: dict[str, type[Payload]] = {"missed.shown": MissedShown, "missed.stopped": MissedStopped}
DECIDE: dict[str, Decider] = {"missed.show": show, "missed.stop": stop}
APPLY: dict[str, Applier] = {"missed.shown": shown, "missed.stopped": stopped}
