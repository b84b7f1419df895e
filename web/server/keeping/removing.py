"""Deletion that deletes: a job in the database, taken step by step, each of which may be done again after a crash.

| stage | what is done in it |
|---|---|
| `files` | the recording's folder, renders, photos and works go from this disk, and are discarded in the storage |
| `rows` | all rows of the resource go, and those of its lesson where nothing else is made of it |
| `storage` | waits until the storage has nothing of it, and has it say so |
| `traces` | search forgets it, the database's files are swept, and all of it is looked for once more |
| `done` | the record stays: what, when, by whom or which rule, how much |

Who asked waits for the first two. A job says `done` only when nothing was found.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

from classroom.errors import ClientFault, Status
from classroom.events import Phase
from classroom.ids import digest, new_id
from classroom.store.records import Removal, Resource
from classroom.store.removals import packed, unpacked
from recordings import carried
from recordings.removing import Gone, all_gone, counted
from web.server.courseware.turns import turn
from web.server.indexing import Indexer
from web.server.parts import Parts
from web.server.renderer import RENDERS, WORK

LOCK = ".removing"
"""Beside the recordings: who has it takes files and rows away."""
MERGE_PAGES = 64
FOUND = "found"
"""Why a job goes on that has looked once more."""
ELSEWHERE = "elsewhere"
"""Beside what is done: no row of it is left, and the database was written anew; its id is in somebody's words."""


class Later(Exception):
    """It does not go on now: `storage`, `index`, `database` are not so far, or something was `found`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


async def remove(
    parts: Parts,
    resource: Resource,
    account: str | None,
    *,
    media: bool = False,
    rule: str | None = None,
    still: Callable[[], Awaitable[bool]] | None = None,
) -> Removal:
    """Deletes a resource, or (`media`) the pictures and sound of a recording alone. When it returns nobody is given any
    of it; the rest is the job's. Raises ClientFault `on_hold`, `is_part`, `recording_busy` (409), and
    `changed_meanwhile` where it is not `still` wanted."""
    async with turn(lock_of(parts)):
        if still is not None and not await still():
            raise ClientFault("changed_meanwhile", "It is not to go any more.", Status.CONFLICT)
        await parts.store.holds.check(resource.id)
        if not media and (joined := await parts.store.joins.having(resource.id)):
            also = f"It is a part of “{joined[0].title}”: take it out there first."
            raise ClientFault("is_part", also, Status.CONFLICT)
        job = await _job(parts, resource, account, media, rule)
        await parts.store.removals.add(job)
        parts.removing.set()
        try:
            await take_files(parts, job)
        except BlockingIOError:
            await parts.store.removals.drop(job.id)
            busy = "It is still being recorded."
            raise ClientFault("recording_busy", busy, Status.CONFLICT, retry_after_s=10) from None
        await take_rows(parts, job)
    return job


async def _job(parts: Parts, resource: Resource, account: str | None, media: bool, rule: str | None) -> Removal:
    sharing = await parts.store.resources.of_path(resource.path) if resource.path else []
    alone = not any(one.tracks or one.kind != "recording" for one in sharing if one.id != resource.id)
    of_lesson = await parts.store.resources.of_lesson(resource.lesson) if resource.lesson else []
    lesson = resource.lesson if not media and len(of_lesson) == 1 else None
    if lesson is not None:
        row = await parts.store.lessons.get(lesson)
        if row is not None and row.phase != "ended":
            raise ClientFault("recording_busy", "The lesson has not ended.", Status.CONFLICT, retry_after_s=10)
    work = {
        "resource": resource.id,
        "lesson": lesson,
        "path": resource.path if alone else "",
        **await parts.store.removals.belonging(resource.id, lesson),
    }
    return Removal(
        new_id(),
        "media" if media else "resource",
        resource.kind,
        resource.school,
        digest(resource.id),
        account,
        rule,
        parts.now_ms,
        "files",
        work=packed(work),
    )


# the steps


async def take_files(parts: Parts, job: Removal) -> None:
    work = unpacked(job.work)
    await stop_renders(parts, work["renders"], [work["path"]])
    gone = Gone()
    if work["path"]:
        carried.forget()
        gone = await asyncio.to_thread(all_gone, parts.files, work["path"])
    for place in places(parts, work):
        gone += await asyncio.to_thread(take_away, place)
    await parts.store.removals.change(
        job.id,
        stage="rows",
        files=job.files + gone.files,
        bytes=job.bytes + gone.bytes,
        stored=job.stored + gone.stored,
        fault=None,
    )


async def stop_renders(parts: Parts, renders: Iterable[str], paths: Iterable[str]) -> None:
    """Nothing is made any more of these files, and none of these is given."""
    for one in renders:
        await parts.store.renders.remove(one)
    if parts.live is not None:
        for path in paths:
            await parts.live.renderer.leave(path)


def places(parts: Parts, work: dict[str, Any]) -> list[Path]:
    """What it has beside the recording's folder."""
    renders = parts.files.directory / RENDERS
    return [
        *(renders / f"{one}{suffix}" for one in work["renders"] for suffix in (".mp4", WORK)),
        *(parts.photos.folder(one) for one in work.get("photos", ())),
        *(parts.works.folder(one) for one in work.get("works", ())),
    ]


