"""What is large, in pieces: what is sent in, as it comes; and what is told, so that nobody waits for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

from aiohttp import web

from classroom.errors import ClientFault, Status

PIECE = 1 << 20
SILENT_S = 15.0  # then whoever sends is gone, and may come back


async def pieces(request: web.Request) -> AsyncIterator[bytes]:
    """The body. Pieces are large enough that each is worth a thread. What came before the line broke, or fell silent,
    comes too; then it raises `line_broken` (400)."""
    waiting, whole = bytearray(), False
    broken: BaseException | None = None
    while not whole:
        try:
            async with asyncio.timeout(SILENT_S):
                piece = await request.content.readany()
        except (Exception, asyncio.CancelledError) as fault:  # the line broke, or the server stops
            broken = fault
            break
        waiting += piece
        whole = not piece and request.content.at_eof()
        if waiting and (whole or len(waiting) >= PIECE):
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)
    if isinstance(broken, asyncio.CancelledError):
        raise broken
    if broken is not None:
        raise ClientFault("line_broken", "The line broke before all of it had come.", Status.MALFORMED)


async def in_turns(some: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Others have a turn after each: to who reads fast enough, all of it would be written at once."""
    for piece in some:
        yield piece
        await asyncio.sleep(0)


def in_pieces(said: Any) -> list[bytes]:
    """JSON, for a thread: what encodes all of it in one call would hold up everyone."""
    pieces: list[bytes] = []
    some: list[str] = []
    size = 0
    for text in json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).iterencode(said):
        some.append(text)
        size += len(text)
        if size >= PIECE:
            pieces.append("".join(some).encode())
            some, size = [], 0
    return [*pieces, "".join(some).encode()]
