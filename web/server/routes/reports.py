"""What came of a lesson's questions: for those who taught it and the staff, as JSON, as tables, as statements."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from aiohttp import web

from classroom.analysis.participation import Formula
from classroom.events import Phase
from classroom.store.records import Lesson
from web.server import exporting, reporting, seats
from web.server.addresses import base_url
from web.server.api import Needs, Route
from web.server.bodies import Body, View
from web.server.parts import Parts
from web.server.pieces import in_turns
from web.server.printing.process import Language
from web.server.reporting import Order
from web.server.sessions import Call

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class RoomView(View):
    id: str
    name: str


class LessonStep(View):
    """A lesson over which trends go."""

    id: str
    title: str
    started_at: int | None


class ReportView(View):
    """`quiz`, `questions`, `points`, `rooms`, `children`, `trends`, `room_trends`: figures by the names of
    docs/statistics.md; one that is missing is the code of why. `questions`: each with what was `asked`, its tally in it
    (null: too few answered without names), its `figures`, null where it is no part of the test, the `hands` that rooms
    counted, and of a buzzer who was how fast (`buzzes`). `asked`: what learners asked, and what became of it.
    `plan`: its steps, the `minutes` that each was to take (null: not said), and the `ms` that it took. The `marks` of
    `children` and the `facilities` of `rooms` stand in the order of the questions that have figures.
    `formula`: of the score of participation, null where the school wants none."""

    lesson: str
    title: str
    phase: str
    started_at: int | None
    lessons: list[LessonStep]
    quiz: dict[str, Any]
    questions: list[dict[str, Any]]
    points: list[dict[str, Any]]
    rooms: list[dict[str, Any]]
    children: list[dict[str, Any]]
    trends: list[dict[str, Any]]
    room_trends: list[dict[str, Any]]
    formula: dict[str, Any] | None
    asked: list[dict[str, Any]]
    plan: list[dict[str, Any]]


class Tabled(Body):
    table: Literal[exporting.NAMES] = "children"  # type: ignore[valid-type]


class Stated(Body):
    """`names`: with the children's names; without, actors are random ids that name nobody."""

    names: Literal["yes", "no"] = "no"


class ParticipationView(View):
    """`formula` null: no score. `usual`: what it had last, or what a school begins with."""

    formula: dict[str, Any] | None
    usual: dict[str, Any]


class ParticipationChange(Body):
    formula: dict[str, Any] | None


class Printed(Body):
    language: Language = "zh-CN"


async def shown(call: Call) -> Annotated[web.Response, ReportView]:
    return web.Response(body=b"".join(await _made(call, "page")), content_type="application/json")


async def table(call: Call, query: Tabled) -> web.Response:
    return _file(await _made(call, "csv", table=query.table), "text/csv", f"{query.table}.csv")


async def workbook(call: Call) -> web.Response:
    return _file(await _made(call, "xlsx"), XLSX, "report.xlsx")


async def pdf(call: Call, query: Printed) -> web.Response:
    report = b"".join(await _made(call, "print"))
    return _file([await call.parts.printer.printed(report, query.language)], "application/pdf", "report.pdf")


async def xapi(call: Call, query: Stated) -> web.Response:
    said = await _made(call, "xapi", base=base_url(call.parts.settings), with_names=query.names == "yes")
    return _file(said, "application/json", "xapi.json")


async def _made(call: Call, form: str, **how: Any) -> list[bytes]:
    """Of the address's lesson, of the rooms whose the asker may know. Raises 404, `busy` (503)."""
    lesson = await seats.lesson_of(call.parts, call.path("lesson"))
    rooms = await seats.rooms_taught(call, lesson)
    whose = None if rooms is None else sorted(rooms)
    order = Order(lesson.id, whose, call.signed_in.id, await _now(call.parts, lesson))
    return await call.parts.reporter.made(order, form, **how)


async def _now(parts: Parts, one: Lesson) -> int:
    """On the clock of a lesson that goes on; after that its end is in the journal."""
    if one.phase != Phase.LIVE:
        return 0
    await parts.journal.state(one.id)  # by which this node has its clock, too
    return parts.journal.clock_of(one.id).at_of(parts.clock.monotonic())


def _file(pieces: Iterable[bytes], content_type: str, name: str) -> web.Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return web.Response(body=in_turns(pieces), content_type=content_type, headers=headers)


async def scored(call: Call) -> ParticipationView:
    school = await seats.school_of(call, call.path("school"))
    return _scored(*await reporting.scoring_of(call.parts.store, school.id))


async def score_changed(call: Call, body: ParticipationChange) -> ParticipationView:
    school = await seats.school_of(call, call.path("school"))
    _, own = await reporting.scoring_of(call.parts.store, school.id)
    formula = None if body.formula is None else Formula.read(body.formula)
    text = json.dumps({**own.json(), reporting.OFF: True} if formula is None else formula.json())
    await call.parts.store.settings.put(f"{reporting.FORMULA}{school.id}", text)
    return _scored(formula, formula or own)


def _scored(formula: Formula | None, own: Formula) -> ParticipationView:
    return ParticipationView(formula=None if formula is None else formula.json(), usual=own.json())


REPORT = "/api/v1/lessons/{lesson}/report"
PARTICIPATION = "/api/v1/schools/{school}/participation"


def _route(path: str, handler: Any, what: str, gives: str = "application/json") -> Route:
    return Route("GET", f"{REPORT}{path}", handler, what, Needs.ACCOUNT, codes=("not_found", "busy"), gives=gives)


ROUTES = (
    _route("", shown, "What came of a lesson's questions"),
    _route(".csv", table, "A table of it", "text/csv"),
    _route(".xlsx", workbook, "All its tables in a workbook", XLSX),
    _route(".pdf", pdf, "A print of it, in one of the pages' languages", "application/pdf"),
    _route("/xapi", xapi, "The same as xAPI statements"),
    Route("GET", PARTICIPATION, scored, "How participation is scored", Needs.ACCOUNT, codes=("not_found",)),
    Route(
        "PUT",
        PARTICIPATION,
        score_changed,
        "Score participation otherwise, or not at all",
        Needs.STAFF,
        codes=("not_found", "bad_formula"),
    ),
)
