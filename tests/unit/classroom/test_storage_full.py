"""A disk that fills: nothing is half done, and the lesson goes on when there is room again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from classroom import rules
from classroom.errors import ClientFault, OperatorFault, Status
from classroom.events import Event
from classroom.journal import Journal
from classroom.store import Store
from tests.small import small_disk
from tests.unit.classroom.conftest import TestClock
from tests.unit.classroom.lessons import ANNA, BEN, LEAD, QUESTION
from tests.unit.classroom.test_journal import command, live

LONG = "字" * 1000


class Limit:
    """A real SQLITE_FULL: no page beyond `pages` is given out."""

    def __init__(self, store: Store) -> None:
        self.pages = 2**30
        for engine in (store._database._engine.sync_engine, store._database._writer):
            event.listen(engine, "checkout", self._checkout)

    def _checkout(self, connection: Any, *_: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA max_page_count = {self.pages}")
        cursor.close()


async def fill(journal: Journal, lesson: str) -> ClientFault:
    """Says long things until the disk is full; answers how that was refused."""
    for number in range(2000):
        try:
            await journal.submit(lesson, ANNA, command("chat.say", message=f"fill-{number}", text=LONG))
        except ClientFault as fault:
            return fault
    raise AssertionError("the disk never filled")


async def test_a_full_disk_refuses_the_whole_tick_and_forgets_nothing(tmp_path: Path, clock: TestClock) -> None:
    store = await Store.open(f"sqlite:///{tmp_path}/tongke.db")
    limit = Limit(store)
    journal = Journal(store, clock)
    told: list[Event] = []
    journal.listen(lambda _, events, __: told.extend(events))
    lesson = await live(journal, store)
    await journal.submit(lesson, LEAD, command("activity.open", **QUESTION))

    limit.pages = 1  # SQLite takes the present size for it
    fault = await fill(journal, lesson)
    assert (fault.code, fault.status, fault.retry_after_s) == ("storage_full", Status.UNAVAILABLE, 5)
    saved = await store.journal.load(lesson)
    assert list(saved.events) == told == await journal.events(lesson)
    assert rules.fold(told) == await journal.state(lesson)

    # A tick of several: the short ones are refused with the long one, for they share its transaction.
    vote = command("activity.answer", activity="q1", choice=1)
    answers = await asyncio.gather(
        journal.submit(lesson, ANNA, vote),
        journal.submit(lesson, ANNA, command("activity.answer", activity="q1", choice=0)),
        journal.submit(lesson, BEN, command("chat.say", message="long", text=LONG)),
        return_exceptions=True,
    )
    assert [answer.code for answer in answers if isinstance(answer, ClientFault)] == ["storage_full"] * 3
    assert (await journal.state(lesson))["activities"]["by_id"]["q1"]["answers"] == {}
    with pytest.raises(ClientFault) as refusal:
        await store.accounts.add("x" * 100, LONG, "teacher", LONG, 0)
    assert refusal.value.code == "storage_full"

    limit.pages = 2**30
    seq = await journal.submit(lesson, ANNA, vote)
    assert seq == len(told) == len(await journal.events(lesson))
    assert (await journal.state(lesson))["activities"]["by_id"]["q1"]["answers"] == {"anna": {"choice": 1}}
    assert list((await store.journal.load(lesson)).events) == told
    await journal.close()
    await store.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "small", "size=2m") as path:
        yield path


async def test_a_disk_too_small_for_a_new_database_is_the_operator_s(disk: Path) -> None:
    """Wherever it is found out, in the database or in the index beside it; what was opened is closed."""
    refused = dict[int, str]()
    for left in range(1_000, 2 << 20, 150_000):
        (disk / "ballast").write_bytes(bytes((2 << 20) - left))
        try:
            store = await Store.open(f"sqlite:///{disk}/tongke.db")
        except OperatorFault as fault:
            refused[left] = str(fault)
        else:
            await store.close()
        for one in disk.iterdir():
            one.unlink()
    assert len(refused) > 3
    assert all("full" in said for said in refused.values())
    assert left not in refused


async def test_a_disk_that_is_really_full(disk: Path, clock: TestClock) -> None:
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(300_000))
    store = await Store.open(f"sqlite:///{disk}/tongke.db")
    journal = Journal(store, clock)
    lesson = await live(journal, store)
    fault = await fill(journal, lesson)
    assert fault.code == "storage_full"
    assert list((await store.journal.load(lesson)).events) == await journal.events(lesson)
    ballast.unlink()
    await journal.submit(lesson, LEAD, command("page.add", page="2"))
    assert (await journal.events(lesson))[-1].kind == "page.added"
    await journal.close()
    await store.close()
