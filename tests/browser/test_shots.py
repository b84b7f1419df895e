"""Every face in every state, language and size: a picture of each in build/shots, and nothing wrong with any of them.

One lesson is driven through its states; at each of them the pages of its people are pictured. Looking at the pictures
is still a person's work.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, Route, expect

from tests.browser.browsers import KIOSK, chromium, page_of
from tests.browser.camera import camera
from tests.browser.people import PASSWORD, poll
from tests.browser.shots import (
    DESKTOP,
    DISPLAY,
    LANGUAGES,
    PHONE,
    TABLET,
    UHD,
    Album,
    Size,
    audited,
    settle,
    speak,
    viewport,
)
from tests.processes import TONGKE, Server, serving

pytestmark = pytest.mark.browser

SIXTY = (
    "青山镇中心小学第二教学楼三层东侧多媒体教室兼图书阅览室与留守儿童"
    "活动中心及远程同步课堂接收点和家长学校活动站周末辅导处也"
)
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
RIGHT_TO_LEFT = "مدرسة الأمل الابتدائية للبنين والبنات"
SCHOOL = "Qingshan 青山村小"
TITLE = "三年级语文 · Autumn 秋天"
MOST_JOIN_BYTES = 150_000

WORK: tuple[Size, ...] = (DESKTOP, TABLET)
HAND: tuple[Size, ...] = (TABLET, PHONE)
ALL: tuple[Size, ...] = (DESKTOP, TABLET, PHONE)

NO_CAMERA = """
navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('none', 'NotFoundError'); };
"""


@dataclass
class House:
    server: Server
    browser: Browser
    album: Album

    def page(self, size: Size, language: str, path: str, *, script: str = "") -> Page:
        page = audited(self.browser, size, language)
        if script:
            page.add_init_script(script)
        page.goto(self.server.base + path)
        return page


@pytest.fixture
def house(playwright: Playwright, tmp_path: Path) -> Iterator[House]:
    with (
        serving(tmp_path / "data") as server,
        # Few frames: what is looked at here stands still, and two cores have many pages to draw.
        chromium(playwright, camera=camera(640, 360, 30, fps=3), flags=[KIOSK]) as browser,
    ):
        yield House(server, browser, Album())


def sees(page: Page, testid: str, timeout_s: float = 20) -> None:
    expect(page.get_by_test_id(testid).first).to_be_visible(timeout=timeout_s * 1000)


def sign_in(page: Page, login: str = "lihua") -> None:
    page.get_by_test_id("login").fill(login)
    page.get_by_test_id("password").fill(PASSWORD)
    page.get_by_test_id("sign-in-submit").click()


def each(house: House, page: Page, face: str, state: str, *sizes: Size, whole: bool = False) -> None:
    """The page in both languages; then it is as it was."""
    for language in LANGUAGES:
        speak(page, language)
        house.album.shoot(page, face, state, language, *sizes, whole=whole)
    back(page, sizes[0])


def back(page: Page, size: Size) -> None:
    page.set_viewport_size(viewport(size))  # type: ignore[arg-type]
    settle(page)


@pytest.mark.timeout(300)
def test_before_a_lesson(house: House) -> None:
    before_anyone(house)
    teacher = first_administrator(house)
    nothing_yet(house, teacher)
    strangers(house)
    house.album.check()


@pytest.mark.timeout(900)
def test_a_lesson(house: House) -> None:
    teacher = set_up(house)
    prepare(house)
    a_lesson(house, teacher)
    the_library(house, teacher)
    house.album.check()


# Before there is a lesson


def before_anyone(house: House) -> None:
    for language in LANGUAGES:
        page = house.page(DESKTOP, language, "/")
        sees(page, "setup-needed")
        house.album.shoot(page, "index", "fresh", language, *ALL)
        page.goto(house.server.base + "/trust")
        sees(page, "trust-steps")
        house.album.shoot(page, "trust", "steps", language, *ALL, whole=True)
        page.context.close()


def set_up(house: House) -> Page:
    page = house.page(DESKTOP, "en", f"/setup#{house.server.setup_secret()}")
    for name, value in (("school", SCHOOL), ("name", "Li Hua 李华"), ("login", "lihua"), ("password", PASSWORD)):
        page.get_by_test_id(f"setup-{name}").fill(value)
    page.get_by_test_id("setup-submit").click()
    sees(page, "start-lesson")
    return page


def first_administrator(house: House) -> Page:
    page = house.page(DESKTOP, "en", f"/setup#{house.server.setup_secret()}")
    sees(page, "setup-school")
    each(house, page, "setup", "secret", *WORK)
    for name, value in (("school", SCHOOL), ("name", "Li Hua 李华"), ("login", "lihua"), ("password", "short")):
        page.get_by_test_id(f"setup-{name}").fill(value)
    each(house, page, "setup", "short", *WORK)
    page.get_by_test_id("setup-password").fill(PASSWORD)
    page.get_by_test_id("setup-submit").click()
    sees(page, "start-lesson")
    return page


def nothing_yet(house: House, teacher: Page) -> None:
    sees(teacher, "no-lessons")
    each(house, teacher, "teach", "home-empty", *WORK)
    for path, face, state, testid in (
        ("/library", "library", "empty", "library-empty"),
        ("/staff", "staff", "empty", "live-lessons"),
    ):
        teacher.goto(house.server.base + path)
        sees(teacher, testid)
        each(house, teacher, face, state, *WORK)


def prepare(house: House) -> None:
    """Rooms, lessons and a second teacher; names of every kind."""
    for name in ("Room 3", SIXTY):
        house.server.cli("room", "add", SCHOOL, name)
    for title in (SIXTY, LONG_WORD, TITLE):
        house.server.cli("lesson", "create", title, "--owner", "lihua")
    subprocess.run(
        [str(TONGKE), "user", "add", "second", "--name", SIXTY, "--data", str(house.server.data)],
        input=f"{PASSWORD}\n{PASSWORD}\n", text=True, check=True, capture_output=True,
    )  # fmt: skip


def strangers(house: House) -> None:
    for language in LANGUAGES:
        page = house.page(DESKTOP, language, "/")
        sees(page, "login")
        house.album.shoot(page, "index", "empty", language, *ALL)
        page.get_by_test_id("code-input").fill("00000000")
        expect(page.locator("#code-says.fault")).to_be_visible()
        house.album.shoot(page, "index", "wrong-code", language, *ALL)
        for path, face in (("/teach", "teach"), ("/library", "library"), ("/staff", "staff")):
            page.goto(house.server.base + path)
            sees(page, "login")
            house.album.shoot(page, face, "sign-in", language, *WORK)
        page.goto(house.server.base + "/join/00000000")
        sees(page, "join-fault")
        house.album.shoot(page, "join", "wrong-code", language, *HAND)
        page.context.close()


# A lesson


@dataclass
class Lesson:
    id: str
    code: str
    rooms: list[dict[str, Any]]


def a_lesson(house: House, teacher: Page) -> None:
    teacher.goto(house.server.base + "/teach")
    sees(teacher, "lesson")
    each(house, teacher, "teach", "home", *WORK)
    found = next(one for one in house.server.cli("lesson", "list") if one["title"] == TITLE)
    lesson = Lesson(found["id"], found["code"], house.server.cli("room", "list"))

    blocked = blocked_teacher(house, lesson)
    teacher.goto(f"{house.server.base}/teach/{lesson.id}")
    enter = teacher.get_by_test_id("enter")
    expect(enter).to_be_enabled(timeout=20_000)
    playing(teacher, "self-video")
    each(house, teacher, "teach", "device-check", *WORK)
    without_devices(house, lesson)
    enter.click()
    sees(teacher, "begin")
    displays = {
        language: display(house, lesson, room["id"], language)
        for language, room in zip(LANGUAGES, sorted(lesson.rooms, key=lambda room: len(room["name"])), strict=True)
    }
    tablet = student(house, lesson)
    others = classmates(house, lesson, SIXTY, RIGHT_TO_LEFT, LONG_WORD[:60], "")
    everywhere(house, "waiting", tablet, displays)
    each(house, teacher, "teach", "desk-waiting", *WORK)

    teacher.get_by_test_id("begin").click()
    for screen in displays.values():
        playing(screen, "lead-video")
    playing(teacher, "room-video")
    teacher.get_by_test_id("record").click()
    expect(teacher.get_by_test_id("rec").first).to_have_attribute("data-on", "true")
    everywhere(house, "people", tablet, displays)
    each(house, teacher, "teach", "desk-empty", *WORK)
    house.album.tab_through(teacher, "teach-desk-empty")

    write(teacher)
    poll(lambda: all(strokes(page) == strokes(teacher) for page in (*displays.values(), tablet)), "ink everywhere")
    everywhere(house, "ink", tablet, displays)

    ask(teacher, "哪个字是「秋」？ Which is 秋?", ["秋 qiū", "春 chūn", "A season between summer and winter", SIXTY])
    sees(tablet, "question")
    for screen in displays.values():
        sees(screen, "vote")
    for other, choice in zip(others, "AABD", strict=True):
        other.get_by_test_id(f"answer-{choice}").click()
    answered(teacher, 4)
    each(house, tablet, "join", "question", *HAND)
    tablet.get_by_test_id("answer-A").click()
    stand(tablet, "saved")
    answered(teacher, 5)
    for other in others:
        other.get_by_test_id("hand").click()
    chat(others[0], "老师，我们这里也有银杏树！")
    chat(others[1], "نعم، أرى أوراق الخريف من النافذة")
    chat(others[3], LONG_WORD)
    everywhere(house, "vote", tablet, displays)
    each(house, teacher, "teach", "desk-vote", *WORK)
    for tab, there in (("hands", "hand-row"), ("chat", "chat-message")):
        teacher.get_by_test_id(f"tab-{tab}").click()
        sees(teacher, there)
        each(house, teacher, "teach", f"desk-{tab}", *WORK)
    teacher.get_by_test_id("tab-vote").click()
    chat_open(house, tablet)

    teacher.get_by_test_id("vote-reveal").click()
    sees(tablet, "verdict")
    everywhere(house, "revealed", tablet, displays)
    each(house, teacher, "teach", "desk-revealed", *WORK)

    teacher.get_by_test_id("vote-new").click()
    ask(teacher, SIXTY, ["是", "否"])
    sees(tablet, "answer-A")
    for language in LANGUAGES:
        speak(teacher, language)
        teacher.keyboard.press("?")
        sees(teacher, "keys")
        house.album.shoot(teacher, "teach", "keys", language, *WORK)
        teacher.keyboard.press("Escape")
    back(teacher, DESKTOP)
    sees(blocked, "media-blocked", 60)
    each(house, blocked, "teach", "desk-blocked", *WORK)
    blocked.context.close()
    house.server.kill()
    tablet.get_by_test_id("answer-A").click()
    stand(tablet, "waiting")
    for page in (teacher, tablet, *displays.values()):
        sees(page, "connection-lost")
    everywhere(house, "offline", tablet, displays)
    each(house, teacher, "teach", "desk-offline", *WORK)
    house.server.start()
    stand(tablet, "saved")
    for page in (teacher, *displays.values()):
        expect(page.get_by_test_id("status").first).to_have_attribute("data-status", "online", timeout=20_000)
    teacher.get_by_test_id("end-lesson").click()
    each(house, teacher, "teach", "desk-ending", *WORK)
    teacher.get_by_test_id("end-lesson-confirm").click()
    sees(teacher, "watch")
    sees(tablet, "ended")
    for screen in displays.values():
        sees(screen, "ended")
    everywhere(house, "ended", tablet, displays)
    each(house, teacher, "teach", "ended", *WORK)
    for page in (tablet, *displays.values()):
        page.context.close()


def everywhere(house: House, state: str, tablet: Page, displays: dict[str, Page]) -> None:
    for language, screen in displays.items():
        sizes = (DISPLAY, UHD) if state in ("vote", "people") else (DISPLAY,)
        house.album.shoot(screen, "display", state, language, *sizes)
        if len(sizes) > 1:
            back(screen, DISPLAY)
    each(house, tablet, "join", state, *HAND)


def blocked_teacher(house: House, lesson: Lesson) -> Page:
    """A second teacher between whom and the server no packet goes: the ports that the answers name are nobody's."""
    page = audited(house.browser, DESKTOP, "en")

    def elsewhere(route: Route) -> None:
        if route.request.method != "PUT":
            return route.continue_()
        answer = route.fetch()
        told = answer.json()
        if "sdp" in told:
            told["sdp"] = re.sub(r"^(a=candidate:\S+ \d+ \w+ \d+ \S+) \d+", r"\1 9", told["sdp"], flags=re.M)
        return route.fulfill(response=answer, body=json.dumps(told))

    page.route("**/peers/*", elsewhere)
    page.goto(f"{house.server.base}/teach/{lesson.id}")
    sign_in(page, "second")
    long_named = next(room["id"] for room in lesson.rooms if room["name"] == SIXTY)
    sees(page, f"room-{long_named}")
    each(house, page, "teach", "choose-room", *WORK)
    page.get_by_test_id(f"room-{long_named}").click()
    expect(page.get_by_test_id("enter")).to_be_enabled(timeout=20_000)
    page.get_by_test_id("enter").click()
    return page


