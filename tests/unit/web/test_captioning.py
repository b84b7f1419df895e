"""A service that makes captions: the one of docs/captions.md, run as it stands, and services that fail."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from classroom.clock import Clock
from tests.processes import free_port
from tests.unit.web.people import Client, Person, good, refusal
from tests.unit.web.test_resources import TRACK, resource
from web.server import edited
from web.server.captioning import AGAIN_MS, ANSWER_MS, Captioner
from web.server.parts import Parts
from web.server.settings import Settings

__all__ = ["resource"]

DOCS = Path(__file__).parents[3] / "docs/captions.md"
SOUND = {**TRACK, "id": "s1", "kind": "audio", "codec": "opus", "start_ms": 1010, "playlist": "s1/index.m3u8"}
PLAYLIST = '#EXTM3U\n#EXT-X-MAP:URI="init-1.mp4"\n#EXTINF:2,\nseg-1.m4s\n#EXTINF:2,\nseg-2.m4s\n#EXT-X-ENDLIST\n'


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def settings(settings: Settings, port: int) -> Settings:
    hook = {"captions_hook": f"http://127.0.0.1:{port}/", "captions_secret": "a secret"}
    return settings.model_copy(update=hook)


@pytest.fixture
async def heard(parts: Parts, resource: str) -> str:
    """A recording with a picture and a sound."""
    row = await parts.store.resources.get(resource)
    assert row is not None
    folder = parts.settings.data / "recordings" / row.path / "s1"
    folder.mkdir()
    (folder / "index.m3u8").write_text(PLAYLIST)
    for name, size in (("init-1.mp4", 100), ("seg-1.m4s", 20), ("seg-2.m4s", 3)):
        (folder / name).write_bytes(bytes(size))
    await parts.store.resources.update(resource, status="ready", duration_ms=4010, tracks=[TRACK, SOUND])
    return resource


@pytest.fixture
async def service(port: int, tmp_path: Path) -> AsyncIterator[None]:
    """What docs/captions.md says."""
    [program] = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    path = tmp_path / "service.py"
    path.write_text(program)
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(path), str(port), "a secret", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 20) == b"ready\n"
    yield
    process.terminate()
    await process.wait()


async def until(teacher: Person, resource: str, status: str) -> Any:
    for _ in range(200):
        seen = await teacher.get(f"/api/v1/resources/{resource}/captions")
        if seen["captioning"] and seen["captioning"]["status"] == status:
            return seen
        await asyncio.sleep(0.05)
    raise AssertionError(seen)


async def test_the_service_of_the_documentation_makes_captions(
    parts: Parts, teacher: Person, heard: str, app_client: Client, service: None
) -> None:
    parts.captioner.start(str(app_client.make_url("")).rstrip("/"), partial(edited.sounds, parts))
    try:
        seen = await until(teacher, heard, "done")
    finally:
        await parts.captioner.close()
    [row] = seen["captions"]
    assert (seen["service"], row["language"], row["origin"], row["count"]) == (True, "en", "service", 1)
    [cue] = (await teacher.get(f"/api/v1/resources/{heard}/captions/en/cues"))["cues"]
    assert (cue["start_ms"], cue["end_ms"], cue["text"]) == (1000, 3000, "123 bytes were heard")


class Later(Clock):
    """The wall clock, and more."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self.more_ms = clock, 0

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def epoch_ms(self) -> int:
        return self._clock.epoch_ms() + self.more_ms


async def answering(port: int, status: int) -> tuple[list[Any], web.AppRunner]:
    told: list[Any] = []

    async def asked(request: web.Request) -> web.Response:
        told.append(await request.json())
        return web.Response(status=status)

    app = web.Application()
    app.router.add_post("/", asked)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return told, runner


async def test_retries_end(parts: Parts, teacher: Person, heard: str, port: int) -> None:
    """First nobody is there, then somebody who refuses."""
    clock = Later(parts.clock)
    parts.clock = clock
    parts.captioner = Captioner(parts.store, clock, f"http://127.0.0.1:{port}/", "")
    parts.captioner.start("http://127.0.0.1:1", partial(edited.sounds, parts))
    seen = await until(teacher, heard, "waiting")
    for _ in range(100):
        seen = await teacher.get(f"/api/v1/resources/{heard}/captions")
        if seen["captioning"]["fault"]:
            break
        await asyncio.sleep(0.05)
    assert seen["captioning"]["fault"] == "hook_unreachable"
    told, runner = await answering(port, 500)
    try:
        for tries, wait_ms in enumerate(AGAIN_MS, 1):
            clock.more_ms += wait_ms + 1
            parts.captioner.wake()
            for _ in range(100):
                if len(told) == tries:
                    break
                await asyncio.sleep(0.05)
            assert len(told) == tries
        seen = await until(teacher, heard, "failed")
        assert seen["captioning"]["fault"] == "hook_refused"
        clock.more_ms += AGAIN_MS[-1] + 1
        parts.captioner.wake()
        await asyncio.sleep(0.2)
        assert len(told) == len(AGAIN_MS)
        again = await good(await teacher.call("POST", f"/api/v1/resources/{heard}/captioning"))
        assert again["status"] == "waiting"
    finally:
        await parts.captioner.close()
        await runner.cleanup()


