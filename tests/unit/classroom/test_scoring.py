"""How right answers are, and what came of them: of any question of any type, equal to another reckoning."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.activities import marking
from classroom.activities.types import ANY, BY_NAME
from tests.unit.classroom.otherwise import count_otherwise, mark_otherwise
from tests.unit.classroom.questions import WORDS

Asked = dict[str, Any]
MOST = 12
"""Answers to a question."""

words = st.sampled_from(WORDS).map(str.strip)
# places that floats hold without rounding, so that what lies on a border is no matter of the last bit
share = st.integers(0, 64).map(lambda one: one / 64)
length = st.integers(1, 64).map(lambda one: one / 64)
spots = st.tuples(share, share).map(list)
numbers = st.one_of(st.integers(-20, 20), st.floats(-1e15, 1e15), st.sampled_from([0.1, 0.2, 0.3, -0.0, 9.81]))
areas = st.one_of(
    st.fixed_dictionaries({"shape": st.just("circle"), "at": spots, "radius": length}),
    st.fixed_dictionaries({"shape": st.just("rect"), "at": spots, "size": st.tuples(length, length).map(list)}),
    st.tuples(spots, spots, spots).map(lambda three: {"shape": "polygon", "points": list(three)}),
)


@st.composite
def played(draw: st.DrawFn, name: str) -> tuple[Asked, list[Any]]:
    """A question of a type, and answers that fit."""
    asked, answer = _asked(draw, name)
    return asked, draw(st.lists(answer, max_size=MOST))


def _asked(draw: st.DrawFn, name: str, *, part: bool = False) -> tuple[Asked, st.SearchStrategy[Any]]:
    many = draw(st.integers(2, 10))
    options = [f"option {n}" for n in range(many)]
    asked: Asked = {"type": name, "prompt": "?"}
    one, several = st.integers(0, many - 1), st.lists(st.integers(0, many - 1), min_size=1, unique=True).map(sorted)
    answer: st.SearchStrategy[Any] = one
    right: st.SearchStrategy[Any] = one
    match name:
        case "choice" | "vote":
            asked |= {"options": options}
        case "roll":
            asked |= {"options": ["here"]}
            answer = st.just(0)
        case "truefalse":
            answer = right = st.integers(0, 1)
        case "rating":
            asked |= {"steps": many}
        case "multiple":
            asked |= {"options": options}
            answer = right = several
        case "number":
            answer = right = numbers
        case "text":
            answer, right = words, st.lists(words, min_size=1, max_size=3)
        case "essay":
            answer = words
        case "cloud":
            asked |= {"words": draw(st.integers(1, 5))}
            answer = st.lists(words, min_size=1, max_size=asked["words"])
        case "order":
            asked |= {"options": options}
            answer = right = st.permutations(range(many)).map(list)
        case "match":
            targets = draw(st.integers(2, 10))
            asked |= {"options": options, "targets": [f"target {n}" for n in range(targets)]}
            one = st.integers(0, targets - 1)
            answer = st.lists(st.none() | one, min_size=many, max_size=many)
            right = st.lists(one, min_size=many, max_size=many)
        case "memory":
            asked |= {"options": options, "targets": [f"target {n}" for n in range(many)]}
            games = st.tuples(st.integers(0, many), st.integers(0, 5), st.integers(0, 3_600_000))
            answer = games.map(lambda game: {"found": game[0], "turns": game[0] + game[1], "ms": game[2]})
            right = st.integers(1, many)
        case "spot":
            asked |= {"picture": "map", "aspect": draw(st.integers(1, 80)) / 16}
            answer, right = spots, st.lists(areas, min_size=1, max_size=3)
        case "gaps":
            gaps = draw(st.integers(1, 4))
            asked |= {"text": "x ___ " * gaps}
            answer = st.lists(st.just("") | words, min_size=gaps, max_size=gaps)
            right = st.lists(st.lists(words, min_size=1, max_size=3), min_size=gaps, max_size=gaps)
        case "data":
            asked |= {"table": [{"name": "Pulse", "least": 30, "most": 220}, {"name": "What", "words": True}]}
            row = st.tuples(st.integers(30, 220), st.none() | words).map(list)
            answer = st.integers(0, 60).flatmap(lambda rows: row.map(lambda one: [one] * rows))
        case "survey":
            kinds = draw(st.lists(st.sampled_from(PARTS), min_size=1, max_size=4))
            made = [_asked(draw, kind, part=True) for kind in kinds]
            asked |= {"questions": [one for one, _ in made]}
            given_ = [
                st.none() | value.map(_under(BY_NAME[kind].field)) for kind, (_, value) in zip(kinds, made, strict=True)
            ]
            answer = st.tuples(st.tuples(*given_), st.integers(0, len(kinds))).map(lambda had: list(had[0][: had[1]]))
        case _:
            answer = st.just("work-1")
    if name in MARKED and not part and draw(st.integers(0, 4)):
        asked |= {"answer": draw(right)}
        if name == "number" and draw(st.booleans()):
            asked |= {"tolerance": draw(st.one_of(st.just(0.1), st.floats(0, 1e15)))}
        if name not in ("match", "memory", "order"):
            answer = answer | _right(name, asked["answer"])
    return asked, answer


def _right(name: str, right: Any) -> st.SearchStrategy[Any]:
    """What is right, or nearly."""
    if name == "gaps":
        return st.just([one[0] for one in right])
    if name == "spot":  # beside, above and at its corners
        corners = [place for area in right for place in area.get("points", [area.get("at")])]
        return st.tuples(*(st.sampled_from([place[axis] for place in corners]) for axis in (0, 1))).map(list)
    return st.sampled_from(right) if name == "text" else st.just(right)


def _under(field: str) -> Any:
    return lambda value: {field: value}


PARTS = ("choice", "vote", "truefalse", "rating", "multiple", "number", "text", "cloud", "order", "essay")
MARKED = ("choice", "truefalse", "multiple", "number", "text", "order", "match", "memory", "spot", "gaps")
TYPES = sorted(BY_NAME.keys() - {"buzzer"})


@pytest.mark.parametrize("name", TYPES)
@settings(max_examples=60)
@given(data=st.data())
def test_any_question_is_marked_and_counted_as_another_reckoning_has_it(name: str, data: st.DataObject) -> None:
    asked, answers = data.draw(played(name))
    ANY.validate_python(asked)
    kind = BY_NAME[name]
    assert all(kind.fits(asked, one) for one in answers)
    assert kind.count(asked, answers) == count_otherwise(asked, answers)
    if "answer" in asked:
        assert [kind.mark(asked, one) for one in answers] == [mark_otherwise(asked, one) for one in answers]


@given(st.lists(st.integers(0, 5), max_size=30))
def test_who_is_first_is_who_came_first(apart_ms: list[int]) -> None:
    kind, came, now = BY_NAME["buzzer"], dict[str, Any](), 0
    for child, later in enumerate(apart_ms[:10]):
        now += later
        asked = {"type": "buzzer", "answers": came}
        came = {**came, f"child{child}": kind.taken(asked, f"child{child}", True, now)}
    assert kind.count({"type": "buzzer"}, reversed(came.values())) == count_otherwise(
        {"type": "buzzer"}, [*came.values()]
    )
    assert kind.count({"type": "buzzer"}, came.values()) == [sum(apart_ms[: n + 1]) for n in range(len(came))]


levels = st.lists(st.fixed_dictionaries({"points": st.integers(0, 100)}), min_size=2, max_size=6)


@given(st.lists(levels, min_size=1, max_size=8), st.data())
def test_a_rubric_is_worth_its_best_levels(rubric: list[list[Any]], data: st.DataObject) -> None:
    best = [sorted(one["points"] for one in some)[-1] for some in rubric]
    asked: Asked = {"type": "upload", "rubric": [{"name": "x", "levels": some} for some in rubric]}
    assert marking.most(asked) == sum(best)
    if sum(best):
        points = sum(data.draw(st.sampled_from(some))["points"] for some in rubric)
        marks = {"anna": {"points": points}}
        assert marking.share({**asked, "marks": marks}, "anna") == pytest.approx(points / sum(best))
    assert marking.share(asked, "anna") is None
