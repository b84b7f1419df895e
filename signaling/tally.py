"""How many have answered an open activity; never what."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from classroom.errors import ClientFault
from classroom.events import Role
from classroom.journal import Journal
from classroom.leading import TEACHERS
from classroom.rules import State

from .protocol import Message, Tally

INTERVALS_S: Mapping[Role, float] = {
    Role.LEAD_TEACHER: 0.1,
    Role.LOCAL_TEACHER: 0.1,
    Role.DISPLAY: 0.1,
    Role.STUDENT: 0.5,
}
"""To whom it is said, and how often at most. Told as often as displays, the students of the largest lesson would take a
tenth of a core."""

Held = Callable[[str], frozenset[str]]
"""Whose anonymous votes for an activity are not written yet."""


def count(state: State, held: Held, role: Role) -> Tally | None:
    """The open activity's tally, for viewers of a role. `of` are the students who are here, those who answered and
    went, and hands. Teachers see who answers, and are told only of those whose votes wait."""
    for activity in reversed(state["activities"]["order"]):
        entry = state["activities"]["by_id"][activity]
        if entry["phase"] == "open":
            if role in TEACHERS and not entry["anonymous"]:
                return None
            here = {one for one, p in state["participants"].items() if p["role"] == Role.STUDENT and p["present"]}
            waiting = held(activity)
            answered = entry["answers"].keys() | waiting
            hands = sum(map(sum, entry["counts"].values()))
            return Tally(
                activity=activity,
                answered=len(answered) + hands,
                of=len(here | answered) + hands,
                held=tuple(sorted(waiting)) if role in TEACHERS else (),
            )
    return None


class Tallies:
    """`changed` may be called as often as one likes; what is said is the latest."""

    def __init__(self, journal: Journal, say: Callable[[str, str, Message, Iterable[Role]], None]) -> None:
        self._journal = journal
        self._say = say
        self._due: dict[tuple[str, Role], asyncio.Task[None]] = {}

    def changed(self, lesson: str) -> None:
        for role, interval_s in INTERVALS_S.items():
            if (lesson, role) not in self._due:
                self._due[lesson, role] = asyncio.get_running_loop().create_task(self._soon(lesson, role, interval_s))

    async def _soon(self, lesson: str, role: Role, interval_s: float) -> None:
        await asyncio.sleep(interval_s)
        del self._due[lesson, role]
        try:
            tally = count(await self._journal.state(lesson), partial(self._journal.held, lesson), role)
        except ClientFault:
            return
        if tally is not None:
            self._say(lesson, "tally", tally, (role,))

    async def close(self) -> None:
        for task in self._due.values():
            task.cancel()
        await asyncio.gather(*self._due.values(), return_exceptions=True)
