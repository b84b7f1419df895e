"""Who is connected: one session a socket, and for each participant whether anyone is still there.

A session is `Joining` (its participant is being journalled), then `CatchingUp` (what happens now is held back until
it has what came before), then `Live`, or `Waiting` where a lobby keeps it out. One that is live catches up again where
it is to see more than it did. A participant whose last socket closed is away, and has left when the grace is over; one
who never had a socket is here as long as its peers are.
Times are seconds of one clock that does not go back.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from classroom.errors import ClientFault, Status
from classroom.events import Event, Role

from .fanout import Audience
from .limits import COMMANDS, CONNECTS, INK, OFFERS, SIGNALS, SOCKETS_PER_PARTICIPANT, STUDENT_COMMANDS, Bucket
from .tokens import Claims

GRACE_S = 10.0
ELSEWHERE_S = 6.0
"""A node that has not told for so long who has sockets there has none."""


@dataclass(frozen=True, slots=True)
class Joining:
    claims: Claims


@dataclass(frozen=True, slots=True)
class Waiting:
    """In the lobby: is sent nothing but what concerns itself."""

    claims: Claims


@dataclass(frozen=True, slots=True)
class CatchingUp:
    """`again`: it was live before, and is told meanwhile what nobody says twice."""

    claims: Claims
    held: list[Event] = field(default_factory=list)
    again: bool = False


@dataclass(frozen=True, slots=True)
class Live:
    claims: Claims


Session = Joining | Waiting | CatchingUp | Live


class Attendance:
    """One participant's sockets, media peers and allowances, and the other nodes where it has sockets. `away_since` is
    set while nothing holds it; where a dead line held it, that is when it was last heard."""

    __slots__ = (
        "away_since",
        "claims",
        "commands",
        "connects",
        "growing",
        "has_page",
        "heard_at",
        "ink",
        "nodes",
        "offers",
        "paced_at",
        "peers",
        "sids",
        "signals",
    )

    def __init__(self, claims: Claims, now: float) -> None:
        self.claims = claims
        self.sids: set[str] = set()
        self.peers: set[str] = set()
        self.nodes: set[str] = set()
        self.has_page = False
        self.heard_at = now
        self.paced_at = -math.inf
        self.away_since: float | None = now
        self.connects = Bucket(CONNECTS, now)
        self.commands = Bucket(STUDENT_COMMANDS if claims.role == Role.STUDENT else COMMANDS, now)
        self.signals = Bucket(SIGNALS, now)
        self.ink = Bucket(INK, now)
        self.growing = Bucket(INK, now)
        self.offers = Bucket(OFFERS, now)

    def settle(self, now: float) -> None:
        if self.sids or self.nodes or (self.peers and not self.has_page):
            self.away_since = None
        elif self.away_since is None:
            self.away_since = now


class Sessions:
    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}
        self._arriving: dict[str, set[str]] = {}  # by lesson: sockets that are not live
        self._audiences: dict[str, dict[tuple[Role, str | None], Audience]] = {}  # by lesson: those that are
        self._here: dict[str, Attendance] = {}
        self._elsewhere: dict[tuple[str, str], tuple[frozenset[str], float]] = {}  # node, lesson → who, when told
        self._expires = math.inf  # nobody's token runs out before

    def __len__(self) -> int:
        return len(self._sessions)

    def open(self, sid: str, claims: Claims, now: float) -> None:
        """A socket showed its token. Raises `ClientFault` 429: `too_many_open` sockets of one seat, `too_often`."""
        here = self.attendance(claims, now)
        here.connects.take(now)
        if len(here.sids) >= SOCKETS_PER_PARTICIPANT:
            raise ClientFault(
                "too_many_open", "This seat is open in too many places.", Status.TOO_OFTEN, retry_after_s=10
            )
        here.sids.add(sid)
        here.has_page = True
        here.heard_at = max(here.heard_at, now)
        here.settle(now)
        self._sessions[sid] = Joining(claims)
        self._expires = min(self._expires, claims.expires)
        self._arriving.setdefault(claims.lesson, set()).add(sid)

    def catch_up(self, sid: str) -> None:
        match self._sessions[sid]:
            case Joining(claims) | Waiting(claims):
                self._sessions[sid] = CatchingUp(claims)
            case Live(claims):  # it is to see more than it did
                self._sessions[sid] = CatchingUp(claims, again=True)
                self._audience(claims).pop(sid, None)
                self._arriving[claims.lesson].add(sid)
            case other:
                raise ValueError(f"a session cannot catch up when it is {type(other).__name__}")

    def settle(self, sid: str, *, admitted: bool) -> list[Event]:
        """Live from here on, or waiting in the lobby; returns the events that were held back."""
        match self._sessions[sid]:
            case CatchingUp(claims, held):
                self._sessions[sid] = Live(claims) if admitted else Waiting(claims)
                if admitted:
                    self._arriving[claims.lesson].discard(sid)
                    self._audience(claims)[sid] = claims.participant
                return held
            case other:
                raise ValueError(f"a session that is {type(other).__name__} holds nothing back")

    def close(self, sid: str, heard_at: float) -> None:
        """The socket is gone, and was last heard then; nothing happens if it never was."""
        session = self._sessions.pop(sid, None)
        if session is None:
            return
        claims = session.claims
        self._arriving[claims.lesson].discard(sid)
        self._audience(claims).pop(sid, None)
        if not self._arriving[claims.lesson] and not any(one.viewers for one in self.audiences(claims.lesson)):
            del self._arriving[claims.lesson]
            del self._audiences[claims.lesson]
        here = self._here[claims.participant]
        here.sids.discard(sid)
        here.heard_at = max(here.heard_at, heard_at)
        here.settle(here.heard_at)

    def hold(self, peer: str, claims: Claims, now: float) -> None:
        """The participant has a media peer."""
        here = self.attendance(claims, now)
        here.peers.add(peer)
        here.settle(now)

    def let_go(self, peer: str, participant: str, now: float) -> None:
        """That peer is gone."""
        here = self._here.get(participant)
        if here is not None:
            here.peers.discard(peer)
            here.settle(now)

    def expect(self, claims: Claims, now: float) -> None:
        """A participant who was present before this server started: here again within the grace, or gone."""
        self._here.setdefault(claims.participant, Attendance(claims, now))

    def elsewhere(self, node: str, lesson: str, there: Iterable[Claims], now: float) -> None:
        """Those of a lesson who have sockets at another node: all of them. To be told again within `ELSEWHERE_S`."""
        before, _ = self._elsewhere.get((node, lesson), (frozenset(), 0.0))
        for claims in there:
            here = self._here.setdefault(claims.participant, Attendance(claims, now))
            here.has_page = True
            here.nodes.add(node)
            here.settle(now)
        who = frozenset(claims.participant for claims in there)
        self._let_go_of(node, before - who, now)
        if who:
            self._elsewhere[node, lesson] = who, now
        else:
            self._elsewhere.pop((node, lesson), None)

    def expect_news(self, now: float) -> None:
        """Nobody can tell at present who is elsewhere, or just went there: everyone's grace begins anew."""
        self._elsewhere = {key: (who, now) for key, (who, _) in self._elsewhere.items()}
        for here in self._here.values():
            if here.away_since is not None:
                here.away_since = now

    def _let_go_of(self, node: str, participants: Iterable[str], now: float) -> None:
        for participant in participants:
            if (here := self._here.get(participant)) is not None:
                here.nodes.discard(node)
                here.settle(now)

    def left(self, now: float) -> list[Claims]:
        """Those whose grace is over; they are forgotten."""
        for (node, lesson), (who, told_at) in list(self._elsewhere.items()):
            if now - told_at >= ELSEWHERE_S:
                self._let_go_of(node, who, told_at)
                del self._elsewhere[node, lesson]
        gone = [
            here.claims
            for here in self._here.values()
            if here.away_since is not None and now - here.away_since >= GRACE_S
        ]
        for claims in gone:
            del self._here[claims.participant]
        return gone

    def revoke(self, participants: Collection[str]) -> None:
        """Their sockets' tokens have run out."""
        for sid, session in self._sessions.items():
            if session.claims.participant in participants:
                self._sessions[sid] = replace(session, claims=replace(session.claims, expires=0))
                self._expires = 0

    def expired(self, epoch_s: float) -> list[str]:
        """Sockets whose token has run out. `epoch_s`: seconds since 1970."""
        if epoch_s < self._expires:
            return []
        self._expires = min((one.claims.expires for one in self._sessions.values()), default=math.inf)
        return [sid for sid, session in self._sessions.items() if session.claims.expires <= epoch_s]

    def get(self, sid: str) -> Session | None:
        return self._sessions.get(sid)

    def attendance(self, claims: Claims, now: float) -> Attendance:
        """Made if it is not there; then away until something holds it."""
        here = self._here.get(claims.participant)
        if here is None:
            here = self._here[claims.participant] = Attendance(claims, now)
        here.claims = claims
        return here

    def sids_of(self, participant: str) -> tuple[str, ...]:
        """The participant's live sockets."""
        here = self._here.get(participant)
        return tuple(sid for sid in here.sids if isinstance(self._sessions[sid], Live)) if here else ()

    def again(self, lesson: str) -> list[tuple[str, Claims]]:
        """Those who were live, and catch up with more than they saw."""
        found = ((sid, self._sessions[sid]) for sid in self._arriving.get(lesson, ()))
        return [(sid, one.claims) for sid, one in found if isinstance(one, CatchingUp) and one.again]

    def connected(self) -> list[Claims]:
        """Those who have sockets here."""
        return [here.claims for here in self._here.values() if here.sids]

    def lesson_of(self, participant: str) -> str | None:
        here = self._here.get(participant)
        return here.claims.lesson if here else None

    def holding(self) -> dict[str, tuple[str, ...]]:
        """Lesson → the participants who have sockets here."""
        held: dict[str, list[str]] = {}
        for claims in self.connected():
            held.setdefault(claims.lesson, []).append(claims.participant)
        return {lesson: tuple(participants) for lesson, participants in held.items()}

    def audiences(self, lesson: str) -> list[Audience]:
        """Everyone who is live."""
        return list(self._audiences.get(lesson, {}).values())

    def arriving(self, lesson: str) -> list[tuple[str, Session]]:
        """Everyone who is not live yet."""
        return [(sid, self._sessions[sid]) for sid in self._arriving.get(lesson, ())]

    def _audience(self, claims: Claims) -> dict[str, str]:
        audiences, key = self._audiences.setdefault(claims.lesson, {}), (claims.role, claims.room)
        if key not in audiences:
            audiences[key] = Audience(*key, {})
        return audiences[key].viewers
