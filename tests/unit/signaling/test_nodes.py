"""Two nodes on one database and one Redis: whose a lesson is, and what they do for each other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
import redis.asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from classroom.clock import SystemClock
from classroom.errors import ClientFault, OperatorFault
from classroom.events import Command, Role
from classroom.journal import Journal
from classroom.rules import SYSTEM
from classroom.store import Store
from classroom.store.owners import Fenced
from classroom.store.records import Entry
from signaling import bus, nodes, roll, sessions
from signaling.bus import ALL, REFUSED, Bus, Message, Revoked, seal, to_lesson, to_node
from signaling.gateway import Gateway
from signaling.nodes import Nodes
from signaling.roll import Roll
from signaling.tokens import Claims, Tokens
from tests.redis import Redis
from tests.unit.signaling.conftest import LEAD, Page, Recorder

SECRET = b"n" * 32
QUESTION = {"activity": "q", "type": "choice", "prompt": "?", "options": ["a", "b"], "answer": 1}


class Node:
    def __init__(self, database: str, redis_url: str) -> None:
        self._database, self._redis = database, redis_url
        self.media = Recorder()
        self.tokens = Tokens(b"s" * 32)
        self.pages: list[Page] = []

    async def start(self) -> Node:
        clock = SystemClock()
        self.store = await Store.open(self._database)
        self.journal = Journal(self.store, clock)
        self.server = TestServer(web.Application())
        self.nodes = Nodes(self._redis, SECRET, "", self.journal, self.store.owners, clock)
        await self.nodes.reach()
        self.gateway = Gateway(self.journal, self.tokens, self.media, clock, nodes=self.nodes)
        self.gateway.attach(self.server.app)
        await self.server.start_server()
        self.nodes._url = self.url
        return self

    @property
    def url(self) -> str:
        return str(self.server.make_url("/"))

    async def join(self, lesson: str, role: Role, participant: str | None = None, since: int | None = None) -> Page:
        name = participant or role.value
        claims = Claims(lesson, name, role, name=name)
        page = Page(self.url, self.tokens.issue(claims, 3600, time.time()))
        self.pages.append(page)
        return await page.connect(since)

    async def do(self, lesson: str, kind: str, data: Any, seat: Any = SYSTEM, id_: str | None = None) -> int:
        return await self.journal.submit(lesson, seat, Command(id_ or str(uuid4()), kind, data))

    async def stop(self) -> None:
        """As SIGTERM does."""
        for page in self.pages:
            await page.close()
        await self.server.close()
        await self.journal.close()
        await self.nodes.close()
        await self.store.close()

    async def die(self) -> None:
        """As SIGKILL does, as far as others can see."""
        tasks = (*self.nodes._tasks, *self.nodes._bus._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.nodes._bus.say = lambda *_: None  # type: ignore[method-assign]
        self.nodes.close = self.nodes._bus.close  # type: ignore[method-assign]


async def true_soon(condition: Callable[[], Any], within_s: float = 10.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of the times that the product takes; `tests/unit/web/test_nodes.py` takes those."""
    for module in (roll, nodes, bus):
        for name in ("LEASE_S", "DEAF_S", "BEAT_S", "HERE_S", "PATIENCE_S", "SILENCE_S"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, getattr(module, name) / 4)


@pytest.fixture
async def two(redis_server: Redis, postgres_url: str) -> AsyncIterator[tuple[Node, Node]]:
    a = await Node(postgres_url, redis_server.url).start()
    b = await Node(postgres_url, redis_server.url).start()
    await true_soon(lambda: a.nodes.up and b.nodes.up)
    await true_soon(lambda: not a.nodes._roll.alone(time.monotonic()) and not b.nodes._roll.alone(time.monotonic()))
    yield a, b
    await a.stop()
    await b.stop()


