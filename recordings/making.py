"""Makes files of a recording in its working folder: reads one order from standard input, writes lines of JSON to
standard output.

A process of its own (`python -m recordings.making`), for encoding takes hours of a core and may be killed at any time;
and confined (`sandbox.py`), for it decodes what publishers sent: it reads the folders that its order names, and nothing
else. `{"aac": stretch}`, `{"stills": [stretch, codec]}` or `{"render": …}`, as `rendering.Order`. It says `{"share"}`
as it goes on, and at last `{"done": true}` or `{"fault"}`: `disk_short`, `damaged`.

All imports are at the top: once confined, this process may not read what Python is installed in.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import av
import av.subtitles.stream

from recordings import aac, stills
from recordings.files import Floor, is_full
from recordings.rendering import Order, Part, render
from recordings.sandbox import Limits, confine

TIME_S = 12 * 3600
LIMITS = Limits(memory_bytes=3 << 30, cpu_s=4 * TIME_S, file_bytes=1 << 40, idle_s=TIME_S, wall_s=TIME_S)
NICER = 5
"""Than others in a sandbox: lessons go first."""
TELL_EVERY_S = 0.5
HERE = Path()
MADE = "made.mp4"
MOST_SLIDES = 100
"""Folders of slides that an order names at most: all are held open, and a sandbox has few files."""


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


def held(directory: str) -> str:
    """The same folder by a name that needs no right to those above it."""
    return f"/proc/self/fd/{os.open(directory, os.O_RDONLY | os.O_DIRECTORY)}"


def work(order: dict[str, Any], floor: Floor, told: Teller) -> None:
    if "aac" in order:
        aac.make(Path(order["aac"]), HERE, floor, told)
    elif "stills" in order:
        stretch, codec = order["stills"]
        stills.make(Path(stretch), HERE, codec, floor, told)
    else:
        wanted = order["render"]
        render(Order(**wanted | {"parts": [Part(**one) for one in wanted["parts"]]}), floor, told)


def opened(order: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The order with its folders held open, and these. Raises OSError."""
    if "aac" in order:
        name = held(order["aac"])
        return {"aac": name}, [name]
    if "stills" in order:
        name = held(order["stills"][0])
        return {"stills": [name, order["stills"][1]]}, [name]
    parts = [
        {
            **one,
            "directory": held(one["directory"]),
            "slides": {courseware: held(folder) for courseware, folder in one["slides"].items()},
        }
        for one in order["render"]["parts"]
    ]
    font = Path(order["render"]["font"])
    fonts = held(str(font.parent))
    reads = [folder for one in parts for folder in (one["directory"], *one["slides"].values())]
    return {"render": {**order["render"], "parts": parts, "font": f"{fonts}/{font.name}"}}, [*reads, fonts]


def main() -> None:
    os.nice(NICER)
    given = json.loads(sys.stdin.readline())
    try:
        order, reads = opened(given)
        confine(LIMITS, reads)
        work(order, Floor(**given.get("floor", {})), Teller())
    except (OSError, ValueError, av.FFmpegError) as fault:
        print(f"{type(fault).__name__}: {fault}", file=sys.stderr)  # noqa: T201
        say(fault="disk_short" if is_full(fault) else "damaged")
    else:
        say(done=True)


if __name__ == "__main__":
    main()
