"""The plan of a lesson: steps in order, written before it or in it by its teachers; and which were begun, and when.

It is the teachers' alone. That a step was begun is told with its title to those who look in, and so to who sees the
recording, whose chapters these are. Notes, and the names of what a step opens, are words of a person, and stand in the
side table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from classroom.courseware import Slide
from classroom.events import Draft, Event, Json
from classroom.payload import Id, Name, Payload, Words
from classroom.reducer import EMPTY, Applier, Ask, Decider, Plan, State, missing, refused

MAX_STEPS = 50
MAX_MINUTES = 240
MAX_BEGUN = 500  # a lesson
Minutes = Annotated[int, Field(ge=1, le=MAX_MINUTES)]
Note = Annotated[Words, StringConstraints(max_length=1000)]


class OpensCourseware(Payload):
    """Off the shelf of who leads, or a recording; of slides that one, all else to be played."""

    courseware: Id
    slide: Slide | None = None
    name: Name


class OpensQuestion(Payload):
    """Of the question bank."""

    question: Id
    name: Name


class PlanStep(Payload):
    """`minutes`: how long it is to take; `note`: for teachers."""

    step: Id
    title: Name
    minutes: Minutes | None = None
    note: Note | None = None
    opens: OpensCourseware | OpensQuestion | None = None


def _apart(steps: list[PlanStep]) -> list[PlanStep]:
    if len({one.step for one in steps}) != len(steps):
        raise ValueError("every step has an id of its own")
    return steps


class PlanWrite(Payload):
    """All of the plan from now on. `revision`: of the one that it was made from."""

    revision: Annotated[int, Field(ge=0)]
    steps: Annotated[list[PlanStep], Field(max_length=MAX_STEPS), AfterValidator(_apart)]


class StepBegin(Payload):
    """Goes to this step."""

    step: Id


class PlanWritten(Payload):
    """`steps`: `{step, title, minutes?, noted?, note?, opens?}`; `noted`: there is a note."""

    revision: int
    steps: list[dict[str, Any]]


class StepBegun(Payload):
    step: Id
    title: str


def note_key(step: str) -> str:
    """Where in the side table a step's note stands."""
    return f"step-note:{step}"


def name_key(step: str) -> str:
    """And the name of what it opens."""
    return f"step-opens:{step}"


def write(state: State, command: PlanWrite, _: Ask) -> list[Draft]:
    plan = state["plan"]
    if command.revision != plan["revision"]:
        raise refused("edited", "The plan was changed meanwhile.")
    steps: list[Json] = []
    texts = {note_key(one["step"]): "" for one in plan["steps"] if "noted" in one}
    for step in command.steps:
        data = step.model_dump(exclude_none=True, exclude={"note": True, "opens": {"name"}})
        if step.note is not None:
            data["noted"], texts[note_key(step.step)] = True, step.note
        if step.opens is not None:
            texts[name_key(step.step)] = step.opens.name
        steps.append(data)
    return [Draft("plan.written", {"revision": plan["revision"] + 1, "steps": steps}, texts)]


def begin(state: State, command: StepBegin, _: Ask) -> list[Draft]:
    plan = state["plan"]
    step = next((one for one in plan["steps"] if one["step"] == command.step), None)
    if step is None:
        raise missing("step")
    if plan["begun"] and plan["begun"][-1]["step"] == command.step:
        return []
    if len(plan["begun"]) >= MAX_BEGUN:
        raise refused("too_many", f"At most {MAX_BEGUN} times a lesson.")
    return [Draft("step.begun", {"step": command.step, "title": step["title"]})]


def written(state: State, event: Event) -> State:
    return {**state, "plan": {**state["plan"], **event.data}}  # type: ignore[typeddict-item]


def begun(state: State, event: Event) -> State:
    now = {**event.data, "at": event.at}
    return {**state, "plan": {**state["plan"], "begun": [*state["plan"]["begun"], now]}}  # type: ignore[list-item]


def worded(plan: Any, texts: Mapping[str, str]) -> Any:
    """A plan, or the event that has one, with its notes and names."""
    return {**plan, "steps": [_worded(one, texts) for one in plan["steps"]]}


def _worded(step: Json, texts: Mapping[str, str]) -> Json:
    note, name = texts.get(note_key(step["step"])), texts.get(name_key(step["step"]))
    if "noted" in step and note is not None:
        step = {**step, "note": note}
    if "opens" in step and name is not None:
        step = {**step, "opens": {**step["opens"], "name": name}}
    return step


def told(plan: Plan) -> Plan:
    """What is known of it by who does not teach, and may know which steps were begun."""
    return {**EMPTY["plan"], "begun": plan["begun"]}


COMMANDS: dict[str, type[Payload]] = {"plan.write": PlanWrite, "step.begin": StepBegin}
EVENTS: dict[str, type[Payload]] = {"plan.written": PlanWritten, "step.begun": StepBegun}
DECIDE: dict[str, Decider] = {"plan.write": write, "step.begin": begin}
APPLY: dict[str, Applier] = {"plan.written": written, "step.begun": begun}
