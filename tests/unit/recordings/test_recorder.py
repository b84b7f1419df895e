"""The real recorder process over its real sockets: what it is fed is on disk and plays, whatever happens to it."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from media.api import TAP_GAP, TAP_HEADER
from recordings.disk import Batch, Disk
from recordings.files import LessonFolder
from recordings.recovery import repair
from tests.small import small_disk
from tests.unit.recordings import played
from tests.unit.recordings.harness import Process, now_us, paced
from tests.unit.recordings.streams import Sender, encode, encode_opus
from tests.unit.recordings.test_codecs import HUGE_VP9

pytestmark = pytest.mark.long

SECONDS = 6


@pytest.fixture
def recorder() -> Iterator[Process]:
    process = Process()
    yield process
    if process.process.poll() is None:
        process.leave()


def feed(recorder: Process, tag: int, sender: Sender, zero_us: int, packets: list[tuple[int, bytes]]) -> None:
    reported = -(1 << 60)
    for media_us, packet in packets:
        arrival_us = zero_us + media_us + sender.late_us
        if media_us - reported >= 1_000_000:
            reported = media_us
            recorder.report(tag, sender.report(media_us, zero_us + media_us), arrival_us)
        recorder.rtp(tag, packet, arrival_us)


def sound(sender: Sender, seconds: int) -> list[tuple[int, bytes]]:
    return [(n * 20_000, p) for n, data in enumerate(encode_opus(seconds)) for p in sender.rtp(data, n * 20_000)]


def test_a_lesson_of_all_codecs_is_complete_when_it_is_closed(recorder: Process, tmp_path: Path) -> None:
    zero_us = now_us() - SECONDS * 1_000_000
    recorder.open(tmp_path / "l1", zero_us)
    senders = [Sender(codec, ssrc=n) for n, codec in enumerate(("H264", "VP9", "AV1", "opus"))]
    for tag, sender in enumerate(senders):
        recorder.record(tag, sender, "mic" if sender.codec == "opus" else "camera", publisher=f"p{tag}:main")
        packets = (
            sound(sender, SECONDS)
            if sender.codec == "opus"
            else list(paced(sender, encode(sender.codec, SECONDS * 30)))
        )
        feed(recorder, tag, sender, zero_us, packets)
    recorder.command("close", lesson="l1", id=7)
    assert recorder.wait("closed")["id"] == 7
    folder = LessonFolder.load(tmp_path / "l1")
    assert {entry.codec for entry in folder.entries} == {"H264", "VP9", "AV1", "opus"}
    for entry in folder.entries:
        assert entry.end_ms is not None
        assert entry.end_ms - entry.start_ms == pytest.approx(SECONDS * 1_000, abs=3)
        directory = tmp_path / "l1" / entry.folder
        played.probe(directory)
        played.probe_segments(directory)
        if entry.kind == "video":
            assert [number for _, number in played.pictures(directory)] == [n % 30 for n in range(SECONDS * 30)]
            assert (entry.width, entry.height) == (320, 240)
        else:
            assert len(played.samples(directory)) == SECONDS * 50


def test_when_the_server_goes_everything_is_finished(recorder: Process, tmp_path: Path) -> None:
    zero_us = now_us() - SECONDS * 1_000_000
    sender = Sender("H264")
    recorder.open(tmp_path / "l1", zero_us)
    recorder.record(1, sender, "camera")
    feed(recorder, 1, sender, zero_us, list(paced(sender, encode("H264", SECONDS * 30))))
    assert recorder.leave() == 0
    [entry] = LessonFolder.load(tmp_path / "l1").entries
    assert entry.end_ms is not None
    assert (tmp_path / "l1" / entry.folder / "index.m3u8").read_text().endswith("#EXT-X-ENDLIST\n")
    assert len(played.pictures(tmp_path / "l1" / entry.folder)) == SECONDS * 30
    assert not repair(tmp_path)


def test_a_growing_recording_plays(recorder: Process, tmp_path: Path) -> None:
    zero_us = now_us() - SECONDS * 1_000_000
    sender = Sender("H264")
    recorder.open(tmp_path / "l1", zero_us)
    recorder.record(1, sender, "camera")
    feed(recorder, 1, sender, zero_us, list(paced(sender, encode("H264", SECONDS * 30))))
    playlist = tmp_path / "l1" / "001-camera-video" / "index.m3u8"
    until = time.monotonic() + 10
    text = ""
    while "#EXTINF" not in text and time.monotonic() < until:
        time.sleep(0.05)
        text = playlist.read_text() if playlist.exists() else ""
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in text
    assert "#EXT-X-ENDLIST" not in text
    assert len(played.pictures(playlist.parent)) == 120


def test_a_marked_gap_is_a_loss_and_a_keyframe_is_asked_for(recorder: Process, tmp_path: Path) -> None:
    zero_us = now_us() - 3_000_000
    sender = Sender("H264")
    recorder.open(tmp_path / "l1", zero_us)
    recorder.record(1, sender, "camera")
    packets = list(paced(sender, encode("H264", 90)))
    before, after = ([p for p in packets if a <= p[0] < b] for a, b in ((0, 1_500_000), (1_600_000, 1_950_000)))
    feed(recorder, 1, sender, zero_us + 1_000_000, before)
    recorder.tap.sendall(TAP_HEADER.pack(4, TAP_GAP, 0, 0, 1, now_us()) + b"\5\0\0\0")
    feed(recorder, 1, sender, zero_us + 1_000_000, after)
    assert recorder.wait("keyframe")["tag"] == 1
    feed(recorder, 1, sender, zero_us + 1_000_000, [packet for packet in packets if packet[0] >= 1_950_000])
    recorder.leave()
    [entry] = LessonFolder.load(tmp_path / "l1").entries
    shown = played.pictures(tmp_path / "l1" / entry.folder)
    assert [number for _, number in shown] == [n % 30 for n in range(90) if n < 45 or n >= 60]


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment_it_has_lost_two_seconds_at_most(tmp_path: Path, seed: int) -> None:
    kill_at_a_moment(tmp_path, seed)


@pytest.mark.soak  # two minutes, most of which it waits for moments to come
@pytest.mark.timeout(900)
def test_killed_at_a_hundred_moments_it_has_lost_two_seconds_at_most(tmp_path: Path) -> None:
    encode("H264", 300)
    encode_opus(10)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda seed: kill_at_a_moment(tmp_path / str(seed), seed), range(100, 200)))


def kill_at_a_moment(tmp_path: Path, seed: int) -> None:
    recorder, rng = Process(), random.Random(seed)
    video, audio = Sender("H264"), Sender("opus", ssrc=2)
    zero_us = now_us() - 20_000
    recorder.open(tmp_path / "l1", zero_us)
    recorder.record(1, video, "camera")
    recorder.record(2, audio, "mic")
    packets = [(at, 1, video, p) for at, p in paced(video, encode("H264", 300))]
    packets += [(at, 2, audio, p) for at, p in sound(audio, 10)]
    last_us = 2_500_000 + rng.randrange(4_000_000)
    for at, tag, sender, packet in sorted(packets, key=lambda one: one[0]):
        if at >= last_us:
            break
        time.sleep(max(0, (zero_us + at - now_us()) / 1e6))
        feed(recorder, tag, sender, zero_us, [(at, packet)])
    recorder.kill()
    [repaired] = repair(tmp_path)
    assert repaired.tracks == 2
    assert not repair(tmp_path)
    for entry in LessonFolder.load(tmp_path / "l1").entries:
        directory = tmp_path / "l1" / entry.folder
        assert (entry.end_ms or 0) >= last_us / 1000 - 2_000
        played.probe(directory)
        played.probe_segments(directory)
        if entry.kind == "video":
            numbers = [number for _, number in played.pictures(directory)]
            assert numbers == [n % 30 for n in range(len(numbers))]


def test_a_torn_fragment_is_cut_off(tmp_path: Path) -> None:
    recorder, sender = Process(), Sender("H264")
    zero_us = now_us() - SECONDS * 1_000_000
    recorder.open(tmp_path / "l1", zero_us)
    recorder.record(1, sender, "camera")
    feed(recorder, 1, sender, zero_us, list(paced(sender, encode("H264", SECONDS * 30))))
    time.sleep(1)
    recorder.kill()
    directory = tmp_path / "l1" / "001-camera-video"
    growing = directory / "seg-2.m4s"
    content = growing.read_bytes()
    growing.write_bytes(content[:-37])
    [repaired] = repair(tmp_path)
    assert 0 < repaired.dropped_bytes < len(content)
    played.probe_segments(directory)
    numbers = [number for _, number in played.pictures(directory)]
    assert numbers == [n % 30 for n in range(len(numbers))]
    assert len(numbers) > 120


def test_repair_waits_for_a_recorder_that_still_writes(recorder: Process, tmp_path: Path) -> None:
    """A server is killed and the next one starts while the old one's recorder finishes."""
    zero_us = now_us() - SECONDS * 1_000_000
    sender = Sender("H264")
    recorder.open(tmp_path / "l1", zero_us)
    recorder.record(1, sender, "camera")
    feed(recorder, 1, sender, zero_us, list(paced(sender, encode("H264", SECONDS * 30))))
    while not (tmp_path / "l1" / "001-camera-video" / "seg-1.m4s").exists():
        time.sleep(0.02)
    with ThreadPoolExecutor() as pool:
        repaired = pool.submit(repair, tmp_path)
        time.sleep(0.5)
        assert not repaired.done()
        recorder.leave()
        assert repaired.result(20) == []
    [entry] = LessonFolder.load(tmp_path / "l1").entries
    assert len(played.pictures(tmp_path / "l1" / entry.folder)) == SECONDS * 30


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", "size=4m") as path:
        yield path


