"""Nothing from the network may crash the plane, and everything dropped is counted by its reason."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pylibsrtp import Error

from media.api import Codec, Kind
from media.plane import Extensions, Format, Plane
from tests.unit.media.plane.test_loss import nack
from tests.unit.media.plane.wire import (
    AUDIO,
    DELTA,
    KEY,
    NONE,
    STUN,
    VIDEO,
    VIDEO_MAP,
    Camera,
    End,
    Packet,
    Wire,
)

ALL = Extensions(1, 2, 3, 4, 5, 6, 7)
FORMATS = [
    Format(96, Codec.H264, 90000, 97),
    Format(98, Codec.VP9, 90000, 99),
    Format(100, Codec.AV1, 90000, 101),
    Format(102, Codec.H265, 90000, 103),
]
RECEIVER_REPORT = struct.pack("!BBHL", 0x80, 201, 1, 9999)
fuzz = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_strangers_are_heard_only_with_stun(wire: Wire) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.connect(wire.socket.getsockname())
        for data in (STUN, b"\x16\xfe\xfd" + bytes(30), b"\x80\x60" + bytes(40), b"", b"\x40hello", b"\x00short"):
            stranger.send(data)
        wire.turn()
        (datagram,) = wire.plane.datagrams()
        assert (datagram.data, datagram.peer) == (STUN, None)
        assert wire.plane.remote(datagram.path) == stranger.getsockname()
    assert wire.counter("dropped_unknown_path_total") == 2
    assert wire.counter("dropped_unknown_kind_total") == 3


def test_at_most_1024_datagrams_wait(wire: Wire) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for i in range(1100):
            stranger.sendto(STUN + bytes([i & 255]), wire.socket.getsockname())
            if i % 100 == 0:
                wire.turn()
        wire.turn()
    assert len(wire.plane.datagrams()) == 1024
    assert wire.counter("dropped_queue_full_total") == 76
    assert wire.plane.datagrams() == []


def test_dtls_comes_with_its_peer_and_answers_go_back(wire: Wire) -> None:
    end = wire.end()
    end.send_raw(b"\x16\xfe\xfdhello")
    wire.turn()
    (datagram,) = wire.plane.datagrams()
    assert (datagram.peer, datagram.path, datagram.data) == (end.id, end.path, b"\x16\xfe\xfdhello")
    wire.plane.send(datagram.path, b"\x16answer")
    assert end.raw() == [b"\x16answer"]


def test_forged_repeated_and_unkeyed_packets_are_dropped(wire: Wire) -> None:
    end, other = wire.end(), wire.end()
    stream = wire.plane.add_stream(end.id, "video", VIDEO, NONE, ssrc=7)
    camera = Camera(end, 7)
    data = end.protect.protect(camera.next(KEY).serialize())
    end.send_raw(data)
    end.send_raw(data)
    forged = end.protect.protect(camera.next(KEY).serialize())
    end.send_raw(forged[:-1] + bytes([forged[-1] ^ 1]))
    end.send_raw(other.protect.protect(Camera(other, 7, seq=9).next(KEY).serialize()))
    end.send_raw(data[:15])
    end.send_raw(b"\x81\xc9" + bytes(3))
    end.send_raw(b"\x80" + bytes(3000))
    wire.turn()
    assert wire.plane.stream_stats(stream).packets == 1
    assert (wire.plane.heard_at(end.id), wire.plane.heard_at(other.id)) == (wire.now, 0)
    assert wire.counter("dropped_replayed_total") == 1
    assert wire.counter("dropped_unauthentic_total") == 2
    assert wire.counter("dropped_malformed_total") == 1
    assert wire.counter("dropped_malformed_rtcp_total") == 1
    assert wire.counter("dropped_truncated_total") == 1

    bare = wire.plane.add_peer()
    wire.plane.set_path(bare, other.path)
    other.send(Camera(other, 7).next(KEY))
    wire.turn()
    assert wire.counter("dropped_no_keys_total") == 1


def test_a_path_has_one_peer_and_a_peer_one_path(wire: Wire) -> None:
    end, moved = wire.end(), wire.end()
    stream = wire.plane.add_stream(end.id, "video", VIDEO, NONE, ssrc=7)
    wire.plane.set_path(end.id, moved.path)
    camera = Camera(end, 7)
    camera.send(KEY)  # from where it was
    wire.turn()
    assert wire.counter("dropped_unknown_path_total") == 1
    moved.send_raw(end.protect.protect(camera.next(KEY).serialize()))
    wire.turn()
    assert wire.plane.stream_stats(stream).packets == 1


def test_a_peer_is_heard_under_so_many_ssrcs_and_no_more(wire: Wire) -> None:
    """libsrtp keeps each for ever, and looks through all of them for every packet."""
    end = wire.end()
    wire.plane.add_stream(end.id, "video", VIDEO, NONE, ssrc=7)
    camera = Camera(end, 7)
    camera.send(KEY)
    for ssrc in range(1000, 2100):
        Camera(end, ssrc).send(DELTA)
        if ssrc % 20 == 0:
            wire.turn()
    end.send_rtcp(RECEIVER_REPORT)
    wire.turn()
    assert wire.counter("dropped_unknown_ssrc_total") == 1101
    heard_at = wire.now
    assert wire.plane.heard_at(end.id) == heard_at
    wire.now += 1
    Camera(end, 5000).send(DELTA)
    wire.turn()
    assert wire.plane.heard_at(end.id) == heard_at
    camera.send(KEY)
    wire.turn()
    assert wire.plane.heard_at(end.id) == wire.now
    assert wire.counter("dropped_replayed_total") == wire.counter("dropped_unauthentic_total") == 0


def test_a_peer_sends_under_so_many_ssrcs_and_no_more(wire: Wire) -> None:
    end = wire.end()
    for n in range(2048):
        wire.plane.remove_slot(wire.plane.add_slot(end.id, "video", 100 + 2 * n, 101 + 2 * n, NONE, "0"))
    with pytest.raises(ValueError, match="4096"):
        wire.plane.add_slot(end.id, "video", 5000, 5001, NONE, "0")


def test_a_slot_whose_peer_was_unreachable_goes_on_without_a_jump(wire: Wire) -> None:
    publisher, subscriber, thief = wire.end(), wire.end(), wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7)
    wire.plane.bind(wire.plane.add_slot(subscriber.id, "video", 100, 200, NONE, "0"), stream, VIDEO_MAP)
    camera = Camera(publisher, 7)
    camera.send(KEY)
    wire.turn()
    wire.plane.set_path(thief.id, subscriber.path)
    for _ in range(40):
        camera.send(DELTA)
    wire.turn()
    wire.plane.set_path(subscriber.id, subscriber.path)
    camera.send(DELTA)
    camera.send(KEY)
    wire.turn()
    got = subscriber.packets()
    assert [p.payload for p in got] == [KEY, KEY]
    assert (got[1].seq - got[0].seq) & 0xFFFF == 1


def test_what_is_not_there_is_a_key_error(wire: Wire) -> None:
    plane, end = wire.plane, wire.end()
    stream = plane.add_stream(end.id, "video", VIDEO, NONE, ssrc=7)
    slot = plane.add_slot(end.id, "video", 100, 200, NONE, "0")
    plane.remove_stream(stream)
    plane.remove_slot(slot)
    for gone in (stream, slot, 0, -5, 12345, 1 << 30):
        with pytest.raises(KeyError):
            plane.stream_stats(gone)
        with pytest.raises(KeyError):
            plane.slot_stats(gone)
        with pytest.raises(KeyError):
            plane.bind(gone, None)
        with pytest.raises(KeyError):
            plane.remove_peer(gone)
    again = plane.add_slot(end.id, "video", 101, 201, NONE, "0")
    with pytest.raises(KeyError):
        plane.bind(again, stream, VIDEO_MAP)


def test_an_ssrc_is_used_once_under_a_key_even_after_its_slot_is_gone(wire: Wire) -> None:
    plane, end = wire.plane, wire.end()
    plane.remove_slot(plane.add_slot(end.id, "video", 100, 200, NONE, "0"))
    for ssrc, rtx in ((100, 201), (101, 200), (102, 102), (0, 5), (1, 0)):
        with pytest.raises(ValueError, match="SSRC"):
            plane.add_slot(end.id, "video", ssrc, rtx, NONE, "0")


def test_bad_arguments_are_refused(wire: Wire) -> None:
    end = wire.end()
    with pytest.raises(ValueError, match="16 bytes"):
        wire.plane.add_slot(end.id, "video", 100, 200, NONE, "m" * 17)
    many = [Format(n, Codec.H264, 90000) for n in range(33)]
    with pytest.raises(ValueError, match="32 formats"):
        wire.plane.add_stream(end.id, "video", many, NONE)
    with pytest.raises(ValueError, match="path"):
        wire.plane.send(b"nowhere", b"")
    with pytest.raises(ValueError, match="socket"):
        wire.plane.send(b"\x07" + end.path[1:], b"data")


def test_a_removed_publisher_leaves_its_subscribers_slots_empty_and_usable(wire: Wire) -> None:
    first, second, subscriber = wire.end(), wire.end(), wire.end()
    one = wire.plane.add_stream(first.id, "video", VIDEO, NONE, ssrc=7)
    slot = wire.plane.add_slot(subscriber.id, "video", 100, 200, NONE, "0")
    wire.plane.bind(slot, one, VIDEO_MAP)
    Camera(first, 7).send(KEY + b"1")
    wire.turn()
    wire.plane.remove_peer(first.id)
    with pytest.raises(KeyError):
        wire.plane.stream_stats(one)
    subscriber.send_rtcp(nack(100, 0, 0xFFFF))
    wire.turn()
    two = wire.plane.add_stream(second.id, "video", VIDEO, NONE, ssrc=8)
    wire.plane.bind(slot, two, VIDEO_MAP)
    Camera(second, 8).send(KEY + b"2")
    wire.turn()
    got = subscriber.packets()
    assert [p.payload[4:] for p in got] == [b"1", b"2"]
    assert (got[1].seq - got[0].seq) & 0xFFFF == 1


class Mallinfo(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_size_t)
        for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "used", "free", "keep")
    ]


def in_use() -> int:
    """Bytes that C's allocator has given out."""
    call = ctypes.CDLL(None).mallinfo2
    call.restype = Mallinfo
    info = call()
    if info.used == 0:
        pytest.skip("another allocator (a sanitizer's) counts its own")
    return int(info.used + info.hblkhd)


