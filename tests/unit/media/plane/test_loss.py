"""Loss on either side: what publishers are asked to repeat, and what subscribers get again."""

import struct

from media.plane import Extensions
from tests.unit.media.plane.wire import (
    DELTA,
    KEY,
    NONE,
    PLAIN_MAP,
    VIDEO,
    VIDEO_MAP,
    Camera,
    End,
    Wire,
)


def nack(ssrc: int, first: int, mask: int = 0) -> bytes:
    return struct.pack("!BBHLLHH", 0x81, 205, 3, 99, ssrc, first & 0xFFFF, mask)


def asked(report: bytes) -> list[int]:
    """The numbers that a NACK names (RFC 4585 §6.2.1)."""
    seqs = []
    for at in range(12, len(report), 4):
        first, mask = struct.unpack_from("!HH", report, at)
        seqs += [first] + [(first + 1 + i) & 0xFFFF for i in range(16) if mask >> i & 1]
    return seqs


def picture(
    wire: Wire, mapping: dict[int, tuple[int, int]], rtx: int, ids: Extensions = NONE
) -> tuple[Camera, End, int]:
    publisher, subscriber = wire.end(), wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7, rtx_ssrc=8)
    slot = wire.plane.add_slot(subscriber.id, "video", 100, rtx, ids, "0")
    wire.plane.bind(slot, stream, mapping)
    return Camera(publisher, 7, seq=65530), subscriber, slot


def test_a_nack_is_answered_by_rtx(wire: Wire) -> None:
    camera, subscriber, slot = picture(wire, VIDEO_MAP, 200, Extensions(transport_cc=3))
    sent = [camera.send((DELTA if i else KEY) + bytes([i])) for i in range(20)]
    wire.turn()
    got = subscriber.packets()
    subscriber.send_rtcp(nack(100, got[3].seq, 0b101))
    wire.turn()
    again = subscriber.packets()
    assert {(p.ssrc, p.payload_type) for p in again} == {(200, 103)}
    assert [p.payload[:2] for p in again] == [got[i].seq.to_bytes(2, "big") for i in (3, 4, 6)]
    assert [p.payload[2:] for p in again] == [sent[i].payload for i in (3, 4, 6)]
    assert [p.timestamp for p in again] == [got[i].timestamp for i in (3, 4, 6)]
    assert [(p.seq - again[0].seq) & 0xFFFF for p in again] == [0, 1, 2]
    assert [int.from_bytes(p.elements[3], "big") for p in again] == [20, 21, 22]
    stats = wire.plane.slot_stats(slot)
    assert (stats.nacks_received, stats.retransmitted) == (3, 3)


def test_without_rtx_the_identical_bytes_go_again(wire: Wire) -> None:
    camera, subscriber, _ = picture(wire, PLAIN_MAP, 0, Extensions(abs_send_time=1, transport_cc=3))
    for i in range(10):
        camera.send((DELTA if i else KEY) + bytes([i]))
    wire.turn()
    first = subscriber.raw()
    seq = int.from_bytes(first[4][2:4], "big")
    wire.now += 5e-3
    for _ in range(3):
        wire.now += 0.3
        subscriber.send_rtcp(nack(100, seq))
        wire.turn()
    assert subscriber.raw() == [first[4]] * 3


def test_nacks_for_what_was_not_sent_are_not_answered(wire: Wire) -> None:
    camera, subscriber, slot = picture(wire, VIDEO_MAP, 200)
    for i in range(5):
        camera.send(DELTA if i else KEY)
    wire.turn()
    got = subscriber.packets()
    for seq in (got[0].seq - 1, got[-1].seq + 1, got[0].seq + 30000, got[0].seq - 30000):
        subscriber.send_rtcp(nack(100, seq, 0))
    subscriber.send_rtcp(nack(12345, got[0].seq, 0xFFFF))
    wire.turn()
    assert subscriber.packets() == []
    assert wire.plane.slot_stats(slot).retransmitted == 0


