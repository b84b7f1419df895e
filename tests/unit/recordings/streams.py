"""Real encoded streams as RTP packets: what publishers send, made by PyAV's encoders and packed as the RFCs say."""

from __future__ import annotations

import io
import struct
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache

import av
import numpy
from aiortc.codecs.h264 import H264Encoder

MTU = 1_100
ENCODERS = {"H264": "libx264", "VP9": "libvpx-vp9"}
OPTIONS = {
    "H264": {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "scenecut=0"},
    "VP9": {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "error-resilient": "0"},
}
# PyAV has no other encoder of AV1 than SVT-AV1, which stands still for ever once in a thousand streams.
AOM = "-c:v libaom-av1 -usage realtime -cpu-used 8 -lag-in-frames 0 -threads 1 -crf 20"


@dataclass(frozen=True)
class Encoded:
    """`pts` and `dts` are in frames."""

    pts: int
    data: bytes
    key: bool


@cache
def encode(
    codec: str, count: int, gop: int = 30, width: int = 320, height: int = 240, fps: int = 30, bframes: int = 0
) -> tuple[Encoded, ...]:
    """Frames whose grey says their number modulo 30."""
    frames = list(pictures(count, width, height))
    if codec == "AV1":
        return encode_av1(frames, gop, fps)
    context = av.CodecContext.create(ENCODERS[codec], "w")
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base, context.framerate = Fraction(1, fps), Fraction(fps, 1)
    context.gop_size, context.bit_rate = gop, 1_000_000
    options = dict(OPTIONS[codec])
    if codec == "H264":
        context.max_b_frames = bframes
        options["x264-params"] += f":keyint={gop}:min-keyint={gop}"
        if bframes:
            options |= {"preset": "medium", "tune": "psnr", "bf": str(bframes), "b_strategy": "0"}
    context.options = options
    out = []
    for number, frame in enumerate(frames):
        frame.pts, frame.time_base = number, context.time_base
        out += [Encoded(p.pts, bytes(p), p.is_keyframe) for p in context.encode(frame)]
    out += [Encoded(p.pts, bytes(p), p.is_keyframe) for p in context.encode(None)]
    return tuple(out)


