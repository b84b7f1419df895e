"""A vote of the largest lesson: 1,200 tablets answer within a second, each answer on disk before it is acknowledged.

The server has a core for itself; the tablets have the other, and PostgreSQL where that is the database. `again` is a
second vote in which 5 % of the tablets send their answer twice and 5 % lose the line at that moment. Then a question of
each type is answered so, with the chart of it open on three screens (the lead's, a local teacher's, an observer's).
TONGKE_BENCH_TABLETS shortens a run.
"""

from __future__ import annotations

import contextlib
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles
from typing import Any

import uvloop

from tests.bench import bench_forward, cores, network
from tests.bench.load.processes import cpu_ns, rss_kb
from tests.bench.network import serving_at
from tests.bench.systems import Skipped
from tests.postgres import Postgres, binaries
from tests.processes import Server, serving
from web.server.control import connected
from web.server.crowd import Crowd, gathered
from web.server.settings import Settings

TABLETS = 1200
WITHIN_S = 1.0
SHARE = 0.05


def run() -> Iterator[dict[str, Any]]:
    tablets = int(bench_forward.seconds("TABLETS", TABLETS))
    for database, tls in (("sqlite", False), ("sqlite", True), ("postgresql", False)):
        try:
            for line in at(database, tablets, tls=tls):
                yield {"database": database, **line}
        except Skipped as skipped:
            yield {"database": database, "skipped": str(skipped)}


def at(database: str, tablets: int, *, tls: bool) -> Iterator[dict[str, Any]]:
    """Raises Skipped."""
    with (
        tempfile.TemporaryDirectory() as folder,
        network.joined() as net,
        running(database) as options,
        cores.on(cores.SERVER),
        serving(Path(folder) / "data", options=[*serving_at(net.server, tls=tls), *options], tls=tls) as server,
        cores.on(cores.load()),
        net.at_load(),
    ):
        for line in uvloop.run(measured(server, net.server, tablets)):
            yield {**line, "network": net.name}


@contextlib.contextmanager
def running(database: str) -> Iterator[list[str]]:
    """The server's options for it. Raises Skipped."""
    if database == "sqlite":
        yield []
        return
    programs = binaries()
    if programs is None:
        raise Skipped("PostgreSQL is not installed (Debian package: postgresql)")
    with cores.on(cores.load()):
        postgres = Postgres(programs, durable=True)
    try:
        yield ["--database", postgres.new_database()]
    finally:
        postgres.stop()


async def measured(server: Server, host: str, tablets: int) -> list[dict[str, Any]]:
    assert server.process is not None
    pid, lines = server.process.pid, []
    async with connected(Settings(data=server.data)) as control:
        before_kb = rss_kb(pid)
        base = f"{server.scheme}://{host}:{server.port}"
        async with gathered(control, base, tablets, server.trust) as crowd:
            each_kb = (rss_kb(pid) - before_kb) / tablets
            for again in (0.0, SHARE):
                line = await figures(crowd, pid, again)
                lines.append({**line, "tls": server.tls, "rss_kb_per_client": round(each_kb, 1)})
    return lines


async def figures(crowd: Crowd, pid: int, share: float) -> dict[str, Any]:
    spent_ns = cpu_ns(pid)
    vote = await crowd.vote(WITHIN_S, random.Random(1), again=share, away=share)
    spent_ns = cpu_ns(pid) - spent_ns
    cuts = quantiles(vote.acknowledged_s, n=100)
    return {
        "tablets": len(crowd.tablets),
        "window_s": WITHIN_S,
        "again": share,
        "ack_ms_p50": round(cuts[49] * 1000),
        "ack_ms_p99": round(cuts[98] * 1000),
        "tally_ms": round(vote.chart_s * 1000),
        "lost": vote.lost,
        "duplicated": vote.doubled,
        "cpu_us_per_answer": round(spent_ns / 1000 / len(crowd.tablets)),
    }
