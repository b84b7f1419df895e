"""Every type of question: what fits, how it is marked and counted; and that the pages do so alike."""

from __future__ import annotations

import json
import random
import unicodedata
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from classroom import rules
from classroom.activities.media import had, names, renamed
from classroom.activities.question import MAX_TALLIED, plain
from classroom.activities.types import ALL, BY_NAME
from classroom.events import Command, Role, Seat
from classroom.reducer import Context
from signaling.limits import MAX_MESSAGE
from tests.unit.classroom.lessons import ANNA, BEN, DISPLAY, FILM, LEAD, LOCAL, MAP, OBSERVER, Lesson
from tests.unit.classroom.otherwise import count_otherwise, mark_otherwise
from tests.unit.classroom.questions import ACCEPTED, OPTIONS, QUESTIONS, question, values
from tests.unit.web.node import evaluate

PICTURE = replace(FILM, id="leaf", kind="slides", slides=1, duration_ms=None)
SOUND = replace(FILM, id="wind", kind="audio", slides=0)
PAPER = replace(PICTURE, id="paper", slides=2)
SHELF = {one.id: one for one in (PICTURE, SOUND, MAP, PAPER, FILM)}


def test_there_is_a_question_of_every_type_here() -> None:
    assert {*QUESTIONS, "buzzer"} == BY_NAME.keys()
    assert len(ALL) == len(BY_NAME)


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_fits_is_marked_and_counted_as_otherwise_reckoned_and_by_the_pages_too(name: str) -> None:
    rng, kind, asked = random.Random(name), BY_NAME[name], question(name)
    rounds = [[values(rng, name) for _ in range(rng.choice([0, 1, 40]))] for _ in range(30)]
    answers = [value for one in rounds for value in one]
    assert all(kind.fits(asked, value) for value in answers)
    marks = [kind.mark(asked, value) for value in answers] if "answer" in asked else []
    assert marks == [mark_otherwise(asked, value) for value in answers if "answer" in asked]
    tallies = [kind.count(asked, one) for one in rounds]
    assert tallies == [count_otherwise(asked, one) for one in rounds]
    if name not in ("essay", "vote", "roll", "rating", "cloud", "spoken", "drawing", "upload", "survey", "data"):
        assert {0.0, 1.0} <= set(marks)
    at_the_page = evaluate(
        "activities/index.ts",
        "(({question, rounds}) => { const type = m.typeOf(question); const marks = []; return {"
        "tallies: rounds.map((one) => type.count(question, one)),"
        "marks: rounds.flat().map((value) => m.markOf(question, {[type.field]: value})) } })(given)",
        {"question": asked, "rounds": rounds},
    )
    assert at_the_page == {"tallies": tallies, "marks": marks or [None] * len(answers)}


def test_decimals_on_the_edge_of_what_is_right_are_right_and_the_next_are_wrong() -> None:
    """However they lie in binary: 9.81 ± 0.05 is from 9.76 to 9.86."""
    cases = [
        (Decimal(answer).scaleb(-2), Decimal(tolerance).scaleb(-2), sign)
        for answer in (*range(0, 1000, 7), 981, 3650, 10**15 + 1)
        for tolerance in (0, 1, 5, 10, 20, 33)
        for sign in (-1, 1)
    ]
    asked = [{"type": "number", "answer": float(middle), "tolerance": float(most)} for middle, most, _ in cases]
    for beyond, mark in ((Decimal(0), 1), (Decimal("0.01"), 0)):
        given = [float(middle + sign * (most + beyond)) for middle, most, sign in cases]
        assert [BY_NAME["number"].mark(one, value) for one, value in zip(asked, given, strict=True)] == [mark] * len(
            cases
        )
        theirs = evaluate(
            "activities/index.ts",
            "given.map(([asked, number]) => m.markOf(asked, { number }))",
            list(zip(asked, given, strict=True)),
        )
        assert theirs == [mark] * len(cases)


