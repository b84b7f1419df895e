"""The door between a lesson and the media plane: who may send and receive what, and which offer is the latest."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, Protocol

from classroom.clock import Clock
from classroom.errors import ClientFault, Status
from classroom.events import Event, Json, Phase, Role
from classroom.journal import Journal
from classroom.permissions import PERMISSIONS
from classroom.rules import State, acting, admitted, voice_of
from media.api import LayersWanted, MediaEvent, MediaService, Offer, PeerGone, Refusal, Slot

from . import protocol
from .sessions import Sessions
from .slots import SOURCES, Conductor, Only
from .tokens import Claims

log = logging.getLogger(__name__)

Direction = Literal["send", "receive"]

MAX_SDP = 256 * 1024  # characters; an offer of 72 slots is about 120 KB
PEERS_PER_PARTICIPANT = 8
PEER_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


class When(Enum):
    ALWAYS = "always"
    ON_STAGE = "on stage"
    HEARD = "on stage, or in a group's voice"


# role → source → when. An encoder sends what its token names.
PUBLISH: dict[Role, dict[str, When]] = {
    Role.LEAD_TEACHER: {"camera": When.ALWAYS, "courseware": When.ALWAYS, "mic": When.ALWAYS},
    Role.LOCAL_TEACHER: {"camera": When.ALWAYS, "mic": When.ALWAYS},
    Role.DISPLAY: {"room": When.ALWAYS, "mic": When.ALWAYS},
    Role.STUDENT: {"student": When.ON_STAGE, "mic": When.HEARD},
    Role.OBSERVER: {},
    Role.ENCODER: dict.fromkeys(SOURCES, When.ALWAYS),
}
RECEIVE = frozenset(Role) - {Role.ENCODER}
YIELDS = frozenset({Role.STUDENT, Role.OBSERVER})
"""Who goes without a receiving connection where there are too many: they have HLS. Who sits in a room needs its voice
alone, and who is heard by others, or hears a group, is let in always."""
FULL_AGAIN_S = 20

STATUS_OF = {
    "sdp_malformed": Status.MALFORMED,
    "codec_unsupported": Status.REFUSED,
    "data_channel_refused": Status.REFUSED,
    "offer_mismatch": Status.CONFLICT,
    "peer_unknown": Status.NOT_FOUND,
    "media_unavailable": Status.UNAVAILABLE,
}


class People(Protocol):
    """What the door needs of the desk."""

    sessions: Sessions

    async def join(self, claims: Claims) -> None: ...

    def tell(self, participant: str, kind: str, data: protocol.Message) -> None: ...


@dataclass(slots=True)
class Peer:
    """`revision` is the latest offer's that was answered, 0 before the first; `layers` is what its sections (by mid)
    were last told to send."""

    claims: Claims
    name: str
    direction: Direction
    revision: int = 0
    sdp: str = ""
    answer: str = ""
    layers: dict[str, protocol.Layers] = field(default_factory=dict)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class MediaDoor:
    def __init__(
        self,
        media: MediaService,
        journal: Journal,
        conductor: Conductor,
        people: People,
        clock: Clock,
        places: int = 0,
    ) -> None:
        """`places`: of participants that receive; beyond these, who can watch by HLS is sent there. 0: any number."""
        self._media = media
        self.places = places
        self._journal = journal
        self._conductor = conductor
        self._people = people
        self._clock = clock
        self._peers: dict[str, Peer] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        media.listen(self._on_media)
        journal.listen(self._on_commit)

    async def put_peer(
        self,
        claims: Claims,
        peer: str,
        direction: Direction,
        sdp: str,
        sources: Mapping[str, str],
        revision: int,
        only: Only | None = None,
        layer: str = "",
        shows: frozenset[str] | None = None,
    ) -> Json:
        """Answers an offer: `{sdp, revision}`. The same offer with the same revision again gets the same answer.

        Raises `ClientFault`: `malformed` 400; `token_invalid` 401; `not_allowed`, `not_on_stage`, `not_admitted` 403;
        `peer_unknown` 404; `stale_revision`, `offer_mismatch`, `lesson_ended`, `lesson_not_open` 409; `too_large` 413;
        `too_often`, `too_many_open` 429; `media_full` 503; and the codes of `Refusal`.
        """
        self._check_form(peer, sdp, revision)
        self._people.sessions.attendance(claims, self._clock.monotonic()).offers.take(self._clock.monotonic())
        state = await self._journal.state(claims.lesson)
        _check_right(state, claims, direction, sources)
        await self._journal.check_entry(claims.participant, claims.name)
        name = f"{claims.participant}:{peer}"
        entry = self._peers.get(name)
        if entry is None:
            if revision > 1:  # a peer that would start here has other keys than the page believes
                raise ClientFault("peer_unknown", "There is no such connection any more.", Status.NOT_FOUND)
            if (
                sum(one.claims.participant == claims.participant for one in self._peers.values())
                >= PEERS_PER_PARTICIPANT
            ):
                raise ClientFault("too_many_open", "Too many media connections.", Status.TOO_OFTEN, retry_after_s=15)
            if direction == "receive" and self._is_full(state, claims):
                raise ClientFault("media_full", "All live places are taken.", Status.UNAVAILABLE, FULL_AGAIN_S)
            entry = self._peers[name] = Peer(claims, peer, direction)
        async with entry.turn:
            if revision == entry.revision and sdp == entry.sdp:
                return {"sdp": entry.answer, "revision": revision}
            if revision <= entry.revision:
                raise ClientFault("stale_revision", "A later offer was answered already.", Status.CONFLICT)
            if direction != entry.direction:
                raise ClientFault("offer_mismatch", "A connection does not change its direction.", Status.CONFLICT)
            offer = Offer(name, sdp, direction, dict(sources), claims.lesson, layer)
            await self._answer(entry, name, claims, offer, revision, only, shows)
            return {"sdp": entry.answer, "revision": revision}

    async def delete_peer(self, claims: Claims, peer: str) -> None:
        """Raises `ClientFault` 404 `peer_unknown`."""
        name = f"{claims.participant}:{peer}"
        if name not in self._peers:
            raise ClientFault("peer_unknown", "There is no such connection.", Status.NOT_FOUND)
        self._forget(name)
        await self._media.remove(name)

    async def revoke(self, participants: Collection[str]) -> None:
        """Ends all connections of these participants."""
        await self._remove([name for name, one in self._peers.items() if one.claims.participant in participants])

    async def drop(self, lesson: str) -> None:
        """Another node carries this lesson's media now: its pages are to offer again, there."""
        for name, entry in [(name, one) for name, one in self._peers.items() if one.claims.lesson == lesson]:
            self._tell_gone(entry, "moved")
            self._forget(name)
            await self._media.remove(name)

    # what the desk and others tell

    def returned(self, participant: str) -> None:
        self._conductor.repeat(participant)
        for entry in self._peers.values():
            if entry.claims.participant == participant:
                for layers in entry.layers.values():
                    self._people.tell(participant, "layers", layers)

    async def left(self, claims: Claims) -> None:
        """The participant is gone: so are its connections."""
        await self._remove([name for name, one in self._peers.items() if one.claims.participant == claims.participant])
        self._conductor.forget(claims.participant)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _check_form(self, peer: str, sdp: str, revision: int) -> None:
        if not PEER_NAME.fullmatch(peer):
            raise ClientFault("malformed", "A connection's name is 1 to 64 letters, digits, - or _.", Status.MALFORMED)
        if revision < 1:
            raise ClientFault("malformed", "Revisions count from 1.", Status.MALFORMED)
        if len(sdp) > MAX_SDP:
            raise ClientFault("too_large", "The offer is too large.", Status.TOO_LARGE)

    def _is_full(self, state: State, claims: Claims) -> bool:
        """Whether this one is to watch by HLS. All connections of a participant have one place."""
        me, seat = claims.participant, acting(state, claims.seat)
        if not self.places or seat.role not in YIELDS or seat.room is not None:
            return False
        if _on_stage(state, me) or voice_of(state, me) is not None:
            return False
        receiving = {one.claims.participant for one in self._peers.values() if one.direction == "receive"}
        return len(receiving) >= self.places and me not in receiving

    async def _answer(
        self,
        entry: Peer,
        name: str,
        claims: Claims,
        offer: Offer,
        revision: int,
        only: Only | None,
        shows: frozenset[str] | None,
    ) -> None:
        try:
            if offer.direction == "send":
                await self._people.join(claims)
            answer = await self._media.answer(offer)
        except (Refusal, ClientFault) as error:
            if entry.revision == 0:
                self._peers.pop(name, None)
            if isinstance(error, ClientFault):
                raise
            status = STATUS_OF.get(error.code, Status.REFUSED)
            raise ClientFault(error.code, error.message, status) from error
        if self._peers.get(name) is not entry:  # left, or deleted, while it was answered
            await self._media.remove(name)
            raise ClientFault("peer_unknown", "The connection was removed.", Status.NOT_FOUND)
        entry.claims, entry.revision, entry.sdp, entry.answer = claims, revision, offer.sdp, answer.sdp
        self._people.sessions.hold(name, claims, self._clock.monotonic())
        if offer.direction == "send":
            self._conductor.publishes(claims)
        else:
            self._conductor.receives(claims, entry.name, _usable(answer.slots), only, shows)

    def _on_media(self, event: MediaEvent) -> None:
        if isinstance(event, PeerGone) and (entry := self._forget(event.peer)):
            self._tell_gone(entry, event.reason)
        elif isinstance(event, LayersWanted) and (entry := self._peers.get(event.peer)):
            layers = protocol.Layers(peer=entry.name, mid=event.mid, rids=event.rids)
            entry.layers[event.mid] = layers
            self._people.tell(entry.claims.participant, "layers", layers)

    def _tell_gone(self, entry: Peer, reason: str) -> None:
        gone = protocol.Media(peer=entry.name, state="gone", reason=reason)
        self._people.tell(entry.claims.participant, "media", gone)

    def _on_commit(self, lesson: str, events: list[Event], _: Mapping[str, str]) -> None:
        if any(event.kind == "lesson.ended" for event in events):
            names = [name for name, one in self._peers.items() if one.claims.lesson == lesson]
            task = asyncio.get_running_loop().create_task(self._remove(names))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _remove(self, names: list[str]) -> None:
        for name in names:
            self._forget(name)
            await self._media.remove(name)

    def _forget(self, name: str) -> Peer | None:
        entry = self._peers.pop(name, None)
        if entry is not None:
            self._people.sessions.let_go(name, entry.claims.participant, self._clock.monotonic())
            self._conductor.gone(name)
        return entry


