"""Accounts, their sessions, and secrets in addresses."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from classroom.errors import ClientFault, Status
from classroom.events import Json
from classroom.ids import digest, new_id, new_secret
from classroom.store.database import Database
from classroom.store.journal import words_erased
from classroom.store.photos import photos_removed
from classroom.store.questions import questions_removed
from classroom.store.records import Account, AccountRole, Erased, Link, Purpose, Session
from classroom.store.remarks import remarks_removed
from classroom.store.reviews import orphaned
from classroom.store.rows import values
from classroom.store.tables import account, link, participant, session
from classroom.store.works import works_removed


def _login(login: str) -> str:
    return login.strip().casefold()


class Accounts:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, login: str, name: str, role: AccountRole, password_hash: str, now: int, school: str | None = None
    ) -> Account:
        """Raises ClientFault `login_taken` (409). Logins are compared without case."""
        row = Account(new_id(), _login(login), name, role, password_hash, False, now, school)
        try:
            async with self._database.writing() as connection:
                await connection.execute(insert(account).values(values(row)))
        except IntegrityError:
            raise ClientFault("login_taken", "There is an account of that name.", Status.CONFLICT) from None
        return row

    async def get(self, account_id: str) -> Account | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(account).where(account.c.id == account_id))).mappings().first()
        return Account(**row) if row else None

    async def called(self, words: str, most: int) -> Sequence[Account]:
        """Those that may sign in, and whose name has these words."""
        query = select(account).where(account.c.disabled.is_(False))
        for word in words.split():
            query = query.where(account.c.name.icontains(word, autoescape=True))
        async with self._database.reading() as connection:
            rows = (await connection.execute(query.order_by(account.c.name, account.c.id).limit(most))).mappings()
            return [Account(**row) for row in rows]

    async def by_login(self, login: str) -> Account | None:
        """Disabled ones too: who may sign in is the caller's to say."""
        async with self._database.reading() as connection:
            found = await connection.execute(select(account).where(account.c.login == _login(login)))
            row = found.mappings().first()
        return Account(**row) if row else None

    async def list(self) -> Sequence[Account]:
        async with self._database.reading() as connection:
            rows = (await connection.execute(select(account).order_by(account.c.login))).mappings().all()
        return [Account(**row) for row in rows]

    async def names(self, account_ids: Collection[str]) -> dict[str, str]:
        """Of those that are there."""
        query = select(account.c.id, account.c.name).where(account.c.id.in_(account_ids))
        async with self._database.reading() as connection:
            return {row.id: row.name for row in await connection.execute(query)}

    async def reviewer_besides(self, account_id: str) -> bool:
        """Whether somebody else can review what this account owns."""
        others = (account.c.role.in_(("staff", "admin")), account.c.disabled.is_(False), account.c.id != account_id)
        async with self._database.reading() as connection:
            return (await connection.execute(select(account.c.id).where(*others).limit(1))).first() is not None

    async def count(self) -> int:
        async with self._database.reading() as connection:
            return (await connection.execute(select(func.count()).select_from(account))).scalar_one()

    async def set_password(self, account_id: str, password_hash: str) -> None:
        """Ends all sessions of the account."""
        async with self._database.writing() as connection:
            await connection.execute(
                update(account).where(account.c.id == account_id).values(password_hash=password_hash)
            )
            await connection.execute(delete(session).where(session.c.account == account_id))

    async def set_school(self, account_id: str, school: str | None) -> None:
        async with self._database.writing() as connection:
            await connection.execute(update(account).where(account.c.id == account_id).values(school=school))

    async def set_disabled(self, account_id: str, disabled: bool) -> None:
        """Disabling ends all sessions of the account."""
        async with self._database.writing() as connection:
            await connection.execute(update(account).where(account.c.id == account_id).values(disabled=disabled))
            if disabled:
                await connection.execute(delete(session).where(session.c.account == account_id))

    async def erase(self, account_id: str) -> Erased:
        """Removes the account with its sessions, questions, remarks, photos and works, and replaces its words in
        all lessons. A running journal must then `forget` the lessons named in the answer."""
        async with self._database.writing() as connection:
            mine = select(participant.c.id, participant.c.lesson).where(participant.c.account == account_id)
            seats = (await connection.execute(mine)).all()
            ids = [seat.id for seat in seats]
            words = await words_erased(connection, ids)
            await connection.execute(update(participant).where(participant.c.id.in_(ids)).values(name=""))
            photos = await photos_removed(connection, ids)
            works = await works_removed(connection, ids)
            questions = await questions_removed(connection, account_id)
            remarks = await remarks_removed(connection, account_id)
            await orphaned(connection, account_id)
            sessions = await connection.execute(delete(session).where(session.c.account == account_id))
            await connection.execute(delete(account).where(account.c.id == account_id))
        return Erased(
            sessions.rowcount,
            len(ids),
            words,
            frozenset(seat.lesson for seat in seats),
            photos,
            works,
            questions,
            remarks,
        )


