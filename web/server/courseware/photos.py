"""Photos of pupils' work: one image each, written anew in the sandbox, that belongs to a lesson and is kept as long as
that. `courseware/photos/{photo}/` holds it in several sizes."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path

from classroom.errors import ClientFault, Status
from classroom.ids import new_id
from classroom.store import Store
from classroom.store.photos import Bounds
from classroom.store.records import Photo
from signaling.tokens import Claims
from web.server.courseware.forms import IMAGES
from web.server.courseware.making import BOXES, slide_file
from web.server.courseware.sending import Sending, place_in
from web.server.courseware.shelf import Shelf

MOST_BYTES = 10 << 20
"""Of one as it is sent."""
BOUNDS = Bounds(photos=40, bytes=40 << 20, in_lesson=4000)
LARGEST = 1920
PHOTOS = "photos"


class Photos:
    def __init__(self, shelf: Shelf, store: Store, sending: Sending) -> None:
        self._shelf, self._store, self._sending = shelf, store, sending

    async def take(self, claims: Claims, pieces: AsyncIterator[bytes], now: int) -> Photo:
        """Raises ClientFault `photo_busy`, `photos_full` (409), `too_large` (413), `type_unsupported` (415), `damaged`,
        `too_many_pixels` and the like (422), `busy`, `storage_full` (503); `token_invalid` (401) where its sender was
        erased meanwhile."""
        async with self._sending.workplace(claims.participant) as place:
            if not await self._store.photos.has_room(claims.lesson, claims.participant, BOUNDS):
                raise _enough()
            sent = await self._sending.receive(place, pieces, MOST_BYTES)
            keep, _ = await self._sending.make(place, sent, IMAGES, LARGEST)
            size = sum(path.stat().st_size for path in keep.iterdir())
            photo = Photo(new_id(), claims.lesson, claims.participant, size, now)
            await asyncio.to_thread(place_in, keep, self.folder(photo.id))
            kept = False
            try:
                kept = await self._store.photos.add(photo, claims.name, BOUNDS)
            finally:
                if not kept:
                    await self.clear([photo.id])
            if not kept:
                raise _enough()
            return photo

    def folder(self, photo: str) -> Path:
        return folder(self._shelf, photo)

    def file(self, photo: str, box: int) -> Path:
        return sized(self.folder(photo), box)

    async def clear(self, photos: Iterable[str]) -> None:
        """Removes the files of those that are not kept any more."""
        for photo in photos:
            await asyncio.to_thread(shutil.rmtree, self.folder(photo), ignore_errors=True)


def folder(shelf: Shelf, photo: str) -> Path:
    return shelf.directory / PHOTOS / photo


def sized(folder: Path, box: int) -> Path:
    """The picture in this size, or the next smaller one that there is: nothing is enlarged."""
    sizes = [one for one in BOXES if one <= box] or [BOXES[0]]
    files = [folder / slide_file(1, one) for one in reversed(sizes)]
    return next((path for path in files if path.is_file()), files[-1])


def _enough() -> ClientFault:
    return ClientFault("photos_full", "That is enough photos for one lesson.", Status.CONFLICT)


async def tidy(shelf: Shelf, store: Store, before_s: float) -> None:
    """Removes the files of lessons that are gone, but for those that came after `before_s`."""
    await tidied(shelf.directory / PHOTOS, store.photos.known, before_s)


async def tidied(place: Path, known: Callable[[list[str]], Awaitable[frozenset[str]]], before_s: float) -> None:
    """Removes the folders there of what is not `known`, but for those that came after `before_s`."""
    try:
        names = [one.name for one in os.scandir(place) if one.stat().st_mtime < before_s]
    except FileNotFoundError:
        return
    for start in range(0, len(names), 500):
        some = names[start : start + 500]
        there = await known(some)
        for name in some:
            if name not in there:
                await asyncio.to_thread(shutil.rmtree, place / name, ignore_errors=True)