def test_words_are_compared_alike_here_and_on_the_pages() -> None:
    every = "".join(map(chr, [*range(32, 0xD800), *range(0xE000, 0x30000)]))
    words = [f"a{one}\n\tB {one}" for one in every[::7]]
    pages = evaluate("activities/type.ts", "given.map(m.plain)", words)
    older = {one for one, here, there in zip(words, map(plain, words), pages, strict=True) if here != there}
    assert {unicodedata.category(one[1]) for one in older} <= {"Cn"}, "letters that one side does not know yet"


def test_a_tally_of_words_has_an_end() -> None:
    many = [f"word {n}" for n in range(1000)]
    assert len(BY_NAME["text"].count(question("text"), many)) == MAX_TALLIED


# in a lesson


def opened(name: str, **more: Any) -> Lesson:
    lesson = Lesson.live(courseware=SHELF)
    lesson.ask(LEAD, "activity.open", activity="q", **question(name), **more)
    return lesson


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_from_its_opening_to_the_reveal(name: str) -> None:
    rng, field = random.Random(name), BY_NAME[name].field
    lesson = opened(name, explanation="canary because", points=["分数"], source="b1")
    some = (values(rng, name) for _ in range(99))
    given = [value for value in some if name != "survey" or len(value) == 4][:2]  # all of it, or one may go on
    for seat, value in zip((ANNA, BEN), given, strict=True):
        lesson.ask(seat, "activity.answer", activity="q", **{field: value})
    if name == "data":  # of which there may always be more
        assert lesson.ask(ANNA, "activity.answer", activity="q", rows=given[0]) == []
    else:
        assert lesson.refused(ANNA, "activity.answer", activity="q", **{field: given[0]}) == "already_answered"
    before = [seen_by(lesson, seat) for seat in (LEAD, DISPLAY, ANNA, BEN, OBSERVER)]
    assert [sorted(one["answers"]) for one in before] == [["anna", "ben"], [], ["anna"], ["ben"], ["anna", "ben"]]
    assert before[2]["answers"]["anna"][field] == given[0]
    for seen in before[1:4]:
        assert not {"points", "source", "answer", "tolerance", "explanation", "tally"} & seen.keys()
    lesson.ask(LEAD, "activity.reveal", activity="q")
    for seat in (LEAD, DISPLAY, ANNA):
        seen = seen_by(lesson, seat)
        assert ({"points", "source"} <= seen.keys()) is (seat is LEAD)
        assert (seen["answered"], seen["explanation"]) == (2, "canary because")
        assert seen["tally"] == count_otherwise(question(name), given)
        assert seen.get("answer") == QUESTIONS[name].get("answer")


def seen_by(lesson: Lesson, seat: Seat) -> Any:
    """The activity in what somebody is shown, which is what they fold."""
    view = rules.view(lesson.state, seat, lesson.texts)
    assert view == {**rules.fold(lesson.seen_by(seat)), "seq": view["seq"]}
    return view["activities"]["by_id"]["q"]


def test_a_long_text_is_as_long_as_is_said() -> None:
    lesson = opened("essay")
    lesson.ask(ANNA, "activity.answer", activity="q", text="长" * 10_000)
    assert len(seen_by(lesson, LEAD)["answers"]["anna"]["text"]) == 10_000


def test_an_answer_is_changed_until_it_closes_where_it_may_be() -> None:
    lesson = opened("text", changeable=True)
    (first,) = lesson.ask(ANNA, "activity.answer", activity="q", text="canary dog")
    assert first.data.keys() == {"activity", "participant", "words"}
    assert lesson.ask(ANNA, "activity.answer", activity="q", text="canary dog") == []
    lesson.ask(ANNA, "activity.answer", activity="q", text="Hound  dog")
    assert seen_by(lesson, LEAD)["answers"]["anna"]["text"] == "Hound  dog"
    lesson.ask(LEAD, "activity.close", activity="q")
    assert lesson.refused(ANNA, "activity.answer", activity="q", text="cat") == "activity_closed"
    lesson.ask(LEAD, "activity.reveal", activity="q")
    assert seen_by(lesson, DISPLAY)["tally"] == [["hound dog", 1]]
    assert "canary" not in str([event.data for event in lesson.events])


