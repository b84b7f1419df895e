"""The words a lesson is written in: a command asks, an event happened, a seat is who acts or looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


class Role(StrEnum):
    LEAD_TEACHER = "lead_teacher"
    LOCAL_TEACHER = "local_teacher"
    DISPLAY = "display"
    STUDENT = "student"
    OBSERVER = "observer"
    ENCODER = "encoder"


class Phase(StrEnum):
    """A lesson is prepared, then open (people may enter), then live, then ended; see `classroom.lesson` for the
    table."""

    PREPARED = "prepared"
    OPEN = "open"
    LIVE = "live"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Seat:
    """A participant as the rules see one: never a name. `participant` is a random id, unique in the installation;
    `group` is the one it is in now, `leads` whether a local teacher has the lead, where it matters (`rules.seated`).
    `also`: the other rooms that whoever sits there taught in the lesson, where that is asked for when it is over."""

    participant: str
    role: Role
    room: str | None = None
    group: str | None = None
    leads: bool = False
    also: frozenset[str] = frozenset()


SYSTEM = Seat("system", Role.LEAD_TEACHER)
"""Who acts when the installation itself does: the command line, a disk that fills."""


@dataclass(frozen=True, slots=True)
class Command:
    """`id` is a UUID made by the client; the same id from the same participant is the same command, also after a
    crash."""

    id: str
    kind: str
    data: Json


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that `decide` proposes. In the same transaction `texts` are written to the side table, key → words of
    a person, and that the lesson keeps the courseware that it `shows`."""

    kind: str
    data: Json
    texts: Mapping[str, str] = field(default_factory=dict)
    shows: frozenset[str] = frozenset()
    v: int = 1


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a lesson's journal. `at` is milliseconds of the lesson's clock; `cause` the id of the command it
    came from."""

    seq: int
    at: int
    actor: str
    kind: str
    data: Json
    cause: str | None = None
    v: int = 1

    def json(self) -> Json:
        return {
            "seq": self.seq,
            "at": self.at,
            "actor": self.actor,
            "kind": self.kind,
            "data": self.data,
            "cause": self.cause,
            "v": self.v,
        }
