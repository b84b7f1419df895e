"""The plane beside its reference, on the same packets; and the one thing that must never happen to a key."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from media.plane import Extensions
from tests.unit.media.plane.reference import Slot, Stream
from tests.unit.media.plane.test_loss import nack
from tests.unit.media.plane.wire import DELTA, KEY, PLAIN_MAP, VIDEO, VIDEO_MAP, Camera, Packet, Wire

STREAMS = {"a": 7, "b": 8}
packet = st.tuples(st.just("packet"), st.sampled_from("ab"), st.integers(-6, 3), st.integers(0, 3))
bind = st.tuples(st.just("bind"), st.sampled_from(["a", "b", None]), st.booleans())
again = st.tuples(st.just("nack"), st.integers(0, 40), st.integers(0, 0xFFFF))
# They come to no second, beyond which nothing is replayed, within what floats can tell apart.
wait = st.tuples(st.just("wait"), st.sampled_from([0, 0.0213, 0.3117, 0.6331]))
story = st.lists(st.one_of(packet, packet, packet, bind, again, wait), min_size=20, max_size=100)


@settings(max_examples=60, deadline=None)
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
    begun = wire.now

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
            case ("bind", name, keep):
                wire.plane.bind(slot, streams.get(name), VIDEO_MAP if rtx else PLAIN_MAP, keep=keep)
                reference.bind(name, keep, wire.now)
                check([])
            case ("nack", back, mask):
                subscriber.send_rtcp(nack(100, (base or 0) + reference.next - back, mask))
                check([])
            case ("wait", seconds):
                if wire.now + seconds > begun + 2.4:
                    continue  # the reference forgets nothing; the plane, what is older than that
                wire.now += seconds
                wire.plane.on_timer(wire.now)
                check(reference.serve())


def test_a_number_left_open_by_one_stream_is_not_taken_by_a_late_packet_of_the_next(wire: Wire) -> None:
    publishers, subscriber = [wire.end(), wire.end()], wire.end()
    one, two = (wire.plane.add_stream(p.id, "video", VIDEO, Extensions(), ssrc=7) for p in publishers)
    slot = wire.plane.add_slot(subscriber.id, "video", 100, 0, Extensions(transport_cc=1), "0")
    wire.plane.bind(slot, one, PLAIN_MAP)
    left, right = (Camera(p, 7) for p in publishers)
    left.send(KEY + b"0")
    left.next(DELTA)
    left.send(DELTA + b"2")
    wire.turn()
    wire.plane.bind(slot, two, PLAIN_MAP)
    right.send(DELTA)
    late = right.next(DELTA + b"late")
    right.send(DELTA)
    right.send(KEY + b"3")
    publishers[1].send(late)
    wire.turn()
    first = subscriber.raw()
    for number in range(-3, 4):
        wire.now += 0.05
        subscriber.send_rtcp(nack(100, int.from_bytes(first[0][2:4], "big") + number))
        wire.turn()
    again = subscriber.raw()
    assert [Packet.parse(subscriber.unprotect.unprotect(data)).payload[4:] for data in first] == [b"0", b"2", b"3"]
    assert again == first[2:], "only what is bound now is repeated, and as it was"


def test_the_parts_of_a_keyframe_out_of_order_go_once(wire: Wire) -> None:
    publisher, subscriber = wire.end(), wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, Extensions(), ssrc=7)
    slot = wire.plane.add_slot(subscriber.id, "video", 100, 0, Extensions(transport_cc=1), "0")
    wire.plane.bind(slot, stream, PLAIN_MAP)
    camera = Camera(publisher, 7)
    camera.send(DELTA)
    delimiter, key = camera.next(b"\x09\xf0", step=0), camera.next(KEY)
    publisher.send(key)
    publisher.send(delimiter)  # in the same batch: it is cached when the keyframe is forwarded
    wire.turn()
    raw = [data for data in subscriber.raw() if data[1] & 127 == 102]
    assert len(raw) == 2
    got = [Packet.parse(subscriber.unprotect.unprotect(data)) for data in raw]
    assert [(p.payload, (p.seq - got[0].seq) & 0xFFFF) for p in got] == [(b"\x09\xf0", 0), (KEY, 1)]
