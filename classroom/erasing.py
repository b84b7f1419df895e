"""What is left of somebody's traces in a lesson's events, and in what is said of its recordings. Pure.

The order of the journal stays as it is, and every event: what is rewritten is the ink that somebody wrote, of which a
dot stays for each line, where it began; and names, which become `ERASED`. Words stand in the side table, not here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

from classroom.events import Event, Json

ERASED = "已删除 / Erased"
INK = ("stroke.added", "page.filled")
HAN = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")
"""Of writing that puts nothing between words."""
POINT = 4
"""Numbers of a stroke's point: x, y, pressure, time."""


def inkless(event: Event, people: Collection[str]) -> Json | None:
    """What the event says without the ink of these participants; None where it has none."""
    if event.kind == "stroke.added" and event.actor in people and not _is_dot(event.data["points"]):
        return {**event.data, "points": dotted(event.data["points"])}
    if event.kind == "page.filled":
        objects = [_dotted_by(one, people) for one in event.data["objects"]]
        return {**event.data, "objects": objects} if objects != event.data["objects"] else None
    return None


def dotted(points: Iterable[float]) -> list[float]:
    """As many points, so that parts of the line are still parts of it, all where it began."""
    numbers = list(points)
    return numbers[:POINT] * (len(numbers) // POINT)


def _is_dot(points: Iterable[float]) -> bool:
    return dotted(points) == list(points)


def _dotted_by(one: Json, people: Collection[str]) -> Json:
    return {**one, "points": dotted(one["points"])} if one.get("by") in people and "points" in one else one


def nameless(cues: Iterable[Json], names: Collection[str]) -> list[Json]:
    """Cues of captions in which these names are `ERASED`: as the speaker, and in what is said, where they stand as
    words of their own. A name of one character is looked for as the speaker alone: it is a part of many words."""
    longest_first = sorted((one for one in names if len(one) > 1), key=len, reverse=True)
    apart = (re.escape(one) if HAN.search(one) else rf"(?<!\w){re.escape(one)}(?!\w)" for one in longest_first)
    one_of = "|".join(apart)
    spoken = re.compile(one_of, re.IGNORECASE) if one_of else None
    whole = {one.casefold() for one in names}

    def without(key: str, said: Any) -> Any:
        if not isinstance(said, str):
            return said
        if key == "speaker" and said.casefold() in whole:
            return ERASED
        return spoken.sub(ERASED, said) if spoken is not None else said

    return [{key: without(key, said) for key, said in one.items()} for one in cues]


def uncredited(contributors: Iterable[Json], names: Collection[str]) -> list[Json]:
    """Of a resource: who is named exactly so is `ERASED`, with the role."""
    return [{**one, "name": ERASED} if one.get("name") in names else one for one in contributors]
