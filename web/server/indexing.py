"""Keeps the library's index in step: what has changed is gathered and put into it, a little at a time.

What changes a resource's words says so by a trigger of the database (`unindexed`), so nobody has to call this, and
nothing is missed, whichever process or node it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import time

import structlog

from classroom.errors import ClientFault
from classroom.store.index import Waiting
from web.server.gathering import said
from web.server.parts import Parts

LOOK_S, WAIT_S = 1.0, 30.0
"""At the least, and at the most, until it is looked again: at what was written here, and for what another process wrote
or could not be put."""
AT_ONCE = 20
REST_S = 0.01
"""Between two resources, so that others have their turn."""
MERGE_PAGES = 64
MERGE_AFTER_S = 10.0
"""What was taken out of the index lies in its file until parts are merged; they are once it is quiet for so long."""

log = structlog.get_logger("index")


class Indexer:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._task: asyncio.Task[None] | None = None
        self._unmerged_since: float | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep_up())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def catch_up(self) -> int:
        """All that waits now; how much that was."""
        done = 0
        failed = set[Waiting]()
        while waiting := [
            one for one in await self._parts.store.index.waiting(AT_ONCE + len(failed)) if one not in failed
        ]:
            for wait in waiting:
                if await self._put(wait):
                    done += 1
                else:
                    failed.add(wait)
                await asyncio.sleep(REST_S)
        return done

    async def _put(self, wait: Waiting) -> bool:
        """Whether it is in the index. What cannot be gathered or put there now goes on waiting, and holds up no other.
        Raises ClientFault `storage_full`."""
        try:
            texts = await said(self._parts, wait.resource)
        except ClientFault as fault:
            log.warning("not_gathered", resource=wait.resource, reason=fault.code)
            return False
        except Exception:
            log.exception("not_gathered", resource=wait.resource)
            return False
        try:
            await self._parts.store.index.put(wait, texts)
        except ClientFault as fault:
            if fault.code == "storage_full":
                raise  # it would be so with any other
            log.warning("not_put", resource=wait.resource, reason=fault.code)
            return False
        except Exception:
            log.exception("not_put", resource=wait.resource)
            return False
        self._unmerged_since = time.monotonic()
        return True

    async def _keep_up(self) -> None:
        written = self._parts.store.index.written
        while True:
            written.clear()
            try:
                await self.catch_up()
                await self._merge()
            except ClientFault as fault:
                log.warning("not_indexed", reason=fault.code)
            except Exception:  # tried again in a moment
                log.exception("not_indexed")
            await asyncio.sleep(LOOK_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._rest_s()):
                    await written.wait()

    def _rest_s(self) -> float:
        """Until there is something to be merged, where there is."""
        if self._unmerged_since is None:
            return WAIT_S
        return max(0.0, self._unmerged_since + MERGE_AFTER_S - time.monotonic())

    async def _merge(self) -> None:
        if self._unmerged_since is None or time.monotonic() - self._unmerged_since < MERGE_AFTER_S:
            return
        self._unmerged_since, begins = None, True
        while await self._parts.store.index.merge(MERGE_PAGES, begins=begins):
            begins = False
            await asyncio.sleep(REST_S)
            if await self._parts.store.index.waiting(1):
                self._unmerged_since = time.monotonic()
                return


async def rebuilt(parts: Parts) -> int:
    """The whole index anew; of how many resources."""
    await parts.store.index.prepare(anew=True)
    return await Indexer(parts).catch_up()
