"""This node among others: which lessons it owns, and what goes to the owners of the rest.

A lesson is owned by whoever the database says, until it gives up or is not heard any more; then the first who needs an
owner takes it, with the next fencing token, and folds on. A command for a lesson of another's is carried to it and its
answer back; what was committed is read from the database, where a message says that there is something, or every few
seconds. So a message that is lost, repeated or late does no harm.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from typing import Any, Protocol

from classroom.clock import Clock
from classroom.errors import ClientFault, Status
from classroom.events import Command, Event, Seat
from classroom.ids import new_id
from classroom.journal import Journal
from classroom.store.owners import Owners
from classroom.store.records import Owner

from .bus import (
    ALL,
    Answered,
    Asked,
    Beat,
    Bus,
    Committed,
    Erased,
    Here,
    Leaving,
    Message,
    Passed,
    Returned,
    Revoked,
    Took,
    to_lesson,
    to_node,
)
from .fanout import Reach
from .roll import Roll

log = logging.getLogger(__name__)

BEAT_S = 0.5
POLL_S = 5.0
"""How often followed lessons are read, and owned ones checked, without being told to."""
HERE_S = 2.0
ASK_S = 2.0
PATIENCE_S = 10.0
"""How long a command waits for its lesson to have an owner that answers."""
AGAIN_S = 0.1


class Local(Protocol):
    """What the rest of this node does with what nodes say."""

    def passed(self, signal: Passed) -> None: ...

    def here(self, node: str, lesson: str, participants: Sequence[str]) -> None: ...

    def returned(self, participant: str) -> None: ...

    def gained(self, lesson: str) -> None:
        """This node owns it now; another did before."""

    def lost(self, lesson: str) -> None: ...

    def revoked(self, participants: Sequence[str]) -> None: ...

    def doubt(self) -> None:
        """What others said may have been missed: whose token was revoked."""

    def holding(self) -> Mapping[str, Sequence[str]]:
        """Lesson → the participants who have sockets here."""


class Nodes:
    """Usage: `await reach()`, from when on the journal asks it; `begin(local)`; at the end, after the journal,
    `await close()`. `url`: where media clients reach this node."""

    def __init__(self, redis: str, secret: bytes, url: str, journal: Journal, owners: Owners, clock: Clock) -> None:
        self.node = new_id()
        self._url = url
        self._journal = journal
        self._owners = owners
        self._clock = clock
        self._bus = Bus(redis, secret, self.node, self._hear)
        self._roll = Roll(self.node)
        self._local: Local | None = None
        self._owned: dict[str, int] = {}  # lesson → fencing token
        self._others: dict[str, Owner] = {}  # lesson → another node, as last heard
        self._watched: set[str] = set()
        self._claiming = asyncio.Lock()
        self._questions = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Answered]] = {}
        self._told_here: dict[str, tuple[Sequence[str], float]] = {}
        self._polled_at = 0.0
        self._was_up = False
        self._tasks: set[asyncio.Task[Any]] = set()

    async def reach(self) -> None:
        """Raises OperatorFault where there is no Redis."""
        await self._bus.reach()
        self._journal.nodes = self
        self._journal.listen(self._on_commit)

    def begin(self, local: Local) -> None:
        self._local = local
        self._bus.begin()
        self._spawn(self._beat())
        self._spawn(self._run())

    async def close(self) -> None:
        """Gives up what this node owns, for others to take at once."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await self._owners.give_up(self.node)
        except ClientFault as fault:
            log.error("what this node owned could not be given up: %s", fault.code)
        self._bus.say(ALL, Leaving(node=self.node))
        await self._bus.close()

    @property
    def up(self) -> bool:
        """Whether this node hears others, and they it."""
        return self._roll.up(self._clock.monotonic())

    # what the journal asks

    def fence(self, lesson: str) -> int | None:
        return self._owned.get(lesson)

    async def watch(self, lesson: str) -> None:
        self._watched.add(lesson)
        await self._bus.listen_to(to_lesson(lesson))

    def lost(self, lessons: frozenset[str]) -> None:
        for lesson in lessons & self._owned.keys():
            log.warning("another node has taken over lesson %s", lesson)
            del self._owned[lesson]
            self._others.pop(lesson, None)
            self._here.lost(lesson)
            self._spawn(self._follow(lesson))

    async def carry(self, lesson: str, seat: Seat, command: Command) -> int | None:
        until = self._clock.monotonic() + PATIENCE_S
        while True:
            owner = await self._owner(lesson)
            if owner == self.node:
                return None
            answer = await self._ask(owner, lesson, seat, command) if owner else None
            if answer is not None and answer.seq is not None:
                return answer.seq
            if answer is not None and answer.code:
                raise ClientFault(answer.code, answer.message, Status(answer.status), answer.retry_after_s)
            self._others.pop(lesson, None)
            self._check_patience(until)
            await asyncio.sleep(AGAIN_S)

    # what routes and the desk ask

    async def elsewhere(self, lesson: str) -> str | None:
        """Where media clients of a lesson go, if not here. Raises ClientFault `not_found` (404), `owner_away` (503)."""
        until = self._clock.monotonic() + PATIENCE_S / 2
        while True:
            owner = await self._owner(lesson)
            if owner == self.node:
                return None
            if owner is not None and (url := self._roll.url(owner)) is not None:
                return url
            self._check_patience(until)
            await asyncio.sleep(AGAIN_S)

    def pass_on(
        self,
        lesson: str,
        text: str,
        reach: Reach,
        *,
        droppable: bool = False,
    ) -> None:
        """A signal for sockets at other nodes."""
        if not self._roll.alone(self._clock.monotonic()):
            signal = Passed(
                node=self.node,
                lesson=lesson,
                text=text,
                roles=tuple(reach.roles),
                participants=tuple(reach.participants),
                room=reach.room,
                taught=tuple(reach.taught),
                droppable=droppable,
            )
            self._bus.say(to_lesson(lesson), signal)

    def returned(self, lesson: str, participant: str) -> None:
        """A socket of the participant went live here; the owner has something to tell it."""
        self._bus.say(to_lesson(lesson), Returned(node=self.node, lesson=lesson, participant=participant))

    def revoked(self, participants: Iterable[str]) -> None:
        self._bus.say(ALL, Revoked(participants=tuple(participants)))

    def erased(self, lessons: Iterable[str]) -> None:
        self._bus.say(ALL, Erased(lessons=tuple(lessons)))

    # owning

    async def _owner(self, lesson: str) -> str | None:
        """The owner as far as is known, this node if the lesson could be taken; None where it cannot be told yet.
        Raises ClientFault `not_found` (404)."""
        if lesson in self._owned:
            return self.node
        known = self._others.get(lesson)
        if known is not None and known.node is not None and not self._dead(known.node):
            return known.node
        async with self._claiming:
            if lesson in self._owned:
                return self.node
            seen = (await self._owners.of([lesson])).get(lesson)
            if seen is not None and seen.node not in (None, self.node) and not self._dead(seen.node):
                self._others[lesson] = seen
                return seen.node
            taken = await self._owners.take(lesson, self.node, seen)
            if taken is None:
                if seen is None and lesson not in await self._owners.of([lesson]):
                    raise ClientFault("not_found", "There is no such lesson.", Status.NOT_FOUND)
                return None
            await self._journal.reread([lesson])
            self._owned[lesson] = taken.fence
            self._others.pop(lesson, None)
        self._bus.say(ALL, Took(lesson=lesson, node=self.node, fence=taken.fence))
        if seen is not None:
            self._here.gained(lesson)
        return self.node

    def _dead(self, node: str | None) -> bool:
        return node is not None and self._roll.dead(node, self._clock.monotonic())

    def _check_patience(self, until: float) -> None:
        if self._clock.monotonic() >= until:
            raise ClientFault("owner_away", "The lesson's server does not answer.", Status.UNAVAILABLE, retry_after_s=2)

    async def _ask(self, owner: str, lesson: str, seat: Seat, command: Command) -> Answered | None:
        question = next(self._questions)
        answer: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._asked[question] = answer
        asked = Asked(
            node=self.node,
            question=question,
            lesson=lesson,
            participant=seat.participant,
            role=seat.role,
            room=seat.room,
            also=sorted(seat.also),
            command=command.id,
            command_kind=command.kind,
            data=command.data,
        )
        self._bus.say(to_node(owner), asked)
        try:
            async with asyncio.timeout(ASK_S):
                return await answer
        except TimeoutError:
            return None
        finally:
            del self._asked[question]

    async def _carry_out(self, asked: Asked) -> None:
        answer = Answered(question=asked.question)
        seat = Seat(asked.participant, asked.role, asked.room, also=frozenset(asked.also))
        command = Command(asked.command, asked.command_kind, asked.data)
        try:
            if await self._owner(asked.lesson) == self.node:
                seq = await self._journal.submit(asked.lesson, seat, command)
                answer = Answered(question=asked.question, seq=seq)
        except ClientFault as fault:
            if fault.code != "closing":  # another will own it, and is asked then
                answer = Answered(
                    question=asked.question,
                    code=fault.code,
                    message=fault.message,
                    status=fault.status,
                    retry_after_s=fault.retry_after_s,
                )
        self._bus.say(to_node(asked.node), answer)

    # following

    def _on_commit(self, lesson: str, events: list[Event], _: Mapping[str, str]) -> None:
        if lesson in self._owned:
            self._bus.say(to_lesson(lesson), Committed(lesson=lesson, seq=events[-1].seq))

    async def _follow(self, lesson: str, seq: int | None = None) -> None:
        try:
            await self._journal.follow(lesson, seq)
        except ClientFault as fault:  # read again when next told, or in some seconds
            log.error("a lesson cannot be followed: %s", fault.code)

    # what happens by itself

    async def _beat(self) -> None:
        """Waits for nothing else: a slow database does not make a node dead."""
        while True:
            self._bus.say(ALL, Beat(node=self.node, url=self._url))
            await asyncio.sleep(BEAT_S)

    async def _run(self) -> None:
        while True:
            try:
                await self._look_after()
            except ClientFault as fault:
                log.error("lessons of other nodes cannot be looked after: %s", fault.code)
            except Exception:
                log.exception("lessons of other nodes could not be looked after")
            await asyncio.sleep(BEAT_S)

    async def _look_after(self) -> None:
        now = self._clock.monotonic()
        was_up, self._was_up = self._was_up, self.up
        if self.up and not was_up:
            await self._journal.reread(self._journal.kept())
            self._here.doubt()
        held = self._here.holding()
        self._tell_here(held, now)
        for lesson in held.keys() & set(self._journal.kept()) - self._owned.keys():
            known = self._others.get(lesson)
            if known is None or self._dead(known.node):
                await self._owner(lesson)
        if now - self._polled_at >= (POLL_S if self.up else BEAT_S * 2):
            self._polled_at = now
            for lesson in set(self._journal.kept()) - self._owned.keys():
                self._spawn(self._follow(lesson))
            owners = await self._owners.of(self._owned)
            self.lost(frozenset(one for one, owner in owners.items() if self._owned.get(one) != owner.fence))
            await self._forget()

    async def _forget(self) -> None:
        """Lessons that the journal has let go of."""
        for lesson in self._watched - set(self._journal.kept()):
            self._watched.discard(lesson)
            self._owned.pop(lesson, None)
            self._others.pop(lesson, None)
            await self._bus.leave(to_lesson(lesson))
            if lesson in self._journal.kept():  # read again meanwhile
                await self.watch(lesson)

    def _tell_here(self, held: Mapping[str, Sequence[str]], now: float) -> None:
        for lesson in held.keys() | self._told_here.keys():
            there = held.get(lesson, ())
            told, at = self._told_here.get(lesson, (None, 0.0))
            if lesson in self._owned:
                self._told_here.pop(lesson, None)
            elif there != told or now - at >= HERE_S:
                self._bus.say(to_lesson(lesson), Here(node=self.node, lesson=lesson, participants=tuple(there)))
                self._told_here[lesson] = there, now
                if not there:
                    del self._told_here[lesson]

    def _hear(self, message: Message) -> None:
        match message:
            case Beat(node=node, url=url):
                self._roll.beat(node, url, self._clock.monotonic())
            case Took(lesson=lesson, node=node, fence=fence) if node != self.node:
                if self._owned.get(lesson, fence) < fence:
                    self.lost(frozenset({lesson}))
                if lesson not in self._owned:
                    self._others[lesson] = Owner(node, fence)
            case Leaving(node=node):
                self._roll.gone(node)
                self._others = {lesson: owner for lesson, owner in self._others.items() if owner.node != node}
            case Committed(lesson=lesson, seq=seq) if lesson not in self._owned:
                self._spawn(self._follow(lesson, seq))
            case Asked():
                self._spawn(self._carry_out(message))
            case Answered(question=question):
                answer = self._asked.get(question)
                if answer is not None and not answer.done():
                    answer.set_result(message)
            case Here(node=node, lesson=lesson, participants=participants) if node != self.node:
                self._here.here(node, lesson, participants)
            case Returned(node=node, participant=participant) if node != self.node:
                self._here.returned(participant)
            case Passed(node=node) if node != self.node:
                self._here.passed(message)
            case Revoked(participants=participants):
                self._here.revoked(participants)
            case Erased(lessons=lessons):
                self._spawn(self._journal.reread(lessons))

    @property
    def _here(self) -> Local:
        if self._local is None:
            raise RuntimeError("this node is not open yet")
        return self._local

    def _spawn(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
