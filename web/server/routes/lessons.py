"""Lessons and the codes they are joined by."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from classroom.errors import ClientFault, Status
from classroom.events import Command, Phase, Role
from classroom.participants import name_key
from classroom.rules import SYSTEM
from classroom.store.records import Lesson
from web.server import addresses, seats
from web.server.api import Needs, Route
from web.server.bodies import Body, Id, View, Words
from web.server.routes.qr import svg
from web.server.seats import lesson_of, not_found, owns, taught
from web.server.sessions import RANKS, Call
from web.server.settings import is_loopback

RoomIds = Annotated[list[Id], Field(max_length=200)]


class LessonView(View):
    """Times are milliseconds since 1970. `participants` counts those who are there now; `mine`, that I may lead it;
    `rooms` are the ids of those that it names: where it names none, its school's rooms take part."""

    id: str
    title: str
    school: str | None
    owner: str | None
    code: str
    phase: Literal["prepared", "open", "live", "ended"]
    recording: bool
    lobby: bool
    created_at: int
    scheduled_at: int | None
    started_at: int | None
    ended_at: int | None
    participants: int
    mine: bool
    rooms: list[str]


class LessonNew(Body):
    """`school` left out is the owner's, `recording` left out the school's custom. `owner` is an account's login, and
    for administrators. `rooms` are those that take part; where none are named, the school's do."""

    title: Words
    school: Id | None = None
    recording: bool | None = None
    lobby: bool = False
    scheduled_at: Annotated[int, Field(ge=0, le=2**53)] | None = None
    owner: Words | None = None
    rooms: RoomIds = Field(default_factory=list)


class LessonRooms(Body):
    """`rooms` in place of those that were named before; of none, the school's take part."""

    rooms: RoomIds


class RoomView(View):
    id: str
    name: str


class CodeView(View):
    lesson: str
    title: str
    phase: Literal["prepared", "open", "live"]
    rooms: list[RoomView]


class NamesView(View):
    """Empty where there is no roster, the school does not show it, or the lesson does not take place now. `taken` are
    the places in `names`, from 0, of those by which someone in the room goes already."""

    names: list[str]
    taken: list[int]


class TokenNew(Body):
    role: Role
    room: Id | None = None
    name: Words | None = None
    ttl_s: Annotated[int, Field(ge=1, le=30 * 24 * 3600)] = seats.TOKEN_S


class TokenView(View):
    token: str
    expires_in: int
    lesson: str
    participant: str
    role: str
    room: str | None


async def view(call: Call, lesson: Lesson, rooms: Sequence[str] | None = None) -> LessonView:
    if rooms is None:
        rooms = (await call.parts.store.lessons.rooms([lesson.id])).get(lesson.id, ())
    present = 0
    if lesson.phase in {Phase.OPEN, Phase.LIVE}:
        state = await call.parts.journal.state(lesson.id)
        present = sum(1 for person in state["participants"].values() if person["present"])
    shown = {name: getattr(lesson, name) for name in LessonView.model_fields if hasattr(lesson, name)}
    return LessonView(**shown, participants=present, mine=owns(call, lesson), rooms=list(rooms))


def may_see(call: Call, lesson: Lesson) -> bool:
    """Teachers find every lesson that they could come to; what has ended is its owner's and the staff's."""
    if owns(call, lesson):
        return True
    return lesson.phase != Phase.ENDED or RANKS[call.signed_in.role] >= RANKS["staff"]


async def listed(call: Call) -> list[LessonView]:
    lessons = [lesson for lesson in await call.parts.store.lessons.list() if may_see(call, lesson)]
    rooms = await call.parts.store.lessons.rooms([lesson.id for lesson in lessons])
    return [await view(call, lesson, rooms.get(lesson.id, ())) for lesson in lessons]


