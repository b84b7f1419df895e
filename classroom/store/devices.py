"""Displays: the codes of screens that wait to be paired, and the devices that are."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from classroom.errors import ClientFault, Status
from classroom.ids import digest, new_id, new_pairing_code
from classroom.store.database import Database
from classroom.store.records import Device, Pairing
from classroom.store.rows import values
from classroom.store.tables import device, pairing

CODE_TRIES = 20


class Devices:
    """A screen's token is a secret that it keeps for ever; the store keeps its digest, as of sessions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_token(self, token: str) -> Device | None:
        """The paired device; None for a screen that is not paired, or not any more."""
        return await self._first(device.c.token_hash == digest(token))

    async def of_room(self, room_id: str) -> Device | None:
        return await self._first(device.c.room == room_id)

    async def _first(self, where: ColumnElement[bool]) -> Device | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(device).where(where))).mappings().first()
        return Device(**row) if row else None

    async def list(self) -> Sequence[Device]:
        async with self._database.reading() as connection:
            return [Device(**row) for row in (await connection.execute(select(device))).mappings()]

    async def code(self, token: str, now: int) -> Pairing | None:
        """The code that the screen shows, while it is good."""
        query = select(pairing).where(pairing.c.token_hash == digest(token), pairing.c.expires_at > now)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        return Pairing(**row) if row else None

    async def new_code(self, token: str, now: int, ttl_ms: int) -> Pairing:
        """Another code for a screen; those that are over, anyone's, are forgotten."""
        for _ in range(CODE_TRIES):
            row = Pairing(digest(token), new_pairing_code(), now + ttl_ms)
            over = (pairing.c.expires_at <= now) | (pairing.c.token_hash == row.token_hash)
            try:
                async with self._database.writing() as connection:
                    await connection.execute(delete(pairing).where(over))
                    await connection.execute(insert(pairing).values(values(row)))
            except IntegrityError:  # drawn before, or asked for twice at the same moment
                continue
            return row
        raise ClientFault("no_code_free", "No pairing code is free.", Status.UNAVAILABLE)

    async def pair(self, code: str, room_id: str, now: int) -> Device:
        """The screen that shows this code is the room's display from now on, in place of the one before it. The code is
        used up. Raises ClientFault 404: `pairing_code_unknown` where no screen shows it, `not_found` for the room."""
        usable = (pairing.c.code == code, pairing.c.expires_at > now)
        try:
            async with self._database.writing() as connection:
                shown = (await connection.execute(select(pairing.c.token_hash).where(*usable))).scalar()
                if shown is None or (await connection.execute(delete(pairing).where(*usable))).rowcount != 1:
                    raise ClientFault("pairing_code_unknown", "No screen shows this code.", Status.NOT_FOUND)
                row = Device(new_id(), shown, room_id, None, now)
                old = (device.c.room == room_id) | (device.c.token_hash == shown)
                await connection.execute(delete(device).where(old))
                await connection.execute(insert(device).values(values(row)))
        except IntegrityError:  # the room is gone, or was given another display at the same moment
            raise ClientFault("not_found", "There is no such room.", Status.NOT_FOUND) from None
        return row

    async def unpair(self, room_id: str) -> None:
        async with self._database.writing() as connection:
            await connection.execute(delete(device).where(device.c.room == room_id))

    async def hold(self, device_id: str, instance: str) -> None:
        """From now on the device runs at this place."""
        async with self._database.writing() as connection:
            await connection.execute(update(device).where(device.c.id == device_id).values(instance=instance))
