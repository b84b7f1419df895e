"""Lessons that were recorded, made without a server and faster than they last.

The journal is on a clock that is set; H.264 and Opus are real, in the files that the recorder's own writer makes. Every
picture shows its number (web/server/demo/framecounter.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy

from classroom.clock import SystemClock
from classroom.journal import Journal
from classroom.store.records import Resource
from recordings import library
from recordings.codecs import DEPACKETIZERS, Config, Frame
from recordings.codecs.opus import CONFIG as OPUS
from recordings.files import TIMESCALES, Entry, Floor, LessonFolder, StretchFiles
from recordings.rtp import Packet
from recordings.segmenter import Segmenter
from tests.unit.recordings.streams import Encoded, encode_opus, payloads
from web.server.demo import framecounter
from web.server.parts import Parts

FPS = 30
LOOP_FRAMES = 20 * FPS
"""The pictures come again after so many."""
GOP = 4 * FPS
EPOCH_MS = 1_800_000_000_000
NO_FLOOR = Floor(0, 0)


class Set:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.ms = 0

    def monotonic(self) -> float:
        return 1000 + self.ms / 1000

    def epoch_ms(self) -> int:
        return EPOCH_MS + self.ms


def in_simulated_time(parts: Parts) -> tuple[Parts, Set]:
    """The same installation on a clock that is set by hand. What happens is journalled at the moment that it shows."""
    clock = Set()
    return replace(parts, journal=Journal(parts.store, clock), clock=clock), clock


@dataclass(frozen=True)
class Take:
    """One track of a recording, in ms of the lesson's clock; sound where it has no size."""

    source: str
    participant: str
    start_ms: int
    end_ms: int
    width: int = 0
    height: int = 0
    number: int = 0
    """Of the picture that it begins with."""

    @property
    def kind(self) -> str:
        return "video" if self.width else "audio"


async def publish(parts: Parts, lesson: str, takes: Sequence[Take]) -> Resource:
    """Writes the tracks of a lesson that has ended, and puts it into the library."""
    directory = parts.settings.data / "recordings"
    await asyncio.to_thread(write, directory / lesson, takes)
    made = await library.publish(parts.store, parts.journal, SystemClock(), directory, lesson)
    assert made is not None
    return made


def write(directory: Path, takes: Sequence[Take]) -> LessonFolder:
    directory.parent.mkdir(parents=True, exist_ok=True)
    folder = LessonFolder.open(directory, EPOCH_MS)
    for number, take in enumerate(takes, 1):
        codec = "H264" if take.width else "opus"
        entry = Entry(f"{number:03d}-{take.source}", f"{take.participant}:{take.source}", take.participant,
                      take.source, take.kind, codec, "", take.width, take.height, take.start_ms)  # fmt: skip
        files = StretchFiles(folder, entry, NO_FLOOR, lambda size, segments: None)
        files.begin()
        segmenter = Segmenter(files, TIMESCALES[take.kind])
        for at_us, data, key, config, duration in _frames(take):
            segmenter.push(at_us, data, key, config, duration)
        end_us = segmenter.close()
        assert end_us is not None
        files.end(end_us)
    return folder


def _frames(take: Take) -> list[tuple[int, bytes, bool, Config, int]]:
    start_us, lasts_ms = take.start_ms * 1000, take.end_ms - take.start_ms
    if not take.width:
        packets = encode_opus(10.0)
        return [(start_us + n * 20_000, packets[n % len(packets)], True, OPUS, 960) for n in range(lasts_ms // 20)]
    loop = clip(take.width, take.height)
    first = take.number % LOOP_FRAMES // GOP * GOP
    out = []
    for n in range(lasts_ms * FPS // 1000):
        frame = loop[(first + n) % LOOP_FRAMES]
        out.append((start_us + n * 1_000_000 // FPS, frame.data, frame.key, frame.config, 0))
    return out


@cache
def clip(width: int, height: int) -> tuple[Frame, ...]:
    """`LOOP_FRAMES` pictures, as the recorder takes them from a browser: about 5 Mbit/s at 1080p, no B frames, a
    keyframe every four seconds."""
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base, context.framerate = Fraction(1, FPS), Fraction(FPS, 1)
    context.gop_size = GOP
    context.bit_rate = width * height * 5 // 2
    keys = f"scenecut=0:keyint={GOP}:min-keyint={GOP}"
    context.options = {"preset": "veryfast", "tune": "zerolatency", "profile": "baseline", "x264-params": keys}
    encoded: list[Encoded] = []
    for frame in _pictures(width, height):
        encoded += [Encoded(packet.pts, bytes(packet), packet.is_keyframe) for packet in context.encode(frame)]
    encoded += [Encoded(packet.pts, bytes(packet), packet.is_keyframe) for packet in context.encode(None)]
    depacketizer = DEPACKETIZERS["H264"]("")
    out: list[Frame] = []
    for number, one in enumerate(encoded):
        parts = payloads("H264", one)
        for place, payload in enumerate(parts):
            last = place == len(parts) - 1
            out += depacketizer.push(_packet(number, place, payload, marker=last))
    assert len(out) == LOOP_FRAMES
    return tuple(out)


def _packet(number: int, place: int, payload: bytes, *, marker: bool) -> Packet:
    return Packet(place, number * 3000, marker, 96, 1, payload, 0)


def _pictures(width: int, height: int):  # type: ignore[no-untyped-def]
    """A slide that stands still, a part of it that moves as a person does, and grain."""
    rng = numpy.random.default_rng(3)
    ground = numpy.kron(rng.integers(80, 170, (height // 40 + 1, width // 40 + 1)), numpy.ones((40, 40)))
    ground = ground[:height, :width].astype(numpy.uint8)
    texture = rng.integers(60, 200, (height // 2, width * 2), dtype=numpy.uint8)
    grain = rng.integers(0, 12, (7, height, width), dtype=numpy.uint8)
    chroma = bytes([128]) * (width * height // 4)
    for number in range(LOOP_FRAMES):
        luma = ground + grain[number % len(grain)]
        shift = abs(number * 3 % (width * 2) - width)
        luma[height // 2 :, width // 3 : width // 2] = texture[
            : height - height // 2, shift : shift + width // 2 - width // 3
        ]
        rows = bytearray(luma.tobytes())
        framecounter.draw(rows, width, height, width, number)
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane, data in zip(frame.planes, (bytes(rows), chroma, chroma), strict=True):
            side = width if data is not chroma else width // 2
            lines = numpy.frombuffer(data, numpy.uint8).reshape(-1, side)
            whole = numpy.zeros((plane.height, plane.line_size), numpy.uint8)
            whole[:, :side] = lines
            plane.update(whole.tobytes())
        frame.pts, frame.time_base = number, Fraction(1, FPS)
        yield frame
