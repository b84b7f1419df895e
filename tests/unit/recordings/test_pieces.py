"""What is left of a stretch after cuts: every frame that may be seen, and none that may not."""

from __future__ import annotations

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from recordings.codecs.opus import CONFIG
from recordings.edits import Span, joined
from recordings.mp4 import Sample, fragment, init_segment, samples
from recordings.pieces import Timed, pieces, trimmed
from recordings.playlist import Segment, render, segments

SCALE = 90_000
US = SCALE // 1000  # ticks a millisecond


def frames(lengths_ms: list[list[int]], start_ms: int, sound: bool) -> dict[int, list[Timed]]:
    """Segment → frames of so many ms; of pictures the first of a segment is a keyframe, and some others."""
    out, time, number = {}, start_ms * US, 0
    for index, lengths in enumerate(lengths_ms):
        inside = []
        for place, length in enumerate(lengths):
            key = sound or place == 0 or length % 7 == 0
            inside.append((time, Sample(length * US, 0, key, b"%d" % number)))
            time, number = time + length * US, number + 1
        out[index + 1] = inside
    return out


def listed(read: dict[int, list[Timed]]) -> list[Segment]:
    out = []
    for number, inside in read.items():
        start, end = inside[0][0], inside[-1][0] + inside[-1][1].duration
        out.append(Segment(number, 1, start * 1000 // US, (end - start) * 1000 // US))
    return out


LENGTHS = st.lists(st.lists(st.integers(5, 60), min_size=1, max_size=12), min_size=1, max_size=8)
CUTS = st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 800)).map(lambda one: (one[0], sum(one))), max_size=6)


@given(LENGTHS, st.integers(0, 500), st.booleans(), CUTS.map(joined))
def test_every_frame_that_may_be_seen_is_there_and_none_of_what_was_cut_out(
    lengths: list[list[int]], start_ms: int, sound: bool, cuts: tuple[Span, ...]
) -> None:
    read = frames(lengths, start_ms, sound)
    left = pieces(listed(read), cuts, SCALE, sound, lambda segment: read[segment.number])
    out: list[tuple[int, Sample, int]] = []
    for piece in left:
        kept = read[piece.segment.number] if piece.whole else trimmed(read[piece.segment.number], piece, SCALE, sound)
        assert kept
        if piece.fresh or not piece.whole:
            assert kept[0][0] == piece.start_us * US // 1000, "it begins where it is said to"
        assert sum(one.duration for _, one in kept) == (piece.end_us - piece.start_us) * US // 1000, "and fills it"
        assert [time for time, _ in kept] == list(
            accumulate((one.duration for _, one in kept[:-1]), initial=kept[0][0])
        ), "without a hole"
        assert not piece.fresh or kept[0][1].key, "from a keyframe on"
        out += [(time, one, piece.start_us) for time, one in kept]
    whole = [pair for inside in read.values() for pair in inside]
    wanted = expected(whole, cuts, sound)
    assert [one.data for _, one, _ in out] == wanted

    # What comes after a cut stands where it stood, but for the cut.
    begin = left[0].start_us if left else 0
    times = {one.data: time for time, one in whole}
    at_us = begin
    for piece in left:
        inside = read[piece.segment.number]
        for time, one in (inside if piece.whole else trimmed(inside, piece, SCALE, sound))[1:]:
            moment_us = times[one.data] * 1000 // US
            gone_us = sum(max(0, min(end * 1000, moment_us) - max(from_ * 1000, begin)) for from_, end in cuts)
            assert abs(at_us + time * 1000 // US - piece.start_us - (moment_us - gone_us)) <= 1
        at_us += piece.end_us - piece.start_us


def expected(whole: list[Timed], cuts: tuple[Span, ...], sound: bool) -> list[bytes]:
    out, broken = [], False
    for time, one in whole:
        start_ms, end_ms = time / US, (time + one.duration) / US
        if any(begin < (end_ms if sound else start_ms + 1e-9) and start_ms < end for begin, end in cuts):
            broken = not sound
            continue
        skipped = any(begin < end_ms and start_ms < end for begin, end in cuts)
        broken = broken and not one.key
        if not broken:
            out.append(one.data)
        broken = broken or (skipped and not sound)
    return out


def test_a_playlist_is_read_back_to_the_microsecond() -> None:
    made = [Segment(3, 1, 1_234_567, 4_000_011), Segment(4, 2, 5_234_578, 3_999_999)]
    assert segments(render(made, 1_800_000_000_000, ended=True), 1_234_567) == made


def test_a_segment_is_read_back() -> None:
    assert init_segment(CONFIG, 48_000)
    one, other = Sample(960, 0, True, b"first"), Sample(961, -5, False, b"second")
    read = samples(fragment(1, 77, [one, other]) + fragment(2, 1998, [one]))
    assert read == [(77, one), (1037, other), (1998, one)]
