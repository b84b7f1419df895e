"""`tongke user|lesson`: who comes to an installation, and what for."""

from __future__ import annotations

import sys
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
    out,
    settings_of,
    show,
    show_one,
)
from web.server.cli.rooms import the_room, the_school
from web.server.control import Control

user = typer.Typer(help="Accounts.", no_args_is_help=True)
lesson = typer.Typer(help="Lessons.", no_args_is_help=True)
GROUPS = {"user": user, "lesson": lesson}

LoginArgument = Annotated[str, typer.Argument(help="The account's login.")]
LessonArgument = Annotated[str, typer.Argument(help="The lesson's id or join code.")]


def _password() -> str:
    """Asked for on a terminal; else the first line of standard input, for scripts."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    line = sys.stdin.readline().rstrip("\n")
    if not line:
        raise OperatorFault("the password is read from standard input, which is empty")
    return line


@user.command("add")
def user_add(
    login: LoginArgument,
    name: Annotated[str | None, typer.Option(help="The person's name; else the login.")] = None,
    role: Annotated[str, typer.Option(help="What the account may do.", metavar="teacher|staff|admin")] = "teacher",
    school: Annotated[str | None, typer.Option(help="Its school's id or name; else the only school there is.")] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an account. The password is asked for, or read from standard input."""
    body = {"login": login, "name": name or login, "role": role, "password": _password()}

    async def work(control: Control) -> Any:
        of_school = {"school": (await the_school(control, school))["id"]} if school else {}
        return await control.ask("POST", "/api/v1/accounts", body | of_school)

    show_one(installation(settings_of(data, database), work), as_json)


@user.command("list")
def user_list(data: DataOption = None, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """All accounts."""
    rows = ask(settings_of(data, database), "GET", "/api/v1/accounts")
    show(rows, ("login", "name", "role", "disabled"), as_json)


@user.command("disable")
def user_disable(
    login: LoginArgument,
    undo: Annotated[bool, typer.Option("--undo", help="Let the account in again.")] = False,
    data: DataOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let an account in no more, and sign it out everywhere."""
    body = {"disabled": not undo}
    show_one(ask(settings_of(data, database), "PATCH", f"/api/v1/accounts/{quote(login, safe='')}", body), as_json)


@user.command("password")
def user_password(
    login: LoginArgument, data: DataOption = None, database: DatabaseOption = None, as_json: JsonOption = False
) -> None:
    """Give an account another password, and sign it out everywhere. It is asked for, or read from standard input."""
    body = {"password": _password()}
    show_one(
        ask(settings_of(data, database), "PATCH", f"/api/v1/accounts/{quote(login, safe='')}", body),
        as_json,
    )


@user.command("school")
def user_school(
    login: LoginArgument,
    school: Annotated[str, typer.Argument(help="The school's id or name.")],
    data: DataOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which school an account belongs to."""

    async def work(control: Control) -> Any:
        body = {"school": (await the_school(control, school))["id"]}
        return await control.ask("PATCH", f"/api/v1/accounts/{quote(login, safe='')}", body)

    show_one(installation(settings_of(data, database), work), as_json)


@user.command("erase")
def user_erase(
    login: LoginArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: DataOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove a person's data, and say what was removed."""
    if not yes:
        if not sys.stdin.isatty():
            raise OperatorFault("erasing cannot be undone: say --yes")
        typer.confirm(f"Erase {login}? This cannot be undone.", abort=True)
    show_one(ask(settings_of(data, database), "DELETE", f"/api/v1/accounts/{quote(login, safe='')}"), as_json)


@lesson.command("create")
def lesson_create(
    title: str,
    owner: Annotated[str | None, typer.Option(help="Login of the teacher who leads it.")] = None,
    school: Annotated[str | None, typer.Option(help="The school's id or name; else the owner's.")] = None,
    room: Annotated[
        list[str] | None, typer.Option(help="A room that takes part, by id or name, once for each; else the school's.")
    ] = None,
    recording: Annotated[
        bool | None, typer.Option("--recording/--no-recording", help="Else as the school does.")
    ] = None,
    lobby: Annotated[bool, typer.Option("--lobby", help="Students wait until they are let in.")] = False,
    data: DataOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prepare a lesson."""
    body = {"title": title, "owner": owner, "recording": recording, "lobby": lobby}

    async def work(control: Control) -> Any:
        of_school = (await the_school(control, school))["id"] if school else None
        rooms = [(await the_room(control, one))["id"] for one in room or ()]
        return await control.ask("POST", "/api/v1/lessons", {**body, "school": of_school, "rooms": rooms})

    show_one(installation(settings_of(data, database), work), as_json)


@lesson.command("list")
def lesson_list(data: DataOption = None, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """All lessons, newest first."""
    rows = ask(settings_of(data, database), "GET", "/api/v1/lessons")
    show(rows, ("id", "title", "code", "phase", "participants"), as_json)


async def _found(control: Control, given: str) -> str:
    """The id of a lesson given by id or join code."""
    if given.isdigit() and len(given) == 8:
        return str((await control.ask("GET", f"/api/v1/codes/{given}"))["lesson"])
    return given


@lesson.command("show")
def lesson_show(
    lesson: LessonArgument, data: DataOption = None, database: DatabaseOption = None, as_json: JsonOption = False
) -> None:
    """One lesson."""

    async def work(control: Control) -> Any:
        return await control.ask("GET", f"/api/v1/lessons/{await _found(control, lesson)}")

    show_one(installation(settings_of(data, database), work), as_json)


@lesson.command("end")
def lesson_end(
    lesson: LessonArgument, data: DataOption = None, database: DatabaseOption = None, as_json: JsonOption = False
) -> None:
    """End a lesson."""

    async def work(control: Control) -> Any:
        return await control.ask("POST", f"/api/v1/lessons/{await _found(control, lesson)}/end")

    show_one(installation(settings_of(data, database), work), as_json)


@lesson.command("attendance")
def lesson_attendance(
    lesson: LessonArgument, data: DataOption = None, database: DatabaseOption = None, as_json: JsonOption = False
) -> None:
    """Who was in a lesson, from when to when."""

    async def work(control: Control) -> Any:
        return await control.ask("GET", f"/api/v1/lessons/{await _found(control, lesson)}/attendance")

    rows = installation(settings_of(data, database), work)
    show(rows, ("name", "room_name", "role", "present_ms", "late", "left_early", "answered", "called"), as_json)


@lesson.command("token")
def lesson_token(
    lesson: LessonArgument,
    role: Annotated[str, typer.Option(help="The role it is for.", metavar="lead_teacher|…|encoder")],
    room: Annotated[str | None, typer.Option(help="The room's id, for a display or a local teacher.")] = None,
    name: Annotated[str | None, typer.Option(help="What others see.")] = None,
    ttl: Annotated[int | None, typer.Option(help="How long it is good.", metavar="SECONDS")] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a token for a client, an encoder or a test."""
    given = {"role": role, "room": room, "name": name, "ttl_s": ttl}
    body = {key: value for key, value in given.items() if value is not None}

    async def work(control: Control) -> Any:
        return await control.ask("POST", f"/api/v1/lessons/{await _found(control, lesson)}/tokens", body)

    made = installation(settings_of(data, database), work)
    if as_json:
        show_one(made, True)
    else:
        out.print(made["token"], markup=False, highlight=False, soft_wrap=True)
