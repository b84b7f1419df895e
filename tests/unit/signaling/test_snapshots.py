"""Snapshots that are fetched: what they hold, who gets them, and that they are made once for many."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom import rules
from classroom.events import Event, Role, Seat
from signaling import snapshots
from signaling.fanout import projected
from signaling.snapshots import FEW, FRESH_S, KEPT_S
from tests.unit.classroom.lessons import STROKE, Lesson, whole
from tests.unit.classroom.test_fold import lessons


def opened(body: bytes) -> Any:
    """Checks length and checksum too."""
    return json.loads(gzip.decompress(body))


def folded(answer: Any) -> Any:
    state = rules.fold([Event(**event) for event in answer["events"]], whole(answer["state"], answer["own"]))
    return {**state, "seq": answer["seq"]}


@pytest.fixture(autouse=True)
def _all_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signaling.fanout.LARGE", 0)


@settings(max_examples=30, deadline=None)
@given(lessons(), st.data())
def test_whenever_it_was_made_it_becomes_the_viewers_view(lesson: Lesson, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(lesson.events)))
    state, texts = rules.fold(lesson.events[:cut]), lesson.texts
    for viewer in lesson.viewers():
        made = snapshots._made(state, viewer.role, texts, 0.0, 0)
        since = projected(lesson.events[cut:], texts, viewer)
        tail = {
            "own": rules.own(state, viewer, texts, made.shared),
            "events": [event.json() for event in since],
            "seq": len(lesson.events),
            "at": lesson.now,
        }
        answer = opened(made.head + snapshots._ended(made, tail))
        assert folded(answer) == json.loads(json.dumps(rules.view(lesson.state, viewer, texts)))
        assert answer["at"] == lesson.now


async def test_many_who_come_at_once_share_one(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Role] = []
    make = snapshots._made

    def counted(state: Any, role: Role, *more: Any) -> Any:
        made.append(role)
        return make(state, role, *more)

    monkeypatch.setattr(snapshots, "_made", counted)
    await live.do(Seat("lead_teacher", Role.LEAD_TEACHER), "stroke.add", STROKE)
    kids = [f"kid-{number:02}" for number in range(12)]
    pages = await asyncio.gather(*(live.join(Role.STUDENT, kid) for kid in kids))
    for kid, page in zip(kids, pages, strict=True):
        state = page.snapshot["state"]
        assert state["board"]["pages"][0]["objects"][0]["object"] == "s1"
        assert kid in state["participants"]
        assert not any(other in page.fetched[0] for other in kids if other != kid)
    assert made == [Role.STUDENT]


async def test_it_is_made_anew_when_it_is_old_and_much_has_happened(live: Any) -> None:
    made = live.gateway._desk._snapshots
    await live.join(Role.STUDENT, "kid")
    lead = Seat("lead_teacher", Role.LEAD_TEACHER)
    await live.do(lead, "page.add", {"page": "p"})
    first = await made.latest(live.lesson, Role.STUDENT)  # it is one event behind
    for number in range(FEW):
        await live.do(lead, "page.show", {"page": ("p", "1")[number % 2]})
    assert await made.latest(live.lesson, Role.STUDENT) is first
    live.clock.move(FRESH_S + 1)
    second = await made.latest(live.lesson, Role.STUDENT)
    assert second.state["seq"] == (await live.journal.state(live.lesson))["seq"] > first.state["seq"] + FEW
    late = await live.join(Role.STUDENT, "late")
    assert late.snapshot["state"]["board"] == (await live.journal.state(live.lesson))["board"]


async def test_it_is_forgotten_when_nobody_asks(live: Any) -> None:
    desk = live.gateway._desk
    await live.join(Role.STUDENT, "kid")
    await live.join(Role.DISPLAY, room="r")
    live.clock.move(KEPT_S - 1)
    await live.join(Role.DISPLAY, "other", room="r")
    live.clock.move(2)
    await desk.tick()
    assert list(desk._snapshots._latest) == [(live.lesson, Role.DISPLAY)]


async def test_what_is_erased_is_in_none_that_is_fetched_later(live: Any) -> None:
    child = await live.store.participants.add(live.lesson, Role.STUDENT, "canary-name", 0)
    page = await live.join(Role.STUDENT, child.id, name="canary-name")
    assert (await page.ask("chat.say", {"message": "m", "text": "canary-words"}))["ok"]
    observer = await live.join(Role.OBSERVER)
    assert "canary-words" in observer.fetched[0]
    assert "canary-name" in observer.fetched[0]
    await live.journal.erase(child.id)
    assert "canary" not in (await observer.fetch(live.lesson))[1]


async def test_who_may_not_fetch_is_told_why_and_gets_nothing(world: Any) -> None:
    lesson = world.lesson = (await world.store.lessons.add("Fractions", 0, lobby=True)).id
    other = (await world.store.lessons.add("Another", 0)).id
    teacher = await world.join(Role.LEAD_TEACHER)
    for kind in ("lesson.open", "lesson.start"):
        await teacher.ask(kind, {})
    await teacher.ask("chat.say", {"message": "m", "text": "canary"})

    async def refused(page: Any, status: int, code: str, of: str = lesson) -> None:
        got, text = await page.fetch(of)
        assert (got, json.loads(text)["code"]) == (status, code)
        assert "canary" not in text

    await refused(await world.join(Role.STUDENT, "kid"), 403, "not_admitted")
    await refused(world.page(Role.STUDENT, "never-came"), 409, "not_connected")
    await refused(world.page(Role.LEAD_TEACHER, lesson="nowhere"), 404, "not_found", "nowhere")
    await refused(teacher, 404, "not_found", other)
    expired, forged = world.page(Role.LEAD_TEACHER), world.page(Role.LEAD_TEACHER)
    expired.token = world.token(world.claims(Role.LEAD_TEACHER), ttl_s=-1)
    forged.token = forged.token[:-4] + "AAAA"
    await refused(expired, 401, "token_expired")
    await refused(forged, 401, "token_invalid")
    async with aiohttp.ClientSession() as http, http.get(f"{world.url}api/v1/lessons/{lesson}/snapshot") as response:
        assert response.status == 401

    account = await world.store.accounts.add("li", "Li Wen", "teacher", "x", 0)
    theirs = await world.store.participants.add(lesson, Role.LOCAL_TEACHER, "Li Wen", 0, account=account.id)
    page = await world.join(Role.LOCAL_TEACHER, theirs.id, name="Li Wen")
    assert "canary" in page.fetched[0]
    await world.store.accounts.set_disabled(account.id, True)
    await refused(page, 401, "token_invalid")


async def test_who_fetches_all_the_time_is_slowed_down(live: Any) -> None:
    page = await live.join(Role.STUDENT, "kid")
    answers = [(await page.fetch(live.lesson))[0] for _ in range(20)]
    assert answers == [200] * 19 + [429]
    live.clock.move(3)
    assert (await page.fetch(live.lesson))[0] == 200


async def test_who_left_gets_none(live: Any) -> None:
    page = await live.join(Role.STUDENT, "kid")
    await live.do(live.claims(Role.STUDENT, "kid").seat, "participant.leave", {})
    assert (await page.fetch(live.lesson))[0] == 409
