"""What the library points to, taken for oneself: courseware onto one's shelf, a bank's questions into one's bank."""

from __future__ import annotations

from dataclasses import replace

from classroom.access import Deed
from classroom.activities import media
from classroom.errors import ClientFault, Status
from classroom.ids import new_id
from classroom.store.records import Account, Banked, Resource
from web.server.api import Needs, Route
from web.server.banking import MOST
from web.server.bodies import View
from web.server.cataloguing import bank_of
from web.server.courseware.shelf import MOST_ITEMS, SHELF_BYTES
from web.server.routes.questions import full, times_of
from web.server.routes.resources import RESOURCE, visible
from web.server.seats import not_found
from web.server.sessions import Call


class TakenView(View):
    """How many things lie on the asker's shelf, or in the bank, because of it."""

    many: int


async def taken(call: Call) -> TakenView:
    resource, me = await visible(call, Deed.DOWNLOAD, "download"), call.signed_in
    owner = await call.parts.store.accounts.get(resource.owner) if resource.owner else None
    if owner is None or resource.kind not in ("courseware", "bank"):
        raise not_found("courseware or bank")
    if owner.id == me.id:
        raise ClientFault("exists", "It is yours already.", Status.CONFLICT)
    if resource.kind == "courseware":
        return TakenView(many=len(await _shelved(call, owner, me, [resource.target])))
    return TakenView(many=await _banked(call, owner, me, resource))


async def _shelved(call: Call, owner: Account, me: Account, wanted: list[str]) -> dict[str, str]:
    """Id of the owner's → id of mine. Raises 404 where none of it is there, ClientFault `shelf_full` (409)."""
    copied = call.parts.store.shelves.copy(owner.id, wanted, me.id, call.parts.now_ms, MOST_ITEMS, SHELF_BYTES)
    names = await copied
    if names is None:
        raise ClientFault("shelf_full", "Your shelf is full: remove something first.", Status.CONFLICT)
    if not names:
        raise not_found("courseware")
    return names


async def _banked(call: Call, owner: Account, me: Account, resource: Resource) -> int:
    """With the pictures and sounds of its questions. All of them, or none where there is no room."""
    store = call.parts.store
    rows = await bank_of(call.parts, resource)
    many = len(rows)
    if not many:
        raise not_found("bank")
    if await store.questions.count(me.id) + many > MOST:
        raise full()  # before its pictures are on the shelf
    wanted = sorted({name for row in rows for name in media.names(row.question)})
    names = await _shelved(call, owner, me, wanted) if wanted else {}
    mine = [_mine(row, me, names, call.parts.now_ms) for row in rows]
    if not await store.questions.add(me.id, mine, MOST):
        raise full()
    return many


def _mine(row: Banked, me: Account, names: dict[str, str], now: int) -> Banked:
    question = media.renamed(row.question, names) if names else row.question
    return replace(row, id=new_id(), owner=me.id, school=None, question=question, **times_of(now))


ROUTES = (
    Route(
        "POST",
        f"{RESOURCE}/take",
        taken,
        "Take its courseware onto my shelf, or its questions into my bank",
        Needs.ACCOUNT,
        codes=("not_found", "exists", "shelf_full", "bank_full"),
    ),
)
