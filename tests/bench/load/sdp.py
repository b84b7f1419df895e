"""The SDP of the load's clients: offers and answers as browsers write them, of one audio and one video section."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
# The subscribers offer no transport-cc: they would have to report every packet, as they do not.
OFFERED = {
    "sendonly": {AUDIO_LEVEL: 1, ABS_SEND_TIME: 2, TRANSPORT_CC: 3, MID: 4},
    "recvonly": {ABS_SEND_TIME: 2, MID: 4},
}
AUDIO, VIDEO, VIDEO_RTX = 111, 102, 103
FMTP = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e034"

Direction = Literal["sendonly", "recvonly"]


@dataclass(frozen=True, slots=True)
class Own:
    """A client's side. SSRCs are those that it sends: video, its retransmissions, audio."""

    ufrag: str
    pwd: str
    fingerprint: str
    ssrcs: tuple[int, int, int]
    host: str
    port: int

    def transport(self, setup: str) -> list[str]:
        return [
            f"c=IN IP4 {self.host}",
            f"a=candidate:1 1 udp 2130706431 {self.host} {self.port} typ host",
            "a=end-of-candidates",
            f"a=ice-ufrag:{self.ufrag}",
            f"a=ice-pwd:{self.pwd}",
            "a=ice-options:trickle",
            f"a=fingerprint:sha-256 {self.fingerprint}",
            f"a=setup:{setup}",
            "a=rtcp-mux",
        ]


@dataclass(frozen=True, slots=True)
class Section:
    kind: str
    lines: tuple[str, ...]

    def values(self, name: str) -> Iterator[str]:
        return (line[len(name) + 3 :] for line in self.lines if line.startswith(f"a={name}:"))

    @property
    def mid(self) -> str:
        return next(self.values("mid"), "")

    @property
    def payload_type(self) -> int | None:
        """Of Opus, or of H.264 with packetization-mode=1, the first in the order of preference."""
        wanted = "opus/" if self.kind == "audio" else "h264/"
        for number in self.lines[0].split(" ")[3:]:
            maps = [value.split(" ", 1)[1].lower() for value in self.values("rtpmap") if value.startswith(f"{number} ")]
            fmtp = " ".join(value for value in self.values("fmtp") if value.startswith(f"{number} "))
            if any(one.startswith(wanted) for one in maps) and (self.kind == "audio" or "packetization-mode=1" in fmtp):
                return int(number)
        return None

    def retransmission_of(self, payload_type: int) -> int | None:
        return next(
            (int(v.split(" ")[0]) for v in self.values("fmtp") if re.search(rf"\bapt={payload_type}\b", v)), None
        )

    def extensions(self) -> dict[str, int]:
        pairs = (value.split(" ") for value in self.values("extmap"))
        return {pair[1]: int(pair[0].partition("/")[0]) for pair in pairs}


@dataclass(frozen=True, slots=True)
class Remote:
    """What the other side said. `candidate` is its first for UDP over IPv4, None before one was trickled."""

    ufrag: str
    pwd: str
    fingerprint: str
    lite: bool
    candidate: tuple[str, int] | None
    sections: tuple[Section, ...] = field(repr=False)

    def section(self, kind: str) -> Section | None:
        return next((one for one in self.sections if one.kind == kind), None)


def candidate(line: str) -> tuple[str, int] | None:
    """Address and port of a candidate attribute's value, None where it is not UDP over IPv4."""
    words = line.split(" ")
    if len(words) < 8 or words[2].lower() != "udp" or ":" in words[4] or words[1] != "1":
        return None
    return words[4], int(words[5])


