"""What a publisher sends is what every subscriber gets, in a sequence of the subscriber's own."""

import socket
import time
from itertools import pairwise

import pytest

from media.api import Codec
from media.plane import Extensions, Format, StreamStarted, StreamStopped
from tests.unit.media.plane.wire import (
    AUDIO,
    AUDIO_MAP,
    CM,
    DELTA,
    GCM,
    KEY,
    NONE,
    VIDEO,
    VIDEO_MAP,
    Camera,
    Packet,
    Wire,
)


@pytest.mark.parametrize("profile", [GCM, CM])
def test_payloads_arrive_untouched_under_the_slots_own_header(wire: Wire, profile: int) -> None:
    publisher, subscribers = wire.end(profile), [wire.end(profile) for _ in range(3)]
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7)
    for number, subscriber in enumerate(subscribers):
        slot = wire.plane.add_slot(subscriber.id, "video", 100 + number, 200, NONE, "0")
        wire.plane.bind(slot, stream, VIDEO_MAP)
    camera = Camera(publisher, 7)
    sent = [camera.send((KEY if i == 0 else DELTA) + bytes([i]) * (1100 + i % 2)) for i in range(40)]
    wire.turn()
    for number, subscriber in enumerate(subscribers):
        got = subscriber.packets()
        assert [p.payload for p in got] == [p.payload for p in sent]
        assert {(p.ssrc, p.payload_type) for p in got} == {(100 + number, 102)}
        assert [p.seq for p in got] == [(got[0].seq + i) & 0xFFFF for i in range(40)]
        assert [p.timestamp - got[0].timestamp & 0xFFFFFFFF for p in got] == [3000 * i for i in range(40)]
        assert got[0].seq < 1 << 15
    assert wire.plane.events() == [StreamStarted(stream, 96)]
    assert wire.counter("packets_forwarded_total") == 120
    assert wire.counter("forward_delay_seconds_count") == 120


def test_time_in_the_kernel_counts_as_delay() -> None:
    wire = Wire(stamped=True)
    try:
        publisher, subscriber = wire.end(), wire.end()
        stream = wire.plane.add_stream(publisher.id, "audio", AUDIO, NONE, ssrc=7)
        wire.plane.bind(wire.plane.add_slot(subscriber.id, "audio", 100, 0, NONE, "0"), stream, AUDIO_MAP)
        Camera(publisher, 7, payload_type=111).send(b"opus")
        time.sleep(0.03)
        wire.turn()
        assert len(subscriber.packets()) == 1
        assert wire.counter("forward_delay_seconds_bucket_0.025") == 0
        assert wire.counter("forward_delay_seconds_sum") >= 0.03
        assert wire.plane.stream_stats(stream).last_packet_at <= wire.now - 0.03
    finally:
        wire.close()


def test_sequence_numbers_go_on_through_both_wrap_arounds(wire: Wire) -> None:
    publisher, subscriber = wire.end(), wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7)
    wire.plane.bind(wire.plane.add_slot(subscriber.id, "video", 100, 200, NONE, "0"), stream, VIDEO_MAP)
    camera = Camera(publisher, 7, seq=60000, timestamp=0xFFFF0000)
    got: list[Packet] = []
    for i in range(70000):
        camera.send(KEY if i == 0 else DELTA)
        if i % 50 == 49:
            wire.turn()
            got += subscriber.packets()
    assert len(got) == 70000
    assert all((b.seq - a.seq) & 0xFFFF == 1 for a, b in pairwise(got))
    assert all((b.timestamp - a.timestamp) & 0xFFFFFFFF == 3000 for a, b in pairwise(got))


def test_video_waits_for_a_keyframe_which_is_asked_for(wire: Wire) -> None:
    publisher, subscriber = wire.end(), wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7)
    slot = wire.plane.add_slot(subscriber.id, "video", 100, 200, NONE, "0")
    wire.plane.bind(slot, stream, VIDEO_MAP)
    camera = Camera(publisher, 7)
    camera.send(DELTA)
    wire.turn()
    assert subscriber.packets() == []
    (request,) = publisher.feedback(206, 1)
    assert request[8:12] == (7).to_bytes(4, "big")
    key = camera.send(KEY)
    wire.turn()
    assert [p.payload for p in subscriber.packets()] == [key.payload]
    assert wire.plane.stream_stats(stream).keyframes == 1


