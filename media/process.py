"""A worker's process, as its supervisor holds it: born, told how to begin, spoken to in lines, ended."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from media import wire

END_S = 2.0  # how long a process has to end by itself once nothing is said to it any more


@dataclass(slots=True)
class Process:
    _process: asyncio.subprocess.Process
    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter

    @classmethod
    async def born(cls, fds: Sequence[int]) -> Process:
        """It loads what it needs, which takes the greater part of a second, and then waits to be told to begin. The
        file descriptors `fds` are its own too."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "media.worker",
                str(theirs.fileno()),
                pass_fds=(theirs.fileno(), *fds),
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C at the terminal is for the server alone
            )
        return cls(process, *await asyncio.open_unix_connection(sock=ours, limit=wire.LINE_LIMIT))

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    def say(self, message: Mapping[str, Any]) -> None:
        self._writer.write(wire.line(message))

    async def said(self) -> AsyncIterator[dict[str, Any]]:
        """What it says, until it ends."""
        with contextlib.suppress(ConnectionError):
            while text := await self._reader.readline():
                yield json.loads(text)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def end(self) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_S):
                await self._process.wait()
        if self.alive:
            self.kill()
            await self._process.wait()
