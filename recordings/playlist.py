"""HLS media playlists (RFC 8216bis): rendered whole, and read back from our own for recovery. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LEAST_TARGET_S = 6
DATED = "#EXT-X-PROGRAM-DATE-TIME:"


@dataclass(frozen=True, slots=True)
class Segment:
    """`number` of its file and of its initialisation segment; times in µs of the lesson's clock."""

    number: int
    init: int
    start_us: int
    duration_us: int

    @property
    def end_us(self) -> int:
        return self.start_us + self.duration_us


def init_name(number: int) -> str:
    return f"init-{number}.mp4"


def segment_name(number: int) -> str:
    return f"seg-{number}.m4s"


def render(segments: Sequence[Segment], epoch_ms: int, ended: bool) -> str:
    """`epoch_ms` is the wall clock at the lesson's zero: every segment says when it was."""
    return render_listed([as_listed(segment) for segment in segments], epoch_ms, ended)


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of a playlist. `breaks`: what comes does not go on from what was before."""

    init: int
    name: str
    start_us: int
    duration_us: int
    breaks: bool = False


def as_listed(segment: Segment) -> Listed:
    return Listed(segment.init, segment_name(segment.number), segment.start_us, segment.duration_us)


def render_listed(segments: Sequence[Listed], epoch_ms: int, ended: bool) -> str:
    parts = [lines(segment, before, epoch_ms) for before, segment in zip([None, *segments], segments, strict=False)]
    return assembled(parts, max((segment.duration_us for segment in segments), default=0), ended)


def lines(segment: Listed, before: Listed | None, epoch_ms: int) -> str:
    """What stands of a segment behind the one `before`."""
    out = []
    if before is not None and (segment.breaks or segment.init != before.init):
        out.append("#EXT-X-DISCONTINUITY\n")
    if before is None or segment.init != before.init:
        out.append(f'#EXT-X-MAP:URI="{init_name(segment.init)}"\n')
    moment = EPOCH + timedelta(microseconds=epoch_ms * 1000 + segment.start_us)
    out.append(f"{DATED}{moment.isoformat(timespec='milliseconds')}\n")
    out.append(f"#EXTINF:{segment.duration_us / 1e6:.6f},\n{segment.name}\n")
    return "".join(out)


def assembled(parts: Iterable[str], longest_us: int, ended: bool) -> str:
    """A playlist of what `lines` gave of each segment, the longest of which lasts so long."""
    target_s = max(LEAST_TARGET_S, math.ceil(longest_us / 1e6))
    head = ["#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{target_s}", "#EXT-X-MEDIA-SEQUENCE:0"]
    head += [f"#EXT-X-PLAYLIST-TYPE:{'VOD' if ended else 'EVENT'}", "#EXT-X-INDEPENDENT-SEGMENTS", ""]
    return "\n".join(head) + "".join(parts) + ("#EXT-X-ENDLIST\n" if ended else "")


DATE = "#EXT-X-PROGRAM-DATE-TIME:"


def read(text: str, epoch_ms: int, known: int = 0) -> list[Segment]:
    """The segments of a playlist of ours from the `known`-th on, times to the millisecond. Raises ValueError."""
    first, *listed = text.split(DATE)
    init, segments = _init(first, 0), []
    for index, lines in enumerate(listed):
        if index >= known:
            date, length, name = lines.split("\n", 3)[:3]
            start_ms = round((datetime.fromisoformat(date) - EPOCH) / timedelta(milliseconds=1)) - epoch_ms
            duration_us = round(float(length.removeprefix("#EXTINF:").removesuffix(",")) * 1e6)
            number = int(name.removeprefix("seg-").removesuffix(".m4s"))
            segments.append(Segment(number, init, start_ms * 1000, duration_us))
        init = _init(lines, init)
    return segments


def _init(lines: str, before: int) -> int:
    """The initialisation segment that what follows these lines has."""
    _, found, rest = lines.rpartition('#EXT-X-MAP:URI="init-')
    return int(rest.partition(".")[0]) if found else before


def inits(text: str) -> dict[int, int]:
    """Segment number → number of its initialisation segment, of a playlist of ours."""
    out: dict[int, int] = {}
    init = 1
    for line in text.splitlines():
        if line.startswith('#EXT-X-MAP:URI="init-'):
            init = int(line.removeprefix('#EXT-X-MAP:URI="init-').removesuffix('.mp4"'))
        elif line.startswith("seg-"):
            out[int(line.removeprefix("seg-").removesuffix(".m4s"))] = init
    return out


def segments(text: str, start_us: int) -> list[Segment]:
    """Of a playlist of ours, whose first segment starts there."""
    known, out, duration_us = inits(text), [], 0
    for line in text.splitlines():
        if line.startswith("#EXTINF:"):
            duration_us = round(float(line.removeprefix("#EXTINF:").removesuffix(",")) * 1e6)
        elif line.startswith("seg-"):
            number = int(line.removeprefix("seg-").removesuffix(".m4s"))
            out.append(Segment(number, known[number], start_us, duration_us))
            start_us += duration_us
    return out


def dated(text: str) -> int:
    """When the first segment of a playlist of ours was, in ms since 1970; 0 of an empty one."""
    start = next((line for line in text.splitlines() if line.startswith(DATED)), None)
    return (
        round((datetime.fromisoformat(start.removeprefix(DATED)) - EPOCH) / timedelta(milliseconds=1)) if start else 0
    )


@dataclass(frozen=True, slots=True)
class Named:
    """A segment by its name, wherever it came from; `at_ms` since 1970; `breaks`: it does not go on from the one
    before."""

    init: str
    name: str
    at_ms: int
    duration_us: int
    breaks: bool


def named(text: str) -> list[Named]:
    """Of any playlist of ours, also one over whose cuts it closes. Raises ValueError."""
    out: list[Named] = []
    init, at_ms, duration_us, breaks = "", 0, 0, False
    for line in text.splitlines():
        if line.startswith("#EXT-X-MAP:URI="):
            init = line.partition('"')[2].rstrip('"')
        elif line.startswith(DATED):
            at_ms = dated(line)
        elif line.startswith("#EXTINF:"):
            duration_us = round(float(line.removeprefix("#EXTINF:").removesuffix(",")) * 1e6)
        elif line == "#EXT-X-DISCONTINUITY":
            breaks = True
        elif line and not line.startswith("#"):
            out.append(Named(init, line, at_ms, duration_us, breaks))
            breaks = False
    return out
