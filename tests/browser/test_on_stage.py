"""Students on stage and in their rooms: one at home is seen and heard, one in a room is locked and costs no line."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, expect

from tests.browser.browsers import DENIED, KIOSK, chromium
from tests.browser.camera import camera
from tests.browser.dual import hears, sees
from tests.browser.people import (
    KEEP_CONNECTIONS,
    Person,
    administrator,
    sit_at_display,
    sit_at_tablet,
    start_lesson,
)
from tests.processes import Server, serving

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


@dataclass
class School:
    server: Server
    browser: Browser
    teacher: Person
    room: str


@pytest.fixture(scope="module")
def school(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    with (
        serving(tmp_path_factory.mktemp("stage") / "data") as server,
        chromium(playwright, camera=camera(320, 180, 30, fps=3), flags=[KIOSK]) as browser,
    ):
        teacher = administrator(browser, server.base, server.setup_secret(), script=KEEP_CONNECTIONS + KEEP_SOCKET)
        room = server.cli("room", "add", "Qingshan 青山村小", "Room 3")["id"]
        yield School(server, browser, teacher, room)


@pytest.mark.timeout(240)
def test_a_student_at_home_comes_on_stage_and_leaves_it(school: School) -> None:
    teacher, base = school.teacher, school.server.base
    lesson, code = start_lesson(teacher, "On stage")
    screen = sit_at_display(school.browser, base, lesson, school.room, script=KEEP_CONNECTIONS)
    script = KEEP_CONNECTIONS + KEEP_DEVICES
    home = sit_at_tablet(school.browser, base, code, "Zhao Li 赵丽", None, script=script)
    sees(home, "lead-video")
    assert home.page.evaluate("captured.length") == 0, "nothing is captured before the stage"

    command(teacher, "stage.invite", {"participant": home.id})
    home.see("invited")
    home.touch("stage-accept")
    home.see("live")
    sees(home, "self-video")
    expect(home.page.get_by_test_id("live")).to_have_attribute("data-sending", "connected", timeout=20_000)
    sees(screen, "guest-video")
    hears(screen, home)
    hears(teacher, home)
    hears(home, teacher)

    home.touch("mute")
    expect(home.page.get_by_test_id("live-says")).to_contain_text("nobody hears you")

    home.touch("stage-leave")
    home.see("off-stage")
    assert home.page.evaluate("captured.map(({readyState}) => readyState)") == ["ended"] * 2
    expect(screen.page.get_by_test_id("guest-video")).to_have_count(0)

    denied = sit_at_tablet(school.browser, base, code, "Sun Yu 孙宇", None, script=DENIED)
    command(teacher, "stage.invite", {"participant": denied.id})
    denied.touch("stage-accept")
    expect(denied.page.get_by_test_id("live-says")).to_contain_text("Nobody sees or hears you")
    expect(denied.page.get_by_test_id("live-fault").first).to_contain_text("does not allow")
    expect(teacher.page.get_by_test_id("guest-fault")).to_have_text(
        "Sun Yu 孙宇 is neither seen nor heard: the browser there does not allow it"
    )
    denied.touch("stage-leave")
    expect(teacher.page.get_by_test_id("guest-fault")).to_have_count(0)
    for someone in (screen, home, denied):
        someone.context.close()


@pytest.mark.timeout(240)
@pytest.mark.soak
def test_a_tablet_in_a_room_is_locked_and_costs_next_to_nothing(school: School) -> None:
    teacher, base = school.teacher, school.server.base
    teacher.page.goto(f"{base}/teach")
    lesson, code = start_lesson(teacher, "In a room")
    screen = sit_at_display(school.browser, base, lesson, school.room)
    tablet = sit_at_tablet(school.browser, base, code, "Wang Ming 王明", school.room)
    sees(screen, "lead-video")

    assert kbit_s_down(tablet) < IDLE_KBIT_S

    tablet.touch("reaction-clap")
    expect(screen.page.get_by_test_id("reactions")).to_have_attribute("data-shown", "1")

    command(teacher, "student.lock", {"locked": ["chat", "hand", "reaction"]})
    expect(tablet.page.get_by_test_id("hand")).to_have_text("Locked by your teacher")
    tablet.see("locked-reaction")
    tablet.touch("chat-toggle")
    tablet.see("locked-chat")


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


def command(lead: Person, kind: str, data: dict[str, Any]) -> None:
    """What the lead asks for, over the socket of its own page, whatever its desk has a button for."""
    message = ["command", {"id": str(uuid.uuid4()), "kind": kind, "data": data}]
    lead.page.evaluate("frame => socket.send(frame)", f"42/lesson,{json.dumps(message)}")
