"""Teachers' shelves by HTTP: uploads that go on after anything, and who may fetch what."""

from __future__ import annotations

import asyncio
import base64
import socket
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientResponse
from hypothesis import HealthCheck, given, settings, strategies

from classroom.errors import ClientFault
from classroom.events import Command, Role, Seat
from tests.unit.web.papers import film, pdf, picture, sound
from tests.unit.web.people import PASSWORD, Client, Person, good, refusal
from web.server import pieces
from web.server.courseware import searching
from web.server.courseware import shelf as shelves
from web.server.courseware.shelf import Shelf
from web.server.parts import Parts
from web.server.routes import courseware as routes
from web.server.serve import opened
from web.server.settings import Settings

pytestmark = pytest.mark.long

TUS = {"Tus-Resumable": "1.0.0"}
BODY = {**TUS, "Content-Type": "application/offset+octet-stream"}


@pytest.fixture
async def parts(settings: Settings) -> AsyncIterator[Parts]:
    async with opened(settings) as made:
        yield made


def named(name: str) -> str:
    return "filename " + base64.b64encode(name.encode()).decode()


async def begin(person: Person, size: int, name: str = "Autumn.pdf") -> ClientResponse:
    headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": named(name)}
    return await person.call("POST", "/api/v1/uploads", headers=headers)


async def append(person: Person, where: str, offset: int, data: bytes) -> ClientResponse:
    headers = {"X-CSRF": person.csrf, **BODY, "Upload-Offset": str(offset)}
    return await person.client.patch(where, data=data, headers=headers)


async def uploaded(person: Person, data: bytes, name: str = "Autumn.pdf") -> dict[str, Any]:
    where = (await begin(person, len(data), name)).headers["Location"]
    await good(await append(person, where, 0, data))
    return await settled(person, where.rpartition("/")[2])


