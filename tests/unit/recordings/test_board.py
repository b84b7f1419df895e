"""The board in a file that is made of a recording: what stands on it when, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image

from classroom.events import Role, Seat
from classroom.rules import project
from recordings.board import Board
from recordings.drawing import Sheet, View, broken, dashes, outline
from recordings.papers import rules
from tests.unit.classroom.lessons import LEAD, Lesson

FONT = str(Path(__file__).parents[3] / "web/server/print/font.ttf")
INK, RED, YELLOW = "#1e2430", "#c2311b", "#ffe45c"
SLIDE = (30, 90, 160)
Here = Callable[[float, float], tuple[int, int, int]]


@pytest.fixture
def slides(tmp_path: Path) -> dict[str, str]:
    for slide, box in ((1, 320), (1, 1920), (1, 3840), (2, 320)):
        Image.new("RGB", (box, box * 3 // 4), SLIDE).save(tmp_path / f"{slide}-{box}.webp", lossless=True)
    (tmp_path / "3-320.webp").write_bytes(b"RIFF, and no picture")
    return {"map": str(tmp_path)}


@pytest.fixture
def lesson() -> Lesson:
    made = Lesson()
    for kind in ("lesson.open", "lesson.start"):
        made.ask(LEAD, kind)
    return made


def stroke(lesson: Lesson, name: str, y: int, **more: Any) -> None:
    """From left to right within a second that ends now."""
    points = [n for i in range(11) for n in (100 + i * 100, y, 0.5, i * 100)]
    pen = {"stroke": name, "page": "1", "tool": "pen", "color": INK, "width": 20, "points": points}
    lesson.ask(LEAD, "stroke.add", **{**pen, "began": lesson.now - 1000, **more})


def board(lesson: Lesson, slides: dict[str, str] | None = None, late_ms: int = 0) -> Board:
    viewer = Seat("library", Role.OBSERVER)
    told = [seen for one in lesson.events if (seen := project(one, viewer, lesson.texts)) is not None]
    return Board(told, lambda ms: (ms - late_ms) * 1000, slides or {}, FONT)


def seen(board: Board, at_ms: int) -> Here:
    """What colour is at a place of the page."""
    frame = board.at(at_ms * 1000)
    assert frame is not None
    picture = frame.to_ndarray(format="rgb24")

    def here(x: float, y: float) -> tuple[int, int, int]:
        r, g, b = picture[round(y * 1.2), round(x * 1.2)]
        return int(r), int(g), int(b)

    return here


def near(one: tuple[int, int, int], color: str) -> bool:
    wanted = tuple(bytes.fromhex(color[1:]))
    return max(abs(a - b) for a, b in zip(one, wanted, strict=True)) < 6


def test_ink_comes_as_it_was_drawn_and_goes_as_it_went(lesson: Lesson) -> None:
    lesson.now = 5000
    stroke(lesson, "a", 300)
    lesson.now = 6000
    lesson.ask(LEAD, "stroke.erase", page="1", stroke="a")
    drawn = board(lesson)
    assert drawn.is_used
    for at_ms, there in ((3900, ()), (4500, (200, 550)), (5500, (200, 550, 1050)), (6100, ())):
        here = seen(drawn, at_ms)
        for x in (200, 550, 1050):
            assert near(here(x, 300), INK if x in there else "#ffffff"), (at_ms, x)


def test_where_nothing_changes_it_is_the_same_picture(lesson: Lesson) -> None:
    lesson.now = 5000
    stroke(lesson, "a", 300)
    drawn = board(lesson)
    assert drawn.at(1_000_000) is drawn.at(2_000_000)
    growing = drawn.at(4_510_000)
    assert growing is drawn.at(4_590_000), "no point between them"
    assert growing is not drawn.at(4_610_000)
    assert drawn.at(5_100_000) is drawn.at(9_000_000)


def test_what_is_added_lies_over_what_was_there_and_what_is_moved_is_drawn_anew(lesson: Lesson) -> None:
    lesson.now = 2000
    stroke(lesson, "under", 300)
    stroke(lesson, "over", 300, color=RED, points=[500, 200, 0.5, 0, 500, 400, 0.5, 9])
    lesson.now = 3000
    lesson.ask(LEAD, "object.change", page="1", changes=[{"object": "under", "place": [1, 1, 0, 400]}])
    drawn = board(lesson)
    here = seen(drawn, 2500)
    assert near(here(500, 300), RED)
    assert near(here(700, 300), INK)
    here = seen(drawn, 3500)
    assert near(here(700, 300), "#ffffff")
    assert near(here(700, 700), INK)


def test_marked_words_can_be_read(lesson: Lesson) -> None:
    lesson.now = 2000
    stroke(lesson, "word", 300)
    stroke(lesson, "mark", 300, tool="highlighter", color=YELLOW, width=80)
    here = seen(board(lesson), 2500)
    assert near(here(500, 330), YELLOW)
    assert max(here(500, 300)) < 60, "ink shows through"


def test_pages_are_turned_and_looked_at_closely(lesson: Lesson, slides: dict[str, str]) -> None:
    lesson.now = 1000
    for slide in (1, 2, 3):
        paper = {"kind": "slide", "courseware": "map", "slide": slide}
        lesson.ask(LEAD, "page.add", page=f"p{slide}", paper=paper)
    for slide in (1, 2, 3):
        lesson.now += 1000
        lesson.ask(LEAD, "page.show", page=f"p{slide}")
    lesson.now = 5000
    lesson.ask(LEAD, "page.show", page="p1")
    lesson.ask(LEAD, "view.show", page="p1", x=0, y=0, width=400)
    drawn = board(lesson, slides)
    assert drawn.is_used
    assert near(seen(drawn, 1500)(800, 450), "#ffffff")
    for at_ms in (2500, 3500):
        here = seen(drawn, at_ms)
        assert here(800, 450) == SLIDE
        assert near(here(100, 450), "#ffffff"), "it is narrower than the page"
    assert near(seen(drawn, 4500)(800, 450), "#ffffff"), "of one that is damaged nothing is drawn"
    here = seen(drawn, 5500)
    assert near(here(790, 450), "#ffffff"), "200 of the page's units"
    assert here(810, 450) == SLIDE


def test_words_shapes_and_pictures_stand_where_they_were_put(lesson: Lesson, slides: dict[str, str]) -> None:
    lesson.now = 1000

    def put(name: str, **more: Any) -> None:
        lesson.ask(LEAD, "object.add", page="1", object={"object": name, **more})

    put("note", type="note", color=YELLOW, size=40, box=[100, 100, 300, 200], text="树叶 leaves")
    put("box", type="shape", shape="rectangle", color=INK, width=10, fill=RED, **{"from": [600, 100], "to": [800, 300]})
    put("map", type="image", courseware="map", slide=1, box=[1000, 100, 200, 200])
    put("gone", type="image", courseware="gone", slide=1, box=[1300, 100, 200, 200])
    here = seen(board(lesson, slides), 1500)
    assert near(here(110, 280), YELLOW)
    assert any(max(here(x, 145)) < 100 for x in range(118, 200)), "its words"
    assert near(here(600, 200), INK)
    assert near(here(700, 200), RED)
    assert here(1100, 200) == SLIDE
    assert near(here(1400, 200), "#f1ede5")


def test_what_is_mirrored_is_drawn_where_it_lies(lesson: Lesson, slides: dict[str, str]) -> None:
    lesson.now = 1000
    for name, x, more in (
        ("note", 100, {"type": "note", "color": YELLOW, "size": 40, "text": "树叶"}),
        ("map", 500, {"type": "image", "courseware": "map", "slide": 1}),
        ("gone", 1200, {"type": "image", "courseware": "gone", "slide": 1}),
    ):
        lesson.ask(LEAD, "object.add", page="1", object={"object": name, "box": [x, 100, 300, 200], **more})
    places = [{"object": "note", "place": [-1, 1, 1600, 0]}, {"object": "map", "place": [-1, -1, 1600, 800]}]
    lesson.ask(LEAD, "object.change", page="1", changes=[*places, {"object": "gone", "place": [1, -1, 0, 800]}])
    here = seen(board(lesson, slides), 1500)
    assert near(here(1490, 280), YELLOW)
    assert near(here(110, 280), "#ffffff")
    assert any(max(here(x, 145)) < 100 for x in range(1218, 1300)), "its words begin at its left"
    assert here(950, 600) == SLIDE
    assert near(here(1300, 600), "#f1ede5")


def test_a_board_on_which_nothing_stands_is_not_used(lesson: Lesson) -> None:
    lesson.ask(LEAD, "page.add", page="2", paper={"kind": "grid"})
    assert not board(lesson).is_used


def test_what_was_cut_out_is_closed_over(lesson: Lesson) -> None:
    lesson.now = 60_000
    stroke(lesson, "a", 300)
    assert near(seen(board(lesson, late_ms=50_000), 10_100)(500, 300), INK)


def test_papers_are_those_of_screens() -> None:
    counts = {kind: len(rules(kind)) for kind in ("blank", "lined", "grid", "tianzige", "mizige", "four_line", "staff")}
    assert counts == {"blank": 0, "lined": 10, "grid": 48, "tianzige": 69, "mizige": 125, "four_line": 16, "staff": 28}
    sheet = Sheet(View(), lambda *_: None, lambda _: pytest.fail("no words here"))
    sheet.paper({"kind": "lined"})
    assert numpy.asarray(sheet.image)[round(120 * 1.2), 500].tolist() == list(bytes.fromhex("c3ccd6"))


def test_lines_are_broken_as_both_languages_want_it() -> None:
    def measure(text: str) -> float:
        return len(text)

    assert broken("Autumn has come", 10, measure) == ["Autumn has", "come"]
    assert broken("秋天来了，树叶", 4, measure) == ["秋天来", "了，树叶"]
    assert broken("a\nb", 9, measure) == ["a", "b"]
    assert broken("abcdefgh", 3, measure) == ["abc", "def", "gh"]
    assert broken("", 3, measure) == [""]


def test_shapes_end_where_they_should() -> None:
    assert outline("line", [0, 0], [9, 9], 2) == [[(0, 0), (9, 9)]]
    for shape in ("rectangle", "triangle", "ellipse"):
        [way] = outline(shape, [0, 0], [90, 60], 2)
        assert way[0] == way[-1]
    assert [len(way) for way in outline("axes", [0, 0], [90, 60], 2)] == [2, 3, 2, 3]
    assert list(dashes((0, 0), (30, 0))) == [((0, 0), (10, 0)), ((18, 0), (28, 0))]
