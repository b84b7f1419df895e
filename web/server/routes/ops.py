"""For operators and machines: alive, able to serve, numbers, and the API's own description."""

from __future__ import annotations

import asyncio
import hmac
import importlib.metadata
import json
import threading
from functools import cache

from aiohttp import web

from classroom.errors import ClientFault, Status
from web.server import metrics, openapi
from web.server.api import Needs, Route
from web.server.bodies import View
from web.server.sessions import Call
from web.server.settings import is_loopback


class Health(View):
    status: str


def version() -> str:
    try:
        return importlib.metadata.version("tongke")
    except importlib.metadata.PackageNotFoundError:
        return "0"


async def alive(call: Call) -> Health:
    return Health(status="alive")


async def ready(call: Call) -> Health:
    """Asks the database, the media workers and, where there are other nodes, Redis: who gets 200 can hold a lesson."""
    try:
        await call.parts.store.settings.get("ready")
    except Exception:
        raise ClientFault("database_unavailable", "The database does not answer.", Status.UNAVAILABLE, 5) from None
    if not call.live.media.ports or not await metrics.media_answers(call.live.media):
        raise ClientFault("media_unavailable", "The media worker does not answer.", Status.UNAVAILABLE, 5)
    nodes = call.live.gateway.nodes
    if nodes is not None and not nodes.up:
        raise ClientFault("redis_unavailable", "Redis does not carry messages.", Status.UNAVAILABLE, 5)
    return Health(status="ready")


async def numbers(call: Call) -> web.Response:
    settings = call.parts.settings
    given = call.request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    known = bool(settings.metrics_token) and hmac.compare_digest(
        given.encode(errors="surrogatepass"), settings.metrics_token.encode()
    )
    if not (known or is_loopback(call.address)):
        raise ClientFault("not_allowed", "From this machine only, or with the token.", Status.FORBIDDEN)
    body, content_type = await metrics.exposed(call.parts)
    return web.Response(body=body, headers={"Content-Type": content_type})


MAKING = threading.Lock()


def _made(routes: tuple[Route, ...]) -> tuple[bytes, bytes]:
    """Once, however many ask at first."""
    with MAKING:
        return _described(routes)


@cache
def _described(routes: tuple[Route, ...]) -> tuple[bytes, bytes]:
    """All routes as JSON, and as a page."""
    described = openapi.document(routes, version())
    return json.dumps(described).encode(), openapi.page(described).encode()


def add_description(app: web.Application, routes: tuple[Route, ...]) -> None:
    """It is made when somebody first asks: a start need not wait for it."""

    async def as_json(_: web.Request) -> web.Response:
        body, _page = await asyncio.to_thread(_made, routes)
        return web.Response(body=body, content_type="application/json", charset="utf-8")

    async def as_page(_: web.Request) -> web.Response:
        _json, body = await asyncio.to_thread(_made, routes)
        policy = f"default-src 'none'; style-src 'sha256-{openapi.STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'"
        headers = {"Content-Security-Policy": policy}
        return web.Response(body=body, content_type="text/html", charset="utf-8", headers=headers)

    app.router.add_get("/api/v1/openapi.json", as_json)
    app.router.add_get("/docs", as_page)


ROUTES = (
    Route("GET", "/healthz", alive, "The process is alive"),
    Route(
        "GET",
        "/readyz",
        ready,
        "Database, media and Redis can serve a lesson",
        codes=("media_unavailable", "redis_unavailable"),
    ),
    Route(
        "GET", "/metrics", numbers, "Numbers for Prometheus", Needs.NOTHING, codes=("not_allowed",), gives="text/plain"
    ),
)
