"""What is left of a stretch when something was cut out of it, without decoding anything. Pure.

Sound is cut between frames. Pictures go on until the cut begins, and after it from the next keyframe on, for what lies
between cannot be shown without what was cut. A piece fills its place to the tick: its first frame begins with it (a
picture stands still until the next), its last frame lasts to its end. So all tracks close up over a cut alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from recordings.edits import Span
from recordings.mp4 import Sample
from recordings.playlist import Segment, segment_name

LAG_US = 1_000_000
"""Pictures are shown so much after they are decoded at most; by the latter a segment has its times."""

Timed = tuple[int, Sample]  # decoding time, in the timescale


@dataclass(frozen=True, slots=True)
class Piece:
    """Of a segment, in µs of the lesson's clock: it holds what lies from `from_us` to `until_us` (None: to the
    segment's end), and lasts from `start_us` to `end_us`. It starts earlier where there was nothing to show before it.
    `fresh`: what was before it in the stretch was cut out."""

    segment: Segment
    start_us: int
    from_us: int
    until_us: int | None
    end_us: int
    fresh: bool
    whole: bool = False

    @property
    def name(self) -> str:
        number = self.segment.number
        return segment_name(number) if self.whole else f"seg-{number}-{self.start_us}-{self.end_us}.m4s"


def pieces(
    segments: Sequence[Segment],
    cuts: Sequence[Span],
    scale: int,
    sound: bool,
    samples: Callable[[Segment], list[Timed]],
) -> list[Piece]:
    """`cuts` in ms, in order and apart. `samples` reads a segment, and is asked for those that a cut touches alone."""
    spans = [(begin * 1000, end * 1000) for begin, end in cuts]
    out: list[Piece] = []
    fresh, lead_us = False, 0
    for segment in segments:
        near = [(b, e) for b, e in spans if b < segment.end_us + LAG_US and segment.start_us < e]
        if any(begin <= segment.start_us and segment.end_us <= end for begin, end in near):
            fresh = True
            continue
        if not near and not lead_us:
            start_us, end_us = segment.start_us, segment.end_us
            out.append(Piece(segment, start_us, start_us, None, end_us, fresh, whole=True))
            fresh = False
            continue
        inside = samples(segment)
        at_us = segment.start_us
        for begin_us, end_us in [*near, (None, segment.end_us)]:
            stop_us = segment.end_us if begin_us is None else min(begin_us, segment.end_us)
            if at_us < stop_us:
                piece = Piece(segment, at_us - lead_us, at_us, begin_us, stop_us, fresh)
                kept = trimmed(inside, piece, scale, sound)
                if kept:
                    out.append(replace(piece, whole=kept == inside))
                    fresh, lead_us = False, 0
                elif out:
                    lead_us += stop_us - at_us
            fresh = fresh or (begin_us is not None and begin_us < segment.end_us)
            at_us = max(at_us, end_us)
    return out


def trimmed(samples: Sequence[Timed], piece: Piece, scale: int, sound: bool) -> list[Timed]:
    """The frames of the segment that the piece holds, timed to fill it; none if there are none."""
    kept = list(samples)
    if piece.fresh:
        begin = -(-piece.from_us * scale // 1_000_000)
        first = next((i for i, (time, one) in enumerate(kept) if one.key and _within(time, one, begin)), len(kept))
        shown = sum((kept[first][0], kept[first][1].offset)) if first < len(kept) else 0
        # Pictures that are shown before it lean on what was cut out.
        kept = [(time, one) for time, one in kept[first:] if time + one.offset >= shown]
    if piece.until_us is not None:
        end = piece.until_us * scale // 1_000_000
        kept = kept[: next((i for i, (time, one) in enumerate(kept) if not _before(time, one, end, sound)), len(kept))]
    if not kept:
        return []
    begin, end = (us * scale // 1_000_000 for us in (piece.start_us, piece.end_us))
    times = [begin if piece.fresh else kept[0][0], *(time for time, _ in kept[1:])]
    if kept[-1][0] == samples[-1][0] and piece.end_us == piece.segment.end_us:
        times.append(kept[-1][0] + kept[-1][1].duration)
    else:
        times.append(max(end, times[-1] + 1))
    return [
        (time, replace(one, duration=after - time))
        for time, after, (_, one) in zip(times, times[1:], kept, strict=False)
    ]


def _within(time: int, sample: Sample, begin: int) -> bool:
    return time >= begin and time + sample.offset >= begin


def _before(time: int, sample: Sample, end: int, sound: bool) -> bool:
    """A frame of sound wholly, a picture if it is shown before."""
    return time + sample.duration <= end if sound else time < end and time + sample.offset < end
