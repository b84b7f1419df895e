"""Collections of resources, and series of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from classroom.errors import ClientFault, Status
from classroom.ids import new_id
from classroom.store.collections import MOST
from classroom.store.records import Collection
from web.server.api import Needs, Route
from web.server.bodies import Body, Id, View
from web.server.cataloguing import Description, Title
from web.server.routes.resources import Number, ResourceView, viewer_of, views, visible
from web.server.seats import not_found
from web.server.sessions import RANKS, Call

PAGE = 100


class CollectionView(View):
    """`many`: how many of its resources the asker may see."""

    id: str
    kind: str
    title: str
    description: str
    owner: str | None
    owner_name: str
    created_at: int
    changed_at: int
    many: int
    may_edit: bool


class CollectionWhole(CollectionView):
    """Of a series, the first of `resources` is number 1. What the asker may not see is left out."""

    resources: list[ResourceView]


class NewCollection(Body):
    kind: Literal["collection", "series"]
    title: Title
    description: Description = ""


class CollectionChange(Body):
    kind: Literal["collection", "series"] | None = None
    title: Title | None = None
    description: Description | None = None


class Order(Body):
    """Those that are not named follow, as they were."""

    resources: Annotated[list[Id], Field(max_length=MOST)]


class CollectionSearch(Body):
    """`resource`: those that hold it."""

    resource: Id | None = None
    since: Number = "0"


async def listed(call: Call, query: CollectionSearch) -> list[CollectionView]:
    if query.resource and await call.parts.store.resources.get(query.resource, viewer_of(call)) is None:
        return []  # of what one may not see, one is not told where it is
    rows = await call.parts.store.collections.list(viewer_of(call), query.resource or "", int(query.since), PAGE)
    names = await call.parts.store.accounts.names({row.owner for row, _ in rows if row.owner is not None})
    return [_view(call, row, many, names) for row, many in rows]


async def shown(call: Call) -> CollectionWhole:
    return await _whole(call, await _visible(call))


async def added(call: Call, body: NewCollection) -> CollectionWhole:
    me, now = call.signed_in, call.parts.now_ms
    row = Collection(new_id(), body.kind, body.title, body.description, me.id, me.school, now, now)
    await call.parts.store.collections.add(row)
    return await _whole(call, row)


async def changed(call: Call, body: CollectionChange) -> CollectionWhole:
    row = await _mine(call)
    given = {name: value for name, value in body.model_dump().items() if value is not None}
    row = replace(row, **given, changed_at=call.parts.now_ms)
    if not await call.parts.store.collections.change(row):
        raise not_found("collection")
    return await _whole(call, row)


async def removed(call: Call) -> None:
    """The resources stay."""
    if not await call.parts.store.collections.remove((await _mine(call)).id):
        raise not_found("collection")


async def held(call: Call) -> CollectionWhole:
    row, resource = await _mine(call), await visible(call)
    await call.parts.store.collections.hold(row.id, resource.id, call.parts.now_ms)
    return await _whole(call, row)


async def released(call: Call) -> CollectionWhole:
    row = await _mine(call)
    if not await call.parts.store.collections.release(row.id, call.path("resource"), call.parts.now_ms):
        raise not_found("resource")
    return await _whole(call, row)


async def ordered(call: Call, body: Order) -> CollectionWhole:
    row = await _mine(call)
    await call.parts.store.collections.order(row.id, body.resources, call.parts.now_ms)
    return await _whole(call, row)


async def _visible(call: Call) -> Collection:
    row = await call.parts.store.collections.get(call.path("collection"), viewer_of(call))
    if row is None:
        raise not_found("collection")
    return row


async def _mine(call: Call) -> Collection:
    row = await _visible(call)
    if not _may_edit(call, row):
        raise ClientFault("not_allowed", "Whose collection it is and the staff may do that.", Status.FORBIDDEN)
    return row


def _may_edit(call: Call, row: Collection) -> bool:
    return call.operator or RANKS[call.signed_in.role] >= RANKS["staff"] or row.owner == call.signed_in.id


def _view(call: Call, row: Collection, many: int, names: dict[str, str]) -> CollectionView:
    fields = CollectionView.model_fields.keys() & Collection.__dataclass_fields__.keys()
    return CollectionView(
        **{name: getattr(row, name) for name in fields},
        owner_name=names.get(row.owner or "", ""),
        many=many,
        may_edit=_may_edit(call, row),
    )


async def _whole(call: Call, row: Collection) -> CollectionWhole:
    resources = await views(call, await call.parts.store.collections.resources(row.id, viewer_of(call)))
    names = await call.parts.store.accounts.names([row.owner]) if row.owner else {}
    view = _view(call, row, len(resources), names)
    return CollectionWhole(**view.model_dump(), resources=resources)


ALL, ONE = "/api/v1/collections", "/api/v1/collections/{collection}"
HELD = f"{ONE}/resources/{{resource}}"
CODES = ("not_found", "not_allowed")
ROUTES = (
    Route("GET", ALL, listed, "Collections of which I may see something", Needs.ACCOUNT, codes=("malformed",)),
    Route(
        "POST",
        ALL,
        added,
        "Make a collection, or a series",
        Needs.ACCOUNT,
        201,
        codes=("malformed", "too_many_collections"),
    ),
    Route("GET", ONE, shown, "One collection with its resources", Needs.ACCOUNT, codes=("not_found",)),
    Route("PATCH", ONE, changed, "Rename or describe it", Needs.ACCOUNT, codes=(*CODES, "malformed")),
    Route("DELETE", ONE, removed, "Remove it; its resources stay", Needs.ACCOUNT, 204, codes=CODES),
    Route("PUT", HELD, held, "Put a resource into it", Needs.ACCOUNT, codes=(*CODES, "collection_full")),
    Route("DELETE", HELD, released, "Take a resource out of it", Needs.ACCOUNT, codes=CODES),
    Route("PUT", f"{ONE}/order", ordered, "Put its resources in order", Needs.ACCOUNT, codes=(*CODES, "malformed")),
)
