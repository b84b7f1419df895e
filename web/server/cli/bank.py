"""`tongke bank`: questions, out of files and into them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from classroom.errors import OperatorFault
from web.server.cli.common import DatabaseOption, DataOption, JsonOption, installation, out, settings_of, show, show_one
from web.server.control import Control

bank = typer.Typer(help="Question banks.", no_args_is_help=True)
GROUPS = {"bank": bank}

OwnerOption = Annotated[str | None, typer.Option(help="Login of whose bank it is.", metavar="LOGIN")]
FolderOption = Annotated[str | None, typer.Option(help="What is in this folder.")]
WordsOption = Annotated[str | None, typer.Option(help="What has these words.")]
TagOption = Annotated[str | None, typer.Option(help="What has this tag.")]


def _address(path: str, **query: str | None) -> str:
    return f"/api/v1/questions{path}?{urlencode({key: value for key, value in query.items() if value is not None})}"


@bank.command("import")
def bank_import(
    file: Annotated[Path, typer.Argument(help="The file to read; its name says of which format it is.")],
    owner: Annotated[
        str | None, typer.Option(help="Login of whose bank it is for; else the only account there is.", metavar="LOGIN")
    ] = None,
    folder: Annotated[str | None, typer.Option(help="Where questions go that name no folder.")] = None,
    shared: Annotated[bool, typer.Option("--shared", help="The owner's school has them too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Store nothing: say what would be understood.")] = False,
    data: DataOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read questions out of a file, and say line by line what was not understood."""
    try:
        content = file.read_bytes()
    except OSError as fault:
        raise OperatorFault(f"{file} cannot be read: {fault.strerror}") from None
    address = _address(
        "/import",
        name=file.name[-120:],
        owner=owner,
        folder=folder,
        shared="yes" if shared else None,
        keep="no" if dry_run else None,
    )
    told = installation(settings_of(data, database), lambda control: control.send(address, content))
    if as_json:
        show_one(told, True)
        return
    says = "questions kept" if told["kept"] else "questions understood, none kept"
    out.print(f"{told['understood']} {says}", markup=False, highlight=False)
    if told["media"]:
        out.print(f"{told['media']} pictures and sounds put on the shelf", markup=False, highlight=False)
    if told["notes"]:
        show(told["notes"], ("line", "code", "message"), False)


@bank.command("export")
def bank_export(
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    form: Annotated[
        str | None,
        typer.Option("--format", help="By the ending of its files, or qti3; else what the file's name says."),
    ] = None,
    owner: OwnerOption = None,
    folder: FolderOption = None,
    words: WordsOption = None,
    tag: TagOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Write questions into a file."""
    said = form or file.suffix.removeprefix(".").lower()
    address = _address("/export", format=said, owner=owner, folder=folder, words=words, tag=tag)
    content, headers = installation(settings_of(data, database), lambda control: control.fetch(address))
    try:
        file.write_bytes(content)
    except OSError as fault:
        raise OperatorFault(f"{file} cannot be written: {fault.strerror}") from None
    out.print(f"{file}: {len(content)} bytes", markup=False, highlight=False)
    if left := int(headers["X-Left-Out"]):
        says = (
            f"{left} questions were left out, which a file of this format cannot hold: {headers['X-Left-Out-Types']}."
        )
        out.print(says, markup=False, highlight=False)
    if bare := int(headers["X-Without-Media"]):
        out.print(f"{bare} questions are in it without their picture or sound.", markup=False, highlight=False)


@bank.command("list")
def bank_list(
    owner: OwnerOption = None,
    folder: FolderOption = None,
    words: WordsOption = None,
    tag: TagOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Questions that are kept."""

    async def work(control: Control) -> Any:
        rows: list[Any] = []
        while True:
            query = {"owner": owner, "folder": folder, "words": words, "tag": tag, "since": str(len(rows))}
            page = await control.ask("GET", _address("", **query))
            rows += page["questions"]
            if not page["questions"] or len(rows) >= page["of"]:
                return rows

    rows = installation(settings_of(data, database), work)
    if not as_json:
        rows = [{**one, **{key: one["question"].get(key) for key in ("type", "prompt")}} for one in rows]
        rows = [{**one, "tags": ", ".join(one["tags"])} for one in rows]
    show(rows, ("id", "folder", "type", "prompt", "tags", "level", "by"), as_json)
