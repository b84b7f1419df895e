"""Ratings of resources, and whether there are comments of them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from classroom.errors import ClientFault, Status
from classroom.store.records import Resource
from web.server.api import Needs, Route
from web.server.bodies import Body, View
from web.server.opinions import are_on
from web.server.routes.resources import RESOURCE, visible
from web.server.sessions import Call


class OpinionsView(View):
    """`comments`, `ratings`: whether there are any here. `mine`: how many stars I gave; `count` and `mean` are of all,
    null where fewer than three gave any."""

    comments: bool
    ratings: bool
    mine: int | None
    count: int | None
    mean: float | None


class Stars(Body):
    stars: Annotated[int, Field(ge=1, le=5, strict=True)]


async def shown(call: Call) -> OpinionsView:
    return await _view(call, await visible(call))


async def rated(call: Call, body: Stars) -> OpinionsView:
    resource = await visible(call)
    if not await are_on(call, resource, "ratings"):
        raise ClientFault("ratings_off", "There are no ratings here.", Status.FORBIDDEN)
    if resource.owner == call.signed_in.id:
        raise ClientFault("not_allowed", "It is your own: others rate it.", Status.FORBIDDEN)
    await call.parts.store.ratings.put(resource.id, call.signed_in.id, body.stars, call.parts.now_ms)
    return await _view(call, resource)


async def taken_back(call: Call) -> OpinionsView:
    """Also where there are no ratings any more."""
    resource = await visible(call)
    await call.parts.store.ratings.remove(resource.id, call.signed_in.id)
    return await _view(call, resource)


async def _view(call: Call, resource: Resource) -> OpinionsView:
    comments, ratings = [await are_on(call, resource, which) for which in ("comments", "ratings")]
    found = await call.parts.store.ratings.of(resource.id, call.account.id if call.account else None)
    told = {"count": found.count, "mean": found.mean} if ratings else {"count": None, "mean": None}
    return OpinionsView(comments=comments, ratings=ratings, mine=found.mine, **told)


RATING = f"{RESOURCE}/rating"
ROUTES = (
    Route(
        "GET",
        f"{RESOURCE}/opinions",
        shown,
        "Whether it is commented and rated here, and how it is rated",
        Needs.ACCOUNT,
        codes=("not_found",),
    ),
    Route(
        "PUT",
        RATING,
        rated,
        "Rate it, in the place of my rating before",
        Needs.ACCOUNT,
        codes=("malformed", "not_found", "not_allowed", "ratings_off"),
    ),
    Route("DELETE", RATING, taken_back, "Take my rating back", Needs.ACCOUNT, codes=("not_found",)),
)
