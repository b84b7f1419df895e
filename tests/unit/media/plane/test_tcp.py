"""Peers that come by TCP (RFC 4571 frames): they are as any other, and whoever reads slowly costs himself alone."""

from __future__ import annotations

import contextlib
import itertools
import resource
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from media.plane import PathLost, Plane
from tests.unit.media.plane.test_loss import nack
from tests.unit.media.plane.wire import (
    AUDIO,
    AUDIO_MAP,
    DELTA,
    GCM,
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

# A line each: what it is, and in hexadecimal what comes by a connection that is then to be closed.
HUNG_UP_ON = {
    name: bytes.fromhex(data)
    for name, data in (
        line.split(": ") for line in Path(__file__).with_name("frames.txt").read_text().splitlines() if line
    )
}


def framed(data: bytes) -> bytes:
    return struct.pack("!H", len(data)) + data


class TcpWire(Wire):
    """A wire whose plane listens for TCP connections too."""

    def __init__(self, family: int = socket.AF_INET) -> None:
        super().__init__(family)
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        self.listener.listen()
        self.listener.setblocking(False)
        self.plane.add_listener(self.listener)

    def turn(self) -> None:
        super().turn()
        self.plane.on_connections(self.now)

    def tcp_end(self, *, receive_buffer: int = 4 << 20) -> TcpEnd:
        end = TcpEnd(self, receive_buffer)
        self.ends.append(end)
        return end

    def close(self) -> None:
        super().close()
        self.listener.close()


class TcpEnd(End):
    """A peer that came by TCP. What it gets is read from the connection only when asked for."""

    def __init__(self, wire: TcpWire, receive_buffer: int) -> None:
        self.plane, self.wire = wire.plane, wire
        self.socket = connected(wire, receive_buffer)
        self.received = b""
        self.id = wire.plane.add_peer()
        self.send_raw(STUN)
        wire.turn()
        (datagram,) = wire.plane.datagrams()
        self.path = datagram.path
        wire.plane.send(self.path, STUN)
        wire.plane.set_path(self.id, self.path)
        self.socket.settimeout(1)
        assert self.socket.recv(22) == framed(STUN)
        self.socket.setblocking(False)
        self._key(GCM)

    def send_raw(self, data: bytes) -> None:
        self.socket.sendall(framed(data))

    def raw(self) -> list[bytes]:
        """Reads all that was sent, the plane going on to send while there is room."""
        while True:
            # The test's time runs faster than the kernel's, which would let acknowledgements wait.
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            try:
                data = self.socket.recv(1 << 20)
            except BlockingIOError:
                break
            if not data:
                break
            self.received += data
            self.wire.plane.on_connections(self.wire.now)
        got = []
        while len(self.received) >= 2:
            length = int.from_bytes(self.received[:2], "big")
            if len(self.received) < 2 + length:
                break
            got.append(self.received[2 : 2 + length])
            self.received = self.received[2 + length :]
        return got


def connected(wire: TcpWire, receive_buffer: int = 1 << 20) -> socket.socket:
    sock = socket.socket(wire.listener.family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.settimeout(1)
    sock.connect(wire.listener.getsockname()[:2])
    wire.turn()
    return sock


@pytest.fixture
def wire() -> Iterator[TcpWire]:
    wire = TcpWire()
    yield wire
    wire.close()


def slot_of(wire: Wire, end: End, ssrc: int, stream: int, kind: str = "video") -> int:
    video = kind == "video"
    slot = wire.plane.add_slot(end.id, "video" if video else "audio", ssrc, ssrc + 1 if video else 0, NONE, "0")
    wire.plane.bind(slot, stream, VIDEO_MAP if video else AUDIO_MAP)
    return slot


def closed(sock: socket.socket) -> bool:
    """By the other side: nothing more comes."""
    sock.settimeout(1)
    try:
        while data := sock.recv(65536):
            assert data
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_packets_go_by_tcp_as_they_do_by_udp(family: int) -> None:
    wire = TcpWire(family)
    publisher, subscriber, other = wire.tcp_end(), wire.tcp_end(), wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7)
    for end in (subscriber, other):
        slot_of(wire, end, 100, stream)
    camera = Camera(publisher, 7)
    sent = [camera.send((KEY if i == 0 else DELTA) + bytes([i]) * (i * 19)).payload for i in range(60)]
    wire.turn()
    assert [p.payload for p in subscriber.packets()] == sent
    assert [p.payload for p in other.packets()] == sent
    assert wire.plane.remote(subscriber.path) == subscriber.socket.getsockname()[:2]
    assert wire.counter("tcp_connections") == wire.counter("tcp_accepted_total") == 2
    assert wire.counter("forward_delay_seconds_count") == 120
    wire.close()


def test_frames_may_come_in_pieces(wire: TcpWire) -> None:
    publisher, subscriber = wire.tcp_end(), wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7)
    slot_of(wire, subscriber, 100, stream)
    camera = Camera(publisher, 7)
    packets = [camera.next(KEY + bytes([i]) * 40) for i in range(8)]
    text = b"".join(framed(publisher.protect.protect(packet.serialize())) for packet in packets)
    for at in range(0, len(text), 7):
        publisher.socket.sendall(text[at : at + 7])
        wire.turn()
    assert [p.payload for p in subscriber.packets()] == [packet.payload for packet in packets]


