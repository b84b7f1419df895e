"""Writing on the board by every kind of hand, and what the others see of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pypdfium2 as pdfium
import pytest
from PIL import Image
from playwright.sync_api import Browser, Playwright, expect

from tests.browser.browsers import DENIED, KIOSK, chromium
from tests.browser.hands import Hands
from tests.browser.people import Person, administrator, poll, saved, sit_at_display, sit_at_tablet, start_lesson
from tests.processes import Server, serving

pytestmark = pytest.mark.browser

# So long after a pen was near, fingers write again.
PALM_MS = 1100
# What a page asks of the board, as it goes out.
SENT = """
window.sent = [];
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  const found = typeof data === 'string' && data.match(/\\["(command|signal)",.*/s);
  if (found) window.sent.push(JSON.parse(found[0])[1]);
  return send.call(this, data);
};
"""


@dataclass
class Class:
    server: Server
    browser: Browser
    room: str
    code: str
    teacher: Person
    screen: Person
    hands: Hands

    @property
    def strokes(self) -> int:
        return count(self.teacher)


@pytest.fixture(scope="module")
def room(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    with (
        serving(tmp_path_factory.mktemp("board") / "data") as server,
        chromium(playwright, flags=[KIOSK]) as browser,
    ):
        teacher = administrator(browser, server.base, server.setup_secret(), script=DENIED + SENT)
        room = server.cli("room", "add", "Qingshan 青山村小", "Room 3")["id"]
        lesson, code = start_lesson(teacher, "Writing 写字")
        screen = sit_at_display(browser, server.base, lesson, room, script=DENIED)
        yield Class(server, browser, room, code, teacher, screen, Hands.on(teacher.page))


def count(someone: Person) -> int:
    return int(someone.page.get_by_test_id("board").get_attribute("data-strokes") or 0)


def page_of(someone: Person) -> int:
    """Which page is shown, from one."""
    return int(someone.page.get_by_test_id("page-number").inner_text().split("/")[0])


def sent(someone: Person, kind: str) -> list[dict[str, object]]:
    return list(someone.page.evaluate("kind => sent.filter((one) => one.kind === kind).map((one) => one.data)", kind))


def view(someone: Person) -> list[float]:
    told = someone.page.get_by_test_id("board").get_attribute("data-view") or ""
    return [float(one) for one in told.split(",")]


@pytest.mark.timeout(120)
def test_every_hand_writes_and_the_palm_does_not(room: Class) -> None:
    teacher, screen, hands = room.teacher, room.screen, room.hands

    hands.mouse((0.1, 0.2), (0.3, 0.25), (0.4, 0.2))
    hands.pen((0.1, 0.4), (0.2, 0.45), (0.3, 0.4), (0.4, 0.42))
    expect(teacher.page.get_by_test_id("board")).to_have_attribute("data-strokes", "2")
    mouse, pen = sent(teacher, "stroke.add")
    assert set(mouse["points"][2::4]) == {0.5}  # type: ignore[index]
    pressures = pen["points"][2::4]  # type: ignore[index]
    assert pressures == sorted(pressures)
    assert pressures[-1] == 0.7
    grown = [point for one in sent(teacher, "ink") if one["stroke"] == pen["stroke"] for point in one["points"]]  # type: ignore[attr-defined]
    assert grown == pen["points"][: len(grown)], "what was told while it grew is the stroke's own beginning"  # type: ignore[index]

    # A palm beside the pen writes nothing; a finger does, once the pen is away.
    hands.hover((0.5, 0.5))
    hands.fingers([(0.6, 0.6), (0.7, 0.6), (0.8, 0.6)])
    assert room.strokes == 2
    teacher.page.wait_for_timeout(PALM_MS)
    hands.fingers([(0.1, 0.6), (0.2, 0.65), (0.4, 0.6)])
    expect(teacher.page.get_by_test_id("board")).to_have_attribute("data-strokes", "3")
    poll(lambda: count(screen) == 3 and screen.ink() > 500, "all of it on the display")

    # Two fingers come closer and write nothing; the wheel goes on, with Ctrl and without; space and the mouse drag.
    hands.fingers([(0.45, 0.5), (0.4, 0.5), (0.3, 0.5)], [(0.55, 0.5), (0.6, 0.5), (0.7, 0.5)])
    assert room.strokes == 3
    x, y, width = view(teacher)
    assert width == pytest.approx(400, rel=0.05)
    assert (x + width / 2, y + width * 9 / 32) == (pytest.approx(800, rel=0.03), pytest.approx(450, rel=0.03))
    teacher.page.mouse.move(*hands.at((0.5, 0.5)))
    teacher.page.keyboard.down("Control")
    teacher.page.mouse.wheel(0, 60)
    teacher.page.keyboard.up("Control")
    poll(lambda: view(teacher)[2] > 500, "the wheel to go back")
    x, _, _ = view(teacher)
    teacher.page.mouse.wheel(100, 0)
    poll(lambda: view(teacher)[0] > x, "the wheel to go along")
    x, y, width = view(teacher)
    hands.mouse((0.5, 0.5), (0.6, 0.5), button="middle")
    assert view(teacher)[0] == pytest.approx(x - width / 10, abs=1)
    # What is written close is where the hand was, and small to who sees all.
    x, y, width = view(teacher)
    hands.mouse((0.5, 0.5), (0.7, 0.5))
    points = sent(teacher, "stroke.add")[-1]["points"]
    assert points[0] == pytest.approx(x + width / 2, abs=1)  # type: ignore[index]
    assert points[1] == pytest.approx(y + width * 9 / 32, abs=1)  # type: ignore[index]
    assert view(screen) == [0, 0, 1600]
    teacher.page.keyboard.press("0")
    poll(lambda: view(teacher) == [0, 0, 1600], "all of the page")

    # Whole strokes go where the eraser has been, also where it was quick; the last stroke goes back by a key.
    teacher.page.keyboard.press("u")
    expect(teacher.page.get_by_test_id("board")).to_have_attribute("data-strokes", "3")
    teacher.page.keyboard.press("e")
    hands.mouse((0.2, 0.05), (0.2, 0.55), steps=2)
    expect(teacher.page.get_by_test_id("board")).to_have_attribute("data-strokes", "1")
    poll(lambda: count(screen) == 1, "the eraser on the display")
    assert screen.ink() > 100
    hands.mouse((0.2, 0.5), (0.2, 0.9))
    poll(lambda: count(screen) == 0 and screen.ink() == 0, "nothing left on the display")


@pytest.mark.timeout(120)
def test_what_each_tool_makes_everyone_sees_and_it_goes_back_and_forth(room: Class) -> None:
    teacher, screen, hands = room.teacher, room.screen, room.hands
    page = teacher.page
    page.keyboard.press("n")
    page.keyboard.press("p")
    expect(page.get_by_test_id("page-number")).to_contain_text("2 / 2")

    def lie(number: int) -> None:
        """So many things on the page, here and on the display."""
        expect(page.get_by_test_id("board")).to_have_attribute("data-strokes", str(number))
        expect(screen.page.get_by_test_id("board")).to_have_attribute("data-strokes", str(number), timeout=5000)

    # Ink under a highlighter stays black; where it is alone it has its own colour.
    hands.mouse((0.1, 0.1), (0.5, 0.1))
    page.keyboard.press("f")
    hands.pen((0.2, 0.06), (0.2, 0.1), (0.2, 0.14))
    lie(2)
    assert dark(screen, 0.2, 0.1)
    assert colour(screen, 0.2, 0.13) == [255, 228, 92]

    # The part eraser leaves two parts; undo is whole again, redo is in parts.
    teacher.touch("tool-erase")
    teacher.touch("tool-erase")
    teacher.touch("way-rubber")
    hands.mouse((0.35, 0.05), (0.35, 0.15))
    lie(3)
    assert not dark(screen, 0.35, 0.1)
    assert dark(screen, 0.45, 0.1)
    page.keyboard.press("Control+z")
    lie(2)
    assert dark(screen, 0.35, 0.1)
    teacher.touch("redo")
    lie(3)
    teacher.touch("undo")

    # Shapes: nearly level is level, and one begins where another ends; with a finger too.
    teacher.touch("tool-shape")
    teacher.touch("shape-line")
    hands.mouse((0.1, 0.3), (0.3, 0.305))
    page.wait_for_timeout(PALM_MS)
    hands.fingers([(0.303, 0.31), (0.3, 0.4), (0.3, 0.5)])
    teacher.touch("tool-shape")
    teacher.touch("shape-ellipse")
    hands.mouse((0.4, 0.3), (0.5, 0.5))
    lie(5)
    first, second, _ = [one["object"] for one in sent(teacher, "object.add")]
    assert first["from"][1] == first["to"][1]  # type: ignore[index]
    assert second["from"] == first["to"]  # type: ignore[index]

    # Words: written where one touches, changed by touching them, gone when nothing is left of them.
    page.keyboard.press("i")
    hands.mouse((0.6, 0.2))
    teacher.write("words", "秋天 Autumn")
    page.keyboard.press("Escape")
    lie(6)
    expect(screen.page.get_by_test_id("board-words")).to_have_text("秋天 Autumn")
    hands.mouse((0.62, 0.2))
    expect(page.get_by_test_id("words")).to_have_value("秋天 Autumn")
    teacher.write("words", "春天 Spring")
    page.keyboard.press("Control+Enter")
    expect(screen.page.get_by_test_id("board-words")).to_have_text("春天 Spring")
    page.keyboard.press("Control+z")
    expect(screen.page.get_by_test_id("board-words")).to_have_text("秋天 Autumn")
    teacher.touch("tool-text")
    teacher.touch("way-note")
    hands.mouse((0.8, 0.7))
    teacher.write("words", "说一说")
    hands.mouse((0.6, 0.9))
    lie(7)
    page.keyboard.press("Escape")

    # What is selected is moved by hand and by keys, scaled at a corner, copied and deleted.
    page.keyboard.press("q")
    hands.mouse((0.37, 0.25), (0.53, 0.55))
    expect(page.get_by_test_id("selected")).to_have_attribute("data-count", "1")
    hands.mouse((0.45, 0.31), (0.45, 0.41))
    page.keyboard.press("Shift+ArrowRight")
    place = sent(teacher, "object.change")[-1]["changes"][0]["place"]  # type: ignore[index]
    assert place == [1, 1, pytest.approx(40), pytest.approx(90, abs=2)]
    frame = page.get_by_test_id("selected").bounding_box()
    box = page.get_by_test_id("board-canvas").bounding_box()
    assert frame
    assert box
    corner = (
        (frame["x"] + frame["width"] - box["x"]) / box["width"],
        (frame["y"] + frame["height"] - box["y"]) / box["height"],
    )
    hands.mouse(corner, (corner[0] + 0.05, corner[1] + 0.1))
    assert sent(teacher, "object.change")[-1]["changes"][0]["place"][0] > 1.2  # type: ignore[index]
    page.keyboard.press("Control+d")
    lie(8)
    page.keyboard.press("Delete")
    lie(7)
    for _ in range(2):
        page.keyboard.press("Control+z")
    lie(7)
    page.keyboard.press("Escape")

    # The pointer is seen while it is held, and nothing stays of it.
    page.keyboard.press("z")
    page.mouse.move(*hands.at((0.5, 0.8)))
    page.mouse.down()
    page.mouse.move(*hands.at((0.55, 0.8)), steps=3)
    screen.see("pointer")
    page.mouse.up()
    expect(screen.page.get_by_test_id("pointer")).to_have_count(0)
    lie(7)

    # Paper under what is written, and pages of any paper; turning by the strip.
    teacher.touch("board-menu")
    teacher.touch("paper-tianzige")
    poll(
        lambda: colour(screen, 100 / 1600, 0.7)[0] > colour(screen, 100 / 1600, 0.7)[2] + 40, "red boxes on the display"
    )
    teacher.touch("timer-1")
    for someone in (teacher, screen):
        expect(someone.page.get_by_test_id("countdown")).to_contain_text("00:5", timeout=10_000)
    teacher.touch("board-menu")
    teacher.touch("timer-stop")
    expect(screen.page.get_by_test_id("countdown")).to_have_count(0)
    teacher.touch("page-number")
    teacher.touch("add-staff")
    expect(page.get_by_test_id("page-number")).to_contain_text("3 / 3")
    expect(screen.page.get_by_test_id("board")).to_have_attribute("data-strokes", "0")

    # All see the part that the lead shows, while it moves and when it rests, and the next page whole.
    page.keyboard.press("+")
    assert view(screen) == [0, 0, 1600]
    teacher.touch("part-all")
    poll(lambda: view(screen) == view(teacher), "the part on the display")
    page.keyboard.press("+")
    poll(lambda: view(screen) == view(teacher) and view(screen)[2] < 800, "a smaller part on the display")
    teacher.touch("page-number")
    page.get_by_test_id("page-thumb").nth(1).click()
    poll(lambda: view(screen) == view(teacher) == [0, 0, 1600], "the other page, whole")


def colour(someone: Person, x: float, y: float) -> list[int]:
    """Of what is drawn there, red, green, blue; the paper's own where nothing is."""
    return list(
        someone.page.evaluate(
            """([x, y]) => {
                const canvas = document.querySelector('[data-testid=board-ink] canvas');
                const at = [x * canvas.width, y * canvas.height, 1, 1];
                const [r, g, b, a] = canvas.getContext('2d').getImageData(...at).data;
                return a ? [r, g, b] : [255, 253, 248];
            }""",
            [x, y],
        )
    )