@pytest.mark.parametrize(("name", "grace_ms"), [("choice", 1000), ("upload", 60_000)])
def test_one_whose_time_is_over_is_overdue_once_nothing_is_on_its_way(name: str, grace_ms: int) -> None:
    lesson = opened(name, seconds=5)
    end = lesson.now + 5000 + grace_ms
    assert rules.overdue(lesson.state, end) is None
    assert rules.overdue(lesson.state, end + 1) == "q"
    lesson.ask(LEAD, "activity.close", activity="q")
    assert rules.overdue(lesson.state, end + 1) is None
    lesson.ask(LEAD, "activity.reopen", activity="q")
    assert rules.overdue(lesson.state, end + 1_000_000) is None, "it has no time any more"


def test_one_that_is_closed_takes_answers_again_for_a_time() -> None:
    lesson = opened("choice", seconds=5)
    lesson.ask(ANNA, "activity.answer", activity="q", choice=1)
    assert lesson.refused(LEAD, "activity.reopen", activity="q") == "wrong_phase"
    lesson.ask(LEAD, "activity.close", activity="q")
    lesson.now += 60_000
    lesson.ask(LEAD, "activity.reopen", activity="q", seconds=10)
    assert (seen_by(lesson, ANNA)["phase"], seen_by(lesson, ANNA)["opened_at"]) == ("open", lesson.now)
    lesson.now += 10_000
    lesson.ask(BEN, "activity.answer", activity="q", choice=2)
    lesson.ask(LEAD, "activity.close", activity="q")
    lesson.ask(LEAD, "activity.reopen", activity="q")
    assert "seconds" not in seen_by(lesson, BEN)
    lesson.ask(LEAD, "activity.reveal", activity="q")
    assert seen_by(lesson, BEN)["tally"] == [0, 1, 1, 0]
    assert lesson.refused(LEAD, "activity.reopen", activity="q") == "wrong_phase"


@pytest.mark.parametrize("voters", [4, 5])
def test_of_few_anonymous_votes_nothing_is_told(voters: int) -> None:
    children = [Seat(f"child{number}", Role.STUDENT, "r1") for number in range(voters)]
    lesson = Lesson.live(LEAD, LOCAL, *children)
    lesson.ask(LEAD, "activity.open", activity="q", **question("multiple") | {"answer": None}, anonymous=True)
    for number, child in enumerate(children):
        lesson.ask(child, "activity.answer", activity="q", choices=[number % 2, 3])
    assert lesson.refused(children[0], "activity.answer", activity="q", choices=[0]) == "already_answered"
    assert lesson.state["activities"]["by_id"]["q"]["answers"] == {child.participant: {} for child in children}
    lesson.ask(LEAD, "activity.reveal", activity="q")
    assert seen_by(lesson, children[0]).get("tally") == ([3, 2, 0, 5] if voters == 5 else None)
    assert lesson.refused(LEAD, "activity.reopen", activity="q") == "wrong_phase"
    lesson.ask(LEAD, "activity.open", activity="r", **question("vote"), anonymous=True)
    lesson.ask(LEAD, "activity.close", activity="r")
    assert lesson.refused(LEAD, "activity.reopen", activity="r") == "anonymous"


def test_hands_are_counted_for_options() -> None:
    lesson = opened("truefalse")
    lesson.ask(ANNA, "activity.answer", activity="q", choice=1)
    lesson.ask(LOCAL, "activity.count", activity="q", counts=[7, 2])
    lesson.ask(LEAD, "activity.reveal", activity="q")
    assert seen_by(lesson, DISPLAY)["tally"] == [7, 3]
    for name in ("text", "order", "match", "number", "gaps", "cloud", "essay", "upload"):
        assert opened(name).refused(LOCAL, "activity.count", activity="q", counts=[1, 2]) == "not_found"


