"""Works that pupils send in as answers: looked at, kept for those whom they are for, gone with whom they are of."""

from __future__ import annotations

import asyncio
import io
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from sqlalchemy import text

from classroom.activities.works import MOST_MS
from classroom.clock import SystemClock
from classroom.errors import ClientFault
from classroom.events import Role, Seat
from classroom.store.works import TO_BE_GIVEN_MS, Bounds
from signaling.tokens import Claims
from tests.unit.classroom.test_works import LINE
from tests.unit.web.papers import TONE_HZ, film, pdf, picture, sound
from tests.unit.web.people import Client, good, refusal
from tests.unit.web.test_courseware import do
from web.server import pieces
from web.server.courseware import works
from web.server.limits import Bucket
from web.server.parts import Parts
from web.server.serve import opened
from web.server.settings import Settings

DRAWING = json.dumps({"lines": [LINE]}).encode()
ROOMS = {"anna": "r1", "ben": None, "teacher": "r1", "other": "r2", "display": "r2"}


@pytest.fixture
async def parts(settings: Settings) -> AsyncIterator[Parts]:
    async with opened(settings) as made:
        made.photo_rolls = Bucket(1000, 0)
        yield made


class Class:
    """A lesson with a lead, two pupils of whom Anna sits in a room, teachers of two rooms, a display, an observer."""

    def __init__(self, parts: Parts, client: Client, lesson: str) -> None:
        self.parts, self.client, self.lesson = parts, client, lesson
        self.seats: dict[str, Seat] = {}
        self.tokens: dict[str, str] = {}

    async def come(self, name: str, role: Role) -> None:
        room = ROOMS.get(name)
        row = await self.parts.store.participants.add(self.lesson, role, name, self.parts.now_ms)
        self.seats[name] = Seat(row.id, role, room)
        await do(self.parts, self.lesson, self.seats[name], "participant.join", name=name)
        claims = Claims(self.lesson, row.id, role, room=room, name=name)
        self.tokens[name] = self.parts.tokens.issue(claims, 3600, self.parts.now_s)

    def headers(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[name]}"}

    async def do(self, who: str, kind: str, **data: Any) -> None:
        await do(self.parts, self.lesson, self.seats[who], kind, **data)

    async def refused(self, who: str, kind: str, **data: Any) -> str:
        with pytest.raises(ClientFault) as fault:
            await self.do(who, kind, **data)
        return fault.value.code

    async def ask(self, name: str, **more: Any) -> None:
        """The next question, which has its type for an id."""
        state = await self.parts.journal.state(self.lesson)
        for one, activity in state["activities"]["by_id"].items():
            if activity["phase"] == "open":
                await self.do("lead", "activity.close", activity=one)
        await self.do("lead", "activity.open", activity=name, type=name.partition("-")[0], prompt="?", **more)

    async def send(self, name: str, activity: str, data: bytes | AsyncIterator[bytes], **query: str) -> Any:
        body = io.BytesIO(data) if isinstance(data, bytes) else data
        address = f"/api/v1/lessons/{self.lesson}/works"
        return await self.client.post(
            address, data=body, params={"activity": activity, **query}, headers=self.headers(name)
        )

    async def fetch(self, name: str, work: str, size: str = "") -> Any:
        return await self.client.get(f"/api/v1/lessons/{self.lesson}/works/{work}{size}", headers=self.headers(name))

    async def seen_by(self, work: str) -> set[str]:
        return {name for name in self.seats if (await self.fetch(name, work)).status == 200}

    def left(self, where: str) -> list[str]:
        place = self.parts.shelf.directory / where
        return sorted(one.name for one in place.iterdir()) if place.is_dir() else []


@pytest.fixture
async def room(parts: Parts, lesson: Any, app_client: Client) -> Class:
    made = Class(parts, app_client, lesson["id"])
    await made.come("lead", Role.LEAD_TEACHER)
    await made.do("lead", "lesson.open")
    await made.do("lead", "lesson.start")
    for name, role in {
        "anna": Role.STUDENT,
        "ben": Role.STUDENT,
        "teacher": Role.LOCAL_TEACHER,
        "other": Role.LOCAL_TEACHER,
        "display": Role.DISPLAY,
        "observer": Role.OBSERVER,
    }.items():
        await made.come(name, role)
    return made


