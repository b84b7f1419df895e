"""Schools, their rooms, and the names of the children in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, func, insert, select, update

from classroom.ids import new_id
from classroom.ordering import natural
from classroom.store.database import Database
from classroom.store.records import Room, School
from classroom.store.rows import values
from classroom.store.tables import room, roster, school


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
            rows = [School(**row) for row in (await connection.execute(select(school))).mappings()]
        return sorted(rows, key=_place)

    async def change(self, school_id: str, changes: Mapping[str, bool]) -> School | None:
        """Of what it has agreed to; the rest stays as it is."""
        if changes:
            async with self._database.writing() as connection:
                await connection.execute(update(school).where(school.c.id == school_id).values(dict(changes)))
        return await self.get(school_id)

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
        """Of one school, or all, as people look for them."""
        query = select(room)
        if school_id is not None:
            query = query.where(room.c.school == school_id)
        async with self._database.reading() as connection:
            rows = [Room(**row) for row in (await connection.execute(query)).mappings()]
        return sorted(rows, key=_place)


def _place(one: School | Room) -> tuple[list[tuple[int, str]], str, str]:
    return natural(one.name), one.name, one.id


class Rosters:
    """Lists of names, and no more: they are in no journal, and nothing points at them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def names(self, room_id: str) -> Sequence[str]:
        """In the order in which they were given."""
        query = select(roster.c.name).where(roster.c.room == room_id).order_by(roster.c.position)
        async with self._database.reading() as connection:
            return list((await connection.execute(query)).scalars())

    async def put(self, room_id: str, names: Sequence[str]) -> None:
        """In place of what was there; of no names, there is no roster any more."""
        async with self._database.writing() as connection:
            await connection.execute(delete(roster).where(roster.c.room == room_id))
            if names:
                rows = [{"room": room_id, "position": index, "name": name} for index, name in enumerate(names)]
                await connection.execute(insert(roster), rows)

    async def counts(self) -> dict[str, int]:
        """How many names each room has; rooms without a roster are left out."""
        query = select(roster.c.room, func.count()).group_by(roster.c.room)
        async with self._database.reading() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}
