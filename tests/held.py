"""Lessons that were held: a class that answers, some children better than others, written by the journal itself."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from classroom.activities.question import Asked
from classroom.activities.types import type_of
from classroom.events import SYSTEM, Command, Role, Seat
from web.server.parts import Parts

QUESTIONS: list[dict[str, Any]] = [
    {
        "type": "choice",
        "prompt": "Which of these is 秋?",
        "options": ["spring", "summer", "autumn", "winter"],
        "answer": 2,
        "explanation": "禾 is grain, 火 is fire: the season in which the fields are the colour of fire.",
    },
    {"type": "truefalse", "prompt": "The sun rises in the west.", "answer": 1},
    {
        "type": "multiple",
        "prompt": "哪些是动词？ Which of these are verbs? Choose all, also those of other lessons.",
        "options": ["跑 run", "书 book", "看 look", "红 red"],
        "answer": [0, 2],
    },
    {"type": "number", "prompt": "7 × 8", "answer": 56},
    {"type": "text", "prompt": "The plural of “child”", "answer": ["children"]},
    {"type": "order", "prompt": "Put them in order", "options": ["1", "2", "3", "4"], "answer": [0, 1, 2, 3]},
    {"type": "choice", "prompt": "3/4 of 12", "options": ["3", "4", "9", "16"], "answer": 2},
    {"type": "choice", "prompt": "Which is the longest?", "options": ["1 km", "999 m", "10 m"], "answer": 0},
    {"type": "truefalse", "prompt": "水 boils at 100 °C at sea level.", "answer": 0},
    {"type": "choice", "prompt": "Antonym of 大", "options": ["小", "多", "高", "长"], "answer": 0},
    {"type": "choice", "prompt": "Who wrote 静夜思?", "options": ["李白", "杜甫", "白居易", "王维"], "answer": 0},
    {
        "type": "choice",
        "prompt": "1/2 + 1/3",
        "options": ["2/5", "5/6", "1/6", "2/6"],
        "answer": 1,
        "explanation": "3/6 + 2/6 = 5/6",
    },
]
POINTS = [
    ["seasons"],
    [],
    ["verbs"],
    ["times tables"],
    ["plurals"],
    [],
    ["fractions"],
    ["units"],
    [],
    [],
    [],
    ["fractions"],
]
QUESTIONS = [one | ({"points": some} if some else {}) for one, some in zip(QUESTIONS, POINTS, strict=True)]
HARD = [-1.5, -2, 0.4, -0.5, 0.2, 0, 1.2, -1, -0.4, -2, -0.3, 1.6]
"""How good one must be to know it as often as not."""
LONG = "Maximiliane-Alexandra von und zu Hohenlohe-Waldenburg-Schillingsfürst"
NAMES = ["王明", LONG, "", "أحمد عبد الرحمن", *(f"{one}{two}" for one in "李张刘陈杨赵" for two in "伟芳娜敏静强")]


@dataclass
class Held:
    """A lesson, and what everyone answered. `children`: participant → name."""

    id: str
    children: Mapping[str, str]
    given: dict[str, dict[str, Any]] = field(default_factory=dict)


async def do(parts: Parts, lesson: str, seat: Seat, kind: str, **data: Any) -> None:
    await parts.journal.submit(lesson, seat, Command(str(uuid.uuid4()), kind, data))


async def hold(
    parts: Parts,
    title: str,
    rooms: Sequence[str | None],
    *,
    owner: str | None = None,
    school: str | None = None,
    names: Sequence[str] = NAMES,
    questions: Sequence[dict[str, Any]] = QUESTIONS,
    seed: int = 0,
    ends: bool = True,
) -> Held:
    """The children sit in the rooms by turns; the better are those that come first, in every lesson."""
    rng = random.Random(seed)
    lesson = (await parts.store.lessons.add(title, parts.now_ms, owner=owner, school=school)).id
    await do(parts, lesson, SYSTEM, "lesson.open")
    await do(parts, lesson, SYSTEM, "lesson.start")
    if owner is not None:
        lead = await parts.store.participants.add(lesson, Role.LEAD_TEACHER, "Lead", parts.now_ms, account=owner)
        await do(parts, lesson, Seat(lead.id, Role.LEAD_TEACHER), "participant.join", name="Lead")
    seats: list[Seat] = []
    for number, name in enumerate(names):
        room = rooms[number % len(rooms)]
        row = await parts.store.participants.add(lesson, Role.STUDENT, name, parts.now_ms, room=room)
        seats.append(Seat(row.id, Role.STUDENT, room))
    joining = zip(seats, names, strict=True)
    await asyncio.gather(*(do(parts, lesson, seat, "participant.join", name=name or "?") for seat, name in joining))
    held = Held(lesson, {seat.participant: name for seat, name in zip(seats, names, strict=True)})
    for place, asked in enumerate(questions):
        activity = f"q{place + 1}"
        await do(parts, lesson, SYSTEM, "activity.open", activity=activity, **asked)
        mine = held.given[activity] = {}
        for number, seat in enumerate(seats):
            if rng.random() < 0.95:
                better = 1.5 - 3 * number / len(seats) + rng.gauss(0, 1)
                mine[seat.participant] = value(rng, asked, knows=better > HARD[place % len(HARD)])
        field_ = type_of(asked).field
        answering = (
            do(parts, lesson, seat, "activity.answer", activity=activity, **{field_: mine[seat.participant]})
            for seat in seats
            if seat.participant in mine
        )
        await asyncio.gather(*answering)
        await do(parts, lesson, SYSTEM, "activity.reveal", activity=activity)
    if ends:
        await do(parts, lesson, SYSTEM, "lesson.end")
    return held


def value(rng: random.Random, asked: Asked, *, knows: bool) -> Any:
    """What one answers who knows it, or does not."""
    answer, options = asked.get("answer"), asked.get("options", [])
    match asked["type"]:
        case "choice" | "vote":
            return answer if knows and answer is not None else rng.randrange(len(options))
        case "truefalse":
            return answer if knows else rng.randrange(2)
        case "multiple":
            return answer if knows else sorted(rng.sample(range(len(options)), rng.randint(1, 3)))
        case "order":
            return answer if knows else rng.sample(range(len(options)), len(options))
        case "number":
            return answer if knows else rng.choice([54, 48, 63, 15])
        case "text":
            return answer[0] if knows else rng.choice(["childs", "child", "childrens"])
        case "essay":
            return "Leaves fall, and it is cold. 秋天到了。" if knows else "I do not know."
        case "cloud":
            return ["red", "cold"] if knows else ["red"]
    raise AssertionError(asked["type"])
