"""The sample lesson, for a library that has nothing yet."""

from __future__ import annotations

from aiohttp import web

from classroom.errors import ClientFault, Status
from classroom.store.records import Room
from web.server.addresses import in_url, trust
from web.server.api import Needs, Route
from web.server.bodies import View
from web.server.sample import lesson as sampling
from web.server.sample.playing import Progress
from web.server.sessions import RANKS, Call

ROOM = "Sample room 示范教室"
"""A remote classroom is half of the lesson. It is none of the school's own: their displays come by themselves."""


class SampleView(View):
    """`progress`: how far it is while it is played into the library, 0 to 1; `failed`: the last one was broken off."""

    progress: float | None
    failed: bool


async def shown(call: Call) -> SampleView:
    playing = call.parts.sample
    return SampleView(progress=playing.done, failed=playing.failed)


async def play(call: Call) -> SampleView:
    """As a lesson of the asker, in a room of its own in the asker's school."""
    parts, account = call.parts, call.signed_in
    await _check_empty(call)
    room, base = await _room(call), _own_base(call.request)
    environment = trust(parts.settings, base)

    async def played(progress: Progress) -> None:
        await sampling.cleared(parts)
        await sampling.played(parts, base, environment, account, room, progress)

    parts.sample.begin(played)
    return await shown(call)


async def _check_empty(call: Call) -> None:
    """What is left of one that was broken off does not count: it is taken away first."""
    found = await call.parts.store.resources.list(call.signed_in, limit=2)
    left = await sampling.unfinished(call.parts)
    if any(one.lesson is None or one.lesson != left for one in found):
        raise ClientFault("sample_there", "The library has something to look at already.", Status.CONFLICT)


async def _room(call: Call) -> Room:
    """Where no display stands: it would send its camera and microphone. The staff are of any school."""
    store, school = call.parts.store, call.signed_in.school
    if school is None and RANKS[call.signed_in.role] >= RANKS["staff"]:
        school = next((one.id for one in await store.schools.list()), None)
    if school is None:
        raise ClientFault("no_school", "The lesson is to be in your school, and you have none.", Status.CONFLICT)
    for one in await store.schools.rooms(school):
        if one.name == ROOM and await store.devices.of_room(one.id) is None:
            return one
    return await store.schools.add_room(school, ROOM)


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
        codes=("sample_playing", "sample_there", "no_school"),
    ),
)
