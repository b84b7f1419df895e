"""Browsers that are too old, or too strange, for Playwright's own ways: what they are driven by instead."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any, Protocol

from playwright.sync_api import Browser, Page, Playwright

from tests.browser.browsers import FAKE_DEVICES, KIOSK, QUIET
from tests.browser.chromium87 import executable
from tests.browser.firefox import MIDDLE
from tests.browser.people import poll


@contextlib.contextmanager
def old_chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(
        executable_path=executable(), headless=True, args=[*QUIET, *FAKE_DEVICES, KIOSK, "--no-zygote"]
    )
    try:
        assert browser.version.startswith("87.")
        yield browser
    finally:
        browser.close()


class Hand(Protocol):
    """How these browsers are driven alike: Playwright's own ways need newer engines than Chromium 87."""

    def size(self, width: int, height: int) -> None: ...
    def goto(self, url: str) -> None: ...
    def evaluate(self, expression: str) -> Any: ...
    def fill(self, selector: str, text: str) -> None: ...
    def click(self, selector: str) -> None: ...


class OldHand:
    def __init__(self, page: Page) -> None:
        self._page = page

    def size(self, width: int, height: int) -> None:
        self._page.set_viewport_size({"width": width, "height": height})

    def goto(self, url: str) -> None:
        self._page.goto(url)

    def evaluate(self, expression: str) -> Any:
        return self._page.evaluate(f"() => {expression}")

    def fill(self, selector: str, text: str) -> None:
        self.click(selector)
        self._page.keyboard.insert_text(text)

    def click(self, selector: str) -> None:
        self._page.mouse.click(*self.evaluate(MIDDLE.substitute(selector=json.dumps(selector))))


def there(hand: Hand, testid: str, timeout_s: float = 20) -> str:
    """The selector of an element, once it is there."""
    selector = f"[data-testid={testid}]"
    poll(lambda: hand.evaluate(f"!!document.querySelector({json.dumps(selector)})"), testid, timeout_s)
    return selector


def attribute(hand: Hand, testid: str, name: str) -> Any:
    return hand.evaluate(f"(document.querySelector('[data-testid={testid}]') || {{dataset: {{}}}}).dataset.{name}")
