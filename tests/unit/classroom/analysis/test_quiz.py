"""The quiz and its questions: held to what Moodle publishes, and to numpy on any marks."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from itertools import pairwise, permutations
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from classroom.analysis.figures import AS_DEFINED, LEAST, Estimate, Missing
from classroom.analysis.intervals import correlation
from classroom.analysis.marks import Choices, Item, Marks, Option, Times, guessed
from classroom.analysis.quiz import Analysis, analyse
from tests.unit.classroom.analysis import moodle

# --- what Moodle publishes ---


def test_the_published_walkthrough_comes_out_to_the_digit() -> None:
    analysis = analyse(moodle.WALKTHROUGH.items, moodle.WALKTHROUGH.marks, least=AS_DEFINED)
    assert analysis.quiz.attempts == 25
    for name, published in moodle.QUIZ.items():
        assert _value(getattr(analysis.quiz, name)) == pytest.approx(published, rel=1e-9), name
    for question, published_of_it in zip(analysis.questions, moodle.QUESTIONS, strict=True):
        facility, sd, *others = published_of_it
        assert question.facility == pytest.approx(100 * facility, rel=1e-9)
        assert question.sd == pytest.approx(100 * sd, rel=1e-8)
        assert _compared(analysis, question.item) == pytest.approx(others, rel=1e-9)
        assert question.doubtful


def test_the_published_generated_quiz_comes_out_to_the_digit() -> None:
    assert [sum(row) for row in moodle.GENERATED.rows] == pytest.approx(moodle.TOTALS)
    analysis = analyse(moodle.GENERATED.items, moodle.GENERATED.marks, least=AS_DEFINED)
    wrong, without_marks, others = analysis.questions[:4], analysis.questions[4:7], analysis.questions[7:]
    for question in wrong:
        assert (question.facility, question.sd, question.effective_weight) == (0, 0, 0)
    for question in without_marks:
        assert (question.facility, question.sd, question.effective_weight) == (Missing.NO_MARKS, Missing.NO_MARKS, 0)
    for question in (*wrong, *without_marks):
        assert (question.discrimination, question.efficiency) == (Missing.NO_SPREAD, Missing.NO_SPREAD)
    for item, question, published in zip(moodle.GENERATED.items[7:], others, moodle.GENERATED_QUESTIONS, strict=True):
        facility, sd, *compared = published
        assert question.facility == pytest.approx(facility, rel=1e-9)
        assert 10 * _value(question.sd) * item.max_mark == pytest.approx(sd, rel=1e-9)
        assert _compared(analysis, question.item) == pytest.approx(compared, rel=1e-9)


# --- any marks ---

MARKS = st.sampled_from([None, 0.0, 0.1, 0.2, 0.25, 0.3, 1 / 3, 0.5, 0.7, 1.0, 2.0, -0.5])


@st.composite
def classes(draw: st.DrawFn, least: int = 0, most: int = 40) -> tuple[list[Item], Marks]:
    items = [
        Item(f"q{place}", draw(st.sampled_from([0.0, 1.0, 2.0, 3.0])))
        for place in range(draw(st.integers(1 if least else 0, 6)))
    ]
    rows = draw(st.lists(st.tuples(*(MARKS for _ in items)), min_size=least, max_size=most))
    return items, {
        f"s{s}": {item.id: mark for item, mark in zip(items, row, strict=True)} for s, row in enumerate(rows)
    }


@given(classes(least=4))
def test_the_quiz_is_what_numpy_makes_of_it(given_class: tuple[list[Item], Marks]) -> None:
    items, marks = given_class
    x = _matrix(items, marks)
    size, questions = x.shape
    assume(size >= 4)
    quiz = analyse(items, marks, least=AS_DEFINED).quiz
    totals = x.sum(axis=1)
    assert quiz.attempts == size
    assert quiz.mean == pytest.approx(totals.mean(), abs=1e-6)
    assert quiz.median == pytest.approx(np.median(totals), abs=1e-6)
    assert quiz.sd == pytest.approx(totals.std(ddof=1), abs=1e-6)
    if np.ptp(totals) < 1e-6:
        assert quiz.skewness is quiz.kurtosis is quiz.consistency is quiz.error_ratio is Missing.NO_SPREAD
        return
    # the same moments, by the formulas that textbooks give for samples
    apart = totals - totals.mean()
    g1, g2 = (apart**3).mean() / (apart**2).mean() ** 1.5, (apart**4).mean() / (apart**2).mean() ** 2 - 3
    assert quiz.skewness == pytest.approx(g1 * math.sqrt(size * (size - 1)) / (size - 2), abs=1e-5)
    assert quiz.kurtosis == pytest.approx((size - 1) / ((size - 2) * (size - 3)) * ((size + 1) * g2 + 6), abs=1e-4)
    if questions == 1:
        assert quiz.consistency is quiz.error_ratio is quiz.standard_error is Missing.ONE_QUESTION
        return
    # alpha by the mean variance and the mean covariance of the questions
    shared = np.cov(x, rowvar=False)
    variance = np.trace(shared) / questions
    covariance = (shared.sum() - np.trace(shared)) / (questions * (questions - 1))
    alpha = questions * covariance / (variance + (questions - 1) * covariance)
    assert _value(quiz.consistency) == pytest.approx(100 * alpha, rel=1e-5, abs=1e-4)
    assert _value(quiz.error_ratio) ** 2 == pytest.approx(1e4 * (1 - alpha), rel=1e-5, abs=1e-3)
    assert quiz.standard_error == pytest.approx(_value(quiz.error_ratio) * totals.std(ddof=1) / 100, abs=1e-5)


@given(classes(least=4))
def test_a_question_is_what_numpy_makes_of_it(given_class: tuple[list[Item], Marks]) -> None:
    items, marks = given_class
    x = _matrix(items, marks)
    assume(len(x) >= 4)
    totals = x.sum(axis=1)
    shared = [np.cov(column, totals)[0, 1] for column in x.T]
    roots = sum(math.sqrt(one) for one in shared if one > 1e-9)
    for place, question in enumerate(analyse(items, marks, least=AS_DEFINED).questions):
        column, most = x[:, place], items[place].max_mark
        assert question.answered == sum(row[items[place].id] is not None for row in marks.values())
        if most:
            assert question.facility == pytest.approx(100 * column.mean() / most, abs=1e-5)
            assert question.sd == pytest.approx(100 * column.std(ddof=1) / most, abs=1e-5)
            assert question.intended_weight == pytest.approx(100 * most / sum(item.max_mark for item in items))
        if shared[place] < -1e-9:
            assert question.effective_weight is Missing.NEGATIVE
        elif shared[place] > 1e-9:
            assert question.effective_weight == pytest.approx(100 * math.sqrt(shared[place]) / roots, rel=1e-4)
        rest = totals - column
        if len(items) == 1:
            assert question.discrimination is question.efficiency is Missing.ONE_QUESTION
        elif np.ptp(column) < 1e-6 or np.ptp(rest) < 1e-6:
            assert question.discrimination is question.efficiency is Missing.NO_SPREAD
        else:
            r = np.corrcoef(column, rest)[0, 1]
            assert _value(question.discrimination) == pytest.approx(100 * r, abs=1e-4)
            best = np.cov(np.sort(column), np.sort(rest))[0, 1]
            assert question.efficiency == pytest.approx(100 * np.cov(column, rest)[0, 1] / best, abs=1e-3)


@given(classes(least=4, most=6))
def test_the_most_that_a_question_could_discriminate_is_that_of_the_best_order(
    given_class: tuple[list[Item], Marks],
) -> None:
    items, marks = given_class
    x = _matrix(items, marks)
    assume(len(x) >= 4)
    for place, question in enumerate(analyse(items, marks, least=AS_DEFINED).questions):
        if isinstance(question.efficiency, Missing):
            continue
        column, rest = x[:, place] - x[:, place].mean(), x.sum(axis=1) - x[:, place]
        best = max(float(np.dot(order, rest)) for order in permutations(column))
        assert question.efficiency == pytest.approx(100 * float(np.dot(column, rest)) / best, abs=1e-4)


@given(classes(), st.randoms())
def test_no_figure_is_ever_a_nan_and_the_order_of_children_is_nothing(
    given_class: tuple[list[Item], Marks], random: Random
) -> None:
    items, marks = given_class
    for least in (LEAST, AS_DEFINED):
        analysis = analyse(items, marks, least=least)
        json.dumps(analysis.json(), allow_nan=False)
        for question in analysis.questions:
            if isinstance(question.discrimination, Estimate):
                one = question.discrimination
                assert -100 <= one.low <= one.value <= one.high <= 100
        others = list(marks.items())
        random.shuffle(others)
        assert analyse(items, dict(others), least=least) == analysis


# --- classes that say little ---


def test_of_nobody_there_is_nothing_to_say() -> None:
    for marks in ({}, {"s1": {}, "s2": {"q1": None}}, {"s1": {"of another quiz": 1.0}}):
        analysis = analyse([Item("q1", 1), Item("q2", 1)], marks)
        assert analysis.quiz.attempts == 0
        figures = [value for name, value in analysis.quiz.json().items() if name not in ("attempts", "max_mark")]
        assert figures == ["nobody"] * 8
        assert analysis.questions[0].json() == {
            "item": "q1",
            "attempts": 0,
            "answered": 0,
            "facility": "nobody",
            "sd": "nobody",
            "guess": "not_guessed",
            "intended_weight": 50.0,
            "effective_weight": "nobody",
            "discrimination": "nobody",
            "efficiency": "nobody",
            "doubtful": False,
            "time": {"times": 0, "lower_ms": "nobody", "median_ms": "nobody", "upper_ms": "nobody"},
            "options": [],
        }


def test_a_quiz_without_questions_is_none() -> None:
    analysis = analyse([], {"s1": {"q1": 1.0}})
    assert (analysis.quiz.attempts, analysis.quiz.max_mark, analysis.questions) == (0, 0, ())


def test_one_child_has_a_result_and_nothing_to_compare_it_with() -> None:
    analysis = analyse([Item("q1", 1), Item("q2", 3)], {"s1": {"q1": 1.0, "q2": 1.5}})
    quiz, second = analysis.quiz, analysis.questions[1]
    assert (quiz.mean, quiz.median, second.facility) == (2.5, 2.5, 50)
    assert {quiz.sd, quiz.skewness, quiz.consistency, second.sd, second.discrimination} == {Missing.TOO_FEW}


def test_two_children_are_apart() -> None:
    analysis = analyse([Item("q1", 1)], {"s1": {"q1": 1.0}, "s2": {"q1": 0.0}})
    assert analysis.quiz.sd == pytest.approx(math.sqrt(0.5))
    assert analysis.questions[0].sd == pytest.approx(100 * math.sqrt(0.5))


def test_where_all_have_the_same_mark_nothing_spreads_not_even_by_rounding() -> None:
    """Tenths are no binary fractions: as floats, their sums would differ by 10⁻¹⁷, and any spread is a perfect one.
    Thirds are no decimals."""
    marks = {
        f"s{s}": {"q1": 0.1, "q2": 0.2, "q3": 0.3} if s % 2 else {"q1": 0.1, "q2": 0.3, "q3": 0.2} for s in range(30)
    }
    analysis = analyse([Item("q1", 1), Item("q2", 1), Item("q3", 1)], marks)
    assert analysis.quiz.sd == 0
    assert analysis.quiz.skewness is analysis.quiz.consistency is Missing.NO_SPREAD
    first, second, _ = analysis.questions
    assert first.sd == 0
    assert first.discrimination is first.effective_weight is Missing.NO_SPREAD
    assert _value(second.discrimination) == pytest.approx(-100)  # what one gains here, it loses there
    thirds = {f"s{s}": {"q1": s % 2, "q2": 1 / 3, "q3": 1 / 3, "q4": 1 / 3} for s in range(20)}
    whole = {f"t{s}": {"q1": s % 2, "q2": 1.0, "q3": 0.0, "q4": 0.0} for s in range(20)}
    equal = analyse([Item("q1", 1), Item("q2", 1), Item("q3", 1), Item("q4", 1)], thirds | whole).questions[0]
    assert equal.discrimination is Missing.NO_SPREAD


def test_one_question_has_no_rest() -> None:
    analysis = analyse([Item("q1", 1)], {f"s{s}": {"q1": s % 2} for s in range(40)})
    question = analysis.questions[0]
    assert question.discrimination is question.efficiency is analysis.quiz.consistency is Missing.ONE_QUESTION
    assert question.effective_weight == question.intended_weight == 100


def test_a_question_that_nobody_answered_brought_nothing() -> None:
    marks = {f"s{s}": {"q1": s % 2, "q2": s % 3} for s in range(40)}
    question = analyse([Item("q1", 1), Item("q2", 2), Item("q3", 1)], marks).questions[2]
    assert (question.attempts, question.answered, question.facility) == (40, 0, 0)
    assert question.discrimination is Missing.NO_SPREAD


def test_not_answered_counts_as_nothing_and_who_answered_nothing_made_no_attempt() -> None:
    marks = {"s1": {"q1": 1.0}, "s2": {"q1": 1.0, "q2": 1.0}, "s3": {"q1": None, "q2": None}}
    quiz, questions = (analysis := analyse([Item("q1", 1), Item("q2", 1)], marks)).quiz, analysis.questions
    assert (quiz.attempts, quiz.mean) == (2, 1.5)
    assert [(question.answered, question.facility) for question in questions] == [(2, 100), (1, 50)]


def test_marks_that_run_against_the_total_weigh_nothing() -> None:
    marks = {f"s{s}": {"q1": s % 4, "q2": s % 4, "q3": 1 - (s % 4) / 3} for s in range(40)}
    first, second, third = analyse([Item("q1", 3), Item("q2", 3), Item("q3", 1)], marks).questions
    assert third.effective_weight is Missing.NEGATIVE
    assert (first.effective_weight, second.effective_weight) == (50, 50)
    assert third.doubtful
    assert not first.doubtful


# --- how few are too few ---


def test_below_sixteen_attempts_even_a_very_good_question_could_be_chance() -> None:
    """Moodle's documentation calls a discrimination index of 50 very good; the interval must not reach down to 0."""
    assert correlation(0.5, LEAST.compared).low > 0 > correlation(0.5, LEAST.compared - 1).low
    marks = {f"s{s}": {"q1": s % 2, "q2": s % 3} for s in range(16)}
    items = [Item("q1", 1), Item("q2", 2)]
    assert isinstance(analyse(items, marks).questions[0].discrimination, Estimate)
    fewer = analyse(items, {one: marks[one] for one in list(marks)[1:]})
    assert {fewer.quiz.consistency, fewer.quiz.error_ratio, fewer.quiz.standard_error} == {Missing.TOO_FEW}
    assert {fewer.questions[0].discrimination, fewer.questions[0].effective_weight} == {Missing.TOO_FEW}


