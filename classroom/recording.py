"""Whether the lesson is being recorded, since when, and who agreed. The actor of `recording.started` is who agreed."""

from __future__ import annotations

from classroom.events import Draft, Event
from classroom.payload import Payload
from classroom.reducer import Applier, Ask, Decider, State


class RecordingStart(Payload):
    pass


class RecordingStop(Payload):
    pass


class RecordingStarted(Payload):
    pass


class RecordingStopped(Payload):
    pass


def start(state: State, _: RecordingStart, __: Ask) -> list[Draft]:
    return [] if state["recording"]["on"] else [Draft("recording.started", {})]


def stop(state: State, _: RecordingStop, __: Ask) -> list[Draft]:
    return [Draft("recording.stopped", {})] if state["recording"]["on"] else []


def started(state: State, event: Event) -> State:
    return {**state, "recording": {"on": True, "since": event.at, "by": event.actor}}


def stopped(state: State, _: Event) -> State:
    return {**state, "recording": {"on": False, "since": None, "by": None}}


COMMANDS: dict[str, type[Payload]] = {"recording.start": RecordingStart, "recording.stop": RecordingStop}
EVENTS: dict[str, type[Payload]] = {
    "recording.started": RecordingStarted,
    "recording.stopped": RecordingStopped,
}
DECIDE: dict[str, Decider] = {"recording.start": start, "recording.stop": stop}
APPLY: dict[str, Applier] = {"recording.started": started, "recording.stopped": stopped}
