"""Two teachers, one class: calling, the private line, and a lesson that changes hands when the lead's page dies."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect

from tests.browser.browsers import DESKTOP, chromium
from tests.browser.camera import camera
from tests.browser.people import (
    PASSWORD,
    Person,
    administrator,
    person,
    poll,
    sit_at_display,
    sit_at_tablet,
    start_lesson,
)
from tests.processes import TONGKE, Server, serving

pytestmark = pytest.mark.browser

SECOND = "Zhou Min 周敏"
CANARY = "canary-7f3a"


@dataclass
class Class:
    server: Server
    browser: Browser


@pytest.fixture
def school(playwright: Playwright, tmp_path: Path) -> Iterator[Class]:
    with (
        serving(tmp_path / "data") as server,
        chromium(playwright, camera=camera(320, 180, 30, fps=3)) as browser,
    ):
        yield Class(server, browser)


def second_teacher(school: Class, lesson: str, room: str) -> Person:
    """A teacher of another account comes to the lesson, for the room."""
    subprocess.run(
        [str(TONGKE), "user", "add", "second", "--name", SECOND, "--data", str(school.server.data)],
        input=f"{PASSWORD}\n{PASSWORD}\n", text=True, check=True, capture_output=True,
    )  # fmt: skip
    someone = person(school.browser, DESKTOP)
    someone.page.goto(f"{school.server.base}/teach/{lesson}")
    someone.write("login", "second")
    someone.write("password", PASSWORD)
    someone.touch("sign-in-submit")
    someone.touch(f"room-{room}")
    enter(someone)
    return someone


def enter(teacher: Person) -> None:
    expect(teacher.page.get_by_test_id("enter")).to_be_enabled(timeout=20_000)
    teacher.touch("enter")
    teacher.see("desk")
    teacher.online()


def heard(someone: Person, since: int = 0) -> str:
    someone.page.title()  # lets the driver deliver what came
    return "".join(someone.received[since:])


def hears(someone: Person, kind: str, since: int) -> None:
    poll(lambda: kind in heard(someone, since), kind)


def called(teacher: Person) -> str:
    teacher.see("called-child")
    return teacher.page.get_by_test_id("called-child").locator("b").inner_text()


@pytest.mark.timeout(180)
def test_two_teachers(school: Class) -> None:
    lead = administrator(school.browser, school.server.base, school.server.setup_secret())
    school_name = "Qingshan 青山村小"
    rooms = [school.server.cli("room", "add", school_name, name)["id"] for name in ("Room 1", "Room 2")]
    lesson, code = start_lesson(lead, "三年级语文")
    local = second_teacher(school, lesson, rooms[1])
    screen = sit_at_display(school.browser, school.server.base, lesson, rooms[1])
    tablets = [
        sit_at_tablet(school.browser, school.server.base, code, name, rooms[1])
        for name in ("Wang Ming 王明", "Zhao Li 赵丽")
    ]

    # A room is called on in one touch, then one of its children by chance, then the other, for each gets a turn.
    tile = lead.page.get_by_test_id("room-tile").filter(has_text="Room 2")
    tile.get_by_test_id("call-on").click()
    expect(tile.get_by_test_id("call-on")).to_have_text("Release", timeout=20_000)
    tile.get_by_test_id("open-room").click()
    expect(lead.page.get_by_test_id("child")).to_have_count(2)
    lead.page.keyboard.press("g")
    first = called(lead)
    expect(local.page.get_by_test_id("called-child")).to_contain_text(first)
    local.touch("dismiss")
    expect(lead.page.get_by_test_id("called-child")).to_have_count(0)
    lead.touch("pick")
    assert called(lead) != first
    expect(lead.page.get_by_test_id("child").first).to_contain_text("called 1 time")
    lead.touch("dismiss")
    expect(local.page.get_by_test_id("called-child")).to_have_count(0)

    # What the teachers say to each other is theirs: no screen and no tablet receives a byte of it.
    local.touch("tab-line")
    local.touch("signal-not_understood")
    expect(lead.page.get_by_test_id("line-news").first).to_contain_text("Not understood")
    expect(lead.page.get_by_test_id("line-news").first).to_contain_text("Room 2")
    local.write("line-input", CANARY)
    local.touch("line-send")
    lead.page.keyboard.press("t")
    expect(lead.page.get_by_test_id("line-message").last).to_contain_text(CANARY)
    lead.write("line-input", f"yes {CANARY}")
    lead.touch("line-send")
    expect(local.page.get_by_test_id("line-message").last).to_contain_text(f"yes {CANARY}")
    assert CANARY in heard(lead)
    before = {id(one): len(one.received) for one in (screen, *tablets)}
    lead.touch("tab-class")
    lead.touch("pick")
    for one in (screen, *tablets):
        hears(one, "stage.called", before[id(one)])
        for theirs in (CANARY, '"line.', "not_understood"):
            assert theirs not in heard(one)
    lead.touch("dismiss")
    expect(local.page.get_by_test_id("called-child")).to_have_count(0)

    # A roll call in one touch: who has a tablet answers, the teacher answers for who has none, and counts hands.
    local.touch("tab-class")
    local.write("child-name", "Liu Yang 刘洋")
    local.touch("child-add")
    expect(local.page.get_by_test_id("child")).to_have_count(3)
    lead.page.keyboard.press("a")
    lead.see("room-answered")
    for tablet in tablets:
        tablet.touch("here")
    room = lead.page.get_by_test_id("room-answered")
    expect(room).to_have_attribute("data-missing", "1")
    expect(room.get_by_test_id("missing")).to_contain_text("Liu Yang")
    local.touch("tab-vote")
    local.touch("answer-for")
    expect(room).to_have_attribute("data-missing", "0")
    local.touch("hands-more")
    expect(room).to_contain_text("3 / 3 + 1 hand")
    lead.touch("vote-reveal")

    # The lead's page dies; the local teacher takes over; the lead returns, asks, and gets the lesson back.
    lead.page.close()
    local.see("lead-away", 40)
    local.touch("lead-take")
    local.see("end-lesson")
    lead.page = lead.context.new_page()
    lead.page.goto(f"{school.server.base}/teach/{lesson}")
    enter(lead)
    expect(lead.page.get_by_test_id("end-lesson")).to_have_count(0)
    lead.touch("lead-ask")
    lead.see("lead-asking")
    local.touch("lead-no")
    lead.touch("lead-ask")
    local.touch("lead-yes")
    lead.see("end-lesson")
    expect(local.page.get_by_test_id("end-lesson")).to_have_count(0)
