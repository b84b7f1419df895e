"""Has files made of recordings by a process of its own, one at a time on all nodes: what was asked for to download,
and, when nothing is, recorded sound in AAC for players that lack Opus, and small pictures of what is seen.

What is to be made stands in the database, so it outlives pages and servers: what was being made when a server ended is
begun anew by the next. Files are kept for a week, and go with their recording.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import IO, Any

import structlog

from classroom.clock import Clock
from classroom.events import Event, Json, Role, Seat
from classroom.journal import Journal
from classroom.store import Store
from classroom.store.joined import KIND
from classroom.store.records import Render, Resource
from recordings import chapters, directing, library
from recordings.edits import Edited, shown
from recordings.files import AAC, PLAYLIST, STILLS, alone, is_full
from recordings.keeping import Files
from recordings.making import LIMITS, MADE, MOST_SLIDES
from recordings.rendering import Order, Part
from recordings.sandbox import Exhausted, Sandbox
from recordings.storage import StorageFault
from web.server.courseware import photos
from web.server.courseware.shelf import Shelf, texts_in
from web.server.courseware.turns import taken
from web.server.lacking import LOOK_S, Lacking

log = structlog.get_logger("renderer")
KEPT_MS = 7 * 24 * 3600 * 1000
WAIT_S = 30.0
WORK = ".work"
GRACE_S = 2.0
FONT = Path(__file__).parent / "print" / "font.ttf"
RENDERS = ".renders"
"""Beside the recordings, which all nodes share; nobody's lesson, and not sent to a storage."""


class Renderer:
    """`await start()` before it makes anything; `await close()` at the end."""

    def __init__(
        self, store: Store, journal: Journal, files: Files, shelf: Shelf, directory: Path, clock: Clock
    ) -> None:
        self._store, self._journal, self._files, self._clock = store, journal, files, clock
        self._shelf = shelf
        self._lacking = Lacking(store, files)
        self.directory = directory
        self.shares: dict[str, float] = {}  # of renders that are being made here
        self._wake = asyncio.Event()
        self._sandbox: Sandbox | None = None
        self._making: str | None = None
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
                    async with asyncio.timeout(LOOK_S):
                        await self._wake.wait()
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
        return await self._make_rendition()

    async def _render(self, row: Render) -> None:
        resource = await self._store.resources.get(row.resource)
        if resource is None:
            await self._store.renders.remove(row.id)
            return
        await self._store.renders.change(row.id, status="working")
        work = self.directory / f"{row.id}{WORK}"
        self._making, self.shares[row.id] = row.id, 0.0
        try:
            fault = await self._ask(row.id, resource, {"render": await self._order(row, resource)}, work)
        finally:
            self._making = None
            self.shares.pop(row.id, None)
        now_ms = self._clock.epoch_ms()
        if fault is None:
            await asyncio.to_thread((work / MADE).replace, self.file(row.id))
            await asyncio.to_thread(work.rmdir)
            size = self.file(row.id).stat().st_size
            if not await self._store.renders.change(row.id, status="ready", bytes=size, ended_at=now_ms):
                await asyncio.to_thread(self.file(row.id).unlink)
        elif not self._ending:
            await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
            await self._store.renders.change(row.id, status="failed", fault=fault, ended_at=now_ms)

    async def _order(self, row: Render, resource: Resource) -> Json:
        """Of a joined recording as its parts are edited now: where that is not as it was asked for, it is not given."""
        made_of = await self._made_of(resource)
        newest = row.revision if resource in made_of else None
        most = MOST_SLIDES // max(1, len(made_of))
        parts = [await self._part(one, newest, one.title if len(made_of) > 1 else "", most) for one in made_of]
        return Order(MADE, row.layout, resource.title, parts, str(FONT)).json()

    async def _part(self, resource: Resource, newest: int | None, title: str, most: int) -> Part:
        decisions = await self._store.edits.of(resource.id)
        decisions = [one for one in decisions if newest is None or one.number <= newest]
        by = shown(decisions, resource.published_edits, resource.duration_ms or 0)
        events = await self._journal.events(resource.lesson) if resource.lesson else []
        stage, leads = await asyncio.to_thread(directing.read, list(events), by)
        tracks = [dict(one) for one in resource.tracks if by.shows(one)]
        directory = str(self._files.directory / resource.path)
        seen = await self._told(resource, by)
        told, wanted = await asyncio.to_thread(_as_json, seen)
        slides = {one: str(folder) for one in wanted if (folder := await self._slides(resource.lesson, one))}
        titles = await asyncio.to_thread(_chapters, seen, by, tracks, slides)
        return Part(directory, tracks, by.cuts, stage, leads, titles, title, told, dict(islice(slides.items(), most)))

    async def _told(self, resource: Resource, by: Edited) -> list[Event]:
        if resource.lesson is None:
            return []
        return await library.timeline(self._store, self._journal, resource.id, Seat("library", Role.OBSERVER), by)

    async def _slides(self, lesson: str | None, courseware: str) -> Path | None:
        """Those of courseware, or a photo that was sent in."""
        row = await self._store.shelves.get(courseware)
        if row is not None and row.status == "ready" and row.digest is not None:
            folder = self._shelf.content(row.digest)
        elif lesson is not None and await self._store.photos.in_lesson(lesson, courseware):
            folder = photos.folder(self._shelf, courseware)
        else:
            return None
        return folder if await asyncio.to_thread(folder.is_dir) else None

    async def _made_of(self, resource: Resource) -> list[Resource]:
        return await self._store.joins.parts(resource.id) if resource.kind == KIND else [resource]

    async def _make_rendition(self) -> bool:
        """Of one stretch, of what is on this disk; False where none is left to be made."""
        found = await self._lacking.next(asyncio.get_running_loop().time())
        if found is not None:
            await self._make_rendition_of(*found)
        return found is not None

    async def _make_rendition_of(self, resource: Resource, track: Mapping[str, Any], what: str) -> None:
        stretch = track["id"]
        lesson = self._files.directory / resource.path
        folder = lesson / stretch / what
        if not folder.exists():
            source = str(lesson / stretch)
            order = {AAC: source} if what == AAC else {STILLS: [source, track["codec"]]}
            work = self.directory / f"{resource.id}{WORK}"
            fault = await self._ask(None, resource, order, work)
            if self._ending:
                return
            if fault is None:
                try:
                    await asyncio.to_thread(_put, lesson, work, folder)
                except OSError:
                    fault = "damaged"
            await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
            if fault is not None:
                self._lacking.give_up(resource.path, stretch, what)
                return
        told = f"{stretch}/{AAC}/{PLAYLIST}" if what == AAC else f"{stretch}/{STILLS}"
        for one in await self._store.resources.of_path(resource.path):
            tracks = [{**other, what: told} if other["id"] == stretch else other for other in one.tracks]
            known = {"status": one.status, "duration_ms": one.duration_ms, "version": one.version}
            await self._store.resources.update(one.id, tracks=tracks, **known)  # type: ignore[arg-type]

    async def _ask(self, render: str | None, resource: Resource, order: Json, work: Path) -> str | None:
        """None when it is made, in the folder `work`, else why not."""
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
            return await self._run_for(render, order, work)
        except OSError as fault:
            return "disk_short" if is_full(fault) else "render_failed"
        finally:
            self._paths = set()

    async def _run_for(self, render: str | None, order: Json, work: Path) -> str | None:
        self._sandbox = sandbox = Sandbox(work, LIMITS)
        try:
            with await asyncio.to_thread(_given, work, order) as given:
                if self._ending:
                    return "render_failed"
                async with contextlib.aclosing(sandbox.lines(["recordings.making"], given.fileno())) as lines:
                    async for line in lines:
                        said: dict[str, Any] = json.loads(line)
                        if "share" in said and render is not None:
                            self.shares[render] = said["share"]
                        if "done" in said:
                            return None
                        if "fault" in said:
                            return str(said["fault"])
        except Exhausted:
            return "render_failed"
        finally:
            self._sandbox = None
        return "render_failed"

    def _kill(self) -> None:
        if self._sandbox is not None:
            self._sandbox.stop()


