"""Options to be matched with targets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from classroom.activities.question import (
    Asked,
    Index,
    Option,
    Pictures,
    QuestionType,
    Tally,
    WithOptions,
    sameness,
)
from classroom.activities.values import Pairs


class Match(WithOptions):
    """`answer`: for each of `options` the index of its target. There may be targets that are nobody's, and pictures of
    targets as there are of options."""

    type: Literal["match"]
    targets: Annotated[list[Option], Field(min_length=2, max_length=10)]
    target_pictures: Pictures | None = None
    answer: Annotated[list[Index], Field(min_length=2, max_length=10)] | None = None

    @model_validator(mode="after")
    def _all_are_matched(self) -> Self:
        if self.target_pictures is not None and len(self.target_pictures) != len(self.targets):
            raise ValueError("target_pictures")
        if self.answer is not None and not _fits(self.model_dump(), self.answer):
            raise ValueError("answer")
        return self


def _fits(question: Asked, pairs: Iterable[int | None]) -> bool:
    pairs = list(pairs)
    return len(pairs) == len(question["options"]) and all(
        target is None or target < len(question["targets"]) for target in pairs
    )


def _count(question: Asked, answers: Iterable[Pairs]) -> Tally:
    """For each option, how many matched it with each target."""
    table = [[0] * len(question["targets"]) for _ in question["options"]]
    for pairs in answers:
        for option, target in enumerate(pairs):
            if target is not None:
                table[option][target] += 1
    return table


TYPES = (
    QuestionType(
        Match,
        field="pairs",
        fits=_fits,
        count=_count,
        mark=lambda question, pairs: sameness(pairs, question["answer"]),
    ),
)
