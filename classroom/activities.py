"""What students answer. One activity is open at a time; it closes, and then what came of it may be revealed.

In the state: `{activity, type, prompt, options, answer?, seconds?, anonymous, phase, opened_at, answers, counts,
tally?}`, `answers` being participant → choice, or → None where the vote is anonymous; `counts`, room → hands that its
teacher counted for each option. An anonymous choice is a ballot in the side
table under a random key, so that no journal line and no order of lines ties it to a person; the tally is counted when
the vote closes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from classroom.events import Draft, Event, Role
from classroom.payload import Id, Payload, Words
from classroom.reducer import Applier, Ask, Decider, State, denied, missing, refused

MAX_ACTIVITIES = 500  # a lesson
LATE_MS = 1000
"""An answer sent in the last moment may be this long on its way."""

BALLOT = "ballot:"
"""Keys of the side table that begin so belong to nobody."""

Option = Annotated[Words, StringConstraints(max_length=300)]
Choice = Annotated[int, Field(ge=0, le=9)]
Hands = Annotated[int, Field(ge=0, le=200)]
Type = Literal["choice", "vote", "roll"]


class ActivityOpen(Payload):
    """`choice` has a right `answer` (an index of `options`), or none; `vote` never has; `roll` is a roll call, whose
    one option says "here". Where the `prompt` is empty, every page asks in its viewer's language."""

    activity: Id
    type: Type
    prompt: Words | Literal[""]
    options: Annotated[list[Option], Field(min_length=1, max_length=10)]
    answer: Choice | None = None
    seconds: Annotated[int, Field(ge=5, le=3600)] | None = None
    anonymous: bool = False

    @model_validator(mode="after")
    def _answer_fits(self) -> Self:
        if self.answer is not None and (self.type != "choice" or self.answer >= len(self.options)):
            raise ValueError("answer")
        if (len(self.options) == 1) != (self.type == "roll") or (self.anonymous and self.type == "roll"):
            raise ValueError("a roll call has one option and names, all else has two or more")
        return self


class ActivityAnswer(Payload):
    """One's own; or, by the teacher of its room, that of a child without a tablet (`participant`)."""

    activity: Id
    choice: Choice
    participant: Id | None = None


class ActivityCount(Payload):
    """The hands of one's room, for each option; counted again, the new numbers stand."""

    activity: Id
    counts: Annotated[list[Hands], Field(min_length=1, max_length=10)]


class ActivityClose(Payload):
    activity: Id


class ActivityReveal(Payload):
    """Shows the tally, and the right answer if there is one, to everyone. An open activity is closed by it."""

    activity: Id


class ActivityOpened(Payload):
    activity: Id
    type: Type
    prompt: str
    options: list[str]
    answer: int | None = None
    seconds: int | None = None
    anonymous: bool


class ActivityAnswered(Payload):
    """The actor answered, or its teacher for `participant`. `choice` is absent where the vote is anonymous."""

    activity: Id
    choice: int | None = None
    participant: Id | None = None


class ActivityCounted(Payload):
    activity: Id
    room: Id
    counts: list[int]


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
    ("open", "activity.counted"): "open",
    ("open", "activity.closed"): "closed",
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


def ballot_prefix(activity: str) -> str:
    return f"{BALLOT}{activity}:"


def tally(activity: dict[str, Any], ballots: Iterable[str]) -> list[int]:
    """Votes per option: of the answers, or of the ballots where it is anonymous, and of the hands that were counted."""
    choices = map(int, ballots) if activity["anonymous"] else activity["answers"].values()
    counts = [0] * len(activity["options"])
    for choice in choices:
        counts[choice] += 1
    return [sum(column) for column in zip(counts, *activity["counts"].values(), strict=True)]


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
    activity = _taking(state, command.activity, "activity.answered", ask)
    whose = _who_answers(state, command, ask)
    if whose in activity["answers"]:
        raise refused("already_answered", "This was answered already.")
    if command.choice >= len(activity["options"]):
        raise missing("option")
    data = command.model_dump(exclude_none=True)
    if activity["anonymous"]:
        del data["choice"]
        key = f"{ballot_prefix(command.activity)}{ask.rng.getrandbits(96):024x}"
        return [Draft("activity.answered", data, {key: str(command.choice)})]
    return [Draft("activity.answered", data)]


