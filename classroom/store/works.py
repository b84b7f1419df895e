"""Works that were sent in to lessons as answers. Rows only; the files are the server's business."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.errors import ClientFault, Status
from classroom.store.database import Database
from classroom.store.lessons import barred
from classroom.store.records import Work
from classroom.store.rows import values
from classroom.store.tables import participant, work

KEPT = update(work).where(work.c.id == bindparam("given"), work.c.lesson == bindparam("of")).values(answered=True)
HOUR_MS = 3600 * 1000
TO_BE_GIVEN_MS = 12 * HOUR_MS
"""After that it is no answer any more, and a day after it came (`unanswered`) it is cleared away: nothing is given that
is just being cleared."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many works of one participant in one lesson, how many bytes of them, and how many bytes of everyone there."""

    works: int
    bytes: int
    in_lesson: int


class Works:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def has_room(self, lesson: str, participant: str, bounds: Bounds) -> bool:
        """For one more, however small."""
        async with self._database.reading() as connection:
            return await _fits(connection, lesson, participant, 1, bounds)

    async def add(self, row: Work, sender: str, name: str | None, bounds: Bounds) -> bool:
        """False where there would be more than may be. Raises ClientFault `token_invalid` (401) where its sender, who
        went by that name, was erased or shut out since; `not_found` (404) where the lesson is gone."""
        try:
            async with self._database.writing() as connection:
                there = select(participant.c.id).where(participant.c.id == sender)
                await connection.execute(there.with_for_update())  # who erases waits, and then finds this work
                if await barred(connection, [(sender, name)]):
                    raise ClientFault("token_invalid", "This token is not valid any more.", Status.UNAUTHENTICATED)
                if not await _fits(connection, row.lesson, row.participant, row.bytes, bounds):
                    return False
                await connection.execute(insert(work).values(values(row)))
        except IntegrityError:
            raise ClientFault("not_found", "There is no such lesson.", Status.NOT_FOUND) from None
        return True

    async def get(self, lesson: str, work_id: str) -> Work | None:
        query = select(work).where(work.c.id == work_id, work.c.lesson == lesson)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        return Work(**row) if row else None

    async def sent(self, ids: Collection[str], now: int) -> dict[str, Work]:
        """Those of them, of whatever lessons, that may be given as answers."""
        fresh = or_(work.c.answered, work.c.created_at > now - TO_BE_GIVEN_MS)
        query = select(work).where(work.c.id.in_(ids), fresh)

        def read(connection: Connection) -> dict[str, Work]:
            return {row["id"]: Work(**row) for row in connection.execute(query).mappings()}

        return await self._database.read(read)

    async def unanswered(self, now: int) -> frozenset[str]:
        """Removes those that came a day ago and were never given. Answers which."""
        old = delete(work).where(work.c.answered.is_(False), work.c.created_at < now - 2 * TO_BE_GIVEN_MS)
        async with self._database.writing() as connection:
            return frozenset((await connection.execute(old.returning(work.c.id))).scalars())

    async def known(self, ids: Collection[str]) -> frozenset[str]:
        """Those of them that there are."""
        async with self._database.reading() as connection:
            return frozenset((await connection.execute(select(work.c.id).where(work.c.id.in_(ids)))).scalars())


def keep(connection: Connection, given: Sequence[tuple[str, str]]) -> None:
    """From now on these works, each of its lesson, are kept: they were given. What was given before them, too; it may
    have been shown."""
    if given:
        connection.execute(KEPT, [{"of": lesson, "given": work_id} for lesson, work_id in given])


async def works_removed(connection: AsyncConnection, participants: Collection[str]) -> frozenset[str]:
    """Removes all that these have sent in. Answers which works that were."""
    gone = delete(work).where(work.c.participant.in_(participants)).returning(work.c.id)
    return frozenset((await connection.execute(gone)).scalars())


async def _fits(connection: AsyncConnection, lesson: str, participant: str, size: int, bounds: Bounds) -> bool:
    held = select(func.count(), func.coalesce(func.sum(work.c.bytes), 0)).where(work.c.lesson == lesson)
    own, total = (await connection.execute(held.where(work.c.participant == participant))).one()
    _, everyones = (await connection.execute(held)).one()
    return bool(own < bounds.works and total + size <= bounds.bytes and everyones + size <= bounds.in_lesson)
