"""A clock that counts down on every screen."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from classroom.events import Draft, Event
from classroom.payload import Payload
from classroom.reducer import Applier, Ask, Decider, State

MAX_S = 4 * 3600


class TimerStart(Payload):
    """Instead of one that runs."""

    seconds: Annotated[int, Field(ge=1, le=MAX_S)]


class TimerStop(Payload):
    """Takes it away, whether it still runs or not."""


class TimerStarted(Payload):
    seconds: int


class TimerStopped(Payload):
    pass


def start(_: State, command: TimerStart, __: Ask) -> list[Draft]:
    return [Draft("timer.started", {"seconds": command.seconds})]


def stop(state: State, _: TimerStop, __: Ask) -> list[Draft]:
    return [Draft("timer.stopped", {})] if state["timer"] is not None else []


def started(state: State, event: Event) -> State:
    return {**state, "timer": {"seconds": event.data["seconds"], "since": event.at}}


def stopped(state: State, _: Event) -> State:
    return {**state, "timer": None}


COMMANDS: dict[str, type[Payload]] = {"timer.start": TimerStart, "timer.stop": TimerStop}
EVENTS: dict[str, type[Payload]] = {"timer.started": TimerStarted, "timer.stopped": TimerStopped}
DECIDE: dict[str, Decider] = {"timer.start": start, "timer.stop": stop}
APPLY: dict[str, Applier] = {"timer.started": started, "timer.stopped": stopped}
