"""The recorder's copy."""

import struct
from collections.abc import Iterator

from media.api import TAP_GAP, TAP_HEADER, TAP_RTP, TAP_SENDER_REPORT
from tests.unit.media.plane.wire import DELTA, KEY, NONE, VIDEO, Camera, Wire


def frames(data: bytes) -> Iterator[tuple[int, int, float, bytes]]:
    while data:
        length, kind, flags, layer, tag, arrival = TAP_HEADER.unpack_from(data)
        assert (flags, layer) == (0, 0)
        yield kind, tag, arrival / 1e6, data[TAP_HEADER.size : TAP_HEADER.size + length]
        data = data[TAP_HEADER.size + length :]


def test_packets_are_copied_as_the_publisher_sent_them(wire: Wire) -> None:
    publisher = wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7, rtx_ssrc=8)
    wire.plane.tap(stream, 42)
    camera = Camera(publisher, 7, seq=3, timestamp=9, elements={4: b"mid"})
    sent = [camera.send(KEY), camera.next(DELTA + b"lost"), camera.send(DELTA)]
    camera.repair(sent[1], 1, ssrc=8)
    publisher.send_rtcp(struct.pack("!BBHLQLLL", 0x80, 200, 6, 7, 0x0102030405060708, 90, 1, 1))
    wire.turn()
    got = list(frames(wire.plane.read_tap()))
    assert [(kind, tag) for kind, tag, _, _ in got] == [(TAP_RTP, 42)] * 3 + [(TAP_SENDER_REPORT, 42)]
    assert [data for _, _, _, data in got[:3]] == [sent[i].serialize() for i in (0, 2, 1)]
    assert struct.unpack("<LQL", got[3][3]) == (7, 0x0102030405060708, 90)
    assert all(abs(arrival - wire.now) < 0.1 for _, _, arrival, _ in got)
    assert wire.plane.read_tap() == b""
    wire.plane.tap(stream, None)
    camera.send(DELTA)
    wire.turn()
    assert wire.plane.read_tap() == b""


def test_a_full_ring_is_a_marked_gap(wire: Wire) -> None:
    publisher = wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7)
    wire.plane.tap(stream, 1)
    camera = Camera(publisher, 7)
    sent = 8500
    for i in range(sent):
        camera.send(KEY + struct.pack("!L", i) + bytes(1000))
        if i % 50 == 49:
            wire.turn()
    wire.turn()
    got: list[tuple[int, int, float, bytes]] = []
    while data := wire.plane.read_tap(100_000):
        assert len(data) <= 100_000
        got += frames(data)
    kept = [int.from_bytes(data[16:20], "big") for kind, _, _, data in got if kind == TAP_RTP]
    assert kept == list(range(len(kept)))
    dropped = sent - len(kept)
    assert dropped > 100
    assert wire.counter("dropped_tap_full_total") == dropped
    camera.send(KEY + b"back")
    wire.turn()
    (gap, packet) = frames(wire.plane.read_tap())
    assert (gap[0], gap[1], int.from_bytes(gap[3], "little")) == (TAP_GAP, 1, dropped)
    assert packet[3].endswith(b"back")
