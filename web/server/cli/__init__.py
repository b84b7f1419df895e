"""`tongke`, the command. Wrong input and what only an operator can mend: one line on standard error, exit status 2."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import typer
from typer.exceptions import Abort, TyperException

from classroom.errors import OperatorFault
from web.server.cli import bank, demo, library, records, rooms, serving, upkeep
from web.server.control import Refused

app = typer.Typer(
    name="tongke",
    help="A live dual-teacher classroom and hybrid teaching server.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
app.command()(serving.serve)
app.command()(demo.demo)
for name, group in (records.GROUPS | rooms.GROUPS | bank.GROUPS | library.GROUPS).items():
    app.add_typer(group, name=name)
for command in (upkeep.backup, upkeep.restore, upkeep.doctor, upkeep.recover):
    app.command()(command)


def main() -> NoReturn:
    os.umask(0o077)  # whatever is written holds names, secrets or pictures of children
    try:
        status = app(standalone_mode=False)
    except (OperatorFault, Refused) as fault:
        fail(str(fault))
    except TyperException as fault:
        if not fault.format_message():  # no arguments: the help is printed already
            sys.exit(2)
        fail(fault.format_message())
    except (Abort, KeyboardInterrupt):
        sys.exit(130)
    sys.exit(status if isinstance(status, int) else 0)


def fail(line: str) -> NoReturn:
    print("tongke:", " ".join(line.split()), file=sys.stderr)
    sys.exit(2)
