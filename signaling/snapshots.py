"""Snapshots of lessons: made once for all viewers of a role, compressed once, and fetched by HTTP where they are large.

What is fetched is `{state, own, events, seq, at}`: `state` is what everyone of the role was shown a moment ago, `own`
the fields that are different for this viewer, `events` what happened since. So a fetch costs what is the viewer's own,
and that is little, however large the lesson is and however many come at once.
"""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic_core import to_json

from classroom.clock import Clock
from classroom.events import Json, Role, Seat
from classroom.journal import Journal
from classroom.rules import State, own, seated, shared

from .fanout import projected

FRESH_S = 2.0
FEW = 200
"""One is offered as long as it is this young, or no more events than this have come since."""
KEPT_S = 60.0
"""So long nobody has asked for it: it is forgotten."""
FIELDS_DEEP = 5
"""state, board, pages, a page, strokes: each of which is a piece."""

# RFC 1952: a member's header (deflate, no name, no time), and RFC 1951 without zlib's own.
GZIP = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
RAW = -zlib.MAX_WBITS


@dataclass(slots=True)
class Snapshot:
    """`head` is a gzip stream up to the end of what is everyone's, which is `size` bytes with that checksum."""

    state: State
    texts: Mapping[str, str]
    shared: State
    head: bytes
    size: int
    crc: int
    made_at: float
    asked_at: float
    reads: int


class Snapshots:
    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._latest: dict[tuple[str, Role], Snapshot] = {}
        self._making: dict[tuple[str, Role], asyncio.Task[Snapshot]] = {}
        self._turn = asyncio.Lock()

    async def latest(self, lesson: str, role: Role) -> Snapshot:
        """A recent one; where there is none it is made, in a thread, for all who wait. Raises ClientFault."""
        key = lesson, role
        while True:
            state = await self._journal.state(lesson)
            known = self._latest.get(key)
            if known is not None and self._is_good(known, state):
                known.asked_at = self._clock.monotonic()
                return known
            if key not in self._making:
                self._making[key] = asyncio.create_task(self._make(lesson, role, state))
            made = await asyncio.shield(self._making[key])
            if made.reads == self._journal.reads:  # however much happened meanwhile
                return made

    async def body(self, lesson: str, viewer: Seat) -> tuple[bytes, bytes]:
        """What a viewer fetches, gzipped, in two parts of which the first is everyone's. Raises ClientFault."""
        async with self._turn:  # where a thousand ask at once, the rest of the server has its turn between them
            await asyncio.sleep(0)
        snapshot = await self.latest(lesson, viewer.role)
        events = await self._journal.events(lesson, snapshot.state["seq"])
        viewer = seated(self._journal.committed(lesson), viewer)
        tail = {
            "own": own(snapshot.state, viewer, snapshot.texts, snapshot.shared),
            "events": [event.json() for event in projected(events, snapshot.texts, viewer)],
            "seq": events[-1].seq if events else snapshot.state["seq"],
            "at": self._journal.clock_of(lesson).at_of(self._clock.monotonic()),
        }
        return snapshot.head, _ended(snapshot, tail)

    def tidy(self) -> None:
        now = self._clock.monotonic()
        self._latest = {key: one for key, one in self._latest.items() if now - one.asked_at < KEPT_S}

    async def close(self) -> None:
        await asyncio.gather(*self._making.values(), return_exceptions=True)

    def _is_good(self, known: Snapshot, state: State) -> bool:
        """What was made before the lesson was read anew may hold words that are erased."""
        recent = state["seq"] - known.state["seq"] <= FEW or self._clock.monotonic() - known.made_at < FRESH_S
        return recent and known.reads == self._journal.reads

    async def _make(self, lesson: str, role: Role, state: State) -> Snapshot:
        reads, now = self._journal.reads, self._clock.monotonic()
        try:
            texts = await self._journal.texts(lesson)
            made = self._latest[lesson, role] = await asyncio.to_thread(_made, state, role, texts, now, reads)
        finally:
            del self._making[lesson, role]  # before anyone who waits goes on, and may want another
        return made


def _made(state: State, role: Role, texts: Mapping[str, str], now: float, reads: int) -> Snapshot:
    seen = shared(state, role, texts)
    text = b'{"state":' + b"".join(_pieces(seen, FIELDS_DEEP))
    deflate = zlib.compressobj(wbits=RAW)
    head = GZIP + deflate.compress(text) + deflate.flush(zlib.Z_SYNC_FLUSH)
    return Snapshot(state, texts, seen, head, len(text), zlib.crc32(text), now, now, reads)


def _ended(snapshot: Snapshot, tail: Json) -> bytes:
    """The rest of the stream: deflate lets it begin anew at a byte's edge, and a checksum goes on from where it was."""
    text = b"," + to_json(tail)[1:]
    deflate = zlib.compressobj(wbits=RAW)
    size = snapshot.size + len(text)
    return (
        deflate.compress(text) + deflate.flush() + struct.pack("<II", zlib.crc32(text, snapshot.crc), size & 0xFFFFFFFF)
    )


def _pieces(value: object, deep: int) -> Iterator[bytes]:
    """JSON, in pieces so small that making one holds up no other thread."""
    if deep and isinstance(value, dict):
        between = b"{"
        for key, part in value.items():
            yield between + to_json(key) + b":"
            yield from _pieces(part, deep - 1)
            between = b","
        yield b"}" if value else b"{}"
    elif deep and isinstance(value, list):
        between = b"["
        for part in value:
            yield between
            yield from _pieces(part, deep - 1)
            between = b","
        yield b"]" if value else b"[]"
    else:
        yield to_json(value)
