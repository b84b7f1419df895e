"""The floor beneath every forwarder: encrypting (AES-256-GCM) and sending (UDP_SEGMENT) alone, on the same sizes.

As a program (`python -m tests.bench.floor ADDRESS PORT…`, JSON lines of tasks on standard input) it is the sender.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from tests.bench import cores, loads, trace
from tests.bench.load import native
from tests.bench.load.dtls import PROFILES
from tests.bench.load.dtls import session as srtp_session
from tests.bench.network import Network

RECEIVERS = (1, 10, 30, 100)
PACINGS = ("paced", "burst")
CIPHER = "SRTP_AEAD_AES_256_GCM"


def lines(net: Network, seconds: float) -> Iterator[dict[str, Any]]:
    """The receivers are in the load's process, which reads what comes and throws it away."""
    with loads.running(cores.load(), net.load_prefix) as load:
        ports = load.ask("sink", host=net.load, count=max(RECEIVERS))["ports"]
        for count in RECEIVERS:
            for pacing in PACINGS:
                with cores.on(cores.SERVER):
                    done = subprocess.run(
                        [sys.executable, "-m", "tests.bench.floor", net.load, pacing, str(min(seconds, 3.0))]
                        + [str(port) for port in ports[:count]],
                        capture_output=True, text=True, check=False, timeout=60,
                    )  # fmt: skip
                if done.returncode:
                    yield {"subscribers": count, "pacing": pacing, "skipped": done.stderr.strip().splitlines()[-1]}
                else:
                    yield {"subscribers": count, "pacing": pacing, "cipher": CIPHER, **json.loads(done.stdout)}


def main() -> int:
    host, pacing, seconds, *ports = sys.argv[1:]
    ffi, lib = native.load("floor", "floor.h", "floor.c")
    given = trace.given()
    stream = given.burst() if pacing == "burst" else given
    profile, key, salt = PROFILES[CIPHER]
    sessions = [srtp_session(profile, os.urandom(key + salt), True) for _ in ports]
    steps = ffi.new("struct floor_step[]", [(step.due_us, step.size) for step in stream.steps])
    result = ffi.new("struct floor_result *")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        failed = lib.floor_run(
            sock.fileno(),
            native.srtp_functions()[0],
            [native.context(one) for one in sessions],
            struct.unpack("=I", socket.inet_aton(host))[0],
            [socket.htons(int(port)) for port in ports],
            len(ports),
            steps,
            len(stream.steps),
            stream.period_us,
            float(seconds),
            result,
        )
    if failed:
        print(os.strerror(-failed), file=sys.stderr)
        return 1
    packets = result.packets
    print(
        json.dumps(
            {
                "pps_in": round(packets / len(ports) / float(seconds)),
                "cpu_us_per_packet": round(result.cpu_s * 1e6 / packets, 2),
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
