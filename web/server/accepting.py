"""New connections by TLS, few at a time: handshakes of a thousand at once would hold up everyone who is connected."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable

import structlog

AT_ONCE = 64
PATIENCE_S = 0.25
"""Who has not shaken hands by then is far away, or of bad will: another is let in beside it."""
HANDSHAKE_S = 10.0
AGAIN_S = 1.0
"""Until the next try where the system has no descriptor left."""

log = structlog.get_logger("accepting")


@contextlib.asynccontextmanager
async def accepting(
    listener: socket.socket, serve: Callable[[], asyncio.Protocol], encryption: ssl.SSLContext
) -> AsyncIterator[None]:
    """Gives each connection a protocol that serves it, until the block is left."""
    door = _Door(listener, serve, encryption)
    door.open()
    try:
        yield
    finally:
        await door.close()


class _Door:
    def __init__(
        self, listener: socket.socket, serve: Callable[[], asyncio.Protocol], encryption: ssl.SSLContext
    ) -> None:
        self._listener = listener
        self._serve = serve
        self._encryption = encryption
        self._loop = asyncio.get_running_loop()
        self._entering: set[asyncio.Task[None]] = set()
        self._room = AT_ONCE
        self._is_open = False

    def open(self) -> None:
        self._listener.setblocking(False)
        self._loop.add_reader(self._listener, self._accept)
        self._is_open = True

    async def close(self) -> None:
        self._loop.remove_reader(self._listener)
        self._is_open = False
        for task in self._entering:
            task.cancel()
        await asyncio.gather(*self._entering, return_exceptions=True)

    def _accept(self) -> None:
        while self._room:
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as fault:
                log.error("cannot_accept", reason=fault.strerror)
                self._loop.remove_reader(self._listener)
                self._loop.call_later(AGAIN_S, self._go_on)
                return
            self._room -= 1
            task = self._loop.create_task(self._enter(connection))
            self._entering.add(task)
            task.add_done_callback(self._entering.discard)
        self._loop.remove_reader(self._listener)

    def _go_on(self) -> None:
        if self._is_open:
            self._loop.add_reader(self._listener, self._accept)

    async def _enter(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        served = self._loop.connect_accepted_socket(
            self._serve, connection, ssl=self._encryption, ssl_handshake_timeout=HANDSHAKE_S
        )
        handshake = asyncio.ensure_future(served)
        try:
            await asyncio.wait({handshake}, timeout=PATIENCE_S)
            self._room += 1
            if self._room == 1:
                self._go_on()
            with contextlib.suppress(OSError):  # of which those of TLS are, and that it took too long
                await handshake
        finally:
            handshake.cancel()
