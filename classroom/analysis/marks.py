"""What is analysed: questions, and the marks that each of the class got for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TypeAlias

from classroom.analysis.figures import Mark, Percent
from classroom.analysis.moments import UNITS, units

MAX_MARK = 1_000_000
"""Of a question; far past what anyone gives, and far from where numbers lose their decimals."""

Marks: TypeAlias = Mapping[str, Mapping[str, Mark | None]]
"""Participant → item → mark. None, or not there: not answered. What is still to be marked by hand is no item yet."""
Choices: TypeAlias = Mapping[str, Mapping[str, Collection[str]]]
"""Participant → item → the options that it chose."""
Times: TypeAlias = Mapping[str, Mapping[str, int]]
"""Participant → item → milliseconds from the question's opening to the answer."""


@dataclass(frozen=True, slots=True)
class Option:
    """`credit`: the share of the question's marks that choosing it brings, which may be negative; None where it brings
    marks only together with others, or none are given."""

    id: str
    credit: Percent | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A question. `guess`: the share of its marks that guessing brings on average, None where nobody can tell;
    `points`: the knowledge points it asks for."""

    id: str
    max_mark: Mark
    guess: Percent | None = None
    options: tuple[Option, ...] = ()
    points: tuple[str, ...] = ()


def guessed(options: Sequence[Option]) -> Percent | None:
    """What guessing brings where one option is to be chosen: the mean of what each brings, as Moodle has it."""
    credits = [one.credit for one in options if one.credit is not None]
    return sum(credits) / len(credits) if credits and len(credits) == len(options) else None


@dataclass(frozen=True, slots=True)
class Sheet:
    """Marks as a matrix of whole numbers (`moments.UNITS` of a mark).

    An attempt is a participant with one answer at least; in it, what was not answered counts as nothing, the first of
    the three ways that Moodle's "Quiz statistics calculations" weighs under "Incomplete attempts", and takes.
    """

    items: tuple[Item, ...]
    people: tuple[str, ...]
    columns: tuple[tuple[int, ...], ...]  # of each item, the marks of `people`
    answered: tuple[tuple[bool, ...], ...]  # the same
    totals: tuple[int, ...]

    @classmethod
    def of(cls, items: Sequence[Item], marks: Marks) -> Sheet:
        """Marks of other items are passed over. Raises ValueError where an item is there twice, or a number is none."""
        if len({item.id for item in items}) < len(items):
            raise ValueError("an item is there twice")
        if not all(0 <= item.max_mark <= MAX_MARK for item in items):
            raise ValueError(f"an item gives 0 to {MAX_MARK} marks")
        shares = [share for item in items for share in (item.guess, *(option.credit for option in item.options))]
        if not all(share is None or isfinite(share) for share in shares):
            raise ValueError("what guessing or an option brings is not a number")
        people = tuple(one for one, row in marks.items() if any(row.get(item.id) is not None for item in items))
        columns = tuple(tuple(_units(marks[one].get(item.id)) for one in people) for item in items)
        answered = tuple(tuple(marks[one].get(item.id) is not None for one in people) for item in items)
        totals = tuple(map(sum, zip(*columns, strict=True)))
        return cls(tuple(items), people, columns, answered, totals)

    @property
    def attempts(self) -> int:
        return len(self.people)

    @property
    def max_mark(self) -> Mark:
        return sum(units(item.max_mark) for item in self.items) / UNITS

    def rest(self, place: int) -> tuple[int, ...]:
        """What each has in the rest of the quiz: without the item at this place."""
        return tuple(total - mark for total, mark in zip(self.totals, self.columns[place], strict=True))

    def results(self) -> dict[str, Percent]:
        """Of each attempt, the share of the quiz's marks; empty where it gives none."""
        whole = self.max_mark * UNITS
        return {one: 100 * total / whole for one, total in zip(self.people, self.totals, strict=True)} if whole else {}


def _units(mark: Mark | None) -> int:
    if mark is None:
        return 0
    if not isfinite(mark) or abs(mark) > MAX_MARK:
        raise ValueError("a mark is not a number that anyone gives")
    return units(mark)
