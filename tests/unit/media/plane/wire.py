"""Two ends and a plane between them: real UDP sockets on loopback, real libsrtp, a clock that the test turns."""

from __future__ import annotations

import os
import select
import socket
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pylibsrtp import Error, Policy, Session

from media.api import Codec
from media.plane import Extensions, Format, Plane

GCM = Policy.SRTP_PROFILE_AEAD_AES_128_GCM
CM = Policy.SRTP_PROFILE_AES128_CM_SHA1_80
KEY_BYTES = {GCM: 28, CM: 30}

VIDEO = (Format(96, Codec.H264, 90000, rtx=97),)
AUDIO = (Format(111, Codec.OPUS, 48000),)
VIDEO_MAP = {96: (102, 103)}
PLAIN_MAP = {96: (102, 0)}
AUDIO_MAP = {111: (63, 0)}
KEY = b"\x67\x42\x00\x1f"  # an H.264 sequence parameter set
DELTA = b"\x41\x9a\x00\x00"  # a slice of a predicted picture
SO_TIMESTAMPNS = 35
STUN = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12)


def session(key: bytes, profile: int, outbound: bool) -> Session:
    kind = Policy.SSRC_ANY_OUTBOUND if outbound else Policy.SSRC_ANY_INBOUND
    policy = Policy(key=key, ssrc_type=kind, srtp_profile=profile)
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    return Session(policy)


