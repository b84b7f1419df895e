"""What students answer. One activity is open at a time; it closes, and then what came of it may be revealed.

In the state: `{…activity.opened's data, phase, opened_at, answers, counts, answered?, tally?, marks?}`, `answers` being
participant → what `activity.answered` said, nothing of it where the vote is anonymous; `counts`, room → hands that its
teacher counted for each option; `marks`, see `marking`. An anonymous choice is a ballot in the side table under a
random key, so that no journal line and no order of lines ties it to a person; the tally is counted when the vote
closes. Words that were answered stand in the side table, and so does a tally of words.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Annotated, Any, Self

from pydantic import Field, RootModel, create_model, model_validator

from classroom import competition
from classroom.activities import media, works
from classroom.activities.question import HIDDEN, Asked, Mark, QuestionType, Tally, unfit
from classroom.activities.types import ALL, type_of
from classroom.activities.types.buzzer import Buzz
from classroom.activities.values import Values
from classroom.events import Draft, Event, Json, Role, Seat
from classroom.payload import Id, Millis, Payload
from classroom.reducer import Applier, Ask, Decider, State, denied, missing, refused

MAX_ACTIVITIES = 500  # a lesson
LATE_MS = 1000
"""An answer sent in the last moment may be this long on its way."""

FEWEST = 5
"""Anonymous votes whose tally is shown."""

BALLOT, TALLY = "ballot:", "tally:"
"""Keys of the side table that begin so belong to nobody."""
ANSWER = "answer:"

Hands = Annotated[int, Field(ge=0, le=200)]
Seconds = Annotated[int, Field(ge=5, le=3600)]


class Opening(Payload):
    """How a question is run. `changeable`: one may answer again until it closes, and the last answer stands."""

    activity: Id
    seconds: Seconds | None = None
    anonymous: bool = False
    changeable: bool = False

    @model_validator(mode="after")
    def _runs(self) -> Self:
        kind = type_of({"type": getattr(self, "type", None)})
        if self.anonymous and (self.changeable or not _is_nameless(kind)):
            raise ValueError("only votes for options and surveys are anonymous, and these are not changed")
        return self


def _is_nameless(kind: QuestionType) -> bool:
    return kind.nameless or (kind.columns is not None and kind.name != "roll")


def _opening(question: type[Payload]) -> type[Payload]:
    return create_model(f"Open{question.__name__}", __base__=(Opening, question), __doc__=question.__doc__)


OPENINGS = [_opening(one.model) for one in ALL]


class ActivityOpen(RootModel[Annotated[reduce(or_, OPENINGS), Field(discriminator="type")]]):  # type: ignore[misc]
    """A question of one of the types, and how it is run."""


class ActivityAnswer(Values):
    """One's own; or, by the teacher of its room, that of a child without a tablet (`participant`), or of the room where
    the type has such answers."""

    activity: Id
    participant: Id | None = None


class ActivityCount(Payload):
    """The hands of one's room, for each option; counted again, the new numbers stand."""

    activity: Id
    counts: Annotated[list[Hands], Field(min_length=1, max_length=10)]


class ActivityClose(Payload):
    activity: Id


class ActivityReopen(Payload):
    """It takes answers again, for so many seconds from now on."""

    activity: Id
    seconds: Seconds | None = None


class ActivityReveal(Payload):
    """Shows the tally, and the right answer if there is one, to everyone. An open activity is closed by it."""

    activity: Id


class ActivityOpened(ActivityOpen):
    """As it was asked for."""


class ActivityAnswered(Values):
    """The actor answered, or its teacher for `participant`. Without a value where the vote is anonymous. `words`: a
    person's words stand in the side table under that number, and here only for those who may read them. `name`: where
    everyone is shown who answered. `size`: how many rows. `live`: displays are shown them. `duration_ms`: of what was
    read aloud."""

    activity: Id
    participant: Id | None = None
    words: int | None = None
    name: str | None = None
    buzz: Buzz | None = None  # type: ignore[assignment]
    size: int | None = None
    live: bool | None = None
    duration_ms: Millis | None = None


class ActivityCounted(Payload):
    activity: Id
    room: Id
    counts: list[int]


class ActivityClosed(Payload):
    """`tally` only where the vote was anonymous and enough voted, and only for teachers and observers. `counted`: there
    is one, and what it is stands in the side table."""

    activity: Id
    tally: list[Any] | None = None
    counted: bool | None = None


class ActivityReopened(Payload):
    activity: Id
    seconds: int | None = None


class ActivityRevealed(Payload):
    """`answered`: how many did, hands not counted. A `tally` of words is there for those who may read them; of fewer
    than five anonymous votes there is none. `marks`: those that were given by hand; of others' a student sees none."""

    activity: Id
    answered: int
    tally: list[Any] | None = None
    answer: Any = None
    tolerance: float | None = None
    explanation: str | None = None
    marks: dict[Id, Mark] | None = None


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


def ballot_prefix(activity: str) -> str:
    return f"{BALLOT}{activity}:"


def answer_key(participant: str, number: int) -> str:
    """Where in the side table the words of an answer stand, and whose they are."""
    return f"{ANSWER}{participant}:{number}"


def answered_by(key: str) -> str | None:
    """Whose answer stands there, if it is one."""
    return key.removeprefix(ANSWER).partition(":")[0] if key.startswith(ANSWER) else None


