"""Recordings one after the other on one line of time (pages/library/laying.ts of the client), run by node as it is."""

from __future__ import annotations

from typing import Any

from tests.unit.web.node import evaluate

LAYING = "pages/library/laying.ts"
KEYS = "pages/library/edit/keyframes.ts"
ORDER = "pages/library/join/order.ts"


def part(lasts_ms: int, *tracks: tuple[int, int], cuts: Any = ()) -> dict[str, Any]:
    made = [{"id": f"t{n}", "start_ms": start, "end_ms": end, "gaps": [[start, start + 1]]}
            for n, (start, end) in enumerate(tracks)]  # fmt: skip
    return {"duration_ms": lasts_ms, "tracks": made, "cuts": list(cuts)}


def test_one_alone_keeps_its_clock() -> None:
    only = part(9_000, (1_000, 8_000), cuts=[[2_000, 3_000]])
    laid = evaluate(LAYING, "m.laid(given)", [only])
    [place] = laid["places"]
    assert (place["offset"], place["from"], place["to"]) == (0, 1_000, 8_000)
    assert (laid["cuts"], laid["durationMs"], place["tracks"]) == ([[2_000, 3_000]], 9_000, only["tracks"])


def test_clocks_are_laid_end_to_end_and_what_is_not_played_is_cut() -> None:
    """The second was recorded from before its lesson's zero; the third is a half of one that was split."""
    parts = [
        part(10_000, (1_000, 9_000), (2_000, 5_000), cuts=[[3_000, 4_000]]),
        part(5_000, (-500, 4_000)),
        part(8_000, (6_000, 8_000), cuts=[[0, 6_000]]),
    ]
    laid = evaluate(LAYING, "m.laid(given)", parts)
    places = laid["places"]
    assert [one["offset"] for one in places] == [0, 10_500, 15_500]
    assert [(one["begin"], one["end"]) for one in places] == [(0, 10_000), (10_000, 15_500), (15_500, 23_500)]
    assert laid["cuts"] == [[0, 1_000], [3_000, 4_000], [9_000, 10_000], [14_500, 21_500]]
    assert [[(one["id"], one["start_ms"], one["end_ms"]) for one in place["tracks"]] for place in places] == [
        [("0~t0", 1_000, 9_000), ("0~t1", 2_000, 5_000)],
        [("1~t0", 10_000, 14_500)],
        [("2~t0", 21_500, 23_500)],
    ]
    assert places[2]["tracks"][0]["gaps"] == [[21_500, 21_501]]
    ask = "given.moments.map((at) => m.placeAt(m.laid(given.parts).places, at))"
    asked = {"parts": parts, "moments": [0, 9_999, 10_000, 15_499, 15_500, 99_999]}
    assert evaluate(LAYING, ask, asked) == [0, 0, 1, 1, 2, 2]


def test_one_of_a_list_goes_up_and_down_as_far_as_there_is_room() -> None:
    ask = "[[0, 1], [2, -1], [1, 9], [1, -9], [7, 1]].map(([i, by]) => m.moved(given, i, by).join(''))"
    assert evaluate(ORDER, ask, ["a", "b", "c"]) == ["bac", "acb", "acb", "bac", "abc"]


def test_a_cut_ends_where_a_picture_begins() -> None:
    playlist = "#EXTM3U\n#EXTINF:4.000000,\nseg-1.m4s\n#EXTINF:3.500000,\nseg-2.m4s\n#EXTINF:2.000000,\nseg-3.m4s\n"
    keys = evaluate(KEYS, "m.keyframes(given, 1000)", playlist)
    assert keys == [1_000, 5_000, 8_500]
    ask = "given.at.map(([at, from]) => m.snapped(given.keys, at, from, 3000))"
    at = [[5_400, 0], [2_000, 1_500], [6_900, 0], [13_000, 0], [1_100, 1_000]]
    assert evaluate(KEYS, ask, {"keys": keys, "at": at}) == [5_000, 5_000, 8_500, 13_000, 1_100]
    assert evaluate(KEYS, "[5000, 5001, 9000].map((at) => m.stands(given, at))", keys) == [0, 3_499, 0]
