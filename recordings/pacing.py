"""How fast recordings go to the storage: so many bytes a second, shared by all that send."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pace:
    """Called with a number of bytes before they go; returns when they may. `rate_bps` (bits) may be set at any time,
    None is no bound. A pause saves nothing up."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.rate_bps: float | None = None
        self._clock, self._sleep = clock, sleep
        self._free_at_s = 0.0
        self._lock = threading.Lock()

    def __call__(self, size: int) -> None:
        with self._lock:
            rate = self.rate_bps
            if rate is None:
                return
            begin = max(self._clock(), self._free_at_s)
            self._free_at_s = begin + size * 8 / rate
        wait_s = begin - self._clock()
        if wait_s > 0:
            self._sleep(wait_s)
