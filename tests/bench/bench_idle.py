"""What a hundred subscribers cost who are there while nobody sends: CPU, and memory.

`percent_of_core` is the worker's user and system time over `seconds`: what is left are consent checks, one a subscriber
every five seconds (RFC 7675), and the supervisor's heartbeat. `rss_kb_per_subscriber` is what each of them added to the
worker's memory. TONGKE_BENCH_IDLE_S shortens a run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.bench import bench_forward, network, session

SUBSCRIBERS = 100
FIRST = 5  # who join before memory is looked at: what is made once for all is made then
IDLE_S = 60.0


def run() -> Iterator[dict[str, Any]]:
    with network.joined() as net, session.of("tongke", net, SUBSCRIBERS, publish=False) as one:
        one.load.ask("subscribe", count=FIRST)
        before_kb = one.load.ask("rss")["rss_kb"]
        one.load.ask("subscribe", count=SUBSCRIBERS - FIRST)
        figures = one.load.ask("idle", seconds=bench_forward.seconds("IDLE_S", IDLE_S))
        added_kb = one.load.ask("rss")["rss_kb"] - before_kb
        yield {
            "subscribers": SUBSCRIBERS,
            **figures,
            "rss_kb_per_subscriber": round(added_kb / (SUBSCRIBERS - FIRST), 1),
            "network": net.name,
        }
