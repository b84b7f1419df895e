"""What teachers mark by hand and hide when the lesson is over: the same commands, for the page that is left of it; and
what a child was given, however late."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from aiohttp import web

from classroom.activities import counting, marking
from classroom.activities.question import Asked
from classroom.activities.running import known
from classroom.activities.types import type_of
from classroom.events import Command, Json, Role, Seat
from classroom.participants import name_key
from classroom.rules import activity as shown_to
from web.server import seats
from web.server.api import Needs, Route
from web.server.bodies import Body, Id, View
from web.server.pieces import in_pieces, in_turns
from web.server.sessions import Call


class Handed(View):
    """`activities`: those that are marked by hand, as the lesson's state has them (docs/protocol.md), with the answers
    of the children whom the asker may know of; `people`: participant → name and room of these."""

    activities: list[dict[str, Any]]
    people: dict[str, dict[str, str | None]]


class Marked(View):
    """`activities`: what this child handed in, was marked for by hand, and got back, as the lesson's state has it for
    the child."""

    lesson: str
    participant: str
    activities: list[dict[str, Any]]


class Marking(Body):
    """A command: its `id`, its `kind`, and its `data` as docs/protocol.md has it."""

    id: Id
    kind: Literal["activity.mark", "activity.hide"]
    data: dict[str, Any]


class Wanted(Body):
    """Of one activity, or of all."""

    activity: Id | None = None


async def handed(call: Call, query: Wanted) -> Annotated[web.Response, Handed]:
    """Of the rooms that the asker may know of."""
    lesson = await seats.lesson_of(call.parts, call.path("lesson"))
    rooms = await seats.rooms_taught(call, lesson)
    state, texts = await call.parts.journal.state(lesson.id), await call.parts.journal.texts(lesson.id)
    people = {who: one["room"] for who, one in state["participants"].items() if rooms is None or one["room"] in rooms}

    def said() -> list[bytes]:
        by_id = state["activities"]["by_id"]
        wanted = by_id.keys() if query.activity is None else by_id.keys() & {query.activity}
        return in_pieces(_view([by_id[one] for one in by_id if one in wanted], people, texts))

    return web.Response(body=in_turns(await asyncio.to_thread(said)), content_type="application/json")


async def mark(call: Call, body: Marking) -> Handed:
    """As the teacher that the asker was in the lesson, and in the child's room. Answers with what is another now: this
    activity, and of its answers and marks that of this child."""
    lesson = await seats.lesson_of(call.parts, call.path("lesson"))
    await seats.rooms_taught(call, lesson)
    people = (await call.parts.journal.state(lesson.id))["participants"]
    whose = str(body.data.get("participant"))
    child = people.get(whose)
    seat = seats.of_room(await seats.teaching(call, lesson), child["room"] if child else None)
    await call.parts.journal.submit(lesson.id, seat, Command(body.id, body.kind, body.data))
    state, texts = await call.parts.journal.state(lesson.id), await call.parts.journal.texts(lesson.id)
    activity = known(state, body.data["activity"])
    return Handed(**_view([activity], {whose: child["room"]} if child else {}, texts))


async def mine(call: Call) -> Marked:
    participant = await seats.claimed(call, call.path("seat"))
    state, texts = (
        await call.parts.journal.state(participant.lesson),
        await call.parts.journal.texts(participant.lesson),
    )
    me = Seat(participant.id, Role(participant.role), participant.room)
    marked = [
        shown_to(one, me, texts)
        for one in state["activities"]["by_id"].values()
        if one["phase"] == "revealed" and me.participant in one.get("marks", {})
    ]
    return Marked(lesson=participant.lesson, participant=me.participant, activities=marked)


def _view(asked: Iterable[Asked], people: Mapping[str, str | None], texts: Mapping[str, str]) -> Json:
    """`Handed`, of these people."""
    activities = []
    for activity in asked:
        if type_of(activity).by_hand:
            mine = {
                field: {who: one for who, one in activity.get(field, {}).items() if who in people} for field in FIELDS
            }
            activities.append(marking.told(counting.told({**activity, **mine}, texts), texts))
    gave = {who for one in activities for who in one["answers"]}
    names = {who: {"name": texts.get(name_key(who)), "room": people[who]} for who in sorted(gave)}
    return {"activities": activities, "people": names}


FIELDS = ("answers", "marks")
MARKING = "/api/v1/lessons/{lesson}/marking"
MINE = "/api/v1/seats/{seat}/marks"
ROUTES = (
    Route(
        "GET", MARKING, handed, "What was handed in to be marked, and its marks", Needs.ACCOUNT, codes=("not_found",)
    ),
    Route("GET", MINE, mine, "What I was marked for by hand", codes=("not_found",)),
    Route(
        "POST",
        MARKING,
        mark,
        "Mark an answer, or hide a word, also when the lesson is over",
        Needs.ACCOUNT,
        codes=("not_found", "not_allowed", "wrong_phase", "not_by_hand", "unfit_mark", "no_words"),
    ),
)
