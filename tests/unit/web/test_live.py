"""A running lesson by low-latency HLS: the real routes over files that a real segmenter writes meanwhile."""

from __future__ import annotations

import asyncio
import io
import re
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urljoin

import av
import pytest

from classroom.events import Command, Role
from recordings.files import Entry
from signaling.tokens import Claims
from tests.unit.recordings.harness import Desk, paced
from tests.unit.recordings.streams import Sender, encode
from tests.unit.web.people import Client, Person, good, refusal
from web.server.live.broadcast import AT_ONCE
from web.server.parts import Parts

FPS = 30


class Tape:
    """A participant's picture, recorded as far as one says."""

    def __init__(self, desk: Desk, participant: str, name: str = "camera") -> None:
        self._desk, self._participant = desk, participant
        self._sender = Sender("H264")
        self._track = desk.track(self._sender, name, participant)
        self._packets = list(paced(self._sender, encode("H264", 900)))
        self._at = 0

    async def until(self, seconds: float) -> None:
        end = next((n for n, (at, _) in enumerate(self._packets) if at >= seconds * 1e6), len(self._packets))
        await asyncio.to_thread(self._desk.feed, self._track, self._sender, self._packets[self._at : end])
        self._at = end

    async def finish(self) -> None:
        await asyncio.to_thread(self._track.finish)

    @property
    def entry(self) -> Entry:
        return next(one for one in self._desk.folder.entries if one.participant == self._participant)


async def seated(parts: Parts, lesson: str, role: Role, name: str, room: str | None = None) -> Claims:
    row = await parts.store.participants.add(lesson, role, name, parts.now_ms, room=room)
    claims = Claims(lesson, row.id, role, room, name=name)
    await parts.journal.submit(lesson, claims.seat, Command(str(uuid.uuid4()), "participant.join", {"name": name}))
    return claims


async def command(parts: Parts, who: Claims, kind: str, **data: Any) -> None:
    await parts.journal.submit(who.lesson, who.seat, Command(str(uuid.uuid4()), kind, data))


class Hand:
    """The lesson's clock, as it is set."""

    origin_s = 0.0
    at = 0

    def at_of(self, _: float) -> int:
        return self.at


class Held:
    """A lesson that goes on, with a lead who is being recorded, and a viewer's address in it."""

    def __init__(self, parts: Parts, client: Client, lead: Claims, viewer: Claims) -> None:
        self.parts, self.client, self.lead, self.viewer = parts, client, lead, viewer
        self.desk = Desk(parts.settings.data / "recordings" / lead.lesson)
        self.tapes: list[Tape] = []
        self.tape = self.record(lead.participant)
        self.base = ""

    def record(self, participant: str, name: str = "camera") -> Tape:
        self.tapes.append(Tape(self.desk, participant, name))
        return self.tapes[-1]

    async def open(self, who: Claims) -> Any:
        token = self.parts.tokens.issue(who, 600, self.parts.now_s)
        headers = {"Authorization": f"Bearer {token}"}
        return await self.client.get(f"/api/v1/lessons/{who.lesson}/past", headers=headers)

    async def get(self, path: str, **query: Any) -> str:
        answer = await self.client.get(f"{self.base}/{path}", params=query)
        assert answer.status == 200, await answer.text()
        return await answer.text()

    async def refused(self, path: str, **query: Any) -> tuple[int, str]:
        return await refusal(await self.client.get(f"{self.base}/{path}", params=query))

    async def seen(self) -> None:
        """The server has looked at the files since."""
        await (await self.parts.broadcasts.of(self.lead.lesson)).look()

    @property
    def camera(self) -> str:
        return f"{self.tape.entry.folder}/index.m3u8"


@pytest.fixture
async def held(parts: Parts, app_client: Client, lesson: Any) -> AsyncIterator[Held]:
    lead = await seated(parts, lesson["id"], Role.LEAD_TEACHER, "Li")
    for kind in ("lesson.open", "lesson.start", "recording.start"):
        await command(parts, lead, kind)
    viewer = await seated(parts, lesson["id"], Role.STUDENT, "Wang")
    made = Held(parts, app_client, lead, viewer)
    answer = await made.open(viewer)
    made.base = (await answer.json())["address"]
    await made.tape.until(7)
    await made.seen()
    yield made
    for tape in made.tapes:
        await tape.finish()