async def made(call: Call, body: LessonNew) -> LessonView:
    store = call.parts.store
    owner = call.account
    if body.owner is not None:
        if not call.operator:
            call.require_rank("admin")
        owner = await store.accounts.by_login(body.owner.lower())
        if owner is None:
            raise not_found("account")
    recording, school_id = body.recording, body.school or (owner.school if owner else None)
    if school_id is not None:
        school = await seats.school_of(call, school_id)
        if body.school is not None and not seats.belongs(call, school_id):
            raise ClientFault("not_allowed", "This is not your school.", Status.FORBIDDEN)
        recording = school.recording if recording is None else recording
    await _check_rooms(call, body.rooms)
    lesson = await store.lessons.add(
        body.title,
        call.parts.now_ms,
        school=school_id,
        owner=owner.id if owner else None,
        recording=bool(recording),
        lobby=body.lobby,
        scheduled_at=body.scheduled_at,
        rooms=body.rooms,
    )
    return await view(call, lesson)


async def _check_rooms(call: Call, rooms: Sequence[str], named: Collection[str] = ()) -> None:
    """A room's display comes by itself, with its camera: teachers ask those of their school, and those that were asked
    by someone who may."""
    for one in rooms:
        room = await seats.room_of(call, one)
        if room.id not in named and not seats.belongs(call, room.school):
            raise ClientFault("not_allowed", "Rooms of other schools are named by the staff.", Status.FORBIDDEN)


async def _visible(call: Call) -> Lesson:
    """Who taught in it finds it also when it is over."""
    lesson = await lesson_of(call.parts, call.path("lesson"))
    if not may_see(call, lesson) and not await taught(call, lesson):
        raise not_found("lesson")
    return lesson


async def shown(call: Call) -> LessonView:
    return await view(call, await _visible(call))


async def _own(call: Call) -> Lesson:
    lesson = await _visible(call)
    if not owns(call, lesson):
        raise ClientFault("not_allowed", "This lesson belongs to someone else.", Status.FORBIDDEN)
    return lesson


async def ended(call: Call) -> LessonView:
    """For whoever is not in the lesson: the teacher in it ends it by the command of that name."""
    lesson = await _own(call)
    await call.parts.journal.submit(lesson.id, SYSTEM, Command(str(uuid.uuid4()), "lesson.end", {}))
    return await view(call, await lesson_of(call.parts, lesson.id))


async def rooms_named(call: Call, body: LessonRooms) -> LessonView:
    """Displays of rooms that take part no more leave by themselves."""
    lesson, lessons = await _own(call), call.parts.store.lessons
    if lesson.phase == Phase.ENDED:
        raise ClientFault("wrong_phase", "This lesson has ended.", Status.CONFLICT)
    await _check_rooms(call, body.rooms, (await lessons.rooms([lesson.id])).get(lesson.id, ()))
    await lessons.set_rooms(lesson.id, body.rooms)
    return await view(call, lesson)


async def token(call: Call, body: TokenNew) -> TokenView:
    """A token for a client that has no page: an encoder, a player, a test."""
    lesson = await _own(call)
    if lesson.phase == Phase.ENDED:
        raise ClientFault("wrong_phase", "This lesson has ended.", Status.CONFLICT)
    room = await seats.room_name(call.parts, body.role, body.room)
    name = body.name or room or body.role.value.replace("_", " ")
    participant = await call.parts.store.participants.add(lesson.id, body.role, name, call.parts.now_ms, room=body.room)
    return TokenView(
        token=await seats.token_for(call.parts, participant, body.ttl_s),
        expires_in=body.ttl_s,
        lesson=lesson.id,
        participant=participant.id,
        role=participant.role,
        room=participant.room,
    )


async def by_code(call: Call) -> CodeView:
    """A miss costs a try, a hit costs nothing: a class behind one address joins at once, a guesser waits."""
    lesson = await lesson_by_code(call, call.path("code"))
    rooms = await seats.taking_part(call.parts, lesson)
    return CodeView(
        lesson=lesson.id,
        title=lesson.title,
        phase=lesson.phase,  # type: ignore[arg-type]
        rooms=[RoomView.model_validate(room) for room in rooms],
    )


async def lesson_by_code(call: Call, code: str) -> Lesson:
    now = call.parts.now_s
    call.parts.code_misses.check(call.address, now)
    lesson = await call.parts.store.lessons.by_code(code)
    if lesson is None or lesson.phase == Phase.ENDED:
        call.parts.code_misses.take(call.address, now)
        raise ClientFault("not_found", "There is no lesson with this code.", Status.NOT_FOUND)
    return lesson


