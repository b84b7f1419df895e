"""What students answer. One activity is open at a time; it closes, and then what came of it may be revealed.

In the state: `{…activity.opened's data, phase, opened_at, answers, counts, answered?, tally?, marks?}`, `answers` being
participant → what `activity.answered` said, nothing of it where the vote is anonymous; `counts`, room → hands that its
teacher counted for each option; `marks`, see `marking`. An anonymous choice is a ballot in the side table under a
random key, so that no journal line and no order of lines ties it to a person; the tally is counted when the vote
closes.
"""

from __future__ import annotations

import json
from typing import Any

from classroom import competition
from classroom.activities import media, works
from classroom.activities.counting import (
    answer_key,
    are_few,
    ballot_prefix,
    hands,
    marks,
    tally,
    tally_texts,
    values_of,
    worded,
)
from classroom.activities.payloads import (
    COMMANDS,
    EVENTS,
    ActivityAnswer,
    ActivityClose,
    ActivityCount,
    ActivityOpen,
    ActivityReopen,
    ActivityReveal,
    Opening,
)
from classroom.activities.question import HIDDEN, Asked, QuestionType, unfit
from classroom.activities.types import type_of
from classroom.events import Draft, Event, Json, Role, Seat
from classroom.reducer import Applier, Ask, Decider, State, denied, missing, refused

__all__ = ["APPLY", "COMMANDS", "DECIDE", "EVENTS"]

MAX_ACTIVITIES = 500  # a lesson
LATE_MS = 1000
"""An answer sent in the last moment may be this long on its way."""
WORK_LATE_MS = 60_000
"""A work that began to be sent in time may be named for so much longer: a photo goes slowly by a poor line."""

TRANSITIONS: dict[tuple[str | None, str], str] = {
    (None, "activity.opened"): "open",
    ("open", "activity.answered"): "open",
    ("open", "activity.counted"): "open",
    ("open", "activity.closed"): "closed",
    ("closed", "activity.reopened"): "open",
    ("closed", "activity.revealed"): "revealed",
}


def step(phase: str | None, kind: str) -> str:
    """The activity's phase after an event of that kind; raises where the table has no such line."""
    after = TRANSITIONS.get((phase, kind))
    if after is None:
        if kind in ("activity.answered", "activity.counted"):
            raise refused("activity_closed", "This activity takes no more answers.")
        raise refused("wrong_phase", f"An activity that is {phase or 'not there'} cannot do that.")
    return after


def known(state: State, activity: str) -> dict[str, Any]:
    """Raises `not_found`."""
    found = state["activities"]["by_id"].get(activity)
    if found is None:
        raise missing("activity")
    return found


def _is_open(state: State) -> str | None:
    by_id = state["activities"]["by_id"]
    return next((one for one in reversed(state["activities"]["order"]) if by_id[one]["phase"] == "open"), None)


def _close(activity: dict[str, Any], ask: Ask) -> Draft:
    data: dict[str, Any] = {"activity": activity["activity"]}
    if not activity["anonymous"] or are_few(activity):
        return Draft("activity.closed", data)
    counted = tally(activity, values_of(activity, ask.context.texts))
    if type_of(activity).words:
        return Draft("activity.closed", {**data, "counted": True}, tally_texts(activity, counted))
    return Draft("activity.closed", {**data, "tally": counted})


def closing(state: State, ask: Ask) -> list[Draft]:
    """Closes whatever is open."""
    activity = _is_open(state)
    return [] if activity is None else [_close(known(state, activity), ask)]


def _check_none_is_open(state: State) -> None:
    if _is_open(state):
        raise refused("activity_open", "Another activity is open; close it first.")


def open_(state: State, command: ActivityOpen, ask: Ask) -> list[Draft]:
    opening: Opening = command.root
    data = opening.model_dump(exclude_none=True)
    if opening.activity in state["activities"]["by_id"]:
        raise refused("exists", "There is an activity of that id.")
    _check_none_is_open(state)
    if len(state["activities"]["order"]) >= MAX_ACTIVITIES:
        raise refused("too_many", f"A lesson has at most {MAX_ACTIVITIES} activities.")
    media.check(data, ask.context.courseware)
    return [Draft("activity.opened", data, shows=media.names(data))]


