"""How long the server stands still over the captions of a long recording, and how long they take to come.

`stall_ms` is the longest in which it did not answer `/healthz`, `took_s` until the answer was there, each with so
many asked for at once. As soon as they are written they are put in the library's index: at first they are read while
that is done, then again when it is. TONGKE_BENCH_CUES shortens a run.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp

from recordings import webvtt
from tests.bench import bench_forward, bench_seek, cores, network
from tests.bench.stall import Probe, probing
from tests.browser.people import PASSWORD
from tests.processes import Server, serving
from tests.unit.web.people import Person

CUES = 20_000
TOGETHER = 10
SIZE = 320, 180
INDEXED_S, RENDERED_S = 4.0, 120.0


def run() -> Iterator[dict[str, Any]]:
    cues = int(bench_forward.seconds("CUES", CUES))
    with tempfile.TemporaryDirectory() as folder, network.joined() as net:
        data = Path(folder) / "data"
        resource = asyncio.run(bench_seek.lesson(data, *SIZE))
        with (
            cores.on(cores.SERVER),
            serving(data, options=network.serving_at(net.server)) as server,
            cores.on(cores.load()),
            net.at_load(),
            probing(data) as probe,
        ):
            for line in asyncio.run(measured(server, net.server, probe, resource, cues)):
                yield {"cues": cues, **line, "bar_ms": 50, "network": net.name}


async def rendered(owner: Person, base: str) -> None:
    """Sound in AAC and small pictures are made where nothing else wants the processor, and would be measured, too."""
    async with asyncio.timeout(RENDERED_S):
        while True:
            tracks = (await owner.get(base))["tracks"]
            pictured = {one["track"] for one in (await owner.get(f"{base}/stills"))["tracks"]}
            if all(one["aac"] if one["kind"] == "audio" else one["id"] in pictured for one in tracks):
                return
            await asyncio.sleep(0.5)


async def measured(server: Server, host: str, probe: Probe, resource: str, cues: int) -> list[dict[str, Any]]:
    text = webvtt.write(
        webvtt.Cue(n * 360, n * 360 + 350, f"今天 we look at the {n}th leaf 叶子", "Li Hua 李华") for n in range(cues)
    )
    of = f"/api/v1/resources/{resource}/captions"
    cookies = aiohttp.CookieJar(unsafe=True)  # of an address without a name
    async with aiohttp.ClientSession(f"http://{host}:{server.port}", cookie_jar=cookies) as http:
        owner = Person(http)
        await owner.look()
        await owner.sign_in("lihua", PASSWORD)
        await rendered(owner, f"/api/v1/resources/{resource}")

        async def asked(method: str, path: str, body: str | None = None) -> None:
            headers = {"X-CSRF": owner.csrf, "Content-Type": "text/vtt"}
            async with http.request(method, of + path, data=body, headers=headers) as response:
                assert response.status == 200, await response.text()
                await response.read()

        lines = []
        for what, method, path, body, together, rest_s in (
            ("written", "PUT", "/zh", text, 1, 0),
            ("read while they are indexed", "GET", "/zh", None, TOGETHER, INDEXED_S),
            ("read by the page", "GET", "/zh/cues", None, TOGETHER, 0),
            ("read as a file", "GET", "/zh", None, TOGETHER, 0),
        ):
            probe.longest_ms()
            began = time.monotonic()
            await asyncio.gather(*(asked(method, path, body) for _ in range(together)))
            took_s = round(time.monotonic() - began, 2)
            await asyncio.sleep(rest_s)
            lines.append({"what": what, "at_once": together, "took_s": took_s, "stall_ms": round(probe.longest_ms())})
    return lines
