"""A worker's peers and tracks: what the answerer settles is carried out on the plane, what the plane sees becomes
events.

It has no sockets and no tasks of its own but DTLS; datagrams and time come in by method calls, so that it runs in a
test as it does in the worker.
"""

from __future__ import annotations

import logging
import math
import secrets
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from pylibsrtp import Session

from media import answerer, ice
from media.answerer import Idle, Local, Receiving, Sending, Settlement
from media.api import (
    Answer,
    MediaEvent,
    Offer,
    PeerConnected,
    PeerGone,
    Refusal,
    Show,
)
from media.codecs import CLOCK_RATES, KINDS
from media.dtls import Certificate, Dtls
from media.plane import Datagram, Format, Path, PathLost, Plane, StreamStarted, StreamStopped
from media.showing import Incoming, Outgoing, Showing, formats
from media.tracks import Tracks

Reason = Literal["removed", "closed", "silent", "failed", "worker_lost"]

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Peer:
    name: str
    plane: int
    agent: ice.Agent
    settlement: Settlement
    session_id: int
    credentials: ice.Credentials
    version: int = 1
    dtls: Dtls | None = None
    incoming: dict[str, Incoming] = field(default_factory=dict)
    outgoing: dict[str, Outgoing] = field(default_factory=dict)


class Forwarder:
    """Times are seconds of CLOCK_MONOTONIC. `emit` is given every event, in order."""

    def __init__(self, plane: Plane, addresses: Sequence[tuple[str, int]], emit: Callable[[MediaEvent], None]) -> None:
        self._plane = plane
        self._addresses = tuple(addresses)
        self._emit = emit
        self._certificate = Certificate.generateCertificate()
        self._peers: dict[str, Peer] = {}
        self._by_ufrag: dict[str, Peer] = {}
        self._by_plane: dict[int, Peer] = {}
        self._showing = Showing(plane, emit)
        self._tracks = Tracks(plane, self._showing, emit)
        self._ignored_stun = 0
        self._consents_due = math.inf

    def close(self) -> None:
        for peer in list(self._peers.values()):
            self._drop(peer, "removed")
        self._tracks.close()

    # what is asked of it

    def answer(self, offer: Offer, now: float) -> Answer:
        """Raises `Refusal`, and then leaves everything as it was."""
        peer = self._peers.get(offer.peer)
        if peer is not None:
            try:
                settlement = answerer.settle(offer, peer.settlement, self._new_ssrc)
                same = set(settlement.remote.fingerprints) == set(peer.settlement.remote.fingerprints)
            except Refusal as refusal:
                if refusal.code != "offer_mismatch":
                    raise
                same = False
            if not same:
                # Another certificate is another connection: the page or encoder has started anew under its old name.
                settlement = answerer.settle(offer, None, self._new_ssrc)
                self._drop(peer, "removed")
                peer = None
        else:
            settlement = answerer.settle(offer, None, self._new_ssrc)
        if peer is None:
            peer = self._admit(offer, settlement, now)
        else:
            self._renew(peer, settlement)
        try:
            self._carry_out(peer)
        except BaseException:
            self._drop(peer, "failed")
            raise
        local = Local(peer.credentials.ufrag, peer.credentials.pwd, self._certificate.fingerprint, self._addresses)
        return Answer(answerer.write(settlement, local, peer.session_id, peer.version), settlement.slots())

    def remove(self, name: str) -> None:
        if (peer := self._peers.get(name)) is not None:
            self._drop(peer, "removed")

    def assign(self, name: str, slots: Mapping[str, Show | None], now: float) -> None:
        """Raises `Refusal` before anything has changed: `peer_unknown`, `offer_mismatch` (no such slot),
        `codec_unsupported`. A track that has ended meanwhile leaves its slot empty."""
        peer = self._peers.get(name)
        if peer is None:
            raise Refusal("peer_unknown", "There is no such peer.")
        found = {mid: self._tracks.find(show.track) for mid, show in slots.items() if show is not None}
        for mid in slots:
            if mid not in peer.outgoing:
                raise Refusal("offer_mismatch", f"The peer has no slot {mid}.")
            if (source := found.get(mid)) is not None:
                formats(peer.outgoing[mid], source)
        for mid, show in slots.items():
            source = found.get(mid)
            if show is None or source is None:
                self._showing.empty(peer.outgoing[mid])
            else:
                self._showing.show(peer.outgoing[mid], show, source, now)

    def tap(self, track: str, path: str | None, tag: int, now: float) -> None:
        self._tracks.tap(track, path, tag, now)

    def request_keyframe(self, track: str, now: float) -> None:
        self._tracks.request_keyframe(track, now)

    def counters(self) -> dict[str, float]:
        return {
            **self._plane.counters(),
            "cpu_seconds_total": time.process_time(),
            "publishers": sum(1 for peer in self._peers.values() if peer.incoming),
            "consumers": sum(1 for peer in self._peers.values() for one in peer.outgoing.values() if one.show),
            "tracks": len(self._tracks),
            "peers": len(self._peers),
            "ignored_stun_total": self._ignored_stun,
        }

    # what comes from the network

    def on_datagram(self, datagram: Datagram, now: float) -> None:
        if 20 <= datagram.data[0] <= 63:  # RFC 7983
            peer = self._by_plane.get(datagram.peer) if datagram.peer is not None else None
            if peer is not None and peer.dtls is not None and peer.agent.path == datagram.path:
                peer.dtls.receive(datagram.data)
            return
        peer = self._by_ufrag.get(ice.named(datagram.data))
        message = ice.read(datagram.data) if peer is not None else None
        outcome = None
        if message is not None and peer is not None:
            peer.agent.hear(self._plane.heard_at(peer.plane))
            outcome = peer.agent.check(message, datagram.path, Plane.remote(datagram.path), now)
        if peer is None or outcome is None:
            self._ignored_stun += 1
            return
        if outcome.selected:
            self._by_ufrag = {
                ufrag: one for ufrag, one in self._by_ufrag.items() if one is not peer or ufrag in peer.agent.ufrags
            }
            former = self._by_plane.get(datagram.peer) if datagram.peer is not None else None
            if former is not None and former is not peer:
                former.agent.leave()
            self._plane.set_path(peer.plane, datagram.path)
        if peer.agent.path == datagram.path:
            self._share_consent(peer)
        self._plane.send(datagram.path, outcome.reply)
        if outcome.selected and peer.dtls is None:
            fingerprints = peer.settlement.remote.fingerprints
            peer.dtls = Dtls(
                self._certificate,
                fingerprints,
                partial(self._send, peer),
                partial(self._keyed, peer),
                partial(self._ended, peer),
            )

    def on_event(self, event: StreamStarted | StreamStopped | PathLost, now: float) -> None:
        if not isinstance(event, PathLost):
            self._tracks.on_event(event, now)
        elif (peer := self._by_plane.get(event.peer)) is not None:
            peer.agent.leave()

    @property
    def due(self) -> float:
        """When `tick` has something to do. What is asked, and what comes, may bring it forward."""
        return min(self._tracks.due, self._consents_due)

    def tick(self, now: float) -> None:
        """All that tracks need, and consent."""
        self._tracks.tick(now)
        if now >= self._consents_due:
            self._end_silent(now)

    def _end_silent(self, now: float) -> None:
        peers = list(self._peers.values())
        for peer in peers:
            # Firefox renews consent every 4 to 6 s: with media and reports coming, one lost check is not silence.
            peer.agent.hear(self._plane.heard_at(peer.plane))
        self._consents_due = min((at for one in peers if (at := one.agent.silent_at) > now), default=math.inf)
        for peer in peers:
            if peer.agent.silent(now):
                self._drop(peer, "silent")

    # peers

    def _new_credentials(self) -> ice.Credentials:
        return ice.Credentials(secrets.token_hex(8), secrets.token_hex(16))

    def _new_ssrc(self) -> int:
        return secrets.randbelow((1 << 32) - 2) + 1

    def _admit(self, offer: Offer, settlement: Settlement, now: float) -> Peer:
        name, group = offer.peer, zlib.crc32(offer.group.encode())
        credentials = self._new_credentials()
        agent = ice.Agent(credentials, settlement.remote.ufrag, now)
        peer = Peer(name, self._plane.add_peer(group), agent, settlement, secrets.randbits(62), credentials)
        self._consents_due = min(self._consents_due, agent.silent_at)
        self._peers[name] = self._by_ufrag[credentials.ufrag] = self._by_plane[peer.plane] = peer
        return peer

    def _renew(self, peer: Peer, settlement: Settlement) -> None:
        old = peer.settlement.remote
        if (old.ufrag, old.pwd) != (settlement.remote.ufrag, settlement.remote.pwd):
            peer.credentials = self._new_credentials()
            peer.agent.restart(peer.credentials, settlement.remote.ufrag)
            self._by_ufrag[peer.credentials.ufrag] = peer
            self._share_consent(peer)
        peer.settlement = settlement
        peer.version += 1

    def _drop(self, peer: Peer, reason: Reason) -> None:
        for incoming in list(peer.incoming.values()):
            self._tracks.remove(incoming)
        for outgoing in peer.outgoing.values():
            self._showing.remove(outgoing)
        if peer.dtls is not None:
            peer.dtls.close()
        self._plane.remove_peer(peer.plane)
        del self._peers[peer.name], self._by_plane[peer.plane]
        self._by_ufrag = {ufrag: one for ufrag, one in self._by_ufrag.items() if one is not peer}
        self._emit(PeerGone(peer.name, reason))

    def _share_consent(self, peer: Peer) -> None:
        """Checks that change nothing are the plane's to answer."""
        self._plane.set_consent(peer.plane, *(peer.agent.consent or ("", "", 0)))

    def _send(self, peer: Peer, data: bytes) -> None:
        if isinstance(peer.agent.path, Path):
            self._plane.send(peer.agent.path, data)

    def _keyed(self, peer: Peer, receive: Session, send: Session, cipher: str) -> None:
        self._plane.set_keys(peer.plane, receive, send)
        self._emit(PeerConnected(peer.name, cipher))

    def _ended(self, peer: Peer, reason: Literal["closed", "failed"]) -> None:
        if self._peers.get(peer.name) is peer:
            self._drop(peer, reason)

    # sections

    def _carry_out(self, peer: Peer) -> None:
        """Brings the plane's streams and slots of a peer in line with what was settled."""
        sections = {one.mid: one for one in peer.settlement.sections if not isinstance(one, Idle)}
        for mid, incoming in list(peer.incoming.items()):
            if incoming.section != sections.get(mid):
                self._tracks.remove(incoming)
                del peer.incoming[mid]
        for mid, outgoing in list(peer.outgoing.items()):
            if outgoing.section != sections.get(mid):
                self._showing.remove(outgoing)
                del peer.outgoing[mid]
        for mid, section in sections.items():
            if isinstance(section, Receiving) and mid not in peer.outgoing:
                slot = self._plane.add_slot(
                    peer.plane, section.kind, section.ssrc, section.rtx_ssrc, section.extensions, mid
                )
                peer.outgoing[mid] = Outgoing(section, slot)
            elif isinstance(section, Sending) and mid not in peer.incoming:
                peer.incoming[mid] = self._tracks.add(peer.name, section, self._add_streams(peer, section))

    def _add_streams(self, peer: Peer, section: Sending) -> list[int]:
        formats = [
            Format(one.payload_type, one.codec, CLOCK_RATES[KINDS[one.codec]], one.rtx) for one in section.formats
        ]
        add = partial(self._plane.add_stream, peer.plane, section.kind, formats, section.extensions, mid=section.mid)
        if section.rids:
            return [add(rid=rid) for rid in section.rids]
        return [add(ssrc=section.ssrc, rtx_ssrc=section.rtx_ssrc)]
