"""Conversion, one at a time: from an upload that is whole to slides, by a sandbox that nothing comes out of but WebP,
text, and one line that says what was made."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import structlog
from pydantic import ValidationError

from classroom.clock import Clock
from classroom.store import Store
from classroom.store.records import Courseware
from recordings.files import DiskShort, sync_directory
from recordings.sandbox import Limits
from web.server.courseware import office, photos, works
from web.server.courseware.collecting import MADE, Untrue, collect
from web.server.courseware.forms import Form
from web.server.courseware.making import Fault, Made, Progress, Refused
from web.server.courseware.running import run
from web.server.courseware.shelf import ORIGINAL, Shelf

OFFICE_MEMORY = 6 << 30  # of address space, of which LibreOffice takes much and uses little
AGAIN_S = 30.0
LOOK_S = 0.05
TIDY_EVERY_MS = 24 * 3600 * 1000

log = structlog.get_logger("courseware")


class Converter:
    def __init__(self, shelf: Shelf, store: Store, clock: Clock, limits: Limits | None = None) -> None:
        self._shelf, self._store, self._clock = shelf, store, clock
        self._limits = limits or Limits()
        self._wanted = asyncio.Event()
        self._turn = asyncio.Lock()
        self._progress: dict[str, Progress] = {}
        self._running: asyncio.Task[None] | None = None
        self._tidied = 0

    async def start(self) -> None:
        """Goes on with what waits, also from before a restart."""
        self._shelf.on_uploaded = self._wanted.set
        with _patient():  # what is left lying about is no reason not to teach
            await self._tidy()
        self._wanted.set()
        self._running = asyncio.create_task(self._run(), name="courseware")

    def progress(self, courseware: str) -> Progress | None:
        """How far the conversion is that goes on now, at this node."""
        return self._progress.get(courseware)

    async def made(self, courseware: str, until: float) -> Courseware | None:
        """What became of something that waits, here or at another node, or until then by the loop's clock: it may wait
        still. None where it was removed meanwhile. Also where nothing was started. Raises DiskShort."""
        loop = asyncio.get_running_loop()
        while True:
            row = await self._store.shelves.get(courseware)
            if row is None or row.status != "waiting" or loop.time() > until:
                return row
            await self._alone(row)
            await asyncio.sleep(LOOK_S)

    async def close(self) -> None:
        """What is being converted begins anew after the next start."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _run(self) -> None:
        """At once what is told of here, and after a while what failed for no fault of its own, or waited at a node that
        is gone."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_S):
                    await self._wanted.wait()
            self._wanted.clear()
            with _patient():
                if self._clock.epoch_ms() - self._tidied > TIDY_EVERY_MS:
                    await self._tidy()
                for row in await self._store.shelves.waiting():
                    with _patient():
                        await self._alone(row)

    async def _tidy(self) -> None:
        self._tidied = self._clock.epoch_ms()
        await self._shelf.tidy(self._tidied)
        await photos.tidy(self._shelf, self._store, (self._tidied - TIDY_EVERY_MS) / 1000)
        await works.tidy(self._shelf, self._store, self._tidied, (self._tidied - TIDY_EVERY_MS) / 1000)

    async def _alone(self, row: Courseware) -> None:
        """Unless another node is at it, or has been. One at a time."""
        async with self._turn:
            await self._now(row)

    async def _now(self, row: Courseware) -> None:
        try:
            with self._shelf.working(row) as upload:
                now = await self._store.shelves.get(row.id)
                if upload is not None and now is not None and now.status == "waiting":
                    await self._convert(now, upload)
        except FileNotFoundError:  # removed meanwhile, or lost
            await self._store.shelves.failed(row.id, "conversion_failed")

    async def _convert(self, row: Courseware, upload: Path) -> None:
        try:
            digest = await asyncio.to_thread(self._shelf.digest, upload)
            if not await self._shared(row, digest):
                fault = await self._make(row, upload, digest)
                if fault is not None:
                    await self._store.shelves.failed(row.id, fault)
        finally:
            self._progress.pop(row.id, None)
        await asyncio.to_thread(upload.unlink, missing_ok=True)

    async def _shared(self, row: Courseware, digest: str) -> bool:
        """Whether the same content was made before, for another."""
        async with self._shelf.settling():
            try:
                made = Made.model_validate_json(
                    await asyncio.to_thread((self._shelf.content(digest) / MADE).read_bytes)
                )
            except (FileNotFoundError, ValidationError):
                return False
            await self._ready(row, digest, made)
            return True

    async def _ready(self, row: Courseware, digest: str, made: Made) -> None:
        shelves = self._store.shelves
        if not await shelves.ready(row.id, digest, made.kind, made.slides, made.boxes, made.duration_ms, made.mime):
            await self._shelf.settle(digest)

    async def _make(self, row: Courseware, upload: Path, digest: str) -> Fault | None:
        """Converts, and keeps what was made. Answers why not, where that is the file's own fault. Raises DiskShort."""
        form = await asyncio.to_thread(self._shelf.form, upload)
        if form is None:
            return "type_unsupported"
        await asyncio.to_thread(self._shelf.floor.check, self._shelf.directory, row.bytes)
        async with self._shelf.workplace() as place:
            folder, keep = place / "sandbox", place / "made"
            folder.mkdir()
            keep.mkdir()
            limits = replace(self._limits, memory_bytes=OFFICE_MEMORY) if form is Form.OFFICE else self._limits
            made = await run(upload, form, folder, limits, self._shelf.floor, lambda now: self._heard(row, now))
            if form is Form.OFFICE:
                await asyncio.to_thread(office.sweep)
            if isinstance(made, Refused):
                return made.fault
            try:
                await asyncio.to_thread(collect, made, form, folder, keep, self._shelf.floor)
            except (Untrue, FileNotFoundError) as fault:
                log.warning("courseware_untrue", reason=str(fault))
                return "conversion_failed"
            await asyncio.to_thread(_same_or_copy, upload, keep / ORIGINAL)
            async with self._shelf.settling():
                await asyncio.to_thread(_place, keep, self._shelf.content(digest))
                await self._ready(row, digest, made)
            return None

    def _heard(self, row: Courseware, progress: Progress) -> None:
        self._progress[row.id] = progress


@contextlib.contextmanager
def _patient() -> Iterator[None]:
    """Where the disk or the database fails, or something about this very file, it is tried again later; the others need
    not wait for it."""
    try:
        yield
    except DiskShort as fault:
        log.warning("courseware_waits", reason=str(fault))
    except Exception:
        log.exception("courseware_waits")


def _same_or_copy(upload: Path, kept: Path) -> None:
    try:
        kept.hardlink_to(upload)
    except OSError:  # another file system, or one that has no second names
        shutil.copyfile(upload, kept)
        with kept.open("rb") as copy:
            os.fsync(copy.fileno())


def _place(keep: Path, content: Path) -> None:
    shutil.rmtree(content, ignore_errors=True)  # a half of it, from before something else was lost
    keep.rename(content)
    sync_directory(content.parent)
