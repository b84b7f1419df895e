"""What a broadcast costs: a teacher's strokes to 1,000 tablets, and the same by Node's Socket.IO in the same run.

The server has a core for itself, the clients (the same ones for both) the other. `cpu_us_per_recipient` is the
server's user and system time, with all that it does besides (Tongke commits each stroke to the journal), divided by the
messages that arrived; `delay_ms_p99` is from the teacher's sending to a tablet's reading, the clients' time included.
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
STROKES_S = 10.0  # the strokes' rate
WINDOW_S = 10.0
PAGE = "page-1"
POINTS = [number for n in range(30) for number in (100 + 7.5 * n, 200 + 3.5 * n, 0.55, 16 * n)]
STROKE = re.compile(r'"stroke":"([\w-]+)"')


def run() -> Iterator[dict[str, Any]]:
    count = int(bench_forward.seconds("TABLETS", TABLETS))
    skipped = prepared()
    with tempfile.TemporaryDirectory() as folder, network.joined() as net:
        for tls in (False, True):
            home = Path(folder) / ("tls" if tls else "plain")
            home.mkdir()
            yield {"system": "tongke", **tongke(home, net, count, tls=tls), "network": net.name}
            if skipped:
                yield {"system": "socketio-node", "tls": tls, "skipped": skipped}
            else:
                yield {"system": "socketio-node", **node(home, net, count, tls=tls), "network": net.name}


def prepared() -> str:
    """Gets what the peer is made of, while there is a network; else says why it could not."""
    try:
        socketio_node.prepare()
    except Skipped as skipped:
        return str(skipped)
    return ""


def tongke(folder: Path, net: Network, count: int, *, tls: bool) -> dict[str, Any]:
    async def measured() -> dict[str, Any]:
        assert server.process is not None
        pid = server.process.pid
        before_kb = rss_kb(pid)
        base = f"{server.scheme}://{net.server}:{server.port}"
        async with (
            connected(Settings(data=server.data)) as control,
            gathered(control, base, count, server.trust) as crowd,
        ):
            await crowd.teacher.command("page.add", {"page": PAGE})
            return {"tls": tls, **await figures(pid, crowd.teacher, crowd.tablets, before_kb)}

    with (
        cores.on(cores.SERVER),
        serving(folder / "data", options=serving_at(net.server, tls=tls), tls=tls) as server,
        cores.on(cores.load()),
        net.at_load(),
    ):
        return uvloop.run(measured())


def node(folder: Path, net: Network, count: int, *, tls: bool) -> dict[str, Any]:
    """By TLS it has Tongke's own certificate, so both do the same work."""
    certificate = tuple(folder / "data" / "tls" / f"server.{ending}" for ending in ("crt", "key")) if tls else ()

    async def measured() -> dict[str, Any]:
        before_kb = rss_kb(server.pid)
        trust = ssl.create_default_context(cafile=str(folder / "data" / "tls" / "ca.crt")) if tls else True
        base = f"{'https' if tls else 'http'}://{net.server}:{server.port}"
        async with at(base, count, trust) as (teacher, *tablets):
            return {"tls": tls, **await figures(server.pid, teacher, tablets, before_kb)}

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


async def figures(pid: int, teacher: Tablet, tablets: Sequence[Tablet], before_kb: int) -> dict[str, Any]:
    sent: dict[str, float] = {}
    delays: list[float] = []

    def heard(name: str, content: str) -> None:
        if name == "events" and (found := STROKE.search(content)):
            delays.append(time.monotonic() - sent[found[1]])

    for tablet in tablets:
        tablet.heard = heard
    each_kb = (rss_kb(pid) - before_kb) / len(tablets)
    strokes = round(bench_forward.seconds("SECONDS", WINDOW_S) * STROKES_S)
    spent_ns, began = cpu_ns(pid), time.monotonic()
    for number in range(strokes):
        await asyncio.sleep(max(0.0, began + number / STROKES_S - time.monotonic()))
        stroke = str(uuid4())
        sent[stroke] = time.monotonic()
        await teacher.command("stroke.add", drawn(stroke))
    await asyncio.sleep(1)
    lasted, spent_ns = time.monotonic() - began, cpu_ns(pid) - spent_ns
    cuts = quantiles(delays, n=100)
    return {
        "recipients": len(tablets),
        "messages_per_s": round(len(delays) / lasted),
        "lost": strokes * len(tablets) - len(delays),
        "cpu_us_per_recipient": round(spent_ns / 1000 / len(delays), 2),
        "core_share": round(spent_ns / 1e9 / lasted, 3),
        "delay_ms_p50": round(cuts[49] * 1000, 1),
        "delay_ms_p99": round(cuts[98] * 1000, 1),
        "rss_kb_per_client": round(each_kb, 1),
    }


def drawn(stroke: str) -> dict[str, Any]:
    """Thirty points, about what a finger draws in half a second."""
    return {
        "stroke": stroke,
        "page": PAGE,
        "tool": "pen",
        "color": "#1e2430",
        "width": 4,
        "began": 0,
        "points": POINTS,
    }
