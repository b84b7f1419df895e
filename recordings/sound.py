"""Recorded sound as plain samples of 48 kHz: decoded, placed to the sample, mixed. Only what makes files uses this."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import accumulate, islice
from typing import Literal, cast

import av
from av.audio.frame import AudioFrame

from recordings.codecs.opus import SILENCE
from recordings.cutting import Stretch

Layout = Literal["mono", "stereo"]
RATE = 48_000
BLOCK = RATE  # samples that are mixed at once
CHANNELS: dict[Layout, int] = {"mono": 1, "stereo": 2}
BYTES = 2  # of a sample of one channel
STEP = RATE // 100  # what is off by less goes on without a step
STEREO = 0x04
"""In the first byte of an Opus packet (RFC 6716 §3.1)."""
LOOKED = 100  # packets
BASE = Fraction(1, RATE)
AAC = {"aac_coder": "fast"}
"""From 64 kbit/s on as good as libavcodec's default, by its documentation, in half of the time."""


def layout_of(stretches: Iterable[Stretch]) -> Layout:
    """Microphones are mono as a rule, which halves the work. Raises OSError, ValueError."""
    for stretch in stretches:
        begun = (one.data for _, one, _ in islice(stretch.frames(), LOOKED))
        if any(data[0] & STEREO and data != SILENCE for data in begun):
            return "stereo"
    return "mono"


class Decoded:
    """One stretch: give it frames in order, take blocks in order. Positions are samples of the whole."""

    def __init__(self, layout: Layout) -> None:
        self._decoder = av.CodecContext.create("opus", "r")
        self._decoder.extradata = b"OpusHead" + struct.pack("<BBHIhB", 1, CHANNELS[layout], 0, RATE, 0, 0)
        self._resampler = av.AudioResampler(format="s16", layout=layout, rate=RATE)
        self._bytes = BYTES * CHANNELS[layout]
        self._start: int | None = None
        self._pcm = bytearray()

    @property
    def end(self) -> int | None:
        """Up to where there is sound; None before any."""
        return None if self._start is None else self._start + len(self._pcm) // self._bytes

    def add(self, at: int, data: bytes) -> None:
        """A frame that begins at that sample. What cannot be decoded is silent."""
        try:
            frames = self._decoder.decode(av.Packet(data))
        except av.FFmpegError:
            return
        pcm = b"".join(_pcm(out, self._bytes) for frame in frames for out in self._resampler.resample(_plain(frame)))
        if self._start is None:
            self._start = at
        off = at - (self._start + len(self._pcm) // self._bytes)
        if off >= STEP:
            self._pcm += bytes(off * self._bytes)
        elif off <= -STEP:
            pcm = pcm[-off * self._bytes :]
        self._pcm += pcm

    def take(self, begin: int, end: int) -> bytes | None:
        """The samples from `begin` to `end`, silence where there is none; what is before is forgotten. None for nothing
        but silence."""
        start = self._start
        if start is None or start >= end or start + len(self._pcm) // self._bytes <= begin:
            return None
        inside = self._pcm[max(0, begin - start) * self._bytes : (end - start) * self._bytes]
        block = bytes(max(0, start - begin) * self._bytes) + inside
        gone = max(0, min(end - start, len(self._pcm) // self._bytes))
        del self._pcm[: gone * self._bytes]
        self._start = start + gone
        return block + bytes((end - begin) * self._bytes - len(block))


def _plain(frame: AudioFrame) -> AudioFrame:
    frame.pts = None
    return frame


def _pcm(frame: AudioFrame, size: int) -> bytes:
    return bytes(frame.planes[0])[: frame.samples * size]


class _Voice:
    """A stretch that begins at that sample of the whole."""

    def __init__(self, at: int, stretch: Stretch, layout: Layout) -> None:
        self._frames = ((at + time, one.data) for time, one, _ in stretch.frames())
        self._decoded = Decoded(layout)
        self.over = False

    def block(self, begin: int, end: int) -> bytes | None:
        while not self.over and ((known := self._decoded.end) is None or known < end):
            frame = next(self._frames, None)
            self.over = frame is None
            if frame is not None:
                self._decoded.add(*frame)
        return self._decoded.take(begin, end)


def mixed(stretches: Sequence[tuple[int, Stretch]], length: int, layout: Layout = "stereo") -> Iterator[AudioFrame]:
    """So many samples of all of them together, each from its sample on; silence where there is nothing. Raises OSError,
    ValueError."""
    waiting = sorted(stretches, key=lambda one: one[0])
    mixer, playing = Mixer(_at_once(waiting), layout), list[_Voice]()
    for begin in range(0, length, BLOCK):
        end = min(begin + BLOCK, length)
        while waiting and waiting[0][0] < end:
            playing.append(_Voice(*waiting.pop(0), layout))
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

    def __init__(self, inputs: int, layout: Layout) -> None:
        self._layout, self._bytes = layout, BYTES * CHANNELS[layout]
        graph = self._graph = av.filter.Graph()  # what is of it does not keep it
        self._sources = [
            graph.add_abuffer(sample_rate=RATE, format="s16", layout=layout, time_base=BASE) for _ in range(inputs)
        ]
        mix = graph.add("amix", f"inputs={inputs}:normalize=0")
        limiter = graph.add("alimiter", "limit=0.89:level=disabled:latency=1")
        shape = graph.add("aformat", f"sample_fmts=fltp:channel_layouts={layout}:sample_rates={RATE}")
        self._sink = graph.add("abuffersink")
        for index, source in enumerate(self._sources):
            source.link_to(mix, 0, index)
        for one, after in ((mix, limiter), (limiter, shape), (shape, self._sink)):
            one.link_to(after)
        graph.configure()
        self._at = 0

    def mix(self, blocks: list[bytes], length: int) -> Iterator[AudioFrame]:
        """Blocks of that many samples; the inputs that get none are silent."""
        silence = bytes(length * self._bytes)
        for index, source in enumerate(self._sources):
            source.push(self._frame(blocks[index] if index < len(blocks) else silence))
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

    def _frame(self, block: bytes) -> AudioFrame:
        frame = AudioFrame(format="s16", layout=self._layout, samples=len(block) // self._bytes)
        frame.planes[0].update(block)
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._at, BASE
        return frame
