"""Which core whose work is done on: the server's, and the load's where there is a second."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

SERVER = 0
ALLOWED = os.sched_getaffinity(0)
"""As it was when all began: within `on` there is but one."""


def load() -> int:
    """The server's where there is no other."""
    return 1 if 1 in ALLOWED else SERVER


@contextlib.contextmanager
def on(core: int) -> Iterator[None]:
    """This process, and what it starts meanwhile."""
    with _within({core} & ALLOWED or ALLOWED):
        yield


@contextlib.contextmanager
def on_all() -> Iterator[None]:
    """As without any of this."""
    with _within(ALLOWED):
        yield


@contextlib.contextmanager
def _within(some: set[int]) -> Iterator[None]:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, some)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
