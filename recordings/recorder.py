"""The recorder process: `python -m recordings.recorder FD`.

FD is one end of a stream socket pair: lines of JSON, commands in, events out. Packets come in on a Unix stream socket
whose path the first event tells, as `media.api` TAP_* describes. When FD closes, everything is finished and the process
ends.

Commands:
  {op: open, lesson, directory, zero_us, epoch_ms}     zero_us: the lesson's zero on CLOCK_MONOTONIC
  {op: record, tag, lesson, track, participant, source, kind, codec, format, publisher}
  {op: end, tag}
  {op: close, lesson, id}                              ends all tracks of the lesson
Events:
  {event: ready, socket}
  {event: keyframe, tag}                               a keyframe is wanted
  {event: closed, lesson, id}                          all of it is on disk
  {event: low, lesson}                                 the disk will be full before long
  {event: stopped, lesson, code, message}              it is recorded no more: `disk_short`, `disk_failed`
  {event: counters, bytes, segments, packets_lost}     cumulative, once a second
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import logging
import os
import signal
import socket
import struct
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from media.api import TAP_GAP, TAP_HEADER, TAP_RTP, TAP_SENDER_REPORT
from recordings.codecs import Config
from recordings.disk import Batch, Disk
from recordings.files import DiskShort, Entry, Floor, LessonFolder, StretchFiles, alone
from recordings.playlist import Segment
from recordings.recovery import repair_lesson
from recordings.timeline import Publisher
from recordings.track import Track

log = logging.getLogger(__name__)

TICK_S = 0.1
ENDING = ("end", "close")
CATCH_UP_S = 2.0
QUIET_US = 250_000
LOW_S = 900  # a teacher is told this long before the disk is full, at the rate of now
BACKLOG_BYTES = 64 << 20  # more waiting for the disk: packets are dropped, as marked gaps, until half of it is gone
MAX_FRAME = 1 << 16
REPORT = struct.Struct("<IQI")


def now_us() -> int:
    return time.monotonic_ns() // 1000


@dataclass(slots=True)
class Lesson:
    """`batch` is of all that is written of it: where one write fails, the others would only leave more to mend."""

    folder: LessonFolder
    zero_us: int
    stretches: int
    lock: contextlib.ExitStack
    batch: Batch = field(default_factory=Batch)
    open_files: list[StretchFiles] = field(default_factory=list)
    low: bool = False
    publishers: dict[str, Publisher] = field(default_factory=dict)


@dataclass(slots=True)
class Taped:
    lesson: str
    track: Track
    skipping: bool = False


class _Sink:
    """A stretch whose files are written on the disk thread."""

    def __init__(self, recorder: Recorder, lesson: Lesson, entry: Entry) -> None:
        self._recorder, self._lesson, self._entry = recorder, lesson, entry
        self._files = StretchFiles(lesson.folder, entry, recorder.floor, recorder.wrote)
        lesson.open_files.append(self._files)

    def begin(self, start_us: int, config: Config) -> None:
        entry = self._entry
        entry.start_ms = round(start_us / 1000)
        entry.mime = f'{entry.kind}/mp4; codecs="{config.string}"'
        entry.width, entry.height = config.width, config.height
        self._submit(self._files.begin)

    def init(self, number: int, data: bytes) -> None:
        self._submit(self._files.init, number, data, size=len(data))

    def append(self, segment: int, data: bytes) -> None:
        self._submit(self._files.append, segment, data, size=len(data))

    def finished(self, segment: Segment) -> None:
        self._submit(self._files.finished, segment)

    def gap(self, start_us: int, end_us: int) -> None:
        self._submit(self._files.gap, start_us, end_us)

    def end(self, end_us: int) -> None:
        self._submit(self._files.end, end_us)
        with contextlib.suppress(ValueError):
            self._lesson.open_files.remove(self._files)

    def _submit(self, job: Any, *args: Any, size: int = 0) -> None:
        self._recorder.disk.submit(job, *args, size=size, batch=self._lesson.batch)


class Recorder:
    def __init__(self, loop: asyncio.AbstractEventLoop, control: asyncio.StreamWriter, floor: Floor) -> None:
        self.floor = floor
        self.disk = Disk(self._failed_on_disk)
        self._loop, self._control = loop, control
        self._lessons: dict[str, Lesson] = {}
        self._tracks: dict[int, Taped] = {}
        self._device: int | None = None
        self._bytes = self._segments = self._lost_before = 0
        self.taped = 0  # bytes that came from taps
        self._bytes_before = 0
        self._newest_us = 0  # when the last packet came to the server
        self._read_us = 0  # and here

    # commands

    def command(self, line: dict[str, Any]) -> None:
        match line["op"]:
            case "open":
                self._open(line)
            case "record":
                self._record(line)
                self.tell({"event": "recording", "id": line["id"]})
            case "end":
                self._end(line["tag"])
            case "close":
                for tag in [tag for tag, taped in self._tracks.items() if taped.lesson == line["lesson"]]:
                    self._end(tag)
                if (lesson := self._lessons.pop(line["lesson"], None)) is not None:
                    self.disk.submit(self._leave, lesson)
                answer = {"event": "closed", "lesson": line["lesson"], "id": line["id"]}
                self.disk.submit(self._loop.call_soon_threadsafe, self.tell, answer)

    def _open(self, line: dict[str, Any]) -> None:
        directory = Path(line["directory"])
        lock = contextlib.ExitStack()
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._check_disk(directory)
            lock.enter_context(alone(directory))
            folder = LessonFolder.open(directory, line["epoch_ms"])
        except (OSError, ValueError) as error:
            lock.close()
            log.error("%s cannot be recorded into: %s", directory, error)
            self._tell_stopped(line["lesson"], error)
            return
        numbers = [int(number) for path in directory.iterdir() if (number := path.name.partition("-")[0]).isdigit()]
        self._lessons[line["lesson"]] = Lesson(folder, line["zero_us"], max(numbers, default=0), lock)

    def _check_disk(self, directory: Path) -> None:
        """Raises OSError where another disk is in the place of the one that was recorded on before: a volume that has
        gone leaves its empty folder on the system's own, which would fill."""
        device = directory.stat().st_dev
        if self._device not in (None, device):
            directory.rmdir()  # as `_open` made it
            raise OSError(errno.ENODEV, "the disk that was recorded on has gone")
        self._device = device

    def _record(self, line: dict[str, Any]) -> None:
        lesson = self._lessons.get(line["lesson"])
        if lesson is None or line["tag"] in self._tracks:
            return

        def open_sink() -> _Sink:
            lesson.stretches += 1
            folder = f"{lesson.stretches:03d}-{line['source']}-{line['kind']}"
            named = {key: line[key] for key in ("track", "participant", "source", "kind", "codec")}
            return _Sink(self, lesson, Entry(folder, **named, mime="", width=0, height=0, start_ms=0))

        publisher = lesson.publishers.setdefault(line["publisher"], Publisher())
        track = Track(line["codec"], line["format"], publisher, lesson.zero_us, open_sink)
        self._tracks[line["tag"]] = Taped(line["lesson"], track)

    def _end(self, tag: int) -> None:
        taped = self._tracks.get(tag)
        if taped is not None:
            try:
                taped.track.finish()
            except Exception:
                self._give_up(tag)
            self._forget(tag)

    def _leave(self, lesson: Lesson) -> None:
        """On the disk thread, when all else of it is written."""
        with lesson.lock:
            if lesson.batch.failed:
                repair_lesson(lesson.folder)

    def finish(self) -> None:
        """Ends everything; returns when it is on disk."""
        for tag in list(self._tracks):
            self._end(tag)
        self.disk.close()

    # packets

    def read(self, size: int) -> None:
        self.taped += size
        self._read_us = now_us()

    def frame(self, kind: int, layer: int, tag: int, arrival_us: int, body: bytes) -> None:
        taped = self._tracks.get(tag)
        if taped is None:
            return
        if arrival_us > self._newest_us:
            self._newest_us = arrival_us
        try:
            self._take(taped, kind, layer, arrival_us, body)
        except Exception:
            self._give_up(tag)

    def _take(self, taped: Taped, kind: int, layer: int, arrival_us: int, body: bytes) -> None:
        if kind == TAP_RTP:
            most = BACKLOG_BYTES // 2 if taped.skipping else BACKLOG_BYTES
            skip = self.disk.waiting_bytes > most
            if skip and not taped.skipping:
                taped.track.lost()
            taped.skipping = skip
            if not skip:
                taped.track.rtp(body, layer, arrival_us)
        elif kind == TAP_SENDER_REPORT and len(body) == REPORT.size:
            ssrc, ntp, timestamp = REPORT.unpack(body)
            taped.track.report(ssrc, ntp, timestamp, arrival_us)
        elif kind == TAP_GAP:
            taped.track.lost()

    def tick(self) -> None:
        # While packets flow, their clock counts: what is missing may stand in the socket still.
        real_us = now_us()
        flowing = real_us - self._read_us < QUIET_US
        for tag, taped in list(self._tracks.items()):
            try:
                if taped.track.tick(self._newest_us if flowing else real_us):
                    self.tell({"event": "keyframe", "tag": tag})
            except Exception:
                self._give_up(tag)

    def _give_up(self, tag: int) -> None:
        """What goes wrong with one track is the end of that one: the others share its socket and its clock."""
        log.exception("a track cannot be recorded any further")
        taped = self._forget(tag)
        if taped is not None:
            with contextlib.suppress(Exception):
                taped.track.finish()

    def _forget(self, tag: int) -> Taped | None:
        taped = self._tracks.pop(tag, None)
        if taped is not None:
            self._lost_before += taped.track.packets_lost
        return taped

    # the disk

    def wrote(self, size: int, segments: int) -> None:
        self._bytes += size
        self._segments += segments

    def counters(self) -> dict[str, Any]:
        lost = self._lost_before + sum(taped.track.packets_lost for taped in self._tracks.values())
        return {
            "event": "counters",
            "bytes": self._bytes,
            "segments": self._segments,
            "packets_lost": lost,
        }

    def look_at_disk(self) -> None:
        """To be called once a second. Tells early that the disk will be full, where somebody can still do something."""
        self.disk.submit(self._look_at_disk, list(self._lessons.items()), self._bytes - self._bytes_before)
        self._bytes_before = self._bytes

    def _look_at_disk(self, lessons: list[tuple[str, Lesson]], bytes_s: int) -> None:
        for name, lesson in lessons:
            with contextlib.suppress(OSError):  # a write will say so
                room = self.floor.room(lesson.folder.directory)
                low = room < max(self.floor.least_bytes, bytes_s * LOW_S)
                if low and not lesson.low:
                    self._loop.call_soon_threadsafe(self.tell, {"event": "low", "lesson": name})
                lesson.low = low if low else lesson.low and room < 2 * bytes_s * LOW_S

    def _failed_on_disk(self, batch: Batch, error: Exception) -> None:
        self._loop.call_soon_threadsafe(self._disk_failed, batch, error)

    def _disk_failed(self, batch: Batch, error: Exception) -> None:
        """Stops the recording of that lesson; what is on disk is made sound with the room that was left free."""
        for name, lesson in list(self._lessons.items()):
            if lesson.batch is not batch:
                continue
            log.error("recording stops: %s", error)
            for tag in [tag for tag, taped in self._tracks.items() if taped.lesson == name]:
                self._forget(tag)
            del self._lessons[name]
            for files in lesson.open_files:
                self.disk.submit(files.abandon)
            self.disk.submit(self._leave, lesson)
            self.disk.submit(self._loop.call_soon_threadsafe, self._tell_stopped, name, error)

    def _tell_stopped(self, lesson: str, error: Exception) -> None:
        code = "disk_short" if isinstance(error, DiskShort) else "disk_failed"
        self.tell({"event": "stopped", "lesson": lesson, "code": code, "message": str(error)})

    def tell(self, event: dict[str, Any]) -> None:
        if not self._control.is_closing():
            self._control.write(json.dumps(event).encode() + b"\n")


