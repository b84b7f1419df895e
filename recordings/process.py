"""The server's end of the recorder process: starts it, speaks with it, says when it has died."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import shutil
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

START_S = 20.0
FINISH_S = 10.0

Json = Mapping[str, Any]


class Recorder:
    """One life of the process. `hear` is called for its events; `socket` is where taps are to be sent."""

    def __init__(self, hear: Callable[[Json], None]) -> None:
        self._hear = hear
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._ids = itertools.count(1)
        self._asked: dict[int, asyncio.Future[None]] = {}
        self._ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.ended = asyncio.Event()
        self.socket = ""

    async def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Raises OSError."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "recordings.recorder",
                str(theirs.fileno()),
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
                env=environment,
                start_new_session=True,  # Ctrl-C at the terminal is for the server alone
            )
        reader, self._writer = await asyncio.open_connection(sock=ours)
        self._reading = asyncio.create_task(self._read(reader))
        try:
            async with asyncio.timeout(START_S):
                self.socket = await self._ready
        except TimeoutError:
            self._process.kill()
            raise OSError("the recorder does not start") from None

    def tell(self, op: str, **data: object) -> None:
        """A command; into the void if the process has died."""
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(json.dumps({"op": op, **data}).encode() + b"\n")

    async def close_lesson(self, lesson: str) -> None:
        """Returns when all of it is on disk, or the process has died."""
        await self._ask("close", lesson=lesson)

    async def record(self, **track: object) -> None:
        """Returns when what is taped of it will be taken, or the process has died."""
        await self._ask("record", **track)

    async def _ask(self, op: str, **data: object) -> None:
        if self.ended.is_set():
            return
        number = next(self._ids)
        done = self._asked[number] = asyncio.get_running_loop().create_future()
        self.tell(op, id=number, **data)
        await done

    def _answered(self, number: int) -> None:
        done = self._asked.pop(number, None)
        if done is not None and not done.done():  # who waited may have been cancelled
            done.set_result(None)

    async def finish(self) -> None:
        """Ends the process; it writes what it has. One that does not end in ten seconds is killed."""
        if self._writer is not None:
            self._writer.close()
        if self._process is not None:
            try:
                async with asyncio.timeout(FINISH_S):
                    await self._process.wait()
            except TimeoutError:
                log.error("the recorder does not end")
                self._process.kill()
                await self._process.wait()
        if self._reading is not None:
            await self._reading

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                event = json.loads(line)
                match event["event"]:
                    case "ready":
                        self._ready.set_result(event["socket"])
                    case "closed" | "recording":
                        self._answered(event["id"])
                    case _:
                        self._hear(event)
        except (ConnectionError, ValueError):
            log.exception("the recorder cannot be understood")
        finally:
            if self._process is not None and self._writer is not None:
                self._writer.close()
                await self._process.wait()
            if self.socket:  # left behind by one that was killed
                shutil.rmtree(Path(self.socket).parent, ignore_errors=True)
            self.ended.set()
            if not self._ready.done():
                self._ready.set_exception(OSError("the recorder ended at once"))
            for number in list(self._asked):
                self._answered(number)
            with contextlib.suppress(ConnectionError):
                if self._writer is not None:
                    await self._writer.wait_closed()