def _chapters(seen: list[Event], by: Edited, tracks: list[Json], slides: Mapping[str, str]) -> list[tuple[int, str]]:
    """Those that the player lists."""
    from_ms = min((track["start_ms"] for track in tracks), default=0)
    to_ms = max((track["end_ms"] or 0 for track in tracks), default=0)
    texts = cache(lambda courseware: texts_in(Path(slides[courseware])) if courseware in slides else [])

    def said_on(courseware: str, slide: int) -> str:
        return next(iter(texts(courseware)[slide - 1 : slide]), "")

    return chapters.titled(chapters.within(chapters.marks(seen), from_ms, to_ms, by.cuts), said_on)


def _as_json(told: list[Event]) -> tuple[list[Json], list[str]]:
    """With whose slides the board may show, in order."""
    events = [one.json() for one in told]
    return events, list(dict.fromkeys(_coursewares(events)))


def _coursewares(told: Any) -> Iterator[str]:
    """Whose slides the board may show, wherever that is said."""
    if isinstance(told, dict):
        if isinstance(told.get("courseware"), str):
            yield told["courseware"]
        yield from (one for value in told.values() for one in _coursewares(value))
    elif isinstance(told, list) and told and not isinstance(told[0], int | float):
        yield from (one for value in told for one in _coursewares(value))


def _given(work: Path, order: Json) -> IO[bytes]:
    """An empty folder to work in, and the order to read. Raises OSError."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    given = tempfile.TemporaryFile()  # noqa: SIM115 - whoever asks closes it
    given.write(json.dumps(order).encode() + b"\n")
    given.seek(0)
    return given


def _put(lesson: Path, made: Path, place: Path) -> None:
    """Whole or not at all. Raises OSError."""
    if os.geteuid() == 0:  # who made it was nobody
        for path in (made, *made.iterdir()):
            os.chown(path, 0, 0)
    with alone(lesson, WAIT_S):
        made.rename(place)


def _unlink(directory: Path, known: set[str]) -> None:
    for path in directory.iterdir():
        if path.suffix == WORK:
            shutil.rmtree(path, ignore_errors=True)
        if path.suffix in (".mp4", ".part") and path.name not in known:
            path.unlink(missing_ok=True)
