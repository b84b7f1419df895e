"""The sample lesson's slides, as the PDF that its teacher would have made. 16:9, in points."""

from __future__ import annotations

from fpdf import FPDF

from web.server.printing.sheet import FONT

WIDTH, HEIGHT = 960, 540
PAPER, INK, SOFT = (250, 248, 244), (30, 36, 48), (86, 92, 105)
RED, GOLD, BROWN = (214, 64, 43), (224, 161, 0), (201, 119, 47)
Colour = tuple[int, int, int]


def pdf() -> bytes:
    """Four pages: a title, the character's parts, a question, a picture."""
    sheet = FPDF(unit="pt", format=(HEIGHT, WIDTH), orientation="landscape")
    sheet.set_auto_page_break(False)
    sheet.add_font("sans", fname=FONT)
    _page(sheet)
    _middle(sheet, "秋天", 150, 130, RED)
    _middle(sheet, "Autumn", 300, 64)
    _middle(sheet, "Chinese, grade 2 · 二年级语文", 410, 26, SOFT)
    _page(sheet)
    _middle(sheet, "How is it written? 怎么写？", 80, 40)
    for left, letter, colour, meaning in (
        (170, "禾", GOLD, "grain 庄稼"),
        (410, "火", RED, "fire 火焰"),
        (650, "秋", INK, "autumn 秋天"),
    ):
        _letter(sheet, left, letter, colour, meaning)
    _page(sheet)
    _middle(sheet, "Spring, summer, autumn, winter", 70, 40)
    _middle(sheet, "春　夏　秋　冬", 200, 96)
    _middle(sheet, "Which one do you like best? 你最喜欢哪一个？", 400, 30, SOFT)
    _page(sheet)
    _middle(sheet, "Why do leaves turn red? 树叶为什么会变红？", 60, 36)
    for left, top, size, colour in ((240, 200, 130, GOLD), (420, 170, 180, RED), (640, 220, 120, BROWN)):
        _leaf(sheet, left, top, size, colour)
    return bytes(sheet.output())


def _page(sheet: FPDF) -> None:
    sheet.add_page()
    sheet.set_fill_color(*PAPER)
    sheet.rect(0, 0, WIDTH, HEIGHT, style="F")


def _middle(sheet: FPDF, words: str, top: float, size: float, colour: Colour = INK) -> None:
    sheet.set_font("sans", size=size)
    sheet.set_text_color(*colour)
    sheet.set_xy(0, top)
    sheet.cell(WIDTH, size * 1.2, words, align="C")


def _letter(sheet: FPDF, left: float, letter: str, colour: Colour, meaning: str) -> None:
    """In its box of four, with what it means under it."""
    sheet.set_draw_color(223, 217, 205)
    sheet.set_line_width(2)
    sheet.rect(left, 170, 150, 150)
    sheet.line(left, 245, left + 150, 245)
    sheet.line(left + 75, 170, left + 75, 320)
    for words, top, size, shade in ((letter, 170, 112, colour), (meaning, 345, 26, SOFT)):
        sheet.set_font("sans", size=size)
        sheet.set_text_color(*shade)
        sheet.set_xy(left - 40, top + (8 if size > 100 else 0))
        sheet.cell(230, size * 1.2, words, align="C")


def _leaf(sheet: FPDF, left: float, top: float, size: float, colour: Colour) -> None:
    """Two arcs that meet in points, and a stalk."""
    with sheet.new_path() as path:
        path.style.fill_color = "#{:02x}{:02x}{:02x}".format(*colour)
        path.style.stroke_color = None
        path.move_to(left, top + size)
        path.curve_to(left - size * 0.1, top + size * 0.3, left + size * 0.4, top - size * 0.1, left + size, top)
        path.curve_to(left + size * 1.05, top + size * 0.6, left + size * 0.7, top + size * 1.05, left, top + size)
    sheet.set_draw_color(120, 72, 32)
    sheet.set_line_width(4)
    sheet.line(left - size * 0.2, top + size * 1.2, left + size * 0.75, top + size * 0.25)
