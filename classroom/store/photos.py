"""Photos that were sent in to lessons. Rows only; the files are the server's business."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.errors import ClientFault, Status
from classroom.store.database import Database
from classroom.store.lessons import barred
from classroom.store.records import Photo
from classroom.store.rows import values
from classroom.store.tables import participant, photo


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many of one participant in one lesson, how many bytes of them, and how many of everyone there."""

    photos: int
    bytes: int
    in_lesson: int


class Photos:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def has_room(self, lesson: str, participant: str, bounds: Bounds) -> bool:
        """For one more, however small."""
        async with self._database.reading() as connection:
            return await _fits(connection, lesson, participant, 1, bounds)

    async def add(self, row: Photo, name: str | None, bounds: Bounds) -> bool:
        """False where there would be more than may be. Raises ClientFault `token_invalid` (401) where its sender, who
        went by that name, was erased or shut out since; `not_found` (404) where the lesson is gone."""
        try:
            async with self._database.writing() as connection:
                sender = select(participant.c.id).where(participant.c.id == row.participant)
                await connection.execute(sender.with_for_update())  # who erases waits, and then finds this photo
                if await barred(connection, [(row.participant, name)]):
                    raise ClientFault("token_invalid", "This token is not valid any more.", Status.UNAUTHENTICATED)
                if not await _fits(connection, row.lesson, row.participant, row.bytes, bounds):
                    return False
                await connection.execute(insert(photo).values(values(row)))
        except IntegrityError:
            raise ClientFault("not_found", "There is no such lesson.", Status.NOT_FOUND) from None
        return True

    async def in_lesson(self, lesson_id: str, photo_id: str) -> bool:
        query = select(photo.c.id).where(photo.c.id == photo_id, photo.c.lesson == lesson_id)
        async with self._database.reading() as connection:
            return (await connection.execute(query)).first() is not None

    async def known(self, ids: Collection[str]) -> frozenset[str]:
        """Those of them that there are."""
        async with self._database.reading() as connection:
            return frozenset((await connection.execute(select(photo.c.id).where(photo.c.id.in_(ids)))).scalars())


async def photos_removed(connection: AsyncConnection, participants: Collection[str]) -> frozenset[str]:
    """Removes all that these have sent in. Answers which photos that were."""
    gone = delete(photo).where(photo.c.participant.in_(participants)).returning(photo.c.id)
    return frozenset((await connection.execute(gone)).scalars())


async def _fits(connection: AsyncConnection, lesson: str, participant: str, size: int, bounds: Bounds) -> bool:
    held = select(func.count(), func.coalesce(func.sum(photo.c.bytes), 0)).where(photo.c.lesson == lesson)
    own, total = (await connection.execute(held.where(photo.c.participant == participant))).one()
    everyones, _ = (await connection.execute(held)).one()
    return bool(own < bounds.photos and total + size <= bounds.bytes and everyones < bounds.in_lesson)
