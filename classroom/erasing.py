"""What is left of somebody's traces in a lesson's events, and in what is said of its recordings. Pure.

The order of the journal stays as it is, and every event: what is rewritten is the ink that somebody wrote, of which a
dot stays for each line, where it began; and names, which become `ERASED`. Words stand in the side table, not here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from classroom.events import Event, Json

ERASED = "已删除 / Erased"
INK = ("stroke.added", "page.filled")
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


def nameless(said: Any, names: Collection[str]) -> Any:
    """JSON in which these names, wherever they stand in a text, are `ERASED`."""
    if isinstance(said, str):
        for name in sorted(names, key=len, reverse=True):
            said = said.replace(name, ERASED)
        return said
    if isinstance(said, list):
        return [nameless(one, names) for one in said]
    if isinstance(said, dict):
        return {key: nameless(one, names) for key, one in said.items()}
    return said


def uncredited(contributors: Iterable[Json], names: Collection[str]) -> list[Json]:
    """Of a resource: who is named exactly so is `ERASED`, with the role."""
    return [{**one, "name": ERASED} if one.get("name") in names else one for one in contributors]
