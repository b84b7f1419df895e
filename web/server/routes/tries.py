"""A recording's questions, tried by who looks at it: apart from the lesson, whose report knows nothing of them."""

from __future__ import annotations

from typing import Any

from classroom.activities.trying import Trying, tried
from classroom.errors import ClientFault, Status
from classroom.events import Phase, Role, Seat
from classroom.store.records import Resource
from recordings import library
from web.server.api import Needs, Route
from web.server.bodies import View
from web.server.edited import edited
from web.server.routes.resources import may_edit, visible
from web.server.seats import not_found
from web.server.sessions import Call


class MineView(View):
    """How right my `first` answer to it was, 0 to 1, and the `best` of so many `tries`."""

    activity: str
    first: float
    best: float
    tries: int


class TriedView(MineView):
    """And how right this one is; with what is right, and why."""

    mark: float
    answer: Any
    tolerance: float | None = None
    explanation: str | None = None


class CountView(View):
    """So many `people` tried it; of so many the first answer was `right`, and it was that right on average (`mean`)."""

    activity: str
    people: int
    right: int
    mean: float


class TriesView(View):
    """`all`: of everybody, for who teaches; null for others."""

    mine: list[MineView]
    all: list[CountView] | None


async def listed(call: Call) -> TriesView:
    resource, store = await visible(call), call.parts.store.tries
    mine = [] if call.account is None else await store.of(resource.id, call.account.id)
    everyone = await store.by_all(resource.id) if may_edit(call, resource) else None
    return TriesView(
        mine=[MineView.model_validate(one) for one in mine],
        all=None if everyone is None else [CountView.model_validate(one) for one in everyone],
    )


async def tries(call: Call, body: Trying) -> TriedView:
    resource, me = await visible(call), call.signed_in
    said = tried(await _asked(call, resource, body.activity), body)
    row = await call.parts.store.tries.add(resource.id, body.activity, me.id, said["mark"], call.parts.now_ms)
    return TriedView(**MineView.model_validate(row).model_dump(), **said)


async def _asked(call: Call, resource: Resource, activity: str) -> dict[str, Any]:
    """A question that the recording has: nothing of what was cut out. Raises 404, `wrong_phase` (409) while the lesson
    goes on, in which others are asked the same."""
    if resource.lesson is None:
        raise not_found("activity")
    state = await call.parts.journal.state(resource.lesson)
    if state["phase"] != Phase.ENDED:
        raise ClientFault("wrong_phase", "The lesson goes on.", Status.CONFLICT)
    by = await edited(call.parts, resource)
    known = state["activities"]["by_id"].get(activity)
    if known is not None and (by.cuts or by.participants):
        viewer = Seat("library", Role.OBSERVER)
        seen = await library.timeline(call.parts.store, call.parts.journal, resource.id, viewer, by)
        if not any(one.kind == "activity.opened" and one.data["activity"] == activity for one in seen):
            known = None
    if known is None:
        raise not_found("activity")
    return known


TRIES = "/api/v1/resources/{resource}/tries"
ROUTES = (
    Route("GET", TRIES, listed, "How I fared with a recording's questions", Needs.ACCOUNT, codes=("not_found",)),
    Route(
        "POST",
        TRIES,
        tries,
        "Try a question of a recording",
        Needs.ACCOUNT,
        codes=("not_found", "wrong_phase", "not_tried", "malformed"),
    ),
)
