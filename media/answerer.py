"""The one answerer: an offer in, an answer and what it settles out. Pure: names and SSRCs come in as arguments.

Every connection is: the client offers, the server answers as ICE-lite (RFC 8445 §2.5) and as DTLS server
(setup:passive, RFC 8842), all sections in one BUNDLE (RFC 8843) with rtcp-mux (RFC 5761). The offer's numbers are
kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from media.api import Kind, Offer, Refusal, Slot
from media.codecs import KINDS, Carried, carried, raised
from media.plane import Extensions
from media.sdp import ICE_CHARS, Section, malformed, parse

EXTENSION_URIS = {
    "mid": "urn:ietf:params:rtp-hdrext:sdes:mid",
    "rid": "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "repaired_rid": "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    "abs_send_time": "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "transport_cc": "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "audio_level": "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
}
VIDEO_LIMIT_KBPS = 50_000  # without a b= line libwebrtc stops at 2,500 whatever the picture's size
VIDEO_START_KBPS = 4_000
FINGERPRINT_LENGTHS = {"sha-256": 95, "sha-384": 143, "sha-512": 191}


@dataclass(frozen=True, slots=True)
class Local:
    """The server's side of a connection. `addresses` are (host, port), most preferred first; by TCP the port is the
    same."""

    ufrag: str
    pwd: str
    fingerprint: str  # SHA-256
    addresses: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Remote:
    """The client's ICE credentials and certificate fingerprints (algorithm, value)."""

    ufrag: str
    pwd: str
    fingerprints: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sending:
    """A section whose media the client sends; `rids` are its simulcast layers, empty for the usual single one; `layer`
    is the offer's."""

    mid: str
    kind: Kind
    source: str
    formats: tuple[Carried, ...]
    extensions: Extensions
    rids: tuple[str, ...]
    ssrc: int | None
    rtx_ssrc: int | None
    layer: str


@dataclass(frozen=True, slots=True)
class Receiving:
    """A section that is a slot: the server sends under its SSRCs whatever is put there; `rtx_ssrc` is 0 without RTX."""

    mid: str
    kind: Kind
    formats: tuple[Carried, ...]
    extensions: Extensions
    ssrc: int
    rtx_ssrc: int


@dataclass(frozen=True, slots=True)
class Idle:
    """A section that carries nothing: refused (`why` not empty), or put to rest by its offerer."""

    mid: str
    why: str = ""


Settled = Sending | Receiving | Idle


@dataclass(frozen=True, slots=True)
class Settlement:
    remote: Remote
    sections: tuple[Settled, ...]
    offered: tuple[Section, ...]

    def slots(self) -> tuple[Slot, ...]:
        return tuple(
            Slot(one.mid, one.kind, tuple(dict.fromkeys(format.codec for format in one.formats)))
            for one in self.sections
            if isinstance(one, Receiving)
        )


def settle(offer: Offer, previous: Settlement | None, new_ssrc: Callable[[], int]) -> Settlement:
    """What an offer comes to. `previous` is what the peer's last offer came to; its slots keep their SSRCs.
    Raises `Refusal` (`sdp_malformed`, `codec_unsupported`, `data_channel_refused`, `offer_mismatch`)."""
    session = parse(offer.sdp)
    if all(section.kind == "application" for section in session.sections):
        raise Refusal("data_channel_refused", "Data channels are not carried here.")
    mids = [section.mid for section in session.sections]
    if len(set(mids)) != len(mids):
        raise malformed("two sections have one mid")
    before = previous.sections if previous else ()
    if len(mids) < len(before) or any(
        old.mid != mid for old, mid in zip(before, mids, strict=False) if not isinstance(old, Idle)
    ):
        raise Refusal("offer_mismatch", "A new offer keeps the sections of the last one, in their order.")
    known = {one.mid: one for one in before}
    settled = tuple(_settle_section(section, offer, known.get(section.mid), new_ssrc) for section in session.sections)
    ssrcs = [ssrc for one in settled if isinstance(one, Sending) for ssrc in (one.ssrc, one.rtx_ssrc) if ssrc]
    if len(set(ssrcs)) != len(ssrcs):
        raise malformed("two streams have one SSRC")
    live = [section for section, one in zip(session.sections, settled, strict=True) if not isinstance(one, Idle)]
    if not live and previous is None:
        why = next((one.why for one in settled if isinstance(one, Idle) and one.why), "every section is at rest")
        raise malformed(why)
    transport = live or [section for section in session.sections if section.kind != "application" and section.port]
    if len(live) > 1 and not {section.mid for section in live} <= set(session.bundle):
        raise malformed("its sections are not in one BUNDLE group")
    if any(section.value("rtcp-mux") is None for section in live):
        raise malformed("it does not offer rtcp-mux")
    offered = tuple(map(_bare, session.sections))
    return Settlement(_remote(transport[0] if transport else session.sections[0]), settled, offered)


