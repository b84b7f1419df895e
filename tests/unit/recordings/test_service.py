"""Recording as a whole: journal, store, recorder process and files, fed by publishers over the real tap socket."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from classroom.events import Role, Seat
from classroom.journal import Journal
from classroom.rules import EMPTY, is_recorded
from classroom.store import Store
from media.api import (
    Codec,
    Track,
)
from recordings.files import LOCK, alone
from recordings.process import Recorder
from recordings.service import Recordings
from tests.small import small_disk
from tests.unit.recordings import played
from tests.unit.recordings.streams import encode, encode_opus
from tests.unit.recordings.studio import SECONDS, House, Studio

pytestmark = pytest.mark.long


@pytest.fixture
async def house(tmp_path: Path, database_url: str) -> AsyncIterator[House]:
    encode("H264", SECONDS * 30)  # kept: the streams are made before the lesson's clock runs
    encode_opus(SECONDS)
    store = await Store.open(database_url)
    studio, journal = Studio(), Journal(store)
    recordings = Recordings(studio, journal, store, tmp_path / "recordings")
    made = House(store, tmp_path / "recordings", studio, journal, recordings, Seat("", Role.LEAD_TEACHER))
    recordings.on_alarm(lambda lesson, code, message: made.alarms.append((lesson, code)))
    await recordings.start()
    yield made
    await made.recordings.close()
    await studio.close()
    await made.journal.close()
    await store.close()


async def test_a_lesson_is_in_the_library_when_it_has_ended_and_plays(house: House) -> None:
    await house.begin()
    for source, layer in (("camera", ""), ("mic", ""), ("camera", "low")):  # the last is not recorded
        house.studio.publish(house.lead.participant, source, layer=layer)
    await asyncio.sleep(3)
    await house.say("lesson.end")
    resource = await house.entry()
    assert (resource.title, resource.status, resource.path) == ("Ancient poems", "ready", house.lesson)
    assert resource.duration_ms >= 2_900
    assert sorted((one["source"], one["kind"]) for one in resource.tracks) == [("camera", "video"), ("mic", "audio")]
    for track in resource.tracks:
        assert track["participant"] == house.lead.participant
        assert 1_500 <= track["end_ms"] - track["start_ms"] <= resource.duration_ms
        folder = (house.directory / resource.path / track["playlist"]).parent
        played.probe(folder)
        played.probe_segments(folder)
    seen = await house.recordings.timeline(resource.id, Seat("library", Role.OBSERVER))
    assert [event.kind for event in seen][-2:] == ["recording.stopped", "lesson.ended"]
    assert house.recordings.counters()["bytes_total"] >= 0


async def test_it_ends_also_where_something_changes_in_the_same_moment(house: House) -> None:
    """Before Python 3.12 asyncio.wait_for may forget that it was cancelled."""
    for turns in range(6):
        keeping = asyncio.create_task(house.recordings._keep_in_line())
        await asyncio.sleep(0.01)
        house.recordings._changed.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        keeping.cancel()
        ended, _ = await asyncio.wait([keeping], timeout=3)
        keeping.cancel()
        assert ended, turns


async def test_what_is_said_in_a_group_is_not_recorded_nor_who_talked_there(house: House) -> None:
    await house.begin()
    child = await house.seat(Role.STUDENT)
    for seat in (house.lead, child):
        await house.say("participant.join", {"name": "Li"}, seat)
    camera, mic = (house.studio.publish(house.lead.participant, source) for source in ("camera", "mic"))
    childs = house.studio.publish(child.participant, "mic")

    async def recorded(*tracks: Track) -> None:
        async with asyncio.timeout(5):
            while {*house.studio._taps} != {track.id for track in tracks}:
                await asyncio.sleep(0.02)

    await recorded(camera, mic)
    await house.say("groups.form", {"groups": [{"group": "g", "participants": [child.participant]}]})
    await house.say("voice.join", {"group": "g"}, child)
    await house.say("group.visit", {"group": "g"})
    await recorded(camera)
    await house.say("group.leave")
    await recorded(camera, mic)
    await asyncio.sleep(1)
    assert childs.id not in house.studio._taps
    await house.say("lesson.end")
    resource = await house.entry()
    assert all(track["participant"] == house.lead.participant for track in resource.tracks)
    kinds = [event.kind for event in await house.recordings.timeline(resource.id, Seat("library", Role.OBSERVER))]
    assert "group.visited" in kinds
    assert "voice.joined" not in kinds


async def test_nothing_is_recorded_unless_it_is_on(house: House) -> None:
    await house.begin(recording=False)
    track = house.studio.publish(house.lead.participant, "camera")
    await asyncio.sleep(0.5)
    assert not list(house.directory.iterdir())
    await house.say("recording.start")
    await asyncio.sleep(1.5)
    await house.say("recording.stop")
    await asyncio.sleep(0.5)
    await house.say("recording.start")
    await asyncio.sleep(1.5)
    house.studio.leave(track)
    await house.say("lesson.end")
    tracks = (await house.entry()).tracks
    assert len(tracks) == 2
    assert tracks[0]["end_ms"] < tracks[1]["start_ms"]


async def test_a_recorder_that_dies_is_replaced_and_the_recording_goes_on(house: House) -> None:
    await house.begin()
    house.studio.publish(house.lead.participant, "camera")
    await asyncio.sleep(2.5)
    process = house.recordings._recorder._process
    os.kill(process.pid, signal.SIGKILL)
    await asyncio.sleep(2.5)
    await house.say("lesson.end")
    resource = await house.entry()
    first, second = resource.tracks
    assert first["end_ms"] >= 500
    assert second["start_ms"] <= 4_500
    for track in resource.tracks:
        played.probe((house.directory / resource.path / track["playlist"]).parent)


async def test_a_recorder_is_replaced_also_where_what_it_left_cannot_be_repaired(house: House) -> None:
    first = house.recordings._recorder
    away = house.directory.with_name("away")
    house.directory.rename(away)  # a volume that is not mounted just now
    os.kill(first._process.pid, signal.SIGKILL)
    async with asyncio.timeout(20):
        while house.recordings._recorder is first:
            await asyncio.sleep(0.05)
    away.rename(house.directory)
    await house.begin()
    house.studio.publish(house.lead.participant, "camera")
    await asyncio.sleep(2)
    await house.say("lesson.end")
    assert (await house.entry()).tracks


async def test_a_server_that_starts_again_goes_on_in_the_same_lesson(house: House) -> None:
    await house.begin()
    house.studio.publish(house.lead.participant, "camera")
    await asyncio.sleep(1.5)
    await house.restart()
    await asyncio.sleep(1.5)
    await house.say("lesson.end")
    resource = await house.entry()
    assert len(resource.tracks) == 2
    assert resource.tracks[0]["end_ms"] <= resource.tracks[1]["start_ms"] + 50
    assert resource.duration_ms >= 2_900


async def test_what_a_killed_server_left_becomes_an_entry(house: House) -> None:
    await house.begin()
    house.studio.publish(house.lead.participant, "camera")
    await asyncio.sleep(2.5)
    for task in list(house.recordings._tasks):  # nobody restarts it, nobody finishes it
        task.cancel()
    os.kill(house.recordings._recorder._process.pid, signal.SIGKILL)
    await house.recordings._recorder.ended.wait()
    await house.say("lesson.end")
    house.recordings._ended.clear()
    assert not await house.store.resources.of_lesson(house.lesson)
    await house.restart()
    [track] = (await house.entry()).tracks
    assert track["end_ms"] >= 500
    assert not await house.recordings.recover()


async def test_nothing_is_written_into_a_folder_while_another_node_still_writes_there(house: House) -> None:
    await house.begin()
    folder = house.directory / house.lesson
    folder.mkdir()
    with alone(folder):
        house.studio.publish(house.lead.participant, "camera")
        await asyncio.sleep(2.5)
        assert [path.name for path in folder.iterdir()] == [LOCK]
    await asyncio.sleep(3)
    await house.say("lesson.end")
    [track] = (await house.entry()).tracks
    assert track["start_ms"] >= 2_000


async def test_a_student_is_recorded_on_stage_only() -> None:
    state = {
        **EMPTY,
        "stage": {"guests": [{"participant": "s1", "state": "on"}, {"participant": "s2", "state": "invited"}]},
    }
    assert is_recorded(state, Seat("s1", Role.STUDENT), "mic")
    assert not is_recorded(state, Seat("s2", Role.STUDENT), "mic")
    assert not is_recorded(state, Seat("s3", Role.STUDENT), "mic")
    for role in (Role.LEAD_TEACHER, Role.ENCODER, Role.DISPLAY, Role.LOCAL_TEACHER):
        assert is_recorded(state, Seat("x", role), "mic")


async def test_who_is_left_out_is_not_recorded() -> None:
    excepted = {"rooms": ["r1"], "participants": ["s1"]}
    on_stage = {**EMPTY["stage"], "guests": [{"participant": "s1", "state": "on"}]}
    state = {**EMPTY, "stage": on_stage, "recording": {**EMPTY["recording"], "excepted": excepted}}
    assert not is_recorded(state, Seat("s1", Role.STUDENT), "mic")
    assert not is_recorded(state, Seat("d1", Role.DISPLAY, "r1"), "mic")
    assert is_recorded(state, Seat("d2", Role.DISPLAY, "r2"), "mic")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "recordings", "size=4m") as path:
        yield path


@pytest.fixture
def full_disk(disk: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TONGKE_DISK_FLOOR_BYTES", "1000000")
    monkeypatch.setenv("TONGKE_DISK_FLOOR_SHARE", "1")
    (disk / "other").write_bytes(bytes(shutil.disk_usage(disk).free - 1_200_000))
    return disk


async def test_a_disk_that_fills_stops_the_recording_and_not_the_lesson(full_disk: Path, house: House) -> None:
    await house.begin()
    house.studio.publish(house.lead.participant, "camera")
    async with asyncio.timeout(10):
        while not house.alarms or (await house.journal.state(house.lesson))["recording"]["on"]:
            await asyncio.sleep(0.05)
    assert [code for _, code in house.alarms] in (["disk_low", "disk_short"], ["disk_short"])
    assert {lesson for lesson, _ in house.alarms} == {house.lesson}
    await house.say("page.add", {"page": "2"})
    await house.say("lesson.end")
    [track] = (await house.entry()).tracks
    folder = (full_disk / house.lesson / track["playlist"]).parent
    played.probe(folder)
    assert len(played.pictures(folder)) > 10


async def test_a_disk_that_has_gone_is_not_taken_for_the_folder_it_was_in(disk: Path, house: House) -> None:
    await house.begin()
    voice = house.studio.publish(house.lead.participant, "mic")
    await asyncio.sleep(0.5)
    await house.say("lesson.end")
    await house.entry()
    house.studio.leave(voice)
    subprocess.run(["umount", "-l", str(disk)], check=True)
    await house.begin()
    house.studio.publish(house.lead.participant, "mic")
    async with asyncio.timeout(10):
        while not house.alarms or (await house.journal.state(house.lesson))["recording"]["on"]:
            await asyncio.sleep(0.05)
    assert house.alarms == [(house.lesson, "disk_failed")]
    assert list(disk.iterdir()) == []
    await house.say("page.add", {"page": "2"})  # the lesson goes on


async def test_the_teachers_are_told_once_of_a_picture_that_cannot_be_recorded(house: House) -> None:
    await house.begin()
    house.studio.publish(house.lead.participant, "camera", called=Codec.H265)
    voice = house.studio.publish(house.lead.participant, "mic")
    async with asyncio.timeout(10):
        while voice.id not in house.studio._taps:
            await asyncio.sleep(0.02)
    await house.say("page.add", {"page": "2"})
    await house.say("lesson.end")
    assert [track["source"] for track in (await house.entry()).tracks] == ["mic"]
    assert house.alarms == [(house.lesson, "codec_unrecorded")]


async def test_a_server_that_stops_waiting_for_a_lesson_still_ends_in_order() -> None:
    recorder = Recorder(lambda event: None)
    await recorder.start()
    waiting = asyncio.create_task(recorder.close_lesson("lesson"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await recorder.finish()
    assert recorder.ended.is_set()
