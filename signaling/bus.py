"""What the nodes of an installation tell each other, by Redis: the only file that imports it.

Redis only carries. Nothing is kept there, so nothing is lost with it: who owns a lesson and what happened in it is in
the database. Messages are sealed with a secret of the installation, for whoever reaches Redis could otherwise speak as
anyone.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

import redis.asyncio as redis
from prometheus_client import Counter
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from classroom.errors import OperatorFault
from classroom.events import Json, Role

log = logging.getLogger(__name__)

ANSWER_S = 2.0
"""How long Redis may take for anything."""
SILENCE_S = 4.0
"""A node hears at least its own beats; without them its connection is dead."""
AGAIN_S = 0.5
MAX_WAITING = 10_000
"""Messages that wait for a Redis that is slow or away; beyond, they are dropped: all are told again or late by then."""
MAX_BYTES = 4 << 20
SEAL_BYTES = 16
STALE_S = 3.0
"""What waited longer than this is not sent any more, but for what nobody says again."""

REFUSED = Counter("tongke_bus_messages_refused", "Messages between nodes that were not of a node of ours")
DROPPED = Counter("tongke_bus_messages_dropped", "Messages between nodes that Redis did not take in time")


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Beat(_Message):
    """A node is alive; `url` is where media clients reach it."""

    kind: Literal["beat"] = "beat"
    node: str
    url: str


class Took(_Message):
    """A node owns a lesson from now on."""

    kind: Literal["took"] = "took"
    lesson: str
    node: str
    fence: int


class Leaving(_Message):
    """A node stops and owns nothing any more."""

    kind: Literal["leaving"] = "leaving"
    node: str


class Committed(_Message):
    """There are new events in the database, up to this one."""

    kind: Literal["committed"] = "committed"
    lesson: str
    seq: int


class Asked(_Message):
    """A command for the owner of its lesson; `node` waits for the answer to its `question`."""

    kind: Literal["asked"] = "asked"
    node: str
    question: int
    lesson: str
    participant: str
    role: Role
    room: str | None
    also: list[str]
    command: str
    command_kind: str
    data: Json


class Answered(_Message):
    """`seq`, or why not; neither where the lesson is another node's."""

    kind: Literal["answered"] = "answered"
    question: int
    seq: int | None = None
    code: str = ""
    message: str = ""
    status: int = 0
    retry_after_s: int | None = None


class Here(_Message):
    """The participants of a lesson who have sockets at a node: all of them, every few seconds and when it changes."""

    kind: Literal["here"] = "here"
    node: str
    lesson: str
    participants: tuple[str, ...]


class Returned(_Message):
    """A participant's socket went live."""

    kind: Literal["returned"] = "returned"
    node: str
    lesson: str
    participant: str


class Passed(_Message):
    """A signal, ready made, for the sockets of all in these roles, of these participants, of this room's, and of the
    local teachers of these rooms."""

    kind: Literal["passed"] = "passed"
    node: str
    lesson: str
    text: str
    roles: tuple[Role, ...] = ()
    participants: tuple[str, ...] = ()
    room: str | None = None
    taught: tuple[str, ...] = ()
    droppable: bool = False


class Revoked(_Message):
    """Tokens of these participants are good no more."""

    kind: Literal["revoked"] = "revoked"
    participants: tuple[str, ...]


class Erased(_Message):
    """Words in these lessons were replaced by nothing."""

    kind: Literal["erased"] = "erased"
    lessons: tuple[str, ...]


Message = Beat | Took | Leaving | Committed | Asked | Answered | Here | Returned | Passed | Revoked | Erased
_MESSAGES: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="kind")])

ALL = "all"


def to_node(node: str) -> str:
    return f"node:{node}"


def to_lesson(lesson: str) -> str:
    return f"lesson:{lesson}"


@dataclass(frozen=True, slots=True)
class _Sealed:
    channel: str
    content: bytes
    until: float  # of the loop's clock


