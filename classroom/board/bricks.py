"""The bricks of the board's payloads: where, how large, what colour. A page is 1600 × 900 units, begins at its left
upper corner, and may be overstepped by its own size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from classroom.board.sheet import Four, Number, Two
from classroom.payload import Id, Payload

PAGE_WIDTH, PAGE_HEIGHT = 1600, 900
MAX_OBJECTS = 10_000
"""On a page."""
A_POINT = 4
"""Numbers."""
MAX_POINTS = 2000
"""Of a stroke."""
MAX_NUMBERS = 2_000_000
"""Of all points on a page: ten thousand strokes of fifty points each, or half an hour of the fastest writing."""
MAX_STROKE_MS = 600_000
MAX_SCALE = 100


def _x(x: Number) -> bool:
    return -PAGE_WIDTH <= x <= 2 * PAGE_WIDTH


def _y(y: Number) -> bool:
    return -PAGE_HEIGHT <= y <= 2 * PAGE_HEIGHT


def _checked(test: Callable[[list[Number]], bool], says: str) -> AfterValidator:
    def check(numbers: list[Number]) -> list[Number]:
        if not test(numbers):
            raise ValueError(says)
        return numbers

    return AfterValidator(check)


def _points(points: list[Number]) -> list[Number]:
    if len(points) % 4:
        raise ValueError("points come in fours: x, y, pressure, t_ms")
    if not all(map(_x, points[0::4])):
        raise ValueError("x is off the page")
    if not all(map(_y, points[1::4])):
        raise ValueError("y is off the page")
    if not all(0 <= pressure <= 1 for pressure in points[2::4]):
        raise ValueError("pressure is 0 to 1")
    if not all(0 <= t_ms <= MAX_STROKE_MS for t_ms in points[3::4]):
        raise ValueError("a time is out of range")
    return points


def _placing(placing: list[Number]) -> bool:
    sx, sy, dx, dy = placing
    far = 2 * MAX_SCALE * PAGE_WIDTH
    return all(1 / MAX_SCALE <= abs(one) <= MAX_SCALE for one in (sx, sy)) and all(abs(one) <= far for one in (dx, dy))


UNSET: Any = None
"""The default of a field that may be left out, but not be null."""

Color = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
Width = Annotated[float, Field(gt=0, le=100)]
Size = Annotated[float, Field(ge=4, le=400)]
"""Of letters, in board units."""
X = Annotated[float, Field(ge=-PAGE_WIDTH, le=2 * PAGE_WIDTH)]
Y = Annotated[float, Field(ge=-PAGE_HEIGHT, le=2 * PAGE_HEIGHT)]
Place = Annotated[Two, _checked(lambda at: _x(at[0]) and _y(at[1]), "off the page")]
"""x, y."""
Box = Annotated[
    Four,
    _checked(lambda box: _x(box[0]) and _y(box[1]), "off the page"),
    _checked(lambda box: 0 < box[2] <= 2 * PAGE_WIDTH and 0 < box[3] <= 2 * PAGE_HEIGHT, "larger than two pages"),
]
"""x, y, width, height."""
Placing = Annotated[Four, _checked(_placing, "scaled or moved too far")]
"""sx, sy, dx, dy: (x, y) is shown at (sx·x + dx, sy·y + dy)."""
Points = Annotated[list[Number], Field(min_length=4, max_length=4 * MAX_POINTS), AfterValidator(_points)]
"""x, y, pressure 0 to 1, milliseconds since the pen touched; and so on for each point."""
Ids = Annotated[list[Id], Field(min_length=1, max_length=MAX_OBJECTS)]


class OnPage(Payload):
    """Where it happened: on a page of the class's, or of somebody's own `board`. `room`: where the owner of that is,
    null for who is at home; of a group it is not said."""

    page: Id
    board: Id = UNSET
    room: Id | None = None


class PlainPaper(Payload):
    kind: Literal["blank", "lined", "grid", "tianzige", "mizige", "four_line", "staff"]


class SlidePaper(Payload):
    """A slide of courseware, counted from 1; an image is courseware of one slide."""

    kind: Literal["slide", "image"]
    courseware: Id
    slide: Annotated[int, Field(ge=1, le=10_000)]


Paper = Annotated[PlainPaper | SlidePaper, Field(discriminator="kind")]
