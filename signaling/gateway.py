"""Socket.IO at `/socket.io/`, namespace `/lesson`: the only file that imports it. What messages mean is the desk's."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import socketio
from aiohttp import web

from classroom.clock import Clock, SystemClock
from classroom.errors import ClientFault, Status
from classroom.events import Json
from classroom.journal import Journal
from media.api import MediaService

from . import wire
from .bus import Passed
from .desk import Desk, IceServers
from .fanout import Outgoing
from .limits import CONNECT_S, MAX_FRAME
from .lines import REFUSED, Line, Ready, Turn
from .media import MediaDoor
from .nodes import Nodes
from .overdue import close_overdue
from .protocol import NAMESPACE, TEACHERS, Alarm, refusal
from .slots import Conductor
from .tokens import Claims, Tokens

log = logging.getLogger(__name__)

PING_INTERVAL_S = 4
PING_TIMEOUT_S = 5
PATIENCE_S = 24 * 3600
"""Engine.IO's, which is never to be needed."""
BEAT_S = 1.0
"""A client hears something at least this often, and a quarter of it later at most; so it notices silence soon."""
TICK_S = 0.5


class Gateway:
    """Signaling as a whole. `door` is the way to media for REST, WHIP and WHEP.

    Usage: `gateway = Gateway(journal, tokens, media)`; `gateway.attach(app)`; the app's start-up and shutdown run it.
    """

    def __init__(
        self,
        journal: Journal,
        tokens: Tokens,
        media: MediaService,
        clock: Clock | None = None,
        ice_servers: IceServers | None = None,
        nodes: Nodes | None = None,
        places: int = 0,
    ) -> None:
        """`places`: as `MediaDoor` has it."""
        self.nodes = nodes
        self._clock = clock or SystemClock()
        self._journal = journal
        self._since: dict[str, int] = {}
        self._nameless: dict[str, float] = {}
        self._lines: dict[str, Line] = {}
        self._large = asyncio.Lock()
        self._line_of: dict[str, Line] = {}  # by the namespace's id
        self._turn = Turn()
        self._tasks: set[asyncio.Task[None]] = set()
        self._sio = socketio.AsyncServer(
            client_manager=_Manager(self),
            namespaces=[NAMESPACE],
            serializer=_Packet,
            async_mode="aiohttp",
            transports=["websocket"],
            cors_allowed_origins=_same_origin,
            ping_interval=(PATIENCE_S, PING_INTERVAL_S - PATIENCE_S),  # clients are told the sum
            ping_timeout=PING_TIMEOUT_S,
            monitor_clients=False,
            max_http_buffer_size=MAX_FRAME,
            logger=logging.getLogger("signaling.socketio"),
            engineio_logger=logging.getLogger("signaling.engineio"),
        )
        self._start_background_task = self._sio.eio.start_background_task
        self._sio.eio.start_background_task = self._in_background
        self._sio.eio._async = {**self._sio.eio._async, "websocket": self._line, "create_route": _add_route}
        self._sio.on("connect", self._connect, namespace=NAMESPACE)
        self._sio.on("disconnect", self._disconnect, namespace=NAMESPACE)
        self._sio.on("command", self._command, namespace=NAMESPACE)
        self._sio.on("signal", self._signal, namespace=NAMESPACE)
        self._sio.on("malformed", self._malformed, namespace=NAMESPACE)
        self._sio.on("too_large", self._too_large, namespace=NAMESPACE)
        self._desk = Desk(journal, tokens, self._clock, self._post, self._end, lambda: media.ports, ice_servers, nodes)
        self._conductor = Conductor(media, journal, self._desk.tell, self._desk.say)
        self.door = MediaDoor(media, journal, self._conductor, self._desk, self._clock, places)
        self._desk.guests = self.door

    def attach(self, app: web.Application) -> None:
        self._sio.attach(app)
        app.cleanup_ctx.append(self._run)
        app.on_shutdown.append(self._shutdown)

    def alarm(self, lesson: str, code: str, message: str) -> None:
        """Tells a lesson's teachers something that they must know."""
        self._desk.say(lesson, "alarm", Alarm(code=code, message=message), TEACHERS)

    async def snapshot(self, claims: Claims) -> tuple[bytes, bytes]:
        """As `Desk.snapshot`."""
        return await self._desk.snapshot(claims)

    async def revoke(self, participants: Collection[str]) -> None:
        """Ends the sockets (at the next tick) and media connections of participants whose tokens are good no more."""
        await self._revoke(participants)
        if self.nodes is not None:
            self.nodes.revoked(participants)

    async def _revoke(self, participants: Collection[str]) -> None:
        self._desk.sessions.revoke(participants)
        await self.door.revoke(participants)

    # what other nodes say

    def passed(self, signal: Passed) -> None:
        self._desk.passed(signal)

    def here(self, node: str, lesson: str, participants: Sequence[str]) -> None:
        self._spawn(self._desk.elsewhere(node, lesson, participants))

    def returned(self, participant: str) -> None:
        self.door.returned(participant)

    def gained(self, lesson: str) -> None:
        self._spawn(self._desk.gained(lesson))

    def lost(self, lesson: str) -> None:
        self._spawn(self.door.drop(lesson))

    def revoked(self, participants: Sequence[str]) -> None:
        self._spawn(self._revoke(participants))

    def doubt(self) -> None:
        self._spawn(self._desk.doubt())

    def holding(self) -> Mapping[str, Sequence[str]]:
        return self._desk.sessions.holding()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a task of the gateway failed", exc_info=error)

    async def _run(self, _: web.Application) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._tick()), asyncio.create_task(self._beat())]
        if self.nodes is not None:
            self.nodes.begin(self)
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.door.close()
        await self._conductor.close()
        await self._desk.close()

    async def _shutdown(self, _: web.Application) -> None:
        for eio_sid in list(self._sio.eio.sockets):
            await self._hang_up(eio_sid)
        await self._sio.shutdown()

    async def _hang_up(self, eio_sid: str) -> None:
        socket = self._sio.eio.sockets.get(eio_sid)
        if socket is not None:
            await socket.close(wait=False)
            socket.queue.put_nowait(None)  # its writer closes the WebSocket after what is queued

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            try:
                for sid in await self._desk.tick():
                    await self._end(sid)
                await close_overdue(self._journal, self._clock)
                await self._close_nameless()
            except Exception:
                log.exception("tick failed")

    async def _beat(self) -> None:
        """Past Engine.IO, for it is most of what an idle lesson costs. Who was just sent something has heard it, so the
        beats of many spread by themselves."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(BEAT_S / 4)
            self._beat_all(loop.time())

    def _beat_all(self, now: float) -> None:
        """Apart from the sleep, which would keep the last line of them."""
        for line in list(self._lines.values()):
            if line.read_at <= now - PING_INTERVAL_S - PING_TIMEOUT_S:
                line.hang_up()
            elif line.pinged_at <= now - PING_INTERVAL_S:
                line.ping(now)
            elif line.sent_at <= now - BEAT_S:
                line.beat(now)

    def _in_background(self, target: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Engine.IO's pings are left out: they take a task and two timers each."""
        if target.__name__ != "_send_ping":
            return self._start_background_task(target, *arguments, **named)
        return None

    def _line(self, handler: Any, server: Any) -> Line:
        return Line(handler, server, self._lines, self._large)

    async def _close_nameless(self) -> None:
        """Sockets that never joined the namespace."""
        now = self._clock.monotonic()
        nameless = [sid for sid, line in self._lines.items() if not line.named]
        self._nameless = {sid: self._nameless.get(sid, now) for sid in nameless}
        for sid, since in self._nameless.items():
            if now - since >= CONNECT_S:
                await self._hang_up(sid)

    async def _connect(self, sid: str, _environ: Json, auth: object = None) -> None:
        try:
            self._since[sid] = await self._desk.enter(sid, auth)
        except ClientFault as fault:
            raise socketio.exceptions.ConnectionRefusedError(fault.message, {"code": fault.code}) from None
        except Exception:
            log.exception("connect failed")
            raise socketio.exceptions.ConnectionRefusedError("Something failed here.", {"code": "internal"}) from None

    def connected(self, sid: str) -> None:
        """The connection was confirmed to the client: from here on it may be sent messages."""
        line = self._lines.get(self._sio.manager.eio_sid_from_sid(sid, NAMESPACE))
        if line is not None:
            self._line_of[sid] = line
            line.named = True
            line.on_signal = lambda packet: self._signal_at_once(sid, packet)
        self._spawn(self._begin(sid, self._since.pop(sid, 0)))

    async def _begin(self, sid: str, since: int) -> None:
        if self._sio.manager.eio_sid_from_sid(sid, NAMESPACE) not in self._sio.eio.sockets:
            await self._sio.manager.disconnect(sid, NAMESPACE)  # it closed while it was being let in
            self._line_of.pop(sid, None)
            self._desk.closed(sid)
            return
        try:
            await self._desk.begin(sid, since)
        except Exception:
            log.exception("a session could not begin")
            await self._end(sid)

    async def _end(self, sid: str) -> None:
        await self._sio.disconnect(sid, namespace=NAMESPACE)

    async def _disconnect(self, sid: str, _reason: str = "") -> None:
        self._since.pop(sid, None)
        line = self._line_of.pop(sid, None)
        silent_s = asyncio.get_running_loop().time() - line.read_at if line is not None else 0.0
        self._desk.closed(sid, silent_s)

    async def _command(self, sid: str, message: object) -> Json:
        try:
            return await self._desk.command(sid, message)
        except Exception:
            log.exception("a command failed")
            return refusal(ClientFault("internal", "Something failed here.", Status.UNAVAILABLE))

    async def _signal(self, sid: str, message: object) -> Json:
        return await self._desk.signal(sid, message)

    def _signal_at_once(self, sid: str, packet: str) -> bool:
        data = wire.parse(packet).data
        if data[0] != "signal":
            return False
        try:
            return self._desk.signal_at_once(sid, data[1])
        except Exception:
            log.exception("a signal failed")
            return True

    async def _malformed(self, _sid: str) -> Json:
        REFUSED.labels("malformed").inc()
        return refusal(ClientFault("malformed", "This is not a message of this protocol.", Status.MALFORMED))

    async def _too_large(self, _sid: str) -> Json:
        REFUSED.labels("too_large").inc()
        return refusal(ClientFault("too_large", "This message is too large.", Status.TOO_LARGE))

    def _post(self, message: Outgoing) -> None:
        """One ready-made frame to every recipient, in the order of the calls."""
        ready = Ready(f'{wire.EVENT}{NAMESPACE},["{message.name}",{message.text}]', droppable=message.droppable)
        lines = self._line_of
        self._turn.post(ready, [line for sid in message.to if (line := lines.get(sid)) is not None])


