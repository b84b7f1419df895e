"""Has reports reckoned by a process of its own, one at a time. It is started when one is asked for, and ended when none
was for a while."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import socket
import sys
from collections.abc import Mapping
from typing import Any

import structlog

from classroom.errors import ClientFault, Status
from web.server.reporting import Order
from web.server.turns import Turns

TIME_S = 60
IDLE_S = 300
PIECE = 1 << 16
WAITING = 64
"""Reports that wait for their turn: all rooms of a large lesson ask at its end. The next is told to come again."""


log = structlog.get_logger("reports")


class Reporter:
    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._life: _Life | None = None
        self.turns = Turns(WAITING, "Others wait for their reports already.")
        self._idle: asyncio.TimerHandle | None = None

    async def made(self, order: Order, form: str, **how: Any) -> list[bytes]:
        """In one of `reckoning.FORMS`, in pieces: to put them together can take longer than the event loop may
        stand still. Raises ClientFault as `reporting.told` does, and `busy` (503)."""
        async with self.turns.one():
            return await self._made({"order": dataclasses.asdict(order), "form": form, "how": how})

    async def close(self) -> None:
        """When nobody asks any more."""
        await self._end()

    async def _made(self, asked: Mapping[str, Any]) -> list[bytes]:
        try:
            async with asyncio.timeout(TIME_S):
                life = await self._living()
                life.writer.write(json.dumps(asked).encode() + b"\n")
                said = json.loads(await life.reader.readline())
                body = await _pieces(life.reader, said.get("size", 0))
        except TimeoutError:
            await self._end()
            raise ClientFault("busy", "The report took too long.", Status.UNAVAILABLE, retry_after_s=60) from None
        except (ValueError, EOFError, OSError):  # it died
            await self._end()
            log.exception("report_failed")
            raise ClientFault("busy", "The report cannot be made.", Status.UNAVAILABLE, retry_after_s=60) from None
        except BaseException:  # what it says next would be the answer to this
            await self._end()
            raise
        self._idle = asyncio.get_running_loop().call_later(IDLE_S, life.writer.close)
        if "fault" in said:
            code, message, status = said["fault"]
            raise ClientFault(code, message, Status(status))
        return body

    async def _living(self) -> _Life:
        """The process of before, if it still takes orders, else another."""
        if self._idle is not None:
            self._idle.cancel()
        if self._life is None or not self._life.takes_orders:
            await self._end()
            self._life = await _Life.begun(self._url)
        return self._life

    async def _end(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        life, self._life = self._life, None
        if life is not None:
            await life.ended()


async def _pieces(reader: asyncio.StreamReader, size: int) -> list[bytes]:
    pieces = []
    while size:
        pieces.append(await reader.readexactly(min(size, PIECE)))
        size -= len(pieces[-1])
    return pieces


@dataclasses.dataclass(frozen=True, slots=True)
class _Life:
    """Of one process."""

    process: asyncio.subprocess.Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @staticmethod
    async def begun(database_url: str) -> _Life:
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "web.server.reckoning", str(theirs.fileno())),
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C at the terminal is for the server alone
            )
        try:
            life = _Life(process, *await asyncio.open_unix_connection(sock=ours))
        except BaseException:
            ours.close()
            raise
        life.writer.write(json.dumps(database_url).encode() + b"\n")
        return life

    @property
    def takes_orders(self) -> bool:
        return self.process.returncode is None and not self.writer.is_closing()

    async def ended(self) -> None:
        self.writer.close()
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()
