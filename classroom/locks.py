"""What students may not do just now: the class, or one of them. Teachers lock and unlock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from classroom import voices
from classroom.errors import ClientFault, Status
from classroom.events import Draft, Event, Role
from classroom.payload import Id, Payload
from classroom.reducer import Applier, Ask, Decider, Locks, State, denied, missing

Thing = Literal["answer", "chat", "hand", "notes", "reaction", "sound"]
"""What a student can do. `sound`: talk with its group."""


class StudentLock(Payload):
    """All that is locked from now on, of one student or (no `participant`) of the class; an empty list unlocks."""

    participant: Id | None = None
    locked: Annotated[list[Thing], Field(max_length=8)]


class StudentLocked(Payload):
    participant: Id | None = None
    locked: list[Thing]


THING_OF: dict[str, Thing] = {
    "hand.raise": "hand",
    "chat.say": "chat",
    "question.ask": "chat",
    "activity.answer": "answer",
    "voice.join": "sound",
    "notes.write": "notes",
}
"""The commands that a lock takes away."""


def is_locked(state: State, participant: str, thing: Thing) -> bool:
    locks = state["locks"]
    return thing in locks["everyone"] or thing in locks["students"].get(participant, ())


def check(state: State, participant: str, role: Role, thing: Thing | None) -> None:
    """Raises `locked` (403) where a student may not do this now."""
    if thing is not None and role == Role.STUDENT and is_locked(state, participant, thing):
        raise ClientFault("locked", "Your teacher has locked this for now.", Status.FORBIDDEN)


def lock(state: State, command: StudentLock, ask: Ask) -> list[Draft]:
    things = sorted(set(command.locked))
    one = command.participant
    if one is None:
        if ask.seat.role != Role.LEAD_TEACHER:
            raise denied("Only the lead teacher locks the whole class.")
        if things == state["locks"]["everyone"]:
            return []
        return [Draft("student.locked", {"locked": things}), *_silenced(state, things, state["groups"]["voice"])]
    student = state["participants"].get(one)
    if student is None or student["role"] != Role.STUDENT:
        raise missing("student")
    if ask.seat.role != Role.LEAD_TEACHER and student["room"] != ask.seat.room:
        raise denied("This student is not in your room.")
    known = state["locks"]["students"].get(one, [])
    if things == known:
        return []
    return [Draft("student.locked", {"participant": one, "locked": things}), *_silenced(state, things, [one])]


def _silenced(state: State, things: Iterable[Thing], students: Iterable[str]) -> list[Draft]:
    """Who may not talk any more does not."""
    return voices.leaving(state, students) if "sound" in things else []


def locked(state: State, event: Event) -> State:
    one, things = event.data.get("participant"), event.data["locked"]
    locks = state["locks"]
    after: Locks = {**locks, "everyone": things}
    if one is not None:
        students = {key: value for key, value in locks["students"].items() if key != one}
        after = {**locks, "students": {**students, one: things} if things else students}
    return {**state, "locks": after}


COMMANDS: dict[str, type[Payload]] = {"student.lock": StudentLock}
EVENTS: dict[str, type[Payload]] = {"student.locked": StudentLocked}
DECIDE: dict[str, Decider] = {"student.lock": lock}
APPLY: dict[str, Applier] = {"student.locked": locked}
