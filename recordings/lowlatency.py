"""Low-latency HLS (draft-pantos-hls-rfc8216bis) of a recording that grows, for pages and foreign players.

Pure. A part has an address of its own (`part-N-K.m4s`, the K-th fragment of segment N) and is not a byte range of a
file that grows: every cache can keep it, and none can keep half of a segment.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from recordings.growing import Part, Stretch
from recordings.playlist import DATE, EPOCH, LEAST_TARGET_S, Segment, init_name, segment_name

PART_S = 0.9  # fragments end with the first frame after 0.8 s (`segmenter.FRAGMENT_US`)
WITH_PARTS = 4  # §4.4.4.9: parts are listed of what is not further than three target durations from the end
SKIP_TARGETS = 6  # §4.4.3.8: CAN-SKIP-UNTIL is at least six target durations
AHEAD = 2  # §6.2.5.2: a media sequence number further ahead than this is refused
FIRST = 1  # media sequence number, as of the files: hls.js forgets that it has the parts of a segment with the number 0
GAP_US = 4_000_000
GAP_LEAST_US = 100_000

Shows = Callable[[int, int], bool]
"""Whether the one who asks may see this stretch of time, from and to in µs of the lesson's clock."""


@dataclass(frozen=True, slots=True)
class Item:
    """A segment in a playlist, below `folder`; a gap where that is not to be seen, or nothing was recorded."""

    folder: str
    segment: Segment
    parts: Sequence[Part]
    visible: bool


@dataclass(frozen=True, slots=True)
class Rendition:
    """What a media playlist lists. `growing`: the segment that is being written, of which only parts count."""

    items: Sequence[Item]
    growing: Item | None
    part_us: int

    @property
    def target_s(self) -> int:
        return max([LEAST_TARGET_S, *(math.ceil(item.segment.duration_us / 1e6) for item in self.items)])


@dataclass(frozen=True, slots=True)
class Asked:
    """`_HLS_msn` and `_HLS_part` (§6.2.5): the playlist that has this, or what comes after it."""

    msn: int
    part: int | None = None


def part_name(segment: int, part: int) -> str:
    return f"part-{segment}-{part}.m4s"


def of_stretch(stretch: Stretch, shows: Shows) -> Rendition:
    items = [
        _item(stretch, segment, "", visible=shows(segment.start_us, segment.end_us)) for segment in stretch.segments
    ]
    return Rendition(items, _growing(stretch, shows, ""), stretch.longest_us)


def _item(stretch: Stretch, segment: Segment, folder: str, *, visible: bool) -> Item:
    return Item(folder, segment, stretch.parts.get(segment.number, ()), visible)


def _growing(stretch: Stretch, shows: Shows, folder: str) -> Item | None:
    if stretch.ended:
        return None
    parts = stretch.parts.get(stretch.growing, ())
    start_us = parts[0].start_us if parts else 0
    visible = not parts or shows(start_us, parts[0].end_us)
    return _item(stretch, Segment(stretch.growing, stretch.init, start_us, 0), folder, visible=visible)


