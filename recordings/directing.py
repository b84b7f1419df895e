"""Who is to be seen when, and where chapters begin, read from a lesson's journal. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from classroom.events import Event
from classroom.reducer import EMPTY
from classroom.rules import apply
from recordings.edits import Edited

Stage = list[tuple[int, list[str]]]
Leads = list[tuple[int, str]]
Chapters = list[tuple[int, str]]


def read(events: Sequence[Event], by: Edited) -> tuple[Stage, Leads, Chapters]:
    """From when on (ms) who was on stage, and who led; and titles: pages, and what was asked. Of hidden people and of
    what was cut out nothing."""
    state, pages = EMPTY, dict[str, int]()
    stage, leads, chapters = Stage(), Leads(), Chapters()
    for event in events:
        state = apply(state, event)
        on = [one["participant"] for one in state["stage"]["guests"] if one["state"] == "on"]
        on = [one for one in on if one not in by.participants]
        if on != (stage[-1][1] if stage else []):
            stage.append((event.at, on))
        lead = state["lead"]["participant"]
        if lead is not None and (not leads or leads[-1][1] != lead):
            leads.append((event.at, lead))
        if by.cut_at(event.at) is not None:
            continue
        match event.kind:
            case "page.shown":
                page = pages.setdefault(event.data["page"], len(pages) + 1)
                chapters.append((event.at, f"{page}"))
            case "activity.opened":
                prompt = event.data.get("prompt")
                chapters.append((event.at, f"? {prompt}"[:120] if prompt else "?"))
    return stage, leads, chapters
