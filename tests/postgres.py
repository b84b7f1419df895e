"""A real PostgreSQL for the tests: the machine's binaries, a directory in /tmp, a Unix socket and a free port."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from tests.processes import free_port

ACCOUNT = "postgres"
START_S = 30.0


def binaries() -> Path | None:
    """Where `initdb` and `postgres` are; Debian keeps them out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda one: float(one.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    return Path(on_path).parent if on_path else None


class Postgres:
    """A server that lives as long as the test run. Its superuser is trusted; it listens on loopback only. Unless it is
    `durable`, a commit does not wait for the disk."""

    def __init__(self, programs: Path, *, durable: bool = False, buffers_mb: int = 16) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="tongke-pg-", dir="/tmp"))
        as_user: list[str] = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            user = pwd.getpwnam(ACCOUNT)
            os.chown(self.directory, user.pw_uid, user.pw_gid)
            as_user = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        self.port = free_port()
        data = self.directory / "data"
        prefix = ["setpriv", "--pdeathsig", "INT", *as_user]
        self._log = (self.directory / "log").open("wb")
        subprocess.run(
            [*prefix, programs / "initdb", "-D", data, "-U", ACCOUNT, "-A", "trust", "-E", "UTF8", "--no-sync",
             "--locale=C"],
            check=True, stdout=self._log, stderr=self._log, cwd=self.directory,
        )  # fmt: skip
        self._arguments = [
            *prefix, programs / "postgres", "-D", data, "-k", self.directory, "-h", "127.0.0.1", "-p", str(self.port),
            "-c", f"fsync={'on' if durable else 'off'}", "-c", f"shared_buffers={buffers_mb}MB",
            "-c", "max_connections=60",
        ]  # fmt: skip
        self._numbers = itertools.count(1)
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._arguments, stdout=self._log, stderr=self._log, cwd=self.directory)
        self._wait()

    def crash(self) -> None:
        """Every process of it ends at once; what was committed is there at the next `start`."""
        self._tell_all(signal.SIGKILL)
        self._process.wait()

    def hold(self) -> None:
        """It answers nothing until `go_on`."""
        self._tell_all(signal.SIGSTOP)

    def go_on(self) -> None:
        self._tell_all(signal.SIGCONT)

    def _tell_all(self, number: int) -> None:
        self._process.send_signal(number)
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        for child in map(int, children.split()):  # each leads a session of its own
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, number)

    def _url(self, database: str) -> str:
        return f"postgresql://{ACCOUNT}@127.0.0.1:{self.port}/{database}"

    def _wait(self) -> None:
        until = time.monotonic() + START_S
        while True:
            try:
                psycopg.connect(self._url("postgres")).close()
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError((self.directory / "log").read_text()) from None
                time.sleep(0.05)
            else:
                return

    def new_database(self, like: str = "template1") -> str:
        """The URL of a database that is empty, or as that one, to which nobody may be connected."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        return self._url(name)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        shutil.rmtree(self.directory, ignore_errors=True)
