"""The journal of every lesson: commands go in one by one, events come out after they are committed."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import re
from collections import ChainMap, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Protocol

from classroom import ballots, rules
from classroom.adding import Added, Kept
from classroom.clock import Clock, LessonClock, SystemClock
from classroom.errors import ClientFault, Status
from classroom.events import Command, Event, Phase, Seat
from classroom.leading import TEACHERS
from classroom.reducer import Context, State
from classroom.store import Store
from classroom.store.owners import Fenced
from classroom.store.records import Entry, Erased, Saved, Work

log = logging.getLogger(__name__)

TICK_S = 0.003
"""How long the first command of a tick waits for others to share its transaction."""
MAX_TICK = 1000
"""Commands in one transaction at most."""
MAX_ENDED = 8
"""Lessons that have ended stay in memory this many, for those who are still leaving."""
MANY = 2000
"""Events; a lesson with more is folded in a thread, and what it is made of kept from the garbage collector: either
would hold up everyone else."""
TOGETHER = 50
"""Who enters is looked up with so many others at most: all go on at the same moment."""
COMMAND_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class Nodes(Protocol):
    """The other nodes of an installation. A lesson's journal is written by one of them, its owner."""

    async def carry(self, lesson: str, seat: Seat, command: Command) -> int | None:
        """Has the owner carry out a command, as `submit` does; None where that is this node, which it becomes if
        nobody is. Raises ClientFault, also `owner_away` (503)."""

    def fence(self, lesson: str) -> int | None:
        """The fencing token of a lesson that this node owns, else None."""

    def lost(self, lessons: frozenset[str]) -> None:
        """A commit was held off by a later owner's token."""

    def erased(self, lessons: frozenset[str]) -> None:
        """Others are to `reread` these lessons."""

    async def watch(self, lesson: str) -> None:
        """From now on `follow` is called when another node has committed to this lesson."""


class _Moved(Exception):
    """The lesson is another node's by now: to be asked there."""


Listener = Callable[[str, list[Event], Mapping[str, str]], None]
Outcome = int | Exception


@dataclass(frozen=True, slots=True)
class _Asked:
    lesson: str
    seat: Seat
    command: Command
    answer: asyncio.Future[int]
    received_s: float
    """When it came, which is when what it asks for happens."""


