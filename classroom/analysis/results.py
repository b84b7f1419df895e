"""From a lesson's journal to who got which mark for what, and how long each took.

The one module here that knows activities. A test is all that was asked in a lesson with a right answer, or marked by
hand, and answered under names by someone; a question is one mark, and an answer as much of it as its type says. What
was answered without names is in no result of anyone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from classroom.activities import counting, hiding, marking, payloads
from classroom.activities.question import Asked, QuestionType, Tally
from classroom.activities.types import type_of
from classroom.analysis.buzzes import Buzzed, buzzes
from classroom.analysis.marks import Choices, Item, Marks, Option, Sheet, Times, guessed
from classroom.events import Event, Role
from classroom.rules import fold

KINDS = ("participant.joined", "participant.admitted", *payloads.EVENTS, *marking.EVENTS)
"""The events that are asked for; others are passed over."""
MAX_MARK = 1.0
"""Of each question."""


@dataclass(frozen=True, slots=True)
class Results:
    """What came of a lesson's questions, of some of its rooms. `asked`: those that are over, but roll calls, with the
    answers of these rooms, in their order. `rooms`: child → its room, of all children, also of those who answered
    nothing. `given`: child → activity → what it answered. `items` are those of the `asked` that are the test."""

    asked: tuple[Asked, ...]
    rooms: Mapping[str, str | None]
    given: Mapping[str, Mapping[str, Any]]
    items: tuple[Item, ...]
    marks: Marks
    choices: Choices
    times: Times
    at: Mapping[str, Mapping[str, int]]  # child → activity → when its answer came, on the lesson's clock
    buzzes: Mapping[str, tuple[Buzzed, ...]]  # of each buzzer who was how fast

    def sheet(self) -> Sheet:
        return Sheet.of(self.items, self.marks)


def results(events: Iterable[Event], texts: Mapping[str, str], rooms: Collection[str] | None = None) -> Results:
    """Of the children of these rooms, or of all. `texts`: the lesson's side table."""
    events = [event for event in events if event.kind in KINDS]
    state = fold(events)
    people = state["participants"].items()
    children = {who: one["room"] for who, one in people if one["role"] == Role.STUDENT and one["admitted"]}
    if rooms is not None:
        children = {who: room for who, room in children.items() if room in rooms}
    by_id = [state["activities"]["by_id"][activity] for activity in state["activities"]["order"]]
    asked = tuple(
        _of(hiding.told(counting.told(one, texts, whole=True), texts), children, rooms)
        for one in by_id
        if one["phase"] != "open" and one["type"] != "roll"
    )
    taken, came = _times(events)
    given: dict[str, dict[str, Any]] = {who: {} for who in children}
    marks: dict[str, dict[str, float]] = {who: {} for who in children}
    choices: dict[str, dict[str, tuple[str, ...]]] = {who: {} for who in children}
    times: dict[str, dict[str, int]] = {who: {} for who in children}
    at: dict[str, dict[str, int]] = {who: {} for who in children}
    items = []
    for one in asked:
        activity, kind = one["activity"], type_of(one)
        values = _values(one, kind)
        for who, value in values.items():
            given[who][activity], at[who][activity] = value, came[who, activity]
            if (who, activity) in taken:
                times[who][activity] = taken[who, activity]
            if kind.columns is not None:
                choices[who][activity] = tuple(str(choice) for choice in ([value] if kind.field == "choice" else value))
        right = _marks(one, values)
        for who, mark in right.items():
            marks[who][activity] = mark
        if right:
            items.append(_item(one, kind))
    rounds = {one["activity"]: buzzes(one, state, rooms) for one in by_id if one["type"] == "buzzer"}
    return Results(asked, children, given, tuple(items), marks, choices, times, at, rounds)


def _marks(asked: Asked, values: Mapping[str, Any]) -> dict[str, float]:
    """How right each answer is, 0 to 1; empty where nobody has said what is right, and as long as one is still to be
    marked by hand."""
    kind = type_of(asked)
    if kind.by_hand:
        shares = {who: share for who in values if (share := marking.share(asked, who)) is not None}
        return shares if len(shares) == len(values) else {}
    found = ((who, kind.mark(asked, value)) for who, value in values.items()) if "answer" in asked else ()
    return {who: mark for who, mark in found if mark is not None}


def tally_of(asked: Asked) -> Tally | None:
    """What came of a question; None where so few answered without names that it is not told."""
    if asked["anonymous"]:
        return asked.get("tally")
    return counting.tally(asked, _values(asked, type_of(asked)).values())


def _of(activity: Asked, children: Collection[str], rooms: Collection[str] | None) -> Asked:
    """With the answers and the counted hands of these alone. An anonymous tally is everyone's: it cannot be parted."""
    answers = {who: one for who, one in activity["answers"].items() if who in children}
    counts = {room: hands for room, hands in activity["counts"].items() if rooms is None or room in rooms}
    return {**activity, "answers": answers, "counts": counts}


def _values(asked: Asked, kind: QuestionType) -> dict[str, Any]:
    """Child → value. Who is anonymous has none, nor has whose words were erased."""
    return {who: one[kind.field] for who, one in asked["answers"].items() if kind.field in one}


def _item(asked: Asked, kind: QuestionType) -> Item:
    points = tuple(asked.get("points", ()))
    if kind.columns is None:
        return Item(asked["activity"], MAX_MARK, points=points)
    alone = kind.field == "choice"  # where several are chosen, one of them brings nothing by itself
    options = tuple(
        Option(str(option), 100 * kind.mark(asked, option) if alone else None)  # type: ignore[operator]
        for option in range(kind.columns(asked))
    )
    return Item(asked["activity"], MAX_MARK, guessed(options), options, points)


Moments = dict[tuple[str, str], int]


def _times(events: Iterable[Event]) -> tuple[Moments, Moments]:
    """How long a question had been open, all openings together, when the answer that stands came; and when that was.
    What a teacher wrote for a child took no time: it says when the teacher got round to it."""
    since: dict[str, int] = {}
    before: dict[str, int] = {}
    taken: Moments = {}
    came: Moments = {}
    for event in events:
        activity = event.data.get("activity", "")
        match event.kind:
            case "activity.opened" | "activity.reopened":
                since[activity] = event.at
            case "activity.closed":
                before[activity] = before.get(activity, 0) + event.at - since[activity]
            case "activity.answered":
                who = event.data.get("participant", event.actor)
                came[who, activity] = event.at
                if who == event.actor:
                    taken[who, activity] = before.get(activity, 0) + event.at - since[activity]
                else:
                    taken.pop((who, activity), None)
    return taken, came
