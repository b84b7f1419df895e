"""Recorded sound as plain samples of 48 kHz: decoded, placed to the sample, mixed. Only what makes files uses this."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import accumulate
from typing import cast

import av
from av.audio.frame import AudioFrame

from recordings.cutting import Stretch

RATE = 48_000
BLOCK = RATE  # samples that are mixed at once
BYTES = 4  # of a sample: two channels of 16 bits
STEP = RATE // 100  # what is off by less goes on without a step
OPUS_HEAD = b"OpusHead" + struct.pack("<BBHIhB", 1, 2, 0, RATE, 0, 0)
BASE = Fraction(1, RATE)
AAC = {"aac_coder": "fast"}
"""From 64 kbit/s on as good as libavcodec's default, by its documentation, in half of the time."""


class Decoded:
    """One stretch: give it frames in order, take blocks in order. Positions are samples of the whole."""

    def __init__(self) -> None:
        self._decoder = av.CodecContext.create("opus", "r")
        self._decoder.extradata = OPUS_HEAD
        self._resampler = av.AudioResampler(format="s16", layout="stereo", rate=RATE)
        self._start: int | None = None
        self._pcm = bytearray()

    @property
    def end(self) -> int | None:
        """Up to where there is sound; None before any."""
        return None if self._start is None else self._start + len(self._pcm) // BYTES

    def add(self, at: int, data: bytes) -> None:
        """A frame that begins at that sample. What cannot be decoded is silent."""
        try:
            frames = self._decoder.decode(av.Packet(data))
        except av.FFmpegError:
            return
        pcm = b"".join(_pcm(out) for frame in frames for out in self._resampler.resample(_plain(frame)))
        if self._start is None:
            self._start = at
        off = at - (self._start + len(self._pcm) // BYTES)
        if off >= STEP:
            self._pcm += bytes(off * BYTES)
        elif off <= -STEP:
            pcm = pcm[-off * BYTES :]
        self._pcm += pcm

    def take(self, begin: int, end: int) -> bytes | None:
        """The samples from `begin` to `end`, silence where there is none; what is before is forgotten. None for nothing
        but silence."""
        start = self._start
        if start is None or start >= end or start + len(self._pcm) // BYTES <= begin:
            return None
        inside = self._pcm[max(0, begin - start) * BYTES : (end - start) * BYTES]
        block = bytes(max(0, start - begin) * BYTES) + inside
        gone = max(0, min(end - start, len(self._pcm) // BYTES))
        del self._pcm[: gone * BYTES]
        self._start = start + gone
        return block + bytes((end - begin) * BYTES - len(block))


def _plain(frame: AudioFrame) -> AudioFrame:
    frame.pts = None
    return frame


def _pcm(frame: AudioFrame) -> bytes:
    return bytes(frame.planes[0])[: frame.samples * BYTES]


class _Voice:
    """A stretch that begins at that sample of the whole."""

    def __init__(self, at: int, stretch: Stretch) -> None:
        self._frames = ((at + time, one.data) for time, one, _ in stretch.frames())
        self._decoded = Decoded()
        self.over = False

    def block(self, begin: int, end: int) -> bytes | None:
        while not self.over and ((known := self._decoded.end) is None or known < end):
            frame = next(self._frames, None)
            self.over = frame is None
            if frame is not None:
                self._decoded.add(*frame)
        return self._decoded.take(begin, end)


def mixed(stretches: Sequence[tuple[int, Stretch]], length: int) -> Iterator[AudioFrame]:
    """So many samples of all of them together, each from its sample on; silence where there is nothing. Raises OSError,
    ValueError."""
    waiting = sorted(stretches, key=lambda one: one[0])
    mixer, playing = Mixer(_at_once(waiting)), list[_Voice]()
    for begin in range(0, length, BLOCK):
        end = min(begin + BLOCK, length)
        while waiting and waiting[0][0] < end:
            playing.append(_Voice(*waiting.pop(0)))
        blocks = [block for one in playing if (block := one.block(begin, end)) is not None]
        playing = [one for one in playing if not one.over]
        yield from mixer.mix(blocks, end - begin)
    yield from mixer.end()


def _at_once(stretches: Sequence[tuple[int, Stretch]]) -> int:
    """How many may be heard within a block, at most."""
    spans = [(at // BLOCK, (at + one.length_us * RATE // 1_000_000) // BLOCK + 2) for at, one in stretches]
    steps = sorted([(begin, 1) for begin, _ in spans] + [(end, -1) for _, end in spans])
    return max([1, *accumulate(step for _, step in steps)])


class Mixer:
    """Adds so many microphones up, and keeps the sum from clipping by a limiter: one voice stays as loud as it is."""

    def __init__(self, inputs: int) -> None:
        graph = self._graph = av.filter.Graph()  # what is of it does not keep it
        self._sources = [
            graph.add_abuffer(sample_rate=RATE, format="s16", layout="stereo", time_base=BASE) for _ in range(inputs)
        ]
        mix = graph.add("amix", f"inputs={inputs}:normalize=0")
        limiter = graph.add("alimiter", "limit=0.89:level=disabled:latency=1")
        shape = graph.add("aformat", f"sample_fmts=fltp:channel_layouts=stereo:sample_rates={RATE}")
        self._sink = graph.add("abuffersink")
        for index, source in enumerate(self._sources):
            source.link_to(mix, 0, index)
        for one, after in ((mix, limiter), (limiter, shape), (shape, self._sink)):
            one.link_to(after)
        graph.configure()
        self._at = 0

    def mix(self, blocks: list[bytes], length: int) -> Iterator[AudioFrame]:
        """Blocks of that many samples; the inputs that get none are silent."""
        silence = bytes(length * BYTES)
        for index, source in enumerate(self._sources):
            source.push(_frame(blocks[index] if index < len(blocks) else silence, self._at))
        self._at += length
        yield from self._made()

    def end(self) -> Iterator[AudioFrame]:
        for source in self._sources:
            source.push(None)
        yield from self._made()

    def _made(self) -> Iterator[AudioFrame]:
        with contextlib.suppress(av.BlockingIOError, av.EOFError):
            while True:
                yield cast(AudioFrame, self._sink.pull())


def _frame(block: bytes, at: int) -> AudioFrame:
    frame = AudioFrame(format="s16", layout="stereo", samples=len(block) // BYTES)
    frame.planes[0].update(block)
    frame.sample_rate, frame.pts, frame.time_base = RATE, at, BASE
    return frame
