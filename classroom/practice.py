"""Practice on a knowledge point for those who missed it: something to look at, and questions that are marked at once.

It is given in a lesson or when it is over, and answered as long as one likes. The journal holds how right an answer
was, not what it said; the event that says so tells its child what is right, and why.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from classroom.activities import media
from classroom.activities.question import HIDDEN, TEACHERS, Asked, Point, unfit
from classroom.activities.types import ALL, type_of
from classroom.activities.values import Values
from classroom.events import Draft, Event, Json, Role, Seat
from classroom.payload import Id, Payload
from classroom.reducer import Applier, Ask, Decider, Practice, State, denied, missing, refused

MAX_PRACTICES = 100  # a lesson
KINDS = ("slides", "audio", "video")
"""Of courseware that can be looked at alone."""


def _marked(question: Any) -> Any:
    if question.answer is None:
        raise ValueError("what is practised has a right answer")
    return question


_MODELS = [one.model for one in ALL if "answer" in one.model.model_fields]
Practised = Annotated[reduce(or_, _MODELS), Field(discriminator="type"), AfterValidator(_marked)]  # type: ignore[valid-type]


class PracticeGive(Payload):
    """To these children, by their teachers; `courseware` is of the asker's shelf, `resources` of the library."""

    practice: Id
    point: Point
    participants: Annotated[list[Id], Field(min_length=1, max_length=1500)]
    questions: Annotated[list[Practised], Field(min_length=1, max_length=10)]  # type: ignore[valid-type]
    courseware: Annotated[list[Id], Field(max_length=5, default_factory=list)]
    resources: Annotated[list[Id], Field(max_length=5, default_factory=list)]


class PracticeAnswer(Values):
    """One's own answer to the question at that place; one each."""

    practice: Id
    question: Annotated[int, Field(ge=0, le=9)]


class PracticeOpen(Payload):
    """One looks at what of the library came with it."""

    practice: Id
    resource: Id


class PracticeGiven(Payload):
    """Children are told of what is theirs, and without what is right. `courseware`: `{courseware, kind, slides}`."""

    practice: Id
    point: str
    participants: list[Id]
    questions: list[dict[str, Any]]
    courseware: list[dict[str, Any]]
    resources: list[str] = Field(default_factory=list)


class PracticeAnswered(Payload):
    """The actor's answer was so right, 0 to 1; and what was hidden of the question."""

    practice: Id
    question: int
    mark: float
    answer: Any
    tolerance: float | None = None
    explanation: str | None = None


class PracticeOpened(Payload):
    """The actor has opened it, for the first time."""

    practice: Id
    resource: str


def names(data: Json) -> frozenset[str]:
    """The courseware that a `practice.give` brings out."""
    return frozenset(data["courseware"]).union(*map(media.names, data["questions"]))


def give(state: State, command: PracticeGive, ask: Ask) -> list[Draft]:
    if command.practice in state["practices"]:
        raise refused("exists", "There is a practice of that id.")
    if len(state["practices"]) >= MAX_PRACTICES:
        raise refused("too_many", f"A lesson has at most {MAX_PRACTICES} practices.")
    for one in command.participants:
        child = state["participants"].get(one)
        if child is None or child["role"] != Role.STUDENT:
            raise missing("student")
        if ask.seat.role != Role.LEAD_TEACHER and child["room"] not in (ask.seat.room, *ask.seat.also):
            raise denied("This student is not in your room.")
    data = command.model_dump(exclude_none=True)
    shows = names(data)
    for question in data["questions"]:
        media.check(question, ask.context.courseware)
    offered = [ask.context.courseware.get(one) for one in command.courseware]
    if any(one is None or one.kind not in KINDS for one in offered):
        raise missing("courseware")
    data["courseware"] = [{"courseware": one.id, "kind": one.kind, "slides": one.slides} for one in offered if one]
    if not ask.context.resources.issuperset(command.resources):
        raise missing("resource")
    data["resources"] = list(dict.fromkeys(command.resources))
    data["participants"] = list(dict.fromkeys(command.participants))
    return [Draft("practice.given", data, shows=shows)]


