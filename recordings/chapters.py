"""The places of a recording that one would look for, as the player lists them (web/client/src/pages/library,
timeline.ts and chapters.ts). Pure; times in ms of the lesson's clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from classroom.events import Event
from classroom.reducer import EMPTY, State
from classroom.rules import apply
from recordings.edits import Span

Kind = Literal["page", "slide", "film", "activity", "asked", "step"]
WEIGHT: dict[Kind, int] = {"step": 5, "activity": 4, "film": 3, "slide": 2, "page": 1, "asked": 0}
"""Which of several that begin together names the place."""
LASTING: frozenset[Kind] = frozenset({"page", "slide", "step"})
"""What goes on until another takes its place."""
MOST = 120
"""Characters of a title."""


@dataclass(frozen=True, slots=True)
class Mark:
    """`name` is the page's number, what a slide's courseware, a film or a step is called, or what was asked; `slide` of
    which courseware, and the number."""

    at: int
    kind: Kind
    name: str
    slide: tuple[str, int] | None = None


def marks(told: Iterable[Event]) -> list[Mark]:
    """Of the events that who sees the recording may know."""
    state, found = EMPTY, list[Mark]()
    for event in told:
        before, state = state, apply(state, event)
        if mark := _mark(event, before, state):
            found.append(mark)
    asked = state["questions"]["by_id"].values()
    found += [Mark(one["moment"], "asked", one["text"] or "") for one in asked if one["moment"] is not None]
    return sorted(found, key=lambda mark: mark.at)


def _mark(event: Event, before: State, state: State) -> Mark | None:
    playing = state["playing"]
    film = state["courseware"].get(playing["courseware"]) if playing else None
    if film and playing and playing["courseware"] != (before["playing"] or {}).get("courseware"):
        return Mark(event.at, "film", film["name"] or "")
    if event.kind == "step.begun":
        return Mark(event.at, "step", event.data["title"])
    if event.kind == "activity.opened":
        return Mark(event.at, "activity", event.data["prompt"])
    board = state["board"]
    if event.kind != "page.shown" or event.at <= 0 or board["shown"] == before["board"]["shown"]:
        return None
    pages = ((n, one["paper"]) for n, one in enumerate(board["pages"], 1) if one["id"] == board["shown"])
    number, paper = next(pages, (0, None))
    if not paper or "courseware" not in paper:
        return Mark(event.at, "page", f"{number}")
    courseware = state["courseware"].get(paper["courseware"])
    name = (courseware["name"] if courseware else "") or ""
    return Mark(event.at, "slide", name, (paper["courseware"], paper["slide"]))


def within(found: Iterable[Mark], from_ms: int, to_ms: int, cuts: Sequence[Span]) -> list[Mark]:
    """Those that are there between two moments: of what was shown while it was cut, what was still shown thereafter."""
    out: list[Mark] = []
    for mark in found:
        at = max(from_ms, next((end for begin, end in cuts if begin <= mark.at < end), mark.at))
        if at > to_ms or (at != mark.at and mark.kind not in LASTING):
            continue
        step = mark.kind == "step"
        if at != mark.at:
            overtaken = (one for one in out if one.at == at and one.kind in LASTING and (one.kind == "step") == step)
            if (one := next(overtaken, None)) is not None:
                out.remove(one)
        out.append(replace(mark, at=at))
    return out


def titled(found: Iterable[Mark], said_on: Callable[[str, int], str]) -> list[tuple[int, str]]:
    """For a file, whose chapters know no kinds: what is asked is told by a sign, learners' questions by a hand.
    `said_on`: what stands on a slide."""
    of_each: dict[int, Mark] = {}
    for mark in found:
        if mark.at not in of_each or WEIGHT[mark.kind] >= WEIGHT[of_each[mark.at].kind]:
            of_each[mark.at] = mark
    return [(at, _title(mark, said_on)[:MOST]) for at, mark in of_each.items()]


def _title(mark: Mark, said_on: Callable[[str, int], str]) -> str:
    match mark.kind:
        case "activity":
            return f"? {mark.name}".rstrip()
        case "asked":
            return f"✋ {mark.name}".rstrip()
        case "slide" if mark.slide:
            lines = (" ".join(line.split()) for line in said_on(*mark.slide).split("\n"))
            return next((line for line in lines if line), f"{mark.name} {mark.slide[1]}".strip())
    return mark.name
