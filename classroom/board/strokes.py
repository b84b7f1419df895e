"""Strokes: finished lines, and the eraser that takes away a part of one."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import Field

from classroom.board.boards import bounds_of, laid, on_page, sheet_of, taken_off
from classroom.board.bricks import A_POINT, UNSET, Color, OnPage, Placing, Points, Width
from classroom.board.sheet import BoardObject, Number, numbers_of
from classroom.board.writing import check_new, check_own, check_room, find_object, spot_to_write_on
from classroom.events import Draft, Event
from classroom.payload import Id, Millis, Payload
from classroom.reducer import Applier, Ask, Decider, Page, State, missing, refused

MAX_PARTS = 200
WHERE = frozenset(OnPage.model_fields)


class Stroke(Payload):
    """A finished line. `points` is flat, x, y, pressure, t_ms for each point: x, y in board units, pressure 0 to 1,
    t_ms since `began`, which is the lesson's clock when the pen touched."""

    stroke: Id
    page: Id
    tool: Literal["pen", "highlighter"]
    color: Color
    width: Width
    began: Millis
    points: Points
    place: Placing = UNSET


class StrokeErase(Payload):
    page: Id
    stroke: Id


class Part(Payload):
    """What is left of a stroke from one of its points to another, counted from 0; 2.25 is a quarter of the way from the
    third to the fourth."""

    stroke: Id
    from_: Annotated[float, Field(alias="from", ge=0)]
    to: Annotated[float, Field(ge=0)]


class StrokeTrim(Payload):
    """A part eraser: instead of the stroke there are these parts of it, in order, each under an id of its own."""

    page: Id
    stroke: Id
    parts: Annotated[list[Part], Field(min_length=1, max_length=MAX_PARTS)]


class StrokeAdded(Stroke, OnPage):
    pass


class StrokeErased(OnPage):
    stroke: Id


class StrokeTrimmed(OnPage):
    stroke: Id
    parts: list[Part]


def add(state: State, command: Stroke, ask: Ask) -> list[Draft]:
    spot = spot_to_write_on(state, command.page, ask)
    check_new(spot.page, [command.stroke])
    check_room(spot, 1, len(command.points), ask)
    return [Draft("stroke.added", command.model_dump(exclude_unset=True) | spot.where)]


def erase(state: State, command: StrokeErase, ask: Ask) -> list[Draft]:
    spot = spot_to_write_on(state, command.page, ask)
    stroke = sheet_of(spot.page).find(command.stroke)
    if stroke is None:
        return []
    check_own([stroke], ask)
    return [Draft("stroke.erased", {**spot.where, "stroke": command.stroke})]


def trim(state: State, command: StrokeTrim, ask: Ask) -> list[Draft]:
    spot = spot_to_write_on(state, command.page, ask)
    whole = find_object(spot.page, command.stroke)
    if whole["type"] != "stroke":
        raise missing("stroke")
    check_own([whole], ask)
    last = len(whole["points"]) // A_POINT - 1
    ends = [end for part in command.parts for end in (part.from_, part.to)]
    if ends != sorted(ends) or ends[-1] > last or any(part.from_ == part.to for part in command.parts):
        raise refused("not_a_part", "The parts are not ranges of that stroke, one after the other.")
    check_new(spot.page, [part.stroke for part in command.parts])
    numbers = sum(len(cut(whole["points"], part.from_, part.to)) for part in command.parts)
    check_room(spot, len(command.parts) - 1, numbers - numbers_of(whole), ask)
    return [Draft("stroke.trimmed", command.model_dump(by_alias=True) | spot.where)]


def added(state: State, event: Event) -> State:
    data = {key: value for key, value in event.data.items() if key not in WHERE and key != "stroke"}
    stroke: Any = {"object": event.data["stroke"], "type": "stroke", "by": event.actor, "z": event.seq, **data}
    return on_page(state, event.data, lambda page: laid(page, [stroke]))


def erased(state: State, event: Event) -> State:
    gone, bounds = [event.data["stroke"]], bounds_of(state, event.data)
    return on_page(state, event.data, lambda page: taken_off(page, gone, event.actor, bounds))


def trimmed(state: State, event: Event) -> State:
    """The parts lie where the whole lay, and are whose it was."""
    bounds = bounds_of(state, event.data)

    def trim(page: Page) -> Page:
        whole = sheet_of(page).find(event.data["stroke"])
        if whole is None or whole["type"] != "stroke":
            return page
        parts: list[BoardObject] = [
            {**whole, "object": part["stroke"], "points": cut(whole["points"], part["from"], part["to"])}
            for part in event.data["parts"]
        ]
        return laid(taken_off(page, [event.data["stroke"]], event.actor, bounds), parts)

    return on_page(state, event.data, trim)


def cut(points: list[Number], start: float, end: float) -> list[Number]:
    """The points of a part: those between, and at its ends what lies between two of them. The client's arithmetic, to
    the last bit."""
    last = len(points) // A_POINT - 1

    def at(index: float) -> list[Number]:
        before = min(last, math.floor(index))
        after = min(last, before + 1)
        pairs = zip(points[before * A_POINT :][:A_POINT], points[after * A_POINT :][:A_POINT], strict=True)
        return [a + (b - a) * (index - before) for a, b in pairs]

    return [*at(start), *points[(math.floor(start) + 1) * A_POINT : math.ceil(end) * A_POINT], *at(end)]


COMMANDS: dict[str, type[Payload]] = {"stroke.add": Stroke, "stroke.erase": StrokeErase, "stroke.trim": StrokeTrim}
EVENTS: dict[str, type[Payload]] = {
    "stroke.added": StrokeAdded,
    "stroke.erased": StrokeErased,
    "stroke.trimmed": StrokeTrimmed,
}
DECIDE: dict[str, Decider] = {"stroke.add": add, "stroke.erase": erase, "stroke.trim": trim}
APPLY: dict[str, Applier] = {"stroke.added": added, "stroke.erased": erased, "stroke.trimmed": trimmed}
