"""Accounts: what administrators keep, on a page or from the shell."""

from __future__ import annotations

from typing import Literal

from classroom.errors import ClientFault, Status
from web.server.api import Needs, Route
from web.server.bodies import Body, Id, Login, Secret, View, Words
from web.server.routes.session import AccountView
from web.server.seats import not_found, school_of
from web.server.sessions import Call


class AccountRow(AccountView):
    disabled: bool
    created_at: int


class AccountNew(Body):
    """`school` left out is the only one there is, if there is only one."""

    login: Login
    name: Words
    role: Literal["teacher", "staff", "admin"] = "teacher"
    password: Secret
    school: Id | None = None


class AccountChange(Body):
    """What is left out stays as it is."""

    disabled: bool | None = None
    school: Id | None = None
    password: Secret | None = None


class ErasedView(View):
    """How much of the person was removed: sign-ins, participations, words (names and chat), courseware, and so on."""

    sessions: int
    participants: int
    words: int
    courseware: int
    photos: int
    works: int
    questions: int
    remarks: int


async def accounts(call: Call) -> list[AccountRow]:
    return [AccountRow.model_validate(row) for row in await call.parts.store.accounts.list()]


async def account_made(call: Call, body: AccountNew) -> AccountRow:
    hashed = await call.parts.passwords.hashed(body.password)
    store, school = call.parts.store, body.school
    if school is None:
        schools = await store.schools.list()
        school = schools[0].id if len(schools) == 1 else None
    else:
        await school_of(call, school)
    made = await store.accounts.add(body.login, body.name, body.role, hashed, call.parts.now_ms, school)
    return AccountRow.model_validate(made)


async def account_changed(call: Call, body: AccountChange) -> AccountRow:
    """An account that is disabled or gets another password is signed out everywhere. Disabled, it leaves its lessons
    too."""
    account, accounts = await _account(call), call.parts.store.accounts
    if body.school is not None:
        await school_of(call, body.school)
        await accounts.set_school(account.id, body.school)
        account = account.model_copy(update={"school": body.school})
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
    await call.parts.store.holds.check_people(participants, account.id)
    courseware = await call.parts.shelf.clear(account.id)
    erased = await call.parts.journal.erase_account(account.id)
    await call.parts.photos.clear(erased.photos)
    await call.parts.works.clear(erased.works)
    if call.parts.telling is not None:
        call.parts.telling.forget(account.id)
    await _send_out(call, participants)
    return ErasedView(
        sessions=erased.sessions,
        participants=erased.participants,
        words=erased.words,
        courseware=courseware,
        photos=len(erased.photos),
        works=len(erased.works),
        questions=erased.questions,
        remarks=erased.remarks,
    )


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
        codes=("login_taken", "password_length", "not_found"),
    ),
    Route(
        "PATCH",
        ACCOUNT,
        account_changed,
        "Disable an account, let it in again, or give it another password or school",
        Needs.ADMIN,
        codes=("not_found", "password_length"),
    ),
    Route(
        "DELETE",
        ACCOUNT,
        account_erased,
        "Erase a person, and say what was removed",
        Needs.ADMIN,
        codes=("not_found", "on_hold"),
    ),
)
