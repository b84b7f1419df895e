"""A page of the board as a picture, for files that are made of recordings: what web/client/src/board/drawing.ts is for
screens. Ink has the width of its pressure; of Pillow, which has no curves, so between points it is straight."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from PIL import Image, ImageChops, ImageDraw, ImageFont

from classroom.board.bricks import A_POINT, PAGE_HEIGHT, PAGE_WIDTH
from classroom.events import Json
from recordings.papers import rules

WIDTH, HEIGHT = 1920, 1080
"""Of the picture; where it is shown it is smaller, and so smooth."""
WHITE, LACKING = "#ffffff", "#f1ede5"
THINNING = 0.35  # of a pen that is pressed less
HEAD = 0.45  # radians to each side of an arrow's line
DASH, GAP = 10, 8
NOTE_PADDING, LEADING = 18, 1.35
NOTE_INK, NOTE_SHADOW = "#1e2430", (224, 223, 221)
TURN = 72  # sides of what is drawn for an ellipse
NOT_FIRST = re.compile(r"[，。、；：？！）》」』”’%…,.;:?!)]")
WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef]")

Place = tuple[float, float]
Pictures = Callable[[str, int], Image.Image | None]
"""The picture of a slide, where it is there."""
Fonts = Callable[[int], ImageFont.FreeTypeFont]


@dataclass(frozen=True, slots=True)
class View:
    """What part of a page is seen: from its left upper corner, so many units wide."""

    x: float = 0
    y: float = 0
    width: float = PAGE_WIDTH

    @property
    def scale(self) -> float:
        return WIDTH / self.width

    def at(self, x: float, y: float) -> Place:
        return (x - self.x) * self.scale, (y - self.y) * self.scale


class Sheet:
    """A picture on which things are laid, one after the other."""

    def __init__(self, view: View, pictures: Pictures, fonts: Fonts, image: Image.Image | None = None) -> None:
        self.image = image or Image.new("RGB", (WIDTH, HEIGHT), WHITE)
        self._draw = ImageDraw.Draw(self.image)
        self._view, self._pictures, self._fonts = view, pictures, fonts

    def copy(self) -> Sheet:
        return Sheet(self._view, self._pictures, self._fonts, self.image.copy())

    def paper(self, paper: Json) -> None:
        if "courseware" in paper:
            picture = self._pictures(paper["courseware"], paper.get("slide", 1))
            if picture is not None:
                share = min(PAGE_WIDTH / picture.width, PAGE_HEIGHT / picture.height)
                wide, high = picture.width * share, picture.height * share
                self._paste(picture, ((PAGE_WIDTH - wide) / 2, (PAGE_HEIGHT - high) / 2, wide, high), _unplaced)
        for rule in rules(paper["kind"]):
            for begin, end in dashes(rule.begin, rule.end) if rule.dashed else [(rule.begin, rule.end)]:
                width = max(1, round(rule.weight * self._view.scale))
                self._draw.line([self._view.at(*begin), self._view.at(*end)], rule.color, width)

    def lay(self, one: Json) -> None:
        sx, sy, dx, dy = one.get("place") or (1, 1, 0, 0)
        share = math.sqrt(abs(sx * sy)) * self._view.scale

        def at(x: float, y: float) -> Place:
            return self._view.at(x * sx + dx, y * sy + dy)

        match one["type"]:
            case "stroke":
                self._stroke(one, at, share)
            case "shape":
                self._shape(one, at, share)
            case "image":
                picture = self._pictures(one["courseware"], one["slide"])
                self._paste(picture, one["box"], lambda x, y: (x * sx + dx, y * sy + dy))
            case _:
                self._words(one, at, share)

    def _stroke(self, one: Json, at: Callable[[float, float], Place], share: float) -> None:
        points, marks = one["points"], one["tool"] == "highlighter"
        thin = 0.0 if marks else THINNING
        ink = [
            (*at(x, y), max(0.5, one["width"] * (0.5 - thin * (0.5 - pressure)) * share))
            for x, y, pressure in zip(points[0::A_POINT], points[1::A_POINT], points[2::A_POINT], strict=True)
        ]
        if not marks:
            return _inked(self._draw, ink, one["color"])
        far = max(radius for *_, radius in ink) + 1
        left, top = (math.floor(min(point[axis] for point in ink) - far) for axis in (0, 1))
        right, bottom = (math.ceil(max(point[axis] for point in ink) + far) for axis in (0, 1))
        left, top, right, bottom = max(0, left), max(0, top), min(WIDTH, right), min(HEIGHT, bottom)
        if left >= right or top >= bottom:
            return None
        layer = Image.new("RGB", (right - left, bottom - top), WHITE)
        _inked(ImageDraw.Draw(layer), [(x - left, y - top, radius) for x, y, radius in ink], one["color"])
        under = self.image.crop((left, top, right, bottom))
        self.image.paste(ImageChops.multiply(under, layer), (left, top))
        return None

    def _shape(self, one: Json, at: Callable[[float, float], Place], share: float) -> None:
        ways = outline(one["shape"], one["from"], one["to"], one["width"])
        for way in ways:
            line = [at(x, y) for x, y in way]
            if one.get("fill") and way[0] == way[-1]:
                self._draw.polygon(line, one["fill"])
            _inked(self._draw, [(x, y, max(0.5, one["width"] / 2 * share)) for x, y in line], one["color"])

    def _words(self, one: Json, at: Callable[[float, float], Place], share: float) -> None:
        x, y, width, height = one["box"]
        note = one["type"] == "note"
        inset = NOTE_PADDING if note else 0
        if note:
            self._draw.rectangle(_between(at(x + 3, y + 5), at(x + 3 + width, y + 5 + height)), NOTE_SHADOW)
            self._draw.rectangle(_between(at(x, y), at(x + width, y + height)), one["color"])
        font = self._fonts(max(1, round(one["size"] * share)))
        ink = NOTE_INK if note else one["color"]
        left, *_ = _between(at(x + inset, y), at(x + width - inset, y))  # words are never in a mirror
        for number, line in enumerate(broken(one.get("text", ""), (width - 2 * inset) * share, font.getlength)):
            middle = y + inset + (number + 0.5) * one["size"] * LEADING
            if not note or middle + one["size"] / 2 <= y + height:
                self._draw.text((left, at(x, middle)[1]), line, ink, font, anchor="lm")

    def _paste(self, picture: Image.Image | None, box: Sequence[float], place: Callable[[float, float], Place]) -> None:
        x, y, width, height = box
        left, top, right, bottom = _between(self._view.at(*place(x, y)), self._view.at(*place(x + width, y + height)))
        if right <= 0 or bottom <= 0 or left >= WIDTH or top >= HEIGHT:
            return
        if picture is None:
            self._draw.rectangle([left, top, right, bottom], LACKING)
            return
        # Only what is seen of it is made as large as it is seen.
        seen = max(left, 0), max(top, 0), min(right, WIDTH), min(bottom, HEIGHT)
        across, down = picture.width / (right - left), picture.height / (bottom - top)
        of = (seen[0] - left) * across, (seen[1] - top) * down, (seen[2] - left) * across, (seen[3] - top) * down
        size = max(1, round(seen[2] - seen[0])), max(1, round(seen[3] - seen[1]))
        part = picture.resize(size, Image.Resampling.BILINEAR, of)
        self.image.paste(part, (round(seen[0]), round(seen[1])), part if part.mode == "RGBA" else None)


def _unplaced(x: float, y: float) -> Place:
    return x, y


def _between(one: Place, other: Place) -> tuple[float, float, float, float]:
    """Left, top, right, bottom: what is mirrored has its corners the other way round."""
    return min(one[0], other[0]), min(one[1], other[1]), max(one[0], other[0]), max(one[1], other[1])


def _inked(draw: ImageDraw.ImageDraw, ink: Sequence[tuple[float, float, float]], color: str) -> None:
    for x, y, radius in ink:
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], color)
    for (x, y, radius), (tx, ty, then) in pairwise(ink):
        draw.line([x, y, tx, ty], color, max(1, round(radius + then)))


def dashes(begin: Place, end: Place) -> Iterator[tuple[Place, Place]]:
    long = math.dist(begin, end)

    def along(at: float) -> Place:
        share = min(1.0, at / long)
        return begin[0] + (end[0] - begin[0]) * share, begin[1] + (end[1] - begin[1]) * share

    at = 0.0
    while at < long:
        yield along(at), along(at + DASH)
        at += DASH + GAP


def outline(shape: str, begin: Sequence[float], end: Sequence[float], width: float) -> list[list[Place]]:
    """The ways of a shape from corner to corner; what can be filled ends where it begins."""
    (x, y), (tx, ty) = begin, end
    across, down = (x + tx) / 2, (y + ty) / 2
    long = min(12 + width * 3, math.dist(begin, end))
    match shape:
        case "rectangle":
            return [[(x, y), (tx, y), (tx, ty), (x, ty), (x, y)]]
        case "triangle":
            return [[(across, y), (tx, ty), (x, ty), (across, y)]]
        case "ellipse":
            turns = [n * math.tau / TURN for n in range(TURN)]
            way = [(across + abs(tx - x) / 2 * math.cos(n), down + abs(ty - y) / 2 * math.sin(n)) for n in turns]
            return [[*way, way[0]]]
        case "arrow":
            return [[(x, y), (tx, ty)], _head((x, y), (tx, ty), long)]
        case "axes":
            left, right = (min(x, tx), down), (max(x, tx), down)
            foot, top = (across, max(y, ty)), (across, min(y, ty))
            return [[left, right], _head(left, right, long), [foot, top], _head(foot, top, long)]
    return [[(x, y), (tx, ty)]]


def _head(begin: Place, end: Place, long: float) -> list[Place]:
    angle = math.atan2(end[1] - begin[1], end[0] - begin[0])
    left, right = (
        (end[0] - long * math.cos(angle + turn), end[1] - long * math.sin(angle + turn)) for turn in (HEAD, -HEAD)
    )
    return [left, end, right]


@lru_cache(maxsize=256)
def broken(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Lines as both languages want them: web/client/src/board/words.ts."""
    out: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in _pieces(paragraph):
            if line and measure((line + piece).rstrip()) > width:
                out.append(line.rstrip())
                line = ""
            line += piece
            while len(line) > 1 and measure(line.rstrip()) > width:  # a word that is longer than a line
                end = next((n for n in range(len(line) - 1, 1, -1) if measure(line[:n]) <= width), 1)
                out.append(line[:end])
                line = line[end:]
        out.append(line.rstrip())
    return out


def _pieces(text: str) -> list[str]:
    """Between which a line may be broken; a space belongs to what is before it."""
    found: list[str] = []
    for sign in text:
        before = found[-1][-1] if found else ""
        wide = sign != " " and bool(WIDE.match(before) or WIDE.match(sign))
        if (not found or before == " " or wide) and not NOT_FIRST.match(sign):
            found.append(sign)
        elif found:
            found[-1] += sign
        else:
            found.append(sign)
    return found
