"""What an answer may be made of: the fields of `activity.answer`."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from classroom.activities.question import Index, Short
from classroom.payload import Id, LongWords, Payload, Words


def _ascending(choices: list[int]) -> list[int]:
    if any(one >= other for one, other in pairwise(choices)):
        raise ValueError("each once, and in order")
    return choices


def _permutation(order: list[int]) -> list[int]:
    if sorted(order) != list(range(len(order))):
        raise ValueError("each place once")
    return order


Choices = Annotated[list[Index], Field(min_length=1, max_length=10), AfterValidator(_ascending)]
"""Indices, each once, from the smallest on."""
Number = Annotated[float, Field(ge=-1e15, le=1e15)]
Order = Annotated[list[Index], Field(min_length=2, max_length=10), AfterValidator(_permutation)]
"""The indices of all options as they are to follow each other."""
Pairs = Annotated[list[Index | None], Field(min_length=2, max_length=10)]
"""For each option the index of its target; null: none."""
Texts = Annotated[list[Short | Annotated[str, StringConstraints(max_length=0)]], Field(min_length=1, max_length=20)]

Spot = Annotated[list[Annotated[float, Field(ge=0, le=1)]], Field(min_length=2, max_length=2)]
"""How far across and down a picture, by its width and height."""


class Game(Payload):
    """What came of a game of memory: pairs found, in so many turns of two cards, in so long a time."""

    found: Annotated[int, Field(ge=0, le=10)]
    turns: Annotated[int, Field(ge=0, le=1000)]
    ms: Annotated[int, Field(ge=0, le=3_600_000)]


MAX_ROWS = 1000
"""Of one who answers."""
Cell = Number | Annotated[Words, StringConstraints(max_length=100)] | None
Rows = Annotated[list[Annotated[list[Cell], Field(min_length=1, max_length=8)]], Field(max_length=MAX_ROWS)]


class One(Payload):
    """One of these, as the type of the question has it."""

    choice: Index | None = None
    choices: Choices | None = None
    number: Number | None = None
    text: LongWords | None = None
    texts: Texts | None = None
    order: Order | None = None
    pairs: Pairs | None = None


class Values(One):
    """Or one of these, which are no part of a survey. `answers`: to its questions, null for none. `rows`: all of one's
    own."""

    buzz: Literal[True] | None = None
    file: Id | None = None
    spot: Spot | None = None
    game: Game | None = None
    rows: Rows | None = None
    answers: Annotated[list[One | None], Field(min_length=1, max_length=20)] | None = None
