"""Has a report printed by a process of its own: one at a time, within a time and some memory."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from pathlib import Path
from typing import Literal

from classroom.errors import ClientFault, Status
from web.server.turns import Turns

Language = Literal["en", "zh-CN"]
TIME_S = 60
WAITING = 8
"""Reports that wait for their turn; the next is told to come again."""


class Printer:
    """`contents`: the folder in which the shelves' contents are, with their pictures."""

    def __init__(self, contents: Path) -> None:
        self._contents = contents
        self.turns = Turns(WAITING, "Others wait for their prints already.")

    async def printed(self, report: bytes, language: Language) -> bytes:
        """The PDF of a report in JSON. Raises ClientFault `busy` (503)."""
        async with self.turns.one():
            return await _run(report, language, self._contents)


async def _run(report: bytes, language: Language, contents: Path) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "web.server.printing.report", language, contents),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    slow = ClientFault("busy", "The print took too long.", Status.UNAVAILABLE, retry_after_s=60)
    try:
        async with asyncio.timeout(TIME_S):
            made, _ = await process.communicate(report)
    except TimeoutError:
        raise slow from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode == -signal.SIGXCPU:
        raise slow
    if process.returncode:
        raise RuntimeError(f"printing a report ended with {process.returncode}")
    return made
