"""How recordings are watched comes to a learning record store: in the terms of xAPI's video profile, under names that
say nothing, and once however often the store was away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.unit.web.node import evaluate
from tests.unit.web.people import Person, good, refusal
from tests.unit.web.test_resources import resource
from web.server.parts import Parts
from web.server.settings import Settings
from web.server.xapi import sending, viewing
from web.server.xapi.sending import Store
from web.server.xapi.telling import Telling
from web.server.xapi.viewing import VIDEO, Moment, Viewing, video

__all__ = ["resource"]

BASE = "https://school.example"
EXTENSIONS = f"{VIDEO}/extensions/"
VERBS = "http://adlnet.gov/expapi/verbs/"
# Video Profile 1.0.3, "Statement Data Model": what each verb must have, by its result's extensions.
NEEDS: dict[str, set[str]] = {
    f"{VERBS}initialized": set(),
    f"{VIDEO}/verbs/played": {"time"},
    f"{VIDEO}/verbs/paused": {"time", "played-segments", "progress"},
    f"{VIDEO}/verbs/seeked": {"time-from", "time-to"},
    f"{VERBS}completed": {"time", "played-segments", "progress"},
    f"{VERBS}terminated": {"time", "played-segments", "progress"},
}


def checked(statement: dict[str, Any]) -> dict[str, Any]:
    """As the profile wants it; the verb's last word, and its result's extensions."""
    verb = statement["verb"]["id"]
    extensions = statement.get("result", {}).get("extensions", {})
    assert {name.removeprefix(EXTENSIONS) for name in extensions} == NEEDS[verb]
    assert statement["object"]["definition"]["type"] == f"{VIDEO}/activity-type/video"
    assert statement["context"]["contextActivities"]["category"] == [{"id": VIDEO}]
    assert statement["context"]["extensions"].keys() >= {f"{EXTENSIONS}session-id", f"{EXTENSIONS}length"}
    assert statement["actor"]["account"]["homePage"]
    assert len(statement["id"]) == 36 or statement["id"].isdigit()
    assert statement["timestamp"].endswith("Z")
    if verb == f"{VERBS}completed":
        assert statement["result"]["completion"] is True
        assert statement["result"]["duration"].startswith("PT")
    return {"verb": verb.rpartition("/")[2], **{n.removeprefix(EXTENSIONS): v for n, v in extensions.items()}}


def test_a_viewing_says_what_was_played_and_completes_once() -> None:
    ids = map(str, count())
    viewing = Viewing("s" * 36, {"account": {"homePage": BASE, "name": "x"}}, video(BASE, "r", "Autumn 秋"), 100.0, 0)
    moments = [
        Moment("played", 0, 1000),
        Moment("played", 0, 1000),
        Moment("seeked", 60.0004, 41_000, from_s=40),
        Moment("paused", 100, 81_000),
        Moment("paused", 100, 82_000),
        Moment("seeked", 30, 83_000, from_s=100),
        Moment("played", 30, 84_000),
        Moment("paused", 62, 116_000),
        Moment("terminated", 62, 120_000),
    ]
    told = [checked(viewing.begin(lambda: next(ids)))]
    told += [checked(one) for moment in moments for one in viewing.tell(moment, lambda: next(ids))]
    first = {"played-segments": "0[.]40[,]60[.]100", "progress": 0.8}
    every = {"played-segments": "0[.]40[,]60[.]100[,]30[.]62", "progress": 1.0}
    assert told == [
        {"verb": "initialized"},
        {"verb": "played", "time": 0},
        {"verb": "seeked", "time-from": 40, "time-to": 60.0},
        {"verb": "paused", "time": 100, **first},
        {"verb": "seeked", "time-from": 100, "time-to": 30},
        {"verb": "played", "time": 30},
        {"verb": "paused", "time": 62, **every},
        {"verb": "completed", "time": 62, **every},
        {"verb": "terminated", "time": 62, **every},
    ]


def test_of_one_who_leaps_about_for_ever_so_many_stretches_are_told_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(viewing, "MOST_STRETCHES", 3)
    one, number = Viewing("s" * 36, {}, video(BASE, "r", "Autumn"), 100.0, 0), count()

    def play(start: float, end: float) -> dict[str, Any]:
        moments = (Moment("seeked", start, 0), Moment("played", start, 0), Moment("paused", end, 0))
        [*_, paused] = [told for moment in moments for told in one.tell(moment, lambda: str(next(number)))]
        return {n.removeprefix(EXTENSIONS): v for n, v in paused["result"]["extensions"].items()}

    for start, end in ((50, 60), (0, 10), (5, 20)):
        told = play(start, end)
    assert told["played-segments"] == "50[.]60[,]0[.]10[,]5[.]20"
    assert play(90, 91) == {"time": 91, "progress": 0.31, "played-segments": "0[.]20[,]50[.]60[,]90[.]91"}
    assert play(95, 96) == {"time": 96, "progress": 0.31, "played-segments": "0[.]20[,]50[.]60[,]90[.]91"}
    assert one.spent_s == 37


def test_a_page_tells_what_happened_from_looking_at_it() -> None:
    def look(at: int, now: int, playing: bool = True, rate: float = 1) -> dict[str, Any]:
        return {"at": at, "rate": rate, "playing": playing, "now": now}

    looks = [
        look(0, 0),
        look(900, 1000),
        look(60_000, 2000),
        look(62_000, 3000, rate=2),
        look(62_400, 4000, playing=False),
        look(5_000, 5000, playing=False),
        look(5_100, 6000),
        look(6_100, 7000),
    ]
    found = evaluate(
        "pages/library/use/happening.ts",
        "given.map((now, index) => m.happened(given[index - 1] ?? null, now))",
        looks,
    )
    assert found == [
        [{"what": "played", "at": 0}],
        [],
        [{"what": "seeked", "from": 1900, "at": 60_000}],
        [],
        [{"what": "paused", "at": 62_400}],
        [{"what": "seeked", "from": 62_400, "at": 5_000}],
        [{"what": "played", "at": 5_100}],
        [],
    ]


class Lrs:
    """A store that keeps what it is sent, all of a request or nothing; `answers` are what it says first, else 200 — or
    409 where it has one of them, 400 where one is `unfit`. `lost` answers never arrive, though it took what was sent.
    """

    def __init__(self) -> None:
        self.statements: dict[str, dict[str, Any]] = {}
        self.answers: list[int] = []
        self.asked = self.lost = 0
        self.is_strict, self.address = False, ""

    async def take(self, request: web.Request) -> web.Response:
        self.asked += 1
        assert request.headers["X-Experience-API-Version"].startswith("1.0")
        assert request.headers["Authorization"] == "Basic a2V5OnNlY3JldA=="
        if self.answers:
            return web.Response(status=self.answers.pop(0))
        sent = await request.json()
        if self.is_strict and any(one["id"] in self.statements for one in sent):
            return web.Response(status=409)
        if any(one["id"] == "unfit" for one in sent):
            return web.Response(status=400)
        self.statements |= {one["id"]: one for one in sent}
        if self.lost:
            self.lost -= 1
            return web.Response(status=504)
        return web.json_response([one["id"] for one in sent])

    async def has(self, many: int) -> list[dict[str, Any]]:
        async with asyncio.timeout(20):
            while len(self.statements) < many:
                await asyncio.sleep(0.01)
        return list(self.statements.values())


@pytest.fixture
async def lrs() -> AsyncIterator[Lrs]:
    lrs = Lrs()
    app = web.Application()
    app.router.add_post("/xapi/statements", lrs.take)
    async with TestServer(app) as server:
        lrs.address = str(server.make_url("/xapi"))
        yield lrs


@pytest.fixture
async def store(lrs: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    monkeypatch.setattr(sending, "AGAIN_S", (0.01,))
    store = Store(lrs.address, "key:secret")
    store.start()
    yield store
    await store.close()


async def test_what_pages_tell_reaches_the_store_under_a_name_that_says_nothing(
    parts: Parts, teacher: Person, resource: str, lrs: Lrs, store: Store
) -> None:
    base = f"/api/v1/resources/{resource}/played"
    moments = [{"what": "played", "at": 0, "ago_ms": 900}]
    assert await teacher.post(base, {"begun": True, "parts": [0], "moments": moments}) == {"moments": False}
    parts.telling = Telling(store, BASE, b"k" * 32, with_names=False)
    assert await teacher.post(base, {"begun": True, "parts": [0], "moments": moments}) == {"moments": True}
    later = [{"what": "seeked", "from": 1000, "at": 2000}, {"what": "terminated", "at": 4010}]
    await teacher.post(base, {"moments": later})
    found = await lrs.has(4)
    assert [checked(one)["verb"] for one in found] == ["initialized", "played", "seeked", "terminated"]
    me = await teacher.look()
    assert me["account"]["id"] not in json.dumps(found)
    assert me["account"]["name"] not in json.dumps(found)
    assert len({one["actor"]["account"]["name"] for one in found}) == 1
    assert len({json.dumps(one["context"]["extensions"]) for one in found}) == 1
    assert found[0]["object"]["id"] == f"{BASE}/library/{resource}"
    for wrong in ({"what": "liked", "at": 1}, {"what": "played", "at": -1}, {"what": "played"}):
        assert await refusal(await teacher.call("POST", base, {"moments": [wrong]})) == (400, "malformed")
    parts.telling = Telling(store, BASE, b"k" * 32, with_names=True)
    await good(await teacher.call("POST", base, {"begun": True}))
    assert (await lrs.has(5))[4]["actor"]["name"] == me["account"]["name"]


async def test_a_store_that_was_away_is_told_once_and_in_order(lrs: Lrs, store: Store) -> None:
    lrs.answers = [503, 429, 401]
    store.put({"id": str(number)} for number in range(120))
    found = await lrs.has(120)
    assert [one["id"] for one in found] == [str(number) for number in range(120)]
    assert (store.waiting, lrs.asked) == (0, 3 + 3)


async def test_after_a_lost_answer_what_came_meanwhile_is_told_too(lrs: Lrs, store: Store) -> None:
    """Of a store that refuses a request for one statement in it that it knows."""
    lrs.is_strict, lrs.lost = True, 1
    store.put({"id": str(number)} for number in range(3))
    async with asyncio.timeout(20):
        while lrs.lost:
            await asyncio.sleep(0)
    store.put({"id": str(number)} for number in range(3, 6))
    assert [one["id"] for one in await lrs.has(6)] == [str(number) for number in range(6)]


async def test_for_one_that_is_unfit_no_other_is_lost(lrs: Lrs, store: Store) -> None:
    store.put({"id": one} for one in ("a", "unfit", "b"))
    assert [one["id"] for one in await lrs.has(2)] == ["a", "b"]
    async with asyncio.timeout(20):
        while store.waiting:
            await asyncio.sleep(0.01)


async def test_of_who_is_erased_nothing_more_is_told(
    parts: Parts, admin: Person, teacher: Person, resource: str, lrs: Lrs
) -> None:
    away = Store(lrs.address, "")
    parts.telling = Telling(away, BASE, b"k" * 32, with_names=False)
    for person in (admin, teacher):
        moments = [{"what": "played", "at": 0}]
        await person.post(f"/api/v1/resources/{resource}/played", {"begun": True, "moments": moments})
    assert away.waiting == 4
    away._under_way.append([away._next() for _ in range(3)])
    me = (await teacher.look())["account"]["id"]
    await good(await admin.call("DELETE", f"/api/v1/accounts/{me}"))
    assert (away.waiting, away._bytes) == (2, 0)
    assert [key[1] for key in parts.telling._viewings] == [(await admin.look())["account"]["id"]]


async def test_what_it_refuses_holds_up_nothing_and_no_queue_grows_for_ever(
    lrs: Any, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    lrs.answers = [400]
    store.put([{"id": "refused"}])
    async with asyncio.timeout(20):
        while lrs.answers:
            await asyncio.sleep(0.01)
    store.put([{"id": "taken"}])
    assert [one["id"] for one in await lrs.has(1)] == ["taken"]
    monkeypatch.setattr(sending, "MOST", 3)
    away = Store("http://127.0.0.1:1/xapi", "")
    away.put({"id": str(number)} for number in range(5))
    assert (away.waiting, away.dropped) == (3, 2)
    monkeypatch.setattr(sending, "MOST_BYTES", 40)
    away.put([{"id": "x" * 20}])
    assert (away.waiting, away._bytes) == (1, 30)


def test_it_is_off_unless_an_operator_names_a_store() -> None:
    assert not Store(Settings(_env_file=None).lrs, "").there  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="KEY:SECRET"):
        Settings(_env_file=None, lrs_auth="key")  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="address"):
        Settings(_env_file=None, lrs="ftp://store")  # type: ignore[call-arg]
