"""What processes and the machine have spent, from /proc."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def cpu_ns(pid: int) -> int:
    """User and system time of a process: its threads' schedstat where the kernel keeps it, else ticks of 10 ms."""
    spent = 0
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                spent += int((thread / "schedstat").read_text().split()[0])
    except (OSError, ValueError):
        spent = 0
    if spent:
        return spent
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_NS


def machine_ns() -> int:
    """All that was not idle: user, nice, system, irq, softirq."""
    fields = [int(text) for text in Path("/proc/stat").read_text().splitlines()[0].split()[1:8]]
    user, nice, system, _, _, irq, softirq = fields
    return (user + nice + system + irq + softirq) * TICK_NS


def rss_kb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


@dataclass(frozen=True, slots=True)
class Spent:
    server_ns: int
    own_ns: int
    machine_ns: int

    @classmethod
    def now(cls, pids: Iterable[int]) -> Spent:
        return cls(sum(cpu_ns(pid) for pid in pids), cpu_ns(os.getpid()), machine_ns())

    def since(self, before: Spent) -> Spent:
        return Spent(
            self.server_ns - before.server_ns,
            self.own_ns - before.own_ns,
            self.machine_ns - before.machine_ns,
        )
