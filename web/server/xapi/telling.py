"""What pages tell of playing, for a learning record store: who watches is an account under a name that says nothing."""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Iterable
from uuid import uuid4

from classroom.store.records import Account, Resource
from web.server.statements import agent
from web.server.xapi.sending import Store
from web.server.xapi.viewing import Moment, Viewing, video

MOST = 20_000
"""Viewings at once; the one that was silent for longest ends first."""
SILENT_MS = 30 * 60_000
"""After so long it has ended, though no page said so."""


class Telling:
    def __init__(self, store: Store, base: str, secret: bytes, *, with_names: bool) -> None:
        self._store, self._base, self._secret, self._with_names = store, base, secret, with_names
        self._viewings: OrderedDict[tuple[str, str], Viewing] = OrderedDict()

    def tell(self, resource: Resource, account: Account, moments: Iterable[Moment], now_ms: int, *, anew: bool) -> None:
        """`anew`: of a page that tells for the first time."""
        self._sweep(now_ms)
        key = (resource.id, account.id)
        if anew and (before := self._viewings.pop(key, None)):
            self._end(account.id, before, now_ms)
        viewing = self._viewings.get(key)
        if viewing is None:
            viewing = self._viewings[key] = self._begun(resource, account, now_ms)
        self._viewings.move_to_end(key)
        for moment in moments:
            self._store.put(viewing.tell(moment, _id), self._who(account.id))
            if moment.what == "terminated":
                self._viewings.pop(key, None)
                return

    def forget(self, account: str) -> None:
        """Of who is erased nothing more is told, also of what waits."""
        self._viewings = OrderedDict((key, one) for key, one in self._viewings.items() if key[1] != account)
        self._store.forget(self._who(account))

    def _who(self, account: str) -> str:
        return hmac.digest(self._secret, account.encode(), hashlib.sha256).hex()[:32]

    def _begun(self, resource: Resource, account: Account, now_ms: int) -> Viewing:
        who = self._who(account.id)
        actor = agent(self._base, who, account.name if self._with_names else None)
        length_s = (resource.duration_ms or 0) / 1000
        viewing = Viewing(_id(), actor, video(self._base, resource.id, resource.title), length_s, now_ms)
        self._store.put([viewing.begin(_id)], who)
        return viewing

    def _sweep(self, now_ms: int) -> None:
        while self._viewings:
            key, oldest = next(iter(self._viewings.items()))
            if len(self._viewings) < MOST and now_ms - oldest.said_ms < SILENT_MS:
                return
            del self._viewings[key]
            self._end(key[1], oldest, oldest.said_ms)

    def _end(self, account: str, viewing: Viewing, at_ms: int) -> None:
        self._store.put(viewing.tell(Moment("terminated", viewing.at_s, at_ms), _id), self._who(account))


def _id() -> str:
    return str(uuid4())