def reddish(found: list[int]) -> bool:
    return found[0] > found[2] + 40


def dark(someone: Person, x: float, y: float) -> bool:
    return max(colour(someone, x, y)) < 90


@pytest.mark.timeout(120)
def test_students_write_on_the_same_screen_when_they_were_given_the_pen(room: Class) -> None:
    teacher, screen = room.teacher, room.screen
    teacher.page.keyboard.press("n")
    teacher.page.keyboard.press("p")
    expect(teacher.page.get_by_test_id("board")).to_have_attribute("data-strokes", "0")
    tablet = sit_at_tablet(room.browser, room.server.base, room.code, "Wang Ming 王明", room.room)
    student = Hands.on(tablet.page)
    tablet.see("board")
    student.fingers([(0.1, 0.2), (0.2, 0.2), (0.3, 0.2)])
    expect(tablet.page.get_by_test_id("pen-given")).to_have_count(0)

    # The room is given the pen, in a colour of its own; the finger writes, and what it writes is on the big screen.
    teacher.touch("board-menu")
    teacher.touch("pen-room")
    teacher.page.keyboard.press("Escape")
    tablet.see("pen-given")
    student.fingers([(0.1, 0.2), (0.2, 0.2), (0.3, 0.2)])
    expect(screen.page.get_by_test_id("board")).to_have_attribute("data-strokes", "1")
    assert colour(screen, 0.2, 0.2) == [11, 87, 194]
    room.hands.mouse((0.1, 0.5), (0.3, 0.5))
    expect(tablet.page.get_by_test_id("board")).to_have_attribute("data-strokes", "2")

    # What is somebody else's the eraser of a student leaves alone; teachers take away what they like.
    tablet.touch("tool-erase")
    student.fingers([(0.2, 0.1), (0.2, 0.4), (0.2, 0.7)])
    expect(screen.page.get_by_test_id("board")).to_have_attribute("data-strokes", "1")
    assert dark(screen, 0.2, 0.5)
    tablet.touch("undo")
    expect(screen.page.get_by_test_id("board")).to_have_attribute("data-strokes", "2")
    teacher.page.keyboard.press("e")
    room.hands.mouse((0.2, 0.1), (0.2, 0.7))
    expect(tablet.page.get_by_test_id("board")).to_have_attribute("data-strokes", "0")

    # Taken back, the pen is away.
    teacher.touch("board-menu")
    teacher.touch("pen-nobody")
    teacher.page.keyboard.press("Escape")
    expect(tablet.page.get_by_test_id("pen-given")).to_have_count(0)
    student.fingers([(0.1, 0.8), (0.2, 0.8), (0.3, 0.8)])
    assert count(tablet) == 0
    tablet.context.close()


