"""Accounts, schools and rooms: what administrators keep, on a page or from the shell."""

from __future__ import annotations

from typing import Literal

from classroom.errors import ClientFault, Status
from web.server.api import Body, Id, Login, Needs, Route, Secret, View, Words
from web.server.routes.session import AccountView
from web.server.seats import not_found
from web.server.sessions import Call


class AccountRow(AccountView):
    disabled: bool
    created_at: int


class AccountNew(Body):
    login: Login
    name: Words
    role: Literal["teacher", "staff", "admin"] = "teacher"
    password: Secret


class AccountChange(Body):
    """What is left out stays as it is."""

    disabled: bool | None = None
    password: Secret | None = None


class ErasedView(View):
    """How much of the person was removed: sign-ins, participations, and words (names and chat)."""

    sessions: int
    participants: int
    words: int


class SchoolView(View):
    id: str
    name: str
    recording: bool


class SchoolNew(Body):
    name: Words
    recording: bool = False


class RoomRow(View):
    id: str
    school: str
    name: str


class RoomNew(Body):
    school: Id
    name: Words


async def accounts(call: Call) -> list[AccountRow]:
    return [AccountRow.model_validate(row) for row in await call.parts.store.accounts.list()]


async def account_made(call: Call, body: AccountNew) -> AccountRow:
    hashed = await call.parts.passwords.hashed(body.password)
    made = await call.parts.store.accounts.add(body.login, body.name, body.role, hashed, call.parts.now_ms)
    return AccountRow.model_validate(made)


async def account_changed(call: Call, body: AccountChange) -> AccountRow:
    """An account that is disabled or gets another password is signed out everywhere. Disabled, it leaves its lessons
    too."""
    account, accounts = await _account(call), call.parts.store.accounts
    if body.password is not None:
        await accounts.set_password(account.id, await call.parts.passwords.hashed(body.password))
    if body.disabled is None:
        return account
    await accounts.set_disabled(account.id, body.disabled)
    if body.disabled:
        await _send_out(call, await call.parts.store.participants.of_account(account.id))
    return account.model_copy(update={"disabled": body.disabled})


async def account_erased(call: Call) -> ErasedView:
    account = await _account(call)
    participants = await call.parts.store.participants.of_account(account.id)
    erased = await call.parts.journal.erase_account(account.id)
    await _send_out(call, participants)
    return ErasedView.model_validate(erased)


async def _send_out(call: Call, participants: frozenset[str]) -> None:
    """Out of the lessons that they are in; their tokens open nothing any more."""
    if call.parts.live is not None:
        await call.parts.live.gateway.revoke(participants)


async def _account(call: Call) -> AccountRow:
    account = await call.parts.store.accounts.get(call.path("account"))
    if account is None:
        account = await call.parts.store.accounts.by_login(call.path("account").lower())
    if account is None:
        raise not_found("account")
    if call.account is not None and account.id == call.account.id:
        raise ClientFault("not_allowed", "Not your own account.", Status.FORBIDDEN)
    return AccountRow.model_validate(account)


async def schools(call: Call) -> list[SchoolView]:
    return [SchoolView.model_validate(row) for row in await call.parts.store.schools.list()]


async def school_made(call: Call, body: SchoolNew) -> SchoolView:
    return SchoolView.model_validate(await call.parts.store.schools.add(body.name, call.parts.now_ms, body.recording))


async def rooms(call: Call) -> list[RoomRow]:
    return [RoomRow.model_validate(row) for row in await call.parts.store.schools.rooms()]


async def room_made(call: Call, body: RoomNew) -> RoomRow:
    if await call.parts.store.schools.get(body.school) is None:
        raise not_found("school")
    return RoomRow.model_validate(await call.parts.store.schools.add_room(body.school, body.name))


ACCOUNT = "/api/v1/accounts/{account}"
ROUTES = (
    Route("GET", "/api/v1/accounts", accounts, "All accounts", Needs.ADMIN),
    Route(
        "POST",
        "/api/v1/accounts",
        account_made,
        "Make an account",
        Needs.ADMIN,
        201,
        codes=("login_taken", "password_length"),
    ),
    Route(
        "PATCH",
        ACCOUNT,
        account_changed,
        "Disable an account, let it in again, or give it another password",
        Needs.ADMIN,
        codes=("not_found", "password_length"),
    ),
    Route(
        "DELETE", ACCOUNT, account_erased, "Erase a person, and say what was removed", Needs.ADMIN, codes=("not_found",)
    ),
    Route("GET", "/api/v1/schools", schools, "All schools", Needs.ACCOUNT),
    Route("POST", "/api/v1/schools", school_made, "Make a school", Needs.ADMIN, 201),
    Route("GET", "/api/v1/rooms", rooms, "All rooms", Needs.ACCOUNT),
    Route("POST", "/api/v1/rooms", room_made, "Make a room", Needs.ADMIN, 201, codes=("not_found",)),
)
