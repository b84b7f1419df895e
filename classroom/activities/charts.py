"""Which chart is on the displays, where an activity has several: one question of a questionnaire, or data drawn in
another way.

In the state: `question` of a questionnaire, not there while displays show one after the other; `chart` of data.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from classroom.activities.running import known
from classroom.activities.types.data import Chart
from classroom.events import Draft, Event
from classroom.payload import Id, Payload
from classroom.reducer import Applier, Ask, Decider, State, missing, refused


class ChartShow(Payload):
    """Of a questionnaire a `question`, counted from 0; none: one after the other. Of data a `chart`."""

    activity: Id
    question: Annotated[int, Field(ge=0, le=19)] | None = None
    chart: Chart | None = None


class ChartShown(Payload):
    activity: Id
    question: int | None = None
    chart: Chart | None = None


def show(state: State, command: ChartShow, _: Ask) -> list[Draft]:
    activity = known(state, command.activity)
    match activity["type"]:
        case "survey" if command.chart is None:
            if command.question is not None and command.question >= len(activity["questions"]):
                raise missing("question")
            same = command.question == activity.get("question")
        case "data" if command.chart is not None and command.question is None:
            same = command.chart == activity["chart"]
        case _:
            raise refused("no_charts", "There is no other chart of this.")
    return [] if same else [Draft("chart.shown", command.model_dump(exclude_none=True))]


def shown(state: State, event: Event) -> State:
    activities, data = state["activities"], event.data
    before = activities["by_id"].get(data["activity"])
    if before is None:
        return state
    entry = {**{key: value for key, value in before.items() if key != "question"}, **data}
    return {**state, "activities": {**activities, "by_id": {**activities["by_id"], data["activity"]: entry}}}


COMMANDS: dict[str, type[Payload]] = {"chart.show": ChartShow}
EVENTS: dict[str, type[Payload]] = {"chart.shown": ChartShown}
DECIDE: dict[str, Decider] = {"chart.show": show}
APPLY: dict[str, Applier] = {"chart.shown": shown}
