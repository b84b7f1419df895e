"""What every answer carries, and who may ask: security headers, Host and Origin."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from classroom.errors import ClientFault, Status
from web.server.addresses import may_be_asked_as
from web.server.settings import Settings

SAFE = {"GET", "HEAD", "OPTIONS"}
# Encoders and players are not pages of ours; a bearer token is all they have, and a foreign page has none.
CROSS_ORIGIN = ("/whip/", "/whep/")

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:{storage}",
        # Engines before CSP 3 do not take 'self' for the WebSocket of the same host.
        "connect-src 'self' {sockets}{storage}",
        # Simulations, which thereby cannot lead their frame elsewhere.
        "frame-src {host}/api/v1/lessons/ {host}/api/v1/resources/ {host}/live/",
        "font-src 'self'",
        "worker-src 'self' blob:",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HOST = re.compile(r"[A-Za-z0-9.:\[\]-]+")
FIXED = {
    "Server": "Tongke",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), "
    "screen-wake-lock=(self), autoplay=(self), geolocation=(), payment=(), usb=()",
}


def same_origin(request: web.Request) -> bool:
    """Whether a browser that names its Origin is on a page of ours. Programs name none."""
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("Host", "")


def guard(settings: Settings, known: Sequence[str]) -> Callable[..., Awaitable[web.StreamResponse]]:
    @web.middleware
    async def guarded(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if not may_be_asked_as(request.headers.get("Host", ""), settings, known):
            raise ClientFault(
                "host_unknown", "The server does not go by this name; see --public-url.", Status.MALFORMED
            )
        changes = request.method not in SAFE or "Upgrade" in request.headers
        if changes and not request.path.startswith(CROSS_ORIGIN) and not same_origin(request):
            raise ClientFault("origin_foreign", "The request came from a page of another site.", Status.FORBIDDEN)
        return await handler(request)

    return guarded


def signer(
    settings: Settings, storage: Callable[[], str | None]
) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    strict = settings.public_url.startswith("https:") or settings.tls.count(",") == 1

    def open_to_others(request: web.Request, response: web.StreamResponse) -> None:
        """Players of other sites may fetch what lies under a key, where the operator says so."""
        origins = settings.live_origins
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if len(origins) > 1 and "*" not in origins:
            origin = request.headers.get("Origin", "")
            response.headers.add("Vary", "Origin")
            if origin not in origins:
                return
        else:
            origin = "*" if "*" in origins else origins[0]
        response.headers["Access-Control-Allow-Origin"] = origin

    async def sign(request: web.Request, response: web.StreamResponse) -> None:
        if settings.live_origins and request.path.startswith("/live/"):
            open_to_others(request, response)
        for name, value in FIXED.items():
            response.headers.setdefault(name, value)
        host = request.headers.get("Host", "")
        if not HOST.fullmatch(host):
            host = "localhost"
        there = f" {origin}" if (origin := storage()) else ""  # where players may be sent for a recording
        policy = POLICY.format(sockets=f"ws://{host} wss://{host}", host=host, storage=there)
        response.headers.setdefault("Content-Security-Policy", policy)
        if strict:
            response.headers.setdefault("Strict-Transport-Security", "max-age=15552000")
        if request.path.startswith(("/api/", "/whip/", "/whep/", "/live/")):
            response.headers.setdefault("Cache-Control", "no-store")

    return sign
