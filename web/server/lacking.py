"""Which recordings lack a rendition: sound in AAC, or small pictures of what is seen.

Nothing is asked again of a recording that lacked nothing, until it has another version or an hour has gone by: what was
made may be gone from the disk.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any

from classroom.store import Store
from classroom.store.catalogue import Search
from classroom.store.records import Resource
from recordings.carried import is_carried
from recordings.decoding import DECODERS, MOST_PIXELS
from recordings.files import AAC, STILLS
from recordings.keeping import Files
from recordings.stills import INDEX

RECORDINGS = Search(kind="recording")
AT_ONCE = 1000
LOOK_S = 30.0
FORGET_S = 3600.0

Lack = tuple[Resource, Mapping[str, Any], str]
"""Of which stretch of a recording which rendition is to be made."""


class Lacking:
    def __init__(self, store: Store, files: Files) -> None:
        self._store, self._files = store, files
        self._queue: deque[str] = deque()  # that this look has not come to
        self._whole: dict[str, int] = {}  # which lacked nothing, at what version
        self._hopeless: set[tuple[str, str, str]] = set()  # of which no such rendition can be made
        self._look_s = self._forget_s = 0.0

    async def next(self, now_s: float) -> Lack | None:
        """Of the newest recording that lacks one and whose files are on this disk. What came since the last look is
        found by the next, half a minute later or when there is nothing left."""
        if not self._queue or now_s >= self._look_s:
            await self._look(now_s)
        while self._queue:
            resource = await self._store.resources.get(self._queue[0])
            if resource is not None and resource.status == "ready":
                found = await asyncio.to_thread(self._of, resource)
                if found is not None:
                    return resource, *found
                self._whole[resource.id] = resource.version
            self._queue.popleft()
        return None

    def give_up(self, path: str, stretch: str, what: str) -> None:
        self._hopeless.add((path, stretch, what))

    async def _look(self, now_s: float) -> None:
        self._look_s = now_s + LOOK_S
        if now_s >= self._forget_s:
            self._whole, self._forget_s = {}, now_s + FORGET_S
        self._queue, since = deque(), 0
        while some := await self._store.resources.versions(RECORDINGS, since, AT_ONCE):
            self._queue += [one for one, version in some if self._whole.get(one) != version]
            since += len(some)

    def _of(self, resource: Resource) -> tuple[Mapping[str, Any], str] | None:
        """Looks at the disk."""
        if is_carried(resource):
            return None
        for track in resource.tracks:
            what = self._of_track(resource.path, track)
            if what is not None and (resource.path, track["id"], what) not in self._hopeless:
                return track, what
        return None

    def _of_track(self, path: str, track: Mapping[str, Any]) -> str | None:
        if track["end_ms"] is None or self._files.local(path, track["playlist"]) is None:
            return None
        if track["codec"] == "opus" and not track.get(AAC):
            return AAC
        if track["codec"] in DECODERS and 0 < track["width"] * track["height"] <= MOST_PIXELS:
            made = track.get(STILLS) and self._files.local(path, f"{track[STILLS]}/{INDEX}") is not None
            return None if made else STILLS
        return None
