"""Audio and video: what is in a file, whether browsers play it, and a still of it. They are served as they are, but for
what was read aloud: each browser records it in its own form, and none plays those of all others."""

from __future__ import annotations

import importlib
import itertools
import math
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

import av
import av.video.reformatter
from PIL import Image

from web.server.courseware.forms import MIMES, Form
from web.server.courseware.making import Fault

# The reader is named, so that no file can choose one that opens other files (playlists do).
READERS = {Form.WEBM: "matroska"}
PICTURES = frozenset({"h264", "vp8", "vp9", "av1"})
SOUNDS = frozenset(
    {"aac", "mp3", "mp3float", "opus", "vorbis", "flac", "pcm_s16le", "pcm_u8", "pcm_f32le", "pcm_s24le"}
)
MOST_PIXELS = 4096 * 2304
MOST_MS = 6 * 3600 * 1000
VOICE_HZ, VOICE_BITS = 24_000, 64_000  # a second


@dataclass(frozen=True, slots=True)
class Found:
    """`still` is None where there is only sound."""

    duration_ms: int
    mime: str
    still: Image.Image | None


class Unplayable(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def load() -> None:
    """What is otherwise loaded at first use."""
    for module in pkgutil.walk_packages(av.__path__, "av."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    _image(av.VideoFrame(16, 16, "yuv420p"))


def probe(source: BinaryIO, form: Form) -> Found:
    """Raises Unplayable."""
    try:
        with av.open(source, "r", format=READERS.get(form, str(form))) as container:
            return _found(container, form)
    except (av.FFmpegError, OSError, ValueError, EOFError, IndexError):
        raise Unplayable("damaged") from None


def listened(source: BinaryIO, form: Form, most_ms: int, made: BinaryIO) -> int:
    """One sound and nothing else, listened to until its end and written anew as MP3, with nothing else that the file
    says; how long it lasts, in ms, for what a file says of that is not believed. Raises Unplayable."""
    try:
        with av.open(source, "r", format=READERS.get(form, str(form))) as container:
            sounds = container.streams.audio
            if len(sounds) != 1 or container.streams.video:
                raise Unplayable("type_unsupported")
            if sounds[0].codec_context.name not in SOUNDS:
                raise Unplayable("codec_unsupported")
            with av.open(made, "w", format="mp3") as written:
                heard = sum(_said_again(container, written, most_ms))
    except (av.FFmpegError, OSError, ValueError, EOFError, IndexError):
        raise Unplayable("damaged") from None
    if not heard:
        raise Unplayable("damaged")
    return round(heard * 1000 / VOICE_HZ)


def _said_again(
    container: av.container.InputContainer, written: av.container.OutputContainer, most_ms: int
) -> Iterator[int]:
    """The number of samples of each piece that was written. Where there is a gap, what follows comes at once."""
    voice = written.add_stream("libmp3lame", rate=VOICE_HZ, layout="mono", bit_rate=VOICE_BITS)
    resampler = av.AudioResampler(format="s16p", layout="mono", rate=VOICE_HZ)
    at = 0
    for frame in itertools.chain(container.decode(audio=0), [None]):
        if frame is not None and (frame.time or 0.0) * 1000 > most_ms:
            raise Unplayable("too_long")
        for piece in resampler.resample(frame):
            piece.pts, piece.time_base = at, Fraction(1, VOICE_HZ)
            at += piece.samples
            if at * 1000 > most_ms * VOICE_HZ:
                raise Unplayable("too_long")
            written.mux(voice.encode(piece))
            yield piece.samples
    written.mux(voice.encode(None))


def _found(container: av.container.InputContainer, form: Form) -> Found:
    pictures = [one for one in container.streams.video if not one.disposition & av.stream.Disposition.attached_pic]
    sounds = list(container.streams.audio)
    if not pictures and not sounds:
        raise Unplayable("damaged")
    if any(one.codec_context.name not in PICTURES | {"libdav1d"} for one in pictures) or any(
        one.codec_context.name not in SOUNDS for one in sounds
    ):
        raise Unplayable("codec_unsupported")
    mime = MIMES[form] if pictures else MIMES[form].replace("video/", "audio/")
    duration_ms = _duration_ms(container)
    if not pictures:
        return Found(duration_ms, mime, None)
    if pictures[0].codec_context.width * pictures[0].codec_context.height > MOST_PIXELS:
        raise Unplayable("too_many_pixels")
    container.seek(0)
    for frame in container.decode(pictures[0]):
        return Found(duration_ms, mime, _image(frame))
    raise Unplayable("damaged")


def _duration_ms(container: av.container.InputContainer) -> int:
    """What the file says, or else (what a browser recorded says nothing) when its last packet ends."""
    if container.duration:
        duration_ms = container.duration / 1000
    else:
        ends = (
            float((packet.pts + (packet.duration or 0)) * packet.time_base) * 1000
            for packet in container.demux()
            if packet.pts is not None and packet.time_base is not None
        )
        duration_ms = max(ends, default=0.0)
    if not math.isfinite(duration_ms) or not duration_ms > 0:
        raise Unplayable("damaged")
    if duration_ms > MOST_MS:
        raise Unplayable("too_complex")
    return round(duration_ms)


def _image(frame: av.VideoFrame) -> Image.Image:
    picture: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
    return picture
