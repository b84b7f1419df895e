"""What a lesson showed, shown again: by the library's player, and its recording in another lesson, on every screen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, expect

from tests.browser.browsers import KIOSK, chromium
from tests.browser.camera import camera
from tests.browser.people import Person, administrator, poll, sit_at_display, sit_at_tablet, start_lesson
from tests.browser.test_courseware import MOST_APART_S, PENDULUM, WHERE, bring
from tests.processes import Server, serving
from tests.unit.web.papers import film

pytestmark = pytest.mark.browser

FRAMES = 60
ANGLES = ("30", "60")


@dataclass
class Held:
    server: Server
    browser: Browser
    teacher: Person
    room: str
    resource: str
    events: list[dict[str, Any]]

    def at(self, kind: str, number: int = 0, **data: Any) -> int:
        """When something happened, by the lesson's clock."""
        found = [one for one in self.events if one["kind"] == kind and data.items() <= one["data"].items()]
        return int(found[number]["at"])


@pytest.fixture(scope="module")
def held(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    """A lesson in which a film was played and a simulation was used."""
    folder = tmp_path_factory.mktemp("files")
    film(folder / "Brownian motion.mp4", seconds=20)
    (folder / "Pendulum 单摆.html").write_text(PENDULUM, "utf-8")
    with (
        serving(tmp_path_factory.mktemp("again") / "data") as server,
        chromium(playwright, camera=camera(320, 180, FRAMES), flags=[KIOSK]) as browser,
    ):
        teacher = administrator(browser, server.base, server.setup_secret())
        page = teacher.page
        room = server.cli("room", "add", "Qingshan 青山村小", "Room 3")["id"]
        page.get_by_test_id("shelf-files").set_input_files(sorted(folder.iterdir()))
        for name in ("Brownian", "Pendulum"):
            row = page.get_by_test_id("courseware-item").filter(has_text=name)
            expect(row).to_have_attribute("data-status", "ready", timeout=30_000)
        start_lesson(teacher, "Autumn 秋天", recording=True)
        teacher.moving("self-video")
        page.wait_for_timeout(1000)
        bring(teacher, "Brownian")
        teacher.see("film-video")
        teacher.touch("film-toggle")
        page.wait_for_timeout(2500)
        teacher.touch("film-toggle")
        page.wait_for_timeout(700)
        teacher.touch("film-close")
        bring(teacher, "Pendulum")
        for angle in ANGLES:
            page.frame_locator("[data-testid=simulation] iframe").locator("#angle").fill(angle)
            page.wait_for_timeout(1200)
        teacher.touch("film-close")
        page.wait_for_timeout(1000)
        teacher.touch("end-lesson")
        teacher.touch("end-lesson-confirm")
        teacher.page.get_by_test_id("watch").click()
        page.wait_for_selector('[data-testid="play"]')
        resource = page.url.rpartition("/")[2]
        events = page.evaluate("(id) => fetch(`/api/v1/resources/${id}/events`).then((one) => one.json())", resource)
        yield Held(server, browser, teacher, room, resource, events)


def seek(watcher: Person, at: float) -> None:
    watcher.page.get_by_test_id("seek").evaluate(
        """(slider, at) => {
            [slider.step, slider.value] = [1, at];
            slider.dispatchEvent(new Event('input', {bubbles: true}));
        }""",
        at,
    )


def clock(watcher: Person) -> float:
    return float(watcher.page.get_by_test_id("time").get_attribute("data-at") or 0) / 1000


@pytest.mark.soak
@pytest.mark.timeout(180)
def test_films_and_simulations_are_in_the_recording_as_they_were(held: Held) -> None:
    watcher, page = held.teacher, held.teacher.page
    # The last thing the film did was to rest, where it was stopped.
    begun, stopped = held.at("courseware.played", playing=True), held.at("courseware.played", 1, playing=False)
    rested = next(one["data"]["position_ms"] for one in held.events if one["at"] == stopped) / 1000
    expect(page.get_by_test_id("film")).to_have_count(0)
    expect(page.get_by_test_id("mark").filter(has_text="Brownian motion")).to_have_count(1)

    def film_at() -> float:
        return float(page.evaluate(WHERE)[0])

    seek(watcher, begun + 1500)
    watcher.see("film-video")
    poll(lambda: abs(film_at() - 1.5) < 0.05, "the film at its place while the player rests")
    seek(watcher, stopped + 300)
    poll(lambda: abs(film_at() - rested) < 0.05, "the film where it was stopped")

    seek(watcher, begun + 200)
    watcher.touch("play")
    poll(lambda: film_at() > 0.8, "the film going on with the player")
    off = page.evaluate(
        """() => Number(document.querySelector('[data-testid=time]').dataset.at) / 1000
            - document.querySelector('[data-testid=film-video]').currentTime"""
    )
    print(f"the film is {abs(off - begun / 1000):.3f} s from the recording")
    assert abs(off - begun / 1000) < MOST_APART_S
    page.get_by_test_id("speed").select_option("2")
    seek(watcher, begun + 200)
    poll(lambda: page.evaluate(WHERE)[3] > 1.8, "the film twice as fast")
    page.get_by_test_id("speed").select_option("1")
    watcher.touch("play")

    # The simulation is as it was then, forth and back.
    angle = page.frame_locator("[data-testid=simulation] iframe").locator("#angle")
    changes = [held.at("simulation.changed", number) for number in range(2)]
    for moment, wanted in ((changes[1] + 200, "60"), (changes[0] + 200, "30"), (changes[0] - 100, "0")):
        seek(watcher, moment)
        expect(angle).to_have_value(wanted)
    expect(page.get_by_test_id("simulation").locator("iframe")).to_have_attribute("tabindex", "-1")
    seek(watcher, held.at("courseware.closed", 1) + 200)
    expect(page.get_by_test_id("simulation")).to_have_count(0)


@pytest.mark.soak
@pytest.mark.timeout(180)
def test_a_recording_plays_as_one_in_another_lesson(held: Held) -> None:
    teacher, page = held.teacher, held.teacher.page
    page.goto(f"{held.server.base}/teach")
    lesson, code = start_lesson(teacher, "Winter 冬天")
    screen = sit_at_display(held.browser, held.server.base, lesson, held.room)
    tablet = sit_at_tablet(held.browser, held.server.base, code, "Anna", held.room)
    everyone = [teacher, screen]

    page.keyboard.press("/")
    panel = page.get_by_test_id("shelf-panel")
    teacher.touch("from-library")
    row = panel.get_by_test_id("recording-item")
    expect(row).to_have_count(1)
    teacher.write("recordings-search", "winter")
    expect(panel).to_contain_text("Nothing found.")
    teacher.write("recordings-search", "秋天")
    row.get_by_test_id("recording-cut").click()
    for wrong in ("0:09", "x", "9:00"):
        teacher.write("stretch-from", wrong)
        teacher.write("stretch-to", "0:07" if wrong != "9:00" else "9:01")
        expect(page.get_by_test_id("stretch-show")).to_be_disabled()
    teacher.write("stretch-from", "0:01")
    teacher.write("stretch-to", "0:07")
    # The line to the room breaks just then: what it did not bring comes by itself.
    screen.page.route("**/tracks/**", lambda route: route.abort())
    teacher.touch("stretch-show")
    expect(panel).to_have_count(0)
    screen.see("film")
    screen.page.wait_for_timeout(2500)
    screen.page.unroute("**/tracks/**")
    for one in everyone:
        one.see("film-video")

    def places() -> list[list[float]]:
        return [one.page.evaluate(WHERE) for one in everyone]

    def apart(rate: float) -> float:
        starts = [at - rate * when for at, when, *_ in places()]
        return max(starts) - min(starts)

    # Picture and voice: one of them was recorded from the beginning, the other came some moments later.
    first = "() => Math.max(...[...document.querySelectorAll('.film video')].map((one) => one.currentTime))"
    poll(lambda: all(abs(one.page.evaluate(first) - 1) < 0.05 for one in everyone), "all at the beginning of the part")
    poll(lambda: all(0 < at < 1.05 and paused for at, _, paused, _ in places()), "its picture")
    assert apart(0) < MOST_APART_S
    [begin, *_] = places()[0]
    teacher.touch("film-toggle")
    poll(lambda: all(at > begin + 0.4 and not paused for at, _, paused, _ in places()), "all playing")
    page.wait_for_timeout(1500)
    print(f"playing {apart(1):.3f} s apart")
    assert apart(1) < MOST_APART_S
    for one in everyone:
        one.moving("film-video")
    page.get_by_test_id("film-rate").select_option("0.5")
    poll(lambda: all(abs(rate - 0.5) < 0.06 for *_, rate in places()), "all slower")
    page.wait_for_timeout(1000)
    assert apart(0.5) < MOST_APART_S
    teacher.touch("film-toggle")
    poll(lambda: all(paused for _, _, paused, _ in places()), "all still")
    poll(lambda: apart(0) < 0.05, "all at the same place")
    page.get_by_test_id("film-place").focus()
    page.keyboard.press("Home")
    poll(lambda: all(abs(at - begin) < 0.05 for at, *_ in places()), "all at the beginning again")
    expect(tablet.page.get_by_test_id("film")).to_have_count(0)  # in a room the display has it, for all

    # It is removed from the library: every screen says so, whether it has it or comes late.
    library = page.context.new_page()
    library.goto(f"{held.server.base}/library")
    library.get_by_test_id("resource-remove").click()
    library.get_by_test_id("resource-remove-sure").click()
    expect(library.get_by_test_id("library-empty")).to_be_visible()
    library.close()
    screen.page.reload()
    expect(screen.page.get_by_test_id("film-fault")).to_contain_text("not in the library any more")
    teacher.touch("film-close")
    expect(screen.page.get_by_test_id("film")).to_have_count(0)
    page.keyboard.press("/")
    teacher.touch("from-library")
    expect(panel).to_contain_text("Nothing here yet.")
