"""Recordings whose local copy has gone are played from object storage, by way of the server or straight."""

from __future__ import annotations

import asyncio
import json
import os
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientPayloadError

from recordings import library
from recordings.stills import PICTURES
from recordings.storage import Storage
from tests.processes import serving
from tests.recorded import Take, publish
from tests.s3 import BUCKET, S3, Relay
from tests.unit.recordings.test_sender import Taped, sending
from tests.unit.web.people import Person, refusal
from tests.unit.web.test_lessons import do
from tests.unit.web.test_renders import a_renderer, renderer  # noqa: F401 - a fixture
from web.server import doctoring
from web.server.parts import Parts
from web.server.renderer import Renderer
from web.server.settings import Settings

LARGE = os.urandom(24 << 20)


@pytest.fixture
def redirected() -> bool:
    return False


@pytest.fixture
def settings(settings: Settings, relay: Relay, redirected: bool) -> Settings:
    return settings.model_copy(update={"storage": f"s3://{BUCKET}/rec", "storage_redirect": redirected})


@pytest.fixture
async def base(parts: Parts, lesson: Any) -> str:
    """A recording of which only playlists are on this disk; where its media are."""
    for kind in ("lesson.open", "lesson.start", "lesson.end"):
        await do(parts, lesson["id"], kind)
    directory = parts.files.directory
    directory.mkdir(exist_ok=True)
    taped = Taped(directory, lesson["id"])
    taped.grow(2)
    taped.end()
    (directory / lesson["id"] / "001-camera-video" / "large.mp4").write_bytes(LARGE)
    resource = await library.publish(parts.store, parts.journal, parts.clock, directory, lesson["id"])
    assert resource is not None
    sender = sending(directory, Storage(f"s3://{BUCKET}/rec"))
    for minute in range(2):
        await asyncio.to_thread(sender.round, time.time() + 100 * minute)
    sender.close()
    assert not list(directory.rglob("*.m*4*"))
    return f"/api/v1/resources/{resource.id}/media/001-camera-video"


async def test_segments_come_from_the_store_by_ranges_too(teacher: Person, base: str) -> None:
    playlist = await teacher.call("GET", f"{base}/index.m3u8")
    assert "seg-2.m4s" in await playlist.text()
    whole = await teacher.call("GET", f"{base}/large.mp4")
    assert await whole.read() == LARGE
    assert whole.headers["Cache-Control"] == "private, max-age=86400, immutable"
    assert (whole.content_type, whole.headers["Accept-Ranges"]) == ("video/mp4", "bytes")
    for asked, begin, end in (
        ("bytes=10-19", 10, 20),
        (f"bytes={(2 << 20) - 5}-{(2 << 20) + 5}", (2 << 20) - 5, (2 << 20) + 6),
        ("bytes=-7", len(LARGE) - 7, len(LARGE)),
        (f"bytes={len(LARGE) - 8}-99999999", len(LARGE) - 8, len(LARGE)),
    ):
        part = await teacher.call("GET", f"{base}/large.mp4", headers={"Range": asked})
        assert (part.status, await part.read()) == (206, LARGE[begin:end])
        assert part.headers["Content-Range"] == f"bytes {begin}-{end - 1}/{len(LARGE)}"
    beyond = await teacher.call("GET", f"{base}/large.mp4", headers={"Range": f"bytes={len(LARGE)}-"})
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{len(LARGE)}")
    head = await teacher.call("HEAD", f"{base}/large.mp4")
    assert (head.status, head.headers["Content-Length"], await head.read()) == (200, str(len(LARGE)), b"")
    etag = {"If-None-Match": whole.headers["ETag"]}
    assert (await teacher.call("GET", f"{base}/large.mp4", headers=etag)).status == 304
    changed = {"Range": "bytes=0-9", "If-Range": '"another"'}
    anew = await teacher.call("GET", f"{base}/large.mp4", headers=changed)
    assert (anew.status, len(await anew.read())) == (200, len(LARGE))
    assert await refusal(await teacher.call("GET", f"{base}/seg-9.m4s")) == (404, "not_found")


@pytest.mark.parametrize("mood", ["failing", "denied", "shut", "truncated"])
async def test_a_store_that_fails_is_said_and_is_nothing_of_the_servers(
    teacher: Person, base: str, relay: Relay, mood: Any
) -> None:
    relay.mood = mood
    answer = await teacher.call("GET", f"{base}/seg-1.m4s")
    assert answer.headers["Retry-After"] == "10"
    assert await refusal(answer) == (503, "recording_away")
    assert (await teacher.call("GET", f"{base}/index.m3u8")).status == 200
    relay.mood = "good"
    assert (await teacher.call("GET", f"{base}/seg-1.m4s")).status == 200


async def test_one_that_fails_half_way_leaves_no_answer_that_looks_whole(
    teacher: Person, base: str, relay: Relay
) -> None:
    relay.mood = "slow"  # so that there is a half way
    answer = await teacher.call("GET", f"{base}/large.mp4")
    await answer.content.readexactly(1000)
    relay.mood = "failing"
    with pytest.raises(ClientPayloadError):
        await answer.read()


async def test_who_reads_slowly_holds_little_in_memory(teacher: Person, base: str, relay: Relay) -> None:
    relay.given_bytes = 0
    answer = await teacher.call("GET", f"{base}/large.mp4")
    await answer.content.readexactly(1000)
    await asyncio.sleep(0.3)
    assert relay.given_bytes < 20 << 20, "of 24 MB: what the sockets between hold, and no more"
    answer.close()


