"""The command, in a process that is forked from one which has imported it: most of what a start costs are its imports.
What runs is the same; `test_cli` and the demo start it as a shell does."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["web.server.cli", "web.server.serve"])


class Command:
    """`tongke` with these arguments, its output appended to a file (that of errors, where there is one, to another); of
    `subprocess.Popen` what tests use."""

    def __init__(
        self,
        arguments: Sequence[str],
        out: Path,
        *,
        errors: Path | None = None,
        given: Path = Path(os.devnull),
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        streams = (given, out, errors or out)
        self._process = FORKS.Process(target=_run, args=([*map(str, arguments)], streams, dict(environment)))
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    returncode = property(poll)

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("tongke", timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _run(arguments: Sequence[str], streams: tuple[Path, Path, Path], environment: Mapping[str, str]) -> None:
    from web.server.cli import main

    os.setsid()
    for number, (path, mode) in enumerate(zip(streams, ("rb", "ab", "ab"), strict=True)):
        with path.open(mode) as stream:
            os.dup2(stream.fileno(), number)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["tongke", *arguments]
    main()
