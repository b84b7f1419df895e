"""What may be done on the board: by whom, undone how, and refused why."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom import rules
from classroom.board import boards, bricks, pages, sheet, writing
from classroom.board.sheet import Sheet
from classroom.events import Event, Role, Seat
from tests.unit.classroom.lessons import ANNA, BEN, DISPLAY, DISPLAY2, LEAD, LOCAL, OBSERVER, STROKE, Lesson
from web.server.courseware.making import MOST_SLIDES

SHAPE = {
    "object": "o1", "type": "shape", "shape": "triangle", "color": "#1E2430", "width": 3, "from": [10, 10],
    "to": [300, 200],
}  # fmt: skip
NOTE = {"object": "n1", "type": "note", "color": "#ffd84d", "size": 28, "box": [40, 40, 300, 200], "text": "预习第三课"}
IMAGE = {"object": "i1", "type": "image", "courseware": "c", "slide": 1, "box": [0, 0, 400, 300]}
PARTS = [{"stroke": "a", "from": 0, "to": 0.25}, {"stroke": "b", "from": 0.5, "to": 1}]


def page(lesson: Lesson, number: int = 0) -> Any:
    return lesson.state["board"]["pages"][number]


def on_page(lesson: Lesson) -> list[str]:
    return [one["object"] for one in page(lesson)["objects"]]


def add(lesson: Lesson, seat: Seat, thing: dict[str, Any], **more: Any) -> list[Event]:
    return lesson.ask(seat, "object.add", page="1", object={**thing, **more})


# undo and redo


def test_what_was_erased_comes_back_as_it_was_and_where_it_lay() -> None:
    lesson = Lesson.live()
    lesson.ask(LOCAL, "stroke.add", **STROKE)
    add(lesson, LEAD, SHAPE)
    add(lesson, LEAD, NOTE)
    before = page(lesson)["objects"]
    lesson.ask(LEAD, "object.change", page="1", changes=[{"object": "s1", "place": [2, 2, 5, 5], "color": "#ff0000"}])
    changed = page(lesson)["objects"]
    assert changed[0] == {**before[0], "place": [2, 2, 5, 5], "color": "#ff0000"}
    lesson.ask(LEAD, "object.erase", page="1", objects=["n1", "s1", "unknown"])
    assert on_page(lesson) == ["o1"]
    lesson.ask(LOCAL, "object.restore", page="1", objects=["s1", "n1"])
    assert page(lesson)["objects"] == changed
    assert page(lesson)["erased"] == []
    assert page(lesson)["objects"][0]["by"] == "local"
    assert lesson.ask(LEAD, "object.restore", page="1", objects=["s1", "n1"]) == [], "it is so already"
    assert lesson.ask(LEAD, "object.change", page="1", changes=[{"object": "s1", "color": "#ff0000"}]) == []


def test_a_trimmed_stroke_is_its_parts_and_whole_again() -> None:
    lesson = Lesson.live()
    lesson.ask(ANNA, "participant.leave")
    lesson.ask(LOCAL, "stroke.add", **{**STROKE, "points": [0, 0, 0.5, 0, 100, 40, 1, 80]})
    add(lesson, LEAD, SHAPE)
    whole = page(lesson)["objects"]
    lesson.ask(LEAD, "stroke.trim", page="1", stroke="s1", parts=PARTS)
    first, second, _ = page(lesson)["objects"]
    assert on_page(lesson) == ["a", "b", "o1"], "where the whole lay"
    assert (first["points"], first["by"]) == ([0, 0, 0.5, 0, 25, 10, 0.625, 20], "local")
    assert second["points"] == [50, 20, 0.75, 40, 100, 40, 1, 80]
    lesson.ask(LEAD, "stroke.trim", page="1", stroke="b", parts=[{"stroke": "c", "from": 0.5, "to": 1}])
    assert page(lesson)["objects"][1]["points"] == [75, 30, 0.875, 60, 100, 40, 1, 80]
    lesson.ask(LEAD, "object.erase", page="1", objects=["a", "c"])
    lesson.ask(LEAD, "object.restore", page="1", objects=["s1"])
    assert page(lesson)["objects"] == whole


def test_of_what_was_erased_the_latest_is_kept_and_all_that_went_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boards, "CLASS", replace(boards.CLASS, kept=3))
    lesson = Lesson.live()
    names = [f"o{number}" for number in range(10)]
    for name in names:
        add(lesson, LEAD, SHAPE, object=name)
    for name in names[:4]:
        lesson.ask(LEAD, "object.erase", page="1", objects=[name])
    assert [one["object"]["object"] for one in page(lesson)["erased"]] == names[1:4]
    assert lesson.refused(LEAD, "object.restore", page="1", objects=["o1", "o0"]) == "not_found"
    lesson.ask(LEAD, "object.erase", page="1", objects=names)
    assert [one["object"]["object"] for one in page(lesson)["erased"]] == names[4:]
    lesson.ask(LEAD, "object.restore", page="1", objects=names[4:])
    assert on_page(lesson) == names[4:]


def test_what_was_erased_has_its_id_until_it_cannot_be_restored_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boards, "CLASS", replace(boards.CLASS, kept=1))
    lesson = Lesson.live()
    for name in ("o1", "s1"):
        add(lesson, LEAD, SHAPE, object=name)
    lesson.ask(LEAD, "object.erase", page="1", objects=["s1"])
    assert lesson.refused(LEAD, "object.add", page="1", object={**SHAPE, "object": "s1"}) == "exists"
    assert lesson.refused(LEAD, "stroke.add", **STROKE) == "exists"
    lesson.ask(LEAD, "object.erase", page="1", objects=["o1"])
    lesson.ask(LEAD, "stroke.add", **STROKE)
    lesson.ask(LEAD, "object.restore", page="1", objects=["o1"])


def test_of_two_of_one_id_the_last_that_was_erased_comes_back() -> None:
    """As journals of before have it."""
    shapes = [{**SHAPE, "color": color} for color in ("#000001", "#000002")]
    erased = ("object.erased", {"page": "1", "objects": ["o1"]})
    happened = [("page.added", {"page": "1"})]
    for shape in shapes:
        happened += [("object.added", {"page": "1", "object": shape}), erased]
    happened.append(("object.restored", {"page": "1", "objects": ["o1"]}))
    state = rules.fold(Event(seq, 0, "lead", kind, data) for seq, (kind, data) in enumerate(happened, 1))
    assert state["board"]["pages"][0]["objects"] == [{**shapes[1], "by": "lead", "z": 4}]


# several writers


def test_the_pen_is_given_and_taken() -> None:
    lesson = Lesson.live()
    theirs = {**STROKE, "stroke": "s2"}
    for seat in (ANNA, DISPLAY):
        assert lesson.refused(seat, "stroke.add", **STROKE) == "no_pen"
    assert lesson.refused(OBSERVER, "stroke.add", **STROKE) == "not_allowed"
    lesson.ask(LEAD, "pen.give", participants=["anna", "ben"], colors=True)
    lesson.ask(LOCAL, "pen.give", room="r1", colors=True)
    pens = lesson.state["board"]["pens"]
    colors = [*pens["participants"].values(), *pens["rooms"].values()]
    assert len(set(colors)) == 3
    assert None not in colors
    assert lesson.ask(LEAD, "pen.give", participants=["ben"], colors=True) == []
    lesson.ask(DISPLAY, "stroke.add", **STROKE)
    lesson.ask(BEN, "stroke.add", **theirs)
    assert lesson.refused(DISPLAY2, "stroke.add", **theirs) == "no_pen"
    lesson.ask(LEAD, "pen.take", room="r1")
    assert lesson.refused(DISPLAY, "stroke.erase", page="1", stroke="s1") == "no_pen"
    lesson.ask(LEAD, "pen.give", everyone=True)
    lesson.ask(DISPLAY2, "stroke.add", **{**STROKE, "stroke": "s3"})
    lesson.ask(LEAD, "pen.take", everyone=True)
    for seat in (ANNA, BEN, DISPLAY2):
        assert lesson.refused(seat, "object.erase", page="1", objects=["s2"]) == "no_pen"
    assert lesson.ask(LEAD, "pen.take", everyone=True) == lesson.ask(LEAD, "pen.take", participants=["ben"]) == []


def writers(lesson: Lesson) -> set[str]:
    return {seat.participant for seat in (ANNA, BEN, DISPLAY, DISPLAY2) if writing.has_pen(lesson.state, seat)}


def test_the_pen_is_taken_from_one_while_others_have_it() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "pen.give", everyone=True)
    lesson.ask(LOCAL, "pen.take", participants=["anna"])
    assert writers(lesson) == {"ben", "display", "display2"}
    assert lesson.refused(ANNA, "stroke.add", **STROKE) == "no_pen"
    assert lesson.ask(LEAD, "pen.take", participants=["anna"]) == []
    lesson.ask(LEAD, "pen.give", participants=["anna"])
    assert writers(lesson) == {"anna", "ben", "display", "display2"}
    lesson.ask(LEAD, "pen.take", room="r1")
    assert writers(lesson) == {"ben", "display2"}, "of a room, from all"
    lesson.ask(LEAD, "pen.give", room="r1")
    lesson.ask(LEAD, "pen.take", participants=["ben"])
    assert writers(lesson) == {"anna", "display", "display2"}
    lesson.ask(LEAD, "pen.give", everyone=True)
    assert writers(lesson) == {"anna", "ben", "display", "display2"}, "everyone is everyone"
    assert lesson.ask(LEAD, "pen.give", everyone=True) == []
    lesson.ask(LEAD, "pen.take", everyone=True)
    lesson.ask(LOCAL, "pen.give", room="r1", colors=True)
    lesson.ask(LOCAL, "pen.take", participants=["anna"])
    assert writers(lesson) == {"display"}
    (given,) = lesson.ask(LOCAL, "pen.give", room="r1", colors=False)
    assert given.data == {"participants": {"anna": None}, "rooms": {"r1": None}, "everyone": False}
    assert writers(lesson) == {"anna", "display"}
    lesson.ask(LOCAL, "pen.take", participants=["anna"])
    lesson.ask(LOCAL, "pen.take", room="r1")
    assert lesson.state["board"]["pens"] == rules.EMPTY["board"]["pens"]


@pytest.mark.parametrize(
    ("seat", "data", "code"),
    [
        (LOCAL, {"everyone": True}, "not_allowed"),
        (LOCAL, {"participants": ["ben"]}, "not_allowed"),
        (LOCAL, {"room": "r2"}, "not_allowed"),
        (LEAD, {"participants": ["local"]}, "not_found"),
        (LEAD, {"participants": ["nobody"]}, "not_found"),
        (LEAD, {"room": "r9"}, "not_found"),
        (LEAD, {}, "malformed"),
        (LEAD, {"room": "r1", "everyone": True}, "malformed"),
        (LEAD, {"participants": []}, "malformed"),
    ],
)
def test_whom_the_pen_cannot_be_given_to(seat: Seat, data: dict[str, Any], code: str) -> None:
    lesson = Lesson.live()
    assert lesson.refused(seat, "pen.give", **data) == code
    assert lesson.refused(seat, "pen.take", **data) == code


def test_who_was_given_the_pen_has_power_over_what_is_their_own_on_the_page_that_is_shown() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "pen.give", participants=["anna", "ben"])
    lesson.ask(ANNA, "stroke.add", **{**STROKE, "points": [0, 0, 0.5, 0, 100, 40, 1, 80]})
    add(lesson, BEN, SHAPE)
    for kind, data in (
        ("stroke.erase", {"stroke": "s1"}),
        ("stroke.trim", {"stroke": "s1", "parts": PARTS}),
        ("object.erase", {"objects": ["o1", "s1"]}),
        ("object.change", {"changes": [{"object": "o1", "color": "#ffffff"}, {"object": "s1", "color": "#ffffff"}]}),
    ):
        assert lesson.refused(BEN, kind, page="1", **data) == "not_yours"
    lesson.ask(ANNA, "stroke.trim", page="1", stroke="s1", parts=PARTS)
    lesson.ask(ANNA, "object.erase", page="1", objects=["a", "b"])
    assert lesson.refused(BEN, "object.restore", page="1", objects=["s1"]) == "not_yours"
    lesson.ask(ANNA, "object.restore", page="1", objects=["s1"])
    lesson.ask(LEAD, "object.erase", page="1", objects=["s1"])
    assert lesson.refused(ANNA, "object.restore", page="1", objects=["s1"]) == "erased", "a teacher has the last word"
    lesson.ask(LEAD, "page.add", page="2")
    lesson.ask(LEAD, "page.show", page="2")
    assert lesson.refused(BEN, "object.erase", page="1", objects=["o1"]) == "not_shown"
    assert lesson.refused(BEN, "stroke.add", **{**STROKE, "page": "3"}) == "not_found"
    lesson.ask(LOCAL, "object.erase", page="1", objects=["o1"])


def test_the_last_who_changes_a_field_has_it() -> None:
    lesson = Lesson.live()
    (added,) = add(lesson, LEAD, SHAPE)
    lesson.ask(LEAD, "object.change", page="1", changes=[{"object": "o1", "place": [2, 2, 0, 0], "fill": "#ffffff"}])
    lesson.ask(LOCAL, "object.change", page="1", changes=[{"object": "o1", "place": [3, 3, 0, 0]}])
    lesson.ask(LEAD, "object.change", page="1", changes=[{"object": "o1", "fill": None, "to": [9, 9]}])
    assert page(lesson)["objects"] == [
        {**SHAPE, "by": "lead", "z": added.seq, "place": [3, 3, 0, 0], "fill": None, "to": [9, 9]}
    ]


# bad input

MANY = [1, 2, 0.5, 0] * (bricks.MAX_POINTS + 1)


@pytest.mark.parametrize(
    "data",
    [
        {"points": MANY},
        {"points": [1, 2, 0.5, 0] * 1_000_000},
        {"points": [float("nan"), 2, 0.5, 0]},
        {"points": [1, float("inf"), 0.5, 0]},
        {"points": [1, 2, 0.5]},
        {"points": [1, 2, 2, 0]},
        {"points": [99_999, 2, 0.5, 0]},
        {"points": [1, 2, 0.5, -1]},
        {"points": [True, 2, 0.5, 0]},
        {"points": []},
        {"place": [0, 1, 0, 0]},
        {"place": [1, 1, 0]},
        {"place": None},
        {"place": [1, 1, 0, 1e9]},
        {"width": float("nan")},
        {"tool": "laser"},
        {"stroke": "with space"},
        {"color": "red"},
    ],
)
def test_strokes_that_are_none(data: dict[str, Any]) -> None:
    assert Lesson.live().refused(LEAD, "stroke.add", **{**STROKE, **data}) == "malformed"


@pytest.mark.parametrize(
    "thing",
    [
        {**SHAPE, "from": [float("nan"), 0]},
        {**SHAPE, "from": [0, 0, 0]},
        {**SHAPE, "shape": "skull"},
        {**SHAPE, "text": "?"},
        {**NOTE, "text": " "},
        {**NOTE, "text": "x" * 2001},
        {**NOTE, "box": [0, 0, 0, 10]},
        {**NOTE, "size": 0},
        {**NOTE, "words": 1},
        {**IMAGE, "slide": 0},
        {**IMAGE, "type": "stroke"},
        {**IMAGE, "by": "anna"},
        {**IMAGE, "z": 0},
    ],
)
def test_objects_that_are_none(thing: dict[str, Any]) -> None:
    assert Lesson.live().refused(LEAD, "object.add", page="1", object=thing) == "malformed"


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("stroke.add", {**STROKE, "stroke": "o1"}, "exists"),
        ("object.add", {"object": {**IMAGE, "object": "s1"}}, "exists"),
        ("stroke.trim", {"stroke": "s1", "parts": [{"stroke": "o1", "from": 0, "to": 1}]}, "exists"),
        ("stroke.trim", {"stroke": "s1", "parts": [{**PARTS[0], "stroke": "b"}, PARTS[1]]}, "exists"),
        ("stroke.trim", {"stroke": "o1", "parts": PARTS}, "not_found"),
        ("stroke.trim", {"stroke": "gone", "parts": PARTS}, "erased"),
        ("stroke.trim", {"stroke": "never", "parts": PARTS}, "not_found"),
        ("stroke.trim", {"stroke": "s1", "parts": PARTS[::-1]}, "not_a_part"),
        ("stroke.trim", {"stroke": "s1", "parts": [{"stroke": "a", "from": 0, "to": 1.01}]}, "not_a_part"),
        ("stroke.trim", {"stroke": "s1", "parts": [{"stroke": "a", "from": 0.5, "to": 0.5}]}, "not_a_part"),
        ("stroke.trim", {"stroke": "s1", "parts": [{"stroke": "a", "from": -1, "to": 1}]}, "malformed"),
        ("stroke.trim", {"stroke": "s1", "parts": []}, "malformed"),
        ("object.change", {"changes": [{"object": "gone", "color": "#000000"}]}, "erased"),
        ("object.change", {"changes": [{"object": "o1", "width": 9}, {"object": "gone", "color": "#0"}]}, "malformed"),
        ("object.change", {"changes": [{"object": "o1", "width": 9}, {"object": "never", "width": 9}]}, "not_found"),
        ("object.change", {"changes": [{"object": "o1", "text": "?"}]}, "malformed"),
        ("object.change", {"changes": [{"object": "s1", "fill": "#000000"}]}, "malformed"),
        ("object.change", {"changes": [{"object": "o1", "color": None}]}, "malformed"),
        ("object.change", {"changes": [{"object": "o1", "width": 9}, {"object": "o1", "width": 8}]}, "malformed"),
        ("object.change", {"changes": []}, "malformed"),
        ("object.restore", {"objects": ["never"]}, "not_found"),
        ("object.erase", {"objects": []}, "malformed"),
        ("page.add", {"page": "2", "after": "9"}, "not_found"),
        ("page.add", {"page": "2", "paper": {"kind": "sandpaper"}}, "malformed"),
        ("page.add", {"page": "2", "paper": {"kind": "slide", "courseware": "c"}}, "malformed"),
        ("page.change", {"page": "9", "paper": {"kind": "grid"}}, "not_found"),
        ("view.show", {"page": "9"}, "not_found"),
        ("view.show", {"width": 1}, "malformed"),
    ],
)
def test_what_cannot_be_done_is_refused_whole(kind: str, data: dict[str, Any], code: str) -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "stroke.add", **STROKE)
    add(lesson, LEAD, SHAPE)
    add(lesson, LEAD, SHAPE, object="gone")
    lesson.ask(LEAD, "object.erase", page="1", objects=["gone"])
    assert lesson.refused(LEAD, kind, **{"page": "1", **data}) == code


def test_a_full_page_takes_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boards, "CLASS", replace(boards.CLASS, objects=2))
    lesson = Lesson.live()
    lesson.ask(LEAD, "stroke.add", **STROKE)
    lesson.ask(LEAD, "stroke.trim", page="1", stroke="s1", parts=PARTS)
    assert lesson.refused(LEAD, "stroke.add", **{**STROKE, "stroke": "s2"}) == "too_many"
    assert lesson.refused(LEAD, "object.restore", page="1", objects=["s1"]) == "too_many"
    parts = [{"stroke": "c", "from": 0, "to": 0.5}, {"stroke": "d", "from": 0.6, "to": 1}]
    assert lesson.refused(LEAD, "stroke.trim", page="1", stroke="a", parts=parts) == "too_many"


def test_a_page_holds_so_many_points_and_room_for_a_teacher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boards, "CLASS", replace(boards.CLASS, numbers=40))
    lesson = Lesson.live()
    lesson.ask(LEAD, "pen.give", everyone=True)

    def draw(seat: Seat, name: str) -> dict[str, Any]:
        return {**STROKE, "stroke": name, "points": [10, 20, 0.5, 0] * 4}

    lesson.ask(ANNA, "stroke.add", **draw(ANNA, "s1"))
    lesson.ask(BEN, "stroke.add", **draw(BEN, "s2"))
    assert lesson.refused(ANNA, "stroke.add", **{**STROKE, "stroke": "s3"}) == "too_many", "four fifths are the others'"
    lesson.ask(LEAD, "stroke.add", **{**STROKE, "stroke": "s3"})
    parts = [{"stroke": "a", "from": 0, "to": 1.5}, {"stroke": "b", "from": 1.6, "to": 3}]
    assert lesson.refused(LEAD, "stroke.trim", page="1", stroke="s1", parts=parts) == "too_many", "ends are points"
    lesson.ask(LEAD, "stroke.trim", page="1", stroke="s1", parts=parts[:1])
    assert page(lesson)["objects"].numbers == 12 + 16 + 8
    lesson.ask(LEAD, "object.erase", page="1", objects=["s2", "s3"])
    assert [one["object"]["object"] for one in page(lesson)["erased"]] == ["s1", "s2", "s3"], "all that is there fits"
    lesson.ask(LEAD, "object.erase", page="1", objects=["a"])
    assert [one["object"]["object"] for one in page(lesson)["erased"]] == ["s2", "s3", "a"]
    for n in range(2):
        lesson.ask(LEAD, "stroke.add", **draw(LEAD, f"t{n}"))
    assert lesson.refused(LEAD, "object.restore", page="1", objects=["s2"]) == "too_many"
    lesson.ask(LEAD, "object.restore", page="1", objects=["s3"])
    assert page(lesson)["objects"].numbers == 40


def test_two_of_the_longest_courseware_are_shown_slide_by_slide() -> None:
    assert 2 * MOST_SLIDES < pages.MAX_PAGES


# pages, the presenter's view, the timer


def test_pages_have_paper_and_a_place() -> None:
    lesson = Lesson.live()
    slide = {"kind": "slide", "courseware": "c", "slide": 3}
    lesson.ask(LEAD, "page.add", page="3", paper=slide)
    lesson.ask(LEAD, "page.add", page="2", after="1", paper={"kind": "tianzige"})
    assert [(one["id"], one["paper"]) for one in lesson.state["board"]["pages"]] == [
        ("1", {"kind": "blank"}), ("2", {"kind": "tianzige"}), ("3", slide),
    ]  # fmt: skip
    lesson.ask(LEAD, "stroke.add", **STROKE)
    lesson.ask(LEAD, "page.change", page="1", paper={"kind": "staff"})
    assert lesson.ask(LEAD, "page.change", page="1", paper={"kind": "staff"}) == []
    assert (page(lesson)["paper"], on_page(lesson)) == ({"kind": "staff"}, ["s1"])


def test_a_page_that_is_turned_to_is_shown_whole() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "page.add", page="2")
    lesson.ask(LEAD, "view.show", page="1", x=100, y=50, width=800)
    assert lesson.state["board"]["view"] == {"x": 100, "y": 50, "width": 800}
    assert lesson.ask(LEAD, "view.show", page="1", x=100, y=50, width=800) == []
    assert lesson.refused(LEAD, "view.show", page="2", width=800) == "not_shown"
    lesson.ask(LEAD, "page.show", page="2")
    assert lesson.state["board"]["view"] is None
    lesson.ask(LEAD, "view.show", page="2", width=400)
    lesson.ask(LEAD, "view.show", page="2")
    assert lesson.state["board"]["view"] is None


def test_a_timer() -> None:
    lesson = Lesson.live()
    lesson.now = 4000
    lesson.ask(LEAD, "timer.start", seconds=90)
    assert lesson.state["timer"] == {"seconds": 90, "since": 4000}
    assert lesson.refused(LEAD, "timer.start", seconds=0) == "malformed"
    lesson.ask(LEAD, "timer.stop")
    assert lesson.state["timer"] is None
    assert lesson.ask(LEAD, "timer.stop") == []


# words


def test_words_are_those_of_whoever_wrote_them_last_and_can_be_erased() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "pen.give", everyone=True)
    add(lesson, ANNA, NOTE, text="canary of anna")
    add(lesson, ANNA, NOTE, object="n2", type="text", text="canary two")
    lesson.ask(LEAD, "object.change", page="1", changes=[{"object": "n1", "text": "canary of the lead"}])
    lesson.ask(LEAD, "object.erase", page="1", objects=["n2"])
    journal = json.dumps([event.json() for event in lesson.events])
    assert "canary" not in journal

    def told() -> tuple[str, str]:
        seen = rules.view(lesson.state, BEN, lesson.texts)["board"]["pages"][0]
        assert seen == rules.fold(lesson.seen_by(BEN))["board"]["pages"][0]
        return seen["objects"][0]["text"], seen["erased"][0]["object"]["text"]

    assert told() == ("canary of the lead", "canary two")
    annas = {key for key, words in lesson.texts.items() if words in ("canary of anna", "canary two")}
    assert len(annas) == 2, "also what was written before"
    lesson.texts = {key: "" if key in annas else words for key, words in lesson.texts.items()}
    assert told() == ("canary of the lead", "")


# journals of before


def test_a_journal_of_before_there_was_paper_folds() -> None:
    old = [
        ("page.added", {"page": "1"}),
        ("page.shown", {"page": "1"}),
        ("stroke.added", STROKE),
        ("stroke.added", {**STROKE, "stroke": "s2"}),
        ("stroke.erased", {"page": "1", "stroke": "s1"}),
    ]
    state = rules.fold(Event(seq, 0, "lead", kind, data) for seq, (kind, data) in enumerate(old, 1))
    (only,) = state["board"]["pages"]
    assert only["paper"] == {"kind": "blank"}
    assert [(one["object"], one["by"], one["z"]) for one in only["objects"]] == [("s2", "lead", 4)]
    assert [one["object"]["object"] for one in only["erased"]] == ["s1"]


# the sheet

names = st.sampled_from("abcdefgh")


@pytest.mark.parametrize("few", [0, 32])
@given(st.lists(st.tuples(st.sampled_from(["with", "without", "changed"]), st.lists(names, max_size=6)), max_size=30))
def test_a_sheet_is_a_list_in_order_that_finds_by_name(few: int, steps: list[tuple[str, list[str]]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sheet, "FEW", few)
        hold_to_a_list(steps)


def hold_to_a_list(steps: list[tuple[str, list[str]]]) -> None:
    rng = random.Random(1)
    page, plain = Sheet(), list[dict[str, Any]]()
    versions: list[tuple[Sheet, list[dict[str, Any]]]] = []
    for n, (step, some) in enumerate(steps):
        some = list(dict.fromkeys(some))
        versions.append((page, plain))
        match step:
            case "with":
                new = [{"object": name, "z": rng.choice([n, rng.randrange(5)]), "n": n} for name in some]
                page = page.with_(new)
                known = {one["object"] for one in plain}
                plain = sorted([*plain, *(one for one in new if one["object"] not in known)], key=lambda one: one["z"])
            case "without":
                page, gone = page.without(some)
                assert gone == [one for one in plain if one["object"] in some]
                plain = [one for one in plain if one["object"] not in some]
            case "changed":
                after = {one["object"]: {**one, "n": n} for one in plain if one["object"] in some}
                page = page.changed(after | {"unknown": {"object": "unknown", "z": 0}})
                plain = [after.get(one["object"], one) for one in plain]
    for version, expected in [*versions, (page, plain)]:  # those that were left, too
        assert version == expected
        for name in "abcdefghi":
            assert version.find(name) == next((one for one in expected if one["object"] == name), None)


@pytest.mark.parametrize("role", [Role.LEAD_TEACHER, Role.LOCAL_TEACHER])
def test_teachers_need_no_pen(role: Role) -> None:
    assert writing.has_pen(Lesson.live().state, Seat("anyone", role))
