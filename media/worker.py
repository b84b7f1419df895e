"""The worker process: `python -m media.worker FD`. One event loop, one UDP socket and one listening TCP socket an
address family, one plane.

FD is its end of the supervisor's socket pair (media/wire.py). When that closes, the server is gone, and so is the
worker.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import math
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from media import wire
from media.api import MediaEvent, Refusal
from media.forwarder import Forwarder
from media.plane import Plane

DESCRIPTORS = 4096  # more than all TCP connections that the plane takes
SETTLE_S = 0.005  # for what the event loop has to do before it sleeps in the plane
DOZE_S = 1.5  # by which its other timers may be late then
LEAST_WAIT_S = 0.001  # the event loop's timers are no finer

log = logging.getLogger("media.worker")


class Alarm:
    """Rings once, at the earliest time that it was set to since it rang last."""

    def __init__(self, ring: Callable[[float], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._ring = ring
        self._at = math.inf
        self._timer: asyncio.TimerHandle | None = None

    def set(self, at: float) -> None:
        if at >= self._at:
            return
        self.stop()
        self._at = at
        self._timer = self._loop.call_later(max(at - time.monotonic(), LEAST_WAIT_S), self._rings)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _rings(self) -> None:
        self._at = math.inf
        self._ring(time.monotonic())


class Worker:
    def __init__(
        self,
        sockets: list[socket.socket],
        listeners: list[socket.socket],
        addresses: list[tuple[str, int]],
        out: asyncio.StreamWriter,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._sockets = sockets
        self._listeners = listeners
        self._out = out
        self._control = out.get_extra_info("socket").fileno()
        self._plane = Plane()
        self._forwarder = Forwarder(self._plane, addresses, self._emit)
        self._closed = False
        self._going_on = False
        self._plane_alarm = Alarm(self._tick_plane)
        self._forwarder_alarm = Alarm(self._tick_forwarder)

    def start(self) -> None:
        for sock in self._sockets:
            self._plane.add_socket(sock)
        for listener in self._listeners:
            self._plane.add_listener(listener)
        self._watch()
        self._arm()

    def close(self) -> None:
        self._closed = True
        self._plane_alarm.stop()
        self._forwarder_alarm.stop()
        self._unwatch()
        self._forwarder.close()
        self._plane.close()

    def request(self, message: Mapping[str, Any]) -> None:
        try:
            answer = {"id": message["id"], "result": self._do(message)}
        except Refusal as refusal:
            answer = {"id": message["id"], "refusal": [refusal.code, refusal.message]}
        except Exception:
            log.exception("request failed")
            answer = {"id": message["id"], "refusal": ["media_unavailable", "The media worker failed at this."]}
        self._out.write(wire.line(answer))
        self._arm()

    def _do(self, message: Mapping[str, Any]) -> object:
        now = time.monotonic()
        match message["do"]:
            case "answer":
                return wire.answer_out(self._forwarder.answer(wire.offer_in(message["offer"]), now))
            case "remove":
                self._forwarder.remove(message["peer"])
            case "assign":
                self._forwarder.assign(message["peer"], wire.slots_in(message["slots"]), now)
            case "tap":
                self._forwarder.tap(message["track"], message["path"], message["tag"], now)
            case "request_keyframe":
                self._forwarder.request_keyframe(message["track"], now)
            case "counters":
                return self._forwarder.counters()
            case "beat":
                pass
            case other:
                raise ValueError(f"no such request: {other}")
        return None

    def _emit(self, event: MediaEvent) -> None:
        self._out.write(wire.line(wire.event_out(event)))

    def _watch(self) -> None:
        for sock in self._sockets:
            self._loop.add_reader(sock.fileno(), self._readable, sock)
        if self._listeners:
            self._loop.add_reader(self._plane.connections_fd, self._connections)

    def _unwatch(self) -> None:
        for sock in self._sockets:
            self._loop.remove_reader(sock.fileno())
        if self._listeners:
            self._loop.remove_reader(self._plane.connections_fd)

    def _readable(self, sock: socket.socket) -> None:
        self._plane.on_readable(sock, time.monotonic())
        self._after()
        self._rest()

    def _connections(self) -> None:
        self._plane.on_connections(time.monotonic())
        self._after()
        self._rest()

    def _rest(self) -> None:
        if self._plane.quiet:
            self._unwatch()
            self._loop.call_later(SETTLE_S, self._doze)

    def _doze(self) -> None:
        """While nobody sends, the event loop sleeps in the plane, which answers consent without it."""
        if self._closed:
            return
        until = min(time.monotonic() + DOZE_S, self._forwarder.due)
        self._plane.doze(self._control, until)
        self._after()
        if self._plane.quiet:
            self._loop.call_later(SETTLE_S, self._doze)
        else:
            self._watch()

    def _go_on(self) -> None:
        self._going_on = False
        if not self._closed:
            self._plane.go_on(time.monotonic())
            self._after()

    def _tick_plane(self, now: float) -> None:
        self._plane.on_timer(now)
        self._after()

    def _tick_forwarder(self, now: float) -> None:
        try:
            self._forwarder.tick(now)
        finally:
            self._arm()

    def _after(self) -> None:
        """What the plane has for Python. What fails at one datagram or event is no reason to lose the others, or the
        timer."""
        if self._plane.has_news:
            now = time.monotonic()
            for datagram in self._plane.datagrams():
                try:
                    self._forwarder.on_datagram(datagram, now)
                except Exception:
                    log.exception("a datagram failed")
            for event in self._plane.events():
                try:
                    self._forwarder.on_event(event, now)
                except Exception:
                    log.exception("an event failed")
            self._forwarder_alarm.set(self._forwarder.due)
        if self._plane.unfinished and not self._going_on:
            self._going_on = True
            self._loop.call_soon(self._go_on)
        self._plane_alarm.set(self._plane.due)

    def _arm(self) -> None:
        """Sets the alarms for what is to be done next."""
        self._plane_alarm.set(self._plane.due)
        self._forwarder_alarm.set(self._forwarder.due)


async def serve(fd: int) -> None:
    reader, writer = await asyncio.open_unix_connection(sock=socket.socket(fileno=fd), limit=wire.LINE_LIMIT)
    if not (begin := await reader.readline()):
        return  # it was never needed
    start = json.loads(begin)
    sockets, listeners = ([socket.socket(fileno=number) for number in start[name]] for name in ("sockets", "listeners"))
    worker = Worker(sockets, listeners, [(host, port) for host, port in start["addresses"]], writer)
    worker.start()
    gc.collect()
    gc.freeze()
    writer.write(wire.line({"event": "Ready"}))
    try:
        while text := await reader.readline():
            worker.request(json.loads(text))
    except ConnectionError:
        pass
    finally:
        worker.close()


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # to the whole group: it is for the server, whose end then closes
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < DESCRIPTORS:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(DESCRIPTORS, hard), hard))
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        import uvloop

        uvloop.run(serve(int(sys.argv[1])))
    finally:
        os._exit(0)  # nothing may keep a worker alive whose server has gone


if __name__ == "__main__":
    main()
