"""From the plane's tap ring to the recorder's Unix socket, without ever waiting: what the socket does not take stays
in the ring, and what the ring cannot hold becomes a marked gap."""

from __future__ import annotations

import asyncio
import logging
import socket

from media.plane import Plane

PUMP_S = 0.02

log = logging.getLogger(__name__)


class Pump:
    """Feeds one recorder at a time: a tap to another socket takes the place of the former."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._socket: socket.socket | None = None
        self._rest = b""
        self._timer: asyncio.TimerHandle | None = None
        self.path = ""

    def connect(self, path: str) -> bool:
        """Whether the recorder listens there. A Unix socket connects at once or not at all."""
        if path == self.path and self._socket is not None:
            return True
        self.close()
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.setblocking(False)
        try:
            sock.connect(path)
        except OSError as error:
            log.warning("no recorder listens: %s", error.strerror)
            sock.close()
            return False
        self._socket, self.path = sock, path
        self._turn()
        return True

    def _turn(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(PUMP_S, self._turn)
        if not self.pump():
            self.close()

    def pump(self) -> bool:
        """Moves what there is; False when the recorder has gone."""
        while self._socket is not None:
            if not self._rest:
                self._rest = self._plane.read_tap()
            if not self._rest:
                return True
            try:
                sent = self._socket.send(self._rest)
            except BlockingIOError:
                return True
            except OSError:
                return False
            self._rest = self._rest[sent:]
        return True

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._rest = b""
        self.path = ""