class _Manager(socketio.AsyncManager):  # type: ignore[misc]
    """Says when a client has been told that it is connected; before, it would not understand messages."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__()
        self._gateway = gateway

    async def connect(self, sid: str, namespace: str) -> Any:
        done = await super().connect(sid, namespace)
        self._gateway.connected(sid)
        return done

    def basic_enter_room(self, sid: str, namespace: str, room: str | None, eio_sid: str | None = None) -> None:
        """Nobody has a room of their own: who leaves would be looked for in those of all others."""
        if room is None:
            super().basic_enter_room(sid, namespace, room, eio_sid)


class _Packet(socketio.packet.Packet):  # type: ignore[misc]
    """JSON only; what comes in is what `wire.parse` makes of it."""

    uses_binary_events = False

    def decode(self, encoded_packet: str) -> int:
        packet = wire.parse(encoded_packet)
        self.packet_type, self.data, self.id, self.namespace = packet.type, packet.data, packet.id, NAMESPACE
        return 0


def _add_route(app: web.Application, server: Any, path: str) -> None:
    """Engine.IO makes a session of every request, and keeps that of one that cannot become a WebSocket for a while."""

    async def handle(request: web.Request) -> web.StreamResponse:
        if not web.WebSocketResponse().can_prepare(request):
            return web.json_response("Only a WebSocket is answered here.", status=400)
        answer: web.StreamResponse = await server.handle_request(request)
        return answer

    app.router.add_get(path, handle, allow_head=False)


def _same_origin(origin: str, environ: Json) -> bool:
    """A page of ours, by the host that the browser asked; TLS may end in front of us, so the scheme says nothing."""
    try:
        host = urlsplit(origin).netloc.lower()
    except ValueError:
        return False
    asked = (str(environ.get(name, "")).lower() for name in ("HTTP_HOST", "HTTP_X_FORWARDED_HOST"))
    return host != "" and host in asked