@pytest.mark.timeout(120)
def test_pages_are_taken_along_as_they_stand(room: Class, tmp_path: Path) -> None:
    teacher, hands = room.teacher, room.hands
    before = page_of(teacher)
    teacher.touch("page-number")
    teacher.touch("add-grid")
    poll(lambda: page_of(teacher) > before, "the new page to be shown")
    assert room.strokes == 0
    teacher.page.keyboard.press("p")
    hands.mouse((0.1, 0.52), (0.5, 0.52))
    teacher.page.keyboard.press("f")
    hands.mouse((0.2, 0.45), (0.2, 0.6))
    teacher.page.keyboard.press("i")
    hands.mouse((0.6, 0.2))
    teacher.write("words", "1 < 2 & 秋天")
    teacher.page.keyboard.press("Escape")

    # Along the ruler every line is straight, also by a hand that is not.
    teacher.touch("board-menu")
    teacher.touch("lay-ruler")
    teacher.page.keyboard.press("Escape")
    teacher.page.keyboard.press("p")
    hands.mouse((0.3, 0.49), (0.4, 0.515), (0.6, 0.48))
    drawn = sent(teacher, "stroke.add")[-1]["points"]
    assert set(drawn[1::4]) == {450}  # type: ignore[index]
    teacher.page.get_by_test_id("instrument").focus()
    teacher.page.keyboard.press("Shift+ArrowRight")
    expect(teacher.page.get_by_test_id("instrument")).to_have_text("355°")
    teacher.page.keyboard.press("Escape")
    expect(teacher.page.get_by_test_id("instrument")).to_have_count(0)
    expect(teacher.page.get_by_test_id("board")).to_have_attribute("data-strokes", "4")

    files = {kind: saved(teacher, kind, tmp_path) for kind in ("svg", "png", "pdf")}
    svg = ElementTree.parse(files["svg"]).getroot()
    assert [one.tag.split("}")[1] for one in svg].count("path") == 3
    assert "1 < 2 & 秋天" in "".join(svg.itertext())
    pages = int(teacher.page.get_by_test_id("page-number").inner_text().split("/")[1])
    document = pdfium.PdfDocument(files["pdf"])
    assert len(document) == pages
    pictures = (Image.open(files["png"]), document[page_of(teacher) - 1].render(scale=2).to_pil())
    for picture in pictures:
        assert picture.width / picture.height == pytest.approx(16 / 9, rel=0.01)
        ink, marked, plain = (
            picture.convert("RGB").getpixel((round(x * picture.width), round(y * picture.height)))
            for x, y in ((0.4, 0.52), (0.2, 0.575), (0.8, 0.9083))
        )
        assert max(ink) < 90
        assert marked == pytest.approx((255, 226, 90), abs=6)
        assert min(plain) > 230
    document.close()
