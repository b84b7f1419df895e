"""How people fared who tried a recording's questions for themselves: no part of the lesson's journal and report."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import case, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from classroom.errors import ClientFault, Status
from classroom.store.database import Database
from classroom.store.records import Tried, TriedByAll
from classroom.store.tables import tried


class Tries:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, resource: str, activity: str, account: str, mark: float, now: int) -> Tried:
        """One more. Raises ClientFault `not_found` (404) where the recording is gone."""
        mine = (tried.c.resource == resource, tried.c.activity == activity, tried.c.account == account)
        best = case((tried.c.best < mark, mark), else_=tried.c.best)
        row = {"resource": resource, "activity": activity, "account": account}
        try:
            async with self._database.writing() as connection:
                again = update(tried).where(*mine).values(best=best, tries=tried.c.tries + 1, at=now)
                if (await connection.execute(again)).rowcount == 0:
                    await connection.execute(insert(tried).values(**row, first=mark, best=mark, tries=1, at=now))
                said = select(tried.c.activity, tried.c.first, tried.c.best, tried.c.tries).where(*mine)
                return Tried(*(await connection.execute(said)).one())
        except IntegrityError:
            raise ClientFault("not_found", "There is no such recording.", Status.NOT_FOUND) from None

    async def of(self, resource: str, account: str) -> Sequence[Tried]:
        query = select(tried.c.activity, tried.c.first, tried.c.best, tried.c.tries)
        query = query.where(tried.c.resource == resource, tried.c.account == account)
        async with self._database.reading() as connection:
            return [Tried(*row) for row in await connection.execute(query)]

    async def by_all(self, resource: str) -> Sequence[TriedByAll]:
        right = func.sum(case((tried.c.first >= 1, 1), else_=0))
        query = select(tried.c.activity, func.count(), right, func.avg(tried.c.first))
        query = query.where(tried.c.resource == resource).group_by(tried.c.activity).order_by(tried.c.activity)
        async with self._database.reading() as connection:
            return [TriedByAll(*row) for row in await connection.execute(query)]
