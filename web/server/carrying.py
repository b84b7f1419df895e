"""What was imported, as the routes of any resource answer it."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from pathlib import Path, PurePosixPath

from aiohttp import web

from classroom.errors import ClientFault, Status
from classroom.store.records import Resource
from recordings.carried import CUTS, TYPES, Carried, is_carried, load
from web.server.recorded import recorded
from web.server.seats import not_found
from web.server.sessions import Call

CACHE = "private, max-age=86400, immutable"


async def of(call: Call, resource: Resource) -> Carried:
    """Else 404: its files are not there any more."""
    try:
        return await asyncio.to_thread(load, call.parts.files.directory / resource.path)
    except (OSError, ValueError):
        raise not_found("file") from None


def cuts(folder: Path) -> tuple[tuple[int, int], ...]:
    """What was cut out before it was exported; nothing where its files are not there now. Blocks."""
    try:
        return _cuts(folder)
    except (OSError, ValueError):
        return ()


@lru_cache(1024)
def _cuts(folder: Path) -> tuple[tuple[int, int], ...]:
    """It never changes."""
    return tuple((begin, end) for begin, end in load(folder).answers[CUTS])


async def file(call: Call, resource: Resource, path: str) -> web.StreamResponse:
    """One of its media, by ranges too. Else 404."""
    if not any(track["playlist"] == path for track in resource.tracks):
        raise not_found("file")
    return await recorded(call, resource.path, path, CACHE, TYPES[PurePosixPath(path).suffix])


def refuse(resource: Resource) -> None:
    """Raises ClientFault `imported` (409) where it is no recording of ours, which could be edited."""
    if is_carried(resource):
        raise ClientFault("imported", "It was imported as it is, and is edited where it came from.", Status.CONFLICT)
