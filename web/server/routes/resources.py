"""The library: what lessons left, to look through and to play."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from aiohttp import web

from classroom.errors import ClientFault, Status
from classroom.events import Role, Seat
from classroom.store.records import Account, Resource
from recordings import library
from web.server.api import Body, Needs, Route, View, Words
from web.server.recorded import recorded
from web.server.seats import not_found, owns
from web.server.sessions import Call

TYPES = {".m3u8": "application/vnd.apple.mpegurl", ".m4s": "video/iso.segment", ".mp4": "video/mp4"}


class ResourceView(View):
    """`duration_ms` is null while it is still being recorded."""

    id: str
    title: str
    kind: str
    lesson: str | None
    created_at: int
    duration_ms: int | None
    status: str


class TrackView(View):
    """One stretch of one track; times are milliseconds of the lesson's clock, `playlist` an address (HLS). Of sound `aac`
    is another, of the same in AAC, once that is made: for players that lack Opus."""

    id: str
    source: str
    participant: str
    kind: str
    codec: str
    mime: str
    width: int
    height: int
    start_ms: int
    end_ms: int | None
    playlist: str
    aac: str | None = None


class ResourceWhole(ResourceView):
    """`cuts` are the stretches `[from_ms, to_ms]` of the lesson's clock that were cut out, in order and apart. Tracks keep
    the lesson's clock, but a playlist closes up over a cut: a moment stands in it at so much after `start_ms` as was not
    cut out in between."""

    tracks: list[TrackView]
    cuts: list[tuple[int, int]]


class EventView(View):
    """An event as docs/protocol.md describes it."""

    seq: int
    at: int
    actor: str
    kind: str
    data: dict[str, Any]
    cause: str | None
    v: int


class ResourceSearch(Body):
    words: Words | None = None


async def listed(call: Call, query: ResourceSearch) -> list[ResourceView]:
    resources = await call.parts.store.resources.list(_viewer(call), query.words or "")
    return [ResourceView.model_validate(one) for one in resources]


def _viewer(call: Call) -> Account | None:
    return None if call.operator else call.signed_in


async def visible(call: Call) -> Resource:
    resource = await call.parts.store.resources.get(call.path("resource"), _viewer(call))
    if resource is None:
        raise not_found("resource")
    return resource


async def shown(call: Call) -> ResourceWhole:
    resource = await visible(call)
    base = f"/api/v1/resources/{resource.id}/media"
    tracks = [TrackView(**{**track, "playlist": f"{base}/{track['playlist']}"}) for track in resource.tracks]
    return ResourceWhole(**ResourceView.model_validate(resource).model_dump(), tracks=tracks, cuts=[])


async def removed(call: Call) -> None:
    """With its files, and what of courseware was kept for it alone."""
    resource, parts = await visible(call), call.parts
    lesson = await parts.store.lessons.get(resource.lesson) if resource.lesson else None
    if not owns(call, lesson):
        raise ClientFault("not_allowed", "Its teacher or an administrator may do that.", Status.FORBIDDEN)
    await library.remove(parts.store, parts.files, resource)
    await parts.shelf.sweep(parts.now_ms)


async def events(call: Call) -> list[EventView]:
    """What happened in the lesson, as an observer of it may know."""
    resource = await visible(call)
    viewer = Seat("library", Role.OBSERVER)
    seen = await library.timeline(call.parts.store, call.parts.journal, resource.id, viewer)
    return [EventView.model_validate(event) for event in seen]


async def media(call: Call) -> web.StreamResponse:
    """Playlists and segments, by ranges too. A playlist grows while the lesson goes on; segments never change."""
    return await segment(call, await visible(call), "", call.path("path"))


async def segment(call: Call, resource: Resource, folder: str, name: str) -> web.StreamResponse:
    """Of a recording, from that folder of it. Else 404; `recording_away` (503) where its storage does not give it."""
    suffix = PurePosixPath(name).suffix
    if suffix not in TYPES:
        raise not_found("file")
    cache = "no-cache" if suffix == ".m3u8" else "private, max-age=86400, immutable"
    return await recorded(call, resource.path, f"{folder}/{name}" if folder else name, cache, TYPES[suffix])


RESOURCE = "/api/v1/resources/{resource}"
ROUTES = (
    Route(
        "GET",
        "/api/v1/resources",
        listed,
        "Resources that I may see, with these words in their titles, newest first",
        Needs.ACCOUNT,
        codes=("malformed",),
    ),
    Route("GET", RESOURCE, shown, "One resource with its tracks", Needs.ACCOUNT, codes=("not_found",)),
    Route(
        "DELETE",
        RESOURCE,
        removed,
        "Remove a resource and its files",
        Needs.ACCOUNT,
        204,
        codes=("not_found", "not_allowed", "recording_busy"),
    ),
    Route(
        "GET", f"{RESOURCE}/events", events, "The lesson's events, for playback", Needs.ACCOUNT, codes=("not_found",)
    ),
    Route(
        "GET",
        f"{RESOURCE}/media/{{path:.+}}",
        media,
        "A playlist, an initialisation or a segment",
        Needs.ACCOUNT,
        codes=("not_found", "recording_away"),
        gives="application/octet-stream",
    ),
)
