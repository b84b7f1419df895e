"""What teachers mark by hand and hide when the lesson is over: the same commands, for the page that is left of it."""

from __future__ import annotations

from typing import Any, Literal

from classroom.activities import counting, marking
from classroom.activities.types import type_of
from classroom.events import Command
from classroom.participants import name_key
from classroom.store.records import Lesson
from web.server import seats
from web.server.api import Body, Id, Needs, Route, View
from web.server.sessions import Call


class Handed(View):
    """`activities`: those that are marked by hand, as the lesson's state has them (docs/protocol.md), with the answers
    of the children whom the asker may know of; `people`: participant → name and room of these."""

    activities: list[dict[str, Any]]
    people: dict[str, dict[str, str | None]]


class Marking(Body):
    """A command: its `id`, its `kind`, and its `data` as docs/protocol.md has it."""

    id: Id
    kind: Literal["activity.mark", "activity.hide"]
    data: dict[str, Any]


async def handed(call: Call) -> Handed:
    """Of the rooms that the asker may know of."""
    lesson = await seats.lesson_of(call.parts, call.path("lesson"))
    return await _view(call, lesson, await seats.rooms_taught(call, lesson))


async def mark(call: Call, body: Marking) -> Handed:
    """As the teacher that the asker was in the lesson, and in the child's room."""
    lesson = await seats.lesson_of(call.parts, call.path("lesson"))
    rooms = await seats.rooms_taught(call, lesson)
    people = (await call.parts.journal.state(lesson.id))["participants"]
    child = people.get(str(body.data.get("participant")))
    seat = seats.of_room(await seats.teaching(call, lesson), child["room"] if child else None)
    await call.parts.journal.submit(lesson.id, seat, Command(body.id, body.kind, body.data))
    return await _view(call, lesson, rooms)


async def _view(call: Call, lesson: Lesson, rooms: frozenset[str] | None) -> Handed:
    state, texts = await call.parts.journal.state(lesson.id), await call.parts.journal.texts(lesson.id)
    people = {who: one["room"] for who, one in state["participants"].items() if rooms is None or one["room"] in rooms}
    activities = []
    for activity in state["activities"]["by_id"].values():
        if type_of(activity).by_hand:
            told = marking.told(counting.told(activity, texts), texts)
            mine = {field: {who: one for who, one in told.get(field, {}).items() if who in people} for field in FIELDS}
            activities.append({**told, **mine})
    gave = {who for one in activities for who in one["answers"]}
    return Handed(
        activities=activities,
        people={who: {"name": texts.get(name_key(who)), "room": people[who]} for who in sorted(gave)},
    )


FIELDS = ("answers", "marks")
MARKING = "/api/v1/lessons/{lesson}/marking"
ROUTES = (
    Route(
        "GET", MARKING, handed, "What was handed in to be marked, and its marks", Needs.ACCOUNT, codes=("not_found",)
    ),
    Route(
        "POST",
        MARKING,
        mark,
        "Mark an answer, or hide a word, also when the lesson is over",
        Needs.ACCOUNT,
        codes=("not_found", "not_allowed", "wrong_phase", "not_by_hand", "unfit_mark", "no_words"),
    ),
)
