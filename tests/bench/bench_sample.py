"""The sample lesson, played through the real path by its script: how soon after its end it is in the library, and how
long it takes in the player until a moment is there, its picture painted and its ink as the script has it."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.browser.browsers import KIOSK, chromium
from tests.browser.people import administrator, poll
from tests.processes import serving
from web.server.sample.script import LONG_S, PAGE, TITLE, cues

SEEKS = 60
WITHIN_MS = 700
DRAWN_S = 200
"""Its films are drawn first, where the machine has none yet."""
NEAR_S = 0.6
"""What is done so near a moment may be there or not: it was asked for then, and journalled a little later."""

# Both as soon as they are so: the lesson's end in the journal, and its recording with its tracks.
ENDED = """async (title) => {
  const get = (path) => fetch(path).then((answer) => answer.json());
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  while (!(await get('/api/v1/lessons')).some((one) => one.title === title && one.phase === 'ended')) await wait(20);
  const ended = performance.now();
  for (;;) {
    const [found] = (await get('/api/v1/resources')).filter((one) => one.title === title);
    if (found?.duration_ms > 0) return {resource: found.id, ready: performance.now() - ended};
    await wait(20);
  }
}"""
# How long it took until all is right, in ms; after ten seconds what was not.
SEEK = """async ({at, strokes}) => {
  const slider = document.querySelector('[data-testid=seek]');
  const video = document.querySelector('[data-testid=video]');
  const began = performance.now();
  [slider.step, slider.value] = [1, +slider.min + at];
  slider.dispatchEvent(new Event('input', {bubbles: true}));
  for (;;) {
    await new Promise(requestAnimationFrame);
    const ink = document.querySelector('[data-testid=board]')?.dataset.strokes;
    const took = performance.now() - began;
    if (!video.seeking && video.readyState >= 2 && ink === String(strokes)) return {took};
    if (took > 10000) return {took, told: [video.seeking, video.readyState, ink]};
  }
}"""


def run() -> Iterator[dict[str, Any]]:
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        serving(Path(folder) / "data") as server,
        chromium(playwright, flags=[KIOSK]) as browser,
    ):
        page = administrator(browser, server.base, server.setup_secret()).page
        page.goto(f"{server.base}/library")
        page.get_by_test_id("sample-play").click()
        told = "() => fetch('/api/v1/sample').then((one) => one.json())"
        poll(lambda: (page.evaluate(told)["progress"] or 0) > 0.9, "the sample lesson near its end", DRAWN_S + LONG_S)
        ended = page.evaluate(ENDED, TITLE)
        yield {"what": "ready", "ready_ms": round(ended["ready"]), "bar_ms": 5000}
        page.goto(f"{server.base}/library/{ended['resource']}")
        page.wait_for_function("() => document.querySelector('[data-testid=video]')?.readyState >= 2")
        took = list(seeks(page))
        cuts = quantiles(took, n=20)
        yield {
            "what": "seek",
            "seeks": len(took),
            "seek_ms_p50": round(cuts[9]),
            "seek_ms_p95": round(cuts[18]),
            "seek_ms_max": round(max(took)),
            "bar_ms": WITHIN_MS,
        }


def seeks(page: Page) -> Iterator[float]:
    rng, begun = random.Random(8), time.monotonic()
    for at_s in moments(rng):
        told = page.evaluate(SEEK, {"at": round(at_s * 1000), "strokes": written(at_s)})
        assert "told" not in told, (at_s, written(at_s), told, time.monotonic() - begun)
        yield told["took"]


def moments(rng: random.Random) -> list[float]:
    busy = [cue.at_s for cue in cues() if cue.kind in ("page.show", "slide.show", "object.add", "stroke.add")]
    found: list[float] = []
    while len(found) < SEEKS:
        at_s = rng.uniform(1.0, LONG_S - 2)
        if all(abs(at_s - one) > NEAR_S for one in busy):
            found.append(at_s)
    return found


def written(at_s: float) -> int:
    """What lies on the page that is shown at a moment."""
    shown = [cue for cue in cues() if cue.kind in ("page.show", "slide.show") and cue.at_s <= at_s]
    if not shown or shown[-1].kind != "page.show":
        return 0
    return sum(
        cue.data.get("page") == PAGE and cue.kind in ("object.add", "stroke.add") and cue.at_s <= at_s for cue in cues()
    )
