"""Pictures side by side in one. Pure but for the scaling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from av.video.frame import VideoFrame
from av.video.plane import VideoPlane

WIDTH, HEIGHT = 1280, 720
Box = tuple[int, int, int, int]  # left, top, width, height


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    frame: VideoFrame
    box: Box

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Picture) and self.frame is other.frame and self.box == other.box

    def __hash__(self) -> int:
        return hash((id(self.frame), self.box))


def boxes(count: int) -> list[Box]:
    """Where so many pictures stand: one alone, two side by side, four in the corners."""
    half, low = WIDTH // 2, HEIGHT // 2
    match count:
        case 0 | 1:
            return [(0, 0, WIDTH, HEIGHT)][:count]
        case 2:
            return [(0, 0, half, HEIGHT), (half, 0, half, HEIGHT)]
    return [(0, 0, half, low), (half, 0, half, low), (0, low, half, low), (half, low, half, low)][:count]


def column(count: int) -> list[Box]:
    """One large, and up to three in a column beside it."""
    wide, high = WIDTH // 4, HEIGHT // 4
    top = (HEIGHT - 3 * high) // 2
    return [(0, top, 3 * wide, 3 * high), *((3 * wide, top + n * high, wide, high) for n in range(3))][:count]


def composed(pictures: Sequence[Picture]) -> VideoFrame:
    """Each in the middle of its box, as large as it fits; black around them."""
    planes = [bytearray(b"\x10" * (WIDTH * HEIGHT)), *(bytearray(b"\x80" * (WIDTH * HEIGHT // 4)) for _ in range(2))]
    for picture in pictures:
        left, top, width, height = _fitted(picture)
        scaled = _scaled(picture, width, height)
        for index, plane in enumerate(planes):
            part = scaled.planes[index]
            _draw(plane, part, left, top, width, height, 1 if index == 0 else 2)
    out = VideoFrame(WIDTH, HEIGHT, "yuv420p")
    for into, data in zip(out.planes, planes, strict=True):
        into.update(bytes(data))
    return out


@lru_cache(maxsize=8)
def _scaled(picture: Picture, width: int, height: int) -> VideoFrame:
    """One that stands, as a board does, is scaled once."""
    return picture.frame.reformat(width=width, height=height, format="yuv420p")


def _fitted(picture: Picture) -> Box:
    left, top, width, height = picture.box
    share = min(width / picture.frame.width, height / picture.frame.height)
    wide, high = (max(2, round(side * share) // 2 * 2) for side in (picture.frame.width, picture.frame.height))
    return left + (width - wide) // 4 * 2, top + (height - high) // 4 * 2, wide, high


def _draw(plane: bytearray, part: VideoPlane, left: int, top: int, width: int, height: int, by: int) -> None:
    data, stride = memoryview(part), part.line_size
    row, wide, x = WIDTH // by, width // by, left // by
    for y in range(height // by):
        at = (top // by + y) * row + x
        plane[at : at + wide] = data[y * stride : y * stride + wide]
