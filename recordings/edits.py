"""What teachers decided to take out of a recording: a list that is only added to, and what it comes to. Pure.

A decision changes no file. `undo` takes one back; who sees the recording sees what the standing ones leave of it.

| kind | data |
|---|---|
| `cut` | `from_ms`, `to_ms` of the lesson's clock: nobody sees or hears what lies between |
| `trim` | `from_ms`, `to_ms` (null: the end): nothing before and after; the latest that stands counts |
| `hide` | `track`, or `participant`: all its tracks, its name, and what it said in words |
| `undo` | `number` of the decision that is taken back |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from classroom.errors import ClientFault, Status
from classroom.store.records import Edit

MOST = 2_000
SHORTEST_MS = 100  # of what is left

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Edited:
    """`cuts` in ms of the lesson's clock, in order, disjoint and not touching. `revision`: how much was decided."""

    revision: int = 0
    cuts: tuple[Span, ...] = ()
    tracks: frozenset[str] = frozenset()
    participants: frozenset[str] = frozenset()

    def shows(self, track: Mapping[str, Any]) -> bool:
        return track["id"] not in self.tracks and track["participant"] not in self.participants

    def keeps(self, from_ms: int, to_ms: int) -> bool:
        """Whether nothing of this stretch was cut out."""
        return all(to_ms <= begin or end <= from_ms for begin, end in self.cuts)

    def cut_at(self, at_ms: int) -> int | None:
        """Which cut a moment lies in: its index."""
        return next((index for index, (begin, end) in enumerate(self.cuts) if begin <= at_ms < end), None)


NOTHING = Edited()


def fold(decisions: Sequence[Edit], duration_ms: int) -> Edited:
    standing = list(stands(decisions))
    spans = [(one.data["from_ms"], one.data["to_ms"]) for one in standing if one.kind == "cut"]
    for trim in [one for one in standing if one.kind == "trim"][-1:]:
        to_ms = trim.data["to_ms"]
        spans += [(0, trim.data["from_ms"]), (duration_ms if to_ms is None else to_ms, duration_ms)]
    hidden = [one.data for one in standing if one.kind == "hide"]
    return Edited(
        decisions[-1].number if decisions else 0,
        joined(spans),
        frozenset(data["track"] for data in hidden if "track" in data),
        frozenset(data["participant"] for data in hidden if "participant" in data),
    )


def shown(decisions: Sequence[Edit], published: int, duration_ms: int) -> Edited:
    """As it is seen by those who may not edit it: what is taken out is gone at once, what is brought back is seen when
    that, too, was published. `published`: the number of the last decision that was."""
    now, then = fold(decisions, duration_ms), fold(decisions[:published], duration_ms)
    return Edited(
        now.revision, joined([*now.cuts, *then.cuts]), now.tracks | then.tracks, now.participants | then.participants
    )


def stands(decisions: Iterable[Edit]) -> list[Edit]:
    """Those that were not taken back."""
    decisions = list(decisions)
    undone = {one.data["number"] for one in decisions if one.kind == "undo"}
    return [one for one in decisions if one.kind != "undo" and one.number not in undone]


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """In order and apart; empty ones are left out."""
    out: list[Span] = []
    for begin, end in sorted(spans):
        if begin >= end:
            continue
        if out and begin <= out[-1][1]:
            out[-1] = out[-1][0], max(out[-1][1], end)
        else:
            out.append((begin, end))
    return tuple(out)


def left_ms(edited: Edited, duration_ms: int) -> int:
    """Of what lies before a moment of the lesson's clock, how much was not cut out."""
    return duration_ms - sum(min(end, duration_ms) - min(begin, duration_ms) for begin, end in edited.cuts)


def check(wanted: Edit, decisions: Sequence[Edit], tracks: Sequence[Mapping[str, Any]], duration_ms: int) -> None:
    """Raises ClientFault `out_of_range`, `nothing_left`, `too_many_edits` (422), `not_found` (404) and `undone` (409)
    for a decision that makes no sense here."""
    if len(decisions) >= MOST:
        raise _refused("too_many_edits", f"No more than {MOST} decisions are kept of a recording.")
    data = wanted.data
    match wanted.kind:
        case "cut" | "trim":
            end_ms = duration_ms if data["to_ms"] is None else data["to_ms"]
            if not 0 <= data["from_ms"] < end_ms <= duration_ms:
                raise _refused("out_of_range", f"Of 0 to {duration_ms} ms, a stretch must end after it begins.")
        case "hide":
            known = {one["id"] for one in tracks} if "track" in data else {one["participant"] for one in tracks}
            if (data.get("track") or data.get("participant")) not in known:
                raise ClientFault("not_found", "There is no such track or participant.", Status.NOT_FOUND)
        case "undo":
            before = next((one for one in decisions if one.number == data["number"]), None)
            if before is None or before.kind == "undo":
                raise ClientFault("not_found", "There is no such decision.", Status.NOT_FOUND)
            if before not in stands(decisions):
                raise ClientFault("undone", "That was taken back already.", Status.CONFLICT)
    if left_ms(fold([*decisions, wanted], duration_ms), duration_ms) < SHORTEST_MS:
        raise _refused("nothing_left", "That would leave nothing of the recording.")


def _refused(code: str, message: str) -> ClientFault:
    return ClientFault(code, message, Status.REFUSED)
