"""One server under load for a while, to profile it: the forwarding process's id first, then a line of figures a window.

.venv/bin/python -m tests.bench.alone --subscribers 30 --seconds 30
.venv/bin/python -m tests.bench.alone --subscribers 30 --seconds 60 --pacing burst --windows 3 --loopback
.venv/bin/python -m tests.bench.alone --system janus --subscribers 10
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys

from tests.bench import loads, network, session, systems


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.alone", description=__doc__)
    parser.add_argument("--system", default="tongke", choices=systems.ALL)
    parser.add_argument("--subscribers", type=int, default=30)
    parser.add_argument("--pacing", default="paced", choices=("paced", "burst"))
    parser.add_argument("--seconds", type=float, default=10, help="of a window")
    parser.add_argument("--windows", type=int, default=1)
    parser.add_argument("--loopback", action="store_true", help="no network namespaces")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    _, skipped = systems.prepared([given.system])
    if skipped:
        print(skipped[given.system], file=sys.stderr)
        return 1
    with contextlib.ExitStack() as stack:
        net = network.LOOPBACK if given.loopback else stack.enter_context(network.joined())
        try:
            one = stack.enter_context(session.of(given.system, net, given.subscribers))
            one.load.ask("subscribe", count=given.subscribers)
            pictures = one.load.ask("pictures")
        except (systems.Skipped, loads.Failed) as failed:
            print(failed, file=sys.stderr)
            return 1
        print(f"pid={','.join(map(str, one.pids))} network={net.name} cipher={one.cipher} {pictures}", flush=True)
        for _ in range(given.windows):
            figures = one.load.ask("measure", pacing=given.pacing, seconds=given.seconds)
            print("  ".join(f"{key}={value}" for key, value in figures.items()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
