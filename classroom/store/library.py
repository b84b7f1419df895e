"""The resource library, and the installation's own settings."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from classroom.errors import ClientFault, Status
from classroom.events import Json
from classroom.ids import new_id
from classroom.store.access import seen_by
from classroom.store.catalogue import Search, wanted
from classroom.store.database import Database
from classroom.store.records import Account, Resource, ResourceStatus
from classroom.store.reviews import WITHDRAWN, points_put
from classroom.store.rows import values
from classroom.store.tables import account, participant, resource, setting, stopped
from classroom.store.tables import lesson as lesson_table

EVERYTHING = Search()


class Resources:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        title: str,
        path: str,
        now: int,
        *,
        lesson: str | None = None,
        kind: str = "recording",
        status: ResourceStatus = "recording",
        duration_ms: int | None = None,
        tracks: Sequence[Json] = (),
    ) -> Resource:
        """What a lesson left: its owner's and its school's, a draft."""
        row = Resource(new_id(), lesson, title, kind, status, now, duration_ms, path, list(tracks))
        whose = select(lesson_table.c.owner, lesson_table.c.school).where(lesson_table.c.id == lesson)
        async with self._database.writing() as connection:
            of = (await connection.execute(whose)).first() if lesson else None
            owner, school = of or (None, None)
            row = replace(row, owner=owner, school=school, state_at=now, changed_at=now)
            await connection.execute(insert(resource).values(values(row)))
        return row

    async def put(self, row: Resource) -> None:
        """A new one, whole. Raises ClientFault `not_found` (404) where its owner or school is not there."""
        try:
            async with self._database.writing() as connection:
                await connection.execute(insert(resource).values(values(row)))
                await points_put(connection, row.id, row.points)
        except IntegrityError:
            raise ClientFault("not_found", "There is no such account or school.", Status.NOT_FOUND) from None

    async def get(self, resource_id: str, viewer: Account | None = None) -> Resource | None:
        """If this account may see it, where one is given."""
        query = select(resource).where(resource.c.id == resource_id, *seen_by(viewer))
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        return Resource(**row) if row else None

    async def imported(self) -> Sequence[Resource]:
        """What came in with events of a lesson elsewhere, or of one here that it is not bound to."""
        query = select(resource).where(
            resource.c.lesson.is_(None), resource.c.path != "", resource.c.kind.in_(("recording", "upload"))
        )
        async with self._database.reading() as connection:
            return [Resource(**row) for row in (await connection.execute(query)).mappings()]

    async def uploaded_bytes(self, owner: str) -> int:
        """What this account's imports come to."""
        query = select(func.coalesce(func.sum(resource.c.bytes), 0))
        query = query.where(resource.c.owner == owner, resource.c.lesson.is_(None), resource.c.path != "")
        async with self._database.reading() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def of_participant(self, participant_id: str, resource_id: str) -> Resource | None:
        """A recording that this participant's account may show to a lesson: it may see it, all of it is there, and it
        was not withdrawn."""
        shown = await self.shown_by(participant_id, resource_id)
        return shown[0] if shown is not None else None

    async def shown_by(self, participant_id: str, resource_id: str) -> tuple[Resource, str] | None:
        """The same, with that account."""
        query = select(account).join(participant, participant.c.account == account.c.id)
        query = query.where(participant.c.id == participant_id, account.c.disabled.is_(False))
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        found = await self.get(resource_id, Account(**row)) if row else None
        if row is None or found is None or (found.kind, found.status) != ("recording", "ready"):
            return None
        if found.state == WITHDRAWN:
            return None
        return found, row["id"]

    async def of_lesson(self, lesson_id: str) -> Sequence[Resource]:
        query = select(resource).where(resource.c.lesson == lesson_id).order_by(resource.c.created_at)
        async with self._database.reading() as connection:
            return [Resource(**row) for row in (await connection.execute(query)).mappings()]

    async def of_path(self, path: str) -> Sequence[Resource]:
        """Those that have these files: several, once a recording was split."""
        async with self._database.reading() as connection:
            rows = (await connection.execute(select(resource).where(resource.c.path == path))).mappings()
            return [Resource(**row) for row in rows]

    async def list(
        self, viewer: Account | None = None, search: Search = EVERYTHING, since: int = 0, limit: int = 500
    ) -> Sequence[Resource]:
        """The newest first, from there on, of those that this account may see and that are wanted."""
        query = select(resource).where(*seen_by(viewer), *wanted(search))
        query = query.order_by(resource.c.created_at.desc(), resource.c.id).offset(since).limit(limit)
        async with self._database.reading() as connection:
            return [Resource(**row) for row in (await connection.execute(query)).mappings()]

    async def versions(self, search: Search, since: int, limit: int) -> Sequence[tuple[str, int]]:
        """As `list`, of all accounts: which these are, and at what version each is."""
        query = select(resource.c.id, resource.c.version).where(*wanted(search))
        query = query.order_by(resource.c.created_at.desc(), resource.c.id).offset(since).limit(limit)
        async with self._database.reading() as connection:
            return [(row.id, row.version) for row in await connection.execute(query)]

    async def update(
        self,
        resource_id: str,
        *,
        status: ResourceStatus,
        duration_ms: int | None,
        tracks: Sequence[Json],
        version: int | None = None,
    ) -> None:
        """`version`: nothing, where it has another one by now."""
        change = {"status": status, "duration_ms": duration_ms, "tracks": list(tracks)}
        mine = [resource.c.id == resource_id, *([resource.c.version == version] if version is not None else [])]
        async with self._database.writing() as connection:
            await connection.execute(update(resource).where(*mine).values(change))

    async def stopped(self, resource_id: str, account_id: str) -> int | None:
        """Where this account stopped watching, in ms of the lesson's clock."""
        query = select(stopped.c.at).where(stopped.c.resource == resource_id, stopped.c.account == account_id)
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar()

    async def stop(self, resource_id: str, account_id: str, at: int) -> None:
        """Raises ClientFault `not_found` (404) where the recording is gone."""
        mine = (stopped.c.resource == resource_id, stopped.c.account == account_id)
        try:
            async with self._database.writing() as connection:
                if (await connection.execute(update(stopped).where(*mine).values(at=at))).rowcount == 0:
                    await connection.execute(insert(stopped).values(resource=resource_id, account=account_id, at=at))
        except IntegrityError:
            if await self.get(resource_id) is not None:
                return  # another device of the same account was as fast
            raise ClientFault("not_found", "There is no such recording.", Status.NOT_FOUND) from None

    async def remove(self, resource_id: str) -> None:
        """The row only; the files are the recordings' business."""
        async with self._database.writing() as connection:
            await connection.execute(delete(resource).where(resource.c.id == resource_id))


class Settings:
    """Few and small: key → text."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, key: str) -> str | None:
        async with self._database.reading() as connection:
            return (await connection.execute(select(setting.c.value).where(setting.c.key == key))).scalar()

    async def put(self, key: str, value: str) -> None:
        async with self._database.writing() as connection:
            changed = await connection.execute(update(setting).where(setting.c.key == key).values(value=value))
            if changed.rowcount == 0:
                await connection.execute(insert(setting).values(key=key, value=value))

    async def secret(self, purpose: str) -> bytes:
        """32 random bytes of this installation, made when first asked for; another for each purpose."""
        key = f"secret:{purpose}"
        known = await self.get(key)
        if known is None:
            made = base64.b64encode(secrets.token_bytes(32)).decode()
            try:
                async with self._database.writing() as connection:
                    await connection.execute(insert(setting).values(key=key, value=made))
                known = made
            except IntegrityError:  # another server of this installation was faster
                known = await self.get(key)
        return base64.b64decode(known or "")
