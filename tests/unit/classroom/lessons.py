"""A lesson in memory: commands decided and applied as the journal does, without one."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from classroom import rules
from classroom.errors import ClientFault
from classroom.events import Command, Draft, Event, Role, Seat
from classroom.reducer import EMPTY, Context, State
from classroom.store.records import Courseware, Work

LEAD = Seat("lead", Role.LEAD_TEACHER)
LOCAL = Seat("local", Role.LOCAL_TEACHER, "r1")
DISPLAY = Seat("display", Role.DISPLAY, "r1")
DISPLAY2 = Seat("display2", Role.DISPLAY, "r2")
ANNA = Seat("anna", Role.STUDENT, "r1")
BEN = Seat("ben", Role.STUDENT)
OBSERVER = Seat("observer", Role.OBSERVER)
ENCODER = Seat("encoder", Role.ENCODER)
EVERYONE = (LEAD, LOCAL, DISPLAY, DISPLAY2, ANNA, BEN, OBSERVER, ENCODER)
NOT_TEACHING = (DISPLAY, DISPLAY2, ANNA, BEN)

STROKE = {
    "stroke": "s1", "page": "1", "tool": "pen", "color": "#1E2430", "width": 3, "began": 0,
    "points": [10, 20, 0.5, 0, 11.5, 21, 0.5, 16],
}  # fmt: skip
QUESTION = {"activity": "q1", "type": "choice", "prompt": "秋?", "options": ["spring", "autumn"], "answer": 1}

FILM = Courseware(
    "film", "account", "Brownian motion.mp4", 9, 0, "ready", None, "d", "video", 1, (320,), 60_000, "video/mp4"
)
MAP = replace(FILM, id="map", kind="slides", duration_ms=None)


def whole(rest: Any, own: Any) -> Any:
    """What a page makes of a snapshot that it fetched, as `whole` of lesson/snapshot.ts."""
    state = {**rest, **own}
    if "questions" in own:
        by_id = rest["questions"]["by_id"] | own["questions"]["by_id"]
        state["questions"] = own["questions"] | {"by_id": by_id}
    return state


class Lesson:
    def __init__(self, **context: Any) -> None:
        self.state: State = EMPTY
        self.events: list[Event] = []
        self.texts: dict[str, str] = {}
        self.now = 0
        self.context = {"title": "语文", **context}
        self.rng = random.Random(7)
        self.works: dict[str, Work | None] = {}

    def ask(self, seat: Seat, kind: str, **data: Any) -> list[Event]:
        """Carries out a command; raises as `rules.decide`."""
        command = Command(f"command-{len(self.events)}", kind, data)
        context = Context(epoch_ms=1_800_000_000_000, texts=self.texts, **self.context, work=self._sent(seat, data))
        drafts = rules.decide(self.state, command, seat, self.now, self.rng, context)
        return [self._happen(draft, seat, command) for draft in drafts]

    def _sent(self, seat: Seat, data: dict[str, Any]) -> Work | None:
        """What was sent under the name that an answer gives; where nothing else is known of it, what would fit."""
        if not isinstance(file := data.get("file"), str):
            return None
        kind: Any = file.partition("-")[0]
        whose, lasts = data.get("participant", seat.participant), 5000 if kind == "sound" else None
        fits = Work(file, "lesson", data.get("activity", ""), whose, kind, "", 9, lasts, 0)
        return self.works.get(file, fits)

    def refused(self, seat: Seat, kind: str, **data: Any) -> str:
        """The code with which a command is refused, which has changed nothing."""
        before = self.state
        with pytest.raises(ClientFault) as fault:
            self.ask(seat, kind, **data)
        assert self.state is before
        return fault.value.code

    def _happen(self, draft: Draft, seat: Seat, command: Command) -> Event:
        event = Event(self.state["seq"] + 1, self.now, seat.participant, draft.kind, draft.data, command.id, draft.v)
        self.state = rules.apply(self.state, event)
        self.events.append(event)
        self.texts.update(draft.texts)
        return event

    def join(self, *seats: Seat) -> Lesson:
        for seat in seats:
            self.ask(seat, "participant.join", name=f"name of {seat.participant}")
        return self

    @staticmethod
    def live(*seats: Seat, **context: Any) -> Lesson:
        """A lesson under way, with these in it."""
        lesson = Lesson(**context)
        lesson.ask(LEAD, "lesson.open")
        lesson.ask(LEAD, "lesson.start")
        return lesson.join(*(seats or EVERYONE))

    def viewers(self) -> list[Seat]:
        """Everyone, as they are seated now."""
        return [rules.seated(self.state, seat) for seat in EVERYONE]

    def seen_by(self, viewer: Seat) -> list[Event]:
        viewer = rules.seated(self.state, viewer)
        projected = (rules.project(event, viewer, self.texts) for event in self.events)
        return [event for event in projected if event is not None]