def lines(text: str, tag: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(tag)]


async def decoded(client: Client, base: str, text: str, init: str, addresses: list[str]) -> list[int]:
    """What is drawn in each picture, of these pieces put one after the other."""
    content = b""
    for name in (init, *addresses):
        answer = await client.get(urljoin(base, name))
        assert answer.status == 200, name
        content += await answer.read()
    with av.open(io.BytesIO(content)) as container:
        return [round(float(frame.to_ndarray(format="gray").mean())) for frame in container.decode(video=0)]


async def test_parts_and_segments_hold_the_same_pictures_each_once(held: Held) -> None:
    base = f"{held.base}/{held.tape.entry.folder}/"
    text = await held.get(held.camera)
    init = re.findall(r'EXT-X-MAP:URI="([^"]+)"', text)
    segments = [line for line in text.splitlines() if line.startswith("seg-")]
    parts = re.findall(r'EXT-X-PART:DURATION=[0-9.]+,URI="([^"]+)"', text)
    assert (init, segments) == (["init-1.mp4"], ["seg-1.m4s"])
    assert parts == [*(f"part-1-{n}.m4s" for n in range(5)), *(f"part-2-{n}.m4s" for n in range(3))]
    of_parts = await decoded(held.client, base, text, init[0], parts)
    of_first = await decoded(held.client, base, text, init[0], parts[:5])
    assert of_first == await decoded(held.client, base, text, init[0], segments)
    assert len(set(of_parts[:30])) == 30
    assert of_parts[:30] == of_parts[30:60]
    durations = [float(n) for n in re.findall(r"EXT-X-PART:DURATION=([0-9.]+)", text)]
    [target] = re.findall(r"PART-TARGET=([0-9.]+)", text)
    assert all(0.85 * float(target) <= one <= float(target) for one in [*durations[:4], *durations[5:]])
    assert sum(durations[:5]) == pytest.approx(float(lines(text, "#EXTINF")[0][8:-1]), abs=1e-4)
    assert lines(text, "#EXT-X-PRELOAD-HINT") == ['#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-2-3.m4s"']


async def test_who_waits_gets_it_when_it_is_there(held: Held) -> None:
    asked = asyncio.create_task(held.get(held.camera, _HLS_msn=2, _HLS_part=3))
    hinted = asyncio.create_task(held.client.get(f"{held.base}/{held.tape.entry.folder}/part-2-3.m4s"))
    await asyncio.sleep(0.3)
    assert not asked.done()
    assert not hinted.done()
    await held.tape.until(8)
    async with asyncio.timeout(2):
        assert 'URI="part-2-3.m4s"' in "".join(lines(await asked, "#EXT-X-PART:"))
        got = await hinted
    assert got.status == 200
    assert got.headers["Cache-Control"].startswith("public, max-age=600")
    whole = asyncio.create_task(held.get(held.camera, _HLS_msn=2))
    await asyncio.sleep(0.2)
    assert not whole.done()
    await held.tape.until(10)
    async with asyncio.timeout(2):
        assert "seg-2.m4s" in await whole


async def test_a_hint_that_the_next_segment_overtakes_is_not_found(held: Held) -> None:
    await held.tape.until(8.7)
    await held.seen()
    text = await held.get(held.camera)
    [hint] = re.findall(r'PRELOAD-HINT:TYPE=PART,URI="([^"]+)"', text)
    number, index = map(int, re.findall(r"[0-9]+", hint.removesuffix(".m4s")))
    last = f"part-{number}-{index + 1}.m4s"  # one further than there will be is not waited for
    assert await held.refused(f"{held.tape.entry.folder}/{last}") == (404, "not_found")
    asked = asyncio.create_task(held.client.get(f"{held.base}/{held.tape.entry.folder}/{hint}"))
    await held.tape.finish()
    async with asyncio.timeout(2):
        await asked
    await held.seen()
    assert lines(await held.get(held.camera), "#EXT-X-ENDLIST")
    assert await held.refused(f"{held.tape.entry.folder}/{hint.replace(f'-{index}.', f'-{index + 2}.')}") == (
        404,
        "not_found",
    )


