"""A frame's number as a row of black and white blocks in its picture, readable at any size after any encoding.

32 blocks side by side, each 1/60 of the picture's width and as high, the row centred, its top edge 1/36 of the height
down. Blocks: 1 0 1 1, twenty bits of the number (highest first), six bits of the number modulo 61, 0 1. White is 1.
"""

from __future__ import annotations

BITS = 20
BLOCKS = 32
HEAD = "1011"
TAIL = "01"
BLACK, WHITE = 16, 235  # BT.601 luma


def blocks(number: int) -> str:
    """The row as '0' and '1', for 0 ≤ number < 2²⁰."""
    return f"{HEAD}{number:0{BITS}b}{number % 61:06b}{TAIL}"


def _geometry(width: int, height: int) -> tuple[float, float, float]:
    """Left edge, top edge and side of a block, in pixels."""
    return width * (60 - BLOCKS) / 120, height / 36, width / 60


def draw(luma: bytearray, width: int, height: int, stride: int, number: int) -> None:
    """Draws the row into a luma plane of at least `stride` × `height` bytes."""
    left, top, side = _geometry(width, height)
    edges = [round(left + index * side) for index in range(BLOCKS + 1)]
    row = b"".join(
        bytes([WHITE if bit == "1" else BLACK]) * (end - start)
        for bit, start, end in zip(blocks(number), edges, edges[1:], strict=False)
    )
    for y in range(round(top), round(top + side)):
        at = y * stride + edges[0]
        luma[at : at + len(row)] = row


def read(pixels: bytes | bytearray | memoryview, width: int, height: int, stride: int, step: int = 1) -> int | None:
    """The number in a picture, None if there is none. `pixels` is a luma or grey plane, or (`step` 3 or 4) interleaved
    colours of which the first is looked at; `stride` is in bytes."""
    left, top, side = _geometry(width, height)
    reach = max(1, round(side * 0.2))
    middle = round(top + side / 2)

    def level(index: int) -> float:
        centre = round(left + (index + 0.5) * side)
        total = count = 0
        for y in range(middle - reach, middle + reach):
            for x in range(centre - reach, centre + reach):
                total += pixels[y * stride + x * step]
                count += 1
        return total / count

    levels = [level(index) for index in range(BLOCKS)]
    threshold = (levels[0] + levels[1]) / 2
    if levels[0] - levels[1] < 40:
        return None
    text = "".join("1" if value > threshold else "0" for value in levels)
    number = int(text[len(HEAD) : len(HEAD) + BITS], 2)
    return number if text == blocks(number) else None