@pytest.mark.parametrize(("floor", "code"), [(1_000_000, "disk_short"), (-1_000_000, "disk_failed")])
def test_a_full_disk_stops_it_and_what_is_there_plays(disk: Path, floor: int, code: str) -> None:
    recorder = Process(TONGKE_DISK_FLOOR_BYTES=str(floor), TONGKE_DISK_FLOOR_SHARE="1")
    sender = Sender("H264")
    zero_us = now_us() - SECONDS * 1_000_000
    recorder.open(disk / "l1", zero_us)
    recorder.record(1, sender, "camera")
    stuffing = disk / "other"
    stuffing.write_bytes(bytes(shutil.disk_usage(disk).free - 250_000 - max(floor, 0)))
    feed(recorder, 1, sender, zero_us, list(paced(sender, encode("H264", SECONDS * 30))))
    assert recorder.wait("stopped")["code"] == code
    if floor > 0:
        (disk / "journal").write_bytes(bytes(900_000))  # the room that is left for it
    stuffing.unlink()
    recorder.leave()
    repair(disk)
    [entry] = LessonFolder.load(disk / "l1").entries
    numbers = [number for _, number in played.pictures(disk / "l1" / entry.folder)]
    assert 0 < len(numbers) < SECONDS * 30
    assert numbers == [n % 30 for n in range(len(numbers))]
    played.probe(disk / "l1" / entry.folder)


