"""Words that a teacher hides from what all are shown, and which chart displays show."""

from __future__ import annotations

import json
from typing import Any

import pytest

from classroom import rules
from classroom.activities.counting import UNSHOWN, still_unshown, unshown_key
from classroom.activities.hiding import MAX_UNSHOWN
from classroom.analysis.report import report
from classroom.analysis.results import results
from classroom.events import Role, Seat
from tests.unit.classroom.lessons import ANNA, BEN, DISPLAY, EVERYONE, LEAD, LOCAL, OBSERVER, Lesson
from tests.unit.classroom.questions import question

TEACHERS = (LEAD, LOCAL, OBSERVER)
ALL = (ANNA, BEN, DISPLAY)
VOTERS = [Seat(f"s{n}", Role.STUDENT, "r1") for n in range(6)]
WORDS = {
    "cloud": (question("cloud"), "texts", ["canary", "leaf"], lambda tally: tally),
    "text": (question("text"), "text", "canary", lambda tally: tally),
    "gaps": (question("gaps"), "texts", ["dog", "canary", ""], lambda tally: tally[1]),
    "survey": (
        {"type": "survey", "prompt": "?", "questions": [
            {"type": "rating", "prompt": "?", "steps": 3}, {"type": "cloud", "prompt": "?"}]},
        "answers", [{"choice": 1}, {"texts": ["canary"]}], lambda tally: tally[1][1],
    ),
}  # fmt: skip


def asked(name: str, *, anonymous: bool = False) -> Lesson:
    lesson = Lesson.live(*EVERYONE, *VOTERS)
    ask, field, value, _ = WORDS[name]
    lesson.ask(LEAD, "activity.open", activity="q", **ask, anonymous=anonymous)
    for seat in VOTERS if anonymous else (ANNA, BEN):
        lesson.ask(seat, "activity.answer", activity="q", **{field: value})
    return lesson


def hide(lesson: Lesson, word: str = "canary", *, on: bool = True) -> list[Any]:
    return lesson.ask(LEAD, "activity.hide", activity="q", word=word, on=on)


def seen_by(lesson: Lesson, seat: Seat) -> Any:
    """What somebody is shown of it, which is what they fold."""
    view = rules.view(lesson.state, seat, lesson.texts)
    assert view == {**rules.fold(lesson.seen_by(seat)), "seq": view["seq"]}
    return view["activities"]["by_id"]["q"]


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("anonymous", [False, True])
def test_a_hidden_word_is_shown_to_nobody_and_comes_back(name: str, anonymous: bool) -> None:
    if anonymous and name != "survey":
        return
    words = WORDS[name][3]
    lesson = asked(name, anonymous=anonymous)
    if anonymous:
        lesson.ask(LEAD, "activity.close", activity="q")
    (event,) = hide(lesson)
    assert event.data == {"activity": "q", "revealed": False}
    for seat in ALL:
        assert "activity.hidden" not in [one.kind for one in lesson.seen_by(seat)], "it had not been seen"
    lesson.ask(LEAD, "activity.reveal", activity="q")
    for seat in ALL:
        assert "canary" not in json.dumps(seen_by(lesson, seat)["tally"])
        assert "unshown" not in seen_by(lesson, seat)
    for seat in TEACHERS:
        assert seen_by(lesson, seat)["unshown"] == ["canary"]
    hide(lesson, on=False)
    for seat in (*ALL, *TEACHERS):
        assert ["canary", 6 if anonymous else 2] in words(seen_by(lesson, seat)["tally"])
    (event,) = hide(lesson)
    for seat in ALL:
        assert "canary" not in json.dumps(seen_by(lesson, seat)["tally"]), "while it is shown, too"
        told = lesson.seen_by(seat)[-1]
        assert (told.kind, told.data.keys()) == ("activity.hidden", {"activity", "tally"}), (
            "what is left is told at once"
        )
    assert hide(lesson) == [], "it is so already"


def test_the_words_are_nobodys_and_not_in_the_journal() -> None:
    lesson = asked("cloud")
    hide(lesson)
    assert "canary" not in json.dumps([event.data for event in lesson.events])
    assert [key for key in lesson.texts if key.startswith(UNSHOWN)] == [unshown_key("q")]


