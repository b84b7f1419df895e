"""Schools and their rooms."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select

from classroom.ids import new_id
from classroom.store.database import Database
from classroom.store.records import Room, School
from classroom.store.rows import values
from classroom.store.tables import room, school


class Schools:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, name: str, now: int, recording: bool = False) -> School:
        """`recording`: lessons of this school are recorded unless one says otherwise."""
        row = School(new_id(), name, recording, now)
        async with self._database.writing() as connection:
            await connection.execute(insert(school).values(values(row)))
        return row

    async def get(self, school_id: str) -> School | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(school).where(school.c.id == school_id))).mappings().first()
        return School(**row) if row else None

    async def list(self) -> Sequence[School]:
        async with self._database.reading() as connection:
            rows = (await connection.execute(select(school).order_by(school.c.name, school.c.id))).mappings().all()
        return [School(**row) for row in rows]

    async def add_room(self, school_id: str, name: str) -> Room:
        row = Room(new_id(), school_id, name)
        async with self._database.writing() as connection:
            await connection.execute(insert(room).values(values(row)))
        return row

    async def room(self, room_id: str) -> Room | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(room).where(room.c.id == room_id))).mappings().first()
        return Room(**row) if row else None

    async def rooms(self, school_id: str | None = None) -> Sequence[Room]:
        """Of one school, or all."""
        query = select(room).order_by(room.c.name, room.c.id)
        if school_id is not None:
            query = query.where(room.c.school == school_id)
        async with self._database.reading() as connection:
            return [Room(**row) for row in (await connection.execute(query)).mappings()]
