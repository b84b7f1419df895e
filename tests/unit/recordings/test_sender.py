"""Recordings go to the storage as they are made, whatever it does meanwhile, and local copies when they may."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recordings import keeping, ledger
from recordings.files import DISCARDED, DiskShort, Entry, Floor, LessonFolder, StretchFiles, alone
from recordings.keeping import Files
from recordings.pacing import Pace
from recordings.playlist import Segment
from recordings.removing import stretches_gone
from recordings.sender import Sender, unsent
from recordings.storage import Storage, StorageFault
from tests.s3 import BUCKET, S3, Relay
from tests.unit.recordings.harness import EPOCH_MS, NO_FLOOR

SECOND_US = 1_000_000
NOW_S = 1_800_000_000.0


@pytest.fixture
def storage(relay: Relay) -> Storage:
    return Storage(f"s3://{BUCKET}", request_s=3.0)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "recordings"
    made.mkdir()
    return made


@pytest.fixture
def sender(directory: Path, storage: Storage) -> Iterator[Sender]:
    made = sending(directory, storage)
    yield made
    made.close()


def sending(directory: Path, storage: Storage, keep_s: float = 0.0, low: Floor = NO_FLOOR) -> Sender:
    made = Sender(directory, storage, keep_s, Pace(), low)
    made.live = frozenset()
    return made


class Taped:
    """A lesson that is being recorded, one track of it, by the recorder's own files."""

    def __init__(self, directory: Path, lesson: str = "l1") -> None:
        self.folder = LessonFolder.open(directory / lesson, EPOCH_MS)
        self.entry = Entry("001-camera-video", "t", "p", "camera", "video", "H264", "", 0, 0, 0)
        self.files = StretchFiles(self.folder, self.entry, NO_FLOOR, lambda size, segments: None)
        self.files.begin()
        self.files.init(1, b"init")
        self.number = 0

    def grow(self, seconds: int = 1) -> None:
        for _ in range(seconds):
            self.number += 1
            self.files.append(self.number, os.urandom(2000))
            self.files.finished(Segment(self.number, 1, self.number * SECOND_US, SECOND_US))

    def end(self) -> None:
        self.files.end(self.number * SECOND_US)


def on_disk(directory: Path) -> dict[str, bytes]:
    """What of the recordings themselves lies there."""
    paths = [path for path in directory.rglob("*") if path.is_file() and path.name not in ("lock", "stored.jsonl")]
    names = {str(path.relative_to(directory)): path.read_bytes() for path in paths}
    return {name: data for name, data in names.items() if not name.startswith(".")}


def in_store(bucket: S3) -> dict[str, bytes]:
    return {name: bucket.content(name) for name in bucket.objects()}


def test_what_is_finished_goes_and_what_grows_stays(directory: Path, sender: Sender, bucket: S3, relay: Relay) -> None:
    taped = Taped(directory)
    taped.grow(2)
    taped.files.append(3, b"begun")
    sender.live = frozenset({"l1"})
    sender.round(NOW_S)
    there = on_disk(directory)
    del there["l1/001-camera-video/seg-3.m4s"]
    assert in_store(bucket) == there
    taped.files.finished(Segment(3, 1, 3 * SECOND_US, SECOND_US))
    relay.asked.clear()
    sender.round(NOW_S + 3)
    assert [path.rpartition("/")[2] for method, path in relay.asked if method == "PUT"] == ["seg-3.m4s"], (
        "the playlist goes twice a minute while it grows"
    )
    taped.end()
    sender.round(NOW_S + 6)
    assert in_store(bucket) == on_disk(directory)
    relay.asked.clear()
    sender.round(NOW_S + 70)
    assert relay.asked == [], "nothing is new"


def test_a_playlist_in_the_store_names_only_what_is_there(
    directory: Path, sender: Sender, bucket: S3, relay: Relay
) -> None:
    Taped(directory).grow(3)
    sender.round(NOW_S)
    order = [path for method, path in relay.asked if method == "PUT"]
    assert order[-1].endswith("l1/tracks.json")
    assert order[-2].endswith("index.m3u8")