def test_dtls_comes_with_its_peer_and_answers_go_back(wire: TcpWire) -> None:
    end = wire.tcp_end()
    end.send_raw(b"\x16\xfe\xfdhello")
    wire.turn()
    (datagram,) = wire.plane.datagrams()
    assert (datagram.peer, datagram.path, datagram.data) == (end.id, end.path, b"\x16\xfe\xfdhello")
    wire.plane.send(datagram.path, b"\x16" + bytes(1999))
    assert end.raw() == [b"\x16" + bytes(1999)]


@pytest.mark.parametrize("data", list(HUNG_UP_ON.values()), ids=list(HUNG_UP_ON))
def test_who_does_not_speak_frames_is_hung_up_on_and_nobody_else(wire: TcpWire, data: bytes) -> None:
    publisher, subscriber = wire.tcp_end(), wire.tcp_end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7)
    slot_of(wire, subscriber, 100, stream)
    stranger = connected(wire)
    stranger.sendall(data)
    wire.turn()
    assert closed(stranger)
    stranger.close()
    assert wire.counter("dropped_tcp_malformed_total") == 1
    assert wire.counter("tcp_connections") == 2
    Camera(publisher, 7).send(KEY)
    wire.turn()
    assert [p.payload for p in subscriber.packets()] == [KEY]


def deframed(data: bytes) -> tuple[list[bytes], bool]:
    """The reference: what a stranger's bytes come to. The STUN messages in them, and whether he is hung up on."""
    heard: list[bytes] = []
    greeted = False
    while len(data) >= 2:
        length = int.from_bytes(data[:2], "big")
        if not 0 < length <= 2048:
            return heard, True
        if len(data) < 2 + length:
            break
        content, data = data[2 : 2 + length], data[2 + length :]
        is_stun = content[0] <= 3 and length >= 20
        expected = is_stun or 20 <= content[0] <= 63 or 128 <= content[0] <= 191
        if not expected or not (greeted or (is_stun and content[4:8] == STUN[4:8])):
            return heard, True
        greeted = True
        if is_stun:
            heard.append(content)
    return heard, False


content = st.one_of(
    st.just(STUN),
    st.binary(max_size=40).map(lambda rest: STUN + rest),
    st.tuples(st.sampled_from([0, 3, 4, 19, 20, 63, 64, 127, 128, 191, 192, 255]), st.binary(max_size=60)).map(
        lambda parts: bytes([parts[0]]) + parts[1]
    ),
    st.integers(2000, 2100).map(lambda length: b"\x16" + bytes(length - 1)),
)
pieces = st.one_of(
    content.map(framed),
    content.map(framed),
    st.tuples(st.integers(0, 2200), content).map(lambda lie: struct.pack("!H", lie[0]) + lie[1]),
    st.binary(max_size=8),
)


@pytest.fixture(scope="module")
def open_wire() -> Iterator[TcpWire]:
    wire = TcpWire()
    yield wire
    wire.close()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(pieces, max_size=12), cuts=st.lists(st.integers(0, 4000), max_size=6))
