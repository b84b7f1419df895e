"""Every kind of command and event, with the model of its data. `signaling.protocol` makes the wire of these."""

from __future__ import annotations

from classroom import (
    activities,
    calling,
    chat,
    courseware,
    groups,
    hands,
    leading,
    lesson,
    line,
    locks,
    participants,
    recording,
    saving,
    stage,
    timer,
    voices,
)
from classroom.board import copies, handouts, objects, pages, pens, strokes
from classroom.notes import sheets
from classroom.payload import Payload
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
    activities,
    chat,
    locks,
    recording,
    saving,
)

COMMANDS: dict[str, type[Payload]] = {kind: model for one in _REDUCERS for kind, model in one.COMMANDS.items()}
"""What clients may send."""

SERVER_COMMANDS: dict[str, type[Payload]] = {**participants.SERVER_COMMANDS, **voices.SERVER_COMMANDS}
"""What only the server issues; never taken from a client."""

EVENTS: dict[str, type[Payload]] = {kind: model for one in _REDUCERS for kind, model in one.EVENTS.items()}

DECIDERS: dict[str, Decider] = {kind: decide for one in _REDUCERS for kind, decide in one.DECIDE.items()}
APPLIERS: dict[str, Applier] = {kind: apply for one in _REDUCERS for kind, apply in one.APPLY.items()}
