"""Two servers on one PostgreSQL and one Redis, as an operator starts them: one is killed, and nothing is lost."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from classroom.store import Store
from tests.processes import free_port
from tests.proxy import proxied
from tests.redis import Redis
from tests.unit.web.papers import pdf
from tests.unit.web.people import PASSWORD, Person, good
from tests.unit.web.test_cli import Shell, serving, shell
from tests.unit.web.test_courseware import append, begin, settled
from web.server.control import Refused
from web.server.tablets import Tablet

pytestmark = pytest.mark.long

__all__ = ["shell"]

TABLETS = 24


async def until_told(tablet: Tablet, kind: str, data: Any) -> int:
    """As pages do: the same command again, until it is acknowledged."""
    id_ = str(uuid4())
    async with asyncio.timeout(30):
        while True:
            try:
                return await tablet.command(kind, data, id_)
            except (ConnectionError, Refused) as fault:
                if isinstance(fault, Refused) and fault.code not in ("owner_away", "storage_failed", "closing"):
                    raise
            await asyncio.sleep(0.2)
            with contextlib.suppress(OSError, aiohttp.ClientError, Refused, TimeoutError):
                await tablet.cut()
                await tablet.open()


async def test_a_killed_server_loses_nothing(
    shell: Shell, tmp_path: Path, postgres_url: str, redis_server: Redis
) -> None:
    port_a, port_b = free_port(), free_port()
    here = ("--data", str(tmp_path / "b"), "--database", postgres_url)
    async with AsyncExitStack() as stack:
        base = stack.enter_context(proxied(port_a, port_b, tmp_path))
        common = ("--database", postgres_url, "--redis", redis_server.url, "--tls", "off", "--public-url", base)
        first, _ = stack.enter_context(
            serving(tmp_path / "a", *common, "--port", str(port_a), "--node-url", f"{base}/node/a")
        )
        stack.enter_context(serving(tmp_path / "b", *common, "--port", str(port_b), "--node-url", f"{base}/node/b"))
        url_b = f"http://127.0.0.1:{port_b}"
        http = await stack.enter_async_context(aiohttp.ClientSession())

        async def asks(*arguments: str) -> str:
            return await asyncio.to_thread(shell.run, *arguments)

        lesson = json.loads(await asks("lesson", "create", "Fractions", "--json", *here))["id"]
        tokens = [
            (await asks("lesson", "token", lesson, "--role", role, "--name", f"{role} {number}", *here)).strip()
            for number, role in enumerate(["lead_teacher", *["student"] * TABLETS])
        ]
        heard: list[Any] = []

        def hear(name: str, text: str) -> None:
            heard.extend(json.loads(text) if name == "events" else ())

        teacher = Tablet(http, f"{base}/node/a", tokens[0], hear)  # whose lesson it is then
        tablets = [Tablet(http, base, token) for token in tokens[1:]]
        await teacher.open()
        await teacher.command("lesson.open", {})
        await teacher.command("lesson.start", {})
        await asyncio.gather(*(tablet.open() for tablet in tablets))
        for client in (teacher, *tablets):
            stack.push_async_callback(client.close)

        # Media are where the lesson is.
        teacher._base = base
        offer, whip = f"/api/v1/lessons/{lesson}/peers/out", f"/whip/{lesson}?source=room"
        bearer = {"Authorization": f"Bearer {tokens[1]}"}
        for method, path in (("PUT", offer), ("DELETE", offer), ("POST", whip)):
            async with http.request(method, url_b + path, headers=bearer, allow_redirects=False) as answer:
                assert (answer.status, answer.headers["Location"]) == (307, f"{base}/node/a{path}")
        for _ in range(4):  # whichever node it comes to first
            async with http.put(base + offer, json={}, headers=bearer) as answer:
                assert answer.status == 400
                assert answer.url.path in (offer, f"/node/a{offer}")

        activity = {"activity": "q", "type": "choice", "prompt": "?", "options": ["a", "b"]}
        await teacher.command("activity.open", activity)
        rng = random.Random(5)

        async def answers(tablet: Tablet) -> int:
            await asyncio.sleep(rng.uniform(0, 1))
            return await until_told(tablet, "activity.answer", {"activity": "q", "choice": 0})

        voting = asyncio.gather(*map(answers, tablets))
        await asyncio.sleep(0.5)
        first.kill()
        seqs = await voting
        assert len(set(seqs)) == TABLETS
        await until_told(teacher, "activity.close", {"activity": "q"})

        store = await Store.open(postgres_url)
        journal = await store.journal.load(lesson)
        await store.close()
        answered = {event.seq: event.actor for event in journal.events if event.kind == "activity.answered"}
        assert set(answered) == set(seqs)
        assert len(set(answered.values())) == TABLETS
        assert [event.seq for event in journal.events] == list(range(1, len(journal.events) + 1))
        assert sum(event["kind"] == "activity.answered" for event in heard) == TABLETS
        async with http.put(url_b + offer, json={}, headers=bearer, allow_redirects=False) as answer:
            assert answer.status == 400  # it is here now

        redis_server.hold()
        async with asyncio.timeout(10):
            while (await http.get(f"{url_b}/readyz")).status == 200:
                await asyncio.sleep(0.1)
        assert (await http.get(f"{url_b}/healthz")).status == 200
        await until_told(tablets[0], "hand.raise", {})
        redis_server.go_on()
        async with asyncio.timeout(10):
            while (await http.get(f"{url_b}/readyz")).status != 200:
                await asyncio.sleep(0.1)


@pytest.mark.soak  # three whole servers; test_conversion.py has two nodes on one directory
async def test_two_servers_share_one_shelf(
    shell: Shell, tmp_path: Path, postgres_url: str, redis_server: Redis
) -> None:
    """Half a file comes to one and the rest to the other; neither clears away what the other is at work on."""
    shared = tmp_path / "courseware"
    shared.mkdir()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "courseware").symlink_to(shared)
    common = ("--database", postgres_url, "--redis", redis_server.url, "--tls", "off")
    async with AsyncExitStack() as stack:
        a, b = (stack.enter_context(serving(tmp_path / name, *common))[1] for name in ("a", "b"))
        add = ("user", "add", "li", "--name", "Li")
        await asyncio.to_thread(shell.run, *add, "--data", str(tmp_path / "a"), given=f"{PASSWORD}\n")
        jar = aiohttp.CookieJar(unsafe=True)
        near, far = [
            Person(await stack.enter_async_context(aiohttp.ClientSession(base, cookie_jar=jar))) for base in (a, b)
        ]
        await near.look()
        await near.sign_in("li")
        await far.look()
        whole = pdf("Spring", "Autumn")
        where = (await begin(near, len(whole))).headers["Location"]
        await good(await append(near, where, 0, whole[:100]))
        await good(await append(far, where, 100, whole[100:]))
        row = await settled(near, where.rpartition("/")[2])
        assert (row["status"], row["slides"]) == ("ready", 2)
        for person in (near, far):
            slide = await person.call("GET", f"/api/v1/courseware/{row['id']}/slides/2/320")
            assert slide.content_type == "image/webp"

        long = pdf(*map(str, range(10)))
        where = (await begin(near, len(long))).headers["Location"]
        await good(await append(near, where, 0, long))
        async with asyncio.timeout(20):
            while not (working := list((shared / "work").glob("*/sandbox"))):
                await asyncio.sleep(0.05)
        (tmp_path / "c").mkdir()
        (tmp_path / "c" / "courseware").symlink_to(shared)
        stack.enter_context(serving(tmp_path / "c", *common))
        assert set((shared / "work").glob("*/sandbox")) <= set(working), "begun a second time"
        row = await settled(near, where.rpartition("/")[2])
        assert (row["status"], row["slides"]) == ("ready", 10), "cleared away"


@pytest.mark.soak
async def test_a_minute_without_redis(shell: Shell, tmp_path: Path, postgres_url: str, redis_server: Redis) -> None:
    """The lesson goes on at its owner, the other node's tablets read along, and nobody is thought to have left."""
    common = ("--database", postgres_url, "--redis", redis_server.url, "--tls", "off")
    async with AsyncExitStack() as stack:
        a, b = (stack.enter_context(serving(tmp_path / name, *common))[1] for name in ("a", "b"))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        here = ("--data", str(tmp_path / "a"), "--database", postgres_url)

        async def asks(*arguments: str) -> str:
            return await asyncio.to_thread(shell.run, *arguments, *here)

        lesson = json.loads(await asks("lesson", "create", "Fractions", "--json"))["id"]
        heard: list[tuple[float, Any]] = []

        def hear(name: str, text: str) -> None:
            heard.extend((time.monotonic(), one) for one in (json.loads(text) if name == "events" else ()))

        async def client(base: str, role: str, listener: Any = None) -> Tablet:
            token = (await asks("lesson", "token", lesson, "--role", role, "--name", role)).strip()
            tablet = Tablet(http, base, token, listener)
            await tablet.open()
            stack.push_async_callback(tablet.close)
            return tablet

        async def readiness() -> list[int]:
            return [(await http.get(f"{base}/readyz")).status for base in (a, b)]

        async def ready(status: int) -> None:
            async with asyncio.timeout(15):
                while await readiness() != [status] * 2:
                    await asyncio.sleep(0.1)

        teacher = await client(a, "lead_teacher")
        await teacher.command("lesson.open", {})
        await teacher.command("lesson.start", {})
        near, far = await client(a, "student"), await client(b, "student", hear)
        redis_server.stop()
        began = time.monotonic()
        await ready(503)
        said: dict[int, float] = {}
        while time.monotonic() - began < 60:
            number = len(said)
            said[await teacher.command("chat.say", {"message": f"m{number}", "text": "And on."})] = time.monotonic()
            await near.command("hand.raise" if number % 2 == 0 else "hand.lower", {})
            assert await readiness() == [503, 503]
            assert [(await http.get(f"{base}/healthz")).status for base in (a, b)] == [200, 200]
            await asyncio.sleep(1)
        with pytest.raises(Refused, match="owner_away"):
            await far.command("hand.raise", {})
        redis_server.start()
        await ready(200)
        await far.command("hand.raise", {})

        store = await Store.open(postgres_url)
        events = (await store.journal.load(lesson)).events
        await store.close()
        assert said.keys() <= {event.seq for event in events if event.kind == "chat.said"}
        assert [event for event in events if event.kind == "participant.left"] == []
        late = {one["seq"]: at - said[one["seq"]] for at, one in heard if one["seq"] in said}
        assert late.keys() == said.keys()
        assert max(late.values()) < 3.0, "the other node reads the database once a second"


def test_what_is_wrong_with_the_options_is_said(shell: Shell, tmp_path: Path, postgres_url: str) -> None:
    data = ("--data", str(tmp_path), "--port", "0", "--media-port", "0")
    assert "--redis" in shell.run("serve", *data, "--redis", "http://x", status=2)
    assert "--database" in shell.run("serve", *data, "--redis", "redis://127.0.0.1:1", status=2)
    nodes = (*data, "--redis", "redis://127.0.0.1:1", "--database", postgres_url)
    assert "--redis" in shell.run("serve", *nodes, status=2)
    for elsewhere in ((), ("--node-url", "https://y.example/node/a")):
        assert "--node-url" in shell.run("serve", *nodes, "--public-url", "https://x.example", *elsewhere, status=2)
