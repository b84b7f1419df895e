"""Who may fetch a lesson's HLS: looked up in the database once in a while, for requests come by the thousand."""

from __future__ import annotations

import time
from dataclasses import dataclass

from classroom.clock import Clock
from classroom.events import Phase
from classroom.store import Store
from web.server.live import keys

FRESH_S = 2.0
LINGER_MS = 5 * 60_000
"""So long after its end a lesson can be watched to its end."""
MOST = 1000


@dataclass(frozen=True, slots=True)
class _Known:
    at_s: float
    open: bool
    turn: int | None


class Doors:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._secret: bytes | None = None
        self._known: dict[str, _Known] = {}

    async def secret(self) -> bytes:
        if self._secret is None:
            self._secret = await self._store.settings.secret("live")
        return self._secret

    async def opened_by(self, lesson: str, key: str) -> bool:
        """False where the key is nobody's (any more), or the lesson is over."""
        known = self._known.get(lesson)
        if known is None or time.monotonic() - known.at_s > FRESH_S:
            known = await self._look(lesson)
        return known.open and keys.audience_of(await self.secret(), lesson, known.turn, key) is not None

    def forget(self, lesson: str) -> None:
        self._known.pop(lesson, None)

    async def _look(self, lesson: str) -> _Known:
        row, link = await self._store.lessons.get(lesson), await self._store.watching.get(lesson)
        over = row is None or (row.phase == Phase.ENDED and self._clock.epoch_ms() - (row.ended_at or 0) > LINGER_MS)
        if row is not None and row.phase == Phase.ENDED and not over:
            over = await self._is_edited(lesson)
        known = _Known(time.monotonic(), not over, link.turn if link is not None and link.open else None)
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[lesson] = known
        return known

    async def _is_edited(self, lesson: str) -> bool:
        """What is cut out must not go on here."""
        for resource in await self._store.resources.of_lesson(lesson):
            if await self._store.edits.of(resource.id):
                return True
        return False