class Sessions:
    """Server-side sessions. The cookie's value is a secret; the store keeps its digest."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, account_id: str | None, now: int, ttl_ms: int) -> tuple[str, Session]:
        """A new session: the cookie's value, which is told only here, and its row."""
        cookie = new_secret()
        row = Session(digest(cookie), account_id, new_secret(), now, now + ttl_ms)
        async with self._database.writing() as connection:
            await connection.execute(delete(session).where(session.c.expires_at <= now))
            await connection.execute(insert(session).values(values(row)))
        return cookie, row

    async def get(self, cookie: str, now: int) -> Session | None:
        """None where it is unknown or over."""
        async with self._database.reading() as connection:
            found = await connection.execute(
                select(session).where(session.c.id_hash == digest(cookie), session.c.expires_at > now)
            )
            row = found.mappings().first()
        return Session(**row) if row else None

    async def extend(self, cookie: str, expires_at: int) -> None:
        async with self._database.writing() as connection:
            await connection.execute(
                update(session).where(session.c.id_hash == digest(cookie)).values(expires_at=expires_at)
            )

    async def remove(self, cookie: str) -> None:
        async with self._database.writing() as connection:
            await connection.execute(delete(session).where(session.c.id_hash == digest(cookie)))


class Links:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, purpose: Purpose, data: Json, expires_at: int, uses: int | None = 1) -> str:
        """A new link; answers the secret, which is told only here. `uses` None: as often as one likes."""
        secret = new_secret()
        row = Link(digest(secret), purpose, data, uses, expires_at)
        async with self._database.writing() as connection:
            await connection.execute(insert(link).values(values(row)))
        return secret

    async def redeem(self, secret: str, now: int, purpose: Purpose | None = None) -> Link:
        """Uses the link once; two at the same moment do not both use its last time. Raises ClientFault `link_invalid`
        (404) where it is unknown, used up, over, or for another purpose."""
        usable: list[ColumnElement[bool]] = [
            link.c.secret_hash == digest(secret),
            link.c.expires_at > now,
            link.c.uses_left.is_(None) | (link.c.uses_left > 0),
        ]
        if purpose is not None:
            usable.append(link.c.purpose == purpose)
        async with self._database.writing() as connection:
            used = await connection.execute(update(link).where(*usable).values(uses_left=link.c.uses_left - 1))
            if used.rowcount != 1:
                raise ClientFault("link_invalid", "This link is used up or over.", Status.NOT_FOUND)
            found = await connection.execute(select(link).where(link.c.secret_hash == digest(secret)))
            return Link(**found.mappings().one())

    async def remove(self, purpose: Purpose) -> None:
        """Removes all links of a purpose, such as the set-up link once it was used."""
        async with self._database.writing() as connection:
            await connection.execute(delete(link).where(link.c.purpose == purpose))