@pytest.mark.parametrize("name", WORDS)
def test_what_is_hidden_stays_so_as_long_as_somebody_says_it(name: str) -> None:
    answers = [json.dumps({WORDS[name][1]: WORDS[name][2]}), json.dumps({"texts": ["CANARY  Bird"]})]
    assert json.loads(still_unshown('["canary", "mine", "canary bird"]', answers)) == ["canary", "canary bird"]
    assert still_unshown('["canary"]', []) == "[]"


def test_a_report_keeps_what_was_hidden_and_says_so() -> None:
    lesson = asked("cloud")
    hide(lesson)
    lesson.ask(LEAD, "activity.reveal", activity="q")
    told = report(results(lesson.events, lesson.texts), {}, None).json()["questions"][0]["asked"]
    assert (told["tally"], told["unshown"]) == ([["canary", 2], ["leaf", 2]], ["canary"])
    lesson = asked("survey", anonymous=True)
    lesson.ask(LEAD, "activity.close", activity="q")
    hide(lesson)
    told = report(results(lesson.events, lesson.texts), {}, None).json()["questions"][0]["asked"]
    assert told["tally"][1] == [6, [["canary", 6]]]


@pytest.mark.parametrize(
    ("name", "anonymous", "data", "code"),
    [
        ("cloud", False, {"word": "nobody said it"}, "not_found"),
        ("cloud", False, {"word": "Canary"}, "not_found"),
        ("survey", True, {}, "not_found"),  # before it is counted nobody is told what was said in it
        ("cloud", False, {"activity": "p"}, "not_found"),
        ("cloud", False, {"word": ""}, "malformed"),
        ("cloud", False, {"word": "x" * 301}, "malformed"),
        ("cloud", False, {"on": None}, "malformed"),
        ("vote", False, {}, "no_words"),
        ("data", False, {"word": "run"}, "no_words"),
        ("essay", False, {}, "no_words"),
    ],
)
def test_what_is_refused(name: str, anonymous: bool, data: dict[str, Any], code: str) -> None:
    if name in WORDS:
        lesson = asked(name, anonymous=anonymous)
    else:
        lesson = Lesson.live(*EVERYONE)
        lesson.ask(LEAD, "activity.open", activity="q", **question(name))
    before = lesson.state
    assert lesson.refused(LEAD, "activity.hide", **{"activity": "q", "word": "canary", "on": True, **data}) == code
    assert lesson.state is before


def test_there_is_a_bound() -> None:
    lesson = asked("cloud")
    lesson.texts[unshown_key("q")] = json.dumps([str(n) for n in range(MAX_UNSHOWN)])
    assert lesson.refused(LEAD, "activity.hide", activity="q", word="leaf", on=True) == "too_many"
    assert hide(lesson, "7", on=False), "what is hidden may always be shown"


def test_the_teacher_chooses_which_chart_is_on_the_displays() -> None:
    lesson = asked("survey")
    lesson.ask(LEAD, "chart.show", activity="q", question=1)
    for seat in (*ALL, *TEACHERS):
        assert seen_by(lesson, seat)["question"] == 1
    assert lesson.ask(LEAD, "chart.show", activity="q", question=1) == [], "it is so already"
    lesson.ask(LEAD, "chart.show", activity="q")
    for seat in (*ALL, *TEACHERS):
        assert "question" not in seen_by(lesson, seat)
    assert lesson.refused(LEAD, "chart.show", activity="q", question=2) == "not_found"
    assert lesson.refused(LEAD, "chart.show", activity="q", chart="line") == "no_charts"
    assert lesson.refused(LEAD, "chart.show", activity="p") == "not_found"
    lesson.ask(LEAD, "activity.close", activity="q")

    lesson.ask(LEAD, "activity.open", activity="d", **question("data"))
    assert lesson.ask(LEAD, "chart.show", activity="d", chart="line") == []
    lesson.ask(LEAD, "chart.show", activity="d", chart="rooms")
    assert lesson.state["activities"]["by_id"]["d"]["chart"] == "rooms"
    assert lesson.refused(LEAD, "chart.show", activity="d") == "no_charts"
    assert lesson.refused(LEAD, "chart.show", activity="d", chart="pie") == "malformed"
    lesson.ask(LEAD, "activity.close", activity="d")
    lesson.ask(LEAD, "activity.open", activity="v", **question("vote"))
    assert lesson.refused(LEAD, "chart.show", activity="v", question=0) == "no_charts"
