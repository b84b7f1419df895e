"""A PostgreSQL that does not answer, or is gone in the middle of it: nothing is acknowledged that is not there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from classroom.errors import ClientFault
from classroom.events import Command, Event, Role, Seat
from classroom.journal import Journal
from classroom.rules import SYSTEM
from classroom.store import Store
from tests.postgres import Postgres, binaries

LEAD = Seat("lead", Role.LEAD_TEACHER)


@pytest.fixture
async def server() -> AsyncIterator[Postgres]:
    """The test's own: it is not kind to it."""
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian package: postgresql)")
    server = Postgres(programs)
    yield server
    server.crash()  # which takes no time
    server.stop()


def said(lesson_events: list[Event]) -> list[str]:
    return [event.data["message"] for event in lesson_events if event.kind == "chat.said"]


async def test_nothing_is_acknowledged_that_is_not_there(server: Postgres) -> None:
    url = server.new_database()
    store = await Store.open(url)
    journal = Journal(store)
    lesson = (await store.lessons.add("Fractions", 0)).id
    for seat, kind, data in (
        (SYSTEM, "lesson.open", {}),
        (LEAD, "participant.join", {"name": "Li", "recorded": True}),
        (SYSTEM, "lesson.start", {}),
    ):
        await journal.submit(lesson, seat, Command(str(uuid4()), kind, data))
    heard: list[Event] = []
    journal.listen(lambda _, events, __: heard.extend(events))
    acknowledged: list[str] = []
    failed: list[str] = []

    async def say(message: str) -> None:
        try:
            await journal.submit(lesson, LEAD, Command(message, "chat.say", {"message": message, "text": "x"}))
        except ClientFault:
            failed.append(message)
        else:
            acknowledged.append(message)

    async def talk(seconds: float) -> None:
        async with asyncio.TaskGroup() as talk:
            for _ in range(round(seconds / 0.01)):
                talk.create_task(say(str(uuid4())))
                await asyncio.sleep(0.01)

    await say(str(uuid4()))
    server.hold()
    talking = asyncio.create_task(talk(0.5))
    await asyncio.sleep(0.5)
    before = len(acknowledged)
    await asyncio.sleep(0.5)
    assert len(acknowledged) == before
    server.go_on()
    await talking
    assert not failed

    talking = asyncio.create_task(talk(1.5))
    await asyncio.sleep(0.5)
    server.crash()
    await asyncio.sleep(0.3)
    await asyncio.to_thread(server.start)
    await talking
    assert failed
    for message in list(failed):  # as pages do: sent again until there is an answer
        await say(message)

    there = await journal.events(lesson)
    assert sorted(said(there)) == sorted(acknowledged)
    assert [event.seq for event in heard] == [event.seq for event in there[-len(heard) :]]  # each once, and in order
    await journal.close()
    again = Journal(store)
    assert await again.events(lesson) == there
    await again.close()
    await store.close()
