"""The sample lesson in an installation: made, played by a process of its own, and found in the library."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from classroom.errors import ClientFault, OperatorFault
from classroom.events import Command, Phase
from classroom.rules import SYSTEM
from classroom.store.records import Account, Lesson, Resource, Room
from web.server import seats
from web.server.keeping.removing import remove
from web.server.parts import Parts
from web.server.sample.script import CAST, LONG_S, TITLE

KEY = "sample:lesson"
"""Of the setting that has the lesson's id, and whether it was played to its end."""
CONVERSION_S = 60.0
PUBLISHED_S, LOOK_S = 5.0, 0.1
TOKEN_S = 3600
SLIDES = "Autumn 秋天.pdf"

Progress = Callable[[float], None]


async def wanted(parts: Parts) -> bool:
    """Whether it was never played to its end here. What is left of one that was broken off is taken away."""
    whole = (await _said(parts)).get("whole", False)
    if not whole:
        await cleared(parts)
    return not whole


async def cleared(parts: Parts) -> None:
    """What is left of one that was broken off is taken away."""
    lesson = await unfinished(parts)
    if lesson is not None:
        await _ended(parts, lesson)
        for resource in await _published(parts, lesson):
            with contextlib.suppress(ClientFault):
                await remove(parts, resource, None)


async def unfinished(parts: Parts) -> str | None:
    """The lesson of one that is being played, or was broken off."""
    said = await _said(parts)
    return None if said.get("whole") else said.get("lesson")


async def _said(parts: Parts) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(await parts.store.settings.get(KEY) or "{}")
    return said


async def played(
    parts: Parts, base: str, environment: Mapping[str, str], teacher: Account, room: Room, progress: Progress
) -> None:
    """Plays it at `base`, where this machine reaches the server, as a lesson of this teacher and room; returns when the
    library has it. Raises OperatorFault where that fails; why, the cast says on standard error."""
    store = parts.store
    lesson = await store.lessons.add(
        TITLE, parts.now_ms, owner=teacher.id, school=room.school, recording=True, rooms=[room.id]
    )
    await store.settings.put(KEY, json.dumps({"lesson": lesson.id}))
    try:
        order = {
            "base": base,
            "lesson": lesson.id,
            "slides": await _slides(parts, teacher),
            "cast": await _tokens(parts, lesson, teacher, room),
        }
        await _run(order, environment, progress)
    finally:
        await _ended(parts, lesson.id)
    if not await _published(parts, lesson.id):
        raise OperatorFault("the sample lesson left no recording")
    await store.settings.put(KEY, json.dumps({"lesson": lesson.id, "whole": True}))


async def _ended(parts: Parts, lesson: str) -> None:
    row = await parts.store.lessons.get(lesson)
    if row is not None and row.phase != Phase.ENDED:
        await parts.journal.submit(lesson, SYSTEM, Command(str(uuid.uuid4()), "lesson.end", {}))


async def _published(parts: Parts, lesson: str) -> Sequence[Resource]:
    """What the library has of it, once it has something: that is so soon after its end, if anything was recorded."""
    until = asyncio.get_running_loop().time() + PUBLISHED_S
    while True:
        found = await parts.store.resources.of_lesson(lesson)
        if found or asyncio.get_running_loop().time() > until:
            return found
        await asyncio.sleep(LOOK_S)


async def _tokens(parts: Parts, lesson: Lesson, teacher: Account, room: Room) -> dict[str, str]:
    tokens = {}
    for who, (role, name, there) in CAST.items():
        account = teacher.id if who == "lead" else None
        one = await parts.store.participants.add(
            lesson.id, role, name, parts.now_ms, room=room.id if there else None, account=account
        )
        tokens[who] = await seats.token_for(parts, one, TOKEN_S)
    return tokens


async def _slides(parts: Parts, teacher: Account) -> str:
    """On the teacher's shelf, as if they had been sent there; those of a sample that was broken off, if it has them."""
    known = [one for one in await parts.store.shelves.list(teacher.id) if one.name == SLIDES and one.status == "ready"]
    if known:
        return known[0].id
    from web.server.sample import slides  # here: its library takes a seventh of the server's start

    content = await asyncio.to_thread(slides.pdf)

    async def pieces() -> AsyncIterator[bytes]:
        yield content

    row = await parts.shelf.begin(teacher.id, SLIDES, len(content), parts.now_ms)
    await parts.shelf.take(row, 0, pieces())
    if parts.live is None:
        raise OperatorFault("no server runs")
    made = await parts.live.converter.made(row.id, asyncio.get_running_loop().time() + CONVERSION_S)
    if made is None or made.status != "ready":
        raise OperatorFault("the sample lesson's slides could not be made")
    return row.id


async def _run(order: Mapping[str, object], environment: Mapping[str, str], progress: Progress) -> None:
    """The cast, to its end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "web.server.sample.play"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **environment},
        start_new_session=True,  # Ctrl-C at the terminal is for the server alone
    )
    try:
        if process.stdin is None or process.stdout is None:
            raise OperatorFault("the sample lesson has no cast")
        process.stdin.write(json.dumps(order).encode() + b"\n")
        async with asyncio.timeout(LONG_S + 300):  # to draw its films takes a minute on a slow machine
            while line := await process.stdout.readline():
                progress(float(line))
            if await process.wait() != 0:
                raise OperatorFault("the sample lesson was broken off; the log above says why")
    except (TimeoutError, ConnectionError):
        raise OperatorFault("the sample lesson was not over in time") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
