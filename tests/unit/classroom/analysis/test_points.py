"""Knowledge points: what the class has reached, and between which shares that lies."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.analysis.figures import AS_DEFINED, LEAST, Estimate, Missing
from classroom.analysis.intervals import wilson
from classroom.analysis.marks import Item, Marks
from classroom.analysis.points import TARGET, Reading, points


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    # Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_the_published_one(right: int, of: int, low: float, high: float) -> None:
    interval = wilson(right / of, of)
    assert (round(interval.low / 100, 4), round(interval.high / 100, 4)) == (low, high)


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_at_its_ends_the_share_is_just_as_far_off_as_may_be(counts: tuple[int, int]) -> None:
    """What defines it: |p − π| = 1.96 √(π(1−π)/n)."""
    right, size = counts
    interval = wilson(right / size, size)
    assert 0 <= interval.low <= interval.value <= interval.high <= 100
    for end in (interval.low / 100, interval.high / 100):
        assert (right / size - end) ** 2 == pytest.approx(1.959963984540054**2 * end * (1 - end) / size, abs=1e-9)


ITEMS = [Item("q1", 1, points=("halves",)), Item("q2", 3, points=("halves", "thirds")), Item("q3", 1)]


def test_a_point_is_the_mean_of_what_each_child_reached_in_what_it_answered() -> None:
    marks: Marks = {
        "all right": {"q1": 1, "q2": 3, "q3": 0},
        "half": {"q1": 1, "q2": 1},
        "late": {"q2": 3},
        "elsewhere": {"q3": 1},
        "wrong": {"q1": 0, "q2": -3},
    }
    thirds, halves = sorted(points(ITEMS, marks, least=AS_DEFINED), key=lambda one: one.point, reverse=True)
    assert (halves.questions, halves.answered) == (2, 4)
    assert isinstance(halves.share, Estimate)
    assert halves.share.value == pytest.approx(100 * (1 + 1 / 2 + 1 + 0) / 4)
    assert halves.below == ("half", "wrong")
    assert (thirds.questions, thirds.answered) == (1, 4)
    expected = wilson((1 + 1 / 3 + 1 + 0) / 4, 4)
    assert isinstance(thirds.share, Estimate)
    assert (thirds.share.value, thirds.share.low) == pytest.approx((expected.value, expected.low))


@given(st.lists(st.lists(st.sampled_from([None, 0.0, 0.5, 1.0]), min_size=3, max_size=3), min_size=1, max_size=30))
def test_a_point_is_what_fractions_make_of_it(rows: list[list[float | None]]) -> None:
    items = [Item(f"q{place}", 1, points=("one",)) for place in range(3)]
    marks = {f"s{s}": {f"q{place}": mark for place, mark in enumerate(row)} for s, row in enumerate(rows)}
    known = [[mark for mark in row if mark is not None] for row in rows]
    shares = [Fraction(sum(map(Fraction, row))) / len(row) for row in known if row]
    (point,) = points(items, marks, least=AS_DEFINED)
    assert point.answered == len(shares)
    if not shares:
        assert point.share is Missing.NOBODY
        return
    assert isinstance(point.share, Estimate)
    assert point.share.value == pytest.approx(float(100 * sum(shares) / len(shares)))
    assert len(point.below) == sum(share < Fraction(TARGET) / 100 for share in shares)


def test_the_weakest_come_first_and_the_unknown_last() -> None:
    items = [Item("q1", 1, points=("good",)), Item("q2", 1, points=("bad",)), Item("q3", 1, points=("new",))]
    told = points(items, {f"s{s}": {"q1": 1.0, "q2": 0.0} for s in range(10)})
    assert [(one.point, one.reading) for one in told] == [("bad", "weak"), ("good", "reached"), ("new", "open")]
    assert told[2].share is Missing.NOBODY
    assert json.loads(json.dumps([one.json() for one in told]))[0]["below"] == [f"s{s}" for s in range(10)]


def test_a_point_is_weak_only_where_the_whole_interval_says_so() -> None:
    def reading(right: int, of: int, target: float = TARGET) -> Reading:
        marks = {f"s{s}": {"q1": float(s < right)} for s in range(of)}
        return points([Item("q1", 1, points=("one",))], marks, target)[0].reading

    assert [reading(12, 40), reading(19, 40), reading(30, 40), reading(38, 40)] == ["weak", "open", "open", "reached"]
    assert reading(30, 40, target=50) == "reached"


def test_below_six_children_the_target_could_not_even_be_reached() -> None:
    """All right is not enough of fewer: of five the interval goes down to 57."""
    assert wilson(1, LEAST.answered).low >= TARGET > wilson(1, LEAST.answered - 1).low
    marks = {f"s{s}": {"q1": 1.0} for s in range(6)}
    item = Item("q1", 1, points=("one",))
    assert points([item], marks)[0].reading is Reading.REACHED
    few = points([item], {one: marks[one] for one in list(marks)[1:]})[0]
    assert (few.share, few.reading, few.answered) == (Missing.TOO_FEW, Reading.OPEN, 5)


def test_who_just_reaches_the_target_is_not_below_it() -> None:
    marks = {"s1": {"q1": 3.0}, "s2": {"q1": 2.9999}}
    assert points([Item("q1", 5, points=("one",))], marks)[0].below == ("s2",)


def test_no_points_no_marks_no_children_are_no_trouble() -> None:
    assert points([], {}) == ()
    assert points([Item("q1", 1)], {"s1": {"q1": 1.0}}) == ()
    (unmarked,) = points([Item("q1", 0, points=("one",))], {"s1": {"q1": 0.0}})
    assert (unmarked.share, unmarked.below) == (Missing.NO_MARKS, ())
