"""Who opened a recording of children: for its owner and the staff, as a list and as a table for spreadsheets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal

from aiohttp import web
from pydantic import StringConstraints

from classroom import spreadsheet
from classroom.store.openings import Opened, Wanted
from classroom.store.records import OpeningWay
from web.server.api import Needs, Route
from web.server.bodies import Body, View
from web.server.routes.resources import RESOURCE, Number, editable
from web.server.sessions import Call

PAGE = 100
COLUMNS = ("at", "way", "who", "school", "link")
Millis = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,15}$")]
Who = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{0,64}$")]


class OpeningView(View):
    """`way`: on the page, by another player, as a file, or into an export. `account` with its `name` and `school`, or
    `link` with its `label`; neither: the operator, somebody whose account is gone, or, by `practice`, a child."""

    at: int
    way: OpeningWay
    account: str | None
    name: str
    school: str | None
    school_name: str
    link: str | None
    label: str


class OpeningSearch(Body):
    """`who`: an account or a link. From `since`, before `until`, in ms since 1970. `skip`: so many are left out."""

    way: Literal["", "web", "hls", "download", "export", "practice"] = ""
    who: Who = ""
    since: Millis = "0"
    until: Millis | None = None
    skip: Number = "0"

    def wanted(self) -> Wanted:
        return Wanted(self.way, self.who, int(self.since), int(self.until) if self.until is not None else None)


async def listed(call: Call, query: OpeningSearch) -> list[OpeningView]:
    resource = await editable(call)
    rows = await call.parts.store.openings.of(resource.id, query.wanted(), int(query.skip), PAGE)
    return await _views(call, rows)


async def table(call: Call, query: OpeningSearch) -> web.StreamResponse:
    """However many there are; it comes in parts."""
    resource = await editable(call)
    schools = await _schools(call)
    headers = {"Content-Disposition": 'attachment; filename="openings.csv"', "Cache-Control": "no-store"}
    response = web.StreamResponse(headers={"Content-Type": "text/csv; charset=utf-8", **headers})
    await response.prepare(call.request)
    try:
        await response.write(spreadsheet.table(COLUMNS, ()).encode())
        async for rows in call.parts.store.openings.each(resource.id, query.wanted()):
            await response.write(await asyncio.to_thread(_lines, rows, schools))
    except Exception:
        if call.request.transport is not None:
            call.request.transport.abort()  # only an end that is no end tells the other side
        raise
    await response.write_eof()
    return response


def _lines(rows: Iterable[Opened], schools: Mapping[str, str]) -> bytes:
    said = (
        (_moment(row.opening.at), row.opening.way, row.name, schools.get(row.school or "", ""), row.label)
        for row in rows
    )
    return spreadsheet.lines(said).encode()


def _moment(ms: int) -> str:
    """ISO 8601, UTC."""
    return datetime.fromtimestamp(ms // 1000, UTC).isoformat()


async def _schools(call: Call) -> dict[str, str]:
    return {school.id: school.name for school in await call.parts.store.schools.list()}


async def _views(call: Call, rows: Iterable[Opened]) -> list[OpeningView]:
    schools = await _schools(call)
    return [
        OpeningView(
            **{name: getattr(row.opening, name) for name in ("at", "way", "account", "link")},
            name=row.name,
            school=row.school,
            school_name=schools.get(row.school or "", ""),
            label=row.label,
        )
        for row in rows
    ]


ALL = f"{RESOURCE}/openings"
CODES = ("not_found", "not_allowed", "malformed")
ROUTES = (
    Route("GET", ALL, listed, "Who opened it, when and how", Needs.ACCOUNT, codes=CODES),
    Route("GET", f"{ALL}.csv", table, "The same as a table", Needs.ACCOUNT, codes=CODES, gives="text/csv"),
)
