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
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core} & ALLOWED or before)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
