"""How right an answer is, and what came of several, reckoned in another way than the types of questions do."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from typing import Any


def same(words: str) -> str:
    """As `plain`, otherwise."""
    return re.sub(r"[ \n\t]+", " ", unicodedata.normalize("NFKC", words).lower()).strip(" ")


def mark_otherwise(asked: Any, value: Any) -> float | None:
    right = asked.get("answer")
    if right is None:
        return None
    match asked["type"]:
        case "choice" | "truefalse":
            return 1.0 if [right] == [value] else 0.0
        case "multiple":
            good, bad = len(set(value) & set(right)), len(set(value) - set(right))
            return float(max(Fraction(0), Fraction(good - bad, len(right))))
        case "number":
            given, middle, most = (Fraction(repr(float(one))) for one in (value, right, asked.get("tolerance", 0)))
            near = Fraction(1, 2**50) * max(abs(given), abs(middle), most)
            return 1.0 if abs(given - middle) <= most + near else 0.0
        case "text":
            return 1.0 if same(value) in {same(one) for one in right} else 0.0
        case "gaps":
            hits = [same(one) in {same(other) for other in good} for one, good in zip(value, right, strict=True)]
            return float(Fraction(sum(hits), len(right)))
        case "memory":
            return 1.0 if value["found"] >= right else 0.0
        case "spot":
            aspect = Fraction(asked["aspect"])
            return 1.0 if any(covered(area, aspect, *map(Fraction, value)) for area in right) else 0.0
        case _:
            return float(Fraction(sum(one == other for one, other in zip(value, right, strict=True)), len(right)))


def covered(area: Any, aspect: Fraction, x: Fraction, y: Fraction) -> bool:
    """In fractions; of a polygon by how often its sides wind round the place."""
    if area["shape"] == "circle":
        across, down = x - Fraction(area["at"][0]), (y - Fraction(area["at"][1])) * aspect
        return across**2 + down**2 <= Fraction(area["radius"]) ** 2
    if area["shape"] == "rect":
        corner, size = map(Fraction, area["at"]), map(Fraction, area["size"])
        return all(begin <= at <= begin + long for begin, long, at in zip(corner, size, (x, y), strict=True))
    winds, points = 0, [(Fraction(one), Fraction(other)) for one, other in area["points"]]
    for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True):
        side = (bx - ax) * (y - ay) - (x - ax) * (by - ay)
        winds += (ay <= y < by and side > 0) - (by <= y < ay and side < 0)
    return winds != 0


def count_otherwise(asked: Any, answers: list[Any]) -> Any:
    columns = len(asked.get("options", ()))
    match asked["type"]:
        case "choice" | "vote" | "roll":
            return [answers.count(column) for column in range(columns)]
        case "truefalse" | "rating":
            return [answers.count(column) for column in range(asked.get("steps", 2))]
        case "multiple":
            return [sum(column in one for one in answers) for column in range(columns)]
        case "order":
            return [[sum(one[place] == n for one in answers) for place in range(columns)] for n in range(columns)]
        case "match":
            targets = range(len(asked["targets"]))
            return [[sum(one[option] == target for one in answers) for target in targets] for option in range(columns)]
        case "essay" | "spoken" | "drawing" | "upload":
            return []
        case "memory":
            return often(one["turns"] for one in answers if one["found"] == columns)
        case "spot":
            return often(
                sum(min(31, math.floor(Fraction(at) * 32)) * by for at, by in zip(one, (1, 32), strict=True))
                for one in answers
            )
        case "number":
            return often(answers)
        case "text":
            return often(map(same, answers))
        case "cloud":
            return often(same(word) for one in answers for word in one)
        case "data":
            rows = [row for one in answers for row in one]
            some = [rows[int(Fraction(n * len(rows), 300))] for n in range(300)] if len(rows) > 300 else rows
            return [len(rows), some]
        case "survey":
            return [
                _part(part, [one[at] for one in answers if len(one) > at]) for at, part in enumerate(asked["questions"])
            ]
        case "gaps":
            gaps = len(re.findall("___", asked["text"]))
            return [often(same(one[gap]) for one in answers if one[gap]) for gap in range(gaps)]
        case "buzzer":
            return [at for _, at in sorted((one["place"], one["at"]) for one in answers)]
    raise AssertionError(asked)


def _part(part: Any, answers: list[Any]) -> list[Any]:
    given = [value for one in answers if one is not None for value in one.values()]
    return [len(given), count_otherwise(part, given)]


def often(many: Iterable[Any]) -> list[list[Any]]:
    counts = Counter(many)
    return [[value, counts[value]] for value in sorted(counts, key=lambda value: (-counts[value], value))]
