"""A game of memory: cards lie face down, two are turned over, and stay so where they belong together."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from classroom.activities.question import Asked, Option, Pictures, QuestionType, WithOptions, frequent


class Memory(WithOptions):
    """Each of `options` is a card, and so is the one of `targets` that belongs to it; tablets shuffle them. `answer`:
    how many pairs are to be found."""

    type: Literal["memory"]
    targets: Annotated[list[Option], Field(min_length=2, max_length=10)]
    target_pictures: Pictures | None = None
    answer: Annotated[int, Field(ge=1, le=10)] | None = None

    @model_validator(mode="after")
    def _cards_are_pairs(self) -> Self:
        if len(self.targets) != len(self.options):
            raise ValueError("targets")
        if self.target_pictures is not None and len(self.target_pictures) != len(self.targets):
            raise ValueError("target_pictures")
        if self.answer is not None and self.answer > len(self.options):
            raise ValueError("answer")
        ones = zip(self.options, self.pictures or [None] * 10, strict=False)
        others = zip(self.targets, self.target_pictures or [None] * 10, strict=False)
        pairs = [{one, other} for one, other in zip(ones, others, strict=True)]
        if sum(map(len, pairs)) > len(set().union(*pairs)):
            raise ValueError("two pairs have a card that looks the same")
        return self


def _fits(question: Asked, game: dict[str, Any]) -> bool:
    """Whoever finds a pair has turned for it."""
    return bool(game["found"] <= min(len(question["options"]), game["turns"]))


TYPES = (
    QuestionType(
        Memory,
        field="game",
        fits=_fits,
        count=lambda question, games: frequent(
            one["turns"] for one in games if one["found"] == len(question["options"])
        ),
        mark=lambda question, game: float(game["found"] >= question["answer"]),
    ),
)
"""Its tally is of the turns that those took who have found all."""
