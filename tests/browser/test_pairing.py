"""A room's display, paired once: from then on it starts by itself, whatever happens to it or to the server."""

from __future__ import annotations

import contextlib
import itertools
import re
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.browsers import DESKTOP, DISPLAY, KIOSK, chromium
from tests.browser.camera import camera
from tests.browser.people import Person, administrator, draw, person, poll, start_lesson
from tests.processes import Server, serving

pytestmark = pytest.mark.browser

NUMBERS = itertools.count(3)

# The camera is another program's twice: when it is asked for with the microphone, and when it is alone.
IN_USE = """
window.captured = [];
let busy = 2;
const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  if (wanted.video && busy-- > 0) throw new DOMException('in use', 'NotReadableError');
  const stream = await getUserMedia(wanted);
  captured.push(...stream.getTracks());
  return stream;
};
"""
# As a browser does where a camera is unplugged, and as it does where one is plugged in.
UNPLUG = """(kind) => {
  const track = captured.find((one) => one.kind === kind && one.readyState === 'live');
  track.stop();
  track.dispatchEvent(new Event('ended'));
}"""
PLUG_IN = "() => navigator.mediaDevices.dispatchEvent(new Event('devicechange'))"


@pytest.fixture(scope="module")
def house(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Browser, Person]]:
    with (
        serving(tmp_path_factory.mktemp("pairing") / "data") as server,
        chromium(playwright, camera=camera(320, 180, 30, fps=10), flags=[KIOSK]) as browser,
    ):
        yield server, browser, administrator(browser, server.base, server.setup_secret())


@pytest.fixture
def school(house: tuple[Server, Browser, Person]) -> Iterator[tuple[Server, Browser, Person, Any]]:
    """A server, its teacher, and a room without a display; no other screen is on, and no lesson."""
    server, browser, teacher = house
    yield server, browser, teacher, server.cli("room", "add", "Qingshan 青山村小", f"Room {next(NUMBERS)}")
    for context in browser.contexts:
        if context is not teacher.context:
            context.close()
    if teacher.page.get_by_test_id("end-lesson").count():
        end(teacher)
    teacher.page.goto(f"{server.base}/teach")


def code_on(page: Page) -> str:
    shown = page.get_by_test_id("pairing-code")
    expect(shown).to_be_visible(timeout=20_000)
    return shown.inner_text()


def screen_of(browser: Browser, base: str) -> Person:
    screen = person(browser, DISPLAY)
    screen.page.goto(f"{base}/display")
    return screen


def pair(server: Server, screen: Person, room: Any) -> None:
    server.cli("room", "pair", code_on(screen.page), "--room", room["id"])
    screen.see("display-waiting")


def end(teacher: Person) -> None:
    teacher.touch("end-lesson")
    teacher.touch("end-lesson-confirm")
    teacher.see("ended")


@pytest.mark.timeout(240)
def test_a_display_is_paired_once_and_starts_by_itself_from_then_on(school: Any) -> None:
    server, browser, teacher, room = school
    screen = screen_of(browser, server.base)
    code = code_on(screen.page)
    assert re.fullmatch(r"[A-Z2-9]{4} [A-Z2-9]{4}", code)
    expect(screen.page.get_by_role("img")).to_have_js_property("complete", True)
    assert screen.page.get_by_role("img").evaluate("image => image.naturalWidth") > 100

    technician = person(browser, DESKTOP)
    technician.page.goto(f"{server.base}/staff#pair={code.replace(' ', '').lower()}")
    technician.page.wait_for_url(lambda url: "#" not in url)
    technician.sign_in()
    expect(technician.page.get_by_test_id("pair-code")).to_have_value(code.replace(" ", "").lower())
    technician.page.get_by_test_id("pair-room").select_option(room["id"])
    technician.touch("pair")
    technician.see("paired")
    screen.see("display-waiting")
    expect(screen.page.locator("h1")).to_have_text(room["name"])
    kept = technician.page.get_by_test_id("kept-room").filter(has_text=room["name"])
    expect(kept).to_have_attribute("data-display", "online", timeout=15_000)

    start_lesson(teacher, "Autumn 秋天")
    screen.see("display")
    screen.moving("lead-video")
    teacher.moving("room-video")

    server.kill()
    screen.see("connection-lost", timeout_s=5)
    server.start()
    screen.online(timeout_s=15)
    screen.moving("lead-video")

    screen.page.reload()
    screen.see("display")
    screen.moving("lead-video")
    expect(teacher.page.get_by_test_id("room-tile")).to_have_count(1)

    end(teacher)
    screen.see("display-waiting")
    teacher.page.goto(f"{server.base}/teach")
    start_lesson(teacher, "Winter 冬天")
    screen.see("display")
    screen.moving("lead-video")
    expect(screen.page.get_by_text("Winter 冬天").first).to_be_visible()

    kept.get_by_test_id("unpair").click()
    kept.get_by_test_id("unpair-do").click()
    screen.see("display-lost")
    assert code_on(screen.page) != code
    expect(kept).to_have_attribute("data-display", "none")


