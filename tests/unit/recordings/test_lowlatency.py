"""Playlists that grow: what is skipped, what two stretches are together, and what the reader of files believes."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from recordings.files import Entry
from recordings.growing import Growing, Part, Stretch
from recordings.lowlatency import Asked, Joined, has, is_silly, of_stretch, render
from recordings.playlist import Segment, read
from recordings.playlist import render as rendered
from tests.unit.recordings.harness import EPOCH_MS, Desk, paced
from tests.unit.recordings.streams import Sender, encode

S = 1_000_000


def stretch(folder: str, start_s: float, segments: int, parts: int = 0, ended: bool = False) -> Stretch:
    """Of segments of four seconds and parts of 0.8."""
    entry = Entry(folder, "t", "p", "camera", "video", "H264", "", 640, 360, round(start_s * 1000))
    listed = [Segment(n + 1, 1, round((start_s + 4 * n) * S), 4 * S) for n in range(segments)]
    at = round((start_s + 4 * segments) * S)
    growing = [Part(100 * n, 100, at + n * 800_000, 800_000, n == 0) for n in range(parts)]
    return Stretch(entry, listed, {segments + 1: growing} if parts else {}, ended, init=1, longest_us=800_000)


def always(_: int, __: int) -> bool:
    return True


def names(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_a_delta_and_what_was_known_are_the_whole() -> None:
    whole = render(of_stretch(stretch("a", 0, 100, 3), always), EPOCH_MS)
    delta = render(of_stretch(stretch("a", 0, 100, 3), always), EPOCH_MS, delta=True)
    [skipped] = map(int, re.findall(r"SKIPPED-SEGMENTS=(\d+)", delta))
    [until_s] = map(float, re.findall(r"CAN-SKIP-UNTIL=([0-9.]+)", whole))
    assert skipped == 99 - until_s / 4
    assert names(whole)[:skipped] + names(delta) == names(whole)
    assert delta.partition("SKIPPED-SEGMENTS")[2].count("\n") < 60
    assert "EXT-X-MAP" not in delta  # it is the one that was in force
    few = of_stretch(stretch("a", 0, 8, 3), always)
    assert render(few, EPOCH_MS, delta=True) == render(few, EPOCH_MS)


def test_what_is_waited_for_is_there_or_is_not_or_is_silly() -> None:
    one = of_stretch(stretch("a", 0, 3, 2), always)
    there = [Asked(0), Asked(1), Asked(3), Asked(3, 99), Asked(4, 0), Asked(4, 1)]
    awaited = [Asked(4), Asked(4, 2), Asked(4, 9), Asked(5), Asked(5, 0), Asked(6)]
    assert [has(one, asked) for asked in (*there, *awaited)] == [True] * 6 + [False] * 6
    assert [is_silly(one, asked) for asked in (*there, *awaited, Asked(7))] == [False] * 12 + [True]
    over = of_stretch(stretch("a", 0, 3, ended=True), always)
    assert has(over, Asked(4))
    assert render(over, EPOCH_MS).endswith("#EXT-X-ENDLIST\n")


def test_stretches_follow_each_other_and_the_list_only_grows() -> None:
    joined = Joined()
    first, second = stretch("a", 0, 2, 1), stretch("b", 6, 2, 1)
    texts = [render(joined.follow([(first, always), (second, always)], over=False), EPOCH_MS)]
    assert names(texts[0]) == ["a/seg-1.m4s", "a/seg-2.m4s"]  # the other waits while this one goes on
    assert '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="a/part-3-1.m4s"' in texts[0]
    first = stretch("a", 0, 3, ended=True)
    second = stretch("b", 6, 4, 2)
    texts.append(render(joined.follow([(first, always), (second, always)], over=False), EPOCH_MS))
    assert names(texts[1]) == ["a/seg-1.m4s", "a/seg-2.m4s", "a/seg-3.m4s", "gap", "b/seg-3.m4s", "b/seg-4.m4s"]
    assert '#EXT-X-MAP:URI="b/init-1.mp4"' in texts[1]
    assert "DISCONTINUITY" not in texts[1]
    starts = [one.segment.start_us for one in joined.follow([(first, always), (second, always)], over=False).items]
    ends = [at + (2 * S if n == 3 else 4 * S) for n, at in enumerate(starts)]
    assert starts[1:] == ends[:-1]  # players count by lengths: they must reach exactly so far
    second = stretch("b", 6, 4, ended=True)
    texts.append(render(joined.follow([(first, always), (second, always)], over=False), EPOCH_MS))
    assert "ENDLIST" not in texts[2]
    assert "PRELOAD" not in texts[2]
    texts.append(render(joined.follow([(first, always), (second, always)], over=True), EPOCH_MS))
    assert texts[3].endswith("#EXT-X-ENDLIST\n")
    for before, after in itertools.pairwise(texts):
        assert names(after)[: len(names(before))] == names(before)


def test_who_leads_no_more_makes_room_for_who_leads_now() -> None:
    joined = Joined()
    first, second = stretch("a", 0, 4, 2), stretch("b", 1, 4, 2)

    def until_8_s(_: int, end_us: int) -> bool:
        return end_us <= 8 * S

    def from_8_s(start_us: int, _: int) -> bool:
        return start_us >= 8 * S

    made = joined.follow([(first, until_8_s), (second, from_8_s)], over=False)
    assert names(render(made, EPOCH_MS)) == ["a/seg-1.m4s", "a/seg-2.m4s", "gap", "b/seg-3.m4s", "b/seg-4.m4s"]
    assert made.growing is not None
    assert made.growing.folder == "b/"


def test_a_playlist_of_ours_is_read_back() -> None:
    segments = [Segment(n + 1, 1 + n // 3, n * 4_004_000 + 20_000, 4_004_000) for n in range(7)]
    text = rendered(segments, EPOCH_MS, ended=False)
    assert read(text, EPOCH_MS) == segments
    assert read(text, EPOCH_MS, 5) == segments[5:]
    with pytest.raises(ValueError, match=r".*"):
        read(text.replace("EXTINF", "EXTRA"), EPOCH_MS)


@pytest.mark.parametrize("torn", [1, 30, 500])
def test_of_a_file_that_is_being_written_what_is_whole_counts(tmp_path: Path, torn: int) -> None:
    """Looked at after every byte count that a write may have come to."""
    desk, sender = Desk(tmp_path / "lesson"), Sender("H264")
    track = desk.track(sender)
    desk.feed(track, sender, list(paced(sender, encode("H264", 210))))
    [entry] = desk.folder.entries
    growing = Growing(tmp_path / "lesson")
    assert growing.look()
    assert not growing.look()
    [known] = growing.stretches.values()
    path = tmp_path / "lesson" / entry.folder / "seg-2.m4s"
    content, before = path.read_bytes(), list(known.parts[2])
    with path.open("ab") as file:
        file.write(content[:torn])
        file.flush()
        assert not growing.look()
        file.write(content[torn : before[0].size])
    assert growing.look()
    assert [part.offset for part in known.parts[2]][-1] == len(content)
    path.write_bytes(content)
    track.finish()
    assert growing.look()
    assert known.ended
