"""Recordings that are made of others, which they play one after the other. No media is copied."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from classroom.errors import ClientFault, Status
from classroom.ids import new_id
from classroom.review import Action, Part, State
from classroom.store.joined import KIND
from classroom.store.records import Resource
from web.server import joining
from web.server.api import Needs, Route
from web.server.bodies import Body, Id, View, Words
from web.server.cataloguing import decided, parts_of
from web.server.courseware.turns import turn
from web.server.keeping.removing import lock_of
from web.server.routes.edits import Revision
from web.server.routes.resources import RESOURCE, ResourceView, editable, viewer_of, views, visible
from web.server.seats import not_found
from web.server.sessions import Call

Parted = Annotated[list[Id], Field(min_length=joining.FEWEST, max_length=joining.MOST)]


class Join(Body):
    """`parts` are recordings in the order in which they are to be played, each once."""

    title: Words
    parts: Parted


class Rejoin(Join):
    """`revision` is the one that was seen; where there is a newer one, 409 `edited`."""

    revision: Revision


class Joined(View):
    resource: str


class PartsView(View):
    revision: int
    parts: list[ResourceView]


async def join(call: Call, body: Join) -> Joined:
    async with turn(lock_of(call.parts)):  # none of them is just being removed
        return await _joined_anew(call, body)


async def _joined_anew(call: Call, body: Join) -> Joined:
    parts = call.parts
    found = await joining.fit(parts, body.parts, viewer_of(call))
    row = Resource(
        id=new_id(),
        lesson=None,
        title=body.title,
        kind=KIND,
        status="ready",
        created_at=parts.now_ms,
        duration_ms=await joining.lasts_ms(parts, found),
        path="",
        tracks=[],
        owner=call.account.id if call.account is not None else None,
        school=call.account.school if call.account is not None else None,
        changed_at=parts.now_ms,
        state_at=parts.now_ms,
    )
    await parts.store.joins.add(row, body.parts)
    return Joined(resource=row.id)


async def shown(call: Call) -> PartsView:
    return await _view(call, _joined(await visible(call)))


async def rejoin(call: Call, body: Rejoin) -> PartsView:
    """For the review other parts are an edit, a title is a change of what is said of it."""
    resource, parts = _joined(await editable(call)), call.parts
    async with turn(lock_of(parts)):  # none of them is just being removed
        return await _rejoined(call, resource, body)


async def _rejoined(call: Call, resource: Resource, body: Rejoin) -> PartsView:
    parts = call.parts
    await parts.store.holds.check(resource.id)
    found = await joining.fit(parts, body.parts, viewer_of(call))
    amendment = await parts.store.reviews.amendment(resource.id)
    said = amendment.details if amendment is not None else resource.details
    swapped = body.parts != [one.id for one in await parts.store.joins.parts(resource.id)]
    if swapped and resource.state == State.PUBLISHED and Part.REVIEWER not in await parts_of(call, resource):
        message = "It is published: a reviewer may give it other parts, or it is withdrawn first."
        raise ClientFault("wrong_state", message, Status.CONFLICT)
    action, details = Action.EDIT if swapped else Action.CHANGE, replace(said, title=body.title)
    outcome = await decided(call, resource, amendment, action, details=details)
    await parts.store.joins.put(resource, outcome, body.revision, body.parts)
    await parts.store.joins.lasts(resource.id, await joining.lasts_ms(parts, found))
    return await _view(call, resource)


def _joined(resource: Resource) -> Resource:
    if resource.kind != KIND:
        raise not_found("joined recording")
    return resource


async def _view(call: Call, resource: Resource) -> PartsView:
    joins = call.parts.store.joins
    found = await views(call, await joins.parts(resource.id))
    return PartsView(revision=await joins.revision(resource.id), parts=found)


PARTS = f"{RESOURCE}/parts"
_JOINS = ("malformed", "not_found", "part_unfit")
ROUTES = (
    Route("POST", "/api/v1/joined", join, "Join recordings to one", Needs.ACCOUNT, 201, codes=_JOINS),
    Route("GET", PARTS, shown, "What a joined recording is made of", Needs.VIEWER, codes=("not_found",)),
    Route(
        "PUT",
        PARTS,
        rejoin,
        "Make a joined recording of these",
        Needs.ACCOUNT,
        codes=(*_JOINS, "not_allowed", "edited", "wrong_state", "changed_meanwhile", "too_many_steps", "on_hold"),
    ),
)