def test_the_shape_is_shown_from_where_a_one_is_told_from_a_nought() -> None:
    """By the standard errors of skewness and kurtosis in samples from a normal distribution."""

    def skewness_error(n: int) -> float:
        return math.sqrt(6 * n * (n - 1) / ((n - 2) * (n + 1) * (n + 3)))

    def kurtosis_error(n: int) -> float:
        return 2 * skewness_error(n) * math.sqrt((n * n - 1) / ((n - 3) * (n + 5)))

    for error, least in ((skewness_error, LEAST.skewness), (kurtosis_error, LEAST.kurtosis)):
        assert 1.96 * error(least) < 1 <= 1.96 * error(least - 1)
    marks = {f"s{s}": {"q1": s % 5} for s in range(88)}
    whole = analyse([Item("q1", 4)], marks).quiz
    assert isinstance(whole.skewness, float)
    assert isinstance(whole.kurtosis, float)
    some = analyse([Item("q1", 4)], {one: marks[one] for one in list(marks)[:87]}).quiz
    assert isinstance(some.skewness, float)
    assert some.kurtosis is Missing.TOO_FEW
    assert analyse([Item("q1", 4)], {one: marks[one] for one in list(marks)[:20]}).quiz.skewness is Missing.TOO_FEW


# --- guessing, time, options ---


