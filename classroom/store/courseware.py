"""What teachers keep on their shelves to show in lessons. Rows only; the files are the server's business."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, exists, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.events import Phase
from classroom.ids import new_id
from classroom.store.database import Database
from classroom.store.records import Courseware, CoursewareKind, CoursewareStatus
from classroom.store.rows import values
from classroom.store.tables import courseware, lesson, participant, resource, shown


class Shelves:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, owner: str, name: str, size: int, now: int, most: int, most_bytes: int) -> Courseware | None:
        """Something that is about to be uploaded; None where the shelf would hold more than `most` or `most_bytes`."""
        row = Courseware(new_id(), owner, name, size, now, "uploading")
        held = select(func.count(), func.coalesce(func.sum(courseware.c.bytes), 0)).where(_on_shelf(owner))
        async with self._database.writing() as connection:
            count, total = (await connection.execute(held)).one()
            if count >= most or total + size > most_bytes:
                return None
            await connection.execute(insert(courseware).values({**values(row), "boxes": []}))
        return row

    async def get(self, courseware_id: str) -> Courseware | None:
        return await self._one(select(courseware).where(courseware.c.id == courseware_id))

    async def made(self, wanted: Iterable[str]) -> dict[str, Courseware]:
        """Which of these there are, on a shelf or not, with what was made of them."""
        query = select(courseware).where(courseware.c.id.in_(list(wanted)), courseware.c.status == "ready")
        return {row.id: row for row in await self._all(query)}

    async def ready_for(self, participant_id: str, wanted: Iterable[str]) -> dict[str, Courseware]:
        """Which of these this participant's account has on its shelf, ready to be shown."""
        query = (
            select(courseware)
            .join(participant, participant.c.account == courseware.c.owner)
            .where(participant.c.id == participant_id, courseware.c.id.in_(list(wanted)))
            .where(courseware.c.status == "ready", courseware.c.removed_at.is_(None))
        )
        return {row.id: row for row in await self._all(query)}

    async def mine(self, owner: str, wanted: Iterable[str]) -> dict[str, Courseware]:
        """Which of these this account has on its shelf, ready to be shown."""
        query = select(courseware).where(_on_shelf(owner), courseware.c.id.in_(list(wanted)))
        return {row.id: row for row in await self._all(query.where(courseware.c.status == "ready"))}

    async def copy(
        self, source: str, wanted: Iterable[str], owner: str, now: int, most: int, most_bytes: int
    ) -> dict[str, str] | None:
        """Puts these of one shelf, or that were on it, onto another, where what has the same content is taken for it:
        id → id there. What the first has not, is left out; None where the other would hold more than `most` or
        `most_bytes`."""
        theirs = select(courseware).where(courseware.c.owner == source, courseware.c.id.in_(list(wanted)))
        theirs = theirs.where(courseware.c.status == "ready").with_for_update()  # who removes it waits
        held = select(func.count(), func.coalesce(func.sum(courseware.c.bytes), 0)).where(_on_shelf(owner))
        there = select(courseware.c.digest, courseware.c.id).where(_on_shelf(owner), courseware.c.status == "ready")
        async with self._database.writing() as connection:
            rows = [Courseware(**row) for row in (await connection.execute(theirs)).mappings()]
            has = {row.digest: row.id for row in await connection.execute(there)}
            fresh = [
                replace(row, id=new_id(), owner=owner, created_at=now, removed_at=None)
                for row in rows
                if row.digest not in has
            ]
            count, total = (await connection.execute(held)).one()
            if count + len(fresh) > most or total + sum(row.bytes for row in fresh) > most_bytes:
                return None
            if fresh:
                made = [{**values(row), "boxes": list(row.boxes)} for row in fresh]
                await connection.execute(insert(courseware), made)
        has |= {row.digest: row.id for row in fresh}
        return {row.id: has[row.digest] for row in rows}

    async def list(self, owner: str) -> Sequence[Courseware]:
        """The newest first."""
        query = select(courseware).where(_on_shelf(owner))
        return await self._all(query.order_by(courseware.c.created_at.desc(), courseware.c.id))

    async def all_of(self, owner: str) -> Sequence[Courseware]:
        """Also what is off the shelf."""
        return await self._all(select(courseware).where(courseware.c.owner == owner))

    async def kept(self, owner: str, since: int) -> frozenset[str]:
        """What of a shelf lessons have shown that are kept, as `take_off` says."""
        query = select(courseware.c.id).where(_on_shelf(owner), _kept(since))
        async with self._database.reading() as connection:
            return frozenset((await connection.execute(query)).scalars())

    async def unkept(self, since: int) -> Sequence[Courseware]:
        """What is off its shelf, and no lesson keeps any more."""
        return await self._all(select(courseware).where(courseware.c.removed_at.is_not(None), ~_kept(since)))

    async def uploading(self, until: int) -> Sequence[Courseware]:
        """What was begun before `until` and is not all there."""
        return await self._all(
            select(courseware).where(courseware.c.status == "uploading", courseware.c.created_at < until)
        )

    async def waiting(self) -> Sequence[Courseware]:
        """What is to be converted, the oldest first."""
        return await self._all(
            select(courseware).where(courseware.c.status == "waiting").order_by(courseware.c.created_at)
        )

    async def uses(self, digest: str) -> int:
        """How many have this content."""
        query = select(func.count()).select_from(courseware).where(courseware.c.digest == digest)
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar_one()

    async def rename(self, courseware_id: str, name: str) -> None:
        async with self._database.writing() as connection:
            await connection.execute(update(courseware).where(courseware.c.id == courseware_id).values(name=name))

    async def uploaded(self, courseware_id: str) -> bool:
        """False where it was not `uploading` any more, or removed."""
        return await self._step(courseware_id, "uploading", status="waiting")

    async def failed(self, courseware_id: str, fault: str) -> None:
        await self._step(courseware_id, "waiting", status="failed", fault=fault)

    async def ready(
        self,
        courseware_id: str,
        digest: str,
        kind: CoursewareKind,
        slides: int,
        boxes: Sequence[int],
        duration_ms: int | None,
        mime: str,
    ) -> bool:
        """False where it was removed meanwhile, or another node was faster."""
        return await self._step(
            courseware_id,
            "waiting",
            status="ready",
            digest=digest,
            kind=kind,
            slides=slides,
            boxes=list(boxes),
            duration_ms=duration_ms,
            mime=mime,
        )

    async def take_off(self, courseware_id: str, now: int, since: int) -> str | None:
        """Off its shelf, and for good where no lesson that showed it is kept: those are that go on, that ended after
        `since` (their recording may still be on its way), or of which the library has something. Answers like `remove`.
        """
        mine = courseware.c.id == courseware_id
        async with self._database.writing() as connection:
            await connection.execute(select(courseware.c.id).where(mine).with_for_update())
            kept = update(courseware).where(mine, _kept(since)).values(removed_at=now)
            if (await connection.execute(kept)).rowcount:
                return None
            return await _gone(connection, courseware_id)

    async def remove(self, courseware_id: str) -> str | None:
        """For good. Answers the digest of the content that is thereby had by one less."""
        async with self._database.writing() as connection:
            return await _gone(connection, courseware_id)

    async def _step(self, courseware_id: str, before: CoursewareStatus, **changes: object) -> bool:
        """From one status to the next, once: whoever comes second changes nothing."""
        where = (courseware.c.id == courseware_id, courseware.c.status == before)
        async with self._database.writing() as connection:
            done = await connection.execute(update(courseware).where(*where).values(changes))
        return done.rowcount == 1

    async def _one(self, query: Select[Any]) -> Courseware | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        return Courseware(**row) if row else None

    async def _all(self, query: Select[Any]) -> Sequence[Courseware]:
        async with self._database.reading() as connection:
            return [Courseware(**row) for row in (await connection.execute(query)).mappings()]


