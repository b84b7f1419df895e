"""Works: sent in for an activity that asks for them, then named by an answer; and seen by those whom they are for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from classroom import locks
from classroom.access import Deed
from classroom.activities.running import taking, who_answers
from classroom.activities.types import type_of
from classroom.errors import ClientFault, Status
from classroom.events import Phase, Role, Seat
from classroom.leading import acting
from classroom.reducer import State
from classroom.store.records import Work
from classroom.untold import TAKES_AWAY, works_shown
from recordings.edits import NOTHING, Edited
from web.server import edited
from web.server.api import Needs, Route, too_large
from web.server.bodies import Body, Id, View
from web.server.courseware.photos import LARGEST
from web.server.courseware.works import MOST_BYTES
from web.server.pieces import pieces
from web.server.routes.imported import or_imported
from web.server.routes.live import broadcast_of
from web.server.routes.pages import file_answer, inside
from web.server.routes.resources import visible
from web.server.routes.showing import for_ever
from web.server.seats import not_found
from web.server.sessions import Call

BOXES = ("320", "960", "1920")


class WorkView(View):
    """`id` is the `file` of `activity.answer`."""

    id: str
    kind: str
    bytes: int
    duration_ms: int | None


class For(Body):
    """`participant`: the child without a tablet whose teacher sends it."""

    activity: Id
    participant: Id | None = None


async def sent(call: Call, query: For) -> WorkView:
    claims, parts = call.bearer, call.parts
    await parts.journal.check_entry(claims.participant, claims.name)
    state = await parts.journal.state(claims.lesson)
    sender = state["participants"].get(claims.participant)
    if sender is None or not sender["admitted"]:
        raise not_found("lesson")
    at = parts.journal.clock_of(claims.lesson).at_of(parts.clock.monotonic())
    seat = acting(state, claims.seat)
    if seat.role not in (Role.STUDENT, Role.LEAD_TEACHER, Role.LOCAL_TEACHER):
        raise ClientFault("not_allowed", "Students and teachers answer.", Status.FORBIDDEN)
    if state["phase"] != Phase.LIVE:
        raise ClientFault("wrong_phase", "The lesson does not go on.", Status.CONFLICT)
    locks.check(state, seat.participant, seat.role, locks.THING_OF["activity.answer"])
    activity = taking(state, query.activity, "activity.answered", at)
    asked = type_of(activity)
    whose, kind = who_answers(state, query.participant, seat, asked), asked.work
    if kind is None:
        raise ClientFault("no_works", "This question is not answered so.", Status.CONFLICT)
    if whose in activity["answers"] and not asked.again(activity, None):
        raise ClientFault("already_answered", "This was answered already.", Status.CONFLICT)
    if (call.request.content_length or 0) > MOST_BYTES[kind]:
        raise too_large(MOST_BYTES[kind])
    parts.photo_rolls.take(claims.participant, parts.now_s)
    work = await parts.works.take(claims, query.activity, whose, kind, pieces(call.request), parts.now_ms)
    return WorkView.model_validate(work)


async def seen(call: Call) -> web.StreamResponse:
    """By who made it, the lead, the teacher of the room; and by all while it is shown."""
    lesson = call.path("lesson")
    work = await call.parts.store.works.get(lesson, call.path("work"))
    if work is None:
        raise not_found("work")
    state = await call.parts.journal.state(lesson)
    if not any(_may_see(state, viewer, work) for viewer in call.participants):
        raise not_found("work")
    return _file(call, work)


def _may_see(state: State, viewer: str, work: Work) -> bool:
    known, child = state["participants"].get(viewer), state["participants"].get(work.participant)
    if known is None or not known["admitted"]:
        return False
    shown = state["activities"]["shown"]
    match acting(state, Seat(viewer, Role(known["role"]), known["room"])).role:
        case Role.ENCODER:
            return False
        case Role.LEAD_TEACHER:
            return True
        case Role.LOCAL_TEACHER if child is not None and child["room"] == known["room"]:
            return True
    return viewer == work.participant or (shown is not None and _shows(shown, work))


def _shows(shown: Mapping[str, Any], work: Work) -> bool:
    return any(one.get("file") == work.id for one in shown["works"])


async def recorded(call: Call) -> web.StreamResponse:
    """By who may see the recording of a lesson in which it was shown."""
    resource = await visible(call, Deed.PLAY)
    return await _shown_once(call, resource.lesson or "", await edited.edited(call.parts, resource))


async def looked_back(call: Call) -> web.StreamResponse:
    """By who has a key of a running lesson in which it was shown."""
    return await _shown_once(call, (await broadcast_of(call)).lesson)


async def _shown_once(call: Call, lesson: str, by: Edited = NOTHING) -> web.StreamResponse:
    """Outside of what was cut out, and of nobody who is hidden."""
    store = call.parts.store
    work = await store.works.get(lesson, call.path("work"))
    if work is None or work.participant in by.participants:
        raise not_found("work")
    events = await store.journal.of_kind(work.lesson, *TAKES_AWAY)
    if not any(_shows(event.data, work) for event in works_shown(events, by.cuts)):
        raise not_found("work")
    return _file(call, work)


def _file(call: Call, work: Work) -> web.StreamResponse:
    """What is under this address never changes. A picture comes in one of several sizes."""
    box = call.request.match_info.get("box", str(LARGEST))
    if box not in BOXES:
        raise not_found("size")
    path = call.parts.works.file(work, int(box))
    return file_answer(inside(path.parent, path.name), for_ever(call), work.mime)


CODES = ("not_found",)
GIVES = "application/octet-stream"


Handler = Callable[[Call], Awaitable[web.StreamResponse]]


def _seen(base: str, handler: Handler, needs: Needs, what: str) -> tuple[Route, ...]:
    return tuple(
        Route("GET", f"{base}/works/{{work}}{size}", handler, what, needs, codes=CODES, gives=GIVES)
        for size in ("", "/{box}")
    )


ROUTES = (
    Route(
        "POST",
        "/api/v1/lessons/{lesson}/works",
        sent,
        "Send a work in, to be named by an answer",
        Needs.TOKEN,
        201,
        codes=(
            "malformed",
            "not_found",
            "not_allowed",
            "locked",
            "wrong_phase",
            "activity_closed",
            "already_answered",
            "no_works",
            "works_full",
            "photo_busy",
            "line_broken",
            "too_large",
            "type_unsupported",
            "codec_unsupported",
            "damaged",
            "too_long",
            "too_many_pixels",
            "too_complex",
            "conversion_failed",
            "busy",
            "storage_full",
        ),
        takes="application/octet-stream",
    ),
    *_seen("/api/v1/lessons/{lesson}", seen, Needs.SEAT, "A work that somebody sent in"),
    *_seen(
        "/api/v1/resources/{resource}", or_imported(recorded, {}), Needs.VIEWER, "A work that a recorded lesson showed"
    ),
    *_seen("/live/{lesson}/{key}", looked_back, Needs.KEY, "A work that a lesson has shown so far"),
)
