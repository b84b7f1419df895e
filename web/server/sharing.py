"""Who comes to a resource by a link: the pass that is given for the secret, a cookie for this resource, for hours."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass

from classroom.access import Deed, LinkState, by_link, deeds, standings, state_of
from classroom.errors import ClientFault, Status
from classroom.ids import new_id
from classroom.store import Store
from classroom.store.joined import KIND
from classroom.store.records import Resource, SharedLink
from web.server.limits import Bucket, LockOut, Turns
from web.server.live.keys import derived
from web.server.passwords import Passwords

LIFE_S = 6 * 3600


def cookie(resource: str) -> str:
    """One for each: an answer sets no two of one name."""
    return f"tongke-link-{resource}"


@dataclass(frozen=True, slots=True)
class Pass:
    """What a cookie says: which link, in whose hands (a word by chance for each who came by it), until when (s since
    1970)."""

    link: str
    holder: str
    until_s: int

    def written(self, secret: bytes, resource: str) -> str:
        return f"{self.link}.{self.holder}.{self.until_s}.{self._mac(secret, resource)}"

    @staticmethod
    def read(secret: bytes, resource: str, value: str, now_s: float) -> Pass | None:
        """None for what this installation did not give for this resource, or is over."""
        said = value.split(".")
        if not value.isascii() or len(said) != 4 or not said[2].isdecimal() or len(said[2]) > 12:
            return None
        link, holder, until, mac = said
        found = Pass(link, holder, int(until))
        good = hmac.compare_digest(found._mac(secret, resource), mac)
        return found if good and now_s < found.until_s else None

    def _mac(self, secret: bytes, resource: str) -> str:
        return derived(secret, "pass", self.link, self.holder, resource, str(self.until_s))


class Sharing:
    """Attempts are counted by address for secrets. Wrong passwords are by link and address, so that nobody shuts out
    the others, and by link from wherever they come. From one address, and of one link's password, one is looked at at a
    time: each is counted before the next, and its work holds up nobody who signs in."""

    def __init__(self, store: Store, passwords: Passwords, now_ms: Callable[[], int]) -> None:
        self._store, self._passwords, self._now_ms = store, passwords, now_ms
        self._turns = Turns()
        self._misses = Bucket(20, 3.0)
        self._guesses = Bucket(60, 1.0)
        self._wrong = LockOut()
        self._wrong_in_all = Bucket(100, 30.0)
        self._secret = b""

    async def enter(self, address: str, secret: str, password: str | None) -> SharedLink:
        """The link, if this is its secret and its password. Guessed and revoked ones get the same answer, after the
        same work; who has the secret hears that it is over. Raises ClientFault `link_invalid` and `link_expired` (404),
        `password_needed` and `password_wrong` (401), `too_often` and `locked_out` (429)."""
        async with self._turns.of(address):
            return await self._entered(address, secret, password)

    async def _entered(self, address: str, secret: str, password: str | None) -> SharedLink:
        now_s = self._now_ms() / 1000
        self._misses.check(address, now_s)
        link = await self._store.access.by_secret(secret)
        state = LinkState.REVOKED if link is None else state_of(link, self._now_ms())
        hashed = link.password_hash if link is not None and state is LinkState.OPEN else None
        right = False
        if password is not None and link is not None and hashed is not None:
            async with self._turns.of(link.id):
                right = await self._guessed(link, hashed, address, password)
        elif password is not None:
            self._guesses.take(address, now_s)
            await self._passwords.matches(password, None)
        if link is None or state is LinkState.REVOKED or not await self._opens(link, link.created_at):
            self._misses.take(address, self._now_ms() / 1000)
            raise ClientFault("link_invalid", "This link leads nowhere (any more).", Status.NOT_FOUND)
        if state is LinkState.EXPIRED:
            raise ClientFault("link_expired", "This link is over. Ask who sent it for another.", Status.NOT_FOUND)
        if link.password_hash is None:
            return link
        if password is None:
            raise ClientFault("password_needed", "This link has a password.", Status.UNAUTHENTICATED)
        if not right:
            raise ClientFault("password_wrong", "The password is not right.", Status.UNAUTHENTICATED)
        return link

    async def _guessed(self, link: SharedLink, hashed: str, address: str, password: str) -> bool:
        now_s = self._now_ms() / 1000
        self._wrong.check(_from(link, address), now_s)
        self._wrong_in_all.check(link.id, now_s)
        self._guesses.take(address, now_s)
        if await self._passwords.matches(password, hashed):
            self._wrong.succeeded(_from(link, address))
            return True
        self._wrong.failed(_from(link, address), self._now_ms() / 1000)
        self._wrong_in_all.take(link.id, self._now_ms() / 1000)
        return False

    async def passes(self, link: SharedLink) -> dict[str, str]:
        """By resource, the cookie's value: the resource's own, and where it is made of others, theirs."""
        until_s = min(self._now_ms() // 1000 + LIFE_S, link.expires_at // 1000)
        parts = await self._store.joins.parts(link.resource)
        secret, given = await self._key(), Pass(link.id, new_id(), until_s)
        return {one: given.written(secret, one) for one in [link.resource, *(row.id for row in parts)]}

    async def opened_by(self, resource_id: str, value: str) -> tuple[Resource, SharedLink, str] | None:
        """What a pass is good for now, and in whose hands it is: it is looked up each time, so that what was taken back
        is gone at once."""
        given = Pass.read(await self._key(), resource_id, value, self._now_ms() / 1000)
        link = await self._store.access.link(given.link) if given is not None else None
        if given is None or link is None:
            return None
        resource = (await self._opens(link, self._now_ms())).get(resource_id)
        return (resource, link, given.holder) if resource is not None else None

    async def _opens(self, link: SharedLink, now_ms: int) -> dict[str, Resource]:
        """What a link leads to at this time, by id: its resource, and what that is made of. Nothing once one of these
        is withdrawn, or is not for who made the link to share (any more)."""
        whole = await self._store.resources.get(link.resource)
        maker = await self._store.accounts.get(link.maker) if link.maker is not None else None
        if whole is None or (link.maker is not None and (maker is None or maker.disabled)):
            return {}
        found = [whole, *(await self._store.joins.parts(whole.id) if whole.kind == KIND else ())]
        for one in found:
            theirs, makers = by_link(link, now_ms), standings(maker, one, ())
            if Deed.SEE not in deeds(theirs, one.state) or Deed.SHARE not in deeds(makers, one.state):
                return {}
        return {one.id: one for one in found}

    async def _key(self) -> bytes:
        self._secret = self._secret or await self._store.settings.secret("shared")
        return self._secret


def _from(link: SharedLink, address: str) -> str:
    return f"{link.id} {address}"
