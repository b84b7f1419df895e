"""What the cameras of the sample lesson see: a teacher before a board, children at their desks. Drawn, flat and quiet;
nobody's face."""

from __future__ import annotations

from collections.abc import Callable
from math import sin, tau
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 1280, 720
FONT = Path(__file__).parent.parent / "print" / "font.ttf"
WALL, FLOOR, WOOD, BOARD, CHALK = "#ece5d6", "#c9b795", "#9b7348", "#2f5d50", "#e8efe6"
SKIN, HAIR, JACKET, TROUSERS = "#e9bf9a", "#2b2522", "#0f6e6e", "#39414f"
JUMPERS = ("#d6402b", "#e0a100", "#4a6fa5", "#7a9e4f", "#b7679c", "#c9772f")

Scene = Callable[[float, float], Image.Image]
"""The picture at so many seconds, where what is heard is so loud, 0 to 1."""


def teacher() -> Scene:
    """Before the board, an arm towards it."""
    room = Image.new("RGB", (WIDTH, HEIGHT), WALL)
    draw = ImageDraw.Draw(room)
    draw.rectangle((0, 610, WIDTH, HEIGHT), fill=FLOOR)
    draw.rectangle((424, 84, 1216, 516), fill=WOOD)
    draw.rectangle((440, 100, 1200, 500), fill=BOARD)
    draw.text((820, 190), "秋天", fill=CHALK, font=ImageFont.truetype(FONT, 150), anchor="mm")
    draw.text((820, 330), "Autumn", fill=CHALK, font=ImageFont.truetype(FONT, 84), anchor="mm")
    draw.text((820, 425), "禾 + 火 = 秋", fill=CHALK, font=ImageFont.truetype(FONT, 52), anchor="mm")
    draw.rounded_rectangle((440, 500, 1200, 516), 4, fill="#b58a58")

    def at(time_s: float, loud: float) -> Image.Image:
        picture = room.copy()
        draw = ImageDraw.Draw(picture)
        sway = 5 * sin(tau * time_s / 3.7)
        x = 270 + sway
        reach = 1 if loud > 0.15 else 0.2 + 0.1 * sin(tau * time_s / 2.3)
        hand = (x + 110 + 120 * reach, 330 - 90 * reach + 14 * sin(tau * time_s / 1.3))
        draw.rounded_rectangle((x - 74, 520, x + 74, 760), 30, fill=TROUSERS)
        draw.rounded_rectangle((x - 96, 300, x + 96, 600), 60, fill=JACKET)
        draw.line([(x + 70, 345), (x + 105, 420 - 60 * reach), hand], fill=JACKET, width=46, joint="curve")
        draw.ellipse((hand[0] - 22, hand[1] - 22, hand[0] + 22, hand[1] + 22), fill=SKIN)
        draw.line([(x - 74, 350), (x - 108, 450), (x - 92, 540)], fill=JACKET, width=44, joint="curve")
        draw.rounded_rectangle((x - 24, 262, x + 24, 330), 20, fill=SKIN)
        _head(draw, x + sway / 2, 205, 78, loud, looking=14)
        return picture

    return at


def pupils() -> Scene:
    """Six at their desks; one stands while there is something to hear."""
    room = Image.new("RGB", (WIDTH, HEIGHT), "#e3e8e4")
    draw = ImageDraw.Draw(room)
    draw.rectangle((0, 470, WIDTH, HEIGHT), fill="#b9a27c")
    for left in (90, 860):
        draw.rectangle((left, 70, left + 330, 330), fill="#ffffff")
        draw.rectangle((left + 12, 82, left + 318, 318), fill="#bcd9e6")
        draw.rectangle((left + 158, 82, left + 172, 318), fill="#ffffff")
    draw.text((640, 180), "青山村小", fill="#5b6b66", font=ImageFont.truetype(FONT, 56), anchor="mm")

    def at(time_s: float, loud: float) -> Image.Image:
        picture = room.copy()
        draw = ImageDraw.Draw(picture)
        for row, (y, size) in enumerate(((420, 44), (560, 56))):
            for seat in range(3):
                number = row * 3 + seat
                x = 320 + seat * 320 + 8 * sin(tau * (time_s / 4.1 + number / 6))
                speaks = number == 1 and loud > 0.02
                up = 64 if speaks else 3 * sin(tau * (time_s / 2.9 + number / 5))
                top = y - up
                draw.rounded_rectangle(
                    (x - 1.3 * size, top + 0.8 * size, x + 1.3 * size, y + 170), 40, fill=JUMPERS[number]
                )
                _head(draw, x, top, size, loud if speaks else 0, looking=0)
                draw.rounded_rectangle((x - 2.2 * size, y + 1.9 * size, x + 2.2 * size, y + 2.4 * size), 10, fill=WOOD)
        return picture

    return at


def _head(draw: ImageDraw.ImageDraw, x: float, y: float, size: float, loud: float, looking: float) -> None:
    """A face of few lines, whose mouth opens as loud as it speaks."""
    draw.ellipse((x - size, y - size * 1.1, x + size, y + size * 0.95), fill=HAIR)
    draw.ellipse((x - size * 0.82, y - size * 0.7, x + size * 0.82, y + size), fill=SKIN)
    shift = looking * size / 78
    for side in (-1, 1):
        eye = x + shift + side * size * 0.3
        draw.ellipse((eye - size * 0.08, y - size * 0.02, eye + size * 0.08, y + size * 0.16), fill=HAIR)
    wide, open_ = size * (0.26 - 0.06 * loud), size * (0.04 + 0.2 * loud)
    mouth = y + size * 0.55
    draw.ellipse((x + shift - wide, mouth - open_, x + shift + wide, mouth + open_), fill="#9c3f35")