def _taking(state: State, activity_id: str, kind: str, ask: Ask) -> dict[str, Any]:
    """The activity, if it takes answers now."""
    activity = _get(state, activity_id)
    step(activity["phase"], kind)
    seconds = activity.get("seconds")
    if seconds is not None and ask.now > activity["opened_at"] + seconds * 1000 + LATE_MS:
        raise refused("activity_closed", "The time for this activity is over.")
    return activity


def _who_answers(state: State, command: ActivityAnswer, ask: Ask) -> str:
    if ask.seat.role == Role.STUDENT:
        if command.participant not in (None, ask.seat.participant):
            raise denied("Everyone answers for themselves.")
        return ask.seat.participant
    child = state["participants"].get(command.participant or "")
    if child is None:
        raise missing("student")
    if child["tablet"] or child["room"] != ask.seat.room:
        raise denied("Teachers answer for children of their room who have no tablet.")
    return command.participant or ""


def count(state: State, command: ActivityCount, ask: Ask) -> list[Draft]:
    activity = _taking(state, command.activity, "activity.counted", ask)
    room = ask.seat.room
    if room is None:
        raise denied("Hands are counted by the teacher of a room.")
    if len(command.counts) != len(activity["options"]):
        raise missing("option")
    if activity["counts"].get(room) == command.counts:
        return []
    return [Draft("activity.counted", {"activity": command.activity, "room": room, "counts": command.counts})]


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
    entry = {**event.data, "phase": "open", "opened_at": event.at, "answers": {}, "counts": {}}
    return {
        **state,
        "activities": {
            "order": [*activities["order"], activity],
            "by_id": {**activities["by_id"], activity: entry},
        },
    }


def changed(state: State, event: Event) -> State:
    """Answered, counted, closed or revealed."""
    activities = state["activities"]
    activity = event.data["activity"]
    known = activities["by_id"].get(activity)
    phase = known and TRANSITIONS.get((known["phase"], event.kind))
    if known is None or phase is None:
        return state
    entry = {**known, "phase": phase}
    if event.kind == "activity.answered":
        whose = event.data.get("participant", event.actor)
        entry["answers"] = {**known["answers"], whose: event.data.get("choice")}
    if event.kind == "activity.counted":
        entry["counts"] = {**known["counts"], event.data["room"]: event.data["counts"]}
    if "tally" in event.data:
        entry["tally"] = event.data["tally"]
    if "answer" in event.data:
        entry["answer"] = event.data["answer"]
    return {**state, "activities": {**activities, "by_id": {**activities["by_id"], activity: entry}}}


COMMANDS: dict[str, type[Payload]] = {
    "activity.open": ActivityOpen,
    "activity.answer": ActivityAnswer,
    "activity.count": ActivityCount,
    "activity.close": ActivityClose,
    "activity.reveal": ActivityReveal,
}
EVENTS: dict[str, type[Payload]] = {
    "activity.opened": ActivityOpened,
    "activity.answered": ActivityAnswered,
    "activity.counted": ActivityCounted,
    "activity.closed": ActivityClosed,
    "activity.revealed": ActivityRevealed,
}
DECIDE: dict[str, Decider] = {
    "activity.open": open_,
    "activity.answer": answer,
    "activity.count": count,
    "activity.close": close,
    "activity.reveal": reveal,
}
APPLY: dict[str, Applier] = {"activity.opened": opened, **dict.fromkeys(list(EVENTS)[1:], changed)}