async def live(node: Node) -> str:
    """A lesson that has begun, owned by that node."""
    lesson = (await node.store.lessons.add("Fractions", 0)).id
    await node.do(lesson, "lesson.open", {})
    await node.do(lesson, "lesson.start", {})
    return lesson


async def test_a_lesson_across_two_nodes(two: tuple[Node, Node]) -> None:
    a, b = two
    lesson = await live(a)
    teacher = await a.join(lesson, Role.LEAD_TEACHER)
    child = await b.join(lesson, Role.STUDENT, "ann")
    assert a.journal.owns(lesson)
    assert not b.journal.owns(lesson)
    await teacher.ask("activity.open", QUESTION)
    opened = await child.until(lambda: child.events("activity.opened"))
    assert "answer" not in opened[0]["data"]
    id_ = str(uuid4())
    answered = await child.ask("activity.answer", {"activity": "q", "choice": 1}, id_)
    assert answered["ok"]
    assert [event["seq"] for event in child.events("activity.answered")] == [
        answered["seq"]
    ]  # before it was acknowledged
    await teacher.until(lambda: teacher.events("activity.answered"))
    again = await b.do(
        lesson, "activity.answer", {"activity": "q", "choice": 1}, Claims(lesson, "ann", Role.STUDENT).seat, id_
    )
    assert again == answered["seq"]
    refused = await child.ask("activity.answer", {"activity": "q", "choice": 0})
    assert refused["error"]["code"] == "already_answered"
    await asyncio.sleep(0.3)
    tallies = [signal["data"]["answered"] for signal in child.signals("tally")]
    assert tallies == sorted(set(tallies))  # each node counts for its own
    assert await a.journal.events(lesson) == await b.journal.events(lesson)
    assert dict(await a.journal.texts(lesson)) == dict(await b.journal.texts(lesson))
    assert a.journal.clock_of(lesson).origin_s == pytest.approx(b.journal.clock_of(lesson).origin_s, abs=0.05)


async def test_signals_reach_everyone_once(two: tuple[Node, Node]) -> None:
    a, b = two
    lesson = await live(a)
    teacher, child = await a.join(lesson, Role.LEAD_TEACHER), await b.join(lesson, Role.STUDENT, "ann")
    other = await a.join(lesson, Role.STUDENT, "bob")
    await teacher.send("signal", {"kind": "cursor", "data": {"page": "1", "x": 1, "y": 2}})
    await child.until(lambda: child.signals("cursor"))
    await child.send("signal", {"kind": "reaction", "data": {"reaction": "up"}})
    (reaction,) = await teacher.until(lambda: teacher.signals("reaction"))
    assert reaction["from"] == "ann"
    a.gateway.alarm(lesson, "disk_short", "x")
    await teacher.until(lambda: teacher.signals("alarm"))
    await asyncio.sleep(0.2)
    assert len(other.signals("cursor")) == len(child.signals("cursor")) == 1
    assert not child.signals("alarm")
    assert not other.signals("reaction")


async def test_media_are_at_the_owner_and_told_of_where_the_page_is(two: tuple[Node, Node]) -> None:
    a, b = two
    lesson = await live(a)
    child = await b.join(lesson, Role.STUDENT, "ann")
    assert await a.nodes.elsewhere(lesson) is None
    assert await b.nodes.elsewhere(lesson) == a.url
    await a.gateway.door.put_peer(Claims(lesson, "ann", Role.STUDENT), "in", "receive", "offer", {}, 1)
    await child.until(lambda: child.signals("slots"))
    heard = len(child.signals("slots"))
    again = await b.join(lesson, Role.STUDENT, "ann")
    await again.until(lambda: again.signals("slots"))
    assert len(child.signals("slots")) == heard + 1  # both sockets are the participant's
    with pytest.raises(ClientFault, match="no such lesson"):
        await b.nodes.elsewhere("none")


