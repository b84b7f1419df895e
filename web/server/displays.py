"""Paired displays: where each of them runs, and which lesson it belongs in now. Pure; times are arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from classroom.events import Phase, Role
from classroom.rules import State
from classroom.store.records import Device, Lesson

POLL_S = 5
HELD_S = 12.0  # a place that was not heard of for two polls is free
RENEW_S = 24 * 3600.0
LATE_MS = 3600_000  # a lesson that should have begun is announced for so long
PEOPLE = frozenset({Role.LEAD_TEACHER, Role.LOCAL_TEACHER, Role.STUDENT})


@dataclass(slots=True)
class _Place:
    instance: str | None
    heard_s: float
    renewed_s: float | None = None


class Places:
    """One place for each device: a copy of its disk or a second window waits until the first is gone. `now_s` is of a
    clock that does not go back."""

    def __init__(self) -> None:
        self._places: dict[str, _Place] = {}

    def claim(self, device: Device, instance: str, now_s: float) -> bool:
        """Whether the device may run here. After a restart of the server its last place has the first say."""
        place = self._places.setdefault(device.id, _Place(device.instance, now_s))
        if place.instance not in (None, instance) and now_s - place.heard_s < HELD_S:
            return False
        place.instance, place.heard_s = instance, now_s
        return True

    def renewal(self, device_id: str, now_s: float) -> bool:
        """Whether the device is to be given its cookie again."""
        place = self._places[device_id]
        due = place.renewed_s is None or now_s - place.renewed_s >= RENEW_S
        if due:
            place.renewed_s = now_s
        return due

    def online(self, device_id: str, now_s: float) -> bool:
        place = self._places.get(device_id)
        return place is not None and place.renewed_s is not None and now_s - place.heard_s < HELD_S

    def forget(self, device_id: str) -> None:
        self._places.pop(device_id, None)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lesson that a room takes part in. `named`: it names the room; `attended`: there are people in it."""

    lesson: Lesson
    named: bool
    attended: bool = False


def running(lesson: Lesson) -> bool:
    return lesson.phase in (Phase.OPEN, Phase.LIVE)


def attended(state: State) -> bool:
    return any(one["present"] and one["role"] in PEOPLE for one in state["participants"].values())


def due(candidates: Sequence[Candidate]) -> Lesson | None:
    """Where the display of a room belongs now. Of several, one with people in it, and of those the one that began
    first: another lesson does not take the screen from it. One that everybody has left holds no screen."""

    def rank(one: Candidate) -> tuple[bool, bool, bool, int]:
        began = one.lesson.started_at or one.lesson.created_at
        return not one.attended, not one.named, one.lesson.phase != Phase.LIVE, began if one.attended else -began

    best = min((one for one in candidates if running(one.lesson)), key=rank, default=None)
    return best.lesson if best else None


def following(candidates: Sequence[Candidate], now_ms: int) -> Lesson | None:
    """The next lesson that has a time."""
    planned = [
        one.lesson
        for one in candidates
        if one.lesson.phase == Phase.PREPARED and (one.lesson.scheduled_at or 0) >= now_ms - LATE_MS
    ]
    return min(planned, key=lambda lesson: lesson.scheduled_at or 0, default=None)
