"""How media reach a page where the network lets no UDP through."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright

from tests.browser.browsers import KIOSK, chromium
from tests.browser.camera import camera
from tests.browser.people import KEEP_CONNECTIONS, Person, administrator, poll, sit_at_display, start_lesson
from tests.browser.studio import Studio, wait_for
from tests.processes import free_port, serving

pytestmark = pytest.mark.browser

SMALL = {"audio": True, "video": {"width": 640, "height": 360, "frameRate": 30}}
RELAY_ONLY = """
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(given, ...more) {
    super({...given, iceTransportPolicy: 'relay'}, ...more);
  }
};
"""
# The way that the page's newest connection uses: [protocol, type of the page's own candidate].
WAY = """async () => {
    const stats = await window.connections.at(-1).getStats();
    const of = (id) => stats.get(id);
    const pair = [...stats.values()].find((one) => one.type === 'transport' && one.selectedCandidatePairId);
    const local = pair && of(of(pair.selectedCandidatePairId).localCandidateId);
    return local ? [local.protocol, local.candidateType] : null;
}"""


@pytest.fixture
def studio() -> Iterator[Studio]:
    one = Studio(udp=False)
    yield one
    one.close()


def opened(browser: Any, studio: Studio) -> Any:
    page = browser.new_page()
    page.goto(studio.base)
    return page


def frames(page: Any) -> int:
    found = page.evaluate("stats('viewer', 'inbound-rtp')")
    return next((int(one.get("framesDecoded", 0)) for one in found if one["kind"] == "video"), 0)


@pytest.mark.alone
def test_a_picture_comes_by_tcp_where_udp_is_dropped(playwright: Playwright, studio: Studio) -> None:
    with chromium(playwright, flags=[KIOSK]) as browser:
        teacher, room = opened(browser, studio), opened(browser, studio)
        began = time.monotonic()
        teacher.evaluate("constraints => publish('teacher', constraints)", SMALL)
        wait_for(teacher, lambda: len(studio.tracks()) == 2)
        sent_s = time.monotonic() - began
        began = time.monotonic()
        room.evaluate("receive('viewer')")
        studio.show("viewer")
        wait_for(room, lambda: frames(room) > 0)
        seen_s = time.monotonic() - began
        print(f"by TCP: sent after {sent_s:.1f} s, seen after {seen_s:.1f} s")
        assert sent_s < 5
        assert seen_s < 5
        wait_for(room, lambda: frames(room) > 60)
        for page, name in ((teacher, "teacher"), (room, "viewer")):
            pairs = page.evaluate(f"stats('{name}', 'candidate-pair')")
            local = {one["id"]: one for one in page.evaluate(f"stats('{name}', 'local-candidate')")}
            assert {local[one["localCandidateId"]]["protocol"] for one in pairs if one.get("nominated")} == {"tcp"}


@contextlib.contextmanager
def relay(folder: Path, secret: str) -> Iterator[int]:
    """coturn on loopback, by a configuration of its own; its port."""
    port = free_port()
    folder.mkdir()
    settings = {
        "listening-ip": "127.0.0.1", "relay-ip": "127.0.0.1", "listening-port": port, "realm": "test",
        "static-auth-secret": secret, "pidfile": folder / "pid", "log-file": folder / "log", "userdb": folder / "db",
    }  # fmt: skip
    flags = ("use-auth-secret", "allow-loopback-peers", "no-cli", "no-tls", "no-dtls", "simple-log")
    lines = [f"{name}={value}" for name, value in settings.items()] + list(flags)
    (folder / "conf").write_text("\n".join(lines) + "\n")
    process = subprocess.Popen(
        ["turnserver", "-c", str(folder / "conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        poll(lambda: listens(port), "relay")
        yield port
    finally:
        process.terminate()
        process.wait(10)


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def test_pages_come_by_the_relay_that_the_server_names(playwright: Playwright, tmp_path: Path) -> None:
    secret = "north wind and sun"
    with (
        relay(tmp_path / "relay", secret) as port,
        serving(
            tmp_path / "data", environment={"TONGKE_TURN": f"turn:127.0.0.1:{port}?transport=tcp,{secret}"}
        ) as server,
        chromium(playwright, camera=camera(320, 180, 30, fps=10), flags=[KIOSK]) as browser,
    ):
        script = RELAY_ONLY + KEEP_CONNECTIONS
        teacher = administrator(browser, server.base, server.setup_secret(), script=script)
        room = server.cli("room", "add", "Qingshan 青山村小", "Room 3")["id"]
        lesson, _ = start_lesson(teacher, "Autumn 秋天")
        screen = sit_at_display(browser, server.base, lesson, room, script=script)
        for someone, picture in ((screen, "lead-video"), (teacher, "room-video")):
            someone.moving(picture)
            assert way(someone)[1] == "relay"
        assert secret not in server.log.read_text()
        assert secret not in "".join(teacher.received + screen.received)


def way(someone: Person) -> list[str]:
    found = someone.page.evaluate(WAY)
    assert found
    return list(found)
