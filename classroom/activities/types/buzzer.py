"""Who is first. What counts is when the server received it, for no other clock is the same for all.

An answer in the journal is `{place, at}`: 0 is the first, `at` the lesson's clock. Two of one millisecond have the
order in which they came.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from classroom.activities.question import Asked, Question, QuestionType, Tally
from classroom.payload import Payload
from classroom.reducer import refused

MAX_BUZZES = 10
"""The first so many are taken: everyone is told of each at once, and those behind them will hardly have their turn."""


class Buzzer(Question):
    """A round. It opens by command, so nobody can be too early; another round is another activity."""

    type: Literal["buzzer"]


class Buzz(Payload):
    """What the journal keeps of an answer."""

    place: int
    at: int


def _taken(activity: Asked, _whose: str, _: Any, now: int) -> dict[str, int]:
    place = len(activity["answers"])
    if place >= MAX_BUZZES:
        raise refused("too_late", f"{MAX_BUZZES} were faster.")
    return {"place": place, "at": now}


def _times(_: Asked, buzzes: Iterable[dict[str, int]]) -> Tally:
    """When each came, the first first."""
    return [one["at"] for one in sorted(buzzes, key=lambda one: one["place"])]


TYPES = (
    QuestionType(
        Buzzer,
        field="buzz",
        fits=lambda _question, _buzz: True,
        count=_times,
        taken=_taken,
        again=lambda _question, _before: False,
        public=True,
        by_room=True,
    ),
)
