"""Counts what is watched in the library: gathered for a few seconds, then written at once. What a crash takes with it
is that, and no more."""

from __future__ import annotations

import asyncio

import structlog

from classroom.clock import Clock
from classroom.errors import ClientFault
from classroom.store import Store
from classroom.store.using import DAY_MS, Watching

PART_MS = 10_000
"""Of a resource's time, for which plays are counted."""
EVERY_S = 5.0
FORGET_S = 6 * 3600.0

log = structlog.get_logger("use")


class Counter:
    def __init__(self, store: Store, clock: Clock, openings_days: int) -> None:
        self._store, self._clock, self._openings_ms = store, clock, openings_days * DAY_MS
        self._gathered: dict[str, Watching] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep_writing())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.write()

    def add(self, resource: str, account: str, *, begun: bool, parts: frozenset[int]) -> None:
        """Of one page: whether a view begins, and which parts it now played for the first time."""
        of = self._gathered.setdefault(resource, Watching())
        if begun:
            of.views[account] = of.views.get(account, 0) + 1
        for part in parts:
            of.parts[part] = of.parts.get(part, 0) + 1

    async def _keep_writing(self) -> None:
        forgot = -FORGET_S
        while True:
            await self.write()
            if self._clock.monotonic() - forgot > FORGET_S:
                forgot = self._clock.monotonic()
                try:
                    now = self._clock.epoch_ms()
                    await self._store.using.forget(now)
                    await self._store.openings.forget(now - self._openings_ms)
                except ClientFault as fault:
                    log.warning("use_not_forgotten", reason=fault.code)
            await asyncio.sleep(EVERY_S)

    async def write(self) -> None:
        """What was gathered so far."""
        gathered, self._gathered = self._gathered, {}
        try:
            await self._store.using.add(gathered, self._clock.epoch_ms())
        except ClientFault as fault:  # counts may be lost
            log.warning("use_not_counted", reason=fault.code)
