"""Pages of paper: text, tables that go on over pages, bars and lines. A4, in points; one font for all languages."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

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
BAR = 6

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Bar:
    """`share`: of a whole one, in per cent."""

    share: float


Cell = str | tuple[str, Colour] | Bar
"""Words, and what colour lies under them; or a bar."""

PAGES = "{nb}"
"""What fpdf2 puts the number of pages in the place of."""
LACKED = "□"
"""Stands for each letter that the font lacks: it is one of Chinese and Latin."""
# What a font has is cut out of it; that it is cut need not be said.
logging.getLogger("fontTools").setLevel(logging.ERROR)


class Sheets(FPDF):
    """`foot`: at the foot of every page, before its number."""

    def __init__(self, title: str, language: str, foot: str) -> None:
        super().__init__(unit="pt", format="A4")
        self._foot, self._footing = foot, False
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
        text = text.replace("\t", " ")
        if not self._footing:
            text = text.replace(PAGES, PAGES.replace("nb", " nb "))  # it would be counted, whoever wrote it
        return super().normalize_text(
            "".join(one if ord(one) in self._drawn or one == "\n" else LACKED for one in text)
        )

    def footer(self) -> None:
        self.set_y(-MARGIN)
        self.ink(SOFT, SMALL)
        self.cell(self.epw - 40, SMALL * LEADING, self.fitting(self._foot, self.epw - 50))
        self._footing = True
        self.cell(40, SMALL * LEADING, f"{self.page_no()} / {PAGES}", align="R")
        self._footing = False

    def ink(self, colour: Colour = INK, size: float = NORMAL) -> None:
        self.set_text_color(*colour)
        self.set_font("sans", size=size)

    def say(self, words: str, colour: Colour = INK, size: float = NORMAL, after: float = 4) -> None:
        """A paragraph over the whole width."""
        self.ink(colour, size)
        self.multi_cell(self.epw, size * LEADING, words, align="L", new_x="LMARGIN", new_y="NEXT")
        self.ln(after)

    def headed(self, words: str, room: float = 90, size: float = LARGE) -> None:
        """A heading, on the next page where nothing of what it heads would stand under it."""
        if self.will_page_break(size * LEADING + 10 + room):
            self.add_page()
        self.ln(10)
        self.say(words, size=size)

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
        made: list[str] = self.multi_cell(width, 1, words, dry_run=True, output=MethodReturnValue.LINES)  # type: ignore[assignment]
        if len(made) <= most:
            return made
        return [*made[: most - 1], self.fitting(" ".join(made[most - 1 :]), width - 2 * self.c_margin)]

    def table(  # type: ignore[override]
        self,
        head: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        widths: Sequence[float],
        size: float = SMALL,
        most_lines: int = 3,
    ) -> None:
        """Widths are parts of the page's. The first column is to the left and may have several lines; the others are
        figures. The head, where it says anything, stands on every page, and never without a row under it."""
        unit = self.epw / sum(widths)
        wide = [unit * width for width in widths]
        self.ink(SOFT, size)
        heads: list[list[str] | Bar] = [self.lines(one, width - 6, 2) for one, width in zip(head, wide, strict=True)]
        height = size * LEADING
        for place, row in enumerate(rows):
            self.ink(INK, size)
            cells = [
                self._cell(cell, width, 1 if at else most_lines)
                for at, (cell, width) in enumerate(zip(row, wide, strict=True))
            ]
            tall = _tall(cells, height)
            leaves = self.will_page_break(tall if place or not any(head) else _tall(heads, height) + tall)
            if leaves:
                self.add_page()
            if any(head) and (leaves or place == 0):
                self._row(heads, wide, height, SOFT, size, [None] * len(wide))
            washes = [cell[1] if isinstance(cell, tuple) else None for cell in row]
            self._row(cells, wide, height, INK, size, washes)
        self.ln(6)

    def _cell(self, cell: Cell, width: float, most: int) -> list[str] | Bar:
        """As it has room there, in the present font."""
        if isinstance(cell, Bar):
            return cell
        words = cell if isinstance(cell, str) else cell[0]
        return self.lines(words, width - 6, most) if most > 1 else [self.fitting(words, width - 4)]

    def _row(
        self,
        cells: Sequence[Sequence[str] | Bar],
        wide: Sequence[float],
        height: float,
        colour: Colour,
        size: float,
        washes: Sequence[Colour | None],
    ) -> None:
        self.ink(colour, size)
        tall = _tall(cells, height)
        x, y = self.l_margin, self.get_y()
        for place, (lines, width, wash) in enumerate(zip(cells, wide, washes, strict=True)):
            if wash is not None:
                self.set_fill_color(*wash)
                self.rect(x, y, width, tall, style="F")
            if isinstance(lines, Bar):
                self.bar(x + 2, y + 2 + (height - BAR) / 2, width - 4, lines.share, BAR)
            else:
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

    def bar(self, x: float, y: float, width: float, share: float, height: float = BAR) -> None:
        """How much of the whole, in per cent."""
        self.set_fill_color(*RULE)
        self.rect(x, y, width, height, style="F")
        if share > 0:
            self.set_fill_color(*ACCENT)
            self.rect(x, y, width * min(share, 100) / 100, height, style="F")

    def label(self, x: float, y: float, words: str, align: str = "C", width: float = 60) -> None:
        """Words about `x`: in the middle, to the right of it or to the left."""
        left = {"C": x - width / 2, "L": x, "R": x - width}[align]
        self.set_xy(left, y)
        self.cell(width, SMALL * LEADING, words, align=align)


def _tall(cells: Sequence[Sequence[str] | Bar], height: float) -> float:
    """A row of these cells, whose lines have that height."""
    return height * max(1, *(1 if isinstance(one, Bar) else len(one) for one in cells)) + 4
