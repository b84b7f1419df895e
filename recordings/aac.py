"""A stretch of Opus once more in AAC, for players that lack Opus: fragmented MP4 and a playlist like the recorder's.

A sample stands where it stood: the frame that the encoder puts before the first, of nothing, is left out.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import av

from recordings.codecs.frames import Config
from recordings.cutting import OnDisk, cut
from recordings.files import PLAYLIST, Floor, write_atomically
from recordings.mp4 import Sample, fragment, full, init_segment
from recordings.playlist import Segment, init_name, render, segment_name
from recordings.sound import AAC, RATE, mixed

FRAME = 1024
FRAMES = 188  # of a segment: four seconds
BIT_RATE = 96_000


def make(source: Path, into: Path, floor: Floor, told: Callable[[float], None]) -> None:
    """Into an empty folder. Raises OSError, ValueError, av.FFmpegError."""
    stretch = cut(OnDisk(source), "audio", ())
    begin, length = (us * RATE // 1_000_000 for us in (stretch.pieces[0].start_us, stretch.length_us))
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format, encoder.bit_rate = RATE, "stereo", "fltp", BIT_RATE
    encoder.options = dict(AAC)
    encoder.open()
    packets = (packet for frame in chain(mixed([(0, stretch)], length), [None]) for packet in encoder.encode(frame))
    listed = list[Segment]()
    for number, run in enumerate(_runs(bytes(packet) for packet in packets if (packet.pts or 0) >= 0), 1):
        floor.check(into, sum(map(len, run)))
        at, after = (begin + FRAME * FRAMES * (number - 1) + FRAME * count for count in (0, len(run)))
        samples = [Sample(FRAME, 0, True, data) for data in run]
        write_atomically(into / segment_name(number), fragment(number, at, samples))
        listed.append(Segment(number, 1, _us(at), _us(after) - _us(at)))
        told(min(1.0, (after - begin) / max(1, length)))
    config = Config("mp4a", _esds(bytes(encoder.extradata or b"")), "mp4a.40.2", channels=2)
    write_atomically(into / init_name(1), init_segment(config, RATE))
    write_atomically(into / PLAYLIST, render(listed, stretch.epoch_ms, ended=True).encode())


def _runs(packets: Iterator[bytes]) -> Iterator[list[bytes]]:
    run: list[bytes] = []
    for packet in packets:
        run.append(packet)
        if len(run) == FRAMES:
            yield run
            run = []
    if run:
        yield run


def _esds(specific: bytes) -> bytes:
    """ISO/IEC 14496-14 §5.6: an elementary stream descriptor, with AudioSpecificConfig in it."""
    decoder = struct.pack(">BBBHII", 0x40, 0x15, 0, 0, BIT_RATE, BIT_RATE) + _described(5, specific)
    return full(b"esds", 0, 0, _described(3, struct.pack(">HB", 1, 0) + _described(4, decoder) + _described(6, b"\2")))


def _described(tag: int, body: bytes) -> bytes:
    return bytes((tag, len(body))) + body


def _us(ticks: int) -> int:
    return (ticks * 1_000_000 + RATE // 2) // RATE
