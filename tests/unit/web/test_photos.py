"""Photos that pupils send in: taken while they are asked for, written anew, gone with their lesson or their sender."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text

from classroom.board.handouts import LATE_MS
from classroom.clock import SystemClock
from classroom.errors import ClientFault
from classroom.events import Role, Seat
from classroom.store.photos import Bounds
from classroom.store.records import Photo
from recordings.files import Floor
from signaling.tokens import Claims
from tests.small import small_disk
from tests.unit.web.papers import pdf, picture, png_header
from tests.unit.web.people import PASSWORD, Client, good, refusal
from tests.unit.web.test_courseware import do
from web.server import pieces
from web.server.courseware import photos, sending
from web.server.limits import Bucket
from web.server.parts import Parts
from web.server.serve import opened
from web.server.settings import Settings


@pytest.fixture
def disk(settings: Settings) -> Iterator[Path]:
    """A megabyte, and few files, for all that is sent in."""
    with small_disk(settings.data / "courseware", "size=1m,nr_inodes=40") as path:
        yield path


@pytest.fixture
async def parts(settings: Settings) -> AsyncIterator[Parts]:
    async with opened(settings) as made:
        yield made


class Class:
    """A lesson with a lead and Anna, who has a tablet."""

    def __init__(self, parts: Parts, client: Client, lesson: str, lead: Seat, anna: Seat, token: str) -> None:
        self.parts, self.client, self.lesson, self.lead, self.anna = parts, client, lesson, lead, anna
        self.seat = ""  # the lead's
        self.headers = {"Authorization": f"Bearer {token}"}

    async def send(self, data: bytes | AsyncIterator[bytes], headers: dict[str, str] | None = None) -> Any:
        """Anna's, unless it is said whose."""
        body, whose = io.BytesIO(data) if isinstance(data, bytes) else data, headers or self.headers
        return await self.client.post(f"/api/v1/lessons/{self.lesson}/photos", data=body, headers=whose)

    async def child(self, name: str) -> dict[str, str]:
        """Another that has come: what its requests have with them."""
        seat = await self.parts.store.participants.add(self.lesson, Role.STUDENT, name, self.parts.now_ms)
        await do(self.parts, self.lesson, Seat(seat.id, Role.STUDENT), "participant.join", name=name)
        claims = Claims(self.lesson, seat.id, Role.STUDENT, name=name)
        return {"Authorization": f"Bearer {self.parts.tokens.issue(claims, 600, self.parts.now_s)}"}

    @asynccontextmanager
    async def line(self, head: str, begins: bytes) -> AsyncIterator[socket.socket]:
        """One on which a photo has begun to come."""
        url = self.client.make_url(f"/api/v1/lessons/{self.lesson}/photos")
        named = [f"Host: {url.host}:{url.port}", *(f"{name}: {value}" for name, value in self.headers.items()), head]
        with socket.create_connection((url.host or "", url.port or 0)) as line:
            line.sendall("\r\n".join([f"POST {url.path} HTTP/1.1", *named, "", ""]).encode() + begins)
            await self.works(True)
            yield line

    async def works(self, at_it: bool) -> None:
        """Waits until something is being made, or nothing any more."""
        async with asyncio.timeout(10):
            while any((self.parts.shelf.directory / "work").iterdir()) != at_it:
                await asyncio.sleep(0.02)

    async def fetch(self, photo: str, which: str = "1/1920") -> Any:
        path = f"/api/v1/lessons/{self.lesson}/courseware/{photo}/slides/{which}"
        return await self.client.get(path, headers=self.headers)


