"""A score of participation. Its formula is data: it stands beside the score, a school may change it, and it can be off.

It counts that one took part, never whether one was right, and says nothing of what was learnt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from classroom.analysis.figures import Figure, Missing, Told
from classroom.errors import ClientFault

MAX_TERMS = 10
MAX_NUMBER = 1_000_000_000
MAX_NAME = 40


@dataclass(frozen=True, slots=True)
class Term(Told):
    """`weight` parts of the score for `counted`; all of them where it is as many as `of`, the name of another count or
    a number."""

    counted: str
    of: str | int
    weight: int


@dataclass(frozen=True, slots=True)
class Formula(Told):
    """100 · Σ weight · min(counted / of, 1) / Σ weight. A term whose `of` is nought, for nothing was asked, is left out
    of both sums."""

    terms: tuple[Term, ...]

    @classmethod
    def read(cls, data: Any) -> Formula:
        """From what `json` gave, or a school wrote. Raises ClientFault `bad_formula`."""
        match data:
            case {"terms": [_, *_] as terms} if len(data) == 1 and len(terms) <= MAX_TERMS:
                return cls(tuple(map(_term, terms)))
        raise _bad(f"A formula is a list of one to {MAX_TERMS} terms.")


@dataclass(frozen=True, slots=True)
class Part(Told):
    """What a term brings: `points` of the `most` that it can, for `count` of `of`."""

    counted: str
    count: int
    of: int
    points: float
    most: float


@dataclass(frozen=True, slots=True)
class Score(Told):
    """`value`, 0 to 100: the sum of the parts' points."""

    value: Figure
    parts: tuple[Part, ...]


ANSWERING = Formula((Term("answered", "asked", 2), Term("present_ms", "lesson_ms", 1)))
"""What a school begins with: two parts of three for answering what was asked, one for being there."""


def participation(formula: Formula | None, counts: Mapping[str, int]) -> Score:
    """Of one child. A count that is not there is nought; `formula` None: the school does not want it."""
    if formula is None:
        return Score(Missing.OFF, ())
    known = [(term, _full(term, counts)) for term in formula.terms]
    asked = [(term, full) for term, full in known if full > 0]
    if not asked:
        return Score(Missing.NOT_ASKED, ())
    weights = sum(term.weight for term, _ in asked)
    parts = tuple(_part(term, full, counts, weights) for term, full in asked)
    return Score(float(sum(points for points, _ in parts)), tuple(part for _, part in parts))


def _full(term: Term, counts: Mapping[str, int]) -> int:
    return counts.get(term.of, 0) if isinstance(term.of, str) else term.of


def _part(term: Term, full: int, counts: Mapping[str, int], weights: int) -> tuple[Fraction, Part]:
    count, most = counts.get(term.counted, 0), Fraction(100 * term.weight, weights)
    points = most * min(max(count, 0), full) / full
    return points, Part(term.counted, count, full, float(points), float(most))


def _term(data: Any) -> Term:
    match data:
        case {"counted": str(counted), "of": str() | int() as of, "weight": int(weight)} if len(data) == 3:
            names = [name for name in (counted, of) if isinstance(name, str)]
            numbers = [number for number in (of, weight) if not isinstance(number, str)]
            if all(0 < len(name) <= MAX_NAME for name in names) and all(map(_is_number, numbers)):
                return Term(counted, of, weight)
    raise _bad("A term has the name of a count, what it is of, and a weight: whole numbers above nought.")


def _is_number(number: int) -> bool:
    return not isinstance(number, bool) and 0 < number <= MAX_NUMBER


def _bad(message: str) -> ClientFault:
    return ClientFault("bad_formula", message)
