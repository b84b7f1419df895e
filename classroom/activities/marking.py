"""Marks that teachers give by hand, for works and long texts, with points or by a rubric.

In the state they are an activity's `marks`: participant → `{points, levels?, words?}`, there once one was given. What
was marked and is answered again is unmarked. Students see theirs, and its comment, from the reveal on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from classroom.activities.question import Asked, Mark
from classroom.activities.running import known
from classroom.activities.types import type_of
from classroom.events import Draft, Event, Json, Role, Seat
from classroom.payload import Id, Payload, Words
from classroom.reducer import Applier, Ask, Decider, State, denied, missing, refused

MARK = "mark:"
WORTH = 10
"""Points, where a question does not say."""


class ActivityMark(Payload):
    """`points`, or of each criterion of the question's rubric the level, counted from 0; and a comment. Given again,
    the new mark stands."""

    activity: Id
    participant: Id
    points: Annotated[float, Field(ge=0, le=100)] | None = None
    levels: Annotated[list[Annotated[int, Field(ge=0, le=5)]], Field(min_length=1, max_length=8)] | None = None
    comment: Annotated[Words, StringConstraints(max_length=1000)] | None = None


class ActivityMarked(Mark):
    """`given`: the marks of this activity were given back before, and so is this one."""

    activity: Id
    participant: Id
    given: bool


def most(question: Asked) -> int:
    """Points that can be reached."""
    rubric = question.get("rubric")
    if rubric is None:
        return int(question.get("worth", WORTH))
    return sum(max(level["points"] for level in one["levels"]) for one in rubric)


def share(activity: Asked, participant: str) -> float | None:
    """How good an answer is, 0 to 1; None where nobody has marked it."""
    mark = activity.get("marks", {}).get(participant)
    return None if mark is None else float(mark["points"]) / most(activity)


def comment_key(participant: str, number: int) -> str:
    """Where in the side table a comment stands: it is about this one, and erased with it."""
    return f"{MARK}{participant}:{number}"


def about(key: str) -> str | None:
    """Whom the comment is about that stands there, if it is one."""
    return key.removeprefix(MARK).partition(":")[0] if key.startswith(MARK) else None


def commented(mark: Json, participant: str, texts: Mapping[str, str]) -> Json:
    """A mark of this participant with its comment."""
    text = texts.get(comment_key(participant, mark["words"])) if "words" in mark else None
    return {**mark, "comment": text} if text else mark


def told(data: Json, texts: Mapping[str, str]) -> Json:
    """An activity, or the data of `activity.revealed`, with the comments of its marks."""
    if "marks" not in data:
        return data
    return {**data, "marks": {one: commented(mark, one, texts) for one, mark in data["marks"].items()}}


def own(data: Json, viewer: str) -> Json:
    """The same with the mark of this viewer alone."""
    mark = data.get("marks", {}).get(viewer)
    rest = {key: value for key, value in data.items() if key != "marks"}
    return rest if mark is None else {**rest, "marks": {viewer: mark}}


def given(event: Event, viewer: Seat) -> Json | None:
    """What a student is told of `activity.marked`: its own, once it was given back."""
    return event.data if event.data["given"] and event.data["participant"] == viewer.participant else None


def mark(state: State, command: ActivityMark, ask: Ask) -> list[Draft]:
    activity = known(state, command.activity)
    whose = command.participant
    if not type_of(activity).by_hand:
        raise refused("not_by_hand", "This question is not marked by hand.")
    if whose not in activity["answers"]:
        raise missing("answer")
    child = state["participants"].get(whose)
    if ask.seat.role != Role.LEAD_TEACHER and (child is None or child["room"] != ask.seat.room):
        raise denied("This student is not in your room.")
    made = _made(activity, command)
    before = activity.get("marks", {}).get(whose)
    if before is not None and _said(before, whose, ask.context.texts) == {**made, "comment": command.comment}:
        return []
    data = {"activity": command.activity, "participant": whose, "given": activity["phase"] == "revealed", **made}
    if command.comment is None:
        return [Draft("activity.marked", data)]
    number = state["seq"] + 1  # of nothing else in the lesson
    return [Draft("activity.marked", {**data, "words": number}, {comment_key(whose, number): command.comment})]


def _said(mark: Json, participant: str, texts: Mapping[str, str]) -> Json:
    said = commented(mark, participant, texts)
    return {"comment": None, **{key: said[key] for key in said if key != "words"}}


def _made(question: Asked, command: ActivityMark) -> Json:
    """Points, and the levels that they come from. Raises `unfit_mark`."""
    rubric = question.get("rubric")
    if rubric is None:
        if command.levels is not None or command.points is None or command.points > most(question):
            raise refused("unfit_mark", f"This question is marked with up to {most(question)} points.")
        return {"points": command.points}
    levels = command.levels
    if command.points is not None or levels is None or len(levels) != len(rubric):
        raise refused("unfit_mark", "This question is marked by its rubric: a level for each criterion.")
    if any(level >= len(one["levels"]) for one, level in zip(rubric, levels, strict=True)):
        raise refused("unfit_mark", "There is no such level.")
    points = sum(one["levels"][level]["points"] for one, level in zip(rubric, levels, strict=True))
    return {"points": points, "levels": levels}


def marked(state: State, event: Event) -> State:
    activities, data = state["activities"], event.data
    before = activities["by_id"].get(data["activity"])
    if before is None:
        return state
    mark: Any = {key: value for key, value in data.items() if key not in ("activity", "participant", "given")}
    entry = {**before, "marks": {**before.get("marks", {}), data["participant"]: mark}}
    return {**state, "activities": {**activities, "by_id": {**activities["by_id"], data["activity"]: entry}}}


COMMANDS: dict[str, type[Payload]] = {"activity.mark": ActivityMark}
EVENTS: dict[str, type[Payload]] = {"activity.marked": ActivityMarked}
DECIDE: dict[str, Decider] = {"activity.mark": mark}
APPLY: dict[str, Applier] = {"activity.marked": marked}
