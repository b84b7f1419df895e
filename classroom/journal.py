"""The journal of every lesson: commands go in one by one, events come out after they are committed."""

from __future__ import annotations

import asyncio
import logging
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from classroom import rules
from classroom.clock import Clock, LessonClock, SystemClock
from classroom.errors import ClientFault, Status
from classroom.events import Command, Event, Phase, Seat
from classroom.reducer import Context, State
from classroom.store import Store
from classroom.store.records import Entry, Lesson

log = logging.getLogger(__name__)

TICK_S = 0.003
"""How long the first command of a tick waits for others to share its transaction."""
MAX_TICK = 1000
"""Commands in one transaction at most."""
COMMAND_ID = re.compile(r"[A-Za-z0-9-]{8,64}")

Listener = Callable[[str, list[Event], Mapping[str, str]], None]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A lesson in memory. Replaced as a whole when a tick is committed, so a tick that fails leaves nothing behind."""

    row: Lesson
    state: State
    events: Sequence[Event]
    commands: Mapping[tuple[str, str], int]
    texts: Mapping[str, str]
    clock: LessonClock


@dataclass(slots=True)
class _Draft:
    """A lesson while a tick works on it."""

    kept: _Kept
    state: State
    clock: LessonClock
    texts: dict[str, str]
    events: list[Event] = field(default_factory=list)
    commands: dict[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Asked:
    lesson: str
    seat: Seat
    command: Command
    answer: asyncio.Future[int]
