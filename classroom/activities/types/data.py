"""Data that a class collects into one table: rows that children type or bring from a watch, room by room.

An answer is all of one's rows, and is given anew whenever there are more. They are data of people, and stand in the
side table as words do; the journal has how many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from classroom.activities.question import Asked, Question, QuestionType, Tally
from classroom.activities.values import Number
from classroom.payload import Payload, Words
from classroom.reducer import refused

MAX_ALL = 10_000
"""Rows of all."""
MAX_SAMPLE = 300
"""Rows of a tally, evenly taken of all: as many as a chart on a tablet shows."""


class Column(Payload):
    """Numbers, `least` to `most` where these are given; or words."""

    name: Annotated[Words, StringConstraints(max_length=60)]
    unit: Annotated[Words, StringConstraints(max_length=20)] | None = None
    words: bool = False
    least: Number | None = None
    most: Number | None = None

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        bounds = [one for one in (self.least, self.most) if one is not None]
        if (self.words and (bounds or self.unit)) or (len(bounds) == 2 and bounds[0] > bounds[1]):
            raise ValueError("words have no unit and no bounds, and the least is not more than the most")
        return self


Chart = Literal["scatter", "line", "histogram", "rooms"]


class Data(Question):
    """`live`: displays show the rows as they come. `chart`: as what."""

    type: Literal["data"]
    table: Annotated[list[Column], Field(min_length=1, max_length=8)]
    live: bool = False
    chart: Chart = "scatter"


Cells = Sequence[float | str | None]


def _fits(data: Asked, rows: Sequence[Cells]) -> bool:
    table = data["table"]
    return all(len(row) == len(table) and any(cell is not None for cell in row) for row in rows) and all(
        _suits(column, cell) for row in rows for column, cell in zip(table, row, strict=True)
    )


def _suits(column: Asked, cell: float | str | None) -> bool:
    if cell is None or isinstance(cell, str):
        return cell is None or bool(column.get("words"))
    if column.get("words"):
        return False
    least, most = column.get("least"), column.get("most")
    return (least is None or cell >= least) and (most is None or cell <= most)


def _taken(data: Asked, whose: str, rows: Sequence[Cells], _: int) -> Sequence[Cells]:
    others = sum(one.get("size", 0) for who, one in data["answers"].items() if who != whose)
    if others + len(rows) > MAX_ALL:
        raise refused("too_many", f"All together send at most {MAX_ALL} rows.")
    return rows


def _count(_: Asked, every: Iterable[Sequence[Cells]]) -> Tally:
    """How many rows there are, and some of them."""
    rows = list(chain.from_iterable(every))
    some = min(MAX_SAMPLE, len(rows))
    return [len(rows), [rows[n * len(rows) // some] for n in range(some)]]


def _beside(data: Asked, rows: Sequence[Any]) -> dict[str, Any]:
    return {"size": len(rows), **({"live": True} if data.get("live") else {})}


TYPES = (
    QuestionType(
        Data,
        field="rows",
        fits=_fits,
        count=_count,
        taken=_taken,
        again=lambda _data, _before: True,
        beside=_beside,
        by_room=True,
        words=True,
        grows=True,
    ),
)
