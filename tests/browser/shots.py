"""Pages as they stand, pictures of them, and what is wrong with each."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from tests.browser.browsers import page_of
from tests.processes import ROOT

SHOTS = ROOT / "build" / "shots"
TAKEN = bool(os.environ.get("TONGKE_SHOTS"))  # by `make shots`; the rules hold without pictures too, in less time
AUDIT = Path(__file__).with_name("audit.js")
AXE = ROOT / "web" / "client" / "node_modules" / "axe-core" / "axe.min.js"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

TARGET_PX = 48
ANSWER_PX = 64
DISPLAY_TEXT = 1 / 36
"""The least height of text on displays, as a share of the screen's."""
MOST_SHIFT = 0.02

Size = tuple[int, int]
TABLET: Size = (800, 1280)
PHONE: Size = (360, 740)
SMALL_PHONE: Size = (360, 640)
DESKTOP: Size = (1440, 900)
DISPLAY: Size = (1920, 1080)
UHD: Size = (3840, 2160)

LANGUAGES = ("en", "zh-CN")


def viewport(size: Size) -> dict[str, int]:
    return {"width": size[0], "height": size[1]}


def audited(browser: Browser, size: Size, language: str) -> Page:
    """A page that speaks the language and can be asked what is wrong with it."""
    context, page = page_of(browser, viewport(size), language)
    context.set_default_timeout(60_000)
    context.add_init_script(path=AUDIT)
    context.add_init_script(path=AXE)
    return page


def speak(page: Page, language: str) -> None:
    """Switches the page's language as a person does, by its own switch."""
    if page.locator("html").get_attribute("lang") == language:
        return
    page.get_by_test_id("appearance").first.click()
    page.get_by_test_id(f"lang-{language}").click()
    page.get_by_test_id("appearance").first.click()
    page.get_by_test_id("appearance-panel").wait_for(state="detached")
    page.mouse.move(0, 0)


@dataclass
class Album:
    """Takes the pictures and keeps what is wrong with them."""

    faults: list[str] = field(default_factory=list)
    seen: int = 0
    shifted: dict[Page, float] = field(default_factory=dict)
    """The layout shift of each page since it was loaded."""

    def shoot(
        self, page: Page, face: str, state: str, language: str, *sizes: Size, whole: bool = False, axe: bool = True
    ) -> None:
        """One picture a size. `whole`: the page to its foot, where it is longer than the screen. `axe`: at the first
        size; once a state is enough, for no rule of it depends on the language."""
        for index, size in enumerate(sizes):
            self.resize(page, size, f"{face}-{state}-{language}")
            where = f"{face}-{state}-{language}-{size[0]}x{size[1]}"
            if TAKEN:
                SHOTS.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=SHOTS / f"{where}.png", full_page=whole, caret="hide", scale="css")
            self.seen += 1
            self._audit(page, face, where)
            if axe and index == 0:
                self._axe(page, where)
        self._shifts(page, f"{face}-{state}-{language}")

    def look(self, page: Page, face: str, where: str) -> None:
        """Everything that can be wrong with a page as it stands, and a picture of it."""
        if TAKEN:
            SHOTS.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=SHOTS / f"{re.sub(r'[^a-z]+', '-', where.lower())}.png", caret="hide", scale="css")
        self._audit(page, face, where)
        self._axe(page, where)
        self._shifts(page, where)

    def _audit(self, page: Page, face: str, where: str) -> None:
        limits = {"target": TARGET_PX, "answer": ANSWER_PX, "text": DISPLAY_TEXT if face == "display" else None}
        for rule, element, what in page.evaluate("limits => audit(limits)", limits):
            self.blame(f"{where}: {rule}: {element}: {what}")

    def tab_through(self, page: Page, where: str) -> None:
        """By the Tab key alone: every target is reached, and one sees where one is."""
        page.evaluate("() => { document.activeElement?.blur(); window.getSelection()?.removeAllRanges() }")
        wanted = page.evaluate("() => reachable().length")
        reached: set[int] = set()
        for _ in range(wanted + 5):
            page.keyboard.press("Tab")
            index, seen, element = page.evaluate("() => focused()")
            if index in reached:
                break
            if index >= 0:
                reached.add(index)
                if not seen:
                    self.blame(f"{where}: focus not to be seen on {element}")
        for index in set(range(wanted)) - reached:
            self.blame(f"{where}: not reached by Tab: {page.evaluate('i => named(reachable()[i])', index)}")

    def blame(self, fault: str) -> None:
        print(fault, flush=True)
        self.faults.append(fault)

    def resize(self, page: Page, size: Size, where: str) -> None:
        """A new size moves everything, and that is none of the page's faults, however long it takes."""
        if page.viewport_size == viewport(size):
            return
        self._shifts(page, where)
        page.set_viewport_size(viewport(size))  # type: ignore[arg-type]
        settle(page)
        page.evaluate("() => moved()")

    def _axe(self, page: Page, where: str) -> None:
        """Of the page at rest: a colour that is on its way to another is none of its colours."""
        found: list[dict[str, Any]] = page.evaluate(
            """async tags => {
                const changes = document.getAnimations().filter((one) => one instanceof CSSTransition);
                await Promise.allSettled(changes.map(({finished}) => finished));
                const {violations} = await axe.run(document, {
                    runOnly: {type: 'tag', values: tags}, resultTypes: ['violations'], iframes: false,
                });
                return violations.map(({id, help, nodes}) => ({id, help, where: nodes.map(n => n.target.join(' '))}));
            }""",
            AXE_TAGS,
        )
        for one in found:
            self.blame(f"{where}: axe {one['id']}: {one['help']}: {'; '.join(one['where'][:4])}")

    def _shifts(self, page: Page, where: str) -> None:
        """What moved by itself, though nobody had touched the page."""
        shifts = page.evaluate("() => moved()")
        if not shifts:
            return
        for one in shifts:
            if one["value"] > MOST_SHIFT / 5:
                print(f"{where}: moved by {one['value']:.4f}: {one['moved']}", flush=True)
        total = self.shifted[page] = self.shifted.get(page, 0) + sum(one["value"] for one in shifts)
        if total >= MOST_SHIFT:
            worst = max(shifts, key=lambda one: one["value"])
            self.blame(f"{where}: layout shift {total:.3f}, most by {worst['moved']} at {worst['at']} ms")

    def check(self) -> None:
        print(f"{self.seen} views, largest layout shift {max(self.shifted.values(), default=0):.4f}")
        assert not self.faults, f"{len(self.faults)} faults in {self.seen} views"


def settle(page: Page) -> None:
    """Two frames: what was measured anew is drawn."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))")
