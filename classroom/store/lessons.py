"""Lessons, who takes part in them, and the seats that tie participants to sessions."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.errors import ClientFault, Status
from classroom.events import Phase, Role
from classroom.ids import new_code, new_id
from classroom.store.database import Database
from classroom.store.records import Device, Lesson, Participant, Room, Sat, SeatRow
from classroom.store.rows import values
from classroom.store.tables import PLANNED, account, device, event, lesson, lesson_room, participant, seat

CODE_TRIES = 20


class Lessons:
    """Rows of lessons. `phase`, `started_at` and `ended_at` are written with the events that say so, by `.journal`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        title: str,
        now: int,
        *,
        owner: str | None = None,
        school: str | None = None,
        recording: bool = False,
        lobby: bool = False,
        scheduled_at: int | None = None,
        rooms: Sequence[str] = (),
    ) -> Lesson:
        """A prepared lesson with a join code that no lesson has which has not ended. Raises ClientFault `not_found`
        (404) where owner, school or a room are not there."""
        for _ in range(CODE_TRIES):
            row = Lesson(
                id=new_id(),
                title=title,
                school=school,
                owner=owner,
                code=new_code(),
                phase=Phase.PREPARED.value,
                recording=recording,
                lobby=lobby,
                created_at=now,
                scheduled_at=scheduled_at,
                started_at=None,
                ended_at=None,
            )
            try:
                async with self._database.writing() as connection:
                    await connection.execute(insert(lesson).values(values(row)))
                    if rooms:
                        await connection.execute(insert(lesson_room), _rooms(row.id, rooms))
            except IntegrityError:
                if await self.by_code(row.code) is None:
                    raise ClientFault("not_found", "There is no such school or room.", Status.NOT_FOUND) from None
                continue
            return row
        raise ClientFault("no_code_free", "No join code is free.", Status.UNAVAILABLE)

    async def get(self, lesson_id: str) -> Lesson | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(lesson).where(lesson.c.id == lesson_id))).mappings().first()
        return Lesson(**row) if row else None

    async def by_code(self, code: str) -> Lesson | None:
        """The lesson, not ended, that this join code leads to."""
        query = select(lesson).where(lesson.c.code == code, lesson.c.phase != Phase.ENDED.value)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        return Lesson(**row) if row else None

    async def list(self, owner: str | None = None, limit: int = 200) -> Sequence[Lesson]:
        """Of one owner, or all; the newest first."""
        query = select(lesson).order_by(lesson.c.created_at.desc(), lesson.c.id).limit(limit)
        if owner is not None:
            query = query.where(lesson.c.owner == owner)
        async with self._database.reading() as connection:
            return [Lesson(**row) for row in (await connection.execute(query)).mappings()]

    async def planned(self, owner: str, limit: int) -> Sequence[Lesson]:
        """Those of an owner that have a plan, the newest first."""
        with_one = select(event.c.lesson).where(PLANNED)
        query = select(lesson).where(lesson.c.owner == owner, lesson.c.id.in_(with_one))
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(lesson.c.created_at.desc(), lesson.c.id).limit(limit))
            return [Lesson(**row) for row in rows.mappings()]

    async def series(self, last: Lesson, rooms: Collection[str], limit: int) -> Sequence[Lesson]:
        """That lesson and the latest before it of the same teacher with children of one of these rooms (of none, where
        there are none), in the order of time."""
        where = participant.c.room.in_(rooms) if rooms else participant.c.room.is_(None)
        with_them = select(participant.c.lesson).where(participant.c.role == Role.STUDENT, where)
        earlier = lesson.c.created_at < last.created_at, lesson.c.phase == Phase.ENDED.value
        query = select(lesson).where(lesson.c.owner == last.owner, *earlier, lesson.c.id.in_(with_them))
        query = query.order_by(lesson.c.created_at.desc(), lesson.c.id).limit(limit - 1)
        async with self._database.reading() as connection:
            found = [Lesson(**row) for row in (await connection.execute(query)).mappings()]
        return [*reversed(found), last]

    async def not_ended(self) -> Sequence[Lesson]:
        """Lessons that are open or live: those to go on with after a restart."""
        query = select(lesson).where(lesson.c.phase.in_((Phase.OPEN.value, Phase.LIVE.value)))
        async with self._database.reading() as connection:
            return [Lesson(**row) for row in (await connection.execute(query)).mappings()]

    async def set_rooms(self, lesson_id: str, rooms: Sequence[str]) -> None:
        """In place of those named before. Raises ClientFault `not_found` (404) where one is not there."""
        try:
            async with self._database.writing() as connection:
                await connection.execute(delete(lesson_room).where(lesson_room.c.lesson == lesson_id))
                if rooms:
                    await connection.execute(insert(lesson_room), _rooms(lesson_id, rooms))
        except IntegrityError:
            raise ClientFault("not_found", "There is no such room.", Status.NOT_FOUND) from None

    async def rooms(self, lesson_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The rooms that each lesson names; lessons that name none are left out."""
        query = select(lesson_room).where(lesson_room.c.lesson.in_(lesson_ids)).order_by(lesson_room.c.room)
        found: dict[str, tuple[str, ...]] = {}
        async with self._database.reading() as connection:
            for row in await connection.execute(query):
                found[row.lesson] = (*found.get(row.lesson, ()), row.room)
        return found

    async def of_room(self, room: Room) -> Sequence[tuple[Lesson, bool]]:
        """The lessons, not ended, that the room takes part in, and whether they name it."""
        naming = select(lesson_room.c.lesson).where(lesson_room.c.room == room.id)
        named_any = select(lesson_room.c.lesson).where(lesson_room.c.lesson == lesson.c.id).exists()
        query = select(lesson, lesson.c.id.in_(naming).label("named")).where(
            lesson.c.phase != Phase.ENDED.value,
            or_(lesson.c.id.in_(naming), (lesson.c.school == room.school) & ~named_any),
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query.order_by(lesson.c.created_at, lesson.c.id))).mappings().all()
        return [(Lesson(**{column.name: row[column.name] for column in lesson.c}), bool(row["named"])) for row in rows]


async def barred(connection: AsyncConnection, asked: Collection[tuple[str, str | None]]) -> set[tuple[str, str | None]]:
    """As `Participants.barred`, within a transaction."""
    query = select(
        participant.c.id, participant.c.name, account.c.disabled, participant.c.device, device.c.id.label("paired")
    ).select_from(
        participant.outerjoin(account, participant.c.account == account.c.id).outerjoin(
            device, participant.c.device == device.c.id
        )
    )
    known = query.where(participant.c.id.in_({one for one, _ in asked}))
    rows = {row.id: row for row in await connection.execute(known)}
    out = {one for one, row in rows.items() if row.disabled or (row.device is not None and row.paired is None)}
    return {(one, name) for one, name in asked if one in out or (name and one in rows and not rows[one].name)}


def _rooms(lesson_id: str, rooms: Sequence[str]) -> list[dict[str, str]]:
    return [{"lesson": lesson_id, "room": one} for one in dict.fromkeys(rooms)]


class Participants:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, lesson_id: str, role: Role, name: str, now: int, *, room: str | None = None, account: str | None = None
    ) -> Participant:
        """Raises ClientFault `not_found` (404) where the lesson, room or account is not there."""
        row = Participant(new_id(), lesson_id, role.value, room, account, name, now)
        try:
            async with self._database.writing() as connection:
                await connection.execute(insert(participant).values(values(row)))
        except IntegrityError:
            raise ClientFault("not_found", "There is no such lesson or room.", Status.NOT_FOUND) from None
        return row

    async def get(self, participant_id: str) -> Participant | None:
        query = select(participant).where(participant.c.id == participant_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        return Participant(**row) if row else None

    async def list(self, lesson_id: str) -> Sequence[Participant]:
        query = select(participant).where(participant.c.lesson == lesson_id)
        query = query.order_by(participant.c.created_at, participant.c.id)
        async with self._database.reading() as connection:
            return [Participant(**row) for row in (await connection.execute(query)).mappings()]

    async def taught(self, lesson_id: str, account_id: str) -> frozenset[str]:
        """The rooms for which the account has been a teacher in the lesson."""
        theirs = participant.c.lesson == lesson_id, participant.c.account == account_id
        query = select(participant.c.room).where(*theirs, participant.c.role == Role.LOCAL_TEACHER)
        async with self._database.reading() as connection:
            return frozenset(room for room in (await connection.execute(query)).scalars() if room)

    async def of_account(self, account_id: str) -> frozenset[str]:
        """The ids of all participants that the account ever was."""
        query = select(participant.c.id).where(participant.c.account == account_id)
        async with self._database.reading() as connection:
            return frozenset((await connection.execute(query)).scalars())

    async def of_device(self, device_id: str) -> frozenset[str]:
        """The ids of all participants that the device ever was."""
        query = select(participant.c.id).where(participant.c.device == device_id)
        async with self._database.reading() as connection:
            return frozenset((await connection.execute(query)).scalars())

    async def for_device(self, lesson_id: str, paired: Device, name: str, now: int) -> Participant:
        """The one participant that the device is in the lesson, made if it is not there yet."""
        query = select(participant).where(participant.c.lesson == lesson_id, participant.c.device == paired.id)
        row = Participant(new_id(), lesson_id, Role.DISPLAY.value, paired.room, None, name, now, paired.id)
        for _ in range(2):
            async with self._database.reading() as connection:
                found = (await connection.execute(query)).mappings().first()
            if found is not None:
                return Participant(**found)
            # Its other window may make it at the same moment: then that one is it.
            with contextlib.suppress(IntegrityError):
                async with self._database.writing() as connection:
                    await connection.execute(insert(participant).values(values(row)))
        raise ClientFault("not_found", "There is no such lesson.", Status.NOT_FOUND)

    async def barred(self, asked: Collection[tuple[str, str | None]]) -> set[tuple[str, str | None]]:
        """Of participants, by id and name, those whose account is disabled, device unpaired, or person of that name
        erased since."""
        async with self._database.reading() as connection:
            return await barred(connection, asked)

    async def counts(self, lesson_ids: Sequence[str]) -> dict[str, int]:
        """How many participants each lesson has had; lessons without any are left out."""
        query = select(participant.c.lesson, func.count()).where(participant.c.lesson.in_(lesson_ids))
        async with self._database.reading() as connection:
            return {row[0]: row[1] for row in await connection.execute(query.group_by(participant.c.lesson))}

    async def rename(self, participant_id: str, name: str) -> None:
        async with self._database.writing() as connection:
            await connection.execute(update(participant).where(participant.c.id == participant_id).values(name=name))


class Seats:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, participant_id: str, session: str, now: int) -> SeatRow:
        """`session` is the session's `id_hash`. Raises ClientFault `not_found` (404)."""
        row = SeatRow(new_id(), participant_id, session, now)
        try:
            async with self._database.writing() as connection:
                await connection.execute(insert(seat).values(values(row)))
        except IntegrityError:
            raise ClientFault("not_found", "There is no such participant.", Status.NOT_FOUND) from None
        return row

    async def get(self, seat_id: str, session: str) -> SeatRow | None:
        """The seat, if it belongs to that session."""
        query = select(seat).where(seat.c.id == seat_id, seat.c.session == session)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        return SeatRow(**row) if row else None

    async def in_lesson(self, session: str, lesson_id: str) -> frozenset[str]:
        """The participants that sit in that session."""
        query = (
            select(participant.c.id)
            .join(seat, seat.c.participant == participant.c.id)
            .where(seat.c.session == session, participant.c.lesson == lesson_id)
        )
        async with self._database.reading() as connection:
            return frozenset((await connection.execute(query)).scalars())

    async def over(self, session: str, most: int) -> Sequence[Sat]:
        """Where students sat in that session, of lessons that are over; the latest first."""
        query = (
            select(
                seat.c.id.label("seat"),
                seat.c.participant,
                participant.c.name,
                participant.c.lesson,
                lesson.c.title,
                lesson.c.ended_at,
            )
            .join(participant, participant.c.id == seat.c.participant)
            .join(lesson, lesson.c.id == participant.c.lesson)
            .where(seat.c.session == session, participant.c.role == Role.STUDENT, lesson.c.phase == Phase.ENDED)
            .order_by(lesson.c.ended_at.desc(), seat.c.created_at, seat.c.id)
            .limit(most)
        )
        async with self._database.reading() as connection:
            return [Sat(**row) for row in (await connection.execute(query)).mappings()]

    async def of(self, participant_id: str, session: str, now: int) -> SeatRow:
        """The participant's seat in that session, made if it is not there yet. Raises ClientFault `not_found`."""
        query = select(seat).where(seat.c.participant == participant_id, seat.c.session == session).limit(1)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        return SeatRow(**row) if row else await self.add(participant_id, session, now)

    async def move(self, old_session: str, new_session: str) -> None:
        """Signing in makes a new session; the seats go along."""
        async with self._database.writing() as connection:
            await connection.execute(update(seat).where(seat.c.session == old_session).values(session=new_session))
