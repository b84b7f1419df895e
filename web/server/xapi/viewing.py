"""From what a page tells of playing to statements of the xAPI Video Profile 1.0.3. Pure: time and ids are arguments.

Seconds are those of the resource, rounded to milliseconds as the profile asks (its §5.4). A viewing begins with what a
page tells first, and ends when it says so; nothing is told of one that was not begun.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from classroom.events import Json
from web.server.statements import VERBS, time_of

VIDEO = "https://w3id.org/xapi/video"
THRESHOLD = 0.95
"""Of its length; who has played so much of it has completed it."""
MOST_STRETCHES = 500
"""More are laid together where they overlap; where that leaves as many, no more are told."""
IRIS = {
    **{verb: f"{VERBS}{verb}" for verb in ("initialized", "completed", "terminated")},
    **{verb: f"{VIDEO}/verbs/{verb}" for verb in ("played", "paused", "seeked")},
}

What = Literal["played", "paused", "seeked", "terminated"]


@dataclass(frozen=True, slots=True)
class Moment:
    """What happened at `at_s` of the resource; `from_s`, of seeking, where it was before. `now_ms`: when."""

    what: What
    at_s: float
    now_ms: int
    from_s: float = 0.0


@dataclass(slots=True)
class Viewing:
    """One page's of one resource. `played` are stretches in the order in which they were played, `since` where the one
    begins that is being played."""

    session: str
    actor: Json
    video: Json
    length_s: float
    said_ms: int
    played: list[tuple[float, float]] = field(default_factory=list)
    since: float | None = None
    at_s: float = 0.0
    spent_s: float = 0.0
    is_complete: bool = False

    def begin(self, new_id: Callable[[], str]) -> Json:
        return self._said("initialized", {}, self.said_ms, new_id)

    def tell(self, moment: Moment, new_id: Callable[[], str]) -> Iterator[Json]:
        """The statements that come of it: none of what is so already."""
        self.said_ms = moment.now_ms
        at = self.at_s = _second(min(moment.at_s, self.length_s))
        match moment.what:
            case "played":
                if self.since is None:
                    self.since = at
                    yield self._said("played", {"time": at}, moment.now_ms, new_id)
                return
            case "paused":
                if self.since is None:
                    return
                self._until(at)
                yield self._said("paused", {"time": at, **self._far()}, moment.now_ms, new_id)
            case "seeked":
                before, plays = _second(min(moment.from_s, self.length_s)), self.since is not None
                self._until(before)
                self.since = at if plays else None
                yield self._said("seeked", {"time-from": before, "time-to": at}, moment.now_ms, new_id)
            case "terminated":
                self._until(at)
        if not self.is_complete and self._progress() >= THRESHOLD:
            self.is_complete = True
            yield self._said("completed", {"time": at, **self._far()}, moment.now_ms, new_id)
        if moment.what == "terminated":
            yield self._said("terminated", {"time": at, **self._far()}, moment.now_ms, new_id)

    def _until(self, at: float) -> None:
        if self.since is not None and at > self.since:
            self.spent_s += at - self.since
            self.played.append((self.since, at))
            if len(self.played) > MOST_STRETCHES:
                self.played = _laid_together(self.played)[:MOST_STRETCHES]
        self.since = None

    def _far(self) -> Json:
        stretches = "[,]".join(f"{start:g}[.]{end:g}" for start, end in self.played)
        return {"progress": self._progress(), "played-segments": stretches}

    def _progress(self) -> float:
        """How much of it was played at least once, 0 to 1."""
        seen = sum(end - start for start, end in _laid_together(self.played))
        return min(1.0, round(seen / self.length_s, 3)) if self.length_s else 0.0

    def _said(self, verb: str, extensions: Json, now_ms: int, new_id: Callable[[], str]) -> Json:
        result: Json = {"extensions": _named(extensions)} if extensions else {}
        if verb == "completed":
            result |= {"completion": True, "duration": f"PT{self.spent_s:.2f}S"}
        context = {"session-id": self.session, "length": _second(self.length_s), "completion-threshold": THRESHOLD}
        return {
            "id": new_id(),
            "actor": self.actor,
            "verb": {"id": IRIS[verb], "display": {"en": verb}},
            "object": self.video,
            **({"result": result} if result else {}),
            "context": {"contextActivities": {"category": [{"id": VIDEO}]}, "extensions": _named(context)},
            "timestamp": time_of(now_ms),
        }


def video(base: str, resource: str, title: str) -> Json:
    definition = {"type": f"{VIDEO}/activity-type/video", "name": {"und": title}}
    return {"objectType": "Activity", "id": f"{base}/library/{resource}", "definition": definition}


def _named(extensions: Json) -> Json:
    return {f"{VIDEO}/extensions/{name}": value for name, value in extensions.items()}


def _laid_together(stretches: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """In the order of their beginnings."""
    found: list[tuple[float, float]] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def _second(of: float) -> float:
    return round(of, 3)
