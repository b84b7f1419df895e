"""What the lead does from the desk: sharing a screen with its sound, and all that its buttons say yes and no to."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Playwright, expect

from tests.browser.browsers import KIOSK, chromium, kill
from tests.browser.camera import camera
from tests.browser.people import (
    KEEP_CONNECTIONS,
    Person,
    add_teacher,
    administrator,
    draw,
    local_teacher,
    poll,
    sign_in,
    sit_at_display,
    sit_at_tablet,
    start_lesson,
)
from tests.browser.sound import hears
from tests.processes import Server, serving

pytestmark = pytest.mark.browser

SCHOOL = "Qingshan 青山村小"
TITLE = "Courseware"
TONE_HZ = 660
GHOST_S = 15

# A slide, red and blue, over which something moves, and which hums.
COURSEWARE = f"""<!doctype html><title>{TITLE}</title><body style="margin: 0; overflow: hidden">
<canvas width="1280" height="720" style="display: block"></canvas><script>
const paint = document.querySelector('canvas').getContext('2d');
let n = 0;
setInterval(() => {{
  paint.fillStyle = '#c00000';
  paint.fillRect(0, 0, 640, 720);
  paint.fillStyle = '#0000c0';
  paint.fillRect(640, 0, 640, 720);
  paint.fillStyle = '#fff';
  paint.fillRect((n++ * 16) % 1280, 600, 64, 64);
}}, 100);
const context = new AudioContext();
const tone = context.createOscillator();
tone.frequency.value = {TONE_HZ};
tone.connect(context.destination);
tone.start();
</script>"""

# How large a picture is, and the colours of its left and of its right.
LOOK = """id => {
  const video = document.querySelector(`[data-testid=${id}]`);
  const canvas = Object.assign(document.createElement('canvas'), {width: 8, height: 8});
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0, 8, 8);
  const at = (x) => [...context.getImageData(x, 2, 1, 1).data].slice(0, 3);
  return {size: [video.videoWidth, video.videoHeight], left: at(1), right: at(6)};
}"""

# An encoder: it sends a green picture by WHIP.
ENCODER = """async ([lesson, token]) => {
  const canvas = Object.assign(document.createElement('canvas'), {width: 640, height: 360});
  const paint = canvas.getContext('2d');
  let n = 0;
  setInterval(() => {
    paint.fillStyle = '#00a000';
    paint.fillRect(0, 0, 640, 360);
    paint.fillStyle = '#fff';
    paint.fillRect((n++ * 16) % 640, 300, 32, 32);
  }, 200);
  const connection = (window.encoder = new RTCPeerConnection());
  const [track] = canvas.captureStream(5).getTracks();
  const section = connection.addTransceiver(track, {direction: 'sendonly'});
  const {codecs} = RTCRtpSender.getCapabilities('video');
  section.setCodecPreferences(codecs.filter(({mimeType}) => mimeType === 'video/H264'));
  await connection.setLocalDescription(await connection.createOffer());
  const headers = {Authorization: `Bearer ${token}`, 'Content-Type': 'application/sdp'};
  const body = connection.localDescription.sdp;
  const answer = await fetch(`/whip/${lesson}?source=camera`, {method: 'POST', headers, body});
  if (!answer.ok) throw new Error(await answer.text());
  await connection.setRemoteDescription({type: 'answer', sdp: await answer.text()});
}"""


@dataclass
class School:
    server: Server
    browser: Browser
    lead: Person
    local: Person
    screen: Person
    """The display of the local teacher's room."""
    room: str
    lesson: str
    code: str


