"""Courseware in a lesson: brought out, shown as paper, played by the lesson's clock, put away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from classroom import rules
from classroom.courseware import MAX_OPEN, of_class
from classroom.store.records import Resource
from tests.unit.classroom.lessons import ANNA, DISPLAY, FILM, LEAD, LOCAL, STROKE, Lesson

SLIDES = replace(FILM, id="slides", name="秋.pdf", kind="slides", slides=3, duration_ms=None)
SIMULATION = replace(FILM, id="pendulum", name="Pendulum.html", kind="simulation", slides=0, duration_ms=None)
SHELF = {one.id: one for one in (SLIDES, FILM, SIMULATION)}


def test_a_display_knows_all_that_it_needs_to_fetch_ahead() -> None:
    lesson = Lesson.live(courseware=SHELF)
    [event] = lesson.ask(LEAD, "courseware.open", courseware="slides")
    assert "秋.pdf" not in str(event.data), "a name is a person's word"
    assert lesson.ask(LEAD, "courseware.open", courseware="slides") == []
    seen = rules.fold(lesson.seen_by(DISPLAY))["courseware"]["slides"]
    assert seen == {"kind": "slides", "slides": 3, "boxes": [320], "duration_ms": None, "name": "秋.pdf"}
    assert seen == rules.view(lesson.state, DISPLAY, lesson.texts)["courseware"]["slides"]
    lesson.ask(LEAD, "courseware.close", courseware="slides")
    assert lesson.state["courseware"] == {}
    assert lesson.ask(LEAD, "courseware.close", courseware="slides") == []


def test_what_is_not_on_ones_shelf_is_not_there() -> None:
    lesson = Lesson.live()
    assert lesson.refused(LEAD, "courseware.open", courseware="slides") == "not_found"
    lesson.context["courseware"] = SHELF
    assert lesson.refused(LEAD, "courseware.open", courseware="other") == "not_found"
    for seat in (LOCAL, ANNA):
        assert lesson.refused(seat, "courseware.open", courseware="slides") == "not_allowed"
    for number in range(MAX_OPEN):
        lesson.context["courseware"] = {f"c{number}": replace(SLIDES, id=f"c{number}")}
        lesson.ask(LEAD, "courseware.open", courseware=f"c{number}")
    lesson.context["courseware"] = SHELF
    assert lesson.refused(LEAD, "courseware.open", courseware="slides") == "too_many"


def test_a_slide_is_the_paper_of_a_page_that_is_made_once() -> None:
    lesson = Lesson.live(courseware=SHELF)
    assert lesson.refused(LEAD, "slide.show", courseware="slides", slide=1) == "not_found"
    lesson.ask(LEAD, "courseware.open", courseware="slides")
    assert lesson.refused(LEAD, "slide.show", courseware="slides", slide=4) == "not_found"
    assert lesson.refused(LEAD, "slide.show", courseware="slides", slide=0) == "malformed"
    for slide in (1, 3, 2, 1):
        lesson.ask(LEAD, "slide.show", courseware="slides", slide=slide)
    board = lesson.state["board"]
    papers = [page["paper"].get("slide") for page in board["pages"]]
    assert papers == [None, 1, 2, 3], "in their order, after the page that was shown"
    assert board["shown"] == board["pages"][1]["id"]
    assert lesson.ask(LEAD, "slide.show", courseware="slides", slide=1) == []
    lesson.ask(LEAD, "stroke.add", **{**STROKE, "page": board["shown"]})
    assert len(lesson.state["board"]["pages"][1]["objects"]) == 1


def test_a_film_is_where_the_clock_says() -> None:
    lesson = Lesson.live(courseware=SHELF)
    lesson.ask(LEAD, "courseware.open", courseware="film")
    lesson.now = 5000
    lesson.ask(LEAD, "courseware.play", courseware="film", position_ms=90_000, playing=True, rate=0.1, loop=[100, 900])
    assert lesson.state["playing"] == {
        "courseware": "film", "position_ms": 60_000, "playing": True, "rate": 0.1, "loop": [100, 900], "at": 5000,
    }  # fmt: skip
    for rate in (0.09, 8.1, float("nan"), float("inf"), -1):
        told = lesson.refused(LEAD, "courseware.play", courseware="film", position_ms=0, playing=True, rate=rate)
        assert told == "malformed"
    for loop in ([900, 100], [5, 5], [0, 60_001]):
        told = lesson.refused(LEAD, "courseware.play", courseware="film", position_ms=0, playing=True, loop=loop)
        assert told == "not_playable"
    lesson.ask(LEAD, "courseware.close", courseware="film")
    assert lesson.state["playing"] is None


def test_a_simulation_is_as_its_presenter_left_it() -> None:
    lesson = Lesson.live(courseware=SHELF)
    lesson.ask(LEAD, "courseware.open", courseware="pendulum")
    change = {"courseware": "pendulum", "state": '{"angle": 30}'}
    assert lesson.refused(LEAD, "simulation.change", **change) == "not_playable"
    lesson.ask(LEAD, "courseware.play", courseware="pendulum", position_ms=700, playing=False, rate=2)
    at = lesson.now
    shown = {"courseware": "pendulum", "position_ms": 0, "playing": True, "rate": 1.0, "loop": None, "at": at}
    assert lesson.state["playing"] == shown
    lesson.ask(LEAD, "simulation.change", **change)
    assert lesson.state["playing"] == {**shown, "state": change["state"], "changed": at}
    assert lesson.ask(LEAD, "simulation.change", **change) == [], "nothing new"
    other = {**change, "state": '{"angle": 31}'}
    assert lesson.refused(LEAD, "simulation.change", **other) == "too_often"
    lesson.now += 250
    lesson.ask(LEAD, "simulation.change", **other)
    for state in ("", "{", "{} {}", '"秋"', "[" * 4096, f'"{"x" * 4096}"', "1\n", "NaN", '{"x":Infinity}'):
        assert lesson.refused(LEAD, "simulation.change", **{**change, "state": state}) == "malformed", state
    assert lesson.refused(LEAD, "simulation.change", **{**other, "courseware": "other"}) == "not_playable"
    lesson.ask(LEAD, "courseware.play", courseware="pendulum", position_ms=0, playing=True)
    assert "state" not in (lesson.state["playing"] or {}), "from the beginning"


@pytest.mark.parametrize("what", ["slides", "nothing"])
def test_what_is_no_film_is_not_played(what: str) -> None:
    lesson = Lesson.live(courseware=SHELF)
    lesson.ask(LEAD, "courseware.open", courseware="slides")
    code = lesson.refused(LEAD, "courseware.play", courseware=what, position_ms=0, playing=True)
    assert code == {"slides": "not_playable", "nothing": "not_found"}[what]


def track(name: str, source: str, start_ms: int, end_ms: int | None, who: str = "wang", kind: str = "video") -> Any:
    return {"id": name, "source": source, "participant": who, "kind": kind, "start_ms": start_ms, "end_ms": end_ms}


TAUGHT = [
    track("face", "camera", 1000, 61_000),
    track("voice", "mic", 500, 62_000, kind="audio"),
    track("screen", "courseware", 20_000, None, "encoder"),
]
OTHERS = [
    track("child", "student", 0, 90_000, "anna"),
    track("childs", "mic", 0, 90_000, "anna", "audio"),
    track("room", "room", 0, 90_000, "display"),
]
RECORDED = Resource("r1", "l1", "秋天", "recording", "ready", 0, 70_000, "l1", [*OTHERS, *TAUGHT])


def test_of_a_recording_a_class_is_shown_who_taught_and_no_child() -> None:
    assert {one["id"] for one in of_class(RECORDED.tracks)} == {"face", "voice", "screen"}
    assert of_class(OTHERS) == []


def test_a_recording_is_a_film_from_where_it_begins() -> None:
    lesson = Lesson.live(recorded=RECORDED)
    [event] = lesson.ask(LEAD, "courseware.open", courseware="r1")
    whole = {"kind": "recording", "slides": 0, "boxes": [], "duration_ms": 69_500, "start_ms": 500}
    assert event.data == {"courseware": "r1", **whole}, "its title is a person's word"
    assert rules.view(lesson.state, DISPLAY, lesson.texts)["courseware"]["r1"] == {**whole, "name": "秋天"}
    assert lesson.ask(LEAD, "courseware.open", courseware="r1") == []
    lesson.ask(LEAD, "courseware.play", courseware="r1", position_ms=90_000, playing=True, rate=2)
    assert (lesson.state["playing"] or {})["position_ms"] == 69_500

    # Another stretch of it takes its place, as does the whole of it; what is open stays so where one is refused.
    for stretch in ([499, 600], [600, 600], [700, 600], [600, 70_001]):
        assert lesson.refused(LEAD, "courseware.open", courseware="r1", stretch=stretch) == "out_of_range", stretch
    for wrong in ([], [1], [1, 2, 3], [-1, 5], [0.5, 7], "1-2"):
        assert lesson.refused(LEAD, "courseware.open", courseware="r1", stretch=wrong) == "malformed", wrong
    lesson.ask(LEAD, "courseware.open", courseware="r1", stretch=[20_000, 30_000])
    part = lesson.state["courseware"]["r1"]
    assert (part["start_ms"], part["duration_ms"]) == (20_000, 10_000)
    assert lesson.ask(LEAD, "courseware.open", courseware="r1", stretch=[20_000, 30_000]) == []
    lesson.ask(LEAD, "courseware.close", courseware="r1")
    assert (lesson.state["courseware"], lesson.state["playing"]) == ({}, None)


def test_what_cannot_be_shown_of_the_library_says_so() -> None:
    lesson = Lesson.live(recorded=replace(RECORDED, tracks=OTHERS))
    assert lesson.refused(LEAD, "courseware.open", courseware="r1") == "no_picture"
    lesson.context["recorded"] = RECORDED
    assert lesson.refused(LEAD, "courseware.open", courseware="r2") == "not_found"
    lesson.context = {**lesson.context, "recorded": None, "courseware": SHELF}
    assert lesson.refused(LEAD, "courseware.open", courseware="film", stretch=[0, 5]) == "not_playable"
    for seat in (LOCAL, ANNA):
        assert lesson.refused(seat, "courseware.open", courseware="r1") == "not_allowed"
