"""What students answer. One activity is open at a time; it closes, and then what came of it may be revealed.

In the state: `{activity, type, prompt, options, answer?, seconds?, anonymous, phase, opened_at, answers, tally?}`,
`answers` being participant → choice, or → None where the vote is anonymous. An anonymous choice is a ballot in the side
table under a random key, so that no journal line and no order of lines ties it to a person; the tally is counted when
the vote closes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from classroom.events import Draft, Event
from classroom.payload import Id, Payload, Words
from classroom.reducer import Applier, Ask, Decider, State, missing, refused

MAX_ACTIVITIES = 500  # a lesson
LATE_MS = 1000
"""An answer sent in the last moment may be this long on its way."""

BALLOT = "ballot:"
"""Keys of the side table that begin so belong to nobody."""

Option = Annotated[Words, StringConstraints(max_length=300)]
Choice = Annotated[int, Field(ge=0, le=9)]


class ActivityOpen(Payload):
    """`choice` has a right `answer` (an index of `options`), or none; `vote` never has."""

    activity: Id
    type: Literal["choice", "vote"]
    prompt: Words
    options: Annotated[list[Option], Field(min_length=2, max_length=10)]
    answer: Choice | None = None
    seconds: Annotated[int, Field(ge=5, le=3600)] | None = None
    anonymous: bool = False

    @model_validator(mode="after")
    def _answer_fits(self) -> Self:
        if self.answer is not None and (self.type == "vote" or self.answer >= len(self.options)):
            raise ValueError("answer")
        return self


class ActivityAnswer(Payload):
    activity: Id
    choice: Choice


class ActivityClose(Payload):
    activity: Id


class ActivityReveal(Payload):
    """Shows the tally, and the right answer if there is one, to everyone. An open activity is closed by it."""

    activity: Id


class ActivityOpened(Payload):
    activity: Id
    type: Literal["choice", "vote"]
    prompt: str
    options: list[str]
    answer: int | None = None
    seconds: int | None = None
    anonymous: bool


class ActivityAnswered(Payload):
    """The actor answered. `choice` is absent where the vote is anonymous."""

    activity: Id
    choice: int | None = None


class ActivityClosed(Payload):
    """`tally` (votes per option) only where the vote was anonymous, and only for teachers and observers."""

    activity: Id
    tally: list[int] | None = None


class ActivityRevealed(Payload):
    activity: Id
    answer: int | None = None
    tally: list[int]


TRANSITIONS: dict[tuple[str | None, str], str] = {
    (None, "activity.opened"): "open",
    ("open", "activity.answered"): "open",
    ("open", "activity.closed"): "closed",
    ("closed", "activity.revealed"): "revealed",
}


def step(phase: str | None, kind: str) -> str:
    """The activity's phase after an event of that kind; raises where the table has no such line."""
    after = TRANSITIONS.get((phase, kind))
    if after is None:
        if kind == "activity.answered":
            raise refused("activity_closed", "This activity takes no more answers.")
        raise refused("wrong_phase", f"An activity that is {phase or 'not there'} cannot do that.")
    return after


def ballot_prefix(activity: str) -> str:
    return f"{BALLOT}{activity}:"


def tally(activity: dict[str, Any], ballots: Iterable[str]) -> list[int]:
    """Votes per option: of the answers, or of the ballots where it is anonymous."""
    choices = map(int, ballots) if activity["anonymous"] else activity["answers"].values()
    counts = [0] * len(activity["options"])
    for choice in choices:
        counts[choice] += 1
    return counts


def _get(state: State, activity: str) -> dict[str, Any]:
    known = state["activities"]["by_id"].get(activity)
    if known is None:
        raise missing("activity")
    return known


def _is_open(state: State) -> str | None:
    by_id = state["activities"]["by_id"]
    return next((one for one in reversed(state["activities"]["order"]) if by_id[one]["phase"] == "open"), None)


def _close(activity: dict[str, Any], ask: Ask) -> Draft:
    data: dict[str, Any] = {"activity": activity["activity"]}
    if activity["anonymous"]:
        prefix = ballot_prefix(activity["activity"])
        data["tally"] = tally(activity, (w for key, w in ask.context.texts.items() if key.startswith(prefix)))
    return Draft("activity.closed", data)


