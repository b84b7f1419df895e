"""Notes at moments of a recording: each person's own, and what is shared with all who may see the recording."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator

from classroom.errors import ClientFault, Status
from classroom.ids import new_id
from classroom.payload import Millis
from classroom.payload import Words as Text
from classroom.payload import visible as to_be_seen
from classroom.store.records import Remark, Resource
from web.server.api import Needs, Route
from web.server.bodies import Body, View
from web.server.edited import edited
from web.server.opinions import are_on
from web.server.routes.resources import may_edit, visible
from web.server.seats import not_found
from web.server.sessions import RANKS, Call

Noted = Annotated[Text, AfterValidator(to_be_seen)]


class RemarkView(View):
    """`at`: milliseconds of the lesson's clock. `name`: whose it is, where that is somebody else. `review`: for the
    recording's owner and the staff alone. `may_remove`: it is one's own, or another's and one is of the staff."""

    id: str
    at: int
    text: str
    shared: bool
    created_at: int
    changed_at: int
    review: bool
    mine: bool
    name: str | None
    may_remove: bool


class NewRemark(Body):
    at: Millis
    text: Noted
    shared: bool = False
    review: bool = False


class RemarkChange(Body):
    at: Millis | None = None
    text: Noted | None = None
    shared: bool | None = None


async def listed(call: Call) -> list[RemarkView]:
    """What others noted of what was cut out, only for who may edit the recording."""
    resource = await visible(call)
    me = call.account.id if call.account else None
    seen = await call.parts.store.remarks.list(resource.id, me, may_edit(call, resource))
    if not await are_on(call, resource, "comments"):
        seen = [(row, name) for row, name in seen if row.account == me or row.review]
    if not may_edit(call, resource):
        by = await edited(call.parts, resource)
        seen = [(row, name) for row, name in seen if row.account == me or by.cut_at(row.at) is None]
    return [_view(call, row, name) for row, name in seen]


async def noted(call: Call, body: NewRemark) -> RemarkView:
    resource, now, me = await visible(call), call.parts.now_ms, call.signed_in
    if body.review and not may_edit(call, resource):
        raise ClientFault("not_allowed", "Its owner and the staff may say that.", Status.FORBIDDEN)
    if body.shared:
        await _may_share(call, resource)
    row = Remark(new_id(), resource.id, me.id, body.at, body.text, body.shared or body.review, now, now, body.review)
    await call.parts.store.remarks.add(row)
    return _view(call, row, me.name)


async def changed(call: Call, body: RemarkChange) -> RemarkView:
    row, me = await _mine(call), call.signed_in
    given = {name: value for name, value in body.model_dump().items() if value is not None}
    if body.shared:
        await _may_share(call, await visible(call))
    row = replace(row, **given, changed_at=call.parts.now_ms)
    if not await call.parts.store.remarks.change(row):
        raise not_found("note")
    return _view(call, row, me.name)


async def removed(call: Call) -> None:
    """The staff also removes what others share."""
    row = await _seen(call)
    if row.account != call.signed_in.id and not _is_staff(call):
        raise _not_yours()
    if not await call.parts.store.remarks.remove(row.id):
        raise not_found("note")


async def _may_share(call: Call, resource: Resource) -> None:
    if not await are_on(call, resource, "comments"):
        raise ClientFault("comments_off", "There are no comments here: it can be noted for yourself.", Status.FORBIDDEN)


async def _mine(call: Call) -> Remark:
    """What is not the asker's is only read. Raises 403, 404."""
    row = await _seen(call)
    if row.account != call.signed_in.id:
        raise _not_yours()
    return row


def _not_yours() -> ClientFault:
    return ClientFault("not_allowed", "Whose note it is may do that.", Status.FORBIDDEN)


async def _seen(call: Call) -> Remark:
    """The asker's own, or what others share. Raises 404."""
    resource, me = await visible(call), call.signed_in
    row = await call.parts.store.remarks.get(resource.id, call.path("remark"))
    seen = row is not None and (row.account == me.id or (row.shared and (not row.review or may_edit(call, resource))))
    if row is None or not seen:
        raise not_found("note")
    return row


def _view(call: Call, row: Remark, name: str) -> RemarkView:
    mine = call.account is not None and row.account == call.account.id
    fields = {field: getattr(row, field) for field in RemarkView.model_fields if hasattr(row, field)}
    return RemarkView(**fields, mine=mine, name=None if mine else name, may_remove=mine or _is_staff(call))


def _is_staff(call: Call) -> bool:
    return call.account is not None and RANKS[call.account.role] >= RANKS["staff"]


ALL, ONE = "/api/v1/resources/{resource}/remarks", "/api/v1/resources/{resource}/remarks/{remark}"
ROUTES = (
    Route("GET", ALL, listed, "My notes in a recording, and what others share", Needs.ACCOUNT, codes=("not_found",)),
    Route(
        "POST",
        ALL,
        noted,
        "Note something at a moment of a recording",
        Needs.ACCOUNT,
        201,
        codes=("not_found", "not_allowed", "comments_off", "remarks_full"),
    ),
    Route(
        "PATCH",
        ONE,
        changed,
        "Change a note of mine",
        Needs.ACCOUNT,
        codes=("not_found", "not_allowed", "comments_off"),
    ),
    Route(
        "DELETE",
        ONE,
        removed,
        "Remove a note of mine; the staff, one that is shared",
        Needs.ACCOUNT,
        204,
        codes=("not_found", "not_allowed"),
    ),
)
