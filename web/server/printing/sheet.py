"""Pages of paper: text, tables that go on over pages, bars and lines. A4, in points; one font for all languages."""

from __future__ import annotations

import io
import logging
import re
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fpdf import FPDF
from fpdf.fonts import TTFFont

from web.server.printing.pictures import Picture

if TYPE_CHECKING:
    from web.server.printing.formulas import Drawing, Formulas

FONT = Path(__file__).parent.parent / "print" / "font.ttf"
INK, SOFT, RULE, ACCENT = (30, 36, 48), (86, 92, 105), (223, 217, 205), (15, 110, 110)
RIGHT_INK = (46, 125, 79)
WEAK, MIDDLE, RIGHT = (251, 231, 226), (251, 240, 210), (227, 241, 232)
SERIES = ((0, 104, 166), (184, 74, 0), (0, 119, 90), (157, 74, 131), (128, 90, 0), (74, 85, 104))
MARGIN = 42
SMALL, NORMAL, LARGE, TITLE = 8, 10, 13, 20
LEADING = 1.45
BAR = 6
THUMB = (54, 34)
"""A picture beside words, at most."""
ARROW = 16
CARD_LINES = 6

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Bar:
    """`share`: of a whole one, in per cent."""

    share: float


@dataclass(frozen=True, slots=True)
class Cards:
    """Pictures and words that belong together, beside each other; what colour lies under them."""

    cards: Sequence[tuple[Picture | None, str]]
    wash: Colour | None = None


Cell = str | tuple[str, Colour] | Bar | Cards
"""Words, and what colour lies under them; a bar; cards."""


@dataclass(frozen=True, slots=True)
class Box:
    """A formula, at so many points an em."""

    drawing: Drawing
    size: float

    @property
    def wide(self) -> float:
        return self.drawing.wide * self.size


@dataclass(frozen=True, slots=True)
class Laid:
    """Cards as they have room, their words in lines; how wide each is."""

    cards: Sequence[tuple[Picture | None, Sequence[str]]]
    wide: float


Placed = Sequence[str] | Bar | Laid
"""A cell as it has room: words in lines."""

HAN, OPENING, CLOSING = (
    "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef",
    "（《〈「『【〔“‘",
    "，。、；：？！）》〉」』】〕”’…",
)
UNBROKEN = re.compile(rf"\s+|[{OPENING}]*(?:[^\s{HAN}{OPENING}{CLOSING}]+|\S)[{CLOSING}]*")
"""What stands in one line: a word, a Chinese character with its punctuation."""
PAGES = "{nb}"
"""What fpdf2 puts the number of pages in the place of."""
LACKED = "□"
"""Stands for each letter that the font lacks: it is one of Chinese and Latin."""
FORMULA = re.compile(r"\\\((.+?)\\\)|\s*\$\$(.+?)\$\$\s*", re.DOTALL)
"""As pages know it (formulas.ts)."""
FIRST, LAST = 0xF0000, 0xFFFFD
BOX = re.compile(f"([{chr(FIRST)}-{chr(LAST)}])")
"""Stands in a line for a formula: a character of those that mean nothing (Unicode 23.5); nobody else's comes in."""
LEAST = 0.4
"""Of the words' size. What has room only when it is smaller is read more easily as it was written."""
LETTERS = 1.1
"""How much larger than the font's those of formulas must be to look as large."""
GAP = 1
"""Between a formula and the lines over and under its own."""
# What a font has is cut out of it; that it is cut need not be said.
logging.getLogger("fontTools").setLevel(logging.ERROR)


