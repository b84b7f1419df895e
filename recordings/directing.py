"""Who is to be seen when, read from a lesson's journal. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from classroom.events import Event
from classroom.reducer import EMPTY
from classroom.rules import apply
from recordings.edits import Edited

Stage = list[tuple[int, list[str]]]
Leads = list[tuple[int, str]]


def read(events: Sequence[Event], by: Edited) -> tuple[Stage, Leads]:
    """From when on (ms) who was on stage, and who led; of hidden people nothing."""
    state, stage, leads = EMPTY, Stage(), Leads()
    for event in events:
        state = apply(state, event)
        on = [one["participant"] for one in state["stage"]["guests"] if one["state"] == "on"]
        on = [one for one in on if one not in by.participants]
        if on != (stage[-1][1] if stage else []):
            stage.append((event.at, on))
        lead = state["lead"]["participant"]
        if lead is not None and (not leads or leads[-1][1] != lead):
            leads.append((event.at, lead))
    return stage, leads
