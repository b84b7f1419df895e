"""The player's pure half (web/client/src/pages/library), run by node as it stands: where the line of time closes over
what was cut, its chapters, who is to be seen, and the state of the lesson at any moment."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from classroom import rules
from classroom.events import Event
from tests.unit.classroom.lessons import ANNA, DISPLAY, LEAD, OBSERVER, Lesson
from tests.unit.signaling.test_fold_equality import played
from tests.unit.web.node import evaluate
from tests.unit.web.test_player_tracks import track

CUTS = "pages/library/cuts.ts"
Cut = list[int]


@st.composite
def cuts(draw: st.DrawFn) -> list[Cut]:
    ends = sorted(draw(st.sets(st.integers(0, 60), max_size=8)))
    return [list(pair) for pair in zip(ends[::2], ends[1::2], strict=False)]


@settings(max_examples=12)
@given(st.lists(cuts(), min_size=30, max_size=30))
def test_the_line_closes_over_what_was_cut(many: list[list[Cut]]) -> None:
    ask = """given.map((cuts) => Array.from({length: 70}, (_, at) =>
        [m.after(cuts, at), m.closed(cuts, at), m.opened(cuts, m.closed(cuts, at))]))"""
    for some, told in zip(many, evaluate(CUTS, ask, many), strict=True):
        gone = {at for start, end in some for at in range(start, end)}
        for at, (after, closed, opened) in enumerate(told):
            there = next(one for one in range(at, 200) if one not in gone)
            assert after == there
            assert closed == len([one for one in range(at) if one not in gone])
            assert opened == there


def test_what_is_cut_at_an_end_is_no_part_of_the_line() -> None:
    ask = "given.map(([cuts, from, to]) => m.trimmed(cuts, from, to))"
    given_ = [
        [[], 5, 90],
        [[[0, 10], [80, 90]], 5, 90],
        [[[80, 200]], 5, 90],
        [[[5, 90]], 5, 90],
        [[[90, 95]], 5, 90],
    ]
    assert evaluate(CUTS, ask, given_) == [[5, 90], [10, 80], [5, 80], [90, 90], [5, 90]]


def test_stretches_that_overlap_are_one() -> None:
    lists = [[[0, 5], [20, 30]], [[4, 8], [30, 31], [40, 40]]]
    assert evaluate(CUTS, "m.joined(...given)", lists) == [[0, 8], [20, 31]]


CHAPTERS = "pages/library/chapters.ts"


def mark(at: int, kind: str = "page", **data: Any) -> dict[str, Any]:
    return {"at": at, "kind": kind, "number": at, **data}


def test_of_what_was_turned_to_while_it_was_cut_the_last_is_there_when_it_goes_on() -> None:
    marks = [mark(0), mark(12), mark(15), mark(16, "activity"), mark(30), mark(99)]
    there = evaluate(CHAPTERS, "m.within(given, 5, 90, [[10, 20]])", marks)
    assert [(one["at"], one["number"]) for one in there] == [(5, 0), (20, 15), (30, 30)]


def test_a_chapter_too_short_to_be_pointed_at_is_part_of_the_one_before() -> None:
    marks = [mark(3), mark(20), mark(22, "activity"), mark(23), mark(60), mark(97)]
    told = evaluate(CHAPTERS, "m.chapters(given, 0, 100, 10)", marks)
    spans = [(one["from"], one["to"], one["mark"] and one["mark"]["kind"]) for one in told]
    assert spans == [(0, 20, "page"), (20, 60, "activity"), (60, 100, "page")]
    assert evaluate(CHAPTERS, "[0, 20, 59, 60].map((at) => m.passed(given, at))", marks) == [-1, 1, 3, 4]


def test_where_the_lesson_had_a_plan_its_steps_are_the_chapters() -> None:
    marks = [mark(3), mark(20, "step"), mark(25), mark(40, "activity"), mark(60, "step")]
    told = evaluate(CHAPTERS, "m.chapters(given, 0, 100, 10)", marks)
    assert [(one["from"], one["to"], one["mark"] and one["mark"]["kind"]) for one in told] == [
        (0, 20, None),
        (20, 60, "step"),
        (60, 100, "step"),
    ]
    cut = [mark(1, "step"), mark(12), mark(13, "step"), mark(15), mark(16, "step"), mark(30)]
    there = evaluate(CHAPTERS, "m.within(given, 0, 90, [[10, 20]])", cut)
    assert [(one["at"], one["number"]) for one in there] == [(1, 1), (20, 15), (20, 16), (30, 30)]


def test_who_was_on_stage_then_is_seen_beside_who_taught() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "stage.invite", participant="display")
    before = lesson.state
    lesson.ask(DISPLAY, "stage.accept", participant="display")
    tracks = [
        track("face", 0, 90),
        {**track("screen", 20, 40, participant="lead"), "source": "courseware"},
        {**track("room", 10, 90, participant="display"), "source": "room"},
        {**track("child", 10, 90, participant="anna"), "source": "student"},
        track("voice", 0, 90, "audio"),
    ]
    ask = """given.when.map(([at, state]) => m.pictures(given.tracks, at, state)).map((one) => [
        one.people, one.guests, one.others].map((list) => list.map(({id}) => id)).concat([one.work && one.work.id]))"""
    when = [[5, lesson.state], [30, before], [50, lesson.state]]
    told = evaluate("pages/library/directing.ts", ask, {"tracks": tracks, "when": when})
    assert told == [
        [["face"], [], [], None],
        [["face"], [], ["room", "child"], "screen"],
        [["face"], ["room"], ["child"], None],
    ]


TIMELINE = "pages/library/timeline.ts"


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 11), st.data())
def test_the_player_has_the_state_that_a_live_page_had(seed: int, data: st.DataObject) -> None:
    lesson = LESSONS.setdefault(seed, played(seed))
    end = lesson.events[-1].at
    moments = data.draw(st.lists(st.integers(-1, end + 10), min_size=25, max_size=25))
    viewer = rules.seated(lesson.state, OBSERVER)
    seen = lesson.seen_by(viewer)
    given_ = {"events": [event.json() for event in seen], "moments": moments}
    told = evaluate(
        TIMELINE, "((line) => given.moments.map((at) => line.at(at)))(new m.Timeline(given.events))", given_
    )
    for moment, state in zip(moments, told, strict=True):
        assert state == plain(rules.fold([event for event in seen if event.at <= moment]))
        live = rules.view(rules.fold([event for event in lesson.events if event.at <= moment]), viewer, lesson.texts)
        assert state | {"seq": 0} == plain(live) | {"seq": 0}  # of what a viewer is not shown the journal counts on


LESSONS: dict[int, Lesson] = {}


def plain(state: Any) -> Any:
    return json.loads(json.dumps(state))


def test_ink_is_as_far_as_it_had_come() -> None:
    points = [n for i in range(11) for n in (i, i, 0.5, i * 10)]
    stroke = {"page": "1", "tool": "pen", "color": "#000000", "width": 2, "points": points}
    events = [
        Event(1, 200, "lead", "stroke.added", {**stroke, "stroke": "b", "began": 150}),
        Event(2, 300, "lead", "stroke.added", {**stroke, "stroke": "a", "began": 100}),
        Event(3, 310, "lead", "stroke.added", {**stroke, "stroke": "c", "began": 280, "page": "2"}),
    ]
    ask = """((line) => given.moments.map((at) => line.growing(at, '1').map((one) => [one.object, one.points.length])))(
        new m.Timeline(given.events))"""
    told = evaluate(TIMELINE, ask, {"events": [one.json() for one in events], "moments": [99, 100, 155, 199, 200, 300]})
    assert told == [[], [["a", 4]], [["b", 4], ["a", 24]], [["b", 20], ["a", 40]], [["a", 44]], []]


def test_the_line_tells_when_the_lesson_went_on_unrecorded() -> None:
    lesson = Lesson.live(ANNA, LEAD)
    for at, kind in ((100, "start"), (200, "stop"), (300, "start"), (500, "stop")):
        lesson.now = at
        lesson.ask(LEAD, f"recording.{kind}")
    events = [event.json() for event in lesson.events]
    assert evaluate(TIMELINE, "new m.Timeline(given).pauses", events) == [[200, 300]]
    tracks = [track("a", 100, 2200), track("b", 1000, 2100), track("c", 5000, 6000)]
    assert evaluate("pages/library/watched.ts", "m.gaps(given, 100, 9000)", tracks) == [[2200, 5000], [6000, 9000]]
    lacking = [{**one, "gaps": [[1100, 1500], [1600, 2700]]} for one in tracks]
    lacking[0]["source"] = "room"
    assert evaluate("pages/library/watched.ts", "m.lost(given)", lacking) == [[1600, 2700]] * 2


def test_a_question_stands_while_it_is_open_and_a_while_after_it() -> None:
    lesson = Lesson.live(ANNA, LEAD)
    asked = {"type": "choice", "prompt": "秋?", "options": ["a", "b"]}
    for at, kind, data in (
        (1000, "open", {"activity": "q1", **asked}),
        (5000, "close", {"activity": "q1"}),
        (6000, "reveal", {"activity": "q1"}),
        (30_000, "open", {"activity": "q2", **asked}),
        (40_000, "close", {"activity": "q2"}),
        (41_000, "open", {"activity": "q3", **asked}),
    ):
        lesson.now = at
        lesson.ask(LEAD, f"activity.{kind}", **data)
    ask = """((line) => given.moments.map((at) => line.asking(at)).map((one) => one && [one.activity, one.phase]))(
        new m.Timeline(given.events))"""
    moments = [999, 1000, 5000, 20_999, 21_000, 30_000, 40_500, 41_000, 99_000]
    told = evaluate(TIMELINE, ask, {"events": [one.json() for one in lesson.events], "moments": moments})
    assert told == [
        None, ["q1", "open"], ["q1", "closed"], ["q1", "revealed"], None, ["q2", "open"], ["q2", "closed"],
        ["q3", "open"], ["q3", "open"],
    ]  # fmt: skip
