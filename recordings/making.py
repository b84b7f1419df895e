"""Makes a file of a recording: reads one order from standard input, writes lines of JSON to standard output.

A process of its own (`python -m recordings.making`), for encoding takes hours of a core and may be killed at any time.
`{"aac": [directory, stretch]}` or `{"render": …}`, as `rendering.Order`. It says `{"share"}` as it goes on, and at last
`{"done": true}` or `{"fault"}`: `disk_short`, `damaged`.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

import av

from recordings.aac import make
from recordings.files import Floor, is_full
from recordings.rendering import Order, Part, render

MEMORY_BYTES = 3 << 30
NICE = 15
"""Lessons go first."""
TELL_EVERY_S = 0.5


class Teller:
    def __init__(self) -> None:
        self._told_s = 0.0

    def __call__(self, share: float) -> None:
        now_s = time.monotonic()
        if now_s - self._told_s >= TELL_EVERY_S:
            self._told_s = now_s
            say(share=round(share, 4))


def say(**what: object) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201 - it is how the server hears of it


def main() -> None:
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    order = json.loads(sys.stdin.readline())
    floor, told = Floor(**order.get("floor", {})), Teller()
    try:
        if "aac" in order:
            directory, stretch = order["aac"]
            make(Path(directory), stretch, floor, told)
        else:
            wanted = order["render"]
            render(Order(**wanted | {"parts": [Part(**one) for one in wanted["parts"]]}), floor, told)
    except (OSError, ValueError, av.FFmpegError) as fault:
        print(f"{type(fault).__name__}: {fault}", file=sys.stderr)  # noqa: T201
        say(fault="disk_short" if is_full(fault) else "damaged")
    else:
        say(done=True)


if __name__ == "__main__":
    main()
