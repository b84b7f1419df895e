"""Photos of pupils' work: one image each, written anew in the sandbox, that belongs to a lesson and is kept as long as
that. `courseware/photos/{photo}/` holds it in several sizes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path

from classroom.errors import ClientFault, Status
from classroom.ids import new_id
from classroom.store import Store
from classroom.store.photos import Bounds
from classroom.store.records import Photo
from recordings.files import is_full
from signaling.tokens import Claims
from web.server.courseware.collecting import Untrue, collect
from web.server.courseware.forms import IMAGES
from web.server.courseware.making import BOXES, Refused, slide_file
from web.server.courseware.running import run
from web.server.courseware.sandbox import Limits
from web.server.courseware.shelf import Shelf, storage_full

MOST_BYTES = 10 << 20
"""Of one as it is sent."""
BOUNDS = Bounds(photos=40, bytes=40 << 20, in_lesson=4000)
LARGEST = 1920
AT_ONCE = 2
WAIT_S = 60.0  # for one's turn: a class of sixty has it in half of that
PHOTOS = "photos"
HASTY = Limits(memory_bytes=1 << 30, cpu_s=20, file_bytes=32 << 20, idle_s=20.0, wall_s=20.0)


class Photos:
    def __init__(self, shelf: Shelf, store: Store) -> None:
        self._shelf, self._store = shelf, store
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._senders: set[str] = set()

    async def take(self, claims: Claims, pieces: AsyncIterator[bytes], now: int) -> Photo:
        """Raises ClientFault `photo_busy`, `photos_full` (409), `too_large` (413), `type_unsupported` (415), `damaged`,
        `too_many_pixels` and the like (422), `busy`, `storage_full` (503); `token_invalid` (401) where its sender was
        erased meanwhile."""
        with self._alone(claims.participant):
            if not await self._store.photos.has_room(claims.lesson, claims.participant, BOUNDS):
                raise _enough()
            try:
                async with self._shelf.workplace() as place:
                    return await self._make(place, claims, pieces, now)
            except OSError as fault:
                if is_full(fault):
                    raise storage_full() from None
                raise

    @contextlib.contextmanager
    def _alone(self, participant: str) -> Iterator[None]:
        """One photo of each at a time: nobody takes the turns of a whole class."""
        if participant in self._senders:
            raise ClientFault("photo_busy", "Your last photo is not ready yet.", Status.CONFLICT, retry_after_s=2)
        self._senders.add(participant)
        try:
            yield
        finally:
            self._senders.remove(participant)

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(WAIT_S):
                await self._slots.acquire()
        except TimeoutError:
            raise ClientFault("busy", "Too many photos at once.", Status.UNAVAILABLE, retry_after_s=10) from None
        try:
            yield
        finally:
            self._slots.release()

    async def _make(self, place: Path, claims: Claims, pieces: AsyncIterator[bytes], now: int) -> Photo:
        sent, folder, keep = place / "sent", place / "sandbox", place / "made"
        folder.mkdir()
        keep.mkdir()
        await self._receive(sent, pieces)
        form = await asyncio.to_thread(self._shelf.form, sent)
        if form not in IMAGES:
            raise ClientFault("type_unsupported", "This is no photo.", Status.MEDIA_TYPE)
        async with self._turn():
            made = await run(sent, form, folder, HASTY, self._shelf.floor, largest=LARGEST)
        if isinstance(made, Refused):
            raise ClientFault(made.fault, "This photo cannot be shown.")
        try:
            await asyncio.to_thread(collect, made, form, folder, keep, self._shelf.floor, LARGEST)
        except (Untrue, FileNotFoundError):
            raise ClientFault("conversion_failed", "This photo cannot be shown.") from None
        size = sum(path.stat().st_size for path in keep.iterdir())
        photo = Photo(new_id(), claims.lesson, claims.participant, size, now)
        await asyncio.to_thread(self._place, keep, self.folder(photo.id))
        kept = False
        try:
            kept = await self._store.photos.add(photo, claims.name, BOUNDS)
        finally:
            if not kept:
                await self.clear([photo.id])
        if not kept:
            raise _enough()
        return photo

    async def _receive(self, sent: Path, pieces: AsyncIterator[bytes]) -> None:
        there = 0
        with sent.open("xb") as file:
            async for piece in pieces:
                there += len(piece)
                if there > MOST_BYTES:
                    raise ClientFault("too_large", f"A photo has at most {MOST_BYTES >> 20} MB.", Status.TOO_LARGE)
                await asyncio.to_thread(self._shelf.floor.check, sent.parent, len(piece))
                await asyncio.to_thread(file.write, piece)

    @staticmethod
    def _place(keep: Path, folder: Path) -> None:
        folder.parent.mkdir(exist_ok=True)
        keep.rename(folder)

    def folder(self, photo: str) -> Path:
        return self._shelf.directory / PHOTOS / photo

    def file(self, photo: str, box: int) -> Path:
        """In this size, or the next smaller one that there is: nothing is enlarged."""
        sizes = [one for one in BOXES if one <= box] or [BOXES[0]]
        files = [self.folder(photo) / slide_file(1, one) for one in reversed(sizes)]
        return next((path for path in files if path.is_file()), files[-1])

    async def clear(self, photos: Iterable[str]) -> None:
        """Removes the files of those that are not kept any more."""
        for photo in photos:
            await asyncio.to_thread(shutil.rmtree, self.folder(photo), ignore_errors=True)


def _enough() -> ClientFault:
    return ClientFault("photos_full", "That is enough photos for one lesson.", Status.CONFLICT)


async def tidy(shelf: Shelf, store: Store, before_s: float) -> None:
    """Removes the files of lessons that are gone, but for those that came after `before_s`."""
    place = shelf.directory / PHOTOS
    names = [one.name for one in os.scandir(place) if one.stat().st_mtime < before_s] if place.is_dir() else []
    for start in range(0, len(names), 500):
        some = names[start : start + 500]
        known = await store.photos.known(some)
        for name in some:
            if name not in known:
                await asyncio.to_thread(shutil.rmtree, place / name, ignore_errors=True)
