"""What a lesson has open, for who is in it; and the same for who may see a recording of that lesson."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from classroom import practice
from classroom.access import Deed
from classroom.activities.media import had
from classroom.courseware import of_class
from classroom.events import Phase, Role
from classroom.store.records import Courseware, Resource
from web.server import edited
from web.server.api import Needs, Route
from web.server.courseware.making import BOXES, SIMULATION, slide_file
from web.server.courseware.shelf import ORIGINAL
from web.server.routes.imported import or_imported
from web.server.routes.live import FOR_GOOD, broadcast_of
from web.server.routes.pages import file_answer, inside
from web.server.routes.resources import TrackView, noted, visible
from web.server.seats import not_found
from web.server.sessions import Call

FOR_EVER = "private, max-age=31536000, immutable"


def for_ever(call: Call) -> str:
    """What is under an address never changes; that under a key any cache may have."""
    return FOR_GOOD if "key" in call.request.match_info else FOR_EVER


ALONE = {
    "Content-Security-Policy": "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' data:; "
    "style-src 'unsafe-inline' data:; img-src data: blob:; media-src data: blob:; font-src data:; base-uri 'none'; "
    "form-action 'none'; webrtc 'block'; frame-ancestors 'self'",
    "Permissions-Policy": "camera=(), microphone=(), display-capture=(), geolocation=(), payment=(), usb=()",
    "X-DNS-Prefetch-Control": "off",
}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where something is asked for, and what `courseware.opened` said of it, or of which kind a question there has it;
    None where that has it not open, and never asked about it."""

    lesson: str
    opened: Mapping[str, Any] | None


async def slide(call: Call) -> web.StreamResponse:
    """Or a photo that was sent in."""
    place = await _place(call)
    if place.opened is None:
        return await _photo(call, place.lesson)
    return slide_of(call, await _courseware(call, place))


async def media(call: Call) -> web.StreamResponse:
    """Audio or video as it was uploaded, by ranges too."""
    row = await _courseware(call, await _place(call))
    if row.kind not in ("audio", "video"):
        raise not_found("file")
    return _file(call, row, ORIGINAL, row.mime)


async def simulation(call: Call) -> web.StreamResponse:
    """A stranger's program: it runs in an origin of its own, reaches nothing, and does so too where its address is
    opened by itself. (https://www.w3.org/TR/CSP3/#directive-sandbox)"""
    row = await _courseware(call, await _place(call))
    if row.kind != "simulation":
        raise not_found("file")
    answer = _file(call, row, SIMULATION, "text/html; charset=utf-8")
    answer.headers.update(ALONE)
    return answer


async def tracks(call: Call) -> list[TrackView]:
    """Of a recording, of the stretch that is shown; the address that it is under has them while it is open."""
    resource, shown = await _recording(call)
    by = await edited.edited(call.parts, resource)
    left = await edited.tracks(call.parts, resource, by, call.request.path, shown, parted=True)
    return [TrackView(**one) for one in left]


async def track(call: Call) -> web.StreamResponse:
    resource, shown = await _recording(call)
    folder, _, name = call.path("path").rpartition("/")
    track = folder.partition("/")[0].partition(edited.PART)[0]
    if not any(one["id"] == track or one["playlist"] == call.path("path") for one in shown):
        raise not_found("file")
    return await edited.file(call, resource, await edited.edited(call.parts, resource), folder, name)


def slide_of(call: Call, row: Courseware) -> web.StreamResponse:
    """In the largest of its sizes where it has none so large: a small picture."""
    slide, box = _which(call)
    return _file(call, row, slide_file(slide, min(box, max(row.boxes, default=box))), "image/webp")


async def _place(call: Call) -> _Place:
    """Else 404."""
    if "key" in call.request.match_info:
        return await _looked_back(call, (await broadcast_of(call)).lesson)
    return await _lesson(call) if "lesson" in call.request.match_info else await _recorded(call)


async def _lesson(call: Call) -> _Place:
    """For who has been let in. A recording is open no longer than the lesson goes on."""
    state = await call.parts.journal.state(call.path("lesson"))
    people = [one for name in call.participants if (one := state["participants"].get(name))]
    if not any(one["admitted"] and one["role"] != Role.ENCODER for one in people):
        raise not_found("courseware")
    wanted = call.path("courseware")
    opened = state["courseware"].get(wanted) or had(state["activities"]["by_id"].values(), wanted)
    opened = opened or practice.had(state["practices"], wanted)
    over = opened is not None and opened["kind"] == "recording" and state["phase"] == Phase.ENDED
    return _Place(call.path("lesson"), None if over else opened)


async def _looked_back(call: Call, lesson: str) -> _Place:
    """What is open is at hand, for many turn a page at once; a recording of the library is there only while it is."""
    opened = (await call.parts.journal.state(lesson))["courseware"].get(call.path("courseware"))
    if opened is not None:
        return _Place(lesson, opened)
    place = await _once(call, lesson)
    return place if place.opened is None or place.opened["kind"] != "recording" else _Place(lesson, None)


