"""All types of questions. A new one is a module here, named below, and one beside `web/client/src/activities`."""

from __future__ import annotations

from classroom.activities.question import Asked, QuestionType
from classroom.activities.types import (
    buzzer,
    choice,
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
    *survey.TYPES,
    *memory.TYPES,
    *spot.TYPES,
)
BY_NAME = {one.name: one for one in ALL}


def type_of(question: Asked) -> QuestionType:
    return BY_NAME[question["type"]]
