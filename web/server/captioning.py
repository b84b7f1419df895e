"""A service that makes captions: asked by HTTP when a recording is ready, it answers with WebVTT (docs/captions.md).

There is none unless an operator names one. It is told where the sound is, and gets a token that opens that, takes its
captions, and nothing else. Whom it hears it is not told.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import aiohttp
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from classroom.clock import Clock
from classroom.errors import ClientFault, Status
from classroom.events import Json
from classroom.store import Store
from classroom.store.records import Captioning, Resource
from signaling.tokens import ALGORITHM, HEAD, MAX_LENGTH

Sounds = Callable[[Resource, str], Awaitable[list[Json]]]

AUDIENCE = "tongke.captions"
ANSWER_MS = 12 * 3600 * 1000
"""Within which a service that was asked has to answer; so long is its token good."""
WEEK_MS = 7 * 24 * 3600 * 1000
"""Of older recordings captions are made when somebody asks for them."""
AGAIN_MS = (30_000, 120_000, 600_000, 3_600_000)
ASKING_S = 30.0
LOOK_S = 5.0

log = structlog.get_logger("captions")


class Captioner:
    def __init__(self, store: Store, clock: Clock, hook: str, secret: str) -> None:
        self._store, self._clock = store, clock
        self._hook, self._secret = hook, secret
        self._base = ""
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def there(self) -> bool:
        return bool(self._hook)

    def start(self, base: str, sounds: Sounds) -> None:
        """`base`: where the service reaches this server; `sounds`: what may be heard of a recording, with addresses
        under one that is given."""
        self._base, self._sounds = base, sounds
        if self.there:
            self._task = asyncio.create_task(self._keep_asking())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def ask(self, resource: str) -> Captioning:
        """Soon, also where it was asked before."""
        row = await self._store.captions.ask(resource, self._clock.epoch_ms())
        self.wake()
        return row

    def wake(self) -> None:
        """Looks at once for what is due."""
        self._wake.set()

    # asking

    async def _keep_asking(self) -> None:
        async with aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=ASKING_S), cookie_jar=aiohttp.DummyCookieJar()
        ) as http:
            while True:
                try:
                    await self._turn(http)
                except Exception:  # tried again in a moment
                    log.exception("captions_not_asked_for")
                with contextlib.suppress(TimeoutError):  # of Python 3.11 `wait_for` may swallow that it is cancelled
                    async with asyncio.timeout(LOOK_S):
                        await self._wake.wait()
                self._wake.clear()

    async def _turn(self, http: aiohttp.ClientSession) -> None:
        captions, now = self._store.captions, self._clock.epoch_ms()
        await captions.overdue(now)
        for resource in await captions.unasked(now - WEEK_MS):
            with contextlib.suppress(ClientFault):  # removed meanwhile
                await captions.ask(resource, now)
        while row := await captions.claim(now, now + int(2 * ASKING_S * 1000)):
            await captions.settle(await self._asked(http, row, now), ("waiting",))

    async def _asked(self, http: aiohttp.ClientSession, row: Captioning, now: int) -> Captioning:
        """How it stands when the service was asked once more."""
        resource = await self._store.resources.get(row.resource)
        here = f"{self._base}/api/v1/captioning/{row.resource}"
        sounds = await self._sounds(resource, f"{here}/media") if resource else []
        if resource is None or not sounds:
            return replace(row, status="failed", fault="no_sound")
        body = json.dumps(await self._question(resource, sounds, here, now)).encode()
        headers = {"Content-Type": "application/json"}
        if self._secret:
            headers["X-Tongke-Signature"] = "sha256=" + hmac.digest(self._secret.encode(), body, hashlib.sha256).hex()
        try:
            async with http.post(self._hook, data=body, headers=headers, allow_redirects=False) as answer:
                fault = None if answer.status < 300 else "hook_refused"
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            fault = "hook_unreachable"
        if fault is None:
            return replace(row, status="asked", due_at=now + ANSWER_MS, fault=None)
        log.warning("captions_hook", fault=fault, tries=row.tries)
        if row.tries > len(AGAIN_MS):
            return replace(row, status="failed", fault=fault)
        return replace(row, due_at=now + AGAIN_MS[row.tries - 1], fault=fault)

    async def _question(self, resource: Resource, sounds: Sequence[Json], here: str, now: int) -> Json:
        from_ms = min(track["start_ms"] for track in resource.tracks)
        told = [
            {
                "id": track["id"],
                "codec": track["codec"],
                "start_ms": track["start_ms"] - from_ms,
                "end_ms": (track["end_ms"] or resource.duration_ms or track["start_ms"]) - from_ms,
                "playlist": track["playlist"],
            }
            for track in sounds
        ]
        return {
            "resource": resource.id,
            "sounds": told,
            "captions": f"{here}/captions/",
            "progress": here,
            "token": await self.issue(resource.id, now),
            "expires_at": (now + ANSWER_MS) // 1000,
        }

    async def issue(self, resource: str, now: int) -> str:
        claims = {"aud": AUDIENCE, "sub": resource, "exp": (now + ANSWER_MS) // 1000}
        return jwt.encode({"alg": ALGORITHM}, claims, await self._key())

    async def _key(self) -> OctKey:
        return OctKey.import_key(await self._store.settings.secret("captions"))

    # answers

    async def check(self, resource_id: str, authorization: str) -> Resource:
        """That recording, if its bearer was asked about it. Raises ClientFault 401, 404."""
        scheme, _, token = authorization.partition(" ")
        claims: dict[str, Any] = {}
        if scheme.lower() == "bearer" and len(token) <= MAX_LENGTH and token.strip().startswith(HEAD):
            with contextlib.suppress(JoseError, ValueError, RecursionError):
                claims = jwt.decode(token.strip(), await self._key(), [ALGORITHM]).claims
        if claims.get("aud") != AUDIENCE or claims.get("sub") != resource_id:
            raise ClientFault("token_invalid", "This token is not valid here.", Status.UNAUTHENTICATED)
        if claims["exp"] * 1000 <= self._clock.epoch_ms():
            raise ClientFault("token_expired", "This token has expired.", Status.UNAUTHENTICATED)
        resource = await self._store.resources.get(resource_id)
        row = await self._store.captions.captioning(resource_id)
        if resource is None or row is None or row.status == "failed":
            raise ClientFault("not_found", "Nobody waits for captions of this recording.", Status.NOT_FOUND)
        return resource

    async def done(self, resource: str) -> None:
        row = await self._store.captions.captioning(resource)
        if row is not None:
            await self._store.captions.settle(replace(row, status="done", progress=None, fault=None))

    async def went_on(self, resource: str, percent: int | None, failed: bool) -> None:
        row = await self._store.captions.captioning(resource)
        if row is None:
            return
        row = replace(row, progress=percent)
        await self._store.captions.settle(replace(row, status="failed", fault="service_failed") if failed else row)