async def test_a_work_is_sent_then_given_and_seen_by_those_whom_it_is_for(room: Class, browser: Any) -> None:
    await room.ask("upload")
    sent = await good(await room.send("anna", "upload", picture("JPEG", 3000, 2000)))
    assert (sent["kind"], sent["duration_ms"]) == ("picture", None)
    await room.do("anna", "activity.answer", activity="upload", file=sent["id"])
    assert await refusal(await room.send("anna", "upload", b"")) == (409, "already_answered")
    answer = await room.fetch("anna", sent["id"])
    assert (answer.status, answer.content_type) == (200, "image/webp")
    with Image.open(io.BytesIO(await answer.read())) as shown:
        assert shown.size == (720, 1080), "it lay on its side"
        assert not shown.getexif()
    assert (await room.fetch("anna", sent["id"], "/320")).status == 200
    assert (await room.fetch("anna", sent["id"], "/321")).status == 404
    assert await room.seen_by(sent["id"]) == {"anna", "lead", "teacher"}
    await room.do("lead", "activity.show", activity="upload", works=[room.seats["anna"].participant])
    assert await room.seen_by(sent["id"]) == room.seats.keys()
    await room.do("lead", "activity.show", activity="upload", works=[])
    assert await room.seen_by(sent["id"]) == {"anna", "lead", "teacher"}
    outside = await browser()
    path = f"/api/v1/lessons/{room.lesson}/works/{sent['id']}"
    assert await refusal(await outside.call("GET", path)) == (404, "not_found")


async def test_what_was_shown_is_in_the_recording_and_nothing_else(room: Class, teacher: Any) -> None:
    await room.ask("drawing")
    sent = {name: (await good(await room.send(name, "drawing", DRAWING)))["id"] for name in ("anna", "ben")}
    for name, work in sent.items():
        await room.do(name, "activity.answer", activity="drawing", file=work)
    await room.do("lead", "activity.show", activity="drawing", works=[room.seats["ben"].participant])
    recording = await room.parts.store.resources.add(
        "Autumn", "folder", room.parts.now_ms, lesson=room.lesson, status="ready"
    )
    there = f"/api/v1/resources/{recording.id}/works/"
    assert (await teacher.call("GET", there + sent["ben"])).status == 200
    assert await refusal(await teacher.call("GET", there + sent["anna"])) == (404, "not_found")


def loudest_hz(sound: bytes) -> float:
    with av.open(io.BytesIO(sound)) as container:
        heard = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
        rate = container.streams.audio[0].rate
    return float(np.argmax(np.abs(np.fft.rfft(heard))) * rate / len(heard))


