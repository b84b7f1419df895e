"""A lesson of two hours whose senders' clocks drift: its packets are given to real tracks in simulated time, and when
each picture and sound is shown is read back from the files.

A page sends camera and microphone: its computer's clock is off, its sound card from that; the picture takes 60 ms to
encode. An encoder beside it sends the courseware, by a clock that is off the other way. Packets take 15 ms and more,
overtake each other, are held up now and then, or lost. Reports are sent as libwebrtc sends them: of sound about every
5 s, of pictures about every second, each time a random half more or less, and late where the computer was busy.
"""

from __future__ import annotations

import contextlib
import heapq
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aiortc.codecs.h264 import H264Encoder

from recordings import mp4
from recordings.codecs.h264 import PPS, SPS
from recordings.codecs.opus import SILENCE
from recordings.files import PLAYLIST, TIMESCALES, Entry, LessonFolder
from recordings.playlist import read
from recordings.timeline import Publisher
from recordings.track import Track
from tests.unit.recordings.harness import EPOCH_MS, ZERO_US, Desk
from tests.unit.recordings.streams import Encoded, Sender, encode

HOUR_US = 3_600_000_000
STEP_US = 1_000_000
LOSS = 0.002
SOUND_US = 120_000
SOUND = b"\x19"  # two SILK frames of 60 ms, of equal size (RFC 6716 §3.1): as thin as sound can be
START = b"\0\0\0\1"
DIGITS = 8

Arriving = tuple[int, int, "Source", bytes | tuple[int, int, int]]
"""When it comes in µs after the lesson's zero, a number that orders what comes at once, whose; a packet or a report."""


@dataclass
class Source:
    """`wall_ppm`: how fast the clock of its reports runs; `own_ppm`: its timestamps, compared with that."""

    name: str
    sender: Sender
    track: Track
    wall_ppm: float
    own_ppm: float
    every_us: int
    encoding_us: int
    reports_us: int
    number: int = 0
    report_us: int = 0
    wants_key: bool = True

    def media_us(self, true_us: int) -> int:
        return true_us + round(true_us * (self.wall_ppm + self.own_ppm) / 1e6)

    def unit(self, headers: bytes) -> bytes | Encoded:
        """A picture or sound that says its number, and hardly more."""
        digits = b"%08x" % self.number
        if self.sender.codec == "opus":
            return SOUND + digits
        key, self.wants_key = self.wants_key, False
        return Encoded(self.number, (headers + START + b"\x65" if key else START + b"\x41") + digits, key)


