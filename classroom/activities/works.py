"""Answers that are works: something read aloud, drawn or photographed. It is sent to the server first, and the answer
names it; here is what it may be, and whose it must be."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from classroom.activities.question import WorkKind
from classroom.board.bricks import Color, Points, Width
from classroom.events import Json
from classroom.payload import Payload
from classroom.reducer import Sent, missing

MOST_MS = 60_000
"""Of what is read aloud."""
MOST_LINES = 1000
MOST_NUMBERS = 40_000
"""Of the points of all lines: ten thousand points, which is five minutes without lifting the pen."""


class Line(Payload):
    """A finished line, as the board's strokes are, but for when it was drawn."""

    tool: Literal["pen", "highlighter"]
    color: Color
    width: Width
    points: Points


class Ink(Payload):
    """A drawing on a sheet as large as the board's pages; what lies under it is the question's."""

    lines: Annotated[list[Line], Field(min_length=1, max_length=MOST_LINES)]

    @model_validator(mode="after")
    def _is_not_too_much(self) -> Self:
        if sum(len(line.points) for line in self.lines) > MOST_NUMBERS:
            raise ValueError("too many points")
        return self


def checked(work: Sent | None, kind: WorkKind, file: str, whose: str, activity: str) -> Json:
    """What an answer tells of a work beside its id. Raises `not_found` where it is not this one's, for this activity,
    and of this kind."""
    if work is None or (work.id, work.kind, work.participant, work.activity) != (file, kind, whose, activity):
        raise missing("work")
    return {} if work.duration_ms is None else {"duration_ms": work.duration_ms}