def answer(state: State, command: ActivityAnswer, ask: Ask) -> list[Draft]:
    late_ms = LATE_MS if command.file is None else WORK_LATE_MS
    activity = taking(state, command.activity, "activity.answered", ask.now, late_ms)
    kind, given = type_of(activity), command.model_dump(exclude_none=True, exclude={"activity", "participant"})
    whose = who_answers(state, command.participant, ask.seat, kind)
    if given.keys() != {kind.field}:
        raise unfit(kind.field)
    if not kind.fits(activity, value := given[kind.field]):
        raise missing("option") if kind.columns else unfit(kind.field)
    before = activity["answers"].get(whose)
    if before is not None:
        known = worded(before, whose, ask.context.texts).get(kind.field)
        if activity["anonymous"] or not kind.again(activity, known):
            raise refused("already_answered", "This was answered already.")
        if known == value:
            return []
    if kind.work:
        given |= works.checked(ask.context.work, kind.work, value, whose, command.activity)
    data: Json = {"activity": command.activity}
    if command.participant is not None:
        data["participant"] = command.participant
    if activity["anonymous"]:  # the journal holds it in a box, see `ballots`
        key = f"{ballot_prefix(command.activity)}{ask.rng.getrandbits(96):024x}"
        return [Draft("activity.answered", {**data, "participant": whose}, {key: json.dumps(value)})]
    given[kind.field] = kind.taken(activity, whose, value, ask.now)
    if kind.public:
        data["participant"] = whose
    if not kind.words:
        return [Draft("activity.answered", {**data, **given})]
    number = state["seq"] + 1  # of nothing else in the lesson
    if kind.grows and before is not None:
        number = before["words"]
    texts = {answer_key(whose, number): json.dumps(given, ensure_ascii=False)}
    data |= {"participant": whose, "words": number, **kind.beside(activity, value)}
    return [Draft("activity.answered", data, texts)]


def taking(state: State, activity_id: str, kind: str, now: int, late_ms: int = LATE_MS) -> dict[str, Any]:
    """The activity, if it takes answers now, or took them so long ago at most. Raises `not_found`,
    `activity_closed`."""
    activity = known(state, activity_id)
    step(activity["phase"], kind)
    if _is_over(activity, now, late_ms):
        raise refused("activity_closed", "The time for this activity is over.")
    return activity


def overdue(state: State, now: int) -> str | None:
    """The open activity whose time is over, also for what was on its way. `now`: in ms of the lesson."""
    activity = _is_open(state)
    if activity is None:
        return None
    entry = known(state, activity)
    return activity if _is_over(entry, now, WORK_LATE_MS if type_of(entry).work else LATE_MS) else None


def _is_over(activity: dict[str, Any], now: int, late_ms: int) -> bool:
    seconds = activity.get("seconds")
    return seconds is not None and now > activity["opened_at"] + seconds * 1000 + late_ms


def who_answers(state: State, participant: str | None, seat: Seat, kind: QuestionType) -> str:
    """Whose answer it is, where `participant` is named. Raises `not_found`, `not_allowed`."""
    if seat.role == Role.STUDENT:
        if participant not in (None, seat.participant):
            raise denied("Everyone answers for themselves.")
        return seat.participant
    if participant is None and seat.room is not None and kind.by_room:
        return _speaks_for(state, seat)
    child = state["participants"].get(participant or "")
    if child is None:
        raise missing("student")
    if child["tablet"] or child["room"] != seat.room:
        raise denied("Teachers answer for children of their room who have no tablet.")
    return participant or ""


def _speaks_for(state: State, teacher: Seat) -> str:
    """The participant by whose name a teacher's room goes: its display, or its teacher where it never had one."""
    people = state["participants"].items()
    displays = (one for one, person in people if person["role"] == Role.DISPLAY and person["room"] == teacher.room)
    return next(displays, teacher.participant)


