"""The server's side of the SFU: starts workers, watches them, starts them anew, and speaks `media.api` for them all."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import itertools
import logging
import socket
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from media import wire
from media.api import (
    Answer,
    MediaEvent,
    Offer,
    PeerGone,
    Refusal,
    Show,
    Speaking,
    Track,
    TrackEnded,
    TrackStarted,
)
from media.process import Process

BEAT_S = 1.0
DEAF_S = 5.0  # without an answer to a beat a worker is killed
RESTART_S = 0.2  # before a worker is started anew that died young
YOUNG_S = 10.0
SPARE_S = 3.0  # how long a worker is left to itself before the process that is to follow it is born
START_S = 20.0
PATIENCE_S = 5.0  # how long an offer waits for a worker that is just starting
RECEIVE_BUFFER = 8 << 20
BACKLOG = 1024
PORT_TRIES = 20  # for a port that is free by UDP and by TCP
SO_RCVBUFFORCE = 33

log = logging.getLogger(__name__)


class PortInUse(OSError):
    """Another program has the port, by `protocol`."""

    def __init__(self, port: int, protocol: str) -> None:
        super().__init__(errno.EADDRINUSE, f"{protocol} port {port} is in use")
        self.port = port
        self.protocol = protocol


class Supervisor:
    """`media.api.MediaService`. Worker n listens on `port` + n (port 0: any free one), UDP and TCP, at every host of
    `bind`;
    `addresses` are those that clients are told, IPv4 or IPv6 literals, most preferred first."""

    def __init__(
        self,
        *,
        port: int,
        addresses: Sequence[str],
        workers: int = 1,
        bind: Sequence[str] = ("0.0.0.0",),  # noqa: S104
    ) -> None:
        self._listeners: list[Callable[[MediaEvent], None]] = []
        self._tracks: dict[str, tuple[Track, _Worker]] = {}
        self._peers: dict[str, _Worker] = {}
        self._groups: dict[str, _Worker] = {}
        self._speaking: dict[_Worker, tuple[str, ...]] = {}
        self._workers = [
            _Worker(self._hear, port + n if port else 0, tuple(bind), tuple(addresses)) for n in range(workers)
        ]

    async def start(self) -> None:
        """Raises `PortInUse`, or OSError where an address is not ours."""
        try:
            for worker in self._workers:
                worker.open()
            await asyncio.gather(*(worker.start() for worker in self._workers))
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        await asyncio.gather(*(worker.close() for worker in self._workers))

    async def answer(self, offer: Offer) -> Answer:
        worker = self._peers.get(offer.peer) or self._place(offer.group)
        await worker.ready(PATIENCE_S)

        def answered() -> None:
            self._peers[offer.peer] = worker

        return wire.answer_in(await worker.ask("answer", answered, offer=wire.offer_out(offer)))

    async def remove(self, peer: str) -> None:
        if (worker := self._peers.get(peer)) is not None:
            with contextlib.suppress(Refusal):
                await worker.ask("remove", peer=peer)

    async def assign(self, peer: str, slots: Mapping[str, Show | None]) -> None:
        worker = self._peers.get(peer)
        if worker is None:
            raise Refusal("peer_unknown", "There is no such peer.")
        await worker.ask("assign", peer=peer, slots=wire.slots_out(slots))

    async def tap(self, track: str, socket_path: str | None, tag: int = 0) -> None:
        if (entry := self._tracks.get(track)) is not None:
            await entry[1].ask("tap", track=track, path=socket_path, tag=tag)

    async def request_keyframe(self, track: str) -> None:
        if (entry := self._tracks.get(track)) is not None:
            await entry[1].ask("request_keyframe", track=track)

    def tracks(self) -> Sequence[Track]:
        return [track for track, _ in self._tracks.values()]

    def listen(self, listener: Callable[[MediaEvent], None]) -> None:
        self._listeners.append(listener)

    async def counters(self) -> Mapping[str, float]:
        """A worker that does not answer just now is left out."""
        results = await asyncio.gather(*(worker.ask("counters") for worker in self._workers), return_exceptions=True)
        total: Counter[str] = Counter()
        for result in results:
            if not isinstance(result, BaseException):
                total.update(result)
        return dict(total)

    @property
    def ports(self) -> Sequence[int]:
        return [worker.port for worker in self._workers]

    def _place(self, group: str) -> _Worker:
        if group not in self._groups:
            load = Counter(self._peers.values())
            self._groups[group] = min(self._workers, key=lambda worker: load[worker])
        return self._groups[group]

    def _hear(self, worker: _Worker, event: MediaEvent | None) -> None:
        """An event of a worker; None: it died, and all that it carried with it."""
        match event:
            case None:
                if self._speaking.get(worker):
                    self._hear(worker, Speaking(()))
                for track in [track for track, owner in self._tracks.values() if owner is worker]:
                    self._hear(worker, TrackEnded(track))
                for peer in [peer for peer, owner in self._peers.items() if owner is worker]:
                    self._hear(worker, PeerGone(peer, "worker_lost"))
                return
            case Speaking(tracks):
                self._speaking[worker] = tracks
                event = Speaking(tuple(track for one in self._speaking.values() for track in one))
            case TrackStarted(track):
                self._tracks[track.id] = (track, worker)
            case TrackEnded(track):
                self._tracks.pop(track.id, None)
            case PeerGone(peer):
                self._peers.pop(peer, None)
                if len(self._workers) > 1:
                    used = set(self._peers.values())
                    self._groups = {group: owner for group, owner in self._groups.items() if owner in used}
        for listener in self._listeners:
            try:
                listener(event)
            except Exception:
                log.exception("a listener failed at %s", type(event).__name__)


class _Worker:
    """One worker process, started anew when it dies. Its sockets are the server's, so that its port outlives it."""

    def __init__(
        self,
        hear: Callable[[_Worker, MediaEvent | None], None],
        port: int,
        bind: tuple[str, ...],
        addresses: tuple[str, ...],
    ) -> None:
        self.port = port
        self._hear = hear
        self._bind = bind
        self._addresses = addresses
        self._sockets: list[socket.socket] = []
        self._listeners: list[socket.socket] = []
        self._ids = itertools.count(1)
        self._waiting: dict[int, tuple[asyncio.Future[Any], Callable[[], None] | None]] = {}
        self._process: Process | None = None
        self._spare: Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()

    def open(self) -> None:
        wanted = self.port
        for tries_left in reversed(range(PORT_TRIES)):
            try:
                for host in self._bind:
                    self._open_at(host)
                return
            except PortInUse:
                if wanted or not tries_left:
                    raise
                self._close_sockets()
                self.port = wanted

    def _open_at(self, host: str) -> None:
        family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        self._sockets.append(sock)
        try:
            sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
        except OSError:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self._bind_to(sock, host, "UDP")
        listener = socket.socket(family, socket.SOCK_STREAM)
        self._listeners.append(listener)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._bind_to(listener, host, "TCP")

    def _bind_to(self, sock: socket.socket, host: str, protocol: str) -> None:
        sock.setblocking(False)
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            sock.bind((host, self.port))
            if sock.type == socket.SOCK_STREAM:
                sock.listen(BACKLOG)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUse(self.port, protocol) from None
            raise
        self.port = sock.getsockname()[1]

    def _close_sockets(self) -> None:
        for sock in (*self._sockets, *self._listeners):
            sock.close()
        self._sockets.clear()
        self._listeners.clear()

    async def start(self) -> None:
        self._task = asyncio.create_task(self._keep())
        done, _ = await asyncio.wait(
            [self._task, ready := asyncio.ensure_future(self._ready.wait())],
            timeout=START_S,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if ready not in done:
            ready.cancel()
            raise OSError("the media worker did not start")

    async def ready(self, timeout_s: float) -> None:
        """Returns when it can be asked, or the time is over."""
        if not self._ready.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await self._ready.wait()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._spare is not None:
            await self._spare.end()
        self._close_sockets()

    async def ask(self, do: str, done: Callable[[], None] | None = None, **values: object) -> Any:
        """`done` is called when the result is read, before any event that comes after it. Raises `Refusal`: the
        worker's, or `media_unavailable` where there is no worker just now."""
        if self._process is None or not self._ready.is_set():
            raise Refusal("media_unavailable", "The media worker is starting; try again in a moment.")
        number = next(self._ids)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = (future, done)
        self._process.say({"id": number, "do": do, **values})
        try:
            return await future
        finally:
            self._waiting.pop(number, None)

    async def _keep(self) -> None:
        while True:
            born = time.monotonic()
            try:
                await self._live()
            except (OSError, ValueError):
                log.exception("the media worker could not be spoken to")
            finally:
                self._ready.clear()
                for future, _ in self._waiting.values():
                    if not future.done():
                        future.set_exception(Refusal("media_unavailable", "The media worker was lost."))
                self._waiting.clear()
            self._hear(self, None)
            log.error("the media worker ended; starting it anew")
            if time.monotonic() - born < YOUNG_S:
                await asyncio.sleep(RESTART_S)

    async def _live(self) -> None:
        """One life of the process, until it ends."""
        process, self._spare = self._spare, None
        if process is not None and not process.alive:
            await process.end()
            process = None
        process = process or await self._bear()
        self._process = process
        addresses = [(host, self.port) for host in self._addresses]
        sockets, listeners = ([sock.fileno() for sock in socks] for socks in (self._sockets, self._listeners))
        process.say({"sockets": sockets, "listeners": listeners, "addresses": addresses})
        tasks = [asyncio.create_task(self._beat(process)), asyncio.create_task(self._prepare())]
        try:
            async for message in process.said():
                self._receive(message)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await process.end()

    async def _bear(self) -> Process:
        return await Process.born([sock.fileno() for sock in (*self._sockets, *self._listeners)])

    async def _prepare(self) -> None:
        """The next process is born while this one lives: should it die, nobody waits for the loading."""
        await self._ready.wait()
        await asyncio.sleep(SPARE_S)
        if self._spare is None:
            self._spare = await self._bear()

    def _receive(self, message: Mapping[str, Any]) -> None:
        if "event" not in message:
            future, done = self._waiting.get(message["id"], (None, None))
            if future is None or future.done():
                return
            if "refusal" in message:
                future.set_exception(Refusal(*message["refusal"]))
            else:
                if done is not None:
                    done()
                future.set_result(message["result"])
        elif message["event"] == "Ready":
            self._ready.set()
        else:
            self._hear(self, wire.event_in(message))

    async def _beat(self, process: Process) -> None:
        await self._ready.wait()
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                async with asyncio.timeout(DEAF_S):
                    await self.ask("beat")
            except TimeoutError:
                log.error("the media worker does not answer")
                process.kill()
                return
            except Refusal:
                return
