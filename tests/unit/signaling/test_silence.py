"""When the client takes its line for dead, and when it tries again: pure, with time and chance as arguments."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.processes import NODE
from tests.unit.signaling.test_connection import CONNECTION


def steps(*taken: tuple[Any, ...]) -> list[Any]:
    modules = [CONNECTION.with_name(name).as_uri() for name in ("silence.ts", "attempts.ts")]
    script = str(Path(__file__).with_name("silence.mjs"))
    done = subprocess.run(
        [NODE, "--disable-warning=ExperimentalWarning", script, *modules, json.dumps(taken)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return list(json.loads(done.stdout))


def looks(until_ms: int, since_ms: int = 0) -> list[tuple[str, int]]:
    return [("look", at) for at in range(since_ms, until_ms + 1, 250)]


def test_a_line_is_dead_after_two_beats_were_missed_and_not_before() -> None:
    assert steps(*looks(2250)) == [0] * 10
    assert steps(*looks(2500))[-1] == 2500
    beating = [step for at in range(1250, 10_000, 1250) for step in (("heard", at), *looks(at + 1000, at))]
    assert not any(steps(*beating))


def test_one_that_is_heard_again_lives() -> None:
    assert steps(*looks(3000), ("heard", 3100), *looks(5250, 3250))[-9:] == [0] * 9


def test_a_hint_makes_it_notice_sooner_but_only_by_silence() -> None:
    assert steps(*looks(500), ("doubt", 500), *looks(1750, 750), ("look", 2000))[-2:] == [0, 2000]
    assert steps(*looks(500), ("doubt", 500), ("heard", 1200), *looks(3250, 750))[-1] == 0


def test_a_page_that_stood_still_reads_what_came_before_it_judges() -> None:
    assert steps(("look", 0), ("look", 60_000), ("heard", 60_100), ("look", 60_250)) == [0, 0, None, 0]
    assert steps(("look", 0), ("look", 60_000), ("look", 60_250), ("look", 60_500)) == [0, 0, 0, 60_500]


def test_a_server_that_says_no_is_asked_ever_more_rarely() -> None:
    assert steps(*[("answered", 0.0)] * 5) == [250, 500, 1000, 2000, 2000]
    assert steps(*[("answered", 1.0)] * 5) == [500, 1000, 2000, 4000, 4000]
    assert steps(("answered", 0.0), ("answered", 0.0), ("reset",), ("answered", 0.0))[-1] == 250


def test_a_dead_line_is_tried_soon_and_with_growing_patience() -> None:
    first, *later = steps(("patience",), ("opened", 100), ("patience",), *[("unheard", 0.5), ("patience",)] * 4)
    assert first == 10_000  # nobody knows yet what an opening takes here
    assert later == [None, 2000, 250, 4000, 250, 8000, 250, 10_000, 250, 10_000]
    assert steps(("opened", 1500), ("patience",))[-1] == 4500
    assert steps(("ask", 0.0), ("ask", 0.5)) == [720, 900]
