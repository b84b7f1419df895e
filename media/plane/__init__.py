"""The forwarding plane: the per-packet path in C (plane.c), loaded through cffi; this class is its whole interface.

One wake-up reads a batch of datagrams, decrypts each once and, for every slot bound to its stream, rewrites, encrypts and
sends. Python sees STUN and DTLS datagrams, and a short list of events; it never runs per packet. Not thread-safe: one
plane belongs to one event loop. Times are seconds of CLOCK_MONOTONIC, and always an argument.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pylibsrtp import Session

from media.api import Codec, Kind

# Where a datagram came from and where it arrived: remote address, local address, socket. Opaque, hashable, comparable.
Path = bytes


@dataclass(frozen=True, slots=True)
class Datagram:
    """A STUN or DTLS datagram for Python. DTLS is handed up only from a path that some peer has (`peer`), STUN from any."""

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


PlaneEvent = StreamStarted | StreamStopped


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
    """One UDP forwarder. Every method that takes a peer, stream or slot raises KeyError for one that is not there."""

    def __init__(self) -> None: ...

    def close(self) -> None: ...

    # sockets

    def add_socket(self, sock: socket.socket) -> None:
        """Takes a bound, non-blocking UDP socket (IPv4 or dual-stack IPv6). The caller keeps it open until `close`."""

    def on_readable(self, sock: socket.socket, now: float) -> None:
        """One turn: reads and forwards for at most a millisecond. Called again by the loop while more is waiting."""

    def on_timer(self, now: float) -> float:
        """Does what is due (NACK retries, reports, feedback, paced packets); returns the time when it is due again."""

    def datagrams(self) -> list[Datagram]:
        """STUN and DTLS datagrams since the last call; at most 1,024 wait, later ones are dropped and counted."""

    def events(self) -> list[PlaneEvent]: ...

    def send(self, path: Path, data: bytes) -> None:
        """Sends a datagram of Python's (STUN, DTLS) out by the socket and local address it would answer from."""

    @staticmethod
    def remote(path: Path) -> tuple[str, int]: ...

    # peers

    def add_peer(self) -> int: ...

    def set_path(self, peer: int, path: Path) -> None:
        """SRTP is accepted from, and sent to, this path alone. A path has one peer: it is taken from another that had it."""

    def set_keys(self, peer: int, receive: Session, send: Session) -> None:
        """The SRTP sessions of the peer's DTLS; a reference to both is held until the peer is removed."""

    def remove_peer(self, peer: int) -> None:
        """With its streams and slots; slots elsewhere that showed its streams are left empty."""

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
        """An incoming stream, that is one layer. Recognised by `ssrc` if given, else by mid (and rid) header extensions,
        else, where a peer has one stream of a payload type, by that. NACKs, receiver reports, transport-wide feedback and
        keyframe requests (throttled) go to its sender from now on."""

    def remove_stream(self, stream: int) -> None: ...

    # what a peer receives

    def add_slot(self, peer: int, kind: Kind, ssrc: int, rtx_ssrc: int, extensions: Extensions, mid: str) -> int:
        """An outgoing stream with its own SSRCs. What it shows is bound, and bound anew, without renegotiation."""

    def bind(self, slot: int, stream: int | None, formats: Mapping[int, tuple[int, int]] | None = None) -> None:
        """Shows a stream in a slot. `formats` maps the stream's payload types to the receiver's (payload type, rtx payload
        type or 0). Sequence numbers and timestamps go on without a jump. Video is forwarded from a keyframe on: one that is
        cached and recent, else one that is asked for. None empties the slot."""

    def remove_slot(self, slot: int) -> None: ...

    # the recorder

    def tap(self, stream: int, tag: int | None) -> None:
        """Copies the stream's packets into the tap ring (8 MB; full: dropped and marked), None ends it."""

    def read_tap(self, most: int = 1 << 20) -> bytes:
        """Whole frames as `media.api.TAP_HEADER` describes, oldest first; empty when there are none."""

    def request_keyframe(self, stream: int, now: float) -> None: ...

    # numbers

    def stream_stats(self, stream: int) -> StreamStats: ...

    def slot_stats(self, slot: int) -> SlotStats: ...

    def counters(self) -> Mapping[str, float]:
        """`packets_received_total`, `packets_forwarded_total`, `packets_lost_total`, `dropped_<reason>_total`, and the
        histogram of receive to send as `forward_delay_seconds_bucket_<le>`, `_sum`, `_count`."""
