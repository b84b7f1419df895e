"""A room in which questions are asked: a desk, a display, one tablet that is touched, and one in Chromium 87 that is
worked by keyboard alone."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page, Playwright, expect

from tests.browser.browsers import DENIED, KIOSK, TABLET, chromium, page_of
from tests.browser.old import OldHand, attribute, old_chromium, there
from tests.browser.people import Person, administrator, poll, sit_at_display, sit_at_tablet, start_lesson
from tests.browser.shots import AUDIT, AXE, Album
from tests.processes import serving

RULES = f"{AUDIT.read_text()}\n{AXE.read_text()}"

Does = Callable[[Person], None]
Types = Callable[[Page], None]


@dataclass
class Class:
    teacher: Person
    screen: Person
    touching: list[Person]
    bo: Page
    """In Chromium 87, by keyboard alone."""
    bare: str
    """Another room, without a display."""
    album: Album = field(default_factory=Album)
    asked: list[str] = field(default_factory=list)
    """What was, until now."""

    @property
    def anna(self) -> Person:
        return self.touching[0]

    def another(self) -> None:
        """A question that is new is another page: how far what is there lies from what was there is no fault of
        its."""
        for one in (self.teacher, self.screen, self.anna):
            one.page.evaluate("() => moved()")
        self.album.shifted.clear()

    def look(self, where: str) -> None:
        """Whether something is wrong with the pages as they stand."""
        for face, one in (("teach", self.teacher), ("display", self.screen), ("join", self.anna)):
            self.album.look(one.page, face, f"{face}: {where}")
        self._check()

    def look_in_old(self, where: str) -> None:
        """What axe finds in Chromium 87."""
        self.album._axe(self.bo, f"Chromium 87: {where}")
        self._check()

    def _check(self) -> None:
        faults = list(self.album.faults)
        self.album.faults.clear()  # the next story has its own
        assert not faults


@contextlib.contextmanager
def seated(playwright: Playwright, data: Path, touching: Sequence[str] = ("Anna",)) -> Iterator[Class]:
    with (
        serving(data) as server,
        chromium(playwright, flags=[KIOSK]) as browser,
        old_chromium(playwright) as old,
    ):
        teacher = administrator(browser, server.base, server.setup_secret(), script=DENIED + RULES)
        place = server.cli("room", "add", "Qingshan 青山村小", "Room 3")["id"]
        bare = server.cli("room", "add", "Qingshan 青山村小", "Room 4")["id"]
        lesson, code = start_lesson(teacher, "Autumn 秋天")
        screen = sit_at_display(browser, server.base, lesson, place, script=DENIED + RULES)
        tablets = [sit_at_tablet(browser, server.base, code, name, place, script=RULES) for name in touching]
        bo = page_of(old, TABLET)[1]
        bo.add_init_script(AXE.read_text())
        bo.goto(f"{server.base}/join/{code}?room={place}")
        hand = OldHand(bo)
        hand.fill(there(hand, "name"), "Bo 博")
        bo.keyboard.press("Enter")
        poll(lambda: attribute(hand, "status", "status") == "online", "connection", timeout_s=20)
        faults: list[str] = []
        bo.on("pageerror", lambda error: faults.append(str(error)))
        yield Class(teacher, screen, tablets, bo, bare)
        assert faults == []


def keys(testid: str, *pressed: str) -> Types:
    """Goes to it by Tab, and on from there by these keys; a word of several letters is typed."""

    def do(page: Page) -> None:
        there(OldHand(page), testid)
        tab_to(page, testid)
        for one in pressed:
            if one in ("Tab", "Enter", "Space") or one.startswith("Arrow"):
                page.keyboard.press(one)
            else:
                page.keyboard.type(one)

    return do


def tab_to(page: Page, testid: str) -> None:
    page.evaluate("() => document.activeElement.blur()")
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.dataset.testid") == testid:
            return
    raise AssertionError("no Tab leads there")


def choose(page: Page, testid: str, name: str, data: bytes) -> None:
    """A file, as the dialogue of the system does, which no test sees in Chromium 87."""
    there(OldHand(page), testid)
    page.evaluate(
        """([testid, name, bytes]) => {
          const input = document.querySelector(`[data-testid=${testid}]`)
          const sent = new DataTransfer()
          sent.items.add(new File([new Uint8Array(bytes)], name))
          input.files = sent.files
          input.dispatchEvent(new Event('change', { bubbles: true }))
        }""",
        [testid, name, list(data)],
    )


def loaded(pictures: Locator) -> None:
    poll(lambda: all(one.evaluate("n => n.naturalWidth > 0") for one in pictures.all()), "pictures")


def ready(teacher: Person) -> None:
    """Nothing is asked that would be in the way of the next, also where a story ended before its end."""
    if teacher.page.get_by_test_id("works-close").count():
        teacher.touch("works-close")
    teacher.touch("tab-vote")
    if teacher.page.get_by_test_id("vote-close").count():
        teacher.touch("vote-close")
        teacher.see("vote-new")
    if teacher.page.get_by_test_id("vote-new").count():
        teacher.touch("vote-new")


def begin(teacher: Person, name: str, prompt: str, **chosen: str) -> None:
    """The form for a question of that type; what is `chosen` is by its list."""
    ready(teacher)
    teacher.page.get_by_test_id("compose-type").select_option(name)
    teacher.write("vote-prompt", prompt)
    for testid, label in chosen.items():
        teacher.page.get_by_test_id(testid.replace("_", "-")).select_option(label=label)


def asked_of_all(room: Class, prompt: str) -> OldHand:
    room.teacher.touch("vote-open")
    return seen_by_all(room, prompt)


def seen_by_all(room: Class, prompt: str) -> OldHand:
    room.asked.append(prompt)
    for one in room.touching:
        expect(one.page.get_by_test_id("asked")).to_contain_text(prompt)
    hand = OldHand(room.bo)
    asked = "(document.querySelector('[data-testid=asked]') || {}).textContent || ''"
    poll(lambda: prompt in hand.evaluate(asked), "the question")
    return hand


def asked(room: Class, type: str, **writes: str) -> None:
    begin(room.teacher, type, f"{type}?")
    for testid, text in writes.items():
        room.teacher.write(testid.replace("_", "-"), text)
    asked_of_all(room, f"{type}?")
