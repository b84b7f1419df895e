"""Every kind of command and event, with the model of its data. `signaling.protocol` makes the wire of these."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from classroom import (
    asking,
    calling,
    chat,
    competition,
    courseware,
    groups,
    hands,
    leading,
    lesson,
    line,
    locks,
    missed,
    participants,
    picking,
    plan,
    practice,
    recording,
    saving,
    stage,
    timer,
    voices,
)
from classroom.activities import charts, hiding, marking, running, showing
from classroom.board import copies, handouts, objects, pages, pens, strokes
from classroom.notes import sheets
from classroom.reducer import Applier, Decider

_REDUCERS = (
    lesson,
    participants,
    leading,
    stage,
    calling,
    line,
    pages,
    strokes,
    objects,
    pens,
    handouts,
    copies,
    groups,
    voices,
    sheets,
    timer,
    courseware,
    hands,
    running,
    picking,
    competition,
    marking,
    showing,
    hiding,
    charts,
    plan,
    practice,
    asking,
    chat,
    locks,
    recording,
    saving,
    missed,
)

COMMANDS: dict[str, type[BaseModel]] = {kind: model for one in _REDUCERS for kind, model in one.COMMANDS.items()}
"""What clients may send."""

SERVER_COMMANDS: Mapping[str, type[BaseModel]] = {**participants.SERVER_COMMANDS, **voices.SERVER_COMMANDS}
"""What only the server issues; never taken from a client."""

EVENTS: dict[str, type[BaseModel]] = {kind: model for one in _REDUCERS for kind, model in one.EVENTS.items()}

DECIDERS: dict[str, Decider] = {kind: decide for one in _REDUCERS for kind, decide in one.DECIDE.items()}
APPLIERS: dict[str, Applier] = {kind: apply for one in _REDUCERS for kind, apply in one.APPLY.items()}