class Bus:
    """`await reach()`, then `begin()`, and `await close()` at the end. A node hears `ALL`, itself, and the lessons it
    listens to, also what it said itself. `hear` is called with each message; it must not block."""

    def __init__(self, url: str, secret: bytes, node: str, hear: Callable[[Message], None]) -> None:
        self._url = url
        self._secret = secret
        self._hear = hear
        self._channels = {ALL, to_node(node)}
        self._waiting: asyncio.Queue[_Sealed] = asyncio.Queue(MAX_WAITING)
        self._pubsub: redis.client.PubSub | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._warned = False
        self._refused = False

    async def reach(self) -> None:
        """Raises OperatorFault where there is no Redis."""
        try:
            async with self._client() as client:
                await client.ping()
        except (RedisError, OSError, ValueError, TimeoutError) as fault:
            raise OperatorFault(f"--redis: {' '.join(str(fault).split()) or type(fault).__name__}") from None

    def begin(self) -> None:
        self._tasks = [asyncio.create_task(self._keep(self._send)), asyncio.create_task(self._keep(self._receive))]

    async def close(self) -> None:
        """What was said before is sent, if Redis takes it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                await self._waiting.join()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def say(self, channel: str, message: Message) -> None:
        """Never waits; may be lost."""
        sealed = seal(self._secret, channel, message.model_dump_json().encode())
        lasts = isinstance(message, Revoked | Erased)
        until = math.inf if lasts else asyncio.get_running_loop().time() + STALE_S
        self._put(_Sealed(channel, sealed, until))

    def _put(self, one: _Sealed) -> None:
        try:
            self._waiting.put_nowait(one)
        except asyncio.QueueFull:
            DROPPED.inc()

    async def listen_to(self, channel: str) -> None:
        if channel in self._channels:
            return
        self._channels.add(channel)
        if self._pubsub is not None:
            with contextlib.suppress(RedisError, OSError, TimeoutError):  # else with the next connection
                await self._pubsub.subscribe(channel)

    async def leave(self, channel: str) -> None:
        self._channels.discard(channel)
        if self._pubsub is not None:
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                await self._pubsub.unsubscribe(channel)

    def _client(self) -> redis.Redis:
        return redis.Redis.from_url(
            self._url,
            socket_timeout=ANSWER_S,
            socket_connect_timeout=ANSWER_S,
            retry=Retry(NoBackoff(), 0),
        )

    async def _keep(self, work: Callable[[redis.Redis], object]) -> None:
        while True:
            try:
                async with self._client() as client:
                    await work(client)  # type: ignore[misc]
            except (RedisError, OSError, TimeoutError) as fault:
                if not self._warned:
                    self._warned = True
                    log.warning("Redis is away: %s", type(fault).__name__)
            except Exception:
                log.exception("the bus failed")
            await asyncio.sleep(AGAIN_S)

    async def _send(self, client: redis.Redis) -> None:
        while True:
            batch = [await self._waiting.get()]
            while not self._waiting.empty() and len(batch) < 100:
                batch.append(self._waiting.get_nowait())
            now = asyncio.get_running_loop().time()
            fresh = [one for one in batch if one.until > now]
            try:
                async with client.pipeline(transaction=False) as pipeline:
                    for one in fresh:
                        pipeline.publish(one.channel, one.content)
                    await pipeline.execute()
            except BaseException:
                for one in fresh:  # whoever hears it twice takes no harm
                    self._put(one)
                raise
            finally:
                DROPPED.inc(len(batch) - len(fresh))
                for _ in batch:
                    self._waiting.task_done()

    async def _receive(self, client: redis.Redis) -> None:
        async with client.pubsub() as pubsub:
            await pubsub.subscribe(*self._channels)
            self._pubsub = pubsub
            await pubsub.subscribe(*self._channels)  # also those of the meantime
            try:
                while True:
                    got = await pubsub.get_message(timeout=SILENCE_S)
                    if got is None:
                        raise TimeoutError
                    if got["type"] == "message":
                        self._warned = False
                        self._take(got["channel"].decode(errors="replace"), got["data"])
            finally:
                self._pubsub = None

    def _take(self, channel: str, sealed: bytes) -> None:
        message = unsealed(self._secret, channel, sealed)
        if message is None:
            if not self._refused:
                log.warning("what is not of a node of ours speaks on Redis")
            self._refused = True
            REFUSED.inc()
            return
        self._hear(message)


def seal(secret: bytes, channel: str, body: bytes) -> bytes:
    return _mac(secret, channel, body) + body


def unsealed(secret: bytes, channel: str, sealed: bytes) -> Message | None:
    """None for what no node of this installation has said on this channel."""
    mac, body = sealed[:SEAL_BYTES], sealed[SEAL_BYTES:]
    if len(sealed) > MAX_BYTES or not hmac.compare_digest(mac, _mac(secret, channel, body)):
        return None
    try:
        return _MESSAGES.validate_json(body)
    except ValidationError:  # a newer or an older version's
        return None


def _mac(secret: bytes, channel: str, body: bytes) -> bytes:
    return hmac.digest(secret, channel.encode() + b"\0" + body, hashlib.sha256)[:SEAL_BYTES]