async def test_a_token_opens_the_sound_of_its_recording_and_nothing_else(
    parts: Parts, teacher: Person, heard: str, port: int, app_client: Client
) -> None:
    clock = Later(parts.clock)
    parts.clock = clock
    parts.captioner = Captioner(parts.store, clock, f"http://127.0.0.1:{port}/", "")
    told, runner = await answering(port, 202)
    parts.captioner.start("", partial(edited.sounds, parts))
    try:
        await until(teacher, heard, "asked")
        [job] = told
        assert not ({"title", "lesson", "participant", "name"} & {*job, *job["sounds"][0]})
        base, by = f"/api/v1/captioning/{heard}", {"Authorization": f"Bearer {job['token']}"}
        assert job["sounds"][0]["playlist"] == f"{base}/media/s1/index.m3u8"
        sound = await app_client.get(f"{base}/media/s1/seg-1.m4s", headers=by)
        assert (sound.status, len(await sound.read())) == (200, 20)
        for wrong in ("t1/index.m3u8", "t1/seg-1.m4s", "s1/none.m4s", "tracks.json"):
            assert await refusal(await app_client.get(f"{base}/media/{wrong}", headers=by)) == (404, "not_found")
        other = await parts.store.resources.add("Other", "o", 1, status="ready", tracks=[SOUND])
        theirs = f"/api/v1/captioning/{other.id}/media/s1/index.m3u8"
        assert await refusal(await app_client.get(theirs, headers=by)) == (401, "token_invalid")
        critical = {"Authorization": "Bearer eyJhbGciOiAiSFMyNTYiLCAiY3JpdCI6IDF9.e30.x"}  # which joserfc trips over
        for bad in ({}, critical, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {job['token']}"}):
            assert await refusal(await app_client.get(f"{base}/media/s1/seg-1.m4s", headers=bad)) == (
                401,
                "token_invalid",
            )
        assert (await app_client.get(f"/api/v1/resources/{heard}", headers=by)).status == 401
        assert (await app_client.post(base, json={"percent": 101}, headers=by)).status == 400
        assert (await app_client.post(base, json={"percent": 40}, headers=by)).status == 204
        assert (await until(teacher, heard, "asked"))["captioning"]["progress"] == 40

        vtt = {**by, "Content-Type": "text/vtt"}
        bad_file = await app_client.put(f"{base}/captions/en", data="nothing", headers=vtt)
        assert await refusal(bad_file) == (422, "captions_invalid")
        body = "WEBVTT\n\n00:01.000 --> 00:02.000\nheard\n"
        assert (await app_client.put(f"{base}/captions/en", data=body, headers=vtt)).status == 201
        again = await app_client.put(f"{base}/captions/en", data=body, headers=vtt)
        assert await refusal(again) == (412, "captions_changed")
        await until(teacher, heard, "done")

        await good(await teacher.call("POST", f"/api/v1/resources/{heard}/captioning"))
        await until(teacher, heard, "asked")
        assert (await app_client.post(base, json={"failed": True}, headers=by)).status == 204
        assert (await until(teacher, heard, "failed"))["captioning"]["fault"] == "service_failed"
        assert (await app_client.get(f"{base}/media/s1/seg-1.m4s", headers=by)).status == 404

        await good(await teacher.call("POST", f"/api/v1/resources/{heard}/captioning"))
        await until(teacher, heard, "asked")
        clock.more_ms += ANSWER_MS + 1
        expired = await app_client.get(f"{base}/media/s1/seg-1.m4s", headers=by)
        assert await refusal(expired) == (401, "token_expired")
        parts.captioner.wake()
        assert (await until(teacher, heard, "failed"))["captioning"]["fault"] == "no_answer"
    finally:
        await parts.captioner.close()
        await runner.cleanup()


async def test_of_a_recording_without_sound_nothing_is_asked(
    parts: Parts, teacher: Person, resource: str, port: int
) -> None:
    told, runner = await answering(port, 202)
    parts.captioner.start("", partial(edited.sounds, parts))
    try:
        assert (await until(teacher, resource, "failed"))["captioning"]["fault"] == "no_sound"
        assert told == []
    finally:
        await parts.captioner.close()
        await runner.cleanup()
