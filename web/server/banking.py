"""The bank's rules: what a question that is kept has to be, whose pictures it may have, and how a file is read."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from classroom.activities import media
from classroom.activities.types import ANY
from classroom.errors import ClientFault, Status
from classroom.events import Json
from classroom.reducer import Offered
from web.server.api import Words, malformed

MOST = 5000
"""Questions of one owner."""
MOST_BYTES = 32 * 1024
"""Of one question, as JSON."""
FILE_BYTES = 16 << 20
MOST_NOTES = 500
TIME_S = 30
FAULT = 3
"""The exit status that says: the output is why it cannot be."""
WAITING = 4
"""Files that wait for their turn; the next is told to come again."""

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


def with_what_is_there(question: Json, shelf: dict[str, Offered]) -> Json | None:
    """A question without the pictures and sounds that are not on this shelf; None where it is none without them:
    of options, it may be only the pictures that say which is which."""
    try:
        media.check(question, shelf)
    except ClientFault:
        if any(question.get(field) for field in ("pictures", "target_pictures")):
            return None
        with contextlib.suppress(ClientFault):
            return question_of({key: value for key, value in question.items() if key not in media.FIELDS})
        return None
    return question


class Reader:
    """Files are read and written by a process of its own, one at a time: what is in them is strangers', and may be
    slow."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def read(self, name: str, data: bytes) -> Json:
        """`{questions: [Kept…], notes: [{line, code, message}…]}`. Raises ClientFault as `classroom.bank.read` does,
        `busy` (503), `file_too_complex` (422)."""
        told: Json = await asyncio.to_thread(json.loads, await self._have("read", name, data))
        return told

    async def written(self, form: str, kept: Sequence[Json]) -> tuple[bytes, int]:
        """A file of these, and how many the format cannot hold. Raises ClientFault as `classroom.bank.write` does,
        `busy`, `file_too_complex`."""
        said = await self._have("write", form, await asyncio.to_thread(lambda: json.dumps(kept).encode()))
        left, _, file = said.partition(b"\n")
        return file, int(left)

    async def _have(self, verb: str, name: str, data: bytes) -> bytes:
        if self._waiting >= WAITING:
            raise ClientFault("busy", "Others wait for their files already.", Status.UNAVAILABLE, retry_after_s=10)
        self._waiting += 1
        try:
            async with self._turn:
                return await _run(verb, name, data)
        finally:
            self._waiting -= 1


async def _run(verb: str, name: str, data: bytes) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "web.server.understanding", verb, name),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    said = b""
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TIME_S):
                said, _ = await process.communicate(data)
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
