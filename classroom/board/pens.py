"""The pen: given by teachers to students, to whole rooms or to everyone, who may then write on the page that is
shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from classroom.board.boards import with_board
from classroom.board.bricks import Color
from classroom.board.writing import is_given
from classroom.events import Draft, Event, Role
from classroom.payload import Id, Payload
from classroom.reducer import EMPTY, Applier, Ask, Decider, Pens, State, denied, missing

MAX_NAMED = 200
COLORS = ("#0b57c2", "#c2311b", "#2e7d4f", "#8a4fa3", "#b87a00", "#00757f", "#b3266d", "#5b5f00")
"""What can be told apart on white, for those who are to write in a colour of their own."""

NOBODY = EMPTY["board"]["pens"]


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
    """Also from one of a room that has it, or of everyone; from `everyone`: from all."""


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
    for room, color in given["rooms"].items():  # also to those of it from whom it was taken
        without = pens["without"]["participants"]
        given["participants"] |= {one: color for one in without if state["participants"][one]["room"] == room}
    if not (given["participants"] or given["rooms"] or (command.everyone and not _everyone(pens))):
        return []
    return [Draft("pen.given", {**given, "everyone": command.everyone})]


def take(state: State, command: PenTake, ask: Ask) -> list[Draft]:
    if command.everyone:
        if ask.seat.role != Role.LEAD_TEACHER:
            raise denied("Only the lead teacher does this for everyone.")
        taken = {"participants": [], "rooms": [], "everyone": True}
        return [Draft("pen.taken", taken)] if state["board"]["pens"] != NOBODY else []
    _check(state, command, ask)
    pens, people = state["board"]["pens"], state["participants"]
    named = [one for one in dict.fromkeys(command.participants or []) if is_given(pens, one, people[one]["room"])]
    rooms: list[str] = []
    if command.room is not None:
        named = [one for one in pens["participants"] if people[one]["room"] == command.room]
        has = command.room in pens["rooms"] or (pens["everyone"] and command.room not in pens["without"]["rooms"])
        rooms = [command.room] if has else []
    return [Draft("pen.taken", {"participants": named, "rooms": rooms, "everyone": False})] if named or rooms else []


def _everyone(pens: Pens) -> bool:
    return pens["everyone"] and pens["without"] == NOBODY["without"]


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
    without = NOBODY["without"] if data["everyone"] else pens["without"]
    return _with_pens(
        state,
        {
            "participants": {**pens["participants"], **data["participants"]},
            "rooms": {**pens["rooms"], **data["rooms"]},
            "everyone": pens["everyone"] or data["everyone"],
            "without": {
                "participants": [one for one in without["participants"] if one not in data["participants"]],
                "rooms": [room for room in without["rooms"] if room not in data["rooms"]],
            },
        },
    )


def taken(state: State, event: Event) -> State:
    pens, data = state["board"]["pens"], event.data
    if data["everyone"]:
        return _with_pens(state, NOBODY)
    without = pens["without"]
    participants = {one: color for one, color in pens["participants"].items() if one not in data["participants"]}
    rooms = {room: color for room, color in pens["rooms"].items() if room not in data["rooms"]}
    everyone = pens["everyone"]
    return _with_pens(
        state,
        {
            "participants": participants,
            "rooms": rooms,
            "everyone": everyone,
            "without": {
                "participants": _both(without["participants"], data["participants"]) if everyone or rooms else [],
                "rooms": _both(without["rooms"], data["rooms"]) if everyone else [],
            },
        },
    )


def _both(some: list[str], others: list[str]) -> list[str]:
    return list(dict.fromkeys([*some, *others]))


def _with_pens(state: State, pens: Pens) -> State:
    return with_board(state, {**state["board"], "pens": pens})


COMMANDS: dict[str, type[Payload]] = {"pen.give": PenGive, "pen.take": PenTake}
EVENTS: dict[str, type[Payload]] = {"pen.given": PenGiven, "pen.taken": PenTaken}
DECIDE: dict[str, Decider] = {"pen.give": give, "pen.take": take}
APPLY: dict[str, Applier] = {"pen.given": given, "pen.taken": taken}
