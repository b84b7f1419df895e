"""The client's Connection against the real server: what it does when lines drop, servers die and tokens run out."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from classroom.errors import ClientFault, Status
from classroom.events import Role
from classroom.rules import view
from tests.processes import NODE

CONNECTION = Path(__file__).resolve().parents[3] / "web/client/src/lesson/connection.ts"


class NodePage:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[Any] = []
        self.news = asyncio.Event()
        self.reading = asyncio.create_task(self.read())

    async def read(self) -> None:
        assert self.process.stdout
        while line := await self.process.stdout.readline():
            self.said.append(json.loads(line))
            self.news.set()

    def do(self, what: str, **more: Any) -> None:
        assert self.process.stdin
        self.process.stdin.write((json.dumps({"do": what, **more}) + "\n").encode())

    async def until(self, true: Callable[[Any], Any], after: int = 0) -> int:
        """Waits for a line that is so; its index."""
        async with asyncio.timeout(20):
            while True:
                for index, line in enumerate(self.said):
                    if index >= after and true(line):
                        return index
                self.news.clear()
                await self.news.wait()

    async def online(self, token: str, after: int = 0) -> int:
        await self.until(lambda line: line.get("want") == "token", after)
        self.do("token", token=token)
        return await self.is_("online", after)

    async def is_(self, status: str, after: int = 0) -> int:
        return await self.until(lambda line: line.get("status", {}).get("name") == status, after)

    async def look(self) -> Any:
        count = len(self.said)
        self.do("look")
        return self.said[await self.until(lambda line: "state" in line, count)]

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        if self.process.stdin:
            self.process.stdin.close()
        await self.reading
        await self.process.wait()


@pytest.fixture
async def open_page(live: Any, tmp_path: Path) -> AsyncIterator[Any]:
    pages: list[NodePage] = []

    async def open_() -> NodePage:
        process = await asyncio.create_subprocess_exec(
            NODE,
            "--disable-warning=ExperimentalWarning",
            str(Path(__file__).with_name("page.mjs")),
            CONNECTION.as_uri(),
            live.url.rstrip("/"),
            str(tmp_path / "shelf"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        pages.append(NodePage(process))
        pages[-1].do("start")
        return pages[-1]

    yield open_
    for page in pages:
        await page.kill()


@pytest.mark.usefixtures("snapshots_come")
async def test_its_fold_is_the_servers_view(live: Any, open_page: Any) -> None:
    page = await open_page()
    claims = live.claims(Role.STUDENT, "kid")
    await page.online(live.token(claims))
    teacher = await live.join(Role.LEAD_TEACHER)
    await teacher.ask("page.add", {"page": "two"})
    question = {"activity": "a", "type": "choice", "prompt": "?", "options": ["x", "y"], "answer": 0}
    await teacher.ask("activity.open", question)
    await page.until(lambda line: any(e["kind"] == "activity.opened" for e in line.get("events", ())))
    page.do("command", n=1, kind="activity.answer", data={"activity": "a", "choice": 1})
    await page.until(lambda line: line.get("done") == 1)
    await page.until(lambda line: any(e["kind"] == "activity.answered" for e in line.get("events", ())))
    seen = await page.look()
    state = await live.journal.state(live.lesson)
    assert seen["state"] == json.loads(json.dumps(view(state, claims.seat, await live.journal.texts(live.lesson))))
    assert seen["pending"] == 0
    assert seen["state"]["activities"]["by_id"]["a"]["answers"] == {"kid": {"choice": 1}}
    page.do("command", n=2, kind="activity.answer", data={"activity": "a", "choice": 0})
    refused = await page.until(lambda line: line.get("refused") == 2)
    assert page.said[refused]["code"] == "already_answered"


async def test_what_happens_while_it_fetches_a_snapshot_is_in_it_or_comes_after(
    live: Any, open_page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both at once: one page is added before the snapshot is taken, another while it is on its way."""
    monkeypatch.setattr("signaling.fanout.LARGE", 0)
    teacher = await live.join(Role.LEAD_TEACHER)
    real = live.gateway.snapshot

    async def slow(claims: Any) -> Any:
        await teacher.ask("page.add", {"page": "before"})
        taken = await real(claims)
        await teacher.ask("page.add", {"page": "after"})
        await asyncio.sleep(0.2)
        return taken

    monkeypatch.setattr(live.gateway, "snapshot", slow)
    page = await open_page()
    claims = live.claims(Role.DISPLAY, room="r")
    online = await page.online(live.token(claims))
    assert not any("events" in line for line in page.said[:online])
    await page.until(lambda line: "events" in line)
    state = await live.journal.state(live.lesson)
    seen = await page.look()
    assert [one["id"] for one in seen["state"]["board"]["pages"]] == ["1", "before", "after"]
    assert seen["state"] == json.loads(json.dumps(view(state, claims.seat, await live.journal.texts(live.lesson))))


