"""A real Redis for the tests: the machine's program, on loopback and a free port, that keeps nothing."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time

from tests.processes import free_port

START_S = 10.0


class Redis:
    def __init__(self, program: str) -> None:
        self._program = program
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.start()

    def start(self) -> None:
        arguments = ["--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", self._program, *arguments], stdout=subprocess.DEVNULL, cwd="/"
        )
        until = time.monotonic() + START_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port), 1).close()
            except OSError:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError("Redis does not start") from None
                time.sleep(0.02)
            else:
                return

    def hold(self) -> None:
        """It answers nothing until `go_on`."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


def program() -> str | None:
    return shutil.which("redis-server")
