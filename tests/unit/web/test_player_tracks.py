"""The player's choice among a recording's tracks (web/client/src/media/tracks.ts), run by node as it stands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

TRACKS = Path(__file__).parents[3] / "web/client/src/media/tracks.ts"
MOMENTS = Path(__file__).parents[3] / "web/client/src/pages/teach/moments.ts"
SCRIPT = """
const {[process.argv[3]]: choose} = await import(process.argv[1]);
const {tracks, moments} = JSON.parse(process.argv[2]);
console.log(JSON.stringify(moments.map((at) => choose(tracks, at).map(({id}) => id))));
"""
READ = """
const {millis} = await import(process.argv[1]);
console.log(JSON.stringify(JSON.parse(process.argv[2]).map(millis)));
"""


def run(script: str, *arguments: str) -> Any:
    node = Path(sys.executable).with_name("node")
    command = [str(node), "--no-warnings", "--input-type=module", "-e", script, *arguments]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout)


def standing(tracks: list[dict[str, Any]], moments: list[int], choose: str = "standing") -> list[list[str]]:
    return list(run(SCRIPT, TRACKS.as_uri(), json.dumps({"tracks": tracks, "moments": moments}), choose))


def track(name: str, start_ms: int, end_ms: int, kind: str = "video", participant: str = "lead") -> dict[str, Any]:
    source = "camera" if kind == "video" else "mic"
    found = {"id": name, "participant": participant, "source": source, "kind": kind}
    return {**found, "start_ms": start_ms, "end_ms": end_ms}


def test_of_a_source_recorded_in_stretches_one_is_shown_and_the_last_picture_stays() -> None:
    stretches = [track("b", 5000, 9000), track("a", 1000, 4000)]
    assert standing(stretches, [0, 1000, 3999, 4500, 5000, 9500]) == [["a"], ["a"], ["a"], ["a"], ["b"], ["b"]]


def test_two_peoples_pictures_stand_side_by_side_while_both_are_there() -> None:
    both = [track("a", 0, 4000), track("b", 2000, 6000, participant="other")]
    assert standing(both, [1000, 3000, 5000]) == [["a"], ["a", "b"], ["b"]]


def test_where_no_voice_was_recorded_none_is_heard() -> None:
    voices = [track("a", 1000, 2000, "audio"), track("b", 3000, 4000, "audio")]
    assert standing(voices, [500, 1500, 2500, 3500]) == [[], ["a"], [], ["b"]]


def test_a_class_sees_one_picture_and_hears_who_taught() -> None:
    tracks = [
        track("face", 0, 9000),
        track("voice", 500, 9000, "audio"),
        {**track("screen", 2000, 4000, participant="encoder"), "source": "courseware"},
        track("child", 0, 9000, "audio", "anna"),
        {**track("room", 0, 9000, participant="display"), "source": "room"},
    ]
    assert standing(tracks, [0], "ofClass") == [["face", "screen", "voice"]]
    shown = [one for one in tracks if one["id"] in ("face", "screen", "voice")]
    moments = [0, 1000, 3000, 5000, 9500]
    wanted = [["face"], ["face", "voice"], ["screen", "voice"], ["face", "voice"], ["face"]]
    assert standing(shown, moments, "forClass") == wanted


def test_a_place_is_written_in_many_ways() -> None:
    good = {"75": 75_000, "1:15": 75_000, " 0:01:15 ": 75_000, "1：15": 75_000, "1:00:00": 3_600_000, "0": 0}
    wrong = ["", "x", "1:", ":5", "-1", "1.5", "1:2:3:4", "1 2"]
    found = run(READ, MOMENTS.as_uri(), json.dumps([*good, *wrong]))
    assert found == [*good.values(), *[None] * len(wrong)]
