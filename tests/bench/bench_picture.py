"""The picture from end to end: the demo's Ultra HD at a display, and a teacher's camera glass to glass."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles
from typing import Any

from playwright.sync_api import Page, Playwright, sync_playwright

from tests.browser.browsers import DISPLAY, KIOSK, chromium
from tests.browser.camera import camera
from tests.browser.people import KEEP_CONNECTIONS, administrator, person, sit_at_display, start_lesson
from tests.processes import demo, serving

UHD_S = 30
GLASS_S = 15
FRAMES = 90

STATS = """async () => {
  const found = {};
  for (const connection of connections)
    for (const one of (await connection.getStats()).values()) {
      if (one.type === 'inbound-rtp' && one.kind === 'video' && one.framesDecoded) found.video = one;
      if (one.type === 'inbound-rtp' && one.kind === 'audio' && one.totalAudioEnergy) found.audio = one;
      if (one.type === 'transport') found.cipher = one.srtpCipher;
    }
  return found;
}"""


def run() -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        yield ultra_hd(playwright, Path(folder))
        yield glass_to_glass(playwright, Path(folder))


def ultra_hd(playwright: Playwright, folder: Path) -> dict[str, Any]:
    began = time.monotonic()
    with demo(folder / "demo") as told, chromium(playwright, flags=[KIOSK]) as browser:
        ready_s = time.monotonic() - began
        screen = person(browser, DISPLAY, script=KEEP_CONNECTIONS).page
        opened = time.monotonic()
        screen.goto(told["pages"]["display"])
        screen.wait_for_function(
            "() => document.querySelector('[data-testid=lead-video]')?.videoWidth === 3840", timeout=60_000
        )
        first_frame_s = time.monotonic() - opened
        screen.wait_for_timeout(3000)
        before = screen.evaluate(STATS)
        screen.wait_for_timeout(UHD_S * 1000)
        after = screen.evaluate(STATS)
    video, was = after["video"], before["video"]
    audio, heard = after["audio"], before["audio"]
    seconds = (video["timestamp"] - was["timestamp"]) / 1000
    return {
        "what": "demo at a display",
        "ready_s": round(ready_s, 1),
        "first_frame_s": round(first_frame_s, 1),
        "width": video["frameWidth"],
        "height": video["frameHeight"],
        "decoded_per_s": round((video["framesDecoded"] - was["framesDecoded"]) / seconds, 1),
        "freezes": video["freezeCount"] - was["freezeCount"],
        "lost": video["packetsLost"],
        "mbit_s": round((video["bytesReceived"] - was["bytesReceived"]) * 8 / seconds / 1e6, 1),
        "concealed": round(concealed(audio, heard), 4),
        "cipher": after["cipher"],
    }


def concealed(now: dict[str, float], before: dict[str, float]) -> float:
    """The share of samples that were made up, silence aside."""

    def made_up(one: dict[str, float]) -> float:
        return one["concealedSamples"] - one.get("silentConcealedSamples", 0)

    return (made_up(now) - made_up(before)) / max(1, now["totalSamplesReceived"] - before["totalSamplesReceived"])


def glass_to_glass(playwright: Playwright, folder: Path) -> dict[str, Any]:
    with (
        serving(folder / "data") as server,
        chromium(playwright, camera=camera(1920, 1080, FRAMES), flags=[KIOSK]) as browser,
    ):
        teacher = administrator(browser, server.base, server.setup_secret())
        room = server.cli("room", "add", "Qingshan 青山村小", "Room 3")["id"]
        lesson, _ = start_lesson(teacher, "Glass to glass")
        screen = sit_at_display(browser, server.base, lesson, room)
        screen.moving("lead-video")
        watch(teacher.page, "self-video")
        watch(screen.page, "lead-video")
        screen.page.wait_for_timeout(GLASS_S * 1000)
        sent, shown = seen(teacher.page, "self-video"), seen(screen.page, "lead-video")
    delays = sorted(delay for delay in (latest(sent, one) for one in shown) if delay is not None)
    cuts = quantiles(delays, n=20)
    return {
        "what": "glass to glass, 1080p",
        "frames": len(delays),
        "delay_ms_p50": round(cuts[9]),
        "delay_ms_p95": round(cuts[18]),
    }


def watch(page: Page, testid: str) -> None:
    page.evaluate("id => watchFrames(document.querySelector(`[data-testid=${id}]`))", testid)


def seen(page: Page, testid: str) -> list[list[float]]:
    return list(page.evaluate("id => document.querySelector(`[data-testid=${id}]`).seen", testid))


def latest(sent: list[list[float]], shown: list[float]) -> float | None:
    """Milliseconds from the capture of the frame of that number, the latest before, to its showing."""
    number, shown_at, _ = shown
    captured = [at for sent_number, _, at in sent if sent_number == number and at <= shown_at]
    delay = shown_at - captured[-1] if captured else None
    return delay if delay is not None and delay < FRAMES * 1000 / 30 - 100 else None