def read(text: str) -> Remote:
    lines = [line for line in re.split(r"\r?\n", text) if line]
    starts = [at for at, line in enumerate(lines) if line.startswith("m=")]
    ends = [*starts[1:], len(lines)]
    sections = tuple(Section(lines[a][2:].split(" ")[0], tuple(lines[a:b])) for a, b in zip(starts, ends, strict=True))

    def value(name: str) -> str:
        return next((line[len(name) + 3 :] for line in lines if line.startswith(f"a={name}:")), "")

    found = (candidate(line[12:]) for line in lines if line.startswith("a=candidate:"))
    return Remote(
        value("ice-ufrag"),
        value("ice-pwd"),
        value("fingerprint").partition(" ")[2].upper(),
        "a=ice-lite" in lines,
        next((one for one in found if one is not None), None),
        sections,
    )


def _session(mids: list[str]) -> list[str]:
    head = ["v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    return [*head, f"a=group:BUNDLE {' '.join(mids)}", "a=msid-semantic: WMS load"]


def _codec(kind: str, payload_type: int, rtx: int | None) -> list[str]:
    if kind == "audio":
        return [f"a=rtpmap:{payload_type} opus/48000/2", f"a=fmtp:{payload_type} minptime=10;useinbandfec=1"]
    feedback = ("ccm fir", "nack", "nack pli", "goog-remb", "transport-cc")
    lines = [f"a=rtpmap:{payload_type} H264/90000", *(f"a=rtcp-fb:{payload_type} {one}" for one in feedback)]
    lines.append(f"a=fmtp:{payload_type} {FMTP}")
    if rtx:
        lines += [f"a=rtpmap:{rtx} rtx/90000", f"a=fmtp:{rtx} apt={payload_type}"]
    return lines


def _sources(own: Own, kind: str) -> list[str]:
    video, repair, audio = own.ssrcs
    ssrcs = [audio] if kind == "audio" else [video, repair]
    group = [f"a=ssrc-group:FID {video} {repair}"] if kind == "video" else []
    stated = [f"a=ssrc:{ssrc} {what}" for ssrc in ssrcs for what in ("cname:load", f"msid:load {kind}")]
    return [f"a=msid:load {kind}", *group, *stated]


def offer(own: Own, direction: Direction) -> str:
    lines = _session(["0", "1"])
    for mid, kind, numbers in (("0", "audio", (AUDIO,)), ("1", "video", (VIDEO, VIDEO_RTX))):
        lines.append(f"m={kind} {own.port} UDP/TLS/RTP/SAVPF {' '.join(map(str, numbers))}")
        lines += [*own.transport("active"), f"a=mid:{mid}", f"a={direction}", "a=rtcp-rsize"]
        extensions = OFFERED[direction].items()
        lines += [f"a=extmap:{id} {uri}" for uri, id in extensions if kind == "audio" or uri != AUDIO_LEVEL]
        lines += _codec(kind, numbers[0], VIDEO_RTX if kind == "video" else None)
        lines += _sources(own, kind) if direction == "sendonly" else []
    return "\r\n".join(lines) + "\r\n"


def answer(own: Own, offered: Remote) -> str:
    """To a server that offers what we receive. A data channel's section is taken too, and stays silent."""
    lines = _session([section.mid for section in offered.sections])
    for section in offered.sections:
        if section.kind == "application":
            lines += [f"m=application {own.port} UDP/DTLS/SCTP webrtc-datachannel", *own.transport("active")]
            lines += [f"a=mid:{section.mid}", "a=sctp-port:5000"]
            continue
        number = section.payload_type
        if number is None:
            raise ValueError(f"{section.kind} is offered without H.264 or Opus")
        rtx = section.retransmission_of(number)
        numbers = [number, rtx] if rtx else [number]
        lines.append(f"m={section.kind} {own.port} UDP/TLS/RTP/SAVPF {' '.join(map(str, numbers))}")
        lines += [*own.transport("active"), f"a=mid:{section.mid}", "a=recvonly", "a=rtcp-rsize"]
        wanted = OFFERED["recvonly"]
        lines += [f"a=extmap:{id} {uri}" for uri, id in section.extensions().items() if uri in wanted]
        lines += _codec(section.kind, number, rtx)
    return "\r\n".join(lines) + "\r\n"