def test_a_restart_sends_what_is_missing_and_nothing_twice(
    directory: Path, storage: Storage, bucket: S3, relay: Relay
) -> None:
    taped = Taped(directory)
    taped.grow(4)
    first = sending(directory, storage)
    first.round(NOW_S)
    first.close()
    with (directory / "l1" / "stored.jsonl").open("ab") as file:
        file.write(b'{"name": "001-camera-video/seg-9.m4s", "byt')  # torn by a crash
    taped.grow(1)
    taped.end()
    shutil.copytree(
        directory, directory.with_name("restored"), copy_function=shutil.copy
    )  # as a backup gives it back, with times of its own
    for copy in (directory, directory.with_name("restored")):
        relay.asked.clear()
        again = sending(copy, storage)
        again.round(NOW_S)
        again.close()
        segments = [path for method, path in relay.asked if method == "PUT" and path.endswith(".m4s")]
        assert [path.rpartition("/")[2] for path in segments] == ["seg-5.m4s"]
        assert unsent(copy, storage.identity).files == 0
    assert in_store(bucket) == on_disk(directory)


@pytest.mark.parametrize("mood", ["silent", "failing", "denied", "shut", "spoilt"])
def test_whatever_it_does_what_was_not_taken_goes_later(
    directory: Path, storage: Storage, bucket: S3, relay: Relay, mood: Any
) -> None:
    taped = Taped(directory)
    taped.grow(2)
    taped.end()
    sender = sending(directory, storage)
    relay.mood = mood
    try:
        for index in range(3):
            try:
                sender.round(NOW_S + 100_000 * index)
            except StorageFault:
                break
        else:
            pytest.fail("it goes on as if all were well")
        assert sender.waiting.files == 5
        assert ledger.read(directory / "l1", storage.identity).sent == {}
        assert len(on_disk(directory)) == 5
        relay.mood = "good"
        sender.reached()
        sender.round(NOW_S + 1)
        assert in_store(bucket) == on_disk(directory) or sender.counters.released_bytes
        assert sender.waiting.files == 0
        assert bucket.objects().keys() >= {"l1/tracks.json", "l1/001-camera-video/seg-2.m4s"}
    finally:
        sender.close()


def test_one_file_that_it_does_not_take_holds_up_no_other_lesson(directory: Path, sender: Sender, bucket: S3) -> None:
    for lesson in ("l1", "l2"):
        taped = Taped(directory, lesson)
        taped.grow(1)
        taped.end()
    bad = directory / "l1" / "001-camera-video" / "seg-1.m4s"
    bad.unlink()
    bad.symlink_to("nowhere")  # the disk does not give it
    (directory / "l1" / "tracks.json").write_text("{}")
    sender.round(NOW_S)
    assert "l2/tracks.json" in bucket.objects()


def test_a_local_copy_goes_when_all_is_there_and_its_time_is_over(
    directory: Path, storage: Storage, bucket: S3, relay: Relay
) -> None:
    taped = Taped(directory)
    taped.grow(3)
    now_s = time.time()

    def after(seconds: float, live: str = "") -> Sender:
        """Somebody looks at it for the first time then."""
        sender = sending(directory, storage, keep_s=1000)
        sender.live = frozenset({live})
        sender.round(now_s + seconds)
        sender.close()
        return sender

    after(0, live="l1")
    after(5000, live="l1")
    taped.end()
    after(1)
    after(5000, live="l1")
    after(900)
    before = on_disk(directory)
    assert len(before) == 6
    with alone(directory / "l1"):
        after(2000)
    assert on_disk(directory) == before, "somebody writes there"
    sender = after(2000)
    left = on_disk(directory)
    assert set(left) == {"l1/tracks.json", "l1/001-camera-video/index.m3u8"}
    assert sender.counters.released_bytes == 3 * 2000 + len(b"init")
    assert in_store(bucket) == before
    relay.asked.clear()
    after(9000)
    assert "PUT" not in {method for method, _ in relay.asked}


def test_while_it_is_not_known_who_teaches_nothing_goes(directory: Path, storage: Storage) -> None:
    taped = Taped(directory)
    taped.grow(1)
    taped.end()
    sender = Sender(directory, storage, 0.0, Pace(), NO_FLOOR)
    for minute in range(3):
        sender.round(time.time() + 100 * minute)
    assert len(on_disk(directory)) == 4
    sender.close()


def test_a_local_copy_stays_where_the_store_has_lost_something_and_it_is_sent_again(
    directory: Path, storage: Storage, bucket: S3
) -> None:
    taped = Taped(directory)
    taped.grow(2)
    taped.end()
    sender = sending(directory, storage, keep_s=1000)
    now_s = time.time()
    sender.round(now_s)
    before = on_disk(directory)
    bucket.client.delete_object(Bucket=BUCKET, Key="l1/001-camera-video/seg-1.m4s")
    bucket.client.put_object(Bucket=BUCKET, Key="l1/001-camera-video/seg-2.m4s", Body=b"x" * 2000)
    sender.round(now_s + 5000)
    assert on_disk(directory) == before
    sender.round(now_s + 10_000)
    assert in_store(bucket) == before
    sender.close()


