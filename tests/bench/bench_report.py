"""How long the server stands still while reports of the largest lesson are made.

`loop_stall_ms` is the longest in which it did not answer `/healthz` while `asked` reports were asked for at once, as
when all local teachers land on a lesson's last page; `all_s` until the last had come. TONGKE_BENCH_TABLETS shortens a
run.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp

from classroom.store import Store
from tests.bench import bench_forward, cores, network
from tests.bench.largest import written
from tests.bench.stall import Probe, probing
from tests.processes import Server, serving
from tests.unit.web.people import PASSWORD, Person
from web.server.settings import Settings

TABLETS = 1200
ACTIVITIES = 50
FORMS = (("", 1), ("", 10), (".csv", 1), (".xlsx", 1), ("/xapi", 1), (".pdf", 1))


def run() -> Iterator[dict[str, Any]]:
    tablets = int(bench_forward.seconds("TABLETS", TABLETS))
    with tempfile.TemporaryDirectory() as folder, network.joined() as net:
        data = Path(folder) / "data"
        data.mkdir()
        lesson = asyncio.run(prepared(data, tablets))
        with (
            cores.on(cores.SERVER),
            serving(data, options=network.serving_at(net.server)) as server,
            cores.on(cores.load()),
            net.at_load(),
            probing(data) as probe,
        ):
            for line in asyncio.run(measured(server, net.server, probe, lesson)):
                yield {"tablets": tablets, "activities": ACTIVITIES, **line, "network": net.name}


async def prepared(data: Path, tablets: int) -> str:
    store = await Store.open(Settings(_env_file=None, data=data).database_url)
    largest = await written(store, tablets, 0, ACTIVITIES)
    await store.close()
    return largest.lesson


async def measured(server: Server, host: str, probe: Probe, lesson: str) -> list[dict[str, Any]]:
    lines = []
    cookies = aiohttp.CookieJar(unsafe=True)  # of an address without a name
    async with aiohttp.ClientSession(f"http://{host}:{server.port}", cookie_jar=cookies) as http:
        admin = Person(http)
        await admin.look()
        account = {"login": "admin", "name": "Admin", "password": PASSWORD}
        await admin.post("/api/v1/setup", {"secret": server.setup_secret(), **account, "school": "A school"})
        await admin.look()

        async def got(form: str) -> int:
            response = await admin.call("GET", f"/api/v1/lessons/{lesson}/report{form}")
            assert response.status == 200, await response.text()
            return len(await response.read())

        for form, asked in FORMS:
            probe.longest_ms()
            began = time.monotonic()
            sizes = await asyncio.gather(*(got(form) for _ in range(asked)))
            lasted = time.monotonic() - began
            figures = {"all_s": round(lasted, 2), "kb": sizes[0] // 1024, "loop_stall_ms": round(probe.longest_ms())}
            lines.append({"form": form.strip("./") or "page", "asked": asked, **figures})
    return lines
