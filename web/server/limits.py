"""How often is too often: a bucket per caller, and the lock-out after wrong passwords. `now` is in seconds."""

from __future__ import annotations

import asyncio
import ipaddress
from collections import OrderedDict
from weakref import WeakValueDictionary

from classroom.errors import ClientFault, Status

MOST_KEYS = 20_000


def caller(address: str) -> str:
    """The unit that limits count by: an IPv4 address, or the /64 of an IPv6 one, since a home has all of that."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


class Turns:
    """One at a time for each key: what is tried is counted before the next is looked at."""

    def __init__(self) -> None:
        self._locks = WeakValueDictionary[str, asyncio.Lock]()

    def of(self, key: str) -> asyncio.Lock:
        return self._locks.setdefault(key, asyncio.Lock())


class Bucket:
    """`burst` at once, then one every `every_s`, for each key."""

    def __init__(self, burst: int, every_s: float) -> None:
        self._burst = burst
        self._every_s = every_s
        self._full_at: OrderedDict[str, float] = OrderedDict()  # when the key's bucket will be full again

    def check(self, key: str, now: float) -> None:
        """Raises `too_often` when the key has nothing left; takes nothing."""
        wait_s = self._full_at.get(key, now) - now - (self._burst - 1) * self._every_s
        if wait_s > 1e-9:
            raise ClientFault(
                "too_often", "Too many attempts. Wait a little.", Status.TOO_OFTEN, retry_after_s=int(wait_s) + 1
            )

    def take(self, key: str, now: float) -> None:
        self.check(key, now)
        self._full_at[key] = max(now, self._full_at.get(key, now)) + self._every_s
        self._full_at.move_to_end(key)
        while len(self._full_at) > MOST_KEYS:
            self._full_at.popitem(last=False)


class LockOut:
    """After `FREE` wrong passwords each further one locks the login for twice as long, up to a quarter of an hour. A
    day without one, and it is forgotten."""

    FREE = 5
    FIRST_S = 15.0
    MOST_S = 900.0
    FORGET_S = 24 * 3600.0

    def __init__(self) -> None:
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()  # how many, locked until

    def check(self, login: str, now: float) -> None:
        _, until = self._failures.get(login, (0, 0.0))
        if now < until:
            raise ClientFault(
                "locked_out",
                "Too many wrong passwords for this account. Wait a little.",
                Status.TOO_OFTEN,
                retry_after_s=int(until - now) + 1,
            )

    def failed(self, login: str, now: float) -> None:
        before, until = self._failures.get(login, (0, now))
        count = before + 1 if now - until < self.FORGET_S else 1
        locked_s = min(self.MOST_S, self.FIRST_S * 2 ** min(count - self.FREE, 10)) if count >= self.FREE else 0.0
        self._failures[login] = (count, now + locked_s)
        self._failures.move_to_end(login)
        while len(self._failures) > MOST_KEYS:
            self._failures.popitem(last=False)

    def succeeded(self, login: str) -> None:
        self._failures.pop(login, None)
