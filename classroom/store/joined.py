"""Recordings that are made of others: which, and in which order. Rows only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.errors import ClientFault, Status
from classroom.store.database import Database
from classroom.store.records import Resource
from classroom.store.reviews import outcome_put
from classroom.store.rows import values
from classroom.store.tables import joined, part, resource

if TYPE_CHECKING:
    from classroom.review import Outcome

KIND = "joined"


class Joins:
    """`add` and `put` raise ClientFault `not_found` (404) where a part has gone meanwhile."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, row: Resource, parts: Sequence[str]) -> None:
        try:
            async with self._database.writing() as connection:
                await connection.execute(insert(resource).values(values(row)))
                await connection.execute(insert(joined).values(resource=row.id, revision=1))
                await _place(connection, row.id, parts)
        except IntegrityError:
            raise _gone() from None

    async def put(self, before: Resource, outcome: Outcome, seen: int, parts: Sequence[str]) -> None:
        """In the place of the revision that was seen, with what comes of it for the review. Raises ClientFault `edited`
        (409) where there is a newer one, and what `outcome_put` raises."""
        mine = (joined.c.resource == before.id, joined.c.revision == seen)
        try:
            async with self._database.writing() as connection:
                if (await connection.execute(update(joined).where(*mine).values(revision=seen + 1))).rowcount == 0:
                    raise ClientFault("edited", "Somebody else has edited it meanwhile.", Status.CONFLICT)
                await outcome_put(connection, before, outcome)
                await connection.execute(delete(part).where(part.c.joined == before.id))
                await _place(connection, before.id, parts)
        except IntegrityError:
            raise _gone() from None

    async def parts(self, resource_id: str) -> list[Resource]:
        """In order."""
        query = select(resource).join(part, part.c.resource == resource.c.id)
        query = query.where(part.c.joined == resource_id).order_by(part.c.position)
        async with self._database.reading() as connection:
            return [Resource(**row) for row in (await connection.execute(query)).mappings()]

    async def revision(self, resource_id: str) -> int:
        async with self._database.reading() as connection:
            query = select(joined.c.revision).where(joined.c.resource == resource_id)
            return (await connection.execute(query)).scalar() or 0

    async def having(self, resource_id: str) -> list[Resource]:
        """Those that this one is a part of."""
        query = select(resource).join(part, part.c.joined == resource.c.id).where(part.c.resource == resource_id)
        async with self._database.reading() as connection:
            return [Resource(**row) for row in (await connection.execute(query)).mappings()]

    async def lasts(self, resource_id: str, duration_ms: int) -> None:
        async with self._database.writing() as connection:
            change = update(resource).where(resource.c.id == resource_id).values(duration_ms=duration_ms)
            await connection.execute(change)


async def _place(connection: AsyncConnection, resource_id: str, parts: Sequence[str]) -> None:
    rows = [{"joined": resource_id, "position": at, "resource": one} for at, one in enumerate(parts)]
    await connection.execute(insert(part), rows)


def _gone() -> ClientFault:
    return ClientFault("not_found", "One of these recordings is not there any more.", Status.NOT_FOUND)
