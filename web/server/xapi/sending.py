"""Statements on their way to a learning record store: a bounded queue, tried again until the store has them.

The queue is in memory: what a crash takes with it is that, and no more. A statement keeps its id, so a store that had
it already is not told twice (IEEE 9274.1.1 §4.1.6.1: 409, or the same answer). A store takes all of a request or
nothing: what was under way stays together until that is settled, and where some of it is refused each goes by itself.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import aiohttp
import structlog

from classroom.events import Json

MOST, MOST_BYTES = 10_000, 32 << 20
AT_ONCE = 50
ASKING_S = 20.0
LEAVING_S = 3.0
AGAIN_S = (1.0, 5.0, 15.0, 60.0)
"""How long it waits after each failure; after the last, always so long."""
AWAY = frozenset({401, 403, 404, 408, 429})
"""Of refusals, those that an operator or time puts right."""
KNOWN = 409

log = structlog.get_logger("xapi")


@dataclass(frozen=True, slots=True)
class Waiting:
    text: bytes
    who: str


class Store:
    """`address` is the store's endpoint, "" where there is none; `secret` its KEY:SECRET."""

    def __init__(self, address: str, secret: str) -> None:
        self._address = address
        self._headers = {"X-Experience-API-Version": "1.0.3"}
        if secret:
            self._headers["Authorization"] = "Basic " + base64.b64encode(secret.encode()).decode()
        self._waiting: deque[Waiting] = deque()
        self._bytes = 0  # of what waits
        self._under_way: deque[list[Waiting]] = deque()  # requests, the first of which may have been asked already
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self.dropped = 0

    @property
    def there(self) -> bool:
        return bool(self._address)

    @property
    def waiting(self) -> int:
        return len(self._waiting) + sum(map(len, self._under_way))

    def start(self) -> None:
        if self.there:
            self._task = asyncio.create_task(self._keep_sending())

    async def close(self) -> None:
        """Tries once more for what waits, within reason."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVING_S), self._session() as http:
                while self.waiting and await self._sent(http):
                    pass

    def put(self, statements: Iterable[Json], who: str = "") -> None:
        """`who`: whom they are about. Where the queue is full the oldest are dropped, which is logged."""
        for one in statements:
            text = json.dumps(one, ensure_ascii=False).encode()
            self._waiting.append(Waiting(text, who))
            self._bytes += len(text)
            while len(self._waiting) > MOST or self._bytes > MOST_BYTES:
                self._next()
                self.dropped += 1
                if self.dropped % MOST == 1:
                    log.warning("statements_dropped", dropped=self.dropped)
        self._wake.set()

    def forget(self, who: str) -> None:
        """Nothing that waits is told of them any more."""
        self._waiting = deque(one for one in self._waiting if one.who != who)
        self._bytes = sum(len(one.text) for one in self._waiting)
        for some in self._under_way:
            some[:] = [one for one in some if one.who != who]

    def _next(self) -> Waiting:
        one = self._waiting.popleft()
        self._bytes -= len(one.text)
        return one

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=ASKING_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._headers,
        )

    async def _keep_sending(self) -> None:
        async with self._session() as http:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self.waiting:
                    if not await self._sent(http):
                        await asyncio.sleep(AGAIN_S[min(self._failures, len(AGAIN_S)) - 1])

    async def _sent(self, http: aiohttp.ClientSession) -> bool:
        """Some of them, in order. False where they are to be tried again."""
        if not self._under_way:
            self._under_way.append([self._next() for _ in range(min(AT_ONCE, len(self._waiting)))])
        some = self._under_way[0]
        status, many = await self._asked(http, some) if some else 200, len(some)
        if status in AWAY or not 200 <= status < 500:
            self._failures += 1
            log.warning("store_away", status=status, failures=self._failures, waiting=self.waiting)
            return False
        self._failures = 0
        self._under_way.popleft()
        if status < 300:
            return True
        if many > 1:
            self._under_way.extendleft([one] for one in reversed(some))
        elif status != KNOWN:
            log.warning("statement_refused", status=status)
        return True

    async def _asked(self, http: aiohttp.ClientSession, some: list[Waiting]) -> int:
        """The status of the answer; 0 where there is none."""
        body = b"[" + b",".join(one.text for one in some) + b"]"
        headers = {"Content-Type": "application/json"}
        try:
            async with http.post(
                f"{self._address}/statements", data=body, headers=headers, allow_redirects=False
            ) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return 0
