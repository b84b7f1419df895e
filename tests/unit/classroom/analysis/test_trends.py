"""From lesson to lesson: a child or a room beside the others."""

from __future__ import annotations

import json
from itertools import combinations, permutations
from math import factorial
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.analysis.figures import Missing
from classroom.analysis.trends import CHANCE, FEWEST, WINDOW, Course, Lesson, Trend, enough, of_children, of_rooms

OTHERS = [f"other{number}" for number in range(10)]


def _lessons(*results: float | None) -> list[Lesson]:
    """Of one child, among ten who have 50 to 59."""
    lessons = []
    for place, result in enumerate(results):
        others = {one: 50.0 + number for number, one in enumerate(OTHERS)}
        lessons.append(Lesson(f"l{place}", others if result is None else {"child": result, **others}))
    return lessons


def _child(*results: float | None) -> Trend:
    return next(trend for trend in of_children(_lessons(*results)) if trend.of == "child")


@pytest.mark.parametrize("size", [5, 6, 7])
def test_chance_makes_a_course_of_nothing_in_one_of_twenty_cases_at_most(size: int) -> None:
    """Counted over every order in which the same results could have come."""

    def score(order: tuple[int, ...]) -> int:
        return sum((later > earlier) - (later < earlier) for earlier, later in combinations(order, 2))

    scores = [abs(score(order)) for order in permutations(range(size))]
    needed = enough(size)
    assert sum(one >= needed for one in scores) <= CHANCE * factorial(size)
    assert sum(one >= needed - 2 for one in scores) > CHANCE * factorial(size)


def test_what_is_enough_is_what_tables_of_kendalls_s_have() -> None:
    published = [10, 13, 15, 18, 20, 23, 27, 30, 34, 37, 41, 46, 50, 53, 57, 62]  # two-sided, 5 %, for 5 to 20
    assert [enough(size) for size in range(FEWEST, WINDOW + 1)] == published


def test_of_four_lessons_even_perfect_order_may_be_chance() -> None:
    assert 2 / factorial(FEWEST - 1) > CHANCE >= 2 / factorial(FEWEST)
    assert (_child(10, 20, 30, 40).change, _child(10, 20, 30, 40).course) == (Missing.TOO_FEW, Course.OPEN)
    assert _child(10, 20, 30, 40, 50).course is Course.RISING


def test_a_child_that_gains_on_the_others_rises() -> None:
    trend = _child(40, 50, 60, 70, 80)
    assert (trend.change, trend.course) == (pytest.approx(10), Course.RISING)
    assert [step.ahead for step in trend.steps] == pytest.approx([-14.5, -4.5, 5.5, 15.5, 25.5])
    assert _child(80, 70, 60, 50, 40).course is Course.FALLING


def test_one_bad_day_upsets_nothing() -> None:
    trend = _child(40, 45, 50, 55, 0, 65, 70, 75)
    assert (trend.change, trend.course) == (pytest.approx(5), Course.RISING)


def test_what_goes_up_and_down_has_no_course() -> None:
    assert _child(60, 40, 70, 30, 80, 20, 75).course is Course.OPEN
    tenths = [number / 10 for number in range(1, 11)]
    orders = [tenths[place:] + tenths[:place] for place in range(10)]  # whose sums, as floats, are not all the same
    assert len({sum([0.7, *order]) for order in orders}) > 1
    same = [
        Lesson(f"l{place}", dict(zip(["child", *OTHERS], [0.7, *order], strict=True)))
        for place, order in enumerate(orders)
    ]
    trend = of_children(same)[0]
    assert len({step.ahead for step in trend.steps}) == 1
    assert (trend.change, trend.course) == (0, Course.OPEN)


def test_a_hard_lesson_is_no_step_back() -> None:
    lessons = [
        Lesson(f"l{hard}", {"child": 70.0 - 10 * hard, **dict.fromkeys(OTHERS, 60.0 - 10 * hard)}) for hard in range(6)
    ]
    trend = of_children(lessons)[0]
    assert [step.result for step in trend.steps] == [70, 60, 50, 40, 30, 20]
    assert (trend.change, trend.course) == (0, Course.OPEN)


def test_who_was_away_has_a_gap_and_not_a_nought() -> None:
    trend = _child(40, None, 50, None, 60, 65, 70)
    assert [step.lesson for step in trend.steps] == ["l0", "l2", "l4", "l5", "l6"]
    assert (trend.change, trend.course) == (pytest.approx(5), Course.RISING)


def test_where_few_others_were_nothing_is_compared() -> None:
    few = Lesson("few", {"child": 90.0, **dict.fromkeys(OTHERS[:5], 50.0)})
    trend = next(one for one in of_children([*_lessons(40, 50, 60, 70, 80), few]) if one.of == "child")
    assert trend.steps[-1].json() == {"lesson": "few", "children": 1, "result": 90.0, "ahead": "too_few"}
    assert trend.change == pytest.approx(10)
    alone = of_children([Lesson("alone", {"child": 90.0})])[0]
    assert (alone.steps[0].ahead, alone.change, alone.course) == (Missing.NOBODY, Missing.NOBODY, Course.OPEN)


def test_only_the_latest_lessons_count() -> None:
    trend = _child(*range(0, 100, 5), *[50.0] * WINDOW)
    assert len(trend.steps) == WINDOW
    assert trend.course is Course.OPEN


def test_a_room_is_held_against_the_other_rooms() -> None:
    rooms = {one: "north" if number < 3 else "south" for number, one in enumerate(OTHERS)} | {"home": "gone"}
    lessons = [
        Lesson(
            f"l{place}",
            {one: 50.0 + (5 * place if rooms.get(one) == "north" else 0) for one in [*OTHERS, "guest"]},
            rooms,
        )
        for place in range(6)
    ]
    north, south = of_rooms(lessons)
    assert (north.of, north.change, north.course) == ("north", pytest.approx(5), Course.RISING)
    assert [step.children for step in north.steps] == [3] * 6
    assert [step.ahead for step in north.steps] == pytest.approx([0, 5, 10, 15, 20, 25])
    assert {step.ahead for step in south.steps} == {Missing.TOO_FEW}  # the three of the north and a guest are too few


def test_without_lessons_there_are_no_trends() -> None:
    assert of_children([]) == of_rooms([]) == of_rooms([Lesson("l1", {"child": 50.0})]) == ()


@given(st.lists(st.one_of(st.none(), st.floats(0, 100)), min_size=1, max_size=12))
def test_the_change_is_the_median_of_all_slopes(results: list[float | None]) -> None:
    trends = of_children(_lessons(*results))
    json.dumps([trend.json() for trend in trends], allow_nan=False)
    known = [(place, result) for place, result in enumerate(results) if result is not None]
    if len(known) < FEWEST:
        return
    slopes = [(later - earlier) / (place - before) for (before, earlier), (place, later) in combinations(known, 2)]
    trend = next(one for one in trends if one.of == "child")
    assert trend.change == pytest.approx(float(np.median(slopes)), abs=1e-6)
    assert trend.course is not Course.RISING or sum(slope > 0 for slope in slopes) > sum(slope < 0 for slope in slopes)


def test_children_whose_results_are_chance_seldom_have_a_course() -> None:
    random = Random(7)
    lessons = [Lesson(f"l{place}", {f"s{s}": random.uniform(0, 100) for s in range(400)}) for place in range(10)]
    courses = [trend.course for trend in of_children(lessons)]
    assert sum(course is not Course.OPEN for course in courses) < 400 * CHANCE * 1.5
