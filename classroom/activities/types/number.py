"""A number, with how far it may be off, and a unit that is shown behind it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from classroom.activities.question import Asked, Question, QuestionType, frequent
from classroom.activities.values import Number
from classroom.payload import Words


class NumberQuestion(Question):
    """Right is what is no further than `tolerance` from `answer`."""

    type: Literal["number"]
    answer: Number | None = None
    tolerance: Annotated[float, Field(ge=0, le=1e15)] | None = None
    unit: Annotated[Words, StringConstraints(max_length=20)] | None = None

    @model_validator(mode="after")
    def _tolerance_has_an_answer(self) -> Self:
        if self.tolerance is not None and self.answer is None:
            raise ValueError("tolerance")
        return self


EDGE = 2.0**-50
"""As much more, by the largest of the three, may a number be off: decimals that lie on the edge of what is right lie
beside it in binary. Their rounding adds up to no more than 2⁻⁵¹ (IEEE 754, half a unit in the last place each)."""


def _mark(question: Asked, number: float) -> float:
    answer, tolerance = question["answer"], question.get("tolerance", 0)
    off = abs(number - answer) - tolerance
    return float(off <= EDGE * max(abs(number), abs(answer), tolerance))


TYPES = (
    QuestionType(
        NumberQuestion,
        field="number",
        fits=lambda _question, _number: True,
        count=lambda _question, numbers: frequent(numbers),
        mark=_mark,
    ),
)
