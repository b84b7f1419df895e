"""The little SDP that WHIP and WHEP need beside the answerer: sections of an offer, and ICE fragments (RFC 8840 §9)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from classroom.errors import ClientFault, Status

UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")  # RFC 8839 §5.4
PWD = re.compile(r"[A-Za-z0-9+/]{22,256}")


@dataclass(frozen=True, slots=True)
class Section:
    mid: str
    kind: str


@dataclass(frozen=True, slots=True)
class Fragment:
    """What a client said of its ICE: trickled candidates, of no use to an ICE-lite server, or new credentials."""

    ufrag: str
    pwd: str


def sections(sdp: str) -> list[Section]:
    """The sections of an offer that have a mid, in order. What is wrong with an offer, the answerer says."""
    found: list[Section] = []
    kind = ""
    for line in sdp.splitlines():
        if line.startswith("m="):
            kind = line[2:].partition(" ")[0]
        elif kind and line.startswith("a=mid:"):
            found.append(Section(line[6:].strip(), kind))
            kind = ""
    return found


def fragment(text: str) -> Fragment:
    """Raises `malformed` for what is not a fragment with ICE credentials."""
    if len(text) > 64 * 1024 or "\x00" in text:
        raise _malformed()
    ufrags = {line[12:].strip() for line in text.splitlines() if line.startswith("a=ice-ufrag:")}
    pwds = {line[10:].strip() for line in text.splitlines() if line.startswith("a=ice-pwd:")}
    if len(ufrags) != 1 or len(pwds) != 1:
        raise _malformed()
    ufrag, pwd = ufrags.pop(), pwds.pop()
    if not UFRAG.fullmatch(ufrag) or not PWD.fullmatch(pwd):
        raise _malformed()
    return Fragment(ufrag, pwd)


def credentials(sdp: str) -> Fragment | None:
    """The first credentials of a whole description."""
    ufrag = re.search(r"^a=ice-ufrag:(\S+)", sdp, re.MULTILINE)
    pwd = re.search(r"^a=ice-pwd:(\S+)", sdp, re.MULTILINE)
    return Fragment(ufrag[1], pwd[1]) if ufrag and pwd else None


def restarted(offer: str, new: Fragment) -> str:
    """The offer as it would read with the new credentials; its candidates were of the old generation."""
    lines = []
    for line in offer.splitlines():
        if line.startswith("a=ice-ufrag:"):
            line = f"a=ice-ufrag:{new.ufrag}"
        elif line.startswith("a=ice-pwd:"):
            line = f"a=ice-pwd:{new.pwd}"
        elif line.startswith(("a=candidate:", "a=end-of-candidates")):
            continue
        lines.append(line)
    return "\r\n".join(lines) + "\r\n"


def of_answer(answer: str) -> str:
    """RFC 9725 §4.3.3: the server's side of a restart: the ICE lines of the section that tags the bundle."""
    session = [
        line for line in answer.splitlines() if line.startswith(("a=ice-lite", "a=group:BUNDLE", "a=ice-options"))
    ]
    first: list[str] = []
    for line in answer.splitlines():
        if line.startswith("m="):
            if first:
                break
            first.append(line)
        elif first and line.startswith(("a=mid:", "a=ice-ufrag:", "a=ice-pwd:", "a=candidate:", "a=end-of-candidates")):
            first.append(line)
    if not any(line.startswith("a=ice-ufrag:") for line in first) and (own := credentials(answer)):
        session += [f"a=ice-ufrag:{own.ufrag}", f"a=ice-pwd:{own.pwd}"]
    return "\r\n".join([*session, *first]) + "\r\n"


def _malformed() -> ClientFault:
    return ClientFault("malformed", "The body is no SDP fragment with one pair of ICE credentials.", Status.MALFORMED)
