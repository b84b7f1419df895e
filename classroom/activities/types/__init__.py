"""All types of questions. A new one is a module here, named below, and one beside `web/client/src/activities`."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Annotated

from pydantic import Field, TypeAdapter

from classroom.activities.question import Asked, Question, QuestionType
from classroom.activities.types import (
    buzzer,
    choice,
    data,
    gaps,
    match,
    memory,
    multiple,
    number,
    order,
    spot,
    survey,
    words,
    works,
)

ALL = (
    *choice.TYPES,
    *multiple.TYPES,
    *number.TYPES,
    *words.TYPES,
    *order.TYPES,
    *match.TYPES,
    *gaps.TYPES,
    *buzzer.TYPES,
    *works.TYPES,
    *memory.TYPES,
    *spot.TYPES,
    *survey.TYPES,
    *data.TYPES,
)
ANY: TypeAdapter[Question] = TypeAdapter(
    Annotated[reduce(or_, (one.model for one in ALL)), Field(discriminator="type")]  # type: ignore[arg-type]
)
"""A question of one of the types, as it is kept; how it is run is said when it is asked."""
BY_NAME = {one.name: one for one in ALL}


def type_of(question: Asked) -> QuestionType:
    return BY_NAME[question["type"]]
