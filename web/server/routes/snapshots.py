"""The snapshot of a large lesson, as a page or a program fetches it that was told by its socket to."""

from __future__ import annotations

from aiohttp import web

from web.server.api import Needs, Route
from web.server.sessions import Call

PIECE = 64 * 1024
"""Bytes that wait for a client at most, beside what its system and ours hold: many on slow lines fetch at once."""


async def get(call: Call) -> web.StreamResponse:
    call.parts.snapshots.take(call.bearer.participant, call.parts.now_s)
    parts = await call.live.gateway.snapshot(call.bearer)
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Encoding": "gzip"})
    response.content_length = sum(map(len, parts))
    if call.request.transport is not None:
        call.request.transport.set_write_buffer_limits(PIECE)  # asyncio's type has it on the write side alone
    await response.prepare(call.request)
    for part in parts:
        for start in range(0, len(part), PIECE):
            await response.write(part[start : start + PIECE])
    await response.write_eof()
    return response


ROUTES = (
    Route(
        "GET",
        "/api/v1/lessons/{lesson}/snapshot",
        get,
        "Fetch what a socket's `snapshot` leaves out, gzipped: see docs/protocol.md",
        Needs.TOKEN,
        codes=("not_admitted", "not_connected", "too_often"),
        gives="application/json",
    ),
)
