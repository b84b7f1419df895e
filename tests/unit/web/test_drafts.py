"""What a teacher writes becomes a question that the server takes (web/client/src/activities/draft.ts, run by node)."""

from __future__ import annotations

from typing import Any

from classroom.activities.payloads import ActivityOpen
from classroom.activities.types import ANY, BY_NAME
from tests.unit.classroom.questions import QUESTIONS
from tests.unit.classroom.questions import question as question_of
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
    ({"type": "upload", "worth": " 20 "}, {"type": "upload", "worth": 20}),
    (
        {"type": "spoken", "criteria": [{"name": " Fluency ", "levels": "0 halting/2/ 4 very fluent "}]},
        {
            "type": "spoken",
            "rubric": [
                {
                    "name": "Fluency",
                    "levels": [{"points": 0, "says": "halting"}, {"points": 2}, {"points": 4, "says": "very fluent"}],
                }
            ],
        },
    ),
    ({"type": "drawing"}, {"type": "drawing"}),
    (
        {"type": "essay", "points": " 季节 / seasons/季节/ ", "explanation": " because "},
        {"points": ["季节", "seasons"], "explanation": "because"},
    ),
    ({"type": "essay", "points": "/".join("abcdefghijkl")}, {"points": [*"abcdefghij"]}),
    ({"type": "essay", "points": "x" * 81}, {"points": ["x" * 80]}),
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
        {"type": "spoken", "worth": "2.5"},
        {"type": "spoken", "worth": "101"},
        *({"type": "essay", "criteria": [{"name": "x", "levels": one}]} for one in ("1", "0/0", "good/bad", "0/101")),
        {"type": "upload", "criteria": [{"name": " ", "levels": "0/1"}]},
        {"type": "number", "answer": "many"},
        {"type": "number", "answer": "1", "tolerance": "-1"},
        {"type": "gaps", "answer": "no gap"},
        {"type": "gaps", "answer": "a {b} and ___"},
        {"type": "gaps", "answer": ""},
        {"type": "order", "options": ["one", "", "", ""]},
        {"type": "match", "options": ["a", "b", "", ""], "targets": ["x", "", "", ""]},
        {"type": "match", "options": ["a", "b", "", ""], "targets": ["x", "x", "", ""]},
        {"type": "match", "options": ["a", "b", "c", ""], "targets": ["x", "y", "", ""]},
    ]
    assert questions(*lacking) == [None] * len(lacking)


def test_what_is_matched_may_be_pictures_and_goes_by_its_letter_where_it_has_no_words() -> None:
    pictures = {"pictured": True, "pictures": ["leaf", "", "", ""], "targetPictures": ["tree", "bush", "", "moss"]}
    draft = {"type": "match", "options": ["", "rose", "", ""], "targets": ["", "", "", ""], **pictures}
    (question,) = questions(draft)
    ActivityOpen.model_validate({"activity": "q", **question})
    assert (question["options"], question["pictures"]) == (["A", "rose"], ["leaf", None])
    assert (question["targets"], sorted(question["target_pictures"])) == (["A", "B", "C"], ["bush", "moss", "tree"])
    assert [question["target_pictures"][i] for i in question["answer"]] == ["tree", "bush"]
    (words,) = questions({**draft, "pictured": False, "options": ["a", "b"], "targets": ["x", "y"]})
    assert not {"pictures", "target_pictures"} & words.keys()


def test_cards_of_a_game_are_pairs_and_a_pair_may_be_of_two_that_are_the_same() -> None:
    draft = {"type": "memory", "options": ["cat", "dog", "", ""], "targets": ["猫", "dog", "", ""]}
    (question,) = questions(draft)
    ActivityOpen.model_validate({"activity": "q", **question})
    assert (question["options"], question["targets"], question["answer"]) == (["cat", "dog"], ["猫", "dog"], 2)
    lacking = [
        {"targets": ["猫", "cat"]},
        {"targets": ["猫", ""]},
        {"targets": ["猫", "狗", "鸟"]},
        {"options": ["cat"]},
    ]
    assert questions(*({**draft, **one} for one in lacking)) == [None] * 4


def test_a_question_has_what_is_beside_its_words() -> None:
    beside = {"picture": "leaf", "alt": " a leaf ", "sound": "wind", "plays": 2}
    (both, bare, spot, lacking) = questions(
        {"type": "essay", **beside},
        {"type": "essay", "alt": "of nothing", "plays": 2},
        {"type": "spot", "picture": "leaf", "aspect": 0.5, "areas": [{"shape": "circle", "at": [0, 1], "radius": 0.1}]},
        {"type": "spot"},
    )
    assert both == {"type": "essay", "prompt": "", "picture": "leaf", "alt": "a leaf", "sound": "wind", "plays": 2}
    assert bare == {"type": "essay", "prompt": ""}
    assert lacking is None
    for one in (both, spot):
        ActivityOpen.model_validate({"activity": "q", **one})


