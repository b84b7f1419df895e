"""Lessons, who takes part in them, and the seats that tie participants to sessions."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from classroom.errors import ClientFault, Status
from classroom.events import Phase, Role
from classroom.ids import new_code, new_id
from classroom.store.database import Database
from classroom.store.records import Lesson, Participant, SeatRow
from classroom.store.rows import values
from classroom.store.tables import account, lesson, participant, seat

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
    ) -> Lesson:
        """A prepared lesson with a join code that no lesson has which has not ended. Raises ClientFault `not_found`
        (404) where owner or school are not there."""
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
            except IntegrityError:
                if await self.by_code(row.code) is None:
                    raise ClientFault("not_found", "There is no such school.", Status.NOT_FOUND) from None
                continue
            return row
        raise ClientFault("too_many", "No join code is free.", Status.UNAVAILABLE)

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

    async def not_ended(self) -> Sequence[Lesson]:
        """Lessons that are open or live: those to go on with after a restart."""
        query = select(lesson).where(lesson.c.phase.in_((Phase.OPEN.value, Phase.LIVE.value)))
        async with self._database.reading() as connection:
            return [Lesson(**row) for row in (await connection.execute(query)).mappings()]


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

    async def of_account(self, account_id: str) -> frozenset[str]:
        """The ids of all participants that the account ever was."""
        query = select(participant.c.id).where(participant.c.account == account_id)
        async with self._database.reading() as connection:
            return frozenset((await connection.execute(query)).scalars())

    async def barred(self, participant_id: str, name: str | None) -> bool:
        """Whether the participant's account is disabled, or the person of that `name` was erased since."""
        query = select(participant.c.name, account.c.disabled).select_from(participant.outerjoin(account))
        async with self._database.reading() as connection:
            row = (await connection.execute(query.where(participant.c.id == participant_id))).first()
        return row is not None and (bool(row.disabled) or (bool(name) and not row.name))

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

    async def move(self, old_session: str, new_session: str) -> None:
        """Signing in makes a new session; the seats go along."""
        async with self._database.writing() as connection:
            await connection.execute(update(seat).where(seat.c.session == old_session).values(session=new_session))