def test_a_track_that_cannot_be_stored_leaves_the_others_alone(recorder: Process, tmp_path: Path) -> None:
    zero_us = now_us() - SECONDS * 1_000_000
    recorder.open(tmp_path / "l1", zero_us)
    strange, good = Sender("VP9", ssrc=1), Sender("opus", ssrc=2)
    recorder.record(1, strange, "camera")
    recorder.record(2, good, "mic", publisher="p2:main")
    for n in range(90):
        for packet in strange.rtp(HUGE_VP9, n * 33_333):
            recorder.rtp(1, packet, zero_us + n * 33_333)
    feed(recorder, 2, good, zero_us, sound(good, SECONDS))
    recorder.command("close", lesson="l1", id=7)
    recorder.wait("closed")
    (entry,) = LessonFolder.load(tmp_path / "l1").entries
    assert entry.codec == "opus"
    assert len(played.samples(tmp_path / "l1" / entry.folder)) == SECONDS * 50


FAILING_FSYNC = """
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
int fsync(int fd) {
    if (access(getenv("FSYNC_FAILS"), F_OK) == 0) { errno = EIO; return -1; }
    return syscall(SYS_fsync, fd);
}
"""


def test_a_disk_that_cannot_sync_stops_that_recording_and_what_was_synced_plays(tmp_path: Path) -> None:
    """The C library's call fails as it does when a disk breaks: what was written may be anywhere or nowhere."""
    library, broken = tmp_path / "fsync.so", tmp_path / "broken"
    command = ["cc", "-shared", "-fPIC", "-x", "c", "-o", str(library), "-"]
    subprocess.run(command, input=FAILING_FSYNC.encode(), check=True)
    recorder = Process(LD_PRELOAD=str(library), FSYNC_FAILS=str(broken))
    sender, zero_us = Sender("H264"), now_us() - SECONDS * 1_000_000
    packets = list(paced(sender, encode("H264", SECONDS * 30)))
    recorder.open(tmp_path / "l1", zero_us)
    recorder.record(1, sender, "camera")
    feed(recorder, 1, sender, zero_us, [packet for packet in packets if packet[0] < 4_500_000])
    first = tmp_path / "l1" / "001-camera-video" / "index.m3u8"
    until_there(first)
    broken.touch()
    feed(recorder, 1, sender, zero_us, [packet for packet in packets if packet[0] >= 4_500_000])
    stopped = recorder.wait("stopped")
    assert (stopped["lesson"], stopped["code"]) == ("l1", "disk_failed")
    broken.unlink()
    recorder.open(tmp_path / "l1", zero_us)  # the teacher starts it again
    again = Sender("H264", ssrc=9)
    recorder.record(2, again, "camera")
    feed(recorder, 2, again, zero_us + 10_000_000, list(paced(again, encode("H264", 60))))
    assert recorder.leave() == 0
    repair(tmp_path)
    lost, whole = LessonFolder.load(tmp_path / "l1").entries
    shown = [number for _, number in played.pictures(tmp_path / "l1" / lost.folder)]
    assert 120 <= len(shown) < SECONDS * 30
    assert shown == [n % 30 for n in range(len(shown))]
    assert len(played.pictures(tmp_path / "l1" / whole.folder)) == 60


