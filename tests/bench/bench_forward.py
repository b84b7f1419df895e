"""CPU a forwarded packet, delay added, loss and memory, of Tongke and of its peers on the same load in the same run.

The load is a captured Chromium stream (tests/bench/trace.py) as libwebrtc paces it, or each frame at once, and 50 audio
packets a second; its clients are real ones (tests/bench/load) on another core than the server. TONGKE_BENCH_SYSTEMS,
TONGKE_BENCH_SUBSCRIBERS (both with commas) and TONGKE_BENCH_SECONDS (of a window) shorten a run.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from typing import Any

from tests.bench import cores, floor, loads, network, session, systems
from tests.bench.network import Network

PACINGS = ("paced", "burst")
SUBSCRIBERS = (1, 3, 10, 30, 100)
WINDOW_S = 5.0
FILL_S = 4.0  # until the server's cache of packets is as large as it gets
DELAYS = ("delay_ms_p50", "delay_ms_p99", "audio_delay_ms_p99")


def chosen(name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    given = os.environ.get(f"TONGKE_BENCH_{name}", "")
    return tuple(given.split(",")) if given else default


def seconds(name: str, default: float) -> float:
    return float(os.environ.get(f"TONGKE_BENCH_{name}", default))


def run() -> Iterator[dict[str, Any]]:
    counts = [int(text) for text in chosen("SUBSCRIBERS", tuple(map(str, SUBSCRIBERS)))]
    names, skipped = systems.prepared(chosen("SYSTEMS", systems.ALL))
    yield from ({"system": name, "skipped": why} for name, why in skipped.items())
    with network.joined() as net:
        where = {"network": net.name}
        direct = {pacing: without_server(net, pacing) for pacing in PACINGS}
        for pacing in PACINGS:
            yield {"system": "none", "pacing": pacing, **direct[pacing], **where}
        yield from ({"system": "floor", **line, **where} for line in floor.lines(net, window_s()))
        for name in names:
            try:
                for line in lines(name, net, counts, direct):
                    yield {"system": name, **line, **where}
            except (systems.Skipped, loads.Failed) as failed:
                yield {"system": name, "skipped": str(failed)}


def window_s() -> float:
    return seconds("SECONDS", WINDOW_S)


def without_server(net: Network, pacing: str) -> dict[str, Any]:
    with loads.running(cores.load(), net.load_prefix) as load:
        figures = load.ask("direct", host=net.load, pacing=pacing, seconds=min(4.0, window_s()))
    return {key: figures[key] for key in ("pps_in", *DELAYS, "loss")}


def lines(
    name: str, net: Network, counts: list[int], direct: Mapping[str, Mapping[str, float]]
) -> Iterator[dict[str, Any]]:
    with session.of(name, net, max(counts)) as one:
        time.sleep(FILL_S)
        empty_kb, there = one.load.ask("rss")["rss_kb"], 0
        for count in counts:
            try:
                joined = one.load.ask("subscribe", count=count - there)
            except loads.Failed as failed:
                yield {"subscribers": count, "skipped": str(failed)}
                return
            there = count
            pictures = one.load.ask("pictures")
            for pacing in PACINGS:
                figures = one.load.ask("measure", pacing=pacing, seconds=window_s())
                added = {key: round(max(0.0, figures[key] - direct[pacing][key]), 2) for key in DELAYS}
                rss_kb = figures.pop("rss_kb")
                yield {
                    "pacing": pacing,
                    "cipher": joined["cipher"],
                    **figures,
                    **added,
                    **pictures,
                    "rss_kb_per_subscriber": round((rss_kb - empty_kb) / count, 1),
                }
