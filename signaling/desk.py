"""The reception desk: lets sockets in, carries their commands to the journal, and what happened to its viewers.

It knows no Socket.IO: messages leave through `post`, sockets are named by their ids and closed by `end`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from typing import Any, Protocol
from uuid import uuid4

from prometheus_client import Counter, Gauge, Histogram

from classroom.board.bricks import A_POINT
from classroom.clock import Clock
from classroom.errors import ClientFault, Status
from classroom.events import Command, Event, Json, Phase, Role
from classroom.journal import Journal
from classroom.kinds import COMMANDS
from classroom.leading import TEACHERS
from classroom.rules import State, admitted, resighted, seated

from . import protocol
from .bus import Passed
from .fanout import MANY, Audience, Outgoing, Reach, broadcast, catch_up, encode, in_lobby, lobby_snapshot, projected
from .limits import ink_in
from .nodes import Nodes
from .relay import PACE_S, QUICK_S, Relay
from .sessions import CatchingUp, Joining, Sessions, Waiting
from .snapshots import Snapshots
from .tally import Tallies
from .tokens import Claims, Tokens

log = logging.getLogger(__name__)

SESSIONS = Gauge("tongke_sessions", "Sockets that are in a lesson")
EVENTS = Counter("tongke_events", "Events that were journalled")
COMMAND_SECONDS = Histogram("tongke_command_seconds", "From a command's arrival to its acknowledgement")


# What a participant's pages give their connections (RTCIceServer), from seconds since 1970 on.
IceServers = Callable[[str, float], tuple[Json, ...]]


class Guests(Protocol):
    """Who else wants to know: the media side of a participant."""

    def returned(self, participant: str) -> None:
        """A socket of the participant went live: it is to be told (again) what its slots show."""

    async def left(self, claims: Claims) -> None: ...


class Desk:
    def __init__(
        self,
        journal: Journal,
        tokens: Tokens,
        clock: Clock,
        post: Callable[[Outgoing], None],
        end: Callable[[str], Awaitable[None]],
        ports: Callable[[], Iterable[int]],
        ice_servers: IceServers | None = None,
        nodes: Nodes | None = None,
    ) -> None:
        self.sessions = Sessions()
        self.guests: Guests | None = None
        self._journal = journal
        self._snapshots = Snapshots(journal, clock)
        self._tokens = tokens
        self._clock = clock
        self._post = post
        self._end = end
        self._ports = ports
        self._ice_servers = ice_servers
        self._nodes = nodes
        self._restored: set[str] = set()
        self._leaving: set[str] = set()
        self._returning: set[str] = set()
        self._relay = Relay(post, self._live, self._pass_on)
        self._tallies = Tallies(journal, self._say_here)
        self._tasks: set[asyncio.Task[None]] = set()
        journal.listen(self._on_commit)

    # a socket comes and goes

    async def enter(self, sid: str, auth: object) -> int:
        """Checks the token and makes its bearer present. Returns `since`. Raises `ClientFault`: `malformed`,
        `token_invalid`, `token_expired`, `too_many_open`, `lesson_not_open`, `lesson_ended`, `not_found`, …"""
        shown = protocol.read_auth(auth)
        claims = self._tokens.read(shown.token, self._clock.epoch_ms() / 1000)
        self.sessions.open(sid, claims, self._clock.monotonic())
        try:
            # After it was opened: what is revoked from here on ends this socket too.
            await self._journal.check_entry(claims.participant, claims.name)
            await self.join(claims)
        except BaseException:
            self.sessions.close(sid, self._clock.monotonic())
            raise
        SESSIONS.set(len(self.sessions))
        return shown.since or 0

    async def join(self, claims: Claims) -> None:
        """Journals that the participant is here; nothing, not even a write, if it is (a full disk keeps no one out who
        only lost the line for a moment)."""
        await self._restore(claims.lesson)
        known = (await self._journal.state(claims.lesson))["participants"].get(claims.participant)
        if known is not None and known["present"] and claims.participant not in self._leaving:
            return
        name = claims.name or claims.role.value
        try:
            data = {"name": name, "recorded": claims.recorded}
            await self._journal.submit(claims.lesson, claims.seat, _server_command("participant.join", data))
        except ClientFault as fault:
            if fault.code != "wrong_phase":
                raise
            ended = (await self._journal.state(claims.lesson))["phase"] == Phase.ENDED
            code, words = ("lesson_ended", "has ended") if ended else ("lesson_not_open", "is not open yet")
            raise ClientFault(code, f"The lesson {words}.", Status.CONFLICT) from fault

    async def begin(self, sid: str, since: int) -> None:
        """Sends a socket that has been let in what it needs, and from then on what happens."""
        if self.sessions.get(sid) is not None:
            self.sessions.catch_up(sid)
            await self._bring_into_step(sid, since)

    async def _bring_into_step(self, sid: str, since: int) -> None:
        session = self.sessions.get(sid)
        if session is None:
            return
        claims, lesson = session.claims, session.claims.lesson
        texts = await self._journal.texts(lesson)
        state = await self._journal.state(lesson)
        seq = state["seq"]
        let_in = admitted(state, claims.seat)
        resumes = let_in and 0 < since <= seq
        missed = await self._journal.events(lesson, since if resumes else 0) if resumes or not let_in else []
        missed = [event for event in missed if event.seq <= seq]
        seat = seated(state, claims.seat)
        resumes = resumes and not any(claims.participant in resighted(event) for event in missed)
        shown = projected(missed, texts, seat) if resumes else None
        size = 0
        if let_in and (shown is None or len(shown) > MANY):
            size = (await self._snapshots.latest(lesson, claims.role)).size
        match self.sessions.get(sid):
            case None:
                return
            case CatchingUp(_, held) if any(claims.participant in resighted(one) for one in held if one.seq > seq):
                await self._bring_into_step(sid, 0)  # it needs what was before, too
                return
        held = [event for event in self.sessions.settle(sid, admitted=let_in) if event.seq > seq]
        at = self._journal.clock_of(lesson).at_of(self._clock.monotonic())
        running = state["phase"] == Phase.LIVE
        welcome = protocol.Welcome(
            lesson=lesson,
            participant=claims.participant,
            role=claims.role,
            room=claims.room,
            at=at,
            running=running,
            seq=seq,
            admitted=let_in,
            ice_servers=self._relays(claims.participant),
            media=protocol.MediaLimits(ports=tuple(self._ports())),
        )
        self._signal("welcome", welcome, (sid,))
        if let_in:
            self._post(catch_up(sid, shown, size, state, texts, seat, at))
        else:
            self._post(lobby_snapshot(sid, missed, texts, claims.seat, at))
        self._show(held, texts, sid, claims)
        if let_in:
            self._tallies.changed(lesson)
            if self.guests is not None:
                self.guests.returned(claims.participant)
            if self._nodes is not None:
                self._nodes.returned(lesson, claims.participant)

    def _again(self, sid: str) -> None:
        """The socket is to be shown what was before, too. Where that fails it is closed, and comes back by itself."""
        self.sessions.catch_up(sid)
        self._spawn(self._bring_into_step_or_end(sid))

    async def _bring_into_step_or_end(self, sid: str) -> None:
        try:
            await self._bring_into_step(sid, 0)
        except Exception:
            log.exception("a session could not be brought into step")
            await self._end(sid)

    async def snapshot(self, claims: Claims) -> tuple[bytes, bytes]:
        """What a participant fetches who was told that its snapshot is large: see `snapshots`. Raises `ClientFault`:
        `token_invalid` 401, `not_admitted` 403, `not_found` 404, `not_connected` 409."""
        await self._journal.check_entry(claims.participant, claims.name)
        state = await self._journal.state(claims.lesson)
        known = state["participants"].get(claims.participant)
        if known is None or not known["present"]:
            raise ClientFault("not_connected", "Who is not in the lesson is shown nothing of it.", Status.CONFLICT)
        if not known["admitted"]:
            raise ClientFault("not_admitted", "You have not been let in yet.", Status.FORBIDDEN)
        return await self._snapshots.body(claims.lesson, claims.seat)

    def _relays(self, participant: str) -> tuple[Json, ...]:
        return self._ice_servers(participant, self._clock.epoch_ms() / 1000) if self._ice_servers else ()

    def closed(self, sid: str, silent_s: float = 0.0) -> None:
        """`silent_s`: for how long the other end has not been heard."""
        self.sessions.close(sid, self._clock.monotonic() - silent_s)
        SESSIONS.set(len(self.sessions))

    async def tick(self) -> list[str]:
        """Lets go of those whose grace is over; returns the sockets whose token has expired."""
        self._snapshots.tidy()
        if self._nodes is not None:
            if not self._nodes.up:
                self.sessions.expect_news(self._clock.monotonic())
            self._spawn(self._bring_back())
        await asyncio.gather(*map(self._leave, self.sessions.left(self._clock.monotonic())))
        return self.sessions.expired(self._clock.epoch_ms() / 1000)

    async def _leave(self, claims: Claims) -> None:
        self._leaving.add(claims.participant)
        try:
            if self.guests is not None:
                await self.guests.left(claims)
            if not self._journal.owns(claims.lesson):
                return  # its owner knows whether another node still has it
            await self._journal.submit(claims.lesson, claims.seat, _server_command("participant.leave", {}))
        except ClientFault as fault:
            log.info("leave refused: %s", fault.code)
            if fault.status == Status.UNAVAILABLE:  # once there is room again
                self.sessions.expect(claims, self._clock.monotonic())
        except Exception:
            log.exception("a participant could not leave")
            self.sessions.expect(claims, self._clock.monotonic())
        finally:
            self._leaving.discard(claims.participant)

    async def close(self) -> None:
        self._relay.close()
        await self._tallies.close()
        await self._snapshots.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # what a socket says

    async def command(self, sid: str, message: object) -> Json:
        """The acknowledgement of a command: once it is committed, or why it is refused."""
        with COMMAND_SECONDS.time():
            try:
                claims = self._speaker(sid)
                now = self._clock.monotonic()
                here = self.sessions.attendance(claims, now)
                if claims.role not in TEACHERS and (ink := ink_in(message)):
                    here.ink.take(now, ink)
                else:
                    here.commands.take(now)
                command = protocol.read_command(message)
                if command.kind not in COMMANDS:
                    raise ClientFault("unknown_kind", "There is no such command.", Status.MALFORMED)
                return protocol.Ack(seq=await self._journal.submit(claims.lesson, claims.seat, command)).model_dump()
            except ClientFault as fault:
                if fault.code == "held":
                    self._tallies.changed(claims.lesson)
                return protocol.refusal(fault)

    async def signal(self, sid: str, message: object) -> Json:
        """Passes a signal on to whom it may concern; the answer is sent only where one was asked for."""
        try:
            claims = self._speaker(sid)
            self._take_signal(sid, claims, message, await self._journal.state(claims.lesson))
        except ClientFault as fault:
            return protocol.refusal(fault)
        return {"ok": True}

    def signal_at_once(self, sid: str, message: object) -> bool:
        """As `signal`, for those who ask for no answer. False: the lesson is being read."""
        with contextlib.suppress(ClientFault):
            claims = self._speaker(sid)
            state = self._journal.at_hand(claims.lesson)
            if state is None:
                return False
            self._take_signal(sid, claims, message, state)
        return True

    def _take_signal(self, sid: str, claims: Claims, message: object, state: State) -> None:
        match self.sessions.get(sid):
            case Waiting():
                raise ClientFault("not_admitted", "You have not been let in yet.", Status.FORBIDDEN)
            case CatchingUp():
                raise ClientFault("not_connected", "The connection is not ready.", Status.CONFLICT)
        now = self._clock.monotonic()
        here = self.sessions.attendance(claims, now)
        here.signals.take(now)
        kind, data, roles = protocol.read_signal(message, claims.role)
        if kind == "ink" and claims.role not in TEACHERS:
            here.growing.take(now, len(data["points"]) / A_POINT)
        at = self._journal.clock_of(claims.lesson).at_of(now)
        for reach in protocol.reaches(state, claims.seat, kind, data, roles, at):
            pace_s = self._relay.tell(claims.lesson, reach, sid, claims.participant, kind, data)
            if kind in protocol.PEN_SIGNALS and pace_s > QUICK_S and now - here.paced_at > PACE_S / 2:
                here.paced_at = now
                self._signal("pace", protocol.Pace(ms=round(pace_s * 1000)), (sid,))

    def _pass_on(self, lesson: str, text: str, reach: Reach) -> None:
        if self._nodes is not None:
            self._nodes.pass_on(lesson, text, reach, droppable=True)

    def _speaker(self, sid: str) -> Claims:
        session = self.sessions.get(sid)
        if session is None or isinstance(session, Joining):
            raise ClientFault("not_connected", "The connection is not ready.", Status.CONFLICT)
        if session.claims.expires <= self._clock.epoch_ms() / 1000:
            raise ClientFault("token_expired", "This token has expired; ask for a new one.", Status.UNAUTHENTICATED)
        return session.claims

    # what the server says

    def say(
        self, lesson: str, kind: str, data: protocol.Message, roles: Iterable[Role], participants: Iterable[str] = ()
    ) -> None:
        """A signal of the server's to all of these roles, and to these participants."""
        reach = Reach(frozenset(roles), frozenset(participants))
        self._signal(kind, data, tuple(self._hearing(lesson, reach)))
        if self._nodes is not None:
            self._nodes.pass_on(lesson, encode(protocol.signal(kind, data)), reach)

    def tell(self, participant: str, kind: str, data: protocol.Message) -> None:
        """A signal of the server's to one participant."""
        lesson = self.sessions.lesson_of(participant)
        if lesson is None:
            return
        only = Reach(participants=frozenset({participant}))
        self._signal(kind, data, tuple(self._hearing(lesson, only)))
        if self._nodes is not None:
            self._nodes.pass_on(lesson, encode(protocol.signal(kind, data)), only)

    def _say_here(self, lesson: str, kind: str, data: protocol.Message, roles: Iterable[Role]) -> None:
        self._signal(kind, data, tuple(self._hearing(lesson, Reach(frozenset(roles)))))

    def _signal(self, kind: str, data: protocol.Message, to: tuple[str, ...]) -> None:
        if to:
            self._post(Outgoing("signal", encode(protocol.signal(kind, data)), to))

    def _live(self, lesson: str, reach: Reach) -> list[str]:
        found: dict[str, None] = {}
        for audience in self.sessions.audiences(lesson) if reach.roles or reach.room or reach.taught else ():
            if reach.takes_in(audience.role, audience.room):
                found |= dict.fromkeys(audience.viewers)
        for participant in reach.participants:
            if self.sessions.lesson_of(participant) == lesson:
                found |= dict.fromkeys(self.sessions.sids_of(participant))
        return list(found)

    def _hearing(self, lesson: str, reach: Reach) -> list[str]:
        """Who is told what is not said again: all in reach who are live, or were and catch up."""
        again = self.sessions.again(lesson)
        return self._live(lesson, reach) + [
            sid
            for sid, claims in again
            if claims.participant in reach.participants or reach.takes_in(claims.role, claims.room)
        ]

    # what other nodes say

    def passed(self, signal: Passed) -> None:
        """A signal that came to another node."""
        reach = Reach(frozenset(signal.roles), frozenset(signal.participants), signal.room, frozenset(signal.taught))
        among = self._live if signal.droppable else self._hearing
        if to := tuple(among(signal.lesson, reach)):
            self._post(Outgoing("signal", signal.text, to, droppable=signal.droppable))

    async def elsewhere(self, node: str, lesson: str, participants: Iterable[str]) -> None:
        """Who has sockets at another node."""
        people = (await self._journal.state(lesson))["participants"]
        there = [_claims(lesson, one, people[one]) for one in participants if one in people]
        self.sessions.elsewhere(node, lesson, there, self._clock.monotonic())

    async def _bring_back(self) -> None:
        """Those who are here, and whom the owner of their lesson let go for want of news from this node."""
        kept = set(self._journal.kept())
        for claims in self.sessions.connected():
            if claims.lesson not in kept or claims.participant in self._returning | self._leaving:
                continue
            self._returning.add(claims.participant)
            try:
                state = await self._journal.state(claims.lesson)
                known = state["participants"].get(claims.participant)
                if known and known["admitted"] and not known["present"] and state["phase"] != Phase.ENDED:
                    await self.join(claims)
            except ClientFault as fault:  # tried again at the next tick
                log.info("join refused: %s", fault.code)
            finally:
                self._returning.discard(claims.participant)

    async def doubt(self) -> None:
        """Ends the sockets of those whose token was revoked where this node did not hear of it."""
        for claims in self.sessions.connected():
            try:
                await self._journal.check_entry(claims.participant, claims.name)
            except ClientFault as fault:
                if fault.code == "token_invalid":
                    self.sessions.revoke([claims.participant])

    async def gained(self, lesson: str) -> None:
        """Another node owned the lesson: those who were connected there come here, or are gone; and so are their media
        connections, whoever they are."""
        self._restored.discard(lesson)
        await self._restore(lesson)
        gone = protocol.Media(peer=None, state="gone", reason="moved")
        self._say_here(lesson, "media", gone, protocol.EVERYONE)

    # what happened

    def _on_commit(self, lesson: str, events: list[Event], texts: Mapping[str, str]) -> None:
        EVENTS.inc(len(events))
        self._relay.happened(lesson, events)
        state = self._journal.committed(lesson)
        for sid in self._resighted(events, state):
            self._again(sid)
        for message in broadcast(events, texts, self.sessions.audiences(lesson), state):
            self._post(message)
        for sid, session in self.sessions.arriving(lesson):
            match session:
                case CatchingUp(_, held):
                    held.extend(events)
                case Waiting(claims):
                    self._in_lobby(sid, claims, events, texts)
        if any(event.kind.startswith("activity.") for event in events):
            self._tallies.changed(lesson)
        if self._nodes is not None:
            for event in events:
                # Perhaps at a node that dies before it has told of it.
                if event.kind == "participant.joined" and event.data["tablet"]:
                    claims = _claims(lesson, event.data["participant"], event.data)
                    self.sessions.expect(claims, self._clock.monotonic())

    def _resighted(self, events: Iterable[Event], state: State) -> Iterator[str]:
        """Live sockets that are to be told of these together with what was written before, if anything was, and with
        who talks in the group. A lead teacher's seat is shown all, whoever leads."""
        people, boards, notes, voice = (
            state["participants"], state["boards"], state["group_notes"], state["groups"]["voice"]
        )  # fmt: skip
        for event in events:
            group = event.data["group"] if event.kind == "group.filled" else None
            if (group in boards or group in notes or group in voice.values()) if group else boards:
                for who in resighted(event):
                    if who in people and people[who]["role"] != Role.LEAD_TEACHER:
                        yield from self.sessions.sids_of(who)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _in_lobby(self, sid: str, claims: Claims, events: list[Event], texts: Mapping[str, str]) -> None:
        theirs = [event for event in events if in_lobby(event, claims.seat)]
        if any(claims.participant in resighted(event) for event in theirs):
            self._again(sid)  # and is shown that with all that was before
        else:
            self._show(theirs, texts, sid, claims)

    def _show(self, events: list[Event], texts: Mapping[str, str], sid: str, claims: Claims) -> None:
        """To one socket alone."""
        alone = [Audience(claims.role, claims.room, {sid: claims.participant})]
        for message in broadcast(events, texts, alone, self._journal.committed(claims.lesson)):
            self._post(message)

    async def _restore(self, lesson: str) -> None:
        """After a restart: those whom the journal has as present are expected back."""
        if lesson in self._restored:
            return
        state = await self._journal.state(lesson)
        self._restored.add(lesson)
        now = self._clock.monotonic()
        for participant, entry in state["participants"].items():
            if entry["present"] and entry["tablet"]:
                self.sessions.expect(_claims(lesson, participant, entry), now)


def _claims(lesson: str, participant: str, entry: Mapping[str, Any]) -> Claims:
    return Claims(lesson, participant, Role(entry["role"]), entry["room"])


def _server_command(kind: str, data: Json) -> Command:
    return Command(str(uuid4()), kind, data)
