"""Tables for spreadsheets, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

MARK = "\ufeff"
"""By which spreadsheets know that it is UTF-8."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would take for one


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A head and its rows. A word that begins as a formula does is a word all the same; yes and no are 1 and 0."""
    return MARK + lines([columns]) + lines(rows)


def lines(rows: Iterable[Sequence[object]]) -> str:
    """Rows alone, as those of a table that comes in parts."""
    out = io.StringIO()
    csv.writer(out).writerows(map(_cell, row) for row in rows)
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return int(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