def test_pictures_and_sounds_come_off_the_askers_shelf_and_the_lesson_keeps_them() -> None:
    lesson = Lesson.live(courseware=SHELF)
    asked = question("match") | {
        "picture": "leaf", "alt": "a leaf", "sound": "wind", "plays": 2, "pictures": [None, "leaf", None, None],
        "target_pictures": ["map", None, None, None, "leaf"],
    }  # fmt: skip
    command = Command("command", "activity.open", {"activity": "q", **asked})
    assert rules.names(command) == {"leaf", "wind", "map"}
    context = Context(0, courseware=SHELF)
    (opened,) = rules.decide(lesson.state, command, LEAD, 0, random.Random(1), context)
    assert opened.shows == {"leaf", "wind", "map"}
    lesson.ask(LEAD, "activity.open", **command.data)
    for seat in (DISPLAY, ANNA, OBSERVER):
        seen = seen_by(lesson, seat)
        assert {key: seen[key] for key in asked if key != "answer"} == {k: v for k, v in asked.items() if k != "answer"}
    questions = lesson.state["activities"]["by_id"].values()
    assert [had(questions, one) for one in ("leaf", "wind", "film")] == [{"kind": "slides"}, {"kind": "audio"}, None]


@pytest.mark.parametrize(
    ("media", "code"),
    [
        ({"picture": "not an id"}, "malformed"),
        ({"picture": "gone"}, "not_found"),
        ({"sound": "gone"}, "not_found"),
        ({"pictures": ["leaf", None, None, "gone"]}, "not_found"),
        ({"picture": "film"}, "media_unfit"),
        ({"picture": "paper"}, "media_unfit"),
        ({"picture": "wind"}, "media_unfit"),
        ({"sound": "leaf"}, "media_unfit"),
        ({"sound": "film"}, "media_unfit"),
        ({"picture": "wind", "sound": "wind"}, "media_unfit"),
        ({"pictures": ["leaf"]}, "malformed"),
        ({"pictures": ["leaf"] * 10_000}, "malformed"),
        ({"target_pictures": ["leaf", "leaf"]}, "malformed"),
        ({"alt": "of nothing"}, "malformed"),
        ({"plays": 1}, "malformed"),
        ({"sound": "wind", "plays": 11}, "malformed"),
        ({"sound": "wind", "plays": 0}, "malformed"),
        ({"sound": "wind", "plays": 1.5}, "malformed"),
    ],
)
def test_what_is_no_picture_or_no_sound_of_the_asker_is_refused(media: dict[str, Any], code: str) -> None:
    lesson = Lesson.live(courseware=SHELF)
    assert lesson.refused(LEAD, "activity.open", activity="q", **question("match"), **media) == code


