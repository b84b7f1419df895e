"""Practice, given by teachers from a lesson's report and done by children on their page, also after the lesson."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Annotated, Any
from uuid import uuid4

import structlog
from pydantic import StringConstraints

from classroom.activities import media
from classroom.errors import ClientFault
from classroom.events import Command, Role, Seat
from classroom.practice import own
from classroom.store.practising import may_practise
from classroom.store.records import Resource
from web.server import seats
from web.server.api import Needs, Route
from web.server.bodies import Body, Id, View
from web.server.cataloguing import bank_of
from web.server.parts import Parts
from web.server.practising import made_of, passes_for, school_of
from web.server.sessions import Call

MOST_PROPOSED, MOST_BANKS, MOST_OF_BANK = 3, 2, 5
LOOKED_AT = 10
"""Resources and banks, to find so many that reach somebody and ask something."""

log = structlog.get_logger("practice")


class PracticeView(View):
    """As the lesson's state has it (docs/protocol.md). `marks`: participant → place of the question → how right, and
    `opened`: participant → which of the resources; a child's own. Questions that a child has not answered are without
    what is right."""

    practice: str
    point: str
    participants: list[str]
    questions: list[dict[str, Any]]
    courseware: list[dict[str, Any]]
    resources: list[str]
    marks: dict[str, dict[str, float]]
    opened: dict[str, list[str]]


class Watchable(View):
    """What of the library can be given, or was. `duration_ms` is null of what has none; `target` is where a link
    leads."""

    resource: str
    title: str
    kind: str
    mime: str
    duration_ms: int | None
    target: str


class AtPoint(Watchable):
    """`at`: the moment (ms of the lesson's clock) of a recording at which the practice's knowledge point is spoken or
    written of, null where it is not known."""

    at: int | None


class Proposed(Watchable):
    """`unreached`: the children who cannot open it. Of a bank nothing is opened: `questions` are those of it that ask
    for the point, as `practice.give` takes them."""

    unreached: list[str]
    questions: list[dict[str, Any]]


class PracticesOfSeat(View):
    """A child's; courseware is under the lesson's addresses. `resources`: those of its practices that it may open
    now."""

    lesson: str
    title: str
    participant: str
    practices: list[PracticeView]
    resources: list[AtPoint]


class Wanted(Body):
    point: Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")]


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
            opened = {who: had for who, had in one["opened"].items() if who in mine}
            views.append(_view(name, {**one, "participants": to, "marks": marks, "opened": opened}))
    return views


async def give(call: Call, body: Asked) -> list[PracticeView]:
    """As the teacher that the asker was in the lesson, also of several rooms."""
    lesson = await seats.lesson_of(call.parts, call.path("lesson"))
    await seats.rooms_taught(call, lesson)
    mine = await seats.teaching(call, lesson)
    seat = replace(seats.of_room(mine, None), also=frozenset(one.room for one in mine if one.room is not None))
    await call.parts.journal.submit(lesson.id, seat, Command(body.id, "practice.give", body.data))
    return await given(call)


async def proposed(call: Call, query: Wanted) -> list[Proposed]:
    """Published, of what the asker sees and children of the asker's rooms may open; the best first. Then banks."""
    parts, viewer = call.parts, None if call.operator else call.signed_in
    lesson = await seats.lesson_of(parts, call.path("lesson"))
    rooms = await seats.rooms_taught(call, lesson)
    people = (await parts.journal.state(lesson.id))["participants"]
    school_in = {room.id: room.school for room in await parts.store.schools.rooms()}
    school_of_child = {
        who: school_in.get(one["room"] or "", lesson.school)
        for who, one in people.items()
        if one["role"] == Role.STUDENT and (rooms is None or one["room"] in rooms)
    }
    schools = set(school_of_child.values())
    found: list[Proposed] = []
    for row in await parts.store.practising.proposed(viewer, schools, query.point, LOOKED_AT):
        whole = await made_of(parts, row)
        unreached = {school for school in schools if not may_practise(whole, school)}
        if schools - unreached:
            not_theirs = [who for who, school in school_of_child.items() if school in unreached]
            found.append(_proposed(row, not_theirs, []))
        if len(found) == MOST_PROPOSED:
            break
    banks: list[Proposed] = []
    for bank in await parts.store.practising.banks(viewer, query.point, LOOKED_AT):
        if questions := await _asking(parts, bank, query.point):
            banks.append(_proposed(bank, [], questions))
        if len(banks) == MOST_BANKS:
            break
    return found + banks


async def _asking(parts: Parts, bank: Resource, point: str) -> list[dict[str, Any]]:
    """Questions of a bank that ask for the point and can be practised. What is shown in one is on its owner's shelf."""
    asked = (
        {**row.question, "source": row.id}
        for row in await bank_of(parts, bank)
        if point in row.question.get("points", ())
    )
    fit = (one for one in asked if one.get("answer") is not None and not media.names(one))
    return list(islice(fit, MOST_OF_BANK))


async def opened(call: Call) -> None:
    """The answer's cookie opens the resource for hours, while it is published and the seat is this browser's."""
    seat, wanted = call.path("seat"), call.path("resource")
    participant = await seats.claimed(call, seat)
    mine = own((await call.parts.journal.state(participant.lesson))["practices"], participant.id)
    practice = mine.get(call.path("practice"))
    row = await call.parts.store.resources.get(wanted) if practice and wanted in practice["resources"] else None
    whole = await made_of(call.parts, row) if row is not None else []
    if practice is None or row is None or not may_practise(whole, await school_of(call.parts, participant)):
        raise seats.not_found("resource")
    if row.id not in practice["opened"].get(participant.id, ()):
        me = Seat(participant.id, Role(participant.role), participant.room)
        command = Command(str(uuid4()), "practice.open", {"practice": call.path("practice"), "resource": row.id})
        try:
            await call.parts.journal.submit(participant.lesson, me, command)
        except ClientFault as fault:  # one may watch where nothing can be noted
            log.warning("practice_not_noted", lesson=participant.lesson, code=fault.code)
    call.set_passes = await passes_for(call, seat, whole)


async def of_seat(call: Call) -> PracticesOfSeat:
    participant = await seats.claimed(call, call.path("seat"))
    lesson = await seats.lesson_of(call.parts, participant.lesson)
    state = await call.parts.journal.state(participant.lesson)
    practices = [_view(name, one) for name, one in own(state["practices"], participant.id).items()]
    school = await school_of(call.parts, participant)
    rows, moments = dict[str, Resource | None](), dict[str, int]()
    for one in practices:
        new = [resource for resource in one.resources if resource not in rows]
        rows |= {resource: await call.parts.store.resources.get(resource) for resource in new}
        moments |= await call.parts.store.finding.moments(new, one.point)
    return PracticesOfSeat(
        lesson=lesson.id,
        title=lesson.title,
        participant=participant.id,
        practices=practices,
        resources=[
            AtPoint(**_watchable(row).model_dump(), at=moments.get(row.id))
            for row in rows.values()
            if row is not None and may_practise(await made_of(call.parts, row), school)
        ],
    )


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


def _watchable(row: Resource) -> Watchable:
    fields = {name: getattr(row, name) for name in ("title", "kind", "mime", "duration_ms")}
    return Watchable(resource=row.id, target=row.target if row.kind == "link" else "", **fields)


def _proposed(row: Resource, unreached: list[str], questions: list[dict[str, Any]]) -> Proposed:
    return Proposed(**_watchable(row).model_dump(), unreached=unreached, questions=questions)


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
    Route(
        "GET",
        f"{LESSON}/resources",
        proposed,
        "What of the library has to do with a knowledge point",
        Needs.ACCOUNT,
        codes=("malformed", "not_found"),
    ),
    Route(
        "POST",
        f"{SEAT}/{{practice}}/resources/{{resource}}",
        opened,
        "Open what I was given to practise with",
        status=204,
        codes=("not_found",),
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
