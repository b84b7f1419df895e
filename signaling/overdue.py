"""What is over by the clock ends, whether the lead's page is there or not: a call back of groups, the time of a
question or of pages that were handed out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from uuid import uuid4

from classroom.clock import Clock
from classroom.errors import ClientFault
from classroom.events import Command, Json, Phase
from classroom.journal import Journal
from classroom.rules import SYSTEM, State, is_over, overdue, uncollected

log = logging.getLogger(__name__)


async def close_overdue(journal: Journal, clock: Clock) -> None:
    """Closes the groups' voices and the question, and collects the pages, whose time is over; to be called every so
    often."""
    for lesson in journal.kept():
        state = journal.at_hand(lesson)
        if state is None or state["phase"] != Phase.LIVE or not journal.owns(lesson):
            continue
        for kind, data in _over(state, journal.clock_of(lesson).at_of(clock.monotonic())):
            try:
                await journal.submit(lesson, SYSTEM, Command(str(uuid4()), kind, data))
            except ClientFault as fault:  # tried again at the next tick
                log.info("%s failed for what is over: %s", kind, fault.code)


def _over(state: State, at: int) -> Iterator[tuple[str, Json]]:
    call = state["groups"]["call"]
    if call is not None and not call.get("over") and is_over(state, at):
        yield "voices.close", {}
    if activity := overdue(state, at):
        yield "activity.close", {"activity": activity}
    for handout in uncollected(state, at):
        yield "handout.collect", {"handout": handout}
