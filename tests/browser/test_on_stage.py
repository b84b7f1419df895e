"""A student at home comes on stage, is seen and heard, and its camera is off again when it leaves."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright, expect

from tests.browser.browsers import KIOSK, chromium
from tests.browser.camera import camera
from tests.browser.people import (
    KEEP_CONNECTIONS,
    Person,
    administrator,
    poll,
    sit_at_display,
    sit_at_tablet,
    start_lesson,
)
from tests.processes import serving

pytestmark = pytest.mark.browser

# The page's camera and microphone, to see that they are stopped.
KEEP_DEVICES = """
window.captured = [];
const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await getUserMedia(wanted);
  captured.push(...stream.getTracks());
  return stream;
};
"""
KEEP_SOCKET = """
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    window.socket = this;
  }
};
"""
ENERGY = """async () => {
  let energy = 0;
  for (const connection of connections)
    for (const one of (await connection.getStats()).values())
      if (one.type === 'inbound-rtp' && one.kind === 'audio') energy += one.totalAudioEnergy || 0;
  return energy;
}"""


def hears_more(someone: Person, what: str) -> None:
    """Sound that is not silence goes on coming."""
    before = float(someone.page.evaluate(ENERGY))
    poll(lambda: float(someone.page.evaluate(ENERGY)) > before, what, timeout_s=20)


@pytest.mark.timeout(240)
def test_a_student_at_home_comes_on_stage_and_leaves_it(playwright: Playwright, tmp_path: Path) -> None:
    with (
        serving(tmp_path / "data") as server,
        chromium(playwright, camera=camera(640, 360, 30, fps=3), flags=[KIOSK]) as browser,
    ):
        teacher = administrator(browser, server.base, server.setup_secret(), script=KEEP_CONNECTIONS + KEEP_SOCKET)
        room = server.cli("room", "add", "Qingshan 青山村小", "Room 3")["id"]
        lesson, code = start_lesson(teacher, "On stage")
        screen = sit_at_display(browser, server.base, lesson, room, script=KEEP_CONNECTIONS)
        home = sit_at_tablet(browser, server.base, code, "Zhao Li 赵丽", None, script=KEEP_CONNECTIONS + KEEP_DEVICES)
        home.moving("lead-video")
        assert home.page.evaluate("captured.length") == 0, "nothing is captured before the stage"

        command(teacher, "stage.invite", {"participant": id_of(home)})
        home.see("invited")
        home.touch("stage-accept")
        home.see("live")
        home.moving("self-video")
        expect(home.page.get_by_test_id("live")).to_have_attribute("data-sending", "connected", timeout=20_000)
        screen.moving("guest-video")
        hears_more(screen, "sound on the display")
        hears_more(teacher, "sound at the lead's desk")
        hears_more(home, "the lead's sound at home")

        home.touch("mute")
        expect(home.page.get_by_test_id("live-says")).to_contain_text("nobody hears you")

        home.touch("stage-leave")
        home.see("off-stage")
        assert home.page.evaluate("captured.map(({readyState}) => readyState)") == ["ended"] * 2
        expect(screen.page.get_by_test_id("guest-video")).to_have_count(0)


def command(lead: Person, kind: str, data: dict[str, Any]) -> None:
    """What the lead asks for, over the socket of its own page, whatever its desk has a button for."""
    message = ["command", {"id": str(uuid.uuid4()), "kind": kind, "data": data}]
    lead.page.evaluate("frame => socket.send(frame)", f"42/lesson,{json.dumps(message)}")


def id_of(someone: Person) -> str:
    """The participant, as the welcome of its own page names it."""
    welcome = next(frame for frame in someone.received if '"welcome"' in frame)
    found = re.search(r'"participant":"([\w-]+)"', welcome.replace(" ", ""))
    assert found, welcome
    return found[1]