@pytest.fixture
async def room(parts: Parts, teacher: Any, lesson: Any, browser: Any, app_client: Client) -> Class:
    seat = await teacher.post("/api/v1/seats", {"lesson": lesson["id"], "role": "lead_teacher"})
    lead = Seat(seat["participant"], Role.LEAD_TEACHER)
    await do(parts, lesson["id"], lead, "participant.join", name="Li")
    await do(parts, lesson["id"], lead, "lesson.open")
    await do(parts, lesson["id"], lead, "lesson.start")
    child = await browser()
    sits = await child.post("/api/v1/seats", {"code": lesson["code"], "name": "Anna"})
    token = (await child.post(f"/api/v1/seats/{sits['seat']}/token", {}))["token"]
    anna = Seat(sits["participant"], Role.STUDENT)
    made = Class(parts, app_client, lesson["id"], lead, anna, token)
    assert await refusal(await made.send(picture("JPEG"))) == (404, "not_found"), "has not come yet"
    await do(parts, lesson["id"], anna, "participant.join", name="Anna")
    assert await refusal(await made.send(picture("JPEG"))) == (409, "photos_closed")
    await do(parts, lesson["id"], lead, "page.add", page="paper")
    await do(parts, lesson["id"], lead, "handout.give", handout="H", page="paper", to="students", photos=True)
    made.seat = seat["seat"]
    return made


async def test_a_photo_is_written_anew_and_shown_to_who_sees_its_page(
    room: Class, browser: Any, settings: Settings
) -> None:
    sent = await good(await room.send(picture("JPEG", 3000, 2000)))
    answer = await room.fetch(sent["id"])
    assert (answer.status, answer.content_type) == (200, "image/webp")
    assert "immutable" in answer.headers["Cache-Control"]
    with Image.open(io.BytesIO(await answer.read())) as shown:
        assert shown.size == (720, 1080), "it lay on its side"
        assert not shown.getexif()
    assert (await room.fetch(sent["id"], "1/3840")).status == 200, "the largest that there is"
    for wrong in ("2/320", "1/321", "0/320"):
        assert (await room.fetch(sent["id"], wrong)).status == 404
    assert (await room.fetch("nothing")).status == 404
    outside = await browser()
    path = f"/api/v1/lessons/{room.lesson}/courseware/{sent['id']}/slides/1/320"
    assert await refusal(await outside.call("GET", path)) == (404, "not_found")
    page = {"page": f"H-{room.anna.participant}"}
    image = {"object": "o1", "type": "image", "courseware": sent["id"], "slide": 1, "box": [0, 0, 800, 800]}
    await do(room.parts, room.lesson, room.anna, "object.add", **page, object=image)

    # What a recording shows of it.
    recording = await room.parts.store.resources.add(
        "Autumn", "folder", room.parts.now_ms, lesson=room.lesson, status="ready"
    )
    in_recording = f"/api/v1/resources/{recording.id}/courseware/{sent['id']}/slides/1/320"
    assert await refusal(await outside.call("GET", in_recording)) == (401, "signed_out")

    # Gone with the lesson.
    folder = settings.data / "courseware" / "photos" / sent["id"]
    assert folder.is_dir()
    await photos.tidy(room.parts.shelf, room.parts.store, 2**40)
    assert folder.is_dir()
    async with room.parts.store._database.writing() as connection:
        await connection.execute(text("DELETE FROM photo"))
    await photos.tidy(room.parts.shelf, room.parts.store, 0)
    assert folder.is_dir(), "it may be another's that is just coming"
    await photos.tidy(room.parts.shelf, room.parts.store, 2**40)
    assert not folder.exists()


