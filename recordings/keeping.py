"""Where a recording's files lie: on this disk, or in object storage once the local copy has gone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from yarl import URL

from recordings import ledger, lying
from recordings.files import DISCARDED, TRACKS, WITHIN, Floor, alone
from recordings.storage import NAME, READ_S, Storage, StorageFault, Stored, md5_of

READERS = 16
PIECE_BYTES = 1 << 19  # that a reader who is slow holds in memory
WAIT_S = 2 * READ_S
LOCK_S = 10.0
ROOM = Floor(2_000_000_000, 0.10)
"""Is left on the disk by what comes back: twice what the recorder stops at."""

T = TypeVar("T")


class Files:
    """`directory` holds a folder for each lesson. A file is asked for by its recording's `path` and its name in it.

    Methods that look into the storage raise StorageFault; without one, only what is on this disk is there.
    """

    def __init__(self, directory: Path, storage: Storage | None = None) -> None:
        self.directory = directory
        self.storage = storage
        self.origin: str | None = None  # of such addresses, once one was made
        self._readers = ThreadPoolExecutor(READERS, "storage")  # not the server's: a slow store holds up itself alone

    def local(self, path: str, name: str) -> Path | None:
        """On this disk. None also for what is no name of ours."""
        found = self.directory / path / name
        return found if NAME.fullmatch(f"{path}/{name}") and found.is_file() else None

    async def look(self, path: str, name: str) -> Stored | None:
        """In the storage."""
        key = f"{path}/{name}"
        if self.storage is None or not NAME.fullmatch(key) or self._marker(path).exists():
            return None
        return await self._blocking(self.storage.look, key)

    async def pieces(self, path: str, name: str, stored: Stored, start: int, end: int) -> AsyncIterator[bytes]:
        """Those bytes of what `look` has found. Each piece is asked for when the one before it has been taken."""
        storage = self._storage()
        for begin in range(start, end, PIECE_BYTES):
            until = min(begin + PIECE_BYTES, end)
            yield await self._blocking(storage.read, f"{path}/{name}", begin, until, stored.etag)

    async def read(self, path: str, name: str, most_bytes: int) -> bytes:
        """All of a small file. Raises FileNotFoundError, ValueError where it is larger."""
        found = self.local(path, name)
        if found is not None:
            data = await asyncio.to_thread(_beginning, found, most_bytes + 1)
        else:
            stored = await self.look(path, name)
            if stored is None:
                raise FileNotFoundError(name)
            end = min(stored.bytes, most_bytes + 1)
            data = b"".join([piece async for piece in self.pieces(path, name, stored, 0, end)])
        if len(data) > most_bytes:
            raise ValueError(f"{name} is larger than {most_bytes} bytes")
        return data

    async def stretch(self, path: str, name: str, start: int, end: int) -> bytes:
        """Those bytes of a file. Raises OSError."""
        found = self.local(path, name)
        if found is not None:
            return await asyncio.to_thread(_between, found, start, end)
        stored = await self.look(path, name)
        if stored is None:
            raise FileNotFoundError(name)
        return b"".join([piece async for piece in self.pieces(path, name, stored, start, min(end, stored.bytes))])

    async def address(self, path: str, name: str, lives_s: int) -> str | None:
        """Where anyone can fetch it from the storage for so long."""
        found = await self._blocking(self._storage().address, f"{path}/{name}", lives_s)
        self.origin = str(URL(found).origin()) if found else None
        return found

    async def bring_back(self, path: str, within: str = "") -> Path:
        """The recording's folder with its files on this disk, all or those below a folder `within` it, where they stay
        for as long as after a lesson. Raises DiskShort and other OSErrors, `BlockingIOError` where another does the
        same; StorageFault `wrong` where some are in no storage that is set."""
        await asyncio.to_thread(self._bring_back, path, within)
        return self.directory / path

    def discard(self, path: str, within: str = "") -> None:
        """From here on nothing of it, or of its stretch `within`, is there: it is not sent, and `sender` removes what
        the storage has as soon as it can. Raises OSError."""
        if self.storage is None:
            return
        marker = self._marker(path, within)
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
        descriptor = os.open(marker.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def is_discarded(self, path: str, within: str = "") -> bool:
        """Whether the storage may have something of it still."""
        return self._marker(path, within).exists()

    async def stored(self, path: str) -> int:
        """How many files the storage has of it, or of a folder in it."""
        return len(await self._blocking(self.storage.list, path)) if self.storage is not None else 0

    def close(self) -> None:
        self._readers.shutdown(wait=False, cancel_futures=True)

    def _marker(self, path: str, within: str = "") -> Path:
        return self.directory / DISCARDED / (f"{path}{WITHIN}{within}" if within else path)

    def _storage(self) -> Storage:
        if self.storage is None:
            raise StorageFault("no_bucket", "no storage is set")
        return self.storage

    async def _blocking(self, work: Callable[..., T], *args: object) -> T:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(WAIT_S):
                return await loop.run_in_executor(self._readers, work, *args)
        except TimeoutError:
            raise StorageFault("silent") from None

    def _bring_back(self, path: str, within: str) -> None:
        folder = self.directory / path
        absent = self._absent(folder, within)
        if not absent and (folder / TRACKS).exists():
            return
        storage = self._storage()
        there = {key.removeprefix(f"{path}/"): one for key, one in storage.list(path).items()}
        wanted = [name for name in there if NAME.fullmatch(name) and name.startswith(within)]
        if not there and not absent:
            return
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder, LOCK_S):
            known = ledger.read(folder, storage.identity)
            wanted = [name for name in wanted if not (folder / name).exists()]
            ROOM.check(folder, sum(there[name].bytes for name in wanted))
            for name in wanted:
                md5 = known.sent[name].md5 if name in known.sent else ""
                _fetch(storage, f"{path}/{name}", there[name], folder / name, md5)
            if still := self._absent(folder, within):
                raise StorageFault("wrong", f"{len(still)} files of {path} are not in {storage.url}")
            ledger.came_back(folder, [name for name in wanted if name in known.sent], storage.identity)

    def _absent(self, folder: Path, within: str) -> set[str]:
        released = ledger.read(folder, self.storage.identity).released if self.storage is not None else []
        names = {*lying.missing(folder), *(name for name in released if not (folder / name).exists())}
        return {name for name in names if name.startswith(within)}


def _beginning(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most)


def _between(path: Path, start: int, end: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(end - start)


def _fetch(storage: Storage, key: str, stored: Stored, into: Path, md5: str) -> None:
    into.parent.mkdir(parents=True, exist_ok=True)
    temporary = into.with_name(into.name + ".new")
    with temporary.open("wb") as file:
        for begin in range(0, stored.bytes, PIECE_BYTES):
            file.write(storage.read(key, begin, min(begin + PIECE_BYTES, stored.bytes), stored.etag))
        file.flush()
        os.fsync(file.fileno())
    if md5 and md5_of(temporary) != md5:
        temporary.unlink()
        raise StorageFault("wrong", f"{key} came back changed")
    temporary.replace(into)
