"""Looking through the library, and one's own ways through it: favourites, what was watched, and more of the kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import StringConstraints

from classroom.store.finding import FACETS
from classroom.store.finding import Hit as Found
from web.server.api import Needs, Route
from web.server.bodies import Body, View
from web.server.edited import clocks
from web.server.routes.resources import (
    PAGE,
    RESOURCE,
    ResourceSearch,
    ResourceView,
    search_of,
    viewer_of,
    views,
    visible,
)
from web.server.seats import not_found
from web.server.sessions import Call


class HitView(View):
    """Where words were found: in which field, and `at` which moment (ms of the lesson's clock) of a recording; `shown`
    is what the player's clock shows then (ms), for it goes on over what was cut out. `marks` are where they stand in
    `text`, `[from, to)`, in UTF-16 units."""

    field: str
    at: int | None
    shown: int | None
    text: str
    marks: list[tuple[int, int]]


class FoundView(ResourceView):
    """`views`: how often it was watched, or opened. `place`: where it stands in the list, for `after`."""

    hits: list[HitView]
    favourite: bool
    views: int
    place: str


class FacetCount(View):
    code: str
    count: int


class FacetsView(View):
    """How many there are, and of each code; of each facet as if nothing of it were chosen."""

    total: int
    kind: list[FacetCount]
    subject: list[FacetCount]
    grade: list[FacetCount]
    edition: list[FacetCount]
    type: list[FacetCount]
    language: list[FacetCount]
    licence: list[FacetCount]
    audience: list[FacetCount]
    school: list[FacetCount]
    state: list[FacetCount]
    point: list[FacetCount]


class Begun(Body):
    """What has been written of a search so far."""

    words: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


def _me(call: Call) -> str | None:
    return None if call.operator else call.signed_in.id


def _hit(hit: Found, clock: Callable[[int], int] | None) -> HitView:
    shown = clock(hit.at) if clock is not None and hit.at is not None else None
    return HitView(field=hit.field, at=hit.at, shown=shown, text=hit.found.text, marks=list(hit.found.marks))


async def found(call: Call, query: ResourceSearch) -> list[FoundView]:
    """With words, those first that say most of them where it weighs most; else the newest first."""
    _not_too_often(call)
    limit = min(int(query.limit), PAGE)
    rows = await call.parts.store.finding.find(viewer_of(call), _me(call), search_of(query), query.after, limit)
    shown = await views(call, [row.resource for row in rows])
    timed = [row.resource for row in rows if any(one.at is not None for one in row.hits)]
    told = await clocks(call.parts, timed) if timed else {}
    return [
        FoundView(
            **view.model_dump(),
            hits=[_hit(one, told.get(row.resource.id)) for one in row.hits],
            favourite=row.favourite,
            views=row.views,
            place=row.place,
        )
        for row, view in zip(rows, shown, strict=True)
    ]


async def facets(call: Call, query: ResourceSearch) -> FacetsView:
    """Of what is listed with the same query."""
    _not_too_often(call)
    counted = await call.parts.store.finding.facets(viewer_of(call), _me(call), search_of(query))
    may_know = {**counted.counts}
    if viewer_of(call) is not None and call.signed_in.role == "teacher":
        may_know["state"] = []
    counts = {name: [FacetCount(code=code, count=count) for code, count in may_know[name]] for name in FACETS}
    return FacetsView(total=counted.total, **counts)


async def suggestions(call: Call, query: Begun) -> list[str]:
    """Titles and knowledge points that have what was written so far."""
    _not_too_often(call)
    said = "".join(one for one in query.words if one.isprintable())
    return await call.parts.store.finding.suggestions(viewer_of(call), said) if said else []


async def alike(call: Call) -> list[ResourceView]:
    """With the same knowledge points, or words of the title: the more, and the rarer these are, the earlier."""
    resource = await visible(call)
    return await views(call, await call.parts.store.finding.like(viewer_of(call), resource))


async def liked(call: Call) -> None:
    resource = await visible(call)
    if not await call.parts.store.using.like(resource.id, call.signed_in.id, call.parts.now_ms):
        raise not_found("resource")


async def unliked(call: Call) -> None:
    resource = await visible(call)
    await call.parts.store.using.like(resource.id, call.signed_in.id, None)


def _not_too_often(call: Call) -> None:
    if not call.operator:
        call.parts.finds.take(call.signed_in.id, call.parts.now_s)


ALL = "/api/v1/resources"
ROUTES = (
    Route(
        "GET",
        ALL,
        found,
        "Resources that I may see, by words in what they say and by what is said of them",
        Needs.ACCOUNT,
        codes=("malformed", "too_often"),
    ),
    Route(
        "GET",
        f"{ALL}/facets",
        facets,
        "How many of each kind there are of them",
        Needs.ACCOUNT,
        codes=("malformed", "too_often"),
    ),
    Route(
        "GET",
        f"{ALL}/suggestions",
        suggestions,
        "What a search that is being written may become",
        Needs.ACCOUNT,
        codes=("malformed", "too_often"),
    ),
    Route("GET", f"{RESOURCE}/like", alike, "More of the kind", Needs.ACCOUNT, codes=("not_found",)),
    Route(
        "PUT", f"{RESOURCE}/favourite", liked, "Make it one of my favourites", Needs.ACCOUNT, 204, codes=("not_found",)
    ),
    Route("DELETE", f"{RESOURCE}/favourite", unliked, "Not any more", Needs.ACCOUNT, 204, codes=("not_found",)),
)
