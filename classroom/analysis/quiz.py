"""The quiz as a whole, and all there is to say of it and its questions: `analyse`.

By Moodle's "Quiz statistics calculations", Test statistics (docs.moodle.org/dev); the letters are those of `questions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

from classroom.analysis import intervals, moments
from classroom.analysis.figures import LEAST, Estimated, Figure, Least, Mark, Missing, Told, too_small
from classroom.analysis.marks import Choices, Item, Marks, Sheet, Times
from classroom.analysis.questions import Question, questions


@dataclass(frozen=True, slots=True)
class Quiz(Told):
    """`mean`, `median`, `sd` and `standard_error` in marks, of `max_mark`.

    sd: √V(T). skewness: k₃ / k₂^(3/2). kurtosis: k₄ / k₂². consistency, which is Cronbach's alpha, in per cent:
    100 P/(P−1) (1 − ΣV(x) / V(T)). error_ratio: 100 √(1 − consistency/100). standard_error: error_ratio · sd / 100.
    """

    attempts: int
    max_mark: Mark
    mean: Figure
    median: Figure
    sd: Figure
    skewness: Figure
    kurtosis: Figure
    consistency: Estimated
    error_ratio: Figure
    standard_error: Figure


@dataclass(frozen=True, slots=True)
class Analysis(Told):
    quiz: Quiz
    questions: tuple[Question, ...]


def analyse(
    items: Sequence[Item],
    marks: Marks,
    choices: Choices | None = None,
    times: Times | None = None,
    least: Least = LEAST,
) -> Analysis:
    """Of any class, also of none. Raises ValueError as `Sheet.of` does. The largest lesson takes some 0.2 s of a core,
    too long for the event loop."""
    sheet = Sheet.of(items, marks)
    return Analysis(_quiz(sheet, least), questions(sheet, choices or {}, times or {}, least))


def _quiz(sheet: Sheet, least: Least) -> Quiz:
    totals = sheet.totals
    consistency, error_ratio, standard_error = _reliability(sheet, least)
    return Quiz(
        attempts=sheet.attempts,
        max_mark=sheet.max_mark,
        mean=too_small(sheet.attempts, 1) or sum(totals) / (sheet.attempts * moments.UNITS),
        median=too_small(sheet.attempts, 1) or moments.quantile(totals, 0.5) / moments.UNITS,
        sd=too_small(sheet.attempts, 2) or moments.deviation(totals),
        skewness=_shapeless(sheet, least.skewness) or moments.skewness(totals),
        kurtosis=_shapeless(sheet, least.kurtosis) or moments.kurtosis(totals),
        consistency=consistency,
        error_ratio=error_ratio,
        standard_error=standard_error,
    )


def _shapeless(sheet: Sheet, least: int) -> Missing | None:
    missing = too_small(sheet.attempts, least)
    return missing or (Missing.NO_SPREAD if min(sheet.totals) == max(sheet.totals) else None)


def _reliability(sheet: Sheet, least: Least) -> tuple[Estimated, Figure, Figure]:
    count = len(sheet.items)
    missing = _shapeless(sheet, least.compared) or (Missing.ONE_QUESTION if count == 1 else None)
    if missing is not None:
        return missing, missing, missing
    apart = sum(moments.joint(column, column) for column in sheet.columns)
    alpha = Fraction(count, count - 1) * (1 - Fraction(apart, moments.joint(sheet.totals, sheet.totals)))
    error = sqrt(1 - alpha)  # alpha is a fraction, so never a hair above 1
    return (
        intervals.consistency(float(alpha), count, sheet.attempts),
        100 * error,
        error * moments.deviation(sheet.totals),
    )
