"""Images, inside the sandbox: written anew, in several sizes, upright, without what a file knows beside the picture."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from PIL import Image, ImageOps

from web.server.courseware.forms import Form
from web.server.courseware.making import Fault, Made, slide_file

MOST_PIXELS = 64_000_000
"""Of an image. More is refused before anything is decoded."""
SHAPE = 16 / 9
QUALITY, EFFORT = 82, 2  # of WebP; more effort takes twice as long to save a twentieth

Image.MAX_IMAGE_PIXELS = None  # for Pillow warns first, and refuses at twice as many


class Refusal(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def save(picture: Image.Image, slide: int, boxes: Sequence[int]) -> None:
    """The slide in every size, never larger than it is."""
    for box in boxes:
        scale = min(box / picture.width, box / SHAPE / picture.height, 1.0)
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        smaller = picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
        smaller.save(slide_file(slide, box), "WEBP", quality=QUALITY, method=EFFORT)


def image(source: BinaryIO, form: Form, boxes: Sequence[int]) -> Made:
    """One slide. What the file knows beside the picture (where it was taken) is left behind."""
    try:
        with _quietly(), Image.open(source, formats=[form.upper()]) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Refusal("too_many_pixels")
            opened.draft("RGB", (boxes[-1], boxes[-1]))
            picture = ImageOps.exif_transpose(opened).convert("RGBA" if _see_through(opened) else "RGB")
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, KeyError):  # as Pillow's readers do
        raise Refusal("damaged") from None
    enough = next((place for place, box in enumerate(boxes) if _fits(picture, box)), len(boxes) - 1)
    kept = list(boxes[: enough + 1])
    save(picture, 1, kept)
    return Made(kind="slides", slides=1, boxes=kept)


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Pillow warns of what it passes over, as EXIF that is cut off; which takes nothing from the picture."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _see_through(picture: Image.Image) -> bool:
    return "A" in picture.getbands() or "transparency" in picture.info


def _fits(picture: Image.Image, box: int) -> bool:
    return picture.width <= box and picture.height <= box / SHAPE
