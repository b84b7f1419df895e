"""A track's way to disk without a process, in simulated time; and the real process over its real sockets."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from media.api import TAP_HEADER, TAP_RTP, TAP_SENDER_REPORT
from recordings.codecs import Config
from recordings.files import Entry, Floor, LessonFolder, StretchFiles
from recordings.playlist import Segment
from recordings.recorder import REPORT
from recordings.timeline import Publisher
from recordings.track import Track
from tests.unit.recordings.streams import Encoded, Sender

ZERO_US = 1_000_000_000
EPOCH_MS = 1_800_000_000_000
NO_FLOOR = Floor(0, 0)


class _Sink:
    def __init__(self, folder: LessonFolder, entry: Entry) -> None:
        self.entry = entry
        self.files = StretchFiles(folder, entry, NO_FLOOR, lambda size, segments: None)

    def begin(self, start_us: int, config: Config) -> None:
        self.entry.start_ms = round(start_us / 1000)
        self.entry.mime = f'{self.entry.kind}/mp4; codecs="{config.string}"'
        self.entry.width, self.entry.height = config.width, config.height
        self.files.begin()

    def init(self, number: int, data: bytes) -> None:
        self.files.init(number, data)

    def append(self, segment: int, data: bytes) -> None:
        self.files.append(segment, data)

    def finished(self, segment: Segment) -> None:
        self.files.finished(segment)

    def gap(self, start_us: int, end_us: int) -> None:
        self.files.gap(start_us, end_us)

    def end(self, end_us: int) -> None:
        self.files.end(end_us)


class Desk:
    """Records one publisher's tracks into a directory; time passes as packets say."""

    def __init__(self, directory: Path) -> None:
        self.folder = LessonFolder.open(directory, EPOCH_MS)
        self.publisher = Publisher()
        self.wanted: list[int] = []
        self._ticked_us = 0

    def track(
        self, sender: Sender, name: str = "camera", participant: str = "p", publisher: Publisher | None = None
    ) -> Track:
        def open_sink() -> _Sink:
            kind = "audio" if sender.codec == "opus" else "video"
            number = len(self.folder.entries) + 1
            entry = Entry(f"{number:03d}-{name}", "t", participant, name, kind, sender.codec, "", 0, 0, 0)
            return _Sink(self.folder, entry)

        return Track(sender.codec, "", publisher or self.publisher, ZERO_US, open_sink)

    def tick(self, track: Track, now_us: int) -> None:
        if now_us - self._ticked_us >= 100_000:
            self._ticked_us = now_us
            if track.tick(now_us):
                self.wanted.append(now_us - ZERO_US)

    def feed(self, track: Track, sender: Sender, packets: list[tuple[int, bytes]]) -> None:
        """(media time of the sender, packet); with a sender report each second."""
        reported = -(1 << 60)
        for media_us, packet in packets:
            now_us = ZERO_US + media_us + sender.late_us
            if media_us - reported >= 1_000_000:
                reported = media_us
                track.report(*sender.report(media_us, ZERO_US + media_us), now_us)
            track.rtp(packet, 0, now_us)
            self.tick(track, now_us)


def paced(sender: Sender, frames: tuple[Encoded, ...], fps: int = 30, start_us: int = 0) -> Iterator[tuple[int, bytes]]:
    """Packets in the order of sending: a frame leaves when the encoder gives it out, that is in decoding order."""
    for index, frame in enumerate(frames):
        for packet in sender.rtp(frame, start_us + frame.pts * 1_000_000 // fps):
            yield start_us + index * 1_000_000 // fps, packet


class Process:
    """The recorder as the service starts it."""

    def __init__(self, **environment: str) -> None:
        self.control, theirs = socket.socketpair()
        command = [sys.executable, "-m", "recordings.recorder", str(theirs.fileno())]
        self.process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=os.environ | environment)
        theirs.close()
        self._lines = self.control.makefile("rb")
        self.control.settimeout(20)
        self.tap = socket.socket(socket.AF_UNIX)
        self._path = self.wait("ready")["socket"]
        self.tap.connect(self._path)

    def command(self, op: str, **data: Any) -> None:
        self.control.sendall(json.dumps({"op": op, **data}).encode() + b"\n")

    def wait(self, event: str) -> dict[str, Any]:
        until = time.monotonic() + 20
        while (line := self._lines.readline()) and time.monotonic() < until:
            read = json.loads(line)
            if read["event"] == event:
                return read
        raise AssertionError(f"no {event} from the recorder")

    def open(self, directory: Path, zero_us: int, lesson: str = "l1") -> None:
        self.command("open", lesson=lesson, directory=str(directory), zero_us=zero_us, epoch_ms=EPOCH_MS)

    def record(self, tag: int, sender: Sender, source: str, publisher: str = "p1:main", lesson: str = "l1") -> None:
        kind = "audio" if sender.codec == "opus" else "video"
        named = {"track": f"{publisher}:{source}", "participant": publisher.split(":")[0], "publisher": publisher}
        about = {"lesson": lesson, "source": source, "kind": kind, "codec": sender.codec, "format": ""}
        self.command("record", id=tag, tag=tag, **about, **named)
        self.wait("recording")  # what is taped of it before is nobody's

    def rtp(self, tag: int, packet: bytes, arrival_us: int) -> None:
        self.tap.sendall(TAP_HEADER.pack(len(packet), TAP_RTP, 0, 0, tag, arrival_us) + packet)

    def report(self, tag: int, report: tuple[int, int, int], arrival_us: int) -> None:
        body = REPORT.pack(*report)
        self.tap.sendall(TAP_HEADER.pack(len(body), TAP_SENDER_REPORT, 0, 0, tag, arrival_us) + body)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.leave()
        shutil.rmtree(Path(self._path).parent)

    def leave(self) -> int:
        """The server goes: its end closes. The exit status."""
        self.tap.close()
        self._lines.close()
        self.control.close()
        return self.process.wait(20)


def now_us() -> int:
    return time.monotonic_ns() // 1000