class Tap(asyncio.Protocol):
    """A worker's connection."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._recorder.read(len(data))
        if self._rest:
            data = self._rest + data
        take, unpack, at, end = self._recorder.frame, TAP_HEADER.unpack_from, 0, len(data)
        while end - at >= TAP_HEADER.size:
            length, kind, _, layer, tag, arrival_us = unpack(data, at)
            if length > MAX_FRAME:
                log.error("a tap sent a frame of %d bytes", length)
                self._transport.close()
                return
            start = at + TAP_HEADER.size
            if start + length > end:
                break
            at = start + length
            take(kind, layer, tag, arrival_us, data[start:at])
        self._rest = data[at:]


async def run(fd: int, floor: Floor) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # A signal to the whole group is the server's business: it closes FD when it has finished.
        loop.add_signal_handler(number, lambda: None)
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=fd))
    recorder = Recorder(loop, writer, floor)
    with tempfile.TemporaryDirectory(prefix="tongke-tap-") as directory:
        path = str(Path(directory) / "tap")
        server = await loop.create_unix_server(lambda: Tap(recorder), path)
        recorder.tell({"event": "ready", "socket": path})
        beats = asyncio.create_task(_beat(recorder))
        try:
            while line := await reader.readline():
                command = json.loads(line)
                if command["op"] in ENDING:
                    await _catch_up(recorder)
                recorder.command(command)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            beats.cancel()
            await _catch_up(recorder)
            server.close()
            recorder.finish()
            writer.close()


async def _catch_up(recorder: Recorder) -> None:
    """What was taped before it was told to end comes by another socket, and may not have been read yet."""
    until = asyncio.get_running_loop().time() + CATCH_UP_S
    before = -1
    while recorder.taped != before and asyncio.get_running_loop().time() < until:
        before = recorder.taped
        for _ in range(2):  # the first only lets the loop look at its sockets
            await asyncio.sleep(0)


async def _beat(recorder: Recorder) -> None:
    count = 0
    while True:
        await asyncio.sleep(TICK_S)
        recorder.tick()
        count += 1
        if count % 10 == 0:
            recorder.tell(recorder.counters())
            recorder.look_at_disk()


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="recorder: %(message)s")
    default = Floor()
    floor = Floor(
        int(os.environ.get("TONGKE_DISK_FLOOR_BYTES", default.least_bytes)),
        float(os.environ.get("TONGKE_DISK_FLOOR_SHARE", default.least_share)),
    )
    asyncio.run(run(int(sys.argv[1]), floor))


if __name__ == "__main__":
    main()
