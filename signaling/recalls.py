"""Who were called back from their groups are back when the time is over, whether the lead's page is there or not."""

from __future__ import annotations

import logging
from uuid import uuid4

from classroom.clock import Clock
from classroom.errors import ClientFault
from classroom.events import Command, Phase
from classroom.journal import Journal
from classroom.rules import SYSTEM, is_over

log = logging.getLogger(__name__)


async def close_voices(journal: Journal, clock: Clock) -> None:
    """Closes the groups' voices where a call is over; to be called every so often."""
    for lesson in journal.kept():
        state = journal.at_hand(lesson)
        if state is None or state["phase"] != Phase.LIVE or not journal.owns(lesson):
            continue
        call = state["groups"]["call"]
        if call is None or call.get("over") or not is_over(state, journal.clock_of(lesson).at_of(clock.monotonic())):
            continue
        try:
            await journal.submit(lesson, SYSTEM, Command(str(uuid4()), "voices.close", {}))
        except ClientFault as fault:  # tried again at the next tick
            log.info("the groups' voices could not be closed: %s", fault.code)