def test_guessing_brings_the_mean_of_what_the_options_bring() -> None:
    assert guessed([Option("a", 100), Option("b", 0), Option("c", 0), Option("d", 0)]) == 25
    assert guessed([Option("a", 100), Option("b", 50), Option("c", -30)]) == 40
    assert guessed([Option("a", 100), Option("b")]) is None
    assert guessed([]) is None
    assert analyse([Item("q1", 1, guess=25)], {}).questions[0].guess == 25


@given(st.lists(st.integers(0, 600_000), max_size=30))
def test_times_are_those_of_numpy(times: list[int]) -> None:
    marks = {f"s{s}": {"q1": 1.0} for s in range(len(times))}
    known: Times = {f"s{s}": {"q1": ms} for s, ms in enumerate(times)}
    taken = analyse([Item("q1", 1)], marks, times={**known, "not there": {"q1": 5}}).questions[0].time
    assert taken.times == len(times)
    if not times:
        assert {taken.lower_ms, taken.median_ms, taken.upper_ms} == {Missing.NOBODY}
        return
    assert taken.median_ms == pytest.approx(np.median(times))
    if len(times) < 4:
        assert {taken.lower_ms, taken.upper_ms} == {Missing.TOO_FEW}
    else:
        assert [taken.lower_ms, taken.upper_ms] == pytest.approx(np.quantile(times, [0.25, 0.75]))