def test_a_folder_that_disappears_stops_its_own_lesson_alone(recorder: Process, tmp_path: Path) -> None:
    zero_us = now_us() - SECONDS * 1_000_000
    senders = {lesson: Sender("H264", ssrc=tag) for tag, lesson in enumerate(("l1", "l2"), 1)}
    packets = {lesson: list(paced(sender, encode("H264", SECONDS * 30))) for lesson, sender in senders.items()}
    for tag, (lesson, sender) in enumerate(senders.items(), 1):
        recorder.open(tmp_path / lesson, zero_us, lesson)
        recorder.record(tag, sender, "camera", publisher=f"p{tag}:main", lesson=lesson)
        feed(recorder, tag, sender, zero_us, [packet for packet in packets[lesson] if packet[0] < 3_000_000])
    until_there(tmp_path / "l1" / "001-camera-video" / "seg-1.m4s")
    shutil.rmtree(tmp_path / "l1")
    for tag, (lesson, sender) in enumerate(senders.items(), 1):
        feed(recorder, tag, sender, zero_us, [packet for packet in packets[lesson] if packet[0] >= 3_000_000])
    stopped = recorder.wait("stopped")
    assert (stopped["lesson"], stopped["code"]) == ("l1", "disk_failed")
    recorder.command("close", lesson="l2", id=7)
    recorder.wait("closed")
    [entry] = LessonFolder.load(tmp_path / "l2").entries
    assert len(played.pictures(tmp_path / "l2" / entry.folder)) == SECONDS * 30


def test_whatever_goes_wrong_in_a_write_is_told_once_and_the_rest_of_its_batch_left_out() -> None:
    told: list[tuple[Batch, Exception]] = []
    written: list[int] = []
    disk, broken, other = Disk(lambda batch, error: told.append((batch, error))), Batch(), Batch()
    disk.submit(int, "not a number", batch=broken)
    disk.submit(written.append, 1, batch=broken)
    disk.submit(written.append, 2, batch=other)
    disk.close()
    [(batch, error)] = told
    assert batch is broken
    assert isinstance(error, ValueError)
    assert written == [2]


def test_a_lesson_of_more_than_a_thousand_stretches_goes_on_with_the_next_number(
    recorder: Process, tmp_path: Path
) -> None:
    for number in (998, 999, 1000, 1001):
        (tmp_path / "l1" / f"{number:03d}-mic-audio").mkdir(parents=True)
    sender, zero_us = Sender("opus"), now_us() - 3_000_000
    recorder.open(tmp_path / "l1", zero_us)
    recorder.record(1, sender, "mic")
    feed(recorder, 1, sender, zero_us, sound(sender, 3))
    recorder.leave()
    [entry] = LessonFolder.load(tmp_path / "l1").entries
    assert entry.folder == "1002-mic-audio"


def test_a_disk_that_will_be_full_is_told_of_while_there_is_time(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    recorder = Process(TONGKE_DISK_FLOOR_BYTES=str(free * 2 // 3), TONGKE_DISK_FLOOR_SHARE="1")
    recorder.open(tmp_path / "l1", now_us())
    assert recorder.wait("low")["lesson"] == "l1"
    recorder.leave()


def until_there(path: Path) -> None:
    until = time.monotonic() + 10
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert path.exists()
