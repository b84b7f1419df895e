"""Pictures and sounds that came inside another file: onto a shelf by the way of all uploads, and waited for until it is
known what became of each."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from classroom.activities.media import PICTURE, SOUND
from classroom.errors import ClientFault
from classroom.store import Store
from classroom.store.records import Courseware
from web.server.courseware.converter import Converter
from web.server.courseware.forms import IMAGES, MEDIA
from web.server.courseware.shelf import Shelf
from web.server.pieces import PIECE

WAIT_S = 240.0
"""For all that one file brings. A picture takes about half a second."""

Why = Literal["type_unsupported", "unfit", "late"] | str


@dataclass(frozen=True, slots=True)
class Piece:
    """One of them: where it lies, what it is called, and as what kind of courseware it is wanted."""

    path: Path
    name: str
    kind: str


@dataclass(slots=True)
class Brought:
    """What each is on the shelf, or why it is not; and what came onto the shelf by it."""

    there: dict[str, Courseware] = field(default_factory=dict)
    faults: dict[str, Why] = field(default_factory=dict)
    fresh: list[Courseware] = field(default_factory=list)


class Bringing:
    def __init__(self, shelf: Shelf, store: Store, converter: Converter) -> None:
        self._shelf, self._store, self._converter = shelf, store, converter

    @contextlib.asynccontextmanager
    async def bring(self, owner: str, pieces: Mapping[str, Piece], now: int) -> AsyncIterator[Brought]:
        """What is on the shelf already is taken for the same. Whatever goes wrong within, all that is fresh goes again.
        Raises ClientFault `shelf_full` (409), `storage_full` (503)."""
        brought = Brought()
        try:
            await self._begin(brought, owner, pieces, now)
            await self._wait(brought, pieces)
            yield brought
        except BaseException:
            for row in brought.fresh:
                await self._shelf.remove(row)
            raise

    async def drop_but(self, brought: Brought, named: Collection[str]) -> None:
        """Takes off the shelf again what is fresh and has not these names."""
        for row in [row for row in brought.fresh if row.id not in named]:
            brought.fresh.remove(row)
            await self._shelf.remove(row)

    async def _begin(self, brought: Brought, owner: str, pieces: Mapping[str, Piece], now: int) -> None:
        has = {row.digest: row for row in await self._store.shelves.list(owner) if row.status == "ready"}
        for known, piece in pieces.items():
            same = has.get(await asyncio.to_thread(self._shelf.digest, piece.path))
            if same is not None:
                brought.there[known] = same
                continue
            size = (await asyncio.to_thread(piece.path.stat)).st_size
            row = await self._shelf.begin(owner, piece.name, size, now)
            brought.fresh.append(row)
            brought.there[known] = row
            try:
                await self._shelf.take(row, 0, _read(piece.path))
            except ClientFault as fault:
                if fault.code != "type_unsupported":
                    raise
                await self._refuse(brought, known, fault.code)

    async def _wait(self, brought: Brought, pieces: Mapping[str, Piece]) -> None:
        until = asyncio.get_running_loop().time() + WAIT_S
        for known, begun in list(brought.there.items()):
            row = begun if begun.status == "ready" else await self._converter.made(begun.id, until)
            if row is not None and row.status == "ready" and fits(row, pieces[known].kind):
                brought.there[known] = row
            else:
                why = "late" if row is None else row.fault or ("unfit" if row.status == "ready" else "late")
                await self._refuse(brought, known, why)

    async def _refuse(self, brought: Brought, known: str, why: str) -> None:
        row = brought.there.pop(known)
        brought.faults[known] = why
        if any(one.id == row.id for one in brought.fresh):
            brought.fresh = [one for one in brought.fresh if one.id != row.id]
            await self._shelf.remove(row)


def fits(row: Courseware, kind: str) -> bool:
    """A picture is a single slide."""
    return row.kind == kind and (kind != PICTURE or row.slides == 1)


def looks_fit(shelf: Shelf, piece: Piece) -> bool:
    """By its first bytes."""
    return shelf.form(piece.path) in {PICTURE: IMAGES, SOUND: MEDIA}[piece.kind]


async def _read(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
