"""The recorder's disk thread: writes are done in order and off the loop, so that a slow disk stalls no packets."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

Job = tuple[Callable[..., Any], tuple[Any, ...], int, "Batch | None"]


class Batch:
    """Jobs that build on each other: after one has failed the others are left out."""

    def __init__(self) -> None:
        self.failed = False


class Disk:
    """`failed(batch, error)` is called on the disk thread for the first fault of a batch; all are logged."""

    def __init__(self, failed: Callable[[Batch, Exception], None]) -> None:
        self._failed = failed
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._waiting_bytes = 0
        self._thread = threading.Thread(target=self._run, name="disk")
        self._thread.start()

    @property
    def waiting_bytes(self) -> int:
        return self._waiting_bytes

    def submit(self, job: Callable[..., Any], *args: Any, size: int = 0, batch: Batch | None = None) -> None:
        with self._lock:
            self._waiting_bytes += size
        self._jobs.put((job, args, size, batch))

    def close(self) -> None:
        """Returns when all is written."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            function, args, size, batch = job
            try:
                if batch is None or not batch.failed:
                    function(*args)
            except Exception as error:
                log.exception("a write failed")
                if batch is not None:
                    batch.failed = True
                    self._failed(batch, error)
            with self._lock:
                self._waiting_bytes -= size
