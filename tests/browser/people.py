"""The people of a lesson at their pages: what a test lets them do, in their own words, by touch and sight alone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakSet

from playwright.sync_api import Browser, BrowserContext, Page, WebSocket, expect

from tests.browser.browsers import DESKTOP, DISPLAY, TABLET, page_of
from tests.browser.camera import WATCH
from tests.processes import Server, tongke

PASSWORD = "correct horse 正确的马"

# Every command leaves the page twice, as it does when an acknowledgement was lost.
TWICE = """
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  send.call(this, data);
  if (typeof data === 'string' && data.includes('"command"')) send.call(this, data);
};
"""


# The page's peer connections, for their statistics.
KEEP_CONNECTIONS = """
window.connections = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) {
    super(...given);
    window.connections.push(this);
  }
};
"""

PRESENT: WeakSet[Person] = WeakSet()


STANDS = """id => [...document.querySelectorAll(`[data-testid="${id}"]`)].map((video) => ({
  paused: video.paused, ready: video.readyState, network: video.networkState, error: video.error && video.error.message,
  at: video.currentTime, seeking: video.seeking, visible: document.visibilityState, src: video.currentSrc.slice(0, 60),
  buffered: Array.from({length: video.buffered.length}, (_, i) => [video.buffered.start(i), video.buffered.end(i)]),
}))"""
"""How a picture stands that should move."""


@dataclass(eq=False)
class Person:
    context: BrowserContext
    page: Page
    received: list[str] = field(default_factory=list)
    """Everything that came over the socket."""

    def __post_init__(self) -> None:
        PRESENT.add(self)

    def see(self, testid: str, timeout_s: float = 20) -> None:
        expect(self.page.get_by_test_id(testid).first).to_be_visible(timeout=timeout_s * 1000)

    def touch(self, testid: str) -> None:
        self.page.get_by_test_id(testid).first.click()

    def write(self, testid: str, text: str) -> None:
        self.page.get_by_test_id(testid).fill(text)

    def online(self, timeout_s: float = 20) -> None:
        expect(self.page.get_by_test_id("status").first).to_have_attribute(
            "data-status", "online", timeout=timeout_s * 1000
        )

    def moving(self, testid: str, timeout_s: float = 20) -> None:
        """A picture that plays: new frames are shown, ten of them from now on, also where another element has taken the
        first one's place by then (who sits down in a room anew has a tile of their own)."""
        self.see(testid, timeout_s)
        moved = self.page.evaluate(
            """([id, timeout_s]) => new Promise((done) => {
                const until = performance.now() + timeout_s * 1000;  // stories shorten long timers of a page
                let watched = null;
                let left = 10;
                const shown = () => --left && watched.requestVideoFrameCallback(shown);
                const watch = () => {
                    const video = document.querySelector(`[data-testid="${id}"]`);
                    if (video && video !== watched) {
                        watched = video;
                        video.requestVideoFrameCallback(shown);
                    }
                    if (left && performance.now() < until) setTimeout(watch, 100);
                    else done(!left);
                };
                watch();
            })""",
            [testid, timeout_s],
        )
        assert moved, f"{testid} shows no new frames within {timeout_s} s: {self.page.evaluate(STANDS, testid)}"

    def enter(self) -> None:
        """From the device check to the desk."""
        expect(self.page.get_by_test_id("enter")).to_be_enabled(timeout=20_000)
        self.touch("enter")
        self.see("desk")
        self.online()

    def sign_in(self, login: str = "lihua") -> None:
        self.write("login", login)
        self.write("password", PASSWORD)
        self.touch("sign-in-submit")

    def heard(self) -> str:
        """All that came over the socket until now."""
        self.page.title()  # lets the driver deliver it
        return "\n".join(self.received)

    @property
    def id(self) -> str:
        """The participant, as the last welcome of its page names it."""
        found = re.findall(r'"kind":"welcome".*?"participant":"([\w-]+)"', self.heard().replace(" ", ""))
        assert found, "no welcome yet"
        return str(found[-1])

    def ink(self, colour: str = "rgb(30, 36, 48)") -> int:
        """How many pixels of the board are covered with ink."""
        return int(
            self.page.evaluate(
                """() => [...document.querySelectorAll('[data-testid="board"] canvas')].reduce((sum, canvas) => {
                    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
                    let covered = 0;
                    for (let i = 3; i < pixels.length; i += 4) if (pixels[i] > 128) covered++;
                    return sum + covered;
                }, 0)"""
            )
        )


