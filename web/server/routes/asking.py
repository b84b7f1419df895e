"""What learners ask, for pages whose lesson is over: the same questions, and the same commands."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from classroom.events import Command, Role, Seat
from classroom.ids import new_id
from classroom.leading import acting
from classroom.locks import is_locked
from classroom.rules import admitted, questions
from classroom.store.records import Lesson
from web.server import seats
from web.server.api import Needs, Route
from web.server.bodies import Body, Id, View
from web.server.sessions import Call

BORN = new_id()
"""Versions are this process's: the journal counts since it began how often it read what may have been erased."""
STAFF = Seat("", Role.LEAD_TEACHER)
"""Those who did not take part; they know of a lesson that is over what its teachers do."""


class AskedView(View):
    """`participant`: who the asker is in the lesson; null for those of the staff who did not take part. `role`: what
    they see and may do is that role's. `questions`: as the lesson's state has them (docs/protocol.md); null where that
    is as it was at the `version` that the asker named. What has a greater `seq` is newer. `locked`: this child may not
    ask."""

    lesson: str
    title: str
    participant: str | None
    role: str
    room: str | None
    locked: bool
    seq: int
    version: str
    questions: dict[str, Any] | None


class Since(Body):
    """`since`: the version that the asker has."""

    since: Annotated[str, StringConstraints(max_length=64)] | None = None


class Learning(Body):
    """A command: its `id`, its `kind`, and its `data` as docs/protocol.md has it."""

    id: Id
    kind: Literal["question.ask", "question.vote"]
    data: dict[str, Any]


class Teaching(Body):
    """A command, likewise."""

    id: Id
    kind: Literal["question.ask", "question.mark", "question.reply", "question.merge", "question.part"]
    data: dict[str, Any]


async def of_lesson(call: Call, query: Since) -> AskedView:
    """As a teacher of it knows them; so do those of the staff."""
    lesson = await seats.lesson_of(call.parts, call.path("lesson"))
    await seats.rooms_taught(call, lesson)
    mine = await seats.teaching(call, lesson)
    return await _view(call, lesson, mine[0] if mine else STAFF, query)


async def teach(call: Call, body: Teaching) -> AskedView:
    """As the teacher that the asker was in the lesson, and in the room of the child who asked, or asks now."""
    lesson = await seats.lesson_of(call.parts, call.path("lesson"))
    await seats.rooms_taught(call, lesson)
    state = await call.parts.journal.state(lesson.id)
    asked = state["questions"]["by_id"].get(str(body.data.get("question")))
    whose = body.data.get("participant") or (asked and asked.get("participant"))
    child = state["participants"].get(str(whose))
    seat = seats.of_room(await seats.teaching(call, lesson), child["room"] if child else None)
    await call.parts.journal.submit(lesson.id, seat, Command(body.id, body.kind, body.data))
    return await _view(call, lesson, seat)


async def of_seat(call: Call, query: Since) -> AskedView:
    lesson, seat = await _student(call)
    return await _view(call, lesson, seat, query)


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


async def _view(call: Call, lesson: Lesson, seat: Seat, known: Since | None = None) -> AskedView:
    state, texts = await call.parts.journal.state(lesson.id), await call.parts.journal.texts(lesson.id)
    version = f"{BORN}-{state['seq']}-{call.parts.journal.reads}"
    seat = seat if seat is STAFF else acting(state, seat)
    return AskedView(
        lesson=lesson.id,
        title=lesson.title,
        participant=seat.participant or None,
        role=seat.role,
        room=seat.room,
        locked=seat.role == Role.STUDENT and is_locked(state, seat.participant, "chat"),
        seq=state["seq"],
        version=version,
        questions=None if known and known.since == version else dict(questions(state, seat, texts)),
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
        codes=(*REFUSED, "merged", "not_merged", "exists", "too_many"),
    ),
    Route("GET", SEAT, of_seat, "What was asked in a lesson of mine", codes=("not_found",)),
    Route(
        "POST",
        SEAT,
        learn,
        "Ask, or vote for a question, when the lesson is over",
        codes=(*REFUSED, "not_admitted", "locked", "exists", "too_many", "too_often"),
    ),
)
