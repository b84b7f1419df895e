"""The sample lesson, for a library that has nothing yet."""

from __future__ import annotations

from aiohttp import web

from classroom.errors import ClientFault, Status
from classroom.store.records import Room
from web.server.addresses import in_url, trust
from web.server.api import Needs, Route, View
from web.server.sample import lesson as sampling
from web.server.sample.playing import Progress
from web.server.sessions import Call

ROOM = "Sample room 示范教室"
"""Made where the school has no room: a remote classroom is half of the lesson."""


class SampleView(View):
    """`progress`: how far it is while it is played into the library, 0 to 1; `failed`: the last one was broken off."""

    progress: float | None
    failed: bool


async def shown(call: Call) -> SampleView:
    playing = call.parts.sample
    return SampleView(progress=playing.done, failed=playing.failed)


async def play(call: Call) -> SampleView:
    """As a lesson of the asker, in the first room of the asker's school."""
    parts, account = call.parts, call.signed_in
    room, base = await _room(call), _own_base(call.request)
    environment = trust(parts.settings, base)

    async def played(progress: Progress) -> None:
        await sampling.cleared(parts)
        await sampling.played(parts, base, environment, account, room, progress)

    parts.sample.begin(played)
    return await shown(call)


async def _room(call: Call) -> Room:
    schools = call.parts.store.schools
    school = call.signed_in.school or next((one.id for one in await schools.list()), None)
    if school is None:
        raise ClientFault("no_school", "There is no school yet for the lesson to be in.", Status.CONFLICT)
    return next(iter(await schools.rooms(school)), None) or await schools.add_room(school, ROOM)


def _own_base(request: web.Request) -> str:
    """Where this very machine reaches the server: the address by which it was asked just now, before any proxy."""
    transport = request.transport
    if transport is None:
        raise ConnectionResetError("the asker is gone")
    host, port = transport.get_extra_info("sockname")[:2]
    scheme = "https" if transport.get_extra_info("ssl_object") is not None else "http"
    return f"{scheme}://{in_url(host)}:{port}"


ADDRESS = "/api/v1/sample"
ROUTES = (
    Route("GET", ADDRESS, shown, "Whether the sample lesson is being played into the library", Needs.ACCOUNT),
    Route(
        "POST",
        ADDRESS,
        play,
        "Play the sample lesson into the library",
        Needs.ACCOUNT,
        202,
        codes=("sample_playing", "no_school"),
    ),
)
