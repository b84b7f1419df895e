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
from classroom.store.records import Remark
from web.server.api import Body, Needs, Route, View
from web.server.edited import edited
from web.server.routes.resources import may_edit, visible
from web.server.seats import not_found
from web.server.sessions import Call

Noted = Annotated[Text, AfterValidator(to_be_seen)]


class RemarkView(View):
    """`at`: milliseconds of the lesson's clock. `name`: whose it is, where that is somebody else. `review`: for the
    recording's owner and the staff alone."""

    id: str
    at: int
    text: str
    shared: bool
    created_at: int
    changed_at: int
    review: bool
    mine: bool
    name: str | None


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
    if not may_edit(call, resource):
        by = await edited(call.parts, resource)
        seen = [(row, name) for row, name in seen if row.account == me or by.cut_at(row.at) is None]
    return [_view(row, name, me) for row, name in seen]


async def noted(call: Call, body: NewRemark) -> RemarkView:
    resource, now, me = await visible(call), call.parts.now_ms, call.signed_in
    if body.review and not may_edit(call, resource):
        raise ClientFault("not_allowed", "Its owner and the staff may say that.", Status.FORBIDDEN)
    row = Remark(new_id(), resource.id, me.id, body.at, body.text, body.shared or body.review, now, now, body.review)
    await call.parts.store.remarks.add(row)
    return _view(row, me.name, me.id)


async def changed(call: Call, body: RemarkChange) -> RemarkView:
    row, me = await _mine(call), call.signed_in
    given = {name: value for name, value in body.model_dump().items() if value is not None}
    row = replace(row, **given, changed_at=call.parts.now_ms)
    if not await call.parts.store.remarks.change(row):
        raise not_found("note")
    return _view(row, me.name, me.id)


async def removed(call: Call) -> None:
    if not await call.parts.store.remarks.remove((await _mine(call)).id):
        raise not_found("note")


async def _mine(call: Call) -> Remark:
    """What is not the asker's is only read, where it is shared; else it is not there. Raises 403, 404."""
    resource, me = await visible(call), call.signed_in
    row = await call.parts.store.remarks.get(resource.id, call.path("remark"))
    seen = row is not None and (row.account == me.id or (row.shared and (not row.review or may_edit(call, resource))))
    if row is None or not seen:
        raise not_found("note")
    if row.account != me.id:
        raise ClientFault("not_allowed", "Whose note it is may do that.", Status.FORBIDDEN)
    return row


def _view(row: Remark, name: str, me: str | None) -> RemarkView:
    mine = row.account == me
    fields = {field: getattr(row, field) for field in RemarkView.model_fields if hasattr(row, field)}
    return RemarkView(**fields, mine=mine, name=None if mine else name)


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
        codes=("not_found", "not_allowed", "remarks_full"),
    ),
    Route("PATCH", ONE, changed, "Change a note of mine", Needs.ACCOUNT, codes=("not_found", "not_allowed")),
    Route("DELETE", ONE, removed, "Remove a note of mine", Needs.ACCOUNT, 204, codes=("not_found", "not_allowed")),
)