def without_devices(house: House, lesson: Lesson) -> None:
    page = house.page(DESKTOP, "en", f"/teach/{lesson.id}", script=NO_CAMERA)
    sign_in(page)
    sees(page, "camera-fault")
    each(house, page, "teach", "device-missing", *WORK)
    page.context.close()


def display(house: House, lesson: Lesson, room: str, language: str) -> Page:
    page = house.page(DISPLAY, language, "/display")
    sees(page, "login")
    house.album.shoot(page, "display", "sign-in", language, DISPLAY)
    sign_in(page)
    expect(page.get_by_text(TITLE)).to_be_visible()
    house.album.shoot(page, "display", "choose-lesson", language, DISPLAY)
    page.get_by_text(TITLE).click()
    sees(page, f"room-{room}")
    house.album.shoot(page, "display", "choose-room", language, DISPLAY)
    page.get_by_test_id(f"room-{room}").click()
    sees(page, "display")
    expect(page.get_by_test_id("status").first).to_have_attribute("data-status", "online", timeout=20_000)
    return page


def student(house: House, lesson: Lesson) -> Page:
    page = house.page(TABLET, "en", f"/join/{lesson.code}")
    sees(page, "join-form")
    each(house, page, "join", "form", *HAND)
    house.album.tab_through(page, "join-form")
    sit(page, "Wang Ming 王明", 1)
    return page


