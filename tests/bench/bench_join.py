"""A class joins: 100 clients within a second, on a running stream with a picture group of a second.

`first_frame_ms` is from a client's offer to the kernel's receipt of the last packet of its first whole keyframe;
`others_delay_ms_p99` is what ten subscribers who were there already were delayed meanwhile, less the same without a
server; `lost` counts packets of anyone. TONGKE_BENCH_SYSTEMS and TONGKE_BENCH_JOINERS shorten a run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.bench import bench_forward, loads, network, session, systems

CLIENTS = 100
OTHERS = 10
GROUP_S = 1.0
WITHIN_S = 1.0


def run() -> Iterator[dict[str, Any]]:
    (clients,) = (int(text) for text in bench_forward.chosen("JOINERS", (str(CLIENTS),)))
    names, skipped = systems.prepared(bench_forward.chosen("SYSTEMS", systems.ALL))
    yield from ({"system": name, "skipped": why} for name, why in skipped.items())
    with network.joined() as net:
        direct = bench_forward.without_server(net, "paced")
        for name in names:
            try:
                figures = joined(name, net, clients)
            except (systems.Skipped, loads.Failed) as failed:
                yield {"system": name, "skipped": str(failed)}
                continue
            added = round(max(0.0, figures.pop("others_delay_ms_p99") - direct["delay_ms_p99"]), 2)
            yield {"system": name, "clients": clients, "others_delay_ms_p99": added, **figures, "network": net.name}


def joined(name: str, net: network.Network, clients: int) -> dict[str, Any]:
    with session.of(name, net, clients + OTHERS, group_s=GROUP_S) as one:
        one.load.ask("subscribe", count=OTHERS)
        one.load.ask("pictures")
        return {"cipher": one.cipher, **one.load.ask("join", clients=clients, within_s=WITHIN_S)}
