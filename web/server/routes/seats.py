"""Seats: by a code and a name, or by an account; and the token that a seat is worth."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from aiohttp import web
from pydantic import StringConstraints, model_validator

from classroom import practice
from classroom.activities.question import plain
from classroom.errors import ClientFault, Status
from classroom.events import Phase, Role
from classroom.rules import fold
from classroom.store.records import Sat
from web.server import seats
from web.server.api import Needs, Route
from web.server.bodies import Body, Id, View, Words
from web.server.routes.lessons import join_base, lesson_by_code
from web.server.routes.qr import svg
from web.server.sessions import Call, begin

MOST_SEATS = 200  # of a tablet that is many children's
MOST_KEPT = 10
"""So many of one child's lessons are shown, the latest."""


class SeatNew(Body):
    """Either `{code, name, room?}`, a student's, or `{lesson, role, room?}`, an account's."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$")] | None = None
    name: Words | None = None
    lesson: Id | None = None
    role: Literal["lead_teacher", "local_teacher", "display", "observer"] | None = None
    room: Id | None = None

    @model_validator(mode="after")
    def _one_way(self) -> SeatNew:
        by_code = self.code is not None and self.name is not None and self.lesson is None and self.role is None
        by_account = self.lesson is not None and self.role is not None and self.code is None and self.name is None
        if by_code == by_account:
            raise ValueError("either code and name, or lesson and role")
        return self


class SeatView(View):
    seat: str
    lesson: str
    participant: str
    role: str
    room: str | None


class SeatToken(View):
    """`expires_in` is seconds."""

    token: str
    expires_in: int
    lesson: str
    participant: str
    role: str
    room: str | None
    name: str
    title: str
    code: str


class SeatSearch(Body):
    name: Words


class SatView(View):
    """A seat of a lesson that is over. `to_practise`: questions of its practices that are not answered yet."""

    seat: str
    lesson: str
    title: str
    ended_at: int
    to_practise: int


async def kept(call: Call, query: SeatSearch) -> list[SatView]:
    """Of this session's, those that went by the name that is given: a tablet is many children's."""
    if call.session is None:
        return []
    sat = await call.parts.store.seats.over(call.session.id_hash, MOST_SEATS)
    mine = [one for one in sat if plain(one.name) == plain(query.name)][:MOST_KEPT]
    return [SatView(**asdict(one), to_practise=await _to_practise(call, one)) for one in mine]


async def _to_practise(call: Call, sat: Sat) -> int:
    events = await call.parts.store.journal.of_kind(sat.lesson, *practice.EVENTS)
    mine = (one for one in events if one.kind == "practice.given" or one.actor == sat.participant)
    practices = fold(mine)["practices"].values()
    given = [one for one in practices if sat.participant in one["participants"]]
    return sum(len(one["questions"]) - len(one["marks"].get(sat.participant, ())) for one in given)


async def taken(call: Call, body: SeatNew) -> SeatView:
    account = None
    if body.code is not None:
        lesson = await lesson_by_code(call, body.code)
        role, name = Role.STUDENT, body.name or ""
        await seats.room_name(call.parts, role, body.room)
    else:
        account = call.signed_in
        lesson = await seats.lesson_of(call.parts, body.lesson or "")
        role = Role(body.role or "")
        seats.may_take(call, lesson, role)
        name = await seats.room_name(call.parts, role, body.room)
        if role is not Role.DISPLAY:
            name = account.name
    if call.session is None:
        call.parts.newcomers.take(call.address, call.parts.now_s)
        await begin(call, None)
    call.parts.seatings.take(call.here.id_hash, call.parts.now_s)
    seat, participant = await seats.take(call, lesson, role, body.room, name, account.id if account else None)
    return SeatView(
        seat=seat.id, lesson=lesson.id, participant=participant.id, role=participant.role, room=participant.room
    )


async def token(call: Call) -> SeatToken:
    participant = await seats.claimed(call, call.path("seat"))
    lesson = await seats.lesson_of(call.parts, participant.lesson)
    if lesson.phase == Phase.ENDED:
        raise ClientFault("wrong_phase", "This lesson has ended.", Status.CONFLICT)
    return SeatToken(
        token=await seats.token_for(call.parts, participant),
        expires_in=seats.TOKEN_S,
        lesson=lesson.id,
        participant=participant.id,
        role=participant.role,
        room=participant.room,
        name=participant.name,
        title=lesson.title,
        code=lesson.code,
    )


async def qr(call: Call) -> web.Response:
    """Where others join the lesson of this seat; those who scan it in a room join as sitting in that room."""
    participant = await seats.claimed(call, call.path("seat"))
    lesson = await seats.lesson_of(call.parts, participant.lesson)
    room = f"?room={participant.room}" if participant.room else ""
    return svg(f"{join_base(call)}/join/{lesson.code}{room}")


ROUTES = (
    Route("GET", "/api/v1/seats", kept, "Where I sat in lessons that are over", codes=("malformed",)),
    Route(
        "POST",
        "/api/v1/seats",
        taken,
        "Take a seat in a lesson",
        Needs.NOTHING,
        201,
        codes=("signed_out", "not_allowed", "not_found", "wrong_phase", "room_needed", "too_often"),
    ),
    Route(
        "POST",
        "/api/v1/seats/{seat}/token",
        token,
        "A lesson token for a seat of mine",
        codes=("not_found", "wrong_phase"),
    ),
    Route(
        "GET",
        "/api/v1/seats/{seat}/qr.svg",
        qr,
        "The address to join a seat's lesson, as a QR code",
        codes=("not_found",),
        gives="image/svg+xml",
    ),
)