def answer(state: State, command: PracticeAnswer, ask: Ask) -> list[Draft]:
    me = ask.seat.participant
    practice = state["practices"].get(command.practice)
    if practice is None or me not in practice["participants"]:
        raise missing("practice")
    if command.question >= len(practice["questions"]):
        raise missing("question")
    if str(command.question) in practice["marks"].get(me, {}):
        raise refused("already_answered", "This was answered already.")
    question = practice["questions"][command.question]
    kind, given = type_of(question), command.model_dump(exclude_none=True, exclude={"practice", "question"})
    if given.keys() != {kind.field} or not kind.fits(question, given[kind.field]):
        raise unfit(kind.field)
    mark = kind.mark(question, given[kind.field])
    data = {"practice": command.practice, "question": command.question, "mark": mark}
    return [Draft("practice.answered", data | {field: question[field] for field in HIDDEN if field in question})]


def open_(state: State, command: PracticeOpen, ask: Ask) -> list[Draft]:
    me = ask.seat.participant
    practice = state["practices"].get(command.practice)
    if practice is None or me not in practice["participants"] or command.resource not in practice["resources"]:
        raise missing("resource")
    if command.resource in practice["opened"].get(me, []):
        return []
    return [Draft("practice.opened", command.model_dump())]


def given(state: State, event: Event) -> State:
    practice: Any = {"resources": [], **event.data, "at": event.at, "marks": {}, "opened": {}}
    practice.pop("practice")
    return {**state, "practices": {**state["practices"], event.data["practice"]: practice}}


def answered(state: State, event: Event) -> State:
    data = event.data
    practice = state["practices"].get(data["practice"])
    if practice is None:
        return state
    place, marks = data["question"], practice["marks"]
    told = {field: data[field] for field in HIDDEN if field in data}
    questions = [{**one, **told} if at == place else one for at, one in enumerate(practice["questions"])]
    mine = {**marks.get(event.actor, {}), str(place): data["mark"]}
    after: Practice = {**practice, "questions": questions, "marks": {**marks, event.actor: mine}}
    return {**state, "practices": {**state["practices"], data["practice"]: after}}


def opened(state: State, event: Event) -> State:
    practice = state["practices"].get(event.data["practice"])
    if practice is None:
        return state
    mine = [*practice["opened"].get(event.actor, []), event.data["resource"]]
    after: Practice = {**practice, "opened": {**practice["opened"], event.actor: mine}}
    return {**state, "practices": {**state["practices"], event.data["practice"]: after}}


def reduced(event: Event, viewer: Seat) -> Json | None:
    """What a child is told of `practice.given`."""
    if viewer.participant not in event.data["participants"]:
        return None
    questions = [_asked(one) for one in event.data["questions"]]
    return {**event.data, "participants": [viewer.participant], "questions": questions}


def own(practices: dict[str, Practice], me: str) -> dict[str, Practice]:
    """A child's view of all."""
    seen: dict[str, Practice] = {}
    for name, one in practices.items():
        if me in one["participants"]:
            marks = {me: one["marks"][me]} if me in one["marks"] else {}
            opened = {me: one["opened"][me]} if me in one["opened"] else {}
            done = marks.get(me, {})
            questions = [_asked(q, told=str(place) in done) for place, q in enumerate(one["questions"])]
            seen[name] = {**one, "participants": [me], "questions": questions, "marks": marks, "opened": opened}
    return seen


def had(practices: dict[str, Practice], courseware: str) -> dict[str, Any] | None:
    """The courseware as one of these practices has it."""
    offered = (one for practice in practices.values() for one in practice["courseware"])
    found = next((one for one in offered if one["courseware"] == courseware), None)
    return found or media.had((q for one in practices.values() for q in one["questions"]), courseware)


def _asked(question: Asked, *, told: bool = False) -> dict[str, Any]:
    """A question as a child sees it; `told`: it has answered, and knows what is right."""
    hidden = TEACHERS if told else (*HIDDEN, *TEACHERS)
    return {field: value for field, value in question.items() if field not in hidden}


COMMANDS: dict[str, type[Payload]] = {
    "practice.give": PracticeGive,
    "practice.answer": PracticeAnswer,
    "practice.open": PracticeOpen,
}
EVENTS: dict[str, type[Payload]] = {
    "practice.given": PracticeGiven,
    "practice.answered": PracticeAnswered,
    "practice.opened": PracticeOpened,
}
DECIDE: dict[str, Decider] = {"practice.give": give, "practice.answer": answer, "practice.open": open_}
APPLY: dict[str, Applier] = {"practice.given": given, "practice.answered": answered, "practice.opened": opened}
