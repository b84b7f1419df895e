"""What the commands share: options, asking an installation, and printing for people or programs."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from web.server import logs
from web.server.control import Control, connected
from web.server.settings import Settings, load

DataOption = Annotated[Path | None, typer.Option("--data", help="The data directory.", metavar="DIR")]
DatabaseOption = Annotated[
    str | None, typer.Option("--database", help="sqlite:///FILE or postgresql://…; else SQLite in the data directory.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

out = Console()
err = Console(stderr=True)


def settings_of(data: Path | None, database: str | None = None) -> Settings:
    return load(data=data, database=database)


def installation(settings: Settings, work: Callable[[Control], Awaitable[Any]]) -> Any:
    """Runs `work` with a way to the installation."""
    logs.configure("auto", logging.WARNING)

    async def run() -> Any:
        async with connected(settings) as control:
            return await work(control)

    return asyncio.run(run())


def ask(settings: Settings, method: str, path: str, body: Any = None) -> Any:
    return installation(settings, lambda control: control.ask(method, path, body))


def show(rows: Sequence[dict[str, Any]], columns: Sequence[str], as_json: bool) -> None:
    """A listing: a table for people, a JSON array with all fields for programs."""
    if as_json:
        print(json.dumps(list(rows), ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    out.print(table)


def show_one(row: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(row, ensure_ascii=False))
        return
    for key, value in row.items():
        out.print(f"{key.replace('_', ' ')}: {_cell(value)}", markup=False, highlight=False, soft_wrap=True)


def _cell(value: Any) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
