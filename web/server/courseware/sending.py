"""What people in a lesson send in: as it comes, one of each person at a time, and few at once in the sandbox."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Iterator
from pathlib import Path

from classroom.errors import ClientFault, Status
from recordings.files import is_full
from recordings.sandbox import Limits
from web.server.courseware.collecting import Untrue, collect
from web.server.courseware.forms import Form
from web.server.courseware.making import BOXES, Made, Refused
from web.server.courseware.running import run
from web.server.courseware.shelf import Shelf, storage_full

AT_ONCE = 2
WAIT_S = 60.0  # for one's turn: a class of sixty has it in half of that
HASTY = Limits(memory_bytes=1 << 30, cpu_s=20, file_bytes=32 << 20, idle_s=20.0, wall_s=20.0)


class Sending:
    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._senders: set[str] = set()

    @contextlib.asynccontextmanager
    async def workplace(self, participant: str) -> AsyncIterator[Path]:
        """Where what this one sends is received and made. Raises ClientFault `photo_busy` (409), `storage_full`
        (503)."""
        with self._alone(participant):
            try:
                async with self._shelf.workplace() as place:
                    yield place
            except OSError as fault:
                if is_full(fault):
                    raise storage_full() from None
                raise

    @contextlib.contextmanager
    def _alone(self, participant: str) -> Iterator[None]:
        """One of each at a time: nobody takes the turns of a whole class."""
        if participant in self._senders:
            raise ClientFault("photo_busy", "What you sent last is not ready yet.", Status.CONFLICT, retry_after_s=2)
        self._senders.add(participant)
        try:
            yield
        finally:
            self._senders.remove(participant)

    async def receive(self, place: Path, pieces: AsyncIterator[bytes], most_bytes: int) -> Path:
        """As the function of this name does."""
        return await receive(self._shelf, place, pieces, most_bytes)

    async def make(
        self, place: Path, sent: Path, forms: Collection[Form], largest: int = BOXES[-1], most_ms: int = 0
    ) -> tuple[Path, Made]:
        """The folder with what the sandbox made of it, in its turn. Raises ClientFault `type_unsupported` (415), what
        the sandbox says (422), `busy` (503)."""
        folder, keep = place / "sandbox", place / "made"
        folder.mkdir()
        keep.mkdir()
        form = await asyncio.to_thread(self._shelf.form, sent)
        if form is None or form not in forms:
            raise ClientFault("type_unsupported", "This is nothing that is asked for.", Status.MEDIA_TYPE)
        async with self._turn():
            made = await run(sent, form, folder, HASTY, self._shelf.floor, largest=largest, most_ms=most_ms)
        if isinstance(made, Refused):
            raise ClientFault(made.fault, "This cannot be shown.")
        try:
            floor, anew = self._shelf.floor, most_ms > 0
            await asyncio.to_thread(collect, made, form, folder, keep, floor, largest, anew=anew)
        except (Untrue, FileNotFoundError):
            raise ClientFault("conversion_failed", "This cannot be shown.") from None
        return keep, made

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(WAIT_S):
                await self._slots.acquire()
        except TimeoutError:
            raise ClientFault("busy", "Too many send at once.", Status.UNAVAILABLE, retry_after_s=10) from None
        try:
            yield
        finally:
            self._slots.release()


async def receive(shelf: Shelf, place: Path, pieces: AsyncIterator[bytes], most_bytes: int) -> Path:
    """The file, once all of it is there. Raises ClientFault `too_large` (413)."""
    sent, there = place / "sent", 0
    with sent.open("xb") as file:
        async for piece in pieces:
            there += len(piece)
            if there > most_bytes:
                raise ClientFault("too_large", f"At most {most_bytes >> 20} MB.", Status.TOO_LARGE)
            await asyncio.to_thread(shelf.floor.check, place, len(piece))
            await asyncio.to_thread(file.write, piece)
    return sent


def place_in(keep: Path, folder: Path) -> None:
    """Where it stays from now on."""
    folder.parent.mkdir(exist_ok=True)
    keep.rename(folder)