def _bare(section: Section) -> Section:
    """What an answer repeats of it. The rest, thousands of characters a section, need not live as long as the peer."""
    return replace(section, attributes=tuple(pair for pair in section.attributes if pair[0] == "rtcp-rsize"))


def _settle_section(section: Section, offer: Offer, old: Settled | None, new_ssrc: Callable[[], int]) -> Settled:
    mid = section.mid
    kind: Kind
    if section.kind == "audio":
        kind = "audio"
    elif section.kind == "video":
        kind = "video"
    else:
        return Idle(mid, "only audio and video are carried")
    wanted = ("sendonly", "sendrecv") if offer.direction == "send" else ("recvonly", "sendrecv")
    # Port 0 is a section its offerer gave up, unless it is bundle-only (RFC 8843 §7.1.1).
    if section.direction not in wanted or (section.port == 0 and section.value("bundle-only") is None):
        return Idle(mid)
    source = offer.sources.get(mid, offer.sources.get("*", ""))
    if offer.direction == "send" and not source:
        return Idle(mid, f"nothing says what section {mid} shows")
    if not section.protocol.endswith("TLS/RTP/SAVPF"):
        return Idle(mid, "only RTP over DTLS-SRTP is carried")
    formats = carried(section)
    if not formats:
        raise Refusal(
            "codec_unsupported",
            f"The offer's {kind} has no codec that is carried here ({_names(kind)}; H.264 with packetization-mode=1).",
        )
    ids = section.extensions()
    extensions = Extensions(**{name: ids.get(uri, 0) for name, uri in EXTENSION_URIS.items()})
    if offer.direction == "receive":
        repaired = any(format.rtx for format in formats)
        if isinstance(old, Receiving):
            same = Receiving(mid, kind, formats, extensions, old.ssrc, old.rtx_ssrc)
            if same == old:
                return same
        return Receiving(mid, kind, formats, extensions, new_ssrc(), new_ssrc() if repaired else 0)
    rids = section.send_rids() if extensions.rid and extensions.mid else ()
    ssrc, rtx_ssrc = (None, None) if rids else section.ssrcs()
    return Sending(mid, kind, source, formats, extensions, rids, ssrc, rtx_ssrc, offer.layer)


def _names(kind: Kind) -> str:
    return "Opus" if kind == "audio" else "H.264, VP9, AV1, H.265"


def _remote(section: Section) -> Remote:
    ufrag, pwd = section.value("ice-ufrag") or "", section.value("ice-pwd") or ""
    if not ICE_CHARS.fullmatch(ufrag) or not ICE_CHARS.fullmatch(pwd) or len(pwd) < 22:
        raise malformed("it has no ICE credentials")  # RFC 8839 §5.4: 4 and 22 characters at least
    fingerprints = []
    for value in section.values("fingerprint"):
        algorithm, _, digest = value.partition(" ")
        if FINGERPRINT_LENGTHS.get(algorithm.lower()) == len(digest):
            fingerprints.append((algorithm.lower(), digest.upper()))
    if not fingerprints:
        raise malformed("it has no certificate fingerprint that is understood")
    if section.value("setup") not in ("actpass", "active"):
        raise malformed("its a=setup leaves no room for a server that is passive")
    if section.value("ice-lite") is not None:
        raise malformed("both ends cannot be ICE-lite")
    return Remote(ufrag, pwd, tuple(dict.fromkeys(fingerprints)))


def write(settlement: Settlement, local: Local, session_id: int, version: int) -> str:
    """The answer's SDP (RFC 8829 §5.3)."""
    live = [one.mid for one in settlement.sections if not isinstance(one, Idle)]
    lines = ["v=0", f"o=- {session_id} {version} IN IP4 127.0.0.1", "s=-", "t=0 0", "a=ice-lite"]
    if live:
        lines.append(f"a=group:BUNDLE {' '.join(live)}")
    lines.append("a=msid-semantic: WMS *")
    for one, offered in zip(settlement.sections, settlement.offered, strict=True):
        lines += _write_section(one, offered, local)
    return "\r\n".join(lines) + "\r\n"