def tally_key(activity: str) -> str:
    """Where in the side table a tally of words stands."""
    return f"{TALLY}{activity}"


def worded(data: Json, participant: str, texts: Mapping[str, str]) -> Json:
    """An answer of this participant with its words."""
    text = texts.get(answer_key(participant, data["words"])) if "words" in data else None
    return {**data, **json.loads(text)} if text else data


def tallied(data: Json, texts: Mapping[str, str]) -> Json:
    """The data of `activity.revealed`, or of `activity.closed` that was counted, with its tally of words."""
    text = texts.get(tally_key(data["activity"]))
    return {**data, "tally": json.loads(text)} if text else data


def told(activity: dict[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """An activity of the state, with the words that were answered and the tally of them."""
    if not type_of(activity).words:
        return activity
    answers = {who: worded(one, who, texts) for who, one in activity["answers"].items()}
    activity = {**activity, "answers": answers}
    return tallied(activity, texts) if activity["phase"] == "revealed" or activity.get("counted") else activity


def tally(activity: Asked, values: Iterable[Any]) -> Tally:
    """What came of these answers, and of the hands that were counted."""
    counted = type_of(activity).count(activity, values)
    if not activity["counts"]:
        return counted
    return [sum(column) for column in zip(counted, *activity["counts"].values(), strict=True)]


def _values(activity: Asked, texts: Mapping[str, str]) -> list[Any]:
    """All answers. Those that were erased are none."""
    field = type_of(activity).field
    if activity["anonymous"]:
        prefix = ballot_prefix(activity["activity"])
        return [json.loads(words) for key, words in texts.items() if key.startswith(prefix)]
    answers = (worded(one, who, texts) for who, one in activity["answers"].items())
    return [one[field] for one in answers if field in one]


def hands(activity: Asked) -> dict[str, list[float]]:
    """How right the hands of each room are, where each is for one option."""
    kind = type_of(activity)
    if kind.field != "choice" or activity.get("answer") is None:
        return {}
    right = [kind.mark(activity, option) or 0.0 for option in range(kind.columns(activity) if kind.columns else 0)]
    return {
        room: [mark for mark, raised in zip(right, counts, strict=True) for _ in range(raised)]
        for room, counts in activity["counts"].items()
    }


def marks(activity: Asked, texts: Mapping[str, str]) -> dict[str, float]:
    """How right each who answered with a name is, where there is something right."""
    kind = type_of(activity)
    if activity.get("answer") is None or activity["anonymous"]:
        return {}
    answers = ((who, worded(one, who, texts)) for who, one in activity["answers"].items())
    given = ((who, kind.mark(activity, one[kind.field])) for who, one in answers if kind.field in one)
    return {who: mark for who, mark in given if mark is not None}


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
    if not activity["anonymous"] or _are_few(activity):
        return Draft("activity.closed", data)
    counted = tally(activity, _values(activity, ask.context.texts))
    if type_of(activity).words:
        return Draft("activity.closed", {**data, "counted": True}, _tally_texts(activity, counted))
    return Draft("activity.closed", {**data, "tally": counted})


def _tally_texts(activity: Asked, counted: Tally) -> dict[str, str]:
    return {tally_key(activity["activity"]): json.dumps(counted, ensure_ascii=False)}


def _are_few(activity: Asked) -> bool:
    """Whether so few voted without a name that what they chose would tell of them."""
    return activity["anonymous"] and len(activity["answers"]) < FEWEST


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
    activity = taking(state, command.activity, "activity.answered", ask.now)
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
    texts = {answer_key(whose, number): json.dumps(given, ensure_ascii=False)}
    data |= {"participant": whose, "words": number, **kind.beside(activity, value)}
    return [Draft("activity.answered", data, texts)]


def taking(state: State, activity_id: str, kind: str, now: int) -> dict[str, Any]:
    """The activity, if it takes answers now. Raises `not_found`, `activity_closed`."""
    activity = known(state, activity_id)
    step(activity["phase"], kind)
    seconds = activity.get("seconds")
    if seconds is not None and now > activity["opened_at"] + seconds * 1000 + LATE_MS:
        raise refused("activity_closed", "The time for this activity is over.")
    return activity


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
    if _are_few(activity):
        return [*drafts, Draft("activity.revealed", data), *scored]
    counted = tally(activity, _values(activity, ask.context.texts))
    if type_of(activity).words:
        return [*drafts, Draft("activity.revealed", data, _tally_texts(activity, counted)), *scored]
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


COMMANDS: dict[str, type[Any]] = {
    "activity.open": ActivityOpen,
    "activity.answer": ActivityAnswer,
    "activity.count": ActivityCount,
    "activity.close": ActivityClose,
    "activity.reopen": ActivityReopen,
    "activity.reveal": ActivityReveal,
}
EVENTS: dict[str, type[Payload]] = {
    "activity.opened": ActivityOpened,
    "activity.answered": ActivityAnswered,
    "activity.counted": ActivityCounted,
    "activity.closed": ActivityClosed,
    "activity.reopened": ActivityReopened,
    "activity.revealed": ActivityRevealed,
}
DECIDE: dict[str, Decider] = {
    "activity.open": open_,
    "activity.answer": answer,
    "activity.count": count,
    "activity.close": close,
    "activity.reopen": reopen,
    "activity.reveal": reveal,
}
APPLY: dict[str, Applier] = {"activity.opened": opened, **dict.fromkeys(list(EVENTS)[1:], changed)}
