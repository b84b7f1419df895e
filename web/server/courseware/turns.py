"""Locks that hold between the nodes that share a directory. They are the kernel's, on files: who dies holds none."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
from collections.abc import AsyncIterator
from pathlib import Path

AGAIN_S = 0.02


def taken(file: int) -> bool:
    """Takes the lock of an open file, until that is closed; False where another has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.asynccontextmanager
async def turn(path: Path) -> AsyncIterator[None]:
    """Waits until nobody else has it. It asks again and again: a thread that waits could not be cancelled."""
    with path.open("wb") as file:
        while not taken(file.fileno()):  # noqa: ASYNC110 - another process has it
            await asyncio.sleep(AGAIN_S)
        yield
