"""The script of the sample lesson: who takes part, what each does when, and who speaks. Data, played by `play.py`.

A minute and a quarter of second-grade Chinese, "Autumn": a lead teacher and a local one, a room and a child at home;
slides, a character written stroke by stroke, a room called on, a vote, a quiz with a right answer, a learner's
question, words in the chat.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import dist
from typing import Any

from classroom.events import Role

TITLE = "Sample lesson: Autumn 示范课：秋天"
LONG_S = 72.0

CAST: Mapping[str, tuple[Role, str, bool]] = {  # role, name, whether it is in the remote room
    "lead": (Role.LEAD_TEACHER, "Li Wen 李文", False),
    "room": (Role.DISPLAY, "Qingshan 青山村小", True),
    "local": (Role.LOCAL_TEACHER, "Zhang Min 张敏", True),
    "ming": (Role.STUDENT, "Wang Ming 王明", True),
    "xi": (Role.STUDENT, "Chen Xi 陈曦", True),
    "yang": (Role.STUDENT, "Liu Yang 刘洋", True),
    "xue": (Role.STUDENT, "Zhao Xue 赵雪", False),
}
FILMED = {"lead": "camera", "room": "room"}
"""Who sends a picture and a voice, and of which source it is."""

SPEAKING: Mapping[str, tuple[tuple[float, float], ...]] = {
    "lead": ((1.0, 22.0), (32.5, 44.0), (49.0, 54.0), (57.0, 71.0)),
    "room": ((24.5, 31.5),),
}

PLAN: tuple[Mapping[str, Any], ...] = (
    {"step": "greet", "title": "Good morning 问好", "minutes": 1},
    {"step": "write", "title": "Write 秋, stroke by stroke 写「秋」", "minutes": 1},
    {"step": "call", "title": "Call on Qingshan 请青山村小的同学回答", "minutes": 1},
    {"step": "vote", "title": "Which season do you like best? 投票：最喜欢的季节", "minutes": 1}
    | {"note": "Let the children say why. 请孩子们说说理由。"},
    {"step": "quiz", "title": "What is 秋 made of? 测验：「秋」的组成", "minutes": 1},
    {"step": "ask", "title": "Questions and homework 提问与作业", "minutes": 1},
)
"""The teachers' plan, and when its steps begin."""
STEPS: Mapping[str, float] = {"greet": 0.1, "write": 6.4, "call": 20.4, "vote": 32.4, "quiz": 44.4, "ask": 56.9}

PAGE = "autumn"
COLOUR, BOX_COLOUR = "#1e2430", "#d9a79c"
# The character 秋 in the order of its nine strokes, in a square of 1 by 1.
AUTUMN: tuple[tuple[tuple[float, float], ...], ...] = (
    ((0.42, 0.10), (0.32, 0.15), (0.18, 0.18)),
    ((0.08, 0.33), (0.28, 0.31), (0.49, 0.28)),
    ((0.29, 0.17), (0.29, 0.55), (0.29, 0.92)),
    ((0.28, 0.34), (0.20, 0.52), (0.06, 0.67)),
    ((0.31, 0.37), (0.38, 0.46), (0.45, 0.52)),
    ((0.56, 0.30), (0.59, 0.37), (0.61, 0.45)),
    ((0.93, 0.27), (0.89, 0.36), (0.83, 0.43)),
    ((0.74, 0.12), (0.73, 0.45), (0.65, 0.70), (0.47, 0.89)),
    ((0.74, 0.50), (0.82, 0.70), (0.97, 0.89)),
)
BOX, CORNER = 620, (490, 140)
"""Where on the page it is written, in board units: how large, and the upper left corner."""
SPEED = 0.45
"""Board units a millisecond."""
STEP_MS = 20


@dataclass(frozen=True, slots=True)
class Cue:
    """`who` asks this at `at_s` of the lesson. In `data`, "@name" stands for an id that is known when it is played: of
    one of the cast, or of the slides. `written_ms`: a stroke, that so long before was begun."""

    at_s: float
    who: str
    kind: str
    data: Mapping[str, Any]
    written_ms: int = 0


def cues() -> list[Cue]:
    """All of the lesson between its start and its end, in order."""
    return sorted([*_spoken(), *_asked(), *_written(9.0)], key=lambda cue: cue.at_s)