class Lesson:
    def __init__(self, directory: Path, computer_ppm: float, card_ppm: float, fps: int = 2) -> None:
        self.rng = random.Random(f"{computer_ppm} {card_ppm}")
        self.directory = directory
        desk, every_us = Desk(directory), 1_000_000 // fps
        page, encoder = Publisher(), Publisher()
        camera, mic, courseware = Sender("H264", ssrc=1), Sender("opus", ssrc=2, base=77), Sender("H264", ssrc=3)
        self.sources = [
            Source("camera", camera, desk.track(camera, "camera", publisher=page),
                   computer_ppm, 0, every_us, 60_000, 1_000_000),
            Source("mic", mic, desk.track(mic, "mic", publisher=page),
                   computer_ppm, card_ppm, SOUND_US, 0, 5_000_000),
            Source("courseware", courseware, desk.track(courseware, "courseware", publisher=encoder),
                   -computer_ppm, 0, every_us, 30_000, 1_000_000),
        ]  # fmt: skip
        nals = H264Encoder._split_bitstream(encode("H264", 1)[0].data)
        self.headers = b"".join(START + nal for nal in nals if nal[0] & 0x1F in (SPS, PPS))
        self.sent = 0

    def hold(self, total_us: int) -> None:
        """All of it, as fast as it goes."""
        coming: list[Arriving] = []
        for now_us in range(0, total_us, STEP_US):
            for source in self.sources:
                for one in self._sent_by(source, now_us + STEP_US):
                    heapq.heappush(coming, one)
            while coming and coming[0][0] < now_us + STEP_US:
                arrival_us, _, source, what = heapq.heappop(coming)
                if isinstance(what, bytes):
                    source.track.rtp(what, 0, ZERO_US + arrival_us)
                else:
                    source.track.report(*what, ZERO_US + arrival_us)
            for source in self.sources:
                source.wants_key |= source.track.tick(ZERO_US + now_us + STEP_US)
        for source in self.sources:
            source.track.finish()

    def _sent_by(self, source: Source, until_us: int) -> Iterator[Arriving]:
        rng, sender = self.rng, source.sender
        while source.report_us < until_us:
            true_us = source.report_us
            source.report_us += round(source.reports_us * rng.uniform(0.5, 1.5))
            late_us = rng.randrange(20_000) if rng.random() < 0.2 else 0
            wall_us = round((true_us + late_us) * (1 + source.wall_ppm / 1e6))
            report = sender.report(source.media_us(true_us), ZERO_US + wall_us)
            yield self._arriving(source, true_us + late_us, report)
        while (true_us := source.number * source.every_us) < until_us:
            for packet in sender.rtp(source.unit(self.headers), source.media_us(true_us)):
                if rng.random() >= LOSS:
                    yield self._arriving(source, true_us + source.encoding_us, packet)
            source.number += 1

    def _arriving(self, source: Source, sent_us: int, what: bytes | tuple[int, int, int]) -> Arriving:
        held_us = self.rng.randrange(400_000) if self.rng.random() < 0.005 else 0
        self.sent += 1
        return sent_us + 15_000 + round(self.rng.expovariate(1) * 8_000) + held_us, self.sent, source, what

    def misplaced(self) -> dict[str, dict[int, int]]:
        """Of each source: when it truly was → how much later it is shown, of all that was written; in µs."""
        out: dict[str, dict[int, int]] = {source.name: {} for source in self.sources}
        every_us = {source.name: source.every_us for source in self.sources}
        for entry in LessonFolder.load(self.directory).entries:
            for number, shown_us in shown(self.directory / entry.folder, entry):
                true_us = number * every_us[entry.source]
                out[entry.source][true_us] = shown_us - true_us
        return out


def shown(folder: Path, entry: Entry) -> Iterator[tuple[int, int]]:
    """Number and time in µs of all that a stretch's files hold. The playlist's dates must say the same as they."""
    rate = TIMESCALES[entry.kind]
    for segment in read((folder / PLAYLIST).read_text(), EPOCH_MS):
        held = mp4.samples((folder / f"seg-{segment.number}.m4s").read_bytes())
        if abs(held[0][0] * 1_000_000 // rate - segment.start_us) > 1_000:
            raise AssertionError(f"{folder.name}: the playlist has segment {segment.number} at another time")
        for decode, sample in held:
            if sample.data != SILENCE:
                yield int(sample.data[-DIGITS:], 16), (decode + sample.offset) * 1_000_000 // rate


FIRST_US = 2_000_000  # a sender's clock is known when a few of its reports have come
ENDS_US = 600_000_000


def figures(misplaced: dict[str, dict[int, int]]) -> dict[str, dict[str, float]]:
    """Of `lips` (the camera against the microphone) and `ink` (the worse of both pictures against the lesson's clock,
    on which it is): the most that they lie apart in ms, all the time, in the first and in the last ten minutes."""
    camera, mic, courseware = (misplaced[name] for name in ("camera", "mic", "courseware"))
    heard = {true_us: mic.get(true_us // SOUND_US * SOUND_US) for true_us in camera}
    lips = {true_us: abs(late_us - heard_us) for true_us, late_us in camera.items() if (heard_us := heard[true_us])}
    ink = {true_us: max(abs(late_us), abs(courseware.get(true_us, 0))) for true_us, late_us in camera.items()}
    end_us = max(camera)
    out = {}
    for name, apart in (("lips", lips), ("ink", ink)):
        known = {true_us: us for true_us, us in apart.items() if true_us >= FIRST_US}
        out[name] = {
            "most_ms": max(known.values()) / 1000,
            "first_ms": max(us for true_us, us in known.items() if true_us < ENDS_US) / 1000,
            "last_ms": max(us for true_us, us in known.items() if true_us >= end_us - ENDS_US) / 1000,
        }
    return out


@contextlib.contextmanager
def in_memory() -> Iterator[Path]:
    """A folder for thousands of small files that are each synced to a disk in vain."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None, prefix="tongke-") as folder:
        yield Path(folder)
