"""The command, in a process that is forked from one which has imported it: most of what a start costs are its imports.
What runs is the same; `test_cli` and the demo start it as a shell does, and so does who has cores or a network of its
own, as measurements have: a fork would have those of the process that it is of."""

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


def _place() -> tuple[set[int], str]:
    """The cores and the network of this thread."""
    return os.sched_getaffinity(0), str(Path("/proc/thread-self/ns/net").readlink())


HERE = _place()
TONGKE = Path(sys.executable).with_name("tongke")


def started(
    arguments: Sequence[str],
    out: Path,
    *,
    errors: Path | None = None,
    given: Path = Path(os.devnull),
    environment: Mapping[str, str] = os.environ,
) -> Command | subprocess.Popen[bytes]:
    """`tongke` with these arguments, its output appended to a file (that of errors, where there is one, to another)."""
    if _place() == HERE:
        return Command(arguments, out, errors=errors, given=given, environment=environment)
    with given.open("rb") as input_, out.open("ab") as output, (errors or out).open("ab") as faults:
        command = [str(TONGKE), *map(str, arguments)]
        return subprocess.Popen(
            command, stdin=input_, stdout=output, stderr=faults, env=environment, start_new_session=True
        )


class Command:
    """Forked; of `subprocess.Popen` what tests use."""

    def __init__(
        self,
        arguments: Sequence[str],
        out: Path,
        *,
        errors: Path | None,
        given: Path,
        environment: Mapping[str, str],
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