BAD_QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("nonsense", {"options": OPTIONS}),
    ("choice", {"answer": 4}),
    ("choice", {"options": []}),
    ("choice", {"options": ["x"] * 10_000}),
    ("choice", {"tolerance": 1}),
    ("roll", {"anonymous": True}),
    ("roll", {"options": ["here", "there"]}),
    ("truefalse", {"answer": 2}),
    ("rating", {"steps": 11}),
    ("multiple", {"answer": []}),
    ("multiple", {"answer": [2, 2]}),
    ("multiple", {"answer": [2, 1]}),
    ("multiple", {"answer": [4]}),
    ("multiple", {"anonymous": True, "changeable": True}),
    ("number", {"answer": float("nan")}),
    ("number", {"answer": None}),
    ("number", {"tolerance": -1}),
    ("number", {"anonymous": True}),
    ("text", {"answer": []}),
    ("text", {"answer": ["x" * 301]}),
    ("essay", {"explanation": "x" * 1_000_000}),
    ("cloud", {"words": 6}),
    ("order", {"answer": [0, 1, 2, 2]}),
    ("order", {"answer": [0, 1, 2]}),
    ("match", {"answer": [0, 1, 2]}),
    ("match", {"answer": [0, 1, 2, 5]}),
    ("match", {"targets": ["a"]}),
    ("memory", {"targets": ["猫", "dog"]}),
    ("memory", {"targets": ["猫", "cat", "autumn"]}),
    ("memory", {"options": ["cat", "cat", "秋"]}),
    ("memory", {"options": ["x"] * 10_000, "targets": ["y"] * 10_000}),
    ("memory", {"pictures": ["leaf"]}),
    ("memory", {"target_pictures": ["leaf", None]}),
    ("memory", {"answer": 4}),
    ("memory", {"answer": 0}),
    ("spot", {"picture": None}),
    ("spot", {"aspect": None}),
    ("spot", {"aspect": 0}),
    ("spot", {"aspect": float("inf")}),
    ("spot", {"answer": []}),
    ("spot", {"answer": [{"shape": "circle", "at": [0, 0], "radius": 1}] * 11}),
    ("spot", {"answer": [{"shape": "circle", "at": [0, 1.1], "radius": 1}]}),
    ("spot", {"answer": [{"shape": "circle", "at": [0, 0], "radius": 0}]}),
    ("spot", {"answer": [{"shape": "circle", "at": [0, 0], "radius": float("nan")}]}),
    ("spot", {"answer": [{"shape": "rect", "at": [0, 0], "size": [0.5]}]}),
    ("spot", {"answer": [{"shape": "rect", "at": [0, 0], "size": [2, 1]}]}),
    ("spot", {"answer": [{"shape": "polygon", "points": [[0, 0], [1, 1]]}]}),
    ("spot", {"answer": [{"shape": "polygon", "points": [[0, 0]] * 10_000}]}),
    ("spot", {"answer": [{"shape": "star", "at": [0, 0]}]}),
    ("gaps", {"text": "no gap"}),
    ("gaps", {"text": "___ " * 21}),
    ("gaps", {"answer": ACCEPTED[:2]}),
    ("gaps", {"answer": [[], [], []]}),
    ("spoken", {"worth": 5}),
    ("spoken", {"rubric": [{"name": "x", "levels": [{"points": 0}, {"points": 0}]}]}),
    ("drawing", {"worth": 0}),
    ("upload", {"rubric": []}),
    ("upload", {"anonymous": True}),
    ("essay", {"rubric": [{"name": "x", "levels": [{"points": 1}]}]}),
    ("essay", {"points": ["x"] * 11}),
    ("essay", {"points": ["x" * 81]}),
    ("essay", {"source": "../b1"}),
    ("data", {"table": []}),
    ("data", {"table": [{"name": "x"}] * 9}),
    ("data", {"table": [{"name": "x", "least": 2, "most": 1}]}),
    ("data", {"table": [{"name": "x", "words": True, "unit": "m"}]}),
    ("data", {"table": [{"name": ""}]}),
    ("data", {"anonymous": True}),
    ("data", {"chart": "pie"}),
    ("survey", {"questions": []}),
    ("survey", {"questions": [{"type": "truefalse", "prompt": "?"}] * 21}),
    ("survey", {"questions": [{"type": "truefalse", "prompt": "?", "answer": 1}]}),
    ("survey", {"questions": [{"type": "truefalse", "prompt": "?", "sound": "c"}]}),
    ("survey", {"questions": [{"type": "survey", "prompt": "?", "questions": []}]}),
    ("survey", {"questions": [{"type": "essay", "prompt": "?"}], "anonymous": True}),
    ("survey", {"anonymous": True, "changeable": True}),
]


@pytest.mark.parametrize(("name", "change"), BAD_QUESTIONS)
def test_a_bad_question_is_refused_whole(name: str, change: dict[str, Any]) -> None:
    asked = {"type": name, "prompt": "?", **QUESTIONS.get(name, {}), **change}
    assert Lesson.live(courseware=SHELF).refused(LEAD, "activity.open", activity="q", **asked) == "malformed"


