"""The demo while it runs: a server, its school, and a simulated lead classroom that publishes by WHIP."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import structlog

from classroom.errors import OperatorFault
from web.server import addresses
from web.server.demo import school
from web.server.parts import Parts
from web.server.sample import lesson as sampling
from web.server.serve import Running, running
from web.server.settings import Settings

FLOW_S = 30.0
POLL_S = 0.1
AGAIN_S = 1.0
STOP_S = 3.0

log = structlog.get_logger("demo")

Progress = Callable[[float], None]
"""Hears how far something is, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Shown:
    base: str
    demo: school.Demo

    def json(self) -> dict[str, object]:
        pages = {name: self.base + path for name, path in self.demo.pages.items()}
        return {"base": self.base, "lesson": self.demo.lesson.id, "code": self.demo.lesson.code, "pages": pages}


@contextlib.asynccontextmanager
async def demonstrated(settings: Settings, clip: Progress, sample: Progress | None) -> AsyncIterator[Shown]:
    """Yields when a page opened now would show a moving picture. The first time, a sample lesson is played into the
    library meanwhile, if somebody hears how far it is. All children are gone when the block is left."""
    async with running(settings, fresh_tokens=True) as server:
        demo = await school.seeded(server.parts)
        path = await _clip(clip)
        own = _own_base(settings, server)
        tasks = [asyncio.create_task(_published(settings, own, demo, path))]
        try:
            await _flowing(server, own, tasks[0])
            if sample is not None:
                await _sample(settings, own, server.parts, demo, sample)
            yield Shown(server.base, demo)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await school.ended(server.parts, demo)


async def _sample(settings: Settings, base: str, parts: Parts, demo: school.Demo, told: Progress) -> None:
    """Begins it; pages see how far it is. Whatever becomes of it, the demo goes on."""
    if not await sampling.wanted(parts):
        told(1.0)
        return

    async def played(progress: Progress) -> None:
        def on(done: float) -> None:
            progress(done)
            told(done)

        try:
            await sampling.played(parts, base, addresses.trust(settings, base), demo.teacher, demo.rooms[0], on)
        finally:
            told(1.0)

    parts.sample.begin(played)


def _own_base(settings: Settings, server: Running) -> str:
    """Where this very machine reaches the server."""
    parts = urlsplit(server.base)
    host = settings.host if settings.loopback else "127.0.0.1"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{parts.port}"


async def _clip(progress: Progress) -> Path:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "web.server.demo.make", stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
    )
    try:
        path = ""
        while process.stdout is not None and (line := await process.stdout.readline()):
            path = line.decode().strip()
            with contextlib.suppress(ValueError):
                progress(float(path))
        if await process.wait() != 0:
            raise OperatorFault("the demo clip could not be made")
        return Path(path)
    finally:
        await _stopped(process)


async def _published(settings: Settings, base: str, demo: school.Demo, clip: Path) -> None:
    """Keeps a publisher process; it comes back by itself when the server does, and here when it dies."""
    command = (sys.executable, "-m", "web.server.demo.publisher", "--base", base, "--lesson", demo.lesson.id)
    while True:
        process = await asyncio.create_subprocess_exec(
            *command,
            "--clip",
            str(clip),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            env={**os.environ, **addresses.trust(settings, base)},
        )
        try:
            if process.stdin is not None:
                process.stdin.write(demo.token.encode() + b"\n")
                process.stdin.close()
            await process.wait()
        finally:
            await _stopped(process)
        log.warning("publisher_ended", status=process.returncode)
        await asyncio.sleep(AGAIN_S)


async def _stopped(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _flowing(server: Running, base: str, publishing: asyncio.Task[None]) -> None:
    """Waits until `/readyz` is 200 and video packets come in. Raises OperatorFault after half a minute."""

    async def wait() -> None:
        async with aiohttp.ClientSession() as http:
            while True:
                async with http.get(f"{base}/readyz", ssl=False) as response:
                    ready = response.status == 200
                if ready and any(track.kind == "video" and not track.layer for track in server.live.media.tracks()):
                    return
                await asyncio.sleep(POLL_S)

    waiting = asyncio.create_task(wait())
    done, _ = await asyncio.wait({waiting, publishing}, timeout=FLOW_S, return_when=asyncio.FIRST_COMPLETED)
    if waiting in done:
        return waiting.result()
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    raise OperatorFault("no picture came from the demo's lead classroom; the log above says why")
