"""Pages that are handed out: everyone (every room, every group) writes on one of their own, and the class's page lies
under it. Nothing is made when one is handed out; a page of one's own comes into being by the first thing on it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from classroom.board.boards import find_handout, find_page
from classroom.events import Draft, Event
from classroom.payload import Id, Payload
from classroom.reducer import Applier, Ask, Decider, Handout, State, missing, refused

MAX_HANDOUTS = 100
"""In a lesson."""

LATE_MS = 2000
"""What was done before a handout's time was up may arrive so late."""

HandoutId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,24}$")]
"""Without a hyphen: a page of one's own is `{handout}-{owner}`."""
Seconds = Annotated[int, Field(ge=5, le=2 * 3600)]
To = Literal["students", "rooms", "groups"]


class HandoutGive(Payload):
    """`photos`: for photos of work, a gallery."""

    handout: HandoutId
    page: Id
    to: To
    photos: bool = False
    seconds: Seconds | None = None


class HandoutCollect(Payload):
    """Owners write no more."""

    handout: HandoutId


class HandoutReopen(Payload):
    """They write again, or longer."""

    handout: HandoutId
    seconds: Seconds | None = None


class HandoutGiven(Payload):
    handout: HandoutId
    page: Id
    to: To
    photos: bool
    seconds: int | None


class HandoutCollected(Payload):
    handout: HandoutId


class HandoutReopened(Payload):
    handout: HandoutId
    seconds: int | None


TRANSITIONS: dict[tuple[str, str], str] = {
    ("open", "handout.collected"): "collected",
    ("open", "handout.reopened"): "open",
    ("collected", "handout.reopened"): "open",
}


def give(state: State, command: HandoutGive, _: Ask) -> list[Draft]:
    if find_handout(state, command.handout):
        raise refused("exists", "There is a handout of that id.")
    if find_page(state, command.page) is None:
        raise missing("page")
    if len(state["handouts"]) >= MAX_HANDOUTS:
        raise refused("too_many", f"At most {MAX_HANDOUTS} pages are handed out in a lesson.")
    return [Draft("handout.given", command.model_dump())]


def collect(state: State, command: HandoutCollect, _: Ask) -> list[Draft]:
    if _known(state, command.handout)["phase"] == "collected":
        return []
    return [Draft("handout.collected", {"handout": command.handout})]


def reopen(state: State, command: HandoutReopen, _: Ask) -> list[Draft]:
    handout = _known(state, command.handout)
    if handout["phase"] == "open" and handout["seconds"] == command.seconds is None:
        return []
    return [Draft("handout.reopened", command.model_dump())]


def is_open(handout: Handout, now: int) -> bool:
    """Whether its owners may still do something with it at `now` (lesson clock, ms)."""
    seconds = handout["seconds"]
    over = seconds is not None and now > handout["since"] + seconds * 1000 + LATE_MS
    return handout["phase"] == "open" and not over


def uncollected(state: State, now: int) -> list[str]:
    """Those whose time is over, also for what was on its way."""
    open_ = (one for one in state["handouts"] if one["phase"] == "open")
    return [one["handout"] for one in open_ if not is_open(one, now)]


def _known(state: State, name: str) -> Handout:
    handout = find_handout(state, name)
    if handout is None:
        raise missing("handout")
    return handout


def given(state: State, event: Event) -> State:
    data = event.data
    if find_handout(state, data["handout"]):
        return state
    handout: Handout = {
        "handout": data["handout"],
        "page": data["page"],
        "to": data["to"],
        "photos": data["photos"],
        "seconds": data["seconds"],
        "phase": "open",
        "since": event.at,
    }
    return {**state, "handouts": [*state["handouts"], handout]}


def moved(state: State, event: Event) -> State:
    handout = find_handout(state, event.data["handout"])
    phase = TRANSITIONS.get((handout["phase"], event.kind)) if handout else None
    if handout is None or phase is None:
        return state
    after: Handout = {**handout, "phase": phase}
    if event.kind == "handout.reopened":
        after = {**after, "since": event.at, "seconds": event.data["seconds"]}
    return {**state, "handouts": [after if one is handout else one for one in state["handouts"]]}


COMMANDS: dict[str, type[Payload]] = {
    "handout.give": HandoutGive,
    "handout.collect": HandoutCollect,
    "handout.reopen": HandoutReopen,
}
EVENTS: dict[str, type[Payload]] = {
    "handout.given": HandoutGiven,
    "handout.collected": HandoutCollected,
    "handout.reopened": HandoutReopened,
}
DECIDE: dict[str, Decider] = {"handout.give": give, "handout.collect": collect, "handout.reopen": reopen}
APPLY: dict[str, Applier] = {"handout.given": given, "handout.collected": moved, "handout.reopened": moved}
