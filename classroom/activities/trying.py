"""A question of a lesson that is over, tried by who looks back at it: marked as it was, and no part of the lesson."""

from __future__ import annotations

from typing import Any

from classroom.activities.question import HIDDEN, Asked, unfit
from classroom.activities.types import type_of
from classroom.activities.values import Values
from classroom.events import Json
from classroom.payload import Id
from classroom.reducer import refused

GAMES = frozenset({"buzzer", "roll"})
"""Of these nobody is right: who is first, and who is here, is so in the lesson alone."""


class Trying(Values):
    """A value as `activity.answer` takes it."""

    activity: Id


def why_not(question: Asked) -> str | None:
    """The code of why a question cannot be tried; None: it can."""
    if question["anonymous"]:
        return "anonymous"
    if question["type"] in GAMES:
        return "game"
    if type_of(question).by_hand:
        return "by_hand"
    return "no_answer" if question.get("answer") is None else None


def tried(question: Asked, command: Trying) -> Json:
    """`mark`, how right it is, 0 to 1, and what was hidden of the question. Raises `not_tried` with the reason as its
    message, `malformed`."""
    if why := why_not(question):
        raise refused("not_tried", WHY[why])
    kind, given = type_of(question), command.model_dump(exclude_none=True, exclude={"activity"})
    value: Any = given.get(kind.field)
    if given.keys() != {kind.field} or not kind.fits(question, value):
        raise unfit(kind.field)
    return {"mark": kind.mark(question, value), **{field: question[field] for field in HIDDEN if field in question}}


WHY = {
    "anonymous": "What was voted without names is not asked again.",
    "game": "A game is played in the lesson alone.",
    "by_hand": "What a teacher marks is not marked here.",
    "no_answer": "Nothing is right or wrong here.",
}
