"""The pictures of questions, small enough for paper. One that is not there, or is no picture, is none."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image

from web.server.courseware.making import slide_file

QUALITY = 82
MOST = 600
"""Pictures of a print; what has a further one has its words."""
LARGE, SMALL = 960, 320
"""Boxes of slides: for a picture by itself, and for one beside words."""
PIXELS = {LARGE: (760, 520), SMALL: (180, 120)}
"""At most, across and down: 200 an inch, where the picture lies."""
BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, KeyError, Image.DecompressionBombError)


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG, and how high it is, by its width."""

    data: bytes
    aspect: float


class Pictures:
    """`known`: of each courseware its folder in `contents`, and the boxes that its slides are there in."""

    def __init__(self, contents: Path, known: Mapping[str, tuple[str, Sequence[int]]]) -> None:
        self._contents, self._known, self._left = contents, known, MOST
        self.of = cache(self._of)

    def _of(self, courseware: str | None, box: int = SMALL) -> Picture | None:
        digest, boxes = self._known.get(courseware or "", ("", ()))
        kept = max((one for one in boxes if one <= box), default=None)
        if kept is None or self._left == 0:
            return None
        self._left -= 1
        return _read(self._contents / digest / slide_file(1, kept), kept, PIXELS[box])


def _read(path: Path, box: int, pixels: tuple[int, int]) -> Picture | None:
    try:
        with Image.open(path, formats=["WEBP"]) as opened:
            if max(opened.size) > box:
                return None
            opened.thumbnail(pixels, Image.Resampling.LANCZOS)
            seen = opened.convert("RGBA")
    except BROKEN:
        return None
    paper = Image.new("RGB", seen.size, "white")
    paper.paste(seen, mask=seen)
    out = io.BytesIO()
    paper.save(out, "JPEG", quality=QUALITY)
    return Picture(out.getvalue(), paper.height / paper.width)
