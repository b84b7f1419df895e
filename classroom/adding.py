"""What a tick of the journal adds to a lesson, before it is on disk. No I/O: all of it is thrown away where the commit
fails."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from classroom import ballots, rules
from classroom.activities.counting import BALLOT, TALLY, UNSHOWN, answered_by
from classroom.activities.marking import about
from classroom.activities.showing import shown_by
from classroom.asking import asked_by
from classroom.clock import LessonClock
from classroom.events import SYSTEM, Draft, Event
from classroom.notes.sheets import UPDATE
from classroom.participants import named
from classroom.reducer import State
from classroom.store.records import Entry, Lesson


@dataclass(slots=True)
class Kept:
    """A lesson in memory, as it is on disk. Changed only after a commit."""

    row: Lesson
    state: State
    events: list[Event]
    commands: dict[tuple[str, str], int]
    texts: dict[str, str]


@dataclass(slots=True)
class Added:
    """What one tick has added so far. `fence` is the token under which the lesson is owned; `boxes` are the anonymous
    votes that wait, by activity."""

    lesson: str
    kept: Kept
    state: State
    clock: LessonClock
    fence: int | None
    events: list[Event] = field(default_factory=list)
    commands: dict[tuple[str, str], int] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    boxes: dict[str, ballots.Box] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    """To be written."""

    @property
    def last_at(self) -> int:
        events = self.events or self.kept.events
        return events[-1].at if events else 0

    def add(self, head: Entry, proposed: Sequence[Draft], now: int) -> int:
        """The events of a command, of which `head` says whose it is; the seq of the last."""
        state, events, texts, shows = self.state, list[Event](), dict[str, str](), frozenset[str]()
        for one in proposed:
            event = Event(state["seq"] + 1, now, head.actor, one.kind, one.data, head.command, one.v)
            state = rules.apply(state, event)
            events.append(event)
            texts.update(one.texts)
            shows |= one.shows
        childs = asked_by(events) | shown_by(events)
        words = [(key, childs.get(key) or _whose(key, head.actor), text) for key, text in texts.items()]
        self.entries.append(replace(head, seq=state["seq"], events=events, texts=words, shows=shows))
        self.state = state
        self.events += events
        self.texts |= texts
        self.commands[head.actor, head.command] = state["seq"]
        return int(state["seq"])

    def mix(self, now: int, rng: random.Random) -> None:
        """Writes what the boxes give out."""
        for box in self.boxes.values():
            self._cast(box.due(rng), now, rng)

    def empty_boxes(self, proposed: Sequence[Draft], now: int, rng: random.Random) -> bool:
        """Writes the rest of the votes that are about to close; whether any waited."""
        closing = [one.data["activity"] for one in proposed if one.kind == "activity.closed"]
        boxes = [self.boxes.pop(activity) for activity in closing if activity in self.boxes]
        for box in boxes:
            self._cast(box.rest(), now, rng)
        return bool(boxes)

    def _cast(self, cast: Sequence[ballots.Ballot], now: int, rng: random.Random) -> None:
        """With the commands that they came by, so that whoever asks again hears that they are written."""
        if not cast:
            return
        head = Entry(self.lesson, SYSTEM.participant, f"{rng.getrandbits(128):032x}")
        seq = self.add(head, ballots.drafts(cast, rng), now)
        for actor, command in sorted((one.actor, one.command) for one in cast):
            self.entries.append(Entry(self.lesson, actor, command, seq))
            self.commands[actor, command] = seq

    def keep(self) -> None:
        """It is on disk."""
        self.kept.state = self.state
        self.kept.events += self.events
        self.kept.commands |= self.commands
        self.kept.texts |= self.texts


def _whose(key: str, actor: str) -> str | None:
    """Whose words stand there: nobody's are ballots, tallies and words hidden of these, and notes, for what one wrote
    hangs on what others did; a name is its bearer's, an answer its child's whoever gave it, and so is what was said of
    one, all else the actor's."""
    if key.startswith((BALLOT, TALLY, UNSHOWN, UPDATE)):
        return None
    return named(key) or answered_by(key) or about(key) or actor
