"""One at a time; so many others wait, and the next is told to come again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from classroom.errors import ClientFault, Status

AGAIN_S = 10


class Turns:
    """`most` of them, with whose turn it is; `busy` is what others are told."""

    def __init__(self, most: int, busy: str) -> None:
        self.most = most
        self._busy = busy
        self._turn = asyncio.Lock()
        self._waiting = 0

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Raises ClientFault `busy` (503)."""
        if self._waiting >= self.most:
            raise ClientFault("busy", self._busy, Status.UNAVAILABLE, retry_after_s=AGAIN_S)
        self._waiting += 1
        try:
            async with self._turn:
                yield
        finally:
            self._waiting -= 1
