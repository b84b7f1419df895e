"""The library: what lessons left, to look through and to play."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from classroom.errors import ClientFault, Status
from classroom.events import Role, Seat
from classroom.store.catalogue import Search
from classroom.store.records import Account, Resource
from recordings import library
from recordings.edits import NOTHING, Edited
from web.server import edited
from web.server.api import Body, Needs, Route, View, Words
from web.server.seats import not_found, owns
from web.server.sessions import RANKS, Call


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
    """One stretch of one track; times are milliseconds of the lesson's clock, `playlist` an address (HLS). `gaps` are
    where something that was sent got lost: a picture stands still there, sound is silent. Of sound `aac` is another
    address, of the same in AAC, once that is made: for players that lack Opus."""

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
    gaps: tuple[tuple[int, int], ...] = ()
    playlist: str
    aac: str | None = None


class ResourceWhole(ResourceView):
    """`cuts` are the stretches `[from_ms, to_ms]` of the lesson's clock that were cut out, in order and apart. Tracks
    keep the lesson's clock, but a playlist closes up over a cut: a moment stands in it at so much after `start_ms` as
    was not cut out in between."""

    tracks: list[TrackView]
    cuts: list[tuple[int, int]]
    may_edit: bool


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
    resources = await call.parts.store.resources.list(_viewer(call), Search(query.words or ""))
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
    by = await _edited(call, resource)
    shown = await edited.tracks(call.parts, resource, by, f"{call.request.path}/media", resource.tracks)
    tracks = [TrackView(**track) for track in shown]
    return ResourceWhole(
        **ResourceView.model_validate(resource).model_dump(),
        tracks=tracks,
        cuts=list(by.cuts),
        may_edit=await may_edit(call, resource),
    )


async def removed(call: Call) -> None:
    """With its files, and what of courseware was kept for it alone."""
    resource, parts = await visible(call), call.parts
    lesson = await parts.store.lessons.get(resource.lesson) if resource.lesson else None
    if not owns(call, lesson):
        raise ClientFault("not_allowed", "Its teacher or an administrator may do that.", Status.FORBIDDEN)
    if parts.live is not None and parts.live.renderer is not None:
        await parts.live.renderer.leave(resource.path)
    await library.remove(parts.store, parts.files, resource)
    await parts.shelf.sweep(parts.now_ms)


async def events(call: Call) -> list[EventView]:
    """What happened in the lesson, as an observer of it may know."""
    resource = await visible(call)
    viewer = Seat("library", Role.OBSERVER)
    seen = await library.timeline(
        call.parts.store, call.parts.journal, resource.id, viewer, await _edited(call, resource)
    )
    return [EventView.model_validate(event) for event in seen]


async def media(call: Call) -> web.StreamResponse:
    """Playlists and segments, by ranges too. A playlist grows while the lesson goes on; segments never change."""
    resource = await visible(call)
    folder, _, name = call.path("path").rpartition("/")
    return await edited.file(call, resource, await _edited(call, resource), folder, name)


async def _edited(call: Call, resource: Resource) -> Edited:
    """Nothing, for who asks for the whole of it and may."""
    if not call.request.path.startswith(f"/api/v1/resources/{resource.id}/whole"):
        return await edited.edited(call.parts, resource)
    if not await may_edit(call, resource):
        raise _not_yours()
    return NOTHING


async def may_edit(call: Call, resource: Resource) -> bool:
    if call.operator or RANKS[call.signed_in.role] >= RANKS["staff"]:
        return True
    lesson = await call.parts.store.lessons.get(resource.lesson) if resource.lesson else None
    return owns(call, lesson)


async def editable(call: Call) -> Resource:
    """Raises 404, or 403 for who may only see it."""
    resource = await visible(call)
    if not await may_edit(call, resource):
        raise _not_yours()
    return resource


def _not_yours() -> ClientFault:
    return ClientFault("not_allowed", "Its teacher and the staff may do that.", Status.FORBIDDEN)


RESOURCE = "/api/v1/resources/{resource}"


def _played(base: str, how: str, *codes: str) -> tuple[Route, ...]:
    codes = ("not_found", "recording_away", *codes)
    binary = "application/octet-stream"

    def route(path: str, handler: Any, what: str, gives: str = "application/json") -> Route:
        return Route("GET", base + path, handler, f"{what}{how}", Needs.ACCOUNT, codes=codes, gives=gives)

    return (
        route("", shown, "One resource with its tracks"),
        route("/events", events, "The lesson's events, for playback"),
        route("/media/{path:.+}", media, "A playlist, an initialisation or a segment", binary),
    )


ROUTES = (
    Route(
        "GET",
        "/api/v1/resources",
        listed,
        "Resources that I may see, with these words in their titles, newest first",
        Needs.ACCOUNT,
        codes=("malformed",),
    ),
    *_played(RESOURCE, ""),
    *_played(f"{RESOURCE}/whole", ", whatever was cut out of it or hidden, for who may edit it", "not_allowed"),
    Route(
        "DELETE",
        RESOURCE,
        removed,
        "Remove a resource and its files",
        Needs.ACCOUNT,
        204,
        codes=("not_found", "not_allowed", "recording_busy"),
    ),
)
