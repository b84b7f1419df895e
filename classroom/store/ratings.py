"""What people think of resources: one to five stars of each person, told of all together."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from classroom.errors import ClientFault, Status
from classroom.store.database import Database
from classroom.store.tables import rating

FEWEST = 3
"""So many must have said what they think before anything is told of it: of fewer one could tell who said what."""


@dataclass(frozen=True, slots=True)
class Rated:
    """`count` and `mean` are None where fewer than `FEWEST` have rated it."""

    mine: int | None
    count: int | None
    mean: float | None


class Ratings:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, resource_id: str, account_id: str, stars: int, now: int) -> None:
        """In the place of the one before. Raises ClientFault `not_found` (404) where the resource is gone."""
        mine = (rating.c.resource == resource_id, rating.c.account == account_id)
        said = {"stars": stars, "at": now}
        try:
            async with self._database.writing() as connection:
                if (await connection.execute(update(rating).where(*mine).values(said))).rowcount == 0:
                    row = {"resource": resource_id, "account": account_id, **said}
                    await connection.execute(insert(rating).values(row))
        except IntegrityError:
            raise ClientFault("not_found", "There is no such resource.", Status.NOT_FOUND) from None

    async def remove(self, resource_id: str, account_id: str) -> None:
        mine = (rating.c.resource == resource_id, rating.c.account == account_id)
        async with self._database.writing() as connection:
            await connection.execute(delete(rating).where(*mine))

    async def of(self, resource_id: str, account_id: str | None) -> Rated:
        these = rating.c.resource == resource_id
        every = select(func.count(), func.sum(rating.c.stars)).where(these)
        own = select(rating.c.stars).where(these, rating.c.account == account_id)
        async with self._database.reading() as connection:
            count, stars = (await connection.execute(every)).one()
            mine = (await connection.execute(own)).scalar()
        if count < FEWEST:
            return Rated(mine, None, None)
        return Rated(mine, count, round(int(stars) / count, 1))
