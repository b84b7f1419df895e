"""What is sent in and is too large to be held in memory: in pieces, as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

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