BAD_ANSWERS: list[tuple[str, dict[str, Any]]] = [
    ("choice", {}),
    ("choice", {"choice": 4}),
    ("choice", {"choice": True}),
    ("choice", {"choice": 1, "text": "x"}),
    ("choice", {"choices": [1]}),
    ("rating", {"choice": 5}),
    ("multiple", {"choices": []}),
    ("multiple", {"choices": [0, 0]}),
    ("multiple", {"choices": [4]}),
    ("multiple", {"choices": list(range(1_000_000))}),
    ("number", {"number": "9.81"}),
    ("number", {"number": float("inf")}),
    ("number", {"number": 1e300}),
    ("text", {"text": "x" * 301}),
    ("text", {"text": "x" * 1_000_000}),
    ("text", {"text": "\0"}),
    ("text", {"text": "  "}),
    ("essay", {"text": "x" * 10_001}),
    ("cloud", {"texts": ["a", "b", "c"]}),
    ("cloud", {"texts": ["a", ""]}),
    ("order", {"order": [0, 1, 2]}),
    ("order", {"order": [0, 1, 2, 2]}),
    ("match", {"pairs": [0, 1, 2]}),
    ("match", {"pairs": [0, 1, 2, 5]}),
    ("match", {"pairs": [[0, 1]] * 4}),
    ("memory", {"game": {"found": 4, "turns": 9, "ms": 0}}),
    ("memory", {"game": {"found": 3, "turns": 2, "ms": 0}}),
    ("memory", {"game": {"found": 3, "turns": 1001, "ms": 0}}),
    ("memory", {"game": {"found": 3, "turns": 9, "ms": -1}}),
    ("memory", {"game": {"found": 3, "turns": 9}}),
    ("memory", {"game": {"found": 3, "turns": 9, "ms": 0, "cards": []}}),
    ("spot", {"spot": [0.5]}),
    ("spot", {"spot": [0.5, 1.01]}),
    ("spot", {"spot": [-0.01, 0]}),
    ("spot", {"spot": [float("nan"), 0.5]}),
    ("spot", {"spot": ["0.5", 0.5]}),
    ("spot", {"spot": [0.5] * 100_000}),
    ("gaps", {"texts": ["a", "b"]}),
    ("gaps", {"texts": ["a", "b", None]}),
    ("spoken", {"file": "../etc/passwd"}),
    ("drawing", {"text": "sound-1"}),
    ("data", {"rows": [[29, 1, "x"]]}),
    ("data", {"rows": [[221, 1, "x"]]}),
    ("data", {"rows": [[99, "1", "x"]]}),
    ("data", {"rows": [[99, 1, 5]]}),
    ("data", {"rows": [[99, 1]]}),
    ("data", {"rows": [[None, None, None]]}),
    ("data", {"rows": [[99, 1, "x" * 101]]}),
    ("data", {"rows": [[float("nan"), 1, "x"]]}),
    ("data", {"rows": [[99, 1, "x"]] * 1001}),
    ("data", {"rows": [[99] * 1_000_000]}),
    ("survey", {"answers": []}),
    ("survey", {"answers": [None]}),
    ("survey", {"answers": [{"choice": 5}]}),
    ("survey", {"answers": [{"choice": 1, "number": 1}]}),
    ("survey", {"answers": [{"buzz": True}]}),
    ("survey", {"answers": [{"choice": 1}, None, None, None]}),
    ("survey", {"answers": [{"choice": 1}, {"answers": [{"choice": 1}]}]}),
    ("survey", {"answers": [{"choice": 1}] * 1_000_000}),
    ("survey", {"answers": [{"choice": 1}, None, {"text": "x" * 1_000_000}]}),
]


NO_OPTIONS = [{"choice": 4}, {"choice": 5}, {"choices": [4]}]


@pytest.mark.parametrize(("name", "value"), BAD_ANSWERS)
def test_what_does_not_fit_is_refused_and_changes_nothing(name: str, value: dict[str, Any]) -> None:
    code = "not_found" if value in NO_OPTIONS else "malformed"
    assert opened(name).refused(ANNA, "activity.answer", activity="q", **value) == code


