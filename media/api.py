"""The typed surface of the SFU: all that the rest of the server may know of it.

Peers and tracks are named by strings that mean nothing here. Times are seconds of CLOCK_MONOTONIC, which all
processes of one machine share.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol

Kind = Literal["audio", "video"]
Quality = Literal["low", "middle", "high"]


class Codec(StrEnum):
    H264 = "H264"
    H265 = "H265"
    VP9 = "VP9"
    AV1 = "AV1"
    OPUS = "opus"


@dataclass(frozen=True, slots=True)
class Offer:
    """An SDP offer. `sources` maps the mid of each sending section to what it shows (`*` stands for the mids not
    named); sections without a source are refused. Peers that share tracks name the same `group` (a lesson): one worker
    has them. `layer` marks all that it sends as that layer of what others of its peers send."""

    peer: str
    sdp: str
    direction: Literal["send", "receive"]
    sources: Mapping[str, str] = field(default_factory=dict)
    group: str = ""
    layer: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """One receiving section of a peer; `codecs` are those that the peer offered for it and the server knows."""

    mid: str
    kind: Kind
    codecs: tuple[Codec, ...]


@dataclass(frozen=True, slots=True)
class Track:
    """A media stream that a peer sends, with all its layers. `format` is the SDP fmtp of its codec. `layer` is that of
    its offer: "low" where it is a second, smaller publication of a source, else empty. `layered`: it was offered in
    several (simulcast)."""

    id: str
    peer: str
    source: str
    kind: Kind
    codec: Codec
    format: str = ""
    layer: str = ""
    layered: bool = False


@dataclass(frozen=True, slots=True)
class Show:
    """What a slot is to show: a track (by id), and the best of its layers that it may get (high: the best that comes,
    middle: the one between, of two the higher). `keep`: what the slot shows stays until there is a picture of this."""

    track: str
    ceiling: Quality = "high"
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    sdp: str
    slots: tuple[Slot, ...] = ()


class Refusal(Exception):
    """An offer cannot be answered. Codes: `sdp_malformed` (not SDP, or no ICE or fingerprint), `codec_unsupported`,
    `data_channel_refused`, `offer_mismatch` (a re-offer that changes what was settled), `peer_unknown`,
    `media_unavailable`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class PeerConnected:
    """ICE and DTLS are done."""

    peer: str
    cipher: str


@dataclass(frozen=True, slots=True)
class PeerGone:
    """Removed, closed, silent for longer than consent lasts (10 s), or lost with its worker (`reason` says which)."""

    peer: str
    reason: Literal["removed", "closed", "silent", "failed", "worker_lost"]


@dataclass(frozen=True, slots=True)
class TrackStarted:
    """Its first packet came."""

    track: Track


@dataclass(frozen=True, slots=True)
class TrackEnded:
    track: Track


@dataclass(frozen=True, slots=True)
class TrackStalled:
    """No packet for 3 s (`stalled`), or packets again."""

    track: Track
    stalled: bool


@dataclass(frozen=True, slots=True)
class Speaking:
    """Tracks that carry a voice now, loudest first; one overtakes another only when it is clearly louder."""

    tracks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LayersWanted:
    """The layers of a sending section, by rid, that anyone watches now: the others may pause, and these are to be sent.
    All are, until this says otherwise."""

    peer: str
    mid: str
    rids: tuple[str, ...]


MediaEvent = PeerConnected | PeerGone | TrackStarted | TrackEnded | TrackStalled | Speaking | LayersWanted


class MediaService(Protocol):
    """What `media.supervisor.Supervisor` is to everyone else."""

    async def answer(self, offer: Offer) -> Answer:
        """Answers a first offer, or a later one of the same peer (ICE restart, sections added at the end). Raises
        `Refusal`."""

    async def remove(self, peer: str) -> None:
        """Removes a peer with all its tracks; nothing happens if there is none."""

    async def assign(self, peer: str, slots: Mapping[str, Show | None]) -> None:
        """Puts tracks into slots (by mid), None empties one. Slots not named stay. A slot whose ceiling alone changes
        goes on with what it shows until the other layer's keyframe. Raises `Refusal` (`peer_unknown`,
        `offer_mismatch`, `codec_unsupported`)."""

    async def tap(self, track: str, socket_path: str | None, tag: int = 0) -> None:
        """Sends a copy of the packets of a track's highest layer, each marked `tag`, to the Unix stream socket that
        listens at `socket_path`; None ends it. Asks for a keyframe."""

    async def request_keyframe(self, track: str) -> None: ...

    def tracks(self) -> Sequence[Track]:
        """The tracks that have started and not ended."""

    def listen(self, listener: Callable[[MediaEvent], None]) -> None: ...

    async def counters(self) -> Mapping[str, float]:
        """Cumulative counters and gauges of all workers, by the names of `/metrics` less `tongke_media_`; the histogram
        `forward_delay_seconds` as `forward_delay_seconds_bucket_<le>`, `_sum`, `_count`."""

    @property
    def ports(self) -> Sequence[int]:
        """Ports that must be open, by UDP and, for networks without it, by TCP."""


# A tap's stream, worker to recorder: frames of TAP_HEADER and `length` bytes, all numbers little-endian.
#   length u32, type u8, flags u8 (0), layer u16 (0 the only or highest), tag u32, arrival u64 (µs of CLOCK_MONOTONIC)
TAP_HEADER = struct.Struct("<IBBHIQ")
TAP_RTP = 1  # an RTP packet, decrypted, its header as the publisher sent it (RFC 3550)
TAP_SENDER_REPORT = 2  # ssrc u32, NTP timestamp u64 (RFC 3550 §6.4.1), RTP timestamp u32
TAP_GAP = 3  # u32 packets of this tag that were dropped because the ring was full