async def test_removing_a_recording_removes_it_from_the_store(
    teacher: Person, parts: Parts, base: str, bucket: S3
) -> None:
    resource = base.split("/")[4]
    assert (await teacher.call("DELETE", f"/api/v1/resources/{resource}")).status == 204
    assert await library.recover(parts.store, parts.journal, parts.clock, parts.files.directory) == []
    assert await teacher.get("/api/v1/resources") == []
    assert bucket.objects() != {}
    sender = sending(parts.files.directory, Storage(f"s3://{BUCKET}/rec"))
    await asyncio.to_thread(sender.round, time.time())
    sender.close()
    assert bucket.objects() == {}


@pytest.mark.parametrize("redirected", [True])
def test_the_doctor_sees_whether_pages_may_fetch_from_the_bucket(settings: Settings, bucket: S3, relay: Relay) -> None:
    with bucket.trusting():
        for alone, state in ((True, "bad"), (False, "good")):
            relay.for_us_alone = alone
            [_, found] = doctoring.storage(settings)
            assert (found.state, found.what) == (state, "storage for pages")


@pytest.mark.parametrize("redirected", [True])
async def test_players_are_sent_to_the_store_where_the_operator_wants_that(
    teacher: Person, parts: Parts, base: str, bucket: S3, relay: Relay, browser: Any
) -> None:
    assert (await teacher.call("GET", f"{base}/index.m3u8")).status == 200
    parent = await browser()
    link = await teacher.post(f"{base.partition('/media/')[0]}/links", {"label": "Parents"})
    await parent.post("/api/v1/shared", {"secret": link["url"].rpartition("#")[2]})
    answer = await parent.call("GET", f"{base}/large.mp4", allow_redirects=False)
    assert "X-Amz-Expires=60&" in answer.headers["Location"], "hardly longer than the link may be good"
    answer = await teacher.call("GET", f"{base}/large.mp4", allow_redirects=False)
    assert (answer.status, answer.headers["Cache-Control"]) == (307, "no-store")
    request = urllib.request.Request(answer.headers["Location"], headers={"Range": "bytes=5-9"})

    def fetch() -> bytes:
        with urllib.request.urlopen(request) as given:
            return bytes(given.read())

    with bucket.trusting():
        assert await asyncio.to_thread(fetch) == LARGE[5:10]
    policy = (await teacher.call("GET", "/healthz")).headers["Content-Security-Policy"]
    for directive in ("connect-src", "media-src"):
        [line] = [line for line in policy.split("; ") if line.startswith(directive)]
        assert f"http://127.0.0.1:{relay.port}" in line.split()


def test_a_server_whose_store_refuses_it_says_so_and_records_and_sends_later(
    tmp_path: Path, bucket: S3, relay: Relay
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    relay.mood = "denied"
    (data / "recordings").mkdir()
    taped = Taped(data / "recordings", "l1")
    taped.grow(2)
    taped.end()
    environment = {**bucket.environment(relay.port), "TONGKE_STORAGE": f"s3://{BUCKET}"}
    with serving(data, environment=environment) as server:
        until = time.monotonic() + 20
        while "credentials" not in server.log.read_text() and time.monotonic() < until:
            time.sleep(0.1)
        log = server.log.read_text()
        assert "it refuses the credentials (403 SignatureDoesNotMatch)" in log
        settings = Settings(_env_file=None, data=data, storage=f"s3://{BUCKET}")
        [denied, *_] = doctoring.storage(settings)
        assert (denied.state, denied.what) == ("bad", "storage")
        relay.mood = "good"
        while len(bucket.objects()) < 5 and time.monotonic() < until:
            time.sleep(0.1)
        assert "l1/tracks.json" in bucket.objects()
        numbers = ""
        while "tongke_storage_sent_files_total 5.0" not in numbers and time.monotonic() < until:
            numbers = urllib.request.urlopen(f"{server.base}/metrics").read().decode()
        assert "tongke_storage_sent_files_total 5.0" in numbers
        assert "tongke_storage_waiting_files 0.0" in numbers
        [good] = doctoring.storage(settings)
        assert good.state == "good"
        assert bucket.objects().keys() == {name for name in bucket.objects() if name.startswith("l1/")}, (
            "no trial is left"
        )
        for text in (numbers, server.log.read_text(), json.dumps([denied.json(), good.json()])):
            assert bucket.secret not in text
            assert bucket.key not in text


async def test_small_pictures_are_given_also_when_all_is_in_the_store(
    parts: Parts,
    teacher: Person,
    lesson: Any,
    renderer: Renderer,  # noqa: F811 - the fixture
) -> None:
    for kind in ("lesson.open", "lesson.start", "lesson.end"):
        await do(parts, lesson["id"], kind)
    made = await publish(parts, lesson["id"], [Take("camera", "p1", 1_000, 21_000, 320, 180)])
    base, directory = f"/api/v1/resources/{made.id}", parts.files.directory
    await renderer.start()
    async with asyncio.timeout(60):
        while not (told := await teacher.get(f"{base}/stills"))["tracks"]:
            await asyncio.sleep(0.1)
    run, poster = f"{base}/stills/{told['tracks'][0]['track']}/0", f"{base}/poster"
    before = [await (await teacher.call("GET", path)).read() for path in (run, poster)]
    sender = sending(directory, Storage(f"s3://{BUCKET}/rec"))
    for minute in range(2):
        await asyncio.to_thread(sender.round, time.time() + 100 * minute)
    sender.close()
    assert not list(directory.rglob("*.m4s"))
    assert not list(directory.rglob(PICTURES)), "they have gone, too"
    assert await teacher.get(f"{base}/stills") == told
    assert [await (await teacher.call("GET", path)).read() for path in (run, poster)] == before
    await renderer.close()
    assert not await a_renderer(parts)._make_one(), "nothing is made anew of what is not here"
    assert await teacher.get(f"{base}/stills") == told
