"""What a wall of rooms costs the lead's line: real displays with cameras that grain and move, at one desk.

`mbit_s_down` is what the desk receives, with the headers of IP and UDP; `moving` how many rooms' pictures went on
meanwhile, `size` the largest of them. Two cores cannot draw and encode for thirty displays, so `mbit_s_of_30` is
reckoned from what one room adds. TONGKE_BENCH_ROOMS and TONGKE_BENCH_WALL_S change a run.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.bench import bench_forward
from tests.browser.browsers import KIOSK, chromium
from tests.browser.camera import camera
from tests.browser.people import KEEP_CONNECTIONS, Person, administrator, poll, start_lesson
from tests.processes import serving

ROOMS = 8
WALL_S = 20.0
SETTLE_MS = 10_000  # until nobody sends more than the wall asks for
HEADERS = 28  # IPv4 and UDP
SMALL = {"width": 480, "height": 270}  # of a display's window

RECEIVED = """async () => {
  const got = {bytes: 0, packets: 0, frames: {}, size: ''}
  for (const one of connections)
    for (const report of (await one.getStats()).values()) {
      if (report.type === 'candidate-pair' && report.nominated) {
        got.at = report.timestamp
        got.bytes += report.bytesReceived
        got.packets += report.packetsReceived
      }
      if (report.type !== 'inbound-rtp' || report.kind !== 'video') continue
      got.frames[report.mid] = report.framesDecoded
      if (report.frameWidth > (parseInt(got.size) || 0)) got.size = `${report.frameWidth}×${report.frameHeight}`
    }
  return got
}"""


def run() -> Iterator[dict[str, Any]]:
    rooms = int(bench_forward.seconds("ROOMS", ROOMS))
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        serving(Path(folder) / "data") as server,
        chromium(playwright, camera=camera(320, 180, 30, fps=3)) as city,
        chromium(playwright, camera=camera(640, 360, 60, fps=15, grain=24), flags=[KIOSK]) as village,
    ):
        lead = administrator(city, server.base, server.setup_secret(), script=KEEP_CONNECTIONS)
        names = [f"Room {number}" for number in range(1, rooms + 1)]
        ids = [server.cli("room", "add", "Qingshan 青山村小", name)["id"] for name in names]
        lesson, _ = start_lesson(lead, "A wall")
        for room in ids:
            open_display(village, lead, server.base, lesson, room)
        poll(lambda: len(received(lead.page)["frames"]) >= rooms, f"{rooms} pictures", 120)
        yield measured(lead.page, rooms)


def open_display(village: Browser, lead: Person, base: str, lesson: str, room: str) -> None:
    """A room's screen, where the lead is signed in already: so many sign-ins within a minute are refused."""
    context = village.new_context(viewport=SMALL, service_workers="block")  # type: ignore[arg-type]
    context.add_cookies(lead.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{base}/display/{lesson}")
    page.get_by_test_id(f"room-{room}").click()
    page.get_by_test_id("display").wait_for()


def received(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(RECEIVED)
    return found


def measured(desk: Page, rooms: int) -> dict[str, Any]:
    desk.wait_for_timeout(SETTLE_MS)
    before = received(desk)
    desk.wait_for_timeout(bench_forward.seconds("WALL_S", WALL_S) * 1000)
    after = received(desk)
    seconds = (after["at"] - before["at"]) / 1000
    frames = [count - before["frames"].get(mid, 0) for mid, count in after["frames"].items()]
    carried = after["bytes"] - before["bytes"] + HEADERS * (after["packets"] - before["packets"])
    return {
        "rooms": rooms,
        "moving": sum(count > 0 for count in frames),
        "frames_per_s": round(sum(frames) / seconds / rooms, 1),
        "size": after["size"],
        "mbit_s_down": round(carried * 8 / seconds / 1e6, 2),
        "mbit_s_of_30": round(30 * carried / rooms * 8 / seconds / 1e6, 2),
    }
