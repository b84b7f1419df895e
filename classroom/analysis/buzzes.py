"""Who was how fast at a buzzer: the order in which the server heard of each, and by how much."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

from classroom.activities.question import Asked
from classroom.reducer import State


@dataclass(frozen=True, slots=True)
class Buzzed:
    """`participant`: a child, or by whose name its room goes. `after_ms` it opened; `before_ms` the next, None for the
    last."""

    participant: str
    room: str | None
    place: int
    after_ms: int
    before_ms: int | None

    def json(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(self)}


def buzzes(asked: Asked, state: State, rooms: Collection[str] | None) -> tuple[Buzzed, ...]:
    """Those of these rooms, or all, with the places and margins that they had among all."""
    taken = [(one["buzz"], who) for who, one in asked["answers"].items() if "buzz" in one]
    order = sorted(taken, key=lambda one: one[0]["place"])
    margins = [other["at"] - one["at"] for (one, _), (other, _) in pairwise(order)]
    people = state["participants"]
    row = (
        Buzzed(who, people[who]["room"], place, one["at"] - asked["opened_at"], before)
        for place, ((one, who), before) in enumerate(zip(order, [*margins, None], strict=True), 1)
        if who in people
    )
    return tuple(one for one in row if rooms is None or one.room in rooms)