async def test_of_two_snapshots_that_are_fetched_at_once_the_later_counts(
    live: Any, open_page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.fanout.LARGE", 0)
    teacher = await live.join(Role.LEAD_TEACHER)
    page = await open_page()
    claims = live.claims(Role.STUDENT, "kid")
    await page.online(live.token(claims))
    real, fetches = live.gateway.snapshot, 0
    second = asyncio.Event()

    async def slow(claims: Any) -> Any:
        nonlocal fetches
        fetches += 1
        taken = await real(claims)
        if fetches == 1:
            await second.wait()
            await asyncio.sleep(0.3)
        second.set()
        return taken

    monkeypatch.setattr(live.gateway, "snapshot", slow)
    desk = live.gateway._desk
    (sid,) = desk.sessions.sids_of("kid")
    await desk.begin(sid, 0)
    await teacher.ask("page.add", {"page": "between"})
    async with asyncio.timeout(10):
        while not fetches:
            await asyncio.sleep(0.01)
    await desk.begin(sid, 0)
    await second.wait()
    await teacher.ask("page.add", {"page": "after"})
    await asyncio.sleep(0.6)  # until the first would have come
    state = await live.journal.state(live.lesson)
    seen = await page.look()
    assert [one["id"] for one in seen["state"]["board"]["pages"]] == ["1", "between", "after"]
    assert seen["state"] == json.loads(json.dumps(view(state, claims.seat, await live.journal.texts(live.lesson))))


@pytest.mark.parametrize("how", ["refused", "behind", "cut"])
async def test_a_snapshot_that_cannot_be_fetched_is_a_line_that_was_lost(
    live: Any, open_page: Any, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("signaling.fanout.LARGE", 0)
    real = live.gateway.snapshot

    async def once(claims: Any) -> Any:
        monkeypatch.setattr(live.gateway, "snapshot", real)
        if how == "refused":
            raise ClientFault("not_connected", "Not yet.", Status.CONFLICT)
        if how == "behind":
            answer = {"state": {}, "own": {}, "events": [], "seq": 1, "at": 0}
            return gzip.compress(json.dumps(answer).encode()), b""
        return (await real(claims))[0], b""

    monkeypatch.setattr(live.gateway, "snapshot", once)
    page = await open_page()
    await page.until(lambda line: line.get("want") == "token")
    page.do("token", token=live.token(live.claims(Role.STUDENT, "kid")))
    offline = await page.is_("offline")
    assert page.said[offline]["status"].get("code") == ("not_connected" if how == "refused" else None)
    await page.is_("online", offline)
    assert (await page.look())["state"]["phase"] == "live"


async def test_an_answer_given_while_the_server_is_down_arrives_once(live: Any, open_page: Any) -> None:
    page = await open_page()
    await page.online(live.token(live.claims(Role.STUDENT, "kid")))
    seq = (await page.look())["state"]["seq"]
    restarting = asyncio.create_task(live.restart())
    offline = await page.is_("offline")
    page.do("command", n=1, kind="chat.say", data={"message": "m", "text": "still here"})
    await restarting
    back = await page.is_("online", offline)
    await page.until(lambda line: line.get("done") == 1, back)
    assert [event.kind for event in await live.events()].count("chat.said") == 1
    await page.until(lambda line: any(e["kind"] == "chat.said" for e in line.get("events", ())))
    seen = await page.look()
    assert seen["state"]["seq"] > seq
    assert [line["text"] for line in seen["state"]["chat"]] == ["still here"]


async def test_an_answer_survives_the_page_being_killed(live: Any, open_page: Any) -> None:
    token = live.token(live.claims(Role.STUDENT, "kid"))
    page = await open_page()  # never gets a token, so it cannot send
    page.do("command", n=1, kind="chat.say", data={"message": "m", "text": "kept"})
    assert (await page.look())["pending"] == 1
    await page.kill()
    again = await open_page()
    await again.online(token)
    await again.until(lambda line: any(e["kind"] == "chat.said" for e in line.get("events", ())))
    assert (await again.look())["pending"] == 0


async def test_it_asks_for_a_new_token_when_the_old_one_has_run_out(live: Any, open_page: Any) -> None:
    page = await open_page()
    claims = live.claims(Role.STUDENT, "kid")
    online = await page.online(live.token(claims, ttl_s=60))
    live.clock.move(61)
    offline = await page.is_("offline", online)
    await page.online(live.token(claims), offline)


async def test_it_gives_up_where_trying_again_is_no_use(live: Any, open_page: Any) -> None:
    page = await open_page()
    await page.until(lambda line: line.get("want") == "token")
    page.do("notoken")
    offline = await page.is_("offline")
    await page.until(lambda line: line.get("want") == "token", offline)
    page.do("token", token="nonsense")
    refused = await page.is_("refused", offline)
    assert page.said[refused]["status"]["code"] == "token_invalid"

    other = await open_page()
    await other.until(lambda line: line.get("want") == "token")
    other.do("notoken", code="not_allowed")
    await other.is_("refused")


async def test_its_clock_is_the_lessons(live: Any, open_page: Any) -> None:
    live.clock.move(100)
    page = await open_page()
    await page.online(live.token(live.claims(Role.DISPLAY, room="r")))
    assert 100_000 <= (await page.look())["now"] < 120_000