def test_the_same_packet_is_not_sent_again_at_once_nor_without_limit(wire: Wire) -> None:
    camera, subscriber, slot = picture(wire, VIDEO_MAP, 200)
    for i in range(1100):
        camera.send((DELTA if i else KEY) + bytes(1100))
        if i % 50 == 0:
            wire.turn()
    wire.turn()
    got = subscriber.packets()
    subscriber.send_rtcp(nack(100, got[0].seq))
    subscriber.send_rtcp(nack(100, got[0].seq))
    wire.turn()
    assert wire.plane.slot_stats(slot).retransmitted == 1
    for _ in range(3):
        wire.now += 0.02
        for first in range(0, 1088, 17):
            subscriber.send_rtcp(nack(100, got[first].seq, 0xFFFF))
        wire.turn()
        subscriber.raw()
    assert wire.counter("dropped_retransmission_limit_total") > 1000


def test_what_the_publisher_lost_is_asked_for_and_missed_downstream_until_it_comes(wire: Wire) -> None:
    camera, subscriber, _ = picture(wire, VIDEO_MAP, 200)
    publisher = camera.end
    camera.send(KEY)
    lost = [camera.next(DELTA + bytes([i])) for i in range(18)]
    camera.send(DELTA + b"after")
    wire.turn()
    got = subscriber.packets()
    assert (got[1].seq - got[0].seq) & 0xFFFF == 19
    reports = publisher.feedback(205, 1)
    assert [seq for report in reports for seq in asked(report)] == [p.seq for p in lost]
    subscriber.send_rtcp(nack(100, got[0].seq + 1))  # not here yet: nothing
    wire.turn()
    assert subscriber.packets() == []
    camera.repair(lost[0], 1, ssrc=8)
    publisher.send(lost[1])  # a publisher without RTX
    wire.turn()
    mended = subscriber.packets()
    assert [(p.payload, (p.seq - got[0].seq) & 0xFFFF, p.ssrc) for p in mended] == [
        (DELTA + b"\x00", 1, 100),
        (DELTA + b"\x01", 2, 100),
    ]
    wire.now += 0.02
    subscriber.send_rtcp(nack(100, got[0].seq + 1))
    wire.turn()
    assert [p.payload[2:] for p in subscriber.packets()] == [DELTA + b"\x00"]


def test_asking_is_repeated_and_given_up(wire: Wire) -> None:
    camera, _, _ = picture(wire, VIDEO_MAP, 200)
    camera.send(KEY)
    lost = camera.next(DELTA)
    camera.send(DELTA)
    wire.turn()
    wire.pass_time(3)
    reports = camera.end.feedback(205, 1)
    assert 5 <= len(reports) <= 12
    assert {seq for report in reports for seq in asked(report)} == {lost.seq}
    (started,) = wire.plane.events()
    stats = wire.plane.stream_stats(started.stream)
    assert stats.lost == 1
    assert stats.nacks_sent == len(reports)
    assert wire.counter("packets_lost_total") == 1
    camera.end.send(lost)
    wire.turn()
    assert wire.plane.stream_stats(started.stream).lost == 0


def test_repeats_are_forwarded_once(wire: Wire) -> None:
    camera, subscriber, _ = picture(wire, VIDEO_MAP, 200)
    camera.send(KEY)
    twice = camera.send(DELTA)
    camera.repair(twice, 1, ssrc=8)
    wire.turn()
    assert len(subscriber.packets()) == 2
    assert wire.counter("dropped_duplicate_total") == 1


def test_a_hole_too_large_to_mend_starts_again_from_a_keyframe(wire: Wire) -> None:
    camera, subscriber, _ = picture(wire, VIDEO_MAP, 200)
    camera.send(KEY)
    wire.turn()
    wire.pass_time(1)
    camera.end.raw()
    camera.seq = (camera.seq + 2000) & 0xFFFF
    camera.send(DELTA)
    wire.turn()
    assert len(camera.end.feedback(206, 1)) == 1
    assert len(subscriber.packets()) == 2
    camera.seq = (camera.seq + 10000) & 0xFFFF  # further than any loss: another sequence
    camera.send(DELTA)
    camera.send(KEY)
    wire.turn()
    assert [p.payload for p in subscriber.packets()] == [KEY]