@pytest.mark.timeout(240)
def test_a_camera_that_was_in_use_and_one_that_was_unplugged_is_seen_again(school: Any) -> None:
    """And all are off when the lesson is over."""
    server, browser, teacher, room = school
    teacher.context.add_init_script(IN_USE)
    screen = person(browser, DISPLAY, script=IN_USE)
    screen.page.goto(f"{server.base}/display")
    pair(server, screen, room)
    teacher.page.goto(f"{server.base}/teach")
    start_lesson(teacher, "Autumn")
    expect(screen.page.get_by_test_id("camera-fault")).to_have_text(re.compile("Another program"))
    screen.moving("lead-video")
    teacher.moving("room-video")
    expect(screen.page.get_by_test_id("camera-fault")).to_have_count(0)

    for one, other, seen in ((screen, teacher, "room-video"), (teacher, screen, "lead-video")):
        one.page.evaluate(UNPLUG, "video")
        expect(other.page.get_by_text("Picture has stopped").first).to_be_visible()
        one.page.evaluate(PLUG_IN)
        other.moving(seen)

    teacher.touch("mute")
    teacher.page.evaluate(UNPLUG, "audio")
    expect(teacher.page.get_by_test_id("mute")).to_be_disabled()
    teacher.page.evaluate(PLUG_IN)
    expect(teacher.page.get_by_test_id("mute")).to_be_enabled()
    speaks = "() => captured.some((one) => one.kind === 'audio' && one.readyState === 'live' && one.enabled)"
    assert not teacher.page.evaluate(speaks), "who is muted stays so with another microphone"

    end(teacher)
    screen.see("display-waiting")
    on = "() => captured.filter((track) => track.readyState === 'live').length"
    for one in (screen, teacher):
        poll(lambda one=one: one.page.evaluate(on) == 0, "camera and microphone off")  # type: ignore[misc]


@pytest.mark.soak
def test_another_display_of_the_room_takes_its_place_and_a_copy_of_one_does_not(school: Any) -> None:
    server, browser, teacher, room = school
    first = screen_of(browser, server.base)
    pair(server, first, room)
    start_lesson(teacher, "Autumn")
    first.see("display")

    # The same disk in another device: its cookie and its storage.
    copy = browser.new_context(storage_state=first.context.storage_state(), service_workers="block")
    page = copy.new_page()
    page.goto(f"{server.base}/display")
    expect(page.get_by_test_id("display-elsewhere")).to_be_visible(timeout=20_000)
    first.moving("lead-video")

    second = screen_of(browser, server.base)
    server.cli("room", "pair", code_on(second.page), "--room", room["id"])
    first.see("display-lost")
    code_on(first.page)
    second.see("display")
    second.moving("lead-video")


def test_a_display_that_boots_without_its_server_waits_for_it(school: Any) -> None:
    server, browser, _, room = school
    context = browser.new_context(viewport=DISPLAY, locale="en")  # type: ignore[arg-type]
    screen = Person(context, context.new_page())
    screen.page.goto(f"{server.base}/display")
    pair(server, screen, room)
    screen.page.wait_for_function("async () => (await caches.match('/display')) !== undefined")
    server.kill()
    screen.page.reload()
    screen.see("display-silent")
    server.start()
    screen.see("display-waiting")


@pytest.mark.soak
def test_two_screens_are_one_display(school: Any) -> None:
    server, browser, teacher, room = school
    people = screen_of(browser, server.base)
    pair(server, people, room)
    start_lesson(teacher, "Autumn")
    people.see("display")
    people.moving("lead-video")
    with people.context.expect_page() as opened:
        people.page.mouse.move(500, 500)
        people.page.mouse.move(600, 600)
        people.touch("two-screens")
    work = Person(people.context, opened.value)
    work.see("display")
    expect(work.page.get_by_test_id("display")).to_have_attribute("data-screen", "work")
    expect(people.page.get_by_test_id("display")).to_have_attribute("data-screen", "people")
    work.online()
    draw(teacher, [(0.2, 0.2), (0.8, 0.4)])
    poll(lambda: work.ink() > 100, "ink on the second screen")
    expect(people.page.get_by_test_id("display")).to_have_attribute("data-layout", "people")
    people.moving("lead-video")
    assert work.page.locator("audio").count() == 0
    assert work.page.evaluate("() => [...document.querySelectorAll('video')].every(one => one.srcObject === null)")
    expect(teacher.page.get_by_test_id("room-tile")).to_have_count(1)
    assert present(server) == ["display", "lead_teacher"]

    work.page.close()
    expect(people.page.get_by_test_id("display")).to_have_attribute("data-screen", "both", timeout=5000)
    poll(lambda: people.ink() > 100, "ink on the only screen again")


def present(server: Server) -> list[str]:
    lesson = next(one for one in server.cli("lesson", "list") if one["phase"] == "live")
    with contextlib.closing(sqlite3.connect(f"file:{server.data / 'tongke.sqlite'}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT role FROM participant WHERE lesson = ? ORDER BY role", (lesson["id"],))
        return [row[0] for row in rows]
