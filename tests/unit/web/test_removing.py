"""Deletion that deletes: what a lesson left is found nowhere afterwards, whatever came between."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from classroom.errors import ClientFault
from classroom.events import Role, Seat
from classroom.ids import digest
from classroom.store import tables
from classroom.store.records import Remark, Render, Resource, Work
from classroom.store.removals import unpacked
from classroom.store.rows import values
from tests.held import do
from tests.recorded import Take, in_simulated_time, publish
from tests.unit.web import traces
from tests.unit.web.people import Person, good, refusal
from web.server.indexing import Indexer
from web.server.keeping import remover, removing
from web.server.keeping.remover import advance
from web.server.keeping.removing import remove
from web.server.parts import Parts

LASTS_MS = 2000
WORDS = ("Zephyranthes", "葱莲花开", "Quokkaville", "Ottoline Marchbanks", "Ptarmigan")


@dataclass
class Left:
    parts: Parts
    lesson: str
    resource: str
    child: Seat
    outside: list[Path]
    """Files that it has beside the recording's folder."""

    @property
    def folder(self) -> Path:
        return self.parts.files.directory / self.lesson

    async def row(self) -> Any:
        return await self.parts.store.resources.get(self.resource)


@pytest.fixture
async def left(parts: Parts, teacher: Person) -> Left:
    """A lesson with people, chat, answers and a text on the board; its recording with captions, notes, a file made of
    it, a photo's and a work's file; all of it indexed. Its words are nobody else's."""
    me = (await teacher.look())["account"]["id"]
    timed, clock = in_simulated_time(parts)
    lesson = (await parts.store.lessons.add(WORDS[0], timed.now_ms, owner=me)).id
    lead = Seat("p1", Role.LEAD_TEACHER)
    await do(timed, lesson, lead, "lesson.open")
    await do(timed, lesson, lead, "participant.join", name="Li Hua")
    row = await parts.store.participants.add(lesson, Role.STUDENT, WORDS[3], timed.now_ms)
    child = Seat(row.id, Role.STUDENT)
    await do(timed, lesson, child, "participant.join", name=WORDS[3])
    await do(timed, lesson, lead, "lesson.start")
    await do(timed, lesson, lead, "chat.say", message="m1", text=WORDS[1])
    await do(timed, lesson, lead, "activity.open", activity="q1", type="text", prompt=WORDS[2], answer=["a"])
    await do(timed, lesson, child, "activity.answer", activity="q1", text=WORDS[4])
    clock.ms = LASTS_MS
    await do(timed, lesson, lead, "lesson.end")
    made = await publish(
        timed, lesson, [Take("camera", "p1", 0, LASTS_MS, 160, 90), Take("mic", child.participant, 0, LASTS_MS)]
    )
    await timed.journal.close()
    store, now = parts.store, parts.now_ms
    await store.remarks.add(Remark("remark1", made.id, me, 10, WORDS[1], True, now, now))
    await store.renders.add(Render("render1", made.id, "lead", 0, "ready", now))
    work = Work("work1", lesson, "q1", child.participant, "sound", "audio/mp4", 3, 10, now, True)
    async with store._database.writing() as connection:
        await connection.execute(insert(tables.work).values(values(work)))
    outside = [parts.files.directory / ".renders" / "render1.mp4", parts.works.folder("work1") / "sound.m4a"]
    for place in outside:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(WORDS[4].encode())
    await Indexer(parts).catch_up()
    return Left(parts, lesson, made.id, child, outside)


async def found(left: Left) -> list[str]:
    """Where any of its words or ids still is."""
    return await traces.found(left.parts, *WORDS, left.lesson, left.child.participant)


async def done(parts: Parts) -> Any:
    """The record of the only removal, once it is done."""
    for _ in range(50):
        await advance(parts)
        [row] = await parts.store.removals.list()
        if row.stage == "done":
            return row
        await asyncio.sleep(0.05)
    raise AssertionError((row.stage, row.fault))


async def test_nothing_is_found_of_what_was_deleted(parts: Parts, teacher: Person, left: Left) -> None:
    assert {one.partition(": ")[2] for one in await found(left)} >= {WORDS[0], WORDS[3], "zephyran", "quokkavi"}
    await good(await teacher.call("DELETE", f"/api/v1/resources/{left.resource}"))
    row = await done(parts)
    assert await found(left) == []
    assert not left.folder.exists()
    assert not any(place.exists() for place in left.outside)
    assert await parts.store.lessons.get(left.lesson) is None
    assert (row.what, row.kind, row.digest, row.work) == ("resource", "recording", digest(left.resource), "")
    assert row.account == (await teacher.look())["account"]["id"]
    assert row.rows > 15
    assert row.files > 8
    assert row.bytes > 10_000
    assert row.done_at is not None
    with pytest.raises(ClientFault):
        await parts.journal.state(left.lesson)