def _write_section(one: Settled, offered: Section, local: Local) -> list[str]:
    if isinstance(one, Idle):
        # An offered section that is merely at rest stays alive; port 0 would end it for good.
        port = 0 if one.why or offered.port == 0 else 9
        lines = [f"m={offered.kind} {port} {offered.protocol} {' '.join(offered.formats)}", "c=IN IP4 0.0.0.0"]
        lines += [f"a=mid:{one.mid}", "a=inactive"]
        return lines if port == 0 else [*lines, *_transport(local)]
    repaired = [format for format in one.formats if format.rtx]
    numbers = [format.payload_type for format in one.formats] + [format.rtx for format in repaired]
    lines = [f"m={one.kind} 9 UDP/TLS/RTP/SAVPF {' '.join(map(str, numbers))}", "c=IN IP4 0.0.0.0"]
    if isinstance(one, Sending) and one.kind == "video":
        lines.append(f"b=AS:{VIDEO_LIMIT_KBPS}")
    lines += [f"a=mid:{one.mid}", "a=recvonly" if isinstance(one, Sending) else "a=sendonly", *_transport(local)]
    lines += ["a=rtcp-rsize"] if offered.value("rtcp-rsize") is not None else []
    for name, uri in EXTENSION_URIS.items():
        if number := getattr(one.extensions, name):
            lines.append(f"a=extmap:{number} {uri}")
    for format in one.formats:
        lines.append(f"a=rtpmap:{format.rtpmap}")
        lines += [f"a=rtcp-fb:{format.payload_type} {value}" for value in format.feedback]
        fmtp = _wanted(format) if isinstance(one, Sending) else format.fmtp
        lines += [f"a=fmtp:{format.payload_type} {fmtp}"] if fmtp else []
    clock_rate = 48000 if one.kind == "audio" else 90000
    for format in repaired:
        lines += [f"a=rtpmap:{format.rtx} rtx/{clock_rate}", f"a=fmtp:{format.rtx} apt={format.payload_type}"]
    if isinstance(one, Sending):
        if one.rids:
            lines += [f"a=rid:{rid} recv" for rid in one.rids]
            lines.append(f"a=simulcast:recv {';'.join(one.rids)}")
        return lines
    lines.append(f"a=msid:slot-{one.mid} {one.kind}-{one.mid}")
    ssrcs = [one.ssrc, one.rtx_ssrc] if one.rtx_ssrc else [one.ssrc]
    lines += [f"a=ssrc-group:FID {one.ssrc} {one.rtx_ssrc}"] if one.rtx_ssrc else []
    lines += [f"a=ssrc:{ssrc} cname:tongke" for ssrc in ssrcs]
    lines += [f"a=ssrc:{ssrc} msid:slot-{one.mid} {one.kind}-{one.mid}" for ssrc in ssrcs]
    return lines


def _wanted(format: Carried) -> str:
    """The fmtp for a sender: what we can take, and (understood by libwebrtc alone) where to begin. From its usual 300
    kbit/s a camera's picture takes half a minute to grow to its size."""
    fmtp = raised(format)
    if KINDS[format.codec] == "audio":
        return fmtp
    return ";".join(part for part in (fmtp, f"x-google-start-bitrate={VIDEO_START_KBPS}") if part)


def _transport(local: Local) -> list[str]:
    lines = [
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.pwd}",
        f"a=fingerprint:sha-256 {local.fingerprint}",
        "a=setup:passive",
        "a=rtcp-mux",
    ]
    for index, (host, port) in enumerate(local.addresses):
        # RFC 8445 §5.1.2.1: type preference 126 (host), local preference falling, component 1.
        priority = (126 << 24) + ((65535 - index) << 8) + 255
        lines.append(f"a=candidate:{index + 1} 1 udp {priority} {host} {port} typ host generation 0")
    for index, (host, port) in enumerate(local.addresses, start=len(local.addresses)):
        # RFC 6544 §4.2: a lower type preference than UDP's, the direction preference of a passive candidate (4 << 13).
        priority = (90 << 24) + (((4 << 13) + 8191 - index) << 8) + 255
        lines.append(f"a=candidate:{index + 1} 1 tcp {priority} {host} {port} typ host tcptype passive generation 0")
    return [*lines, "a=end-of-candidates"]