def test_the_time_of_what_was_not_answered_counts_for_nothing() -> None:
    times = {"s1": {"q1": 1000}, "s2": {"q1": 9000}}
    taken = (
        analyse([Item("q1", 1), Item("q2", 1)], {"s1": {"q1": 1.0}, "s2": {"q2": 1.0}}, times=times).questions[0].time
    )
    assert (taken.times, taken.median_ms) == (1, 1000)


FOUR = tuple(Option(name, 100 if name == "a" else 0) for name in "abcd")


def test_options_say_how_many_chose_them_and_whether_the_strong_or_the_weak() -> None:
    """The six best take a, which is right, the middle six b, five of the weakest c, and one nothing. Nobody takes d."""
    items = [Item("q1", 1, options=FOUR), Item("q2", 20)]
    marks = {f"s{s}": {"q1": float(s < 6), "q2": 20.0 - s} for s in range(18)}
    choices: Choices = {f"s{s}": {"q1": ["a" if s < 6 else "b" if s < 12 else "c"]} for s in range(17)}
    a, b, c, d, none = analyse(items, marks, choices).questions[0].options
    assert [one.option for one in (a, b, c, d, none)] == ["a", "b", "c", "d", None]
    assert [one.credit for one in (a, b, none)] == [100, 0, None]
    assert [one.count for one in (a, b, c, d, none)] == [6, 6, 5, 0, 1]
    assert [one.share for one in (a, b, c, d, none)] == pytest.approx([100 / 3, 100 / 3, 500 / 18, 0, 100 / 18])
    assert [one.rest for one in (a, b, c, d, none)] == [87.5, 57.5, 30, Missing.NOBODY, 15]
    assert [one.upper for one in (a, b, c, d, none)] == [100, 0, 0, 0, 0]
    assert [one.lower for one in (a, b, c, d, none)] == pytest.approx([0, 0, 500 / 6, 0, 100 / 6])


