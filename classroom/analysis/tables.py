"""The results as tables: a head of stable names, and in each cell a number, or the code of why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from classroom import spreadsheet
from classroom.analysis.participation import Score
from classroom.analysis.points import Point
from classroom.analysis.questions import Question
from classroom.analysis.quiz import Quiz
from classroom.analysis.trends import Trend

# A dot leads into a figure: `discrimination.low` is the column discrimination_low.
CONSISTENCY = ("consistency", "consistency.low", "consistency.high")
QUIZ = (
    "attempts",
    "max_mark",
    "mean",
    "median",
    "sd",
    "skewness",
    "kurtosis",
    *CONSISTENCY,
    "error_ratio",
    "standard_error",
)
COMPARED = ("discrimination", "discrimination.low", "discrimination.high", "efficiency", "doubtful")
TIME = ("time.times", "time.lower_ms", "time.median_ms", "time.upper_ms")
FACTS = ("item", "attempts", "answered", "facility", "sd", "guess", "intended_weight", "effective_weight")
QUESTIONS = (*FACTS, *COMPARED, *TIME)
OPTIONS = ("item", "option", "credit", "count", "share", "rest", "upper", "lower")
POINTS = ("point", "questions", "answered", "share", "share.low", "share.high", "reading", "below")
TRENDS = ("of", "course", "change", "lesson", "children", "result", "ahead")
SCORES = ("participant", "score", "counted", "count", "of", "points", "most")


@dataclass(frozen=True, slots=True)
class Table:
    """`head` and `rows`, for any kind of file."""

    head: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def csv(self) -> str:
        return spreadsheet.table(self.head, self.rows)

    def led(self, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
        """With these columns before its own."""
        return Table([*head, *self.head], [[*more, *row] for more, row in zip(rows, self.rows, strict=True)])


def quiz(told: Quiz) -> Table:
    return _table(QUIZ, [told.json()])


def questions(told: Iterable[Question]) -> Table:
    """A row a question, without its options."""
    return _table(QUESTIONS, (one.json() for one in told))


def options(told: Iterable[Question]) -> Table:
    """A row an option of each question; the last, without a name, those who chose none."""
    return _table(OPTIONS, ({"item": one.item} | option.json() for one in told for option in one.options))


def points(told: Iterable[Point]) -> Table:
    """A row a knowledge point; those below the target in one cell."""
    return _table(POINTS, (one.json() | {"below": " ".join(one.below)} for one in told))


def trends(told: Iterable[Trend]) -> Table:
    """A row a child or room and lesson."""
    return _table(TRENDS, (one.json() | step.json() for one in told for step in one.steps))


def scores(told: Mapping[str, Score]) -> Table:
    """A row a participant and part of its score; one where it has none."""
    rows = [
        {"participant": name, "score": score.json()["value"]} | part
        for name, score in told.items()
        for part in [part.json() for part in score.parts] or [{}]
    ]
    return _table(SCORES, rows)


def _table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Table:
    head = [name.replace(".", "_") for name in columns]
    return Table(head, [[_cell(row, name) for name in columns] for row in rows])


def _cell(row: Mapping[str, Any], column: str) -> Any:
    name, _, inner = column.partition(".")
    value = row.get(name)
    if isinstance(value, dict):
        return value[inner or "value"]
    return "" if inner or value is None else value
