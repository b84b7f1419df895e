"""Plans of lessons: to take one over into another lesson. They are written in the lesson (docs/protocol.md)."""

from __future__ import annotations

from typing import Any

from classroom.plan import worded
from web.server import seats
from web.server.api import Needs, Route
from web.server.bodies import View
from web.server.sessions import Call

MOST = 100


class PlannedView(View):
    """A lesson that has a plan."""

    lesson: str
    title: str
    created_at: int
    started_at: int | None


class PlanView(View):
    """`steps` and `begun` as the lesson's state has them (docs/protocol.md)."""

    revision: int
    steps: list[dict[str, Any]]
    begun: list[dict[str, Any]]


async def listed(call: Call) -> list[PlannedView]:
    rows = await call.parts.store.lessons.planned(call.signed_in.id, MOST)
    return [
        PlannedView(lesson=row.id, title=row.title, created_at=row.created_at, started_at=row.started_at)
        for row in rows
    ]


async def shown(call: Call) -> PlanView:
    """To its teachers, and the staff."""
    lesson = await seats.lesson_of(call.parts, call.path("lesson"))
    await seats.rooms_taught(call, lesson)
    state, texts = await call.parts.journal.state(lesson.id), await call.parts.journal.texts(lesson.id)
    return PlanView(**worded(state["plan"], texts))


ROUTES = (
    Route("GET", "/api/v1/plans", listed, "My lessons that have a plan, the newest first", Needs.ACCOUNT),
    Route(
        "GET",
        "/api/v1/lessons/{lesson}/plan",
        shown,
        "The plan of a lesson, and which of its steps were begun",
        Needs.ACCOUNT,
        codes=("not_found",),
    ),
)
