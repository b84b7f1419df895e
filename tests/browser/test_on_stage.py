"""Students on stage and in their rooms: one at home is seen and heard, one in a room is called on, locked, counted."""

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

IDLE_KBIT_S = 20

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


@pytest.mark.timeout(240)
def test_a_tablet_in_a_room_is_called_locked_counted_and_costs_next_to_nothing(
    playwright: Playwright, tmp_path: Path
) -> None:
    with (
        serving(tmp_path / "data") as server,
        chromium(playwright, camera=camera(640, 360, 30, fps=3), flags=[KIOSK]) as browser,
    ):
        teacher = administrator(browser, server.base, server.setup_secret(), script=KEEP_SOCKET)
        room = server.cli("room", "add", "Qingshan 青山村小", "Room 3")["id"]
        lesson, code = start_lesson(teacher, "In a room")
        screen = sit_at_display(browser, server.base, lesson, room)
        tablet = sit_at_tablet(browser, server.base, code, "Wang Ming 王明", room)
        screen.moving("lead-video")

        assert kbit_s_down(tablet) < IDLE_KBIT_S

        command(teacher, "stage.call", {"participant": id_of(tablet)})
        tablet.see("called")
        expect(screen.page.get_by_test_id("called-name")).to_have_text("Wang Ming 王明")
        assert letters(screen, "called-name") >= 1 / 36
        tablet.touch("called-seen")
        tablet.see("my-turn")
        command(teacher, "stage.dismiss", {})
        expect(tablet.page.get_by_test_id("my-turn")).to_have_count(0)
        expect(screen.page.get_by_test_id("called-name")).to_have_count(0)

        tablet.touch("reaction-clap")
        expect(screen.page.get_by_test_id("reactions")).to_have_attribute("data-shown", "1")

        command(teacher, "student.lock", {"locked": ["chat", "hand", "reaction"]})
        expect(tablet.page.get_by_test_id("hand")).to_have_text("Locked by your teacher")
        tablet.see("locked-reaction")
        tablet.touch("chat-toggle")
        tablet.see("locked-chat")
        tablet.touch("chat-toggle")

        roll = {"activity": "roll", "type": "roll", "prompt": "Who is here?", "options": ["here"]}
        command(teacher, "activity.open", roll)
        tablet.touch("here")
        expect(tablet.page.get_by_test_id("answer-state")).to_have_attribute("data-state", "saved")
        expect(screen.page.get_by_test_id("answered")).to_have_attribute("data-answered", "1")


def kbit_s_down(someone: Person, seconds: float = 10) -> float:
    """What comes down the line to a page that nobody touches: its socket's frames, and all else that it loads."""
    line = someone.page.context.new_cdp_session(someone.page)
    sizes: list[float] = []
    line.on("Network.webSocketFrameReceived", lambda got: sizes.append(len(got["response"]["payloadData"].encode())))
    line.on("Network.dataReceived", lambda got: sizes.append(got["encodedDataLength"]))
    line.send("Network.enable")
    someone.page.wait_for_timeout(seconds * 1000)
    line.detach()
    assert someone.page.locator("video, audio").count() == 0, "no live picture and no sound in a room"
    rate = sum(sizes) * 8 / 1000 / seconds
    print(f"an idle tablet in a room: {rate:.2f} kbit/s down")
    return rate


def letters(someone: Person, testid: str) -> float:
    """The size of its letters, as a share of the screen's height."""
    return float(
        someone.page.get_by_test_id(testid).evaluate("one => parseFloat(getComputedStyle(one).fontSize) / innerHeight")
    )


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
