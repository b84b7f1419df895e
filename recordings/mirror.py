"""The process that sends recordings to the storage: `python -m recordings.mirror`.

It has nothing to lose, so it may be killed at any time, and gives way to all else on the machine. The first line that
it reads is what it is to do, `{directory, storage, keep_s, rate_bps}`; every other, as often as the server likes, which
lessons have not ended, and whether one is live: `{kept, live}`. Nothing is sent faster than `rate_bps` (bits) while one
is. When its input ends, so does it, at once. Each second it writes a line, a `Report`.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from recordings.pacing import Pace
from recordings.sender import Sender
from recordings.storage import SEND_S, Storage, StorageFault

log = logging.getLogger(__name__)

REST_S = 1.0
BACK_OFF_S = (5.0, 300.0)
NICE = 10


@dataclass(frozen=True, slots=True)
class Report:
    """`fault`: why nothing goes now. `silent_s`: for how long nothing has gone though something was to go."""

    sent_files: int
    sent_bytes: int
    failures: int
    released_bytes: int
    waiting_files: int
    waiting_bytes: int
    waiting_s: float
    silent_s: float
    code: str | None
    fault: str | None


class Mirror:
    def __init__(self, order: dict[str, Any]) -> None:
        self.pace = Pace()
        self._rate_bps = order["rate_bps"]
        self.pace.rate_bps = self._rate_bps
        self._door = Storage(order["storage"])  # whose requests are given up sooner
        storage = Storage(order["storage"], SEND_S)
        self.sender = Sender(Path(order["directory"]), storage, order["keep_s"], self.pace)
        self._fault: StorageFault | None = None
        self._since_s: float | None = None

    def hear(self, line: dict[str, Any]) -> None:
        self.sender.tell(frozenset(line["kept"]))
        self.pace.rate_bps = self._rate_bps if line["live"] else None

    def run(self) -> None:
        """Until the process ends."""
        delay_s = 0.0
        known_good = False
        while True:
            time.sleep(delay_s or REST_S)
            try:
                if not known_good:
                    self._door.reach()
                    self.sender.reached()
                    self._fault, known_good = None, True
                self.sender.round(time.time())
                self._fault, delay_s = None, 0.0
            except StorageFault as fault:
                self._fault, known_good = fault, False
                delay_s = min(max(delay_s * 2, BACK_OFF_S[0]), BACK_OFF_S[1])
            except OSError as error:
                log.error("recordings cannot be sent: %s", error)
                delay_s = BACK_OFF_S[0]
            except Exception:  # whatever it is, later ones want to be sent
                log.exception("sending went wrong")
                delay_s = BACK_OFF_S[1]

    def report(self, now_s: float) -> Report:
        counters, waiting = self.sender.counters, self.sender.waiting
        if self._fault is None:
            self._since_s = None
        elif self._since_s is None:
            self._since_s = now_s
        return Report(
            **asdict(counters),
            waiting_files=waiting.files,
            waiting_bytes=waiting.bytes,
            waiting_s=max(0.0, now_s - waiting.since_s) if waiting.since_s is not None else 0.0,
            silent_s=now_s - self._since_s if self._since_s is not None else 0.0,
            code=self._fault.code if self._fault is not None else None,
            fault=str(self._fault) if self._fault is not None else None,
        )


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="storage: %(message)s")
    os.nice(NICE)
    line = sys.stdin.readline()
    if not line:
        return
    mirror = Mirror(json.loads(line))
    threading.Thread(target=mirror.run, daemon=True).start()
    threading.Thread(target=_tell, args=(mirror,), daemon=True).start()
    for line in sys.stdin:
        mirror.hear(json.loads(line))
    os._exit(0)  # with whatever is on its way


def _tell(mirror: Mirror) -> None:
    while True:
        time.sleep(REST_S)
        try:
            sys.stdout.write(json.dumps(asdict(mirror.report(time.time()))) + "\n")
            sys.stdout.flush()
        except OSError:
            os._exit(0)


if __name__ == "__main__":
    main()