async def _recorded(call: Call) -> _Place:
    resource = await visible(call, Deed.PLAY)
    if resource.lesson is None:
        return _Place("", None)
    if call.path("courseware") in await edited.withheld(call.parts, resource):
        return _Place(resource.lesson, None)
    return await _once(call, resource.lesson)


async def _once(call: Call, lesson: str) -> _Place:
    """What the lesson had open at any time, for who looks back."""
    wanted, journal = call.path("courseware"), call.parts.store.journal
    events = await journal.of_kind(lesson, "courseware.opened")
    opened = [event.data for event in events if event.data["courseware"] == wanted]
    if not opened:
        questions = await journal.of_kind(lesson, "activity.opened")
        return _Place(lesson, had((event.data for event in questions), wanted))
    if opened[0]["kind"] != "recording":
        return _Place(lesson, opened[0])
    begin = min(one["start_ms"] for one in opened)  # it may have been opened for several stretches
    end = max(one["start_ms"] + one["duration_ms"] for one in opened)
    return _Place(lesson, {**opened[0], "start_ms": begin, "duration_ms": end - begin})


async def _courseware(call: Call, place: _Place) -> Courseware:
    """On its owner's shelf or not. Else 404."""
    row = await call.parts.store.shelves.get(call.path("courseware")) if place.opened is not None else None
    if row is None:
        raise not_found("courseware")
    return row


async def _recording(call: Call) -> tuple[Resource, list[Mapping[str, Any]]]:
    """With those of its tracks that are shown. Else 404."""
    opened = (await _place(call)).opened
    if opened is None or opened["kind"] != "recording":
        raise not_found("recording")
    resource = await _seen_within(call)
    begin, end = opened["start_ms"], opened["start_ms"] + opened["duration_ms"]
    ends = resource.duration_ms or end
    shown = of_class(resource.tracks)
    return resource, [one for one in shown if one["start_ms"] < end and begin < (one["end_ms"] or ends)]


async def _seen_within(call: Call) -> Resource:
    """A recording that a lesson showed: while the lesson goes on, who is in it, for as long as who brought it out may
    show it; afterwards, who may see it itself. Noted as opened. Else 404."""
    resources, wanted = call.parts.store.resources, call.path("courseware")
    if "resource" in call.request.match_info:
        allowed = call.operator or (call.link is None and call.account is not None)
        resource = await resources.get(wanted, None if call.operator else call.account) if allowed else None
        if resource is None:
            raise not_found("recording")
        await noted(call, resource)
        return resource
    for event in reversed(await call.parts.store.journal.of_kind(call.path("lesson"), "courseware.opened")):
        if event.data["courseware"] != wanted:
            continue
        if (shown := await resources.shown_by(event.actor, wanted)) is not None:
            resource, account = shown
            await call.parts.openings.note(resource.id, account, None, "web", call.parts.now_ms)
            return resource
    raise not_found("recording")


async def _photo(call: Call, lesson: str) -> web.StreamResponse:
    """Its id is known to those who see a page that it is on, and cannot be guessed."""
    photo, (number, box) = call.path("courseware"), _which(call)
    if number != 1 or not await call.parts.store.photos.in_lesson(lesson, photo):
        raise not_found("courseware")
    path = call.parts.photos.file(photo, box)
    return file_answer(inside(path.parent, path.name), for_ever(call), "image/webp")


def _which(call: Call) -> tuple[int, int]:
    number, box = call.path("slide"), call.path("box")
    if not (number.isascii() and number.isdigit()) or box not in map(str, BOXES):
        raise not_found("slide")
    return int(number[:6]), int(box)


def _or_imported(handler: Any) -> Any:
    return or_imported(handler, ALONE)


def _file(call: Call, row: Courseware, name: str, content_type: str) -> web.StreamResponse:
    """What is under this address never changes: another content is another courseware."""
    if row.status != "ready" or row.digest is None:
        raise not_found("file")
    return file_answer(inside(call.parts.shelf.content(row.digest), name), for_ever(call), content_type)


_BINARY = "application/octet-stream"


def _routes(
    base: str, needs: Needs, where: str, also: Callable[[Any], Any] = lambda handler: handler
) -> tuple[Route, ...]:
    base, codes = f"{base}/courseware/{{courseware}}", ("not_found",)

    def route(path: str, handler: Any, what: str, gives: str = "application/json") -> Route:
        return Route("GET", base + path, also(handler), f"{what} that a {where}", needs, codes=codes, gives=gives)

    return (
        route("/slides/{slide}/{box}", slide, "A slide of courseware, or a photo,", "image/webp"),
        route("/media", media, "Audio or video", _BINARY),
        route("/simulation", simulation, "A simulation, for a sandboxed frame,", "text/html"),
        route("/tracks", tracks, "The tracks of a recording"),
        route("/tracks/{path:.+}", track, "A playlist, an initialisation or a segment of a recording", _BINARY),
    )


ROUTES = (
    *_routes("/api/v1/lessons/{lesson}", Needs.SEAT, "lesson has open"),
    *_routes("/api/v1/resources/{resource}", Needs.VIEWER, "recorded lesson had open", _or_imported),
    *_routes("/live/{lesson}/{key}", Needs.KEY, "lesson had open so far"),
)
