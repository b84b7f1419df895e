"""The pen: from one browser's hand to another's screen, frames while it writes on a full page, opening such a page.

`delay_ms` is from a pointer event of the teacher's page to the first frame of the other browser that follows the one in
which ink came as far as that event had been (both browsers share the machine's clock). `frames_s` is what the teacher's
page draws while a hand writes at 120 events/s on a page of so many strokes, with the page's processor slowed so many
times; `open_ms` is from the touch that turns to a full page to the frame after the one in which all of it is drawn.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import random
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles
from typing import Any
from uuid import uuid4

from playwright.sync_api import Playwright, expect, sync_playwright

from classroom.events import Command, Role, Seat
from classroom.journal import MAX_TICK, Journal
from classroom.store import Store
from tests.bench.largest import drawn
from tests.browser.browsers import DENIED, KIOSK, chromium
from tests.browser.people import Person, administrator, poll, sit_at_display, start_lesson
from tests.processes import Server, serving
from web.server.settings import Settings

STROKES = 10_000
WRITTEN_ON = 5000
SLOWED = 4
WRITTEN_S = 12
RATE_S = 120
LINES = 40

# Each pointer event of the board: how far to the right, and when.
HAND = """
window.hand = [];
addEventListener('pointermove', (event) => {
  for (const one of event.getCoalescedEvents()) hand.push([one.clientX, performance.timeOrigin + one.timeStamp]);
}, true);
"""
# How far to the right ink has come on the wet canvas, and the frame after that.
SHOWN = """
window.shown = [];
const {fill, quadraticCurveTo, beginPath} = CanvasRenderingContext2D.prototype;
let right = 0;
CanvasRenderingContext2D.prototype.beginPath = function () { right = 0; return beginPath.call(this) };
CanvasRenderingContext2D.prototype.quadraticCurveTo = function (cx, cy, x, y) {
  right = Math.max(right, x);
  return quadraticCurveTo.call(this, cx, cy, x, y);
};
CanvasRenderingContext2D.prototype.fill = function () {
  const came = right;
  requestAnimationFrame(() => shown.push([came, performance.timeOrigin + performance.now()]));
  return fill.call(this);
};
"""
FRAMES = """
window.frames = [];
const frame = (at) => { frames.push(at); requestAnimationFrame(frame) };
requestAnimationFrame(frame);
"""
OPENED = """() => new Promise((done) => {
  const board = document.querySelector('[data-testid=board]');
  const began = performance.now();
  document.querySelector('[data-testid=page-prev]').click();
  const look = () => {
    const there = Number(board.dataset.strokes) > 9000 && board.dataset.whole === 'true';
    requestAnimationFrame(there ? () => done(performance.now() - began) : look);
  };
  look();
})"""


def run() -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        yield from measured(playwright, Path(folder))


def measured(playwright: Playwright, folder: Path) -> Iterator[dict[str, Any]]:
    with (
        serving(folder / "data") as server,
        chromium(playwright, flags=[KIOSK]) as browser,
        chromium(playwright, flags=[KIOSK]) as elsewhere,
    ):
        teacher = administrator(browser, server.base, server.setup_secret(), script=DENIED + HAND + FRAMES)
        room = server.cli("room", "add", "Qingshan 青山村小", "Room 3")["id"]
        lesson, _ = start_lesson(teacher, "Ink")
        screen = sit_at_display(elsewhere, server.base, lesson, room, script=DENIED + SHOWN)
        yield delay(teacher, screen)
        screen.context.close()
        fill(server, teacher, lesson)
        for slowed in (1, SLOWED):
            yield frames(teacher, slowed)
        yield opening(teacher)


def write(teacher: Person, seconds: float, line: int = 0) -> None:
    """Lines from the left to the right, one after another."""
    box = teacher.page.get_by_test_id("board-canvas").bounding_box()
    assert box
    mouse, end = teacher.page.mouse, time.monotonic() + seconds
    while time.monotonic() < end:
        y = box["y"] + box["height"] * (0.1 + 0.8 * (line % LINES) / LINES)
        mouse.move(box["x"] + 20, y)
        mouse.down()
        began = time.monotonic()
        for step in range(RATE_S):
            mouse.move(box["x"] + 20 + step * (box["width"] - 60) / RATE_S, y + 6 * math.sin(step / 4))
            time.sleep(max(0, began + step / RATE_S - time.monotonic()))
        mouse.up()
        line += 1


def delay(teacher: Person, screen: Person) -> dict[str, Any]:
    box = teacher.page.get_by_test_id("board-canvas").bounding_box()
    assert box
    delays: list[float] = []
    for line in range(WRITTEN_S):
        teacher.page.evaluate("hand.length = 0")
        screen.page.evaluate("shown.length = 0")
        write(teacher, 0.1, line)
        poll(lambda line=line: int(screen.page.get_by_test_id("board").get_attribute("data-strokes") or 0) > line, "it")
        shown = screen.page.evaluate("shown")
        for x, at in teacher.page.evaluate("hand"):
            on_page = (x - box["x"]) / box["width"] * 1600
            seen = next((when for right, when in shown if right >= on_page), None)
            if seen is not None:
                delays.append(seen - at)
    cuts = quantiles(delays, n=20)
    return {
        "what": "pen to another screen",
        "events": len(delays),
        "delay_ms_p50": round(cuts[9]),
        "delay_ms_p95": round(cuts[18]),
    }


def fill(server: Server, teacher: Person, lesson: str) -> None:
    """Pages get their strokes while the server is away, as if they had been written before: the one that is shown, one
    and one with half as many, which is shown from now on."""
    server.stop()
    with ThreadPoolExecutor() as apart:  # this thread has the driver's event loop
        apart.submit(asyncio.run, written(server, teacher.id, lesson)).result()
    server.start()
    teacher.page.reload()
    teacher.see("desk")
    teacher.online()
    expect(teacher.page.get_by_test_id("page-number")).to_contain_text("2 / 2")


async def written(server: Server, participant: str, lesson: str) -> None:
    store = await Store.open(Settings(_env_file=None, data=server.data).database_url)
    journal, rng = Journal(store), random.Random(1)
    lead = Seat(participant, Role.LEAD_TEACHER, None)
    page = (await journal.state(lesson))["board"]["shown"]
    asked = [("page.add", {"page": "half"})]
    asked += [("stroke.add", drawn(rng, page, 0)) for _ in range(STROKES - 20)]
    asked += [("stroke.add", drawn(rng, "half", 0)) for _ in range(WRITTEN_ON)]
    asked += [("page.show", {"page": "half"})]
    for start in range(0, len(asked), MAX_TICK):
        some = (Command(str(uuid4()), kind, data) for kind, data in asked[start : start + MAX_TICK])
        await asyncio.gather(*(journal.submit(lesson, lead, command) for command in some))
    await journal.close()
    await store.close()


def opening(teacher: Person) -> dict[str, Any]:
    open_ms = teacher.page.evaluate(OPENED)
    return {"what": "opening a page", "strokes": STROKES, "open_ms": round(open_ms)}


def frames(teacher: Person, slowed: int) -> dict[str, Any]:
    line = teacher.context.new_cdp_session(teacher.page)
    line.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    teacher.page.wait_for_timeout(500)
    teacher.page.evaluate("frames.length = 0")
    write(teacher, WRITTEN_S, slowed)
    at = teacher.page.evaluate("frames")
    line.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    gaps = [after - before for before, after in itertools.pairwise(at)]
    return {
        "what": "frames while writing",
        "strokes": WRITTEN_ON,
        "slowed": slowed,
        "frames_s": round(len(gaps) / sum(gaps) * 1000, 1),
        "gap_ms_p95": round(quantiles(gaps, n=20)[18], 1),
        "gap_ms_most": round(max(gaps), 1),
    }
