"""Options to be put in order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Self

from pydantic import model_validator

from classroom.activities.question import Asked, QuestionType, Tally, WithOptions, sameness
from classroom.activities.values import Order


class Ordering(WithOptions):
    """`options` as they are shown at first; `answer`: their indices in the right order."""

    type: Literal["order"]
    answer: Order | None = None

    @model_validator(mode="after")
    def _all_are_ordered(self) -> Self:
        if self.answer is not None and len(self.answer) != len(self.options):
            raise ValueError("answer")
        return self


def _count(question: Asked, orders: Iterable[list[int]]) -> Tally:
    """For each option, how many put it in each place."""
    size = len(question["options"])
    places = [[0] * size for _ in range(size)]
    for order in orders:
        for place, option in enumerate(order):
            places[option][place] += 1
    return places


TYPES = (
    QuestionType(
        Ordering,
        field="order",
        fits=lambda question, order: len(order) == len(question["options"]),
        count=_count,
        mark=lambda question, order: sameness(order, question["answer"]),
    ),
)
