"""The application: the only place where routes and parts are put together."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Middleware
from pydantic import TypeAdapter

from classroom.errors import ClientFault, Status
from web.server import addresses, directory, headers
from web.server.ahead import Ahead
from web.server.api import Needs, Route, answered, parsed, queried, read
from web.server.parts import PARTS, Parts
from web.server.problems import Handler, problems
from web.server.routes import (
    accounts,
    asking,
    attendance,
    captions,
    catalogue,
    collections,
    courseware,
    displays,
    edits,
    erasing,
    finding,
    harvest,
    imports,
    joined,
    keeping,
    lessons,
    live,
    marking,
    notes,
    openings,
    operator,
    ops,
    pages,
    peers,
    photos,
    plans,
    practices,
    question_files,
    questions,
    rating,
    remarks,
    renders,
    reports,
    resources,
    reviewing,
    rooms,
    sample,
    seats,
    session,
    sharing,
    showing,
    snapshots,
    stills,
    stopped,
    taking,
    tries,
    trust,
    using,
    watching,
    whip,
    works,
)
from web.server.sessions import Call, admit, write_cookie
from web.server.settings import Settings

SUBJECTS = (
    session,
    lessons,
    attendance,
    notes,
    reports,
    plans,
    practices,
    marking,
    asking,
    courseware,
    question_files,
    questions,
    photos,
    works,
    seats,
    displays,
    snapshots,
    peers,
    whip,
    finding,
    resources,
    keeping,
    erasing,
    using,
    catalogue,
    reviewing,
    collections,
    taking,
    imports,
    harvest,
    sharing,
    openings,
    renders,
    captions,
    rating,
    remarks,
    edits,
    joined,
    live,
    watching,
    stopped,
    sample,
    showing,
    stills,
    accounts,
    rooms,
    tries,
    trust,
    ops,
)
MOST_IN_LINE = 384 * 1024
"""Of a request's first line: whoever asks for too much is told so by the route, with its code, up to here."""
ROUTES: tuple[Route, ...] = tuple(route for subject in SUBJECTS for route in subject.ROUTES)


def create_app(settings: Settings, parts: Parts) -> web.Application:
    """What the network reaches. The parts must be open, and stay so until the application is cleaned up."""
    app = web.Application(middlewares=[problems, headers.guard(settings, addresses.names(settings))], client_max_size=0)
    app[PARTS] = parts
    app.on_response_prepare.append(headers.signer(settings, lambda: parts.files.origin))
    _add(app, ROUTES, operator_asks=False)
    whip.add_options(app, parts)
    ops.add_description(app, ROUTES)
    if parts.live is not None:
        parts.live.gateway.attach(app)
    pages.add(app, about=harvest.in_page, ahead=Ahead(ROUTES, pages.ASKED).page)
    return app


def create_control(parts: Parts, key: str) -> web.Application:
    """What the control socket reaches: the same routes, asked by this machine's operator, who has read the key, and the
    operator's own."""
    app = web.Application(middlewares=[problems, _locked(key)], client_max_size=0)
    app[PARTS] = parts
    _add(app, (*(route for route in ROUTES if route.needs is not Needs.TOKEN), *operator.ROUTES), operator_asks=True)
    return app


def _locked(key: str) -> Middleware:
    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get(directory.KEY_HEADER, "").encode(errors="surrogatepass")
        if not hmac.compare_digest(given, key.encode()):
            raise ClientFault("key_invalid", "This takes the key that lies beside the socket.", Status.UNAUTHENTICATED)
        return await handler(request)

    return check


def _add(app: web.Application, routes: tuple[Route, ...], *, operator_asks: bool) -> None:
    for route in routes:
        handler = _handler(route, operator_asks)
        if route.method == "GET":
            app.router.add_get(route.path, handler)
        else:
            app.router.add_route(route.method, route.path, handler)


def _handler(route: Route, operator_asks: bool) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    adapter: TypeAdapter[Any] | None = None if route.answer is None else TypeAdapter(route.answer)

    async def handle(request: web.Request) -> web.StreamResponse:
        call = Call(request, request.app[PARTS], operator=operator_asks)
        await admit(call, route.needs)
        if route.by_owner and (owner := await _elsewhere(call)) is not None:
            return owner
        given: list[Any] = []
        if route.body is not None:
            given.append(parsed(route.body, await read(request, route.takes, route.most_bytes)))
        if route.query is not None:
            given.append(queried(route.query, request.query))
        result = await route.handler(call, *given)
        response = (
            result
            if isinstance(result, web.StreamResponse)
            else answered(adapter, result, route.status)
            if adapter is not None
            else web.Response(status=204)
        )
        write_cookie(call, response)
        return response

    return handle


async def _elsewhere(call: Call) -> web.Response | None:
    """RFC 9725 §4.7: redirects to where the lesson's media are, with 307, so that method and body come along."""
    nodes = call.live.gateway.nodes
    url = await nodes.elsewhere(call.path("lesson")) if nodes is not None else None
    if url is None:
        return None
    headers = {"Location": f"{url}{call.request.raw_path}", "Access-Control-Allow-Origin": "*"}
    return web.Response(status=307, headers=headers)


__all__ = ["MOST_IN_LINE", "ROUTES", "create_app", "create_control"]
