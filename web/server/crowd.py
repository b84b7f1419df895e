"""A lesson full of tablets, for measurements, tests and `tongke doctor --load`: a teacher asks, and all answer."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp

from classroom.events import Json
from web.server import descriptors
from web.server.control import Control
from web.server.tablets import Tablet

A_VOTE = {"type": "choice", "prompt": "How many?", "options": ["10", "100", "1000", "10000"], "answer": 0}
TOKEN_S = 7200
AT_ONCE = 50  # that come in at a time
CHART_S = 10.0  # in which the teacher must have seen every answer

Answers = Callable[[random.Random, Tablet], Json]
"""Makes the value of a tablet's answer."""


@dataclass(slots=True)
class Vote:
    """Times are seconds; `chart_s` is from the last answer's sending, which was at `ended_ms` since 1970, to the
    teacher's having all of them."""

    acknowledged_s: list[float] = field(default_factory=list)
    ended_ms: float = 0
    chart_s: float = 0
    lost: int = 0
    doubled: int = 0


@dataclass(slots=True)
class Crowd:
    lesson: str
    teacher: Tablet
    tablets: list[Tablet]
    answers: Counter[str] = field(default_factory=Counter)  # by participant, as the teacher's desk was told
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    def heard(self, name: str, content: str) -> None:
        if name != "events" or "activity.answered" not in content:
            return
        events = [one for one in json.loads(content) if one["kind"] == "activity.answered"]
        self.answers.update(one["data"].get("participant", one["actor"]) for one in events)
        self.answered.set()

    async def vote(
        self,
        within_s: float,
        rng: random.Random,
        *,
        again: float = 0,
        away: float = 0,
        question: Json = A_VOTE,
        answers: Answers = lambda rng, _: {"choice": rng.randrange(4)},
        activity: str = "",
    ) -> Vote:
        """All answer within so many seconds; the share `again` of them says it twice, and `away` loses the line at that
        moment and comes back."""
        vote, activity = Vote(), activity or str(uuid4())
        await self.teacher.command("activity.open", {**question, "activity": activity})
        self.answers.clear()
        last_s = 0.0

        async def answer(tablet: Tablet) -> None:
            nonlocal last_s
            await asyncio.sleep(rng.uniform(0, within_s))
            data, id_ = {"activity": activity, **answers(rng, tablet)}, str(uuid4())
            began = last_s = time.monotonic()
            vote.ended_ms = time.time() * 1000
            asked = [asyncio.ensure_future(tablet.command("activity.answer", data, id_))]
            if rng.random() < again:
                asked.append(asyncio.ensure_future(tablet.command("activity.answer", data, id_)))
            if rng.random() < away:
                await asyncio.sleep(0)
                await tablet.cut()
                await asyncio.gather(*asked, return_exceptions=True)
                await tablet.open()
                await tablet.command("activity.answer", data, id_)
            else:
                await asyncio.gather(*asked)
                vote.acknowledged_s.append(time.monotonic() - began)

        await asyncio.gather(*map(answer, self.tablets))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CHART_S):
                while len(self.answers) < len(self.tablets):
                    self.answered.clear()
                    await self.answered.wait()
        vote.chart_s = time.monotonic() - last_s
        vote.lost = len(self.tablets) - len(self.answers)
        vote.doubled = self.answers.total() - len(self.answers)
        await self.teacher.command("activity.close", {"activity": activity})
        return vote


@contextlib.asynccontextmanager
async def gathered(
    control: Control, base: str, count: int, trust: ssl.SSLContext | bool = True
) -> AsyncIterator[Crowd]:
    """A lesson that has begun, with so many students in it, all in step; it ends with the block. Raises Refused,
    OSError, aiohttp.ClientError, TimeoutError."""
    descriptors.allow_enough()
    made = await control.ask("POST", "/api/v1/lessons", {"title": "Load", "recording": False})
    lesson: str = made["id"]

    async def token(role: str, name: str) -> str:
        wanted = {"role": role, "name": name, "ttl_s": TOKEN_S}
        return str((await control.ask("POST", f"/api/v1/lessons/{lesson}/tokens", wanted))["token"])

    tokens = [await token("student", f"Student {number}") for number in range(1, count + 1)]
    connector = aiohttp.TCPConnector(limit=0, ssl=trust)
    async with aiohttp.ClientSession(connector=connector) as http:
        teacher = Tablet(http, base, await token("lead_teacher", "Teacher"))
        crowd = Crowd(lesson, teacher, [Tablet(http, base, one) for one in tokens])
        teacher.heard = crowd.heard
        try:
            await teacher.open()
            await teacher.command("lesson.open", {})
            await teacher.command("lesson.start", {})
            await some_at_a_time(tablet.open() for tablet in crowd.tablets)
            yield crowd
        finally:
            with contextlib.suppress(Exception):
                await teacher.command("lesson.end", {})
            await asyncio.gather(*(one.close() for one in (teacher, *crowd.tablets)), return_exceptions=True)


async def some_at_a_time(work: Iterable[Awaitable[Any]]) -> None:
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(what: Awaitable[Any]) -> None:
        async with limit:
            await what

    await asyncio.gather(*map(one, work))
