"""Who was in a lesson, from when to when: as JSON, and as a table for spreadsheets."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from classroom import spreadsheet
from classroom.attendance import Attendance, attendance
from classroom.events import Event
from classroom.participants import name_key
from web.server.api import Needs, Route
from web.server.bodies import View
from web.server.seats import lesson_of, rooms_taught
from web.server.sessions import Call

COLUMNS = (
    "name",
    "room",
    "role",
    "tablet",
    "first_came_ms",
    "last_left_ms",
    "present_ms",
    "late",
    "left_early",
    "answered",
    "called",
)


class SpellView(View):
    """Milliseconds of the lesson's clock."""

    from_ms: int
    to_ms: int


class RollView(View):
    activity: str
    here: bool


class AttendanceView(View):
    """One participant's, if it was ever let in; `spells` begin when it was. `late` (at the door, not let in) and
    `left_early`: by more than five minutes. `rolls`: its answers to roll calls."""

    participant: str
    name: str
    role: str
    room: str | None
    room_name: str
    tablet: bool
    spells: list[SpellView]
    present_ms: int
    late: bool
    left_early: bool
    answered: int
    called: int
    rolls: list[RollView]


async def rows(call: Call) -> list[AttendanceView]:
    lesson = await lesson_of(call.parts, call.path("lesson"))
    rooms = await rooms_taught(call, lesson)
    journal = call.parts.journal
    events = await journal.events(lesson.id)
    texts = await journal.texts(lesson.id)
    names = {room.id: room.name for room in await call.parts.store.schools.rooms()}
    now = journal.clock_of(lesson.id).at_of(call.parts.clock.monotonic()) if events else 0
    ended = _at(events, "lesson.ended", now)

    def view(one: Attendance) -> AttendanceView:
        return AttendanceView(
            participant=one.participant,
            name=texts.get(name_key(one.participant), ""),
            role=one.role,
            room=one.room,
            room_name=names.get(one.room or "", ""),
            tablet=one.tablet,
            spells=[SpellView(from_ms=begin, to_ms=end) for begin, end in one.spells],
            present_ms=one.present_ms,
            late=one.late(_at(events, "lesson.started", 0)),
            left_early=one.left_early(ended),
            answered=one.answered,
            called=one.called,
            rolls=[RollView(activity=roll, here=here) for roll, here in one.rolls.items()],
        )

    return [view(one) for one in attendance(events, now) if rooms is None or one.room in rooms]


def _at(events: Sequence[Event], kind: str, otherwise: int) -> int:
    return next((event.at for event in events if event.kind == kind), otherwise)


async def table(call: Call) -> web.Response:
    """A row a participant; a column more for each roll call."""
    people = await rows(call)
    rolls = list(dict.fromkeys(roll.activity for one in people for roll in one.rolls))

    def cells(one: AttendanceView) -> list[object]:
        shown = one.model_dump() | {
            "room": one.room_name,
            "first_came_ms": one.spells[0].from_ms if one.spells else "",
            "last_left_ms": one.spells[-1].to_ms if one.spells else "",
        }
        here = {roll.activity: roll.here for roll in one.rolls}
        return [*(shown[name] for name in COLUMNS), *(here.get(roll, "") for roll in rolls)]

    head = [*COLUMNS, *(f"roll_{number}" for number in range(1, len(rolls) + 1))]
    headers = {"Content-Disposition": 'attachment; filename="attendance.csv"'}
    return web.Response(text=spreadsheet.table(head, map(cells, people)), content_type="text/csv", headers=headers)


ATTENDANCE = "/api/v1/lessons/{lesson}/attendance"
ROUTES = (
    Route("GET", ATTENDANCE, rows, "Who was in a lesson, from when to when", Needs.ACCOUNT, codes=("not_found",)),
    Route(
        "GET",
        f"{ATTENDANCE}.csv",
        table,
        "The same as a table",
        Needs.ACCOUNT,
        codes=("not_found",),
        gives="text/csv",
    ),
)
