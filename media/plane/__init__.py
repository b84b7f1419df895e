"""The forwarding plane: the per-packet path in C, loaded through cffi; this class is its whole interface.

One wake-up reads a batch of datagrams, decrypts each once and, for every slot bound to its stream, rewrites, encrypts
and sends. What comes in frames over TCP is treated alike. Python sees STUN and DTLS datagrams, and a short list of
events; it never runs per packet. Not thread-safe: one plane belongs to one event loop. Times are seconds of
CLOCK_MONOTONIC, and always an argument.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

from pylibsrtp import Session

from media.api import Codec, Kind
from media.plane.native import context, ffi, found, label, lib, native_path, new_plane, remote

_KINDS: Mapping[Kind, int] = {"audio": lib.PLANE_AUDIO, "video": lib.PLANE_VIDEO}
_CODECS: Mapping[Codec, int] = {
    Codec.H264: lib.PLANE_H264,
    Codec.H265: lib.PLANE_H265,
    Codec.VP9: lib.PLANE_VP9,
    Codec.AV1: lib.PLANE_AV1,
    Codec.OPUS: lib.PLANE_OPUS,
}

# Where a datagram came from and where it arrived: remote address, local address, socket or TCP connection. Opaque,
# hashable, comparable.
Path = bytes


@dataclass(frozen=True, slots=True)
class Datagram:
    """A STUN or DTLS datagram for Python. DTLS is handed up only from a path that some peer has (`peer`), STUN from
    any."""

    path: Path
    peer: int | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Extensions:
    """Ids of the header extensions (RFC 8285) that a section has agreed on; 0 is "not agreed"."""

    mid: int = 0
    rid: int = 0
    repaired_rid: int = 0
    abs_send_time: int = 0
    transport_cc: int = 0
    audio_level: int = 0
    dependency_descriptor: int = 0


@dataclass(frozen=True, slots=True)
class Format:
    """A payload type of a section; `rtx` is the payload type that repairs it (RFC 4588), 0 for none."""

    payload_type: int
    codec: Codec
    clock_rate: int
    rtx: int = 0


@dataclass(frozen=True, slots=True)
class StreamStarted:
    """The first packet of a stream. `payload_type` says which of its formats it is; again when that changes."""

    stream: int
    payload_type: int


@dataclass(frozen=True, slots=True)
class StreamStopped:
    """The publisher said BYE for it (RFC 3550 §6.6)."""

    stream: int


@dataclass(frozen=True, slots=True)
class PathLost:
    """The TCP connection that was the peer's path has ended; the peer has no path now."""

    peer: int


PlaneEvent = StreamStarted | StreamStopped | PathLost


@dataclass(frozen=True, slots=True)
class StreamStats:
    packets: int
    bytes: int
    lost: int  # never arrived, not by retransmission either
    nacks_sent: int
    keyframes: int
    keyframe_requests: int
    last_packet_at: float  # 0 before the first
    audio_level: int  # RFC 6464: 0 loudest to 127 silence; smoothed over the last 500 ms; 127 for video


@dataclass(frozen=True, slots=True)
class SlotStats:
    packets: int
    bytes: int
    nacks_received: int
    retransmitted: int
    fraction_lost: float  # as the receiver last reported
    rtt_s: float  # 0 while unknown


