"""A figure is a number, or the reason why there is none.

Shares are per cent (`Percent`, 0 to 100, as Moodle publishes them), marks are marks, times are milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, TypeAlias

Percent: TypeAlias = float
Mark: TypeAlias = float

DIGITS = 4
"""Behind the point, on a page and in a file: more than anyone can read out of a class."""


class Missing(StrEnum):
    """Why a figure is not shown: stable codes."""

    NOBODY = "nobody"  # there is nobody of whom it could tell
    TOO_FEW = "too_few"  # there is a number, which chance has made
    NO_SPREAD = "no_spread"  # all have the same mark, in the question or in the rest of the quiz
    ONE_QUESTION = "one_question"  # there is no rest of the quiz
    NO_MARKS = "no_marks"  # the question, or the quiz, gives none
    NEGATIVE = "negative"  # the question's marks run against the total
    NOT_ASKED = "not_asked"  # nothing was asked for that it could count
    NOT_GUESSED = "not_guessed"  # what guessing brings is not known
    OFF = "off"  # the school does not want it


@dataclass(frozen=True, slots=True)
class Told:
    """A result that goes to a page as it is."""

    def json(self) -> dict[str, Any]:
        """Plain JSON under the names of the fields; a missing figure is its code."""
        return {each.name: _plain(getattr(self, each.name)) for each in fields(self)}


@dataclass(frozen=True, slots=True)
class Estimate(Told):
    """A number, and between which two it lies for 19 of 20 classes like this one."""

    value: float
    low: float
    high: float


Figure: TypeAlias = float | Missing
Estimated: TypeAlias = Estimate | Missing


@dataclass(frozen=True, slots=True)
class Least:
    """From how many on a figure is shown: with fewer, nobody could tell one reading of it from another.
    docs/statistics.md says where each number comes from."""

    compared: int = 16  # attempts, for whatever sets a question against the rest; four make an interval
    skewness: int = 21  # attempts
    kurtosis: int = 88  # attempts
    answered: int = 6  # children, for a knowledge point and for a lesson in a trend
    quartiles: int = 4  # times


LEAST = Least()
AS_DEFINED = Least(compared=4, skewness=3, kurtosis=4, answered=1, quartiles=1)
"""Whatever its formula gives: to compare with other programs."""


def too_small(size: int, least: int) -> Missing | None:
    """Why so many say nothing, if they do not."""
    if not size:
        return Missing.NOBODY
    return Missing.TOO_FEW if size < least else None


def _plain(value: Any) -> Any:
    match value:
        case Told():
            return value.json()
        case StrEnum():
            return value.value
        case float():
            return round(value, DIGITS) + 0.0  # no "-0.0"
        case tuple():
            return [_plain(one) for one in value]
    return value
