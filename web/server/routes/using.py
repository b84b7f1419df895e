"""How much a resource is used: what pages tell while it is watched, and what its owner and the staff see of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from web.server.api import Needs, Route
from web.server.bodies import Body, View
from web.server.counting import PART_MS
from web.server.routes.resources import RESOURCE, editable, visible
from web.server.sessions import Call
from web.server.xapi.viewing import Moment

MOST_PARTS = 60
"""Told at once: at eight times the speed, of the minute that a page may be late."""
LONGEST_MS = 24 * 3600 * 1000
LATE_MS = 600_000


class HappenedBody(Body):
    """`at`, and of seeking `from`, in ms of the lesson's clock; `ago_ms` before it is told."""

    what: Literal["played", "paused", "seeked", "terminated"]
    at: Annotated[int, Field(ge=0, le=LONGEST_MS)]
    from_: Annotated[int, Field(ge=0, le=LONGEST_MS, alias="from")] = 0
    ago_ms: Annotated[int, Field(ge=0, le=LATE_MS)] = 0


class Played(Body):
    """`begun`: the first that a page tells of it, which makes it a view. `parts`: which of its time, each of 10 s of
    the lesson's clock, were played since, that this page had not played before. `moments`: what happened since, in
    order."""

    begun: bool = False
    moments: Annotated[tuple[HappenedBody, ...], Field(max_length=MOST_PARTS)] = ()
    parts: Annotated[
        tuple[Annotated[int, Field(ge=0, le=LONGEST_MS // PART_MS)], ...], Field(max_length=MOST_PARTS)
    ] = ()


class PlayedView(View):
    """`moments`: whether what happens is wanted, too; it is for a learning record store."""

    moments: bool


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


async def told(call: Call, body: Played) -> PlayedView:
    resource, parts = await visible(call), call.parts
    parts.plays.take(call.signed_in.id, parts.now_s)
    last = (resource.duration_ms or 0) // PART_MS
    played = frozenset(part for part in body.parts if part <= last)
    parts.counter.add(resource.id, call.signed_in.id, begun=body.begun, parts=played)
    if parts.telling is not None and (body.begun or body.moments):
        now = parts.now_ms
        moments = [Moment(one.what, one.at / 1000, now - one.ago_ms, one.from_ / 1000) for one in body.moments]
        parts.telling.tell(resource, call.signed_in, moments, now, anew=body.begun)
    return PlayedView(moments=parts.telling is not None)


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
        codes=("not_found", "malformed", "too_often"),
    ),
    Route("GET", f"{RESOURCE}/use", shown, "How much it is used", Needs.ACCOUNT, codes=("not_found", "not_allowed")),
)
