"""What a broadcast costs: what a teacher draws to 1,000 tablets, and the same by Node's Socket.IO in the same run.

`what` is `ink`, growing, which is passed on and forgotten, or `strokes`, finished and acknowledged: Tongke's are on
disk by then, Node's nowhere. The server has a core for itself, the clients (the same ones for both) the other.
`cpu_us_per_recipient` is the server's user and system time, with all that it does besides, divided by the messages that
arrived; `delay_ms_p99` is from the teacher's sending to a tablet's reading, the clients' time included.
TONGKE_BENCH_TABLETS and TONGKE_BENCH_SECONDS shorten a run.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from statistics import quantiles
from typing import Any
from uuid import uuid4

import aiohttp
import uvloop

from tests.bench import bench_forward, cores, network
from tests.bench.load.processes import cpu_ns, rss_kb
from tests.bench.network import Network, serving_at
from tests.bench.systems import Skipped, socketio_node
from tests.processes import serving
from web.server.control import connected
from web.server.crowd import gathered, some_at_a_time
from web.server.settings import Settings
from web.server.tablets import Tablet

TABLETS = 1000
WHAT = ("ink", "strokes")
RATE = 10.0  # messages a second
WINDOW_S = 10.0
PAGE = "page-1"
# Thirty points, about what a finger draws in half a second.
POINTS = [number for n in range(30) for number in (100 + 7.5 * n, 200 + 3.5 * n, 0.55, 16 * n)]
INK = {"page": PAGE, "color": "#1e2430", "width": 4, "points": POINTS}
STROKE = re.compile(r'"stroke":"([\w-]+)"')


def run() -> Iterator[dict[str, Any]]:
    count = int(bench_forward.seconds("TABLETS", TABLETS))
    skipped = prepared()
    with tempfile.TemporaryDirectory() as folder, network.joined() as net:
        for tls in (False, True):
            home = Path(folder) / ("tls" if tls else "plain")
            home.mkdir()
            for line in tongke(home, net, count, tls=tls):
                yield {"system": "tongke", **line, "network": net.name}
            if skipped:
                yield {"system": "socketio-node", "tls": tls, "skipped": skipped}
                continue
            for line in node(home, net, count, tls=tls):
                yield {"system": "socketio-node", **line, "network": net.name}


def prepared() -> str:
    """Gets what the peer is made of, while there is a network; else says why it could not."""
    try:
        socketio_node.prepare()
    except Skipped as skipped:
        return str(skipped)
    return ""


def tongke(folder: Path, net: Network, count: int, *, tls: bool) -> list[dict[str, Any]]:
    async def measured() -> list[dict[str, Any]]:
        assert server.process is not None
        pid = server.process.pid
        before_kb = rss_kb(pid)
        base = f"{server.scheme}://{net.server}:{server.port}"
        async with (
            connected(Settings(data=server.data)) as control,
            gathered(control, base, count, server.trust) as crowd,
        ):
            await crowd.teacher.command("page.add", {"page": PAGE})
            each_kb = (rss_kb(pid) - before_kb) / count
            return [{"tls": tls, **await figures(pid, what, crowd.teacher, crowd.tablets, each_kb)} for what in WHAT]

    with (
        cores.on(cores.SERVER),
        serving(folder / "data", options=serving_at(net.server, tls=tls), tls=tls) as server,
        cores.on(cores.load()),
        net.at_load(),
    ):
        return uvloop.run(measured())


def node(folder: Path, net: Network, count: int, *, tls: bool) -> list[dict[str, Any]]:
    """By TLS it has Tongke's own certificate, so both do the same work."""
    certificate = tuple(folder / "data" / "tls" / f"server.{ending}" for ending in ("crt", "key")) if tls else ()

    async def measured() -> list[dict[str, Any]]:
        before_kb = rss_kb(server.pid)
        trust = ssl.create_default_context(cafile=str(folder / "data" / "tls" / "ca.crt")) if tls else True
        base = f"{'https' if tls else 'http'}://{net.server}:{server.port}"
        async with at(base, count, trust) as (teacher, *tablets):
            each_kb = (rss_kb(server.pid) - before_kb) / count
            return [{"tls": tls, **await figures(server.pid, what, teacher, tablets, each_kb)} for what in WHAT]

    with (
        cores.on(cores.SERVER),
        socketio_node.Server(folder, net.server, certificate) as server,
        cores.on(cores.load()),
        net.at_load(),
    ):
        return uvloop.run(measured())


@contextlib.asynccontextmanager
async def at(base: str, count: int, trust: ssl.SSLContext | bool) -> AsyncIterator[list[Tablet]]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, ssl=trust)) as http:
        tablets = [Tablet(http, base, "none") for _ in range(count + 1)]
        await some_at_a_time(tablet.open() for tablet in tablets)
        try:
            yield tablets
        finally:
            await asyncio.gather(*(tablet.close() for tablet in tablets))


async def figures(pid: int, what: str, teacher: Tablet, tablets: Sequence[Tablet], each_kb: float) -> dict[str, Any]:
    sent: dict[str, float] = {}
    delays: list[float] = []

    def heard(_: str, content: str) -> None:
        now = time.monotonic()
        delays.extend(now - sent[stroke] for stroke in STROKE.findall(content))

    for tablet in tablets:
        tablet.heard = heard
    count = round(bench_forward.seconds("SECONDS", WINDOW_S) * RATE)
    spent_ns, began = cpu_ns(pid), time.monotonic()
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))
        stroke = str(uuid4())
        sent[stroke] = time.monotonic()
        if what == "ink":
            await teacher.signal("ink", {"stroke": stroke, **INK})
        else:
            await teacher.command("stroke.add", {"stroke": stroke, "tool": "pen", "began": 0, **INK})
    await asyncio.sleep(1)
    lasted, spent_ns = time.monotonic() - began, cpu_ns(pid) - spent_ns
    cuts = quantiles(delays, n=100)
    return {
        "what": what,
        "recipients": len(tablets),
        "messages_per_s": round(len(delays) / lasted),
        "lost": count * len(tablets) - len(delays),
        "cpu_us_per_recipient": round(spent_ns / 1000 / len(delays), 2),
        "core_share": round(spent_ns / 1e9 / lasted, 3),
        "delay_ms_p50": round(cuts[49] * 1000, 1),
        "delay_ms_p99": round(cuts[98] * 1000, 1),
        "rss_kb_per_client": round(each_kb, 1),
    }
