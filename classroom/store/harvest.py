"""What anyone may hear of: resources that are published for all, in the order in which they changed.

What was, and is not any more, is told of as gone, as long as its row is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, FromClause, RowMapping, and_, case, exists, func, not_, or_, select

from classroom.store.database import Database
from classroom.store.joined import KIND as JOINED
from classroom.store.records import Resource
from classroom.store.tables import part, resource

_inner = resource.alias("inner")


def _changed(row: FromClause) -> ColumnElement[int]:
    return case((row.c.changed_at > row.c.state_at, row.c.changed_at), else_=row.c.state_at)


_parts = part.join(_inner, _inner.c.id == part.c.resource)
_of_parts = select(func.max(_changed(_inner))).select_from(_parts).where(part.c.joined == resource.c.id)
_later = and_(resource.c.kind == JOINED, _of_parts.scalar_subquery() > _changed(resource))
_stamp = case((_later, _of_parts.scalar_subquery()), else_=_changed(resource))
"""When it last changed, in ms, or one that it is made of."""
_shut = select(part.c.resource).select_from(_parts).where(part.c.joined == resource.c.id)
_shut = _shut.where(or_(_inner.c.reach != "all", _inner.c.state != "published"))
_gone = or_(resource.c.state != "published", and_(resource.c.kind == JOINED, exists(_shut)))
"""What is made of others is told of where all of these are."""
PUBLIC = and_(resource.c.reach == "all", resource.c.published_at.is_not(None))


@dataclass(frozen=True, slots=True)
class Wanted:
    """From and until in ms, both included; of a subject; after a place in the order, as `place` says it."""

    from_ms: int | None = None
    until_ms: int | None = None
    subject: str = ""
    after: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """`stamp`: when it last changed, in ms."""

    resource: Resource
    stamp: int
    gone: bool


def _told(row: RowMapping) -> Told:
    fields = dict(row)
    return Told(stamp=fields.pop("stamp"), gone=bool(fields.pop("gone")), resource=Resource(**fields))


class Harvest:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, resource_id: str) -> Told | None:
        async with self._database.reading() as connection:
            query = select(resource, _stamp.label("stamp"), _gone.label("gone")).where(
                resource.c.id == resource_id, PUBLIC
            )
            row = (await connection.execute(query)).mappings().first()
        return _told(row) if row else None

    async def list(self, wanted: Wanted, limit: int) -> tuple[Sequence[Told], int]:
        """So many of them, and how many there are altogether, whatever `after` says."""
        query = select(resource, _stamp.label("stamp"), _gone.label("gone")).where(
            *_conditions(wanted), *_after(wanted)
        )
        query = query.order_by(_stamp, resource.c.id)
        counted = select(func.count()).select_from(resource).where(*_conditions(wanted))
        async with self._database.reading() as connection:
            rows = [_told(row) for row in (await connection.execute(query.limit(limit))).mappings()]
            return rows, (await connection.execute(counted)).scalar_one()

    async def latest(self, limit: int) -> Sequence[Resource]:
        """What was published last."""
        query = select(resource).where(PUBLIC, not_(_gone))
        query = query.order_by(resource.c.published_at.desc(), resource.c.id).limit(limit)
        async with self._database.reading() as connection:
            return [Resource(**row) for row in (await connection.execute(query)).mappings()]

    async def earliest(self) -> int | None:
        """The stamp of the first."""
        async with self._database.reading() as connection:
            found: int | None = (await connection.execute(select(func.min(_stamp)).where(PUBLIC))).scalar()
        return found

    async def subjects(self) -> Sequence[str]:
        query = select(resource.c.subject).where(PUBLIC, resource.c.subject != "").distinct()
        async with self._database.reading() as connection:
            return sorted((await connection.execute(query)).scalars())


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    out: list[ColumnElement[bool]] = [PUBLIC]
    if wanted.from_ms is not None:
        out.append(_stamp >= wanted.from_ms)
    if wanted.until_ms is not None:
        out.append(_stamp <= wanted.until_ms)
    if wanted.subject:
        out.append(resource.c.subject == wanted.subject)
    return out


def _after(wanted: Wanted) -> list[ColumnElement[bool]]:
    if wanted.after is None:
        return []
    at, name = wanted.after
    return [or_(_stamp > at, and_(_stamp == at, resource.c.id > name))]
