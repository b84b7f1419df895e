"""Who was there from when to when, read from the journal. Pure; times are milliseconds of the lesson's clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from classroom.events import Event, Role

LATE_MS = 5 * 60_000
EARLY_MS = 5 * 60_000
GAP_MS = 15_000
"""A line that drops for less than this leaves no gap in an attendance."""

ATTENDING = frozenset({Role.LOCAL_TEACHER, Role.STUDENT})


@dataclass(slots=True)
class Attendance:
    """One participant's. `came`: when it first stood at the door. `spells`: from, to; an open one ends now. `answered`:
    how many activities of those that were open to it. `rolls`: its answers to roll calls, by activity."""

    participant: str
    role: str
    room: str | None
    tablet: bool
    came: int
    spells: list[tuple[int, int]] = field(default_factory=list)
    answered: int = 0
    called: int = 0
    given: set[str] = field(default_factory=set)
    rolls: dict[str, bool] = field(default_factory=dict)

    @property
    def present_ms(self) -> int:
        return sum(end - begin for begin, end in self.spells)

    def late(self, started: int) -> bool:
        """Whether it came more than five minutes after the lesson's start. How long it was kept at the door is not its
        doing."""
        return self.came > started + LATE_MS

    def left_early(self, ended: int) -> bool:
        """Whether it left more than five minutes before the lesson's end."""
        return bool(self.spells) and self.spells[-1][1] < ended - EARLY_MS


def attendance(events: Iterable[Event], now: int) -> list[Attendance]:
    """Students and local teachers in the order of their arrival. Who waits in the lobby is not there yet, and who was
    never let in is not among them. What was before the start counts from 0."""
    people: dict[str, Attendance] = {}
    waiting: set[str] = set()
    here: dict[str, int] = {}
    rolls: list[str] = []

    def enters(one: str, at: int) -> None:
        spells = people[one].spells
        here[one] = spells.pop()[0] if spells and at - spells[-1][1] < GAP_MS else at

    for event in events:
        data = event.data
        match event.kind:
            case "participant.joined" if data["role"] in ATTENDING:
                one = data["participant"]
                if one not in people:
                    people[one] = Attendance(one, data["role"], data["room"], data.get("tablet", True), event.at)
                if data["admitted"]:
                    enters(one, event.at)
                else:
                    waiting.add(one)
            case "participant.admitted" if data["participant"] in waiting:
                waiting.remove(data["participant"])
                enters(data["participant"], event.at)
            case "participant.left" if data["participant"] in here:
                one = data["participant"]
                people[one].spells.append((here.pop(one), event.at))
            case "participant.left":
                waiting.discard(data["participant"])
            case "activity.opened" if data["type"] == "roll":
                rolls.append(data["activity"])
            case "activity.answered" if data.get("participant", event.actor) in people:
                answering = people[data.get("participant", event.actor)]
                answering.answered += data["activity"] not in answering.given  # an answer may be changed
                answering.given.add(data["activity"])
                if data["activity"] in rolls:
                    answering.rolls[data["activity"]] = True
            case "stage.called" if data["participant"] in people:
                people[data["participant"]].called += 1
            case "lesson.ended":
                now = event.at
    for one, since in here.items():
        people[one].spells.append((since, max(since, now)))
    for known in people.values():
        if known.role == Role.STUDENT:
            known.rolls = {roll: known.rolls.get(roll, False) for roll in rolls}
    return [known for known in people.values() if known.spells]