class Journal:
    """All lessons of this node. One writer; a lesson that has not ended is kept in memory from its first use. Where
    there are `nodes`, those that others own are followed.

    Usage: `journal = Journal(store)`, `await journal.submit(…)`, at the end `await journal.close()`.
    """

    nodes: Nodes | None = None

    def __init__(self, store: Store, clock: Clock | None = None, rng: random.Random | None = None) -> None:
        self._store = store
        self._clock = clock or SystemClock()
        self._rng = rng or random.SystemRandom()
        self._kept: dict[str, Kept] = {}
        self._coming: set[str] = set()  # lessons that are being read
        self._behind: set[str] = set()  # lessons kept here of which there may be more on disk
        self._clocks: dict[str, LessonClock] = {}
        self._boxes: dict[str, tuple[int | None, dict[str, ballots.Box]]] = {}
        """The anonymous votes of a lesson that wait, by activity, and the fencing token under which it was owned."""
        self._listeners: list[Listener] = []
        self._queue: asyncio.Queue[_Asked | None] = asyncio.Queue()
        self._loading = asyncio.Lock()  # taken after the turn where both are
        self._reading: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._turn = asyncio.Lock()  # held by a tick, and by whoever else changes what is on disk
        self._entering: set[tuple[str, str | None]] = set()
        self._look: asyncio.Task[set[tuple[str, str | None]]] | None = None
        self._looking = asyncio.Lock()
        self._writer: asyncio.Task[None] | None = None
        self._closing = False
        self.reads = 0
        """How often a lesson was read from disk: what others made of it before may hold words that are erased."""

    async def submit(self, lesson: str, seat: Seat, command: Command) -> int:
        """Carries out a command and answers the seq of its last event once that is on disk (of the lesson's last
        event where nothing happened). The same id from the same participant again gets the same answer. Raises
        ClientFault: as `rules.decide`; `not_found` (404) for a lesson that is not there; `held` (503) for a vote that
        is not written before others are with it; `storage_full`, `storage_failed`, `closing` (503)."""
        if not COMMAND_ID.fullmatch(command.id):
            raise ClientFault("malformed", "id: 8 to 64 letters, digits and hyphens.", Status.MALFORMED)
        while True:
            if self.nodes is not None and (seq := await self.nodes.carry(lesson, seat, command)) is not None:
                await self.follow(lesson, seq)
                return seq
            try:
                return await self._submit(lesson, seat, command)
            except _Moved:
                continue

    async def _submit(self, lesson: str, seat: Seat, command: Command) -> int:
        if self._closing:
            raise ClientFault("closing", "The server is stopping.", Status.UNAVAILABLE, retry_after_s=5)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write(), name="journal")
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(_Asked(lesson, seat, command, answer, self._clock.monotonic()))
        return await answer

    async def state(self, lesson: str) -> State:
        """The committed state. Raises ClientFault `not_found`."""
        return (await self._load(lesson)).state

    def at_hand(self, lesson: str) -> State | None:
        """The committed state, where that is to be had without waiting."""
        kept = self._kept.get(lesson)
        return kept.state if kept is not None and lesson not in self._behind else None

    def committed(self, lesson: str) -> State:
        """The state of a lesson, after what listeners were told last; of one that is not in memory, nothing."""
        kept = self._kept.get(lesson)
        return kept.state if kept is not None else rules.EMPTY

    async def events(self, lesson: str, after: int = 0) -> list[Event]:
        """The committed events with seq > after, whole."""
        return (await self._load(lesson)).events[after:]

    async def texts(self, lesson: str) -> Mapping[str, str]:
        """The side table of a lesson, key → words. It follows later commits."""
        return MappingProxyType((await self._load(lesson)).texts)

    async def check_entry(self, participant: str, name: str | None) -> None:
        """Raises ClientFault `token_invalid` (401) for a token, made out to `name`, of a participant whose account is
        disabled or whose person was erased since."""
        if self._look is None or len(self._entering) == TOGETHER:
            self._entering = set()
            self._look = asyncio.create_task(self._look_up(self._entering))
        self._entering.add((participant, name))
        if (participant, name) in await asyncio.shield(self._look):
            raise ClientFault("token_invalid", "This token is not valid any more.", Status.UNAUTHENTICATED)

    async def _look_up(self, asked: set[tuple[str, str | None]]) -> set[tuple[str, str | None]]:
        """Who is barred of those who enter while others are looked up; for when many come back at once."""
        async with self._looking:
            if asked is self._entering:
                self._look = None
            return await self._store.participants.barred(asked)

    def clock_of(self, lesson: str) -> LessonClock:
        """The clock of a lesson that this journal has used; one that has not started where it has not."""
        return self._clocks.get(lesson, LessonClock())

    def listen(self, listener: Listener) -> None:
        """`listener(lesson, events, texts)` is called on the loop after each commit, in order, before the commands
        are answered; it must not block. `texts` is the whole side table. Commits of other nodes are told likewise."""
        self._listeners.append(listener)

    def held(self, lesson: str, activity: str) -> frozenset[str]:
        """Whose anonymous votes wait at this node until others are with them."""
        _, boxes = self._boxes.get(lesson, (None, {}))
        return boxes[activity].voters if activity in boxes else frozenset()

    def _boxes_of(self, lesson: str, fence: int | None, kept: Kept) -> dict[str, ballots.Box]:
        """To be changed, and kept with the commit. What was held before another node owned the lesson is that one's,
        and what was written by a commit that seemed to fail is written."""
        under, boxes = self._boxes.get(lesson, (fence, {}))
        return {activity: box.without(kept.commands) for activity, box in boxes.items()} if under == fence else {}

    def kept(self) -> list[str]:
        """The lessons in memory, and one that is being read."""
        return [*self._kept, *self._coming]

    async def follow(self, lesson: str, seq: int | None = None) -> None:
        """Takes in what another node has committed, to that `seq` at least, if that lesson is kept here and another's.
        Who comes while it is being read waits, and mostly finds what it wants."""
        async with self._reading[lesson]:
            kept = self._kept.get(lesson)
            if kept is None or self.owns(lesson) or (seq is not None and kept.state["seq"] >= seq):
                return
            saved = await self._store.journal.follow(lesson, kept.state["seq"])
            if self._kept.get(lesson) is kept and not self.owns(lesson):
                self._take_in(lesson, kept, saved)

    async def reread(self, lessons: Iterable[str]) -> None:
        """What memory holds of these lessons may be behind what is on disk, or not be there any more."""
        async with self._turn, self._loading:
            for lesson in self._kept.keys() & set(lessons):
                if self._kept[lesson].state["phase"] == Phase.ENDED:
                    self._forget(lesson)
                else:
                    self._behind.add(lesson)

    def owns(self, lesson: str) -> bool:
        """Whether this node writes to that lesson; one without others does."""
        return self.nodes is None or self.nodes.fence(lesson) is not None

    async def erase(self, participant: str) -> Erased:
        """Replaces a participant's words by nothing, on disk and in memory."""
        async with self._turn, self._loading:
            erased = await self._store.journal.erase(participant)
            self._forgot(erased)
        return erased

    async def erase_account(self, account: str) -> Erased:
        """Removes an account and replaces its words in every lesson."""
        async with self._turn, self._loading:
            erased = await self._store.accounts.erase(account)
            self._forgot(erased)
        return erased

    async def remove(self, lesson: str, work: Callable[[], Awaitable[None]]) -> None:
        """Forgets a lesson that has ended, which `work` removes from disk. Raises ClientFault `not_ended` (409)."""
        row = await self._store.lessons.get(lesson)
        if row is not None and row.phase != Phase.ENDED.value:
            raise ClientFault("not_ended", "The lesson has not ended.", Status.CONFLICT)
        async with self._turn, self._loading:  # nothing is added to it meanwhile
            await work()
            self._forget(lesson)
        if self.nodes is not None:
            self.nodes.erased(frozenset({lesson}))

    async def rewrite(self, lessons: Sequence[str], work: Callable[[], Awaitable[None]]) -> None:
        """Forgets lessons that have ended, once `work` has changed what is on disk."""
        await work()
        async with self._turn, self._loading:
            for lesson in lessons:
                self._forget(lesson)
        if self.nodes is not None:
            self.nodes.erased(frozenset(lessons))

    def _forgot(self, erased: Erased) -> None:
        self._behind |= self._kept.keys() & erased.lessons
        if self.nodes is not None:
            self.nodes.erased(erased.lessons)

    async def close(self) -> None:
        """Finishes what was asked so far; later commands are refused with `closing`."""
        self._closing = True
        if self._writer is not None:
            self._queue.put_nowait(None)
            await self._writer

    async def _write(self) -> None:
        while True:
            first = await self._queue.get()
            if first is None:
                return
            await asyncio.sleep(TICK_S)
            batch: list[_Asked] = [first]
            last = False
            while not last and len(batch) < MAX_TICK and not self._queue.empty():
                asked = self._queue.get_nowait()
                last = asked is None
                if asked is not None:
                    batch.append(asked)
            async with self._turn:
                await self._tick(batch)
            if last:
                return

    async def _tick(self, batch: Sequence[_Asked]) -> None:
        added: dict[str, Added] = {}
        outcomes: list[tuple[_Asked, Outcome]] = []
        sent = _Sent(self._store, [asked.command for asked in batch], self._clock.epoch_ms())
        for asked in batch:
            if asked.answer.done():  # whoever asked is gone
                continue
            try:
                outcome: Outcome = await self._carry_out(asked, added, sent)
            except Exception as error:
                if not isinstance(error, ClientFault | _Moved):
                    log.exception("a command of kind %s failed", asked.command.kind)
                outcome = error
            outcomes.append((asked, outcome))
        for one in added.values():
            one.mix(max(one.last_at, one.clock.at_of(self._clock.monotonic())), self._rng)
        # Of a vote that was held at first, and is written with this tick after all.
        outcomes = [(asked, _written(asked, added) or outcome) for asked, outcome in outcomes]
        if entries := [entry for one in added.values() for entry in one.entries]:
            fences = {lesson: one.fence for lesson, one in added.items() if one.fence is not None}
            try:
                await self._store.journal.append(entries, self._clock.epoch_ms(), fences)
            except Exception as error:
                fault = self._failed(error)
                async with self._loading:  # it may be on disk all the same, where the answer to the commit was lost
                    self._behind.update(added)
                # A refusal may rest on an event that is discarded here, so nobody gets the outcome of this tick.
                outcomes = [(asked, fault) for asked, _ in outcomes]
                added = {}
        for lesson, one in added.items():
            self._commit(lesson, one)
        self._tidy()
        for asked, outcome in outcomes:
            if asked.answer.done():
                continue
            if isinstance(outcome, int):
                asked.answer.set_result(outcome)
            else:
                asked.answer.set_exception(outcome)

    async def _carry_out(self, asked: _Asked, all_added: dict[str, Added], sent: _Sent) -> int:
        """Adds the command's events to what the tick adds. Raises as `submit`, and then has added nothing."""
        added = all_added.get(asked.lesson)
        if added is None:
            fence = self.nodes.fence(asked.lesson) if self.nodes is not None else None
            if self.nodes is not None and fence is None:
                raise _Moved
            kept = await self._load(asked.lesson)
            added = all_added[asked.lesson] = Added(asked.lesson, kept, kept.state, self.clock_of(asked.lesson), fence)
            added.boxes = self._boxes_of(asked.lesson, fence, kept)
        key = (asked.seat.participant, asked.command.id)
        known = added.kept.commands.get(key, added.commands.get(key))
        if known is not None:
            return known
        if any(box.has(*key) for box in added.boxes.values()):  # whatever the rules say by now
            raise ballots.held()
        row, now_s = added.kept.row, asked.received_s
        now = max(added.last_at, added.clock.at_of(now_s))
        context = Context(
            epoch_ms=self._clock.epoch_ms(),
            title=row.title,
            recording=row.recording,
            lobby=row.lobby,
            texts=ChainMap(added.texts, added.kept.texts),
        )
        if named := rules.names(asked.command):
            context = await self._offered(asked, named, context)
        elif (file := rules.work_of(asked.command)) is not None:
            context = replace(context, work=await sent.work(asked.lesson, file))
        if (given := rules.given(asked.command)) and asked.seat.role in TEACHERS:
            resources = await self._store.practising.givable(asked.seat.participant, given)
            context = replace(context, resources=resources)
        actor, command = asked.seat.participant, asked.command
        proposed = rules.decide(added.state, command, asked.seat, now, self._rng, context)
        if ballot := ballots.ballot_of(proposed, actor, command.id):
            raise added.boxes.setdefault(ballot.activity, ballots.Box()).put(ballot)
        if added.empty_boxes(proposed, now, self._rng):
            proposed = rules.decide(added.state, command, asked.seat, now, self._rng, context)
        if any(one.kind == "lesson.started" for one in proposed):
            added.clock = LessonClock.started(now_s)
        waited_ms = round((self._clock.monotonic() - now_s) * 1000)
        head = Entry(asked.lesson, actor, command.id, epoch_ms=self._clock.epoch_ms() - waited_ms)
        return added.add(head, proposed, now)

    async def _offered(self, asked: _Asked, named: frozenset[str], context: Context) -> Context:
        """With what of the asker's shelf, or of the library, is about to be brought out."""
        if asked.seat.role not in TEACHERS:
            return context
        who, recorded = asked.seat.participant, None
        courseware = await self._store.shelves.ready_for(who, named)
        if asked.command.kind == "courseware.open" and not courseware:
            recorded = await self._store.resources.of_participant(who, *named)
        return replace(context, courseware=courseware, recorded=recorded)

    def _commit(self, lesson: str, added: Added) -> None:
        added.keep()
        self._clocks[lesson] = added.clock
        if added.boxes or lesson in self._boxes:
            self._boxes[lesson] = added.fence, added.boxes
        self._announce(lesson, added.kept, added.events)

    def _announce(self, lesson: str, kept: Kept, events: list[Event]) -> None:
        texts = MappingProxyType(kept.texts)
        for listener in self._listeners if events else ():
            try:
                listener(lesson, events, texts)
            except Exception:
                log.exception("a listener of the journal failed")

    def _failed(self, error: Exception) -> Exception:
        if isinstance(error, Fenced) and self.nodes is not None:
            self.nodes.lost(error.lessons)
            return _Moved()
        return _fault(error)

    async def _load(self, lesson: str) -> Kept:
        kept = self._kept.get(lesson)
        if kept is not None and lesson not in self._behind:
            return kept
        async with self._loading:
            kept = self._kept.get(lesson)
            if kept is None:
                kept = await self._read(lesson)
            elif lesson in self._behind:
                await self._read_on(lesson, kept)
            return kept

    async def _read(self, lesson: str) -> Kept:
        self._coming.add(lesson)
        try:
            return await self._read_whole(lesson)
        finally:
            self._coming.discard(lesson)

    async def _read_whole(self, lesson: str) -> Kept:
        if self.nodes is not None:
            await self.nodes.watch(lesson)
        row = await self._store.lessons.get(lesson)
        if row is None:
            raise ClientFault("not_found", "There is no such lesson.", Status.NOT_FOUND)
        saved = await self._store.journal.load(lesson)
        kept = Kept(row, rules.EMPTY, [], dict(saved.commands), dict(saved.texts))
        if len(saved.events) > MANY:
            await asyncio.to_thread(self._fold_in, lesson, kept, saved)
            gc.freeze()  # none of it is garbage while the lesson is kept, nor in cycles
        else:
            self._fold_in(lesson, kept, saved)
        self._kept[lesson] = kept
        self.reads += 1
        if not self._turn.locked():
            self._tidy()
        return kept

    async def _read_on(self, lesson: str, kept: Kept) -> None:
        saved = await self._store.journal.load(lesson, kept.state["seq"])
        self._behind.discard(lesson)  # not before: who asks meanwhile waits
        self.reads += 1
        kept.commands |= saved.commands
        self._take_in(lesson, kept, saved)

    def _take_in(self, lesson: str, kept: Kept, saved: Saved) -> None:
        kept.texts |= saved.texts
        self._announce(lesson, kept, self._fold_in(lesson, kept, saved))

    def _fold_in(self, lesson: str, kept: Kept, saved: Saved) -> list[Event]:
        """The events that are new to memory."""
        events = [rules.upcast(event) for event in saved.events if event.seq > kept.state["seq"]]
        kept.state = rules.fold(events, kept.state)
        kept.events += events
        if lesson not in self._clocks and any(event.kind == "lesson.started" for event in kept.events):
            self._clocks[lesson] = LessonClock.anchored(
                kept.events[-1].at, saved.last_epoch_ms, self._clock.epoch_ms(), self._clock.monotonic()
            )
        return events

    def _tidy(self) -> None:
        """Forgets lessons that have ended; they are folded again when next asked for."""
        ended = [lesson for lesson, kept in self._kept.items() if kept.state["phase"] == Phase.ENDED]
        for lesson in ended[:-MAX_ENDED]:
            self._forget(lesson)

    def _forget(self, lesson: str) -> None:
        self._kept.pop(lesson, None)
        self._boxes.pop(lesson, None)
        self._reading.pop(lesson, None)
        self._behind.discard(lesson)


class _Sent:
    """The works that the answers of a tick name, read at once, when the first of them is asked for: a class hands in
    within seconds."""

    def __init__(self, store: Store, commands: Iterable[Command], now: int) -> None:
        self._store, self._commands, self._now = store, commands, now
        self._works: Mapping[str, Work] | None = None

    async def work(self, lesson: str, file: str) -> Work | None:
        if self._works is None:
            files = {one for command in self._commands if (one := rules.work_of(command)) is not None}
            self._works = await self._store.works.sent(files, self._now)
        found = self._works.get(file)
        return found if found is not None and found.lesson == lesson else None


def _written(asked: _Asked, added: Mapping[str, Added]) -> int | None:
    """What this tick has added for it."""
    one = added.get(asked.lesson)
    return one.commands.get((asked.seat.participant, asked.command.id)) if one is not None else None


def _fault(error: Exception) -> ClientFault:
    if isinstance(error, ClientFault):
        log.error("the journal cannot commit: %s", error.code)
        return error
    log.exception("the journal cannot commit", exc_info=error)
    return ClientFault("storage_failed", "The server could not store this.", Status.UNAVAILABLE, retry_after_s=5)