def test_removing_peers_frees_everything(wire: Wire) -> None:
    def lifetime() -> None:
        publisher, subscriber = wire.end(), wire.end()
        stream = wire.plane.add_stream(publisher.id, "video", VIDEO, ALL, ssrc=7)
        wire.plane.bind(wire.plane.add_slot(subscriber.id, "video", 100, 0, ALL, "0"), stream, {96: (102, 0)})
        camera = Camera(publisher, 7, elements={5: b"\0\0"})
        for _ in range(300):
            camera.send(KEY + bytes(1000))
        wire.turn()
        for end in (publisher, subscriber):
            wire.plane.remove_peer(end.id)
            end.close()
        wire.ends.clear()

    for _ in range(3):
        lifetime()
    before = in_use()
    for _ in range(20):
        lifetime()
    assert in_use() - before < 200_000  # one left over would be 300 kB


def test_the_cache_is_bounded_in_bytes_and_in_time(wire: Wire) -> None:
    publisher, subscriber = wire.end(), wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7)
    slot = wire.plane.add_slot(subscriber.id, "video", 100, 200, NONE, "0")
    wire.plane.bind(slot, stream, VIDEO_MAP)
    camera = Camera(publisher, 7)
    before = in_use()
    for i in range(16000):  # 20 MB in no time
        camera.send((DELTA if i else KEY) + bytes(1250))
        if i % 50 == 0:
            wire.turn()
            subscriber.raw()
    wire.turn()
    assert in_use() - before < 21 << 20
    last = wire.plane.slot_stats(slot)
    wire.pass_time(2)
    kept = in_use()
    wire.pass_time(1)
    assert kept - in_use() > 15 << 20
    assert last.packets == 16000