def test_a_slot_bound_anew_goes_on_without_a_jump_and_takes_nothing_more_of_what_it_left(wire: Wire) -> None:
    first, second, subscriber = wire.end(), wire.end(), wire.end()
    one = wire.plane.add_stream(first.id, "video", VIDEO, NONE, ssrc=7)
    other = wire.plane.add_stream(second.id, "video", VIDEO, NONE, ssrc=8)
    slot = wire.plane.add_slot(subscriber.id, "video", 100, 200, NONE, "0")
    wire.plane.bind(slot, one, VIDEO_MAP)
    left, right = Camera(first, 7, seq=500), Camera(second, 8, seq=40000, timestamp=12345)
    left.send(KEY + b"left")
    late = left.next(DELTA + b"late")
    left.send(DELTA + b"left")
    wire.turn()
    wire.plane.bind(slot, other, VIDEO_MAP)
    wire.now += 0.1
    right.send(DELTA + b"before its keyframe")
    left.send(DELTA + b"gone")
    first.send(late)
    right.send(KEY + b"right")
    right.send(DELTA + b"right")
    wire.turn()
    got = subscriber.packets()
    assert [p.payload[4:] for p in got] == [b"left", b"left", b"right", b"right"]
    assert [(p.seq - got[0].seq) & 0xFFFF for p in got] == [0, 2, 3, 4]
    assert 8900 < (got[2].timestamp - got[1].timestamp) & 0xFFFFFFFF < 9300  # 0.1 s of 90 kHz
    assert len({p.ssrc for p in got}) == 1


def test_a_late_packet_takes_its_own_place(wire: Wire) -> None:
    publisher, subscriber = wire.end(), wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7)
    wire.plane.bind(wire.plane.add_slot(subscriber.id, "video", 100, 200, NONE, "0"), stream, VIDEO_MAP)
    camera = Camera(publisher, 7)
    packets = [camera.next(KEY + b"0"), camera.next(DELTA + b"1"), camera.next(DELTA + b"2")]
    for index in (0, 2, 1):
        publisher.send(packets[index])
        wire.turn()
    got = subscriber.packets()
    assert [p.payload[4:] for p in got] == [b"0", b"2", b"1"]
    assert [(p.seq - got[0].seq) & 0xFFFF for p in got] == [0, 2, 1]


def test_sound_starts_at_once_and_carries_its_extensions(wire: Wire) -> None:
    publisher, subscriber = wire.end(), wire.end()
    theirs = Extensions(mid=4, audio_level=1)
    ours = Extensions(mid=3, abs_send_time=2, transport_cc=5, audio_level=6)
    stream = wire.plane.add_stream(publisher.id, "audio", AUDIO, theirs, mid="mic")
    wire.plane.bind(wire.plane.add_slot(subscriber.id, "audio", 100, 0, ours, "9"), stream, AUDIO_MAP)
    microphone = Camera(publisher, 55, payload_type=111, elements={4: b"mic", 1: b"\x9e"})
    for i in range(3):
        microphone.send(b"opus" + bytes([i]))
    wire.turn()
    got = subscriber.packets()
    assert [p.payload for p in got] == [b"opus\x00", b"opus\x01", b"opus\x02"]
    assert {(p.payload_type, p.elements[3], p.elements[6]) for p in got} == {(63, b"9", b"\x9e")}
    assert [int.from_bytes(p.elements[5], "big") for p in got] == [0, 1, 2]
    sent_at = int.from_bytes(got[0].elements[2], "big") / 262144
    assert abs(sent_at - wire.now % 64) < 0.2
    assert wire.plane.stream_stats(stream).audio_level == 0x1E


def test_layers_are_told_apart_by_rid_and_repaired_by_rid(wire: Wire) -> None:
    publisher, subscriber = wire.end(), wire.end()
    ids = Extensions(mid=1, rid=2, repaired_rid=3)
    low = wire.plane.add_stream(publisher.id, "video", VIDEO, ids, mid="v", rid="l")
    high = wire.plane.add_stream(publisher.id, "video", VIDEO, ids, mid="v", rid="h")
    wire.plane.bind(wire.plane.add_slot(subscriber.id, "video", 100, 200, NONE, "0"), high, VIDEO_MAP)
    small = Camera(publisher, 1001, elements={1: b"v", 2: b"l"})
    large = Camera(publisher, 2001, elements={1: b"v", 2: b"h"})
    small.send(KEY + b"small")
    large.send(KEY + b"large")
    lost = large.next(DELTA + b"lost")
    large.elements = small.elements = {}  # browsers leave them out once they know that they were heard
    large.send(DELTA + b"after")
    large.elements = {1: b"v", 3: b"h"}
    wire.turn()
    large.repair(lost, 9)
    wire.turn()
    got = subscriber.packets()
    assert [p.payload[4:] for p in got] == [b"large", b"after", b"lost"]
    assert [(p.seq - got[0].seq) & 0xFFFF for p in got] == [0, 2, 1]
    assert wire.plane.stream_stats(low).packets == 1
    assert wire.plane.stream_stats(high).packets == 3


