"""Collections of resources, and series: collections whose order counts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from classroom.errors import ClientFault, Status
from classroom.store.access import seen_by
from classroom.store.database import Database
from classroom.store.records import Account, Collection, Resource
from classroom.store.rows import values
from classroom.store.tables import collected, collection, resource

MOST = 500
"""Resources in a collection, and collections of an account."""


class Collections:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, row: Collection) -> None:
        """Raises ClientFault `too_many_collections` (409)."""
        counted = select(func.count()).select_from(collection).where(collection.c.owner == row.owner)
        async with self._database.writing() as connection:
            if (await connection.execute(counted)).scalar_one() >= MOST:
                full = f"You have {MOST} collections: remove some first."
                raise ClientFault("too_many_collections", full, Status.CONFLICT)
            await connection.execute(insert(collection).values(values(row)))

    async def get(self, collection_id: str, viewer: Account | None = None) -> Collection | None:
        """If this account may see it, where one is given."""
        query = select(collection).where(collection.c.id == collection_id, *_seen_by(viewer))
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        return Collection(**row) if row else None

    async def list(
        self, viewer: Account | None = None, holding: str = "", since: int = 0, limit: int = 100
    ) -> Sequence[tuple[Collection, int]]:
        """Those that this account may see, the last changed first, each with how many of its resources it may see;
        `holding`: those that this resource is in."""
        within = (collected.c.collection == collection.c.id, collected.c.resource == resource.c.id)
        many = select(func.count()).select_from(collected.join(resource, collected.c.resource == resource.c.id))
        many = many.where(within[0], *seen_by(viewer))
        query = select(collection, many.scalar_subquery().label("many")).where(*_seen_by(viewer))
        if holding:
            query = query.where(exists().where(within[0], collected.c.resource == holding))
        query = query.order_by(collection.c.changed_at.desc(), collection.c.id).offset(since).limit(limit)
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [
            (Collection(**{name: row[name] for name in Collection.__dataclass_fields__}), row["many"]) for row in rows
        ]

    async def change(self, row: Collection) -> bool:
        """False where it is not there any more."""
        changed = update(collection).where(collection.c.id == row.id).values(values(row))
        async with self._database.writing() as connection:
            return (await connection.execute(changed)).rowcount == 1

    async def remove(self, collection_id: str) -> bool:
        """The resources stay."""
        async with self._database.writing() as connection:
            return (await connection.execute(delete(collection).where(collection.c.id == collection_id))).rowcount == 1

    async def resources(self, collection_id: str, viewer: Account | None = None) -> Sequence[Resource]:
        """Those of it that this account may see, in order."""
        query = select(resource).join(collected, collected.c.resource == resource.c.id)
        query = query.where(collected.c.collection == collection_id, *seen_by(viewer))
        query = query.order_by(collected.c.position, resource.c.id)
        async with self._database.reading() as connection:
            return [Resource(**row) for row in (await connection.execute(query)).mappings()]

    async def hold(self, collection_id: str, resource_id: str, now: int) -> None:
        """As the last one, where it is not there yet. Raises ClientFault `collection_full` (409), `not_found` (404)."""
        there = (collected.c.collection == collection_id, collected.c.resource == resource_id)
        counted = select(func.count(), func.coalesce(func.max(collected.c.position), 0))
        try:
            async with self._database.writing() as connection:
                touched = update(collection).where(collection.c.id == collection_id).values(changed_at=now)
                if (await connection.execute(touched)).rowcount == 0:
                    raise ClientFault("not_found", "There is no such collection.", Status.NOT_FOUND)
                if (await connection.execute(select(collected.c.position).where(*there))).first() is not None:
                    return
                many, last = (await connection.execute(counted.where(there[0]))).one()
                if many >= MOST:
                    raise ClientFault("collection_full", f"A collection holds {MOST} resources.", Status.CONFLICT)
                row = {"collection": collection_id, "resource": resource_id, "position": last + 1}
                await connection.execute(insert(collected).values(row))
        except IntegrityError:
            raise ClientFault("not_found", "There is no such resource.", Status.NOT_FOUND) from None

    async def release(self, collection_id: str, resource_id: str, now: int) -> bool:
        """False where it was not in it."""
        there = (collected.c.collection == collection_id, collected.c.resource == resource_id)
        async with self._database.writing() as connection:
            if (await connection.execute(delete(collected).where(*there))).rowcount == 0:
                return False
            await connection.execute(update(collection).where(collection.c.id == collection_id).values(changed_at=now))
        return True

    async def order(self, collection_id: str, wanted: Sequence[str], now: int) -> None:
        """These of it first, in this order; then the others as they were."""
        held = select(collected.c.resource).where(collected.c.collection == collection_id)
        async with self._database.writing() as connection:
            touched = update(collection).where(collection.c.id == collection_id).values(changed_at=now)
            await connection.execute(touched)  # one after the other
            was = list((await connection.execute(held.order_by(collected.c.position))).scalars())
            first = [one for one in dict.fromkeys(wanted) if one in was]
            for place, one in enumerate([*first, *(one for one in was if one not in set(first))], 1):
                moved = update(collected).where(collected.c.collection == collection_id, collected.c.resource == one)
                await connection.execute(moved.values(position=place))


def _seen_by(viewer: Account | None) -> list[ColumnElement[bool]]:
    """The staff see all; one's own; and what holds anything that one may see."""
    seen = seen_by(viewer)
    if viewer is None or not seen:
        return []
    holding = exists().where(collected.c.collection == collection.c.id, collected.c.resource == resource.c.id, *seen)
    return [or_(collection.c.owner == viewer.id, holding)]