def test_who_chooses_several_is_counted_with_each() -> None:
    marks = {f"s{s}": {"q1": 0.5, "q2": 1.0} for s in range(20)}
    choices = {f"s{s}": {"q1": ["a", "b"] if s < 5 else ["b", "not an option"]} for s in range(19)}
    choices["s19"] = {"q1": ["not an option"]}
    a, b, c, _, none = analyse([Item("q1", 1, options=FOUR), Item("q2", 1)], marks, choices).questions[0].options
    assert [(one.count, one.share) for one in (a, b, c, none)] == [(5, 25), (19, 95), (0, 0), (1, 5)]
    assert a.upper is a.lower is Missing.NO_SPREAD


def test_of_few_there_are_no_thirds_and_of_one_question_no_rest() -> None:
    marks = {f"s{s}": {"q1": s % 2, "q2": s % 3} for s in range(15)}
    choices: Choices = {one: {"q1": ["a"]} for one in marks}
    few = analyse([Item("q1", 1, options=FOUR), Item("q2", 2)], marks, choices).questions[0].options[0]
    assert (few.count, few.share, few.rest, few.upper) == (15, 100, 50, Missing.TOO_FEW)
    alone = analyse([Item("q1", 1, options=FOUR)], marks, choices, least=AS_DEFINED).questions[0].options[0]
    assert alone.rest is alone.upper is Missing.ONE_QUESTION
    vote = analyse([Item("q1", 1, options=FOUR), Item("q2", 0)], marks, choices).questions[0].options[0]
    assert vote.rest is Missing.NO_MARKS


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=6, max_size=6))
def test_equals_at_the_edge_of_a_third_count_as_often_as_chance_would_take_them(
    children: list[tuple[int, bool]],
) -> None:
    """All ways to put six children in an order of their marks: the mean over them is what is shown."""
    marks = {f"s{s}": {"q1": 0.0, "q2": mark} for s, (mark, _) in enumerate(children)}
    choices: Choices = {f"s{s}": {"q1": ["a"] * chose} for s, (_, chose) in enumerate(children)}
    option = (
        analyse([Item("q1", 1, options=FOUR), Item("q2", 2)], marks, choices, least=AS_DEFINED).questions[0].options[0]
    )
    orders = [each for each in permutations(children) if all(one[0] >= other[0] for one, other in pairwise(each))]
    if len({mark for mark, _ in children}) == 1:
        assert option.upper is option.lower is Missing.NO_SPREAD
        return
    upper = Fraction(sum(order[0][1] + order[1][1] for order in orders), 2 * len(orders))
    lower = Fraction(sum(order[4][1] + order[5][1] for order in orders), 2 * len(orders))
    assert (option.upper, option.lower) == pytest.approx((float(100 * upper), float(100 * lower)))


