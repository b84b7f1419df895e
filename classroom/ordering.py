"""The order in which people look for a name in a list. Pure."""

from __future__ import annotations

import re
import unicodedata

_NUMBER = re.compile("([0-9]+|[一二三四五六七八九十]+)")
_VALUES = "零一二三四五六七八九十"


def natural(name: str) -> list[tuple[int, str]]:
    """To sort by: numbers by what they are worth (教室2 before 教室10, 二班 before 十一班), capitals and wide forms as
    others."""
    parts = _NUMBER.split(unicodedata.normalize("NFKC", name).casefold())
    return [(_worth(part), "") if index % 2 else (0, part) for index, part in enumerate(parts)]


def _worth(number: str) -> int:
    if number.isascii():
        return int(number)
    worth = 0
    for value in map(_VALUES.index, number):
        worth = (worth or 1) * 10 if value == 10 else worth + value
    return worth
