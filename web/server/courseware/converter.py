"""Conversion, one at a time: from an upload that is whole to slides, by a sandbox that nothing comes out of but WebP,
text, and one line that says what was made."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import structlog
from pydantic import ValidationError

from classroom.clock import Clock
from classroom.store import Store
from classroom.store.records import Courseware
from recordings.files import DiskShort, sync_directory, write_atomically
from web.server.courseware.forms import MIMES, Form
from web.server.courseware.making import BOXES, TEXT, Fault, Full, Line, Made, Progress, Refused, slide_file
from web.server.courseware.sandbox import Exhausted, Limits, Sandbox
from web.server.courseware.shelf import ORIGINAL, Shelf

MODULE = "web.server.courseware.convert"
MADE = "made.json"
OFFICE_MEMORY = 6 << 30  # of address space, of which LibreOffice takes much and uses little
AGAIN_S = 30.0
TIDY_EVERY_MS = 24 * 3600 * 1000
LIES = frozenset({errno.ELOOP, errno.ENXIO, errno.EACCES})  # a link, a socket, what may not be read

log = structlog.get_logger("courseware")


class Converter:
    def __init__(self, shelf: Shelf, store: Store, clock: Clock, limits: Limits | None = None) -> None:
        self._shelf, self._store, self._clock = shelf, store, clock
        self._limits = limits or Limits()
        self._wanted = asyncio.Event()
        self._progress: dict[str, Progress] = {}
        self._running: asyncio.Task[None] | None = None
        self._tidied = 0

    async def start(self) -> None:
        """Goes on with what waits, also from before a restart."""
        self._shelf.on_uploaded = self._wanted.set
        await self._tidy()
        self._wanted.set()
        self._running = asyncio.create_task(self._run(), name="courseware")

    def progress(self, courseware: str) -> Progress | None:
        """How far the conversion is that goes on now, at this node."""
        return self._progress.get(courseware)

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

    async def _alone(self, row: Courseware) -> None:
        """Unless another node is at it, or has been."""
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
            made = await self._in_sandbox(row, upload, form, folder)
            if isinstance(made, Refused):
                return made.fault
            try:
                await asyncio.to_thread(_collect, made, form, folder, keep)
            except (Untrue, FileNotFoundError) as fault:
                log.warning("courseware_untrue", reason=str(fault))
                return "conversion_failed"
            await asyncio.to_thread(_same_or_copy, upload, keep / ORIGINAL)
            async with self._shelf.settling():
                await asyncio.to_thread(_place, keep, self._shelf.content(digest))
                await self._ready(row, digest, made)
            return None

    async def _in_sandbox(self, row: Courseware, upload: Path, form: Form, folder: Path) -> Made | Refused:
        """Raises DiskShort, also where the disk is why nothing came of it."""
        limits = replace(self._limits, memory_bytes=OFFICE_MEMORY) if form is Form.OFFICE else self._limits
        numbers = map(str, (limits.memory_bytes, limits.cpu_s, limits.file_bytes))
        result: Made | Refused = Refused(fault="conversion_failed")
        with upload.open("rb") as given:
            lines = Sandbox(folder, limits).lines([MODULE, form, *numbers], given.fileno())
            try:
                async with contextlib.aclosing(lines):
                    async for line in lines:
                        match Line.validate_json(line):
                            case Progress() as progress:
                                self._progress[row.id] = progress
                                await self._check_floor()
                            case Full():
                                raise DiskShort("the disk is full")
                            case result:
                                pass
            except Exhausted:
                result = Refused(fault="too_complex")
            except DiskShort:
                raise
            except (ValidationError, OSError) as fault:
                log.warning("courseware_not_understood", reason=type(fault).__name__)
                result = Refused(fault="conversion_failed")
        if result == Refused(fault="conversion_failed"):
            await self._check_floor()
        return result

    async def _check_floor(self) -> None:
        await asyncio.to_thread(self._shelf.floor.check, self._shelf.directory, 0)


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


class Untrue(Exception):
    """What lies in the sandbox's folder is not what it said: whoever sent the file may have taken it over."""


def _collect(made: Made, form: Form, folder: Path, keep: Path) -> None:
    """Takes what was said to be made, and nothing else, out of the sandbox."""
    if not set(made.boxes) <= set(BOXES):
        raise Untrue("sizes")
    mime = MIMES.get(form, "")
    if made.mime not in (mime, mime.replace("video/", "audio/")):
        raise Untrue("type")  # it is served under this one
    for slide in range(1, made.slides + 1):
        for box in made.boxes:
            _take(folder / slide_file(slide, box), keep, b"RIFF")
    with contextlib.suppress(FileNotFoundError):
        _take(folder / TEXT, keep, b"[")
    write_atomically(keep / MADE, made.model_dump_json().encode())
    sync_directory(keep)


def _take(path: Path, keep: Path, begins: bytes) -> None:
    """A copy of a plain file: never what a link leads to."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as fault:
        if fault.errno in LIES:
            raise Untrue(f"{path.name}: {errno.errorcode[fault.errno]}") from None
        raise
    seen = os.fstat(file)
    if not stat.S_ISREG(seen.st_mode) or seen.st_nlink != 1:
        os.close(file)
        raise Untrue(path.name)
    with os.fdopen(file, "rb") as source, (keep / path.name).open("xb") as copy:
        head = source.read(len(begins))
        if head != begins:
            raise Untrue(path.name)
        copy.write(head)
        shutil.copyfileobj(source, copy)
        copy.flush()
        os.fsync(copy.fileno())


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