def may_publish(claims: Claims, role: Role) -> tuple[str, ...]:
    """The sources that the bearer may send in the role it has now, narrowed to its token's where that names any."""
    table = PUBLISH[role]
    named = claims.sources if claims.sources or role == Role.ENCODER else tuple(table)
    return tuple(source for source in table if source in named)


def _check_right(state: State, claims: Claims, direction: Direction, sources: Mapping[str, str]) -> None:
    if state["phase"] == Phase.ENDED:
        raise ClientFault("lesson_ended", "The lesson has ended.", Status.CONFLICT)
    if state["phase"] not in PERMISSIONS["participant.join"][claims.role]:
        raise ClientFault("lesson_not_open", "The lesson is not open yet.", Status.CONFLICT)
    if not admitted(state, claims.seat):
        raise ClientFault("not_admitted", "You have not been let in yet.", Status.FORBIDDEN)
    if direction == "receive":
        if claims.role not in RECEIVE or sources:
            raise ClientFault("not_allowed", "This connection may only send.", Status.FORBIDDEN)
        return
    role = acting(state, claims.seat).role
    allowed = may_publish(claims, role)
    if not sources:
        raise ClientFault("malformed", "A sending connection says what it shows.", Status.MALFORMED)
    for source in sources.values():
        if source not in allowed:
            raise ClientFault("not_allowed", "This seat may not send that.", Status.FORBIDDEN)
        when = PUBLISH[role][source]
        if when is When.ALWAYS or _on_stage(state, claims.participant):
            continue
        if when is When.ON_STAGE or voice_of(state, claims.participant) is None:
            raise ClientFault("not_on_stage", f"This may be sent only {when.value}.", Status.FORBIDDEN)


def _on_stage(state: State, participant: str) -> bool:
    return any(guest["participant"] == participant and guest["state"] == "on" for guest in state["stage"]["guests"])


def _usable(slots: tuple[Slot, ...]) -> tuple[Slot, ...]:
    return tuple(slot for slot in slots if slot.codecs)
