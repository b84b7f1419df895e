"""Old and other browsers at /join and /display: Chromium 87, which is what old tablets have, and Firefox ESR."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from string import Template
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.browser.browsers import TABLET, chromium, page_of
from tests.browser.camera import camera
from tests.browser.firefox import FIREFOX_HZ, firefox
from tests.browser.old import Hand, OldHand, attribute, old_chromium, there
from tests.browser.people import KEEP_CONNECTIONS, PASSWORD, Person, administrator, draw, poll, sign_in, start_lesson
from tests.browser.sound import hears, tone
from tests.processes import Server, serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

ACCENT = "rgb(15, 110, 110)"
ACCENT_WASH = "rgb(226, 239, 236)"
DARK = "rgb(18, 21, 28)"
ACCENT_ON_DARK = "rgb(79, 185, 178)"
LIVE = "rgb(214, 64, 43)"
LEAD_HZ = 520
# Chromium has no switch for it that works.
WITHOUT_H264 = """
const capabilities = RTCRtpSender.getCapabilities;
RTCRtpSender.getCapabilities = (kind) => {
  const all = capabilities.call(RTCRtpSender, kind);
  return {...all, codecs: all.codecs.filter((codec) => codec.mimeType !== 'video/H264')};
};
"""
# Whether ten more frames of a video are shown within 10 s. (Firefox counts no frames of live video in
# getVideoPlaybackQuality.)
MOVES = Template("""new Promise((done) => {
    const video = document.querySelector($selector);
    let left = 10;
    const shown = () => (left-- ? video.requestVideoFrameCallback(shown) : done(true));
    shown();
    setTimeout(done, 10000, false);
})""")


@dataclass
class Lesson:
    base: str
    id: str
    code: str
    room: str
    teacher: Person


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("other") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def lesson(playwright: Playwright, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lesson]:
    """A lesson that has begun, with a stroke on the board. Its teacher's browser has no H.264, for Firefox has none
    here (Mozilla's plug-in for it is a download): the picture is VP9."""
    microphone = tone(tmp_path_factory.mktemp("lead") / "lead.wav", LEAD_HZ)
    with chromium(playwright, camera=camera(640, 360, 30, fps=10), microphone=microphone) as browser:
        script = WITHOUT_H264 + KEEP_CONNECTIONS
        teacher = administrator(browser, server.base, server.setup_secret(), script=script)
        room = server.cli("room", "add", "Qingshan 青山村小", "Room 3")["id"]
        lesson, code = start_lesson(teacher, "Old tablets 旧平板")
        draw(teacher, [(0.2, 0.2), (0.8, 0.8)])
        yield Lesson(server.base, lesson, code, room, teacher)


def style(hand: Hand, selector: str, name: str) -> Any:
    return hand.evaluate(f"getComputedStyle(document.querySelector({json.dumps(selector)})).{name}")


def height(hand: Hand, selector: str) -> float:
    return float(hand.evaluate(f"document.querySelector({json.dumps(selector)}).getBoundingClientRect().height"))


def join(hand: Hand, name: str) -> None:
    hand.fill(there(hand, "name"), name)
    enter = there(hand, "join-enter")
    assert style(hand, enter, "backgroundColor") == ACCENT
    assert height(hand, enter) >= 48
    hand.click(enter)
    poll(lambda: attribute(hand, "status", "status") == "online", "connection", timeout_s=20)


def join_and_vote(hand: Hand, lesson: Lesson) -> None:
    hand.size(800, 1280)
    hand.goto(f"{lesson.base}/join/{lesson.code}?room={lesson.room}")
    join(hand, "Wang Ming 王明")
    if lesson.teacher.page.get_by_test_id("vote-new").count():
        lesson.teacher.touch("vote-new")
    lesson.teacher.touch("vote-quick")
    answer = there(hand, "answer-C")
    assert height(hand, answer) >= 64
    hand.click(answer)
    poll(lambda: attribute(hand, "answer-state", "state") == "saved", "saved answer")
    lesson.teacher.touch("vote-reveal")
    there(hand, "tally-C")


def finger(tablet: Page, *way: tuple[float, float]) -> None:
    """On the board, in shares of its width and height."""
    box = "document.querySelector('[data-testid=board-canvas]').getBoundingClientRect()"
    left, top, width, height = tablet.evaluate(
        f"() => (({{left, top, width, height}}) => [left, top, width, height])({box})"
    )
    line = tablet.context.new_cdp_session(tablet)
    for number, (x, y) in enumerate(way):
        point = {"x": left + x * width, "y": top + y * height}
        kind = "touchMove" if number else "touchStart"
        line.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    line.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def write_on_ones_own(tablet: Page, lesson: Lesson) -> None:
    """A page is handed out, written on, and collected."""
    hand, teacher = OldHand(tablet), lesson.teacher
    teacher.touch("wall-open")
    teacher.page.get_by_test_id("give-photos").check()
    teacher.touch("give-do")
    there(hand, "own")
    assert height(hand, there(hand, "photo")) >= 48
    finger(tablet, (0.5, 0.5), (0.6, 0.7), (0.7, 0.5))
    expect(teacher.page.get_by_test_id("own-page").first).to_have_attribute("data-wrote", "true", timeout=10_000)
    teacher.touch("handout-collect")
    there(hand, "own-collected")
    teacher.touch("wall-close")


def write_notes(tablet: Page, lesson: Lesson) -> None:
    """Together with the teacher, in the class's notes."""
    hand, teacher = OldHand(tablet), lesson.teacher
    teacher.touch("notes-open")
    teacher.touch("notes-rule")
    hand.click(there(hand, "notes-toggle"))
    assert height(hand, there(hand, "notes-bullets")) >= 48
    poll(lambda: hand.evaluate("document.querySelector('.ProseMirror')?.isContentEditable"), "a sheet to write on")
    hand.evaluate("document.querySelector('.ProseMirror').focus()")
    tablet.keyboard.type("- red ")
    tablet.keyboard.insert_text("秋天")  # as an input method does
    sheet = teacher.page.locator(".ProseMirror")
    expect(sheet.locator("ul > li")).to_contain_text("red 秋天")
    sheet.click()
    teacher.page.keyboard.press("Control+Home")
    teacher.page.keyboard.type("We: ")
    poll(lambda: "We: " in str(hand.evaluate("document.querySelector('.ProseMirror').textContent")), "both")
    hand.click(there(hand, "notes-toggle"))
    teacher.touch("notes-close")


def sit_down(hand: Hand, lesson: Lesson) -> None:
    """At the room's display."""
    hand.size(1280, 720)
    hand.goto(f"{lesson.base}/display/{lesson.id}")
    hand.fill(there(hand, "login"), "lihua")
    hand.fill(there(hand, "password"), PASSWORD)
    hand.click(there(hand, "sign-in-submit"))
    hand.click(there(hand, f"room-{lesson.room}"))
    assert style(hand, there(hand, "display"), "backgroundColor") == DARK


def display(hand: Hand, lesson: Lesson) -> None:
    sit_down(hand, lesson)
    video = json.dumps(there(hand, "lead-video"))
    poll(lambda: hand.evaluate(f"document.querySelector({video}).videoWidth") == 640, "picture", timeout_s=30)
    assert hand.evaluate(MOVES.substitute(selector=video))


def call(lesson: Lesson, name: str) -> None:
    child = lesson.teacher.page.get_by_test_id("child").filter(has_text=name)
    child.get_by_test_id("call-child").click()


def called_and_on_stage(tablet: Hand, home: Hand, screen: Hand, lesson: Lesson) -> None:
    """A child in the room of tablet and screen is called on, then one at home, who comes on stage."""
    home.size(800, 1280)
    home.goto(f"{lesson.base}/join/{lesson.code}")
    home.click(there(home, "room-home"))
    join(home, "Zhao Li 赵丽")
    lesson.teacher.touch("tab-class")
    call(lesson, "Wang Ming")
    assert style(tablet, there(tablet, "called"), "backgroundColor") == ACCENT_WASH
    banner = there(screen, "called")
    assert style(screen, banner, "backgroundColor") == ACCENT_ON_DARK
    assert style(screen, banner, "display") == "flex"

    call(lesson, "Zhao Li")
    assert style(home, there(home, "invited"), "backgroundColor") == ACCENT_WASH
    accept = there(home, "stage-accept")
    assert height(home, accept) >= 64
    home.click(accept)
    assert style(home, there(home, "live"), "borderTopColor") == LIVE
    assert home.evaluate(MOVES.substitute(selector=json.dumps(there(home, "self-video"))))
    guest = there(screen, "guest")
    assert style(screen, guest, "flexDirection") == "column"
    seen = there(screen, "guest-video")
    poll(lambda: screen.evaluate(f"document.querySelector('{seen}').videoWidth") > 0, "guest's picture", timeout_s=30)
    assert height(screen, seen) > 100
    home.click(there(home, "stage-leave"))
    assert height(home, there(home, "off-stage")) >= 115
    lesson.teacher.touch("tab-vote")


def test_chromium_87_joins_votes_writes_displays_and_comes_on_stage(playwright: Playwright, lesson: Lesson) -> None:
    with old_chromium(playwright) as browser:
        faults: list[str] = []
        pages = [page_of(browser, TABLET)[1] for _ in range(3)]
        for page in pages:
            page.on("pageerror", lambda error: faults.append(str(error)))
        tablet, home, screen = map(OldHand, pages)
        join_and_vote(tablet, lesson)
        write_on_ones_own(pages[0], lesson)
        write_notes(pages[0], lesson)
        display(screen, lesson)
        called_and_on_stage(tablet, home, screen, lesson)
        assert faults == []


def test_firefox_joins_votes_and_displays(lesson: Lesson) -> None:
    with firefox() as browser:
        join_and_vote(browser, lesson)
        browser.script(KEEP_CONNECTIONS)
        display(browser, lesson)
        hears(browser.evaluate, LEAD_HZ)
        lesson.teacher.moving("room-video")
        hears(lesson.teacher.page.evaluate, FIREFOX_HZ)
        time.sleep(9)  # a page restarts a connection by which nothing comes for 6 s; Firefox counts its offers in o=
        assert browser.evaluate("connections.map((one) => one.localDescription.sdp.split(' ')[2])") == ["0", "0"]


@pytest.mark.soak  # a third Firefox for one sentence
def test_a_display_says_that_it_cannot_play_the_picture(playwright: Playwright, lesson: Lesson) -> None:
    with chromium(playwright, camera=camera(640, 360, 30, fps=10)) as other, firefox() as browser:
        teacher = sign_in(other, lesson.base)
        h264, code = start_lesson(teacher, "H.264")
        sit_down(browser, replace(lesson, id=h264, code=code, teacher=teacher))
        words = "This browser cannot play H264 pictures."
        poll(lambda: words in browser.evaluate("document.body.innerText"), words, timeout_s=20)
