"""One file of a recording, to be downloaded: asked for, made in the background, kept for a while."""

from __future__ import annotations

from typing import Literal

from aiohttp import web

from classroom.access import Deed
from classroom.errors import ClientFault, Status
from classroom.ids import new_id
from classroom.store.joined import KIND
from classroom.store.records import Render, RenderLayout, Resource
from web.server import joining
from web.server.api import Needs, Route
from web.server.bodies import Body, View
from web.server.renderer import KEPT_MS
from web.server.routes.pages import file_answer
from web.server.routes.resources import RESOURCE, cuttable, editable, visible
from web.server.seats import not_found
from web.server.sessions import Call

MOST_WAITING = 20


class RenderAsked(Body):
    """`lead`: the lead's picture; `directed`: with who is on stage; `beside`: with the courseware; `sound` alone."""

    layout: Literal["lead", "directed", "beside", "sound"]


class RenderView(View):
    """`share` of the work, 0 to 1, while it goes on; `fault` why it failed; `current`: nothing was edited since."""

    id: str
    layout: RenderLayout
    status: Literal["waiting", "working", "ready", "failed"]
    share: float | None
    fault: str | None
    bytes: int
    created_at: int
    kept_until: int | None
    current: bool


async def listed(call: Call) -> list[RenderView]:
    resource = await visible(call)
    revision = await joining.revision(call.parts, resource)
    return [_view(call, row, revision) for row in await call.parts.store.renders.list(resource.id)]


async def asked(call: Call, body: RenderAsked) -> RenderView:
    """Once: who asks again while it is made, or when it is there, gets the same."""
    resource = await cuttable(call)
    if resource.kind not in ("recording", KIND):
        raise ClientFault("not_a_recording", "Files are made of recordings alone.", Status.CONFLICT)
    if resource.status != "ready":
        raise ClientFault("not_ready", "It is still being recorded.", Status.CONFLICT)
    revision = await joining.revision(call.parts, resource)
    for row in await call.parts.store.renders.list(resource.id):
        if (row.layout, row.revision) == (body.layout, revision) and row.status != "failed":
            return _view(call, row, revision)
        if row.layout == body.layout:
            await call.live.renderer.remove(row)
    if sum(row.status == "waiting" for row in await call.parts.store.renders.list()) >= MOST_WAITING:
        raise ClientFault("busy", "Others wait for their files already.", Status.UNAVAILABLE, retry_after_s=60)
    row = Render(new_id(), resource.id, body.layout, revision, "waiting", call.parts.now_ms)
    await call.parts.store.renders.add(row)
    call.live.renderer.wake()
    return _view(call, row, revision)


async def removed(call: Call) -> None:
    """Also one that is being made."""
    await call.live.renderer.remove(await _of(call, await editable(call)))


async def file(call: Call) -> web.StreamResponse:
    """By ranges too. Of what was edited since there is none: it would show what was cut out."""
    resource = await visible(call, Deed.DOWNLOAD, "download")
    row = await _of(call, resource)
    path = call.live.renderer.file(row.id)
    if row.status != "ready" or row.revision != await joining.revision(call.parts, resource):
        raise not_found("file")
    if not path.is_file():
        raise not_found("file")
    answer = file_answer(path, "private, no-cache", "video/mp4")
    answer.headers["Content-Disposition"] = f'attachment; filename="{row.id}.mp4"'
    return answer


async def _of(call: Call, resource: Resource) -> Render:
    row = await call.parts.store.renders.get(call.path("render"))
    if row is None or row.resource != resource.id:
        raise not_found("file")
    return row


def _view(call: Call, row: Render, revision: int) -> RenderView:
    return RenderView(
        id=row.id,
        layout=row.layout,
        status=row.status,
        share=call.live.renderer.shares.get(row.id),
        fault=row.fault,
        bytes=row.bytes,
        created_at=row.created_at,
        kept_until=row.ended_at + KEPT_MS if row.ended_at is not None else None,
        current=row.revision == revision,
    )


ONE = f"{RESOURCE}/renders/{{render}}"
ROUTES = (
    Route("GET", f"{RESOURCE}/renders", listed, "Files that were made of it", Needs.VIEWER, codes=("not_found",)),
    Route(
        "POST",
        f"{RESOURCE}/renders",
        asked,
        "Have one file made of it, as it is edited now",
        Needs.ACCOUNT,
        201,
        codes=("not_found", "not_allowed", "not_ready", "not_a_recording", "malformed", "busy", "imported"),
    ),
    Route(
        "DELETE",
        ONE,
        removed,
        "Remove such a file, or have it not made",
        Needs.ACCOUNT,
        204,
        codes=("not_found", "not_allowed"),
    ),
    Route(
        "GET",
        f"{ONE}/file",
        file,
        "Such a file",
        Needs.VIEWER,
        codes=("not_found", "watch_only"),
        gives="video/mp4",
    ),
)
