"""Lessons and the codes they are joined by."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from classroom.errors import ClientFault, Status
from classroom.events import Command, Phase, Role
from classroom.rules import SYSTEM
from classroom.store.records import Lesson
from web.server import addresses, seats
from web.server.api import Body, Id, Needs, Route, View, Words
from web.server.routes.qr import svg
from web.server.seats import lesson_of, not_found, owns
from web.server.sessions import RANKS, Call
from web.server.settings import is_loopback


class LessonView(View):
    """Times are milliseconds since 1970. `participants` counts those who are there now; `mine`, that I may lead it."""

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


class LessonNew(Body):
    """`recording` left out takes the school's custom. `owner` is an account's login, and for administrators."""

    title: Words
    school: Id | None = None
    recording: bool | None = None
    lobby: bool = False
    scheduled_at: Annotated[int, Field(ge=0, le=2**53)] | None = None
    owner: Words | None = None


class RoomView(View):
    id: str
    name: str


class CodeView(View):
    lesson: str
    title: str
    phase: Literal["prepared", "open", "live"]
    rooms: list[RoomView]


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


async def view(call: Call, lesson: Lesson) -> LessonView:
    present = 0
    if lesson.phase in {Phase.OPEN, Phase.LIVE}:
        state = await call.parts.journal.state(lesson.id)
        present = sum(1 for person in state["participants"].values() if person["present"])
    shown = {name: getattr(lesson, name) for name in LessonView.model_fields if hasattr(lesson, name)}
    return LessonView(**shown, participants=present, mine=owns(call, lesson))


def may_see(call: Call, lesson: Lesson) -> bool:
    """Teachers find every lesson that they could come to; what has ended is its owner's and the staff's."""
    if owns(call, lesson):
        return True
    return lesson.phase != Phase.ENDED or RANKS[call.signed_in.role] >= RANKS["staff"]


async def listed(call: Call) -> list[LessonView]:
    lessons = await call.parts.store.lessons.list()
    return [await view(call, lesson) for lesson in lessons if may_see(call, lesson)]


async def made(call: Call, body: LessonNew) -> LessonView:
    store = call.parts.store
    owner = call.account.id if call.account else None
    if body.owner is not None:
        if not call.operator:
            call.require_rank("admin")
        account = await store.accounts.by_login(body.owner.lower())
        if account is None:
            raise not_found("account")
        owner = account.id
    recording = body.recording
    if body.school is not None:
        school = await store.schools.get(body.school)
        if school is None:
            raise not_found("school")
        recording = school.recording if recording is None else recording
    lesson = await store.lessons.add(
        body.title,
        call.parts.now_ms,
        school=body.school,
        owner=owner,
        recording=bool(recording),
        lobby=body.lobby,
        scheduled_at=body.scheduled_at,
    )
    return await view(call, lesson)


async def _visible(call: Call) -> Lesson:
    lesson = await lesson_of(call.parts, call.path("lesson"))
    if not may_see(call, lesson):
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
    """A miss costs a try, a hit costs nothing: a class behind one address joins at once, a guesser waits. A lesson of
    a school shows that school's rooms, and those of others that take part."""
    lesson = await lesson_by_code(call, call.path("code"))
    rooms = await call.parts.store.schools.rooms()
    if lesson.school is not None:
        taking_part = {one.room for one in await call.parts.store.participants.list(lesson.id)}
        rooms = [room for room in rooms if room.school == lesson.school or room.id in taking_part]
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
    Route("GET", "/api/v1/codes/{code}", by_code, "The lesson behind a join code", codes=("not_found", "too_often")),
)
