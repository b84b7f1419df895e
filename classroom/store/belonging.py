"""What belongs to a row, in every table: read from the foreign keys, so that no table can be forgotten."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Table, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.store.tables import metadata

Belonging = tuple[Table, ColumnElement[bool]]


def belongings(root: Table, row_id: str) -> list[Belonging]:
    """The rows that go with one of `root`, what depends on others first; and that row itself, the last."""
    [key] = root.primary_key.columns
    return [*_below(root, key == row_id), (root, key == row_id)]


def _below(table: Table, these: ColumnElement[bool]) -> Iterator[Belonging]:
    for other in reversed(metadata.sorted_tables):
        for link in other.foreign_keys:
            if link.column.table is not table or link.ondelete != "CASCADE":
                continue
            theirs = link.parent.in_(select(link.column).where(these))
            yield from _below(other, theirs)
            yield other, theirs


async def count(connection: AsyncConnection, of: list[Belonging]) -> int:
    found = [(await connection.execute(select(func.count()).select_from(one).where(which))).scalar_one()
             for one, which in of]  # fmt: skip
    return sum(found)


async def remove(connection: AsyncConnection, of: list[Belonging]) -> int:
    """How many rows that were."""
    return sum([(await connection.execute(delete(one).where(which))).rowcount for one, which in of])