class Plane:
    """One forwarder. Every method that takes a peer, stream or slot raises KeyError for one that is not there."""

    def __init__(self) -> None:
        self._plane = new_plane()
        self._sockets: dict[int, int] = {}
        self._keys: dict[int, tuple[Session, Session]] = {}
        self._tap_buffer = ffi.new("uint8_t[]", 0)

    def close(self) -> None:
        """Frees everything; no other method may be called afterwards. Again, it does nothing."""
        if self._plane is not None:
            ffi.release(self._plane)
        self._plane = None
        self._keys.clear()

    # sockets

    def add_socket(self, sock: socket.socket) -> None:
        """Takes a bound, non-blocking UDP socket (IPv4 or dual-stack IPv6). The caller keeps it open until `close`."""
        index = lib.plane_add_socket(self._plane, sock.fileno(), sock.family)
        if index < 0:
            raise OSError(-index, os.strerror(-index))
        self._sockets[sock.fileno()] = index

    def add_listener(self, sock: socket.socket) -> None:
        """Takes a listening, non-blocking TCP socket. Connections are accepted from it, at most 2,048 in all and 512 of
        one address, and closed when they end, say what is not RFC 4571 frames of ours, or are not answered by `send`
        within 10 s of their beginning or within 30 s of the last time. The caller keeps it open until `close`."""
        error = lib.plane_add_listener(self._plane, sock.fileno())
        if error < 0:
            raise OSError(-error, os.strerror(-error))

    @property
    def connections_fd(self) -> int:
        """A descriptor that is readable while `on_connections` has something to do; -1 without listeners."""
        return int(lib.plane_connections_fd(self._plane))

    def on_connections(self, now: float) -> None:
        """One turn for all TCP connections: accepts, reads, forwards and writes for about a millisecond."""
        lib.plane_read_connections(self._plane, now)

    def on_readable(self, sock: socket.socket, now: float) -> None:
        """One turn: reads and forwards, sound first, for about a millisecond. Called again by the loop while more is
        waiting to be read; see `unfinished`."""
        lib.plane_read(self._plane, self._sockets[sock.fileno()], now)

    @property
    def unfinished(self) -> bool:
        """Whether a turn ended before all was sent: then `go_on` after the loop has looked at its sockets again."""
        return bool(lib.plane_is_unfinished(self._plane))

    @property
    def quiet(self) -> bool:
        """Whether for a second nothing came but consent and reports, and all is done."""
        return bool(lib.plane_is_quiet(self._plane))

    def doze(self, fd: int, until: float) -> None:
        """Sleeps, and answers consent, while it is quiet: until that time, or the descriptor is readable, or something
        is due or has come."""
        lib.plane_doze(self._plane, fd, until)

    def go_on(self, now: float) -> None:
        """Another turn of sending."""
        lib.plane_go_on(self._plane, now)

    def on_timer(self, now: float) -> None:
        """Does what is due: NACK retries, reports, feedback, paced packets."""
        lib.plane_tick(self._plane, now)

    @property
    def due(self) -> float:
        """When `on_timer` has something to do. What is read or asked for may bring it forward."""
        return float(lib.plane_due(self._plane))

    @property
    def has_news(self) -> bool:
        """Whether `datagrams` or `events` has something."""
        return bool(lib.plane_has_news(self._plane))

    def datagrams(self) -> list[Datagram]:
        """STUN and DTLS datagrams since the last call; at most 1,024 wait, later ones are dropped and counted."""
        waiting = []
        datagram = ffi.new("struct plane_datagram *")
        while lib.plane_next_datagram(self._plane, datagram):
            path = bytes(ffi.buffer(ffi.addressof(datagram, "path")))
            waiting.append(Datagram(path, datagram.peer or None, bytes(ffi.buffer(datagram.data, datagram.length))))
        return waiting

    def events(self) -> list[PlaneEvent]:
        """What happened to streams since the last call."""
        happened: list[PlaneEvent] = []
        event = ffi.new("struct plane_event *")
        while lib.plane_next_event(self._plane, event):
            if event.kind == lib.PLANE_STARTED:
                happened.append(StreamStarted(event.stream, event.payload_type))
            elif event.kind == lib.PLANE_PATH_LOST:
                happened.append(PathLost(event.stream))
            else:
                happened.append(StreamStopped(event.stream))
        return happened

    def send(self, path: Path, data: bytes) -> None:
        """Sends a datagram of Python's (STUN, DTLS) out by the socket and local address it would answer from. To send
        by a TCP connection is to vouch for it; to one that has ended, nothing is sent."""
        found(lib.plane_send(self._plane, native_path(path), data, len(data)), 0)

    @staticmethod
    def remote(path: Path) -> tuple[str, int]:
        """The other side's address (IPv4 as such, also on a dual-stack socket) and port."""
        return remote(path)

    # peers

    def add_peer(self, group: int = 0) -> int:
        """Peers of one group (32 bits; a lesson) share what their streams may have cached: 64 MB."""
        return found(lib.plane_add_peer(self._plane, group), 0)

    def set_path(self, peer: int, path: Path) -> None:
        """SRTP is accepted from, and sent to, this path alone. A path has one peer: it is taken from another that had
        it. Where the path is a TCP connection that has ended, `PathLost` follows."""
        found(lib.plane_set_path(self._plane, peer, native_path(path)), peer)

    def set_consent(self, peer: int, username: str, password: str, priority: int) -> None:
        """Checks with these credentials that come by the peer's path, and rank no higher than `priority`, are answered
        without Python from now on, and count as heard; until another path is set, or this is called with "". Other
        STUN is handed up as before."""
        name, word = username.encode(), password.encode()
        found(lib.plane_set_consent(self._plane, peer, name, len(name), word, len(word), priority), peer)

    def set_keys(self, peer: int, receive: Session, send: Session) -> None:
        """The SRTP sessions of the peer's DTLS; a reference to both is held until the peer is removed."""
        pair = (context(receive), context(send))
        found(lib.plane_set_keys(self._plane, peer, *pair), peer)
        self._keys[peer] = (receive, send)

    def heard_at(self, peer: int) -> float:
        """When an authentic RTP or RTCP packet of the peer, or a check that was answered here, came last; 0 before the
        first."""
        at = float(lib.plane_heard_at(self._plane, peer))
        if at < 0:
            raise KeyError(peer)
        return at

    def remove_peer(self, peer: int) -> None:
        """With its streams and slots; slots elsewhere that showed its streams are left empty."""
        found(lib.plane_remove_peer(self._plane, peer), peer)
        self._keys.pop(peer, None)

    # what a peer sends

    def add_stream(
        self,
        peer: int,
        kind: Kind,
        formats: Sequence[Format],
        extensions: Extensions,
        *,
        mid: str = "",
        rid: str = "",
        ssrc: int | None = None,
        rtx_ssrc: int | None = None,
    ) -> int:
        """An incoming stream, that is one layer. Recognised by `ssrc` if given, else by mid (and rid) header
        extensions, else, where a peer has one stream of a payload type, by that. NACKs, receiver reports,
        transport-wide feedback and keyframe requests (throttled) go to its sender from now on."""
        native = [(f.payload_type, _CODECS[f.codec], f.rtx, f.clock_rate) for f in formats]
        stream = lib.plane_add_stream(
            self._plane,
            peer,
            _KINDS[kind],
            ffi.new("struct plane_format[]", native),
            len(native),
            ffi.new("struct plane_extensions *", astuple(extensions)),
            label(mid),
            label(rid),
            -1 if ssrc is None else ssrc,
            -1 if rtx_ssrc is None else rtx_ssrc,
        )
        return found(stream, peer)

    def remove_stream(self, stream: int) -> None:
        found(lib.plane_remove_stream(self._plane, stream), stream)

    # what a peer receives

    def add_slot(self, peer: int, kind: Kind, ssrc: int, rtx_ssrc: int, extensions: Extensions, mid: str) -> int:
        """An outgoing stream with its own SSRCs. What it shows is bound, and bound anew, without renegotiation.
        `rtx_ssrc` is 0 for a receiver without RTX. ValueError: the peer has, or had, a slot with one of these SSRCs."""
        slot = lib.plane_add_slot(
            self._plane,
            peer,
            _KINDS[kind],
            ssrc,
            rtx_ssrc,
            ffi.new("struct plane_extensions *", astuple(extensions)),
            label(mid),
            secrets.randbits(15),
            secrets.randbits(15),
            secrets.randbits(32),
        )
        return found(slot, peer)

    def bind(
        self,
        slot: int,
        stream: int | None,
        formats: Mapping[int, tuple[int, int]] | None = None,
        *,
        keep: bool = False,
    ) -> None:
        """Shows a stream in a slot. `formats` maps the stream's payload types to the receiver's (payload type, rtx
        payload type or 0). Sequence numbers and timestamps go on without a jump. Video is forwarded from a keyframe on:
        from one that is cached, with what followed it, paced, where that is at most a second and 3 MB; else from one
        that is asked for. `keep`: until that one comes, the slot goes on with what it shows. None empties the slot."""
        native = [(ours, theirs, rtx) for ours, (theirs, rtx) in (formats or {}).items()]
        mappings = ffi.new("struct plane_mapping[]", native)
        found(lib.plane_bind(self._plane, slot, stream or 0, mappings, len(native), keep), slot)

    def remove_slot(self, slot: int) -> None:
        found(lib.plane_remove_slot(self._plane, slot), slot)

    # the recorder

    def tap(self, stream: int, tag: int | None) -> None:
        """Copies the stream's packets into the tap ring (8 MB; full: dropped and marked), None ends it."""
        found(lib.plane_tap(self._plane, stream, tag is not None, tag or 0), stream)

    def read_tap(self, most: int = 1 << 20) -> bytes:
        """Whole frames as `media.api.TAP_HEADER` describes, oldest first; empty when there are none."""
        if len(self._tap_buffer) < most:
            self._tap_buffer = ffi.new("uint8_t[]", most)
        length = lib.plane_read_tap(self._plane, self._tap_buffer, most)
        return bytes(ffi.buffer(self._tap_buffer, length))

    def request_keyframe(self, stream: int, now: float) -> None:
        """Asks the publisher at most twice a second, until a keyframe comes."""
        found(lib.plane_request_keyframe(self._plane, stream, now), stream)

    # numbers

    def stream_stats(self, stream: int) -> StreamStats:
        s = ffi.new("struct plane_stream_stats *")
        found(lib.plane_stream_stats(self._plane, stream, s), stream)
        return StreamStats(
            packets=s.packets,
            bytes=s.bytes,
            lost=s.lost,
            nacks_sent=s.nacks_sent,
            keyframes=s.keyframes,
            keyframe_requests=s.keyframe_requests,
            last_packet_at=s.last_packet_at,
            audio_level=s.audio_level,
        )

    def slot_stats(self, slot: int) -> SlotStats:
        s = ffi.new("struct plane_slot_stats *")
        found(lib.plane_slot_stats(self._plane, slot, s), slot)
        return SlotStats(
            packets=s.packets,
            bytes=s.bytes,
            nacks_received=s.nacks_received,
            retransmitted=s.retransmitted,
            fraction_lost=s.fraction_lost,
            rtt_s=s.rtt,
        )

    def counters(self) -> Mapping[str, float]:
        """`packets_received_total`, `packets_forwarded_total`, `packets_lost_total`, `consents_renewed_total`,
        `tcp_accepted_total`, `tcp_connections` (now), `dropped_<reason>_total`, and the histogram of receive to send as
        `forward_delay_seconds_bucket_<le>`, `_sum`, `_count`."""
        values: dict[str, float] = {}
        value = ffi.new("double *")
        while (name := lib.plane_counter(self._plane, len(values), value)) != ffi.NULL:
            values[ffi.string(name).decode()] = value[0]
        return values