# surveys


def rated(step: int) -> dict[str, Any]:
    return {"answers": [{"choice": step}, None]}


def test_a_survey_is_answered_as_far_as_one_comes_and_counts_so() -> None:
    lesson = opened("survey")
    lesson.ask(ANNA, "activity.answer", activity="q", **rated(4))
    assert lesson.ask(ANNA, "activity.answer", activity="q", **rated(4)) == []
    whole = {"answers": [{"choice": 3}, {"choices": [0]}, {"text": "canary"}, {"order": [2, 1, 0]}]}
    lesson.ask(ANNA, "activity.answer", activity="q", **whole)
    assert lesson.refused(ANNA, "activity.answer", activity="q", **rated(4)) == "already_answered", "it is whole"
    lesson.ask(BEN, "activity.answer", activity="q", **rated(0))
    assert seen_by(lesson, LEAD)["answers"]["anna"]["answers"] == whole["answers"]
    assert seen_by(lesson, ANNA)["answers"].keys() == {"anna"}
    lesson.ask(LEAD, "activity.reveal", activity="q")
    tally = seen_by(lesson, DISPLAY)["tally"]
    assert [answered for answered, _ in tally] == [2, 1, 1, 1]
    assert tally[0][1] == [1, 0, 0, 1, 0]
    assert "canary" not in str([event.data for event in lesson.events])


@pytest.mark.parametrize("name", ["survey", "data"])
def test_of_what_grows_with_every_answer_nothing_is_kept_of_the_one_before(name: str) -> None:
    lesson = opened(name)
    field = BY_NAME[name].field
    some = {
        "survey": [{"choice": 1}, {"choices": [0]}, {"text": "x"}],
        "data": [[60, 1, "run"], [61, 2, None], [62, 3, "sit"]],
    }
    for many in (1, 2, 3):
        (event,) = lesson.ask(ANNA, "activity.answer", activity="q", **{field: some[name][:many]})
    kept = [key for key in lesson.texts if key.startswith("answer:anna")]
    assert kept == [f"answer:anna:{event.data['words']}"]
    assert (
        rules.view(lesson.state, LEAD, lesson.texts)["activities"]["by_id"]["q"]["answers"]["anna"][field] == some[name]
    )


@pytest.mark.parametrize(("essays", "longest"), [(1, 10_000), (4, 10_000), (5, 8000), (20, 2000)])
def test_the_longest_answers_to_a_survey_fit_into_one_message(essays: int, longest: int) -> None:
    parts = [{"type": "essay", "prompt": "?"}] * essays + [{"type": "cloud", "prompt": "?", "words": 5}] * (20 - essays)
    lesson = Lesson.live()
    lesson.ask(LEAD, "activity.open", activity="q", type="survey", prompt="?", questions=parts)
    words = [{"texts": ['"' * 300] * 5}] * (20 - essays)
    answers = [{"text": '"' * longest}] * essays + words
    if longest < 10_000:
        too_much = [{"text": "x" * (longest + 1)}]
        assert lesson.refused(ANNA, "activity.answer", activity="q", answers=too_much) == "text_too_long"
    lesson.ask(ANNA, "activity.answer", activity="q", answers=answers)
    command = {"id": str(uuid4()), "kind": "activity.answer", "data": {"activity": "q" * 64, "answers": answers}}
    frame = f"42/lesson,99999{json.dumps(['command', command], ensure_ascii=False, separators=(',', ':'))}"
    assert 70_000 < len(frame) < MAX_MESSAGE
    there = "(await import(process.argv[1].replace('index', 'survey'))).longestOf(given)"
    assert evaluate("activities/index.ts", there, {"questions": parts}) == longest


