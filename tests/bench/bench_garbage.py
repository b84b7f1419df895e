"""What 10,000 garbage datagrams a second from an unknown address do to the others: delay and loss beside the same
without them. TONGKE_BENCH_SECONDS shortens a window."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from tests.bench import bench_forward, cores, network, session

SUBSCRIBERS = 10
RATES = (0, 10_000)
LEAD_S = 1.0  # before the window, and after it


def run() -> Iterator[dict[str, Any]]:
    seconds = bench_forward.window_s()
    with network.joined() as net, session.of("tongke", net, SUBSCRIBERS) as one:
        direct = bench_forward.without_server(net, "paced")
        one.load.ask("subscribe", count=SUBSCRIBERS)
        time.sleep(bench_forward.FILL_S)
        for rate in RATES:
            values = (net.server, one.media_port, rate, seconds + 2 * LEAD_S, cores.load())
            command = [*net.load_prefix, sys.executable, "-m", "tests.bench.garbage", *map(str, values)]
            garbage = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            time.sleep(LEAD_S)
            figures = one.load.ask("measure", pacing="paced", seconds=seconds)
            sent = int(garbage.communicate(timeout=30)[0])
            added = {key: round(max(0.0, figures[key] - direct[key]), 2) for key in bench_forward.DELAYS}
            yield {
                "garbage_per_s": round(sent / (seconds + 2 * LEAD_S)),
                "subscribers": SUBSCRIBERS,
                **added,
                "loss": figures["loss"],
                "cpu_percent_of_core": round(figures["cpu_us_per_packet"] * figures["pps_in"] * SUBSCRIBERS / 1e4, 1),
                "network": net.name,
            }
