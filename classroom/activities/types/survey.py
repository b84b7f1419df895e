"""Several questions in one activity, of which none has a right answer.

An answer is the list of all that one has answered so far, from the first question on: it is sent anew after each of
them, so a tablet that dies has lost nothing, and what a child did not finish counts as far as it came. One without a
name cannot be found again to be completed, so it is sent once, whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal, Self

from pydantic import Field, RootModel, create_model, model_validator

from classroom.activities.question import HIDDEN, Asked, Question, QuestionType, Tally
from classroom.activities.types import choice, multiple, number, order, words
from classroom.errors import ClientFault
from classroom.payload import Payload

NO_PARTS = (*HIDDEN, "sound", "worth", "rubric")
MAX_LONG, MAX_ALL_LONG = 10_000, 40_000
"""Characters of a long text, and of all that a survey asks for: the list of all answers is one message, which may be
twice as long as what is in it."""


class Part(Payload):
    """A question of a survey. Where it is not `required`, an answer may be null."""

    required: bool = False

    @model_validator(mode="after")
    def _asks_and_no_more(self) -> Self:
        if any(getattr(self, field, None) is not None for field in NO_PARTS):
            raise ValueError("a question of a survey has no right answer, no points and no sound")
        return self


TYPES_OF_PARTS = {
    one.name: one
    for one in (*choice.TYPES, *multiple.TYPES, *number.TYPES, *words.TYPES, *order.TYPES)
    if one.name != "roll"
}
PARTS = [
    create_model(f"{one.model.__name__}Part", __base__=(Part, one.model), __doc__=one.model.__doc__)
    for one in TYPES_OF_PARTS.values()
]


class AnyPart(RootModel[Annotated[reduce(or_, PARTS), Field(discriminator="type")]]):  # type: ignore[misc]
    """A question of one of these types."""


class Survey(Question):
    """Its `questions` are asked one after the other. The `prompt` is what it is called."""

    type: Literal["survey"]
    questions: Annotated[list[AnyPart], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _is_read(self) -> Self:
        if getattr(self, "anonymous", False) and any(one.root.type == "essay" for one in self.questions):
            raise ValueError("nobody could read the long texts of an anonymous survey")
        return self


Answers = Sequence[dict[str, Any] | None]


def _fits(survey: Asked, answers: Answers) -> bool:
    asked = survey["questions"]
    if len(answers) > len(asked) or (survey.get("anonymous") and not is_whole(survey, answers)):
        return False
    longest = longest_of(survey)
    if any(len(answer.get("text") or "") > longest for answer in answers if answer is not None):
        raise ClientFault("text_too_long", f"Of the long texts of this survey each has at most {longest} characters.")
    return all(_answers(question, answer) for question, answer in zip(asked, answers, strict=False))


def _answers(question: Asked, answer: dict[str, Any] | None) -> bool:
    if answer is None:
        return not question.get("required")
    kind = TYPES_OF_PARTS[question["type"]]
    return answer.keys() == {kind.field} and kind.fits(question, answer[kind.field])


def longest_of(survey: Asked) -> int:
    """Characters of each of its long texts: the more there are, the shorter they are."""
    essays: int = sum(one["type"] == "essay" for one in survey["questions"])
    return min(MAX_LONG, MAX_ALL_LONG // max(1, essays))


def is_whole(survey: Asked, answers: Answers | None) -> bool:
    return answers is not None and len(answers) == len(survey["questions"])


def _count(survey: Asked, every: Sequence[Answers]) -> Tally:
    """For each question how many answered it, and what came of it."""
    every = list(every)
    return [
        _column(question, [one[at] for one in every if at < len(one)])
        for at, question in enumerate(survey["questions"])
    ]


def _column(question: Asked, answers: Answers) -> list[Any]:
    kind = TYPES_OF_PARTS[question["type"]]
    values = [answer[kind.field] for answer in answers if answer is not None]
    return [len(values), kind.count(question, values)]


TYPES = (
    QuestionType(
        Survey,
        field="answers",
        fits=_fits,
        count=_count,  # type: ignore[arg-type]
        again=lambda survey, before: bool(survey.get("changeable")) or not is_whole(survey, before),
        words=True,
        grows=True,
        said=True,
        nameless=True,
    ),
)