def test_a_survey_has_the_pictures_of_its_questions() -> None:
    part = {
        "type": "choice",
        "prompt": "?",
        "options": ["a", "b"],
        "picture": "leaf",
        "alt": "a leaf",
        "pictures": ["map", None],
    }
    asked = {"type": "survey", "prompt": "?", "picture": "paper", "questions": [part]}
    lesson = Lesson.live()
    assert lesson.refused(LEAD, "activity.open", activity="q", **asked) == "not_found"
    assert names(asked) == {"paper", "leaf", "map"}
    assert had([asked], "leaf") == {"kind": "slides"}
    changed = renamed(asked, {"leaf": "other", "map": "another"})
    assert (changed["questions"][0]["picture"], changed["questions"][0]["pictures"]) == ("other", ["another", None])


@pytest.mark.parametrize("voters", [4, 5])
def test_a_survey_without_names_is_answered_once_and_told_of_five_or_more(voters: int) -> None:
    children = [Seat(f"child{number}", Role.STUDENT, "r1") for number in range(voters)]
    lesson = Lesson.live(LEAD, DISPLAY, *children)
    lesson.ask(LEAD, "activity.open", activity="q", **question("survey"), anonymous=True)
    whole = [{"choice": 3}, None, {"text": "canary"}, {"order": [2, 1, 0]}]
    assert lesson.refused(children[0], "activity.answer", activity="q", answers=whole[:3]) == "malformed", "not whole"
    for child in children:
        lesson.ask(child, "activity.answer", activity="q", answers=whole)
    assert lesson.refused(children[0], "activity.answer", activity="q", answers=whole) == "already_answered"
    assert not any(seen_by(lesson, LEAD)["answers"].values())
    lesson.ask(LEAD, "activity.close", activity="q")
    told = [[voters, [0, 0, 0, voters, 0]], [0, [0] * 4], [voters, [["canary", voters]]], [voters, ORDERED]]
    assert seen_by(lesson, LEAD).get("tally") == (told if voters == 5 else None)
    assert not {"tally", "counted"} & seen_by(lesson, DISPLAY).keys()
    lesson.ask(LEAD, "activity.reveal", activity="q")
    for viewer in (LEAD, DISPLAY, children[0]):
        assert seen_by(lesson, viewer).get("tally") == (told if voters == 5 else None)
    assert "canary" not in str([event.data for event in lesson.events])


ORDERED = [[0, 0, 5], [0, 5, 0], [5, 0, 0]]


# data


def test_rows_are_added_until_all_have_as_many_as_there_may_be() -> None:
    children = [Seat(f"child{number}", Role.STUDENT, "r1") for number in range(11)]
    lesson = Lesson.live(LEAD, LOCAL, DISPLAY, *children)
    lesson.ask(LEAD, "activity.open", activity="q", **question("data"))
    row = [99, 1, "canary"]
    for child in children[:10]:
        lesson.ask(child, "activity.answer", activity="q", rows=[row] * 1000)
    assert lesson.refused(children[10], "activity.answer", activity="q", rows=[row]) == "too_many"
    lesson.ask(children[0], "activity.answer", activity="q", rows=[row] * 999)
    lesson.ask(LOCAL, "activity.answer", activity="q", rows=[[80, None, None]])
    answers = seen_by(lesson, LEAD)["answers"]
    assert (answers["display"]["rows"], answers["child0"]["size"]) == ([[80, None, None]], 999), "the room's own"
    assert seen_by(lesson, DISPLAY)["answers"] == {}
    lesson.ask(LEAD, "activity.reveal", activity="q")
    assert seen_by(lesson, children[10])["tally"] == [10_000, [row] * 300]
    assert "canary" not in str([event.data for event in lesson.events])


def test_displays_show_rows_as_they_come_where_the_teacher_wants_it() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "activity.open", activity="q", **{**question("data"), "live": True})
    lesson.ask(ANNA, "activity.answer", activity="q", rows=[[99, 1, "run"]])
    lesson.ask(LOCAL, "activity.answer", activity="q", rows=[[80, 1, "walk"]])
    assert [one["rows"] for one in seen_by(lesson, DISPLAY)["answers"].values()] == [
        [[99, 1, "run"]],
        [[80, 1, "walk"]],
    ]
    assert seen_by(lesson, BEN)["answers"] == {}
