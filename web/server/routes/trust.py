"""The local authority's certificate, for devices that shall trust it; `/trust` tells each kind of device how."""

from __future__ import annotations

from datetime import UTC, datetime

from aiohttp import web

from classroom.errors import ClientFault, Status
from web.server import tls
from web.server.api import Needs, Route
from web.server.bodies import View
from web.server.sessions import Call


class TrustView(View):
    """`fingerprint` is the authority's SHA-256; null where the server has no authority of its own."""

    authority: bool
    fingerprint: str | None
    certificate: str | None


def _authority(call: Call) -> tls.Authority | None:
    settings = call.parts.settings
    if settings.tls != "auto" or not settings.with_tls:
        return None
    return tls.authority(settings.data / "tls", datetime.fromtimestamp(call.parts.now_s, UTC))


async def shown(call: Call) -> TrustView:
    found = _authority(call)
    if found is None:
        return TrustView(authority=False, fingerprint=None, certificate=None)
    return TrustView(authority=True, fingerprint=found.fingerprint, certificate="/trust/ca.crt")


async def certificate(call: Call) -> web.Response:
    if _authority(call) is None:
        raise ClientFault("not_found", "This server has no authority of its own.", Status.NOT_FOUND)
    data = (call.parts.settings.data / "tls" / "ca.crt").read_bytes()
    return web.Response(
        body=data,
        content_type="application/x-x509-ca-cert",
        headers={"Content-Disposition": 'attachment; filename="tongke-ca.crt"', "Cache-Control": "no-cache"},
    )


ROUTES = (
    Route("GET", "/api/v1/trust", shown, "Whether devices must be told to trust this server, and by what"),
    Route(
        "GET",
        "/trust/ca.crt",
        certificate,
        "The local authority's certificate",
        Needs.NOTHING,
        codes=("not_found",),
        gives="application/x-x509-ca-cert",
    ),
)
