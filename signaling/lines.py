"""One client's WebSocket under Engine.IO: what it may send, when it was heard, and the short way for what goes to many.

Engine.IO gives every socket a queue and a task that empties it. What is posted here goes past both where nothing waits
in them, as WebSocket frames that were made for all; else it takes its turn, so a client gets everything in order.
What comes in costs Engine.IO and Socket.IO a task each. Signals, of which writing sends fifty a second, go past those.
"""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web
from engineio.async_drivers import aiohttp as driver
from engineio.packet import MESSAGE, NOOP, PING, Packet
from prometheus_client import Counter

from classroom.events import Json

from . import wire
from .limits import MAX_FRAME

log = logging.getLogger(__name__)

CLOSE_S = 2.0  # how long a client has to answer the closing of its WebSocket
FULL = 64 * 1024
"""Bytes that the system has not taken yet, from which on messages wait in the queue."""
BEHIND = 64
"""Whoever has more messages waiting than this gets no signals that may be dropped."""
LARGE = 16 * 1024
"""Characters of a packet whose JSON takes long to read. Of such ones the loop reads one a turn, whoever sends them, and
what else is ready goes on between: a hundred at once would make everyone wait for a tenth of a second."""
MAX_WAITING = 4 << 20
"""Characters; who has more than this waiting is hung up on: it comes back, and gets what it missed or a snapshot."""

REFUSED = Counter("tongke_socket_messages_refused", "Socket messages that were not what they should be", ["why"])
STALLED = Counter("tongke_sockets_stalled", "Sockets that were hung up on because their clients did not read")