def person(browser: Browser, viewport: dict[str, int], *, locale: str = "en", script: str = "") -> Person:
    context, page = page_of(browser, viewport, locale)
    context.add_init_script(WATCH + script)
    someone = Person(context, page)

    def opened(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: someone.received.append(_text(frame)))

    page.on("websocket", opened)
    context.on("page", lambda another: another.on("websocket", opened))
    return someone


def _text(frame: Any) -> str:
    return frame if isinstance(frame, str) else frame.decode("utf-8", "replace")


def add_teacher(server: Server, login: str, name: str) -> None:
    """From the shell, as an administrator does."""
    tongke("user", "add", login, "--name", name, "--data", str(server.data), given=f"{PASSWORD}\n{PASSWORD}\n")


def administrator(browser: Browser, base: str, secret: str, **given: str) -> Person:
    """The first person of an installation, at /teach. Through /setup itself goes tests/browser/test_shots.py."""
    someone = person(browser, DESKTOP, **given)
    school = {"secret": secret, "school": "Qingshan 青山村小", "name": "Li Hua 李华"}
    api = someone.context.request
    csrf = api.get(f"{base}/api/v1/session").json()["csrf"]
    made = api.post(
        f"{base}/api/v1/setup", data={**school, "login": "lihua", "password": PASSWORD}, headers={"X-CSRF": csrf}
    )
    assert made.ok, made.text()
    someone.page.goto(f"{base}/teach")
    someone.see("start-lesson")
    return someone


def sign_in(browser: Browser, base: str, **given: str) -> Person:
    """The administrator at another machine, at /teach."""
    someone = person(browser, DESKTOP, **given)
    someone.page.goto(f"{base}/teach")
    someone.sign_in()
    someone.see("start-lesson")
    return someone


def local_teacher(browser: Browser, base: str, lesson: str, room: str, login: str, **given: str) -> Person:
    """A teacher of another account comes to the lesson, for the room, and is at the desk."""
    someone = person(browser, DESKTOP, **given)
    someone.page.goto(f"{base}/teach/{lesson}")
    someone.sign_in(login)
    someone.touch(f"room-{room}")
    someone.enter()
    return someone


def start_lesson(teacher: Person, title: str, *, recording: bool = False) -> tuple[str, str]:
    """From /teach to the desk of a lesson that has begun; its id and join code."""
    teacher.write("lesson-title", title)
    if recording:
        teacher.page.get_by_test_id("lesson-recording").check()
    teacher.touch("start-lesson")
    expect(teacher.page.get_by_test_id("enter")).to_be_enabled(timeout=20_000)
    teacher.touch("enter")
    expect(teacher.page.get_by_test_id("desk")).to_have_attribute("data-phase", "live", timeout=20_000)
    found = re.search(r"/teach/(\w+)", teacher.page.url)
    assert found, teacher.page.url
    code = teacher.page.get_by_test_id("code").first.get_attribute("data-code")
    assert code
    return found[1], code


def sit_at_display(browser: Browser, base: str, lesson: str, room: str, *, script: str = "") -> Person:
    """A teacher signs in at a room's big screen and chooses the room."""
    screen = person(browser, DISPLAY, script=script)
    screen.page.goto(f"{base}/display/{lesson}")
    screen.sign_in()
    screen.touch(f"room-{room}")
    screen.see("display")
    screen.online()
    return screen


def sit_at_tablet(browser: Browser, base: str, code: str, name: str, room: str | None, **given: str) -> Person:
    tablet = person(browser, TABLET, **given)
    tablet.page.goto(f"{base}/join/{code}" + (f"?room={room}" if room else ""))
    expect(tablet.page.get_by_test_id("where").or_(tablet.page.get_by_test_id("join-form"))).to_be_visible()
    if tablet.page.get_by_test_id("where").count():
        tablet.touch("room-home")
    tablet.write("name", name)
    tablet.touch("join-enter")
    tablet.online()
    return tablet


def draw(teacher: Person, points: list[tuple[float, float]]) -> None:
    """One stroke with the pen; points are shares of the board's width and height."""
    box = teacher.page.get_by_test_id("board-canvas").first.bounding_box()
    assert box
    mouse = teacher.page.mouse
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    mouse.move(*at[0])
    mouse.down()
    for point in at[1:]:
        mouse.move(*point, steps=8)
    mouse.up()


def saved(teacher: Person, kind: str, folder: Path) -> Path:
    """The page, or all of them, as a file that the teacher takes along."""
    teacher.touch("board-menu")
    with teacher.page.expect_download() as began:
        teacher.touch(f"save-{kind}")
    path = folder / f"page.{kind}"
    began.value.save_as(path)
    teacher.page.keyboard.press("Escape")
    return path


def poll(condition: Callable[[], bool], what: str, timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"no {what} after {timeout_s} s"
        time.sleep(0.1)
