"""Between which two numbers a figure lies for 19 of 20 classes like this one."""

from __future__ import annotations

from math import atanh, exp, sqrt, tanh
from statistics import NormalDist

from classroom.analysis.figures import Estimate

Z = NormalDist().inv_cdf(0.975)
"""1.96: 95 % of a normal distribution lie within so many standard deviations."""


def wilson(share: float, size: int) -> Estimate:
    """The score interval of Wilson (1927), "Probable inference, the law of succession, and statistical inference", of a
    share (0 to 1; what lies beyond is taken as its end) of `size`, at least one. In per cent.

    Made for what is right or wrong. Of shares that may lie between it is, if anything, too wide: numbers from 0 to 1
    with the mean p have the variance p(1−p) at most, and that only where all are 0 or 1.
    """
    share = min(max(share, 0.0), 1.0)
    bend = Z * Z / size
    middle = (share + bend / 2) / (1 + bend)
    around = sqrt(bend * (share * (1 - share) + bend / 4)) / (1 + bend)
    return Estimate(
        100 * share, 100 * max(min(middle - around, share), 0.0), 100 * min(max(middle + around, share), 1.0)
    )


def correlation(r: float, size: int) -> Estimate:
    """Fisher (1921): atanh r is about normal, with the variance 1/(S−3). Needs four. In per cent."""
    r = min(max(r, -1.0), 1.0)
    if abs(r) == 1:
        return Estimate(100 * r, 100 * r, 100 * r)
    around = Z / sqrt(size - 3)
    return Estimate(100 * r, 100 * tanh(atanh(r) - around), 100 * tanh(atanh(r) + around))


def consistency(alpha: float, questions: int, size: int) -> Estimate:
    """Bonett (2002), "Sample size requirements for testing and estimating coefficient alpha": ln(1−α) is about normal,
    with the variance 2P / ((P−1)(S−2)). Needs two questions and three attempts; α is at most 1. In per cent."""
    around = Z * sqrt(2 * questions / ((questions - 1) * (size - 2)))
    low, high = (1 - (1 - alpha) * exp(side) for side in (around, -around))
    return Estimate(100 * alpha, 100 * low, 100 * high)