class Sheets(FPDF):
    """`foot`: at the foot of every page, before its number."""

    def __init__(self, title: str, language: str, foot: str) -> None:
        super().__init__(unit="pt", format="A4")
        self._foot, self._footing = foot, False
        self._formulas: Formulas | None = None
        self._boxes: list[Box] = []
        self._ink = INK
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
        self._ink = colour
        self.set_text_color(*colour)
        self.set_font("sans", size=size)

    def say(
        self, words: str, colour: Colour = INK, size: float = NORMAL, after: float = 4, most: int | None = None
    ) -> None:
        """A paragraph over the whole width, in so many lines at most."""
        self.ink(colour, size)
        for line in self.lines(words, self.epw, most):
            high = self._high(line, size * LEADING)
            if self.will_page_break(high):
                self.add_page()
            y = self.get_y()
            self._line(line, self.epw, size * LEADING)
            self.set_xy(self.l_margin, y + high)
        self.ln(after)

    def headed(self, words: str, room: float = 90, size: float = LARGE, most: int | None = None) -> None:
        """A heading, on the next page where nothing of what it heads would stand under it."""
        if self.will_page_break(size * LEADING + 10 + room):
            self.add_page()
        self.ln(10)
        self.say(words, size=size, most=most)

    def get_string_width(self, s: str, normalized: bool = False, markdown: bool = False) -> float:
        words = BOX.split(s)
        boxes = sum(self._boxes[ord(one) - FIRST].wide for one in words[1::2])
        return boxes + float(super().get_string_width("".join(words[::2]), normalized, markdown))

    def fitting(self, words: str, width: float) -> str:
        """As much of the words as there is room for, in the present font; formulas as they were written."""
        return self._fitting(BOX.sub(LACKED, words), width)

    def _fitting(self, words: str, width: float) -> str:
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

    def lines(self, words: str, width: float, most: int | None) -> list[str]:
        """Broken into lines of that width, with a character for each formula; what more than `most` would hold is left
        out."""
        room = width - 2 * self.c_margin
        made = list(self._broken(words, room))
        if most is None or len(made) <= most:
            return made
        return [*made[: most - 1], self._fitting(" ".join(made[most - 1 :]), room)]

    def _broken(self, words: str, room: float) -> Iterator[str]:
        """In lines between words, and between any two Chinese characters."""
        for paragraph in self._typeset(words, room).split("\n"):
            line, used = "", 0.0
            for piece in UNBROKEN.findall(paragraph):
                wide = self.get_string_width(piece)
                if used + wide > room and line:
                    yield line.rstrip()
                    line, used = "", 0.0
                    if piece.isspace():
                        continue
                while wide > room and len(piece) > 1:
                    most = bisect(range(1, len(piece)), room, key=lambda n, of=piece: self.get_string_width(of[:n]))  # type: ignore[misc]
                    yield piece[: max(1, most)]
                    piece = piece[max(1, most) :]
                    wide = self.get_string_width(piece)
                line, used = line + piece, used + wide
            yield line.rstrip()

    def _typeset(self, words: str, room: float) -> str:
        """A character for each formula that can be drawn."""
        return FORMULA.sub(lambda found: self._boxed(found, room), BOX.sub(LACKED, words))

    def _boxed(self, found: re.Match[str], room: float) -> str:
        """What stands by itself has a line of its own."""
        line, block = found.groups()
        if self._formulas is None:
            from web.server.printing.formulas import Formulas  # most prints have none, and do without these libraries

            self._formulas = Formulas(FONT)
        drawing = self._formulas.drawn(line or block, line is None)
        if drawing is None or FIRST + len(self._boxes) > LAST or drawing.wide * self.font_size * LEAST > room:
            return found[0]
        self._boxes.append(Box(drawing, min(LETTERS * self.font_size, room / drawing.wide)))
        box = chr(FIRST + len(self._boxes) - 1)
        if line is not None:
            return box
        return ("\n" if found.start() else "") + box + ("\n" if found.end() < len(found.string) else "")

    def _reach(self, line: str, height: float) -> tuple[float, float]:
        """How far a line goes above that on which its letters stand, and below. `height`: of one without formulas."""
        above = height / 2 + 0.3 * self.font_size  # as `cell` places them
        boxes = [self._boxes[ord(one) - FIRST] for one in BOX.findall(line)]
        return (
            max([above, *(box.drawing.above * box.size + GAP for box in boxes)]),
            max([height - above, *(box.drawing.below * box.size + GAP for box in boxes)]),
        )

    def _high(self, line: str, height: float) -> float:
        return sum(self._reach(line, height))

    def _line(self, line: str, width: float, height: float, align: str = "L") -> None:
        """At the present place."""
        pieces = BOX.split(line)
        if len(pieces) == 1:
            self.cell(width, height, line, align=align)
            return
        over = {"L": 0, "C": 0.5, "R": 1}[align] * (width - 2 * self.c_margin - self.get_string_width(line))
        x, base = self.get_x() + over, self.get_y() + self._reach(line, height)[0]
        for place, piece in enumerate(pieces):
            if place % 2:
                self._draw(self._boxes[ord(piece) - FIRST], x + self.c_margin, base)
            elif piece:
                self.set_xy(x, base - self._reach("", height)[0])
                self.cell(0, height, piece)
            x += self.get_string_width(piece)

    def _draw(self, box: Box, x: float, y: float) -> None:
        """`y`: of the line on which the letters stand."""
        ink = " ".join(f"{one / 255:.3f}" for one in self._ink)
        self._out(f"q {ink} rg {ink} RG {box.size:.4f} 0 0 {box.size:.4f} {x:.2f} {self.h - y:.2f} cm")
        self._out(f"{box.drawing.operators} Q")

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
        heads: list[Placed] = [self.lines(one, width - 6, 2) for one, width in zip(head, wide, strict=True)]
        height = size * LEADING
        for place, row in enumerate(rows):
            self.ink(INK, size)
            cells = [
                self._cell(cell, width, 1 if at else most_lines)
                for at, (cell, width) in enumerate(zip(row, wide, strict=True))
            ]
            tall = self._tall(cells, height)
            leaves = self.will_page_break(tall if place or not any(head) else self._tall(heads, height) + tall)
            if leaves:
                self.add_page()
            if any(head) and (leaves or place == 0):
                self._row(heads, wide, height, SOFT, size, [None] * len(wide))
            washes = [_wash(cell) for cell in row]
            self._row(cells, wide, height, INK, size, washes)
        self.ln(6)

    def _cell(self, cell: Cell, width: float, most: int) -> Placed:
        """As it has room there, in the present font."""
        if isinstance(cell, Bar):
            return cell
        if isinstance(cell, Cards):
            wide = (width - ARROW * (len(cell.cards) - 1)) / len(cell.cards)
            beside = ((shown, wide - 6 - (THUMB[0] if shown else 0), words) for shown, words in cell.cards)
            return Laid([(shown, self.lines(words, room, CARD_LINES)) for shown, room, words in beside], wide)
        words = cell if isinstance(cell, str) else cell[0]
        return (
            self.lines(words, width - 6, most)
            if most > 1
            else [self._fitting(self._typeset(words, width - 4), width - 4)]
        )

    def _row(
        self,
        cells: Sequence[Placed],
        wide: Sequence[float],
        height: float,
        colour: Colour,
        size: float,
        washes: Sequence[Colour | None],
    ) -> None:
        self.ink(colour, size)
        tall = self._tall(cells, height)
        x, y = self.l_margin, self.get_y()
        middle = any(
            isinstance(cell, Laid) or (not isinstance(cell, Bar) and BOX.search("".join(cell))) for cell in cells
        )
        for place, (lines, width, wash) in enumerate(zip(cells, wide, washes, strict=True)):
            if wash is not None:
                self.set_fill_color(*wash)
                self.rect(x, y, width, tall, style="F")
            top = y + (tall - self._cell_tall(lines, height)) / 2 if middle else y + 2
            if isinstance(lines, Bar):
                self.bar(x + 2, top + (height - BAR) / 2, width - 4, lines.share, BAR)
            elif isinstance(lines, Laid):
                self._cards(lines, x, y, tall, height)
            else:
                for line in lines:
                    self.set_xy(x + (0 if place == 0 else 2), top)
                    self._line(line, width - 4, height, "R" if place else "L")
                    top += self._high(line, height)
            x += width
        self.set_draw_color(*RULE)
        self.line(self.l_margin, y + tall, self.l_margin + self.epw, y + tall)
        self.set_xy(self.l_margin, y + tall)

    def _cards(self, laid: Laid, x: float, y: float, tall: float, height: float) -> None:
        """In a row, each in the middle of how tall it is, with arrows between."""
        for place, (picture, lines) in enumerate(laid.cards):
            if place:
                self.set_xy(x, y + (tall - height) / 2)
                self.cell(ARROW, height, "→", align="C")
                x += ARROW
            left = x
            if picture is not None:
                wide = min(THUMB[0] - 4, THUMB[1] / picture.aspect)
                self.picture(picture, x + 2 + (THUMB[0] - 4 - wide) / 2, y + (tall - wide * picture.aspect) / 2, wide)
                left += THUMB[0]
            top = y + (tall - self._words_tall(lines, height)) / 2
            for line in lines:
                self.set_xy(left, top)
                self._line(line, x + laid.wide - left, height)
                top += self._high(line, height)
            x += laid.wide

    def picture(self, picture: Picture, x: float, y: float, wide: float) -> None:
        self.image(io.BytesIO(picture.data), x, y, wide, wide * picture.aspect)

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
        self._line(words, width, SMALL * LEADING, align)

    def _tall(self, cells: Sequence[Placed], height: float) -> float:
        """A row of these cells, whose lines have that height."""
        return max(self._cell_tall(cell, height) for cell in cells) + 4

    def _cell_tall(self, cell: Placed, height: float) -> float:
        match cell:
            case Bar():
                return height
            case Laid(cards):
                return max(max(THUMB[1] if shown else 0, self._words_tall(lines, height)) for shown, lines in cards)
            case _:
                return max(height, self._words_tall(cell, height))

    def _words_tall(self, lines: Sequence[str], height: float) -> float:
        return sum(self._high(line, height) for line in lines)


def _wash(cell: Cell) -> Colour | None:
    if isinstance(cell, Cards):
        return cell.wash
    return cell[1] if isinstance(cell, tuple) else None
