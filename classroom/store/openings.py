"""The access log: who opened which recording of children, when, and how."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, insert, or_, select
from sqlalchemy.exc import IntegrityError

from classroom.errors import ClientFault, Status
from classroom.store.database import Database
from classroom.store.records import Opening
from classroom.store.rows import values
from classroom.store.tables import account, opening, shared

AT_ONCE = 1000  # rows


@dataclass(frozen=True, slots=True)
class Wanted:
    """Empty: all of them. `who`: an account or a link. From `since`, before `until`: ms since 1970."""

    way: str = ""
    who: str = ""
    since: int = 0
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """With what its account or its link is called now."""

    opening: Opening
    name: str
    school: str | None
    label: str


class Openings:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, row: Opening) -> None:
        """Raises ClientFault `not_found` (404) where the recording, or who opens it, is gone."""
        try:
            async with self._database.writing() as connection:
                await connection.execute(insert(opening).values(values(row)))
        except IntegrityError:
            raise ClientFault("not_found", "There is no such recording.", Status.NOT_FOUND) from None

    async def of(self, resource_id: str, wanted: Wanted, skip: int, limit: int) -> Sequence[Opened]:
        """The newest first."""
        return await self._rows(_query(resource_id, wanted).offset(skip).limit(limit))

    async def each(self, resource_id: str, wanted: Wanted) -> AsyncIterator[Sequence[Opened]]:
        """All of them, the newest first, some at a time; between two no connection is held."""
        query = _query(resource_id, wanted).limit(AT_ONCE)
        rows = await self._rows(query)
        while rows:
            yield rows
            last = rows[-1].opening
            behind = or_(opening.c.at < last.at, (opening.c.at == last.at) & (opening.c.id > last.id))
            rows = await self._rows(query.where(behind)) if len(rows) == AT_ONCE else []

    async def _rows(self, query: Select[Any]) -> Sequence[Opened]:
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [
            Opened(
                Opening(**{name: row[name] for name in Opening.__dataclass_fields__}),
                row["name"] or "",
                row["school"],
                row["label"] or "",
            )
            for row in rows
        ]

    async def forget(self, before: int) -> int:
        """Those of earlier; how many."""
        async with self._database.writing() as connection:
            return (await connection.execute(delete(opening).where(opening.c.at < before))).rowcount


def _query(resource_id: str, wanted: Wanted) -> Select[Any]:
    query = select(opening, account.c.name, account.c.school, shared.c.label)
    query = query.outerjoin(account, account.c.id == opening.c.account)
    query = query.outerjoin(shared, shared.c.id == opening.c.link)
    query = query.where(opening.c.resource == resource_id, opening.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(opening.c.at < wanted.until)
    if wanted.way:
        query = query.where(opening.c.way == wanted.way)
    if wanted.who:
        query = query.where(or_(opening.c.account == wanted.who, opening.c.link == wanted.who))
    return query.order_by(opening.c.at.desc(), opening.c.id)
