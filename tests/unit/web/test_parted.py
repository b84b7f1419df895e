"""A question's answers room by room and group by group: what the teacher's charts are made of."""

from __future__ import annotations

from typing import Any

from tests.unit.classroom.questions import QUESTIONS, question
from tests.unit.web.node import evaluate

# Two rooms, one child at home, one who has gone, and a display that answered for its room.
PEOPLE: dict[str, Any] = {
    **{who: {"role": "student", "room": room, "present": True, "admitted": True, "tablet": True, "since": 0}
       for who, room in (("a1", "a"), ("a2", "a"), ("b1", "b"), ("h1", None))},
    "gone": {"role": "student", "room": "b", "present": False, "admitted": True, "tablet": True, "since": 0},
    "screen": {"role": "display", "room": "b", "present": True, "admitted": True, "tablet": True, "since": 0},
}  # fmt: skip
GROUPS = {
    "order": ["g1", "g2", "g3"],
    "by_id": {"g1": {"members": ["a1", "b1"]}, "g2": {"members": ["a2"]}, "g3": {"members": []}},
}
STATE = {"participants": PEOPLE, "hands": [], "groups": GROUPS}


def asked(
    name: str, answers: dict[str, Any], counts: dict[str, list[int]] | None = None, **more: Any
) -> dict[str, Any]:
    head = {"activity": "q", "phase": "open", "opened_at": 0, "anonymous": False, "changeable": False}
    return {**question(name), **head, "answers": answers, "counts": counts or {}, **more}


def parts(activity: dict[str, Any], by: str) -> list[dict[str, Any]]:
    return evaluate("activities/parted.ts", "m.parted(given[0], given[1], given[2])", [STATE, activity, by])


def test_every_answer_and_every_hand_is_in_one_room() -> None:
    answers = {who: {"choice": at % 4} for at, who in enumerate(("a1", "b1", "h1", "gone"))}
    told = parts(asked("choice", answers, {"b": [1, 0, 2, 0]}, answered=9, tally=[9, 9, 9, 9]), "rooms")
    assert [(one["of"], sorted(one["activity"]["answers"])) for one in told] == [
        ("a", ["a1"]), ("b", ["b1", "gone"]), (None, ["h1"]),
    ]  # fmt: skip
    assert [one["activity"]["counts"] for one in told] == [{}, {"b": [1, 0, 2, 0]}, {}]
    assert all("tally" not in one["activity"] and "answered" not in one["activity"] for one in told)
    tallies = evaluate("activities/index.ts", "given.map(m.tallyOf)", [one["activity"] for one in told])
    assert [sum(column) for column in zip(*tallies, strict=True)] == [2, 1, 3, 1], "together they are the whole"


def test_by_groups_each_is_in_one_and_who_is_in_none_is_apart() -> None:
    answers = {who: {"choice": 0} for who in ("a1", "b1", "gone", "screen")}
    told = parts(asked("choice", answers), "groups")
    assert [(one["of"], sorted(one["activity"]["answers"])) for one in told] == [
        ("g1", ["a1", "b1"]), ("g2", []), (None, ["gone", "screen"]),
    ], "a group without anybody is not there"  # fmt: skip


def test_what_has_no_names_or_no_chart_is_not_parted() -> None:
    types = [*QUESTIONS, "cloud", "essay", "roll", "vote", "buzzer", "spoken"]
    told = evaluate(
        "activities/parted.ts",
        "given.map((one) => [m.faceOf(one), m.faceOf({...one, anonymous: true})])",
        [asked(name, {}) for name in types],
    )
    faces = {
        "options": {"choice", "vote", "truefalse", "rating", "multiple"},
        "numbers": {"number", "memory", "data"},
        "words": {"text", "cloud", "gaps"},
        "marks": {"order", "match", "spot"},
        "parts": {"survey"},
    }
    expected = [next((face for face, names in faces.items() if name in names), None) for name in types]
    assert told == [[face, None] for face in expected]


def test_numbers_words_and_how_right_they_are() -> None:
    answers = {who: {"number": n} for who, n in (("a1", 9.8), ("a2", 12), ("b1", 3))}
    shares, numbers = evaluate(
        "activities/parted.ts",
        "[given.map(m.rightness), given.map(m.numbersOf)]",
        [one["activity"] for one in parts(asked("number", answers), "rooms")],
    )
    assert numbers == [
        [{"title": "", "values": [9.8, 12]}],
        [{"title": "", "values": [3]}],
        [{"title": "", "values": []}],
    ]
    right = QUESTIONS["number"]["answer"]
    assert shares == [round(100 * sum(abs(n - right) <= 0.05 for n in (9.8, 12)) / 2), 0, None]
    assert evaluate("activities/parted.ts", "given.map(m.median)", [[1], [1, 2], [1, 2, 9], []]) == [1, 1.5, 2, 0]
    words = evaluate("activities/parted.ts", "m.wordsIn(given)", asked("cloud", {"a1": {"texts": ["Red", "red"]}}))
    assert words == [[["red", 2]]]


def test_hidden_words_are_in_no_chart_and_in_the_teachers_list() -> None:
    cloud = asked("cloud", {"a1": {"texts": ["Red", "leaf"]}, "b1": {"texts": ["red"]}}, unshown=["red"])
    part = {"type": "cloud", "prompt": "?"}
    survey = asked("survey", {}, questions=[part], unshown=["red"], tally=[[2, [["leaf", 1]]]], phase="revealed")
    gaps = asked("gaps", {"a1": {"texts": ["red", "leaf", "red"]}}, unshown=["red"])
    tallies, said = evaluate(
        "activities/index.ts", "[given.map(m.tallyOf), given.map((one) => m.saidIn(one))]", [cloud, survey, gaps]
    )
    assert tallies == [[["leaf", 1]], [[2, [["leaf", 1]]]], [[], [["leaf", 1]], []]]
    assert said == [[["red", 2], ["leaf", 1]], [["leaf", 1], ["red", 0]], [["red", 2], ["leaf", 1]]]


def test_of_each_list_as_many_words_can_be_hidden_as_charts_show_beside_those_that_are() -> None:
    answers = {f"c{n}": {"texts": words} for n, words in enumerate((["a", "b", "c"], ["a", "b", "d"], ["a"]))}
    cloud = asked("cloud", answers, unshown=["a"])
    parts = [{"type": "cloud", "prompt": "?"}] * 2
    tally = [[1, [["a", 3], ["b", 2], ["c", 1]]], [1, [["x", 3], ["y", 2], ["z", 1]]]]
    survey = asked("survey", {}, questions=parts, tally=tally, phase="revealed")
    said = evaluate(
        "activities/index.ts", "given.map((one) => m.saidIn(one, 2).map(([word]) => word))", [cloud, survey]
    )
    assert said == [["a", "b", "c"], ["a", "x", "b", "y"]]
