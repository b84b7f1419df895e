"""How much a resource is used: what pages tell while it is watched, and what its owner and the staff see of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from web.server.api import Body, Needs, Route, View
from web.server.counting import PART_MS
from web.server.routes.resources import RESOURCE, editable, visible
from web.server.sessions import Call

MOST_PARTS = 60
"""Told at once: at eight times the speed, of the minute that a page may be late."""
LONGEST_MS = 24 * 3600 * 1000


class Played(Body):
    """`begun`: the first that a page tells of it, which makes it a view. `parts`: which of its time, each of 10 s of
    the lesson's clock, were played since, that this page had not played before."""

    begun: bool = False
    parts: Annotated[
        tuple[Annotated[int, Field(ge=0, le=LONGEST_MS // PART_MS)], ...], Field(max_length=MOST_PARTS)
    ] = ()


class Day(View):
    """`day`: days since 1970-01-01, UTC."""

    day: int
    views: int
    viewers: int


class OfSchool(View):
    """`school` is "" of those who have none."""

    school: str
    name: str
    views: int


class UseView(View):
    """`viewers`: different people, each counted once a year. `days` without views are not there. `parts`: how many
    views played each `part_ms` of it, from the beginning of the lesson's clock."""

    views: int
    viewers: int
    days: list[Day]
    schools: list[OfSchool]
    part_ms: int
    parts: list[int]


async def told(call: Call, body: Played) -> None:
    resource, parts = await visible(call), call.parts
    parts.plays.take(call.signed_in.id, parts.now_s)
    last = (resource.duration_ms or 0) // PART_MS
    played = frozenset(part for part in body.parts if part <= last)
    parts.counter.add(resource.id, call.signed_in.id, begun=body.begun, parts=played)


async def shown(call: Call) -> UseView:
    resource = await editable(call)
    use = await call.parts.store.using.of(resource.id)
    return UseView(
        views=use.views,
        viewers=use.viewers,
        days=[Day(day=day, views=views, viewers=viewers) for day, views, viewers in use.days],
        schools=[OfSchool(school=one, name=name, views=views) for one, name, views in use.schools],
        part_ms=PART_MS,
        parts=list(use.parts),
    )


ROUTES = (
    Route(
        "POST",
        f"{RESOURCE}/played",
        told,
        "What a page has played of it since it last told",
        Needs.ACCOUNT,
        204,
        codes=("not_found", "malformed", "too_often"),
    ),
    Route("GET", f"{RESOURCE}/use", shown, "How much it is used", Needs.ACCOUNT, codes=("not_found", "not_allowed")),
)
