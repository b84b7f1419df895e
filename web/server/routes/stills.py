"""Small pictures of a recording: for the line of time in runs of some minutes, one for the list. None of what was cut
out or hidden."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from classroom.access import Deed
from classroom.store.joined import KIND
from classroom.store.records import Resource
from recordings import stills
from recordings.edits import Edited
from recordings.files import STILLS
from recordings.stills import Still
from recordings.storage import StorageFault
from web.server import edited
from web.server.api import Needs, Route
from web.server.bodies import View
from web.server.parts import Parts
from web.server.recorded import away
from web.server.routes.resources import RESOURCE, visible
from web.server.seats import not_found
from web.server.sessions import Call

BEST = ("camera", "courseware")
"""Of whose pictures one stands for all."""
MOST_DIGITS = 6


class TrackStills(View):
    """Of one track those that are left: the number, when it was (ms of the lesson's clock), and its bytes."""

    track: str
    stills: list[tuple[int, int, int]]


class StillsView(View):
    """Number `n` is in run `n // run`, which has those that are left of it one after the other, each WebP. `revision`
    changes with every edit."""

    revision: int
    run: int
    tracks: list[TrackStills]


async def listed(call: Call) -> StillsView:
    resource, by = await _seen(call)
    found = [(track["id"], await _of(call.parts, resource, by, track)) for track in resource.tracks]
    tracks = [
        TrackStills(track=name, stills=[(one.number, one.at_ms, one.size) for one in some])
        for name, some in found
        if some
    ]
    return StillsView(revision=by.revision, run=stills.RUN, tracks=tracks)


async def run(call: Call) -> web.Response:
    """All of a run that is left, one after the other."""
    resource, by = await _seen(call)
    track = next((one for one in resource.tracks if one["id"] == call.path("track")), None)
    number = call.path("run")
    if track is None or not (number.isascii() and number.isdecimal() and len(number) <= MOST_DIGITS):
        raise not_found("picture")
    wanted = [one for one in await _of(call.parts, resource, by, track) if one.run == int(number)]
    if not wanted:
        raise not_found("picture")
    data = await _bytes(call.parts, resource, track, wanted)
    return web.Response(body=data, content_type="application/octet-stream", headers=_kept(86_400))


async def poster(call: Call) -> web.Response:
    """One that stands for all: of who taught, from a third of the way on; 204 where there is none. Of a joined
    recording its first part's."""
    resource = await visible(call)
    if resource.kind == KIND:
        resource = (await call.parts.store.joins.parts(resource.id))[0]
    by = await edited.edited(call.parts, resource)
    ranked = sorted(
        (one for one in resource.tracks if one["kind"] == "video"),
        key=lambda one: (one["source"] not in BEST, one["source"] != BEST[0]),
    )
    for track in ranked:
        some = await _of(call.parts, resource, by, track)
        if some:
            data = await _bytes(call.parts, resource, track, [some[len(some) // 3]])
            return web.Response(body=data, content_type="image/webp", headers=_kept(300))
    return web.Response(status=204)  # no fault: a list of many asks for each


async def _seen(call: Call) -> tuple[Resource, Edited]:
    resource = await visible(call, Deed.PLAY)
    return resource, await edited.edited(call.parts, resource)


async def _of(parts: Parts, resource: Resource, by: Edited, track: Mapping[str, Any]) -> list[Still]:
    """Those that are left of a track. Raises ClientFault `recording_away` (503)."""
    if not track.get(STILLS) or not by.shows(track):
        return []
    try:
        index = await parts.files.read(resource.path, f"{track[STILLS]}/{stills.INDEX}", stills.MOST_INDEX_BYTES)
        return stills.left(stills.read(index), by)
    except StorageFault as fault:
        raise away(fault) from None
    except (OSError, ValueError):
        return []


async def _bytes(parts: Parts, resource: Resource, track: Mapping[str, Any], wanted: list[Still]) -> bytes:
    """Raises ClientFault `recording_away` (503), `not_found` (404)."""
    begin, end = wanted[0].offset, wanted[-1].offset + wanted[-1].size
    try:
        data = await parts.files.stretch(resource.path, f"{track[STILLS]}/{stills.PICTURES}", begin, end)
    except StorageFault as fault:
        raise away(fault) from None
    except OSError:
        raise not_found("picture") from None
    return b"".join(data[one.offset - begin :][: one.size] for one in wanted)


def _kept(seconds: int) -> dict[str, str]:
    return {"Cache-Control": f"private, max-age={seconds}"}


CODES = ("not_found", "recording_away")
ROUTES = (
    Route("GET", f"{RESOURCE}/stills", listed, "Which small pictures there are of it", Needs.VIEWER, codes=CODES),
    Route(
        "GET",
        f"{RESOURCE}/stills/{{track}}/{{run}}",
        run,
        "Small pictures of a recording, one after the other",
        Needs.VIEWER,
        codes=CODES,
        gives="application/octet-stream",
    ),
    Route(
        "GET",
        f"{RESOURCE}/poster",
        poster,
        "A small picture of it",
        Needs.VIEWER,
        codes=CODES,
        gives="image/webp",
    ),
)