def test_areas_are_drawn_by_a_pointer_and_by_keys() -> None:
    script = """given.map(([shape, steps]) => { let drawing = m.BEGUN; const areas = []
        for (const [how, at] of steps) {
            const step = how === 'move' ? m.AreaDrawing.move(drawing, at) : m.AreaDrawing[how](drawing, at, shape, 0.5)
            drawing = step.drawing; if (step.area) areas.push(step.area)
        }
        return [areas, drawing.length] })"""
    corners = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5]]
    drawn = evaluate(
        "activities/areas.ts",
        script,
        [
            ["circle", [["down", [0.5, 0.5]], ["move", [0.6, 0.5]], ["up", [0.8, 0.5]]]],
            ["circle", [["press", [0.5, 0.5]], ["move", [0.5, 0.7]], ["press", [0.5, 0.7]]]],
            ["rect", [["down", [0.8, 0.9]], ["up", [0.2, 0.4]]]],
            ["rect", [["down", [0.8, 0.9]], ["up", [0.8, 0.9]]]],
            ["polygon", [*(["down", one] for one in corners), ["up", [0.5, 0.5]], ["down", [0.11, 0.1]]]],
            ["polygon", [["press", [0.1, 0.1]], ["press", [0.1, 0.1]]]],
        ],
    )
    assert drawn == [
        [[{"shape": "circle", "at": [0.5, 0.5], "radius": 0.3}], 0],
        [[{"shape": "circle", "at": [0.5, 0.5], "radius": 0.1}], 0],
        [[{"shape": "rect", "at": [0.2, 0.4], "size": [0.6, 0.5]}], 0],
        [[], 0],
        [[{"shape": "polygon", "points": corners}], 0],
        [[], 2],
    ]


def test_cards_lie_in_another_order_for_each_child_and_in_the_same_when_it_comes_back() -> None:
    script = "given.map(([pairs, activity, child]) => m.dealt(pairs, activity, child))"
    children = [[5, "q", f"child {n}"] for n in range(40)]
    dealt = evaluate("activities/memory.ts", script, [*children, *children])
    assert dealt[:40] == dealt[40:]
    assert all(sorted(one) == list(range(10)) for one in dealt)
    assert len({tuple(one) for one in dealt}) > 30


def test_a_pair_stays_open_and_what_is_none_until_the_next_card() -> None:
    script = "given.reduce((all, card) => [...all, m.turned(all[all.length - 1], card, 3)], [m.LAID]).slice(1)"
    seen = evaluate("activities/memory.ts", script, [0, 0, 1, 1, 4, 4, 0, 3])
    assert [(one["open"], one["found"], one["turns"]) for one in seen] == [
        ([0], [], 0), ([0], [], 0), ([0, 1], [], 1), ([1], [], 1),
        ([], [1], 2), ([], [1], 2), ([0], [1], 2), ([], [1, 0], 3),
    ]  # fmt: skip


def test_formulas_are_found_in_what_is_written() -> None:
    texts = [r"a \(x^2\) b $$y$$", "$5 and 6$", r"\(open", "$$$$", r"\(\)", "", r"\(a\)\(b\)"]
    found = evaluate("ui/formulas.ts", "given.map(m.piecesOf)", texts)
    assert found[0] == [
        "a ", {"tex": "x^2", "display": False, "source": r"\(x^2\)"},
        " b ", {"tex": "y", "display": True, "source": "$$y$$"},
    ]  # fmt: skip
    assert found[1:6] == [["$5 and 6$"], [r"\(open"], ["$$$$"], [r"\(\)"], []]
    assert [one["tex"] for one in found[6]] == ["a", "b"]


def test_a_question_that_is_there_is_written_as_it_would_have_been() -> None:
    """Through the form and back it asks the same, though in another order of chance."""
    written = evaluate("activities/draft.ts", "m.WRITTEN")
    asked = [
        {**question_of(name), "points": ["分数", "x"], "explanation": "So."} for name in QUESTIONS if name in written
    ]
    asked += [{"type": "vote", "prompt": "", "options": ["a", "b"], "pictures": [None, "leaf"]}]
    asked += [{"type": "memory", "prompt": "", "options": list("abcde"), "targets": list("vwxyz"), "answer": 5}]
    draft = "import(process.argv[1].replace('redraft', 'draft'))"
    script = f"{draft}.then((d) => given.map((one) => d.questionOf(m.draftOf(one), () => 0.1)))"
    again = evaluate("activities/redraft.ts", script, asked)
    for before, after in zip(asked, again, strict=True):
        assert meant(ANY.validate_python(after).model_dump()) == meant(ANY.validate_python(before).model_dump())
    assert evaluate("activities/redraft.ts", "m.draftOf(given)", {"type": "roll", "options": ["here"]}) is None


def meant(asked: dict[str, Any]) -> dict[str, Any]:
    match asked["type"]:
        case "order":
            return {**asked, "options": [asked["options"][at] for at in asked["answer"]], "answer": None}
        case "match":
            right = [asked["targets"][at] for at in asked["answer"]]
            return {**asked, "targets": sorted(asked["targets"]), "answer": right}
        case "survey":  # of an order within it nothing is right
            return {
                **asked,
                "questions": [{**one, "options": sorted(one.get("options", []))} for one in asked["questions"]],
            }
    return asked