def closing(state: State, ask: Ask) -> list[Draft]:
    """Closes whatever is open."""
    activity = _is_open(state)
    return [] if activity is None else [_close(_get(state, activity), ask)]


def open_(state: State, command: ActivityOpen, _: Ask) -> list[Draft]:
    if command.activity in state["activities"]["by_id"]:
        raise refused("exists", "There is an activity of that id.")
    if _is_open(state):
        raise refused("activity_open", "Another activity is open; close it first.")
    if len(state["activities"]["order"]) >= MAX_ACTIVITIES:
        raise refused("too_many", f"A lesson has at most {MAX_ACTIVITIES} activities.")
    return [Draft("activity.opened", command.model_dump(exclude_none=True))]


def answer(state: State, command: ActivityAnswer, ask: Ask) -> list[Draft]:
    activity = _get(state, command.activity)
    step(activity["phase"], "activity.answered")
    seconds = activity.get("seconds")
    if seconds is not None and ask.now > activity["opened_at"] + seconds * 1000 + LATE_MS:
        raise refused("activity_closed", "The time for this activity is over.")
    if ask.seat.participant in activity["answers"]:
        raise refused("already_answered", "You have answered this already.")
    if command.choice >= len(activity["options"]):
        raise missing("option")
    if activity["anonymous"]:
        key = f"{ballot_prefix(command.activity)}{ask.rng.getrandbits(96):024x}"
        return [Draft("activity.answered", {"activity": command.activity}, {key: str(command.choice)})]
    return [Draft("activity.answered", {"activity": command.activity, "choice": command.choice})]


def close(state: State, command: ActivityClose, ask: Ask) -> list[Draft]:
    activity = _get(state, command.activity)
    step(activity["phase"], "activity.closed")
    return [_close(activity, ask)]


def reveal(state: State, command: ActivityReveal, ask: Ask) -> list[Draft]:
    activity = _get(state, command.activity)
    drafts = []
    phase = activity["phase"]
    if phase == "open":
        drafts.append(_close(activity, ask))
        phase = step(phase, "activity.closed")
    step(phase, "activity.revealed")
    counted = activity.get("tally")
    if counted is None:
        counted = drafts[0].data["tally"] if activity["anonymous"] else tally(activity, ())
    data: dict[str, Any] = {"activity": command.activity, "tally": counted}
    if "answer" in activity:
        data["answer"] = activity["answer"]
    return [*drafts, Draft("activity.revealed", data)]


def opened(state: State, event: Event) -> State:
    activities = state["activities"]
    activity = event.data["activity"]
    if activity in activities["by_id"]:
        return state
    entry = {**event.data, "phase": "open", "opened_at": event.at, "answers": {}}
    return {
        **state,
        "activities": {
            "order": [*activities["order"], activity],
            "by_id": {**activities["by_id"], activity: entry},
        },
    }


def changed(state: State, event: Event) -> State:
    """Answered, closed or revealed."""
    activities = state["activities"]
    activity = event.data["activity"]
    known = activities["by_id"].get(activity)
    phase = known and TRANSITIONS.get((known["phase"], event.kind))
    if known is None or phase is None:
        return state
    entry = {**known, "phase": phase}
    if event.kind == "activity.answered":
        entry["answers"] = {**known["answers"], event.actor: event.data.get("choice")}
    if "tally" in event.data:
        entry["tally"] = event.data["tally"]
    if "answer" in event.data:
        entry["answer"] = event.data["answer"]
    return {**state, "activities": {**activities, "by_id": {**activities["by_id"], activity: entry}}}


COMMANDS: dict[str, type[Payload]] = {
    "activity.open": ActivityOpen,
    "activity.answer": ActivityAnswer,
    "activity.close": ActivityClose,
    "activity.reveal": ActivityReveal,
}
EVENTS: dict[str, type[Payload]] = {
    "activity.opened": ActivityOpened,
    "activity.answered": ActivityAnswered,
    "activity.closed": ActivityClosed,
    "activity.revealed": ActivityRevealed,
}
DECIDE: dict[str, Decider] = {
    "activity.open": open_,
    "activity.answer": answer,
    "activity.close": close,
    "activity.reveal": reveal,
}
APPLY: dict[str, Applier] = {"activity.opened": opened, **dict.fromkeys(list(EVENTS)[1:], changed)}
