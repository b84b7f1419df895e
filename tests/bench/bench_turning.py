"""Turning a slide in front of many displays: how far apart they show it, and how many bytes go to each.

`apart_ms` is between the first and the last display's frame after the one in which it drew the slide, `slowest_ms` from
the teacher's key to the last. All displays are pages of one browser on this machine, small ones, for what is measured
is when they learn of it: thirty that draw at once on two cores wait for each other, as on machines of their own they do
not. The smaller number of displays says what that is of it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.browser.browsers import DENIED, KIOSK, chromium
from tests.browser.people import Person, administrator, person, poll, start_lesson
from tests.browser.test_courseware import COLOURS, bring, slide
from tests.processes import serving
from tests.unit.web.papers import pdf

NUMBERS = (5, 30)
TURNS = 10
ROOMS = 3
SMALL = {"width": 480, "height": 270}

# When something was drawn, and the frame after that.
WATCH = """
window.drawn = [];
const draw = CanvasRenderingContext2D.prototype.drawImage;
CanvasRenderingContext2D.prototype.drawImage = function (...given) {
  draw.apply(this, given);
  requestAnimationFrame(() => drawn.push(performance.timeOrigin + performance.now()));
};
"""
PRESSED = """
window.pressed = [];
addEventListener('keydown', (event) => pressed.push(performance.timeOrigin + event.timeStamp), true);
"""


def run() -> Iterator[dict[str, Any]]:
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        yield from turned(playwright, Path(folder))


def turned(playwright: Playwright, folder: Path) -> Iterator[dict[str, Any]]:
    slides = folder / "Colours.pdf"
    slides.write_bytes(pdf(*(slide(colour) for colour in list(COLOURS.values()) * TURNS)))
    with serving(folder / "data") as server, chromium(playwright, flags=[KIOSK]) as browser:
        teacher = administrator(browser, server.base, server.setup_secret(), script=DENIED + PRESSED)
        rooms = [server.cli("room", "add", "Qingshan 青山村小", f"Room {n}")["id"] for n in range(ROOMS)]
        teacher.see("shelf-empty")
        teacher.page.get_by_test_id("shelf-files").set_input_files(slides)
        row = teacher.page.get_by_test_id("courseware-item")
        expect(row).to_have_attribute("data-status", "ready", timeout=60_000)
        lesson, _ = start_lesson(teacher, "Colours")
        displays: list[Person] = []
        for number in NUMBERS:
            missing = range(len(displays), number)
            displays += [seated(browser, server.base, lesson, rooms[n % ROOMS]) for n in missing]
            if number == NUMBERS[0]:
                bring(teacher, "Colours")
            yield {"displays": number, **measured(teacher, displays)}


def seated(browser: Browser, base: str, lesson: str, room: str) -> Person:
    screen = person(browser, SMALL, script=DENIED + WATCH)
    screen.page.goto(f"{base}/display/{lesson}")
    screen.sign_in()
    screen.touch(f"room-{room}")
    screen.see("display")
    screen.online()
    return screen


def measured(teacher: Person, displays: list[Person]) -> dict[str, Any]:
    teacher.page.wait_for_timeout(5000)  # until all is fetched ahead
    apart, slowest, most = [], [], 0
    for _ in range(TURNS):
        for display in displays:
            display.page.evaluate("drawn.length = 0")
        before = [sum(map(len, one.received)) for one in displays]
        teacher.page.keyboard.press("PageDown")
        poll(lambda: all(one.page.evaluate("drawn.length") for one in displays), "the slide everywhere")
        shown = [one.page.evaluate("drawn[0]") for one in displays]
        pressed = teacher.page.evaluate("pressed[pressed.length - 1]")
        apart.append(max(shown) - min(shown))
        slowest.append(max(shown) - pressed)
        most = max(most, *(sum(map(len, one.received)) - was for one, was in zip(displays, before, strict=True)))
        teacher.page.wait_for_timeout(500)
    return {
        "turns": TURNS,
        "apart_ms": round(median(apart)),
        "apart_ms_most": round(max(apart)),
        "slowest_ms": round(median(slowest)),
        "bytes": most,
    }
