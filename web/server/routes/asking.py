"""What learners ask, for pages whose lesson is over: the same questions, and the same commands."""

from __future__ import annotations

from typing import Any, Literal

from classroom.errors import ClientFault, Status
from classroom.events import Command, Role, Seat
from classroom.leading import acting
from classroom.locks import is_locked
from classroom.rules import admitted, questions
from classroom.store.records import Lesson
from web.server import seats
from web.server.api import Body, Id, Needs, Route, View
from web.server.sessions import Call

STAFF = Seat("", Role.LEAD_TEACHER)
"""Those who did not take part; they know of a lesson that is over what its teachers do."""


class AskedView(View):
    """`participant`: who the asker is in the lesson; null for those of the staff who did not take part. `role`: what
    they see and may do is that role's. `questions`: as the lesson's state has them (docs/protocol.md). `locked`: this
    child may not ask."""

    lesson: str
    title: str
    participant: str | None
    role: str
    room: str | None
    locked: bool
    questions: dict[str, Any]


class Learning(Body):
    """A command: its `id`, its `kind`, and its `data` as docs/protocol.md has it."""

    id: Id
    kind: Literal["question.ask", "question.vote"]
    data: dict[str, Any]


class Teaching(Body):
    """A command, likewise."""

    id: Id
    kind: Literal["question.ask", "question.mark", "question.reply", "question.merge"]
    data: dict[str, Any]


async def of_lesson(call: Call) -> AskedView:
    """As a teacher of it knows them; so do those of the staff."""
    lesson = await seats.lesson_of(call.parts, call.path("lesson"))
    await seats.rooms_taught(call, lesson)
    seat = await seats.teaching(call, lesson)
    return await _view(call, lesson, seat or STAFF)


async def teach(call: Call, body: Teaching) -> AskedView:
    """As the teacher that the asker was in the lesson."""
    lesson = await seats.lesson_of(call.parts, call.path("lesson"))
    await seats.rooms_taught(call, lesson)
    seat = await seats.teaching(call, lesson)
    if seat is None:
        raise ClientFault("not_allowed", "Who taught in the lesson may do that.", Status.FORBIDDEN)
    await call.parts.journal.submit(lesson.id, seat, Command(body.id, body.kind, body.data))
    return await _view(call, lesson, seat)


async def of_seat(call: Call) -> AskedView:
    lesson, seat = await _student(call)
    return await _view(call, lesson, seat)


async def learn(call: Call, body: Learning) -> AskedView:
    lesson, seat = await _student(call)
    call.parts.questioning.take(call.here.id_hash, call.parts.now_s)
    await call.parts.journal.submit(lesson.id, seat, Command(body.id, body.kind, body.data))
    return await _view(call, lesson, seat)


async def _student(call: Call) -> tuple[Lesson, Seat]:
    """Whose seat it is, and who was let in: who waited before the door was never told what is asked inside."""
    participant = await seats.claimed(call, call.path("seat"))
    seat = Seat(participant.id, Role(participant.role), participant.room)
    if seat.role != Role.STUDENT or not admitted(await call.parts.journal.state(participant.lesson), seat):
        raise seats.not_found("seat")
    return await seats.lesson_of(call.parts, participant.lesson), seat


async def _view(call: Call, lesson: Lesson, seat: Seat) -> AskedView:
    state = await call.parts.journal.state(lesson.id)
    seat = seat if seat is STAFF else acting(state, seat)
    return AskedView(
        lesson=lesson.id,
        title=lesson.title,
        participant=seat.participant or None,
        role=seat.role,
        room=seat.room,
        locked=seat.role == Role.STUDENT and is_locked(state, seat.participant, "chat"),
        questions=dict(questions(state, seat, await call.parts.journal.texts(lesson.id))),
    )


LESSON, SEAT = "/api/v1/lessons/{lesson}/asked", "/api/v1/seats/{seat}/asked"
REFUSED = ("not_found", "not_allowed", "wrong_phase")
ROUTES = (
    Route("GET", LESSON, of_lesson, "What learners asked in a lesson", Needs.ACCOUNT, codes=("not_found",)),
    Route(
        "POST",
        LESSON,
        teach,
        "Answer, sort and merge what learners asked, and ask for a child",
        Needs.ACCOUNT,
        codes=(*REFUSED, "merged", "exists"),
    ),
    Route("GET", SEAT, of_seat, "What was asked in a lesson of mine", codes=("not_found",)),
    Route(
        "POST",
        SEAT,
        learn,
        "Ask, or vote for a question, when the lesson is over",
        codes=(*REFUSED, "not_admitted", "locked", "exists", "too_often"),
    ),
)
