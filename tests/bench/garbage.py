"""Garbage datagrams at a steady rate, for so long: `python -m tests.bench.garbage HOST PORT PER_SECOND SECONDS CORE`.

A third each look like STUN, DTLS and SRTP by their first byte (RFC 7983); what follows is random, of any length.
"""

from __future__ import annotations

import os
import random
import socket
import sys
import time

TURN_S = 0.002
KINDS = ((0, 1), (20, 63), (128, 191))
MADE = 3000  # different datagrams
LONGEST = 1200


def datagrams(seed: int) -> list[bytes]:
    rng = random.Random(seed)
    return [bytes([rng.randint(*KINDS[n % 3])]) + rng.randbytes(rng.randrange(LONGEST)) for n in range(MADE)]


def send(host: str, port: int, per_second: int, seconds: float) -> int:
    """How many were sent."""
    made, sent, begun = datagrams(1), 0, time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((host, port))
        while (passed := time.monotonic() - begun) < seconds:
            while sent < passed * per_second:
                sock.send(made[sent % MADE])
                sent += 1
            time.sleep(TURN_S)
    return sent


if __name__ == "__main__":
    given = sys.argv[1:]
    os.sched_setaffinity(0, {int(given[4])})
    print(send(given[0], int(given[1]), int(given[2]), float(given[3])))
