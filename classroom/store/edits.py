"""What was decided to be taken out of recordings, and the files that were made of them. Rows only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from classroom.errors import ClientFault, Status
from classroom.store.database import Database
from classroom.store.records import Edit, Render, Resource
from classroom.store.reviews import outcome_put, points_put
from classroom.store.rows import values
from classroom.store.tables import edit, render, resource

if TYPE_CHECKING:
    from classroom.review import Outcome


class Edits:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, resource_id: str) -> list[Edit]:
        """In order."""
        query = select(edit).where(edit.c.resource == resource_id).order_by(edit.c.number)
        async with self._database.reading() as connection:
            return [Edit(**row) for row in (await connection.execute(query)).mappings()]

    async def of_each(self, resource_ids: Collection[str]) -> dict[str, list[Edit]]:
        """In order, of those that have any."""
        query = select(edit).where(edit.c.resource.in_(resource_ids)).order_by(edit.c.resource, edit.c.number)
        found: defaultdict[str, list[Edit]] = defaultdict(list)
        async with self._database.reading() as connection:
            for row in (await connection.execute(query)).mappings():
                found[row["resource"]].append(Edit(**row))
        return dict(found)

    async def add(self, row: Edit, before: Resource, outcome: Outcome) -> None:
        """With what comes of it for the review, in one transaction: who looked at it before does not publish it. Raises
        ClientFault `edited` (409) where there is one of this number, and what `outcome_put` raises."""
        await self._insert([row], before, outcome)

    async def split(
        self, row: Edit, second: Resource, decided: Sequence[Edit], before: Resource, outcome: Outcome
    ) -> None:
        """With `row` the one ends where `second` begins, for which all else was decided likewise."""
        await self._insert([row, *(replace(one, resource=second.id) for one in decided)], before, outcome, second)

    async def _insert(
        self, rows: Sequence[Edit], before: Resource, outcome: Outcome, also: Resource | None = None
    ) -> None:
        try:
            async with self._database.writing() as connection:
                await outcome_put(connection, before, outcome)
                if also is not None:
                    await connection.execute(insert(resource).values(values(also)))
                    await points_put(connection, also.id, also.points)
                await connection.execute(insert(edit), [values(row) for row in rows])
        except IntegrityError:
            raise ClientFault("edited", "Somebody else has edited it meanwhile.", Status.CONFLICT) from None


class Renders:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, row: Render) -> None:
        async with self._database.writing() as connection:
            await connection.execute(insert(render).values(values(row)))

    async def get(self, render_id: str) -> Render | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(render).where(render.c.id == render_id))).mappings().first()
        return Render(**row) if row else None

    async def list(self, resource_id: str | None = None) -> list[Render]:
        """The oldest first."""
        query = select(render).order_by(render.c.created_at, render.c.id)
        if resource_id is not None:
            query = query.where(render.c.resource == resource_id)
        async with self._database.reading() as connection:
            return [Render(**row) for row in (await connection.execute(query)).mappings()]

    async def change(self, render_id: str, **fields: Any) -> bool:
        """False where it is not there any more."""
        async with self._database.writing() as connection:
            changed = await connection.execute(update(render).where(render.c.id == render_id).values(fields))
        return bool(changed.rowcount)

    async def remove(self, render_id: str) -> None:
        async with self._database.writing() as connection:
            await connection.execute(delete(render).where(render.c.id == render_id))
