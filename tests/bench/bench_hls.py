"""A running lesson by low-latency HLS: how late it is seen, what reaches the server, and what a viewer costs it.

`glass to glass`: a teacher's camera, which shows its frame's number, at the teacher's page and at a watcher's; the same
number is looked for at both. `watched`: viewers as hls.js is one, without a browser: each asks for the playlist with
the next part in it, waits for the answer, and fetches what is new, of picture and sound. `direct`: all of them ask the
server; `cached`: a cache in between that asks once for what several want, and keeps what it may (RFC 9111, for these
answers). CPU is the server process's, less what it spends with nobody watching.

No peer stands beside it: MediaMTX cannot be had from the Go module proxy, the peers of the other benches (Janus,
Galène, LiveKit) have no low-latency HLS, and nginx's module makes no parts.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urljoin

import aiohttp
from playwright.sync_api import Page, sync_playwright

from tests.bench.load.processes import cpu_ns
from tests.browser.browsers import DESKTOP, KIOSK, chromium
from tests.browser.camera import camera
from tests.browser.people import administrator, person, start_lesson
from tests.processes import serving

FRAMES = 900
GLASS_S = 12
VIEWERS = 200
WATCH_S = 12.0
SETTLE_S = 3.0
SOURCES = ("camera", "mic")
MAX_AGE = re.compile(r"max-age=(\d+)")

WATCH = "(testid) => watchFrames(document.querySelector(`[data-testid=${testid}]`))"
SEEN = "(testid) => document.querySelector(`[data-testid=${testid}]`).seen"

Get = Callable[[str], Awaitable[bytes]]


def run() -> Iterator[dict[str, Any]]:
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        serving(Path(folder) / "data") as server,
        chromium(playwright, camera=camera(640, 360, FRAMES), flags=[KIOSK]) as browser,
        ThreadPoolExecutor(1) as aside,  # Playwright's loop runs in this thread
    ):
        teacher = administrator(browser, server.base, server.setup_secret())
        start_lesson(teacher, "Watched by many", recording=True)
        teacher.moving("self-video")
        teacher.touch("door")
        teacher.touch("watch-open")
        url = teacher.page.get_by_test_id("watch-url").input_value()
        watcher = person(browser, DESKTOP)
        with watcher.page.expect_response(re.compile(r"/live/[^/]+/[^/]+/tracks\.json")) as told:
            watcher.page.goto(url)
        address = told.value.url.rpartition("/")[0]
        watcher.moving("video", 30)
        watcher.page.wait_for_timeout(SETTLE_S * 1000)
        yield {"what": "glass to glass", **glass(teacher.page, watcher.page)}
        watcher.context.close()
        pid = server.process.pid if server.process else 0
        for what, cached in (("direct", False), ("cached", True)):
            yield {"what": f"watched {what}", **aside.submit(asyncio.run, watched(address, pid, cached)).result()}


def glass(teacher: Page, watcher: Page) -> dict[str, Any]:
    """How much later a picture is presented at the watcher's than at the teacher's own page, in ms."""
    teacher.evaluate(WATCH, "self-video")
    teacher.wait_for_timeout(1000)
    watcher.evaluate(WATCH, "video")
    watcher.wait_for_timeout(GLASS_S * 1000)
    own = {number: shown for number, shown, _ in teacher.evaluate(SEEN, "self-video")}
    late = watcher.evaluate(SEEN, "video")
    took = [shown - own[number] for number, shown, _ in late if number in own and shown > own[number]]
    cuts = quantiles(took, n=20)
    return {"pictures": len(took), "late_ms_p50": round(cuts[9]), "late_ms_p95": round(cuts[18])}


async def watched(address: str, pid: int, cached: bool) -> dict[str, Any]:
    timeout = aiohttp.ClientTimeout(60)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as http:
        server = Counted(http)
        await asyncio.sleep(SETTLE_S)  # those of before have gone
        before = await spending(pid)
        cache = Cache(server)
        viewers = [
            Viewer(cache.get if cached else server.get, address, name) for name in SOURCES for _ in range(VIEWERS)
        ]
        async with watching(viewers):
            await asyncio.sleep(SETTLE_S)
            asked = server.asked, sum(one.asked for one in viewers)
            spent = await spending(pid, WATCH_S)
            upstream, by_viewers = server.asked - asked[0], sum(one.asked for one in viewers) - asked[1]
        behind = [age for one in viewers for age in one.ages]
    assert all(one.parts for one in viewers)
    return {
        "viewers": VIEWERS,
        "parts_per_viewer_s": round(sum(one.parts for one in viewers) / len(viewers) / (SETTLE_S + WATCH_S), 2),
        "asked_per_s": round(by_viewers / WATCH_S),
        "upstream_per_s": round(upstream / WATCH_S, 1),
        "upstream_per_viewer_s": round(upstream / WATCH_S / VIEWERS, 3),
        "part_ms_p50": round(median(behind) * 1000),
        "idle_percent_of_core": round(before, 1),
        "cpu_percent_of_core": round(spent, 1),
        "cpu_percent_per_1000": round((spent - before) * 1000 / VIEWERS, 1),
    }


async def spending(pid: int, seconds: float = 4.0) -> float:
    """Percent of a core."""
    before, began = cpu_ns(pid), time.monotonic()
    await asyncio.sleep(seconds)
    return (cpu_ns(pid) - before) / 1e7 / (time.monotonic() - began)


class Counted:
    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        self.asked = 0
        self.ages: dict[str, float] = {}

    async def get(self, url: str) -> bytes:
        self.asked += 1
        async with self._http.get(url) as answer:
            answer.raise_for_status()
            found = MAX_AGE.search(answer.headers["Cache-Control"])
            self.ages[url] = float(found[1]) if found else 0.0
            return await answer.read()


class Cache:
    """Asks once for what several want at a time, and keeps the answer as long as it may be kept."""

    def __init__(self, server: Counted) -> None:
        self._server = server
        self._known: dict[str, tuple[float, asyncio.Task[bytes]]] = {}

    async def get(self, url: str) -> bytes:
        known = self._known.get(url)
        if known is None or (known[1].done() and time.monotonic() - known[0] > self._server.ages.get(url, 0.0)):
            known = self._known[url] = time.monotonic(), asyncio.create_task(self._server.get(url))
        return await asyncio.shield(known[1])


class Viewer:
    """Of one source: the picture or the sound."""

    def __init__(self, get: Get, address: str, source: str) -> None:
        self._get, self._playlist = get, f"{address}/{source}.m3u8"
        self.asked = self.parts = 0
        self.ages: list[float] = []

    async def watch(self) -> None:
        text = (await self._ask(self._playlist)).decode()
        done = set(parts_of(text))
        while True:
            number, part = next_of(text)
            began = time.monotonic()
            wanted = f"{self._playlist}?_HLS_msn={number}&_HLS_part={part}&_HLS_skip=YES"
            text = (await self._ask(wanted)).decode()
            for name in parts_of(text):
                if name in done:
                    continue
                done.add(name)
                await self._ask(urljoin(self._playlist, name))
                self.parts += 1
            self.ages.append(time.monotonic() - began)

    async def _ask(self, url: str) -> bytes:
        self.asked += 1
        return await self._get(url)


def parts_of(text: str) -> list[str]:
    return re.findall(r'#EXT-X-PART:[^\n]*URI="([^"]+)"', text)


def next_of(text: str) -> tuple[int, int]:
    """Media sequence number and part of what is not there yet (RFC 8216bis §6.2.5.2)."""
    [first] = map(int, re.findall(r"MEDIA-SEQUENCE:(\d+)", text))
    whole = first + text.count("#EXTINF:") + sum(int(n) for n in re.findall(r"SKIPPED-SEGMENTS=(\d+)", text))
    last = text.rpartition("#EXTINF:")[2]
    return whole, last.count("#EXT-X-PART:") if "#EXTINF:" in text else text.count("#EXT-X-PART:")


@asynccontextmanager
async def watching(viewers: list[Viewer]) -> AsyncIterator[None]:
    """They come within a second, as an audience does."""

    async def come(viewer: Viewer, after_s: float) -> None:
        await asyncio.sleep(after_s)
        await viewer.watch()

    tasks = [asyncio.create_task(come(one, n / len(viewers))) for n, one in enumerate(viewers)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for one in ended:
        if not isinstance(one, asyncio.CancelledError) and isinstance(one, BaseException):
            raise one
