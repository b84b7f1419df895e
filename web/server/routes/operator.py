"""What only the operator of the machine asks, over the control socket."""

from __future__ import annotations

import asyncio
import contextlib
import os

from aiohttp import web

from recordings import library
from web.server import backup
from web.server.api import Route
from web.server.bodies import View
from web.server.indexing import rebuilt
from web.server.routes.ops import version
from web.server.sessions import Call


class Status(View):
    """`serving`: a server runs, rather than the command line having opened the database itself."""

    serving: bool
    version: str
    media_ports: list[int]


async def status(call: Call) -> Status:
    live = call.parts.live
    return Status(serving=live is not None, version=version(), media_ports=list(live.media.ports) if live else [])


async def backed_up(call: Call) -> web.StreamResponse:
    """The tar as a stream, so that it needs no second room on the disk and belongs to who asked for it."""
    response = web.StreamResponse(headers={"Content-Type": "application/x-tar"})
    await response.prepare(call.request)
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as into, contextlib.suppress(BrokenPipeError):
            backup.write(call.parts.settings, into, version())

    loop = asyncio.get_running_loop()
    task = loop.run_in_executor(None, write)
    with os.fdopen(reading, "rb") as source:
        while chunk := await loop.run_in_executor(None, source.read1, 1 << 18):
            await response.write(chunk)
    try:
        await task
    except Exception:
        # The head is out already: only an end that is no end tells the other side.
        if call.request.transport is not None:
            call.request.transport.abort()
        raise
    await response.write_eof()
    return response


class RepairedView(View):
    lesson: str
    tracks: int
    dropped_bytes: int


class Recovered(View):
    """What was repaired, lesson by lesson: tracks that were left open, bytes of them that were of no use."""

    repaired: list[RepairedView]


async def recovered(call: Call) -> Recovered:
    parts = call.parts
    if parts.live is not None:
        found = await parts.live.recordings.recover()
    else:
        directory = parts.files.directory
        await asyncio.to_thread(directory.mkdir, parents=True, exist_ok=True)
        found = await library.recover(parts.store, parts.journal, parts.clock, directory)
    return Recovered(repaired=[RepairedView.model_validate(one) for one in found])


class Indexed(View):
    resources: int


async def indexed(call: Call) -> Indexed:
    return Indexed(resources=await rebuilt(call.parts))


ROUTES = (
    Route("POST", "/control/index", indexed, "Make the index of what resources say anew"),
    Route("POST", "/control/recover", recovered, "Repair recordings after a crash"),
    Route("GET", "/control/status", status, "Whether a server runs"),
    Route("POST", "/control/backup", backed_up, "Everything in one tar", gives="application/x-tar"),
)