def test_a_closed_plane_does_nothing_and_may_be_closed_again() -> None:
    plane = Plane()
    plane.close()
    plane.close()
    with pytest.raises(TypeError):
        plane.counters()


# fuzz: bytes of strangers, and of peers who have the keys


@pytest.fixture(scope="module")
def open_wire() -> object:
    """One plane for all examples, so that they also meet each other's leavings."""
    wire = Wire()
    publisher, subscriber = wire.end(), wire.end()
    kinds: list[tuple[Kind, list[Format], str, str]] = [
        ("video", FORMATS, "v", "h"),
        ("video", FORMATS, "v", "l"),
        ("audio", list(AUDIO), "", ""),
    ]
    for number, (kind, formats, mid, rid) in enumerate(kinds):
        stream = wire.plane.add_stream(publisher.id, kind, formats, ALL, mid=mid, rid=rid)
        wire.plane.tap(stream, number)
        for rtx in (0, 200 + number):
            slot = wire.plane.add_slot(subscriber.id, kind, 100 + number + 10 * bool(rtx), rtx, ALL, "0")
            wire.plane.bind(slot, stream, {f.payload_type: (f.payload_type, f.rtx) for f in formats})
    yield wire, publisher, subscriber
    wire.close()


def survive(wire: Wire, ends: list[End]) -> None:
    before = wire.counter("packets_received_total")
    wire.turn()
    wire.now += 0.02
    wire.plane.on_timer(wire.now)
    wire.plane.datagrams()
    wire.plane.events()
    wire.plane.read_tap()
    assert wire.counter("packets_received_total") > before
    for end in ends:
        end.receive()  # whatever goes out is authentic


