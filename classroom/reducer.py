"""What a reducer module is made of: the shape of the state, and the signatures of its two halves."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypedDict

from classroom.errors import ClientFault, Status
from classroom.events import Draft, Event, Seat


class ParticipantState(TypedDict, total=False):
    role: str
    room: str | None
    present: bool
    admitted: bool
    since: int  # `at` of the latest arrival
    name: str  # only where projected


class Guest(TypedDict, total=False):
    participant: str
    state: str  # "invited" | "on"
    name: str  # only where projected


class StageState(TypedDict):
    guests: list[Guest]


class Page(TypedDict):
    id: str
    strokes: list[dict[str, Any]]  # data of `stroke.added`, less `page`


class BoardState(TypedDict):
    pages: list[Page]
    shown: str | None


class Activities(TypedDict):
    order: list[str]
    by_id: dict[str, dict[str, Any]]  # see `classroom.activities`


class RecordingState(TypedDict):
    on: bool
    since: int | None
    by: str | None  # who agreed


class State(TypedDict):
    """A lesson as plain JSON. Frozen by convention: `apply` makes new containers along the path it changes."""

    seq: int
    phase: str
    title: str
    lobby: bool
    epoch_ms: int | None  # wall clock at the start, only for showing
    participants: dict[str, ParticipantState]
    hands: list[str]  # participants, the longest waiting first
    stage: StageState
    board: BoardState
    activities: Activities
    chat: list[dict[str, Any]]  # {message, actor, at}; projected also {text, name}
    recording: RecordingState
    saving: list[str]  # rooms that save data


EMPTY: Final[State] = {
    "seq": 0,
    "phase": "prepared",
    "title": "",
    "lobby": False,
    "epoch_ms": None,
    "participants": {},
    "hands": [],
    "stage": {"guests": []},
    "board": {"pages": [], "shown": None},
    "activities": {"order": [], "by_id": {}},
    "chat": [],
    "recording": {"on": False, "since": None, "by": None},
    "saving": [],
}


@dataclass(frozen=True, slots=True)
class Context:
    """What of the world outside a decision may rest on: the lesson's row, the wall clock, the side table."""

    epoch_ms: int
    title: str = ""
    recording: bool = False
    lobby: bool = False
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks, when (lesson clock, ms), and what chance and the world add."""

    seat: Seat
    now: int
    rng: random.Random
    context: Context


Decider = Callable[[State, Any, Ask], list[Draft]]
Applier = Callable[[State, Event], State]


def refused(code: str, message: str) -> ClientFault:
    """The lesson is not in a state in which this could be done."""
    return ClientFault(code, message, Status.CONFLICT)


def missing(what: str) -> ClientFault:
    return ClientFault("not_found", f"There is no such {what}.", Status.NOT_FOUND)


def denied(message: str = "You may not do this.") -> ClientFault:
    return ClientFault("not_allowed", message, Status.FORBIDDEN)
