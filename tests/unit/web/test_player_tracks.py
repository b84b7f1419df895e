"""The player's choice among a recording's tracks (web/client/src/pages/library/tracks.ts), run by node as it stands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

TRACKS = Path(__file__).parents[3] / "web/client/src/pages/library/tracks.ts"
SCRIPT = """
const {standing} = await import(process.argv[1]);
const {tracks, moments} = JSON.parse(process.argv[2]);
console.log(JSON.stringify(moments.map((at) => standing(tracks, at).map(({id}) => id))));
"""


def standing(tracks: list[dict[str, Any]], moments: list[int]) -> list[list[str]]:
    node = Path(sys.executable).with_name("node")
    asked = json.dumps({"tracks": tracks, "moments": moments})
    done = subprocess.run(
        [str(node), "--no-warnings", "--input-type=module", "-e", SCRIPT, TRACKS.as_uri(), asked],
        capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    return list(json.loads(done.stdout))


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
