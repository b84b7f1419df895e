"""The measurements' load measures rightly: what is sent without a server arrives whole, and what is changed is seen."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest

from tests.bench import trace
from tests.bench.load import sdp
from tests.bench.load.client import Client
from tests.bench.load.dtls import PROFILES, Identity
from tests.bench.load.fleet import AUDIO, VIDEO, Fleet
from tests.unit.media.peers import until


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    one = Fleet(nice=0)
    yield one
    one.close()


@pytest.fixture
def clients() -> list[Client]:
    identity = Identity(tuple(PROFILES))
    return [Client("127.0.0.1", identity) for _ in range(2)]


async def window(fleet: Fleet) -> None:
    """Half a second's packets, all of them counted."""
    fleet.open_window()
    await asyncio.sleep(0.5)
    fleet.close_window()
    with contextlib.suppress(AssertionError):
        await until(lambda: fleet.figures(VIDEO).delivered == fleet.figures(VIDEO).expected, 2)


async def test_what_is_sent_arrives_whole(fleet: Fleet, clients: list[Client]) -> None:
    fleet.trace(trace.given())
    fleet.direct(*clients)
    await until(lambda: fleet.first_frame_ns(clients[1]))
    await window(fleet)
    for kind, least in ((VIDEO, 500), (AUDIO, 20)):
        figures = fleet.figures(kind)
        assert figures.expected == figures.delivered
        assert figures.expected > least
        assert figures.doubled == 0
    assert fleet.totals().checked > 200
    assert fleet.totals().wrong == 0


async def test_what_is_lost_or_changed_is_seen(fleet: Fleet, clients: list[Client]) -> None:
    """A relay that keeps every tenth packet, and spoils every 50th."""
    fleet.trace(trace.given())
    fleet.direct(*clients)
    publisher, subscriber = clients
    relay = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    relay.setblocking(False)
    relay.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    relay.bind(("127.0.0.1", 0))
    there = subscriber.sock.getsockname()
    seen = 0

    def passed_on() -> None:
        nonlocal seen
        with contextlib.suppress(BlockingIOError):
            while data := bytearray(relay.recv(2048)):
                seen += 1
                if seen % 50 == 0:
                    data[-1] ^= 1
                if seen % 10 or seen % 50 == 0:
                    relay.sendto(data, there)

    loop = asyncio.get_running_loop()
    subscriber.sock.connect(relay.getsockname())
    publisher.sock.connect(relay.getsockname())
    loop.add_reader(relay.fileno(), passed_on)
    await until(lambda: fleet.totals().received > 200)
    await window(fleet)
    loop.remove_reader(relay.fileno())
    relay.close()
    figures = fleet.figures(VIDEO)
    assert 0 < figures.delivered < 0.95 * figures.expected
    assert fleet.totals().wrong > 0


def test_a_trace_is_of_whole_frames() -> None:
    made = trace.made(
        [(0, 30, False, True), (100, 1100, True, True), (30_000, 900, False, False), (50, 10, True, False)]
    )
    assert [step.flags for step in made.steps] == [
        trace.FIRST | trace.KEY,
        trace.SECOND | trace.LAST | trace.KEY,
        trace.FIRST,
        trace.SECOND | trace.LAST,
    ]
    assert [step.due_us for step in made.steps] == [0, 100, 30_100, 30_150]
    assert [step.due_us for step in made.burst().steps] == [0, 0, 30_100, 30_100]
    assert made.steps[-1].size == trace.SMALLEST
    assert made.period_us == 60_200
    assert len(made.grouped(0.02).steps) == 2
    with pytest.raises(ValueError, match="whole frames"):
        trace.made([(0, 30, False, True)])


def test_the_captured_stream_is_as_its_head_says() -> None:
    made = trace.captured()
    assert 1800 < made.packets_per_s < 2200
    assert made.steps[0].flags & trace.KEY
    assert made.grouped(1.0).period_us == 1_000_000
    assert (
        trace.made([(int(a), int(b), c == "1", d == "1") for a, b, c, d in (r.split(",") for r in trace.rows(made))])
        == made
    )


def test_offers_are_read_as_they_were_written() -> None:
    own = sdp.Own("ufra", "p" * 22, "AA:BB", (1, 2, 3), "127.0.0.1", 4000)
    read = sdp.read(sdp.offer(own, "sendonly"))
    assert (read.ufrag, read.pwd, read.fingerprint, read.candidate) == ("ufra", "p" * 22, "AA:BB", ("127.0.0.1", 4000))
    video, audio = read.section("video"), read.section("audio")
    assert video is not None
    assert audio is not None
    assert (video.payload_type, audio.payload_type) == (sdp.VIDEO, sdp.AUDIO)
    assert video.retransmission_of(sdp.VIDEO) == sdp.VIDEO_RTX
    answered = sdp.read(sdp.answer(own, read))
    assert [section.mid for section in answered.sections] == ["0", "1"]
    assert sdp.ABS_SEND_TIME in next(one for one in answered.sections if one.kind == "video").extensions()
