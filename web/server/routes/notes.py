"""What a class and its groups wrote together, for those who taught them, also when the lesson is over."""

from __future__ import annotations

from classroom.events import SYSTEM
from classroom.groups import CLASS
from classroom.reducer import Sheet
from classroom.rules import view
from web.server.api import Needs, Route
from web.server.bodies import View
from web.server.seats import lesson_of, rooms_taught
from web.server.sessions import Call


class NotesView(View):
    """`notes`: `class`, or the group that wrote it, of that `name`. `updates` of Yjs, as base64, in their order."""

    notes: str
    name: str | None
    updates: list[str]


async def rows(call: Call) -> list[NotesView]:
    """Sheets on which something was written."""
    lesson = await lesson_of(call.parts, call.path("lesson"))
    await rooms_taught(call, lesson)
    seen = view(await call.parts.journal.state(lesson.id), SYSTEM, await call.parts.journal.texts(lesson.id))
    sheets = {CLASS: seen["notes"], **seen["group_notes"]}
    return [_shown(notes, sheet) for notes, sheet in sheets.items() if sheet["parts"]]


def _shown(notes: str, sheet: Sheet) -> NotesView:
    updates = [part["update"] for part in sheet["parts"] if "update" in part]
    return NotesView(notes=notes, name=sheet.get("name"), updates=updates)


ROUTES = (
    Route(
        "GET",
        "/api/v1/lessons/{lesson}/notes",
        rows,
        "What a class and its groups wrote together in a lesson",
        Needs.ACCOUNT,
        codes=("not_found",),
    ),
)
