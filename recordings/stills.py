"""Small pictures of a stretch, to find one's way by: of keyframes alone, at most one each ten seconds.

`stills.bin` has them one after the other (WebP), `index.json` says of each when it was and how long it is. They lie
beside each other rather than on sheets, so that those of what was cut out can be left out of what is given.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
from av.video.frame import VideoFrame
from PIL import Image

from recordings.decoding import decoder
from recordings.edits import Edited
from recordings.files import PLAYLIST, TIMESCALES, Floor, write_atomically
from recordings.mp4 import fragments, samples
from recordings.playlist import init_name, segment_name, segments

APART_MS = 10_000
BOX = (240, 136)
QUALITY = 55
PICTURES, INDEX = "stills.bin", "index.json"
RUN = 60
"""So many are fetched together: ten minutes."""
MOST_INDEX_BYTES = 1 << 20
SCALE = TIMESCALES["video"]


@dataclass(frozen=True, slots=True)
class Still:
    """`number` counts all of the stretch; `at_ms` of the lesson's clock; where its bytes are."""

    number: int
    at_ms: int
    offset: int
    size: int

    @property
    def run(self) -> int:
        return self.number // RUN


def make(stretch: Path, into: Path, codec: str, floor: Floor, told: Callable[[float], None]) -> None:
    """Into an empty folder. Raises OSError, ValueError, av.FFmpegError."""
    listed, size = list[tuple[int, int]](), 0
    with (into / PICTURES).open("xb") as out:
        for at_ms, frame, share in _keyframes(stretch, codec):
            data = _small(frame)
            floor.check(into, len(data))
            out.write(data)
            listed.append((at_ms, len(data)))
            size += len(data)
            told(share)
    if not listed:
        raise ValueError("no picture of it can be seen")
    write_atomically(into / INDEX, json.dumps(listed).encode())


def read(index: bytes) -> list[Still]:
    """Raises ValueError."""
    out, offset = list[Still](), 0
    for number, (at_ms, size) in enumerate(json.loads(index)):
        out.append(Still(number, int(at_ms), offset, int(size)))
        offset += int(size)
    return out


def left(stills: Sequence[Still], by: Edited) -> list[Still]:
    """Those of what was not cut out."""
    return [one for one in stills if by.cut_at(one.at_ms) is None]


def _keyframes(stretch: Path, codec: str) -> Iterator[tuple[int, VideoFrame, float]]:
    """When (ms), the picture, and which share of the stretch is done."""
    text = (stretch / PLAYLIST).read_text()
    listed, next_ms = segments(text, 0), None
    opened, known = None, 0
    for done, segment in enumerate(listed, 1):
        with (stretch / segment_name(segment.number)).open("rb") as file:
            first = next(fragments(file), None)
            if first is None or (next_ms is not None and first.start * 1000 // SCALE < next_ms):
                continue
            file.seek(first.offset)
            time, key = samples(file.read(first.size))[0]
        if not key.key:
            continue
        if opened is None or segment.init != known:
            opened, known = decoder(codec, (stretch / init_name(segment.init)).read_bytes()), segment.init
        try:
            frames = [*opened.decode(av.Packet(key.data)), *opened.decode(None)]
        except av.FFmpegError:  # one that is damaged is left out
            frames = []
        opened.flush_buffers()
        if frames:
            at_ms = (time + key.offset) * 1000 // SCALE
            next_ms = at_ms + APART_MS - APART_MS // 10  # keyframes do not come by the clock
            yield at_ms, frames[0], done / len(listed)


def _small(frame: VideoFrame) -> bytes:
    scale = min(BOX[0] / frame.width, BOX[1] / frame.height)
    width, height = (max(2, round(side * scale / 2) * 2) for side in (frame.width, frame.height))
    out = io.BytesIO()
    picture: Image.Image = frame.reformat(width, height, "rgb24").to_image()  # type: ignore[no-untyped-call]
    picture.save(out, "WEBP", quality=QUALITY, method=2)
    return out.getvalue()


Image.init()  # a process that is confined can load nothing later