def test_any_bytes_come_to_what_the_reference_says(open_wire: TcpWire, parts: list[bytes], cuts: list[int]) -> None:
    wire = open_wire
    data = framed(STUN) * (len(parts) % 2) + b"".join(parts)
    heard, malformed = deframed(data)
    before = wire.counter("dropped_tcp_malformed_total")
    sock = connected(wire)
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    for start, end in itertools.pairwise(edges):
        with contextlib.suppress(ConnectionError):  # it is closed already
            sock.sendall(data[start:end])
        wire.turn()
    assert [datagram.data for datagram in wire.plane.datagrams()] == heard
    assert wire.counter("dropped_tcp_malformed_total") - before == malformed
    assert wire.counter("tcp_connections") == (not malformed)
    sock.close()
    wire.turn()
    assert wire.counter("tcp_connections") == 0


def test_a_stranger_is_heard_only_with_stun_and_hung_up_on_after_ten_seconds(wire: TcpWire) -> None:
    silent, talking, known = connected(wire), connected(wire), wire.tcp_end()
    talking.sendall(framed(STUN) + framed(b"\x80\x60" + bytes(40)))
    wire.turn()
    (datagram,) = wire.plane.datagrams()
    assert (datagram.data, datagram.peer) == (STUN, None)
    assert wire.counter("dropped_unknown_path_total") == 1
    wire.pass_time(9.9)
    assert wire.counter("tcp_connections") == 3
    wire.pass_time(0.3)
    assert closed(silent)
    assert closed(talking)
    assert wire.counter("tcp_connections") == 1
    assert wire.counter("dropped_tcp_silent_total") == 2
    wire.pass_time(15)
    wire.plane.send(known.path, STUN)  # a check of it was answered
    wire.pass_time(29)
    assert wire.counter("tcp_connections") == 1
    wire.pass_time(1.2)
    assert wire.plane.events() == [PathLost(known.id)]
    for sock in (silent, talking):
        sock.close()


def test_a_connection_that_ends_is_its_path_s_end(wire: TcpWire) -> None:
    publisher, subscriber, other = wire.end(), wire.tcp_end(), wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7)
    for end in (subscriber, other):
        slot_of(wire, end, 100, stream)
    camera = Camera(publisher, 7)
    camera.send(KEY)
    wire.turn()
    first = subscriber.packets()
    subscriber.socket.close()
    wire.turn()
    assert [event for event in wire.plane.events() if isinstance(event, PathLost)] == [PathLost(subscriber.id)]
    wire.plane.send(subscriber.path, STUN)
    wire.plane.set_path(subscriber.id, subscriber.path)
    assert wire.plane.events() == [PathLost(subscriber.id)]
    camera.send(DELTA)
    wire.turn()

    subscriber.socket = connected(wire)
    subscriber.send_raw(STUN)
    wire.turn()
    subscriber.socket.setblocking(False)
    (datagram,) = wire.plane.datagrams()
    assert datagram.path != subscriber.path
    wire.plane.set_path(subscriber.id, datagram.path)
    camera.send(DELTA)
    camera.send(KEY)
    wire.turn()
    got = subscriber.packets()
    assert [p.payload for p in got] == [KEY]
    assert got[0].seq == (first[-1].seq + 1) & 0xFFFF
    assert [p.payload for p in other.packets()] == [KEY, DELTA, DELTA, KEY]
    assert wire.plane.events() == []


def test_one_address_has_so_many_connections_and_no_more(wire: TcpWire) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if 0 < hard < 4096 else 4096, hard))
    before = wire.tcp_end()
    socks = [connected(wire) for _ in range(511)]
    beyond = connected(wire)
    assert closed(beyond)
    assert wire.counter("dropped_tcp_refused_total") == 1
    socks.pop().close()
    wire.turn()
    again = connected(wire)
    assert wire.counter("tcp_connections") == 512
    assert before.raw() == []
    for sock in (*socks, beyond, again):
        sock.close()


