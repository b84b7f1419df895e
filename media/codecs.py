"""Which codecs are carried, and which of a receiver's payload types can take a sender's stream without transcoding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from media.api import Codec, Kind
from media.sdp import Section, parameters

KINDS: Mapping[Codec, Kind] = {
    Codec.OPUS: "audio",
    Codec.H264: "video",
    Codec.H265: "video",
    Codec.VP9: "video",
    Codec.AV1: "video",
}
CLOCK_RATES: Mapping[Kind, int] = {"audio": 48000, "video": 90000}
FEEDBACK = ("transport-cc", "ccm fir", "nack", "nack pli")
MAX_FORMATS = 16  # as many as the plane takes for a stream
BY_NAME = {codec.value.lower(): codec for codec in Codec}


@dataclass(frozen=True, slots=True)
class Carried:
    """A payload type of an offered section that the server carries; `rtx` repairs it (RFC 4588), 0 for none."""

    payload_type: int
    codec: Codec
    fmtp: str
    feedback: tuple[str, ...]
    rtx: int = 0

    @property
    def rtpmap(self) -> str:
        channels = "/2" if self.codec is Codec.OPUS else ""
        return f"{self.payload_type} {self.codec.value}/{CLOCK_RATES[KINDS[self.codec]]}{channels}"


def carried(section: Section) -> tuple[Carried, ...]:
    """The payload types of a section that are carried, in the offer's order; but H.264 first where the offer begins
    with a codec that is not carried: browsers begin with VP8 unless a page chose an order, and every display decodes
    H.264."""
    maps, fmtps = section.rtpmaps(), section.fmtps()
    repairs = {
        parameters(fmtps.get(entry.payload_type, "")).get("apt", ""): entry.payload_type
        for entry in maps
        if entry.name.lower() == "rtx"
    }
    found: list[Carried] = []
    for entry in maps:
        codec = BY_NAME.get(entry.name.lower())
        if codec is None or KINDS[codec] != section.kind or entry.clock_rate != CLOCK_RATES[KINDS[codec]]:
            continue
        fmtp = fmtps.get(entry.payload_type, "")
        if codec is Codec.H264 and parameters(fmtp).get("packetization-mode", "0") != "1":
            continue
        if len(found) == MAX_FORMATS:
            break
        offered = section.feedback(entry.payload_type)
        feedback = tuple(name for name in FEEDBACK if name in offered)
        found.append(Carried(entry.payload_type, codec, fmtp, feedback, repairs.get(str(entry.payload_type), 0)))
    if found and maps[0].payload_type != found[0].payload_type:
        found.sort(key=lambda one: _preference(one))
    return tuple(found)


def _preference(one: Carried) -> int:
    if one.codec is not Codec.H264:
        return 9
    return 0 if _profile_level_id(one.fmtp).startswith("42e0") else 1 + h264_rank(one.fmtp)


def _profile_level_id(fmtp: str) -> str:
    return parameters(fmtp).get("profile-level-id", "420010").lower()


def h264_rank(fmtp: str) -> int:
    """H.264 Annex A as WebRTC uses it: a decoder of a higher rank decodes streams of every lower one. Baseline counts
    as constrained baseline: no encoder of a live picture uses what the latter leaves out."""
    text = _profile_level_id(fmtp)
    try:
        idc, constraints = int(text[:2], 16), int(text[2:4], 16)
    except ValueError:
        return 0
    match idc:
        case 0x42 | 0x58:
            return 0
        case 0x4D:
            return 0 if constraints & 0x80 else 1
        case 0x64:
            return 2
        case _:
            return 3


def raised(one: Carried) -> str:
    """The fmtp to answer a sender with. RFC 6184 §8.2.2: with level-asymmetry-allowed the answer says the level that
    we take, here 5.2 (3840×2160 at 60 frames/s), whatever level the offer names."""
    values = parameters(one.fmtp)
    if one.codec is not Codec.H264 or values.get("level-asymmetry-allowed") != "1":
        return one.fmtp
    return f"level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={_profile_level_id(one.fmtp)[:4]}34"


def receiving_format(sent: Carried, offered: Sequence[Carried]) -> Carried | None:
    """The payload type under which a receiver takes a sender's stream, None if it cannot decode it."""
    same = [one for one in offered if one.codec is sent.codec]
    if sent.codec is Codec.H264:
        rank = h264_rank(sent.fmtp)
        able = [one for one in same if h264_rank(one.fmtp) >= rank]
        exact = [one for one in able if _profile_level_id(one.fmtp)[:4] == _profile_level_id(sent.fmtp)[:4]]
        return next(iter(exact), None) or min(able, key=lambda one: h264_rank(one.fmtp), default=None)
    name, default = {Codec.VP9: ("profile-id", "0"), Codec.AV1: ("profile", "0"), Codec.H265: ("profile-id", "1")}.get(
        sent.codec, ("", "")
    )
    wanted = parameters(sent.fmtp).get(name, default)
    return next((one for one in same if parameters(one.fmtp).get(name, default) == wanted), None)
