"""The load's process, as the one that measures sees it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

ANSWER_S = 120.0


class Failed(Exception):
    """The load could not do what it was asked to."""


class Load:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, do: str, **values: Any) -> dict[str, Any]:
        """Raises Failed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps({"do": do, **values}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Failed(f"{do}: the load's process ended")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise Failed(f"{do}: {answer['error']}")
        return answer


@contextlib.contextmanager
def running(core: int, prefix: Sequence[str] = ()) -> Iterator[Load]:
    """`prefix` is the command that puts it into a network namespace."""
    process = subprocess.Popen(
        [*prefix, sys.executable, "-m", "tests.bench.load", str(core)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Load(process)
    finally:
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()
