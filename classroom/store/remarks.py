"""What people note at moments of recordings: each their own, and what they share with all who may see the recording."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, delete, func, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.errors import ClientFault, Status
from classroom.store.database import Database
from classroom.store.records import Remark
from classroom.store.rows import values
from classroom.store.tables import account, remark

MOST = 1000
"""Of one person in one recording."""
MOST_SHOWN = 5000


class Remarks:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, row: Remark) -> None:
        """Raises ClientFault `remarks_full` (409); `not_found` (404) where the recording is gone."""
        mine = (remark.c.resource == row.resource, remark.c.account == row.account)
        try:
            async with self._database.writing() as connection:
                counted = select(func.count()).select_from(remark).where(*mine)
                if (await connection.execute(counted)).scalar_one() >= MOST:
                    full = f"You have {MOST} notes in this recording: remove some first."
                    raise ClientFault("remarks_full", full, Status.CONFLICT)
                await connection.execute(insert(remark).values(values(row)))
        except IntegrityError:
            raise ClientFault("not_found", "There is no such recording.", Status.NOT_FOUND) from None

    async def list(self, resource_id: str, viewer: str | None, reviews: bool = False) -> Sequence[tuple[Remark, str]]:
        """The viewer's own and what others share, by their moments; each with the name of whose it is. `reviews`: also
        what is for the owner and the staff alone."""
        seen = or_(remark.c.account == viewer, and_(remark.c.shared, or_(~remark.c.review, literal(reviews))))
        query = select(remark, account.c.name).join(account, account.c.id == remark.c.account)
        query = query.where(remark.c.resource == resource_id, seen)
        query = query.order_by(remark.c.at, remark.c.created_at, remark.c.id).limit(MOST_SHOWN)
        async with self._database.reading() as connection:
            return [(Remark(*row[:-1]), row[-1]) for row in await connection.execute(query)]

    async def get(self, resource_id: str, remark_id: str) -> Remark | None:
        query = select(remark).where(remark.c.id == remark_id, remark.c.resource == resource_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        return Remark(**row) if row else None

    async def change(self, row: Remark) -> bool:
        """False where it is not there any more."""
        changed = update(remark).where(remark.c.id == row.id).values(values(row))
        async with self._database.writing() as connection:
            return (await connection.execute(changed)).rowcount == 1

    async def remove(self, remark_id: str) -> bool:
        async with self._database.writing() as connection:
            return (await connection.execute(delete(remark).where(remark.c.id == remark_id))).rowcount == 1


async def remarks_removed(connection: AsyncConnection, owner: str) -> int:
    """Removes all that an account noted, and says how much that was."""
    return (await connection.execute(delete(remark).where(remark.c.account == owner))).rowcount
