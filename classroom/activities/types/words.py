"""A few words with right ones among them, a longer text, words for a cloud."""

from __future__ import annotations

from itertools import chain
from typing import Annotated, Literal

from pydantic import Field

from classroom.activities.question import ByHand, Question, QuestionType, Short, accepted, frequent, plain

MAX_SHORT = 300


class Text(Question):
    """`answer`: all that is accepted. Large and small letters, wide forms and spaces are as one."""

    type: Literal["text"]
    answer: Annotated[list[Short], Field(min_length=1, max_length=20)] | None = None


class Essay(ByHand):
    """Read, and marked by hand."""

    type: Literal["essay"]


class Cloud(Question):
    """Up to so many words each; what many say is large."""

    type: Literal["cloud"]
    words: Annotated[int, Field(ge=1, le=5)] = 3


TYPES = (
    QuestionType(
        Text,
        field="text",
        fits=lambda _, text: len(text) <= MAX_SHORT,
        count=lambda _, texts: frequent(map(plain, texts)),
        mark=lambda question, text: float(accepted(text, question["answer"])),
        words=True,
        said=True,
    ),
    QuestionType(
        Essay, field="text", fits=lambda _question, _text: True, count=lambda _question, _texts: [], words=True
    ),
    QuestionType(
        Cloud,
        field="texts",
        fits=lambda question, texts: len(texts) <= question["words"] and all(texts),
        count=lambda _, answers: frequent(plain(text) for text in chain.from_iterable(answers)),
        words=True,
        said=True,
    ),
)