async def test_what_is_no_photo_is_refused_at_once(room: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await refusal(await room.send(pdf("x"))) == (415, "type_unsupported")
    assert await refusal(await room.send(b"<svg><script>alert(1)</script></svg>")) == (415, "type_unsupported")
    assert await refusal(await room.send(b"")) == (415, "type_unsupported")
    assert await refusal(await room.send(png_header(10_000, 10_000))) == (422, "too_many_pixels")
    assert await refusal(await room.send(picture("JPEG")[:500])) == (422, "damaged")
    assert await refusal(await room.send(picture("PNG", 8, 8) + bytes(photos.MOST_BYTES))) == (413, "too_large")

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(12):
            yield bytes(1 << 20)

    assert await refusal(await room.send(endless())) == (413, "too_large")
    monkeypatch.setattr(photos, "BOUNDS", Bounds(1, 1 << 20, 2))
    await good(await room.send(picture("WEBP", 300, 200)))
    assert await refusal(await room.send(b"not even looked at")) == (409, "photos_full")
    small, two = await room.child("Ben"), Photo("", room.lesson, "", 1, 0)
    add = room.parts.store.photos.add
    monkeypatch.setattr(photos, "BOUNDS", Bounds(1, 100, 2))
    assert await refusal(await room.send(picture("WEBP", 300, 200), small)) == (409, "photos_full"), "of its size"
    assert [await add(two, None, Bounds(9, 9, most)) for most in (1, 2, 2)] == [False, True, False]
    with pytest.raises(ClientFault, match="no such lesson"):
        await add(replace(two, id="x", lesson="gone"), None, Bounds(9, 9, 9))
    assert len(list((room.parts.shelf.directory / "photos").iterdir())) == 1
    assert not list((room.parts.shelf.directory / "work").iterdir())
    while (answer := await room.send(b"x")).status == 409:
        pass
    assert (answer.status, "Retry-After" in answer.headers) == (429, True)
    await do(room.parts, room.lesson, room.lead, "handout.collect", handout="H")
    assert await refusal(await room.send(picture("WEBP"))) == (409, "photos_closed")


async def test_who_is_cut_off_or_falls_silent_leaves_nothing_behind(
    room: Class, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pieces, "SILENT_S", 0.5)
    photo = picture("JPEG", 300, 200)
    whole = f"Content-Length: {len(photo)}"
    async with room.line(whole, photo[:100]):
        pass
    await room.works(False)
    async with room.line(whole, photo[:100]) as silent:
        await room.works(False)
        assert (await asyncio.to_thread(silent.recv, 4096)).startswith(b"HTTP/1.1 400 ")
    async with room.line("Transfer-Encoding: chunked", b"5\r\n" + photo[:5] + b"\r\n") as wrong:
        wrong.sendall(b"no number\r\n")
        await room.works(False)
    assert "request_failed" not in capsys.readouterr().out
    await good(await room.send(photo))


async def test_a_class_sends_at_once(room: Class) -> None:
    children = [await room.child(f"child {number}") for number in range(8)]
    sent = await asyncio.gather(*(room.send(picture("JPEG", 1600, 1200), child) for child in children))
    assert [answer.status for answer in sent] == [201] * 8


async def test_each_has_one_in_hand_and_waits_for_its_turn_within_reason(
    room: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, real, go_on = picture("PNG", 40, 30), sending.run, asyncio.Event()

    async def slow(*given: Any, **more: Any) -> Any:
        await go_on.wait()
        return await real(*given, **more)

    monkeypatch.setattr(sending, "run", slow)
    first = asyncio.create_task(room.send(photo))
    await room.works(True)
    busy = await room.send(photo)
    assert "Retry-After" in busy.headers
    assert await refusal(busy) == (409, "photo_busy")
    ben, cleo = await room.child("Ben"), await room.child("Cleo")
    second = asyncio.create_task(room.send(photo, ben))
    async with asyncio.timeout(5):
        while not room.parts.photos._sending._slots.locked():
            await asyncio.sleep(0.02)
    monkeypatch.setattr(sending, "WAIT_S", 0.1)
    late = await room.send(photo, cleo)
    assert "Retry-After" in late.headers
    assert await refusal(late) == (503, "busy")
    go_on.set()
    assert [(await answer).status for answer in (first, second)] == [201, 201]
    assert (await room.send(photo)).status == (await room.send(photo, cleo)).status == 201


class Later(SystemClock):
    def monotonic(self) -> float:
        return super().monotonic() + 5 + LATE_MS / 1000


async def test_no_photo_comes_after_the_time_is_up_or_the_lesson_over(room: Class) -> None:
    photo, lesson = picture("PNG", 40, 30), (room.parts, room.lesson, room.lead)
    await do(*lesson, "handout.reopen", handout="H", seconds=5)
    await good(await room.send(photo))
    now, room.parts.clock = room.parts.clock, Later()
    assert await refusal(await room.send(photo)) == (409, "photos_closed")
    room.parts.clock = now
    await good(await room.send(photo))
    await do(*lesson, "lesson.end")
    assert await refusal(await room.send(photo)) == (409, "photos_closed")


async def test_a_full_disk_is_said_wherever_it_is_met(disk: Path, room: Class) -> None:
    room.parts.shelf.floor, room.parts.photo_rolls = Floor(0, 0), Bucket(100, 0)
    photo = picture("PNG", 1200, 900) + bytes(100_000)

    async def refused() -> bool:
        answer = await room.send(photo)
        if answer.status == 201:
            return False
        assert await refusal(answer) == (503, "storage_full")
        assert not list((disk / "work").iterdir())
        assert not (disk / "photos").exists()
        return True

    ballast = disk / "ballast"
    taken = shutil.disk_usage(disk).free
    ballast.write_bytes(bytes(taken))
    met = 0
    while await refused():
        met, taken = met + 1, taken - 20_000
        os.truncate(ballast, taken)
    assert met > 5, "while it comes, while it is made, while it is kept"

    await room.parts.photos.clear(one.name for one in (disk / "photos").iterdir())
    (disk / "photos").rmdir()
    ballast.unlink()
    files = [disk / f"file-{number}" for number in range(os.statvfs(disk).f_ffree)]
    for file in files:
        file.touch()
    for what in ("folder", "lock", "sandbox", "made", "sent"):
        assert await refused(), what
        files.pop().unlink()
    for file in files:
        file.unlink()
    assert not await refused()


async def test_who_is_erased_takes_photos_along(room: Class, admin: Any, teacher: Any) -> None:
    """A teacher's; a child without an account is nobody that could be erased by name."""
    token = (await teacher.post(f"/api/v1/seats/{room.seat}/token", {}))["token"]
    room.headers = {"Authorization": f"Bearer {token}"}
    sent = await good(await room.send(picture("PNG", 40, 30)))
    assert (await room.fetch(sent["id"])).status == 200
    await admin.post("/api/v1/accounts", {"login": "wu", "name": "Wu", "password": PASSWORD})
    assert (await good(await admin.call("DELETE", "/api/v1/accounts/li")))["photos"] == 1
    assert not list((room.parts.shelf.directory / "photos").iterdir())


async def test_who_is_erased_while_a_photo_is_made_does_not_leave_it(
    room: Class, admin: Any, teacher: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, journal = sending.run, room.parts.journal
    token = (await teacher.post(f"/api/v1/seats/{room.seat}/token", {}))["token"]
    teachers = {"Authorization": f"Bearer {token}"}

    async def meanwhile(*given: Any, **more: Any) -> Any:
        made = await real(*given, **more)
        await journal.erase(room.anna.participant)
        assert (await good(await admin.call("DELETE", "/api/v1/accounts/li")))["photos"] == 1
        return made

    kept = await good(await room.send(picture("PNG", 40, 30)))
    await good(await room.send(picture("PNG", 40, 30), teachers))
    folder = room.parts.shelf.directory / "photos"
    assert len(list(folder.iterdir())) == 2
    monkeypatch.setattr(sending, "run", meanwhile)
    assert await refusal(await room.send(picture("PNG", 40, 30), teachers)) == (401, "token_invalid")
    assert [one.name for one in folder.iterdir()] == [kept["id"]], "until all is tidied"
    assert not await room.parts.store.photos.known([kept["id"]])
    assert await refusal(await room.send(picture("PNG", 40, 30))) == (401, "token_invalid")
