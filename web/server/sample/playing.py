"""The sample lesson when somebody asks for it from the library: one at a time, in the background, with its progress."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from classroom.errors import ClientFault, OperatorFault, Status

log = structlog.get_logger("sample")

Progress = Callable[[float], None]


class Playing:
    """`done` is how far it is, 0 to 1, and None while none is played; `failed` whether the last one was broken off."""

    def __init__(self) -> None:
        self.done: float | None = None
        self.failed = False
        self._task: asyncio.Task[None] | None = None

    def begin(self, play: Callable[[Progress], Awaitable[None]]) -> None:
        """Raises `sample_playing` (409)."""
        if self.done is not None:
            raise ClientFault("sample_playing", "The sample lesson is being played already.", Status.CONFLICT)
        self.done, self.failed = 0.0, False
        self._task = asyncio.create_task(self._play(play))

    async def _play(self, play: Callable[[Progress], Awaitable[None]]) -> None:
        try:
            await play(self._progress)
        except (OperatorFault, ClientFault) as fault:
            log.warning("sample_failed", why=str(fault))
            self.failed = True
        except Exception:
            log.exception("sample_failed")
            self.failed = True
        finally:
            self.done = None

    def _progress(self, done: float) -> None:
        self.done = done

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.done = None
