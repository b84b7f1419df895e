"""Signing in and out, the first administrator, and links whose secret rides in a fragment."""

from __future__ import annotations

from typing import Literal

from classroom.errors import ClientFault, Status
from classroom.store.records import Account, Link, Purpose
from web.server import seats
from web.server.api import Needs, Route
from web.server.bodies import Body, Login, Secret, View, Words
from web.server.parts import Parts
from web.server.sessions import Call, begin, end


class AccountView(View):
    id: str
    login: str
    name: str
    role: Literal["teacher", "staff", "admin"]
    school: str | None


class SessionView(View):
    """`csrf` goes into the X-CSRF header of every request that changes something."""

    account: AccountView | None
    csrf: str
    setup_needed: bool


class SignIn(Body):
    login: Login
    password: Secret


class Setup(Body):
    secret: Secret
    login: Login
    password: Secret
    name: Words
    school: Words


class LinkUse(Body):
    secret: Secret


class LinkView(View):
    """What the link was good for: an account that is signed in now, or a seat in a lesson."""

    kind: Literal["account", "seat"]
    seat: str | None = None
    lesson: str | None = None
    role: str | None = None


async def shown(call: Call) -> SessionView:
    return SessionView(
        account=AccountView.model_validate(call.account) if call.account else None,
        csrf=call.csrf,
        setup_needed=await call.parts.store.accounts.count() == 0,
    )


async def sign_in(call: Call, body: SignIn) -> SessionView:
    parts = call.parts
    parts.sign_ins.take(call.address, parts.now_s)
    async with parts.sign_in_turns.of(body.login):
        account = await _whose(parts, body)
    await begin(call, account)
    return await shown(call)


async def _whose(parts: Parts, body: SignIn) -> Account | None:
    parts.lock_out.check(body.login, parts.now_s)
    account = await parts.store.accounts.by_login(body.login)
    usable = account is not None and not account.disabled
    if not await parts.passwords.matches(body.password, account.password_hash if account and usable else None):
        parts.lock_out.failed(body.login, parts.now_s)
        raise ClientFault("password_wrong", "Login or password is not right.", Status.UNAUTHENTICATED)
    parts.lock_out.succeeded(body.login)
    return account


async def sign_out(call: Call) -> None:
    await end(call)


async def set_up(call: Call, body: Setup) -> SessionView:
    """Makes the first administrator and the school. The secret is used up only when both are made."""
    store = call.parts.store
    call.parts.sign_ins.take(call.address, call.parts.now_s)
    if await store.accounts.count():
        raise ClientFault("set_up_already", "This installation has its administrator.", Status.CONFLICT)
    hashed = await call.parts.passwords.hashed(body.password)
    await store.links.redeem(body.secret, call.parts.now_ms, "setup")
    school = await store.schools.add(body.school, call.parts.now_ms)
    account = await store.accounts.add(body.login, body.name, "admin", hashed, call.parts.now_ms, school.id)
    await begin(call, account)
    return await shown(call)


async def use_link(call: Call, body: LinkUse) -> LinkView:
    store = call.parts.store
    call.parts.code_misses.check(call.address, call.parts.now_s)
    link = await _redeemed(call, body.secret)
    if account_id := link.data.get("account"):
        account = await store.accounts.get(account_id)
        if account is None or account.disabled:
            raise ClientFault("link_invalid", "This link is not good any more.", Status.NOT_FOUND)
        if call.account is None or call.account.id != account.id:
            await begin(call, account)
    if link.purpose == "account":
        return LinkView(kind="account")
    if call.session is None:
        await begin(call, None)
    seat, participant = await seats.take_from_link(call, link.data)
    return LinkView(kind="seat", seat=seat.id, lesson=participant.lesson, role=participant.role)


async def _redeemed(call: Call, secret: str) -> Link:
    purposes: tuple[Purpose, ...] = ("account", "seat")
    for purpose in purposes:
        try:
            return await call.parts.store.links.redeem(secret, call.parts.now_ms, purpose)
        except ClientFault as fault:
            if fault.code != "link_invalid":
                raise
    call.parts.code_misses.take(call.address, call.parts.now_s)
    raise ClientFault("link_invalid", "This link is used up or over.", Status.NOT_FOUND)


ROUTES = (
    Route("GET", "/api/v1/session", shown, "Who I am here, and my CSRF token", Needs.SESSION, codes=("too_often",)),
    Route(
        "POST",
        "/api/v1/session",
        sign_in,
        "Sign in",
        codes=("password_wrong", "too_often", "locked_out"),
    ),
    Route("DELETE", "/api/v1/session", sign_out, "Sign out", Needs.NOTHING, 204),
    Route(
        "POST",
        "/api/v1/setup",
        set_up,
        "Make the first administrator, once",
        codes=("link_invalid", "set_up_already", "password_length", "too_often"),
    ),
    Route(
        "POST",
        "/api/v1/links",
        use_link,
        "Exchange a link's secret for what it stands for",
        codes=("link_invalid", "too_often"),
    ),
)
