"""Server-side sessions behind one HttpOnly cookie, the X-CSRF header that changes need, and the checks of `Needs`."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from classroom.errors import ClientFault, Status
from classroom.store.records import Account, Session, SharedLink
from signaling.tokens import Claims
from web.server.api import Needs
from web.server.limits import caller
from web.server.parts import Live, Parts
from web.server.sharing import LIFE_S as LINK_LIFE_S
from web.server.sharing import cookie as link_cookie

COOKIE = "tongke"
LIFE_S = 14 * 24 * 3600
# A display's token is a cookie of its own: it must outlive sessions, and whoever signs in at the screen.
DISPLAY_COOKIE = "tongke-display"
DISPLAY_LIFE_S = 400 * 24 * 3600  # browsers keep none for longer; it is given again every day
LIFE_MS = LIFE_S * 1000
RANKS = {"teacher": 0, "staff": 1, "admin": 2}
RANK_NEEDED = {Needs.ACCOUNT: 0, Needs.STAFF: 1, Needs.ADMIN: 2}
SAFE = {"GET", "HEAD", "OPTIONS"}


@dataclass(slots=True)
class Call:
    """One request on its way: who asks, and by what right. `set_cookie`, `set_display` and `set_passes` (by resource)
    go with the answer."""

    request: web.Request
    parts: Parts
    needs: Needs = Needs.NOTHING
    cookie: str = ""
    session: Session | None = None
    account: Account | None = None
    claims: Claims | None = None
    participants: frozenset[str] = frozenset()  # whom the caller is in the lesson, where `Needs.SEAT` asks for one
    set_cookie: str | None = None
    set_display: str | None = None
    link: SharedLink | None = None  # by which the caller may see the resource, where it is not by its account
    holder: str = ""  # which of those who came by it
    practises: bool = False  # `link` is none that is kept: it was given to the seat `holder` to practise with
    set_passes: Mapping[str, str] = field(default_factory=dict)
    # Only the operator of this machine can read the control socket's key.
    operator: bool = False

    def path(self, name: str) -> str:
        return self.request.match_info[name]

    @property
    def csrf(self) -> str:
        return self.session.csrf if self.session else ""

    @property
    def signed_in(self) -> Account:
        if self.account is None:
            raise signed_out()
        return self.account

    @property
    def bearer(self) -> Claims:
        if self.claims is None:
            raise ClientFault("token_invalid", "A lesson token is needed.", Status.UNAUTHENTICATED)
        return self.claims

    @property
    def here(self) -> Session:
        if self.session is None:
            raise ClientFault("signed_out", "This needs a session.", Status.UNAUTHENTICATED)
        return self.session

    @property
    def live(self) -> Live:
        if self.parts.live is None:
            raise ClientFault("media_unavailable", "The server is not running.", Status.UNAVAILABLE)
        return self.parts.live

    @property
    def address(self) -> str:
        """Whom limits count: behind a proxy of this machine, the address that it saw."""
        peer = self.request.remote or ""
        if self.parts.settings.proxied:
            forwarded = self.request.headers.get("X-Forwarded-For", "")
            peer = forwarded.rpartition(",")[2].strip() or peer
        return caller(peer)

    def require_rank(self, role: str) -> Account:
        if RANKS[self.signed_in.role] < RANKS[role]:
            raise ClientFault("not_allowed", "Your account may not do that.", Status.FORBIDDEN)
        return self.signed_in


def signed_out() -> ClientFault:
    return ClientFault("signed_out", "Sign in first.", Status.UNAUTHENTICATED)


async def admit(call: Call, needs: Needs) -> None:
    """Finds out who asks, and refuses whom the route is not for. Raises ClientFault 401 or 403."""
    call.needs = needs
    if call.operator or needs is Needs.KEY:
        return
    if needs is Needs.TOKEN:
        call.claims = bearer(call)
        return
    if needs is Needs.SEAT and "Authorization" in call.request.headers:
        call.claims = bearer(call)
        await call.parts.journal.check_entry(call.claims.participant, call.claims.name)
        call.participants = frozenset({call.claims.participant})
        return
    await recognise(call)
    if needs is Needs.SEAT:
        call.participants = await _seated(call)
        return
    if call.session and call.request.method not in SAFE:
        given = call.request.headers.get("X-CSRF", "")
        if not hmac.compare_digest(given.encode(errors="surrogatepass"), call.csrf.encode()):
            raise ClientFault("csrf_failed", "The X-CSRF header does not fit the session.", Status.FORBIDDEN)
    if needs in RANK_NEEDED:
        call.require_rank(("teacher", "staff", "admin")[RANK_NEEDED[needs]])
    elif (
        needs is Needs.VIEWER
        and call.account is None
        and link_cookie(call.path("resource")) not in call.request.cookies
    ):
        raise signed_out()
    elif needs is Needs.SESSION and call.session is None:
        call.parts.newcomers.take(call.address, call.parts.now_s)
        await begin(call, None)


def bearer(call: Call) -> Claims:
    """RFC 6750 §2.1. A token of another lesson than the address's is as good as an address that is not there."""
    scheme, _, token = call.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise ClientFault("token_invalid", "A lesson token is needed: Authorization: Bearer …", Status.UNAUTHENTICATED)
    claims = call.parts.tokens.read(token.strip(), call.parts.now_s)
    if call.request.match_info.get("lesson", claims.lesson) != claims.lesson:
        raise ClientFault("not_found", "There is no such lesson.", Status.NOT_FOUND)
    return claims


async def _seated(call: Call) -> frozenset[str]:
    if call.session is None:
        return frozenset()
    return await call.parts.store.seats.in_lesson(call.session.id_hash, call.path("lesson"))


async def recognise(call: Call) -> None:
    store = call.parts.store
    call.cookie = call.request.cookies.get(COOKIE, "")
    call.session = await store.sessions.get(call.cookie, call.parts.now_ms) if call.cookie else None
    if call.session and call.session.account:
        account = await store.accounts.get(call.session.account)
        call.account = account if account and not account.disabled else None


async def begin(call: Call, account: Account | None) -> None:
    """A new session with a new secret, so that nobody can have planted it; the old one's seats come along."""
    store, before, old = call.parts.store, call.session, call.cookie
    call.cookie, call.session = await store.sessions.add(account.id if account else None, call.parts.now_ms, LIFE_MS)
    if before is not None:
        await store.seats.move(before.id_hash, call.session.id_hash)
        await store.sessions.remove(old)
    call.account = account
    call.set_cookie = call.cookie


async def end(call: Call) -> None:
    if call.session is not None:
        await call.parts.store.sessions.remove(call.cookie)
    call.session, call.account, call.set_cookie = None, None, ""


def write_cookie(call: Call, response: web.StreamResponse) -> None:
    settings = call.parts.settings
    secure = settings.with_tls or settings.public_url.startswith("https:")
    common: dict[str, Any] = {"path": "/", "httponly": True, "samesite": "Strict", "secure": secure}
    if call.set_cookie:
        response.set_cookie(COOKIE, call.set_cookie, max_age=LIFE_S, **common)
    elif call.set_cookie is not None:
        response.del_cookie(COOKIE, **common)
    if call.set_display:
        response.set_cookie(DISPLAY_COOKIE, call.set_display, max_age=DISPLAY_LIFE_S, **common)
    for resource, value in call.set_passes.items():
        of_one = {**common, "path": f"/api/v1/resources/{resource}"}
        response.set_cookie(link_cookie(resource), value, max_age=LINK_LIFE_S, **of_one)