async def test_who_moves_to_another_node_has_not_left(two: tuple[Node, Node], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "GRACE_S", 0.6)
    a, b = two
    lesson = await live(a)
    teacher, child = await a.join(lesson, Role.LEAD_TEACHER), await a.join(lesson, Role.STUDENT, "ann")
    moved = await b.join(lesson, Role.STUDENT, "ann")
    await child.close()
    await asyncio.sleep(1.5)
    assert not teacher.events("participant.left")
    await moved.close()
    await teacher.until(lambda: teacher.events("participant.left"))
    back = await b.join(lesson, Role.STUDENT, "ann")
    await back.until(lambda: len(teacher.events("participant.joined")) == 2)


async def test_who_was_let_go_by_mistake_comes_in_again(two: tuple[Node, Node]) -> None:
    a, b = two
    lesson = await live(a)
    child = await b.join(lesson, Role.STUDENT, "ann")
    await a.do(lesson, "participant.leave", {}, Claims(lesson, "ann", Role.STUDENT).seat)
    await child.until(lambda: len(child.events("participant.joined")) > 0)
    assert (await a.journal.state(lesson))["participants"]["ann"]["present"]


async def test_a_node_that_stops_hands_its_lessons_over(
    two: tuple[Node, Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roll, "LEASE_S", 60.0)  # it is not waited for
    a, b = two
    lesson = await live(a)
    child = await b.join(lesson, Role.STUDENT, "ann")
    said, id_ = {"message": "m", "text": "x"}, str(uuid4())
    before = await child.ask("chat.say", said, id_)
    await a.stop()
    assert await child.ask("chat.say", said, id_) == before
    assert (await child.ask("hand.raise", {}))["ok"]
    assert b.journal.owns(lesson)
    (gone,) = await child.until(lambda: child.signals("media"))
    assert gone["data"] == {"peer": None, "state": "gone", "reason": "moved"}
    await a.start()


async def test_a_node_that_dies_is_followed_by_another(two: tuple[Node, Node], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "GRACE_S", 1.0)
    monkeypatch.setattr(sessions, "ELSEWHERE_S", 60.0)  # the dead one shall not find out by itself
    a, b = two
    lesson = await live(a)
    await a.join(lesson, Role.LEAD_TEACHER)
    child = await b.join(lesson, Role.STUDENT, "ann")
    await asyncio.sleep(roll.LEASE_S)  # so that its silence means something
    await a.die()
    ids = [str(uuid4()) for _ in range(3)]
    answers = await asyncio.gather(*(child.ask("chat.say", {"message": id_, "text": "x"}, id_) for id_ in ids))
    assert all(answer["ok"] for answer in answers), answers  # within a node's patience, for then it says no
    assert b.journal.owns(lesson)
    # The dead one had the teacher; it is not heard of any more.
    await child.until(
        lambda: any(e["data"].get("participant") == "lead_teacher" for e in child.events("participant.left"))
    )
    # It was not dead, as it turns out: what it writes now is held off, carried to the owner, and there once.
    a.nodes._bus = Bus(a._redis, SECRET, a.nodes.node, a.nodes._hear)
    a.nodes._bus.begin()
    assert a.journal.owns(lesson)  # as it believes
    said = await a.do(lesson, "chat.say", {"message": "late", "text": "x"}, LEAD, str(uuid4()))
    assert not a.journal.owns(lesson)
    assert (await b.journal.events(lesson))[said - 1].data["message"] == "late"
    assert await a.journal.events(lesson) == await b.journal.events(lesson)
    kinds = [event.kind for event in await b.journal.events(lesson)]
    assert kinds.count("chat.said") == 4


async def test_redis_away_harms_no_lesson_at_its_owner(
    two: tuple[Node, Node], redis_server: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "GRACE_S", 1.0)
    monkeypatch.setattr(sessions, "ELSEWHERE_S", 1.5)
    a, b = two
    lesson = await live(a)
    teacher, child = await a.join(lesson, Role.LEAD_TEACHER), await b.join(lesson, Role.STUDENT, "ann")
    await true_soon(lambda: a.gateway._desk.sessions._elsewhere)
    redis_server.stop()
    await true_soon(lambda: not a.nodes.up and not b.nodes.up)
    assert (await teacher.ask("activity.open", QUESTION))["ok"]
    await child.until(lambda: child.events("activity.opened"))  # read from the database
    with pytest.raises(ClientFault, match="does not answer"):
        await b.do(lesson, "hand.raise", {}, Claims(lesson, "ann", Role.STUDENT).seat)
    monkeypatch.setattr(a.nodes, "erased", lambda _: None)  # as if it was lost
    await a.journal.erase("ann")
    redis_server.start()
    await true_soon(lambda: a.nodes.up and b.nodes.up)
    assert (await child.ask("activity.answer", {"activity": "q", "choice": 1}))["ok"]
    await teacher.until(lambda: teacher.events("activity.answered"))
    assert a.journal.owns(lesson)
    async with asyncio.timeout(5):
        while "ann" in dict(await b.journal.texts(lesson)).values():
            await asyncio.sleep(0.02)
    assert not teacher.events("participant.left")


async def test_an_erased_name_is_gone_from_every_node(two: tuple[Node, Node]) -> None:
    a, b = two
    lesson = await live(a)
    await b.join(lesson, Role.STUDENT, "ann")
    assert "ann" in dict(await a.journal.texts(lesson)).values()
    await b.journal.erase("ann")
    await asyncio.sleep(0.5)
    assert "ann" not in dict(await a.journal.texts(lesson)).values()
    assert "ann" not in dict(await b.journal.texts(lesson)).values()
    await b.gateway.revoke(["lead_teacher"])


async def test_a_token_that_is_revoked_ends_sockets_everywhere(two: tuple[Node, Node]) -> None:
    a, b = two
    lesson = await live(a)
    child = await b.join(lesson, Role.STUDENT, "ann")
    await a.gateway.revoke(["ann"])
    await true_soon(lambda: not child.sio.connected)


async def test_a_token_that_is_revoked_while_redis_is_away_is_so_when_it_is_back(
    two: tuple[Node, Node], redis_server: Redis
) -> None:
    a, b = two
    lesson = await live(a)
    account = await a.store.accounts.add("li", "Li", "teacher", "hash", 0)
    person = await a.store.participants.add(lesson, Role.LOCAL_TEACHER, "Li", 0, account=account.id)
    page = await b.join(lesson, Role.LOCAL_TEACHER, person.id)
    redis_server.stop()
    await true_soon(lambda: not a.nodes.up and not b.nodes.up)
    await a.store.accounts.set_disabled(account.id, True)
    await a.gateway.revoke([person.id])  # which b does not hear of
    redis_server.start()
    await true_soon(lambda: not page.sio.connected)


async def test_what_others_say_on_redis_is_not_believed(two: tuple[Node, Node], redis_server: Redis) -> None:
    a, b = two
    lesson = await live(a)
    child = await b.join(lesson, Role.STUDENT, "ann")
    before = REFUSED._value.get()
    forged = seal(b"x" * 32, ALL, b'{"kind":"revoked","participants":["ann"]}')
    elsewhere = seal(SECRET, to_lesson(lesson), b'{"kind":"revoked","participants":["ann"]}')
    nonsense = [b"", b"\xff" * 100, b"x" * (5 << 20), forged, elsewhere, seal(SECRET, ALL, b'{"kind":"none"}')]
    async with redis.asyncio.Redis.from_url(redis_server.url) as client:
        for message in nonsense:
            await client.publish(ALL, message)
            await client.publish(to_node(b.nodes.node), message)
    assert (await child.ask("hand.raise", {}))["ok"]
    await asyncio.sleep(0.2)
    assert REFUSED._value.get() - before == len(nonsense) * 3  # ALL is heard by both nodes
    assert child.sio.connected
    assert b.nodes.up


async def test_who_has_no_redis_is_told(tmp_path: Any) -> None:
    heard: list[Message] = []
    for url in ("redis://127.0.0.1:1/0", "redis://127.0.0.1:notaport/0"):
        with pytest.raises(OperatorFault, match=r"^--redis: "):
            await Bus(url, SECRET, "n", heard.append).reach()


async def test_a_bus_that_is_full_drops_and_never_waits() -> None:
    bus = Bus("redis://127.0.0.1:1/0", SECRET, "n", lambda _: None)
    for _ in range(10_001):
        bus.say(ALL, Revoked(participants=()))
    assert bus._waiting.full()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_an_older_fencing_token_writes_nothing(database: str, tmp_path: Any, request: Any) -> None:
    url = f"sqlite:///{tmp_path / 'd'}" if database == "sqlite" else request.getfixturevalue("postgres_url")
    store = await Store.open(url)
    lesson = (await store.lessons.add("x", 0)).id
    first = await store.owners.take(lesson, "a", None)
    assert first is not None
    assert await store.owners.take(lesson, "b", None) is None
    second = await store.owners.take(lesson, "b", first)
    assert second is not None
    assert second.fence > first.fence
    assert await store.owners.take(lesson, "c", first) is None
    entry = Entry(lesson, "lead", "c" * 8, 0, [], [])
    with pytest.raises(Fenced):
        await store.journal.append([entry], 0, {lesson: first.fence})
    assert (await store.journal.load(lesson)).commands == {}
    await store.journal.append([entry], 0, {lesson: second.fence})
    assert (await store.journal.load(lesson)).commands == {("lead", "c" * 8): 0}
    await store.journal.append([replace(entry, command="d" * 8)], 0)  # by the shell
    with pytest.raises(Fenced):
        await store.journal.append([replace(entry, command="e" * 8)], 0, {lesson: second.fence})
    third = await store.owners.take(lesson, "b", (await store.owners.of([lesson]))[lesson])
    assert third is not None
    await store.owners.give_up("b")
    assert (await store.owners.of([lesson]))[lesson].node is None
    assert await store.owners.take("none", "b", None) is None
    await store.close()


def test_only_who_hears_itself_can_tell_that_another_is_dead() -> None:
    here = Roll("me")
    here.beat("other", "", 0.0)
    assert not here.dead("other", 100.0)
    for now in (100.0, 100.3, 100.6, 100.9):
        here.beat("me", "", now)
        assert not here.dead("other", now)
    here.beat("me", "", 101.0)
    assert here.dead("other", 101.0)
    assert here.dead("never heard", 101.0)
    assert not here.dead("other", 102.0)  # nobody is heard
    here.beat("me", "", 103.0)
    assert not here.dead("other", 103.9)  # it may take as long to come back as this one
    here.beat("other", "", 103.5)
    for now in (103.9, 104.0):
        here.beat("me", "", now)
        assert not here.dead("other", now)
    assert not here.alone(104.0)
    here.gone("other")
    assert here.alone(104.0)


@pytest.mark.parametrize("phase", [0.0, 0.1, 0.2, 0.35])
def test_what_silences_all_makes_nobody_dead(phase: float) -> None:
    """Beats of both, at any phase to each other, that Redis holds up for any time."""
    for tenths in range(1, 60):
        here = Roll("me")
        stops, lasts = 20.0, tenths / 10 * roll.LEASE_S / 2
        for step in range(round((stops + lasts + 10) * 100)):
            now = step / 100
            carried = not stops < now < stops + lasts
            for node, at in (("me", 0.0), ("other", phase)):
                if carried and (step - round(at * 100)) % round(nodes.BEAT_S * 100) == 0:
                    here.beat(node, "", now)
            assert not here.dead("other", now), (lasts, now)
