"""What a score of participation may count of each child in a lesson, read from the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from classroom.activities import payloads
from classroom.attendance import attendance
from classroom.events import Event, Role

KINDS = (
    "lesson.started",
    "lesson.ended",
    "participant.joined",
    "participant.admitted",
    "participant.left",
    "stage.called",
    *payloads.EVENTS,
)
"""The events that are asked for; others are passed over."""
COUNTED = ("answered", "asked", "present_ms", "lesson_ms", "called")
"""The names that a formula may use."""


def counts(events: Iterable[Event], now: int) -> dict[str, Mapping[str, int]]:
    """Of everyone who was let in. `asked`: the questions and votes that were open while it was there, or that it
    answered all the same; `answered`: of how many it did, with or without its name. Roll calls are neither."""
    events = [event for event in events if event.kind in KINDS]
    now = next((event.at for event in events if event.kind == "lesson.ended"), now)
    spans, answered = _asked(events, now)
    return {
        one.participant: {
            "answered": len(mine := answered.get(one.participant, set())),
            "asked": len(mine | {name for name, begin, end in spans if _overlaps(one.spells, begin, end)}),
            "present_ms": sum(max(0, end - max(0, begin)) for begin, end in one.spells),
            "lesson_ms": now,
            "called": one.called,
        }
        for one in attendance(events, now)
        if one.role == Role.STUDENT
    }


def _asked(events: Iterable[Event], now: int) -> tuple[list[tuple[str, int, int]], dict[str, set[str]]]:
    """Each question from when to when it was open, several times if it was, and who answered which."""
    since: dict[str, int] = {}
    spans: list[tuple[str, int, int]] = []
    rolls: set[str] = set()
    answered: dict[str, set[str]] = {}
    for event in events:
        activity = event.data.get("activity", "")
        match event.kind:
            case "activity.opened" if event.data["type"] == "roll":
                rolls.add(activity)
            case "activity.opened" | "activity.reopened" if activity not in rolls:
                since[activity] = event.at
            case "activity.closed" if activity in since:
                spans.append((activity, since.pop(activity), event.at))
            case "activity.answered" if activity not in rolls:
                answered.setdefault(event.data.get("participant", event.actor), set()).add(activity)
    return [*spans, *((activity, begin, now) for activity, begin in since.items())], answered


def _overlaps(spells: Iterable[tuple[int, int]], begin: int, end: int) -> bool:
    return any(came < end and begin < left for came, left in spells)
