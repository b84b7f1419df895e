"""A text with gaps, to be filled in or chosen for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from classroom.activities.question import (
    Asked,
    Options,
    Question,
    QuestionType,
    Short,
    Tally,
    accepted,
    frequent,
    plain,
)
from classroom.payload import Words

GAP = "___"
MAX_GAPS = 20

Accepted = Annotated[list[Short], Field(min_length=1, max_length=20)]


class Gaps(Question):
    """Each `___` of the text is a gap. `answer`: for each all that is accepted. With `options` one chooses."""

    type: Literal["gaps"]
    text: Words
    options: Options | None = None
    answer: Annotated[list[Annotated[list[Short], Field(min_length=1, max_length=20)]], Field(max_length=20)] | None = (
        None
    )

    @model_validator(mode="after")
    def _all_are_filled(self) -> Self:
        gaps = gaps_of(self.text)
        if not 1 <= gaps <= MAX_GAPS:
            raise ValueError(f"1 to {MAX_GAPS} gaps, each written {GAP}")
        if self.answer is not None and len(self.answer) != gaps:
            raise ValueError("answer")
        return self


def gaps_of(text: str) -> int:
    return text.count(GAP)


def _count(question: Asked, answers: Iterable[list[str]]) -> Tally:
    """For each gap what stands in it how often."""
    return [frequent(plain(text) for text in texts if text) for texts in _columns(question, answers)]


def _columns(question: Asked, answers: Iterable[list[str]]) -> list[list[str]]:
    columns: list[list[str]] = [[] for _ in range(gaps_of(question["text"]))]
    for texts in answers:
        for column, text in zip(columns, texts, strict=True):
            column.append(text)
    return columns


def _mark(question: Asked, texts: list[str]) -> float:
    """The share of gaps that are filled rightly."""
    return sum(accepted(text, right) for text, right in zip(texts, question["answer"], strict=True)) / len(texts)


TYPES = (
    QuestionType(
        Gaps,
        field="texts",
        fits=lambda question, texts: len(texts) == gaps_of(question["text"]),
        count=_count,
        mark=_mark,
        words=True,
        said=True,
    ),
)
