"""Answers that are works: whose they must be, how a teacher marks them, and who is shown them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from classroom import rules
from classroom.activities.marking import comment_key, most, share
from classroom.activities.running import taking
from classroom.activities.showing import shown_by, text_key
from classroom.activities.works import MOST_LINES, MOST_NUMBERS, Ink
from classroom.errors import ClientFault
from classroom.events import Role, Seat
from classroom.store.records import Work
from tests.unit.classroom.lessons import ANNA, BEN, DISPLAY, EVERYONE, LEAD, LOCAL, OBSERVER, Lesson
from tests.unit.classroom.questions import WORKS, question

CARL = Seat("carl", Role.STUDENT, "r1")
ANNAS = Work("sound-1", "lesson", "q", "anna", "sound", "audio/webm", 9, 5000, 0)


def asked(name: str = "spoken", **more: Any) -> Lesson:
    lesson = Lesson.live(*EVERYONE, CARL)
    lesson.ask(LEAD, "activity.open", activity="q", **question(name), **more)
    return lesson


def answered(name: str = "spoken", **more: Any) -> Lesson:
    lesson = asked(name, **more)
    for seat in (ANNA, BEN):
        lesson.ask(seat, "activity.answer", activity="q", file=f"{WORKS[name]}-{seat.participant}")
    return lesson


def seen_by(lesson: Lesson, seat: Seat) -> Any:
    """The activities in what somebody is shown, which is what they fold."""
    view = rules.view(lesson.state, seat, lesson.texts)
    assert view == {**rules.fold(lesson.seen_by(seat)), "seq": view["seq"]}
    return view["activities"]


@pytest.mark.parametrize("change", [{"participant": "ben"}, {"activity": "p"}, {"kind": "picture"}, None])
def test_a_work_is_ones_own_for_this_question_and_of_its_kind(change: dict[str, str] | None) -> None:
    lesson = asked()
    lesson.works = {"sound-1": None if change is None else replace(ANNAS, **change)}  # type: ignore[arg-type]
    assert lesson.refused(ANNA, "activity.answer", activity="q", file="sound-1") == "not_found"
    lesson.works = {"sound-1": ANNAS}
    assert lesson.refused(BEN, "activity.answer", activity="q", file="sound-1") == "not_found"
    (event,) = lesson.ask(ANNA, "activity.answer", activity="q", file="sound-1")
    assert event.data == {"activity": "q", "file": "sound-1", "duration_ms": 5000}
    assert lesson.refused(ANNA, "activity.answer", activity="q", file="sound-1") == "already_answered"


def test_a_teacher_answers_with_the_work_of_a_child_without_a_tablet() -> None:
    lesson = asked("upload")
    lesson.ask(LOCAL, "participant.add", participant="dora", name="Dora")
    whose = {"activity": "q", "file": "picture-1", "participant": "dora"}
    lesson.works = {"picture-1": Work("picture-1", "lesson", "q", "local", "picture", "image/webp", 9, None, 0)}
    assert lesson.refused(LOCAL, "activity.answer", **whose) == "not_found"
    lesson.works = {}
    lesson.ask(LOCAL, "activity.answer", **whose)
    assert lesson.state["activities"]["by_id"]["q"]["answers"] == {"dora": {"file": "picture-1"}}


def test_a_mark_is_seen_by_teachers_and_once_revealed_by_its_child() -> None:
    lesson = answered()
    mark = {"activity": "q", "participant": "anna", "levels": [1, 1]}
    (event,) = lesson.ask(LOCAL, "activity.mark", **mark, comment="canary: louder")
    assert "canary" not in json.dumps(event.data)
    assert lesson.ask(LOCAL, "activity.mark", **mark, comment="canary: louder") == [], "it is so already"
    given = {"points": 5, "levels": [1, 1], "words": event.data["words"], "comment": "canary: louder"}
    for seat in (LEAD, LOCAL):
        assert seen_by(lesson, seat)["by_id"]["q"]["marks"] == {"anna": given}
    for seat in (ANNA, BEN, DISPLAY, OBSERVER):
        assert "marks" not in seen_by(lesson, seat)["by_id"]["q"]
        assert "canary" not in str(lesson.seen_by(seat))
    lesson.ask(LEAD, "activity.reveal", activity="q")
    assert seen_by(lesson, ANNA)["by_id"]["q"]["marks"] == {"anna": given}
    for seat in (BEN, CARL, DISPLAY, OBSERVER):
        assert "marks" not in seen_by(lesson, seat)["by_id"]["q"]
        assert "canary" not in str(lesson.seen_by(seat))
    assert "anna" in rules.concerned(lesson.events[-1], lesson.state), "it is told each by itself"
    lesson.ask(LEAD, "activity.mark", activity="q", participant="ben", levels=[2, 0])
    assert seen_by(lesson, BEN)["by_id"]["q"]["marks"] == {"ben": {"points": 4, "levels": [2, 0]}}
    assert "ben" not in str([event.data for event in lesson.seen_by(CARL)])
    lesson.ask(LEAD, "activity.mark", activity="q", participant="ben", levels=[2, 1])
    assert seen_by(lesson, BEN)["by_id"]["q"]["marks"]["ben"]["points"] == 7
    lesson.texts[comment_key("anna", event.data["words"])] = ""  # erased
    assert "comment" not in seen_by(lesson, LEAD)["by_id"]["q"]["marks"]["anna"]


def test_a_mark_is_a_share_of_what_can_be_reached() -> None:
    lesson, activity = answered(), lambda: lesson.state["activities"]["by_id"]["q"]
    assert (most(activity()), share(activity(), "anna")) == (7, None)
    lesson.ask(LEAD, "activity.mark", activity="q", participant="anna", levels=[1, 1])
    assert share(activity(), "anna") == 5 / 7
    assert [most(question(name)) for name in ("drawing", "upload", "essay")] == [5, 10, 10]


def test_what_is_answered_again_is_unmarked() -> None:
    lesson = answered("drawing", changeable=True)
    lesson.ask(LEAD, "activity.mark", activity="q", participant="anna", points=2.5)
    lesson.ask(LEAD, "activity.mark", activity="q", participant="ben", points=5)
    lesson.ask(ANNA, "activity.answer", activity="q", file="ink-again")
    assert seen_by(lesson, LEAD)["by_id"]["q"]["marks"] == {"ben": {"points": 5}}


@pytest.mark.parametrize(
    ("name", "seat", "mark", "code"),
    [
        ("spoken", LEAD, {"points": 3}, "unfit_mark"),
        ("spoken", LEAD, {"levels": [0]}, "unfit_mark"),
        ("spoken", LEAD, {"levels": [0, 2]}, "unfit_mark"),
        ("spoken", LEAD, {"levels": [0, 1], "points": 3}, "unfit_mark"),
        ("spoken", LEAD, {}, "unfit_mark"),
        ("drawing", LEAD, {"points": 5.5}, "unfit_mark"),
        ("drawing", LEAD, {"levels": [0, 1]}, "unfit_mark"),
        ("drawing", LEAD, {"points": float("nan")}, "malformed"),
        ("drawing", LEAD, {"points": 1, "comment": "x" * 1001}, "malformed"),
        ("drawing", LEAD, {"points": 1, "participant": "carl"}, "not_found"),
        ("drawing", LEAD, {"points": 1, "activity": "p"}, "not_found"),
        ("drawing", LOCAL, {"points": 1, "participant": "ben"}, "not_allowed"),
        ("drawing", ANNA, {"points": 5}, "not_allowed"),
    ],
)
def test_a_mark_that_may_not_be_is_refused(name: str, seat: Seat, mark: dict[str, Any], code: str) -> None:
    assert answered(name).refused(seat, "activity.mark", **{"activity": "q", "participant": "anna", **mark}) == code


def test_only_what_is_marked_by_hand_is() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "activity.open", activity="q", **question("choice"))
    lesson.ask(ANNA, "activity.answer", activity="q", choice=1)
    assert lesson.refused(LEAD, "activity.mark", activity="q", participant="anna", points=1) == "not_by_hand"
    assert lesson.refused(LEAD, "activity.show", activity="q", works=["anna"]) == "no_works"


def test_the_lead_shows_works_with_names_or_without() -> None:
    lesson = answered("drawing")
    lesson.ask(LEAD, "activity.show", activity="q", works=["anna", "ben"])
    for seat in (BEN, CARL, DISPLAY):
        shown = seen_by(lesson, seat)["shown"]
        assert [one["file"] for one in shown["works"]] == ["ink-anna", "ink-ben"]
        assert all(one.keys() == {"file"} for one in shown["works"])
    assert seen_by(lesson, LEAD)["shown"]["works"][0]["name"] == "name of anna"
    assert lesson.ask(LEAD, "activity.show", activity="q", works=["anna", "ben"]) == []
    lesson.ask(LEAD, "activity.show", activity="q", works=["ben"], named=True)
    assert seen_by(lesson, CARL)["shown"]["works"] == [{"participant": "ben", "name": "name of ben", "file": "ink-ben"}]
    lesson.ask(LEAD, "activity.show", activity="q", works=[])
    assert seen_by(lesson, CARL)["shown"] is None
    assert lesson.ask(LEAD, "activity.show", activity="q", works=[]) == []
    lesson.ask(LEAD, "activity.show", activity="q", works=["ben"])
    lesson.ask(LEAD, "activity.close", activity="q")
    lesson.ask(LEAD, "activity.open", activity="r", **question("vote"))
    assert seen_by(lesson, CARL)["shown"] is None, "the next question takes its place"
    for wrong in (["carl"], ["nobody"]):
        assert lesson.refused(LEAD, "activity.show", activity="q", works=wrong) == "not_found"
    assert lesson.refused(LOCAL, "activity.show", activity="q", works=["anna"]) == "not_allowed"
    assert lesson.refused(LEAD, "activity.show", activity="q", works=["anna"], playing=True) == "not_playable"
    assert lesson.refused(LEAD, "activity.show", activity="q", works=["anna", "ben", "carl"]) == "malformed"


def test_what_was_read_aloud_plays_alone_and_again() -> None:
    lesson = answered()
    heard = {"activity": "q", "works": ["anna"], "playing": True}
    assert lesson.refused(LEAD, "activity.show", activity="q", works=["anna", "ben"]) == "too_many"
    lesson.ask(LEAD, "activity.show", **heard)
    lesson.now += 7000
    lesson.ask(LEAD, "activity.show", **heard)
    shown = seen_by(lesson, DISPLAY)["shown"]
    assert (shown["at"], shown["playing"], shown["works"][0]["duration_ms"]) == (lesson.now, True, 5000)
    assert lesson.refused(LEAD, "activity.show", activity="q", works=[], playing=True) == "not_playable"


LINE = {"tool": "pen", "color": "#000000", "width": 4, "points": [1, 1, 0.5, 0, 9, 9, 0.5, 8]}
BAD_INK: list[dict[str, Any]] = [
    {"lines": []},
    {"lines": [LINE] * (MOST_LINES + 1)},
    {"lines": [{**LINE, "points": [1, 1, 0.5, 0] * 2000}] * (MOST_NUMBERS // 8000 + 1)},
    {"lines": [{**LINE, "points": [1, 1, 0.5]}]},
    {"lines": [{**LINE, "points": [1e9, 1, 0.5, 0]}]},
    {"lines": [{**LINE, "color": "url(x)"}]},
    {"lines": [{**LINE, "image": "http://x"}]},
    {"lines": [LINE], "html": "<b>"},
]


def test_ink_is_lines_and_not_too_many() -> None:
    assert len(Ink.model_validate({"lines": [LINE] * MOST_LINES}).lines) == MOST_LINES
    for bad in BAD_INK:
        with pytest.raises(ValidationError):
            Ink.model_validate_json(json.dumps(bad))


def test_marks_are_given_when_the_lesson_is_over() -> None:
    lesson = answered("drawing")
    lesson.ask(LEAD, "lesson.end")
    lesson.ask(LOCAL, "activity.mark", activity="q", participant="anna", points=3)
    assert seen_by(lesson, LEAD)["by_id"]["q"]["marks"] == {"anna": {"points": 3}}


def test_a_work_that_was_sent_in_time_is_named_for_a_minute_more() -> None:
    lesson = asked("upload", seconds=30)
    lesson.now += 30_000 + 61_000
    assert lesson.refused(ANNA, "activity.answer", activity="q", file="picture-1") == "activity_closed"
    lesson.now -= 2000
    lesson.ask(ANNA, "activity.answer", activity="q", file="picture-1")
    with pytest.raises(ClientFault, match="over"):  # what is sent now was not begun in time
        taking(lesson.state, "q", "activity.answered", lesson.now)
    lesson.ask(LEAD, "activity.close", activity="q")
    assert lesson.refused(BEN, "activity.answer", activity="q", file="picture-1") == "activity_closed"


def test_an_essay_is_shown_as_works_are_without_telling_whose_it_is() -> None:
    lesson = asked("essay")
    for seat in (ANNA, BEN):
        lesson.ask(seat, "activity.answer", activity="q", text=f"canary of {seat.participant}")
    (event,) = lesson.ask(LEAD, "activity.show", activity="q", works=["anna"])
    assert "canary" not in json.dumps(event.data), "words are in the side table"
    for seat in (BEN, CARL, DISPLAY):
        (work,) = seen_by(lesson, seat)["shown"]["works"]
        assert (work["text"], "participant" in work, "name" in work) == ("canary of anna", False, False)
    assert shown_by(lesson.events) == {text_key(event.data["works"][0]["words"]): "anna"}, "erased with her"
    assert lesson.ask(LEAD, "activity.show", activity="q", works=["anna"]) == [], "it is so already"
    lesson.ask(LEAD, "activity.show", activity="q", works=["ben", "anna"], named=True)
    assert [one["participant"] for one in seen_by(lesson, CARL)["shown"]["works"]] == ["ben", "anna"]
    lesson.texts.update({key: "" for key in lesson.texts if key.startswith(("answer:ben", text_key(0)[:6]))})  # erased
    assert [one.get("text") for one in seen_by(lesson, CARL)["shown"]["works"]] == [None, None]
    assert lesson.refused(LEAD, "activity.show", activity="q", works=["ben"]) == "not_found"
    assert lesson.refused(LEAD, "activity.show", activity="q", works=["ben"], playing=True) == "not_playable"
