"""Teachers' shelves: uploads that survive a broken line, and what became of them."""

from __future__ import annotations

import base64
import binascii
from typing import Literal

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from classroom.errors import ClientFault, Status
from classroom.store.records import Courseware
from web.server.api import Needs, Route
from web.server.bodies import Body, View, Words
from web.server.courseware.shelf import KEPT_MS, MOST_BYTES
from web.server.pieces import pieces
from web.server.routes.showing import slide_of
from web.server.seats import not_found
from web.server.sessions import Call

TUS = "1.0.0"
TUS_BODY = "application/offset+octet-stream"
NAME: TypeAdapter[str] = TypeAdapter(Words)
MOST_METADATA = 2000


class CoursewareView(View):
    """`status`: `uploading` has `offset` of its `bytes`; `waiting` is converted, `progress` says how far (0 to 1) where
    it is its turn; `failed` says why in `fault`. Slides are at `/slides/{1…}/{box}` for each of `boxes`. `kept`:
    lessons that showed it keep it when it is taken off the shelf."""

    id: str
    name: str
    bytes: int
    created_at: int
    status: Literal["uploading", "waiting", "ready", "failed"]
    fault: str | None
    kind: Literal["slides", "audio", "video", "simulation"] | None
    slides: int
    boxes: list[int]
    duration_ms: int | None
    offset: int
    progress: float | None
    kept: bool


class ShelfSearch(Body):
    words: Words


class HitView(View):
    slide: int
    text: str


class FoundView(View):
    """`slides`: the first ones that have all the words; none where only the name has them."""

    courseware: str
    slides: list[HitView]


class CoursewareChange(Body):
    name: Words


class Removal(Body):
    """`kept`: lessons that showed it, and recordings of them, keep it; `nowhere`: nobody does."""

    then: Literal["kept", "nowhere"] = "kept"


# The upload itself: the core of tus 1.0.0 (https://tus.io/protocols/resumable-upload), creation and termination


async def options(_: Call) -> web.Response:
    return web.Response(
        status=204,
        headers={
            "Tus-Resumable": TUS,
            "Tus-Version": TUS,
            "Tus-Max-Size": str(MOST_BYTES),
            "Tus-Extension": "creation,termination",
        },
    )


async def begun(call: Call) -> web.Response:
    """tus: creation. `Upload-Metadata` has the file's name."""
    _speaks(call)
    size = _number(call, "Upload-Length")
    if size == 0:
        raise ClientFault("malformed", "Upload-Length: An empty file is nothing to show.", Status.MALFORMED)
    row = await call.parts.shelf.begin(call.signed_in.id, _name(call), size, call.parts.now_ms)
    return web.Response(status=201, headers={"Tus-Resumable": TUS, "Location": f"/api/v1/uploads/{row.id}"})


async def stands(call: Call) -> web.Response:
    _speaks(call)
    row = await _mine(call, "upload")
    await call.parts.shelf.finish(row)
    headers = {"Upload-Offset": str(call.parts.shelf.offset(row)), "Upload-Length": str(row.bytes)}
    return web.Response(headers={"Tus-Resumable": TUS, **headers, "Cache-Control": "no-store"})


async def went_on(call: Call) -> web.Response:
    _speaks(call)
    row, offset = await _mine(call, "upload"), _number(call, "Upload-Offset")
    if call.request.content_type != TUS_BODY:
        raise ClientFault("media_type", f"The body must be {TUS_BODY}.", Status.MEDIA_TYPE)
    there = await call.parts.shelf.take(row, offset, pieces(call.request))
    return web.Response(status=204, headers={"Tus-Resumable": TUS, "Upload-Offset": str(there)})


async def given_up(call: Call) -> web.Response:
    """tus: termination."""
    _speaks(call)
    await call.parts.shelf.remove(await _mine(call, "upload"))
    return web.Response(status=204, headers={"Tus-Resumable": TUS})


def _speaks(call: Call) -> None:
    if call.request.headers.get("Tus-Resumable") != TUS:
        raise ClientFault("tus_version", f"Tus-Resumable must be {TUS}.", Status.PRECONDITION)


def _number(call: Call, header: str) -> int:
    value = call.request.headers.get(header, "")
    if not (value.isascii() and value.isdigit() and len(value) <= 15):
        raise ClientFault("malformed", f"{header}: A number is needed.", Status.MALFORMED)
    return int(value)


def _name(call: Call) -> str:
    """Of the pairs `key base64` that is `filename`, less what a path has before it."""
    for pair in call.request.headers.get("Upload-Metadata", "")[:MOST_METADATA].split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "filename":
            try:
                whole = base64.b64decode(value, validate=True).decode()
                return NAME.validate_python(whole.replace("\\", "/").rpartition("/")[2][-120:])
            except (binascii.Error, ValidationError, ValueError):
                break
    raise ClientFault("malformed", "Upload-Metadata: It needs a filename that can be shown.", Status.MALFORMED)


