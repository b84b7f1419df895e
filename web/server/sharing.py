"""Who comes to a resource by a link: the pass that is given for the secret, a cookie for this resource, for hours."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass

from classroom.access import Deed, LinkState, by_link, deeds, standings, state_of
from classroom.errors import ClientFault, Status
from classroom.store import Store
from classroom.store.joined import KIND
from classroom.store.records import Resource, SharedLink
from web.server.limits import Bucket, LockOut
from web.server.live.keys import derived
from web.server.passwords import Passwords

LIFE_S = 6 * 3600


def cookie(resource: str) -> str:
    """One for each: an answer sets no two of one name."""
    return f"tongke-link-{resource}"


@dataclass(frozen=True, slots=True)
class Pass:
    """What a cookie says: which link, until when (s since 1970)."""

    link: str
    until_s: int

    def written(self, secret: bytes, resource: str) -> str:
        return f"{self.link}.{self.until_s}.{self._mac(secret, resource)}"

    @staticmethod
    def read(secret: bytes, resource: str, value: str, now_s: float) -> Pass | None:
        """None for what this installation did not give for this resource, or is over."""
        link, _, rest = value.partition(".")
        until, _, mac = rest.partition(".")
        if not (until.isascii() and until.isdecimal() and len(until) <= 12):
            return None
        found = Pass(link, int(until))
        good = hmac.compare_digest(found._mac(secret, resource).encode(), mac.encode(errors="replace"))
        return found if good and now_s < found.until_s else None

    def _mac(self, secret: bytes, resource: str) -> str:
        return derived(secret, "pass", self.link, resource, str(self.until_s))


class Sharing:
    """Attempts are counted by address for secrets, and by link for passwords, wherever they come from."""

    def __init__(self, store: Store, passwords: Passwords, now_ms: Callable[[], int]) -> None:
        self._store, self._passwords, self._now_ms = store, passwords, now_ms
        self._misses = Bucket(20, 3.0)
        self._wrong = LockOut()
        self._secret = b""

    async def enter(self, address: str, secret: str, password: str | None) -> SharedLink:
        """The link, if this is its secret and its password. Guessed and revoked ones get the same answer, after the
        same work; who has the secret hears that it is over. Raises ClientFault `link_invalid` and `link_expired` (404),
        `password_needed` and `password_wrong` (401), `too_often` and `locked_out` (429)."""
        now_s = self._now_ms() / 1000
        self._misses.check(address, now_s)
        link = await self._store.access.by_secret(secret)
        state = LinkState.REVOKED if link is None else state_of(link, self._now_ms())
        hashed = link.password_hash if link is not None and state is LinkState.OPEN else None
        if link is not None and hashed is not None and password is not None:
            self._wrong.check(link.id, now_s)
        right = password is not None and await self._passwords.matches(password, hashed)
        if link is None or state is LinkState.REVOKED or await self._closed(link):
            self._misses.take(address, self._now_ms() / 1000)
            raise ClientFault("link_invalid", "This link leads nowhere (any more).", Status.NOT_FOUND)
        if state is LinkState.EXPIRED:
            raise ClientFault("link_expired", "This link is over. Ask who sent it for another.", Status.NOT_FOUND)
        if link.password_hash is None:
            return link
        if password is None:
            raise ClientFault("password_needed", "This link has a password.", Status.UNAUTHENTICATED)
        if not right:
            self._wrong.failed(link.id, self._now_ms() / 1000)
            raise ClientFault("password_wrong", "The password is not right.", Status.UNAUTHENTICATED)
        self._wrong.succeeded(link.id)
        return link

    async def passes(self, link: SharedLink) -> dict[str, str]:
        """By resource, the cookie's value: the resource's own, and where it is made of others, theirs."""
        until_s = min(self._now_ms() // 1000 + LIFE_S, link.expires_at // 1000)
        parts = await self._store.joins.parts(link.resource)
        secret = await self._key()
        return {one: Pass(link.id, until_s).written(secret, one) for one in [link.resource, *(row.id for row in parts)]}

    async def opened_by(self, resource_id: str, value: str) -> tuple[Resource, SharedLink] | None:
        """What a pass is good for now: it is looked up each time, so that what was taken back is gone at once."""
        given = Pass.read(await self._key(), resource_id, value, self._now_ms() / 1000)
        link = await self._store.access.link(given.link) if given is not None else None
        resource = await self._store.resources.get(resource_id)
        if link is None or resource is None or Deed.SEE not in deeds(by_link(link, self._now_ms()), resource.state):
            return None
        if link.resource != resource_id and not await self._part_of(link, resource):
            return None
        return resource, link

    async def _closed(self, link: SharedLink) -> bool:
        """What is withdrawn is nobody's to see, whatever link leads there."""
        resource = await self._store.resources.get(link.resource)
        return resource is None or Deed.SEE not in deeds(by_link(link, link.created_at), resource.state)

    async def _part_of(self, link: SharedLink, resource: Resource) -> bool:
        """Whether it is a part of what the link is for, and who made that link may share it still."""
        whole = await self._store.resources.get(link.resource)
        if whole is None or whole.kind != KIND or Deed.SEE not in deeds(by_link(link, self._now_ms()), whole.state):
            return False
        if resource.id not in {one.id for one in await self._store.joins.parts(whole.id)}:
            return False
        maker = await self._store.accounts.get(link.maker) if link.maker is not None else None
        if link.maker is not None and (maker is None or maker.disabled):
            return False
        return Deed.SHARE in deeds(standings(maker, resource, ()), resource.state)

    async def _key(self) -> bytes:
        self._secret = self._secret or await self._store.settings.secret("shared")
        return self._secret
