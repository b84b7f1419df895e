"""What is printed on a page before anyone writes: lines in board units, as web/client/src/board/papers.ts has them.
Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from classroom.board.bricks import PAGE_HEIGHT, PAGE_WIDTH

PALE, RED, DARK = "#c3ccd6", "#d99a90", "#5b6472"
BOX = 200


@dataclass(frozen=True, slots=True)
class Rule:
    begin: tuple[float, float]
    end: tuple[float, float]
    weight: float
    color: str
    dashed: bool = False


def rules(kind: str) -> list[Rule]:
    """A kind that is not known is blank."""
    match kind:
        case "lined":
            return [_across(y, 0, PAGE_WIDTH, 2, PALE) for y in range(120, 841, 80)]
        case "grid":
            upright = [Rule((x, 0), (x, PAGE_HEIGHT), 1.5, PALE) for x in range(50, PAGE_WIDTH - 49, 50)]
            return upright + [_across(y, 0, PAGE_WIDTH, 1.5, PALE) for y in range(50, PAGE_HEIGHT - 49, 50)]
        case "tianzige" | "mizige":
            return list(_boxes(diagonals=kind == "mizige"))
        case "four_line":
            lines = ((top + n * 40, n == 2) for top in range(90, 691, 200) for n in range(4))
            return [_across(y, 60, 1540, 3 if base else 1.5, RED if base else PALE) for y, base in lines]
        case "staff":
            return [one for top in range(90, 721, 210) for one in _staff(top)]
    return []


def _across(y: float, left: float, right: float, weight: float, color: str) -> Rule:
    return Rule((left, y), (right, y), weight, color)


def _staff(top: float) -> Iterator[Rule]:
    yield from (_across(top + n * 24, 60, 1540, 2, DARK) for n in range(5))
    yield from (Rule((x, top), (x, top + 96), 2, DARK) for x in (60, 1540))


def _boxes(*, diagonals: bool) -> Iterator[Rule]:
    """For characters: seven in a row, four rows; in each a cross, and for 米 the diagonals too."""
    left, top, right, bottom = 100, 50, 1500, 850
    half = BOX // 2
    for x in range(left, right, BOX):
        for y in range(top, bottom, BOX):
            ways = [((x + half, y), (x + half, y + BOX)), ((x, y + half), (x + BOX, y + half))]
            if diagonals:
                ways += [((x, y), (x + BOX, y + BOX)), ((x + BOX, y), (x, y + BOX))]
            yield from (Rule(begin, end, 1.5, RED, dashed=True) for begin, end in ways)
    yield from (Rule((x, top), (x, bottom), 3, RED) for x in range(left, right + 1, BOX))
    yield from (Rule((left, y), (right, y), 3, RED) for y in range(top, bottom + 1, BOX))
