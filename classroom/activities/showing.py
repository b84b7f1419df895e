"""Works that the lead shows to all: one, or two side by side, with the names of those who made them or without. What
was read aloud plays on all screens in step.

In the state: `activities.shown`, the data of the last `activity.shown` and its `at`, or null. The next question takes
it away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from classroom.activities.running import known
from classroom.activities.types import type_of
from classroom.events import Draft, Event, Json
from classroom.participants import name_key
from classroom.payload import Id, Millis, Payload
from classroom.reducer import Applier, Ask, Decider, State, missing, refused


class ActivityShow(Payload):
    """Whose `works`; none takes them back. `named`: who made them is said. What was read aloud is shown alone, and is
    `playing` from `position_ms` on, or rests there."""

    activity: Id
    works: Annotated[list[Id], Field(max_length=2)]
    named: bool = False
    playing: bool = False
    position_ms: Millis = 0


class Shown(Payload):
    """Whose it is, where that is told, and the work."""

    participant: Id | None = None
    name: str | None = None
    file: Id
    duration_ms: Millis | None = None


class ActivityShown(Payload):
    activity: Id
    works: list[Shown]
    named: bool
    playing: bool
    position_ms: int


def show(state: State, command: ActivityShow, _: Ask) -> list[Draft]:
    activity = known(state, command.activity)
    kind = type_of(activity)
    if kind.work is None:
        raise refused("no_works", "What was answered to this question is no work.")
    whose = list(dict.fromkeys(command.works))
    if any(one not in activity["answers"] for one in whose):
        raise missing("work")
    if kind.work == "sound" and len(whose) > 1:
        raise refused("too_many", "One is heard at a time.")
    if command.playing and (kind.work != "sound" or not whose):
        raise refused("not_playable", "There is nothing to play.")
    works = [{"participant": one, **_work(activity["answers"][one])} for one in whose]
    how = command.model_dump(include={"named", "playing", "position_ms"})
    data: Json = {"activity": command.activity, "works": works, **how}
    before = state["activities"]["shown"]
    if not works and before is None:
        return []
    if before is not None and not command.playing and data == _but_when(before):
        return []
    return [Draft("activity.shown", data)]


def _work(answer: Json) -> Json:
    return {key: answer[key] for key in ("file", "duration_ms") if key in answer}


def _but_when(shown: Mapping[str, Any]) -> Json:
    return {key: value for key, value in shown.items() if key != "at"}


def nameless(data: Json) -> Json:
    """As students and displays are told: whose it is, only where that is shown."""
    if data["named"]:
        return data
    return {**data, "works": [{key: one[key] for key in one if key != "participant"} for one in data["works"]]}


def told(data: Json, texts: Mapping[str, str]) -> Json:
    """With the names of those who are known."""
    return {**data, "works": [_named(one, texts) for one in data["works"]]}


def _named(work: Json, texts: Mapping[str, str]) -> Json:
    name = texts.get(name_key(work["participant"])) if "participant" in work else None
    return work if name is None else {**work, "name": name}


def shown(state: State, event: Event) -> State:
    after = {**event.data, "at": event.at} if event.data["works"] else None
    return {**state, "activities": {**state["activities"], "shown": after}}


COMMANDS: dict[str, type[Payload]] = {"activity.show": ActivityShow}
EVENTS: dict[str, type[Payload]] = {"activity.shown": ActivityShown}
DECIDE: dict[str, Decider] = {"activity.show": show}
APPLY: dict[str, Applier] = {"activity.shown": shown}
