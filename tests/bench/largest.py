"""The largest lesson of the scenarios as a server leaves it on disk: every student answered every activity, and the
board is full of what looks like handwriting."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from classroom.events import Command, Role, Seat
from classroom.journal import MAX_TICK, Journal
from classroom.store import Store

LEAD_NAME = "王老师"
ROOMS = 30
OBSERVERS = 200
A_PAGE = 1000  # strokes
OPTIONS = ["10", "100", "1000", "10000"]
BETWEEN_MS = 500


class Clock:
    """Goes on by as much as it is told to."""

    now_ms = 0

    def monotonic(self) -> float:
        return self.now_ms / 1000

    def epoch_ms(self) -> int:
        return round(time.time() * 1000) + self.now_ms


@dataclass(frozen=True, slots=True)
class Largest:
    lesson: str
    lead: Seat
    students: list[Seat]


async def written(store: Store, students: int, strokes: int, activities: int) -> Largest:
    rng, clock = random.Random(1), Clock()
    journal = Journal(store, clock, rng)
    lesson = (await store.lessons.add("The largest", clock.epoch_ms())).id

    async def seated(role: Role, name: str, room: int | None = None) -> Seat:
        participant = (await store.participants.add(lesson, role, name, clock.epoch_ms())).id
        return Seat(participant, role, None if room is None else f"room-{room}")

    async def do(asked: Iterable[tuple[Seat, str, dict[str, Any]]]) -> None:
        commands = [(seat, Command(str(uuid4()), kind, data)) for seat, kind, data in asked]
        for start in range(0, len(commands), MAX_TICK):
            clock.now_ms += BETWEEN_MS
            some = commands[start : start + MAX_TICK]
            await asyncio.gather(*(journal.submit(lesson, seat, command) for seat, command in some))

    lead = await seated(Role.LEAD_TEACHER, LEAD_NAME)
    others = [await seated(role, f"{role} {n}", n) for role in (Role.LOCAL_TEACHER, Role.DISPLAY) for n in range(ROOMS)]
    others += [await seated(Role.OBSERVER, f"Observer {number}") for number in range(OBSERVERS)]
    children = [await seated(Role.STUDENT, f"Student {number}", number % ROOMS) for number in range(students)]
    await do([(lead, "lesson.open", {}), (lead, "lesson.start", {}), (lead, "participant.join", {"name": LEAD_NAME})])
    await do((one, "participant.join", {"name": f"{one.role} {one.participant[:4]}"}) for one in (*others, *children))
    await do((one, "participant.leave", {}) for one in others)  # none of them comes back after the server's start
    for start in range(0, strokes, A_PAGE):
        page = f"page-{start // A_PAGE}"
        await do([(lead, "page.add", {"page": page}), (lead, "page.show", {"page": page})])
        count = min(A_PAGE, strokes - start)
        await do((lead, "stroke.add", drawn(rng, page, clock.now_ms)) for _ in range(count))
    for number in range(activities):
        activity = str(uuid4())
        question = {"activity": activity, "type": "choice", "prompt": f"{number}: How many?", "options": OPTIONS}
        await do([(lead, "activity.open", {**question, "answer": number % len(OPTIONS)})])
        await do((one, "activity.answer", {"activity": activity, "choice": rng.randrange(4)}) for one in children)
        await do([(lead, "activity.reveal", {"activity": activity})])
    await journal.close()
    return Largest(lesson, lead, children)


def drawn(rng: random.Random, page: str, began: int) -> dict[str, Any]:
    """A curve of some twenty points, rounded as the client rounds them."""
    x, y, way = rng.uniform(0, 1600), rng.uniform(0, 900), rng.uniform(0, 6.3)
    points: list[float] = []
    for number in range(rng.randrange(8, 33)):
        points += (round(x, 1), round(y, 1), 0.5, 16 * number + rng.randrange(3))
        way += rng.gauss(0, 0.4)
        x, y = x + 6 * math.cos(way) * rng.uniform(0.3, 1.5), y + 6 * math.sin(way) * rng.uniform(0.3, 1.5)
    return {
        "stroke": str(uuid4()),
        "page": page,
        "tool": "pen",
        "color": "#1e2430",
        "width": 4,
        "began": began,
        "points": points,
    }
