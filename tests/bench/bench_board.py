"""Thirty who write at once on one board, and two hundred who watch them; then forty on pages of their own, of 1,200.

Each draws a stroke, pauses and draws the next, as docs/protocol.md has it: growing ink as often as a page tells it,
then the finished stroke. The server has a core for itself, the tablets the other. `core_share` is the server's user and
system time with all that it does besides; `ink_ms_*` is from the drawing of a point to a watcher's reading of it,
`strokes_ms_*` the same of finished strokes, the clients' time included. One watcher in twenty looks into what it gets;
`lost` are strokes that it missed, `frames_s` is what came to it. On pages of their own (`own`) the teacher alone
watches, the other tablets get nothing (`frames_of_others`), and a page tells of its ink less often.
TONGKE_BENCH_SECONDS and TONGKE_BENCH_TABLETS shorten a run.
"""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any
from uuid import uuid4

import uvloop

from signaling.relay import QUICK_S
from tests.bench import bench_forward, cores, network
from tests.bench.load.processes import cpu_ns
from tests.bench.network import Network, serving_at
from tests.processes import serving
from web.server.control import connected
from web.server.crowd import Crowd, gathered
from web.server.settings import Settings
from web.server.tablets import Tablet

WRITERS = 30
WATCHERS = 200
WINDOW_S = 20.0
STROKE_S, PAUSE_S = 0.8, 0.4
A_POINT_S = 0.01
LOOK = 20
PAGE = "page-1"
OWN_WRITERS = 40
TABLETS = 1200
TELL_OWN_S = 0.2


@dataclass(slots=True)
class Watch:
    """What one watcher saw. A point says in its third number when it was drawn, in milliseconds since `began`."""

    began: float
    ink_s: list[float] = field(default_factory=list)
    strokes_s: list[float] = field(default_factory=list)
    frames: int = 0

    def heard(self, name: str, content: str) -> None:
        now = time.monotonic() - self.began
        self.frames += 1
        said = json.loads(content)
        if name == "signal":
            for one in said if isinstance(said, list) else [said]:
                if one["kind"] == "ink":
                    self.ink_s += [now - ms / 1000 for ms in one["data"]["points"][3::4]]
        elif name == "events":
            self.strokes_s += [now - one["data"]["points"][-1] / 1000 for one in said if one["kind"] == "stroke.added"]


@dataclass(slots=True)
class Pace:
    """How often a writer tells of what it writes."""

    tell_s: float = QUICK_S

    def heard(self, name: str, content: str) -> None:
        if name == "signal" and content.startswith('{"kind":"pace"'):
            self.tell_s = max(self.tell_s, json.loads(content)["data"]["ms"] / 1000)


def run() -> Iterator[dict[str, Any]]:
    for own, tls in ((False, False), (False, True), (True, False)):
        with tempfile.TemporaryDirectory() as folder, network.joined() as net:
            yield {"own": own, **measured(Path(folder), net, own=own, tls=tls), "network": net.name}


def measured(folder: Path, net: Network, *, own: bool, tls: bool) -> dict[str, Any]:
    count = int(bench_forward.seconds("TABLETS", TABLETS)) if own else WRITERS - 1 + WATCHERS

    async def at() -> dict[str, Any]:
        assert server.process is not None
        base = f"{server.scheme}://{net.server}:{server.port}"
        async with (
            connected(Settings(data=server.data)) as control,
            gathered(control, base, count, server.trust) as crowd,
        ):
            if own:
                return {"tls": tls, **await on_their_own(server.process.pid, crowd)}
            await crowd.teacher.command("page.add", {"page": PAGE})
            await crowd.teacher.command("page.show", {"page": PAGE})
            await crowd.teacher.command("pen.give", {"everyone": True})
            writers, watchers = [crowd.teacher, *crowd.tablets[: WRITERS - 1]], crowd.tablets[WRITERS - 1 :]
            return {"tls": tls, **await figures(server.process.pid, writers, watchers)}

    with (
        cores.on(cores.SERVER),
        serving(folder / "data", options=serving_at(net.server, tls=tls), tls=tls) as server,
        cores.on(cores.load()),
        net.at_load(),
    ):
        return uvloop.run(at())


