"""Who is in the lesson. A participant stays in the list after leaving, marked not `present`."""

from __future__ import annotations

from classroom import groups, leading, recording, voices
from classroom.events import Draft, Event, Role, Seat
from classroom.payload import Id, Name, Payload
from classroom.reducer import Applier, Ask, Decider, ParticipantState, State, denied, missing, refused

MAX_ADDED = 100
"""Children without a tablet, a room."""


class ParticipantJoin(Payload):
    """Issued by the server for a session that connected (again). Who joins is the seat; nothing if already here.
    `recorded` is false where the school of its room has not agreed to be recorded."""

    name: Name
    recorded: bool = True


class ParticipantLeave(Payload):
    """Issued by the server, in the participant's seat, when a disconnection has outlasted its grace."""


class ParticipantAdmit(Payload):
    participant: Id


class ParticipantAdd(Payload):
    """A child of one's own room that has no tablet; its teacher answers for it. `participant` is a new id."""

    participant: Id
    name: Name


class ParticipantRemove(Payload):
    """A child that was added; or whoever waits in the lobby, who is not let in."""

    participant: Id


class ParticipantJoined(Payload):
    participant: Id
    role: Role
    room: Id | None
    admitted: bool
    tablet: bool = True
    name: str | None = None


class ParticipantLeft(Payload):
    participant: Id
    role: Role


class ParticipantAdmitted(Payload):
    participant: Id
    role: Role


WAIT_IN_LOBBY = frozenset({Role.STUDENT, Role.OBSERVER})


NAME = "name:"


def name_key(participant: str) -> str:
    """Where in the side table a participant's name stands."""
    return f"{NAME}{participant}"


def named(key: str) -> str | None:
    """The participant whose name stands there, if a name does."""
    return key[len(NAME) :] if key.startswith(NAME) else None


def waits(state: State, seat: Seat) -> bool:
    """Whether someone who joins for the first time is kept in the lobby."""
    return state["lobby"] and seat.role in WAIT_IN_LOBBY


def join(state: State, command: ParticipantJoin, ask: Ask) -> list[Draft]:
    seat = ask.seat
    known = state["participants"].get(seat.participant)
    if known is not None and known["present"]:
        return []
    admitted = known["admitted"] if known else not waits(state, seat)
    drafts = [_joined(seat, command.name, admitted=admitted, tablet=True)]
    if not command.recorded and seat.room is not None:
        drafts += recording.leaving_out(state, seat.room)
    if admitted and seat.role == Role.STUDENT:
        drafts += groups.arriving(state, seat.participant)
    return [*drafts, *leading.arriving(state, seat)]


def _joined(seat: Seat, name: str, *, admitted: bool, tablet: bool) -> Draft:
    data = {"participant": seat.participant, "role": seat.role.value, "room": seat.room, "admitted": admitted}
    return Draft("participant.joined", {**data, "tablet": tablet}, {name_key(seat.participant): name})


def leave(state: State, _: ParticipantLeave, ask: Ask) -> list[Draft]:
    return _left(state, ask.seat.participant)


def _left(state: State, participant: str) -> list[Draft]:
    known = state["participants"].get(participant)
    if known is None or not known["present"]:
        return []
    drafts = [Draft("participant.left", {"participant": participant, "role": known["role"]})]
    if participant in state["hands"]:
        drafts.append(Draft("hand.lowered", {"participant": participant}))
    return [*drafts, *voices.leaving(state, [participant]), *leading.leaving(state, participant)]


def add(state: State, command: ParticipantAdd, ask: Ask) -> list[Draft]:
    room = ask.seat.room
    if room is None:
        raise denied("Children are added by the teacher of their room.")
    people = state["participants"]
    known = people.get(command.participant)
    if known is not None and (known["tablet"] or known["room"] != room or known["present"]):
        raise refused("exists", "There is a participant of that id.")
    if sum(not one["tablet"] and one["present"] and one["room"] == room for one in people.values()) >= MAX_ADDED:
        raise refused("too_many", f"At most {MAX_ADDED} children without a tablet are in a room.")
    child = _joined(Seat(command.participant, Role.STUDENT, room), command.name, admitted=True, tablet=False)
    return [child, *groups.arriving(state, command.participant)]


def remove(state: State, command: ParticipantRemove, ask: Ask) -> list[Draft]:
    one = state["participants"].get(command.participant)
    if one is None or (one["tablet"] and one["admitted"]):
        raise missing("participant")
    if one["admitted"] and ask.seat.role != Role.LEAD_TEACHER and one["room"] != ask.seat.room:
        raise denied("This child is not in your room.")
    return _left(state, command.participant)


def admit(state: State, command: ParticipantAdmit, _: Ask) -> list[Draft]:
    known = state["participants"].get(command.participant)
    if known is None:
        raise missing("participant")
    if known["admitted"]:
        return []
    admitted = Draft("participant.admitted", {"participant": command.participant, "role": known["role"]})
    return [admitted, *(groups.arriving(state, command.participant) if known["role"] == Role.STUDENT else ())]


def joined(state: State, event: Event) -> State:
    data = event.data
    entry: ParticipantState = {
        "role": data["role"],
        "room": data["room"],
        "present": True,
        "admitted": data["admitted"],
        "tablet": data.get("tablet", True),
        "since": event.at,
    }
    if "name" in data:
        entry["name"] = data["name"]
    known = state["participants"].get(data["participant"])
    if known and "left" in known:
        entry["left"] = known["left"]
    return {**state, "participants": {**state["participants"], data["participant"]: entry}}


def left(state: State, event: Event) -> State:
    return _marked(state, event, {"present": False, "left": event.at})


def admitted(state: State, event: Event) -> State:
    return _marked(state, event, {"admitted": True})


def _marked(state: State, event: Event, change: ParticipantState) -> State:
    participant = event.data["participant"]
    known = state["participants"].get(participant)
    if known is None:
        return state
    return {**state, "participants": {**state["participants"], participant: {**known, **change}}}


COMMANDS: dict[str, type[Payload]] = {
    "participant.admit": ParticipantAdmit,
    "participant.add": ParticipantAdd,
    "participant.remove": ParticipantRemove,
}
SERVER_COMMANDS: dict[str, type[Payload]] = {
    "participant.join": ParticipantJoin,
    "participant.leave": ParticipantLeave,
}
EVENTS: dict[str, type[Payload]] = {
    "participant.joined": ParticipantJoined,
    "participant.left": ParticipantLeft,
    "participant.admitted": ParticipantAdmitted,
}
DECIDE: dict[str, Decider] = {
    "participant.join": join,
    "participant.leave": leave,
    "participant.admit": admit,
    "participant.add": add,
    "participant.remove": remove,
}
APPLY: dict[str, Applier] = {
    "participant.joined": joined,
    "participant.left": left,
    "participant.admitted": admitted,
}
