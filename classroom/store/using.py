"""How much the library is used: counts without persons, and, for a year, who watched what and when last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.store.database import Database
from classroom.store.tables import account, favourite, resource, school, use, use_day, use_part, watched

DAY_MS = 86_400_000
KEPT_MS = 365 * DAY_MS
"""So long it is known who watched something: for their history, and to count each of them once."""
MOST_DAYS = 366


@dataclass(slots=True)
class Watching:
    """What was watched of one resource since it was last written: views by who had them, and plays by part."""

    views: dict[str, int] = field(default_factory=dict)
    parts: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Use:
    """`days`: (days since 1970, views, new viewers); `schools`: (id, name, views), "" where there is none; `parts`: how
    many views played each, from the beginning."""

    views: int
    viewers: int
    days: Sequence[tuple[int, int, int]]
    schools: Sequence[tuple[str, str, int]]
    parts: Sequence[int]


class Using:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, watching: Mapping[str, Watching], now: int) -> None:
        """Of resources that are gone, nothing."""
        for resource_id, one in watching.items():
            try:
                async with self._database.writing() as connection:
                    await _add(connection, resource_id, one, now)
            except IntegrityError:  # removed meanwhile, or another node was as fast with the first of them
                continue

    async def of(self, resource_id: str) -> Use:
        mine = use_day.c.resource == resource_id
        by_day = select(use_day.c.day, use_day.c.school, use_day.c.views, use_day.c.viewers).where(mine)
        async with self._database.reading() as connection:
            total = (await connection.execute(select(use).where(use.c.resource == resource_id))).first()
            rows = (await connection.execute(by_day.order_by(use_day.c.day))).all()
            names = {row.id: row.name for row in await connection.execute(select(school.c.id, school.c.name))}
            query = select(use_part.c.part, use_part.c.plays).where(use_part.c.resource == resource_id)
            parts = {row.part: row.plays for row in await connection.execute(query)}
        days: dict[int, tuple[int, int]] = {}
        schools: dict[str, int] = {}
        for day, of_school, views, viewers in rows:
            before = days.get(day, (0, 0))
            days[day] = (before[0] + views, before[1] + viewers)
            schools[of_school] = schools.get(of_school, 0) + views
        by_school = sorted(
            ((one, names.get(one, ""), views) for one, views in schools.items()), key=lambda one: -one[2]
        )
        return Use(
            total.views if total else 0,
            total.viewers if total else 0,
            [(day, *counts) for day, counts in days.items()][-MOST_DAYS:],
            by_school,
            [parts.get(part, 0) for part in range(max(parts, default=-1) + 1)],
        )

    async def forget(self, now: int) -> None:
        """Who watched what longer ago than it is kept."""
        async with self._database.writing() as connection:
            await connection.execute(delete(watched).where(watched.c.at < now - KEPT_MS))

    async def like(self, resource_id: str, account_id: str, now: int | None) -> bool:
        """A favourite, or (None) no more. False where there is no such resource."""
        mine = (favourite.c.resource == resource_id, favourite.c.account == account_id)
        try:
            async with self._database.writing() as connection:
                await connection.execute(delete(favourite).where(*mine))
                if now is not None:
                    row = {"resource": resource_id, "account": account_id, "at": now}
                    await connection.execute(insert(favourite).values(row))
        except IntegrityError:
            return False
        return True


async def _add(connection: AsyncConnection, resource_id: str, one: Watching, now: int) -> None:
    if (await connection.execute(select(resource.c.id).where(resource.c.id == resource_id))).first() is None:
        return
    rows = await connection.execute(select(account.c.id, account.c.school).where(account.c.id.in_(one.views)))
    viewers: dict[str, list[int]] = {}
    for who, of_school in rows:
        new = not await _put(connection, watched, {"resource": resource_id, "account": who}, {"at": now})
        counts = viewers.setdefault(of_school or "", [0, 0])
        counts[0] += one.views[who]
        counts[1] += new
    for of_school, (views, new_ones) in viewers.items():
        day: dict[str, str | int] = {"resource": resource_id, "day": now // DAY_MS, "school": of_school}
        await _raise(connection, use_day, day, {"views": views, "viewers": new_ones})
        await _raise(connection, use, {"resource": resource_id}, {"views": views, "viewers": new_ones})
    for part, plays in one.parts.items():
        await _raise(connection, use_part, {"resource": resource_id, "part": part}, {"plays": plays})


async def _put(connection: AsyncConnection, table: Table, key: Mapping[str, str], row: Mapping[str, int]) -> bool:
    """Whether it was there before."""
    mine = [table.c[name] == value for name, value in key.items()]
    if (await connection.execute(update(table).where(*mine).values(row))).rowcount:
        return True
    await connection.execute(insert(table).values({**key, **row}))
    return False


async def _raise(
    connection: AsyncConnection, table: Table, key: Mapping[str, str | int], by: Mapping[str, int]
) -> None:
    mine = [table.c[name] == value for name, value in key.items()]
    more = {name: table.c[name] + value for name, value in by.items()}
    if (await connection.execute(update(table).where(*mine).values(more))).rowcount == 0:
        await connection.execute(insert(table).values({**key, **by}))
