"""Raised hands, the longest waiting first."""

from __future__ import annotations

from classroom.events import Draft, Event, Role
from classroom.payload import Id, Payload
from classroom.reducer import Applier, Ask, Decider, State, denied


class HandRaise(Payload):
    pass


class HandLower(Payload):
    """One's own hand; teachers may lower anybody's by naming the participant."""

    participant: Id | None = None


class HandRaised(Payload):
    participant: Id


class HandLowered(Payload):
    participant: Id


MAY_LOWER_OTHERS = frozenset({Role.LEAD_TEACHER, Role.LOCAL_TEACHER})


def raise_(state: State, _: HandRaise, ask: Ask) -> list[Draft]:
    if ask.seat.participant in state["hands"]:
        return []
    return [Draft("hand.raised", {"participant": ask.seat.participant})]


def lower(state: State, command: HandLower, ask: Ask) -> list[Draft]:
    participant = command.participant or ask.seat.participant
    if participant != ask.seat.participant and ask.seat.role not in MAY_LOWER_OTHERS:
        raise denied("Only teachers lower other people's hands.")
    if participant not in state["hands"]:
        return []
    return [Draft("hand.lowered", {"participant": participant})]


def raised(state: State, event: Event) -> State:
    participant = event.data["participant"]
    if participant in state["hands"]:
        return state
    return {**state, "hands": [*state["hands"], participant]}


def lowered(state: State, event: Event) -> State:
    participant = event.data["participant"]
    return {**state, "hands": [one for one in state["hands"] if one != participant]}


COMMANDS: dict[str, type[Payload]] = {"hand.raise": HandRaise, "hand.lower": HandLower}
EVENTS: dict[str, type[Payload]] = {"hand.raised": HandRaised, "hand.lowered": HandLowered}
DECIDE: dict[str, Decider] = {"hand.raise": raise_, "hand.lower": lower}
APPLY: dict[str, Applier] = {"hand.raised": raised, "hand.lowered": lowered}
