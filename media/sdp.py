"""SDP as far as offers need it (RFC 8866, RFC 8829): sections with their attributes, and typed readings of them.

aiortc's parser drops rids, simulcast and header extension directions, and fails in many ways; here any text gives
either a `Session` or `Refusal("sdp_malformed")`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from media.api import Refusal

MAX_TEXT = 1 << 20  # characters; a lead's desk with 72 slots offers about 300,000
MAX_SECTIONS = 160
MAX_ATTRIBUTES = 1000  # of one section; browsers write about 200
MAX_INHERITED = 32  # of the session, since every section has them
TOKEN = re.compile(
    r"[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]{1,16}"
)  # RFC 4566 token, as long as a one-byte header extension can carry
PRINTABLE = re.compile(r"[ -~]*")
ICE_CHARS = re.compile(r"[A-Za-z0-9+/]{4,256}")
MEDIA_LINE = re.compile(r"([a-z]+) (\d{1,5})(?:/\d+)? ([A-Za-z0-9/]+)((?: [!-~]+)+)")
DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")


def malformed(why: str) -> Refusal:
    return Refusal("sdp_malformed", f"The offer is not usable SDP: {why}.")


@dataclass(frozen=True, slots=True)
class Rtpmap:
    payload_type: int
    name: str
    clock_rate: int
    channels: int


@dataclass(frozen=True, slots=True)
class Section:
    """One m= section. `attributes` are its own in order, then those of the session that it inherits."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    attributes: tuple[tuple[str, str], ...]

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.attributes if key == name]

    def value(self, name: str) -> str | None:
        return next((value for key, value in self.attributes if key == name), None)

    @property
    def mid(self) -> str:
        """Raises `Refusal` where there is none that a header extension could carry (RFC 8843 §15)."""
        mid = self.value("mid")
        if mid is None or not TOKEN.fullmatch(mid):
            raise malformed("a section has no a=mid, or one that is not a short token")
        return mid

    @property
    def direction(self) -> str:
        return next((key for key, _ in self.attributes if key in DIRECTIONS), "sendrecv")

    def rtpmaps(self) -> list[Rtpmap]:
        """In the order of preference, that of the m= line (RFC 8866 §5.14); lines that say nothing are left out."""
        found: dict[int, Rtpmap] = {}
        for value in self.values("rtpmap"):
            match = re.fullmatch(r"(\d{1,3}) ([A-Za-z0-9.\-]{1,32})/(\d{1,8})(?:/(\d{1,2}))?", value)
            if match and 0 <= (number := int(match[1])) < 128:
                found[number] = Rtpmap(number, match[2], int(match[3]), int(match[4] or 1))
        order = [int(text) for text in self.formats if re.fullmatch(r"[0-9]{1,3}", text)]
        return [found[number] for number in dict.fromkeys(order) if number in found]

    def fmtps(self) -> dict[int, str]:
        """Payload type → the parameters of its first a=fmtp line, those that are printable."""
        found: dict[int, str] = {}
        for value in self.values("fmtp"):
            match = re.match(r"([0-9]{1,3}) ", value)
            if match and PRINTABLE.fullmatch(value):
                found.setdefault(int(match[1]), value[match.end() :].strip()[:1000])
        return found

    def feedback(self, payload_type: int) -> set[str]:
        """RFC 4585 §4.2: a=rtcp-fb values of a payload type, `*` included."""
        found = set()
        for value in self.values("rtcp-fb"):
            target, _, rest = value.partition(" ")
            if target in ("*", str(payload_type)):
                found.add(rest.strip())
        return found

    def extensions(self) -> dict[str, int]:
        """RFC 8285 §5: header extension URI → id, those that one-byte headers can carry."""
        found: dict[str, int] = {}
        for value in self.values("extmap"):
            match = re.fullmatch(r"(\d{1,4})(?:/[a-z]+)? ([!-~]{1,200})(?: .*)?", value)
            if match and 1 <= int(match[1]) <= 14 and match[2] not in found:
                found[match[2]] = int(match[1])
        return found

    def send_rids(self) -> tuple[str, ...]:
        """RFC 8853 §5.1: the rids of a simulcast that the offerer will send, paused ones included, first alternatives
        only."""
        known = {value.split(" ")[0] for value in self.values("rid") if value.split(" ")[1:2] == ["send"]}
        for value in self.values("simulcast"):
            words = value.split(" ")
            for word, streams in zip(words[::2], words[1::2], strict=False):
                if word == "send":
                    names = [alternatives.split(",")[0].lstrip("~") for alternatives in streams.split(";")]
                    return tuple(dict.fromkeys(name for name in names if name in known and TOKEN.fullmatch(name)))[:4]
        return ()

    def ssrcs(self) -> tuple[int | None, int | None]:
        """RFC 5576: the SSRC of the first stream and that of its retransmissions (FID), as far as they are said."""
        stated = [_ssrc(value.split(" ")[0]) for value in self.values("ssrc")]
        first = next((ssrc for ssrc in stated if ssrc), None)
        for value in self.values("ssrc-group"):
            words = value.split(" ")
            if words[0] == "FID" and len(words) >= 3 and (media := _ssrc(words[1])) and (repair := _ssrc(words[2])):
                return media, repair
        return first, None


@dataclass(frozen=True, slots=True)
class Session:
    sections: tuple[Section, ...]
    bundle: tuple[str, ...]


def _ssrc(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) and 0 < int(text) < 1 << 32 else None


INHERITED = ("ice-ufrag", "ice-pwd", "fingerprint", "setup", "ice-lite", *DIRECTIONS)


def parse(text: str) -> Session:
    """Raises `Refusal` (`sdp_malformed`), and nothing else, whatever the text."""
    if len(text) > MAX_TEXT:
        raise malformed("it is too long")
    lines = [line for line in re.split(r"\r\n|\r|\n", text) if line]
    if not lines or lines[0] != "v=0":
        raise malformed("it does not begin with v=0")
    session: list[tuple[str, str]] = []
    sections: list[tuple[re.Match[str], list[tuple[str, str]]]] = []
    for line in lines:
        kind, equals, value = line[:1], line[1:2], line[2:]
        if equals != "=":
            raise malformed("a line is not of the form x=…")
        if kind == "m":
            match = MEDIA_LINE.fullmatch(value.strip())
            if match is None or len(sections) == MAX_SECTIONS:
                raise malformed("an m= line is wrong, or there are too many")
            sections.append((match, []))
        elif kind == "a":
            name, _, rest = value.partition(":")
            into = sections[-1][1] if sections else session
            if len(into) == MAX_ATTRIBUTES:
                raise malformed("a section has too many attributes")
            into.append((name, rest.strip()))
    if not sections:
        raise malformed("it has no m= section")
    inherited = tuple(pair for pair in session if pair[0] in INHERITED)
    if len(inherited) > MAX_INHERITED:
        raise malformed("the session has too many attributes")
    bundle = next(
        (value.split(" ")[1:] for name, value in session if name == "group" and value.startswith("BUNDLE")), []
    )
    return Session(
        tuple(
            Section(match[1], int(match[2]), match[3], tuple(match[4].split()), (*own, *inherited))
            for match, own in sections
        ),
        tuple(bundle),
    )


def parameters(fmtp: str) -> Mapping[str, str]:
    """`a=1;b=2` as a mapping with lower-case names; a name without value maps to ''."""
    pairs = (part.partition("=") for part in fmtp.split(";") if part.strip())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
