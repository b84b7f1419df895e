"""WHIP (RFC 9725) for encoders and WHEP for players: the same answerer as the pages', behind plain HTTP."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import Literal

from aiohttp import web

from classroom.errors import ClientFault, Status
from classroom.ids import digest
from media.api import MediaEvent, PeerGone
from signaling.slots import Only
from signaling.tokens import Claims
from web.server import sdpfrag
from web.server.api import SDP_MOST, Needs, Route, read, text_of
from web.server.bodies import Body, Id
from web.server.parts import Parts
from web.server.sessions import Call

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Location, ETag, Link, Accept-Post, Accept-Patch",
}


def _etag() -> str:
    return f'"{secrets.token_hex(8)}"'


@dataclass(frozen=True, slots=True)
class Connection:
    """A WHIP or WHEP session: `offer` is kept because an ICE restart brings only what changed of it."""

    claims: Claims
    token: str  # its digest: a session answers to the token that made it
    direction: Literal["send", "receive"]
    offer: str
    sources: dict[str, str]
    only: Only | None = None
    layer: str = ""
    revision: int = 1
    etag: str = field(default_factory=_etag)


class Connections:
    """The sessions that are there, by the name that their address ends in."""

    def __init__(self) -> None:
        self.by_peer: dict[str, Connection] = {}

    def heard(self, event: MediaEvent) -> None:
        if isinstance(event, PeerGone):
            self.by_peer.pop(event.peer.rpartition(":")[2], None)


CONNECTIONS = web.AppKey("connections", Connections)


class WhipQuery(Body):
    """`layer` low: a second, smaller publication of the source's pictures, beside the one without it; the sound goes
    with that one."""

    source: Literal["camera", "courseware", "room", "student"] = "camera"
    layer: Literal["low"] | None = None


class WhepQuery(Body):
    """`layer` low: the smallest there is."""

    source: Literal["camera", "courseware", "room", "student"] = "camera"
    participant: Id | None = None
    layer: Literal["low"] | None = None


async def publish(call: Call, query: WhipQuery) -> web.Response:
    offer = text_of(await read(call.request, SDP, SDP_MOST))
    sections = sdpfrag.sections(offer)
    if query.layer is None:
        sound = "courseware" if query.source == "courseware" else "mic"
        sources = {one.mid: sound if one.kind == "audio" else query.source for one in sections}
    else:
        sources = {one.mid: query.source for one in sections if one.kind == "video"}
        if sections and not sources:
            raise ClientFault("picture_needed", "A small layer is of pictures; the offer has none.", Status.REFUSED)
    connection = Connection(call.bearer, _token_of(call), "send", offer, sources, layer=query.layer or "")
    return await _connect(call, connection)


async def play(call: Call, query: WhepQuery) -> web.Response:
    offer = text_of(await read(call.request, SDP, SDP_MOST))
    only = Only(query.source, query.participant, small=query.layer == "low")
    return await _connect(call, Connection(call.bearer, _token_of(call), "receive", offer, {}, only))


async def _connect(call: Call, connection: Connection) -> web.Response:
    peer = secrets.token_hex(8)
    answer = await _offer(call, peer, connection)
    call.request.app[CONNECTIONS].by_peer[peer] = connection
    return web.Response(
        status=201,
        text=answer,
        content_type=SDP,
        headers={
            **CORS,
            "Location": f"{call.request.path.rstrip('/')}/{peer}",
            "ETag": connection.etag,
            "Accept-Patch": FRAGMENT,
        },
    )


async def _offer(call: Call, peer: str, connection: Connection) -> str:
    answer = await call.live.gateway.door.put_peer(
        connection.claims,
        peer,
        connection.direction,
        connection.offer,
        connection.sources,
        connection.revision,
        connection.only,
        connection.layer,
    )
    return str(answer["sdp"])


async def change(call: Call) -> web.Response:
    """RFC 9725 §4.3: If-Match with the session's ETag trickles, which an ICE-lite server acknowledges and needs not;
    `*` restarts ICE."""
    connection = _connection(call)
    fragment = sdpfrag.fragment(text_of(await read(call.request, FRAGMENT, 64 * 1024)))
    wanted = call.request.headers.get("If-Match", "").strip()
    if not wanted:
        raise web.HTTPPreconditionRequired
    if wanted != "*":
        if wanted != connection.etag:
            raise web.HTTPPreconditionFailed
        return web.Response(status=204, headers=CORS)
    again = replace(
        connection,
        offer=sdpfrag.restarted(connection.offer, fragment),
        revision=connection.revision + 1,
        etag=_etag(),
    )
    answer = await _offer(call, call.path("peer"), again)
    call.request.app[CONNECTIONS].by_peer[call.path("peer")] = again
    return web.Response(
        status=200,
        text=sdpfrag.of_answer(answer),
        content_type=FRAGMENT,
        headers={**CORS, "ETag": again.etag},
    )


async def hang_up(call: Call) -> web.Response:
    connection = _connection(call)
    call.request.app[CONNECTIONS].by_peer.pop(call.path("peer"), None)
    await call.live.gateway.door.delete_peer(connection.claims, call.path("peer"))
    return web.Response(status=200, headers=CORS)


def _token_of(call: Call) -> str:
    return digest(call.request.headers.get("Authorization", "").partition(" ")[2].strip())


def _connection(call: Call) -> Connection:
    found = call.request.app[CONNECTIONS].by_peer.get(call.path("peer"))
    if found is None or found.token != _token_of(call):
        raise ClientFault("not_found", "There is no such session for this token.", Status.NOT_FOUND)
    return found


def allowed(*methods: str, patch: bool) -> web.Response:
    accepts = {"Accept-Patch": FRAGMENT} if patch else {"Accept-Post": SDP}
    return web.Response(
        status=204,
        headers={
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": ", ".join(methods),
            "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
            "Access-Control-Max-Age": "86400",
            "Access-Control-Expose-Headers": CORS["Access-Control-Expose-Headers"],
            **accepts,
        },
    )


async def endpoint_options(_: web.Request) -> web.Response:
    return allowed("OPTIONS", "POST", patch=False)


async def session_options(_: web.Request) -> web.Response:
    return allowed("OPTIONS", "PATCH", "DELETE", patch=True)


def add_options(app: web.Application, parts: Parts) -> None:
    connections = Connections()
    app[CONNECTIONS] = connections
    if parts.live is not None:
        parts.live.media.listen(connections.heard)
    for kind in ("whip", "whep"):
        app.router.add_options(f"/{kind}/{{lesson}}", endpoint_options)
        app.router.add_options(f"/{kind}/{{lesson}}/{{peer}}", session_options)


_ICE = ("etag_required", "etag_mismatch", "not_found", "malformed", "media_type")
_OFFER = (
    "sdp_malformed",
    "codec_unsupported",
    "data_channel_refused",
    "not_allowed",
    "not_on_stage",
    "not_admitted",
    "lesson_ended",
    "lesson_not_open",
    "too_often",
    "too_many_open",
    "media_full",
    "media_unavailable",
    "owner_away",
)

ROUTES = (
    Route(
        "POST",
        "/whip/{lesson}",
        publish,
        "An encoder publishes: RFC 9725",
        Needs.TOKEN,
        201,
        by_owner=True,
        codes=(*_OFFER, "picture_needed"),
        takes=SDP,
        gives=SDP,
        most_bytes=SDP_MOST,
    ),
    Route(
        "PATCH",
        "/whip/{lesson}/{peer}",
        change,
        "Trickle or restart ICE",
        Needs.TOKEN,
        by_owner=True,
        codes=_ICE,
        takes=FRAGMENT,
        gives=FRAGMENT,
    ),
    Route("DELETE", "/whip/{lesson}/{peer}", hang_up, "Stop publishing", Needs.TOKEN, by_owner=True),
    Route(
        "POST",
        "/whep/{lesson}",
        play,
        "A player receives one participant's source",
        Needs.TOKEN,
        201,
        by_owner=True,
        codes=_OFFER,
        takes=SDP,
        gives=SDP,
        most_bytes=SDP_MOST,
    ),
    Route(
        "PATCH",
        "/whep/{lesson}/{peer}",
        change,
        "Trickle or restart ICE",
        Needs.TOKEN,
        by_owner=True,
        codes=_ICE,
        takes=FRAGMENT,
        gives=FRAGMENT,
    ),
    Route("DELETE", "/whep/{lesson}/{peer}", hang_up, "Stop receiving", Needs.TOKEN, by_owner=True),
)
