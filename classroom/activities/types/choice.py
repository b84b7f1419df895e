"""One of several options: a question with a right one, a vote without, a roll call, true or false, a rating."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from classroom.activities.question import Asked, Index, Option, Question, QuestionType, WithOptions, votes


class Choice(WithOptions):
    """`answer` is an index of `options`, or there is no right one."""

    type: Literal["choice"]
    answer: Index | None = None

    @model_validator(mode="after")
    def _answer_is_an_option(self) -> Self:
        if self.answer is not None and self.answer >= len(self.options):
            raise ValueError("answer")
        return self


class Vote(WithOptions):
    """Nothing is right or wrong."""

    type: Literal["vote"]


class Roll(Question):
    """A roll call: its one option says "here", and pages do so in their own language."""

    type: Literal["roll"]
    options: Annotated[list[Option], Field(min_length=1, max_length=1)]


class TrueFalse(Question):
    """`answer` 0: it is true, 1: it is not. Pages name both in their viewer's language."""

    type: Literal["truefalse"]
    answer: Annotated[int, Field(ge=0, le=1)] | None = None


class Rating(Question):
    """So many `steps`, from the least on; `ends` say what the first and the last mean."""

    type: Literal["rating"]
    steps: Annotated[int, Field(ge=2, le=10)]
    ends: Annotated[list[Option], Field(min_length=2, max_length=2)] | None = None


def _type(model: type[Question], columns: Any) -> QuestionType:
    return QuestionType(
        model,
        field="choice",
        fits=lambda question, choice: choice < columns(question),
        count=lambda question, choices: votes(columns(question), choices),
        mark=lambda question, choice: float(choice == question["answer"]),
        columns=columns,
    )


def _options(question: Asked) -> int:
    return len(question["options"])


TYPES = (
    _type(Choice, _options),
    _type(Vote, _options),
    _type(Roll, _options),
    _type(TrueFalse, lambda _: 2),
    _type(Rating, lambda question: question["steps"]),
)
