"""Sums of marks, as whole numbers: exact, whatever the order, and what has no spread has none at all, even where one
has three thirds of a mark and another a whole one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import sqrt
from operator import mul

UNITS = 10_000_000 * 3 * 3 * 7
"""Of a mark: the seven decimals of Moodle's database, and thirds, sixths, sevenths and ninths without a remainder."""


def units(mark: float) -> int:
    return round(mark * UNITS)


def joint(xs: Sequence[int], ys: Sequence[int]) -> int:
    """S·Σxy − Σx·Σy: S(S−1) times the covariance C(x, y) of a sample of S, or its variance V(x), of `xs` and `xs`."""
    products: Iterable[int] = map(mul, xs, ys)
    return len(xs) * sum(products) - sum(xs) * sum(ys)


def deviation(xs: Sequence[int]) -> float:
    """The sample's standard deviation, √V(x), in marks. Needs two."""
    return sqrt(Fraction(joint(xs, xs), len(xs) * (len(xs) - 1) * UNITS**2))


def quantile(numbers: Sequence[float], share: float) -> float:
    """Linear between the two nearest, as spreadsheets have it: definition 7 of Hyndman and Fan (1996), "Sample
    quantiles in statistical packages". Needs one number."""
    ordered = sorted(numbers)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def skewness(xs: Sequence[int]) -> float:
    """k₃ / k₂^(3/2) (Moodle, "Quiz statistics calculations", Test statistics). Needs three, not all the same."""
    size, powers = len(xs), _powers(xs)
    k2, k3 = _k2(size, powers[2]), size**2 * powers[3] / ((size - 1) * (size - 2))
    return float(k3) / sqrt(k2**3)


def kurtosis(xs: Sequence[int]) -> float:
    """k₄ / k₂² (the same). Needs four, not all the same."""
    size, powers = len(xs), _powers(xs)
    k4 = size**2 * ((size + 1) * powers[4] - 3 * (size - 1) * powers[2] ** 2) / ((size - 1) * (size - 2) * (size - 3))
    return float(k4 / _k2(size, powers[2]) ** 2)


def _k2(size: int, m2: Fraction) -> Fraction:
    return size * m2 / (size - 1)


def _powers(xs: Sequence[int]) -> dict[int, Fraction]:
    """The central moments mᵢ = Σ(x − x̄)ⁱ / S for i = 2, 3, 4."""
    size, total = len(xs), sum(xs)
    apart = [size * x - total for x in xs]
    return {i: Fraction(sum(one**i for one in apart), size ** (i + 1)) for i in (2, 3, 4)}
