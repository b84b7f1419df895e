"""What is said in recordings, by language, and which recordings a service is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, delete, exists, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from classroom.errors import ClientFault, Status
from classroom.store.database import Database
from classroom.store.records import Captioning, Captions
from classroom.store.rows import values
from classroom.store.tables import captioning, captions, resource

MOST_LANGUAGES = 20
"""Of one recording."""
_KNOWN = [captions.c[name] for name in Captions.__dataclass_fields__]


class AllCaptions:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, resource_id: str) -> Sequence[Captions]:
        query = select(*_KNOWN).where(captions.c.resource == resource_id).order_by(captions.c.language)
        async with self._database.reading() as connection:
            return [Captions(**row) for row in (await connection.execute(query)).mappings()]

    async def get(self, resource_id: str, language: str) -> tuple[Captions, str] | None:
        """With its cues, as they were put."""
        query = select(*_KNOWN, captions.c.cues)
        query = query.where(captions.c.resource == resource_id, captions.c.language == language)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        return (Captions(**{column.name: row[column.name] for column in _KNOWN}), row["cues"]) if row else None

    async def put(self, row: Captions, cues: str, before: str | None) -> None:
        """In the place of the revision `before`, or where nothing is. Raises ClientFault `captions_changed` (412) where
        there is another, `captions_full` (409); `not_found` (404) where the recording is gone."""
        new = {**values(row), "cues": cues}
        mine = (captions.c.resource == row.resource, captions.c.language == row.language)
        try:
            async with self._database.writing() as connection:
                if before is not None:
                    changed = update(captions).where(*mine, captions.c.revision == before).values(new)
                    if (await connection.execute(changed)).rowcount != 1:
                        raise captions_changed()
                    return
                counted = select(func.count()).select_from(captions).where(captions.c.resource == row.resource)
                if (await connection.execute(counted)).scalar_one() >= MOST_LANGUAGES:
                    most = f"A recording has captions in at most {MOST_LANGUAGES} languages."
                    raise ClientFault("captions_full", most, Status.CONFLICT)
                if (await connection.execute(select(exists().where(*mine)))).scalar_one():
                    raise captions_changed()
                await connection.execute(insert(captions).values(new))
        except IntegrityError:
            if await self._is_there(row.resource):  # another was as fast
                raise captions_changed() from None
            raise ClientFault("not_found", "There is no such recording.", Status.NOT_FOUND) from None

    async def remove(self, resource_id: str, language: str, before: str | None) -> bool:
        """False where there are none. Raises ClientFault `captions_changed` (412) where it is not that revision."""
        mine = [captions.c.resource == resource_id, captions.c.language == language]
        async with self._database.writing() as connection:
            there = (await connection.execute(select(captions.c.revision).where(*mine))).scalar()
            if there is not None and before not in (None, there):
                raise captions_changed()
            await connection.execute(delete(captions).where(*mine))
        return there is not None

    async def _is_there(self, resource_id: str) -> bool:
        async with self._database.reading() as connection:
            return bool((await connection.execute(select(exists().where(resource.c.id == resource_id)))).scalar())

    # a service that is asked for them

    async def captioning(self, resource_id: str) -> Captioning | None:
        query = select(captioning).where(captioning.c.resource == resource_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        return Captioning(**row) if row else None

    async def ask(self, resource_id: str, now: int) -> Captioning:
        """From now on a service is to be asked for this recording, again where it was before. Raises ClientFault
        `not_found` (404)."""
        asked = Captioning(resource_id, "waiting", 0, now)
        row = values(asked)
        again = update(captioning).where(captioning.c.resource == resource_id)
        try:
            async with self._database.writing() as connection:
                if (await connection.execute(again.values(row))).rowcount == 0:
                    await connection.execute(insert(captioning).values(row))
        except IntegrityError:
            raise ClientFault("not_found", "There is no such recording.", Status.NOT_FOUND) from None
        return asked

    async def unasked(self, since: int) -> Sequence[str]:
        """Recordings made since then that are ready, have no captions, and that nobody was asked for."""
        query = select(resource.c.id).where(
            resource.c.kind == "recording",
            resource.c.status == "ready",
            resource.c.created_at >= since,
            ~exists().where(captioning.c.resource == resource.c.id),
            ~exists().where(captions.c.resource == resource.c.id),
        )
        async with self._database.reading() as connection:
            return list((await connection.execute(query.order_by(resource.c.created_at).limit(20))).scalars())

    async def claim(self, now: int, until: int) -> Captioning | None:
        """One that is due, which no other node gets before `until`."""
        due = and_(captioning.c.status == "waiting", captioning.c.due_at <= now)
        async with self._database.writing() as connection:
            query = select(captioning).where(due).order_by(captioning.c.due_at).limit(1)
            row = (await connection.execute(query)).mappings().first()
            if row is None:
                return None
            mine = update(captioning).where(captioning.c.resource == row["resource"], due)
            if (await connection.execute(mine.values(due_at=until, tries=row["tries"] + 1))).rowcount != 1:
                return None
        return Captioning(**{**row, "due_at": until, "tries": row["tries"] + 1})

    async def settle(self, row: Captioning, before: Sequence[str] = ("waiting", "asked")) -> bool:
        """Puts it where it stands now, if it stood in one of these before."""
        stood = (captioning.c.resource == row.resource, captioning.c.status.in_(before))
        async with self._database.writing() as connection:
            return (await connection.execute(update(captioning).where(*stood).values(values(row)))).rowcount == 1

    async def overdue(self, now: int) -> None:
        """What was asked for and not answered in time has failed."""
        late = and_(captioning.c.status == "asked", captioning.c.due_at <= now)
        async with self._database.writing() as connection:
            await connection.execute(update(captioning).where(late).values(status="failed", fault="no_answer"))


def captions_changed() -> ClientFault:
    return ClientFault(
        "captions_changed", "These captions have been changed since: read them anew.", Status.PRECONDITION
    )