def take_away(place: Path) -> Gone:
    gone = counted(place)
    if place.is_dir():
        shutil.rmtree(place, ignore_errors=True)
    else:
        place.unlink(missing_ok=True)
    return gone


async def take_rows(parts: Parts, job: Removal) -> None:
    work, store = unpacked(job.work), parts.store
    resource, lesson = work["resource"], work["lesson"]
    if job.what == "media":
        await store.removals.media_gone(job, resource)
        return
    await store.removals.resource_gone(job, resource, lesson)
    if lesson is None:
        await store.removals.lesson_gone(job, None)
    else:
        await parts.journal.remove(lesson, lambda: store.removals.lesson_gone(job, lesson))
        if parts.live is not None:
            await parts.live.gateway.revoke(frozenset(work["participants"]))
    await parts.shelf.sweep(parts.now_ms)


async def see_storage(parts: Parts, job: Removal) -> None:
    """Returns when the storage has nothing of it. Raises StorageFault, `Later`."""
    for path, within in _stored(unpacked(job.work)):
        if parts.files.is_discarded(path, within):
            await parts.files.stored(path)  # if it cannot even say, that is why
            raise Later("storage")
        if await parts.files.stored(f"{path}/{within}" if within else path):
            await asyncio.to_thread(parts.files.discard, path, within)
            raise Later("storage")
    await parts.store.removals.change(job.id, stage="traces", fault=None)


def _stored(work: dict[str, Any]) -> list[tuple[str, str]]:
    """What is in the storage of it: recordings, and stretches in them."""
    whole = [(work["path"], "")] if work.get("path") else []
    return [*whole, *((path, one) for path, some in work.get("stretches", {}).items() for one in some)]


async def see_traces(parts: Parts, job: Removal) -> None:
    """Raises `Later`."""
    work = unpacked(job.work)
    for resource in work.get("touched", [work.get("resource")]):
        if await parts.store.index.waits(resource):
            if parts.live is not None:
                raise Later("index")
            await Indexer(parts).catch_up()
    begins = True
    while await parts.store.index.merge(MERGE_PAGES, begins=begins):
        begins = False
        await asyncio.sleep(0)
    if not await parts.store.removals.swept():
        raise Later("database")
    await _look_again(parts, job, work)


async def _look_again(parts: Parts, job: Removal, work: dict[str, Any]) -> None:
    """Everywhere, whatever the steps before said. Raises `Later`."""
    store = parts.store
    if job.what == "resource" and await store.removals.left(work["resource"], work["lesson"]):
        raise Later(FOUND)
    paths = [parts.files.directory / path / within for path, within in _stored(work)]
    if any(place.exists() for place in (*paths, *places(parts, {"renders": [], **work}))):
        raise Later(FOUND)
    if job.what == "person" and await store.erasing.left(work["participants"]):
        raise Later(FOUND)
    probes, note = _probes(job, work), None
    if job.what == "person" or store.removals.rests or await store.removals.found(probes):
        if not work.get("anew"):
            if any(one.phase == Phase.LIVE for one in await store.lessons.not_ended()):
                raise Later("database")  # to write it anew would hold up a lesson
            await store.removals.swept_anew()
            work = {**work, "anew": True}
            await store.removals.change(job.id, work=packed(work))
        if not await store.removals.swept():
            raise Later("database")
        if await store.removals.found(probes):
            note = ELSEWHERE
    await store.removals.change(job.id, stage="done", fault=note, done_at=parts.now_ms, work="")


def _probes(job: Removal, work: dict[str, Any]) -> list[str]:
    """Ids that are random and stood in every row of it. A resource's own may stand in the journal of another lesson, to
    which it was shown."""
    if job.what == "resource" and work["lesson"] is not None:
        return [work["lesson"], *work["participants"]]
    return []


def lock_of(parts: Parts) -> Path:
    parts.files.directory.mkdir(parents=True, exist_ok=True)
    return parts.files.directory / LOCK
