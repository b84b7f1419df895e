"""The bank's rules: what a question that is kept has to be, whose pictures it may have, and how a file is read."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from classroom.activities import media
from classroom.activities.types import ANY
from classroom.errors import ClientFault, Status
from classroom.events import Json
from classroom.reducer import Offered
from web.server.bodies import Words, malformed
from web.server.turns import Turns

MOST = 5000
"""Questions of one owner."""
MOST_BYTES = 32 * 1024
"""Of one question, as JSON."""
FILE_BYTES = 64 << 20
MOST_FILES = 200
"""Pictures and sounds that one file brings."""
MOST_NOTES = 500
TIME_S = 30
FAULT = 3
"""The exit status that says: the output is why it cannot be."""
WAITING = 4
"""Files that wait for their turn; the next is told to come again."""
GIVEN, TOLD, WRITTEN = "given", "told", "written"
"""What is said to that process, what it says, and what it writes. Of JSON a line at a time: a whole bank in one piece
would hold up everyone while it is read."""

Empty = Annotated[str, StringConstraints(max_length=0)]
Tag = Annotated[Words, StringConstraints(max_length=80)]
Tags = Annotated[list[Tag], Field(max_length=20)]
Folder = Words | Empty
Level = Annotated[Words, StringConstraints(max_length=40)] | Empty
Language = Annotated[str, StringConstraints(pattern=r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2})?$", max_length=16)]


class Kept(BaseModel):
    """What is kept beside a question."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    question: dict[str, Any]
    folder: Folder = ""
    tags: Tags = []
    level: Level = ""
    language: Language = ""


def question_of(data: Json) -> Json:
    """As it is kept: of one of the types, and where it came from left out. Raises ClientFault `malformed` (400),
    `too_large` (413)."""
    try:
        question = ANY.validate_python(data)
    except ValidationError as fault:
        raise malformed(fault) from None
    kept = question.model_dump(exclude_none=True, exclude={"source"})
    if len(json.dumps(kept, ensure_ascii=False).encode()) > MOST_BYTES:
        raise ClientFault("too_large", f"A question has at most {MOST_BYTES >> 10} KB.", Status.TOO_LARGE)
    return kept


def with_what_is_there(question: Json, shelf: Mapping[str, Offered]) -> Json | None:
    """A question without the pictures and sounds that are not on this shelf; None where it is none without them:
    of options, it may be only the pictures that say which is which."""
    left = _without_others(question, shelf)
    if left is None or left == question:
        return left
    with contextlib.suppress(ClientFault):
        return question_of(left)
    return None


def _without_others(question: Json, shelf: Mapping[str, Offered]) -> Json | None:
    """Of a questionnaire, all parts likewise."""
    left = dict(question)
    if "questions" in question:
        parts = [_without_others(part, shelf) for part in question["questions"]]
        if None in parts:
            return None
        left["questions"] = parts
    for field, beside in (("picture", "alt"), ("sound", "plays"), ("pictures", ""), ("target_pictures", "")):
        try:
            media.check({field: question.get(field)}, shelf)
        except ClientFault:
            if not beside:
                return None
            left.pop(field)
            left.pop(beside, None)
    return left


@dataclass(frozen=True, slots=True)
class Read:
    """What was understood of a file: `Kept` with a `line`; notes; and what the pictures and sounds that lie in a folder
    now are called."""

    questions: list[Json]
    notes: list[Json]
    files: dict[str, str]


@dataclass(frozen=True, slots=True)
class Written:
    """What the format could not hold: of each type so many questions, and of so many their picture or sound."""

    types: dict[str, int]
    bare: int


class Reader:
    """Files are read and written by a process of its own, one at a time: what is in them is strangers', and may be
    slow."""

    def __init__(self) -> None:
        self._turns = Turns(WAITING, "Others wait for their files already.")

    async def read(self, name: str, file: Path, folder: Path) -> Read:
        """Its pictures and sounds come into the folder. Raises ClientFault as `classroom.bank.read` does, `busy` (503),
        `file_too_complex` (422)."""
        with file.open("rb") as given:
            await self._have(("read", name, str(folder)), given.fileno())
        head, *questions = await asyncio.to_thread(_lines, folder / TOLD)
        return Read(questions, **head)

    async def write(self, form: str, kept: Sequence[Json], files: Mapping[str, Iterable[str]], folder: Path) -> Written:
        """`WRITTEN` in the folder; `files` are what pictures and sounds are called, and where they lie. Raises
        ClientFault as `classroom.bank.write` does, `busy`, `file_too_complex`."""
        await asyncio.to_thread(write_lines, folder / GIVEN, [{name: list(one) for name, one in files.items()}, *kept])
        with (folder / GIVEN).open("rb") as source:
            said = await self._have(("write", form, str(folder)), source.fileno())
        return Written(**json.loads(said))

    async def _have(self, verb: tuple[str, str, str], given: int) -> bytes:
        async with self._turns.one():
            return await _run(verb, given)


def _lines(path: Path) -> list[Any]:
    with path.open("rb") as file:
        return [json.loads(line) for line in file]


def write_lines(path: Path, lines: Iterable[Json]) -> None:
    with path.open("wb") as file:
        for one in lines:
            file.write(json.dumps(one, ensure_ascii=False).encode() + b"\n")


async def _run(verb: tuple[str, str, str], given: int) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "web.server.understanding", *verb), stdin=given, stdout=asyncio.subprocess.PIPE
    )
    said = b""
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TIME_S):
                said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode == FAULT:
        code, message, status = json.loads(said)
        raise ClientFault(code, message, Status(status))
    if process.returncode:
        raise ClientFault("file_too_complex", "This file takes too long to read, or too much memory.", Status.REFUSED)
    return said
