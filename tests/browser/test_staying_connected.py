"""A page's network fails, comes back, or becomes another one: a display and a tablet behind a relay.
And the media's worker is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect

from media.supervisor import YOUNG_S
from tests.browser.browsers import KIOSK, chromium
from tests.browser.camera import camera
from tests.browser.people import (
    KEEP_CONNECTIONS,
    Person,
    add_teacher,
    administrator,
    draw,
    local_teacher,
    poll,
    sit_at_display,
    sit_at_tablet,
    start_lesson,
)
from tests.browser.test_lesson import answered, ask, journalled, saved
from tests.processes import Server, serving
from tests.relay import Relay, relayed

pytestmark = [pytest.mark.browser, pytest.mark.alone, pytest.mark.timeout(240)]

NOTICE_S = BACK_S = 3
GHOST_S = 15
# Notes in window.noted when the page first says that its line is lost, and when it is in step again.
WATCH_LINE = """() => {
    const noted = (window.noted = {});
    clearInterval(window.noting);
    window.noting = setInterval(() => {
        const lost = document.querySelector('[data-testid=connection-lost]');
        const status = document.querySelector('[data-testid=status]').dataset.status;
        if (lost) noted.lost ||= Date.now() / 1000;
        if (noted.lost && status === 'online') noted.back ||= Date.now() / 1000;
    }, 20);
}"""
# How bright the picture is in its middle, as it stands on the page: the video, or what is held over it.
BRIGHT = """() => {
    const video = document.querySelector('[data-testid=lead-video]');
    const held = video.parentElement.querySelector('canvas.holding');
    const one = Object.assign(document.createElement('canvas'), {width: 1, height: 1}).getContext('2d');
    one.drawImage(held || video, 0, 0, 1, 1);
    return one.getImageData(0, 0, 1, 1).data[1];
}"""
# Notes in window.backAt when the picture has shown ten new frames, whatever element shows it.
TEN_FRAMES = """id => void (async () => {
    let before = null, shown = 0;
    while (shown < 10) {
        const video = document.querySelector(`[data-testid="${id}"]`);
        const total = video?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
        if (before !== null && total > before) shown += total - before;
        before = total;
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    window.backAt = Date.now() / 1000;
})()"""


@dataclass
class House:
    server: Server
    began: float
    """When the server was ready, by the monotonic clock."""
    relay: Relay
    teacher: Person
    screen: Person
    tablet: Person
    browser: Browser
    lesson: str
    room: str

    def watch(self) -> None:
        for someone in (self.screen, self.tablet):
            someone.page.evaluate(WATCH_LINE)
        self.screen.page.evaluate("window.backAt = 0")

    def noted(self, what: str) -> list[float]:
        for someone in (self.screen, self.tablet):
            someone.page.wait_for_function("what => window.noted[what]", arg=what)
        return [float(one.page.evaluate("what => window.noted[what]", what)) for one in (self.screen, self.tablet)]

    def back_after(self, since: float) -> float:
        """Seconds from then until both pages are in step again, and the display's picture moves."""
        self.screen.page.evaluate(TEN_FRAMES, "lead-video")
        back = [at - since for at in self.noted("back")]
        self.screen.page.wait_for_function("() => window.backAt")
        picture = float(self.screen.page.evaluate("window.backAt")) - since
        print("back after", *(f"{seconds:.1f} s" for seconds in back), f"and the picture after {picture:.1f} s")
        return max(*back, picture)

    def journalled(self, kind: str) -> int:
        return journalled(self.server.data, kind)

    def connections(self) -> int:
        """How many the display has made, once those that it has live."""
        self.screen.page.wait_for_function(
            "() => connections.every(({connectionState}) => ['connected', 'closed'].includes(connectionState))"
        )
        return int(self.screen.page.evaluate("connections.length"))


@pytest.fixture(scope="module")
def house(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with (
        serving(tmp_path_factory.mktemp("house") / "data") as server,
        relayed(server) as relay,
        chromium(playwright, camera=camera(640, 360, 90), flags=[KIOSK]) as browser,
    ):
        began = time.monotonic()
        teacher = administrator(browser, server.base, server.setup_secret())
        room = server.cli("room", "add", "Qingshan 青山村小", "Room 3")["id"]
        lesson, code = start_lesson(teacher, "A bad line 断线")
        screen = sit_at_display(browser, relay.base, lesson, room, script=KEEP_CONNECTIONS)
        tablet = sit_at_tablet(browser, relay.base, code, "Wang Ming 王明", room)
        screen.moving("lead-video")
        teacher.moving("room-video")
        yield House(server, began, relay, teacher, screen, tablet, browser, lesson, room)


def test_a_page_that_lost_its_line_says_so_and_comes_back(house: House) -> None:
    teacher, screen, tablet = house.teacher, house.screen, house.tablet
    draw(teacher, [(0.2, 0.2), (0.5, 0.6), (0.8, 0.3)])
    poll(lambda: screen.ink() > 100 and tablet.ink() > 100, "ink on the display and the tablet")
    ask(teacher, "Which is autumn? 哪个是秋", right="A")
    tablet.see("answer-A")
    before = screen.ink()
    connections = house.connections()
    answers, strokes = (house.journalled(kind) for kind in ("activity.answered", "stroke.added"))
    house.watch()

    cut = house.relay.cut()
    lost = [at - cut for at in house.noted("lost")]
    print("said so after", *(f"{seconds:.1f} s" for seconds in lost))
    assert max(lost) <= NOTICE_S
    assert screen.page.evaluate(BRIGHT) > 60, "the last picture stays"
    assert screen.ink() == before, "the ink stays"

    # What happens meanwhile, on both sides.
    tablet.touch("answer-A")
    expect(tablet.page.get_by_test_id("answer-state")).to_have_attribute("data-state", "waiting")
    draw(teacher, [(0.2, 0.8), (0.8, 0.8)])
    poll(lambda: house.journalled("stroke.added") == strokes + 1, "the second stroke in the journal")
    time.sleep(1)
    assert screen.page.evaluate(BRIGHT) > 60

    assert house.back_after(house.relay.restore()) <= BACK_S
    saved(tablet)
    answered(teacher, 1)
    poll(lambda: screen.ink() > before * 1.2, "the ink that was missed")
    assert house.journalled("activity.answered") == answers + 1
    assert house.connections() == connections, "no connection was made anew"
    teacher.touch("vote-reveal")
    teacher.touch("vote-new")


@pytest.mark.soak
def test_who_was_away_for_long_comes_back_as_soon(house: House) -> None:
    teacher, screen, tablet = house.teacher, house.screen, house.tablet
    house.watch()
    left = house.journalled("participant.left")
    cut = time.monotonic()
    house.relay.cut()
    poll(lambda: house.journalled("participant.left") == left + 2, "leaving", GHOST_S + 5)
    gone = time.monotonic() - cut
    print(f"gone for the others after {gone:.1f} s")
    assert gone <= GHOST_S
    assert screen.page.evaluate(BRIGHT) > 60, "the last picture stays"
    ask(teacher, "Which is spring? 哪个是春", right="B")

    assert house.back_after(house.relay.restore()) <= BACK_S
    tablet.touch("answer-B")
    saved(tablet)
    teacher.moving("room-video")


def test_another_network_is_survived_on_the_same_connection(house: House) -> None:
    connections = house.connections()
    house.watch()
    moved = house.relay.move()
    time.sleep(0.3)
    assert house.back_after(moved) <= NOTICE_S + BACK_S
    house.teacher.moving("room-video")
    house.screen.moving("lead-video")
    assert house.connections() == connections, "no connection was made anew"


def worker_of(server: Server) -> int:
    """The process id of its media worker."""
    assert server.process is not None
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    for pid in map(int, children):
        with contextlib.suppress(OSError):
            if b"media.worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
    raise AssertionError("the server has no media worker")


def test_pictures_are_back_within_three_seconds_of_a_worker_s_death(house: House) -> None:
    server, teacher, screen = house.server, house.teacher, house.screen
    screen.moving("lead-video")
    teacher.moving("room-video")
    for someone in (teacher, screen):
        someone.page.evaluate("window.notReloaded = true")
    first = worker_of(server)
    # A worker that dies young is started anew a little later.
    time.sleep(max(0, house.began + YOUNG_S + 1 - time.monotonic()))

    os.kill(first, signal.SIGKILL)
    died = time.time()
    time.sleep(0.15)  # what was on its way has been shown
    pages = {"display": screen.page, "teacher": teacher.page}
    for page, picture in zip(pages.values(), ("lead-video", "room-video"), strict=True):
        page.evaluate(TEN_FRAMES, picture)
    for page in pages.values():
        page.wait_for_function("() => window.backAt")
    back = {name: page.evaluate("window.backAt") - died for name, page in pages.items()}
    print("back after", ", ".join(f"{name} {seconds:.1f} s" for name, seconds in back.items()))
    assert worker_of(server) != first
    assert max(back.values()) <= 3
    for someone in (teacher, screen):
        assert someone.page.evaluate("window.notReloaded")


@pytest.fixture(scope="module")
def local(house: House) -> Person:
    """The room's teacher, whose own line holds; and from now on the lesson is recorded."""
    add_teacher(house.server, "second", "Zhou Min 周敏")
    house.teacher.page.keyboard.press("r")
    poll(lambda: house.journalled("recording.started") == 1, "the recording")
    return local_teacher(house.browser, house.server.base, house.lesson, house.room, "second")


def missing(house: House, local: Person) -> None:
    """The display's line is cut until it is gone for the others, and is back."""
    left = house.journalled("participant.left")
    house.relay.cut()
    poll(lambda: house.journalled("participant.left") >= left + 2, "leaving", GHOST_S + 5)
    house.relay.restore()
    local.see("missed-lost", 60)


def behind(house: House) -> float:
    """Seconds of the lesson that the display has yet to catch up with."""
    return float(house.screen.page.get_by_test_id("missed-behind").get_attribute("data-behind") or 0) / 1000


def test_a_display_shows_what_it_missed_until_its_teacher_says_live(house: House, local: Person) -> None:
    screen, asked = house.screen, Counter[str]()
    missing(house, local)
    screen.page.on("request", lambda request: asked.update([request.url]))
    local.touch("missed-show")
    screen.see("missed", 60)
    expect(screen.page.get_by_test_id("missed")).to_contain_text("Not live")
    screen.moving("video", 30)
    assert screen.page.get_by_test_id("sound").count() == 0, "what is said now is not heard beside what was said then"
    before, began = behind(house), time.monotonic()
    time.sleep(5)
    gained, took = before - behind(house), time.monotonic() - began
    print(f"{before:.1f} s behind; caught up with {gained:.1f} s in {took:.1f} s")
    assert gained > 0.1 * took
    assert [url for url, times in asked.items() if times > 1 and "/part-1-" in url] == [], "nothing is fetched twice"
    local.touch("missed-stop")
    expect(screen.page.get_by_test_id("missed")).to_have_count(0)
    screen.moving("lead-video")
    poll(lambda: screen.page.get_by_test_id("sound").count() > 0, "the sound of now")
    expect(local.page.get_by_test_id("missed-lost")).to_have_count(0)


@pytest.mark.soak
def test_a_display_that_has_caught_up_is_live_by_itself(house: House, local: Person) -> None:
    """It takes three times as long as what was missed."""
    missing(house, local)
    local.touch("missed-show")
    house.screen.moving("video", 30)
    expect(house.screen.page.get_by_test_id("missed")).to_have_count(0, timeout=120_000)
    expect(local.page.get_by_test_id("missed-shown")).to_have_count(0)
    house.screen.moving("lead-video")


def test_a_page_that_is_killed_is_gone_for_the_others(house: House) -> None:
    left, killed = house.journalled("participant.left"), time.monotonic()
    house.tablet.page.close()
    poll(lambda: house.journalled("participant.left") == left + 1, "leaving", GHOST_S + 5)
    assert time.monotonic() - killed <= GHOST_S
