"""All tablets of the largest lesson lose the line at once and come back, while the teacher goes on writing.

`kept` is a page whose line was lost: it has what was before, and gets what it missed. `anew` is a page that was loaded
again: it gets the whole lesson. The server has a core for itself, the tablets the other. `all_back_s` is from the first
try to the last tablet's being in step; `loop_stall_ms` the longest in which the server did not answer `/healthz`;
`refold_s` what it takes to read the lesson from disk and fold it. One in forty of the snapshots that were fetched is
held to what the rules say should be seen. TONGKE_BENCH_TABLETS shortens a run.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import uvloop

from classroom import rules
from classroom.events import Event, Seat
from classroom.journal import Journal
from classroom.store import Store
from signaling.tokens import Claims, Tokens
from tests.bench import bench_forward, cores, network
from tests.bench.largest import Largest, drawn, written
from tests.bench.load.processes import cpu_ns
from tests.bench.network import serving_at
from tests.bench.stall import Probe, probing
from tests.processes import Server, serving
from tests.unit.classroom.lessons import whole
from web.server import descriptors
from web.server.control import Refused
from web.server.settings import Settings
from web.server.tablets import Tablet

TABLETS = 1200
STROKES = 10_000
ACTIVITIES = 50
TOKEN_S = 7200
AGAIN_S = 0.5  # a client tries again within this
MISSED = 20  # strokes while all are away
LOOKED_INTO = 40


def run() -> Iterator[dict[str, Any]]:
    tablets = int(bench_forward.seconds("TABLETS", TABLETS))
    descriptors.allow_enough()
    with tempfile.TemporaryDirectory() as folder, network.joined() as net:
        data = Path(folder) / "data"
        data.mkdir()
        largest, tokens = asyncio.run(prepared(data, tablets))
        with cores.on(cores.SERVER):
            refold_s = uvloop.run(refolded(data, largest.lesson))
        for tls in (False, True):
            with (
                cores.on(cores.SERVER),
                serving(data, options=serving_at(net.server, tls=tls), tls=tls) as server,
                cores.on(cores.load()),
                net.at_load(),
                probing(data) as probe,
            ):
                for line in uvloop.run(measured(server, net.server, probe, largest, tokens)):
                    yield {**line, "refold_s": round(refold_s, 2), "network": net.name}


async def prepared(data: Path, tablets: int) -> tuple[Largest, list[str]]:
    """The lesson on disk, and tokens of the lead and all students."""
    store = await Store.open(Settings(_env_file=None, data=data).database_url)
    largest = await written(store, tablets, STROKES, ACTIVITIES)
    tokens = Tokens(await store.settings.secret("tokens"))
    await store.close()
    seats = (largest.lead, *largest.students)
    claims = (Claims(largest.lesson, one.participant, one.role, one.room) for one in seats)
    return largest, [tokens.issue(one, TOKEN_S, time.time()) for one in claims]


async def refolded(data: Path, lesson: str) -> float:
    store = await Store.open(Settings(_env_file=None, data=data).database_url)
    began = time.monotonic()
    await Journal(store).state(lesson)
    lasted = time.monotonic() - began
    await store.close()
    return lasted


async def measured(
    server: Server, host: str, probe: Probe, largest: Largest, tokens: Sequence[str]
) -> list[dict[str, Any]]:
    assert server.process is not None
    pid, lines = server.process.pid, []
    connector = aiohttp.TCPConnector(limit=0, ssl=server.trust, force_close=True)  # tablets share no connections
    async with aiohttp.ClientSession(connector=connector) as http:
        base = f"{server.scheme}://{host}:{server.port}"
        lead, *tablets = (Tablet(http, base, token) for token in tokens)
        await lead.open()
        probe.longest_ms()
        for how in ("anew", "kept", "anew"):
            fetched = watched(tablets)
            if how == "anew":
                for tablet in tablets:
                    tablet.seq = 0
            spent_ns, all_back_s = cpu_ns(pid), await cut_and_back(lead, tablets)
            stall_ms, spent_ns = probe.longest_ms(), cpu_ns(pid) - spent_ns
            await asyncio.to_thread(asyncio.run, hold_to_rules(server.data, largest, fetched))  # lines are kept alive
            lines.append(
                {
                    "tablets": len(tablets),
                    "strokes": STROKES,
                    "activities": ACTIVITIES,
                    "tls": server.tls,
                    "how": how,
                    "all_back_s": round(all_back_s, 1),
                    "loop_stall_ms": round(stall_ms),
                    "cpu_ms_per_tablet": round(spent_ns / 1e6 / len(tablets), 2),
                    "fetched_kb": round(max((len(body) for body in fetched.values()), default=0) / 1024),
                }
            )
        await asyncio.gather(*(one.close() for one in (lead, *tablets)))
    return lines[1:]  # the first is how they came in


def watched(tablets: Sequence[Tablet]) -> dict[int, bytes]:
    """What is fetched from now on, by tablet, of those that are looked into."""
    fetched: dict[int, bytes] = {}
    for number in range(0, len(tablets), LOOKED_INTO):
        tablets[number].fetched = lambda body, number=number: fetched.update({number: body})
    return fetched


async def cut_and_back(lead: Tablet, tablets: Sequence[Tablet]) -> float:
    rng = random.Random(1)
    await asyncio.gather(*(tablet.cut() for tablet in tablets))
    for _ in range(MISSED):
        at = await lead.command("stroke.add", drawn(rng, "page-0", 0))
    began = time.monotonic()

    async def back(tablet: Tablet) -> None:
        while True:
            await asyncio.sleep(rng.uniform(0, AGAIN_S))
            try:
                await tablet.open()
            except (Refused, aiohttp.ClientError, OSError, TimeoutError):
                await tablet.close()
            else:
                return

    await asyncio.gather(*map(back, tablets))
    lasted = time.monotonic() - began
    assert all(tablet.seq >= at for tablet in tablets)
    return lasted


async def hold_to_rules(data: Path, largest: Largest, fetched: dict[int, bytes]) -> None:
    if not fetched:
        return
    store = await Store.open(Settings(_env_file=None, data=data).database_url)
    journal = Journal(store)
    state, texts = await journal.state(largest.lesson), await journal.texts(largest.lesson)
    await store.close()
    for number, body in fetched.items():
        answer = json.loads(gzip.decompress(body))
        seen = rules.fold((Event(**one) for one in answer["events"]), whole(answer["state"], answer["own"]))
        seat: Seat = largest.students[number]
        assert {**seen, "seq": 0} == json.loads(json.dumps({**rules.view(state, seat, texts), "seq": 0})), number
