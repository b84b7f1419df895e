"""A spot on a picture. Places are shares of its width and height; a radius is one of its width."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field

from classroom.activities.question import Asked, Question, QuestionType, frequent
from classroom.activities.values import Spot
from classroom.payload import Id, Payload

CELLS = 32
"""Spots are counted in so many columns and rows."""

Length = Annotated[float, Field(gt=0, le=1)]


class Circle(Payload):
    shape: Literal["circle"]
    at: Spot
    radius: Length


class Rect(Payload):
    """`at` is its upper left corner, `size` its width and height."""

    shape: Literal["rect"]
    at: Spot
    size: Annotated[list[Length], Field(min_length=2, max_length=2)]


class Polygon(Payload):
    shape: Literal["polygon"]
    points: Annotated[list[Spot], Field(min_length=3, max_length=20)]


Area = Annotated[Circle | Rect | Polygon, Field(discriminator="shape")]


class SpotQuestion(Question):
    """`answer`: right is what is in one of these. `aspect` is how high the picture is, by its width."""

    type: Literal["spot"]
    picture: Id
    aspect: Annotated[float, Field(ge=0.05, le=20)]
    answer: Annotated[list[Area], Field(min_length=1, max_length=10)] | None = None


def _mark(question: Asked, spot: list[float]) -> float:
    return float(any(_lies_in(one, spot, question["aspect"]) for one in question["answer"]))


def _lies_in(area: dict[str, Any], spot: list[float], aspect: float) -> bool:
    x, y = spot
    match area["shape"]:
        case "circle":
            across, down = x - area["at"][0], (y - area["at"][1]) * aspect
            return bool(across * across + down * down <= area["radius"] * area["radius"])
        case "rect":
            (left, top), (width, height) = area["at"], area["size"]
            return bool(left <= x <= left + width and top <= y <= top + height)
        case _:  # a line from the spot to the right crosses an odd number of sides
            sides = pairwise([area["points"][-1], *area["points"]])
            return sum(_is_crossed(x, y, *one, *other) for one, other in sides) % 2 == 1


def _is_crossed(x: float, y: float, ax: float, ay: float, bx: float, by: float) -> bool:
    return (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax


def _cell(spot: list[float]) -> int:
    """From the upper left, line by line."""
    column, row = (min(CELLS - 1, int(one * CELLS)) for one in spot)
    return row * CELLS + column


TYPES = (
    QuestionType(
        SpotQuestion,
        field="spot",
        fits=lambda _question, _spot: True,
        count=lambda _question, spots: frequent(map(_cell, spots)),
        mark=_mark,
    ),
)
