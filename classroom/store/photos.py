"""Photos that were sent in to lessons. Rows only; the files are the server's business."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, func, insert, select

from classroom.store.database import Database
from classroom.store.records import Photo
from classroom.store.rows import values
from classroom.store.tables import photo


class Photos:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, row: Photo, most: int, most_bytes: int, most_in_lesson: int) -> bool:
        """False where its participant would have more than `most`, or `most_bytes`, or the lesson more than that."""
        held = select(func.count(), func.coalesce(func.sum(photo.c.bytes), 0)).where(photo.c.lesson == row.lesson)
        async with self._database.writing() as connection:
            own, total = (await connection.execute(held.where(photo.c.participant == row.participant))).one()
            everyones, _ = (await connection.execute(held)).one()
            if own >= most or total + row.bytes > most_bytes or everyones >= most_in_lesson:
                return False
            await connection.execute(insert(photo).values(values(row)))
        return True

    async def in_lesson(self, lesson_id: str, photo_id: str) -> bool:
        query = select(photo.c.id).where(photo.c.id == photo_id, photo.c.lesson == lesson_id)
        async with self._database.reading() as connection:
            return (await connection.execute(query)).first() is not None

    async def known(self, ids: Collection[str]) -> frozenset[str]:
        """Those of them that there are."""
        async with self._database.reading() as connection:
            return frozenset((await connection.execute(select(photo.c.id).where(photo.c.id.in_(ids)))).scalars())

    async def remove(self, participants: Collection[str]) -> frozenset[str]:
        """All that these have sent in. Answers which photos that were."""
        gone = delete(photo).where(photo.c.participant.in_(participants)).returning(photo.c.id)
        async with self._database.writing() as connection:
            return frozenset((await connection.execute(gone)).scalars())
