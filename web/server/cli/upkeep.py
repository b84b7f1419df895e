"""`tongke backup|restore|doctor|recover`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from classroom.errors import OperatorFault
from web.server import directory
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


def backup(
    file: Annotated[Path, typer.Argument(help="The tar file to write.")],
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Write everything of an installation into one file, while it runs."""
    if file.is_dir() or not file.absolute().parent.is_dir():
        raise OperatorFault(f"{file} cannot be written: give a file in a directory that is there")
    try:
        with err.status("Backing up…"):
            size = installation(settings_of(data, database), lambda control: control.save("/control/backup", file))
    except OSError as fault:
        raise OperatorFault(f"{file} cannot be written: {fault.strerror}") from None
    out.print(f"{file}: {size / 1e6:.1f} MB", markup=False, highlight=False)
    from recordings.ledger import released

    elsewhere = released(settings_of(data, database).data / "recordings")
    if elsewhere:
        err.print(f"{len(elsewhere)} recordings are in their storage alone: that is to be kept by itself", markup=False)


def restore(
    file: Annotated[Path, typer.Argument(help="A file that tongke backup made.")],
    replace: Annotated[bool, typer.Option("--replace", help="In place of what the data directory holds.")] = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Put an installation back. Its server must not run."""
    from web.server import backup as archive

    settings = settings_of(data, database)
    directory.prepare(settings.data)
    with directory.locked(settings.data), err.status("Restoring…"):
        archive.restore(settings, file, replace=replace)
    out.print(f"restored into {settings.data}", markup=False, highlight=False)


def doctor(
    url: Annotated[str | None, typer.Argument(help="A running server to look at from here, https://…")] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    load: Annotated[
        int, typer.Option(help="Fill a lesson with so many tablets, which all answer a question.", min=0, max=2000)
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Check an installation and the way to it; exit status 1 if something fails."""
    from web.server import doctoring

    settings = settings_of(data, database)
    findings = asyncio.run(doctoring.examine(settings, url))
    if load:
        with err.status(f"{load} tablets come in and answer…"):
            findings.append(asyncio.run(doctoring.vote(settings, url, load)))
    if as_json:
        show([finding.json() for finding in findings], (), True)
    else:
        table = Table(box=None, pad_edge=False)
        for column in ("", "what", "found", "to do"):
            table.add_column(column, overflow="fold")
        marks = {"good": "[green]ok", "poor": "[yellow]poor", "bad": "[red]FAILS"}
        for finding in findings:
            table.add_row(marks[finding.state], finding.what, finding.found, finding.to_do)
        out.print(table)
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(1)


def recover(data: DataOption = None, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Repair recordings after a crash; a server does it at its start."""
    result: Any = ask(settings_of(data, database), "POST", "/control/recover")
    if as_json:
        show_one(result, True)
    elif result["repaired"]:
        show(result["repaired"], ("lesson", "tracks", "dropped_bytes"), False)
    else:
        out.print("nothing was left open")