# The shelf


async def shelf(call: Call) -> list[CoursewareView]:
    shelves, me = call.parts.store.shelves, call.signed_in.id
    kept = await shelves.kept(me, call.parts.now_ms - KEPT_MS)
    return [_view(call, row, row.id in kept) for row in await shelves.list(me)]


async def searched(call: Call, query: ShelfSearch) -> list[FoundView]:
    """By names and by slides' text."""
    call.parts.searches.take(call.signed_in.id, call.parts.now_s)
    found = await call.parts.shelf.search(call.signed_in.id, query.words)
    return [FoundView.model_validate(one) for one in found]


async def renamed(call: Call, body: CoursewareChange) -> CoursewareView:
    row = await _mine(call)
    await call.parts.store.shelves.rename(row.id, body.name)
    kept = await call.parts.store.shelves.kept(row.owner, call.parts.now_ms - KEPT_MS)
    return _view(call, await _mine(call), row.id in kept)


async def removed(call: Call, query: Removal) -> None:
    if query.then == "nowhere":
        await call.parts.shelf.remove(await _owned(call))
    else:
        await call.parts.shelf.take_off(await _mine(call), call.parts.now_ms)


async def own_slide(call: Call) -> web.StreamResponse:
    return slide_of(call, await _mine(call))


def _view(call: Call, row: Courseware, kept: bool) -> CoursewareView:
    live = call.parts.live
    now = live.converter.progress(row.id) if live is not None else None
    fields = {name: getattr(row, name) for name in CoursewareView.model_fields if hasattr(row, name)}
    progress = now.slide / now.of if now is not None and row.status == "waiting" else None
    return CoursewareView(**fields, offset=call.parts.shelf.offset(row), progress=progress, kept=kept)


async def _mine(call: Call, what: str = "courseware") -> Courseware:
    """What is on the asker's shelf. Else 404."""
    row = await _owned(call, what)
    if row.removed_at is not None:
        raise not_found(what)
    return row


async def _owned(call: Call, what: str = "courseware") -> Courseware:
    """Also what the asker has taken off it. Else 404."""
    row = await call.parts.store.shelves.get(call.path(what))
    if row is None or row.owner != call.signed_in.id:
        raise not_found(what)
    return row


UPLOADS, UPLOAD = "/api/v1/uploads", "/api/v1/uploads/{upload}"
SHELF, ITEM = "/api/v1/courseware", "/api/v1/courseware/{courseware}"
ROUTES = (
    Route("OPTIONS", UPLOADS, options, "What of tus 1.0.0 is understood", status=204),
    Route(
        "POST",
        UPLOADS,
        begun,
        "Begin an upload to my shelf (tus)",
        Needs.ACCOUNT,
        201,
        codes=("tus_version", "shelf_full", "storage_full"),
    ),
    Route(
        "HEAD", UPLOAD, stands, "How far an upload has come (tus)", Needs.ACCOUNT, codes=("tus_version", "not_found")
    ),
    Route(
        "PATCH",
        UPLOAD,
        went_on,
        "Go on with an upload (tus)",
        Needs.ACCOUNT,
        204,
        codes=(
            "tus_version",
            "not_found",
            "offset_mismatch",
            "upload_busy",
            "type_unsupported",
            "storage_full",
            "line_broken",
        ),
        takes=TUS_BODY,
    ),
    Route(
        "DELETE", UPLOAD, given_up, "Give an upload up (tus)", Needs.ACCOUNT, 204, codes=("tus_version", "not_found")
    ),
    Route("GET", SHELF, shelf, "My shelf, newest first", Needs.ACCOUNT),
    Route(
        "GET",
        f"{SHELF}/search",
        searched,
        "What of my shelf has these words, and on which slides",
        Needs.ACCOUNT,
        codes=("malformed", "too_often"),
    ),
    Route("PATCH", ITEM, renamed, "Give it another name", Needs.ACCOUNT, codes=("not_found",)),
    Route(
        "DELETE",
        ITEM,
        removed,
        "Take it off my shelf, or remove it everywhere",
        Needs.ACCOUNT,
        204,
        codes=("not_found", "malformed"),
    ),
    Route(
        "GET",
        f"{ITEM}/slides/{{slide}}/{{box}}",
        own_slide,
        "A slide, in one of its sizes",
        Needs.ACCOUNT,
        codes=("not_found",),
        gives="image/webp",
    ),
)
