"""Which openings of recordings are noted: one for each time that somebody looks, however many files that takes."""

from __future__ import annotations

from collections import OrderedDict

from classroom.ids import new_id
from classroom.store import Store
from classroom.store.records import Opening, OpeningWay

APART_MS = 30 * 60_000
"""After so long without a request it is another opening."""
MOST = 20_000
RECORDED = frozenset({"recording", "joined"})


class Openings:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._last: OrderedDict[tuple[str, str, str], int] = OrderedDict()  # resource, who, how → when last asked for

    async def note(
        self, resource: str, account: str | None, link: str | None, way: OpeningWay, now: int, holder: str = ""
    ) -> None:
        """Before anything is given out, so that nothing is that was not noted. A page that plays fetches media: that is
        no opening of its own. `holder`: which of those who came by the link,
        or practise."""
        who = f"{link} {holder}" if link or holder else account or ""
        for known in ("web", "hls") if way == "hls" else (way,):
            key = resource, who, known
            if now - self._last.get(key, -APART_MS) < APART_MS:
                self._touch(key, now)
                return
        key = resource, who, way
        self._touch(key, now)
        try:
            await self._store.openings.add(Opening(new_id(), resource, now, way, account, link))
        except BaseException:
            self._last.pop(key, None)
            raise

    def _touch(self, key: tuple[str, str, str], now: int) -> None:
        self._last[key] = now
        self._last.move_to_end(key)
        while len(self._last) > MOST:
            self._last.popitem(last=False)
