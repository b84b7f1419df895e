"""A file that is made of a recording has the chapters that its player lists."""

from __future__ import annotations

from typing import Any

import pytest

from classroom import rules
from classroom.events import Event
from recordings.chapters import Mark, marks, titled, within
from tests.unit.classroom.lessons import OBSERVER, Lesson
from tests.unit.signaling.test_fold_equality import played
from tests.unit.web.node import evaluate

TIMELINE, CHAPTERS = "pages/library/timeline.ts", "pages/library/chapters.ts"
NAMED = """(mark) => [
    mark.at, mark.kind, mark.name ?? mark.title ?? mark.text ?? mark.asked?.prompt ?? `${mark.number}`,
    mark.kind === 'slide' ? [mark.courseware, mark.number] : null]"""
CUTS = [(40, 200), (300, 1_000)]


@pytest.fixture(scope="module")
def lessons() -> list[list[Event]]:
    def seen(lesson: Lesson) -> list[Event]:
        return lesson.seen_by(rules.seated(lesson.state, OBSERVER))

    return [seen(played(seed)) for seed in range(6)]


def named(found: list[Mark]) -> list[list[Any]]:
    return [[mark.at, mark.kind, mark.name, list(mark.slide) if mark.slide else None] for mark in found]


def test_they_are_the_player_s(lessons: list[list[Event]]) -> None:
    ours = [marks(events) for events in lessons]
    assert {mark.kind for found in ours for mark in found} == {"page", "slide", "film", "activity", "asked", "step"}
    ask = f"given.map((events) => new m.Timeline(events).marks.map({NAMED}))"
    theirs = evaluate(TIMELINE, ask, [[event.json() for event in events] for events in lessons])
    assert theirs == [named(found) for found in ours]


def test_over_what_was_cut_they_close_as_the_player_s_do(lessons: list[list[Event]]) -> None:
    kinds = ("page", "slide", "step", "activity", "asked", "film")
    found = [Mark(at, kinds[at // 7 % 6], f"{at}") for at in range(0, 1_200, 7)]
    given = {"marks": [{"at": one.at, "kind": one.kind, "name": one.name} for one in found], "cuts": CUTS}
    told = evaluate(CHAPTERS, "m.within(given.marks, 50, 1_100, given.cuts)", given)
    assert [(one["at"], one["kind"], one["name"]) for one in told] == [
        (one.at, one.kind, one.name) for one in within(found, 50, 1_100, CUTS)
    ]


def test_a_title_says_what_a_chapter_is() -> None:
    found = [
        Mark(0, "page", "1"), Mark(5, "slide", "Poems", ("p", 2)), Mark(6, "slide", "Poems", ("p", 3)),
        Mark(7, "activity", "Who wrote it?"), Mark(7, "page", "4"), Mark(8, "asked", "为什么?"),
        Mark(9, "step", "新课"),
    ]  # fmt: skip
    said = {("p", 2): "\n  Du   Fu\n712–770"}
    assert titled(found, lambda *slide: said.get(slide, "")) == [
        (0, "1"), (5, "Du Fu"), (6, "Poems 3"), (7, "? Who wrote it?"), (8, "✋ 为什么?"), (9, "新课"),
    ]  # fmt: skip


def test_a_page_that_is_not_there_is_told_as_the_player_does() -> None:
    event = Event(1, 500, "li", "page.shown", {"page": "gone"})
    theirs = evaluate(TIMELINE, f"new m.Timeline(given).marks.map({NAMED})", [event.json()])
    assert named(marks([event])) == theirs == [[500, "page", "0", None]]