def classmates(house: House, lesson: Lesson, *names: str) -> list[Page]:
    """More tablets, in windows of one browser. Who has no name has the seat of a token without one."""
    context, page = page_of(house.browser, viewport(TABLET))
    pages = [page, *(context.new_page() for _ in names[1:])]
    for page, name in zip(pages, names, strict=True):
        if not name:
            nameless(house, lesson, page)
        page.goto(f"{house.server.base}/join/{lesson.code}")
        sit(page, name or "-", 2)
    return pages


def nameless(house: House, lesson: Lesson, page: Page) -> None:
    token = house.server.cli("lesson", "token", lesson.id, "--role", "student")
    seat = {"role": "student", "room": None, "name": "", "title": TITLE, "code": lesson.code, "expires_in": 3600}
    page.route("**/api/v1/seats/*/token", lambda route: route.fulfill(json=seat | token))


def sit(page: Page, name: str, room: int) -> None:
    page.get_by_test_id("name").fill(name)
    page.get_by_test_id("room").select_option(index=room)
    page.get_by_test_id("join-enter").click()
    expect(page.get_by_test_id("status").first).to_have_attribute("data-status", "online", timeout=60_000)


def playing(page: Page, testid: str) -> None:
    page.wait_for_function("id => document.querySelector(`[data-testid=${id}]`)?.videoWidth > 0", arg=testid)


