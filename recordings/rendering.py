"""One MP4 file of a recording as it was edited, or of several, one after the other: pictures by a layout, all
microphones together, chapters.

The lead's picture goes in as it was recorded where it is H.264 of one kind throughout; else, and where pictures stand
side by side, it is encoded: 720 lines, at most 25 pictures a second, one only where something has changed. There the
board stands large where no courseware is sent, drawn by `board.py`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import av
from av.video.frame import VideoFrame

from classroom.events import Event, Json
from recordings.board import Board
from recordings.compose import Picture, boxes, column, composed
from recordings.cutting import OnDisk, Stretch, cut
from recordings.decoding import MOST_PIXELS, decoder
from recordings.edits import Span
from recordings.files import TIMESCALES, Floor
from recordings.playlist import init_name
from recordings.sound import AAC, RATE, Layout, layout_of, mixed

FPS = 25
MOST_PICTURES = 4
BOARDED = ("beside", "directed")
"""Layouts in which the board is to be seen."""
STILL_TICKS = 2 * FPS  # after so long a picture is written again
VIDEO, MS = Fraction(1, TIMESCALES["video"]), Fraction(1, 1000)
ENCODER = {"preset": "veryfast", "crf": "23", "threads": "2"}
BIT_RATES: dict[Layout, int] = {"mono": 80_000, "stereo": 128_000}
FLOOR_EVERY_S = 10

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part:
    """Of one lesson. `tracks` as the library lists them, those that are shown; `stage` and `leads`: from when on who
    was on stage, and who led; `chapters`: from when on, and a title; `title` is that of its beginning, where there
    are others. All times in ms of the lesson's clock."""

    directory: str
    tracks: Sequence[Json]
    cuts: Sequence[Span]
    stage: Sequence[tuple[int, list[str]]]
    leads: Sequence[tuple[int, str]]
    chapters: Sequence[tuple[int, str]]
    title: str = ""
    events: Sequence[Json] = ()
    slides: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """`font`: the file of what words on the board are written with."""

    out: str
    layout: str
    title: str
    parts: Sequence[Part]
    font: str = ""

    def json(self) -> Json:
        """Nothing in it is copied: there may be millions of numbers of ink."""
        return _shallow(self) | {"parts": [_shallow(part) for part in self.parts]}


def _shallow(one: Part | Order) -> Json:
    return {of.name: getattr(one, of.name) for of in fields(one)}


@dataclass(frozen=True, slots=True)
class _Track:
    """A stretch from `at_us` to `end_us` of the file."""

    kind: str
    source: str
    participant: str
    codec: str
    stretch: Stretch
    at_us: int

    @property
    def end_us(self) -> int:
        return self.at_us + self.stretch.length_us


class Line:
    """The file's time: the lesson's clock from where the first track begins, without the cuts, after what comes before
    it in the file."""

    def __init__(self, begin_us: int, cuts: Sequence[Span], after_us: int = 0) -> None:
        self._begin_us, self._cuts = begin_us, [(begin * 1000, end * 1000) for begin, end in cuts]
        self._after_us = after_us

    def at(self, lesson_us: int) -> int:
        gone = sum(
            max(0, min(end, lesson_us) - max(begin, self._begin_us))
            for begin, end in self._cuts
            if end > self._begin_us
        )
        return self._after_us + max(0, lesson_us - self._begin_us - gone)


@dataclass(slots=True)
class _Laid:
    """All parts, one after the other; times in µs of the file."""

    tracks: list[_Track] = field(default_factory=list)
    stage: list[tuple[int, list[str]]] = field(default_factory=list)
    leads: list[tuple[int, str]] = field(default_factory=list)
    chapters: dict[int, str] = field(default_factory=dict)
    boards: list[tuple[int, Board | None]] = field(default_factory=list)
    """From when on; None of a part on whose board nothing ever stands."""
    length_us: int = 0

    def add(self, part: Part, font: str) -> None:
        tracks, line = _tracks(part, self.length_us)
        if not tracks:
            return
        begin_us, self.length_us = self.length_us, max(one.end_us for one in tracks)

        def placed(marks: Sequence[tuple[int, T]]) -> list[tuple[int, T]]:
            at = ((line.at(at_ms * 1000), what) for at_ms, what in marks)
            return [one for one in at if one[0] < self.length_us]

        self.tracks += tracks
        self.stage += [(begin_us, []), *placed(part.stage)]
        self.leads += placed(part.leads)
        self.chapters |= placed(part.chapters)
        if part.title:
            self.chapters[begin_us] = part.title
        board = Board([Event(**one) for one in part.events], lambda ms: line.at(ms * 1000), part.slides, font)
        self.boards.append((begin_us, board if board.is_used else None))

    def board(self, at_us: int) -> VideoFrame | None:
        board = next((one for begin_us, one in reversed(self.boards) if begin_us <= at_us), None)
        return board.at(at_us) if board is not None else None