async def test_what_is_read_aloud_is_listened_to_until_its_end(room: Class, tmp_path: Path) -> None:
    await room.ask("spoken")
    for number, suffix in enumerate(("webm", "mp4", "ogg")):
        codec = "aac" if suffix == "mp4" else "libopus"
        tone = sound(tmp_path / f"tone.{suffix}", codec, 2, title="home").read_bytes()
        assert b"home" in tone
        sent = await good(await room.send("anna", "spoken", tone))
        assert (sent["kind"], 1900 < sent["duration_ms"] < 2200) == ("sound", True), number
        answer = await room.fetch("anna", sent["id"])
        assert answer.content_type == "audio/mpeg"
        told = await answer.read()
        assert b"home" not in told
        assert loudest_hz(told) == pytest.approx(TONE_HZ, abs=3)
    long = sound(tmp_path / "long.webm", "libopus", MOST_MS // 1000 + 4).read_bytes()
    assert await refusal(await room.send("anna", "spoken", long)) == (422, "too_long")
    # What says that it is short is not believed.
    at = long.index(b"\x44\x89\x88")  # Duration (https://www.rfc-editor.org/rfc/rfc9559#name-duration-element)
    lying = long[: at + 3] + b"\x40\x8f\x40\0\0\0\0\0" + long[at + 11 :]
    assert await refusal(await room.send("anna", "spoken", lying)) == (422, "too_long")
    moving = film(tmp_path / "film.webm", 1, "libvpx").read_bytes()
    assert await refusal(await room.send("anna", "spoken", moving)) == (422, "type_unsupported")
    assert await refusal(await room.send("anna", "spoken", long[:300])) == (422, "damaged")
    for wrong in (picture("PNG", 8, 8), pdf("x"), b"", b"<html>"):
        assert await refusal(await room.send("anna", "spoken", wrong)) == (415, "type_unsupported")
    assert len(room.left("works")) == 3
    assert not room.left("work")


async def test_what_is_no_drawing_is_refused(room: Class) -> None:
    await room.ask("drawing", changeable=True)
    for bad in (b"", b"[]", b'{"lines": []}', DRAWING[:-1], b'{"lines": ' + b"[" * 100_000, picture("PNG", 8, 8)):
        assert await refusal(await room.send("anna", "drawing", bad)) == (422, "damaged")

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield bytes(1 << 20)

    assert await refusal(await room.send("anna", "drawing", endless())) == (413, "too_large")
    assert await refusal(await room.send("anna", "drawing", bytes(2 << 20))) == (413, "too_large")
    sent = await good(await room.send("anna", "drawing", DRAWING))
    kept = json.loads(await (await room.fetch("anna", sent["id"])).read())
    assert kept == {"lines": [LINE]}
    assert room.left("works") == [sent["id"]]


async def test_nothing_is_taken_that_is_not_asked_for(room: Class, parts: Parts) -> None:
    await room.ask("vote", options=["a", "b"])
    assert await refusal(await room.send("anna", "vote", DRAWING)) == (409, "no_works")
    assert await refusal(await room.send("anna", "nothing", DRAWING)) == (404, "not_found")
    await room.ask("drawing")
    assert await refusal(await room.send("anna", "vote", DRAWING)) == (409, "activity_closed")
    for name in ("display", "observer"):
        assert await refusal(await room.send(name, "drawing", DRAWING)) == (403, "not_allowed")
    ben = room.seats["ben"].participant
    assert await refusal(await room.send("anna", "drawing", DRAWING, participant=ben)) == (403, "not_allowed")
    assert await refusal(await room.send("teacher", "drawing", DRAWING, participant=ben)) == (403, "not_allowed")
    assert await refusal(await room.send("teacher", "drawing", DRAWING)) == (404, "not_found")
    await room.do("lead", "student.lock", locked=["answer"])
    assert await refusal(await room.send("anna", "drawing", DRAWING)) == (403, "locked")
    await room.do("lead", "student.lock", locked=[])
    sent = (await good(await room.send("anna", "drawing", DRAWING)))["id"]
    assert await room.refused("ben", "activity.answer", activity="drawing", file=sent) == "not_found", "another's"
    await room.ask("drawing-2")
    assert await room.refused("anna", "activity.answer", activity="drawing-2", file=sent) == "not_found", "another time"
    other = await parts.store.lessons.add("Another", parts.now_ms)
    assert await parts.store.works.get(other.id, sent) is None
    await room.ask("upload")
    assert await refusal(await room.send("anna", "upload", DRAWING)) == (415, "type_unsupported")


async def test_a_teacher_sends_for_a_child_without_a_tablet(room: Class) -> None:
    await room.do("teacher", "participant.add", participant="dora", name="Dora")
    await room.ask("upload")
    sent = await good(await room.send("teacher", "upload", picture("JPEG", 300, 200), participant="dora"))
    await room.do("teacher", "activity.answer", activity="upload", file=sent["id"], participant="dora")
    assert await room.seen_by(sent["id"]) == {"lead", "teacher"}
    erased = await room.parts.journal.erase("dora")
    assert erased.works == {sent["id"]}
    await room.parts.works.clear(erased.works)
    assert await room.seen_by(sent["id"]) == set()
    assert not room.left("works")


async def test_there_is_an_end_to_what_a_lesson_keeps(room: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    await room.ask("drawing", changeable=True)
    monkeypatch.setattr(works, "BOUNDS", Bounds(2, 10_000, 10_000))
    await good(await room.send("anna", "drawing", DRAWING))
    await good(await room.send("anna", "drawing", DRAWING))
    assert await refusal(await room.send("anna", "drawing", DRAWING)) == (409, "works_full")
    monkeypatch.setattr(works, "BOUNDS", Bounds(9, 10_000, 200))
    assert await refusal(await room.send("ben", "drawing", DRAWING)) == (409, "works_full"), "of everyone there"
    assert len(room.left("works")) == 2
    room.parts.photo_rolls = Bucket(1, 60)
    await room.send("ben", "drawing", b"")
    assert await refusal(await room.send("ben", "drawing", b"")) == (429, "too_often")


async def test_a_class_that_hands_in_at_once_is_looked_up_once(room: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    await room.ask("drawing")
    sent = {who: (await good(await room.send(who, "drawing", DRAWING)))["id"] for who in ("anna", "ben")}
    looked: list[set[str]] = []
    read = room.parts.store.works.sent

    async def counted(ids: set[str], now: int) -> Any:
        looked.append(set(ids))
        return await read(ids, now)

    monkeypatch.setattr(room.parts.store.works, "sent", counted)
    answers = (room.do(who, "activity.answer", activity="drawing", file=file) for who, file in sent.items())
    await asyncio.gather(*answers, room.refused("display", "hand.raise", x=1))
    assert looked == [set(sent.values())]
    await room.ask("drawing-2")
    assert await room.refused("anna", "activity.answer", activity="drawing-2", file=sent["anna"]) == "not_found"


async def test_what_was_never_given_is_cleared_away(room: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    await room.ask("drawing")
    given, left, late = [(await good(await room.send("anna", "drawing", DRAWING)))["id"] for _ in range(3)]
    await room.do("anna", "activity.answer", activity="drawing", file=given)
    store, now = room.parts.store, room.parts.now_ms
    may_be_given = await store.works.sent([given, left, "nothing"], now + TO_BE_GIVEN_MS)
    assert list(may_be_given) == [given], "the other may be cleared at any moment"
    await works.tidy(room.parts.shelf, store, now, 2**40)
    assert room.left("works") == sorted([given, left, late])
    await works.tidy(room.parts.shelf, store, now + 2 * TO_BE_GIVEN_MS + 1000, 2**40)
    assert room.left("works") == [given]
    async with store._database.writing() as connection:
        await connection.execute(text("DELETE FROM lesson"))
    await works.tidy(room.parts.shelf, store, now, 2**40)
    assert not room.left("works")


async def test_who_is_cut_off_or_slow_leaves_nothing_behind(room: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "SILENT_S", 0.5)
    await room.ask("drawing")
    url = room.client.make_url(f"/api/v1/lessons/{room.lesson}/works?activity=drawing")
    head = [f"POST {url.raw_path_qs} HTTP/1.1", f"Host: {url.host}:{url.port}", f"Content-Length: {len(DRAWING)}"]
    head += [f"{name}: {value}" for name, value in room.headers("anna").items()]
    begun = "\r\n".join([*head, "", ""]).encode() + DRAWING[:9]

    async def settled() -> None:
        async with asyncio.timeout(10):
            while room.left("work"):
                await asyncio.sleep(0.02)

    with socket.create_connection((url.host or "", url.port or 0)) as line:
        line.sendall(begun)
    await settled()
    with socket.create_connection((url.host or "", url.port or 0)) as silent:
        silent.sendall(begun)
        assert (await asyncio.to_thread(silent.recv, 4096)).startswith(b"HTTP/1.1 400 ")
    await settled()
    assert not room.left("works")
    await good(await room.send("anna", "drawing", DRAWING))


class Later(SystemClock):
    def monotonic(self) -> float:
        return super().monotonic() + 30


async def test_nothing_comes_after_the_time_is_up(room: Class) -> None:
    await room.ask("drawing", seconds=5)
    await good(await room.send("anna", "drawing", DRAWING))
    now, room.parts.clock = room.parts.clock, Later()
    assert await refusal(await room.send("anna", "drawing", DRAWING)) == (409, "activity_closed")
    room.parts.clock = now
    await room.do("lead", "lesson.end")
    assert await refusal(await room.send("anna", "drawing", DRAWING)) == (409, "wrong_phase")
