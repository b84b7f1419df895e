"""Has files made of recordings by a process of its own, one at a time on all nodes: what was asked for to download,
and, when nothing is, recorded sound in AAC for players that lack Opus.

What is to be made stands in the database, so it outlives pages and servers: what was being made when a server ended is
begun anew by the next. Files are kept for a week, and go with their recording.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog

from classroom.clock import Clock
from classroom.events import Json
from classroom.journal import Journal
from classroom.store import Store
from classroom.store.catalogue import Search
from classroom.store.joined import KIND
from classroom.store.records import Render, Resource
from recordings import directing
from recordings.carried import is_carried
from recordings.edits import shown
from recordings.files import AAC, PLAYLIST, is_full
from recordings.keeping import Files
from recordings.rendering import Order, Part
from recordings.storage import StorageFault
from web.server.courseware.turns import taken

log = structlog.get_logger("renderer")
RECORDINGS = Search(kind="recording")
LOOK_S = 30.0
KEPT_MS = 7 * 24 * 3600 * 1000
TIME_S = 12 * 3600
GRACE_S = 2.0
RENDERS = ".renders"
"""Beside the recordings, which all nodes share; nobody's lesson, and not sent to a storage."""


class Renderer:
    """`await start()` before it makes anything; `await close()` at the end."""

    def __init__(self, store: Store, journal: Journal, files: Files, directory: Path, clock: Clock) -> None:
        self._store, self._journal, self._files, self._clock = store, journal, files, clock
        self.directory = directory
        self.shares: dict[str, float] = {}  # of renders that are being made here
        self._wake = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._making: str | None = None
        self._hopeless: set[str] = set()  # stretches of which no AAC can be made
        self._ending = False
        self._paths: set[str] = set()  # whose files are read
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await asyncio.to_thread(self.directory.mkdir, parents=True, exist_ok=True)
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """What is being made is begun anew by the next."""
        self._ending = True
        self._kill()
        self._wake.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=GRACE_S)  # a database is not left in the middle of an answer
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def leave(self, path: str) -> None:
        """Stops what is being made of those files."""
        while path in self._paths:
            self._kill()
            await asyncio.sleep(0.02)

    def wake(self) -> None:
        self._wake.set()

    def file(self, render: str) -> Path:
        return self.directory / f"{render}.mp4"

    async def remove(self, render: Render) -> None:
        """Also one that is being made."""
        await self._store.renders.remove(render.id)
        if self._making == render.id:
            self._kill()
        await asyncio.to_thread(self.file(render.id).unlink, missing_ok=True)

    async def _run(self) -> None:
        with (self.directory / "lock").open("wb") as lock:
            while not self._ending:
                try:
                    if taken(lock.fileno()):
                        await self._sweep()
                        while await self._make_one():
                            pass
                except Exception:  # what it is will be there again in half a minute, or not
                    log.exception("rendering_failed")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), LOOK_S)
                self._wake.clear()

    async def _sweep(self) -> None:
        """Takes away what was kept long enough, and files that are nobody's."""
        now_ms = self._clock.epoch_ms()
        for row in await self._store.renders.list():
            if row.ended_at is not None and now_ms - row.ended_at > KEPT_MS:
                await self._store.renders.remove(row.id)
        known = {f"{row.id}.mp4" for row in await self._store.renders.list() if row.status == "ready"}
        await asyncio.to_thread(_unlink, self.directory, known)

    async def _make_one(self) -> bool:
        """False where there is nothing to be made."""
        if self._ending:
            return False
        for row in await self._store.renders.list():
            if row.status in ("waiting", "working"):
                await self._render(row)
                return True
        return await self._make_aac()

    async def _render(self, row: Render) -> None:
        resource = await self._store.resources.get(row.resource)
        if resource is None:
            await self._store.renders.remove(row.id)
            return
        await self._store.renders.change(row.id, status="working")
        part = self.directory / f"{row.id}.part"
        self._making, self.shares[row.id] = row.id, 0.0
        try:
            fault = await self._ask(row.id, resource, {"render": await self._order(row, resource, part)})
        finally:
            self._making = None
            self.shares.pop(row.id, None)
        now_ms = self._clock.epoch_ms()
        if fault is None:
            await asyncio.to_thread(part.replace, self.file(row.id))
            size = self.file(row.id).stat().st_size
            if not await self._store.renders.change(row.id, status="ready", bytes=size, ended_at=now_ms):
                await asyncio.to_thread(self.file(row.id).unlink)
        elif not self._ending:
            await asyncio.to_thread(part.unlink, missing_ok=True)
            await self._store.renders.change(row.id, status="failed", fault=fault, ended_at=now_ms)

    async def _order(self, row: Render, resource: Resource, out: Path) -> Json:
        """Of a joined recording as its parts are edited now: where that is not as it was asked for, it is not given."""
        made_of = await self._made_of(resource)
        newest = row.revision if resource in made_of else None
        parts = [await self._part(one, newest, one.title if len(made_of) > 1 else "") for one in made_of]
        return asdict(Order(str(out), row.layout, resource.title, parts))

    async def _part(self, resource: Resource, newest: int | None, title: str) -> Part:
        decisions = await self._store.edits.of(resource.id)
        decisions = [one for one in decisions if newest is None or one.number <= newest]
        by = shown(decisions, resource.published_edits, resource.duration_ms or 0)
        events = await self._journal.events(resource.lesson) if resource.lesson else []
        stage, leads, chapters = await asyncio.to_thread(directing.read, list(events), by)
        tracks = [dict(one) for one in resource.tracks if by.shows(one)]
        directory = str(self._files.directory / resource.path)
        return Part(directory, tracks, by.cuts, stage, leads, chapters, title)

    async def _made_of(self, resource: Resource) -> list[Resource]:
        return await self._store.joins.parts(resource.id) if resource.kind == KIND else [resource]

    async def _make_aac(self) -> bool:
        """One stretch, of what is on this disk; False where none is left to be made."""
        for resource in await self._store.resources.list(search=RECORDINGS):
            if resource.status != "ready" or is_carried(resource):
                continue
            for track in resource.tracks:
                key = f"{resource.path}/{track['id']}"
                if self._files.local(resource.path, track["playlist"]) is None:
                    continue
                if track["codec"] != "opus" or track.get("aac") or track["end_ms"] is None or key in self._hopeless:
                    continue
                await self._make_aac_of(resource, track["id"])
                return True
        return False

    async def _make_aac_of(self, resource: Resource, stretch: str) -> None:
        order = {"aac": [str(self._files.directory / resource.path), stretch]}
        if await self._ask(None, resource, order) is not None:
            if self._ending:
                return
            self._hopeless.add(f"{resource.path}/{stretch}")
            return
        playlist = f"{stretch}/{AAC}/{PLAYLIST}"
        for one in await self._store.resources.of_path(resource.path):
            tracks = [{**track, "aac": playlist} if track["id"] == stretch else track for track in one.tracks]
            await self._store.resources.update(one.id, status=one.status, duration_ms=one.duration_ms, tracks=tracks)

    async def _ask(self, render: str | None, resource: Resource, order: Json) -> str | None:
        """None when it is made, else why not."""
        if self._ending:
            return "render_failed"
        paths = {one.path for one in await self._made_of(resource)}
        if render is not None:
            try:
                for path in sorted(paths):
                    await self._files.bring_back(path)
            except (OSError, StorageFault) as fault:
                return "disk_short" if is_full(fault) else "recording_away"
        self._paths = paths
        try:
            return await self._run_for(render, order)
        finally:
            self._paths = set()

    async def _run_for(self, render: str | None, order: Json) -> str | None:
        self._process = process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "recordings.making"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C at the terminal is for the server alone
        )
        try:
            if self._ending:
                return "render_failed"
            async with asyncio.timeout(TIME_S):
                return await self._heard(process, render, order)
        except TimeoutError:
            return "too_long"
        finally:
            self._kill()
            await process.wait()
            self._process = None

    async def _heard(self, process: asyncio.subprocess.Process, render: str | None, order: Json) -> str | None:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes")
        with contextlib.suppress(ConnectionError):
            process.stdin.write(json.dumps(order).encode() + b"\n")
            await process.stdin.drain()
            process.stdin.close()
        async for line in process.stdout:
            said: dict[str, Any] = json.loads(line)
            if "share" in said and render is not None:
                self.shares[render] = said["share"]
            if "done" in said:
                return None
            if "fault" in said:
                return str(said["fault"])
        return "render_failed"

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()


def _unlink(directory: Path, known: set[str]) -> None:
    for path in directory.iterdir():
        if path.suffix in (".mp4", ".part") and path.name not in known:
            path.unlink(missing_ok=True)
