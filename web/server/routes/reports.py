"""What came of a lesson's questions: for those who taught it and the staff, as JSON, as tables, as statements."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Literal

from aiohttp import web

from classroom.analysis.participation import Formula
from web.server import exporting, reporting, seats, statements
from web.server.addresses import base_url
from web.server.api import Body, Needs, Route, View
from web.server.printing.process import Language
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
    (null: too few answered without names), and its `figures`, null where it is no part of the test. The `marks` of
    `children` and the `facilities` of `rooms` stand in the order of the questions that have figures. `formula`: of
    the score of participation, null where the school wants none."""

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


class Tabled(Body):
    table: Literal[exporting.NAMES] = "children"  # type: ignore[valid-type]


class Stated(Body):
    """`names`: with the children's names; without, actors are random ids that name nobody."""

    names: Literal["yes", "no"] = "no"


class ParticipationView(View):
    """`formula` null: no score."""

    formula: dict[str, Any] | None


class ParticipationChange(Body):
    formula: dict[str, Any] | None


class Printed(Body):
    language: Language = "zh-CN"


async def shown(call: Call) -> ReportView:
    return await asyncio.to_thread(_view, await reporting.told(call))


def _view(told: reporting.Told) -> ReportView:
    lesson = told.lesson
    return ReportView(
        lesson=lesson.id,
        title=lesson.title,
        phase=lesson.phase,
        started_at=lesson.started_at,
        lessons=[LessonStep.model_validate(one) for one in told.lessons],
        **told.json(),
    )


async def table(call: Call, query: Tabled) -> web.Response:
    told = await reporting.told(call)
    text = await asyncio.to_thread(exporting.csv, told, query.table)
    return _file(text.encode(), "text/csv", f"{query.table}.csv")


async def workbook(call: Call) -> web.Response:
    told = await reporting.told(call)
    return _file(await asyncio.to_thread(exporting.xlsx, told), XLSX, "report.xlsx")


async def pdf(call: Call, query: Printed) -> web.Response:
    told = await reporting.told(call)
    report = await asyncio.to_thread(lambda: _view(told).model_dump(mode="json"))
    body = await call.parts.printer.printed(report, query.language)
    return _file(body, "application/pdf", "report.pdf")


async def xapi(call: Call, query: Stated) -> web.Response:
    told = await reporting.told(call)
    base, with_names = base_url(call.parts.settings), query.names == "yes"
    body = await asyncio.to_thread(_stated, told, base, with_names)
    return _file(body, "application/json", "xapi.json")


def _stated(told: reporting.Told, base: str, with_names: bool) -> bytes:
    said = statements.statements(told, base, with_names=with_names)
    return json.dumps(said, ensure_ascii=False).encode()


def _file(body: bytes, content_type: str, name: str) -> web.Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return web.Response(body=body, content_type=content_type, headers=headers)


async def scored(call: Call) -> ParticipationView:
    school = await seats.school_of(call, call.path("school"))
    return _scored(await reporting.formula_of(call.parts, school.id))


async def score_changed(call: Call, body: ParticipationChange) -> ParticipationView:
    school = await seats.school_of(call, call.path("school"))
    formula = None if body.formula is None else Formula.read(body.formula)
    text = reporting.OFF if formula is None else json.dumps(formula.json())
    await call.parts.store.settings.put(f"{reporting.FORMULA}{school.id}", text)
    return _scored(formula)


def _scored(formula: Formula | None) -> ParticipationView:
    return ParticipationView(formula=None if formula is None else formula.json())


REPORT = "/api/v1/lessons/{lesson}/report"
PARTICIPATION = "/api/v1/schools/{school}/participation"


def _route(path: str, handler: Any, what: str, gives: str = "application/json", *codes: str) -> Route:
    return Route("GET", f"{REPORT}{path}", handler, what, Needs.ACCOUNT, codes=("not_found", *codes), gives=gives)


ROUTES = (
    _route("", shown, "What came of a lesson's questions"),
    _route(".csv", table, "A table of it", "text/csv"),
    _route(".xlsx", workbook, "All its tables in a workbook", XLSX),
    _route(".pdf", pdf, "A print of it, in one of the pages' languages", "application/pdf", "busy"),
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