def test_a_short_disk_lets_the_oldest_go_before_its_time(directory: Path, storage: Storage) -> None:
    for lesson in ("l1", "l2", "l3"):
        taped = Taped(directory, lesson)
        taped.grow(1)
        taped.end()

    class Short(Floor):
        def check(self, directory: Path, wanted: int) -> None:
            if len(list(directory.rglob("*.m4s"))) > 2:
                raise OSError

    sender = sending(directory, storage, keep_s=1e9, low=Short())
    sender.live = frozenset({"l1"})
    os.utime(directory / "l3", (0, 0))
    sender.round(NOW_S)
    assert {path.parts[-3] for path in directory.rglob("*.m4s")} == {"l1", "l3"}, "l2 went first, l1 is live"
    sender.close()


def test_another_store_gets_everything_that_is_here(
    directory: Path, storage: Storage, bucket: S3, tmp_path: Path
) -> None:
    taped = Taped(directory)
    taped.grow(1)
    taped.end()
    for number, there in enumerate((storage, Storage(f"file://{tmp_path}/two"))):
        (tmp_path / "two").mkdir(exist_ok=True)
        sender = sending(directory, there, keep_s=1e12)
        sender.round(NOW_S + number)
        sender.close()
        assert there.list("").keys() == on_disk(directory).keys()
        assert unsent(directory, there.identity).files == 0


def test_one_of_two_nodes_sends_and_the_other_when_it_is_gone(directory: Path, storage: Storage, bucket: S3) -> None:
    taped = Taped(directory)
    taped.grow(1)
    one, other = sending(directory, storage, 1e12), sending(directory, storage, 1e12)
    one.round(NOW_S)
    taped.grow(1)
    other.round(NOW_S + 100)
    assert "l1/001-camera-video/seg-2.m4s" not in bucket.objects()
    one.close()
    other.round(NOW_S + 200)
    assert "l1/001-camera-video/seg-2.m4s" in bucket.objects()
    other.close()


async def test_what_was_let_go_is_read_from_the_store_and_brought_back(
    directory: Path, sender: Sender, storage: Storage, relay: Relay
) -> None:
    taped = Taped(directory)
    taped.grow(3)
    taped.end()
    before = on_disk(directory)
    sender.round(NOW_S)
    sender.round(NOW_S + 100)
    name = "001-camera-video/seg-2.m4s"
    assert ledger.released(directory) == ["l1"], "of which a backup says that it is not in it"
    files = Files(directory, storage)
    assert files.local("l1", name) is None
    assert await files.read("l1", name, 2000) == before[f"l1/{name}"]
    with pytest.raises(ValueError, match="larger"):
        await files.read("l1", name, 1999)
    with pytest.raises(FileNotFoundError):
        await files.read("l1", "001-camera-video/seg-7.m4s", 9)
    for wrong in ("../l1/tracks.json", ".sending", "a//b", "/etc/passwd", ""):
        assert await files.look("l1", wrong) is None
    relay.mood = "forged"
    with pytest.raises(StorageFault, match="changed"):
        await files.bring_back("l1")
    assert not list(directory.rglob("*.m4s"))
    relay.mood = "good"
    assert await files.bring_back("l1") == directory / "l1"
    assert on_disk(directory) == before
    relay.asked.clear()
    await files.bring_back("l1")
    assert relay.asked == []
    assert unsent(directory, storage.identity).files == 0
    shutil.rmtree(directory / "l1")
    await files.bring_back("l1")
    assert on_disk(directory) == before, "on a machine that never had it"
    files.close()


