"""The people of the lesson that is pictured, and what they do in it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Error, Page, Route, expect

from tests.browser.browsers import DENIED
from tests.browser.house import HAND, SCHOOL, WORK, House, each, sees, sign_in
from tests.browser.people import add_teacher
from tests.browser.shots import DESKTOP, DISPLAY, TABLET, TAKEN, audited

SIXTY = (
    "青山镇中心小学第二教学楼三层东侧多媒体教室兼图书阅览室与留守儿童"
    "活动中心及远程同步课堂接收点和家长学校活动站周末辅导处也"
)
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
RIGHT_TO_LEFT = "مدرسة الأمل الابتدائية للبنين والبنات"
TITLE = "三年级语文 · Autumn 秋天"

# What Playwright says where the page has given an offer up before it was answered.
GIVEN_UP = re.compile("Response has been disposed|Route is already handled")
NO_CAMERA = """
navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('none', 'NotFoundError'); };
"""


@dataclass
class Lesson:
    id: str
    code: str
    rooms: list[dict[str, Any]]


def prepare(house: House) -> None:
    """Rooms, lessons and a second teacher; names of every kind."""
    for name in ("Room 3", SIXTY):
        house.server.cli("room", "add", SCHOOL, name)
    names = house.server.data.parent / "names.csv"
    names.write_text(f"姓名\n王明\n{SIXTY}\n{RIGHT_TO_LEFT}\n{LONG_WORD}\n")
    for room in house.server.cli("room", "list"):
        house.server.cli("room", "roster", room["name"], str(names))
    for title in (SIXTY, LONG_WORD, TITLE):
        house.server.cli("lesson", "create", title, "--owner", "lihua")
    add_teacher(house.server, "second", SIXTY)


def blocked_teacher(house: House, lesson: Lesson) -> Page:
    """A second teacher between whom and the server no packet goes: the ports that the answers name are nobody's."""
    page = audited(house.browser, DESKTOP, "en")

    def elsewhere(route: Route) -> None:
        if route.request.method != "PUT":
            return route.continue_()
        try:
            answer = route.fetch()
            told = answer.json()
            if "sdp" in told:
                told["sdp"] = re.sub(r"^(a=candidate:\S+ \d+ \w+ \d+ \S+) \d+", r"\1 9", told["sdp"], flags=re.M)
            route.fulfill(response=answer, body=json.dumps(told))
        except Error as fault:
            if not GIVEN_UP.search(fault.message):
                raise
        return None

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
    sees(page, "pairing-code")
    page.get_by_test_id("display-by-hand").click()
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
    sees(page, "where")
    each(house, page, "join", "where", *HAND)
    choose_room(page, 0)
    sees(page, "roster-name")
    each(house, page, "join", "form", *HAND)
    house.album.tab_through(page, "join-form")
    enter(page, "Wang Ming 王明")
    return page


def classmates(house: House, lesson: Lesson, *names: str) -> list[Page]:
    """More tablets, in windows of one browser: the first in the second room, and the others too, but at home where
    pictures are taken; the second has no leave to use its devices. Who has no name has the seat of a token without
    one."""
    page = audited(house.browser, TABLET, "en")
    pages = [page, *(page.context.new_page() for _ in names[1:])]
    pages[1].add_init_script(DENIED)
    for place, (page, name) in enumerate(zip(pages, names, strict=True)):
        if not name:
            nameless(house, lesson, page)
        page.goto(f"{house.server.base}/join/{lesson.code}")
        choose_room(page, 2 if TAKEN and place else 1)
        enter(page, name or "-")
    return pages


def nameless(house: House, lesson: Lesson, page: Page) -> None:
    token = house.server.cli("lesson", "token", lesson.id, "--role", "student")
    seat = {"role": "student", "room": None, "name": "", "title": TITLE, "code": lesson.code, "expires_in": 3600}
    page.route("**/api/v1/seats/*/token", lambda route: route.fulfill(json=seat | token))


def choose_room(page: Page, place: int) -> None:
    page.get_by_test_id("where").get_by_role("button").nth(place).click()


def enter(page: Page, name: str) -> None:
    page.get_by_test_id("name").fill(name)
    page.get_by_test_id("join-enter").click()
    expect(page.get_by_test_id("status").first).to_have_attribute("data-status", "online", timeout=60_000)


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
