"""What the sample lesson's cameras send: drawn and encoded once, kept in a cache, never part of the project."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path

import av

from web.server.demo.clip import cache_directory
from web.server.demo.speech import RATE, synthesise
from web.server.sample import pictures
from web.server.sample.script import LONG_S, SPEAKING

VERSION = 1  # a part of the files' names: others are made when this changes
FPS = 15
KEYFRAME_FRAMES = 2 * FPS
RATE_BPS = 900_000
SAMPLES = RATE // FPS
OPUS_SAMPLES = 960
LOUD = 9000  # of the voice's samples

SCENES: Mapping[str, Callable[[], pictures.Scene]] = {"lead": pictures.teacher, "room": pictures.pupils}


def ensure(progress: Callable[[float], None] = lambda done: None, directory: Path | None = None) -> dict[str, Path]:
    """For each who is filmed: 1280×720 H.264 at 15 frames/s with Opus, as long as the lesson. `progress` hears 0 to
    1."""
    directory = directory or cache_directory()
    directory.mkdir(parents=True, exist_ok=True)
    made = {}
    for number, who in enumerate(SCENES):
        path = made[who] = directory / f"sample-{VERSION}-{who}.mp4"
        if not path.exists():
            with tempfile.TemporaryDirectory(dir=directory, suffix=".part") as making:
                part = Path(making) / "film.mp4"
                _write(part, who, lambda done, number=number: progress((number + done) / len(SCENES)))  # type: ignore[misc]
                part.replace(path)
        progress((number + 1) / len(SCENES))
    return made


def voice(who: str) -> array[int]:
    """Mono 16-bit samples at 48 kHz: speech-like while the script says that this one speaks, else silence."""
    samples = synthesise(LONG_S, seed=len(who))
    heard = array("h", bytes(2 * len(samples)))
    for begin, end in SPEAKING[who]:
        first, last = int(begin * RATE), int(end * RATE)
        heard[first:last] = samples[first:last]
    return heard


def _write(path: Path, who: str, progress: Callable[[float], None]) -> None:
    samples, scene = voice(who), SCENES[who]()
    frames = round(LONG_S * FPS)
    with av.open(str(path), "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=FPS)
        video.width, video.height, video.pix_fmt = pictures.WIDTH, pictures.HEIGHT, "yuv420p"
        video.bit_rate = RATE_BPS
        video.codec_context.gop_size = KEYFRAME_FRAMES
        video.options = {
            "preset": "ultrafast",
            "profile": "baseline",
            "level": "3.1",
            "x264-params": "bframes=0:scenecut=0",
        }
        audio = container.add_stream("libopus", rate=RATE, layout="mono")
        audio.bit_rate = 32_000
        for number in range(frames):
            loud = max(map(abs, samples[number * SAMPLES : (number + 1) * SAMPLES : 8])) / LOUD
            picture = scene(number / FPS, min(1.0, loud))
            frame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(video.encode(frame))
            progress(number / frames)
        container.mux(video.encode(None))
        for start in range(0, len(samples), OPUS_SAMPLES):
            sound = av.AudioFrame("s16", "mono", OPUS_SAMPLES)
            sound.planes[0].update(samples[start : start + OPUS_SAMPLES].tobytes())
            sound.sample_rate, sound.pts, sound.time_base = RATE, start, Fraction(1, RATE)
            container.mux(audio.encode(sound))
        container.mux(audio.encode(None))
