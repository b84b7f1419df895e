"""Goes on with what is being removed, whatever came between: a crash, a storage that is away, somebody who reads."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import replace

import structlog

from classroom.errors import ClientFault
from classroom.store.records import Removal
from recordings.storage import StorageFault
from web.server.courseware.turns import turn
from web.server.keeping import erasing
from web.server.keeping.removing import Later, lock_of, see_storage, see_traces, take_files, take_rows
from web.server.parts import Parts

LOOK_S, WAIT_S = 0.5, 60.0

log = structlog.get_logger("removing")


async def advance(parts: Parts) -> None:
    """Takes all unfinished jobs as far as they go now."""
    for job in await parts.store.removals.unfinished():
        if job.stage in ("files", "rows"):
            await _resumed(parts, job)
    for job in await parts.store.removals.unfinished():
        if job.stage == "storage":
            with _told(parts, job) as told:
                await see_storage(parts, job)
            await told()
    jobs = [one for one in await parts.store.removals.unfinished() if one.stage == "traces"]
    if jobs:
        with _told(parts, *jobs) as told:
            await see_traces(parts, jobs)
        await told()


async def _resumed(parts: Parts, job: Removal) -> None:
    async with turn(lock_of(parts)):
        for row in [one for one in await parts.store.removals.unfinished() if one.id == job.id]:
            with _told(parts, row) as told:
                if row.what == "person":
                    await erasing.resume(parts, row)
                    continue
                if row.stage == "files":
                    await take_files(parts, row)
                    row = replace(row, stage="rows")
                if row.stage == "rows":
                    await take_rows(parts, row)
            await told()


class _Telling:
    """What kept jobs from going on, to be written down."""

    def __init__(self, parts: Parts, jobs: Iterable[Removal]) -> None:
        self._parts, self._jobs, self.fault = parts, list(jobs), ""

    async def __call__(self) -> None:
        for job in self._jobs if self.fault else ():
            if job.fault != self.fault:
                log.warning("removal_waits", removal=job.id, reason=self.fault)
            await self._parts.store.removals.change(job.id, fault=self.fault, tries=job.tries + 1)


@contextlib.contextmanager
def _told(parts: Parts, *jobs: Removal) -> Iterator[_Telling]:
    telling = _Telling(parts, jobs)
    try:
        yield telling
    except Later as later:
        telling.fault = later.why
    except StorageFault as fault:
        telling.fault = fault.code
    except BlockingIOError:
        telling.fault = "busy"
    except ClientFault as fault:
        telling.fault = fault.code
    except (OSError, ValueError) as error:
        telling.fault = "failing"
        log.error("removal_failed", reason=str(error))


class Remover:
    """Goes on with what is being removed, also after a crash, as long as the server runs."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep_on())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _keep_on(self) -> None:
        while True:
            waits = 0
            try:
                await advance(self._parts)
                waits = min((one.tries for one in await self._parts.store.removals.unfinished()), default=0)
            except ClientFault as fault:
                log.warning("not_removed", reason=fault.code)
            except Exception:  # tried again
                log.exception("not_removed")
            await asyncio.sleep(min(LOOK_S * 2 ** min(waits // 4, 7), WAIT_S))
