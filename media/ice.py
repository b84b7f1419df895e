"""ICE-lite, the server's half (RFC 8445, RFC 8489, RFC 7675): answers checks and says which path to use. No socket, no
clock."""

from __future__ import annotations

import hmac
import socket
import struct
import zlib
from collections.abc import Hashable
from dataclasses import dataclass

from aioice import stun

SILENT_PATH_S = 3.0  # after which a nominated path of lower priority may take over
MOVED_PATH_S = 0.5  # after which one of the same may; whom media reaches is heard several times in it
CONSENT_S = 10.0
BINDING_REQUEST, COOKIE, USERNAME = b"\x00\x01", b"\x21\x12\xa4\x42", 0x0006
COOKIE_TOP, FINGERPRINT_MASK = 0x2112, 0x5354554E
MAX_ATTRIBUTES = 16  # browsers send about seven, the name first or second


@dataclass(frozen=True, slots=True)
class Credentials:
    ufrag: str
    pwd: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The reply to send on the path that the check came by, and whether that path is now the one to use."""

    reply: bytes
    selected: bool


def named(data: bytes) -> str:
    """The user fragment of ours that a datagram names, "" where it names none. Anyone may send such datagrams, so this
    looks no further: to parse one costs several times as much (RFC 8489 §5, §14.3)."""
    if data[:2] != BINDING_REQUEST or data[4:8] != COOKIE:
        return ""
    at = 20
    for _ in range(MAX_ATTRIBUTES):
        if at + 4 > len(data):
            break
        kind, length = struct.unpack_from("!HH", data, at)
        if kind == USERNAME:
            return data[at + 4 : at + 4 + length].partition(b":")[0].decode("ascii", "replace")
        at += 4 + (length + 3 & ~3)
    return ""


def read(data: bytes) -> stun.Message | None:
    """A binding request that names a user, or None for anything else. aioice's parser raises several kinds of errors
    on bad bytes (`struct.error` among them): all mean that it is not one."""
    try:
        message = stun.parse_message(data)
    except Exception:
        return None
    if message.message_class != stun.Class.REQUEST or message.message_method != stun.Method.BINDING:
        return None
    return message if isinstance(message.attributes.get("USERNAME"), str) else None


def addressed(message: stun.Message) -> str:
    """RFC 8445 §7.2.2: USERNAME is the receiver's fragment, a colon, the sender's; here the receiver's, that is
    ours."""
    return str(message.attributes["USERNAME"]).partition(":")[0]


class Agent:
    """One peer's ICE. Times are seconds of one clock."""

    def __init__(self, local: Credentials, remote_ufrag: str, now: float) -> None:
        self._known = [(local, remote_ufrag)]
        self._restarting = False
        self._priority = 0
        self._path_heard_at = now
        self.path: Hashable | None = None
        self.heard_at = now

    @property
    def ufrags(self) -> list[str]:
        return [local.ufrag for local, _ in self._known]

    def restart(self, local: Credentials, remote_ufrag: str) -> None:
        """RFC 8445 §9: new credentials. The path in use stays until one is nominated under them."""
        self._known = [*self._known[-1:], (local, remote_ufrag)]
        self._restarting = True

    @property
    def consent(self) -> tuple[str, str, int] | None:
        """USERNAME, password and highest PRIORITY of checks on the path in use that change nothing but when it was
        heard; None without such a path, or while the one to use is open."""
        if self.path is None or self._restarting:
            return None
        ((local, user),) = self._known
        return f"{local.ufrag}:{user}", local.pwd, self._priority

    def hear(self, at: float) -> None:
        """The path in use was heard at that time, by what did not come here."""
        self.heard_at = max(self.heard_at, at)
        self._path_heard_at = max(self._path_heard_at, at)

    def check(self, message: stun.Message, path: Hashable, remote: tuple[str, int], now: float) -> Outcome | None:
        """A connectivity or consent check; None (say nothing) where it is not by the peer."""
        entry = next(((local, user) for local, user in self._known if local.ufrag == addressed(message)), None)
        if entry is None:
            return None
        local, user = entry
        if message.attributes["USERNAME"] != f"{local.ufrag}:{user}":
            return None
        if not message.check_message_integrity(local.pwd.encode()):
            return None
        if "ICE-CONTROLLED" in message.attributes:
            # RFC 8445 §7.3.1.1: a lite agent is controlled, so the other has to change its mind.
            return Outcome(_error(message, 487, "Role Conflict", local), False)
        self.heard_at = now
        if path == self.path:
            self._path_heard_at = now
        chosen = "USE-CANDIDATE" in message.attributes and self._take(message, path, entry == self._known[-1], now)
        return Outcome(_success(message, remote, local), chosen)

    def _take(self, message: stun.Message, path: Hashable, current: bool, now: float) -> bool:
        """RFC 8445 §8.1.1 leaves the choice among several nominated pairs to priority. We do not leave the higher one,
        unless it has been silent: the browser has moved to another network. One as high is the same candidate behind
        another address (another line, or a translator of addresses that forgot): it is followed sooner, but not while
        the old one is heard, for whoever listens on the way could send a check again from elsewhere."""
        priority = int(message.attributes.get("PRIORITY", 0))
        if self._restarting and current:
            self._restarting = False
            self._known = self._known[-1:]
        elif path == self.path:
            self._priority = max(priority, self._priority)
            return False
        elif self.path is not None and priority <= self._priority:
            moved = priority == self._priority
            if now - self._path_heard_at < (MOVED_PATH_S if moved else SILENT_PATH_S):
                return False
        changed = path != self.path
        self.path, self._priority, self._path_heard_at = path, priority, now
        return changed

    def leave(self) -> None:
        """Another peer has been nominated on its path, or the path has ended: the next nomination is taken, whatever
        its priority."""
        self.path, self._priority = None, 0

    @property
    def silent_at(self) -> float:
        """When it is silent unless it is heard before."""
        return self.heard_at + CONSENT_S

    def silent(self, now: float) -> bool:
        """RFC 7675: without consent nothing may be sent any more."""
        return now >= self.silent_at


def _success(request: stun.Message, remote: tuple[str, int], local: Credentials) -> bytes:
    """XOR-MAPPED-ADDRESS, MESSAGE-INTEGRITY, FINGERPRINT (RFC 8489 §14.2, §14.5, §14.7). Every browser asks for one
    every few seconds for as long as it is there; aioice takes fifteen times as long to write it."""
    host, port = remote
    family, address = (2, socket.inet_pton(socket.AF_INET6, host)) if ":" in host else (1, socket.inet_aton(host))
    mask = COOKIE + request.transaction_id
    xored = bytes(a ^ b for a, b in zip(address, mask, strict=False))
    mapped = struct.pack("!HHBBH", 0x0020, 4 + len(xored), 0, family, port ^ COOKIE_TOP) + xored

    def head(length: int) -> bytes:
        return struct.pack("!HH", 0x0101, length) + mask

    integrity = hmac.digest(local.pwd.encode(), head(len(mapped) + 24) + mapped, "sha1")
    body = mapped + struct.pack("!HH", 0x0008, 20) + integrity
    whole = head(len(body) + 8) + body
    return whole + struct.pack("!HHL", 0x8028, 4, zlib.crc32(whole) ^ FINGERPRINT_MASK)


def _error(request: stun.Message, code: int, reason: str, local: Credentials) -> bytes:
    reply = stun.Message(stun.Method.BINDING, stun.Class.ERROR, request.transaction_id)
    reply.attributes["ERROR-CODE"] = (code, reason)
    reply.add_message_integrity(local.pwd.encode())
    return bytes(reply)
