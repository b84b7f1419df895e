"""Limits that a test can wait for: of time and memory, and of the disk."""

from __future__ import annotations

from pathlib import Path

from recordings.files import DiskShort, Floor
from recordings.sandbox import Limits

HASTY = Limits(memory_bytes=1 << 30, cpu_s=20, idle_s=6.0, wall_s=20.0)


class Tight(Floor):
    """A disk that is full after so many looks at it, until it is said to have room."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        object.__setattr__(self, "left", [looks])

    def check(self, directory: Path, wanted: int) -> None:
        left: list[int] = self.left  # type: ignore[attr-defined]
        left[0] -= 1
        if left[0] < 0:
            raise DiskShort("the disk is nearly full")
