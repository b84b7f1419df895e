"""A house to be pictured: a server, a browser, and what is done at every page of it."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Browser, Page, expect

from tests.browser.people import PASSWORD
from tests.browser.shots import (
    DESKTOP,
    LANGUAGES,
    PHONE,
    TABLET,
    TAKEN,
    Album,
    Size,
    audited,
    settle,
    speak,
    viewport,
)
from tests.processes import Server

SCHOOL = "Qingshan 青山村小"
WORK: tuple[Size, ...] = (DESKTOP, TABLET)
HAND: tuple[Size, ...] = (TABLET, PHONE)
ALL: tuple[Size, ...] = (DESKTOP, TABLET, PHONE)


@dataclass
class House:
    server: Server
    browser: Browser
    album: Album

    def page(self, size: Size, language: str, path: str, *, script: str = "") -> Page:
        page = audited(self.browser, size, language)
        if script:
            page.add_init_script(script)
        page.goto(self.server.base + path)
        return page


def sees(page: Page, testid: str, timeout_s: float = 20) -> None:
    expect(page.get_by_test_id(testid).first).to_be_visible(timeout=timeout_s * 1000)


def sign_in(page: Page, login: str = "lihua") -> None:
    page.get_by_test_id("login").fill(login)
    page.get_by_test_id("password").fill(PASSWORD)
    page.get_by_test_id("sign-in-submit").click()


def each(house: House, page: Page, face: str, state: str, *sizes: Size, whole: bool = False) -> None:
    """The page in both languages, first in the one that it speaks; then it has its first size again. Where no pictures
    are taken, the other language only at the last size, which is the narrowest, the first one at those before it."""
    first = page.locator("html").get_attribute("lang") or LANGUAGES[0]
    house.album.shoot(page, face, state, first, *sizes if TAKEN else sizes[:-1] or sizes, whole=whole)
    for other in (one for one in LANGUAGES if one != first):
        speak(page, other)
        house.album.shoot(page, face, state, other, *sizes[::-1] if TAKEN else sizes[-1:], whole=whole, axe=False)
        house.album.resize(page, sizes[0], f"{face}-{state}-{other}")


def back(page: Page, size: Size) -> None:
    page.set_viewport_size(viewport(size))  # type: ignore[arg-type]
    settle(page)


def playing(page: Page, testid: str) -> None:
    page.wait_for_function("id => document.querySelector(`[data-testid=${id}]`)?.videoWidth > 0", arg=testid)


def set_up(house: House) -> Page:
    page = house.page(DESKTOP, "en", f"/setup#{house.server.setup_secret()}")
    for name, value in (("school", SCHOOL), ("name", "Li Hua 李华"), ("login", "lihua"), ("password", PASSWORD)):
        page.get_by_test_id(f"setup-{name}").fill(value)
    page.get_by_test_id("setup-submit").click()
    sees(page, "start-lesson")
    return page
