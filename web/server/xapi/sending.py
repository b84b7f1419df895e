"""Statements on their way to a learning record store: a bounded queue, tried again until the store has them.

The queue is in memory: what a crash takes with it is that, and no more. A statement keeps its id, so a store that had
it already is not told twice (IEEE 9274.1.1 §4.1.6.1: 409, or the same answer).
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections import deque
from collections.abc import Iterable

import aiohttp
import structlog

from classroom.events import Json

MOST = 10_000
AT_ONCE = 50
ASKING_S = 20.0
LEAVING_S = 3.0
AGAIN_S = (1.0, 5.0, 15.0, 60.0)
"""How long it waits after each failure; after the last, always so long."""

log = structlog.get_logger("xapi")


class Store:
    """`address` is the store's endpoint, "" where there is none; `secret` its KEY:SECRET."""

    def __init__(self, address: str, secret: str) -> None:
        self._address = address
        self._headers = {"X-Experience-API-Version": "1.0.3"}
        if secret:
            self._headers["Authorization"] = "Basic " + base64.b64encode(secret.encode()).decode()
        self._waiting: deque[Json] = deque()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self.dropped = 0

    @property
    def there(self) -> bool:
        return bool(self._address)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

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
                while self._waiting and await self._sent(http):
                    pass

    def put(self, statements: Iterable[Json]) -> None:
        """Where the queue is full the oldest are dropped, which is logged."""
        for one in statements:
            if len(self._waiting) >= MOST:
                self._waiting.popleft()
                self.dropped += 1
                if self.dropped % MOST == 1:
                    log.warning("statements_dropped", dropped=self.dropped)
            self._waiting.append(one)
        self._wake.set()

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
                while self._waiting:
                    if not await self._sent(http):
                        await asyncio.sleep(AGAIN_S[min(self._failures, len(AGAIN_S)) - 1])

    async def _sent(self, http: aiohttp.ClientSession) -> bool:
        """Some of them, in order. False where they are to be tried again."""
        some = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
        status = 0
        try:
            async with http.post(f"{self._address}/statements", json=some, allow_redirects=False) as answer:
                status = answer.status
        except asyncio.CancelledError:
            self._back(some)
            raise
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            pass
        if status == 409 or 200 <= status < 300:
            self._failures = 0
            return True
        if 400 <= status < 500 and status not in (401, 403, 404, 408, 429):
            log.warning("statements_refused", status=status, statements=len(some))
            return True
        self._failures += 1
        log.warning("store_away", status=status, failures=self._failures, waiting=len(self._waiting) + len(some))
        self._back(some)
        return False

    def _back(self, some: list[Json]) -> None:
        self._waiting.extendleft(reversed(some))
        while len(self._waiting) > MOST:
            self._waiting.popleft()
            self.dropped += 1
