"""How long the steps of a plan were to take, and how long they took: a step goes on until another one is begun."""

from __future__ import annotations

from collections.abc import Iterable

from classroom import plan
from classroom.events import Event, Json
from classroom.rules import fold

KINDS = ("lesson.ended", *plan.EVENTS)


def planned(events: Iterable[Event], now: int) -> list[Json]:
    """`{step, title, minutes, ms}`: those of the plan as it was last, in its order, then those that had been begun and
    were taken out of it. `minutes` None: none were said; `ms` 0: it was not begun."""
    chosen = [event for event in events if event.kind in KINDS]
    now = next((event.at for event in chosen if event.kind == "lesson.ended"), now)
    begun = [event for event in chosen if event.kind == "step.begun"]
    took: dict[str, int] = {}
    for event, until in zip(begun, [*(one.at for one in begun[1:]), now], strict=False):
        took[event.data["step"]] = took.get(event.data["step"], 0) + until - event.at
    titles: dict[str, tuple[str, int | None]] = {event.data["step"]: (event.data["title"], None) for event in begun}
    steps = fold(event for event in chosen if event.kind in plan.EVENTS)["plan"]["steps"]
    last = {one["step"]: (one["title"], one.get("minutes")) for one in steps}
    gone = {step: said for step, said in titles.items() if step not in last}
    return [
        {"step": step, "title": title, "minutes": minutes, "ms": took.get(step, 0)}
        for step, (title, minutes) in (last | gone).items()
    ]
