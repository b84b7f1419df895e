"""Goes on with what is being removed, whatever came between: a crash, a storage that is away, somebody who reads."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Collection, Iterator
from dataclasses import replace

import structlog

from classroom.errors import ClientFault
from classroom.store.records import Removal
from classroom.store.removals import unpacked
from recordings.storage import StorageFault
from web.server.courseware.turns import turn
from web.server.keeping import erasing
from web.server.keeping.removing import Later, lock_of, see_storage, see_traces, take_files, take_rows
from web.server.parts import Parts

LOOK_S, WAIT_S = 0.5, 60.0
"""At the least, and at the most, until it is looked again: at what waits, and for what another node left behind."""

log = structlog.get_logger("removing")


async def advance(parts: Parts, resting: Collection[str] = ()) -> None:
    """Takes all unfinished jobs as far as they go now, but for those that are `resting`. None holds up another."""
    for job in await parts.store.removals.unfinished():
        if job.id not in resting:
            await _advance(parts, job)


async def _advance(parts: Parts, job: Removal) -> None:
    telling = _Telling(parts, job)
    with _told(telling):
        if job.stage in ("files", "rows"):
            job = await _resumed(parts, job)
        if job.stage == "storage":
            await see_storage(parts, job)
            job = replace(job, stage="traces")
        if job.stage == "traces":
            await see_traces(parts, job)
    await telling.write()


async def _resumed(parts: Parts, job: Removal) -> Removal:
    """As it then is; who asked for it may be at it."""
    async with turn(lock_of(parts)):
        row = await parts.store.removals.get(job.id)
        if row is None or row.stage not in ("files", "rows"):
            return row or replace(job, stage="done")
        if row.stage == "files" and await _is_held(parts, row):
            raise Later("on_hold")
        if row.what == "person":
            await erasing.resume(parts, row)
        else:
            if row.stage == "files":
                await take_files(parts, row)
                row = await parts.store.removals.get(job.id) or row
            await take_rows(parts, row)
        return await parts.store.removals.get(job.id) or replace(row, stage="done")


async def _is_held(parts: Parts, job: Removal) -> bool:
    work = unpacked(job.work)
    if job.what == "person":
        await parts.store.holds.check_people(work["participants"], work["account"])
        return False
    return bool(await parts.store.holds.of([work["resource"]]))


class _Telling:
    """What kept a job from going on, to be written down."""

    def __init__(self, parts: Parts, job: Removal) -> None:
        self._parts, self._job, self.fault = parts, job, ""

    async def write(self) -> None:
        if not self.fault:
            return
        if self._job.fault != self.fault:
            log.warning("removal_waits", removal=self._job.id, reason=self.fault)
        await self._parts.store.removals.change(self._job.id, fault=self.fault, tries=self._job.tries + 1)


@contextlib.contextmanager
def _told(telling: _Telling) -> Iterator[None]:
    """Whatever it is, later jobs want their turn."""
    try:
        yield
    except Later as later:
        telling.fault = later.why
    except (StorageFault, ClientFault) as fault:
        telling.fault = fault.code
    except BlockingIOError:
        telling.fault = "busy"
    except Exception:
        telling.fault = "failing"
        log.exception("removal_failed")


class Remover:
    """Goes on with what is being removed, also after a crash, as long as the server runs."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._task: asyncio.Task[None] | None = None
        self._due: dict[str, float] = {}  # when a job is looked at again

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep_on())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _keep_on(self) -> None:
        while True:
            try:
                await self._look()
            except ClientFault as fault:
                log.warning("not_removed", reason=fault.code)
            except Exception:  # tried again
                log.exception("not_removed")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._rest_s()):
                    await self._parts.removing.wait()
            self._parts.removing.clear()

    def _rest_s(self) -> float:
        """Until what waits is due."""
        first = min(self._due.values(), default=time.monotonic() + WAIT_S)
        return max(LOOK_S, first - time.monotonic())

    async def _look(self) -> None:
        now = time.monotonic()
        await advance(self._parts, [one for one, due in self._due.items() if due > now])
        waiting = {one.id: one.tries for one in await self._parts.store.removals.unfinished()}
        rests = {one: now + min(LOOK_S * 2 ** min(tries // 4, 7), WAIT_S) for one, tries in waiting.items()}
        self._due = {one: self._due[one] if self._due.get(one, 0) > now else due for one, due in rests.items()}
