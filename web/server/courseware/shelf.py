"""Teachers' shelves on disk: uploads as far as they have come, and what was made of them, by content.

`courseware/uploads/{id}` grows until it is whole; `courseware/{digest}/` then holds it as `original`, with its slides.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

from classroom.errors import ClientFault, Status
from classroom.store import Store
from classroom.store.records import Courseware
from recordings.files import DiskShort, Floor
from web.server.courseware.forms import HEAD, Form, form_of

MOST_BYTES = 2 << 30
"""Of one file."""
MOST_ITEMS, SHELF_BYTES = 500, 20 << 30
PIECE = 1 << 20
UPLOADS, ORIGINAL = "uploads", "original"
UPLOAD_LIFE_MS = 7 * 24 * 3600 * 1000


class Shelf:
    """`on_uploaded` is told when something is whole, and waits to be converted."""

    def __init__(self, store: Store, directory: Path, floor: Floor | None = None) -> None:
        self.directory = directory
        self.on_uploaded: Callable[[], None] = lambda: None
        self.settling = asyncio.Lock()  # held by whoever decides that a content is still needed, or not any more
        self._store = store
        self._floor = floor or Floor()

    async def begin(self, owner: str, name: str, size: int, now: int) -> Courseware:
        """Raises ClientFault `too_large` (413), `shelf_full` (409), `storage_full` (503)."""
        if size > MOST_BYTES:
            raise ClientFault("too_large", f"A file has at most {MOST_BYTES >> 30} GB.", Status.TOO_LARGE)
        await asyncio.to_thread(self._check_room, size)
        row = await self._store.shelves.add(owner, name, size, now, MOST_ITEMS, SHELF_BYTES)
        if row is None:
            raise ClientFault("shelf_full", "Your shelf is full: remove something first.", Status.CONFLICT)
        await asyncio.to_thread(self.upload(row).touch)
        return row

    def offset(self, row: Courseware) -> int:
        """How much of it has come."""
        if row.status != "uploading":
            return row.bytes
        with contextlib.suppress(FileNotFoundError):
            return self.upload(row).stat().st_size
        return 0

    async def take(self, row: Courseware, offset: int, pieces: AsyncIterator[bytes]) -> int:
        """Adds what comes to what is there, and says how much that is now; what came before a line broke, stays.
        Raises ClientFault `offset_mismatch`, `upload_busy` (409), `too_large` (413), `type_unsupported` (415: it is
        removed), `storage_full` (503)."""
        if row.status != "uploading":
            raise _elsewhere(row.bytes)
        with self._alone(row) as file:
            there = os.fstat(file).st_size
            if offset != there:
                raise _elsewhere(there)
            try:
                async for piece in pieces:
                    if there + len(piece) > row.bytes:
                        raise ClientFault("too_large", "This is more than the upload was said to be.", Status.TOO_LARGE)
                    await asyncio.to_thread(self._append, file, piece)
                    there += len(piece)
            finally:
                await asyncio.to_thread(os.fsync, file)
            if (offset < HEAD or there == row.bytes) and there >= min(HEAD, row.bytes):
                await self._look(row)
        if there == row.bytes:
            await self._store.shelves.uploaded(row.id)
            self.on_uploaded()
        return there

    async def _look(self, row: Courseware) -> None:
        if await asyncio.to_thread(self.form, self.upload(row)) is None:
            await self.remove(row)
            raise ClientFault("type_unsupported", "Files of this type cannot be shown.", Status.MEDIA_TYPE)

    async def remove(self, row: Courseware) -> None:
        """Takes something off the shelf; its content too where nobody else has it."""
        await self._store.shelves.remove(row.id)
        await asyncio.to_thread(self.upload(row).unlink, missing_ok=True)
        if row.digest is not None:
            async with self.settling:
                await self.settle(row.digest)

    async def settle(self, digest: str) -> None:
        """Removes a content that nobody has any more. To be called while `settling` is held."""
        if await self._store.shelves.uses(digest) == 0:
            await asyncio.to_thread(shutil.rmtree, self.content(digest), ignore_errors=True)

    async def clear(self, owner: str) -> int:
        """Removes all that an account has, as before it is erased, and says how much that was."""
        rows = await self._store.shelves.list(owner)
        for row in rows:
            await self.remove(row)
        return len(rows)

    async def tidy(self, now: int) -> None:
        """Removes uploads that nobody goes on with."""
        for row in await self._store.shelves.uploading(now - UPLOAD_LIFE_MS):
            await self.remove(row)

    def upload(self, row: Courseware) -> Path:
        return self.directory / UPLOADS / row.id

    def content(self, digest: str) -> Path:
        return self.directory / digest

    @staticmethod
    def form(path: Path) -> Form | None:
        with path.open("rb") as file:
            return form_of(file.read(HEAD))

    @staticmethod
    def digest(path: Path) -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _check_room(self, wanted: int) -> None:
        (self.directory / UPLOADS).mkdir(parents=True, exist_ok=True)
        try:
            self._floor.check(self.directory, wanted)
        except DiskShort:
            raise _full() from None

    def _append(self, file: int, piece: bytes) -> None:
        try:
            self._floor.check(self.directory, len(piece))
            written = 0
            while written < len(piece):
                written += os.write(file, memoryview(piece)[written:])
        except OSError:
            raise _full() from None

    @contextlib.contextmanager
    def _alone(self, row: Courseware) -> Iterator[int]:
        """The upload's file, to be written to; by one request at a time, whichever node it came to."""
        file = os.open(self.upload(row), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield file
        except BlockingIOError:
            raise ClientFault(
                "upload_busy", "The same upload is still being written to.", Status.CONFLICT, retry_after_s=1
            ) from None
        finally:
            os.close(file)


def _elsewhere(there: int) -> ClientFault:
    return ClientFault("offset_mismatch", f"The upload is at {there}.", Status.CONFLICT)


def _full() -> ClientFault:
    return ClientFault("storage_full", "The server's disk is full.", Status.UNAVAILABLE, retry_after_s=60)