async def test_only_what_is_wanted_comes_back_and_only_where_there_is_room(
    directory: Path, sender: Sender, storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taped = Taped(directory)
    taped.grow(3)
    taped.end()
    sound = directory / "l1" / "001-camera-video" / "aac"
    sound.mkdir()
    (sound / "seg-1.m4s").write_bytes(b"sound")
    (sound / "index.m3u8").write_text("#EXTM3U\nseg-1.m4s\n")
    (sound / "init-1.mp4").write_bytes(b"i")
    sender.round(NOW_S)
    sender.round(NOW_S + 100)
    files = Files(directory, storage)
    monkeypatch.setattr(keeping, "ROOM", Floor(1 << 60, 1.1))
    with pytest.raises(DiskShort):
        await files.bring_back("l1")
    monkeypatch.setattr(keeping, "ROOM", NO_FLOOR)
    await files.bring_back("l1", "001-camera-video/aac/")
    assert {path.name for path in directory.rglob("*.m*4*")} == {"seg-1.m4s", "init-1.mp4"}
    (tmp_path / "another").mkdir()
    moved = Files(directory, Storage(f"file://{tmp_path}/another"))
    with pytest.raises(StorageFault, match="4 files of l1 are not in"):
        await moved.bring_back("l1")
    assert len(ledger.elsewhere(directory, moved.storage.identity)["l1"]) == 4  # type: ignore[union-attr]
    assert ledger.elsewhere(directory, storage.identity) == {}
    unset = Files(directory)
    with pytest.raises(StorageFault, match="no storage is set"):
        await unset.bring_back("l1")
    for one in (files, moved, unset):
        one.close()


async def test_what_is_removed_goes_from_the_store_as_soon_as_that_answers(
    directory: Path, sender: Sender, storage: Storage, bucket: S3, relay: Relay
) -> None:
    for lesson in ("l1", "l2"):
        taped = Taped(directory, lesson)
        taped.grow(1)
        taped.end()
    sender.round(NOW_S)
    files = Files(directory, storage)
    relay.mood = "failing"
    files.discard("l1")
    sender.round(NOW_S + 1)
    assert (directory / DISCARDED / "l1").exists()
    relay.mood = "good"
    assert await files.look("l1", "tracks.json") is None, "it is gone for everyone already"
    files.close()
    sender.round(NOW_S + 200)
    assert {name.partition("/")[0] for name in bucket.objects()} == {"l2"}
    assert not (directory / "l1").exists()
    assert not (directory / DISCARDED / "l1").exists()


async def test_some_stretches_of_a_recording_are_removed_from_the_storage_too(
    directory: Path, sender: Sender, storage: Storage, bucket: S3
) -> None:
    taped = Taped(directory)
    taped.grow(3)
    taped.end()
    sender.round(NOW_S)
    before = bucket.objects()
    files = Files(directory, storage)
    [entry, *_] = LessonFolder.load(directory / "l1").entries
    gone = stretches_gone(files, "l1", {entry.participant})
    assert gone.stored >= 4
    assert files.is_discarded("l1", entry.folder)
    sender.round(NOW_S + 100)
    assert not files.is_discarded("l1", entry.folder)
    assert not [name for name in bucket.objects() if name.startswith(f"l1/{entry.folder}/")]
    assert [name for name in before if name.startswith(f"l1/{entry.folder}/")]
    assert await files.stored(f"l1/{entry.folder}") == 0
    files.close()


def test_the_process_sends_dies_at_any_moment_and_goes_on(directory: Path, bucket: S3, relay: Relay) -> None:
    taped = Taped(directory)
    order = {"directory": str(directory), "storage": f"s3://{BUCKET}", "keep_s": 1e9, "rate_bps": 1e9}
    until = time.monotonic() + 20
    relay.mood = "slow"
    for _ in range(3):
        taped.grow(3)
        process = started(order)
        time.sleep(1.6)
        process.send_signal(signal.SIGKILL)
        ended(process)
    taped.end()
    relay.mood = "good"
    process = started(order)
    while in_store(bucket) != on_disk(directory) and time.monotonic() < until:
        time.sleep(0.1)
    assert in_store(bucket) == on_disk(directory)
    assert process.stdout is not None
    report = json.loads(process.stdout.readline())
    assert report["fault"] is None
    assert process.stdin is not None
    process.stdin.close()  # the server is gone
    assert process.wait(5) == 0
    ended(process)


def started(order: dict[str, Any]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "recordings.mirror"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(order).encode() + b"\n" + b'{"kept": ["l1"], "live": true}\n')
    process.stdin.flush()
    return process


def ended(process: subprocess.Popen[bytes]) -> None:
    process.wait(5)
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        pipe.close()


def test_a_pace_is_kept_by_all_that_send_together() -> None:
    now_s, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now_s[0] += seconds

    pace = Pace(lambda: now_s[0], sleep)
    pace(10**9)
    assert slept == []
    pace.rate_bps = 8e6
    for _ in range(11):
        pace(1_000_000)
    assert now_s[0] == pytest.approx(10.0), "a megabyte a second, the first at once"
    now_s[0] += 60
    slept.clear()
    pace(1_000_000)
    pace(1_000_000)
    assert slept == [pytest.approx(1.0)], "a pause saves nothing up"