async def settled(person: Person, courseware: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            row: dict[str, Any] = next(one for one in await person.get("/api/v1/courseware") if one["id"] == courseware)
            if row["status"] != "waiting":
                return row
            await asyncio.sleep(0.05)


async def test_an_upload_goes_on_where_it_broke_also_at_another_server(
    teacher: Person, settings: Settings, parts: Parts
) -> None:
    whole = pdf("Spring", "Autumn")
    options = await teacher.call("OPTIONS", "/api/v1/uploads")
    assert options.headers["Tus-Extension"] == "creation,termination"
    answer = await begin(teacher, len(whole), "C:\\lessons\\..\\Autumn.pdf")
    where = answer.headers["Location"]
    assert answer.status == 201
    assert (await append(teacher, where, 0, whole[:100])).headers["Upload-Offset"] == "100"

    # The line breaks in the middle of a piece: what came, stays.
    url = teacher.client._base_url  # type: ignore[attr-defined]
    cookie = "; ".join(f"{one.key}={one.value}" for one in teacher.client.cookie_jar)
    head = {"Host": f"{url.host}:{url.port}", "Cookie": cookie, "X-CSRF": teacher.csrf, **BODY}
    head |= {"Upload-Offset": "100", "Content-Length": str(len(whole) - 100)}
    with socket.create_connection((url.host, url.port)) as line:
        lines = "\r\n".join([f"PATCH {where} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())])
        line.sendall(lines.encode() + b"\r\n\r\n" + whole[100:150])
        await asyncio.sleep(0.2)
    async with asyncio.timeout(5):
        while (there := await teacher.call("HEAD", where, headers=TUS)).headers["Upload-Offset"] != "150":
            await asyncio.sleep(0.02)
    assert there.headers["Upload-Length"] == str(len(whole))
    assert there.headers["Cache-Control"] == "no-store"
    [row] = await teacher.get("/api/v1/courseware")
    assert (row["status"], row["offset"], row["name"]) == ("uploading", 150, "Autumn.pdf")

    # What another server finds is what is on disk.
    kept = await parts.store.shelves.get(row["id"])
    assert kept is not None
    assert Shelf(parts.store, settings.data / "courseware").offset(kept) == 150
    assert await refusal(await append(teacher, where, 149, whole[149:])) == (409, "offset_mismatch")
    assert await refusal(await append(teacher, where, 150, whole[150:] + b"more")) == (413, "too_large")
    await good(await append(teacher, where, 150, whole[150:]))
    row = await settled(teacher, row["id"])
    assert (row["status"], row["slides"], row["fault"]) == ("ready", 2, None)
    assert await refusal(await append(teacher, where, len(whole), b"")) == (409, "offset_mismatch")

    slide = await teacher.call("GET", f"/api/v1/courseware/{row['id']}/slides/1/320")
    assert slide.content_type == "image/webp"
    assert "immutable" in slide.headers["Cache-Control"]
    for wrong in ("0/320", "3/320", "1/321", "1/x", f"{'9' * 50}/320", "..%2Foriginal/320"):
        assert (await teacher.call("GET", f"/api/v1/courseware/{row['id']}/slides/{wrong}")).status == 404, wrong
    renamed = await good(await teacher.call("PATCH", f"/api/v1/courseware/{row['id']}", {"name": "秋"}))
    assert renamed["name"] == "秋"
    await good(await teacher.call("DELETE", f"/api/v1/courseware/{row['id']}"))
    assert await teacher.get("/api/v1/courseware") == []
    assert [one.name for one in (settings.data / "courseware").rglob("*") if one.is_file()] == ["lock"]


async def test_what_is_wrong_with_an_upload_is_said_at_once(
    teacher: Person, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await refusal(await begin(teacher, 10 << 30)) == (413, "too_large")
    assert await refusal(await begin(teacher, 0)) == (400, "malformed")
    for name in ("", "\u0007bell", "folder/", "\u200b"):
        assert await refusal(await begin(teacher, 9, name)) == (400, "malformed"), name
    without = await teacher.call("POST", "/api/v1/uploads", headers={"Upload-Length": "9"})
    assert await refusal(without) == (412, "tus_version")

    # By its first bytes: an SVG with a program in it, named as if it were not.
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    where = (await begin(teacher, len(svg), "Autumn.pdf")).headers["Location"]
    assert await refusal(await append(teacher, where, 0, svg)) == (415, "type_unsupported")
    assert await teacher.get("/api/v1/courseware") == [], "nothing of it is left"
    assert not list((settings.data / "courseware" / "uploads").iterdir())

    monkeypatch.setattr(shelves, "SHELF_BYTES", 1000)
    where = (await begin(teacher, 600)).headers["Location"]
    assert await refusal(await begin(teacher, 401)) == (409, "shelf_full")
    await good(await teacher.call("DELETE", where, headers=TUS))
    assert (await begin(teacher, 401)).status == 201

    monkeypatch.setattr(shelves.Floor, "least_share", 1.0, raising=False)
    monkeypatch.setattr(shelves.shutil, "disk_usage", lambda _: type("U", (), {"free": 0, "total": 1 << 40}))
    assert await refusal(await begin(teacher, 9)) == (503, "storage_full")


async def test_one_upload_is_written_by_one_at_a_time_and_who_is_silent_is_gone(
    teacher: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "SILENT_S", 0.5)
    whole = pdf("Spring")
    where = (await begin(teacher, len(whole))).headers["Location"]
    silent = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield whole[:50]
        await silent.wait()

    headers = {"X-CSRF": teacher.csrf, **BODY, "Upload-Offset": "0"}
    first = asyncio.create_task(teacher.client.patch(where, data=slowly(), headers=headers))
    await asyncio.sleep(0.2)
    assert await refusal(await append(teacher, where, 0, whole)) == (409, "upload_busy")
    assert await refusal(await first) == (400, "line_broken")
    silent.set()
    await good(await append(teacher, where, 50, whole[50:]))
    assert (await settled(teacher, where.rpartition("/")[2]))["status"] == "ready"


async def test_an_upload_that_is_whole_is_said_to_be_however_often_the_server_failed(
    teacher: Person, parts: Parts
) -> None:
    whole = pdf("Spring")
    where = (await begin(teacher, len(whole))).headers["Location"]
    row = await parts.store.shelves.get(where.rpartition("/")[2])
    assert row is not None
    parts.shelf.upload(row).write_bytes(whole)  # all of it came, and the database was away
    assert (await teacher.call("HEAD", where, headers=TUS)).headers["Upload-Offset"] == str(len(whole))
    assert (await settled(teacher, row.id))["status"] == "ready"
    assert not await parts.store.shelves.uploaded(row.id), "once"
    await parts.store.shelves.failed(row.id, "damaged")
    assert (await settled(teacher, row.id))["status"] == "ready", "what is ready cannot fail"

    # Who is late with the rest of something that was removed does not bring it back.
    where = (await begin(teacher, len(whole))).headers["Location"]
    row = await parts.store.shelves.get(where.rpartition("/")[2])
    assert row is not None
    await good(await teacher.call("DELETE", where, headers=TUS))

    async def late() -> AsyncIterator[bytes]:
        yield whole

    with pytest.raises(ClientFault, match="no such upload"):
        await parts.shelf.take(row, 0, late())
    assert not parts.shelf.upload(row).exists()


async def test_one_finds_a_slide_by_what_stands_on_it(teacher: Person, parts: Parts) -> None:
    seasons = await uploaded(teacher, pdf("Spring", "Autumn leaves fall", "Autumn"), "Seasons.pdf")
    fractions = await uploaded(teacher, pdf("One half"), "Autumn term.pdf")

    async def find(words: str) -> Any:
        return await good(await teacher.call("GET", "/api/v1/courseware/search", params={"words": words}))

    assert await find("autumn") == [
        {"courseware": fractions["id"], "slides": []},
        {"courseware": seasons["id"], "slides": [
            {"slide": 2, "text": "Autumn leaves fall"}, {"slide": 3, "text": "Autumn"},
        ]},
    ]  # fmt: skip
    assert [one["slide"] for one in (await find("FALL leaves"))[0]["slides"]] == [2]
    assert await find("winter") == []
    # Slides of which no text is known, and texts that something broke.
    for broken in (None, b"{}", b"[1, null]", b"[" * 100_000, b"\xff"):
        text = parts.shelf.content((await parts.store.shelves.get(seasons["id"])).digest or "") / "text.json"  # type: ignore[union-attr]
        text.unlink() if broken is None else text.write_bytes(broken)
        assert await find("leaves") == [], broken
    assert await refusal(await teacher.call("GET", "/api/v1/courseware/search")) == (400, "malformed")
    while (answer := await teacher.call("GET", "/api/v1/courseware/search", params={"words": "x"})).status == 200:
        pass
    assert await refusal(answer) == (429, "too_often")


async def test_a_whole_shelf_is_searched_beside_the_loop_and_within_bounds(
    teacher: Person, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("first.pdf", "last.pdf"):
        await uploaded(teacher, pdf("Autumn leaves fall", name), name)
    [owner] = [one.id for one in await parts.store.accounts.list() if one.login == "li"]
    real, threads, at_once = searching.hits, set(), 0

    def slow(texts: Any, words: str) -> Any:
        nonlocal at_once
        at_once += 1
        assert at_once == 1
        threads.add(threading.get_ident())
        time.sleep(0.02)
        at_once -= 1
        return real(texts, words)

    monkeypatch.setattr(searching, "hits", slow)
    answers = await asyncio.gather(*(parts.shelf.search(owner, "leaves") for _ in range(4)))
    assert [len(found) for found in answers] == [2] * 4
    assert threading.get_ident() not in threads

    monkeypatch.setattr(searching, "MOST_READ", 1)
    [only] = await parts.shelf.search(owner, "leaves")
    assert [hit.slide for hit in only.slides] == [1]
    assert [len(one.slides) for one in await parts.shelf.search(owner, "pdf")] == [1, 0], "the oldest by its name"


def test_words_are_found_however_they_are_broken_and_written() -> None:
    found = list(
        searching.hits(
            ["秋天\n来了，树叶\n黄了", "Ａutumn  Straße", "x" * 200 + " leaf " + "y" * 200], "秋天来了 树叶黄"
        )
    )
    assert [(hit.slide, hit.text) for hit in found] == [(1, "秋天 来了,树叶 黄了")]
    assert [hit.slide for hit in searching.hits(["Ａutumn  Straße"], "autumn STRASSE")] == [1]
    [long] = searching.hits(["x" * 200 + " leaf " + "y" * 200], "leaf")
    assert (long.text[0], long.text[-1], "leaf" in long.text, len(long.text)) == ("…", "…", True, 86)
    assert len(list(searching.hits(["same"] * 9, "same"))) == searching.MOST_HITS


async def test_a_shelf_is_its_teachers_alone(admin: Person, teacher: Person, nobody: Person, browser: Any) -> None:
    row = await uploaded(teacher, pdf("Autumn"))
    await admin.post("/api/v1/accounts", {"login": "wu", "name": "Wu", "password": PASSWORD})
    other = await browser()
    await other.sign_in("wu")
    assert await other.get("/api/v1/courseware") == []
    item, upload = f"/api/v1/courseware/{row['id']}", f"/api/v1/uploads/{row['id']}"
    for person, told in ((other, (404, "not_found")), (nobody, (401, "signed_out"))):
        assert await refusal(await person.call("GET", f"{item}/slides/1/320")) == told
        assert await refusal(await person.call("PATCH", item, {"name": "mine"})) == told
        assert await refusal(await person.call("DELETE", item)) == told
        assert await refusal(await append(person, upload, 0, b"x")) == told
    assert [one["name"] for one in await teacher.get("/api/v1/courseware")] == ["Autumn.pdf"]

    # Who is erased takes the shelf along, but for what another has too.
    shared = await uploaded(other, pdf("Autumn"))
    erased = await good(await admin.call("DELETE", "/api/v1/accounts/li"))
    assert erased["courseware"] == 1
    assert (await other.call("GET", f"/api/v1/courseware/{shared['id']}/slides/1/320")).status == 200


async def do(parts: Parts, lesson: str, seat: Seat, kind: str, **data: Any) -> None:
    await parts.journal.submit(lesson, seat, Command(str(uuid4()), kind, data))


async def test_in_a_lesson_it_is_for_who_has_been_let_in_while_it_is_open(
    parts: Parts, admin: Person, teacher: Person, lesson: Any, browser: Any, app_client: Client, tmp_path: Any
) -> None:
    row = await uploaded(teacher, pdf("Spring", "Autumn"))
    clip = film(tmp_path / "clip.mp4").read_bytes()
    video = await uploaded(teacher, clip, "clip.mp4")
    assert video["kind"] == "video"
    another = await uploaded(admin, pdf("Spring", "Autumn"))

    seat = await teacher.post("/api/v1/seats", {"lesson": lesson["id"], "role": "lead_teacher"})
    lead = Seat(seat["participant"], Role.LEAD_TEACHER)
    await do(parts, lesson["id"], lead, "participant.join", name="Li")
    await do(parts, lesson["id"], lead, "lesson.open")
    await do(parts, lesson["id"], lead, "lesson.start")
    child = await browser()
    sits = await child.post("/api/v1/seats", {"code": lesson["code"], "name": "Anna"})
    anna = Seat(sits["participant"], Role.STUDENT)
    token = (await child.post(f"/api/v1/seats/{sits['seat']}/token", {}))["token"]
    outside = await browser()

    base = f"/api/v1/lessons/{lesson['id']}/courseware/{row['id']}"
    slide, media = f"{base}/slides/2/320", f"/api/v1/lessons/{lesson['id']}/courseware/{video['id']}/media"
    await do(parts, lesson["id"], lead, "courseware.open", courseware=row["id"])
    assert await refusal(await child.call("GET", slide)) == (404, "not_found"), "has not come yet"
    await do(parts, lesson["id"], anna, "participant.join", name="Anna")
    answer = await child.call("GET", slide)
    assert answer.content_type == "image/webp"
    assert "immutable" in answer.headers["Cache-Control"]
    by_token = await app_client.get(slide, headers={"Authorization": f"Bearer {token}"})
    assert await by_token.read() == await answer.read()
    assert (await app_client.get(slide, headers={"Authorization": "Bearer x"})).status == 401
    assert await refusal(await outside.call("GET", slide)) == (404, "not_found")
    assert await refusal(await child.call("GET", f"{base}/media")) == (404, "not_found")

    assert await refusal(await child.call("GET", media)) == (404, "not_found"), "not open yet"
    await do(parts, lesson["id"], lead, "courseware.open", courseware=video["id"])
    part = await child.call("GET", media, headers={"Range": "bytes=10-19"})
    assert (part.status, part.content_type, await part.read()) == (206, "video/mp4", clip[10:20])

    state = await parts.journal.state(lesson["id"])
    assert state["courseware"][row["id"]] == {
        "kind": "slides", "slides": 2, "boxes": [320, 960, 1920, 3840], "duration_ms": None,
    }  # fmt: skip
    assert (await parts.journal.texts(lesson["id"]))[f"courseware:{row['id']}"] == "Autumn.pdf"
    await do(parts, lesson["id"], lead, "courseware.close", courseware=row["id"])
    assert await refusal(await child.call("GET", slide)) == (404, "not_found")

    # A recording shows it to who may see that, and nothing that the lesson did not have open.
    now = parts.now_ms
    recording = await parts.store.resources.add("Autumn", "folder", now, lesson=lesson["id"], status="ready")
    in_recording = f"/api/v1/resources/{recording.id}/courseware/{row['id']}/slides/2/320"
    assert (await teacher.call("GET", in_recording)).status == 200
    assert await refusal(await child.call("GET", in_recording)) == (401, "signed_out")
    unseen = in_recording.replace(row["id"], another["id"])
    assert await refusal(await teacher.call("GET", unseen)) == (404, "not_found")

    # Only one's own is brought out, and only when it is ready.
    with pytest.raises(ClientFault, match="no such courseware"):
        await do(parts, lesson["id"], lead, "courseware.open", courseware=another["id"])
    half = (await begin(teacher, 1000)).headers["Location"].rpartition("/")[2]
    with pytest.raises(ClientFault, match="no such courseware"):
        await do(parts, lesson["id"], lead, "courseware.open", courseware=half)


async def test_what_a_question_has_is_for_everyone_of_the_lesson_and_its_recording_and_no_stranger(
    parts: Parts, teacher: Person, admin: Person, browser: Any, tmp_path: Path
) -> None:
    leaf = await uploaded(teacher, picture("PNG", 300, 150), "Leaf.png")
    wind = await uploaded(teacher, sound(tmp_path / "wind.m4a", "aac").read_bytes(), "Wind.m4a")
    assert (leaf["kind"], leaf["slides"], leaf["boxes"], wind["kind"]) == ("slides", 1, [320], "audio")
    lesson = await held(parts, teacher)
    await do(parts, lesson["id"], lesson["lead"], "lesson.start")
    child = await browser()
    seat = await child.post("/api/v1/seats", {"code": lesson["code"], "name": "Anna"})
    await do(parts, lesson["id"], Seat(seat["participant"], Role.STUDENT), "participant.join", name="Anna")
    base = f"/api/v1/lessons/{lesson['id']}/courseware"
    slide, medium = f"{base}/{leaf['id']}/slides/1/960", f"{base}/{wind['id']}/media"
    assert await refusal(await child.call("GET", slide)) == (404, "not_found"), "nobody has asked yet"

    asked = {"type": "essay", "prompt": "?", "picture": leaf["id"], "sound": wind["id"]}
    others = await uploaded(admin, picture("PNG", 301, 150), "Other.png")
    with pytest.raises(ClientFault, match="no such courseware"):
        await do(
            parts, lesson["id"], lesson["lead"], "activity.open", activity="q", **{**asked, "picture": others["id"]}
        )
    await do(parts, lesson["id"], lesson["lead"], "activity.open", activity="q", **asked)
    small = await child.call("GET", slide)
    assert (small.status, small.content_type) == (200, "image/webp"), "in the largest size that there is"
    assert await small.read() == await (await child.call("GET", slide.replace("960", "320"))).read()
    heard = await child.call("GET", medium)
    assert (heard.status, heard.content_type) == (200, "audio/mp4")
    outside = await browser()
    stranger = await browser()
    await stranger.post("/api/v1/seats", {"code": (await held(parts, teacher))["code"], "name": "Bo"})
    for address in (slide, medium):
        assert await refusal(await stranger.call("GET", address)) == (404, "not_found")
        assert await refusal(await outside.call("GET", address)) == (404, "not_found")
    assert await refusal(await child.call("GET", f"{base}/{others['id']}/slides/1/320")) == (404, "not_found")

    # The lesson keeps it, and so does its recording.
    kept = {one["id"]: one["kept"] for one in await teacher.get("/api/v1/courseware")}
    assert kept == {leaf["id"]: True, wind["id"]: True}
    await good(await teacher.call("DELETE", f"/api/v1/courseware/{leaf['id']}"))
    await do(parts, lesson["id"], lesson["lead"], "lesson.end")
    recording = await parts.store.resources.add("Autumn", "folder", 1, lesson=lesson["id"], status="ready")
    await parts.shelf.tidy(parts.now_ms + shelves.KEPT_MS + 1000)
    recorded = f"/api/v1/resources/{recording.id}/courseware"
    for address in (f"{recorded}/{leaf['id']}/slides/1/960", f"{recorded}/{wind['id']}/media"):
        assert (await teacher.call("GET", address)).status == 200
        assert (await outside.call("GET", address)).status == 401
    assert await refusal(await teacher.call("GET", f"{recorded}/{others['id']}/slides/1/320")) == (404, "not_found")


async def held(parts: Parts, teacher: Person, *shown: str) -> dict[str, Any]:
    """A lesson in which these were shown, and that ended."""
    lesson: dict[str, Any] = await teacher.post("/api/v1/lessons", {"title": "Autumn"})
    seat = await teacher.post("/api/v1/seats", {"lesson": lesson["id"], "role": "lead_teacher"})
    lead = Seat(seat["participant"], Role.LEAD_TEACHER)
    await do(parts, lesson["id"], lead, "participant.join", name="Li")
    await do(parts, lesson["id"], lead, "lesson.open")
    for one in shown:
        await do(parts, lesson["id"], lead, "courseware.open", courseware=one)
    return {**lesson, "lead": lead}


async def test_what_is_off_the_shelf_stays_for_lessons_that_showed_it(
    parts: Parts, teacher: Person, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, unseen = await uploaded(teacher, pdf("Spring")), await uploaded(teacher, pdf("Autumn"))
    digest = (await parts.store.shelves.get(row["id"])).digest or ""  # type: ignore[union-attr]
    lesson = await held(parts, teacher, row["id"])
    kept = {one["id"]: one["kept"] for one in await teacher.get("/api/v1/courseware")}
    assert kept == {row["id"]: True, unseen["id"]: False}
    size = row["bytes"]
    monkeypatch.setattr(shelves, "SHELF_BYTES", size + unseen["bytes"])
    assert await refusal(await begin(teacher, size)) == (409, "shelf_full")

    item = f"/api/v1/courseware/{row['id']}"
    await good(await teacher.call("DELETE", item))
    await good(await teacher.call("DELETE", f"/api/v1/courseware/{unseen['id']}"))
    assert await parts.store.shelves.get(unseen["id"]) is None, "nobody saw it"
    assert await teacher.get("/api/v1/courseware") == []
    assert (await begin(teacher, size)).status == 201, "what lessons keep takes no room on the shelf"
    for method, body in (("PATCH", {"name": "mine"}), ("DELETE", None)):
        assert await refusal(await teacher.call(method, item, body)) == (404, "not_found"), method
    assert await parts.shelf.search(lesson["owner"], "Spring") == []

    # It is open still, and cannot be brought out anew.
    slide = f"/api/v1/lessons/{lesson['id']}/courseware/{row['id']}/slides/1/320"
    assert (await teacher.call("GET", slide)).status == 200
    await do(parts, lesson["id"], lesson["lead"], "courseware.close", courseware=row["id"])
    with pytest.raises(ClientFault, match="no such courseware"):
        await do(parts, lesson["id"], lesson["lead"], "courseware.open", courseware=row["id"])

    # It goes with the last that the library has of the lesson.
    await do(parts, lesson["id"], lesson["lead"], "lesson.end")
    recording = await parts.store.resources.add("Autumn", "gone", 1, lesson=lesson["id"], status="ready")
    seen = f"/api/v1/resources/{recording.id}/courseware/{row['id']}/slides/1/320"
    late = parts.now_ms + shelves.KEPT_MS + 1000
    await parts.shelf.tidy(late)
    assert (await teacher.call("GET", seen)).status == 200
    await good(await teacher.call("DELETE", f"/api/v1/resources/{recording.id}"))
    assert await parts.store.shelves.get(row["id"]) is None
    assert not parts.shelf.content(digest).exists()


async def test_what_is_removed_everywhere_is_nowhere(parts: Parts, teacher: Person, browser: Any) -> None:
    row = await uploaded(teacher, pdf("Spring"))
    lesson = await held(parts, teacher, row["id"])
    item = f"/api/v1/courseware/{row['id']}"
    assert await refusal(await teacher.call("DELETE", f"{item}?then=never")) == (400, "malformed")
    await good(await teacher.call("DELETE", item))
    again = await uploaded(teacher, pdf("Spring"))  # the same content, twice
    stranger = await browser()
    assert await refusal(await stranger.call("DELETE", f"{item}?then=nowhere")) == (401, "signed_out")
    await good(await teacher.call("DELETE", f"{item}?then=nowhere"))
    slide = f"/api/v1/lessons/{lesson['id']}/courseware/{row['id']}/slides/1/320"
    assert await refusal(await teacher.call("GET", slide)) == (404, "not_found")
    assert (await teacher.call("GET", f"/api/v1/courseware/{again['id']}/slides/1/320")).status == 200


async def test_who_is_erased_leaves_nothing_that_lessons_keep(parts: Parts, admin: Person, teacher: Person) -> None:
    row = await uploaded(teacher, pdf("Spring"))
    await held(parts, teacher, row["id"])
    await good(await teacher.call("DELETE", f"/api/v1/courseware/{row['id']}"))
    assert (await good(await admin.call("DELETE", "/api/v1/accounts/li")))["courseware"] == 1
    assert await parts.store.shelves.get(row["id"]) is None


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(metadata=strategies.text(strategies.characters(min_codepoint=32, max_codepoint=126), max_size=200))
def test_no_metadata_can_do_more_than_be_refused(metadata: str) -> None:
    asked = SimpleNamespace(request=SimpleNamespace(headers={"Upload-Metadata": metadata}))
    try:
        name = routes._name(asked)  # type: ignore[arg-type]
    except ClientFault:
        return
    assert name
    assert not set(name) & set("/\\\0")