@pytest.fixture(scope="module")
def school(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    with (
        serving(tmp_path_factory.mktemp("desk") / "data") as server,
        chromium(playwright, camera=camera(320, 180, 30, fps=3), shares=TITLE, flags=[KIOSK]) as browser,
    ):
        lead = administrator(browser, server.base, server.setup_secret())
        room = server.cli("room", "add", SCHOOL, "Room 1")["id"]
        lesson, code = start_lesson(lead, "三年级语文", recording=True)
        screen = sit_at_display(browser, server.base, lesson, room, script=KEEP_CONNECTIONS)
        add_teacher(server, "second", "Zhou Min 周敏")
        local = local_teacher(browser, server.base, lesson, room, "second")
        yield School(server, browser, lead, local, screen, room, lesson, code)


def gone(someone: Person, testid: str, timeout_s: float = 20) -> None:
    expect(someone.page.get_by_test_id(testid)).to_have_count(0, timeout=timeout_s * 1000)


def slide(lead: Person) -> Page:
    """Another tab of the lead's browser, as large as a slide."""
    page = lead.context.new_page()
    page.set_viewport_size({"width": 1280, "height": 720})
    page.set_content(COURSEWARE)
    lead.page.bring_to_front()
    return page


def share(lead: Person) -> None:
    lead.touch("share")
    lead.see("sharing")


def looks(someone: Person, testid: str) -> Any:
    return someone.page.evaluate(LOOK, testid)


def reddish(colour: list[int]) -> bool:
    return colour[0] > 120 and max(colour[1:]) < 80


def bluish(colour: list[int]) -> bool:
    return colour[2] > 120 and max(colour[:2]) < 80


def greenish(colour: list[int]) -> bool:
    return colour[1] > 100 and max(colour[0], colour[2]) < 90


def recorded(school: School) -> list[dict[str, Any]]:
    files = (school.server.data / "recordings" / school.lesson).glob("tracks.json")
    return [track for file in files for track in json.loads(file.read_text())["tracks"]]


def kinds_of_courseware(school: School) -> set[str]:
    return {track["kind"] for track in recorded(school) if track["source"] == "courseware"}


@pytest.mark.soak
@pytest.mark.timeout(240)
def test_the_lead_shares_a_screen_with_its_sound(playwright: Playwright, school: School) -> None:
    lead, local, screen = school.lead, school.local, school.screen
    home = at_home(school, "Lin 林")
    tablet = sit_at_tablet(school.browser, school.server.base, school.code, "Zhao Li 赵丽", school.room)
    shown = slide(lead)
    expect(local.page.get_by_test_id("share")).to_have_count(0)

    # In one touch it is on the display in full size, is heard there, and is with the second teacher and at home.
    share(lead)
    lead.moving("shared-video")
    for someone in (screen, local, home):
        someone.moving("courseware-video")
    seen, sent = looks(screen, "courseware-video"), looks(lead, "shared-video")
    print(f"shared {sent['size']}, on the display {seen['size']}")
    assert seen["size"] == sent["size"]
    assert seen["size"][0] >= 1280
    assert reddish(seen["left"])
    assert bluish(seen["right"])
    hears(screen.page.evaluate, TONE_HZ, "courseware")
    assert tablet.page.locator("video, audio").count() == 0, "tablets in rooms get none of it"
    poll(lambda: {"video", "audio"} <= kinds_of_courseware(school), "tracks of its own in the recording")
    assert [1280, 720] in [[track["width"], track["height"]] for track in recorded(school)]

    # On two screens the picture is on one, people and sounds are on the other.
    with screen.context.expect_page() as opened:
        screen.page.mouse.move(500, 500)
        screen.page.mouse.move(600, 600)
        screen.touch("two-screens")
    work = Person(screen.context, opened.value)
    work.moving("courseware-video")
    gone(screen, "courseware-video")
    hears(screen.page.evaluate, TONE_HZ, "courseware")
    assert work.page.locator("audio").count() == 0
    screen.touch("two-screens")
    screen.moving("courseware-video")

    # One touch ends it; the tab that is closed, or the browser's own control, does too.
    lead.touch("share-stop")
    lead.see("board")
    for someone in (screen, local, home):
        gone(someone, "courseware-video")
    share(lead)
    screen.moving("courseware-video")
    shown.close()
    gone(lead, "sharing")
    gone(screen, "courseware-video")

    # Whoever does not lead any more shares no more; a browser that refuses is said beside the control.
    slide(lead)
    share(lead)
    screen.moving("courseware-video")
    with chromium(playwright, flags=["--use-fake-ui-for-media-stream=deny"]) as elsewhere:
        other = sign_in(elsewhere, school.server.base)
        other.page.goto(f"{school.server.base}/teach/{school.lesson}")
        other.enter()
        other.touch("lead-here")
        gone(lead, "sharing")
        gone(screen, "courseware-video")
        expect(lead.page.get_by_test_id("share")).to_have_count(0)
        other.touch("share")
        expect(other.page.get_by_test_id("share-fault")).to_contain_text("Nothing is shared")
        gone(other, "sharing")
        lead.touch("lead-here")
        lead.see("share")

    # A page that dies, or is loaded anew, leaves no ghost.
    share(lead)
    screen.moving("courseware-video")
    lead.page.reload()
    began = time.monotonic()
    gone(screen, "courseware-video", GHOST_S)
    print(f"no ghost after {time.monotonic() - began:.1f} s")
    lead.see("desk")
    for one in (home, tablet):
        one.context.close()


@pytest.mark.soak
@pytest.mark.timeout(240)
def test_a_machine_that_dies_while_it_shares_leaves_no_ghost(playwright: Playwright, school: School) -> None:
    lead, local, screen = school.lead, school.local, school.screen
    home = at_home(school, "Sun 孙")
    with chromium(playwright, shares=TITLE, flags=[KIOSK]) as elsewhere:
        other = sign_in(elsewhere, school.server.base)
        other.page.goto(f"{school.server.base}/teach/{school.lesson}")
        other.enter()
        other.touch("lead-here")
        slide(other)
        share(other)
        for someone in (screen, local, home):
            someone.moving("courseware-video")
        kill(elsewhere)
        began = time.monotonic()
        for someone in (screen, local, home):
            gone(someone, "courseware-video", GHOST_S - (time.monotonic() - began))
        print(f"no ghost of a dead machine after {time.monotonic() - began:.1f} s")
    lead.see("share")
    before = screen.ink()
    draw(lead, [(0.2, 0.3), (0.7, 0.6)])
    poll(lambda: screen.ink() > before, "ink of the lead who is left")
    home.context.close()


@pytest.mark.soak  # four students at home with their pictures; tests/unit/classroom/test_stage.py has the rules
@pytest.mark.timeout(240)
def test_a_full_stage(school: School) -> None:
    lead = school.lead
    home = an, bai, chen, deng = [at_home(school, name) for name in ("An 安", "Bai 白", "Chen 陈", "Deng 邓")]
    tile = lead.page.get_by_test_id("room-tile").filter(has_text="Room 1")
    lead.touch("tab-class")
    lead.touch("group-all")

    # Whoever is called on next, a room or a child, takes the place of one that the lead names.
    for one, name in ((an, "安"), (bai, "白"), (chen, "陈"), (deng, "邓")):
        call(lead, name)
        one.see("invited")
    tile.get_by_test_id("call-on").click()
    swap(lead, "安")
    gone(an, "invited")
    expect(tile.get_by_test_id("call-on")).to_have_text("Release", timeout=20_000)
    call(lead, "安")
    swap(lead, "白")
    an.see("invited")
    gone(bai, "invited")
    expect(lead.page.get_by_test_id("called-child").locator("b")).to_have_text("An 安")
    lead.touch("dismiss")
    lead.page.get_by_test_id("room-tile").filter(has_text="陈").get_by_test_id("call-on").click()
    gone(chen, "invited")
    for one in home:
        one.context.close()
    tile.get_by_test_id("call-on").click()


@pytest.mark.timeout(240)
def test_what_the_desk_s_buttons_do(school: School) -> None:
    lead, local, screen = school.lead, school.local, school.screen
    bai = at_home(school, "Bai 白")
    wang = sit_at_tablet(school.browser, school.server.base, school.code, "Wang Ming 王明", school.room)
    tile = lead.page.get_by_test_id("room-tile").filter(has_text="Room 1")

    # Who declines is told to the lead, and may be called on again.
    lead.touch("tab-class")
    lead.touch("group-all")
    call(lead, "白")
    bai.touch("stage-decline")
    expect(lead.page.get_by_test_id("declined")).to_contain_text("Bai 白")
    call(lead, "白")
    bai.see("invited")
    lead.touch("dismiss")
    lead.page.get_by_test_id("room-tile").filter(has_text="白").get_by_test_id("call-on").click()
    gone(bai, "invited")
    tile.get_by_test_id("call-on").click()
    expect(tile.get_by_test_id("call-on")).to_have_text("Release", timeout=20_000)

    # Locks, for the class and for one child; a mute for one is a lock of the chat.
    lead.page.get_by_test_id("lock-hand").last.click()
    for one in (bai, wang):
        expect(one.page.get_by_test_id("hand")).to_have_text("Locked by your teacher")
    lead.page.get_by_test_id("lock-hand").last.click()
    expect(bai.page.get_by_test_id("hand")).to_have_text("Raise hand")
    more = child(lead, "Wang")
    more.get_by_test_id("child-more").click()
    more.get_by_test_id("lock-reaction").click()
    wang.see("locked-reaction")
    more.get_by_test_id("lock-chat").click()
    wang.touch("chat-toggle")
    wang.see("locked-chat")
    gone(bai, "locked-reaction")
    bai.touch("reaction-clap")
    expect(lead.page.get_by_test_id("reaction-clap")).to_have_attribute("data-count", "1")
    more.get_by_test_id("lock-chat").click()
    gone(wang, "locked-chat")

    # The chat: to the teachers alone, off, open again; a message is taken away.
    bai.touch("chat-toggle")
    lead.touch("tab-chat")
    lead.touch("chat-teachers")
    bai.see("chat-to-teachers")
    says(bai, "for the teachers")
    expect(lead.page.get_by_test_id("chat-message").last).to_contain_text("for the teachers")
    lead.touch("chat-off")
    for one in (bai, wang):
        one.see("locked-chat")
    lead.touch("chat-all")
    gone(bai, "locked-chat")
    gone(bai, "chat-to-teachers")
    says(bai, "for everyone")
    expect(wang.page.get_by_test_id("chat-message")).to_have_text(["Bai 白 for everyone"])
    assert "for the teachers" not in "".join(wang.received)
    lead.page.get_by_test_id("chat-hide").last.click()
    gone(wang, "chat-message")

    # Left out of the recording: a room, whose tracks end there, and a child, who sees it.
    of_room = [track for track in recorded(school) if track["source"] == "room"]
    assert of_room
    assert of_room[-1]["end_ms"] is None
    lead.touch("tab-class")
    tile.get_by_test_id("open-room").click()
    lead.touch("except-room")
    lead.see("unrecorded")
    screen.see("rec-without")
    poll(
        lambda: all(track["end_ms"] for track in recorded(school) if track["source"] == "room"),
        "end of the room's track",
    )
    lead.touch("except-room")
    gone(screen, "rec-without")
    more.get_by_test_id("child-more").click()
    more.get_by_test_id("except-child").click()
    wang.see("rec-without")

    # A pause is seen by all, and so is its end.
    for how in ("paused", "on"):
        lead.touch("record")
        for one in (lead, bai, screen, wang):
            expect(one.page.get_by_test_id("rec").first).to_have_attribute("data-how", how)

    # An encoder's picture goes before the lead's own, until the lead says otherwise.
    token = school.server.cli("lesson", "token", school.lesson, "--role", "encoder", "--name", "Encoder")["token"]
    bai.page.evaluate(ENCODER, [school.lesson, token])
    poll(lambda: greenish(looks(screen, "lead-video")["left"]), "the encoder's picture", 20)
    lead.touch("on-air-choose")
    poll(lambda: not greenish(looks(screen, "lead-video")["left"]), "the lead's own camera")
    screen.moving("lead-video")
    lead.page.keyboard.press("b")
    poll(lambda: greenish(looks(screen, "lead-video")["left"]), "the encoder's picture again", 20)
    bai.page.evaluate("encoder.close()")

    # The lesson is handed over on the teacher's tile, with a second touch, and comes back in the same way.
    lead.touch("hand-over-tile")
    lead.touch("lead-keep")
    gone(lead, "lead-giving")
    lead.touch("hand-over-tile")
    lead.touch("lead-hand")
    local.see("end-lesson")
    gone(lead, "end-lesson")
    local.touch("hand-over-tile")
    local.touch("lead-hand")
    lead.see("end-lesson")

    # A lesson that no lead has come to is led by the local teacher who is there.
    early = school.server.cli("lesson", "create", "Early", "--owner", "lihua")["id"]
    local.page.goto(f"{school.server.base}/teach/{early}")
    local.touch(f"room-{school.room}")
    local.enter()
    expect(local.page.get_by_test_id("desk")).to_have_attribute("data-phase", "prepared")
    local.see("lead-nobody")
    local.touch("lead-take")
    local.touch("begin")
    expect(local.page.get_by_test_id("desk")).to_have_attribute("data-phase", "live")


def at_home(school: School, name: str) -> Person:
    return sit_at_tablet(school.browser, school.server.base, school.code, name, None)


def child(lead: Person, name: str) -> Locator:
    return lead.page.get_by_test_id("child").filter(has_text=name)


def call(lead: Person, name: str) -> None:
    child(lead, name).get_by_test_id("call-child").click()


def swap(lead: Person, name: str) -> None:
    lead.page.get_by_test_id("swap-off").filter(has_text=name).click()
    gone(lead, "swap")


def says(someone: Person, text: str) -> None:
    someone.write("chat-input", text)
    someone.touch("chat-send")
