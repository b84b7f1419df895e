"""The class's board as it stood at every moment of a recording, in pictures: the lesson's events folded by the file's
time, ink as it was drawn."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

from av.video.frame import VideoFrame
from PIL import Image, ImageFont

from classroom.board.bricks import A_POINT
from classroom.events import Event, Json
from classroom.reducer import EMPTY
from classroom.rules import apply
from recordings.drawing import Pictures, Sheet, View

BOX = 1920  # of slides those that are so wide at most
MOST_KEPT = 8
MOST_PIXELS = 64 << 20  # of a slide


@dataclass(frozen=True, slots=True)
class Growing:
    """A stroke of the class's, from when it was begun until it is on the page, in µs of the file."""

    begun_us: int
    done_us: int
    page: str
    stroke: Json

    def until(self, at_us: int) -> Json | None:
        """What was drawn of it by then."""
        points = self.stroke["points"]
        drawn = bisect_right(points[3::A_POINT], (at_us - self.begun_us) / 1000) * A_POINT
        return {**self.stroke, "type": "stroke", "points": points[:drawn]} if drawn else None


class Board:
    """`placed`: when in the file (µs) a moment of the lesson (ms) is. Ask for later and later times."""

    def __init__(
        self, events: Sequence[Event], placed: Callable[[int], int], slides: Mapping[str, str], font: str
    ) -> None:
        self._events = [(placed(one.at), one) for one in events]
        self._growing = [
            Growing(placed(one.data["began"]), at_us, one.data["page"], one.data)
            for at_us, one in self._events
            if one.kind == "stroke.added" and "board" not in one.data
        ]
        self._pictures, self._fonts = _pictures(slides), _fonts(font)
        self._longest_us = max((one.done_us - one.begun_us for one in self._growing), default=0)
        self._state, self._next, self._growth = EMPTY, 0, 0
        self._sheet = Sheet(View(), self._pictures, self._fonts)
        self._shows: tuple[Any, ...] = ()
        self._laid: Sequence[Json] = ()
        self._frame: tuple[object, VideoFrame] | None = None

    @property
    def is_used(self) -> bool:
        """Whether there is ever anything on it."""
        kinds = {one.kind for _, one in self._events}
        papers = (one.data.get("paper", {}) for _, one in self._events)
        return bool(kinds & {"stroke.added", "object.added"}) or any("courseware" in one for one in papers if one)

    def at(self, at_us: int) -> VideoFrame | None:
        """The same frame as long as nothing changes; None where no page is shown."""
        while self._next < len(self._events) and self._events[self._next][0] <= at_us:
            self._state = apply(self._state, self._events[self._next][1])
            self._next += 1
        board = self._state["board"]
        page = next((one for one in board["pages"] if one["id"] == board["shown"]), None)
        if page is None:
            return None
        changed = self._follow(page, View(**board["view"]) if board["view"] else View())
        growing = self._grow(page["id"], at_us)
        drawn = [(one["stroke"], len(one["points"])) for one in growing]
        if self._frame is None or changed or self._frame[0] != drawn:
            sheet = self._sheet.copy() if growing else self._sheet
            for one in growing:
                sheet.lay(one)
            frame: VideoFrame = VideoFrame.from_image(sheet.image)  # type: ignore[no-untyped-call]
            self._frame = drawn, frame
        return self._frame[1]

    def _follow(self, page: Any, view: View) -> bool:
        """What was finished since is laid over it; what was changed or taken away begins it anew. Whether it did."""
        shows, objects = (page["id"], page["paper"], view), page["objects"]
        before = len(self._laid)
        anew = (
            shows != self._shows
            or len(objects) < before
            or any(one is not was for one, was in zip(objects, self._laid, strict=False))
        )
        if anew:
            self._sheet, before = Sheet(view, self._pictures, self._fonts), 0
            self._sheet.paper(page["paper"])
        for one in objects[before:]:
            self._sheet.lay(one)
        self._shows, self._laid = shows, list(objects)
        return anew or len(objects) > before

    def _grow(self, page: str, at_us: int) -> list[Json]:
        while self._growth < len(self._growing) and self._growing[self._growth].done_us <= at_us:
            self._growth += 1
        yet = takewhile(lambda one: one.done_us - self._longest_us <= at_us, islice(self._growing, self._growth, None))
        begun = [one for one in yet if one.page == page and one.begun_us <= at_us]
        return [drawn for one in begun if (drawn := one.until(at_us)) is not None]


def _pictures(slides: Mapping[str, str]) -> Pictures:
    """Of each courseware, which folder has its slides."""

    @lru_cache(maxsize=MOST_KEPT)
    def picture(courseware: str, slide: int) -> Image.Image | None:
        folder = slides.get(courseware)
        if folder is None:
            return None
        found = sorted(Path(folder).glob(f"{slide}-*.webp"), key=lambda path: int(path.stem.partition("-")[2]))
        fitting = [one for one in found if int(one.stem.partition("-")[2]) <= BOX] or found[:1]
        if not fitting:
            return None
        try:
            with Image.open(fitting[-1]) as image:
                if image.width * image.height > MOST_PIXELS:
                    return None
                return image.convert("RGBA" if image.has_transparency_data else "RGB")
        except (OSError, ValueError):  # damaged: it is drawn as one that is not there
            return None

    return picture


def _fonts(font: str) -> Callable[[int], ImageFont.FreeTypeFont]:
    return lru_cache(maxsize=16)(lambda size: ImageFont.truetype(font, size))
