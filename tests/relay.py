"""A line between pages and a server that can be cut, made bad, or moved to another network; in user space, from a seed.

Pages reach the server by `Relay.base` alone: HTTP and WebSocket by TCP, media by UDP or TCP, whose ports are written
into the answers that pass. It runs in a thread with a loop of its own, since the browser's driver holds the test's.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.processes import Server, free_media_port

Address = tuple[str, int]
CHUNK = 1 << 16
RECEIVE_BUFFER = 8 << 20
SO_RCVBUFFORCE = 33


class Relay:
    """`loss` (of datagrams, 0 to 1) and `delay_s` (of everything, each way) may be set at any time.

    While it is cut nothing passes and nothing is closed. A TCP connection that was there before goes on when its
    sender would have tried again, which is up to as long as it was cut; one that was made meanwhile never does: its SYN
    was lost, and a new one is what a page should send.
    """

    def __init__(self, server: Server, seed: int = 1) -> None:
        self.loss = 0.0
        self.delay_s = 0.0
        self.random = random.Random(seed)
        self.media_port = free_media_port()
        self.server_media: Address = ("127.0.0.1", server.media_port)
        self._server: Address = ("127.0.0.1", server.port)
        self._cut_at: float | None = None
        self._networks = 0
        self._connections: set[Connection] = set()
        self._ways: dict[Address, Way] = {}
        self.left_open: list[asyncio.StreamWriter] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.base = self._call(self._start)

    # what a test does

    def cut(self) -> float:
        """When it was cut, in seconds of the wall clock."""

        async def now() -> float:
            self._cut_at = time.monotonic()
            return time.time()

        return self._call(now)

    def restore(self) -> float:
        async def now() -> float:
            assert self._cut_at is not None
            cut_s = time.monotonic() - self._cut_at
            self._cut_at = None
            for connection in self._connections:
                if connection.dead:
                    continue
                self._loop.call_later(self.random.uniform(0, cut_s), connection.open.set)
            return time.time()

        return self._call(now)

    def move(self) -> float:
        """Another network: from here on packets come from another address, and what was sent to the old one is lost."""

        async def now() -> float:
            self._networks += 1
            for connection in self._connections:
                connection.die()
            for way in self._ways.values():
                await way.move()
            return time.time()

        return self._call(now)

    def close(self) -> None:
        self._call(self._stop)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    # what passes

    @property
    def is_cut(self) -> bool:
        return self._cut_at is not None

    @property
    def source(self) -> Address:
        return (f"127.0.0.{11 + self._networks}", 0)

    def rewrite(self, data: bytes) -> bytes:
        """Candidates name the relay's port. (Both have five digits, so lengths stay.)"""
        return data.replace(b" %d typ host" % self.server_media[1], b" %d typ host" % self.media_port)

    def pass_on(self, send: Callable[[bytes], None], data: bytes) -> None:
        """A datagram."""
        if self.is_cut or (self.loss and self.random.random() < self.loss):
            return
        if self.delay_s:
            self._loop.call_later(self.delay_s, send, data)
        else:
            send(data)

    async def _start(self) -> str:
        media_port = self.media_port
        self._transport, _ = await self._loop.create_datagram_endpoint(
            lambda: Door(self), local_addr=("127.0.0.1", media_port)
        )
        widen(self._transport)
        self._media = await asyncio.start_server(
            lambda r, w: self._serve(r, w, self.server_media), "127.0.0.1", media_port
        )
        self._pages = await asyncio.start_server(lambda r, w: self._serve(r, w, self._server), "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._pages.sockets[0].getsockname()[1]}"

    async def _stop(self) -> None:
        self._transport.close()
        self._media.close()
        self._pages.close()
        for way in self._ways.values():
            way.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for end in self.left_open:
            end.transport.abort()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Address) -> None:
        connection = Connection(self)
        self._connections.add(connection)
        try:
            if self.is_cut:
                connection.die()
            with contextlib.suppress(OSError, asyncio.CancelledError):  # cancelled when the relay closes
                await connection.carry(reader, writer, server)
        finally:
            self._connections.discard(connection)

    def from_page(self, page: Address, data: bytes) -> None:
        way = self._ways.get(page)
        if way is None:
            way = self._ways[page] = Way(self, lambda data: self._transport.sendto(data, page))
        way.to_server(data)

    def _call(self, work: Callable[[], Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work(), self._loop).result(30)


class Connection:
    """One of TCP. `open` is clear while nothing passes; a dead one never opens again."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.open = asyncio.Event()
        self.open.set()
        self.dead = False
        self.tasks: list[asyncio.Task[None]] = []

    def die(self) -> None:
        self.dead = True
        self.open.clear()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Address) -> None:
        there: asyncio.StreamWriter | None = None
        try:
            if self.dead:
                await reader.read()  # it is told nothing; that the page gave up is all there is to wait for
                return
            back, there = await asyncio.open_connection(*server, local_addr=self.relay.source)
            self.tasks = [
                asyncio.create_task(self._pump(reader, there, lambda data: data)),
                asyncio.create_task(self._pump(back, writer, self.relay.rewrite)),
            ]
            await asyncio.wait(self.tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in self.tasks:
                task.cancel()
            for end in (writer, there):
                # A page that goes while the line is cut cannot say so: the server's end stays as it is.
                if end is writer or (end is not None and not (self.dead or self.relay.is_cut)):
                    end.close()
                elif end is not None:
                    self.relay.left_open.append(end)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, change: Callable[[bytes], bytes]
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                if self.relay.is_cut:
                    self.open.clear()
                await self.open.wait()
                if self.relay.delay_s:
                    await asyncio.sleep(self.relay.delay_s)
                writer.write(change(data))
                await writer.drain()


def widen(transport: asyncio.DatagramTransport) -> None:
    """What it loses is what it was told to: a keyframe of Ultra HD is more than a socket's usual buffer holds."""
    sock = transport.get_extra_info("socket")
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
    except OSError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)


class Door(asyncio.DatagramProtocol):
    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    def datagram_received(self, data: bytes, page: Any) -> None:
        self._relay.from_page(page, data)


class Way(asyncio.DatagramProtocol):
    """One page's datagrams, as a router that translates addresses carries them."""

    def __init__(self, relay: Relay, to_page: Callable[[bytes], None]) -> None:
        self._relay = relay
        self._to_page = to_page
        self._waiting: list[bytes] = []
        self._transport: asyncio.DatagramTransport | None = None
        self._opening = asyncio.ensure_future(self._open())

    async def _open(self) -> None:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self, local_addr=self._relay.source, remote_addr=self._relay.server_media
        )
        widen(transport)
        self._transport = transport
        for data in self._waiting:
            self.to_server(data)
        self._waiting.clear()

    async def move(self) -> None:
        await self._opening
        self.close()
        self._transport = None
        await self._open()

    def to_server(self, data: bytes) -> None:
        transport = self._transport
        if transport is None:
            self._waiting.append(data)
        else:
            self._relay.pass_on(lambda data: None if transport.is_closing() else transport.sendto(data), data)

    def datagram_received(self, data: bytes, _server: Any) -> None:
        self._relay.pass_on(self._to_page, data)

    def error_received(self, _fault: Exception) -> None:
        """The server's port is closed for now."""

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


@contextlib.contextmanager
def relayed(server: Server, seed: int = 1) -> Iterator[Relay]:
    relay = Relay(server, seed)
    try:
        yield relay
    finally:
        relay.close()