async def test_of_one_without_pictures_and_sound_all_else_stays(parts: Parts, teacher: Person, left: Left) -> None:
    await good(await teacher.call("DELETE", f"/api/v1/resources/{left.resource}?media=true"))
    row = await done(parts)
    assert (row.what, row.stage) == ("media", "done")
    assert not left.folder.exists()
    shown = await teacher.get(f"/api/v1/resources/{left.resource}")
    assert (shown["tracks"], shown["title"]) == ([], WORDS[0])
    events = await teacher.get(f"/api/v1/resources/{left.resource}/events")
    assert any(event["kind"] == "chat.said" for event in events)


async def removed(parts: Parts, left: Left) -> None:
    await remove(parts, await left.row(), None)
    await advance(parts)


class _Down(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("stage", ["take_files", "take_rows", "see_storage", "see_traces"])
@pytest.mark.parametrize("after", [False, True])
async def test_a_crash_at_any_step_is_gone_on_from(
    parts: Parts, left: Left, monkeypatch: pytest.MonkeyPatch, stage: str, after: bool
) -> None:
    real = getattr(removing, stage)

    async def crash(*given: Any) -> None:
        if after:
            await real(*given)
        raise _Down

    with monkeypatch.context() as patch:
        for module in (removing, remover):
            patch.setattr(module, stage, crash)
        with pytest.raises(_Down):
            await removed(parts, left)
    [row] = await parts.store.removals.list()
    assert (row.stage == "done") == (stage == "see_traces" and after)
    await done(parts)
    assert await found(left) == []


async def test_who_reads_an_older_state_holds_up_the_end(parts: Parts, left: Left) -> None:
    """Its pages are in the write-ahead log as long as somebody may read them."""
    if parts.store._database.is_postgresql:
        pytest.skip("this is about SQLite's write-ahead log; PostgreSQL's is its operator's")
    await remove(parts, await left.row(), None)
    async with parts.store._database.reading() as connection:
        await connection.exec_driver_sql("SELECT count(*) FROM resource")
        await parts.store.settings.put("something", "else")
        await advance(parts)
        [row] = await parts.store.removals.list()
        assert (row.stage, row.fault) == ("traces", "database")
    await done(parts)
    assert await found(left) == []


async def test_a_second_recording_of_the_lesson_keeps_it(parts: Parts, teacher: Person, left: Left) -> None:
    again = {"revision": 0, "at_ms": 1000, "title": "Second half"}
    made = await teacher.post(f"/api/v1/resources/{left.resource}/split", again)
    await good(await teacher.call("DELETE", f"/api/v1/resources/{left.resource}"))
    await done(parts)
    assert left.folder.exists()
    assert await parts.store.lessons.get(left.lesson) is not None
    await good(await teacher.call("DELETE", f"/api/v1/resources/{made['resource']}"))
    for _ in range(3):
        await advance(parts)
    assert [one.stage for one in await parts.store.removals.list()] == ["done", "done"]
    assert not left.folder.exists()
    assert await parts.store.lessons.get(left.lesson) is None


async def test_what_a_job_holds_is_not_readable_in_the_database(parts: Parts, left: Left) -> None:
    await remove(parts, await left.row(), None)
    [row] = await parts.store.removals.list()
    assert unpacked(row.work)["lesson"] == left.lesson
    assert left.lesson not in row.work


@pytest.mark.parametrize("kind", ["resource", "lesson", "person", "account"])
async def test_nothing_that_is_held_goes(parts: Parts, teacher: Person, left: Left, kind: str) -> None:
    me = (await teacher.look())["account"]["id"]
    subject = {"resource": left.resource, "lesson": left.lesson, "person": left.child.participant, "account": me}[kind]
    hold = await parts.store.holds.add("person" if kind == "account" else kind, subject, "A court asks.", None, 1)  # type: ignore[arg-type]
    where = f"/api/v1/resources/{left.resource}"
    for query in ("", "?media=true"):
        assert await refusal(await teacher.call("DELETE", where + query)) == (409, "on_hold")
    assert left.folder.exists()
    await parts.store.holds.lift(hold.id, "It is over.", None, 2)
    await good(await teacher.call("DELETE", where))
    await done(parts)
    [trail] = await parts.store.holds.list()
    assert trail.lifted_why == "It is over."
    assert trail.subject != left.lesson


async def test_the_parts_of_a_held_recording_are_held(parts: Parts, teacher: Person, left: Left) -> None:
    other = await parts.store.resources.add("Other", "other", 1, status="ready", duration_ms=10)
    parts_of = [left.resource, other.id]
    whole = replace(other, id="joined1", kind="joined", path="", title="Both")
    await parts.store.joins.add(whole, parts_of)
    await parts.store.holds.add("resource", "joined1", "A court asks.", None, 1)
    assert await parts.store.holds.of([*parts_of, "joined1"]) == {*parts_of, "joined1"}
    assert await refusal(await teacher.call("DELETE", f"/api/v1/resources/{left.resource}")) == (409, "on_hold")


async def test_one_that_is_stuck_holds_up_no_other(parts: Parts, left: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    real, upload = removing.take_rows, Resource("u1", None, "x", "upload", "ready", 1, None, "", [])
    await parts.store.resources.put(upload)

    async def broken(given: Parts, job: Any) -> None:
        if job.kind == "recording":
            raise RuntimeError("stuck")
        await real(given, job)

    for module in (removing, remover):
        monkeypatch.setattr(module, "take_rows", broken)
    with pytest.raises(RuntimeError):
        await remove(parts, await left.row(), None)
    await remove(parts, upload, None)
    await advance(parts)
    stages = {one.kind: (one.stage, one.fault) for one in await parts.store.removals.list()}
    assert stages == {"recording": ("rows", "failing"), "upload": ("done", None)}


async def test_the_remover_rests_until_something_is_removed(
    parts: Parts, left: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, looks, done = parts.store.removals.unfinished, [], asyncio.Event()

    async def unfinished() -> Any:
        rows = await real()
        looks.append(len(rows))
        if not rows and sum(looks):
            done.set()
        return rows

    monkeypatch.setattr(parts.store.removals, "unfinished", unfinished)
    monkeypatch.setattr(remover, "LOOK_S", 0.01)
    working = remover.Remover(parts)
    working.start()
    try:
        await asyncio.sleep(0.3)
        assert len(looks) == 2, "once when it starts, and then not again"
        await remove(parts, await left.row(), None)
        async with asyncio.timeout(20):
            await done.wait()
        [row] = await parts.store.removals.list()
        assert (row.stage, row.fault) == ("done", None)
    finally:
        await working.close()


async def test_an_id_in_somebodys_words_does_not_keep_it_from_being_done(parts: Parts, left: Left) -> None:
    """All rows of it are gone; what somebody wrote about it elsewhere is theirs."""
    if parts.store._database.is_postgresql:
        pytest.skip("PostgreSQL's files are not looked through: its rows are, in the tests above")
    about = Resource("u1", None, "x", "upload", "ready", 1, None, "", [], description=f"See {left.lesson}")
    await parts.store.resources.put(about)
    await remove(parts, await left.row(), None)
    assert (await done(parts)).fault == "elsewhere"


async def test_of_a_split_recording_pictures_go_with_the_last_half(parts: Parts, teacher: Person, left: Left) -> None:
    again = {"revision": 0, "at_ms": 1000, "title": "Second half"}
    made = await teacher.post(f"/api/v1/resources/{left.resource}/split", again)
    for one, there in ((left.resource, True), (made["resource"], False)):
        await good(await teacher.call("DELETE", f"/api/v1/resources/{one}?media=true"))
        assert left.folder.exists() == there


async def test_what_has_no_pictures_and_sound_by_themselves_says_so(parts: Parts, teacher: Person) -> None:
    me = (await teacher.look())["account"]["id"]
    await parts.store.resources.put(Resource("link1", None, "L", "link", "ready", 1, None, "", [], me))
    refused = await teacher.call("DELETE", "/api/v1/resources/link1?media=true")
    assert await refusal(refused) == (409, "no_media")


async def test_what_is_joined_of_it_is_given_no_more(parts: Parts, teacher: Person, left: Left) -> None:
    other = await parts.store.resources.add("Other", "other", 1, status="ready", duration_ms=10)
    whole = replace(other, id="joined1", kind="joined", path="", title="Both")
    await parts.store.joins.add(whole, [left.resource, other.id])
    await parts.store.renders.add(Render("render2", "joined1", "lead", 0, "ready", 1))
    made = parts.files.directory / ".renders" / "render2.mp4"
    made.write_bytes(b"pictures")
    await good(await teacher.call("DELETE", f"/api/v1/resources/{left.resource}?media=true"))
    assert not made.exists()
    assert await parts.store.renders.get("render2") is None