def pictures(count: int, width: int, height: int) -> Iterator[av.VideoFrame]:
    noise = numpy.random.default_rng(1).integers(0, 60, (height // 2, width), dtype=numpy.uint8)
    for number in range(count):
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane, value in zip(frame.planes, (20 + number % 30 * 7, 128, 128), strict=True):
            rows = numpy.full((plane.height, plane.line_size), value, dtype=numpy.uint8)
            if plane.width == width:  # something to encode, below the part that tells the number
                rows[plane.height // 2 :, :width] = numpy.roll(noise, number * 3, axis=1)[: plane.height // 2]
            plane.update(rows.tobytes())
        yield frame


def encode_av1(frames: Sequence[av.VideoFrame], gop: int, fps: int) -> tuple[Encoded, ...]:
    raw = b"".join(frame.to_ndarray().tobytes() for frame in frames)
    given = f"-f rawvideo -pix_fmt yuv420p -s {frames[0].width}x{frames[0].height} -r {fps} -i -"
    command = f"ffmpeg -v error {given} {AOM} -g {gop} -keyint_min {gop} -f ivf -".split()
    ivf = io.BytesIO(subprocess.run(command, input=raw, stdout=subprocess.PIPE, check=True).stdout)
    with av.open(ivf) as container:
        packets = [packet for packet in container.demux() if packet.size]
    return tuple(Encoded(number, bytes(packet), packet.is_keyframe) for number, packet in enumerate(packets))


@cache
def encode_opus(seconds: float) -> tuple[bytes, ...]:
    """A 440 Hz tone in packets of 20 ms."""
    context = av.CodecContext.create("libopus", "w")
    context.sample_rate, context.layout, context.format = 48_000, "stereo", "s16"
    context.open()
    out = []
    for number in range(round(seconds * 50)):
        at = numpy.arange(number * 960, (number + 1) * 960)
        tone = (numpy.sin(at * 2 * numpy.pi * 440 / 48_000) * 8_000).astype(numpy.int16)
        frame = av.AudioFrame.from_ndarray(numpy.repeat(tone, 2).reshape(1, -1), "s16", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, number * 960, Fraction(1, 48_000)
        out += [bytes(packet) for packet in context.encode(frame)]
    return tuple(out)


def payloads(codec: str, frame: Encoded | bytes) -> list[bytes]:
    if isinstance(frame, bytes):
        return [frame]
    match codec:
        case "H264":
            return H264Encoder._packetize(H264Encoder._split_bitstream(frame.data))
        case "VP9":
            return list(_vp9(frame))
        case "AV1":
            return list(_av1(frame))
    raise ValueError(codec)


def _vp9(frame: Encoded) -> Iterator[bytes]:
    """RFC 9628, non-flexible mode without layers, with a 15-bit picture id."""
    parts = [frame.data[at : at + MTU] for at in range(0, len(frame.data), MTU)]
    for index, part in enumerate(parts):
        head = 0x80 | (0 if frame.key else 0x40)
        head |= (0x08 if index == 0 else 0) | (0x04 if index == len(parts) - 1 else 0)
        yield struct.pack("!BH", head, 0x8000 | frame.pts & 0x7FFF) + part


def _av1(frame: Encoded) -> Iterator[bytes]:
    """AV1 RTP with W=0: every element has its length; temporal delimiters stay away, sizes are taken off."""
    obus, at, data = [], 0, frame.data
    while at < len(data):
        head, start = data[at], at + 1
        size, shift = 0, 0
        while True:
            byte = data[start]
            size |= (byte & 0x7F) << shift
            shift, start = shift + 7, start + 1
            if not byte & 0x80:
                break
        if head >> 3 & 15 != 2:
            obus.append(bytes((head & ~2,)) + data[start : start + size])
        at = start + size
    payload, first = b"", True
    pieces: list[tuple[bytes, bool, bool]] = []
    for obu in obus:
        cut = [obu[i : i + MTU] for i in range(0, len(obu), MTU)]
        pieces += [(piece, i > 0, i < len(cut) - 1) for i, piece in enumerate(cut)]
    begun = continues = False
    for piece, follows, goes_on in pieces:
        if not begun:
            begun, continues, payload = True, follows, b""
        payload += _leb128(len(piece)) + piece
        if goes_on or piece is pieces[-1][0] or len(payload) > MTU // 2:
            flags = (0x80 if continues else 0) | (0x40 if goes_on else 0) | (0x08 if first and frame.key else 0)
            yield bytes((flags,)) + payload
            begun, first = False, False
    if begun:
        yield bytes((0x80 if continues else 0,)) + payload


def _leb128(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


@dataclass
class Sender:
    """One SSRC. Its clock's NTP time is `ntp_offset_s` ahead of ours; `late_us` is the way through the network."""

    codec: str
    ssrc: int = 0x1234
    seq: int = 65_500
    base: int = 0xFFFF0000
    ntp_offset_s: int = 3_900_000_000
    late_us: int = 20_000
    packets: list[bytes] = field(default_factory=list)

    @property
    def rate(self) -> int:
        return 48_000 if self.codec == "opus" else 90_000

    def rtp(self, frame: Encoded | bytes, media_us: int) -> list[bytes]:
        """The packets of a frame that is presented `media_us` after the sender's start."""
        timestamp = (self.base + media_us * self.rate // 1_000_000) & 0xFFFFFFFF
        parts = payloads(self.codec, frame)
        out = []
        for index, part in enumerate(parts):
            marker = 0x80 if index == len(parts) - 1 and self.codec != "opus" else 0
            out.append(struct.pack("!BBHII", 0x80, marker | 96, self.seq, timestamp, self.ssrc) + part)
            self.seq = (self.seq + 1) & 0xFFFF
        return out

    def report(self, media_us: int, sent_us: int) -> tuple[int, int, int]:
        """SSRC, NTP time, RTP timestamp: `sent_us` is our clock at the moment `media_us` of the sender's."""
        ntp_us = sent_us + self.ntp_offset_s * 1_000_000
        timestamp = (self.base + media_us * self.rate // 1_000_000) & 0xFFFFFFFF
        return self.ssrc, ((ntp_us << 32) // 1_000_000) & (1 << 64) - 1, timestamp