def strokes(page: Page) -> int:
    return int(page.get_by_test_id("board").first.get_attribute("data-strokes") or 0)


INK: tuple[tuple[tuple[float, float], ...], ...] = (
    ((0.24, 0.24), (0.18, 0.28)),
    ((0.14, 0.38), (0.28, 0.36)),
    ((0.21, 0.26), (0.21, 0.72)),
    ((0.21, 0.40), (0.13, 0.56)),
    ((0.21, 0.40), (0.27, 0.52)),
    ((0.33, 0.36), (0.31, 0.46)),
    ((0.46, 0.32), (0.42, 0.44)),
    ((0.38, 0.24), (0.37, 0.48), (0.30, 0.70)),
    ((0.38, 0.48), (0.48, 0.70)),
)


def write(teacher: Page) -> None:
    """The strokes of 秋, and a line under it in red."""
    box = teacher.get_by_test_id("board-canvas").first.bounding_box()
    assert box

    def stroke(points: tuple[tuple[float, float], ...]) -> None:
        for index, (x, y) in enumerate(points):
            teacher.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
            if index == 0:
                teacher.mouse.down()
        teacher.mouse.up()

    for points in INK:
        stroke(points)
    teacher.get_by_test_id("color-c2311b").click()
    stroke(((0.12, 0.82), (0.30, 0.85), (0.50, 0.81)))


