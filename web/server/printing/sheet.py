"""Pages of paper: text, tables that go on over pages, bars and lines. A4, in points; one font for all languages."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fpdf import FPDF
from fpdf.enums import MethodReturnValue
from fpdf.fonts import TTFFont

FONT = Path(__file__).parent.parent / "print" / "font.ttf"
INK, SOFT, RULE, ACCENT = (30, 36, 48), (86, 92, 105), (223, 217, 205), (15, 110, 110)
WEAK, MIDDLE, RIGHT = (251, 231, 226), (251, 240, 210), (227, 241, 232)
SERIES = ((0, 104, 166), (184, 74, 0), (0, 119, 90), (157, 74, 131), (128, 90, 0), (74, 85, 104))
MARGIN = 42
SMALL, NORMAL, LARGE, TITLE = 8, 10, 13, 20
LEADING = 1.45

Colour = tuple[int, int, int]
Cell = str | tuple[str, Colour]
"""Words, and what colour lies under them."""

LACKED = "□"
"""Stands for each letter that the font lacks: it is one of Chinese and Latin."""
# What a font has is cut out of it; that it is cut need not be said.
logging.getLogger("fontTools").setLevel(logging.ERROR)


class Sheets(FPDF):
    """`foot`: at the foot of every page, before its number."""

    def __init__(self, title: str, language: str, foot: str) -> None:
        super().__init__(unit="pt", format="A4")
        self._foot = foot
        self.set_title(title)
        self.set_lang(language)
        self.set_margin(MARGIN)
        self.set_auto_page_break(True, MARGIN + 14)
        self.add_font("sans", fname=FONT)
        self.set_font("sans", size=NORMAL)
        font = self.fonts["sans"]
        self._drawn = font.cmap.keys() if isinstance(font, TTFFont) else frozenset()
        self.set_line_width(0.6)
        self.add_page()

    def normalize_text(self, text: str) -> str:
        return super().normalize_text("".join(one if ord(one) in self._drawn else LACKED for one in text))

    def footer(self) -> None:
        self.set_y(-MARGIN)
        self.ink(SOFT, SMALL)
        self.cell(self.epw - 40, SMALL * LEADING, self.fitting(self._foot, self.epw - 50))
        self.cell(40, SMALL * LEADING, f"{self.page_no()} / {{nb}}", align="R")

    def ink(self, colour: Colour = INK, size: float = NORMAL) -> None:
        self.set_text_color(*colour)
        self.set_font("sans", size=size)

    def say(self, words: str, colour: Colour = INK, size: float = NORMAL, after: float = 4) -> None:
        """A paragraph over the whole width."""
        self.ink(colour, size)
        self.multi_cell(self.epw, size * LEADING, words, align="L", new_x="LMARGIN", new_y="NEXT")
        self.ln(after)

    def headed(self, words: str, room: float = 90) -> None:
        """A heading, on the next page where nothing of what it heads would stand under it."""
        if self.will_page_break(LARGE * LEADING + 10 + room):
            self.add_page()
        self.ln(10)
        self.say(words, size=LARGE)

    def fitting(self, words: str, width: float) -> str:
        """As much of the words as there is room for, in the present font."""
        words = " ".join(words.split())
        if self.get_string_width(words) <= width:
            return words
        low, high = 0, len(words)
        while low < high:
            middle = (low + high + 1) // 2
            if self.get_string_width(words[:middle] + "…") <= width:
                low = middle
            else:
                high = middle - 1
        return words[:low] + "…"

    def lines(self, words: str, width: float, most: int) -> list[str]:
        """Broken into lines of that width; what more than `most` would hold is left out."""
        made: Any = self.multi_cell(width, 1, words, dry_run=True, output=MethodReturnValue.LINES)
        return [*made[: most - 1], self.fitting(" ".join(made[most - 1 :]), width)] if len(made) > most else made

    def table(  # type: ignore[override]
        self,
        head: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        widths: Sequence[float],
        size: float = SMALL,
        most_lines: int = 3,
    ) -> None:
        """Widths are parts of the page's. The first column is to the left and may have several lines; the others are
        figures. The head stands on every page."""
        unit = self.epw / sum(widths)
        wide = [unit * width for width in widths]
        self.ink(SOFT, size)
        heads = [self.lines(words, width - 6, 2) for words, width in zip(head, wide, strict=True)]
        height = size * LEADING

        def draw_head() -> None:
            self._row(heads, wide, height, SOFT, size, [None] * len(wide))

        draw_head()
        for row in rows:
            self.ink(INK, size)
            words = [cell if isinstance(cell, str) else cell[0] for cell in row]
            washes = [None if isinstance(cell, str) else cell[1] for cell in row]
            cells = [self.lines(words[0], wide[0] - 6, most_lines)]
            cells += [[self.fitting(one, width - 4)] for one, width in zip(words[1:], wide[1:], strict=True)]
            if self.will_page_break(height * max(map(len, cells)) + 4):
                self.add_page()
                draw_head()
            self._row(cells, wide, height, INK, size, washes)
        self.ln(6)

    def _row(
        self,
        cells: Sequence[Sequence[str]],
        wide: Sequence[float],
        height: float,
        colour: Colour,
        size: float,
        washes: Sequence[Colour | None],
    ) -> None:
        self.ink(colour, size)
        tall = height * max(1, *map(len, cells)) + 4
        if self.will_page_break(tall):
            self.add_page()
            self.ink(colour, size)
        x, y = self.l_margin, self.get_y()
        for place, (lines, width, wash) in enumerate(zip(cells, wide, washes, strict=True)):
            if wash is not None:
                self.set_fill_color(*wash)
                self.rect(x, y, width, tall, style="F")
            for number, line in enumerate(lines):
                self.set_xy(x + (0 if place == 0 else 2), y + 2 + number * height)
                self.cell(width - 4, height, line, align="R" if place else "L")
            x += width
        self.set_draw_color(*RULE)
        self.line(self.l_margin, y + tall, self.l_margin + self.epw, y + tall)
        self.set_xy(self.l_margin, y + tall)

    def plot(self, height: float, draw: Callable[[float, float], None]) -> None:
        """`draw(x, y)` at the place where there is room for it."""
        if self.will_page_break(height):
            self.add_page()
        y = self.get_y()
        draw(self.l_margin, y)
        self.set_xy(self.l_margin, y + height)

    def bar(self, x: float, y: float, width: float, share: float, height: float = 6) -> None:
        """How much of the whole, in per cent."""
        self.set_fill_color(*RULE)
        self.rect(x, y, width, height, style="F")
        self.set_fill_color(*ACCENT)
        self.rect(x, y, width * min(max(share, 0), 100) / 100, height, style="F")

    def label(self, x: float, y: float, words: str, align: str = "C", width: float = 60) -> None:
        """Words about `x`: in the middle, to the right of it or to the left."""
        left = {"C": x - width / 2, "L": x, "R": x - width}[align]
        self.set_xy(left, y)
        self.cell(width, SMALL * LEADING, words, align=align)
