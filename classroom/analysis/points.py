"""Knowledge points: how much of each the class has reached, and who has not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from classroom.analysis import intervals
from classroom.analysis.figures import LEAST, Estimate, Estimated, Least, Missing, Percent, Told, too_small
from classroom.analysis.marks import Item, Marks, Sheet
from classroom.analysis.moments import units

TARGET: Percent = 60
"""What a class should reach, unless the school says otherwise: the pass mark of Chinese schools."""


class Reading(StrEnum):
    WEAK = "weak"  # the whole interval is below the target
    REACHED = "reached"  # no part of it is
    OPEN = "open"  # the target is within it, or there is none


@dataclass(frozen=True, slots=True)
class Point(Told):
    """`questions`: how many ask for it; `answered`: how many children answered one of them. `share`: the mean of the
    shares of marks that these reached in what they answered; every child counts once, whether it answered one or all.
    `below`: the children whose own share is below the target."""

    point: str
    questions: int
    answered: int
    share: Estimated
    reading: Reading
    below: tuple[str, ...]


def points(items: Sequence[Item], marks: Marks, target: Percent = TARGET, least: Least = LEAST) -> tuple[Point, ...]:
    """The weakest first, those of which nothing can be said last. Raises ValueError as `Sheet.of` does.

    Other than in the quiz's figures, what a child did not answer does not count: who came late has not failed what was
    asked before.
    """
    sheet = Sheet.of(items, marks)
    named = dict.fromkeys(point for item in items for point in item.points)
    return tuple(sorted((_point(sheet, name, target, least) for name in named), key=_weakness))


def _weakness(point: Point) -> float:
    return point.share.value if isinstance(point.share, Estimate) else 101


def _point(sheet: Sheet, name: str, target: Percent, least: Least) -> Point:
    places = [place for place, item in enumerate(sheet.items) if name in item.points and units(item.max_mark)]
    asked = sum(name in item.points for item in sheet.items)
    shares = _shares(sheet, places)
    missing = (None if places else Missing.NO_MARKS) or too_small(len(shares), least.answered)
    share: Estimated = missing or intervals.wilson(float(sum(shares.values()) / len(shares)), len(shares))
    below = tuple(one for one, reached in shares.items() if 100 * reached < target)
    return Point(name, asked, len(shares), share, _reading(share, target), below)


def _shares(sheet: Sheet, places: Iterable[int]) -> Mapping[str, Fraction]:
    """Of each who answered one of these items, the share of marks in those that it answered, 0 to 1."""
    reached, possible = dict.fromkeys(sheet.people, 0), dict.fromkeys(sheet.people, 0)
    for place in places:
        most = units(sheet.items[place].max_mark)
        for one, mark, answered in zip(sheet.people, sheet.columns[place], sheet.answered[place], strict=True):
            reached[one] += mark
            possible[one] += most * answered
    shares = {one: Fraction(reached[one], most) for one, most in possible.items() if most}
    return {one: min(max(share, Fraction(0)), Fraction(1)) for one, share in shares.items()}


def _reading(share: Estimated, target: Percent) -> Reading:
    if isinstance(share, Missing):
        return Reading.OPEN
    if share.high < target:
        return Reading.WEAK
    return Reading.REACHED if share.low >= target else Reading.OPEN