async def names_by_code(call: Call) -> NamesView:
    """Names of children and which of them are there, and nothing else, to whoever has the code while the lesson goes
    on: as the door of the classroom tells them. Who guesses must find code and room, and cannot ask for many rooms; a
    school may say no."""
    parts = call.parts
    parts.roster_looks.take(call.address, parts.now_s)
    lesson = await lesson_by_code(call, call.path("code"))
    room = next((one for one in await seats.taking_part(parts, lesson) if one.id == call.path("room")), None)
    if room is None:
        parts.code_misses.take(call.address, parts.now_s)
        raise not_found("room")
    school = await seats.school_of(call, room.school)
    if not school.names_offered or lesson.phase not in {Phase.OPEN, Phase.LIVE}:
        return NamesView(names=[], taken=[])
    names = await parts.store.rosters.names(room.id)
    return NamesView(names=list(names), taken=_taken(names, await _present(call, lesson, room.id)))


async def _present(call: Call, lesson: Lesson, room: str) -> Counter[str]:
    """How many students of a room are there by each name."""
    journal = call.parts.journal
    texts = await journal.texts(lesson.id)
    people = (await journal.state(lesson.id))["participants"]
    return Counter(
        texts.get(name_key(participant), "")
        for participant, one in people.items()
        if one["present"] and one["role"] == Role.STUDENT and one["room"] == room
    )


def _taken(names: Sequence[str], present: Counter[str]) -> list[int]:
    """Of equal names on a roster, as many are taken as are there."""
    taken = []
    for place, name in enumerate(names):
        if present[name] > 0:
            present[name] -= 1
            taken.append(place)
    return taken


def join_base(call: Call) -> str:
    """Where tablets reach us: as the asker does, unless that is this very machine and others can come another way."""
    settings, request = call.parts.settings, call.request
    if settings.public_url:
        return settings.public_url
    if is_loopback(request.url.host or "") and not settings.loopback:
        return addresses.base_url(settings, request.url.port)
    return f"{request.scheme}://{request.host}"


async def qr(call: Call) -> web.Response:
    lesson = await _visible(call)
    return svg(f"{join_base(call)}/join/{lesson.code}")


LESSON = "/api/v1/lessons/{lesson}"
ROUTES = (
    Route("GET", "/api/v1/lessons", listed, "Lessons that I may come to, newest first", Needs.ACCOUNT),
    Route(
        "POST",
        "/api/v1/lessons",
        made,
        "Make a lesson; it is prepared until its teacher opens it",
        Needs.ACCOUNT,
        201,
        codes=("not_found", "not_allowed"),
    ),
    Route("GET", LESSON, shown, "One lesson", Needs.ACCOUNT, codes=("not_found",)),
    Route(
        "POST", f"{LESSON}/end", ended, "End a lesson", Needs.ACCOUNT, codes=("not_found", "not_allowed", "wrong_phase")
    ),
    Route(
        "POST",
        f"{LESSON}/tokens",
        token,
        "A token for an encoder, a player or a test",
        Needs.ACCOUNT,
        201,
        codes=("not_found", "not_allowed", "wrong_phase", "room_needed"),
    ),
    Route(
        "GET",
        f"{LESSON}/qr.svg",
        qr,
        "The join address as a QR code",
        Needs.ACCOUNT,
        codes=("not_found",),
        gives="image/svg+xml",
    ),
    Route(
        "PUT",
        f"{LESSON}/rooms",
        rooms_named,
        "Say which rooms take part",
        Needs.ACCOUNT,
        codes=("not_found", "not_allowed", "wrong_phase"),
    ),
    Route("GET", "/api/v1/codes/{code}", by_code, "The lesson behind a join code", codes=("not_found", "too_often")),
    Route(
        "GET",
        "/api/v1/codes/{code}/rooms/{room}/names",
        names_by_code,
        "The names of a room's roster, to choose one's own from",
        codes=("not_found", "too_often"),
    ),
)
