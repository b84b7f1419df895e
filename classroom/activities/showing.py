"""Works and long texts that the lead shows to all: one, or two side by side, with the names of those who made them or
without. What was read aloud plays on all screens in step.

In the state: `activities.shown`, the data of the last `activity.shown` and its `at`, or null. The next question takes
it away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import Field

from classroom.activities.counting import worded
from classroom.activities.running import known
from classroom.activities.types import type_of
from classroom.events import Draft, Event, Json
from classroom.participants import name_key
from classroom.payload import Id, Millis, Payload
from classroom.reducer import Applier, Ask, Decider, State, missing, refused

SHOWN = "shown:"


class ActivityShow(Payload):
    """Whose `works`; none takes them back. `named`: who made them is said. What was read aloud is shown alone, and is
    `playing` from `position_ms` on, or rests there."""

    activity: Id
    works: Annotated[list[Id], Field(max_length=2)]
    named: bool = False
    playing: bool = False
    position_ms: Millis = 0


class Shown(Payload):
    """Whose it is, where that is told, and the work; or a `text`, which stands in the side table under the number
    `words`."""

    participant: Id | None = None
    name: str | None = None
    file: Id | None = None
    words: int | None = None
    text: str | None = None
    duration_ms: Millis | None = None


class ActivityShown(Payload):
    activity: Id
    works: list[Shown]
    named: bool
    playing: bool
    position_ms: int


def text_key(number: int) -> str:
    """Where in the side table a text stands that is shown: apart from the answer's, whose key says whose it is."""
    return f"{SHOWN}{number}"


def shown_by(events: Iterable[Event]) -> dict[str, str]:
    """Whose the texts are that these show."""
    works = (one for event in events if event.kind == "activity.shown" for one in event.data["works"])
    return {text_key(one["words"]): one["participant"] for one in works if "words" in one}


def show(state: State, command: ActivityShow, ask: Ask) -> list[Draft]:
    activity = known(state, command.activity)
    kind = type_of(activity)
    if not kind.by_hand:
        raise refused("no_works", "What was answered to this question is no work.")
    whose = list(dict.fromkeys(command.works))
    if any(one not in activity["answers"] for one in whose):
        raise missing("work")
    if kind.work == "sound" and len(whose) > 1:
        raise refused("too_many", "One is heard at a time.")
    if command.playing and (kind.work != "sound" or not whose):
        raise refused("not_playable", "There is nothing to play.")
    works = [{"participant": one, **_work(activity["answers"][one])} for one in whose]
    texts = {} if kind.work else {text_key(one["words"]): _text(one, ask.context.texts) for one in works}
    how = command.model_dump(include={"named", "playing", "position_ms"})
    data: Json = {"activity": command.activity, "works": works, **how}
    before = state["activities"]["shown"]
    if not works and before is None:
        return []
    if before is not None and not command.playing and data == _but_when(before):
        return []
    return [Draft("activity.shown", data, texts)]


def _work(answer: Json) -> Json:
    return {key: answer[key] for key in ("file", "duration_ms", "words") if key in answer}


def _text(work: Json, texts: Mapping[str, str]) -> str:
    """Raises `not_found` where it was erased."""
    text: str | None = worded(work, work["participant"], texts).get("text")
    if text is None:
        raise missing("text")
    return text


def _but_when(shown: Mapping[str, Any]) -> Json:
    return {key: value for key, value in shown.items() if key != "at"}


def nameless(data: Json) -> Json:
    """As students and displays are told: whose it is, only where that is shown."""
    if data["named"]:
        return data
    return {**data, "works": [{key: one[key] for key in one if key != "participant"} for one in data["works"]]}


def told(data: Json, texts: Mapping[str, str]) -> Json:
    """With the names of those who are known, and what they wrote."""
    return {**data, "works": [_worded(_named(one, texts), texts) for one in data["works"]]}


def _worded(work: Json, texts: Mapping[str, str]) -> Json:
    text = texts.get(text_key(work["words"])) if "words" in work else None
    return {**work, "text": text} if text else work


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
