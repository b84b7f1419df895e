"""What a second node costs, and what it saves: the teacher at one node, tablets at both, on PostgreSQL and Redis.

`ink` and `votes` compare what crosses with what does not; `taken_over` is how long commands went unanswered when the
node that owned the lesson was killed. All on one machine, the servers sharing a core and the tablets the other.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from uuid import uuid4

import aiohttp
import uvloop

from tests import redis
from tests.bench import cores
from tests.postgres import Postgres, binaries
from tests.processes import Server, serving
from web.server.control import Refused, connected
from web.server.settings import Settings
from web.server.tablets import Tablet

TABLETS = 100
STROKES = 100
EVERY_S = 0.05
POINTS = [0.0, 0.0, 0.5, 0.0, 100.0, 100.0, 0.5, 20.0]
OPTIONS = ["a", "b", "c", "d"]


def run() -> Iterator[dict[str, Any]]:
    programs, program = binaries(), redis.program()
    if programs is None or program is None:
        yield {"system": "tongke", "skipped": "PostgreSQL or Redis is not installed"}
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(cores.on(cores.SERVER))
        database, carrier = Postgres(programs), redis.Redis(program)
        stack.callback(database.stop)
        stack.callback(carrier.stop)
        options = ["--database", database.new_database(), "--redis", carrier.url]
        first, second = (stack.enter_context(serving(folder / name, options=options)) for name in "ab")
        stack.enter_context(cores.on(cores.load()))
        yield from uvloop.run(measured(first, second))


async def measured(first: Server, second: Server) -> list[dict[str, Any]]:
    connector = aiohttp.TCPConnector(limit=0)
    async with connected(Settings(data=first.data)) as control, aiohttp.ClientSession(connector=connector) as http:
        lesson = (await control.ask("POST", "/api/v1/lessons", {"title": "Nodes", "recording": False}))["id"]

        async def tablet(server: Server, role: str, name: str) -> Tablet:
            wanted = {"role": role, "name": name, "ttl_s": 3600}
            token = (await control.ask("POST", f"/api/v1/lessons/{lesson}/tokens", wanted))["token"]
            return Tablet(http, server.base, str(token))

        teacher = await tablet(first, "lead_teacher", "Teacher")
        await teacher.open()
        await teacher.command("lesson.open", {})
        await teacher.command("lesson.start", {})
        here = [await tablet(first, "student", f"Here {n}") for n in range(TABLETS)]
        there = [await tablet(second, "student", f"There {n}") for n in range(TABLETS)]
        for one in (*here, *there):
            await one.open()
        lines = [
            {"what": "ink", **compared(await ink(teacher, here[0], there[0]))},
            {"what": "votes", **compared(await votes(teacher, here, there))},
            {"what": "taken_over", "silent_s": await taken_over(there[0], first)},
        ]
        await asyncio.gather(*(one.close() for one in (teacher, *here, *there)), return_exceptions=True)
    return [{"system": "tongke", "tablets": 2 * TABLETS, **line} for line in lines]


async def ink(teacher: Tablet, here: Tablet, there: Tablet) -> tuple[list[float], list[float]]:
    """From a finished stroke's sending to its arrival, in seconds: at the teacher's node, at the other."""
    sent: dict[str, float] = {}
    came: tuple[list[float], list[float]] = ([], [])

    def arrives(into: list[float]) -> Any:
        def heard(_: str, text: str) -> None:
            now = time.monotonic()
            into.extend(now - at for stroke, at in sent.items() if f'"stroke":"{stroke}"' in text)

        return heard

    here.heard, there.heard = arrives(came[0]), arrives(came[1])
    for _ in range(STROKES):
        stroke = str(uuid4())
        sent = {stroke: time.monotonic()}
        drawn = {"stroke": stroke, "page": "1", "tool": "pen", "color": "#000000", "width": 3, "began": 0}
        await teacher.command("stroke.add", {**drawn, "points": POINTS})
        await asyncio.sleep(EVERY_S)
    here.heard = there.heard = None
    return came


async def votes(teacher: Tablet, here: list[Tablet], there: list[Tablet]) -> tuple[list[float], list[float]]:
    """From an answer's sending to its acknowledgement, in seconds, all within one."""
    rng = random.Random(1)
    question = {"activity": "q", "type": "choice", "prompt": "?", "options": OPTIONS}
    await teacher.command("activity.open", question)

    async def answer(tablet: Tablet) -> float:
        await asyncio.sleep(rng.random())
        began = time.monotonic()
        await tablet.command("activity.answer", {"activity": "q", "choice": rng.randrange(len(OPTIONS))})
        return time.monotonic() - began

    took = await asyncio.gather(*map(answer, (*here, *there)))
    await teacher.command("activity.close", {"activity": "q"})
    return took[: len(here)], took[len(here) :]


def compared(came: tuple[list[float], list[float]]) -> dict[str, float]:
    (here, there), ms = came, 1000
    return {
        "ms_p50": round(median(here) * ms, 1),
        "across_ms_p50": round(median(there) * ms, 1),
        "ms_p99": round(quantiles(here, n=100)[98] * ms, 1),
        "across_ms_p99": round(quantiles(there, n=100)[98] * ms, 1),
        "more_ms": round((median(there) - median(here)) * ms, 1),
    }


async def taken_over(tablet: Tablet, owner: Server) -> float:
    """The longest that a tablet at the other node waited for an acknowledgement around the owner's death."""
    longest = 0.0

    async def goes_on() -> None:
        nonlocal longest
        while True:
            id_, began = str(uuid4()), time.monotonic()
            while True:
                with suppress(Refused):
                    await tablet.command("chat.say", {"message": id_, "text": "x"}, id_)
                    break
                await asyncio.sleep(0.1)
            longest = max(longest, time.monotonic() - began)
            await asyncio.sleep(0.4)  # a student's allowance

    talking = asyncio.create_task(goes_on())
    await asyncio.sleep(5)
    await asyncio.to_thread(owner.kill)
    await asyncio.sleep(12)
    talking.cancel()
    return round(longest, 2)
