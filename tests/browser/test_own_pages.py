"""Pages that everyone writes on for themselves: handed out, seen as a wall, marked, shown to all; and groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image
from playwright.sync_api import Locator, Playwright, expect

from tests.browser.browsers import DENIED, KIOSK, chromium
from tests.browser.hands import Hands
from tests.browser.people import Person, administrator, draw, poll, sit_at_display, sit_at_tablet, start_lesson
from tests.processes import serving

pytestmark = pytest.mark.browser

SCRAWL = ((0.6, 0.4), (0.7, 0.5), (0.8, 0.4))


@dataclass
class Class:
    teacher: Person
    screen: Person
    anna: Person
    bo: Person

    @property
    def tablets(self) -> tuple[Person, Person]:
        return self.anna, self.bo


@pytest.fixture(scope="module")
def room(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    with (
        serving(tmp_path_factory.mktemp("own") / "data") as server,
        chromium(playwright, flags=[KIOSK]) as browser,
    ):
        teacher = administrator(browser, server.base, server.setup_secret(), script=DENIED)
        place = server.cli("room", "add", "Qingshan 青山村小", "Room 3")["id"]
        lesson, code = start_lesson(teacher, "Autumn 秋天")
        screen = sit_at_display(browser, server.base, lesson, place, script=DENIED)
        anna, bo = (sit_at_tablet(browser, server.base, code, name, place) for name in ("Anna", "Bo 博"))
        yield Class(teacher, screen, anna, bo)


def things(someone: Person) -> int:
    """That lie on the page that someone sees."""
    return int(someone.page.get_by_test_id("board").first.get_attribute("data-strokes") or 0)


def tile(teacher: Person, name: str) -> Locator:
    return teacher.page.get_by_test_id("own-page").filter(has_text=name)


def scrawl(tablet: Person) -> None:
    Hands.on(tablet.page).fingers(SCRAWL)


def give(teacher: Person, to: str, time: str = "open") -> None:
    if not teacher.page.get_by_test_id("give").count():
        teacher.touch("give-open")
    for one in (f"give-{to}", f"give-time-{time}", "give-do"):
        teacher.touch(one)


@pytest.mark.timeout(120)
def test_everyone_writes_on_a_page_of_their_own(room: Class, tmp_path: Path) -> None:
    teacher, page = room.teacher, room.teacher.page
    draw(teacher, [(0.1, 0.4), (0.2, 0.5), (0.3, 0.4)])
    teacher.touch("wall-open")
    give(teacher, "students", "2")
    for tablet in room.tablets:
        tablet.see("own")
        expect(tablet.page.get_by_test_id("countdown")).to_contain_text("01:")
    room.screen.see("countdown")

    # The wall says who has written and who has not, and what.
    scrawl(room.anna)
    assert things(room.anna) == 2
    expect(tile(teacher, "Anna")).to_have_attribute("data-wrote", "true")
    expect(tile(teacher, "Bo")).to_have_attribute("data-wrote", "false")
    expect(page.get_by_test_id("wall-missing")).to_have_text("Not yet: 1")
    teacher.touch("wall-missing")
    expect(page.get_by_test_id("own-page")).to_have_count(1)
    teacher.touch("wall-missing")
    ink = """canvas => {
        const [x, y] = [Math.round(canvas.width * 0.65), Math.round(canvas.height * 0.35)];
        const {data} = canvas.getContext('2d').getImageData(x, y, canvas.width * 0.1, canvas.height * 0.2);
        return data.some((part, i) => i % 4 === 3 && part > 128);
    }"""
    small = tile(teacher, "Anna").locator("canvas")
    poll(lambda: bool(small.evaluate(ink)), "her ink on the wall")
    assert not tile(teacher, "Bo").locator("canvas").evaluate(ink)
    assert f'"board":"{room.anna.id}"' not in room.bo.heard().replace(" ", "")
    assert f'"board":"{room.anna.id}"' not in room.screen.heard().replace(" ", "")

    # Opened large, marked, and by the keys on to the next child and back.
    tile(teacher, "Anna").get_by_test_id("own-open").click()
    teacher.see("own-large")
    assert things(teacher) == 2
    draw(teacher, [(0.6, 0.7), (0.7, 0.8), (0.8, 0.6)])
    poll(lambda: things(room.anna) == 3, "the mark on her tablet")
    assert things(room.bo) == 1
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="Bo")).to_be_visible()
    poll(lambda: things(teacher) == 1, "his page")
    page.keyboard.press("Escape")
    teacher.see("wall-tiles")

    # Collected, nobody writes; two are shown side by side, with whose they are.
    teacher.touch("handout-collect")
    for tablet in room.tablets:
        tablet.see("own-collected")
    scrawl(room.bo)
    expect(tile(teacher, "Bo")).to_have_attribute("data-wrote", "false")
    for name in ("Anna", "Bo"):
        tile(teacher, name).get_by_test_id("own-choose").click()
    teacher.touch("wall-show")
    for one in (teacher, room.screen, *room.tablets):
        expect(one.page.get_by_test_id("whose")).to_have_text(["Anna", "Bo 博"])
        poll(lambda: things(one) == 4, "both pages")  # noqa: B023

    # All that were written on are taken along.
    teacher.touch("wall-open")
    with page.expect_download() as began:
        teacher.touch("wall-save")
    began.value.save_as(tmp_path / "pages.pdf")
    document = pdfium.PdfDocument(tmp_path / "pages.pdf")
    assert len(document) == 1
    document.close()

    # Given back, it is written on again.
    teacher.touch("handout-reopen")
    expect(room.bo.page.get_by_test_id("own")).to_have_attribute("data-open", "true")
    scrawl(room.bo)
    expect(tile(teacher, "Bo")).to_have_attribute("data-wrote", "true")


@pytest.mark.timeout(120)
def test_photos_of_work_are_sent_in(room: Class, tmp_path: Path) -> None:
    teacher = room.teacher
    photo = tmp_path / "work.jpg"
    Image.new("RGB", (2400, 1800), (200, 20, 20)).save(photo)
    no_photo = tmp_path / "notes.jpg"
    no_photo.write_text("no photo")
    if not teacher.page.get_by_test_id("wall").count():
        teacher.touch("wall-open")
    teacher.touch("give-open")
    teacher.page.get_by_test_id("give-photos").check()
    teacher.touch("give-do")
    room.anna.see("photo")
    file = room.anna.page.get_by_test_id("photo-file")
    file.set_input_files(no_photo)
    expect(room.anna.page.get_by_test_id("photo-fault")).to_contain_text("cannot be read")
    before = things(room.anna)
    file.set_input_files(photo)
    poll(lambda: things(room.anna) == before + 1, "the photo on her page")
    expect(room.anna.page.get_by_test_id("photo-fault")).to_have_count(0)
    small = tile(teacher, "Anna").locator("canvas")
    poll(lambda: red(small), "the photo on the wall")
    assert not red(tile(teacher, "Bo").locator("canvas"))
    tile(teacher, "Anna").get_by_test_id("own-open").click()
    teacher.touch("own-show")
    for one in (teacher, room.screen):
        expect(one.page.get_by_test_id("whose")).to_have_text(["Anna"])
        poll(lambda: red(one.page.locator("[data-testid=board-ink] canvas")), "the photo for all")  # noqa: B023
    teacher.touch("wall-open")
    teacher.touch("handout-collect")


def red(canvas: Locator) -> bool:
    """In the middle."""
    found = canvas.evaluate(
        "one => [...one.getContext('2d').getImageData(one.width / 2, one.height / 2, 1, 1).data].slice(0, 3)"
    )
    return bool(found[0] > 150 and max(found[1:]) < 80)


@pytest.mark.timeout(120)
def test_groups_and_rooms_write_on_one_page_together(room: Class) -> None:
    teacher, page = room.teacher, room.teacher.page
    teacher.touch("tab-class")
    teacher.touch("groups-open")
    for _ in range(3):
        page.get_by_role("button", name="One group fewer").click()
    teacher.touch("groups-draw")
    expect(page.get_by_test_id("member")).to_have_count(2)
    give(teacher, "groups")
    for tablet in room.tablets:
        expect(tablet.page.get_by_test_id("own")).to_contain_text("Group 1")
        expect(tablet.page.get_by_test_id("own")).to_contain_text("Bo 博")
    before = things(room.bo)
    scrawl(room.anna)
    poll(lambda: things(room.bo) == before + 1, "what Anna wrote on the tablet of Bo")
    expect(tile(teacher, "Group 1")).to_have_attribute("data-wrote", "true")
    teacher.touch("groups-call-30")
    for one in (room.screen, *room.tablets):
        expect(one.page.get_by_test_id("countdown")).to_contain_text("Back in 00:")

    # By choice: who has no group chooses one.
    teacher.touch("groups-choose")
    for tablet in room.tablets:
        tablet.touch("group-join")
        expect(tablet.page.get_by_test_id("choose-group")).to_have_count(0)
    expect(page.get_by_test_id("member")).to_have_count(2)

    # The teacher moves one of them.
    page.get_by_role("button", name="One group more").click()
    teacher.touch("groups-draw")
    first, second = (page.get_by_test_id("a-group").nth(place) for place in (0, 1))
    expect(second.get_by_test_id("member")).to_have_count(1)
    second.get_by_test_id("member-move").select_option(label="Group 1")
    expect(first.get_by_test_id("member")).to_have_count(2)
    expect(second.get_by_test_id("member")).to_have_count(0)
    teacher.touch("groups-dissolve")
    expect(page.get_by_test_id("a-group")).to_have_count(0)

    # A room's page is on its display too.
    give(teacher, "rooms")
    for tablet in room.tablets:
        expect(tablet.page.get_by_test_id("own")).to_contain_text("Our room's page")
    before = things(room.screen)
    scrawl(room.bo)
    for one in (room.screen, room.anna):
        poll(lambda: things(one) == before + 1, "what Bo wrote, everywhere in the room")  # noqa: B023
    teacher.touch("handout-collect")
    room.screen.see("whose")  # what was shown to all before
