"""Writing on the board by every kind of hand, and what the others see of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Playwright, expect

from tests.browser.browsers import DENIED, KIOSK, chromium
from tests.browser.hands import Hands
from tests.browser.people import Person, administrator, poll, sit_at_display, start_lesson
from tests.processes import Server, serving

pytestmark = pytest.mark.browser

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
        lesson, _ = start_lesson(teacher, "Writing 写字")
        screen = sit_at_display(browser, server.base, lesson, room, script=DENIED)
        yield Class(server, teacher, screen, Hands.on(teacher.page))


def count(someone: Person) -> int:
    return int(someone.page.get_by_test_id("board").get_attribute("data-strokes") or 0)


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
    teacher.page.wait_for_timeout(1100)
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
