"""What is being deleted, and the record of what was. Each step is one transaction, and says how far it is."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.events import Json
from classroom.store import belonging
from classroom.store.database import Database
from classroom.store.keeping import holds_of_gone
from classroom.store.records import Removal
from classroom.store.rows import values
from classroom.store.tables import (
    command,
    event,
    going,
    lesson,
    link,
    part,
    participant,
    photo,
    removal,
    render,
    resource,
    side_text,
    work,
)

MOST = 500
AT_ONCE = 1000  # events
TOUCHED = {
    *(table.name for root in (resource, lesson) for table, _ in belonging.belongings(root, "")),
    *("removal", "hold", "link", "roster"),
}
"""Tables from which deleting and erasing take rows, or what stands in them."""


def packed(what: Json) -> str:
    """So that ids in it are not found by who looks for them in the file of the database."""
    return base64.b64encode(zlib.compress(json.dumps(what).encode())).decode()


def unpacked(said: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(said))) if said else {}
    return found


class Removals:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, row: Removal) -> None:
        async with self._database.writing() as connection:
            await connection.execute(insert(removal).values(values(row)))

    async def drop(self, removal_id: str) -> None:
        """One that could not begin."""
        async with self._database.writing() as connection:
            await connection.execute(delete(removal).where(removal.c.id == removal_id))

    async def change(self, removal_id: str, **fields: Any) -> None:
        async with self._database.writing() as connection:
            await connection.execute(update(removal).where(removal.c.id == removal_id).values(fields))

    async def get(self, removal_id: str) -> Removal | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(removal).where(removal.c.id == removal_id))).mappings().first()
        return Removal(**row) if row else None

    async def unfinished(self) -> Sequence[Removal]:
        """The oldest first."""
        query = select(removal).where(removal.c.stage != "done").order_by(removal.c.asked_at, removal.c.id)
        async with self._database.reading() as connection:
            return [Removal(**row) for row in (await connection.execute(query)).mappings()]

    async def list(self, limit: int = MOST) -> Sequence[Removal]:
        """What is not done yet, then the newest."""
        query = select(removal).order_by(removal.c.stage == "done", removal.c.asked_at.desc(), removal.c.id)
        async with self._database.reading() as connection:
            return [Removal(**row) for row in (await connection.execute(query.limit(limit))).mappings()]

    async def of(self, digest: str) -> Sequence[Removal]:
        """Of what had an id of this digest."""
        async with self._database.reading() as connection:
            rows = (await connection.execute(select(removal).where(removal.c.digest == digest))).mappings()
            return [Removal(**row) for row in rows]

    async def belonging(self, resource_id: str, lesson_id: str | None) -> Json:
        """What has files beside the recording's: renders, photos and works; and who took part."""

        async def ids(table: Any, column: Any, of: str) -> list[str]:
            return list((await connection.execute(select(table.c.id).where(column == of))).scalars())

        async with self._database.reading() as connection:
            found: Json = {"renders": await renders_of(connection, [resource_id])}
            if lesson_id is not None:
                found |= {
                    "photos": await ids(photo, photo.c.lesson, lesson_id),
                    "works": await ids(work, work.c.lesson, lesson_id),
                    "participants": await ids(participant, participant.c.lesson, lesson_id),
                }
        return found

    async def resource_gone(self, row: Removal, resource_id: str, lesson_id: str | None) -> None:
        """All that the tables have of it, and, by and by, the journal of its lesson where that goes along: from its end
        on, so that what is left can be folded, and others write in between."""
        async with self._database.writing() as connection:
            await holds_of_gone(connection, resource_id, lesson_id)
            await connection.execute(delete(part).where(part.c.resource == resource_id))
            gone = await belonging.remove(connection, belonging.belongings(resource, resource_id))
            counted = update(removal).where(removal.c.id == row.id).values(rows=removal.c.rows + gone)
            await connection.execute(counted)
        last = select(func.coalesce(func.max(event.c.seq), 0)).where(event.c.lesson == lesson_id)
        async with self._database.reading() as connection:
            seq = (await connection.execute(last)).scalar_one() if lesson_id is not None else 0
        while seq > 0:
            seq -= AT_ONCE
            async with self._database.writing() as connection:
                some = [
                    (await connection.execute(delete(one).where(one.c.lesson == lesson_id, one.c.seq > seq))).rowcount
                    for one in (event, command, side_text)
                ]
                counted = update(removal).where(removal.c.id == row.id).values(rows=removal.c.rows + sum(some))
                await connection.execute(counted)

    async def lesson_gone(self, row: Removal, lesson_id: str | None) -> None:
        """What the lesson has beside; the rows are gone with it."""
        async with self._database.writing() as connection:
            gone = 0
            if lesson_id is not None:
                gone += await belonging.remove(connection, belonging.belongings(lesson, lesson_id))
                gone += await _links_gone(connection, lesson_id)
            step = {"stage": "storage", "rows": removal.c.rows + gone, "fault": None}
            await connection.execute(update(removal).where(removal.c.id == row.id).values(step))

    async def media_gone(self, row: Removal, resource_id: str) -> None:
        """No tracks, and no files that were made of them; all else stays."""
        async with self._database.writing() as connection:
            gone = await connection.execute(delete(render).where(render.c.resource == resource_id))
            newer = {"tracks": [], "version": resource.c.version + 1}
            await connection.execute(update(resource).where(resource.c.id == resource_id).values(newer))
            await connection.execute(delete(going).where(going.c.resource == resource_id))
            step = {"stage": "storage", "rows": removal.c.rows + gone.rowcount, "fault": None}
            await connection.execute(update(removal).where(removal.c.id == row.id).values(step))

    async def left(self, resource_id: str, lesson_id: str | None) -> int:
        """How many rows there are of it."""
        async with self._database.reading() as connection:
            found = await belonging.count(connection, belonging.belongings(resource, resource_id))
            if lesson_id is not None:
                found += await belonging.count(connection, belonging.belongings(lesson, lesson_id))
        return found

    @property
    def rests(self) -> bool:
        """Whether dead rows lie in the database until they are swept anew."""
        return self._database.is_postgresql

    async def swept_anew(self) -> None:
        """PostgreSQL frees what dead rows held; SQLite writes the whole database anew, while who writes waits."""
        await self._database.vacuum(TOUCHED)

    async def swept(self) -> bool:
        """Has what was overwritten leave SQLite's write-ahead logs. False where somebody reads or writes just now, and
        it is to be tried again."""
        return self._database.is_postgresql or await self._database.checkpoint()

    async def found(self, words: Collection[str]) -> bool:
        """Whether any of these is in the files of an SQLite database, live or left over."""
        return await self._database.scan([one.encode() for one in words])


async def renders_of(connection: AsyncConnection, resource_ids: Collection[str]) -> list[str]:
    """Files that were made of these, and of joined recordings of which they are parts."""
    joined = select(part.c.joined).where(part.c.resource.in_(resource_ids))
    mine = or_(render.c.resource.in_(resource_ids), render.c.resource.in_(joined))
    return list((await connection.execute(select(render.c.id).where(mine))).scalars())


async def _links_gone(connection: AsyncConnection, lesson_id: str) -> int:
    """Links into the lesson; what they lead to stands in JSON."""
    rows = await connection.execute(select(link.c.secret_hash, link.c.data))
    mine = [row.secret_hash for row in rows if row.data.get("lesson") == lesson_id]
    await connection.execute(delete(link).where(link.c.secret_hash.in_(mine)))
    return len(mine)
