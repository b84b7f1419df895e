"""Photos that are sent in to a lesson while its teacher asks for them. On a page they are images like any other, and
fetched as slides are."""

from __future__ import annotations

from classroom.board.handouts import is_open
from classroom.errors import ClientFault, Status
from classroom.events import Phase, Role
from web.server.api import Needs, Route, too_large
from web.server.bodies import View
from web.server.courseware.photos import MOST_BYTES
from web.server.pieces import pieces
from web.server.seats import not_found
from web.server.sessions import Call

SENDERS = frozenset({Role.STUDENT, Role.LEAD_TEACHER, Role.LOCAL_TEACHER})


class PhotoView(View):
    """`id` is the `courseware` of an `image` object on a page; it has one slide."""

    id: str
    bytes: int


async def sent(call: Call) -> PhotoView:
    claims, parts = call.bearer, call.parts
    await parts.journal.check_entry(claims.participant, claims.name)
    state = await parts.journal.state(claims.lesson)
    sender = state["participants"].get(claims.participant)
    if sender is None or not sender["admitted"]:
        raise not_found("lesson")
    if sender["role"] not in SENDERS:
        raise ClientFault("not_allowed", "Students and teachers send photos.", Status.FORBIDDEN)
    at = parts.journal.clock_of(claims.lesson).at_of(parts.clock.monotonic())
    if state["phase"] == Phase.ENDED or not any(one["photos"] and is_open(one, at) for one in state["handouts"]):
        raise ClientFault("photos_closed", "No photos are asked for at the moment.", Status.CONFLICT)
    if (call.request.content_length or 0) > MOST_BYTES:
        raise too_large(MOST_BYTES)
    parts.photo_rolls.take(claims.participant, parts.now_s)
    photo = await parts.photos.take(claims, pieces(call.request), parts.now_ms)
    return PhotoView.model_validate(photo)


ROUTES = (
    Route(
        "POST",
        "/api/v1/lessons/{lesson}/photos",
        sent,
        "Send a photo in, for a page of one's own",
        Needs.TOKEN,
        201,
        codes=(
            "malformed",
            "not_found",
            "not_allowed",
            "photos_closed",
            "photos_full",
            "photo_busy",
            "line_broken",
            "too_large",
            "type_unsupported",
            "damaged",
            "too_many_pixels",
            "too_complex",
            "conversion_failed",
            "busy",
            "storage_full",
        ),
        takes="image/*",
    ),
)