@dataclass(frozen=True)
class Packet:
    payload_type: int
    marker: bool
    seq: int
    timestamp: int
    ssrc: int
    payload: bytes
    elements: Mapping[int, bytes] = field(default_factory=dict)
    padding: int = 0

    @staticmethod
    def parse(data: bytes) -> Packet:
        first, second, seq, timestamp, ssrc = struct.unpack_from("!BBHLL", data)
        assert first >> 6 == 2
        at = 12 + 4 * (first & 15)
        elements: dict[int, bytes] = {}
        if first & 0x10:
            profile, words = struct.unpack_from("!HH", data, at)
            block = data[at + 4 : at + 4 + 4 * words]
            at += 4 + 4 * words
            elements = dict(_elements(profile, block))
        padding = data[-1] if first & 0x20 else 0
        end = len(data) - padding
        return Packet(second & 127, bool(second & 128), seq, timestamp, ssrc, data[at:end], elements, padding)

    def serialize(self) -> bytes:
        block = b""
        if self.elements:
            two = any(len(v) > 16 or not v or k > 14 for k, v in self.elements.items())
            for key, value in self.elements.items():
                head = bytes([key, len(value)]) if two else bytes([key << 4 | len(value) - 1])
                block += head + value
            block += bytes(-len(block) % 4)
            block = struct.pack("!HH", 0x1000 if two else 0xBEDE, len(block) // 4) + block
        first = 0x80 | (0x10 if block else 0) | (0x20 if self.padding else 0)
        tail = bytes(self.padding - 1) + bytes([self.padding]) if self.padding else b""
        second = self.marker << 7 | self.payload_type
        head = struct.pack("!BBHLL", first, second, self.seq & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.ssrc)
        return head + block + self.payload + tail


def _elements(profile: int, block: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(block):
        if block[at] == 0:
            at += 1
            continue
        if profile == 0xBEDE:
            key, size, at = block[at] >> 4, (block[at] & 15) + 1, at + 1
        else:
            key, size, at = block[at], block[at + 1], at + 2
        yield key, block[at : at + size]
        at += size


def rtcp_parts(data: bytes) -> list[tuple[int, int, bytes]]:
    """(type, count, packet) of each packet of a compound."""
    parts = []
    while data:
        size = 4 * (int.from_bytes(data[2:4], "big") + 1)
        assert size <= len(data)
        parts.append((data[1], data[0] & 31, data[:size]))
        data = data[size:]
    return parts


class End:
    """A peer on the other side of the wire."""

    def __init__(self, plane: Plane, server: socket.socket, now: float, profile: int = GCM) -> None:
        self.plane = plane
        self.socket = socket.socket(server.family, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(("127.0.0.1" if server.family == socket.AF_INET else "::1", 0))
        self.socket.setblocking(False)
        self.server = server.getsockname()[:2]
        self.id = plane.add_peer()
        self.socket.sendto(STUN, self.server)
        select.select([server], [], [], 1)
        plane.on_readable(server, now)
        (datagram,) = plane.datagrams()
        self.path = datagram.path
        plane.set_path(self.id, self.path)
        self._key(profile)

    def _key(self, profile: int) -> None:
        up, down = os.urandom(KEY_BYTES[profile]), os.urandom(KEY_BYTES[profile])
        self.protect = session(up, profile, True)
        self.down_key, self.profile = down, profile
        self.unprotect = session(down, profile, False)
        self.plane.set_keys(self.id, session(up, profile, False), session(down, profile, True))

    def send_raw(self, data: bytes) -> None:
        self.socket.sendto(data, self.server)

    def send(self, packet: Packet) -> None:
        self.send_raw(self.protect.protect(packet.serialize()))

    def send_rtcp(self, data: bytes) -> None:
        self.send_raw(self.protect.protect_rtcp(data))

    def raw(self) -> list[bytes]:
        got = []
        while True:
            try:
                got.append(self.socket.recv(4096))
            except BlockingIOError:
                return got

    def receive(self) -> tuple[list[Packet], list[bytes]]:
        """RTP packets and RTCP compounds that came. A repeated identical packet counts once, as libsrtp sees it."""
        packets, reports = [], []
        for data in self.raw():
            if 192 <= data[1] <= 223:
                reports.append(self.unprotect.unprotect_rtcp(data))
                continue
            try:
                packets.append(Packet.parse(self.unprotect.unprotect(data)))
            except Error as error:
                if "replay" not in str(error):
                    raise
        return packets, reports

    def packets(self) -> list[Packet]:
        return self.receive()[0]

    def feedback(self, kind: int, count: int) -> list[bytes]:
        """RTCP packets of a type and format that came."""
        return [part for c in self.receive()[1] for t, n, part in rtcp_parts(c) if (t, n) == (kind, count)]

    def close(self) -> None:
        self.socket.close()


class Wire:
    """A plane with a socket; `ends` of it; time stands still unless `pass_time` is called."""

    def __init__(self, family: int = socket.AF_INET, *, stamped: bool = False) -> None:
        self.plane = Plane()
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self.socket.bind(("127.0.0.1" if family == socket.AF_INET else "::", 0))
        self.socket.setblocking(False)
        self.plane.add_socket(self.socket)
        if not stamped:  # packets arrive when the test says, however long this machine lets them wait
            self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 0)
        self.now = 1000.0
        self.ends: list[End] = []

    def end(self, profile: int = GCM) -> End:
        end = End(self.plane, self.socket, self.now, profile)
        self.ends.append(end)
        return end

    def turn(self) -> None:
        """The plane reads until nothing waits."""
        while select.select([self.socket], [], [], 0)[0]:
            self.plane.on_readable(self.socket, self.now)
        while self.plane.unfinished:
            self.plane.go_on(self.now)

    def pass_time(self, seconds: float, step: float = 0.02) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now += step
            self.turn()
            self.plane.on_timer(self.now)

    def counter(self, name: str) -> float:
        return self.plane.counters()[name]

    def close(self) -> None:
        self.plane.close()
        self.socket.close()
        for end in self.ends:
            end.close()


@dataclass
class Camera:
    """An H.264 publisher: pictures of a few packets, by number."""

    end: End
    ssrc: int
    seq: int = 0
    timestamp: int = 0
    payload_type: int = 96
    elements: Mapping[int, bytes] = field(default_factory=dict)

    def next(self, payload: bytes, *, marker: bool = True, step: int = 3000, padding: int = 0) -> Packet:
        packet = Packet(
            self.payload_type, marker, self.seq, self.timestamp, self.ssrc, payload, self.elements, padding=padding
        )
        self.seq = (self.seq + 1) & 0xFFFF
        self.timestamp = (self.timestamp + step) & 0xFFFFFFFF
        return packet

    def send(self, payload: bytes) -> Packet:
        packet = self.next(payload)
        self.end.send(packet)
        return packet

    def repair(self, packet: Packet, seq: int, ssrc: int = 0, payload_type: int = 97) -> None:
        """Sends it again as RTX (RFC 4588)."""
        payload = packet.seq.to_bytes(2, "big") + packet.payload
        self.end.send(
            Packet(payload_type, packet.marker, seq, packet.timestamp, ssrc or self.ssrc + 1, payload, self.elements)
        )


NONE = Extensions()
