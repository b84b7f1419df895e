"""Seeking in a recording on loopback: from the touch to the right picture (its frame counter), ink and question."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles
from typing import Any

from playwright.sync_api import Page, sync_playwright

from classroom.events import SYSTEM, Role, Seat
from tests import recorded
from tests.browser.browsers import DESKTOP, KIOSK, chromium
from tests.browser.people import PASSWORD, person
from tests.held import do
from tests.processes import serving
from web.server.parts import Parts
from web.server.serve import stored
from web.server.settings import Settings

LASTS_MS = 240_000
EVERY_MS = 3000
"""A line is written in the first second of so many; on a page are `LINES`, one below the other."""
PASSES_MS = range(300, 450)
"""When it passes where one looks."""
LINES = 10
QUESTION_MS = 20_000
WITHIN_MS = 700
SIZES = {"1080p": (1920, 1080, 60), "UHD": (3840, 2160, 30)}
"""With how many moments are sought."""

# Resolves with how long it took until all is right, in ms; or after ten seconds with what was not.
SEEK = """async ({at, frame, page, there, absent, asked}) => {
  const slider = document.querySelector('[data-testid=seek]');
  const video = document.querySelector('[data-testid=video]');
  const inked = (y) => [...document.querySelectorAll('[data-testid=board] canvas')].some((canvas) => {
    if (!canvas.width || canvas.style.display === 'none') return false;
    const {data} = canvas.getContext('2d').getImageData(
      canvas.width * 0.4, Math.round(canvas.height * y / 900) - 1, 8, 3);
    for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 128 && data[i] < 100) return true;
    return false;
  });
  const began = performance.now();
  slider.step = 1;
  slider.value = at;
  slider.dispatchEvent(new Event('input', {bubbles: true}));
  for (;;) {
    await new Promise(requestAnimationFrame);
    const seen = video.seeking ? null : readFrame(video);
    const label = document.querySelector('[data-testid=board]')?.getAttribute('aria-label') ?? '';
    const told = {
      picture: seen !== null && Math.abs(seen - frame) <= 1,
      page: label.includes(` ${page} `),
      ink: (there === null || inked(there)) && (absent === null || !inked(absent)),
      question: document.querySelector('[data-testid=activity]').textContent.includes(asked),
    };
    const took = performance.now() - began;
    if (Object.values(told).every(Boolean)) return {took};
    if (took > 10000) {
      const {buffered} = video;
      const loaded = Array.from({length: buffered.length}, (_, i) => [buffered.start(i), buffered.end(i)]);
      return {took, told, seen, frame, label, loaded, time: video.currentTime, ready: video.readyState};
    }
  }
}"""


def run() -> Iterator[dict[str, Any]]:
    for what, (width, height, count) in SIZES.items():
        with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
            data = Path(folder) / "data"
            with ThreadPoolExecutor(1) as aside:  # Playwright's loop runs in this thread
                resource = aside.submit(asyncio.run, lesson(data, width, height)).result()
            with serving(data) as server, chromium(playwright, flags=[KIOSK]) as browser:
                watcher = person(browser, DESKTOP)
                watcher.page.goto(f"{server.base}/library/{resource}")
                watcher.sign_in()
                watcher.see("play")
                watcher.touch("side-questions")
                watcher.page.wait_for_function(
                    "() => document.querySelector('[data-testid=video]').readyState >= 2", timeout=30_000
                )
                yield {"what": what, **figures(list(seeks(watcher.page, count)))}


def figures(took: list[float]) -> dict[str, Any]:
    cuts = quantiles(took, n=20)
    return {
        "seeks": len(took),
        "seek_ms_p50": round(cuts[9]),
        "seek_ms_p95": round(cuts[18]),
        "seek_ms_max": round(max(took)),
        "bar_ms": WITHIN_MS,
    }


def seeks(page: Page, count: int) -> Iterator[float]:
    rng = random.Random(11)
    for _ in range(count):
        at = rng.randrange(2 * EVERY_MS, LASTS_MS - EVERY_MS)
        if at % EVERY_MS in PASSES_MS:
            continue
        told = page.evaluate(SEEK, expected(at))
        assert "told" not in told, (at, told)
        yield told["took"]


def expected(at: int) -> dict[str, Any]:
    """What is to be seen at a moment."""
    line = at // EVERY_MS
    page = line // LINES
    last = line if at % EVERY_MS >= PASSES_MS.stop else line - 1
    on_it = range(page * LINES, page * LINES + LINES)
    return {
        "at": at,
        "frame": at * recorded.FPS // 1000 % recorded.LOOP_FRAMES,
        "page": page + 1,
        "there": height_of(last) if last in on_it else None,
        "absent": height_of(last + 1) if last + 1 in on_it else None,
        "asked": f"Question {at // QUESTION_MS}.",
    }


def height_of(line: int) -> int:
    return 60 + line % LINES * 80


async def lesson(data: Path, width: int, height: int) -> str:
    data.mkdir()
    async with stored(Settings(_env_file=None, data=data, port=0, media_port=0)) as real:
        parts, clock = recorded.in_simulated_time(real)
        hashed = await parts.passwords.hashed(PASSWORD)
        owner = (await parts.store.accounts.add("lihua", "Li Hua", "admin", hashed, parts.now_ms)).id
        row = await parts.store.lessons.add("Seeking", parts.now_ms, owner=owner)
        lead = await parts.store.participants.add(row.id, Role.LEAD_TEACHER, "Li Hua", parts.now_ms, account=owner)
        seat = Seat(lead.id, Role.LEAD_TEACHER)
        for kind in ("lesson.open", "lesson.start"):
            await do(parts, row.id, SYSTEM, kind)
        await do(parts, row.id, seat, "participant.join", name="Li Hua")
        for line, began in enumerate(range(0, LASTS_MS, EVERY_MS)):
            page = str(line // LINES + 1)
            if began % QUESTION_MS < EVERY_MS:
                clock.ms = began // QUESTION_MS * QUESTION_MS
                await ask(parts, row.id, seat, began // QUESTION_MS)
            clock.ms = began
            if line % LINES == 0 and line:
                await do(parts, row.id, seat, "page.add", page=page)
                await do(parts, row.id, seat, "page.show", page=page)
            points = [n for i in range(20) for n in (200 + i * 60, height_of(line), 0.5, i * 50)]
            clock.ms = began + 1000
            ink = {"stroke": f"s{line}", "page": page, "tool": "pen", "color": "#1E2430", "width": 12, "began": began}
            await do(parts, row.id, seat, "stroke.add", **ink, points=points)
        clock.ms = LASTS_MS
        await do(parts, row.id, SYSTEM, "lesson.end")
        camera = recorded.Take("camera", lead.id, 0, LASTS_MS, width, height)
        voice = recorded.Take("mic", lead.id, 0, LASTS_MS)
        return (await recorded.publish(parts, row.id, [camera, voice])).id


async def ask(parts: Parts, lesson: str, seat: Seat, number: int) -> None:
    """In the place of the one before."""
    if number:
        await do(parts, lesson, seat, "activity.close", activity=f"q{number - 1}")
    asked = {"type": "choice", "prompt": f"Question {number}. Which is it?", "options": ["a", "b"]}
    await do(parts, lesson, seat, "activity.open", activity=f"q{number}", **asked)
