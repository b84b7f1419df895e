"""Words that a teacher hides: of a cloud, of short answers, of what stands in gaps, also those of a questionnaire.

A hidden word is gone from every tally that anyone is shown, now and later, in the lesson's recording too; teachers know
which these are, and show them again. What a child has written stays as it is. In the side table the words stand under
the activity's key, and are nobody's, as tallies are; the journal only says that something was hidden.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from classroom.activities.counting import tallied, tally, tally_key, unshown, unshown_key, values_of
from classroom.activities.question import Asked, Short, Tally
from classroom.activities.running import known
from classroom.activities.types import type_of
from classroom.events import Draft, Event, Json
from classroom.payload import Id, Payload
from classroom.reducer import Applier, Ask, Decider, State, missing, refused

MAX_UNSHOWN = 200  # an activity


class ActivityHide(Payload):
    """`word` as the tally has it, shown again where it is not `on`. Whoever says the same later says it unseen."""

    activity: Id
    word: Short
    on: bool


class ActivityHidden(Payload):
    """`unshown`: all that is hidden of it from now on; teachers' alone. `revealed`: it was before, and `tally` is what
    all are shown in the place of that which they had."""

    activity: Id
    revealed: bool | None = None
    unshown: list[str] | None = None
    tally: Tally | None = None


def hide(state: State, command: ActivityHide, ask: Ask) -> list[Draft]:
    activity, texts = known(state, command.activity), ask.context.texts
    if not type_of(activity).said:
        raise refused("no_words", "What was answered to this question is not counted by words.")
    before = unshown(command.activity, texts)
    if (command.word in before) == command.on:
        return []
    if command.on and command.word not in _said(_told(activity, texts)):
        raise missing("word")
    if command.on and len(before) >= MAX_UNSHOWN:
        raise refused("too_many", f"At most {MAX_UNSHOWN} words of a question are hidden.")
    after = [*before, command.word] if command.on else [one for one in before if one != command.word]
    data = {"activity": command.activity, "revealed": activity["phase"] == "revealed"}
    words = {unshown_key(command.activity): json.dumps(after, ensure_ascii=False)}
    return [Draft("activity.hidden", data, words)]


def _told(activity: Asked, texts: Mapping[str, str]) -> Tally:
    """What was said, as far as a teacher knows: what was said without names, only once it is counted."""
    if activity["anonymous"]:
        counted: Tally = json.loads(texts.get(tally_key(activity["activity"])) or "[]")
        return counted
    return tally(activity, values_of(activity, texts))


def _said(counted: Iterable[object]) -> set[str]:
    """The words of a tally, of all its questions or gaps."""
    found = set()
    for one in counted:
        if isinstance(one, list):
            found |= {one[0]} if one and isinstance(one[0], str) else _said(one)
    return found


def reduced(event: Event) -> Json | None:
    """As students and displays are told: what is left, where they had seen it."""
    return {"activity": event.data["activity"]} if event.data["revealed"] else None


def told(activity: Json, texts: Mapping[str, str]) -> Json:
    """An activity with what is hidden of it, for teachers."""
    one = activity["activity"]
    return {**activity, "unshown": unshown(one, texts)} if unshown_key(one) in texts else activity


def worded(data: Json, texts: Mapping[str, str]) -> Json:
    """The data of `activity.hidden` with the tally that is left; teachers', which says more, with what is hidden."""
    data = tallied(data, texts)
    return told(data, texts) if "revealed" in data else data


def hidden(state: State, event: Event) -> State:
    activities, data = state["activities"], event.data
    before = activities["by_id"].get(data["activity"])
    if before is None:
        return state
    entry = {**before, **{key: value for key, value in data.items() if key not in ("activity", "revealed")}}
    return {**state, "activities": {**activities, "by_id": {**activities["by_id"], data["activity"]: entry}}}


COMMANDS: dict[str, type[Payload]] = {"activity.hide": ActivityHide}
EVENTS: dict[str, type[Payload]] = {"activity.hidden": ActivityHidden}
DECIDE: dict[str, Decider] = {"activity.hide": hide}
APPLY: dict[str, Applier] = {"activity.hidden": hidden}
