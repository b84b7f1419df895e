"""Which node writes to a lesson's journal, and the fencing token that holds every other one off.

The token counts the owners that a lesson has had. It is kept here and not where nodes find each other, for it must
never go back, and is looked at in the very transaction that it protects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from classroom.store.database import Database
from classroom.store.records import Owner
from classroom.store.tables import owner


class Fenced(Exception):
    """Another node owns these lessons by now; nothing was written."""

    def __init__(self, lessons: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(lessons)))
        self.lessons = lessons


class Owners:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, lessons: Iterable[str]) -> Mapping[str, Owner]:
        """Those that ever had one."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(owner).where(owner.c.lesson.in_(list(lessons))))
            return {row.lesson: Owner(row.node, row.fence) for row in rows}

    async def take(self, lesson: str, node: str, seen: Owner | None) -> Owner | None:
        """Makes a node the owner if nothing has changed since `seen`; None where another was faster, or there is no
        such lesson."""
        taken = Owner(node, seen.fence + 1 if seen else 1)
        async with self._database.writing() as connection:
            if seen is not None:
                where = (owner.c.lesson == lesson) & (owner.c.fence == seen.fence)
                changed = await connection.execute(update(owner).where(where).values(node=node, fence=taken.fence))
                return taken if changed.rowcount else None
            try:
                async with connection.begin_nested():
                    await connection.execute(insert(owner).values(lesson=lesson, node=node, fence=taken.fence))
            except IntegrityError:
                return None
        return taken

    async def give_up(self, node: str) -> None:
        """A node that stops owns nothing any more."""
        async with self._database.writing() as connection:
            await connection.execute(update(owner).where(owner.c.node == node).values(node=None))


def hold(connection: Connection, lessons: frozenset[str], fences: Mapping[str, int]) -> None:
    """Within the transaction that writes to these lessons: nobody takes them before it ends. Raises `Fenced`. What is
    written without a token, from the shell where no server runs, takes the lesson from whoever had it elsewhere."""
    if fences:
        # The order keeps two transactions from waiting for each other.
        query = (
            select(owner).where(owner.c.lesson.in_(list(fences))).order_by(owner.c.lesson).with_for_update(read=True)
        )
        now = {row.lesson: row.fence for row in connection.execute(query)}
        if lost := frozenset(lesson for lesson, fence in fences.items() if now.get(lesson) != fence):
            raise Fenced(lost)
    if free := lessons - fences.keys():
        taken = update(owner).where(owner.c.lesson.in_(list(free))).values(node=None, fence=owner.c.fence + 1)
        connection.execute(taken)
