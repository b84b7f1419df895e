"""From a link to the lesson: by a name of the room's roster or another one, through the lobby or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect

from tests.browser.browsers import KIOSK, TABLET, chromium
from tests.browser.camera import camera
from tests.browser.house import HAND, WORK, House, each
from tests.browser.people import Person, administrator, person, start_lesson
from tests.browser.shots import AUDIT, AXE, TAKEN, Album
from tests.processes import serving

pytestmark = pytest.mark.browser

TURNED_ROUND = "\u202emoc.elpmaxe\u202c <b>Wang</b>"
TOUCHES = "window.touches = 0; addEventListener('click', () => window.touches++, true);"
AUDITS = AUDIT.read_text() + AXE.read_text()


def at(browser: Browser, url: str) -> Person:
    tablet = person(browser, TABLET, script=TOUCHES + AUDITS)
    tablet.page.goto(url)
    return tablet


def touches(tablet: Person) -> int:
    return int(tablet.page.evaluate("touches"))


def take(tablet: Person, name: str) -> None:
    tablet.page.get_by_test_id("roster-name").get_by_text(name, exact=True).first.click()


@pytest.mark.timeout(180)
def test_two_touches_and_a_yes(playwright: Playwright, tmp_path: Path) -> None:
    names = tmp_path / "names.csv"
    names.write_text("姓名\n王明\nLi Na\n王明\n")
    with (
        serving(tmp_path / "data") as server,
        chromium(playwright, camera=camera(640, 360, 30, fps=3), flags=[KIOSK]) as browser,
    ):
        house = House(server, browser, Album())
        teacher = administrator(browser, server.base, server.setup_secret(), script=AUDITS)
        room = server.cli("room", "add", "Qingshan 青山村小", "Room 3")["id"]
        server.cli("room", "roster", "Room 3", str(names))
        teacher.page.get_by_test_id("lesson-lobby").check()
        _, code = start_lesson(teacher, "At the door")
        link = f"{server.base}/join/{code}"

        scanned = at(browser, f"{link}?room={room}")
        take(scanned, "王明")
        scanned.see("lobby")
        assert touches(scanned) == 1

        typed = at(browser, link)
        typed.touch(f"room-{room}")
        expect(typed.page.get_by_test_id("roster-name").first).to_contain_text("is here already")
        take(typed, "Li Na")
        typed.see("lobby")
        assert touches(typed) == 2

        twice = at(browser, f"{link}?room={room}")
        twice.see("roster-name")
        taken = "(all) => all.map((one) => one.dataset.taken)"
        assert twice.page.get_by_test_id("roster-name").evaluate_all(taken) == ["true", "true", "false"]
        twice.touch("roster-name")
        expect(twice.page.get_by_test_id("name")).to_have_value("王明")
        expect(twice.page.get_by_test_id("join-form")).to_contain_text("If it is yours too")
        if TAKEN:
            each(house, twice.page, "join", "taken", *HAND)
        twice.write("name", " \u200b ")
        twice.touch("join-enter")
        twice.see("join-fault")
        twice.write("name", TURNED_ROUND)
        twice.touch("join-enter")
        twice.see("lobby")
        each(house, twice.page, "join", "lobby", *HAND)
        third = at(browser, link)
        third.touch("room-home")
        third.write("name", "Zhao Li")
        third.touch("join-enter")
        third.see("lobby")

        expect(teacher.page.get_by_test_id("lobby")).to_contain_text("4 wait to be let in")
        teacher.touch("lobby-open")
        # Without what would turn round the words after it, and as text.
        strange = teacher.page.get_by_test_id("waiting").filter(has_text="moc.elpmaxe <b>Wang</b>")
        assert "\u202e" not in strange.inner_text()
        each(house, teacher.page, "teach", "desk-lobby", *WORK)
        strange.get_by_test_id("turn-away").click()
        twice.see("refused")
        each(house, twice.page, "join", "refused", *HAND)
        twice.touch("ask-again")
        twice.see("lobby")
        teacher.page.get_by_test_id("waiting").filter(has_text="Li Na").get_by_test_id("admit").click()
        expect(typed.page.get_by_test_id("lobby")).to_have_count(0)
        typed.see("board")
        teacher.page.get_by_test_id("waiting").filter(has_text="Zhao Li").get_by_test_id("turn-away").click()
        third.see("refused")
        teacher.touch("admit-all")
        for tablet in (scanned, twice):
            expect(tablet.page.get_by_test_id("lobby")).to_have_count(0)
        expect(teacher.page.get_by_test_id("lobby")).to_have_count(0)

        third.touch("ask-again")
        third.see("lobby")
        teacher.touch("end-lesson")
        teacher.touch("end-lesson-confirm")
        for tablet in (scanned, typed, twice, third):
            tablet.see("ended")

        # Who comes before the lesson is open is shown the names when it is; what stands already stays where it is.
        early = server.cli("lesson", "create", "Early", "--owner", "lihua")
        soon = at(browser, f"{server.base}/join/{early['code']}?room={room}")
        soon.write("name", "Li")
        expect(soon.page.get_by_test_id("roster-name")).to_have_count(0)
        before = soon.page.get_by_test_id("name").bounding_box()
        teacher.page.goto(f"{server.base}/teach/{early['id']}")
        teacher.enter()
        soon.see("roster-name")
        assert soon.page.get_by_test_id("name").bounding_box() == before
        expect(soon.page.get_by_test_id("name")).to_have_value("Li")
        if TAKEN:
            each(house, soon.page, "join", "names-late", *HAND)
        take(soon, "Li Na")
        soon.see("not-begun")
        house.album.check()
