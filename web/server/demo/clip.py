"""The clip that the simulated lead classroom sends: made once, kept in a cache, never part of the project.

Ultra HD (3840×2160), 30 frames/s, about 20 Mbit/s of H.264 (constrained baseline, no B frames, a keyframe every 2 s)
with speech-like Opus, 10 s that can be looped. It moves, shows a running clock and a frame counter
(web/server/demo/framecounter.py). Beside it the same pictures once more, small: 640×360 at about 250 kbit/s, silent.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from web.server.demo import framecounter
from web.server.demo.speech import RATE, synthesise

WIDTH, HEIGHT, FPS, SECONDS = 3840, 2160, 30, 10
KEYFRAME_FRAMES = 2 * FPS
RATE_BPS = 20_000_000
SMALL_WIDTH, SMALL_HEIGHT, SMALL_RATE_BPS = 640, 360, 250_000
VERSION = 3  # a part of the file's name: another clip is made when this changes

SEGMENTS = {  # of a seven-segment digit: (x, y, width, height) in units of a digit 4 wide and 7 high
    "a": (0, 0, 4, 1), "b": (3, 0, 1, 4), "c": (3, 3, 1, 4), "d": (0, 6, 4, 1), "e": (0, 3, 1, 4), "f": (0, 0, 1, 4),
    "g": (0, 3, 4, 1),
}  # fmt: skip
DIGITS = ("abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg")


def cache_directory() -> Path:
    """The XDG one (freedesktop.org base directories) unless the environment says otherwise."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tongke"


def ensure(
    directory: Path | None = None,
    progress: Callable[[float], None] = lambda done: None,
    *,
    width: int = WIDTH,
    height: int = HEIGHT,
    seconds: int = SECONDS,
    rate_bps: int = RATE_BPS,
) -> Path:
    """The clip's path; it and its small one are made if they are not there, and appear whole or not at all. `progress`
    hears 0 to 1."""
    directory = directory or cache_directory()
    path = directory / f"lead-{VERSION}-{width}x{height}-{seconds}s-{rate_bps // 1000}k.mp4"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory, suffix=".part") as making:
            large, small = Path(making) / "large.mp4", Path(making) / "small.mp4"
            _write(large, small, width, height, seconds, rate_bps, progress)
            small.replace(small_of(path))
            large.replace(path)
    progress(1.0)
    return path


def small_of(path: Path) -> Path:
    """Where the small clip of a clip is."""
    return path.with_suffix(".small.mp4")


