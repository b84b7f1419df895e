"""A score of participation, and the formula that stands beside it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.analysis.figures import Missing
from classroom.analysis.participation import ANSWERING, MAX_TERMS, Formula, Part, Term, participation
from classroom.errors import ClientFault

COUNTS = {"answered": 6, "asked": 8, "present_ms": 30, "lesson_ms": 40, "raised": 5}


def test_the_score_is_the_sum_of_what_the_formula_says() -> None:
    score = participation(ANSWERING, COUNTS)
    assert score.value == pytest.approx(75)
    assert [(part.counted, part.count, part.of) for part in score.parts] == [("answered", 6, 8), ("present_ms", 30, 40)]
    assert [part.most for part in score.parts] == pytest.approx([200 / 3, 100 / 3])
    assert [part.points for part in score.parts] == pytest.approx([50, 25])


def test_more_than_enough_is_enough() -> None:
    assert participation(Formula((Term("raised", 3, 1),)), COUNTS).parts == (Part("raised", 5, 3, 100, 100),)


def test_a_child_of_whom_nothing_is_counted_has_nothing() -> None:
    assert participation(ANSWERING, {"asked": 8, "lesson_ms": 40}).value == 0
    assert participation(ANSWERING, {"asked": 8, "lesson_ms": 40, "answered": -1}).value == 0


def test_what_was_not_asked_does_not_count() -> None:
    score = participation(ANSWERING, COUNTS | {"asked": 0})
    assert score.value == pytest.approx(75)
    assert score.parts == (Part("present_ms", 30, 40, 75, 100),)
    assert participation(ANSWERING, {}).json() == {"value": "not_asked", "parts": []}


def test_it_can_be_off() -> None:
    assert participation(None, COUNTS).json() == {"value": "off", "parts": []}
    assert participation(None, COUNTS).value is Missing.OFF


COUNT = st.integers(-3, 50)


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["b", "c", "d", 1, 7]), st.integers(1, 9)),
        min_size=1,
        max_size=5,
    ),
    st.dictionaries(st.sampled_from("abcd"), COUNT),
)
def test_it_is_what_the_formula_gives_by_hand(terms: list[tuple[str, str | int, int]], counts: dict[str, int]) -> None:
    score = participation(Formula(tuple(Term(*term) for term in terms)), counts)
    over = under = 0.0
    for counted, of, weight in terms:
        full = counts.get(of, 0) if isinstance(of, str) else of
        if full > 0:
            over += weight * max(0, min(1, counts.get(counted, 0) / full))
            under += weight
    assert score.value == (pytest.approx(100 * over / under) if under else Missing.NOT_ASKED)
    assert not isinstance(score.value, float) or 0 <= score.value <= 100


def test_a_formula_goes_out_and_comes_back() -> None:
    formula = Formula((*ANSWERING.terms, Term("raised", 3, 1)))
    assert Formula.read(json.loads(json.dumps(formula.json()))) == formula
    assert formula.json()["terms"][2] == {"counted": "raised", "of": 3, "weight": 1}


TERM = {"counted": "answered", "of": "asked", "weight": 1}


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "terms",
        {},
        {"terms": []},
        {"terms": "ab"},
        {"terms": [TERM], "more": 1},
        {"terms": [TERM] * (MAX_TERMS + 1)},
        {"terms": [{}]},
        {"terms": [TERM | {"more": 1}]},
        {"terms": [TERM | {"counted": ""}]},
        {"terms": [TERM | {"counted": "x" * 41}]},
        {"terms": [TERM | {"counted": 3}]},
        {"terms": [TERM | {"of": 0}]},
        {"terms": [TERM | {"of": -1}]},
        {"terms": [TERM | {"of": ""}]},
        {"terms": [TERM | {"of": True}]},
        {"terms": [TERM | {"of": 0.5}]},
        {"terms": [TERM | {"weight": 0}]},
        {"terms": [TERM | {"weight": 10**10}]},
        {"terms": [TERM | {"weight": True}]},
        {"terms": [TERM | {"weight": "1"}]},
        {"terms": [TERM, None]},
    ],
)
def test_what_is_no_formula_is_refused(data: Any) -> None:
    with pytest.raises(ClientFault) as fault:
        Formula.read(data)
    assert fault.value.code == "bad_formula"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["terms", "counted", "of", "weight"]), inner),
        max_leaves=20,
    )
)
def test_nothing_else_comes_of_any_data(data: Any) -> None:
    with suppress(ClientFault):
        formula = Formula.read(data)
        assert Formula.read(formula.json()) == formula
