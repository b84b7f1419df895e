"""A question of each type, and answers that fit."""

from __future__ import annotations

import random
from typing import Any

OPTIONS = ["spring", "夏", "autumn", "冬"]
WORDS = [
    "Dog",
    " dog ",
    "ＤＯＧ",
    "ſpot",
    "é",
    "e\u0301",
    "𝔇og",
    "﹏",
    "hound\tdog",
    "hound  dog",
    "İ",
    "ß",
    "狗",
    "🐶",
    "ﬀ",
]
RUBRIC = [
    {"name": "Fluency", "levels": [{"points": 0}, {"points": 2, "says": "with pauses"}, {"points": 4}]},
    {"name": "声调", "levels": [{"points": 0, "says": "不准"}, {"points": 3}]},
]
WORKS = {"spoken": "sound", "drawing": "ink", "upload": "picture"}
"""Types whose answer is sent before, and of what kind it is."""
ACCEPTED = [["dog", "Hound Dog"], ["É"], ["狗", "犬"]]

QUESTIONS: dict[str, dict[str, Any]] = {
    "choice": {"options": OPTIONS, "answer": 2},
    "vote": {"options": OPTIONS},
    "roll": {"options": ["here"]},
    "truefalse": {"answer": 1},
    "rating": {"steps": 5, "ends": ["never", "always"]},
    "multiple": {"options": OPTIONS, "answer": [0, 2, 3]},
    "number": {"answer": 9.81, "tolerance": 0.05, "unit": "m/s²"},
    "text": {"answer": ACCEPTED[0]},
    "essay": {},
    "cloud": {"words": 2},
    "order": {"options": OPTIONS, "answer": [2, 0, 3, 1]},
    "match": {"options": OPTIONS, "targets": ["a", "b", "c", "d", "e"], "answer": [4, 4, 0, 1]},
    "memory": {"options": ["cat", "dog", "秋"], "targets": ["猫", "dog", "autumn"], "answer": 3},
    "spot": {
        "picture": "map",
        "aspect": 0.75,
        "answer": [
            {"shape": "circle", "at": [0.3, 0.4], "radius": 0.2},
            {"shape": "rect", "at": [0.6, 0.1], "size": [0.3, 0.25]},
            {"shape": "polygon", "points": [[0.5, 0.6], [0.9, 0.7], [0.6, 0.95], [0.65, 0.75]]},
        ],
    },
    "survey": {
        "questions": [
            {"type": "rating", "prompt": "How was it?", "steps": 5, "required": True},
            {"type": "multiple", "prompt": "What was good?", "options": OPTIONS},
            {"type": "text", "prompt": "Why?"},
            {"type": "order", "prompt": "Best first", "options": OPTIONS[:3], "required": True},
        ]
    },
    "data": {
        "table": [
            {"name": "Pulse", "unit": "1/min", "words": False, "least": 30, "most": 220},
            {"name": "Minute", "words": False, "most": 90},
            {"name": "What", "words": True},
        ],
        "live": False,
        "chart": "line",
    },
    "gaps": {"text": "The ___ barks at ___, \n___.", "answer": ACCEPTED},
    "spoken": {"rubric": RUBRIC},
    "drawing": {"worth": 5},
    "upload": {},
}
"""Of all types but the buzzer, whose answers are not marked, and are counted by when they came."""


def values(rng: random.Random, name: str) -> Any:
    """Something that fits, and is right now and then."""
    if name == "gaps" and rng.random() < 0.1:
        return [accepted[0] for accepted in ACCEPTED]
    if name in ("order", "match", "multiple") and rng.random() < 0.1:
        return QUESTIONS[name]["answer"]
    match name:
        case "choice" | "vote":
            return rng.randrange(4)
        case "roll":
            return 0
        case "truefalse":
            return rng.randrange(2)
        case "rating":
            return rng.randrange(5)
        case "multiple":
            return sorted(rng.sample(range(4), rng.randint(1, 4)))
        case "number":
            return rng.choice([9.81, 9.8, 9.86, 9.87, 9.76, -0.0, 0, 3, 1e15])
        case "text" | "essay":
            return rng.choice(WORDS).strip()
        case "cloud":
            return [rng.choice(WORDS).strip() for _ in range(rng.randint(1, 2))]
        case "order":
            return rng.sample(range(4), 4)
        case "match":
            return [rng.choice([None, *range(5)]) for _ in range(4)]
        case "memory":
            found = rng.randint(0, 3)
            return {"found": found, "turns": found + rng.randrange(6), "ms": rng.randrange(90_000)}
        case "spot":
            return [rng.choice([0, 1, 0.3, rng.random()]), rng.choice([0, 1, 0.95, rng.random()])]
        case "gaps":
            return [rng.choice(["", *WORDS]).strip() for _ in range(3)]
        case "data":

            def row() -> list[Any]:
                return [rng.randint(60, 180), rng.choice([None, rng.randrange(90)]), rng.choice([None, "run"])]

            return [row() for _ in range(rng.choice([0, 1, 3, 40]))]
        case "survey":
            whole = [
                {"choice": rng.randrange(5)},
                rng.choice([None, {"choices": sorted(rng.sample(range(4), 2))}]),
                rng.choice([None, {"text": rng.choice(WORDS).strip()}]),
                {"order": rng.sample(range(3), 3)},
            ]
            return whole[: rng.choice([1, 2, 3, 4, 4, 4])]
        case "buzzer":
            return True
        case "spoken" | "drawing" | "upload":
            return f"{WORKS[name]}-{rng.randrange(3)}"
    raise AssertionError(name)


def question(name: str) -> dict[str, Any]:
    return {"type": name, "prompt": "?", **QUESTIONS.get(name, {})}
