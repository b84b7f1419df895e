"""How a child or a room does from lesson to lesson, beside the others.

Questions are harder on one day than on another, so what is compared is not the result but how far it is ahead of the
others' in the same lesson. That it rises or falls is said only where chance would hardly make it look so: by the test
of Mann (1945), "Nonparametric tests against trend", with the slope of Theil (1950) and Sen (1968). One bad day upsets
neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from itertools import accumulate, combinations
from math import factorial

from classroom.analysis.figures import LEAST, Figure, Least, Missing, Percent, Told, too_small
from classroom.analysis.moments import quantile

WINDOW = 20
"""Lessons, the latest: what was long ago does not say how it goes now."""
CHANCE = 0.05
"""How often, at most, what does not change at all is said to rise or to fall."""
FEWEST = 5
"""Lessons. Of four, even perfect order is chance in 2 of 24 cases."""


class Course(StrEnum):
    RISING = "rising"
    FALLING = "falling"
    OPEN = "open"  # neither can be told from chance


@dataclass(frozen=True, slots=True)
class Lesson:
    """`results`: child → its share of the quiz's marks (`Sheet.results`), of those who made an attempt. `rooms`: child
    → room. A child has one id in all lessons."""

    id: str
    results: Mapping[str, Percent]
    rooms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step(Told):
    """One lesson that it was in: the mean `result` of its `children` in per cent, and by how many per cent points that
    is `ahead` of the mean of all others (below zero: behind)."""

    lesson: str
    children: int
    result: Percent
    ahead: Figure


@dataclass(frozen=True, slots=True)
class Trend(Told):
    """`of` a child or a room. `change`: the per cent points a lesson that it gains on the others, the median over all
    pairs of lessons."""

    of: str
    steps: tuple[Step, ...]
    change: Figure
    course: Course


def of_children(lessons: Sequence[Lesson], least: Least = LEAST) -> tuple[Trend, ...]:
    """Of everyone who is in one of the lessons, which are in the order of time."""
    return _trends(lessons, [{one: [one] for one in lesson.results} for lesson in lessons], least)


def of_rooms(lessons: Sequence[Lesson], least: Least = LEAST) -> tuple[Trend, ...]:
    """Of every room, likewise. A child without a room is one of the others to all of them."""
    groups = []
    for lesson in lessons:
        rooms: dict[str, list[str]] = defaultdict(list)
        for one in lesson.results:
            if one in lesson.rooms:
                rooms[lesson.rooms[one]].append(one)
        groups.append(rooms)
    return _trends(lessons, groups, least)


def _trends(
    lessons: Sequence[Lesson], groups: Iterable[Mapping[str, Sequence[str]]], least: Least
) -> tuple[Trend, ...]:
    steps: dict[str, list[tuple[int, Step]]] = defaultdict(list)
    for place, (lesson, members) in list(enumerate(zip(lessons, groups, strict=True)))[-WINDOW:]:
        total = sum(lesson.results.values())
        for name, mine in members.items():
            steps[name].append((place, _step(lesson, mine, total, least)))
    return tuple(_trend(name, taken) for name, taken in steps.items())


def _step(lesson: Lesson, mine: Sequence[str], total: Percent, least: Least) -> Step:
    own, others = sum(lesson.results[one] for one in mine), len(lesson.results) - len(mine)
    result = own / len(mine)
    ahead = too_small(others, least.answered) or round(result - (total - own) / others, 9)  # equal, whatever the order
    return Step(lesson.id, len(mine), result, ahead)


def _trend(name: str, steps: Sequence[tuple[int, Step]]) -> Trend:
    known = [(place, step.ahead) for place, step in steps if not isinstance(step.ahead, Missing)]
    change, course = _course(known)
    return Trend(name, tuple(step for _, step in steps), change, course)


def _course(known: Sequence[tuple[int, float]]) -> tuple[Figure, Course]:
    missing = too_small(len(known), FEWEST)
    if missing is not None:
        return missing, Course.OPEN
    slopes = [(later - earlier) / (place - before) for (before, earlier), (place, later) in combinations(known, 2)]
    score = sum((slope > 0) - (slope < 0) for slope in slopes)
    course = Course.OPEN
    if abs(score) >= enough(len(known)):
        course = Course.RISING if score > 0 else Course.FALLING
    return quantile(slopes, 0.5), course


@cache
def enough(size: int) -> int:
    """How many more pairs must be in order than out of it, or the other way round, that chance does so in `CHANCE` of
    all cases at most: counted over all orders of `size` different numbers, `FEWEST` at least. Where some are equal, it
    is rarer still."""
    orders = [1]  # how many orders have 0, 1, 2 … pairs out of order
    for more in range(1, size):
        orders = [sum(orders[max(0, out - more) : out + 1]) for out in range(len(orders) + more)]
    tails = accumulate(orders)
    rare = sum(1 for tail in tails if 2 * tail <= CHANCE * factorial(size))
    return size * (size - 1) // 2 - 2 * (rare - 1)
