"""When what a participant sends was for all to see: while it led, or was on stage. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from classroom.events import Event, Role
from classroom.reducer import EMPTY, State
from classroom.routing import Standing, standing
from classroom.rules import apply

FOLDED = ("lesson.", "participant.", "lead.", "stage.", "camera.")
"""Kinds that say who leads and who is on stage; everything else is passed over."""

PEOPLE = ("participant.joined", "participant.left", "participant.admitted")
"""Of a student these change nothing: a thousand of them come and go."""

Interval = tuple[int, int | None]
"""From and to in ms of the lesson's clock; None: still."""
Times = dict[str, list[Interval]]
SLACK_MS = 300


class Seen:
    """Follows a lesson's events; the intervals in which each participant's tracks were everyone's (`of`), and those in
    which it led (`led`)."""

    def __init__(self) -> None:
        self.seq = 0
        self._state: State = EMPTY
        self._seen: Times = {}
        self._led: Times = {}

    def follow(self, events: Iterable[Event]) -> bool:
        """The events after `seq`, in order. Whether anything is seen now that was not, or the other way round."""
        changed = False
        for event in events:
            self.seq = event.seq
            if event.kind.startswith(FOLDED):
                self._state = apply(self._state, event)
                if not (event.kind in PEOPLE and event.data["role"] == Role.STUDENT):
                    changed |= self._stand(event.at)
        return changed

    def of(self, participant: str) -> Sequence[Interval]:
        return self._seen.get(participant, ())

    def led(self, participant: str) -> Sequence[Interval]:
        return self._led.get(participant, ())

    def _stand(self, at: int) -> bool:
        people = self._state["participants"]
        known = {guest["participant"] for guest in self._state["stage"]["guests"]} | self._seen.keys()
        changed = False
        for participant in [one for one in people if people[one]["role"] != Role.STUDENT or one in known]:
            stands = standing(self._state, participant)
            _set(self._led, participant, at, on=stands is Standing.LEAD)
            changed |= _set(self._seen, participant, at, on=stands in (Standing.LEAD, Standing.STAGE))
        return changed


def _set(times: Times, participant: str, at: int, *, on: bool) -> bool:
    before = times.get(participant, [])
    if on == (bool(before) and before[-1][1] is None):
        return False
    times[participant] = [*before, (at, None)] if on else [*before[:-1], (before[-1][0], at)]
    return True


def within(times: Iterable[Interval], start_us: int, end_us: int) -> bool:
    """Whether a stretch of time lies in one of the intervals; what was on its way when it began or ended counts."""
    return any(
        begin - SLACK_MS <= start_us / 1000 and (end is None or end_us / 1000 <= end + SLACK_MS) for begin, end in times
    )
