"""`tongke library`: resources, out of the installation and into it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from web.server.cli.common import (
    DatabaseOption,
    DataOption,
    JsonOption,
    ask,
    err,
    installation,
    out,
    settings_of,
    show,
    show_one,
)
from web.server.control import Control
from web.server.routes.pages import STATIC

library = typer.Typer(help="The resource library.", no_args_is_help=True)
GROUPS = {"library": library}

ResourceArgument = Annotated[str, typer.Argument(help="The resource's id, as list shows it.")]
PAGE = 100
NAMED = {
    False: "with the names of its teachers and none of its pupils, but where somebody said or wrote one",
    True: "with the names of its pupils (this folder is for keeping, not for handing on)",
}


def address(resource: str) -> str:
    return f"/api/v1/resources/{quote(resource, safe='')}"


def says(line: str) -> None:
    out.print(line, markup=False, highlight=False, soft_wrap=True)


def bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, transient=True)


@library.command("list")
def library_list(
    words: Annotated[str | None, typer.Option(help="What has these words.")] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Resources, newest first."""

    async def work(control: Control) -> list[Any]:
        rows: list[Any] = []
        while True:
            after = {"after": rows[-1]["place"]} if rows else {}
            query = {"limit": str(PAGE), **after} | ({"words": words} if words else {})
            page = await control.ask("GET", f"/api/v1/resources?{urlencode(query)}")
            rows += page
            if len(page) < PAGE:
                return rows

    rows = installation(settings_of(data, database), work)
    if not as_json:
        rows = [{**one, "created": _day(one["created_at"]), "minutes": _minutes(one["duration_ms"])} for one in rows]
    show(rows, ("id", "title", "kind", "state", "created", "minutes"), as_json)


@library.command("index")
def library_index(data: DataOption = None, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Make the index of what resources say anew. It is kept in step by itself; this is for when it seems not to be."""

    async def work(control: Control) -> Any:
        return await control.send("/control/index", b"")

    done = installation(settings_of(data, database), work)
    if as_json:
        show_one(done, as_json)
    else:
        says(f"Indexed: {done['resources']}")


@library.command("export")
def library_export(
    resource: ResourceArgument,
    directory: Annotated[Path, typer.Argument(help="The folder to make.", metavar="DIR")],
    names: Annotated[
        bool, typer.Option("--names", help="With the names of its pupils: only for keeping, not for handing on.")
    ] = False,
    data: DataOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a resource into one folder that anyone can open without Tongke: open its index.html. Its pupils are
    numbered in it, as other schools see them."""
    # Loaded here: other commands need not wait for what media are read with.
    from web.server.exchange.packing import export

    now = datetime.now(UTC).isoformat(timespec="seconds")

    async def work(control: Control) -> Any:
        whole = await control.ask("GET", address(resource))
        err.print(_goes_out(whole, names), markup=False, highlight=False)
        with bar() as progress:
            task = progress.add_task(whole["title"][:40], total=1.0)
            return await export(
                control,
                resource,
                directory,
                now,
                STATIC / "carried",
                lambda share: progress.update(task, completed=share),
                names=names,
            )

    os.umask(0o022)  # whoever gets the folder is to read it
    told = installation(settings_of(data, database), work)
    if as_json:
        show(
            [{"directory": str(directory), "files": told.files, "bytes": told.bytes, "missing": told.missing}], (), True
        )
        return
    says(f"{directory}: {told.files} files, {told.bytes} bytes")
    for one in told.missing:
        says(f"not there any more, and left out: {one}")
    for one in told.large:
        says(f"larger than 4 GB, which FAT32 does not take (exFAT does): {one}")


@library.command("show")
def library_show(
    resource: ResourceArgument, data: DataOption = None, database: DatabaseOption = None, as_json: JsonOption = False
) -> None:
    """One resource."""
    row = ask(settings_of(data, database), "GET", address(resource))
    if not as_json:
        row = {**row, "created_at": _day(row["created_at"]), "tracks": len(row["tracks"]), "cuts": len(row["cuts"])}
    show_one(row, as_json)


@library.command("import")
def library_import(
    path: Annotated[
        Path, typer.Argument(help="An exported folder; a film, sound, PDF or picture; or a folder of such.")
    ],
    owner: Annotated[
        str | None, typer.Option(help="Login of whose it is to be; else no one's but the staff's.", metavar="LOGIN")
    ] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take resources into the library, and say line by line what was not taken. Drafts, until they are published."""
    from web.server.exchange.bringing import Item, Left, Outcome, bring, found

    there = list(found(path))
    items = [one for one in there if isinstance(one, Item)]

    async def work(control: Control) -> list[Outcome]:
        out = []
        with bar() as progress:
            task = progress.add_task("", total=2 * sum(one.bytes for one in items))
            for item in items:
                progress.update(task, description=item.source.name[:40])
                out.append(await bring(control, item, owner, lambda size: progress.advance(task, size)))
        return out

    done = installation(settings_of(data, database), work) if items else []
    done += [Outcome(one.source, None, "", one.why) for one in there if isinstance(one, Left)]
    rows = [{"path": str(one.source), "id": one.id, "title": one.title, "why": one.why} for one in done]
    if as_json:
        show(rows, (), True)
    for row in rows if not as_json else ():
        says(f"{row['path']}: {row['id']} {row['title']}" if row["id"] else f"{row['path']}: not taken: {row['why']}")
    if not any(row["id"] for row in rows):
        raise typer.Exit(2)


def _goes_out(whole: Any, names: bool) -> str:
    begins = f"What goes out of “{whole['title']}” is"
    if whole["pages"]:
        return f"{begins} its file, with all that is in it, and its pages, as everyone sees them who may see it here."
    who = len({track["participant"] for track in whole["tracks"]})
    return f"{begins} what everyone sees who may watch it here, {NAMED[names]}, and pictures or voices of {who}."


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).date().isoformat()


def _minutes(ms: int | None) -> str | None:
    return None if ms is None else str(round(ms / 60_000))