async def on_their_own(pid: int, crowd: Crowd) -> dict[str, Any]:
    await crowd.teacher.command("handout.give", {"handout": "h", "page": "1", "to": "students"})
    writers, others = crowd.tablets[:OWN_WRITERS], crowd.tablets[OWN_WRITERS:]
    silent = Watch(time.monotonic())
    others[0].heard = silent.heard
    pages = [f"h-{tablet.participant}" for tablet in writers]
    measured = await figures(pid, writers, [crowd.teacher], pages, TELL_OWN_S)
    return {**measured, "tablets": len(crowd.tablets), "frames_of_others": silent.frames}


async def figures(
    pid: int, writers: Sequence[Tablet], watchers: Sequence[Tablet], pages: Sequence[str] = (), tell_s: float = QUICK_S
) -> dict[str, Any]:
    """`pages`: of each writer, where it is not the class's."""
    began = time.monotonic()
    watches = [Watch(began) for _ in watchers[::LOOK]]
    for tablet, watch in zip(watchers[::LOOK], watches, strict=True):
        tablet.heard = watch.heard
    paces = [Pace(tell_s) for _ in writers]
    for tablet, pace in zip(writers, paces, strict=True):
        tablet.heard = pace.heard
    lasts_s = bench_forward.seconds("SECONDS", WINDOW_S)
    spent_ns, since = cpu_ns(pid), time.monotonic()
    told = await asyncio.gather(
        *(
            write(one, page, pace, began, lasts_s, random.Random(n))
            for n, (one, page, pace) in enumerate(zip(writers, pages or [PAGE] * len(writers), paces, strict=True))
        )
    )
    await asyncio.sleep(0.5)
    lasted_s, spent_ns = time.monotonic() - since, cpu_ns(pid) - spent_ns
    signals, strokes = (sum(counts) for counts in zip(*told, strict=True))
    ink = quantiles([delay for watch in watches for delay in watch.ink_s], n=100)
    finished = quantiles([delay for watch in watches for delay in watch.strokes_s], n=100)
    return {
        "writers": len(writers),
        "watchers": len(watchers),
        "signals_s": round(signals / lasted_s),
        "strokes_s": round(strokes / lasted_s, 1),
        "core_share": round(spent_ns / 1e9 / lasted_s, 3),
        "frames_s": round(watches[0].frames / lasted_s),
        "lost": sum(strokes - len(watch.strokes_s) for watch in watches),
        **{f"ink_ms_p{cut}": round(ink[cut - 1] * 1000, 1) for cut in (50, 95, 99)},
        **{f"strokes_ms_p{cut}": round(finished[cut - 1] * 1000, 1) for cut in (50, 99)},
    }


async def write(
    tablet: Tablet, page: str, pace: Pace, began: float, lasts_s: float, rng: random.Random
) -> tuple[int, int]:
    """How many signals it sent, and how many strokes."""
    signals = strokes = 0
    until = time.monotonic() + lasts_s
    await asyncio.sleep(rng.uniform(0, STROKE_S + PAUSE_S))
    while time.monotonic() < until:
        look = {"stroke": str(uuid4()), "page": page, "tool": "pen", "color": "#1e2430", "width": 4}
        points: list[float] = []
        fresh: list[float] = []
        start, x, y = time.monotonic(), rng.uniform(0, 1500), rng.uniform(0, 800)
        told = start - pace.tell_s  # the first goes at once
        while (now := time.monotonic()) < start + STROKE_S:
            x, y = x + rng.uniform(0, 3), y + rng.uniform(-2, 2)
            fresh += (round(x, 1), round(y, 1), 0.5, round((now - began) * 1000, 1))
            if now - told >= pace.tell_s:
                await tablet.signal("ink", {**look, "points": fresh})
                points, fresh, told, signals = points + fresh, [], now, signals + 1
            await asyncio.sleep(A_POINT_S)
        points += fresh
        points[-1] = round((time.monotonic() - began) * 1000, 1)
        await tablet.command("stroke.add", {**look, "began": 0, "points": points})
        strokes += 1
        await asyncio.sleep(PAUSE_S)
    return signals, strokes