@fuzz
@given(data=st.binary(max_size=200))
def test_any_datagram(open_wire: tuple[Wire, End, End], data: bytes) -> None:
    wire, publisher, subscriber = open_wire
    publisher.send_raw(data)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(data, publisher.server)
    survive(wire, [publisher, subscriber])


header = st.tuples(
    st.integers(0x80, 0xBF),
    st.sampled_from([96, 97, 98, 99, 100, 101, 102, 103, 111, 96 | 128, 97 | 128, 5]),
    st.integers(0, 400),
    st.sampled_from([0, 3000, 6000]),
    st.sampled_from([1000, 1001, 1002, 1003]),
).map(lambda fields: struct.pack("!BBHLL", *fields))
element = st.tuples(st.integers(0, 15), st.integers(0, 15), st.binary(max_size=20)).map(
    lambda e: bytes([e[0] << 4 | e[1]]) + e[2]
)
labels = st.sampled_from([b"", b"\x10v\x20h", b"\x10v\x20l", b"\x10v\x30h", b"\x51\x00\x05", b"\x60\x90"])
block = st.tuples(
    st.sampled_from([0xBEDE, 0x1000, 0x1234]), st.integers(0, 12), labels, st.lists(element, max_size=3)
).map(lambda b: struct.pack("!HH", b[0], b[1]) + b[2] + b"".join(b[3]))
starts = st.sampled_from(
    [KEY, DELTA, b"\x78", b"\x7c\x85", b"\x40\x01", b"\x60\x01", b"\x62\x01", b"\x8a", b"\xaa\xff", b"\x18"]
)


@fuzz
@given(packets=st.lists(st.tuples(header, block, starts, st.binary(max_size=60)), min_size=1, max_size=8))
def test_any_authentic_packet(open_wire: tuple[Wire, End, End], packets: list[tuple[bytes, ...]]) -> None:
    wire, publisher, subscriber = open_wire
    publisher.send_raw(b"\x80")
    for parts in packets:
        with contextlib.suppress(Error):  # libsrtp itself refuses some headers
            publisher.send_raw(publisher.protect.protect(b"".join(parts)))
    survive(wire, [publisher, subscriber])


report = st.tuples(
    st.integers(0x80, 0x9F),
    st.integers(192, 223),
    st.integers(0, 40),
    st.sampled_from([1, 100, 110, 1000, 1001]),
    st.binary(),
).map(lambda r: struct.pack("!BBHL", *r[:4]) + r[4])
targets = st.tuples(
    st.sampled_from(
        [(0x81, 205), (0x81, 206), (0x84, 206), (0x8F, 205), (0x8F, 206), (0x81, 203), (0x81, 200), (0x83, 201)]
    ),
    st.integers(0, 12),
    st.sampled_from([100, 110, 101, 1000, 1001]),
    st.binary(max_size=48),
).map(lambda r: struct.pack("!BBHLL", *r[0], r[1], 9, r[2]) + r[3])


@fuzz
@given(compound=st.lists(st.one_of(report, targets), min_size=1, max_size=4), from_subscriber=st.booleans())
def test_any_authentic_report(open_wire: tuple[Wire, End, End], compound: list[bytes], from_subscriber: bool) -> None:
    wire, publisher, subscriber = open_wire
    end = subscriber if from_subscriber else publisher
    end.send_raw(b"\x80")
    with contextlib.suppress(Error, ValueError):
        end.send_rtcp(b"".join(compound))
    survive(wire, [publisher, subscriber])


def test_after_all_that_it_still_forwards(open_wire: tuple[Wire, End, End]) -> None:
    wire, publisher, subscriber = open_wire
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=4242)
    wire.plane.bind(wire.plane.add_slot(subscriber.id, "video", 900, 901, NONE, "0"), stream, VIDEO_MAP)
    secret = os.urandom(32)
    publisher.send(Packet(96, True, 1, 1, 4242, KEY + secret))
    wire.turn()
    assert KEY + secret in [p.payload for p in subscriber.packets()]
