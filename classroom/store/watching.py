"""A lesson's link for large audiences: whether it is open, how many may watch, and how often it was taken back."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from classroom.store.database import Database
from classroom.store.tables import watching


@dataclass(frozen=True, slots=True)
class WatchLink:
    """`turn` changes when it is taken back: what was made of an earlier one is void."""

    turn: int
    places: int
    open: bool


class Watching:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, lesson: str) -> WatchLink | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(watching).where(watching.c.lesson == lesson))).first()
        return WatchLink(row.turn, row.places, row.open) if row else None

    async def open(self, lesson: str, places: int) -> WatchLink:
        """For so many; one that is open already stays the same one."""
        changed = update(watching).where(watching.c.lesson == lesson).values(places=places, open=True)
        async with self._database.writing() as connection:
            if (await connection.execute(changed)).rowcount == 0:
                try:
                    async with connection.begin_nested():
                        await connection.execute(
                            insert(watching).values(lesson=lesson, turn=1, places=places, open=True)
                        )
                except IntegrityError:  # another was faster
                    await connection.execute(changed)
        return await self.get(lesson) or WatchLink(1, places, open=True)

    async def close(self, lesson: str) -> None:
        """Takes the link back: the next one is another."""
        changed = update(watching).where(watching.c.lesson == lesson, watching.c.open)
        async with self._database.writing() as connection:
            await connection.execute(changed.values(open=False, turn=watching.c.turn + 1))