class Joined:
    """One source of the lesson, from stretch to stretch: where two have the same time, that which is listed already
    goes on while it can be seen. What is not to be seen is left out, time with nothing in it is gaps; the list only
    grows."""

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._taken: dict[str, int] = {}  # how many of a stretch's segments were looked at
        self._current: str | None = None

    def follow(self, stretches: Sequence[tuple[Stretch, Shows]], *, over: bool) -> Rendition:
        """By order of their beginning. `over`: nothing more will come."""
        by_folder = {stretch.entry.folder: (stretch, shows) for stretch, shows in stretches}
        if self._current is not None:
            self._take(*by_folder[self._current])
        while self._current is None or not _goes_on(*by_folder[self._current]):
            more = (folder for folder, (stretch, shows) in by_folder.items() if self._has_more(stretch, shows))
            following = next(more, None)
            if following is None:
                break
            self._current = following
            self._take(*by_folder[following])
        growing = None if over else Item("", Segment(0, 0, 0, 0), (), visible=True)
        if self._current is not None and _goes_on(*by_folder[self._current]):
            growing = _growing(*by_folder[self._current], f"{self._current}/")
        return Rendition(tuple(self._items), growing, max((one.longest_us for one, _ in stretches), default=0))

    def _take(self, stretch: Stretch, shows: Shows) -> None:
        folder = f"{stretch.entry.folder}/"
        for segment in stretch.segments[self._taken.get(stretch.entry.folder, 0) :]:
            if self._follows(segment, shows):
                end_us = self._items[-1].segment.end_us if self._items else segment.start_us
                self._items += _gaps(end_us, segment.start_us)
                self._items.append(_item(stretch, segment, folder, visible=True))
        self._taken[stretch.entry.folder] = len(stretch.segments)

    def _has_more(self, stretch: Stretch, shows: Shows) -> bool:
        new = stretch.segments[self._taken.get(stretch.entry.folder, 0) :]
        begun = bool(stretch.parts.get(stretch.growing)) and _goes_on(stretch, shows)
        return begun or any(self._follows(segment, shows) for segment in new)

    def _follows(self, segment: Segment, shows: Shows) -> bool:
        after = not self._items or segment.start_us >= self._items[-1].segment.end_us - 1000
        return after and shows(segment.start_us, segment.end_us)


def _goes_on(stretch: Stretch, shows: Shows) -> bool:
    growing = _growing(stretch, shows, "")
    return growing is not None and growing.visible


def _gaps(end_us: int, start_us: int) -> list[Item]:
    if start_us - end_us < GAP_LEAST_US:
        return []
    starts = range(end_us, start_us, GAP_US)
    return [Item("", Segment(0, 0, at, min(GAP_US, start_us - at)), (), visible=False) for at in starts]


def has(rendition: Rendition, asked: Asked) -> bool:
    """§6.2.5.2. A part past the last of its segment is the first of the next."""
    index = asked.msn - FIRST
    if rendition.growing is None or index < len(rendition.items):
        return True
    if asked.part is None or index > len(rendition.items):
        return False
    return len(rendition.growing.parts) > asked.part


def is_silly(rendition: Rendition, asked: Asked) -> bool:
    return asked.msn - FIRST > len(rendition.items) + AHEAD


