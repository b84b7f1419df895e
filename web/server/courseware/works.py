"""Answers that are files, as they come: a recording and a picture that were made anew, a drawing that was read.
`courseware/works/{work}/` holds each, and nothing else of what was sent."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from pydantic import ValidationError

from classroom.activities.question import WorkKind
from classroom.activities.works import MOST_MS, Ink
from classroom.errors import ClientFault, Status
from classroom.ids import new_id
from classroom.store import Store
from classroom.store.records import Work
from classroom.store.works import Bounds
from recordings.files import write_atomically
from signaling.tokens import Claims
from web.server.courseware.forms import IMAGES, Form
from web.server.courseware.making import SPOKEN
from web.server.courseware.photos import LARGEST, sized, tidied
from web.server.courseware.sending import Sending, place_in
from web.server.courseware.shelf import Shelf

MOST_BYTES: dict[WorkKind, int] = {"sound": 4 << 20, "ink": 1 << 20, "picture": 10 << 20}
"""Of one as it is sent."""
SOUNDS = frozenset({Form.WEBM, Form.MP4, Form.OGG})
"""What browsers record."""
LATE_MS = 2000
"""A recorder stops a little after it is told to."""
BOUNDS = Bounds(works=60, bytes=60 << 20, in_lesson=2 << 30)
WORKS, INK = "works", "ink.json"


class Works:
    def __init__(self, shelf: Shelf, store: Store, sending: Sending) -> None:
        self._shelf, self._store, self._sending = shelf, store, sending

    async def take(
        self, claims: Claims, activity: str, whose: str, kind: WorkKind, pieces: AsyncIterator[bytes], now: int
    ) -> Work:
        """Raises ClientFault `photo_busy`, `works_full` (409), `too_large` (413), `type_unsupported` (415), `too_long`,
        `damaged` and the like (422), `busy`, `storage_full` (503); `token_invalid` (401) where its sender was erased
        meanwhile."""
        async with self._sending.workplace(claims.participant) as place:
            if not await self._store.works.has_room(claims.lesson, whose, BOUNDS):
                raise _enough()
            sent = await self._sending.receive(place, pieces, MOST_BYTES[kind])
            keep, mime, duration_ms = await self._make(place, sent, kind)
            size = sum(path.stat().st_size for path in keep.iterdir())
            work = Work(new_id(), claims.lesson, activity, whose, kind, mime, size, duration_ms, now)
            await asyncio.to_thread(place_in, keep, self.folder(work.id))
            kept = False
            try:
                kept = await self._store.works.add(work, claims.participant, claims.name, BOUNDS)
            finally:
                if not kept:
                    await self.clear([work.id])
            if not kept:
                raise _enough()
            return work

    async def _make(self, place: Path, sent: Path, kind: WorkKind) -> tuple[Path, str, int | None]:
        """The folder to be kept, what is in it, and how long that lasts."""
        match kind:
            case "picture":
                keep, _ = await self._sending.make(place, sent, IMAGES, LARGEST)
                return keep, "image/webp", None
            case "sound":
                keep, made = await self._sending.make(place, sent, SOUNDS, most_ms=MOST_MS + LATE_MS)
                return keep, made.mime, made.duration_ms
            case "ink":
                return await asyncio.to_thread(_drawn, place, sent), "application/json", None

    def folder(self, work: str) -> Path:
        return self._shelf.directory / WORKS / work

    def file(self, work: Work, box: int) -> Path:
        """Of a picture in that size, or the next smaller one that there is."""
        folder = self.folder(work.id)
        match work.kind:
            case "picture":
                return sized(folder, box)
            case "sound":
                return folder / SPOKEN
            case "ink":
                return folder / INK

    async def clear(self, works: Iterable[str]) -> None:
        """Removes the files of those that are not kept any more."""
        for work in works:
            await asyncio.to_thread(shutil.rmtree, self.folder(work), ignore_errors=True)


def _drawn(place: Path, sent: Path) -> Path:
    """The drawing as it was understood. Raises ClientFault `damaged`."""
    try:
        ink = Ink.model_validate_json(sent.read_bytes())
    except ValidationError:
        raise ClientFault("damaged", "This is no drawing.") from None
    keep = place / "made"
    keep.mkdir()
    write_atomically(keep / INK, ink.model_dump_json().encode())
    return keep


def _enough() -> ClientFault:
    return ClientFault("works_full", "That is enough for one lesson.", Status.CONFLICT)


async def tidy(shelf: Shelf, store: Store, now: int, before_s: float) -> None:
    """Removes what was never given as an answer, and the files of lessons that are gone, but for those that came after
    `before_s`."""
    await store.works.unanswered(now)
    await tidied(shelf.directory / WORKS, store.works.known, before_s)