def test_without_labels_the_payload_type_decides_if_it_is_one_streams_alone(wire: Wire) -> None:
    publisher = wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE)
    Camera(publisher, 77).send(KEY)
    wire.turn()
    assert wire.plane.stream_stats(stream).packets == 1
    other = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE)
    Camera(publisher, 78).send(KEY)
    wire.turn()
    assert wire.plane.stream_stats(other).packets == 0
    assert wire.counter("dropped_unknown_ssrc_total") == 1


def test_an_unlabelled_successor_is_taken_only_when_the_first_has_ended(wire: Wire) -> None:
    publisher = wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE)
    Camera(publisher, 77).send(KEY)
    stranger = Camera(publisher, 78)
    stranger.send(KEY)
    wire.turn()
    assert wire.plane.stream_stats(stream).packets == 1
    wire.pass_time(2)
    stranger.send(KEY)
    wire.turn()
    assert wire.plane.stream_stats(stream).packets == 2


def test_binding_what_is_shown_already_changes_nothing(wire: Wire) -> None:
    publisher, subscriber = wire.end(), wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7)
    slot = wire.plane.add_slot(subscriber.id, "video", 100, 200, NONE, "0")
    camera = Camera(publisher, 7)
    wire.plane.bind(slot, stream, VIDEO_MAP)
    camera.send(KEY)
    wire.turn()
    wire.now += 5
    wire.plane.bind(slot, stream, VIDEO_MAP)
    camera.send(DELTA)
    wire.turn()
    assert [p.payload for p in subscriber.packets()] == [KEY, DELTA]


def test_dependency_descriptors_go_on_counting_frames(wire: Wire) -> None:
    publishers, subscriber = [wire.end(), wire.end()], wire.end()
    theirs, ours = Extensions(dependency_descriptor=8), Extensions(dependency_descriptor=9, transport_cc=1)
    slot = wire.plane.add_slot(subscriber.id, "video", 100, 200, ours, "0")
    for number, publisher in enumerate(publishers):
        stream = wire.plane.add_stream(publisher.id, "video", VIDEO, theirs, ssrc=7)
        wire.plane.bind(slot, stream, VIDEO_MAP)
        camera = Camera(publisher, 7)
        for frame in range(3):
            structure = bytes(30) if frame == 0 else b""  # too long for a one-byte header
            count = 65534 + 100 * number + frame & 0xFFFF
            camera.elements = {8: b"\xc0" + count.to_bytes(2, "big") + structure}
            camera.send(DELTA if frame else KEY)
        wire.turn()
    got = [p.elements[9] for p in subscriber.packets()]
    assert [int.from_bytes(d[1:3], "big") for d in got] == [65534, 65535, 0, 1, 2, 3]
    assert [len(d) for d in got] == [33, 3, 3, 33, 3, 3]


def test_a_way_that_takes_no_segments_gets_single_datagrams(wire: Wire) -> None:
    publisher, subscriber = wire.end(), wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7)
    wire.plane.bind(wire.plane.add_slot(subscriber.id, "video", 100, 200, NONE, "0"), stream, VIDEO_MAP)
    wire.socket.setsockopt(socket.SOL_SOCKET, 11, 1)  # SO_NO_CHECK: with it Linux refuses UDP_SEGMENT
    camera = Camera(publisher, 7)
    sent = [camera.send((DELTA if i else KEY) + bytes([i])) for i in range(150)]
    wire.turn()
    assert [p.payload for p in subscriber.packets()] == [p.payload for p in sent]
    assert wire.counter("dropped_send_failed_total") == 0


def test_padding_keeps_the_sequence_whole(wire: Wire) -> None:
    publisher, subscriber = wire.end(), wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7, rtx_ssrc=8)
    wire.plane.bind(wire.plane.add_slot(subscriber.id, "video", 100, 200, NONE, "0"), stream, VIDEO_MAP)
    camera = Camera(publisher, 7)
    camera.send(KEY)
    publisher.send(camera.next(b"", padding=200))  # a probe
    publisher.send(Packet(97, False, 1, 0, 8, b"", padding=255))  # a probe by RTX
    publisher.send(camera.next(DELTA + b"padded", padding=4))
    wire.turn()
    got = subscriber.packets()
    assert [(p.seq - got[0].seq) & 0xFFFF for p in got] == [0, 1, 2]
    assert [(p.payload, p.padding) for p in got] == [(KEY, 0), (b"", 0), (DELTA + b"padded", 4)]


def test_a_publisher_that_begins_a_new_sequence_is_followed(wire: Wire) -> None:
    publisher, subscriber = wire.end(), wire.end()
    ids = Extensions(mid=1)
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, ids, mid="v")
    wire.plane.bind(wire.plane.add_slot(subscriber.id, "video", 100, 200, NONE, "0"), stream, VIDEO_MAP)
    Camera(publisher, 70, seq=30000, elements={1: b"v"}).send(KEY + b"a")
    wire.turn()
    Camera(publisher, 71, seq=5, elements={1: b"v"}).send(KEY + b"b")
    wire.turn()
    got = subscriber.packets()
    assert [p.payload[4:] for p in got] == [b"a", b"b"]
    assert (got[1].seq - got[0].seq) & 0xFFFF == 1