def count(state: State, command: ActivityCount, ask: Ask) -> list[Draft]:
    activity = taking(state, command.activity, "activity.counted", ask.now)
    room, columns = ask.seat.room, type_of(activity).columns
    if room is None:
        raise denied("Hands are counted by the teacher of a room.")
    if columns is None or len(command.counts) != columns(activity):
        raise missing("option")
    if activity["counts"].get(room) == command.counts:
        return []
    return [Draft("activity.counted", {"activity": command.activity, "room": room, "counts": command.counts})]


def close(state: State, command: ActivityClose, ask: Ask) -> list[Draft]:
    activity = known(state, command.activity)
    step(activity["phase"], "activity.closed")
    return [_close(activity, ask)]


def reopen(state: State, command: ActivityReopen, _: Ask) -> list[Draft]:
    activity = known(state, command.activity)
    step(activity["phase"], "activity.reopened")
    if activity["anonymous"]:
        raise refused("anonymous", "What was counted without names is not counted again.")
    _check_none_is_open(state)
    return [Draft("activity.reopened", command.model_dump(exclude_none=True))]


def reveal(state: State, command: ActivityReveal, ask: Ask) -> list[Draft]:
    activity = known(state, command.activity)
    drafts = []
    phase = activity["phase"]
    if phase == "open":
        drafts.append(_close(activity, ask))
        phase = step(phase, "activity.closed")
    step(phase, "activity.revealed")
    data = {"activity": command.activity, "answered": len(activity["answers"])}
    scored = competition.scoring(state, command.activity, marks(activity, ask.context.texts), hands(activity))
    data |= {field: activity[field] for field in (*HIDDEN, "marks") if field in activity}
    if are_few(activity):
        return [*drafts, Draft("activity.revealed", data), *scored]
    counted = tally(activity, values_of(activity, ask.context.texts))
    if type_of(activity).words:
        return [*drafts, Draft("activity.revealed", data, tally_texts(activity, counted)), *scored]
    return [*drafts, Draft("activity.revealed", {**data, "tally": counted}), *scored]


def opened(state: State, event: Event) -> State:
    activities = state["activities"]
    activity = event.data["activity"]
    if activity in activities["by_id"]:
        return state
    entry = {**event.data, "phase": "open", "opened_at": event.at, "answers": {}, "counts": {}}
    return {
        **state,
        "activities": {
            "order": [*activities["order"], activity],
            "by_id": {**activities["by_id"], activity: entry},
            "shown": None,  # what comes next takes the place of what was shown
        },
    }


def changed(state: State, event: Event) -> State:
    """All that happens to one that is there."""
    activities = state["activities"]
    activity = event.data["activity"]
    before = activities["by_id"].get(activity)
    phase = before and TRANSITIONS.get((before["phase"], event.kind))
    if before is None or phase is None:
        return state
    entry = {**before, "phase": phase, **_happened(before, event)}
    if event.kind == "activity.reopened" and "seconds" not in event.data:
        entry.pop("seconds", None)
    return {**state, "activities": {**activities, "by_id": {**activities["by_id"], activity: entry}}}


def _happened(before: Asked, event: Event) -> Json:
    """What is different from now on."""
    data = {key: value for key, value in event.data.items() if key != "activity"}
    match event.kind:
        case "activity.answered":
            whose = data.pop("participant", event.actor)
            marks = {one: mark for one, mark in before.get("marks", {}).items() if one != whose}
            return {"answers": {**before["answers"], whose: data}, **({"marks": marks} if "marks" in before else {})}
        case "activity.counted":
            return {"counts": {**before["counts"], data["room"]: data["counts"]}}
        case "activity.reopened":
            return {**data, "opened_at": event.at}
    return data


DECIDE: dict[str, Decider] = {
    "activity.open": open_,
    "activity.answer": answer,
    "activity.count": count,
    "activity.close": close,
    "activity.reopen": reopen,
    "activity.reveal": reveal,
}
APPLY: dict[str, Applier] = {"activity.opened": opened, **dict.fromkeys(list(EVENTS)[1:], changed)}
