"""The pen: given by teachers to students, to whole rooms or to everyone, who may then write on the page that is
shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from classroom.board.bricks import Color
from classroom.board.writing import with_board
from classroom.events import Draft, Event, Role
from classroom.payload import Id, Payload
from classroom.reducer import Applier, Ask, Decider, Pens, State, denied, missing

MAX_NAMED = 200
COLORS = ("#0b57c2", "#c2311b", "#2e7d4f", "#8a4fa3", "#b87a00", "#00757f", "#b3266d", "#5b5f00")
"""What can be told apart on white, for those who are to write in a colour of their own."""

NOBODY: Pens = {"participants": {}, "rooms": {}, "everyone": False}


class _Pen(Payload):
    participants: Annotated[list[Id], Field(min_length=1, max_length=MAX_NAMED)] | None = None
    room: Id | None = None
    everyone: bool = False

    @model_validator(mode="after")
    def _one_of_them(self) -> Any:
        if sum((self.participants is not None, self.room is not None, self.everyone)) != 1:
            raise ValueError("either participants, or a room, or everyone")
        return self


class PenGive(_Pen):
    """To students and displays, by name; to the students and the display of a room; or to everyone. `colors`: each who
    is named (the room, as one) gets a colour of its own."""

    colors: bool = False


class PenTake(_Pen):
    """From whom it was given to; from `everyone`: from all."""


class PenGiven(Payload):
    """Who may write from now on, too: participant → colour, room → colour (null: any)."""

    participants: dict[str, Color | None]
    rooms: dict[str, Color | None]
    everyone: bool


class PenTaken(Payload):
    participants: list[Id]
    rooms: list[Id]
    everyone: bool


def give(state: State, command: PenGive, ask: Ask) -> list[Draft]:
    _check(state, command, ask)
    pens = state["board"]["pens"]
    named, rooms = command.participants or [], [command.room] if command.room else []
    used = [color for color in (*pens["participants"].values(), *pens["rooms"].values()) if color]
    given: dict[str, dict[str, str | None]] = {"participants": {}, "rooms": {}}
    for kind, names in (("participants", dict.fromkeys(named)), ("rooms", dict.fromkeys(rooms))):
        has: Mapping[str, str | None] = pens[kind]  # type: ignore[literal-required]
        for name in names:
            if name in has and (has[name] is not None) == command.colors:
                continue
            color = min(COLORS, key=used.count) if command.colors else None
            used += [color] if color else []
            given[kind][name] = color
    if not (given["participants"] or given["rooms"] or (command.everyone and not pens["everyone"])):
        return []
    return [Draft("pen.given", {**given, "everyone": command.everyone})]


def take(state: State, command: PenTake, ask: Ask) -> list[Draft]:
    if command.everyone:
        if ask.seat.role != Role.LEAD_TEACHER:
            raise denied("Only the lead teacher does this for everyone.")
        taken = {"participants": [], "rooms": [], "everyone": True}
        return [Draft("pen.taken", taken)] if state["board"]["pens"] != NOBODY else []
    _check(state, command, ask)
    pens = state["board"]["pens"]
    named = [one for one in dict.fromkeys(command.participants or []) if one in pens["participants"]]
    rooms = [command.room] if command.room in pens["rooms"] else []
    return [Draft("pen.taken", {"participants": named, "rooms": rooms, "everyone": False})] if named or rooms else []


def _check(state: State, command: _Pen, ask: Ask) -> None:
    """Local teachers give and take in their own room."""
    people = state["participants"]
    lead = ask.seat.role == Role.LEAD_TEACHER
    if command.everyone and not lead:
        raise denied("Only the lead teacher does this for everyone.")
    if command.room is not None:
        if all(one["room"] != command.room for one in people.values()):
            raise missing("room")
        if not lead and command.room != ask.seat.room:
            raise denied("This is not your room.")
    for name in command.participants or ():
        one = people.get(name)
        if one is None or one["role"] not in (Role.STUDENT, Role.DISPLAY):
            raise missing("participant")
        if not lead and one["room"] != ask.seat.room:
            raise denied("This participant is not in your room.")


def given(state: State, event: Event) -> State:
    pens, data = state["board"]["pens"], event.data
    after: Pens = {
        "participants": {**pens["participants"], **data["participants"]},
        "rooms": {**pens["rooms"], **data["rooms"]},
        "everyone": pens["everyone"] or data["everyone"],
    }
    return with_board(state, {**state["board"], "pens": after})


def taken(state: State, event: Event) -> State:
    pens, data = state["board"]["pens"], event.data
    after: Pens = NOBODY
    if not data["everyone"]:
        after = {
            "participants": {
                one: color for one, color in pens["participants"].items() if one not in data["participants"]
            },
            "rooms": {one: color for one, color in pens["rooms"].items() if one not in data["rooms"]},
            "everyone": pens["everyone"],
        }
    return with_board(state, {**state["board"], "pens": after})


COMMANDS: dict[str, type[Payload]] = {"pen.give": PenGive, "pen.take": PenTake}
EVENTS: dict[str, type[Payload]] = {"pen.given": PenGiven, "pen.taken": PenTaken}
DECIDE: dict[str, Decider] = {"pen.give": give, "pen.take": take}
APPLY: dict[str, Applier] = {"pen.given": given, "pen.taken": taken}
