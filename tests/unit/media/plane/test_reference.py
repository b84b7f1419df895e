"""The plane beside its reference, on the same packets; and the one thing that must never happen to a key."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from media.plane import Extensions
from tests.unit.media.plane.reference import Slot, Stream
from tests.unit.media.plane.test_loss import nack
from tests.unit.media.plane.wire import DELTA, KEY, PLAIN_MAP, VIDEO, VIDEO_MAP, Packet, Wire

STREAMS = {"a": 7, "b": 8}
packet = st.tuples(st.just("packet"), st.sampled_from("ab"), st.integers(-6, 3), st.integers(0, 3))
bind = st.tuples(st.just("bind"), st.sampled_from(["a", "b", None]))
again = st.tuples(st.just("nack"), st.integers(0, 40), st.integers(0, 0xFFFF))
wait = st.tuples(st.just("wait"), st.sampled_from([0.02, 0.3, 0.6]))
story = st.lists(st.one_of(packet, packet, packet, bind, again, wait), max_size=80)


@settings(max_examples=120, deadline=None)
@given(story, st.booleans(), st.integers(0, 65535))
def test_the_plane_does_what_the_reference_says_and_repeats_nothing(
    story: list[tuple[Any, ...]], rtx: bool, seq: int
) -> None:
    wire = Wire()
    try:
        play(wire, story, rtx, seq)
    finally:
        wire.close()


def play(wire: Wire, story: list[tuple[Any, ...]], rtx: bool, seq: int) -> None:
    subscriber = wire.end()
    publishers = {name: wire.end() for name in STREAMS}
    streams = {
        name: wire.plane.add_stream(publishers[name].id, "video", VIDEO, Extensions(), ssrc=ssrc)
        for name, ssrc in STREAMS.items()
    }
    ids = Extensions(abs_send_time=2, transport_cc=3)
    slot = wire.plane.add_slot(subscriber.id, "video", 100, 200 if rtx else 0, ids, "0")
    reference = Slot({name: Stream() for name in STREAMS})
    highest = dict.fromkeys(STREAMS, seq)
    sent: dict[str, dict[int, bytes]] = {name: {} for name in STREAMS}
    bytes_of: dict[tuple[int, int], bytes] = {}
    base: int | None = None

    def check(expected: list[tuple[int, bytes]]) -> None:
        nonlocal base
        wire.turn()
        got = []
        for data in subscriber.raw():
            if 192 <= data[1] <= 223:
                continue
            index = (int.from_bytes(data[8:12], "big"), int.from_bytes(data[2:4], "big"))
            repeated = index in bytes_of
            assert bytes_of.setdefault(index, data) == data, "two packets under one key and index"
            if index[0] == 100 and not repeated:
                got.append(Packet.parse(subscriber.unprotect.unprotect(data)))
        if got and base is None:
            base = got[0].seq - expected[0][0]
        assert [((p.seq - (base or 0)) & 0xFFFF, p.payload) for p in got] == expected

    for step in story:
        match step:
            case ("packet", name, jump, kind):
                number = max(highest[name] + jump, seq)
                highest[name] = max(highest[name], number)
                payload = (KEY if kind == 0 else DELTA) + name.encode() + number.to_bytes(4, "big")
                payload = sent[name].setdefault(number, payload)
                header = Packet(96, True, number & 0xFFFF, 3000 * number, STREAMS[name], payload)
                publishers[name].send(header)
                first = number == seq and not reference.streams[name].cache
                if not reference.streams[name].cache and not first:
                    highest[name] = number
                check(reference.receive(name, number, payload, payload.startswith(KEY), wire.now))
            case ("bind", name):
                wire.plane.bind(slot, streams.get(name), VIDEO_MAP if rtx else PLAIN_MAP)
                check(reference.bind(name, wire.now))
            case ("nack", back, mask):
                subscriber.send_rtcp(nack(100, (base or 0) + reference.next - back, mask))
                check([])
            case ("wait", seconds):
                wire.now += seconds
                wire.plane.on_timer(wire.now)
                check([])
