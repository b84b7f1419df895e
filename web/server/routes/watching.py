"""Going back in a running lesson, and the link by which a large audience watches it."""

from __future__ import annotations

import hmac
from typing import Annotated

from pydantic import Field

from classroom.errors import ClientFault, Status
from classroom.events import Phase, Role
from classroom.rules import admitted
from classroom.store.records import Lesson
from web.server import seats
from web.server.api import Needs, Route
from web.server.bodies import Body, Secret, View
from web.server.live import keys
from web.server.live.watchers import BEAT_S
from web.server.routes.lessons import join_base
from web.server.routes.live import not_recorded
from web.server.sessions import RANKS, Call

MOST_PLACES = 100_000


class PastView(View):
    """`address`: below it lies what `/live/…` describes."""

    address: str


class WatchOpen(Body):
    places: Annotated[int, Field(ge=1, le=MOST_PLACES)]


class WatchView(View):
    """`url` is null while there is no link; `watching`: how many watch just now."""

    url: str | None
    places: int
    watching: int


class Come(Body):
    """`viewer` is what a page made up for itself, and says again with each beat."""

    secret: Secret
    viewer: Annotated[str, Field(min_length=16, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


class Welcome(View):
    """`beat_s`: so often the page says that it is there."""

    address: str
    title: str
    phase: str
    watching: int
    beat_s: int


def address_of(lesson: str, key: str) -> str:
    return f"/live/{lesson}/{key}"


async def past(call: Call) -> PastView:
    """For who is in the lesson, and may see it moving: who sits in a room has the display."""
    seat = call.bearer.seat
    if seat.role == Role.ENCODER or (seat.role == Role.STUDENT and seat.room is not None):
        raise ClientFault("not_allowed", "What was shown is on your room's display.", Status.FORBIDDEN)
    lesson, parts = call.path("lesson"), call.parts
    await parts.journal.check_entry(call.bearer.participant, call.bearer.name)
    state = await parts.journal.state(lesson)
    if not admitted(state, seat):
        raise ClientFault("not_admitted", "You have not been let in yet.", Status.FORBIDDEN)
    broadcast = await parts.broadcasts.of(lesson)
    if not state["recording"]["on"] and not any(broadcast.stretches()):
        raise not_recorded()
    return PastView(address=address_of(lesson, keys.key(await parts.doors.secret(), lesson, keys.CLASS, 0)))


async def shown(call: Call) -> WatchView:
    return await _view(call, await _mine(call))


async def opened(call: Call, body: WatchOpen) -> WatchView:
    lesson = await _mine(call)
    if lesson.phase == Phase.ENDED:
        raise ClientFault("wrong_phase", "This lesson has ended.", Status.CONFLICT)
    await call.parts.store.watching.open(lesson.id, body.places)
    call.parts.doors.forget(lesson.id)
    return await _view(call, lesson)


async def closed(call: Call) -> None:
    """Who watches by it does so no longer."""
    lesson = await _mine(call)
    await call.parts.store.watching.close(lesson.id)
    call.parts.doors.forget(lesson.id)
    call.parts.watchers.forget(lesson.id)


async def come(call: Call, body: Come) -> Welcome:
    """A place for a viewer, or the same one for longer."""
    parts = call.parts
    parts.watch_misses.check(call.address, parts.now_s)
    lesson = await parts.store.lessons.get(call.path("lesson"))
    link = await parts.store.watching.get(lesson.id) if lesson is not None else None
    secret = await parts.doors.secret()
    if lesson is None or link is None or not link.open or not _is(keys.link(secret, lesson.id, link.turn), body.secret):
        parts.watch_misses.take(call.address, parts.now_s)
        raise ClientFault("not_found", "This link leads nowhere (any more).", Status.NOT_FOUND)
    if not parts.watchers.come(lesson.id, body.viewer, link.places, parts.now_s):
        raise ClientFault("too_many_open", "All places are taken.", Status.TOO_OFTEN, retry_after_s=BEAT_S)
    address = address_of(lesson.id, keys.key(secret, lesson.id, keys.WATCH, link.turn))
    watching = parts.watchers.count(lesson.id, parts.now_s)
    return Welcome(address=address, title=lesson.title, phase=lesson.phase, watching=watching, beat_s=BEAT_S)


def _is(secret: str, given: str) -> bool:
    return hmac.compare_digest(secret.encode(), given.encode(errors="surrogatepass"))


async def _mine(call: Call) -> Lesson:
    lesson = await seats.lesson_of(call.parts, call.path("lesson"))
    if not seats.owns(call, lesson) and RANKS[call.signed_in.role] < RANKS["staff"]:
        raise ClientFault("not_allowed", "Its teacher or the staff may do that.", Status.FORBIDDEN)
    return lesson


async def _view(call: Call, lesson: Lesson) -> WatchView:
    link = await call.parts.store.watching.get(lesson.id)
    if link is None or not link.open:
        return WatchView(url=None, places=0, watching=0)
    secret = keys.link(await call.parts.doors.secret(), lesson.id, link.turn)
    watching = call.parts.watchers.count(lesson.id, call.parts.now_s)
    return WatchView(url=f"{join_base(call)}/watch/{lesson.id}#{secret}", places=link.places, watching=watching)


WATCH = "/api/v1/lessons/{lesson}/watch"
_MINE = ("not_found", "not_allowed")
ROUTES = (
    Route(
        "GET",
        "/api/v1/lessons/{lesson}/past",
        past,
        "Where what has been shown so far lies, for a seat",
        Needs.TOKEN,
        codes=("not_allowed", "not_admitted", "not_recorded"),
    ),
    Route("GET", WATCH, shown, "A lesson's link for large audiences", Needs.ACCOUNT, codes=_MINE),
    Route("PUT", WATCH, opened, "Open it, for so many", Needs.ACCOUNT, codes=(*_MINE, "wrong_phase")),
    Route("DELETE", WATCH, closed, "Take it back", Needs.ACCOUNT, 204, codes=_MINE),
    Route(
        "POST",
        f"{WATCH}/viewers",
        come,
        "Watch by a link, or say that one still does",
        codes=("not_found", "too_many_open", "too_often"),
    ),
)
