"""The results as tables."""

from __future__ import annotations

import csv

from classroom.analysis import tables
from classroom.analysis.marks import Item, Option
from classroom.analysis.participation import ANSWERING, participation
from classroom.analysis.points import points
from classroom.analysis.quiz import analyse
from classroom.analysis.trends import Lesson, of_children
from tests.unit.classroom.analysis import moodle

ITEMS = [Item("q1", 1, guess=50, options=(Option("yes", 100), Option("=no", 0)), points=("=cmd()",)), Item("q2", 1)]
MARKS = {f"s{s}": {"q1": float(s % 2), "q2": float(s % 3 == 0)} for s in range(20)}
CHOICES = {f"s{s}": {"q1": ["yes" if s % 2 else "=no"]} for s in range(19)}
ANALYSIS = analyse(ITEMS, MARKS, CHOICES, {"s1": {"q1": 1500}})


def _read(told: tables.Table) -> list[dict[str, str]]:
    text = told.csv()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(text[1:].splitlines()))


def test_the_quiz_is_a_row() -> None:
    (row,) = _read(tables.quiz(analyse(moodle.WALKTHROUGH.items, moodle.WALKTHROUGH.marks).quiz))
    assert row == {
        "attempts": "25",
        "max_mark": "7.0",
        "mean": "4.6173",
        "median": "4.5",
        "sd": "0.8117",
        "skewness": "-0.0925",
        "kurtosis": "too_few",
        "consistency": "-87.2231",
        "consistency_low": "-249.5236",
        "consistency_high": "-0.2865",
        "error_ratio": "136.8295",
        "standard_error": "1.1107",
    }


def test_a_question_is_a_row_and_why_a_figure_is_missing_stands_in_its_cell() -> None:
    first, second = _read(tables.questions(ANALYSIS.questions))
    assert (first["item"], first["facility"], first["guess"], second["guess"]) == ("q1", "50.0", "50", "not_guessed")
    assert [first[f"time_{name}"] for name in ("times", "lower_ms", "median_ms")] == ["1", "too_few", "1500.0"]
    assert float(first["discrimination_low"]) < float(first["discrimination"]) < float(first["discrimination_high"])
    assert first["doubtful"] == "1"
    (alone,) = _read(tables.questions(analyse([Item("q1", 1)], MARKS).questions))
    assert (alone["discrimination"], alone["discrimination_low"]) == ("one_question", "")


def test_an_option_is_a_row_and_a_formula_in_its_name_is_none() -> None:
    rows = _read(tables.options(ANALYSIS.questions))
    assert [(row["item"], row["option"], row["count"]) for row in rows] == [
        ("q1", "yes", "9"),
        ("q1", "'=no", "10"),
        ("q1", "", "1"),
    ]


def test_points_trends_and_scores_are_rows() -> None:
    (point,) = _read(tables.points(points(ITEMS, MARKS)))
    assert (point["point"], point["share"], point["reading"]) == ("'=cmd()", "50.0", "open")
    assert point["below"].split() == [f"s{s}" for s in range(0, 20, 2)]
    lessons = [Lesson(name, {f"s{s}": 50.0 for s in range(8)}) for name in ("l1", "l2")]
    trend = _read(tables.trends(of_children(lessons)))
    assert len(trend) == 16
    assert list(trend[1].values()) == ["s0", "open", "too_few", "l2", "1", "50.0", "0.0"]
    counts = {"answered": 1, "asked": 2, "present_ms": 1, "lesson_ms": 1}
    scores = _read(tables.scores({"s1": participation(ANSWERING, counts), "s2": participation(None, counts)}))
    assert [list(row.values()) for row in scores] == [
        ["s1", "66.6667", "answered", "1", "2", "33.3333", "66.6667"],
        ["s1", "66.6667", "present_ms", "1", "1", "33.3333", "33.3333"],
        ["s2", "off", "", "", "", "", ""],
    ]


def test_of_nobody_there_is_a_head() -> None:
    assert tables.points([]).csv().strip("\ufeff\r\n").split(",")[0] == "point"
    assert _read(tables.questions([])) == []