def test_sound_is_never_late_to_a_slow_reader(wire: TcpWire) -> None:
    """Five seconds of sound and pictures for one who reads nothing: what he then gets of sound is of the last 200 ms,
    but for what the kernel has taken. The other reader gets it all."""
    publisher, slow, quick = wire.end(), wire.tcp_end(receive_buffer=4096), wire.tcp_end()
    voice = wire.plane.add_stream(publisher.id, "audio", AUDIO, NONE, ssrc=7)
    picture = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=8)
    for end in (slow, quick):
        slot_of(wire, end, 100, voice, "audio")
        slot_of(wire, end, 200, picture)
    microphone, camera = Camera(publisher, 7, payload_type=111), Camera(publisher, 8)
    sounds = pictures = 0
    for number in range(250):
        microphone.send(struct.pack("!H", number) + bytes(80))
        for part in range(4):
            camera.send((KEY if number % 50 == part == 0 else DELTA) + bytes(1100))
        wire.pass_time(0.02)
        got = quick.packets()
        sounds += sum(p.payload_type == 63 for p in got)
        pictures += sum(p.payload_type == 102 for p in got)
    assert (sounds, pictures) == (250, 1000)
    heard = [int.from_bytes(p.payload[:2], "big") for p in slow.packets() if p.payload_type == 63]
    fresh = [number for number in heard if number >= 200]
    assert fresh == list(range(250 - len(fresh), 250))
    assert 9 <= len(fresh) <= 11
    taken_by_the_kernel = heard[: -len(fresh)]
    assert taken_by_the_kernel == list(range(len(taken_by_the_kernel)))
    assert len(taken_by_the_kernel) < 60
    assert wire.counter("dropped_tcp_late_total") > 100
    microphone.send(b"at once")
    wire.turn()
    assert b"at once" in [p.payload for p in slow.packets()]


def test_pictures_go_on_at_a_keyframe_with_nothing_missing(wire: TcpWire) -> None:
    publisher, slow, quick = wire.end(), wire.tcp_end(receive_buffer=4096), wire.tcp_end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=8)
    for end in (slow, quick):
        slot_of(wire, end, 200, stream)
    camera = Camera(publisher, 8)

    def picture(number: int) -> bytes:
        return (DELTA if number else KEY) + struct.pack("!H", number) + bytes(1100)

    shown = 0
    for number in range(60):  # 1.2 s: more are not taken after half a second
        for part in range(4):
            camera.send(picture(4 * number + part))
        wire.pass_time(0.02)
        shown += len(quick.packets())
    publisher.feedback(206, 1)
    assert shown == 240
    first = slow.packets()
    numbers = [int.from_bytes(p.payload[4:6], "big") for p in first]
    assert numbers == list(range(len(numbers)))
    assert 80 < len(numbers) < 200

    wire.pass_time(0.3)
    camera.send(picture(300))
    wire.turn()
    assert len(publisher.feedback(206, 1)) == 1  # a keyframe is asked for, now that there is room
    slow.send_rtcp(nack(200, first[-1].seq))  # of what was before nothing is sent again
    camera.send(picture(0))
    camera.send(picture(1))
    wire.turn()
    second = slow.packets()
    assert [p.payload for p in second] == [picture(0), picture(1)]
    assert second[0].seq == first[-1].seq + 1 & 0xFFFF
    assert len(quick.packets()) == 3


def test_a_reader_who_never_catches_up_asks_for_ever_fewer_keyframes(wire: TcpWire) -> None:
    publisher, slow = wire.end(), wire.tcp_end(receive_buffer=4096)
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=8)
    slot_of(wire, slow, 200, stream)
    camera = Camera(publisher, 8)
    asked = []
    for number in range(1500):
        requests = publisher.feedback(206, 1)
        asked += [number] * len(requests)
        camera.send((KEY if requests or number == 0 else DELTA) + bytes(1100))
        camera.send(DELTA + bytes(1100))
        wire.pass_time(0.02)
        if number % 100 == 99:
            slow.raw()
    assert len(asked) < 9


def test_what_waits_for_a_dead_reader_is_bounded(wire: TcpWire) -> None:
    publisher, dead = wire.end(), wire.tcp_end(receive_buffer=4096)
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=8)
    slot_of(wire, dead, 200, stream)
    camera = Camera(publisher, 8)
    for number in range(4000):  # 5 MB at once
        camera.send((DELTA if number else KEY) + bytes(1200))
        if number % 40 == 0:
            wire.turn()
    for _ in range(2000):
        wire.plane.send(dead.path, STUN)
    assert 0 < wire.counter("dropped_send_buffer_full_total") < 2000
    got = [Packet.parse(dead.unprotect.unprotect(data)) for data in dead.raw() if data[0] & 0x80]
    assert len(got) < 2 + (2 << 20) // 1200 + 100
    assert [p.seq for p in got] == [got[0].seq + n & 0xFFFF for n in range(len(got))]


def test_ends_are_freed_with_their_plane() -> None:
    wire = TcpWire()
    wire.tcp_end(), connected(wire).close()
    wire.close()
    plane = Plane()
    assert plane.connections_fd == -1
    plane.on_connections(1.0)
    plane.close()
