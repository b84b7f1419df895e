"""How long a server's event loop stands still: its control socket is asked every 20 ms, by a process of its own.

python -m tests.bench.stall SOCKET: for each line of input, the longest that an answer took since the last, in ms. It
has the load's core, but goes before the load, so that what is measured is the server.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from web.server.directory import KEY_HEADER, key_of

EVERY_S = 0.02
ASK = "GET /healthz HTTP/1.1\r\nHost: control\r\n{header}: {key}\r\n\r\n"
BEFORE_OTHERS = -15
ANSWER_S = 60.0


class Probe:
    def __init__(self, data: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.stall", str((data / "control.sock").resolve())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def longest_ms(self) -> float:
        """Since the last time it was asked."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        return float(json.loads(self._process.stdout.readline()))

    def stop(self) -> None:
        self._process.communicate()


@contextlib.contextmanager
def probing(data: Path) -> Iterator[Probe]:
    probe = Probe(data)
    try:
        yield probe
    finally:
        probe.stop()


def main(path: str) -> None:
    with contextlib.suppress(OSError):
        os.nice(BEFORE_OTHERS)
    longest = 0.0
    ask = ASK.format(header=KEY_HEADER, key=key_of(path)).encode()
    with socket.socket(socket.AF_UNIX) as server:
        server.settimeout(ANSWER_S)
        server.connect(path)
        print("ready", flush=True)
        while True:
            began = time.monotonic()
            server.sendall(ask)
            answer = b""
            while b"}" not in answer:
                answer += server.recv(4096)
            took = time.monotonic() - began
            longest = max(longest, took)
            if select.select([sys.stdin], [], [], max(0.0, EVERY_S - took))[0]:
                if not sys.stdin.readline():
                    return
                print(round(longest * 1000, 1), flush=True)
                longest = 0.0


if __name__ == "__main__":
    main(sys.argv[1])