def text_frame(text: str) -> bytes:
    """A whole, unmasked text message (RFC 6455 §5.2)."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x81, size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", 0x81, 126, size)
    else:
        head = struct.pack("!BBQ", 0x81, 127, size)
    return head + payload


class Ready:
    """A Socket.IO packet made ready once for all who get it. One that is droppable is nothing for who is behind."""

    __slots__ = ("droppable", "frame", "packet")

    def __init__(self, text: str, *, droppable: bool = False) -> None:
        self.packet = Packet(MESSAGE, text)
        self.frame = text_frame(self.packet.encode())
        self.droppable = droppable


class Turn:
    """What is posted within one turn of the loop reaches each line in one write, in order: to write costs more than all
    else that is done for a client."""

    def __init__(self) -> None:
        self._posted: dict[Line, list[Ready]] = {}

    def post(self, message: Ready, to: Sequence[Line]) -> None:
        if to and not self._posted:
            asyncio.get_running_loop().call_soon(self._over)
        for line in to:
            if (posted := self._posted.get(line)) is None:
                self._posted[line] = [message]
            else:
                posted.append(message)

    def _over(self) -> None:
        posted, self._posted = self._posted, {}
        now = asyncio.get_running_loop().time()
        together: dict[tuple[int, ...], bytes] = {}
        for line, messages in posted.items():
            if len(messages) == 1:
                frames = messages[0].frame
            else:  # most lines get the same
                same = tuple(map(id, messages))
                frames = together.get(same) or together.setdefault(same, b"".join([one.frame for one in messages]))
            line.post(messages, frames, now)


A_BEAT, A_PING = (text_frame(Packet(kind).encode()) for kind in (NOOP, PING))


class _Queue(asyncio.Queue[Any]):
    """Counts what was ever put in, and the characters that wait."""

    given = waiting = 0

    def _put(self, item: Any) -> None:
        super()._put(item)
        if item is not None:
            self.given += 1
            self.waiting += _length(item)

    def _get(self) -> Any:
        item = super()._get()
        self.waiting -= _length(item)
        return item


def _length(packet: Any) -> int:
    return len(packet.data) if packet is not None and isinstance(packet.data, str) else 0


class Line(driver.WebSocket):  # type: ignore[misc]
    """Frames that are no packets are counted and dropped: Engine.IO would lose the connection over them.

    `read_at` is when the other end was heard, be it that it closed; this and `now` are of the loop's clock. `named`:
    whether it has joined the namespace. While it is open it is in `lines`, under Engine.IO's id."""

    named = False
    on_signal: Callable[[str], bool] | None = None
    """Takes a signal's packet; False: not now."""

    def __init__(self, handler: Any, server: Any, lines: dict[str, Line], large: asyncio.Lock) -> None:
        super().__init__(handler, server)
        self._lines, self._large = lines, large
        self._loop = asyncio.get_running_loop()
        self._engine = handler.__self__
        self._queue = _Queue()
        self._taken = 0  # of what was put into the queue
        self._hung_up = False
        self.sent_at = self.pinged_at = self.read_at = self._loop.time()

    async def __call__(self, environ: Json) -> web.WebSocketResponse:
        while not self._engine.queue.empty():
            self._queue.put_nowait(self._engine.queue.get_nowait())
        self._engine.queue = self._queue
        request = environ["aiohttp.request"]
        self._sock = web.WebSocketResponse(max_msg_size=MAX_FRAME, compress=False, timeout=CLOSE_S)
        await self._sock.prepare(request)
        self._transport = request.transport
        self.environ = environ
        self._lines[self._engine.sid] = self
        try:
            await self.handler(self)
        finally:
            del self._lines[self._engine.sid]
            self._untangle()
        return self._sock

    def _untangle(self) -> None:
        """An error that is kept holds the frames that it went through, and they what keeps it. Where a line dies with a
        thousand sockets, the garbage collector would free them all at once, and everyone wait for it."""
        error = self._sock.exception()
        while error is not None:
            before, error.__traceback__, error.__context__ = error.__context__, None, None
            error = before

    async def send(self, message: str) -> None:
        """What comes out of the queue; waits where the client does not read."""
        self.sent_at = self._loop.time()
        await super().send(message)
        self._taken += 1

    def post(self, messages: Sequence[Ready], frames: bytes, now: float) -> None:
        """Never waits. Called in the order in which the client is to get them; `frames` are those of the messages, and
        `now` is of the loop's clock."""
        transport = self._transport
        if self._engine.closed or transport is None or transport.is_closing():
            return
        if self._taken == self._queue.given and transport.get_write_buffer_size() < FULL:
            self.sent_at = now
            transport.write(frames)
        elif self._queue.waiting > MAX_WAITING:
            STALLED.inc()
            log.info("a client that does not read is hung up on")
            self.hang_up()
        else:
            for message in messages:
                if not (message.droppable and self._queue.qsize() > BEHIND):
                    self._queue.put_nowait(message.packet)

    def beat(self, now: float) -> None:
        """Something to hear. Who has not taken all that was sent before will hear that."""
        transport = self._transport
        if transport is not None and not transport.is_closing() and not transport.get_write_buffer_size():
            self.sent_at = now
            transport.write(A_BEAT)

    def ping(self, now: float) -> None:
        self.pinged_at = self.sent_at = now
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(A_PING)

    def hang_up(self) -> None:
        self._hung_up = True
        if self._transport is not None:
            self._transport.abort()

    async def wait(self) -> str | None:
        """The next packet that Engine.IO is to act on, None at the end; pongs answer ours."""
        while True:
            try:
                frame = await super().wait()
            except OSError:
                if not self._hung_up:  # the other end closes
                    self.read_at = self._loop.time()
                return None
            self.read_at = self._loop.time()
            if frame == wire.PONG:
                continue
            if frame is not None and len(frame) > LARGE:
                async with self._large:
                    await asyncio.sleep(0)
            signal = isinstance(frame, str) and frame.startswith(wire.SIGNAL_HEAD)
            if signal and self.on_signal is not None and self.on_signal(frame[1:]):
                continue
            if wire.acceptable_frame(frame):
                return str(frame)
            REFUSED.labels("frame").inc()