def render(rendition: Rendition, epoch_ms: int, *, delta: bool = False) -> str:
    """`epoch_ms` is the wall clock at the lesson's zero. `delta`: without what was listed long ago (§6.2.5.1)."""
    growing, items, target = rendition.growing, rendition.items, rendition.target_s
    part_s = max(PART_S, rendition.part_us / 1e6)
    until_s = SKIP_TARGETS * target
    skipped = _skipped(items, until_s) if delta and growing is not None else 0
    lines = ["#EXTM3U", "#EXT-X-VERSION:9", f"#EXT-X-TARGETDURATION:{target}"]
    if growing is not None:
        control = f"CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={3 * part_s:.3f},CAN-SKIP-UNTIL={until_s}.0"
        lines += [f"#EXT-X-SERVER-CONTROL:{control}", f"#EXT-X-PART-INF:PART-TARGET={part_s:.3f}"]
    lines += [f"#EXT-X-MEDIA-SEQUENCE:{FIRST}", f"#EXT-X-PLAYLIST-TYPE:{'VOD' if growing is None else 'EVENT'}"]
    lines += ["#EXT-X-INDEPENDENT-SEGMENTS"]
    init: tuple[str, int] | None = None
    if skipped:
        lines.append(f"#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}")
        init = next(((one.folder, one.segment.init) for one in items[skipped - 1 :: -1] if one.segment.init), None)
    recent = len(items) if growing is None else len(items) - WITH_PARTS
    for index, item in enumerate(items[skipped:], skipped):
        lines += _head(item, init, epoch_ms)
        init = (item.folder, item.segment.init) if item.segment.init else init
        lines += _parts(item) if index >= recent else []
        lines += [] if item.visible else ["#EXT-X-GAP"]
        name = item.folder + segment_name(item.segment.number) if item.segment.number else "gap"
        lines += [f"#EXTINF:{item.segment.duration_us / 1e6:.6f},", name]
    if growing is None:
        lines.append("#EXT-X-ENDLIST")
    elif growing.segment.number:
        if growing.parts:
            lines += [*_head(growing, init, epoch_ms), *_parts(growing)]
        name = growing.folder + part_name(growing.segment.number, len(growing.parts))
        lines.append(f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{name}"')
    return "\n".join(lines) + "\n"


def _head(item: Item, init: tuple[str, int] | None, epoch_ms: int) -> list[str]:
    """Times are the lesson's and go on over everything; in `Joined`, whose stretches other renditions do not have in
    the same places, nothing is a discontinuity."""
    lines = []
    if item.segment.init and (item.folder, item.segment.init) != init:
        lines += ["#EXT-X-DISCONTINUITY"] if init is not None and not item.folder else []
        lines.append(f'#EXT-X-MAP:URI="{item.folder}{init_name(item.segment.init)}"')
    moment = EPOCH + timedelta(microseconds=epoch_ms * 1000 + item.segment.start_us)
    return [*lines, f"{DATE}{moment.isoformat(timespec='milliseconds')}"]


def _parts(item: Item) -> list[str]:
    return [
        f'#EXT-X-PART:DURATION={part.duration_us / 1e6:.6f},URI="{item.folder}{part_name(item.segment.number, index)}"'
        + (",INDEPENDENT=YES" if part.key else "")
        + ("" if item.visible else ",GAP=YES")
        for index, part in enumerate(item.parts)
    ]


def _skipped(items: Sequence[Item], until_s: float) -> int:
    """How many lie further back than that from the end, and may be left out; none if that would save nothing."""
    left_us = until_s * 1e6
    for index in range(len(items) - 1, -1, -1):
        left_us -= items[index].segment.duration_us
        if left_us < 0:
            return index
    return 0


@dataclass(frozen=True, slots=True)
class Picture:
    """A video rendition for `multivariant`, by the name of its playlist."""

    name: str
    codec: str
    width: int
    height: int
    bits: int  # a second, at most


def multivariant(pictures: Sequence[Picture], sound: str | None) -> str:
    """§4.4.6. The first picture is the one to see; the others are its alternatives and not worse copies of it, between
    which a player would choose by its line. `sound`: the codec of `mic`'s playlist, if there is one."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:9", "#EXT-X-INDEPENDENT-SEGMENTS"]
    groups = ""
    if sound is not None:
        lines.append('#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="mic",DEFAULT=YES,AUTOSELECT=YES,URI="mic.m3u8"')
        groups += ',AUDIO="sound"'
    if len(pictures) > 1:
        for index, one in enumerate(pictures):
            which = "DEFAULT=YES,AUTOSELECT=YES" if index == 0 else f'DEFAULT=NO,URI="{one.name}.m3u8"'
            lines.append(f'#EXT-X-MEDIA:TYPE=VIDEO,GROUP-ID="pictures",NAME="{one.name}",{which}')
        groups += ',VIDEO="pictures"'
    for one in pictures[:1]:
        codecs = ",".join([one.codec, *([] if sound is None else [sound])])
        size = f"RESOLUTION={one.width}x{one.height}"
        lines += [f'#EXT-X-STREAM-INF:BANDWIDTH={one.bits},CODECS="{codecs}",{size}{groups}', f"{one.name}.m3u8"]
    if not pictures and sound is not None:
        lines += [f'#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="{sound}"{groups}', "mic.m3u8"]
    return "\n".join(lines) + "\n"
