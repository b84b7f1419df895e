"""The order in which people look for a name in a list. Pure."""

from __future__ import annotations

import re
import unicodedata

_FIGURES = {"〇": 0} | {figure: value for value, figure in enumerate("零一二三四五六七八九")}
_TIMES = {"十": 10, "百": 100}
_NUMBER = re.compile(f"([0-9]+|[{''.join(_FIGURES)}十百]+)")


def natural(name: str) -> list[tuple[int, str]]:
    """To sort by: numbers by what they are worth (教室2 before 教室10, 二班 before 十一班), capitals and wide forms as
    others."""
    parts = _NUMBER.split(unicodedata.normalize("NFKC", name).casefold())
    return [(_worth(part), "") if index % 2 else (0, part) for index, part in enumerate(parts)]


def _worth(number: str) -> int:
    """三百零五 as it is said, and 三零五 figure by figure."""
    if number.isascii():
        return int(number)
    if not _TIMES.keys() & set(number):
        return int("".join(str(_FIGURES[one]) for one in number))
    worth = figure = 0
    for one in number:
        if times := _TIMES.get(one):
            worth, figure = worth + (figure or 1) * times, 0
        else:
            figure = _FIGURES[one]
    return worth + figure
