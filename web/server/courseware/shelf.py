"""Teachers' shelves on disk: uploads as far as they have come, and what was made of them, by content.

`courseware/uploads/{id}` grows until it is whole; `courseware/{digest}/` then holds it as `original`, with its slides.
What is being made stands in `courseware/work/`. Several nodes may share all of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from classroom.errors import ClientFault, Status
from classroom.store import Store
from classroom.store.records import Courseware
from recordings.files import DiskShort, Floor
from web.server.courseware.forms import HEAD, Form, form_of
from web.server.courseware.making import TEXT
from web.server.courseware.searching import Found, search
from web.server.courseware.turns import taken, turn

MOST_BYTES = 2 << 30
"""Of one file."""
MOST_ITEMS, SHELF_BYTES = 500, 20 << 30
UPLOADS, WORK, LOCK, ORIGINAL = "uploads", "work", "lock", "original"
DIGEST = re.compile(r"[0-9a-f]{64}")
UPLOAD_LIFE_MS = 7 * 24 * 3600 * 1000
KEPT_MS = 24 * 3600 * 1000
"""For so long after its end what a lesson showed is kept even if the library has nothing of it (yet)."""
BEGUN_MS = 60 * 1000
"""Within which an upload that has a row has a file too."""


class Shelf:
    """`on_uploaded` is told when something is whole, and waits to be converted."""

    def __init__(self, store: Store, directory: Path, floor: Floor | None = None) -> None:
        self.directory = directory
        self.floor = floor or Floor()
        self.on_uploaded: Callable[[], None] = lambda: None
        self._store = store
        self._searching = asyncio.Lock()

    async def begin(self, owner: str, name: str, size: int, now: int) -> Courseware:
        """Raises ClientFault `too_large` (413), `shelf_full` (409), `storage_full` (503)."""
        if size > MOST_BYTES:
            raise ClientFault("too_large", f"A file has at most {MOST_BYTES >> 30} GB.", Status.TOO_LARGE)
        await asyncio.to_thread(self._check_room, size)
        row = await self._store.shelves.add(owner, name, size, now, MOST_ITEMS, SHELF_BYTES)
        if row is None:
            raise ClientFault("shelf_full", "Your shelf is full: remove something first.", Status.CONFLICT)
        try:
            await asyncio.to_thread(self.upload(row).touch, 0o600)
        except OSError:
            await self._store.shelves.remove(row.id)
            raise storage_full() from None
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
        removed), `storage_full` (503); `not_found` (404) where it was removed meanwhile."""
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
                await self._whole(row)
        return there

    async def finish(self, row: Courseware) -> None:
        """Goes on with an upload that is whole, and was not said to be: the server stopped, or the database failed."""
        if row.status != "uploading" or self.offset(row) < row.bytes:
            return
        with contextlib.suppress(ClientFault), self._alone(row) as file:  # who writes to it still will say so
            await asyncio.to_thread(os.fsync, file)
            await self._whole(row)

    async def _whole(self, row: Courseware) -> None:
        if await self._store.shelves.uploaded(row.id):
            self.on_uploaded()

    async def _look(self, row: Courseware) -> None:
        if await asyncio.to_thread(self.form, self.upload(row)) is None:
            await self.remove(row)
            raise ClientFault("type_unsupported", "Files of this type cannot be shown.", Status.MEDIA_TYPE)

    async def take_off(self, row: Courseware, now: int) -> None:
        """Lessons that showed it, and recordings of them, keep it; where there are none it is removed."""
        await self._drop(row, await self._store.shelves.take_off(row.id, now, now - KEPT_MS))

    async def remove(self, row: Courseware) -> None:
        """For good; its content too where nobody else has it."""
        await self._drop(row, await self._store.shelves.remove(row.id))

    async def _drop(self, row: Courseware, digest: str | None) -> None:
        await asyncio.to_thread(self.upload(row).unlink, missing_ok=True)
        if digest is not None:
            async with self.settling():
                await self.settle(digest)

    def settling(self) -> AbstractAsyncContextManager[None]:
        """Held by whoever decides, on whichever node, that a content is still needed, or not any more."""
        return turn(self.directory / LOCK)

    def bringing(self, owner: str) -> AbstractAsyncContextManager[None]:
        """Held by whoever takes, on whichever node, what is on this shelf for what comes: nobody else takes for the
        same what is fresh of it, which goes again if it fails."""
        return turn(self._bringing(owner))

    def _bringing(self, owner: str) -> Path:
        return self.directory / f"{LOCK}-{owner}"

    async def settle(self, digest: str) -> None:
        """Removes a content that nobody has any more. To be called while `settling` is held."""
        if await self._store.shelves.uses(digest) == 0:
            await asyncio.to_thread(shutil.rmtree, self.content(digest), ignore_errors=True)

    async def clear(self, owner: str) -> int:
        """Removes all that an account has, as before it is erased, and says how much that was."""
        rows = await self._store.shelves.all_of(owner)
        for row in rows:
            await self.remove(row)
        await asyncio.to_thread(self._bringing(owner).unlink, missing_ok=True)
        return len(rows)

    async def sweep(self, now: int) -> None:
        """Removes what is off its shelf and no lesson keeps any more."""
        for row in await self._store.shelves.unkept(now - KEPT_MS):
            await self.remove(row)

    async def tidy(self, now: int) -> None:
        """Goes on with uploads that are whole, and removes those that nobody goes on with; what was being made where a
        server died; what no lesson keeps any more; and contents that nobody has."""
        await asyncio.to_thread((self.directory / WORK).mkdir, parents=True, exist_ok=True)
        for row in await self._store.shelves.uploading(now):
            await self.finish(row)
            lost = row.created_at < now - BEGUN_MS and not self.upload(row).exists()
            if lost or row.created_at < now - UPLOAD_LIFE_MS:
                await self._give_up(row)
        await self.sweep(now)
        async with self.settling():
            for place in list((self.directory / WORK).iterdir()):
                await asyncio.to_thread(_clear, place)
        for content in list(self.directory.iterdir()):
            if DIGEST.fullmatch(content.name):
                async with self.settling():
                    await self.settle(content.name)

    async def _give_up(self, row: Courseware) -> None:
        now = await self._store.shelves.get(row.id)
        if now is not None and now.status == "uploading":
            await self.remove(now)

    @contextlib.asynccontextmanager
    async def workplace(self) -> AsyncIterator[Path]:
        """A folder to make something in, which no node clears while it is used."""
        await asyncio.to_thread((self.directory / WORK).mkdir, parents=True, exist_ok=True)
        async with self.settling():
            place = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=self.directory / WORK))
            try:
                lock = (place / LOCK).open("wb")
            except OSError:
                await asyncio.to_thread(place.rmdir)
                raise
            taken(lock.fileno())
        with lock:
            try:
                yield place
            finally:
                await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)

    @contextlib.contextmanager
    def working(self, row: Courseware) -> Iterator[Path | None]:
        """The upload, for one to work on, on whichever node; None where another does. Raises FileNotFoundError."""
        with self.upload(row).open("r+b") as file:  # some file systems lock only what may be written to
            yield self.upload(row) if taken(file.fileno()) else None

    def upload(self, row: Courseware) -> Path:
        return self.directory / UPLOADS / row.id

    def content(self, digest: str) -> Path:
        return self.directory / digest

    async def search(self, owner: str, words: str) -> list[Found]:
        """One at a time: who searches has one thread of many, and the loop goes on."""
        rows = await self._store.shelves.list(owner)
        async with self._searching:
            return await asyncio.to_thread(list, search(rows, self.texts, words))

    def texts(self, digest: str) -> list[str]:
        return texts_in(self.content(digest))

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
            self.floor.check(self.directory, wanted)
        except DiskShort:
            raise storage_full() from None

    def _append(self, file: int, piece: bytes) -> None:
        try:
            self.floor.check(self.directory, len(piece))
            written = 0
            while written < len(piece):
                written += os.write(file, memoryview(piece)[written:])
        except OSError:
            raise storage_full() from None

    @contextlib.contextmanager
    def _alone(self, row: Courseware) -> Iterator[int]:
        """The upload's file, to be written to; by one request at a time, whichever node it came to. It is never made
        here: who removed the upload would have it back."""
        try:
            file = os.open(self.upload(row), os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        except FileNotFoundError:
            raise ClientFault("not_found", "There is no such upload.", Status.NOT_FOUND) from None
        try:
            if not taken(file):
                busy = "The same upload is still being written to."
                raise ClientFault("upload_busy", busy, Status.CONFLICT, retry_after_s=1)
            yield file
        finally:
            os.close(file)


def _clear(place: Path) -> None:
    """Unless somebody is at work there."""
    with contextlib.suppress(OSError), (place / LOCK).open("wb") as lock:
        if taken(lock.fileno()):
            shutil.rmtree(place, ignore_errors=True)


def _elsewhere(there: int) -> ClientFault:
    return ClientFault("offset_mismatch", f"The upload is at {there}.", Status.CONFLICT)


def storage_full() -> ClientFault:
    return ClientFault("storage_full", "The server's disk is full.", Status.UNAVAILABLE, retry_after_s=60)


def texts_in(content: Path) -> list[str]:
    """What stands on each slide of that folder, where that is known."""
    try:
        found = json.loads((content / TEXT).read_bytes())
    except (OSError, ValueError, RecursionError):
        return []
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