def ask(teacher: Page, prompt: str, options: list[str]) -> None:
    teacher.get_by_test_id("vote-prompt").fill(prompt)
    for letter, option in zip("ABCD", options, strict=False):
        teacher.get_by_test_id(f"vote-option-{letter}").fill(option)
    teacher.get_by_test_id("vote-right-A").click()
    teacher.get_by_test_id("vote-open").click()
    sees(teacher, "vote")


def answered(teacher: Page, count: int) -> None:
    expect(teacher.get_by_test_id("answered")).to_have_attribute("data-answered", str(count), timeout=10_000)


def stand(tablet: Page, state: str) -> None:
    expect(tablet.get_by_test_id("answer-state")).to_have_attribute("data-state", state, timeout=20_000)


def chat(someone: Page, text: str) -> None:
    someone.get_by_test_id("chat-toggle").click()
    someone.get_by_test_id("chat-input").fill(text)
    someone.get_by_test_id("chat-send").click()
    sees(someone, "chat-message")


def chat_open(house: House, tablet: Page) -> None:
    tablet.get_by_test_id("chat-toggle").click()
    sees(tablet, "chat-message")
    each(house, tablet, "join", "chat", *HAND)
    tablet.get_by_test_id("chat-toggle").click()


# What is left of it


def the_library(house: House, teacher: Page) -> None:
    teacher.goto(house.server.base + "/staff")
    sees(teacher, "live-lessons")
    each(house, teacher, "staff", "lessons", *WORK)
    teacher.goto(house.server.base + "/library")
    sees(teacher, "resource")
    each(house, teacher, "library", "list", *WORK)
    teacher.get_by_test_id("resource").first.locator("a").click()
    sees(teacher, "play")
    teacher.get_by_test_id("play").click()
    playing(teacher, "video")
    teacher.get_by_test_id("mark").last.click()
    teacher.get_by_test_id("play").click()
    time.sleep(1)
    each(house, teacher, "library", "player", *WORK, whole=True)


@pytest.mark.timeout(120)
def test_join_is_small(house: House) -> None:
    """The first load of /join, as it went over the line."""
    set_up(house)
    lesson = house.server.cli("lesson", "create", TITLE, "--owner", "lihua")
    page = audited(house.browser, PHONE, "en")
    line = page.context.new_cdp_session(page)
    sizes: list[float] = []
    line.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
    line.send("Network.enable")
    page.goto(f"{house.server.base}/join/{lesson['code']}")
    sees(page, "join-form")
    page.wait_for_load_state("networkidle")
    print(f"/join: {sum(sizes) / 1000:.1f} KB in {len(sizes)} answers")
    assert 10_000 < sum(sizes) < MOST_JOIN_BYTES
