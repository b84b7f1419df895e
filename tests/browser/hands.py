"""Hands on a board, or on what else is touched: a mouse, fingers and a pen, as the browser gets them from their
devices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import CDPSession, Page

Spot = tuple[float, float]
"""Shares of the board's width and height, or of what else is touched."""


@dataclass
class Hands:
    page: Page
    line: CDPSession
    touched: str = "board-canvas"

    @classmethod
    def on(cls, page: Page, touched: str = touched) -> Hands:
        """`touched`: the test id of what they are on."""
        return cls(page, page.context.new_cdp_session(page), touched)

    def at(self, spot: Spot) -> tuple[float, float]:
        return self._at((spot,))[0]

    def _at(self, way: Sequence[Spot]) -> list[tuple[float, float]]:
        box = self.page.get_by_test_id(self.touched).first.bounding_box()
        assert box
        return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in way]

    def mouse(self, *way: Spot, button: str = "left", steps: int = 6) -> None:
        mouse, (start, *rest) = self.page.mouse, self._at(way)
        mouse.move(*start)
        mouse.down(button=button)  # type: ignore[arg-type]
        for place in rest:
            mouse.move(*place, steps=steps)
        mouse.up(button=button)  # type: ignore[arg-type]

    def pen(self, *way: Spot, force: float = 0.7) -> None:
        """Pressed ever harder, up to `force`."""
        pressed = {"button": "left", "buttons": 1}
        for number, spot in enumerate(way):
            kind = "mouseMoved" if number else "mousePressed"
            self._pen(kind, spot, force * (1 + number) / len(way), **pressed)
        self._pen("mouseReleased", way[-1], 0, button="left", buttons=0)

    def hover(self, spot: Spot) -> None:
        self._pen("mouseMoved", spot, 0, button="none", buttons=0)

    def _pen(self, kind: str, spot: Spot, force: float, **given: Any) -> None:
        x, y = self.at(spot)
        told = {"type": kind, "x": x, "y": y, "force": force, "pointerType": "pen", "clickCount": 1, **given}
        self.line.send("Input.dispatchMouseEvent", told)

    def fingers(self, *ways: Sequence[Spot]) -> None:
        """As many fingers as ways, which have the same number of places and are gone together."""
        for number, places in enumerate(zip(*map(self._at, ways), strict=True)):
            self._touch("touchMove" if number else "touchStart", places)
        self._touch("touchEnd", ())

    def tap_twice(self, spot: Spot) -> None:
        place = self._at((spot,))
        for _ in range(2):
            self._touch("touchStart", place)
            self._touch("touchEnd", ())

    def _touch(self, kind: str, places: Sequence[tuple[float, float]]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        self.line.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
