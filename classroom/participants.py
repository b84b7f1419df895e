"""Who is in the lesson. A participant stays in the list after leaving, marked not `present`."""

from __future__ import annotations

from classroom.events import Draft, Event, Role, Seat
from classroom.payload import Id, Name, Payload
from classroom.reducer import Applier, Ask, Decider, ParticipantState, State, missing


class ParticipantJoin(Payload):
    """Issued by the server for a session that connected (again). Who joins is the seat; nothing if already here."""

    name: Name


class ParticipantLeave(Payload):
    """Issued by the server, in the participant's seat, when a disconnection has outlasted its grace."""


class ParticipantAdmit(Payload):
    participant: Id


class ParticipantJoined(Payload):
    participant: Id
    role: Role
    room: Id | None
    admitted: bool
    name: str | None = None


class ParticipantLeft(Payload):
    participant: Id
    role: Role


class ParticipantAdmitted(Payload):
    participant: Id
    role: Role


WAIT_IN_LOBBY = frozenset({Role.STUDENT, Role.OBSERVER})


def name_key(participant: str) -> str:
    """Where in the side table a participant's name stands."""
    return f"name:{participant}"


def waits(state: State, seat: Seat) -> bool:
    """Whether someone who joins for the first time is kept in the lobby."""
    return state["lobby"] and seat.role in WAIT_IN_LOBBY


def join(state: State, command: ParticipantJoin, ask: Ask) -> list[Draft]:
    seat = ask.seat
    known = state["participants"].get(seat.participant)
    if known is not None and known["present"]:
        return []
    admitted = known["admitted"] if known else not waits(state, seat)
    return [
        Draft(
            "participant.joined",
            {
                "participant": seat.participant,
                "role": seat.role.value,
                "room": seat.room,
                "admitted": admitted,
            },
            {name_key(seat.participant): command.name},
        )
    ]


def leave(state: State, _: ParticipantLeave, ask: Ask) -> list[Draft]:
    seat = ask.seat
    known = state["participants"].get(seat.participant)
    if known is None or not known["present"]:
        return []
    drafts = [Draft("participant.left", {"participant": seat.participant, "role": known["role"]})]
    if seat.participant in state["hands"]:
        drafts.append(Draft("hand.lowered", {"participant": seat.participant}))
    return drafts


def admit(state: State, command: ParticipantAdmit, _: Ask) -> list[Draft]:
    known = state["participants"].get(command.participant)
    if known is None:
        raise missing("participant")
    if known["admitted"]:
        return []
    return [
        Draft("participant.admitted", {"participant": command.participant, "role": known["role"]}),
    ]


def joined(state: State, event: Event) -> State:
    data = event.data
    entry: ParticipantState = {
        "role": data["role"],
        "room": data["room"],
        "present": True,
        "admitted": data["admitted"],
        "since": event.at,
    }
    if "name" in data:
        entry["name"] = data["name"]
    return {**state, "participants": {**state["participants"], data["participant"]: entry}}


def left(state: State, event: Event) -> State:
    return _marked(state, event, {"present": False})


def admitted(state: State, event: Event) -> State:
    return _marked(state, event, {"admitted": True})


def _marked(state: State, event: Event, change: ParticipantState) -> State:
    participant = event.data["participant"]
    known = state["participants"].get(participant)
    if known is None:
        return state
    return {**state, "participants": {**state["participants"], participant: {**known, **change}}}


COMMANDS: dict[str, type[Payload]] = {"participant.admit": ParticipantAdmit}
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
}
APPLY: dict[str, Applier] = {
    "participant.joined": joined,
    "participant.left": left,
    "participant.admitted": admitted,
}
