"""Who watches a lesson by its link: counted while they say that they are there, as many as there are places."""

from __future__ import annotations

from collections import OrderedDict

AWAY_S = 75.0
"""A page says every `BEAT_S` that it is there; one that was not heard for longer than this has gone."""
BEAT_S = 25


class Watchers:
    """`now` is in seconds."""

    def __init__(self) -> None:
        self._heard: dict[str, OrderedDict[str, float]] = {}  # lesson → viewer → when, the latest last

    def count(self, lesson: str, now: float) -> int:
        heard = self._heard.get(lesson, OrderedDict())
        while heard and now - next(iter(heard.values())) > AWAY_S:
            heard.popitem(last=False)
        if not heard:
            self._heard.pop(lesson, None)
        return len(heard)

    def come(self, lesson: str, viewer: str, places: int, now: float) -> bool:
        """Whether there is a place; who has one keeps it."""
        count = self.count(lesson, now)
        heard = self._heard.setdefault(lesson, OrderedDict())
        if viewer not in heard and count >= places:
            return False
        heard[viewer] = now
        heard.move_to_end(viewer)
        return True

    def forget(self, lesson: str) -> None:
        self._heard.pop(lesson, None)
