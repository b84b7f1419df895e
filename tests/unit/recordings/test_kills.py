"""Processes of a real server are killed, or stand still, in the middle of a lesson that a real encoder is sending."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sqlite3
import time
import urllib.request
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import socketio

from recordings.files import Entry, LessonFolder
from tests.bench.bench_record import compared, publishing
from tests.bench.systems.tongke import NAMESPACE, Server
from tests.unit.recordings import played
from tests.unit.recordings.test_with_media import counted
from web.server.demo import clip
from web.server.demo.publisher import Clip

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

LESSONS, MOMENTS = 10, 10
"""A hundred moments altogether, in ten lessons."""
KINDS = ("video", "audio")
STROKE = {
    "page": "1",
    "tool": "pen",
    "color": "#1a1a1a",
    "width": 3,
    "began": 0,
    "points": [1, 1, 0.5, 0, 9, 9, 0.5, 9],
}


class Lesson:
    def __init__(self, server: Server) -> None:
        self.server = server
        self.folder = server.process.data / "recordings" / server.access["lesson"]
        self.acknowledged: list[str] = []

    def entries(self) -> list[Entry]:
        with contextlib.suppress(OSError, ValueError):
            return LessonFolder.load(self.folder).entries
        return []

    def now_ms(self) -> float:
        return time.time() * 1000 - LessonFolder.load(self.folder).epoch_ms

    def grows_since(self, at_ms: float) -> bool:
        """Whether picture and sound are being written again."""
        new = [
            entry
            for entry in self.entries()
            if entry.start_ms >= at_ms and (self.folder / entry.folder / "seg-1.m4s").exists()
        ]
        return {entry.kind for entry in new} == set(KINDS)

    async def write(self) -> None:
        """Strokes, one after another, each sent again until it is acknowledged."""
        while True:
            page = socketio.AsyncClient(reconnection=False, handle_sigint=False)
            with contextlib.suppress(socketio.exceptions.SocketIOError, OSError, TimeoutError):
                auth = {"token": self.server.lead}
                await page.connect(
                    self.server.process.base,
                    auth=auth,
                    namespaces=[NAMESPACE],
                    transports=["websocket"],
                    wait_timeout=2,
                )
                while True:
                    name = f"s{len(self.acknowledged)}"
                    command = {"id": str(uuid.uuid5(uuid.NAMESPACE_OID, name)), "kind": "stroke.add"}
                    answer = await page.call(
                        "command", {**command, "data": {**STROKE, "stroke": name}}, namespace=NAMESPACE, timeout=2
                    )
                    if answer.get("ok"):
                        self.acknowledged.append(name)
                    await asyncio.sleep(0.03)
            with contextlib.suppress(Exception):
                await page.disconnect()
            await asyncio.sleep(0.2)

    def journalled(self) -> list[str]:
        with contextlib.closing(sqlite3.connect(self.server.process.data / "tongke.sqlite")) as database:
            rows = database.execute("SELECT data FROM event WHERE kind = 'stroke.added' ORDER BY seq")
            return [json.loads(data)["stroke"] for (data,) in rows]


def until(condition: Callable[[], bool], most_s: float = 60) -> None:
    deadline = time.monotonic() + most_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip.ensure(tmp_path_factory.mktemp("clip"), width=640, height=360, seconds=4, rate_bps=1_000_000)


@contextlib.contextmanager
def recorded(folder: Path, path: Path) -> Iterator[Lesson]:
    server = Server(recording=True)
    try:
        server.start(folder, "127.0.0.1", 0)
        with publishing(server.process.base, server.access["lesson"], server.access["encoder"], path):
            yield Lesson(server)
    finally:
        server.stop()


@contextlib.asynccontextmanager
async def working(work: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def kill(lesson: Lesson, who: str) -> None:
    server = lesson.server
    if who == "server":
        server.process.kill()
        server.process.start()
    else:
        os.kill(server.children(who)[0], signal.SIGKILL)  # a worker's spare is younger


async def kill_at_random_moments(lesson: Lesson, rng: random.Random) -> list[tuple[str, float]]:
    """Who was killed, and when in ms of the lesson's clock."""
    kills: list[tuple[str, float]] = []
    async with working(lesson.write()):
        for number in range(MOMENTS):
            await asyncio.sleep(rng.uniform(0.5, 4))
            who = ("recordings.recorder", "media.worker", "server")[number % 3]
            kills.append((who, lesson.now_ms()))
            await asyncio.to_thread(kill, lesson, who)
            await asyncio.to_thread(until, lambda: lesson.grows_since(kills[-1][1]))
        await asyncio.sleep(2)
    return kills


@pytest.mark.parametrize("seed", range(LESSONS))
def test_whoever_is_killed_at_whatever_moment_two_seconds_are_lost_at_most(
    tmp_path: Path, path: Path, seed: int
) -> None:
    with recorded(tmp_path, path) as lesson:
        until(lambda: lesson.grows_since(0))
        kills = asyncio.run(kill_at_random_moments(lesson, random.Random(seed)))
        lesson.server.end_lesson()
        until(lambda: all(entry.end_ms is not None for entry in lesson.entries()))
        assert lesson.journalled()[: len(lesson.acknowledged)] == lesson.acknowledged
        entries = lesson.entries()
    length = len(Clip.load(path).pictures)
    for who, at_ms in kills:
        for kind in KINDS:
            before = max((one.end_ms or 0) for one in entries if one.kind == kind and one.start_ms < at_ms)
            assert before >= at_ms - 2_000, (who, kind, at_ms)
    for entry in entries:
        played.probe(lesson.folder / entry.folder)
        if entry.kind == "video":
            numbers = [number for _, number in counted(lesson.folder / entry.folder)]
            assert all(b == ((a or 0) + 1) % length for a, b in pairwise(numbers))


def test_a_recorder_that_stands_still_costs_a_marked_gap_and_holds_up_nobody(tmp_path: Path) -> None:
    """At 20 Mbit/s the ring is full after three seconds. The worker goes on, and all that is left is whole."""
    path = clip.ensure()
    with recorded(tmp_path, path) as lesson:
        until(lambda: lesson.grows_since(0))
        time.sleep(2)
        [pid] = lesson.server.children("recordings.recorder")
        os.kill(pid, signal.SIGSTOP)
        received = []
        for _ in range(8):
            received.append(counter(lesson.server, "tongke_media_packets_received_total"))
            time.sleep(1)
        os.kill(pid, signal.SIGCONT)
        time.sleep(4)
        lesson.server.end_lesson()
        until(lambda: all(entry.end_ms is not None for entry in lesson.entries()))
    assert all(b - a > 1_000 for a, b in pairwise(received))
    video = [entry for entry in lesson.entries() if entry.kind == "video"]
    gaps = [gap for entry in video for gap in entry.gaps]
    assert 2_000 <= sum(end - start for start, end in gaps) <= 8_000
    found = compared(lesson.folder, Clip.load(path))
    missing = sum(end - start for start, end in gaps) * 30 / 1_000
    assert abs(found["lost_frames"] - missing) <= 3
    for entry in lesson.entries():
        played.probe(lesson.folder / entry.folder)


def counter(server: Server, name: str) -> float:
    text = urllib.request.urlopen(f"{server.process.base}/metrics").read().decode()
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(name + " "))
