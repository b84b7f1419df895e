"""Practice, given by teachers from a lesson's report and done by children on their page, also after the lesson."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from classroom.events import Command, Role, Seat
from classroom.practice import own
from web.server import seats
from web.server.api import Needs, Route
from web.server.bodies import Body, Id, View
from web.server.sessions import Call


class PracticeView(View):
    """As the lesson's state has it (docs/protocol.md). `marks`: participant → place of the question → how right; a
    child's own. Questions that a child has not answered are without what is right."""

    practice: str
    point: str
    participants: list[str]
    questions: list[dict[str, Any]]
    courseware: list[dict[str, Any]]
    marks: dict[str, dict[str, float]]


class PracticesOfSeat(View):
    """A child's; courseware is under the lesson's addresses."""

    lesson: str
    title: str
    participant: str
    practices: list[PracticeView]


class Asked(Body):
    """A command: its `id`, and its `data` as docs/protocol.md has it."""

    id: Id
    data: dict[str, Any]


async def given(call: Call) -> list[PracticeView]:
    """Of the rooms that the asker may know of."""
    lesson = await seats.lesson_of(call.parts, call.path("lesson"))
    rooms = await seats.rooms_taught(call, lesson)
    state = await call.parts.journal.state(lesson.id)
    people = state["participants"]
    mine = {who for who, one in people.items() if rooms is None or one["room"] in rooms}
    views = []
    for name, one in state["practices"].items():
        if to := [who for who in one["participants"] if who in mine]:
            marks = {who: done for who, done in one["marks"].items() if who in mine}
            views.append(_view(name, {**one, "participants": to, "marks": marks}))
    return views


async def give(call: Call, body: Asked) -> list[PracticeView]:
    """As the teacher that the asker was in the lesson, also of several rooms."""
    lesson = await seats.lesson_of(call.parts, call.path("lesson"))
    await seats.rooms_taught(call, lesson)
    mine = await seats.teaching(call, lesson)
    seat = replace(seats.of_room(mine, None), also=frozenset(one.room for one in mine if one.room is not None))
    await call.parts.journal.submit(lesson.id, seat, Command(body.id, "practice.give", body.data))
    return await given(call)


async def of_seat(call: Call) -> PracticesOfSeat:
    participant = await seats.claimed(call, call.path("seat"))
    lesson = await seats.lesson_of(call.parts, participant.lesson)
    state = await call.parts.journal.state(participant.lesson)
    practices = [_view(name, one) for name, one in own(state["practices"], participant.id).items()]
    return PracticesOfSeat(lesson=lesson.id, title=lesson.title, participant=participant.id, practices=practices)


async def answer(call: Call, body: Asked) -> PracticesOfSeat:
    participant = await seats.claimed(call, call.path("seat"))
    seat = Seat(participant.id, Role(participant.role), participant.room)
    data = {**body.data, "practice": call.path("practice")}
    await call.parts.journal.submit(participant.lesson, seat, Command(body.id, "practice.answer", data))
    return await of_seat(call)


def _view(name: str, practice: Any) -> PracticeView:
    return PracticeView(
        practice=name, **{field: practice[field] for field in PracticeView.model_fields if field in practice}
    )


LESSON, SEAT = "/api/v1/lessons/{lesson}/practices", "/api/v1/seats/{seat}/practices"
ROUTES = (
    Route("GET", LESSON, given, "What was given to practise, and who did it", Needs.ACCOUNT, codes=("not_found",)),
    Route(
        "POST",
        LESSON,
        give,
        "Give children of a lesson something to practise",
        Needs.ACCOUNT,
        codes=("malformed", "not_found", "not_allowed", "exists", "too_many", "wrong_phase", "media_unfit"),
    ),
    Route("GET", SEAT, of_seat, "What I have to practise", codes=("not_found",)),
    Route(
        "POST",
        f"{SEAT}/{{practice}}/answers",
        answer,
        "Answer a question that I practise",
        codes=("not_found", "already_answered", "wrong_phase", "not_allowed"),
    ),
)
