"""Sight and sound through the product's own pages, without a touch where nobody is there to touch."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect

from tests.browser.browsers import KIOSK, chromium
from tests.browser.camera import camera
from tests.browser.people import KEEP_CONNECTIONS, Person, administrator, sit_at_display, start_lesson
from tests.browser.sound import hears, tone
from tests.processes import serving

pytestmark = pytest.mark.browser


@pytest.mark.alone
@pytest.mark.soak  # without pages, `make test` has the same in test_media
@pytest.mark.timeout(240)
def test_an_ultra_hd_camera_of_the_teachers_page_is_shown_whole(playwright: Playwright, tmp_path: Path) -> None:
    with (
        serving(tmp_path / "data") as server,
        chromium(playwright, camera=camera(3840, 2160, 30), flags=[KIOSK]) as city,
        chromium(playwright, flags=[KIOSK]) as village,
    ):
        teacher = administrator(city, server.base, server.setup_secret())
        room = server.cli("room", "add", "Qingshan 青山村小", "Room 3")["id"]
        lesson = server.cli("lesson", "create", "Ultra HD", "--owner", "lihua")["id"]
        screen = sit_at_display(village, server.base, lesson, room)
        teacher.page.goto(f"{server.base}/teach/{lesson}")
        expect(teacher.page.get_by_test_id("enter")).to_be_enabled(timeout=20_000)
        teacher.touch("enter")
        began = time.monotonic()
        screen.page.wait_for_function(
            "() => document.querySelector('[data-testid=lead-video]')?.videoWidth === 3840", timeout=60_000
        )
        print(f"3840 wide after {time.monotonic() - began:.1f} s")
        screen.moving("lead-video")


@dataclass
class Classrooms:
    teacher: Person
    screen: Person
    village: str
    """An argument that the village's browser alone runs with."""


@pytest.fixture(scope="module")
def classrooms(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Classrooms]:
    """A lead and a room whose microphones hear tones, in browsers of their own."""
    folder = tmp_path_factory.mktemp("tones")
    argument = f"--user-agent={folder.name}"
    with (
        serving(folder / "data") as server,
        chromium(playwright, microphone=tone(folder / "lead.wav", 520)) as city,
        chromium(playwright, microphone=tone(folder / "room.wav", 880), flags=[KIOSK, argument]) as village,
    ):
        teacher = administrator(city, server.base, server.setup_secret())
        room = server.cli("room", "add", "Qingshan 青山村小", "Room 3")["id"]
        lesson, _ = start_lesson(teacher, "Sound")
        screen = sit_at_display(village, server.base, lesson, room, script=KEEP_CONNECTIONS)
        yield Classrooms(teacher, screen, argument)


@pytest.mark.timeout(240)
def test_a_tone_goes_each_way_and_no_page_was_touched(classrooms: Classrooms) -> None:
    teacher, screen = classrooms.teacher, classrooms.screen
    # Both start again, as after a power cut: pages that nobody has touched, and where no script ran.
    teacher.context.add_init_script(KEEP_CONNECTIONS)
    for someone in (teacher, screen):
        someone.page.reload()
    time.sleep(12)
    hears(screen.page.evaluate, 520)
    expect(screen.page.get_by_test_id("sound-on")).to_have_count(0)
    hears(teacher.page.evaluate, 880)


@pytest.mark.soak
@pytest.mark.timeout(240)
def test_a_room_that_dies_without_a_word_is_gone_within_15_seconds(classrooms: Classrooms) -> None:
    teacher = classrooms.teacher
    teacher.moving("room-video")
    for process in processes_with(classrooms.village):
        os.kill(process, signal.SIGKILL)
    died = time.monotonic()
    expect(teacher.page.get_by_test_id("room-video")).to_have_count(0, timeout=15_000)
    print(f"gone after {time.monotonic() - died:.1f} s")


def processes_with(argument: str) -> list[int]:
    """The processes of the browser that this test started with that argument."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if argument.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found
