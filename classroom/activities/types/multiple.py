"""Several of several options."""

from __future__ import annotations

from itertools import chain
from typing import Literal, Self

from pydantic import model_validator

from classroom.activities.question import Asked, QuestionType, WithOptions, votes
from classroom.activities.values import Choices


class Multiple(WithOptions):
    """`answer`: the indices of all right options, in order."""

    type: Literal["multiple"]
    answer: Choices | None = None

    @model_validator(mode="after")
    def _answers_are_options(self) -> Self:
        if self.answer is not None and self.answer[-1] >= len(self.options):
            raise ValueError("answer")
        return self


def _mark(question: Asked, choices: list[int]) -> float:
    """The share of the right ones that was chosen, less one for each that is wrong."""
    right = set(question["answer"])
    hits = len(right.intersection(choices))
    return max(0.0, (hits - (len(choices) - hits)) / len(right))


TYPES = (
    QuestionType(
        Multiple,
        field="choices",
        fits=lambda question, choices: choices[-1] < len(question["options"]),
        count=lambda question, answers: votes(len(question["options"]), chain.from_iterable(answers)),
        mark=_mark,
        columns=lambda question: len(question["options"]),
    ),
)
"""Its tally has more votes than people; `answered` says how many these are."""
