"""`tongke school|room`: schools, their rooms, the displays and the names of the children in them."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from classroom.errors import OperatorFault
from web.server.cli.common import (
    DatabaseOption,
    DataOption,
    JsonOption,
    ask,
    installation,
    settings_of,
    show,
    show_one,
)
from web.server.control import Control, Refused

school = typer.Typer(help="Schools.", no_args_is_help=True)
room = typer.Typer(help="Rooms of schools, and their displays.", no_args_is_help=True)
GROUPS = {"school": school, "room": room}

RoomArgument = Annotated[str, typer.Argument(help="The room's id or name.")]
HEADINGS = {"name", "names", "student", "姓名", "学生姓名", "学生"}


async def the_school(control: Control, given: str) -> Any:
    return _one(await control.ask("GET", "/api/v1/schools"), given, "school")


async def the_room(control: Control, given: str) -> Any:
    return _one(await control.ask("GET", "/api/v1/rooms"), given, "room")


def _one(rows: list[Any], given: str, what: str) -> Any:
    """The row of that id or name. Raises Refused where it is not just one."""
    found = [row for row in rows if given in (row["id"], row["name"])]
    if not found:
        raise Refused(f"There is no {what} {given}.")
    if len(found) > 1:
        raise Refused(f"Several {what}s are named {given}: give the id.")
    return found[0]


@school.command("add")
def school_add(
    name: str,
    recording: Annotated[
        bool, typer.Option("--recording", help="Record its lessons unless one says otherwise.")
    ] = False,
    data: DataOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a school."""
    body = {"name": name, "recording": recording}
    show_one(ask(settings_of(data, database), "POST", "/api/v1/schools", body), as_json)


@school.command("list")
def school_list(data: DataOption = None, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """All schools."""
    rows = ask(settings_of(data, database), "GET", "/api/v1/schools")
    show(rows, ("id", "name", "recording", "names_offered"), as_json)


@room.command("add")
def room_add(
    school: Annotated[str, typer.Argument(help="The school's id or name.")],
    name: str,
    data: DataOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a room in a school."""

    async def work(control: Control) -> Any:
        body = {"school": (await the_school(control, school))["id"], "name": name}
        return await control.ask("POST", "/api/v1/rooms", body)

    show_one(installation(settings_of(data, database), work), as_json)


@room.command("list")
def room_list(data: DataOption = None, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """All rooms."""
    rows = ask(settings_of(data, database), "GET", "/api/v1/rooms")
    if not as_json:
        rows = [{**row, "display": _state(row["display"])} for row in rows]
    show(rows, ("id", "name", "school", "display", "names"), as_json)


def _state(display: Any) -> str | None:
    if display is None:
        return None
    return "online" if display["online"] else "offline"


@room.command("pair")
def room_pair(
    code: Annotated[str, typer.Argument(help="What the screen shows, in any case, with or without spaces.")],
    room: Annotated[
        str | None, typer.Option(help="The room's id or name; else the only one that has no display yet.")
    ] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the screen that shows this code a room's display, in place of the one that the room had."""

    async def work(control: Control) -> Any:
        found = await the_room(control, room) if room else await _without_display(control)
        return await control.ask("PUT", f"/api/v1/rooms/{found['id']}/display", {"code": code})

    show_one(installation(settings_of(data, database), work), as_json)


async def _without_display(control: Control) -> Any:
    free = [row for row in await control.ask("GET", "/api/v1/rooms") if row["display"] is None]
    if not free:
        raise Refused("There is no room without a display: make one, or say which with --room.")
    if len(free) > 1:
        raise Refused("Say which room with --room: several have none.")
    return free[0]


@room.command("unpair")
def room_unpair(
    room: RoomArgument, data: DataOption = None, database: DatabaseOption = None, as_json: JsonOption = False
) -> None:
    """Take the room's display away: it leaves its lesson, and shows a code again."""

    async def work(control: Control) -> Any:
        found = await the_room(control, room)
        if found["display"] is None:
            raise Refused(f"{found['name']} has no display.")
        return await control.ask("DELETE", f"/api/v1/rooms/{found['id']}/display")

    show_one(installation(settings_of(data, database), work), as_json)


@room.command("roster")
def room_roster(
    room: RoomArgument,
    file: Annotated[
        str | None, typer.Argument(help="CSV, or one name a line; - for standard input. Without it: what is there.")
    ] = None,
    erase: Annotated[bool, typer.Option("--erase", help="Erase the names.")] = False,
    data: DataOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """The names of the children of a room, to choose one's own from when joining."""
    if erase and file:
        raise OperatorFault("either a file, or --erase")
    names = _names(file) if file else []

    async def work(control: Control) -> Any:
        path = f"/api/v1/rooms/{quote((await the_room(control, room))['id'])}/roster"
        if erase:
            await control.ask("DELETE", path)
        return await control.ask("PUT", path, {"names": names}) if file else await control.ask("GET", path)

    kept = installation(settings_of(data, database), work)["names"]
    show([{"name": name} for name in kept], ("name",), as_json)


def _names(file: str) -> list[str]:
    """The first column, without its heading."""
    try:
        given = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as fault:
        raise OperatorFault(f"{file} cannot be read: {fault.strerror}") from None
    try:
        text = given.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What spreadsheets of a Chinese Windows write.
        text = given.decode("gb18030", errors="replace")
    names = [cells[0].strip() for cells in csv.reader(text.splitlines()) if cells and cells[0].strip()]
    if names and names[0].lower() in HEADINGS:
        del names[0]
    if not names:
        raise OperatorFault(f"{file} has no names: one a line, or the first column of a CSV")
    return names
