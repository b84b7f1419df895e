"""Two nodes behind their proxy: the one that has the lesson is killed, and its pages go on at the other."""

from __future__ import annotations

import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from tests.browser.browsers import KIOSK, chromium
from tests.browser.camera import camera
from tests.browser.people import administrator, draw, poll, sit_at_display, sit_at_tablet, start_lesson
from tests.browser.test_lesson import answered, ask
from tests.processes import Server
from tests.proxy import proxied
from tests.redis import Redis

pytestmark = [pytest.mark.browser, pytest.mark.soak, pytest.mark.timeout(240)]

BACK_S = 10.0


def test_pages_go_on_at_the_other_node(
    playwright: Playwright, tmp_path: Path, postgres_url: str, redis_server: Redis
) -> None:
    servers = {name: Server(tmp_path / name) for name in "ab"}
    shared = tmp_path / "recordings"
    shared.mkdir()
    with (
        proxied(servers["a"].port, servers["b"].port, tmp_path) as base,
        ExitStack() as stack,
        chromium(playwright, camera=camera(640, 360, 90), flags=[KIOSK]) as browser,
    ):
        for name, server in servers.items():
            common = ["--database", postgres_url, "--redis", redis_server.url, "--tls", "off", "--public-url", base]
            server.options = [*common, "--node-url", f"{base}/node/{name}"]
            server.data.mkdir()
            (server.data / "recordings").symlink_to(shared)
            server.start()
            stack.callback(server.stop)
        latest = servers["b"]  # whose secret is good
        poll(lambda: "/setup#" in latest.log.read_text(), "first address")
        teacher = administrator(browser, base, latest.setup_secret())
        room = latest.cli("room", "add", "Qingshan 青山村小", "Room 3")["id"]
        lesson, code = start_lesson(teacher, "Two nodes 两个节点", recording=True)
        screen = sit_at_display(browser, base, lesson, room)
        tablet = sit_at_tablet(browser, base, code, "Wang Ming 王明", room)
        screen.moving("lead-video")
        teacher.moving("room-video")
        draw(teacher, [(0.2, 0.2), (0.8, 0.6)])
        poll(lambda: screen.ink() > 100 and tablet.ink() > 100, "ink on the display and the tablet")

        offers: list[str] = []
        screen.page.on("request", lambda request: offers.append(request.url) if "/peers/" in request.url else None)
        owner = owning(servers)
        owner.kill()
        killed = time.monotonic()
        ask(teacher, "Which is autumn? 哪个是秋", right="A")
        tablet.see("answer-A")
        tablet.touch("answer-A")
        answered(teacher, 1)
        print(f"a question was answered {time.monotonic() - killed:.1f} s after its node was killed")
        screen.moving("lead-video", BACK_S)
        teacher.moving("room-video", BACK_S)
        print(f"and pictures moved both ways after {time.monotonic() - killed:.1f} s")
        for someone in (teacher, screen, tablet):
            someone.online()
        tracks = shared / lesson / "tracks.json"
        poll(lambda: tracks.read_text().count("-camera-video") > 1, "recording at the other node")

        # The one that was killed is there again, and does not take back what it had.
        owner.start()
        draw(teacher, [(0.2, 0.8), (0.8, 0.8)])
        before = screen.ink()
        poll(lambda: screen.ink() > before, "the second stroke on the display")
        screen.moving("lead-video")


def owning(servers: dict[str, Server]) -> Server:
    """The node whose worker the media are at."""

    def publishers(server: Server) -> float:
        with urllib.request.urlopen(f"{server.base}/metrics") as answer:
            text = answer.read().decode()
        line = next(line for line in text.splitlines() if line.startswith("tongke_media_publishers "))
        return float(line.split()[1])

    return max(servers.values(), key=publishers)
