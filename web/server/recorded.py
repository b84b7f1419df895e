"""A recording's file as an answer: from this disk, or from object storage where the local copy has gone."""

from __future__ import annotations

from aiohttp import web

from classroom.errors import ClientFault, Status
from recordings.storage import StorageFault, Stored
from web.server.routes.pages import file_answer
from web.server.seats import not_found
from web.server.sessions import Call

ADDRESS_S, BY_LINK_S = 3600, 60
"""How long a signed address is good: to who came by a link, hardly longer than the link may be."""


async def recorded(call: Call, path: str, name: str, cache: str, kind: str) -> web.StreamResponse:
    """By ranges too (RFC 9110 §14), with an ETag. 404 where it is nowhere, `recording_away` (503) where the storage
    does not give it. Where the operator wants that, who asks for more than a playlist is sent to the storage itself."""
    files = call.parts.files
    local = files.local(path, name)
    if local is not None:
        return file_answer(local, cache, kind)
    try:
        stored = await files.look(path, name)
        if stored is None:
            raise not_found("file")
        if call.parts.settings.storage_redirect and not name.endswith(".m3u8"):
            address = await files.address(path, name, ADDRESS_S if call.link is None else BY_LINK_S)
            if address is not None:
                return web.Response(status=307, headers={"Location": address, "Cache-Control": "no-store"})
        return await _streamed(call, path, name, stored, {"Content-Type": kind, "Cache-Control": cache})
    except StorageFault as fault:
        raise away(fault) from None


def away(fault: StorageFault) -> ClientFault:
    return ClientFault("recording_away", f"The storage of recordings: {fault}.", Status.UNAVAILABLE, retry_after_s=10)


async def _streamed(call: Call, path: str, name: str, stored: Stored, headers: dict[str, str]) -> web.StreamResponse:
    request, size, etag = call.request, stored.bytes, stored.etag.strip('"')
    if request.if_none_match and any(one.value in ("*", etag) for one in request.if_none_match):
        return web.Response(status=304, headers={"ETag": f'"{etag}"', "Cache-Control": headers["Cache-Control"]})
    start, end = _wanted(request, stored)
    if start >= end and size:
        raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": f"bytes */{size}"})
    response = web.StreamResponse(headers={**headers, "Accept-Ranges": "bytes"})
    response.etag, response.last_modified = etag, stored.modified_s
    if end - start < size:
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        response.set_status(206)
    response.content_length = end - start
    pieces = call.parts.files.pieces(path, name, stored, start, end if request.method == "GET" else start)
    first = await anext(pieces, b"")  # what fails until here is answered as a fault
    await response.prepare(request)
    await response.write(first)
    try:
        async for piece in pieces:
            await response.write(piece)
    except StorageFault:
        if request.transport is not None:
            request.transport.abort()  # only an end that is no end tells the other side
        return response
    await response.write_eof()
    return response


def _wanted(request: web.Request, stored: Stored) -> tuple[int, int]:
    """The bytes from, and up to. A range that cannot be read, or of another version (If-Range), is all of it."""
    condition = request.headers.get("If-Range")
    if "Range" not in request.headers or (condition and condition.strip() != stored.etag):
        return 0, stored.bytes
    try:
        return request.http_range.indices(stored.bytes)[:2]
    except ValueError:
        return 0, stored.bytes
