"""A peer's process: started with its output in a file, ended by its id."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.bench.systems import Skipped

START_S = 20.0
STOP_S = 10.0


class Child:
    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=log.parent,
            )

    def listening(self, host: str, port: int) -> None:
        """Waits until it accepts connections there. Raises Skipped with the end of what it said."""
        until = time.monotonic() + START_S
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection((host, port), 1):
                return
            time.sleep(0.1)
        raise Skipped(f"it did not start: {self.log.read_text(errors='replace')[-300:]!r}")

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Peer:
    """What servers of one child process share; `start` sets both."""

    _child: Child | None = None
    _access: Mapping[str, Any] = MappingProxyType({})

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()

    @property
    def pids(self) -> Sequence[int]:
        assert self._child is not None
        return [self._child.process.pid]

    @property
    def access(self) -> Mapping[str, Any]:
        return self._access