def test_goodbye_is_an_event_and_so_is_a_return(wire: Wire) -> None:
    publisher = wire.end()
    stream = wire.plane.add_stream(publisher.id, "audio", AUDIO, NONE, ssrc=7)
    microphone = Camera(publisher, 7, payload_type=111)
    microphone.send(b"a")
    wire.turn()
    publisher.send_rtcp(bytes.fromhex("81cb000100000007"))
    wire.turn()
    assert wire.plane.events() == [StreamStarted(stream, 111), StreamStopped(stream)]
    microphone.send(b"b")
    wire.turn()
    assert wire.plane.events() == [StreamStarted(stream, 111)]


def test_ipv6_and_ipv4_share_a_socket() -> None:
    wire = Wire(socket.AF_INET6)
    try:
        subscriber = wire.end()
        assert wire.plane.remote(subscriber.path) == ("::1", subscriber.socket.getsockname()[1])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
            plain.bind(("127.0.0.2", 0))
            plain.settimeout(1)
            plain.sendto(bytes(20), ("127.0.0.3", wire.socket.getsockname()[1]))
            wire.turn()
            (datagram,) = wire.plane.datagrams()
            assert wire.plane.remote(datagram.path) == plain.getsockname()
            wire.plane.send(datagram.path, b"answer")
            assert plain.recvfrom(100) == (b"answer", ("127.0.0.3", wire.socket.getsockname()[1]))
    finally:
        wire.close()


@pytest.mark.parametrize(
    ("codec", "start", "other"),
    [
        (Codec.H264, b"\x78\x00\x04\x67\x42\x00\x1f", b"\x78\x00\x04\x41\x9a\x00\x00"),  # STAP-A
        (Codec.H264, b"\x7c\x85\x88\x00", b"\x7c\x05\x88\x00"),  # FU-A: its start, its middle
        (Codec.H264, b"\x65\x88\x80", b"\x65\x10\x80"),  # IDR: the first slice, a later one
        (Codec.H265, b"\x40\x01\x0c\x01", b"\x02\x01\xd0\x00"),
        (Codec.H265, b"\x26\x01\xaf\x00", b"\x26\x01\x2f\x00"),
        (Codec.VP9, b"\x8a\x81\x23\x00", b"\xca\x81\x23\x00"),
        (Codec.VP9, b"\xaa\x81\x23\x00\x00", b"\xaa\x81\x23\x02\x00"),  # spatial layers 0 and 1
        (Codec.AV1, b"\x18\x0a", b"\x98\x0a"),
        (Codec.AV1, b"\x18\x0a", b"\x10\x0a"),
    ],
)
def test_keyframes_are_known_in_every_codec(wire: Wire, codec: Codec, start: bytes, other: bytes) -> None:
    publisher, subscriber = wire.end(), wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", [Format(96, codec, 90000)], NONE, ssrc=7)
    wire.plane.bind(wire.plane.add_slot(subscriber.id, "video", 100, 200, NONE, "0"), stream, VIDEO_MAP)
    camera = Camera(publisher, 7)
    camera.send(other)
    camera.send(start)
    wire.turn()
    assert [p.payload for p in subscriber.packets()] == [start]


def test_sound_does_not_wait_for_a_burst_of_pictures(wire: Wire) -> None:
    publisher, subscribers = wire.end(), [wire.end() for _ in range(40)]
    pictures = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7)
    sound = wire.plane.add_stream(publisher.id, "audio", AUDIO, NONE, ssrc=8)
    for subscriber in subscribers:
        wire.plane.bind(wire.plane.add_slot(subscriber.id, "video", 100, 200, NONE, "0"), pictures, VIDEO_MAP)
        wire.plane.bind(wire.plane.add_slot(subscriber.id, "audio", 300, 0, NONE, "1"), sound, AUDIO_MAP)
    camera = Camera(publisher, 7)
    for n in range(200):
        camera.send((KEY if n == 0 else DELTA) + bytes(1000))
    wire.plane.on_readable(wire.socket, wire.now)
    assert wire.plane.unfinished
    publisher.send(Packet(111, False, 1, 960, 8, b"voice"))
    wire.plane.on_readable(wire.socket, wire.now)
    assert wire.plane.unfinished
    got = [subscriber.packets() for subscriber in subscribers]
    assert all(any(p.payload == b"voice" for p in packets) for packets in got)
    assert sum(map(len, got)) < 40 * 201
    wire.turn()
    total = [len(before) + len(subscriber.packets()) for before, subscriber in zip(got, subscribers, strict=True)]
    assert total == [201] * 40
