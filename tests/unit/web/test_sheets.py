"""How what is too high for a display goes by in sheets (web/client/src/ui/sheets.ts), run by node as it stands."""

from __future__ import annotations

import random
from typing import Any

from tests.unit.web.node import evaluate

Lines = list[tuple[int, int]]
HEIGHT = 100


def beginnings(*cases: Lines) -> Any:
    said = [[{"top": top, "bottom": bottom} for top, bottom in lines] for lines in cases]
    return evaluate("ui/sheets.ts", f"given.map((lines) => m.beginnings(lines, {HEIGHT}))", said)


def test_a_sheet_begins_with_what_had_no_room_before() -> None:
    cases: list[tuple[Lines, list[int]]] = [
        ([], [0]),
        ([(0, 40), (50, 100)], [0]),
        ([(0, 40), (50, 101)], [0, 50]),
        # Two in a row; one that is higher than the place, and what stands in it.
        ([(0, 40), (0, 40), (50, 120), (50, 90), (130, 140)], [0, 50]),
        ([(0, 40), (50, 400), (60, 100), (110, 160), (200, 390)], [0, 50, 110, 200]),
    ]
    assert beginnings(*(lines for lines, _ in cases)) == [begins for _, begins in cases]


def lines_of(rng: random.Random) -> Lines:
    lines, at = [], 0
    for _ in range(rng.randrange(30)):
        at += rng.randrange(20)
        lines.append((at, at := at + rng.randint(1, HEIGHT)))
    return lines


def test_every_line_is_whole_on_some_sheet() -> None:
    rng = random.Random(7)
    cases = [lines_of(rng) for _ in range(500)]
    for lines, begins in zip(cases, beginnings(*cases), strict=True):
        for top, bottom in lines:
            from_ = max(one for one in begins if one <= top)
            assert bottom <= from_ + HEIGHT
