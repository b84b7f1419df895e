"""How much one participant may send: token buckets, with the time as an argument."""

from __future__ import annotations

from dataclasses import dataclass

from classroom.board.bricks import A_POINT
from classroom.errors import ClientFault, Status

MAX_MESSAGE = 128 * 1024  # characters of one message; a stroke of 2,000 points is about half of it
MAX_FRAME = 1024 * 1024  # bytes; a message between the two is refused by name, above it the socket is closed (1009)
SOCKETS_PER_PARTICIPANT = 6  # a page in several tabs, and the old socket of one that is reconnecting
CONNECT_S = 10.0  # a socket that has not joined the namespace by then is closed


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_s` refills; `burst` may come at once."""

    per_s: float
    burst: float


COMMANDS = Rate(per_s=20, burst=100)  # a burst is an outbox sent again after a drop
STUDENT_COMMANDS = Rate(per_s=3, burst=40)  # each may go to everyone: chat, a hand up and down
SIGNALS = Rate(per_s=60, burst=120)  # ink and cursor, at most thirty a second each
INK = Rate(per_s=600, burst=12_000)
"""Points that a student or a room may add to the board, and as many that it may tell of while it writes. Who writes
fast draws eight strokes and 240 points a second, and may be offline for twenty seconds."""
A_STROKE = 40  # and so much for each stroke, however short
CONNECTS = Rate(per_s=0.5, burst=20)
OFFERS = Rate(per_s=2, burst=20)


class Bucket:
    """A token bucket. Times are seconds of any clock that does not go back."""

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._tokens = rate.burst
        self._at = now

    def take(self, now: float, cost: float = 1) -> None:
        """Raises `ClientFault` 429 `too_often`, which costs nothing."""
        self._tokens = min(self._rate.burst, self._tokens + max(0.0, now - self._at) * self._rate.per_s)
        self._at = max(self._at, now)
        if self._tokens < cost:
            raise ClientFault("too_often", "Too many messages; wait a moment.", Status.TOO_OFTEN, retry_after_s=1)
        self._tokens -= cost


def ink_in(message: object) -> int:
    """What a command costs of the ink that its sender has, where it is a stroke; nobody has looked at it yet."""
    match message:
        case {"kind": "stroke.add", "data": {"points": list() as points}}:
            return A_STROKE + len(points) // A_POINT
    return 0
