"""The library's routes, on a recording's files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from yarl import URL

from classroom.errors import ClientFault
from classroom.events import Command, Role, Seat
from classroom.review import Outcome
from recordings.files import alone
from tests.unit.web.people import PASSWORD, Client, Person, good, refusal
from tests.unit.web.test_lessons import do
from web.server.parts import Parts

TRACK = {
    "id": "t1",
    "source": "camera",
    "participant": "p1",
    "kind": "video",
    "codec": "H264",
    "mime": 'video/mp4; codecs="avc1.42e01f"',
    "width": 3840,
    "height": 2160,
    "start_ms": 10,
    "end_ms": 4010,
    "playlist": "t1/index.m3u8",
}


@pytest.fixture
async def resource(parts: Parts, lesson: Any) -> str:
    """A lesson that was held, and the entry and files that a recorder would have left."""
    for kind in ("lesson.open", "lesson.start", "lesson.end"):
        await do(parts, lesson["id"], kind)
    folder = parts.settings.data / "recordings" / lesson["id"] / "t1"
    folder.mkdir(parents=True)
    (folder / "index.m3u8").write_text("#EXTM3U\n")
    (folder / "seg-1.m4s").write_bytes(bytes(range(100)))
    (folder.parent / "tracks.json").write_text("{}")
    made = await parts.store.resources.add(
        "Autumn", lesson["id"], parts.now_ms, lesson=lesson["id"], status="ready", duration_ms=4010, tracks=[TRACK]
    )
    return made.id


async def test_a_recording_is_listed_shown_and_played(teacher: Person, resource: str) -> None:
    [row] = await teacher.get("/api/v1/resources")
    assert (row["id"], row["title"], row["duration_ms"], row["status"]) == (resource, "Autumn", 4010, "ready")
    shown = await teacher.get(f"/api/v1/resources/{resource}")
    [track] = shown["tracks"]
    assert track["mime"] == TRACK["mime"]
    response = await teacher.call("GET", track["playlist"])
    assert response.content_type == "application/vnd.apple.mpegurl"
    assert response.headers["Cache-Control"] == "no-cache"
    segment = track["playlist"].replace("index.m3u8", "seg-1.m4s")
    part = await teacher.call("GET", segment, headers={"Range": "bytes=10-19"})
    assert part.status == 206
    assert await part.read() == bytes(range(10, 20))
    beyond = await teacher.call("GET", segment, headers={"Range": "bytes=500-"})
    assert beyond.status == 416


async def test_its_events_are_those_of_the_lesson(teacher: Person, resource: str) -> None:
    events = await teacher.get(f"/api/v1/resources/{resource}/events")
    kinds = [event["kind"] for event in events]
    assert kinds[0] == "lesson.opened"
    assert kinds[-1] == "lesson.ended"
    assert [event["seq"] for event in events] == sorted(event["seq"] for event in events)


async def test_a_recording_is_its_teachers_and_the_staffs(
    admin: Person, teacher: Person, resource: str, nobody: Person, browser: Any
) -> None:
    await admin.post("/api/v1/accounts", {"login": "wu", "name": "Wu", "password": "a long password"})
    other = await browser()
    await other.sign_in("wu", "a long password")
    assert await other.get("/api/v1/resources") == []
    media = f"/api/v1/resources/{resource}/media/t1/index.m3u8"
    for path in (f"/api/v1/resources/{resource}", f"/api/v1/resources/{resource}/events", media):
        assert await refusal(await other.call("GET", path)) == (404, "not_found")
        assert await refusal(await nobody.call("GET", path)) == (401, "signed_out")
        assert (await admin.call("GET", path)).status == 200


async def test_only_media_of_this_recording_is_served(
    parts: Parts, teacher: Person, resource: str, tmp_path: Path
) -> None:
    other = parts.settings.data / "recordings" / "other" / "t1"
    other.mkdir(parents=True)
    (other / "index.m3u8").write_text("#EXTM3U\n")
    base = f"/api/v1/resources/{resource}/media"
    for path in ("tracks.json", "t1/none.m4s", "%2e%2e/other/t1/index.m3u8", "../../tongke.sqlite", "t1"):
        url = URL(f"{base}/{path}", encoded=True)
        async with teacher.client.get(url) as response:
            assert response.status == 404
    assert await refusal(await teacher.call("GET", "/api/v1/resources/nothing")) == (404, "not_found")


async def test_a_recording_is_removed_by_its_teacher(
    parts: Parts, admin: Person, teacher: Person, resource: str, lesson: Any, browser: Any
) -> None:
    await admin.post("/api/v1/accounts", {"login": "sun", "name": "Sun", "password": PASSWORD, "role": "staff"})
    staff = await browser()
    await staff.sign_in("sun")
    where = f"/api/v1/resources/{resource}"
    assert await refusal(await staff.call("DELETE", where)) == (403, "not_allowed")
    folder = parts.settings.data / "recordings" / lesson["id"]
    with alone(folder):
        assert await refusal(await teacher.call("DELETE", where)) == (409, "recording_busy")
        assert (folder / "t1" / "seg-1.m4s").exists()
    await good(await teacher.call("DELETE", where))
    assert not folder.exists()
    assert await refusal(await teacher.call("DELETE", where)) == (404, "not_found")
    assert await teacher.get("/api/v1/resources") == []

    # Of a lesson that is gone, it is an administrator's.
    orphan = await parts.store.resources.add("Imported", "nothing", 1, status="ready")
    assert await refusal(await staff.call("DELETE", f"/api/v1/resources/{orphan.id}")) == (403, "not_allowed")
    await good(await admin.call("DELETE", f"/api/v1/resources/{orphan.id}"))


async def asked(parts: Parts, lesson: str, seat: Seat, kind: str, **data: Any) -> None:
    await parts.journal.submit(lesson, seat, Command(str(uuid4()), kind, data))


async def test_in_a_lesson_a_recording_is_for_who_is_in_it_while_it_is_open(
    parts: Parts, admin: Person, teacher: Person, resource: str, browser: Any, app_client: Client
) -> None:
    """The tracks of who taught, and these alone."""
    row = await parts.store.resources.get(resource)
    assert row is not None
    child = {**TRACK, "id": "t2", "source": "student", "participant": "p2", "playlist": "t2/index.m3u8"}
    await parts.store.resources.update(resource, status="ready", duration_ms=4010, tracks=[TRACK, child])
    folder = parts.settings.data / "recordings" / row.path
    (folder / "t2").mkdir()
    (folder / "t2" / "index.m3u8").write_text("#EXTM3U\n")

    lesson = await teacher.post("/api/v1/lessons", {"title": "Winter"})
    seat = await teacher.post("/api/v1/seats", {"lesson": lesson["id"], "role": "lead_teacher"})
    lead = Seat(seat["participant"], Role.LEAD_TEACHER)

    async def ask(seat: Seat, kind: str, **data: Any) -> None:
        await asked(parts, lesson["id"], seat, kind, **data)

    await ask(lead, "participant.join", name="Li")
    await ask(lead, "lesson.open")
    await ask(lead, "lesson.start")
    anna, outside = await browser(), await browser()
    sits = await anna.post("/api/v1/seats", {"code": lesson["code"], "name": "Anna"})
    token = (await anna.post(f"/api/v1/seats/{sits['seat']}/token", {}))["token"]
    await ask(Seat(sits["participant"], Role.STUDENT), "participant.join", name="Anna")
    base = f"/api/v1/lessons/{lesson['id']}/courseware/{resource}"
    segment = f"{base}/tracks/t1/seg-1.m4s"

    assert await refusal(await anna.call("GET", segment)) == (404, "not_found"), "not open yet"
    await ask(lead, "courseware.open", courseware=resource, stretch=[10, 2000])
    [track] = await anna.get(f"{base}/tracks")
    assert (track["id"], track["playlist"]) == ("t1", f"{base}/tracks/t1/index.m3u8")
    assert (await anna.call("GET", track["playlist"])).content_type == "application/vnd.apple.mpegurl"
    part = await anna.call("GET", segment, headers={"Range": "bytes=10-19"})
    assert (part.status, await part.read()) == (206, bytes(range(10, 20)))
    by_token = await app_client.get(segment, headers={"Authorization": f"Bearer {token}"})
    assert by_token.status == 200
    assert (await app_client.get(segment, headers={"Authorization": "Bearer x"})).status == 401
    assert await refusal(await outside.call("GET", segment)) == (404, "not_found")
    assert await refusal(await anna.call("GET", f"/api/v1/resources/{resource}")) == (401, "signed_out")
    for wrong in ("t2/index.m3u8", "t1/%2e%2e/t2/index.m3u8", "tracks.json", "t1", "t1/", "t1/none.m4s"):
        async with anna.client.get(URL(f"{base}/tracks/{wrong}", encoded=True)) as answer:
            assert answer.status == 404, wrong
    for other in ("media", "simulation", "slides/1/320"):
        assert await refusal(await anna.call("GET", f"{base}/{other}")) == (404, "not_found"), other

    opened = await teacher.get(f"/api/v1/resources/{resource}/openings")
    assert [(one["way"], one["name"]) for one in opened] == [("web", "Li Wen")], "by who brought it out"
    for state, owner, status in (("withdrawn", row.owner, 404), ("draft", None, 404), ("draft", row.owner, 200)):
        before = await parts.store.resources.get(resource)
        assert before is not None
        after = replace(before, state=state, owner=owner, version=before.version + 1)
        await parts.store.reviews.put(before, Outcome(after, None, None))
        assert (await anna.call("GET", segment)).status == status, (state, owner)

    # As long as it is open, and the lesson goes on; who may see a recording of that lesson sees it there.
    await ask(lead, "courseware.close", courseware=resource)
    assert await refusal(await anna.call("GET", segment)) == (404, "not_found")
    await ask(lead, "courseware.open", courseware=resource)
    assert (await anna.call("GET", segment)).status == 200
    await ask(lead, "lesson.end")
    assert await refusal(await anna.call("GET", segment)) == (404, "not_found")
    winter = await parts.store.resources.add("Winter", "w", 1, lesson=lesson["id"], status="ready")
    replayed = f"/api/v1/resources/{winter.id}/courseware/{resource}/tracks"
    [track] = await teacher.get(replayed)
    assert (await teacher.call("GET", track["playlist"])).status == 200
    await admin.get(replayed)
    opened = await teacher.get(f"/api/v1/resources/{resource}/openings")
    assert [one["way"] for one in opened] == ["web", "web"], "in a recording of the lesson too"
    assert await refusal(await anna.call("GET", replayed)) == (401, "signed_out")
    await good(await teacher.call("DELETE", f"/api/v1/resources/{resource}"))
    assert await refusal(await teacher.call("GET", replayed)) == (404, "not_found")


async def test_one_brings_out_only_what_one_may_see_of_the_library(
    parts: Parts, admin: Person, teacher: Person, resource: str, browser: Any
) -> None:
    await admin.post("/api/v1/accounts", {"login": "wu", "name": "Wu", "password": PASSWORD})
    other = await browser()
    await other.sign_in("wu")

    async def opens(person: Person, wanted: str) -> str:
        lesson = await person.post("/api/v1/lessons", {"title": "Winter"})
        seat = await person.post("/api/v1/seats", {"lesson": lesson["id"], "role": "lead_teacher"})
        lead = Seat(seat["participant"], Role.LEAD_TEACHER)
        await asked(parts, lesson["id"], lead, "participant.join", name="x")
        await asked(parts, lesson["id"], lead, "lesson.open")
        try:
            await asked(parts, lesson["id"], lead, "courseware.open", courseware=wanted)
        except ClientFault as fault:
            return fault.code
        return "opened"

    assert [await opens(person, resource) for person in (teacher, admin, other)] == ["opened", "opened", "not_found"]
    assert await opens(teacher, "nothing") == "not_found"
    await parts.store.resources.update(resource, status="recording", duration_ms=None, tracks=[TRACK])
    assert await opens(teacher, resource) == "not_found", "not all of it is there"
    await parts.store.resources.update(resource, status="ready", duration_ms=9, tracks=[])
    assert await opens(teacher, resource) == "no_picture"


async def test_one_goes_on_where_one_stopped(teacher: Person, admin: Person, resource: str) -> None:
    place = f"/api/v1/resources/{resource}/place"
    assert await teacher.get(place) == {"at": None}
    for at in (61_000, 2000):
        assert (await teacher.call("PUT", place, {"at": at})).status == 204
    assert await teacher.get(place) == {"at": 2000}
    assert await admin.get(place) == {"at": None}
    assert await refusal(await teacher.call("PUT", place, {"at": -1})) == (400, "malformed")
    assert await refusal(await teacher.call("GET", place.replace(resource, "other"))) == (404, "not_found")
