"""Search in a library of 10,000 lessons with transcripts, by the real server over HTTP, and its first page on a tablet.

`ms_*` are from a request to its whole answer: `find` is a page of thirty with excerpts, `facets` what is counted beside
it, by twenty accounts in turn. Half of the searches are topics in Chinese or English; the rest are parts of them, two
words, rare ones, and what every lesson says. `like` is what a database does without an index, over the same texts in
this process: no order, no excerpts, nothing of who may see what. `first_page` is from navigation to thirty rows on a
screen whose processor is slowed to a quarter; `bar_ms` what is wanted of the 99th percentile, and of that page.
TONGKE_BENCH_RESOURCES makes a smaller library.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import aiohttp
from playwright.sync_api import sync_playwright

from classroom.store import Store
from classroom.store.database import index_file
from tests.bench import bench_forward, cores, spoken
from tests.bench.libraries import Whose, filled
from tests.browser.browsers import KIOSK, TABLET, chromium
from tests.browser.people import PASSWORD, person
from tests.postgres import Postgres, binaries
from tests.processes import Server, serving
from tests.unit.web.people import Person
from web.server.passwords import Passwords
from web.server.settings import Settings

RESOURCES = 10_000
TEACHERS, SCHOOLS = 20, 5
SEARCHES, BY_LIKE, PAGES = 400, 20, 9
SLOWED = 4
BAR_MS, PAGE_BAR_MS = 100, 300

FRAME = """async () => {
  await new Promise(requestAnimationFrame)
  await new Promise(requestAnimationFrame)
  return performance.now()
}"""
# Resolves with the ms since navigation after which the screen was full of rows, and all thirty were there.
DRAWN = """async () => {
  const rows = document.querySelectorAll.bind(document, '[data-testid=resource]')
  const drawn = async (enough) => {
    while (!enough([...rows()])) await new Promise(requestAnimationFrame)
    await new Promise(requestAnimationFrame)
    return performance.now()
  }
  const first = await drawn((all) => all.some((row) => row.getBoundingClientRect().bottom >= innerHeight))
  return [first, await drawn((all) => all.length >= 30)]
}"""


def run() -> Iterator[dict[str, Any]]:
    many = int(bench_forward.seconds("RESOURCES", RESOURCES))
    with tempfile.TemporaryDirectory(prefix="tongke-bench-") as folder, sync_playwright() as playwright:
        data = Path(folder) / "data"
        with of_library(data, many, sqlite_url(data)) as (server, size):
            [index] = data.glob(index_file("*"))
            size["index_mb"] = index.stat().st_size >> 20
            yield from found(server, {"database": "sqlite", **size})
            with cores.on_all(), chromium(playwright, flags=[KIOSK]) as browser:
                yield from first_pages(browser, server, size)
        yield {"system": "like", "what": "find", "resources": many, "requests": BY_LIKE, **figures(like(index))}
        programs = binaries()
        if programs is None:
            yield {"database": "postgresql", "skipped": "PostgreSQL is not installed (Debian package: postgresql)"}
            return
        postgres = Postgres(programs, durable=True, buffers_mb=128)
        try:
            url = postgres.new_database()
            with of_library(Path(folder) / "beside", many, url) as (server, size):
                yield from found(server, {"database": "postgresql", **size})
        finally:
            postgres.stop()


def sqlite_url(data: Path) -> str:
    return Settings(_env_file=None, data=data).database_url  # type: ignore[call-arg]


@contextlib.contextmanager
def of_library(data: Path, many: int, url: str) -> Iterator[tuple[Server, dict[str, Any]]]:
    """A server whose library has so many lessons, and how long it took to put them there."""
    data.mkdir()
    with ThreadPoolExecutor(1) as aside:  # Playwright's loop runs in this thread
        filling_s = aside.submit(asyncio.run, library(url, many)).result()
    with cores.on(cores.SERVER), serving(data, options=["--database", url]) as server:
        yield server, {"resources": many, "filling_s": round(filling_s)}


def found(server: Server, size: dict[str, Any]) -> Iterator[dict[str, Any]]:
    with ThreadPoolExecutor(1) as aside, cores.on(cores.load()):
        for what, took in aside.submit(asyncio.run, searched(server)).result().items():
            yield {"what": what, **size, "requests": len(took), **figures(took), "bar_ms": BAR_MS}


async def library(url: str, many: int) -> float:
    store = await Store.open(url)
    hashed = await Passwords().hashed(PASSWORD)
    schools = [(await store.schools.add(f"School {n}", 0)).id for n in range(SCHOOLS)]
    owners = []
    for number in range(TEACHERS):
        school = schools[number % SCHOOLS]
        account = await store.accounts.add(f"t{number}", f"Teacher {number}", "teacher", hashed, 0, school)
        owners.append(Whose(account.id, school))
    began = time.monotonic()
    await filled(store, many, owners)
    took_s = time.monotonic() - began
    if store._database.is_postgresql:
        async with store._database.writing() as connection:
            await connection.exec_driver_sql("ANALYZE")
    await store.close()
    return took_s


async def searched(server: Server) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {"find": [], "facets": []}
    jars = [aiohttp.CookieJar(unsafe=True) for _ in range(TEACHERS)]
    clients = [aiohttp.ClientSession(server.base, cookie_jar=jar) for jar in jars]
    try:
        for number, client in enumerate(clients):
            teacher = Person(client)
            await teacher.look()
            await teacher.sign_in(f"t{number}", PASSWORD)
        addresses = {"find": "/api/v1/resources", "facets": "/api/v1/resources/facets"}
        for number, words in enumerate(spoken.searches(SEARCHES)):
            client = clients[number % TEACHERS]
            for what, address in addresses.items():
                query = {"words": words, **({"limit": "30"} if what == "find" else {})}
                began = time.perf_counter()
                async with client.get(address, params=query) as response:
                    await response.read()
                took[what].append((time.perf_counter() - began) * 1000)
                assert response.status == 200, (words, response.status)
    finally:
        for client in clients:
            await client.close()
    return took


def first_pages(browser: Any, server: Server, size: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Signed in, the page's files in the browser's cache."""
    who = person(browser, TABLET)
    who.page.goto(f"{server.base}/library")
    who.sign_in("t1")
    who.page.get_by_test_id("resource").first.wait_for()
    line = who.page.context.new_cdp_session(who.page)
    line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    took: list[Sequence[float]] = []
    for _ in range(PAGES):
        who.page.goto(f"{server.base}/icon.svg", wait_until="commit")
        blank = who.page.evaluate(FRAME)
        who.page.goto(f"{server.base}/library", wait_until="commit")
        took.append([*who.page.evaluate(DRAWN), blank])
    for what, of in zip(("first_page", "whole", "blank"), zip(*took, strict=True), strict=True):
        figures = {"ms_p50": round(median(of), 1), "ms_max": round(max(of), 1), "bar_ms": PAGE_BAR_MS}
        yield {"what": what, **size, "requests": len(of), "slowed": SLOWED, **figures}


def like(index: Path) -> list[float]:
    with sqlite3.connect(index) as connection:
        took = []
        for words in spoken.searches(BY_LIKE):
            query = " AND ".join("texts LIKE ?" for _ in words.split())
            began = time.perf_counter()
            connection.execute(
                f"SELECT resource FROM document WHERE {query} ORDER BY number DESC LIMIT 30",
                [f"%{word}%" for word in words.split()],
            ).fetchall()
            took.append((time.perf_counter() - began) * 1000)
    return took


def figures(took: Sequence[float]) -> dict[str, float]:
    cuts = quantiles(took, n=100, method="inclusive")
    return {
        "ms_p50": round(cuts[49], 1),
        "ms_p95": round(cuts[94], 1),
        "ms_p99": round(cuts[98], 1),
        "ms_max": round(max(took), 1),
    }
