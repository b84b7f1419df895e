"""Each question: how hard it was, what it weighs, whether it tells the strong from the weak, how long it took.

By Moodle's "Quiz statistics calculations", Position statistics (docs.moodle.org/dev), whose letters these are: S
attempts, P questions, x the marks of this one, T the totals, X = T − x the rest of the quiz, V a variance, C a
covariance. The least possible mark is 0, as it is in Moodle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from math import sqrt

from classroom.analysis import intervals, moments
from classroom.analysis.figures import Estimated, Figure, Least, Missing, Percent, Told, too_small
from classroom.analysis.marks import Choices, Item, Sheet, Times
from classroom.analysis.options import Chosen, chosen

DOUBTFUL: Percent = 15
"""Moodle marks a question as dubious whose discriminative efficiency is below this."""


@dataclass(frozen=True, slots=True)
class Taken(Told):
    """How long those took who answered, in milliseconds: half of them at most `median_ms`."""

    times: int
    lower_ms: Figure
    median_ms: Figure
    upper_ms: Figure


@dataclass(frozen=True, slots=True)
class Question(Told):
    """One question's figures, of all attempts; all but counts and times in per cent.

    facility: 100 x̄ / max. sd: 100 √V(x) / max. intended_weight: 100 max / Σ max. effective_weight: 100 √C(x, T) / Σ √C,
    over the questions whose covariance is not negative. discrimination: 100 C(x, X) / √(V(x) V(X)). efficiency:
    100 C(x, X) / Cmax, where Cmax is the covariance when x and X are each put in order, the most that there could be.
    """

    item: str
    attempts: int
    answered: int
    facility: Figure
    sd: Figure
    guess: Figure
    intended_weight: Figure
    effective_weight: Figure
    discrimination: Estimated
    efficiency: Figure
    doubtful: bool
    time: Taken
    options: tuple[Chosen, ...]


def questions(sheet: Sheet, choices: Choices, times: Times, least: Least) -> tuple[Question, ...]:
    """In the order of the items."""
    weights = _effective_weights(sheet, least)
    return tuple(_question(sheet, place, weights[place], choices, times, least) for place in range(len(sheet.items)))


def _question(sheet: Sheet, place: int, weight: Figure, choices: Choices, times: Times, least: Least) -> Question:
    item, marks, rest = sheet.items[place], sheet.columns[place], sheet.rest(place)
    discrimination, efficiency = _discrimination(sheet, marks, rest, least)
    return Question(
        item=item.id,
        attempts=sheet.attempts,
        answered=sum(sheet.answered[place]),
        facility=_facility(item, marks),
        sd=_sd(item, marks),
        guess=Missing.NOT_GUESSED if item.guess is None else item.guess,
        intended_weight=100 * item.max_mark / sheet.max_mark if sheet.max_mark else Missing.NO_MARKS,
        effective_weight=weight,
        discrimination=discrimination,
        efficiency=efficiency,
        doubtful=not isinstance(efficiency, Missing) and efficiency < DOUBTFUL,
        time=_taken(item, compress(sheet.people, sheet.answered[place]), times, least),
        options=chosen(sheet, place, rest, choices, least),
    )


def _facility(item: Item, marks: Sequence[int]) -> Figure:
    missing = _markless(item) or too_small(len(marks), 1)
    return missing or 100 * sum(marks) / (len(marks) * moments.units(item.max_mark))


def _sd(item: Item, marks: Sequence[int]) -> Figure:
    missing = _markless(item) or too_small(len(marks), 2)
    return missing or 100 * moments.deviation(marks) / item.max_mark


def _markless(item: Item) -> Missing | None:
    return None if moments.units(item.max_mark) else Missing.NO_MARKS


def _effective_weights(sheet: Sheet, least: Least) -> list[Figure]:
    missing = too_small(sheet.attempts, least.compared)
    if missing is not None:
        return [missing] * len(sheet.items)
    shared = [moments.joint(column, sheet.totals) for column in sheet.columns]
    roots = [sqrt(max(one, 0)) for one in shared]
    whole = sum(roots)

    def weight(one: int, root: float) -> Figure:
        if one < 0:
            return Missing.NEGATIVE
        return 100 * root / whole if whole else Missing.NO_SPREAD

    return list(map(weight, shared, roots))


def _discrimination(sheet: Sheet, marks: Sequence[int], rest: Sequence[int], least: Least) -> tuple[Estimated, Figure]:
    missing = too_small(sheet.attempts, least.compared) or (Missing.ONE_QUESTION if len(sheet.items) == 1 else None)
    spread = moments.joint(marks, marks) * moments.joint(rest, rest)
    if missing is not None or not spread:
        missing = missing or Missing.NO_SPREAD
        return missing, missing
    shared, most = moments.joint(marks, rest), moments.joint(sorted(marks), sorted(rest))
    return intervals.correlation(shared / sqrt(spread), len(marks)), 100 * shared / most


def _taken(item: Item, people: Iterable[str], times: Times, least: Least) -> Taken:
    known = [ms for one in people if (ms := times.get(one, {}).get(item.id)) is not None]

    def quantile(share: float, fewest: int) -> Figure:
        return too_small(len(known), fewest) or moments.quantile(known, share)

    return Taken(len(known), quantile(0.25, least.quartiles), quantile(0.5, 1), quantile(0.75, least.quartiles))