# --- what is no class at all ---


@pytest.mark.parametrize(
    ("items", "marks"),
    [
        ([Item("q1", 1), Item("q1", 1)], {}),
        ([Item("q1", -1)], {}),
        ([Item("q1", math.nan)], {}),
        ([Item("q1", math.inf)], {}),
        ([Item("q1", 1, guess=math.nan)], {}),
        ([Item("q1", 1, options=(Option("a", math.inf),))], {}),
        ([Item("q1", 1)], {"s1": {"q1": math.nan}}),
        ([Item("q1", 1)], {"s1": {"q1": 1e300}}),
    ],
)
def test_what_is_no_number_is_refused(items: list[Item], marks: Marks) -> None:
    with pytest.raises(ValueError):
        analyse(items, marks)


def test_what_goes_to_a_page_is_plain_json() -> None:
    analysis = analyse(moodle.WALKTHROUGH.items, moodle.WALKTHROUGH.marks)
    told = analysis.json()
    assert json.loads(json.dumps(told)) == told
    assert told["quiz"]["consistency"] == {"value": -87.2231, "low": -249.5236, "high": -0.2865}
    assert told["quiz"]["kurtosis"] == "too_few"
    assert type(told["quiz"]["kurtosis"]) is str


def _value(figure: object) -> float:
    if isinstance(figure, Estimate):
        return figure.value
    assert isinstance(figure, float)
    return figure


def _compared(analysis: Analysis, item: str) -> list[float]:
    question = next(one for one in analysis.questions if one.item == item)
    return [_value(question.effective_weight), _value(question.discrimination), _value(question.efficiency)]


def _matrix(items: list[Item], marks: Marks) -> np.ndarray:
    """Attempts × items, what was not answered as 0."""
    rows = [row for row in marks.values() if any(mark is not None for mark in row.values())]
    return np.array([[row[item.id] or 0.0 for item in items] for row in rows]).reshape(len(rows), len(items))