class Picture:
    """Draws frame after frame: a still classroom board, over it what moves."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        rng = random.Random(7)  # noqa: S311
        board = bytearray(bytes([70]) * (width * height))
        for y in range(0, height, max(height // 18, 1)):
            board[y * width : (y + 1) * width] = bytes([95]) * width
        self.luma = board
        self.chroma = bytes([118]) * (width * height // 4), bytes([116]) * (width * height // 4)
        # A texture with grain, wider than the picture: windows of it, moved, cost bits as a camera's picture does.
        self._band = height // 4
        self._texture = []
        value = 128.0
        for _ in range(self._band):
            row = bytearray()
            for _ in range(width // 8 + 80):
                value = min(max(value + rng.uniform(-14, 14), 40), 210)
                row += bytes([int(value)]) * 4 + bytes([int(value + rng.uniform(-6, 6))]) * 4
            self._texture.append(bytes(row))
        # Drizzle that no motion search finds again: it takes the rate to what a camera's noise takes.
        self._grain = bytes(rng.choices(range(50, 100), k=width * 16))
        self._rng = rng

    def frame(self, number: int, frames: int) -> av.VideoFrame:
        """Frame `number` of a loop of `frames`."""
        width, height = self.width, self.height
        shift = abs((number * 4) % 1200 - 600)  # there and back, so that the loop closes
        top = height - self._band - height // 36
        for index, row in enumerate(self._texture):
            at = (top + index) * width
            self.luma[at : at + width] = row[shift : shift + width]
        for line in range(top - height // 7, top - height // 36):
            at, start = line * width, self._rng.randrange(len(self._grain) - width)
            self.luma[at : at + width] = self._grain[start : start + width]
        self._clock(number)
        framecounter.draw(self.luma, width, height, width, number)
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane, data in zip(frame.planes, (bytes(self.luma), *self.chroma), strict=True):
            _fill(plane, data)
        return frame

    def _clock(self, number: int) -> None:
        """Minutes, seconds and hundredths of the loop."""
        unit = self.width // 80
        x, y = self.width // 2 - 19 * unit, self.height // 3
        hundredths = number * 100 // FPS
        text = f"{hundredths // 6000:02d}{hundredths // 100 % 60:02d}{hundredths % 100:02d}"
        for index, digit in enumerate(text):
            left = x + (index * 6 + index // 2 * 2) * unit
            self._rectangle(left, y, 4 * unit, 7 * unit, 70)
            for name in DIGITS[int(digit)]:
                sx, sy, sw, sh = SEGMENTS[name]
                self._rectangle(left + sx * unit, y + sy * unit, sw * unit, sh * unit, 220)

    def _rectangle(self, x: int, y: int, width: int, height: int, luma: int) -> None:
        row = bytes([luma]) * width
        for line in range(y, y + height):
            at = line * self.width + x
            self.luma[at : at + width] = row


def _fill(plane: av.video.plane.VideoPlane, data: bytes) -> None:
    if plane.line_size == plane.width:
        plane.update(data)
        return
    target = memoryview(plane)
    for y in range(plane.height):
        target[y * plane.line_size : y * plane.line_size + plane.width] = data[y * plane.width : (y + 1) * plane.width]


def _write(
    large: Path, small: Path, width: int, height: int, seconds: int, rate_bps: int, progress: Callable[[float], None]
) -> None:
    frames = seconds * FPS
    with av.open(str(large), "w", format="mp4") as container, av.open(str(small), "w", format="mp4") as beside:
        # A small VBV keeps keyframes to a few frames' worth of packets: a burst loses packets on poor lines. What x264
        # comes to with it is below what it is asked for.
        video = _encoder(container, width, height, rate_bps * 4 // 3, (rate_bps // 600, rate_bps // 10000), "5.1")
        size, kbps = (min(width, SMALL_WIDTH), min(height, SMALL_HEIGHT)), SMALL_RATE_BPS // 1000
        low = _encoder(beside, *size, SMALL_RATE_BPS, (kbps, kbps), "3.0")
        audio = container.add_stream("libopus", rate=RATE, layout="mono")
        audio.bit_rate = 32_000
        picture, scaler = Picture(width, height), VideoReformatter()
        for number in range(frames):
            frame = picture.frame(number, frames)
            less = scaler.reformat(frame, low.width, low.height, interpolation="FAST_BILINEAR")
            for muxer, stream, one in ((container, video, frame), (beside, low, less)):
                one.pts, one.time_base = number, Fraction(1, FPS)
                muxer.mux(stream.encode(one))
            progress(number / frames)
        container.mux(video.encode(None))
        beside.mux(low.encode(None))
        samples = synthesise(seconds)
        for start in range(0, len(samples), 960):
            sound = av.AudioFrame("s16", "mono", 960)
            sound.planes[0].update(samples[start : start + 960].tobytes())
            sound.sample_rate, sound.pts, sound.time_base = RATE, start, Fraction(1, RATE)
            container.mux(audio.encode(sound))
        container.mux(audio.encode(None))


def _encoder(
    container: OutputContainer, width: int, height: int, rate_bps: int, vbv: tuple[int, int], level: str
) -> VideoStream:
    """`vbv`: the rate at most, kbit/s, and the buffer that it is held to, kbit."""
    video = container.add_stream("libx264", rate=FPS)
    video.width, video.height, video.pix_fmt = width, height, "yuv420p"
    video.time_base = Fraction(1, FPS)
    video.bit_rate = rate_bps
    video.codec_context.gop_size = KEYFRAME_FRAMES
    video.options = {
        "preset": "ultrafast",
        "profile": "baseline",
        "level": level,
        "x264-params": f"keyint={KEYFRAME_FRAMES}:min-keyint={KEYFRAME_FRAMES}:scenecut=0:bframes=0:"
        f"vbv-maxrate={vbv[0]}:vbv-bufsize={vbv[1]}",
    }
    return video
