"""A vote of the largest lesson: 1,200 tablets answer within a second, each answer on disk before it is acknowledged.

The server has a core for itself; the tablets have the other, and PostgreSQL where that is the database. `again` is a
second vote in which 5 % of the tablets send their answer twice and 5 % lose the line at that moment. Then a question of
each type is answered so, over loopback, with the chart of it open on desks in a browser, which has what is left of both
cores: `painted_ms` is from the last answer's sending until the last of these shows that nobody is missing. Three desks
wait for each other here, as three machines do not: the line with one says what that is of it. Works were sent in
before. At a buzzer all press within the second, and what is waited for are those who came in time.
At last many tablets answer what is no answer, as large as the socket takes it: `stall_ms` is how long the server's loop
stood still at most. TONGKE_BENCH_TABLETS shortens a run.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from statistics import quantiles
from typing import Any
from uuid import uuid4

import uvloop
from playwright.sync_api import sync_playwright

from classroom.activities.question import QuestionType
from classroom.activities.types import ALL
from classroom.activities.types.buzzer import MAX_BUZZES
from classroom.events import Json
from tests.bench import bench_forward, cores, network
from tests.bench.load.processes import cpu_ns, rss_kb
from tests.bench.network import serving_at
from tests.bench.stall import Probe, probing
from tests.bench.systems import Skipped
from tests.browser.browsers import DENIED, KIOSK, chromium
from tests.browser.people import Person, administrator, sign_in
from tests.postgres import Postgres, binaries
from tests.processes import Server, serving
from tests.unit.classroom.questions import QUESTIONS, question, values
from tests.unit.web.shelved import give_the_map, give_works
from web.server.control import Refused, connected
from web.server.crowd import Crowd, Vote, gathered
from web.server.settings import Settings
from web.server.tablets import Tablet

TABLETS = 1200
WITHIN_S = 1.0
SHARE = 0.05
DESKS = (1, 3)

Run = Callable[[Coroutine[Any, Any, Any]], Any]

# When all is there, in milliseconds since 1970: nobody is missing any more after somebody was, or the row is full.
WATCH = """(row) => {
  window.painted = new Promise((done) => {
    const look = (seen) => {
      const rows = [...document.querySelectorAll('[data-testid=room-answered]')];
      const full = rows.length && rows.every((one) => one.dataset.missing === '0');
      if (seen && full) done(Date.now());
      else requestAnimationFrame(() => look(seen || (rows.length && !full)));
    };
    const count = () => {
      if (document.querySelectorAll('[data-testid=buzz]').length === row) done(Date.now());
      else requestAnimationFrame(count);
    };
    if (row) count();
    else look(false);
  });
}"""


def run() -> Iterator[dict[str, Any]]:
    tablets = int(bench_forward.seconds("TABLETS", TABLETS))
    for database, tls in (("sqlite", False), ("sqlite", True), ("postgresql", False)):
        try:
            for line in at(database, tablets, tls=tls):
                yield {"database": database, **line}
        except Skipped as skipped:
            yield {"database": database, "skipped": str(skipped)}
    yield from of_each_type(tablets)
    for many in ILL_MEANT:
        yield hostile(many)


# 120,000 characters, where a message may have 128 K; and a megabyte, which is refused unread.
LIST, WORDS = list(range(20_000)), "x" * 120_000
NO_ANSWERS: tuple[Json, ...] = (
    {"choices": LIST}, {"order": LIST}, {"pairs": [None] * 24_000}, {"texts": ["x"] * 24_000}, {"text": WORDS},
    {"number": 10**4000}, {"choice": {"choice": 1}}, {"choices": [{}] * 24_000}, {WORDS: 1}, {"choice": 4}, {},
    {"text": "x" * 1_000_000},
)  # fmt: skip
HUGE, SEND_HUGE = list(range(1_000_000)), 10
"""Seven megabytes, at which the socket is closed, and how many send it at most."""
NO_QUESTIONS: tuple[Json, ...] = (
    {"type": "choice", "prompt": "?", "options": ["x"] * 10_000},
    {"type": "gaps", "prompt": "?", "text": "___ " * 30_000},
    {"type": "choice", "prompt": WORDS, "options": ["a", "b"]},
    {"type": WORDS},
)
ILL_MEANT = (1, 10, 100)


def hostile(many: int) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory() as folder,
        cores.on(cores.SERVER),
        serving(Path(folder) / "data") as server,
        cores.on(cores.load()),
        probing(server.data) as probe,
    ):
        return uvloop.run(refused(server, probe, many))


async def refused(server: Server, probe: Probe, many: int) -> dict[str, Any]:
    async with (
        connected(Settings(data=server.data)) as control,
        gathered(control, server.base, many, server.trust) as crowd,
    ):
        await crowd.teacher.command("activity.open", {"activity": "q", **question("choice")})
        probe.longest_ms()
        sent = [crowd.teacher.command("activity.open", {"activity": "r", **one}) for one in NO_QUESTIONS]
        for one in NO_ANSWERS:
            sent += [tablet.command("activity.answer", {"activity": "q", **one}) for tablet in crowd.tablets]
        said = await asyncio.gather(*sent, return_exceptions=True)
        huge = {"activity": "q", "choices": HUGE}
        last = (tablet.command("activity.answer", huge) for tablet in crowd.tablets[:SEND_HUGE])
        said += await asyncio.gather(*last, return_exceptions=True)
        codes = Counter(str(one) if isinstance(one, Refused) else type(one).__name__ for one in said)
        return {"ill_meant": many, "refused": dict(codes), "stall_ms": probe.longest_ms()}


def of_each_type(tablets: int) -> Iterator[dict[str, Any]]:
    with (
        tempfile.TemporaryDirectory() as folder,
        cores.on(cores.SERVER),
        serving(Path(folder) / "data") as server,
        cores.on(cores.load()),
        sync_playwright() as playwright,
        cores.on_all(),
        chromium(playwright, flags=[KIOSK]) as browser,
        cores.on(cores.load()),
        beside() as run,
    ):
        assert server.process is not None
        teacher = administrator(browser, server.base, server.setup_secret(), script=DENIED)
        stack = contextlib.AsyncExitStack()
        control = run(stack.enter_async_context(connected(Settings(data=server.data))))
        crowd = run(stack.enter_async_context(gathered(control, server.base, tablets)))
        give_the_map(server.data, crowd.lesson)
        try:
            desks: list[Person] = []
            for many in DESKS:
                while len(desks) < many:
                    desks.append(sign_in(browser, server.base, script=DENIED) if desks else teacher)
                    desks[-1].page.goto(f"{server.base}/teach/{crowd.lesson}")
                    desks[-1].enter()
                for kind in (one for one in ALL if one.name in QUESTIONS):
                    yield {"type": kind.name, "desks": many, **drawn(server, crowd, kind, desks, run)}
                yield {"type": "buzzer", "desks": many, **pressed(crowd, desks, run)}
        finally:
            run(stack.aclose())


def drawn(server: Server, crowd: Crowd, kind: QuestionType, desks: list[Person], run: Run) -> dict[str, Any]:
    assert server.process is not None
    pid, activity = server.process.pid, str(uuid4())

    def given(rng: random.Random, tablet: Tablet) -> Json:
        return {kind.field: tablet.participant if kind.work else answer(rng, kind.name)}

    if kind.work:
        whose = [tablet.participant for tablet in crowd.tablets]
        give_works(server.data, crowd.lesson, activity, kind.work, whose)
    for desk in desks:
        desk.page.evaluate(WATCH, 0)
    spent_ns = cpu_ns(pid)
    vote: Vote = run(
        crowd.vote(
            WITHIN_S, random.Random(kind.name), again=SHARE, away=SHARE,
            question=question(kind.name), answers=given, activity=activity,
        )
    )  # fmt: skip
    spent_ns = cpu_ns(pid) - spent_ns
    painted_ms = max(desk.page.evaluate("painted") for desk in desks) - vote.ended_ms
    return {**figures(vote, len(crowd.tablets), SHARE, spent_ns), "painted_ms": round(painted_ms)}


def pressed(crowd: Crowd, desks: list[Person], run: Run) -> dict[str, Any]:
    row = min(MAX_BUZZES, len(crowd.tablets))
    for desk in desks:
        desk.page.evaluate(WATCH, row)
    in_time_ms, late = run(buzzed(crowd, random.Random("buzzer")))
    painted_ms = max(desk.page.evaluate("painted") for desk in desks) - max(in_time_ms)
    return {"tablets": len(crowd.tablets), "window_s": WITHIN_S, "late": late, "painted_ms": round(painted_ms)}


async def buzzed(crowd: Crowd, rng: random.Random) -> tuple[list[float], int]:
    """When those pressed who came in time, in milliseconds since 1970, and how many were too late."""
    activity, in_time_ms = str(uuid4()), list[float]()
    await crowd.teacher.command("activity.open", {**question("buzzer"), "activity": activity})

    async def press(tablet: Tablet) -> None:
        await asyncio.sleep(rng.uniform(0, WITHIN_S))
        sent_ms = time.time() * 1000
        try:
            await tablet.command("activity.answer", {"activity": activity, "buzz": True})
        except Refused as refused:
            if str(refused) != "too_late":
                raise
        else:
            in_time_ms.append(sent_ms)

    await asyncio.gather(*map(press, crowd.tablets))
    await crowd.teacher.command("activity.close", {"activity": activity})
    return in_time_ms, len(crowd.tablets) - len(in_time_ms)


def answer(rng: random.Random, name: str) -> Any:
    """A table holds 10,000 rows: each has one."""
    value = values(rng, name)
    return value[:1] if name == "data" else value


@contextlib.contextmanager
def beside() -> Iterator[Run]:
    """A loop in a thread of its own, for Playwright keeps one in this."""
    loop = uvloop.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield lambda work: asyncio.run_coroutine_threadsafe(work, loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


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
                spent_ns = cpu_ns(pid)
                vote = await crowd.vote(WITHIN_S, random.Random(1), again=again, away=again)
                line = figures(vote, len(crowd.tablets), again, cpu_ns(pid) - spent_ns)
                lines.append({**line, "tls": server.tls, "rss_kb_per_client": round(each_kb, 1)})
    return lines


def figures(vote: Vote, tablets: int, again: float, spent_ns: int) -> dict[str, Any]:
    cuts = quantiles(vote.acknowledged_s, n=100)
    return {
        "tablets": tablets,
        "window_s": WITHIN_S,
        "again": again,
        "ack_ms_p50": round(cuts[49] * 1000),
        "ack_ms_p99": round(cuts[98] * 1000),
        "tally_ms": round(vote.chart_s * 1000),
        "lost": vote.lost,
        "duplicated": vote.doubled,
        "cpu_us_per_answer": round(spent_ns / 1000 / tablets),
    }
