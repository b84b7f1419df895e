"""What goes to many at once: whole, in order, and at no cost to those who read when one does not."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import weakref
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import aiohttp
import pytest

from classroom.events import Role
from signaling import wire
from signaling.lines import MAX_WAITING, STALLED, Line, Ready
from web.server.tablets import Tablet

LARGE = 100_000


class Reader(Tablet):
    """Keeps the alarms it was told, as numbers."""

    def __init__(self, http: aiohttp.ClientSession, base: str, token: str) -> None:
        super().__init__(http, base, token, self._keep)
        self.got: list[int] = []
        self.sizes: list[int] = []

    def _keep(self, name: str, content: str) -> None:
        if name == "signal" and (signal := json.loads(content))["kind"] == "alarm":
            self.got.append(int(signal["data"]["code"]))
            self.sizes.append(len(signal["data"]["message"]))

    def read_no_more(self) -> None:
        self._transport().pause_reading()

    def read_again(self) -> None:
        self._transport().resume_reading()

    def _transport(self) -> asyncio.Transport:
        assert self._socket is not None
        connection = self._socket._response.connection
        assert connection is not None
        assert isinstance(connection.transport, asyncio.Transport)
        return connection.transport


@pytest.fixture
async def teachers(live: Any) -> AsyncIterator[tuple[Reader, Reader]]:
    async with aiohttp.ClientSession() as http:
        one, other = (
            Reader(http, live.url.rstrip("/"), live.token(live.claims(Role.LEAD_TEACHER, name)))
            for name in ("t1", "t2")
        )
        for reader in (one, other):
            await reader.open()
        yield one, other
        for reader in (one, other):
            await reader.close()


def stalled() -> float:
    return float(STALLED._value.get())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def has(reader: Reader, count: int) -> None:
    """All that was posted so far, in order."""
    await until(lambda: len(reader.got) == count)
    assert reader.got == list(range(count))


async def test_messages_of_every_size_arrive_whole(live: Any, teachers: tuple[Reader, Reader]) -> None:
    sizes = [1, *range(100), 60_000, 65_300, 65_400, 65_500, 65_600, 70_000, 1_000_000]
    for number, size in enumerate(sizes):
        live.gateway.alarm(live.lesson, str(number), "课" * size)
    for reader in teachers:
        await has(reader, len(sizes))
        assert reader.sizes == sizes


async def test_what_is_posted_in_one_turn_of_the_loop_is_one_write(
    live: Any, teachers: tuple[Reader, Reader], monkeypatch: pytest.MonkeyPatch
) -> None:
    writes, post = [], Line.post

    def counted(line: Line, messages: Sequence[Ready], frames: bytes, now: float) -> None:
        writes.append(len(messages))
        post(line, messages, frames, now)

    monkeypatch.setattr(Line, "post", counted)
    for count in range(3):
        live.gateway.alarm(live.lesson, str(count), "")
    for reader in teachers:
        await has(reader, 3)
    assert writes == [3, 3]


async def test_who_reads_late_gets_all_in_order(live: Any, teachers: tuple[Reader, Reader]) -> None:
    reading, other = teachers
    other.read_no_more()
    count = 0
    while not any(line._queue.waiting > MAX_WAITING / 4 for line in live.gateway._lines.values()):
        live.gateway.alarm(live.lesson, str(count), "x" * LARGE)
        count += 1
        await asyncio.sleep(0)
    other.read_again()
    for _ in range(500):  # while the queue empties, and after
        live.gateway.alarm(live.lesson, str(count), "")
        count += 1
        await asyncio.sleep(0.001)
    await has(reading, count)
    await has(other, count)


async def test_who_does_not_read_is_hung_up_on_and_the_others_notice_nothing(
    live: Any, teachers: tuple[Reader, Reader]
) -> None:
    reading, other = teachers
    before, count = stalled(), 0
    other.read_no_more()
    while stalled() == before:
        assert count < 1000, "40 MB of buffers between two processes of one machine?"
        live.gateway.alarm(live.lesson, str(count), "x" * LARGE)
        count += 1
        if count % 10 == 0:
            await has(reading, count)
    assert count > MAX_WAITING / LARGE
    await has(reading, count)
    await until(lambda: len(live.gateway._lines) == 1)
    assert other.got == list(range(len(other.got)))

    # It comes back, and has all that is kept.
    await other.cut()
    at = await reading.command("chat.say", {"message": "m1", "text": "你好"})
    await other.open()
    assert other.seq == at


@pytest.mark.parametrize("how", ["cut", "close"])
async def test_a_socket_that_is_gone_leaves_nothing_to_the_garbage_collector(
    live: Any, teachers: tuple[Reader, Reader], how: str
) -> None:
    there = [weakref.ref(thing) for line in live.gateway._lines.values() for thing in (line, line._sock)]
    gc.disable()
    try:
        for reader in teachers:
            await getattr(reader, how)()
        await until(lambda: not any(thing() is not None for thing in there))
    finally:
        gc.enable()


class Silent(Reader):
    """Reads, and says nothing."""

    async def _take(self, socket: aiohttp.ClientWebSocketResponse, text: str) -> None:
        if text != "2":
            await super()._take(socket, text)


async def test_of_large_packets_one_is_read_in_a_turn_of_the_loop(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    loop, turn, read = asyncio.get_running_loop(), 0, []

    def turned() -> None:
        nonlocal turn
        turn += 1
        loop.call_soon(turned)

    def parse(text: str, parse: Callable[[str], wire.ClientPacket] = wire.parse) -> wire.ClientPacket:
        if len(text) > LARGE:
            read.append(turn)
        return parse(text)

    monkeypatch.setattr(wire, "parse", parse)
    async with aiohttp.ClientSession() as http, contextlib.AsyncExitStack() as stack:
        tablets = []
        for number in range(8):
            token = live.token(live.claims(Role.STUDENT, f"s{number}"))
            tablet = Tablet(http, live.url.rstrip("/"), token)
            await tablet.open()
            stack.push_async_callback(tablet.close)
            tablets.append(tablet)
        loop.call_soon(turned)
        wrong = {"activity": "a", "text": "x" * LARGE}
        refused = await asyncio.gather(
            *(one.command("activity.answer", wrong) for one in tablets), return_exceptions=True
        )
    assert {str(one) for one in refused} == {"malformed"}
    assert len(read) == len(set(read)) == len(tablets)


async def test_who_answers_no_ping_is_hung_up_on(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signaling.gateway.PING_INTERVAL_S", 0.5)
    monkeypatch.setattr("signaling.gateway.PING_TIMEOUT_S", 1)
    async with aiohttp.ClientSession() as http:
        kinds = {"t1": Reader, "t2": Silent}
        talking, silent = (
            kind(http, live.url.rstrip("/"), live.token(live.claims(Role.LEAD_TEACHER, name)))
            for name, kind in kinds.items()
        )
        await talking.open()
        await silent.open()
        closed = live.gateway._desk.closed
        silences: list[float] = []
        live.gateway._desk.closed = lambda sid, silent_s: (silences.append(silent_s), closed(sid, silent_s))
        await until(lambda: silent._socket is not None and silent._socket.closed)
        await asyncio.sleep(1)
        live.gateway.alarm(live.lesson, "0", "")
        await has(talking, 1)
        assert len(live.gateway._lines) == 1
        (silent_s,) = silences
        assert 1.5 <= silent_s < 3  # since it was last heard, not since it was given up
        await talking.close()
        await silent.close()