def render(order: Order, floor: Floor, told: Callable[[float], None]) -> None:
    """Writes `out`. Raises OSError, ValueError, av.FFmpegError."""
    laid = _Laid()
    for part in order.parts:
        laid.add(part, order.font)
    if not laid.tracks:
        raise ValueError("nothing of it is left")
    length_us = laid.length_us
    sounds = [(one.at_us * RATE // 1_000_000, one.stretch) for one in laid.tracks if one.kind == "audio"]
    with av.open(order.out, "w", format="mp4", options={"movflags": "+faststart"}) as container:
        container.metadata["title"] = order.title
        pictures = _pictures(container, order.layout, laid)
        layout = layout_of(stretch for _, stretch in sounds)
        sound = container.add_stream("aac", rate=RATE, layout=layout, bit_rate=BIT_RATES[layout], options=AAC)
        container.set_chapters(_chapters(laid))
        ahead = next(pictures, None)
        checked_s = -float(FLOOR_EVERY_S)
        for frame in mixed(sounds, length_us * RATE // 1_000_000, layout):
            now_s = (frame.pts or 0) / RATE
            if now_s - checked_s >= FLOOR_EVERY_S:
                checked_s = now_s
                floor.check(Path(order.out).parent, 0)
            while ahead is not None and ahead[0] <= now_s:
                container.mux(ahead[1])
                ahead = next(pictures, None)
            container.mux(sound.encode(frame))
            told(min(1.0, now_s * 1e6 / max(1, length_us)))
        while ahead is not None:
            container.mux(ahead[1])
            ahead = next(pictures, None)
        container.mux(sound.encode(None))


def _tracks(part: Part, after_us: int) -> tuple[list[_Track], Line]:
    cuts = tuple((begin, end) for begin, end in part.cuts)
    found = []
    for one in part.tracks:
        if one["width"] * one["height"] > MOST_PIXELS:
            continue
        stretch = cut(OnDisk(Path(part.directory) / one["id"]), one["kind"], cuts)
        if stretch.pieces:
            found.append((one, stretch))
    line = Line(min((stretch.pieces[0].start_us for _, stretch in found), default=0), cuts, after_us)
    names = ("kind", "source", "participant", "codec")
    tracks = [
        _Track(**{name: one[name] for name in names}, stretch=stretch, at_us=line.at(stretch.pieces[0].start_us))
        for one, stretch in found
    ]
    return tracks, line


def _chapters(laid: _Laid) -> list[Any]:
    starts = {at_us // 1000: title for at_us, title in laid.chapters.items()}
    begins = sorted(starts)
    ends = [*begins[1:], laid.length_us // 1000][: len(begins)]
    return [
        {"id": number, "start": begin, "end": end, "time_base": MS, "metadata": {"title": starts[begin]}}
        for number, (begin, end) in enumerate(zip(begins, ends, strict=True))
    ]


Packets = Iterator[tuple[float, Any]]  # from when on, in seconds, and what is written then


def _pictures(container: Any, layout: str, laid: _Laid) -> Packets:
    films = [one for one in laid.tracks if one.kind == "video"]
    boarded = layout in BOARDED and any(board is not None for _, board in laid.boards)
    if layout == "sound" or not (films or boarded):
        return iter(())
    chosen = _lead(films)
    if layout == "lead" and _copies(chosen):
        return _copied(container, chosen)
    return _encoded(container, layout, laid, films)


def _lead(films: Sequence[_Track]) -> list[_Track]:
    return [one for one in films if one.source == "camera"] or list(films)


def _copies(films: Sequence[_Track]) -> bool:
    """Whether they follow each other, and can be decoded as one."""
    kinds = {one.stretch.source(init_name(piece.segment.init)) for one in films for piece in one.stretch.pieces}
    ordered = sorted(films, key=lambda one: one.at_us)
    apart = all(one.end_us <= after.at_us for one, after in pairwise(ordered))
    return apart and len(kinds) == 1 and all(one.codec == "H264" for one in films)


def _copied(container: Any, films: Sequence[_Track]) -> Packets:
    first = films[0].stretch
    [like] = av.open(io.BytesIO(first.source(init_name(first.pieces[0].segment.init)))).streams.video
    stream = container.add_stream_from_template(like)

    def packets() -> Packets:
        for film in sorted(films, key=lambda one: one.at_us):
            before = film.at_us * TIMESCALES["video"] // 1_000_000
            for time, sample, _ in film.stretch.frames():
                packet = av.Packet(sample.data)
                packet.time_base, packet.stream, packet.is_keyframe = VIDEO, stream, sample.key
                packet.dts, packet.pts = before + time, before + time + sample.offset
                packet.duration = sample.duration
                yield (before + time) / TIMESCALES["video"], packet

    return packets()


def _encoded(container: Any, layout: str, laid: _Laid, films: list[_Track]) -> Packets:
    stream = container.add_stream("libx264", rate=FPS, options=ENCODER)
    stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"

    def packets() -> Packets:
        playing = {id(film): _Film(film) for film in films}
        before: list[Picture] = []
        written = -STILL_TICKS
        for tick in range(-(-laid.length_us * FPS // 1_000_000)):
            at_us = tick * 1_000_000 // FPS
            there = [one for one in films if one.at_us <= at_us < one.end_us]
            shown = chosen(layout, there, laid.stage, laid.leads, at_us)
            frames = [playing[id(film)].at(at_us) for film in shown]
            board = None
            if layout in BOARDED and not any(one.source == "courseware" for one in there):
                board = laid.board(at_us)
            if board is not None:
                frames.insert(0, board)
            places = column(len(frames)) if board is not None and shown else boxes(len(frames))
            now = [Picture(frame, box) for frame, box in zip(frames, places, strict=False) if frame is not None]
            if now == before and tick - written < STILL_TICKS:
                continue
            before, written = now, tick
            frame = composed(now)
            frame.pts, frame.time_base = tick, Fraction(1, FPS)
            yield at_us / 1e6, stream.encode(frame)
        yield laid.length_us / 1e6, stream.encode(None)

    return packets()


def chosen(
    layout: str,
    standing: Sequence[_Track],
    stage: Sequence[tuple[int, list[str]]],
    leads: Sequence[tuple[int, str]],
    at_us: int,
) -> list[_Track]:
    """Which pictures of those that there are then. Directed: who leads, and who was called on stage."""
    lead = next((person for at, person in reversed(leads) if at <= at_us), None)
    cameras = [one for one in standing if one.source == "camera"]
    cameras.sort(key=lambda one: (one.participant != lead, -one.at_us))
    courseware = [one for one in standing if one.source == "courseware"][-1:]
    match layout:
        case "beside":
            wanted = [*cameras[:1], *courseware]
        case "directed":
            people = next((people for at, people in reversed(stage) if at <= at_us), [])
            guests = [
                one for person in people for one in standing if one.participant == person and one not in cameras[:1]
            ]
            wanted = [*cameras[:1], *(guests or courseware)]
        case _:
            wanted = cameras[:1]
    return (wanted or list(standing[:1]))[:MOST_PICTURES]


class _Film:
    """The pictures of a stretch, one after the other."""

    def __init__(self, track: _Track) -> None:
        self._pictures = _decoded(track)
        self._now: VideoFrame | None = None
        self._next: tuple[int, VideoFrame] | None = None

    def at(self, at_us: int) -> VideoFrame | None:
        """To be asked for later and later times."""
        while True:
            if self._next is None:
                self._next = next(self._pictures, None)
            if self._next is None or self._next[0] > at_us:
                return self._now
            self._now, self._next = self._next[1], None


def _decoded(track: _Track) -> Iterator[tuple[int, VideoFrame]]:
    open_one, known = None, 0
    for time, sample, init in track.stretch.frames():
        if open_one is None or init != known:
            if open_one is not None:
                yield from _placed(track, open_one.decode(None))
            open_one, known = decoder(track.codec, track.stretch.source(init_name(init))), init
        packet = av.Packet(sample.data)
        packet.pts, packet.dts, packet.time_base = time + sample.offset, time, VIDEO
        try:
            frames = open_one.decode(packet)
        except av.FFmpegError:  # a picture that is damaged is left out
            continue
        yield from _placed(track, frames)
    if open_one is not None:
        yield from _placed(track, open_one.decode(None))


def _placed(track: _Track, frames: Sequence[VideoFrame]) -> Iterator[tuple[int, VideoFrame]]:
    for frame in frames:
        yield track.at_us + (frame.pts or 0) * 1_000_000 // TIMESCALES["video"], frame
