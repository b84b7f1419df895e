"""What a teacher writes becomes a question that the server takes (web/client/src/activities/draft.ts, run by node)."""

from __future__ import annotations

from typing import Any

from classroom.activities.running import ActivityOpen
from classroom.activities.types import BY_NAME
from tests.unit.web.node import evaluate

# 0.1: a shuffle that moves everything.
SCRIPT = "given.map((draft) => m.questionOf({...m.blank(draft.type), ...draft}, () => 0.1))"

DRAFTS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"type": "choice", "prompt": " q "}, {"type": "vote", "prompt": "q", "options": ["A", "B", "C", "D"]}),
    ({"type": "choice", "options": ["x", "", "z", ""], "right": [2]}, {"options": ["x", "B", "z"], "answer": 2}),
    ({"type": "choice", "options": ["", "", "", ""], "right": [1]}, {"options": ["A", "B"], "answer": 1}),
    ({"type": "multiple", "options": ["a", "b", "c", ""], "right": [2, 0]}, {"answer": [0, 2]}),
    ({"type": "multiple", "options": ["a", "b", "", ""]}, {"type": "multiple", "options": ["a", "b"]}),
    ({"type": "truefalse", "right": [1]}, {"type": "truefalse", "answer": 1}),
    ({"type": "truefalse"}, {"type": "truefalse"}),
    ({"type": "rating", "steps": 7, "ends": [" no ", "yes"]}, {"steps": 7, "ends": ["no", "yes"]}),
    ({"type": "rating", "ends": ["no", ""]}, {"type": "rating", "steps": 5}),
    (
        {"type": "number", "answer": "9,81", "tolerance": "0.05", "unit": "m"},
        {"answer": 9.81, "tolerance": 0.05, "unit": "m"},
    ),
    ({"type": "number", "tolerance": "1"}, {"type": "number"}),
    ({"type": "text", "answer": "dog / hound/"}, {"answer": ["dog", "hound"]}),
    ({"type": "text"}, {"type": "text"}),
    (
        {"type": "gaps", "answer": "The {dog/hound} barks at {cats}."},
        {"text": "The ___ barks at ___.", "answer": [["dog", "hound"], ["cats"]]},
    ),
    ({"type": "gaps", "answer": "a {} b {c}"}, {"type": "gaps", "text": "a ___ b ___"}),
    ({"type": "cloud", "words": 2}, {"type": "cloud", "words": 2}),
    ({"type": "essay"}, {"type": "essay"}),
]


def questions(*drafts: dict[str, Any]) -> list[Any]:
    return list(evaluate("activities/draft.ts", SCRIPT, drafts))


def test_a_draft_becomes_a_question() -> None:
    made = questions(*(draft for draft, _ in DRAFTS))
    for question, (draft, expected) in zip(made, DRAFTS, strict=True):
        assert question | expected == question, draft
        assert ("answer" in question) == ("answer" in expected), draft
        ActivityOpen.model_validate({"activity": "q", **question})


def test_what_is_put_in_order_is_shown_in_another() -> None:
    draft = {"type": "order", "options": ["one", "two", "", "three"]}
    (question,) = questions(draft)
    ActivityOpen.model_validate({"activity": "q", **question})
    assert question["options"] != ["one", "two", "three"]
    assert [question["options"][i] for i in question["answer"]] == ["one", "two", "three"]
    assert BY_NAME["order"].mark(question, question["answer"]) == 1


def test_what_is_matched_is_shown_in_another_order_and_may_have_the_same_target() -> None:
    draft = {"type": "match", "options": ["cat", "dog", "rose", ""], "targets": ["animal", "animal", "plant", "stone"]}
    (question,) = questions(draft)
    ActivityOpen.model_validate({"activity": "q", **question})
    assert sorted(question["targets"]) == ["animal", "plant", "stone"]
    assert question["targets"] != ["animal", "plant", "stone"]
    assert [question["targets"][i] for i in question["answer"]] == ["animal", "animal", "plant"]


def test_of_what_is_missing_no_question_is_made() -> None:
    lacking = [
        {"type": "number", "answer": "many"},
        {"type": "number", "answer": "1", "tolerance": "-1"},
        {"type": "gaps", "answer": "no gap"},
        {"type": "gaps", "answer": "a {b} and ___"},
        {"type": "gaps", "answer": ""},
        {"type": "order", "options": ["one", "", "", ""]},
        {"type": "match", "options": ["a", "b", "", ""], "targets": ["x", "", "", ""]},
        {"type": "match", "options": ["a", "b", "", ""], "targets": ["x", "x", "", ""]},
    ]
    assert questions(*lacking) == [None] * len(lacking)