def show(connection: Connection, lesson_id: str, wanted: Iterable[str]) -> None:
    """From now on the lesson keeps these, but for what was removed at this very moment."""
    there = select(courseware.c.id, literal(lesson_id)).where(courseware.c.id.in_(list(wanted)))
    known = exists().where(shown.c.courseware == courseware.c.id, shown.c.lesson == lesson_id)
    # Who removes it waits, and then finds that it was shown.
    new = there.where(~known).with_for_update(of=courseware)
    connection.execute(insert(shown).from_select(["courseware", "lesson"], new))


async def _gone(connection: AsyncConnection, courseware_id: str) -> str | None:
    gone = delete(courseware).where(courseware.c.id == courseware_id).returning(courseware.c.digest)
    return (await connection.execute(gone)).scalar()


def _on_shelf(owner: str) -> ColumnElement[bool]:
    return (courseware.c.owner == owner) & courseware.c.removed_at.is_(None)


def _kept(since: int) -> ColumnElement[bool]:
    recorded = exists().where(resource.c.lesson == lesson.c.id)
    goes_on = or_(lesson.c.phase != Phase.ENDED, lesson.c.ended_at > since)
    opened = exists().where(
        shown.c.courseware == courseware.c.id, lesson.c.id == shown.c.lesson, or_(goes_on, recorded)
    )
    catalogued = exists().where(resource.c.kind == "courseware", resource.c.target == courseware.c.id)
    return or_(opened, catalogued)
