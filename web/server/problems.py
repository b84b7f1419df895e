"""Errors as RFC 9457 `application/problem+json` with a stable `code`; what is no ClientFault is our own, and logged."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiohttp import web

from classroom.errors import ClientFault

MALFORMED = ("malformed", "The request could not be understood.")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger("web")

# What aiohttp itself answers, in our words.
CODES = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
    412: ("etag_mismatch", "The ICE session has changed since."),
    413: ("too_large", "The request is larger than this address takes."),
    415: ("media_type", "This address does not take that media type."),
    416: ("range_not_satisfiable", "The file is shorter than the range that was asked for."),
    428: ("etag_required", "An If-Match header is needed here."),
}


def problem(
    status: int,
    code: str,
    message: str,
    headers: dict[str, str] | None = None,
    more: Mapping[str, str | int] | None = None,
) -> web.Response:
    """`more`: what this problem tells beside that (RFC 9457 §3.2)."""
    body = {"type": f"/docs#{code}", "title": message, "status": status, "code": code, **(more or {})}
    return web.Response(
        status=status,
        text=json.dumps(body, ensure_ascii=False),
        content_type="application/problem+json",
        headers=headers,
    )


def of_fault(fault: ClientFault) -> web.Response:
    headers = {}
    if fault.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, fault.retry_after_s))
    if fault.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return problem(int(fault.status), fault.code, fault.message, headers)


class Answering(web.RequestHandler):
    """What is no request, or has an address or a header that is too long, comes to no application: aiohttp answers it,
    here in our words."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        super().handle_error(request, status, exc, message)  # which logs it
        ours = ("internal", "Something went wrong on the server.")
        answer = problem(status, *(ours if status >= 500 else CODES.get(status, MALFORMED)))
        answer.force_close()
        return answer


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ClientFault as fault:
        return of_fault(fault)
    except web.HTTPException as answer:
        if answer.status < 400:
            raise
        code, message = CODES.get(answer.status, MALFORMED)
        kept = {
            name: answer.headers[name] for name in ("Allow", "Content-Range", "Accept-Post") if name in answer.headers
        }
        return problem(answer.status, code, message, kept)
    except Exception as fault:
        if isinstance(fault, ConnectionError) and (request.transport is None or request.transport.is_closing()):
            # Who sent it left before its end, or before what was answered.
            return problem(400, "malformed", "The body ends too early.")
        # The route's pattern, never the address itself: addresses hold codes and ids.
        resource = request.match_info.route.resource
        log.exception("request_failed", method=request.method, route=resource.canonical if resource else "")
        return problem(500, "internal", "Something went wrong on the server.")
