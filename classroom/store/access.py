"""Who sees which resource: the one condition that every query about the library has, and what it is made of.

`classroom/access.py` says the same as a table, with the reasons; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, FromClause, and_, delete, exists, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from classroom.errors import ClientFault, Status
from classroom.ids import digest
from classroom.store.database import Database
from classroom.store.records import Account, Grant, SharedLink
from classroom.store.rows import values
from classroom.store.tables import granted, part, resource, shared

MOST = 200
"""Grants, and links, of one resource."""


def seen_by(viewer: Account | None) -> list[ColumnElement[bool]]:
    """All of them where no viewer is given. One's own; the staff's are all; what is granted to them; and what is
    published, by its reach. Who has no school shares none. One that is made of others, who sees all of these too."""
    if viewer is None or viewer.role in ("staff", "admin"):
        return []
    inner = resource.alias("inner")
    seen = exists(select(inner.c.id).where(inner.c.id == part.c.resource, _seen(inner, viewer)))
    unseen = exists(select(part.c.resource).where(part.c.joined == resource.c.id, ~seen))
    return [_seen(resource, viewer), or_(resource.c.kind != "joined", ~unseen)]


def _seen(one: FromClause, viewer: Account) -> ColumnElement[bool]:
    reached: ColumnElement[bool] = one.c.reach == "all"
    if viewer.school is not None:
        reached = or_(reached, one.c.school == viewer.school)
    mine = _fits(granted.c.school, viewer.school) & _fits(granted.c.role, viewer.role)
    in_person = select(granted.c.resource).where(granted.c.account == viewer.id, mine)
    among_others = (granted.c.account.is_(None), or_(granted.c.school.is_not(None), granted.c.role.is_not(None)))
    in_a_group = select(granted.c.resource).where(*among_others, mine)
    return or_(
        one.c.owner == viewer.id,
        and_(one.c.state == "published", or_(reached, one.c.id.in_(in_a_group))),
        and_(one.c.state != "withdrawn", one.c.id.in_(in_person)),
    )


def _fits(named: ColumnElement[str], mine: str | None) -> ColumnElement[bool]:
    return or_(named.is_(None), named == mine) if mine is not None else named.is_(None)


class Access:
    """What was granted, and links. Of a resource at most `MOST` of each: `too_many_shares` (409)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def grants(self, resource_id: str) -> Sequence[Grant]:
        query = select(granted).where(granted.c.resource == resource_id)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(granted.c.created_at, granted.c.id))
            return [Grant(**row) for row in rows.mappings()]

    async def grant(self, row: Grant) -> Grant:
        """The one that says the same where there is one. Raises ClientFault `not_found` (404) where whom it names is
        not there."""
        mine = granted.c.resource == row.resource
        same = [granted.c[name].is_not_distinct_from(getattr(row, name)) for name in ("account", "school", "role")]
        try:
            async with self._database.writing() as connection:
                found = (await connection.execute(select(granted).where(mine, *same))).mappings().first()
                if found is not None:
                    return Grant(**found)
                _not_too_many(len((await connection.execute(select(granted.c.id).where(mine))).all()))
                await connection.execute(insert(granted).values(values(row)))
        except IntegrityError:
            raise ClientFault("not_found", "There is no such account or school.", Status.NOT_FOUND) from None
        return row

    async def take_back(self, resource_id: str, grant_id: str) -> bool:
        gone = delete(granted).where(granted.c.resource == resource_id, granted.c.id == grant_id)
        async with self._database.writing() as connection:
            return (await connection.execute(gone)).rowcount == 1

    async def links(self, resource_id: str) -> Sequence[SharedLink]:
        """The newest first."""
        query = select(shared).where(shared.c.resource == resource_id)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(shared.c.created_at.desc(), shared.c.id))
            return [SharedLink(**row) for row in rows.mappings()]

    async def add_link(self, row: SharedLink) -> None:
        kept = select(shared.c.id).where(shared.c.resource == row.resource, shared.c.revoked_at.is_(None))
        async with self._database.writing() as connection:
            _not_too_many(len((await connection.execute(kept)).all()))
            await connection.execute(insert(shared).values(values(row)))

    async def revoke(self, resource_id: str, link_id: str, now: int) -> bool:
        """For good; its row stays for the access log. False where there is none that is good."""
        mine = (shared.c.resource == resource_id, shared.c.id == link_id, shared.c.revoked_at.is_(None))
        async with self._database.writing() as connection:
            return (await connection.execute(update(shared).where(*mine).values(revoked_at=now))).rowcount == 1

    async def link(self, link_id: str) -> SharedLink | None:
        return await self._link(shared.c.id == link_id)

    async def by_secret(self, secret: str) -> SharedLink | None:
        return await self._link(shared.c.secret_hash == digest(secret))

    async def _link(self, which: ColumnElement[bool]) -> SharedLink | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(shared).where(which))).mappings().first()
        return SharedLink(**row) if row else None


def _not_too_many(many: int) -> None:
    if many >= MOST:
        raise ClientFault("too_many_shares", f"It is shared {MOST} times: take some back.", Status.CONFLICT)
