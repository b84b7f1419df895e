"""How long a file of a recording takes: the lead's picture copied, both microphones mixed and encoded, faststart.

A lesson of four tracks (camera at 1080p and some 5 Mbit/s, courseware, two microphones) is written by the recorder's
own writer. `tongke`: `recordings.making` in its sandbox, as the server has it made. `ffmpeg`: told to do the same with
the same playlists. CPU is all that either spent; `ratio` is ffmpeg's by ours, of CPU, for ours lets lessons go first.

TONGKE_BENCH_MINUTES shortens the lesson.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from recordings import library
from recordings.files import PLAYLIST, LessonFolder
from recordings.making import LIMITS, MADE
from recordings.rendering import Order, Part
from recordings.sandbox import Sandbox
from tests.bench import bench_forward
from tests.processes import ROOT
from tests.recorded import Take, write

MINUTES = 20.0
FONT = ROOT / "web" / "server" / "print" / "font.ttf"
BIT_RATE = "128k"


def run() -> Iterator[dict[str, Any]]:
    minutes = bench_forward.seconds("MINUTES", MINUTES)
    end_ms = round(minutes * 60_000)
    with tempfile.TemporaryDirectory(prefix="tongke-bench-") as place:
        takes = [
            Take("camera", "lead", 0, end_ms, 1920, 1080),
            Take("courseware", "lead", 0, end_ms, 640, 360),
            Take("mic", "lead", 0, end_ms),
            Take("mic", "room", 0, end_ms),
        ]
        folder = write(Path(place) / "lesson", takes)
        ours = made(Path(place), folder)
        theirs = by_ffmpeg(Path(place), folder)
        for name, one in (("tongke", ours), ("ffmpeg", theirs)):
            yield {
                "system": name,
                "minutes": minutes,
                **one,
                "mb_s": round(one["mb"] / one["wall_s"], 1),
                "cpu_s_per_hour": round(one["cpu_s"] * 60 / minutes, 1),
                "ratio": round(theirs["cpu_s"] / one["cpu_s"], 2),
            }


def made(place: Path, folder: LessonFolder) -> dict[str, Any]:
    work = place / "work"
    work.mkdir()
    tracks = [library.track(entry) for entry in folder.entries]
    part = Part(str(folder.directory), tracks, [], [], [(0, "lead")], [])
    order = {"render": asdict(Order(MADE, "lead", "Bench", [part], str(FONT)))}
    return spent(lambda: asyncio.run(asked(work, order)), work / MADE)


async def asked(work: Path, order: dict[str, Any]) -> None:
    with tempfile.TemporaryFile() as given:
        given.write(json.dumps(order).encode() + b"\n")
        given.seek(0)
        said = [json.loads(line) async for line in Sandbox(work, LIMITS).lines(["recordings.making"], given.fileno())]
    assert said[-1] == {"done": True}, said[-1]


def by_ffmpeg(place: Path, folder: LessonFolder) -> dict[str, Any]:
    inputs = [
        str(folder.directory / one.folder / PLAYLIST) for one in folder.entries if one.source in ("camera", "mic")
    ]
    command = ["ffmpeg", "-v", "error", "-allowed_extensions", "ALL"]
    for one in inputs:
        command += ["-i", one]
    command += ["-filter_complex", "[1:a][2:a]amix=inputs=2:normalize=0,alimiter=limit=0.89:level=disabled[a]"]
    command += ["-map", "0:v", "-map", "[a]", "-c:v", "copy", "-c:a", "aac", "-b:a", BIT_RATE]
    out = place / "theirs.mp4"
    command += ["-movflags", "+faststart", str(out)]
    return spent(lambda: subprocess.run(command, check=True), out)


def spent(work: Callable[[], object], out: Path) -> dict[str, Any]:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    work()
    wall_s, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"mb": round(out.stat().st_size / 1e6), "wall_s": round(wall_s, 1), "cpu_s": round(cpu_s, 1)}
