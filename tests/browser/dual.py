"""The people of a dual-teacher lesson: a lead in the city; in two villages a teacher, a display and three tablets."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser

from tests.browser.browsers import DISPLAY
from tests.browser.people import (
    KEEP_CONNECTIONS,
    Person,
    add_teacher,
    administrator,
    local_teacher,
    person,
    poll,
    sit_at_tablet,
    start_lesson,
)
from tests.processes import Server

SCHOOL = "Qingshan 青山村小"
TITLE = "三年级语文 · Autumn 秋天"

# The sound that has come in one section of the page's receiving connections.
ENERGY = """async (mid) => {
  let energy = 0;
  for (const connection of connections)
    for (const one of (await connection.getStats()).values())
      if (one.type === 'inbound-rtp' && one.kind === 'audio' && one.mid === mid) energy += one.totalAudioEnergy || 0;
  return energy;
}"""


Window = tuple[float, float]
"""Between which moments something happened, in seconds of the wall clock."""


@dataclass
class Room:
    name: str
    teacher_login: str
    teacher_name: str
    children: tuple[str, ...]
    language: str
    """What its pages speak."""
    id: str = ""
    screen: Person = field(init=False)
    teacher: Person = field(init=False)
    tablets: list[Person] = field(default_factory=list)


def two_rooms() -> tuple[Room, Room]:
    return (
        Room(
            "Qingshan 青山 · 3", "zhoumin", "Zhou Min 周敏", ("Wang Ming 王明", "Zhao Li 赵丽", "Sun Yue 孙悦"), "zh-CN"
        ),
        Room("Baiyun 白云 · 3", "chenjie", "Chen Jie 陈杰", ("Ma Tao 马涛", "Liu Yang 刘洋", "He Jing 何静"), "en"),
    )


@dataclass
class Lesson:
    server: Server
    id: str
    lead: Person
    rooms: tuple[Room, Room]
    came: dict[str, Window] = field(default_factory=dict)
    """When who has come, of the children and local teachers, by name."""

    @contextlib.contextmanager
    def comes(self, name: str) -> Iterator[None]:
        began = time.time()
        yield
        self.came[name] = (began, time.time())

    @property
    def screens(self) -> list[Person]:
        return [room.screen for room in self.rooms]

    @property
    def tablets(self) -> list[Person]:
        return [tablet for room in self.rooms for tablet in room.tablets]

    @property
    def teachers(self) -> list[Person]:
        return [self.lead, *(room.teacher for room in self.rooms)]


def prepare(server: Server, rooms: tuple[Room, Room]) -> None:
    """Rooms and accounts, from the shell."""

    def one(room: Room) -> None:
        room.id = server.cli("room", "add", SCHOOL, room.name)["id"]
        add_teacher(server, room.teacher_login, room.teacher_name)

    with ThreadPoolExecutor() as hands:
        list(hands.map(one, rooms))


def pair(server: Server, browser: Browser, rooms: tuple[Room, Room], script: str) -> None:
    """The rooms' displays, each by the code that it shows; from then on they start by themselves."""
    for room in rooms:
        room.screen = person(browser, DISPLAY, locale=room.language, script=script)
        room.screen.page.goto(f"{server.base}/display", wait_until="commit")
    for room in rooms:
        room.screen.see("pairing-code")
        code = room.screen.page.get_by_test_id("pairing-code").inner_text()
        server.cli("room", "pair", code, "--room", room.id)
    for room in rooms:
        room.screen.see("display-waiting")


def begin(
    server: Server,
    city: Browser,
    village: Browser,
    *,
    recording: bool = False,
    language: str = "zh-CN",
    script: str = "",
) -> Lesson:
    """The lead starts a lesson, and everyone comes: displays by themselves, teachers by account, children by code."""
    script += KEEP_CONNECTIONS
    rooms = two_rooms()
    lead = administrator(city, server.base, server.setup_secret(), locale=language, script=script)
    prepare(server, rooms)
    pair(server, village, rooms, script)
    id_, code = start_lesson(lead, TITLE, recording=recording)
    lesson = Lesson(server, id_, lead, rooms)
    for room in rooms:
        with lesson.comes(room.teacher_name):
            room.teacher = local_teacher(
                village, server.base, id_, room.id, room.teacher_login, locale=room.language, script=script
            )
        for name in room.children:
            with lesson.comes(name):
                tablet = sit_at_tablet(village, server.base, code, name, room.id, locale=room.language, script=script)
            room.tablets.append(tablet)
        room.screen.see("display")
    return lesson


def sees(someone: Person, testid: str) -> None:
    """The picture of a fake camera, as it moves: two of its frames."""
    numbers: set[int] = set()

    def another() -> bool:
        number = someone.page.evaluate(
            "id => { const video = document.querySelector(`[data-testid=${id}]`); return video && readFrame(video) }",
            testid,
        )
        numbers.update(() if number is None else (number,))
        return len(numbers) > 1

    poll(another, f"moving picture in {testid}", timeout_s=20)


def slot(someone: Person, whom: Person, source: str) -> str | None:
    """The receiving section in which someone gets that source of another, by the last word of the server."""
    told = [line for line in someone.heard().splitlines() if '"slots"' in line]
    slots = json.loads(told[-1][told[-1].index("[") :])[1]["data"]["slots"] if told else []
    found: list[Any] = [one["mid"] for one in slots if (one["participant"], one["source"]) == (whom.id, source)]
    return found[0] if found else None


def hears(someone: Person, whom: Person) -> None:
    """Sound of that participant that is not silence goes on coming."""
    heard: list[float] = []

    def more() -> bool:
        mid = slot(someone, whom, "mic")
        if mid is not None:
            heard.append(float(someone.page.evaluate(ENERGY, mid)))
        return len(heard) > 1 and heard[-1] > heard[0]

    poll(more, "sound", timeout_s=20)