@pytest.mark.parametrize(
    "query",
    [
        {"_HLS_msn": "5"},
        {"_HLS_msn": "1000000000"},
        {"_HLS_msn": "99999999999999999999"},
        {"_HLS_msn": "-1"},
        {"_HLS_msn": "one"},
        {"_HLS_msn": "1_0"},
        {"_HLS_msn": ""},
        {"_HLS_part": "1"},
        {"_HLS_msn": "1", "_HLS_part": "-1"},
        {"_HLS_msn": "1", "_HLS_part": "٣"},
        {"_HLS_skip": "perhaps"},
    ],
)
async def test_silly_questions_are_refused_at_once(held: Held, query: dict[str, str]) -> None:
    async with asyncio.timeout(1):
        assert await held.refused(held.camera, **query) == (400, "malformed")


async def test_only_so_many_wait(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.server.live.broadcast.MOST_BLOCKED_OF_ONE", 3)
    waiting = [asyncio.create_task(held.get(held.camera, _HLS_msn=3)) for _ in range(3)]
    await asyncio.sleep(0.2)
    assert await held.refused(held.camera, _HLS_msn=3) == (503, "busy")
    assert "seg-1.m4s" in await held.get(held.camera)  # who does not wait is answered
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await asyncio.sleep(0.3)
    again = asyncio.create_task(held.get(held.camera, _HLS_msn=2))
    await held.tape.until(11)
    async with asyncio.timeout(3):
        assert "seg-2.m4s" in await again


async def test_who_waits_for_the_same_is_told_a_few_at_a_time(held: Held) -> None:
    one = await held.parts.broadcasts.of(held.lead.lesson)
    stretch = one.growing.stretches[held.tape.entry.folder]
    before, turn, told = stretch.version, 0, list[int]()

    async def counting() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    async def wait() -> None:
        assert await one.until(held.tape.entry.folder, lambda: stretch.version > before, 60)
        told.append(turn)

    waiting = [asyncio.create_task(wait()) for _ in range(4 * AT_ONCE)]
    await asyncio.sleep(0)
    turns = asyncio.create_task(counting())
    await held.tape.until(8)
    await asyncio.gather(*waiting)
    turns.cancel()
    assert max(Counter(told).values()) <= 2 * AT_ONCE, "the turns of this loop and of the telling one are not in step"


async def test_under_a_key_lies_what_any_student_sees_whoever_has_it(held: Held, lesson: Any) -> None:
    parts = held.parts
    other = await seated(parts, lesson["id"], Role.LOCAL_TEACHER, "Zhao")
    line = {"message": str(uuid.uuid4()), "text": "slower, please"}
    await command(parts, other, "line.say", **line)
    address = (await (await held.open(other)).json())["address"]
    told = await (await held.client.get(f"{address}/events/0")).text()
    assert "page.added" in told or "lesson.started" in told
    for secret in ("Wang", held.viewer.participant, "slower, please", "line.said"):
        assert secret not in told
    for wrong in (held.base[:-1] + ("A" if held.base[-1] != "A" else "B"), f"/live/{lesson['id']}/", "/live/x/y"):
        answer = await held.client.get(f"{wrong}/tracks.json")
        assert answer.status == 404
        assert answer.headers["Cache-Control"] == "no-store"
    rig = await seated(parts, lesson["id"], Role.ENCODER, "Rig")
    assert await refusal(await held.open(rig)) == (403, "not_allowed")
    await parts.journal.erase(held.viewer.participant)
    assert (await refusal(await held.open(held.viewer)))[0] in (401, 403)


async def test_a_guest_is_there_while_on_stage_and_not_before_or_after(held: Held, lesson: Any) -> None:
    """A room's camera is recorded all the time; others see of it what they saw."""
    parts, clock = held.parts, Hand()
    parts.journal._clocks[lesson["id"]] = clock  # type: ignore[assignment]
    school = (await parts.store.schools.list())[0]
    in_room = (await parts.store.schools.add_room(school.id, "Room 3")).id
    room = await seated(parts, lesson["id"], Role.DISPLAY, "Room 3", in_room)
    tape = held.record(room.participant, "room")
    await tape.until(9)
    await held.seen()
    folder = tape.entry.folder
    assert await held.refused(f"{folder}/index.m3u8") == (404, "not_found")
    for name in ("init-1.mp4", "seg-1.m4s", "part-2-0.m4s"):
        assert await held.refused(f"{folder}/{name}") == (404, "not_found")
    assert folder not in await held.get("tracks.json")

    clock.at = 9_500
    await command(parts, held.lead, "stage.invite", participant=room.participant)
    await command(parts, room, "stage.accept", participant=room.participant)
    await tape.until(17.5)
    clock.at = 17_500
    await command(parts, held.lead, "stage.release", participant=room.participant)
    await tape.until(22)
    await held.seen()
    text = await held.get(f"{folder}/index.m3u8")
    gaps = ["GAP" if "#EXT-X-GAP" in one else "" for one in text.split("#EXT-X-PROGRAM-DATE-TIME")[1:]]
    assert gaps[:5] == ["GAP", "GAP", "GAP", "", "GAP"]  # 0–4, 4–8, 8–12, 12–16, 16–20 seconds
    seen = {n: (await held.client.get(f"{held.base}/{folder}/seg-{n}.m4s")).status for n in range(1, 6)}
    assert seen == {1: 404, 2: 404, 3: 404, 4: 200, 5: 404}
    assert "GAP=YES" in lines(text, "#EXT-X-PART:")[-1]
    assert await held.refused(f"{folder}/part-6-0.m4s") == (404, "not_found")


async def test_what_grows_wakes_nobody_who_waits_for_something_else(held: Held, lesson: Any) -> None:
    other = await seated(held.parts, lesson["id"], Role.DISPLAY, "Room 4")
    tape, one = held.record(other.participant, "room"), await held.parts.broadcasts.of(lesson["id"])
    looked = 0

    def never() -> bool:
        nonlocal looked
        looked += 1
        return False

    folder = held.tape.entry.folder
    before = one.of(folder)
    waiting = asyncio.create_task(one.until(folder, never, 1.5))
    await tape.until(9)
    await asyncio.sleep(0.3)
    assert looked == 1
    after = one.of(folder)
    assert before is not None
    assert after is not None
    assert after[1] is before[1]  # and nothing is made anew for it
    await held.tape.until(9)
    assert not await waiting
    assert looked > 1


class Cache:
    """What stands before a server: it keeps what it may for as long as it may, and asks once for all who wait."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._kept: dict[str, tuple[float, asyncio.Task[tuple[int, bytes]]]] = {}
        self.asked: dict[str, int] = {}

    async def get(self, path: str) -> tuple[int, bytes]:
        until, task = self._kept.get(path, (0.0, None))
        if task is None or (task.done() and time.monotonic() > until):
            self.asked[path] = self.asked.get(path, 0) + 1
            task = asyncio.create_task(self._fetch(path))
            self._kept[path] = float("inf"), task
        return await asyncio.shield(task)

    async def _fetch(self, path: str) -> tuple[int, bytes]:
        answer = await self._client.get(path)
        [age_s] = re.findall(r"^public, max-age=([0-9]+)", answer.headers["Cache-Control"]) or ["0"]
        body = await answer.read()
        self._kept[path] = time.monotonic() + int(age_s), self._kept[path][1]
        return answer.status, body


async def test_two_hundred_behind_a_cache_cost_what_one_does(held: Held) -> None:
    """Each follows the playlist by blocking reloads, and fetches every part as soon as it is hinted at."""
    cache, folder = Cache(held.client), f"{held.base}/{held.tape.entry.folder}"

    async def watch() -> list[bytes]:
        got, text = [], (await cache.get(f"{folder}/index.m3u8"))[1].decode()
        while '"part-4-' not in "".join(lines(text, "#EXT-X-PART:")):
            [(segment, part)] = re.findall(r'PRELOAD-HINT:TYPE=PART,URI="part-(\d+)-(\d+)', text)
            hinted = cache.get(f"{folder}/part-{segment}-{part}.m4s")
            query = f"_HLS_msn={segment}&_HLS_part={part}"
            (_, body), (_, listed) = await asyncio.gather(hinted, cache.get(f"{folder}/index.m3u8?{query}"))
            got.append(body)
            text = listed.decode()
        return got

    crowd = [asyncio.create_task(watch()) for _ in range(200)]
    for at in range(8, 16):
        await asyncio.sleep(0.3)
        await held.tape.until(at)
    async with asyncio.timeout(10):
        seen = await asyncio.gather(*crowd)
    assert all(one == seen[0] for one in seen)
    assert len(seen[0]) >= 3
    assert max(cache.asked.values()) <= 2
    assert len(cache.asked) <= 2 * len(seen[0]) + 1


async def test_foreign_players_find_camera_and_sound(held: Held) -> None:
    text = await held.get("main.m3u8")
    [variant] = lines(text, "#EXT-X-STREAM-INF")
    assert 'CODECS="avc1.' in variant
    assert "RESOLUTION=320x240" in variant
    camera = await held.get("camera.m3u8")
    assert f'EXT-X-MAP:URI="{held.tape.entry.folder}/init-1.mp4"' in camera
    assert f"{held.tape.entry.folder}/seg-1.m4s" in camera
    assert await held.refused("door.m3u8") == (404, "not_found")
    dates = lines(camera, "#EXT-X-PROGRAM-DATE-TIME")
    assert dates == lines(await held.get(held.camera), "#EXT-X-PROGRAM-DATE-TIME")


async def test_the_link_is_for_so_many_and_can_be_taken_back(
    held: Held, teacher: Person, nobody: Person, lesson: Any
) -> None:
    where = f"/api/v1/lessons/{lesson['id']}/watch"
    assert (await teacher.get(where))["url"] is None
    assert await refusal(await nobody.call("GET", where)) == (401, "signed_out")
    url = (await good(await teacher.call("PUT", where, {"places": 2})))["url"]
    secret = url.partition("#")[2]
    assert (await good(await teacher.call("PUT", where, {"places": 2})))["url"] == url

    async def come(viewer: str, secret: str = secret) -> Any:
        return await nobody.call("POST", f"{where}/viewers", {"secret": secret, "viewer": viewer * 16})

    first = await (await come("a")).json()
    assert (await (await come("b")).json())["watching"] == 2
    assert await refusal(await come("c")) == (429, "too_many_open")
    assert (await come("a")).status == 200  # who has a place keeps it
    assert await refusal(await come("d", "wrong")) == (404, "not_found")
    assert (await teacher.get(where))["watching"] == 2
    assert (await held.client.get(f"{first['address']}/tracks.json")).status == 200
    await good(await teacher.call("DELETE", where))
    assert (await held.client.get(f"{first['address']}/tracks.json")).status == 404
    assert await refusal(await come("a")) == (404, "not_found")
    assert (await held.client.get(f"{held.base}/tracks.json")).status == 200  # seats keep theirs
    assert (await good(await teacher.call("PUT", where, {"places": 2})))["url"] != url


async def test_a_lesson_that_is_not_recorded_says_so(parts: Parts, app_client: Client, lesson: Any) -> None:
    lead = await seated(parts, lesson["id"], Role.LEAD_TEACHER, "Li")
    await command(parts, lead, "lesson.open")
    viewer = await seated(parts, lesson["id"], Role.STUDENT, "Wang")
    token = parts.tokens.issue(viewer, 600, parts.now_s)
    answer = await app_client.get(f"/api/v1/lessons/{lesson['id']}/past", headers={"Authorization": f"Bearer {token}"})
    assert await refusal(answer) == (409, "not_recorded")


async def test_when_the_lesson_is_over_it_can_be_seen_to_its_end(held: Held) -> None:
    await held.tape.finish()
    await command(held.parts, held.lead, "lesson.end")
    for _ in range(30):
        text = await held.get("camera.m3u8")
        if lines(text, "#EXT-X-ENDLIST"):
            break
        await asyncio.sleep(0.1)
    assert lines(text, "#EXT-X-ENDLIST")
    held.parts.doors._known.clear()
    clock = held.parts.clock

    class Later:
        monotonic = staticmethod(clock.monotonic)
        epoch_ms = staticmethod(lambda: clock.epoch_ms() + 6 * 60_000)

    held.parts.doors._clock = Later()
    assert await held.refused("camera.m3u8") == (404, "not_found")
