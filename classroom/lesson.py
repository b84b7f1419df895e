"""The life of a lesson: prepared, open, live, ended."""

from __future__ import annotations

from classroom import voices
from classroom.activities.running import closing
from classroom.events import Draft, Event, Phase
from classroom.payload import Millis, Payload
from classroom.reducer import Applier, Ask, Decider, State, refused


class LessonOpen(Payload):
    """Doors open: people may enter. The board gets its first page."""


class LessonStart(Payload):
    """The lesson's clock begins; a recording that was asked for begins with it."""


class LessonEnd(Payload):
    """Closes what is open: the activity, the recording, the lesson."""


class LessonOpened(Payload):
    title: str
    lobby: bool


class LessonStarted(Payload):
    epoch_ms: Millis


class LessonEnded(Payload):
    pass


TRANSITIONS: dict[tuple[str, str], Phase] = {
    (Phase.PREPARED, "lesson.opened"): Phase.OPEN,
    (Phase.OPEN, "lesson.started"): Phase.LIVE,
    (Phase.PREPARED, "lesson.ended"): Phase.ENDED,
    (Phase.OPEN, "lesson.ended"): Phase.ENDED,
    (Phase.LIVE, "lesson.ended"): Phase.ENDED,
}
FIRST_PAGE = "1"


def step(phase: str, kind: str) -> str:
    """The phase after an event of that kind. Raises `wrong_phase` where the table has no such line."""
    after = TRANSITIONS.get((phase, kind))
    if after is None:
        raise refused("wrong_phase", f"A lesson that is {phase} cannot do that.")
    return after.value


def open_(state: State, _: LessonOpen, ask: Ask) -> list[Draft]:
    step(state["phase"], "lesson.opened")
    return [
        Draft("lesson.opened", {"title": ask.context.title, "lobby": ask.context.lobby}),
        Draft("page.added", {"page": FIRST_PAGE}),
        Draft("page.shown", {"page": FIRST_PAGE}),
    ]


def start(state: State, _: LessonStart, ask: Ask) -> list[Draft]:
    step(state["phase"], "lesson.started")
    drafts = [Draft("lesson.started", {"epoch_ms": ask.context.epoch_ms})]
    if ask.context.recording:
        drafts.append(Draft("recording.started", {}))
    return drafts


def end(state: State, _: LessonEnd, ask: Ask) -> list[Draft]:
    step(state["phase"], "lesson.ended")
    drafts = [*closing(state, ask), *voices.ending(state)]
    if state["recording"]["on"]:
        drafts.append(Draft("recording.stopped", {}))
    return [*drafts, Draft("lesson.ended", {})]


def moved(state: State, event: Event) -> State:
    after = TRANSITIONS.get((state["phase"], event.kind))
    if after is None:
        return state
    state = {**state, "phase": after.value}
    match event.kind:
        case "lesson.opened":
            state["title"] = event.data.get("title", "")
            state["lobby"] = event.data.get("lobby", False)
        case "lesson.started":
            state["epoch_ms"] = event.data.get("epoch_ms")
    return state


COMMANDS: dict[str, type[Payload]] = {
    "lesson.open": LessonOpen,
    "lesson.start": LessonStart,
    "lesson.end": LessonEnd,
}
EVENTS: dict[str, type[Payload]] = {
    "lesson.opened": LessonOpened,
    "lesson.started": LessonStarted,
    "lesson.ended": LessonEnded,
}
DECIDE: dict[str, Decider] = {"lesson.open": open_, "lesson.start": start, "lesson.end": end}
APPLY: dict[str, Applier] = dict.fromkeys(EVENTS, moved)