def _spoken() -> Iterator[Cue]:
    for number, at_s in enumerate((0.2, 4.0, 32.5, 57.0), 1):
        yield Cue(at_s, "lead", "slide.show", {"courseware": "@slides", "slide": number})
    yield Cue(6.5, "lead", "page.add", {"page": PAGE, "paper": {"kind": "blank"}})
    yield Cue(8.0, "lead", "page.show", {"page": PAGE})
    for step, at_s in STEPS.items():
        yield Cue(at_s, "lead", "step.begin", {"step": step})
    for at_s, who, text in (
        (2.0, "lead", "Good morning, Qingshan! 青山的同学们，早上好！"),
        (3.5, "ming", "老师早上好！ Good morning!"),
        (55.0, "local", "Three of three in our room have it. 我们班三个人都会了。"),
        (68.0, "lead", "Find a leaf for tomorrow. 明天请带一片树叶来。"),
    ):
        yield Cue(at_s, who, "chat.say", {"message": f"said-{at_s:.0f}", "text": text})
    yield Cue(20.5, "ming", "hand.raise", {})
    yield Cue(22.0, "lead", "stage.call", {"participant": "@ming"})
    yield Cue(23.0, "room", "stage.accept", {"participant": "@room"})
    yield Cue(31.5, "lead", "stage.dismiss", {})
    yield Cue(32.0, "lead", "stage.release", {"participant": "@room"})
    yield Cue(58.0, "xue", "question.ask", {"question": "red", "text": "Why do leaves turn red? 树叶为什么会变红？"})
    yield Cue(60.5, "ming", "question.vote", {"question": "red", "on": True})
    yield Cue(62.0, "lead", "question.show", {"question": "red"})
    yield Cue(66.5, "lead", "question.mark", {"question": "red", "state": "answered"})


def _asked() -> Iterator[Cue]:
    yield from _activity(
        34.0,
        {"activity": "seasons", "type": "vote", "prompt": "Which season do you like best? 你最喜欢哪个季节？"}
        | {"options": ["Spring 春", "Summer 夏", "Autumn 秋", "Winter 冬"]},
        {"ming": 2, "xi": 0, "yang": 2, "xue": 3},
    )
    yield from _activity(
        44.5,
        {"activity": "parts", "type": "choice", "prompt": "Which two parts make 秋? 「秋」是由哪两个部分组成的？"}
        | {"options": ["禾 and 火", "木 and 火", "禾 and 日", "米 and 水"], "answer": 0}
        | {"explanation": "禾 is grain, 火 is fire: in autumn the grain is as golden as fire. 秋天，庄稼金黄如火。"},
        {"xi": 0, "xue": 1, "ming": 0, "yang": 0},
    )


def _activity(at_s: float, question: Mapping[str, Any], choices: Mapping[str, int]) -> Iterator[Cue]:
    """Opened; answered by one after the other; closed, and shown."""
    activity = {"activity": question["activity"]}
    yield Cue(at_s, "lead", "activity.open", question)
    for number, (who, choice) in enumerate(choices.items(), 2):
        yield Cue(at_s + number, who, "activity.answer", {**activity, "choice": choice})
    yield Cue(at_s + 7.0, "lead", "activity.close", activity)
    yield Cue(at_s + 8.0, "lead", "activity.reveal", activity)


def _written(at_s: float) -> Iterator[Cue]:
    """A box for the character (田字格), and the character, as a hand writes it."""
    x, y, middle = *CORNER, BOX // 2
    for name, begin, end in (
        ("rectangle", [x, y], [x + BOX, y + BOX]),
        ("line", [x, y + middle], [x + BOX, y + middle]),
        ("line", [x + middle, y], [x + middle, y + BOX]),
    ):
        shape = {"type": "shape", "shape": name, "color": BOX_COLOUR, "width": 4, "from": begin, "to": end}
        yield Cue(8.2, "lead", "object.add", {"page": PAGE, "object": {"object": f"box-{name}-{end[0]}", **shape}})
    for number, line in enumerate(AUTUMN, 1):
        points = _points(line)
        long_ms = points[-1]
        at_s += long_ms / 1000
        stroke = {"stroke": f"autumn-{number}", "page": PAGE, "tool": "pen", "color": COLOUR, "width": 14}
        yield Cue(at_s, "lead", "stroke.add", {**stroke, "points": points}, long_ms)
        at_s += 0.35


def _points(line: Sequence[tuple[float, float]]) -> list[Any]:
    """Flat: x, y, pressure and milliseconds, one point every `STEP_MS`; the pressure falls off to the end."""
    corners = [(CORNER[0] + x * BOX, CORNER[1] + y * BOX) for x, y in line]
    lengths = [dist(one, other) for one, other in pairwise(corners)]
    steps = max(2, round(sum(lengths) / SPEED / STEP_MS))
    flat: list[Any] = []
    for step in range(steps + 1):
        x, y = _along(corners, lengths, step / steps * sum(lengths))
        flat += [round(x, 1), round(y, 1), round(0.85 - 0.5 * (step / steps) ** 3, 3), step * STEP_MS]
    return flat


def _along(corners: Sequence[tuple[float, float]], lengths: Sequence[float], way: float) -> tuple[float, float]:
    """The place so far along the line."""
    for (begin, end), length in zip(pairwise(corners), lengths, strict=True):
        if way <= length:
            share = way / length
            return begin[0] + (end[0] - begin[0]) * share, begin[1] + (end[1] - begin[1]) * share
        way -= length
    return corners[-1]
