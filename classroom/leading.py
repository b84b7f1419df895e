"""Who leads. From the first lead teacher's arrival on there is exactly one lead, though perhaps away.

A seat's role says what somebody may be; the lead is who acts as `lead_teacher` now (`acting`). A lead who leaves stays
the lead until someone takes over: a present lead teacher does so at once, a local teacher by a command. Who holds
a seat of the lead teacher takes the lead from another such seat as they like (it is the same teacher at another
computer), and from a local teacher who is there by asking for it.
"""

from __future__ import annotations

from dataclasses import replace

from classroom.events import SYSTEM, Draft, Event, Phase, Role, Seat
from classroom.payload import Id, Payload
from classroom.reducer import Applier, Ask, Decider, State, denied, missing, refused

TEACHERS = frozenset({Role.LEAD_TEACHER, Role.LOCAL_TEACHER})


class LeadTake(Payload):
    """Takes over from a lead who is away; for a lead teacher's seat, also from another such seat."""


class LeadGive(Payload):
    """Hands the lead to another teacher, asked for or not."""

    participant: Id


class LeadAsk(Payload):
    """Asks the lead for the lead."""


class LeadDecline(Payload):
    """The lead keeps it, whoever asked for it."""


class LeadTaken(Payload):
    """`before`: who had it."""

    participant: Id
    before: Id | None = None


class LeadGiven(LeadTaken):
    pass


class LeadAsked(Payload):
    participant: Id


class LeadDeclined(Payload):
    participant: Id


def acting(state: State, seat: Seat) -> Seat:
    """The seat with the role it has now: the lead's is `lead_teacher`, another lead teacher's `local_teacher`. When the
    lesson is over nobody leads it, and a lead teacher's seat is what it was given as."""
    lead = state["lead"]["participant"]
    if state["phase"] == Phase.ENDED and seat.role == Role.LEAD_TEACHER:
        return seat
    if lead is None or seat.role not in TEACHERS or seat == SYSTEM:
        return seat
    role = Role.LEAD_TEACHER if seat.participant == lead else Role.LOCAL_TEACHER
    return seat if role == seat.role else replace(seat, role=role)


def leads(state: State, participant: str) -> bool:
    """Whether this participant is the lead; before there is any, every lead teacher is."""
    lead = state["lead"]["participant"]
    if lead is not None:
        return participant == lead
    known = state["participants"].get(participant)
    return known is not None and known["role"] == Role.LEAD_TEACHER


def is_away(state: State) -> bool:
    lead = state["lead"]["participant"]
    return lead is None or not state["participants"][lead]["present"]


def arriving(state: State, seat: Seat) -> list[Draft]:
    """What the arrival of a participant means for the lead."""
    lead = state["lead"]["participant"]
    if seat.role != Role.LEAD_TEACHER or lead == seat.participant:
        return []
    vacant = lead is None or (is_away(state) and state["participants"][lead]["role"] == Role.LEAD_TEACHER)
    return [_passing(state, "lead.taken", seat.participant)] if vacant else []


def leaving(state: State, participant: str) -> list[Draft]:
    """What a participant's leaving means: a lead teacher who is there takes over from a lead who goes."""
    if participant != state["lead"]["participant"]:
        return []
    heirs = [
        one
        for one, entry in state["participants"].items()
        if one != participant and entry["present"] and entry["role"] == Role.LEAD_TEACHER
    ]
    return [_passing(state, "lead.taken", heirs[0])] if heirs else []


def take(state: State, _: LeadTake, ask: Ask) -> list[Draft]:
    me, lead = ask.seat.participant, state["lead"]["participant"]
    if me == lead:
        return []
    mine = state["participants"].get(me)
    if mine is None or not mine["present"]:
        raise missing("participant")
    equals = lead is not None and {mine["role"], state["participants"][lead]["role"]} == {Role.LEAD_TEACHER.value}
    if not is_away(state) and not equals:
        raise refused("lead_present", "The lead is here; ask for the lesson.")
    return [_passing(state, "lead.taken", me), *_off_stage(state, me)]


def give(state: State, command: LeadGive, ask: Ask) -> list[Draft]:
    heir = state["participants"].get(command.participant)
    if heir is None or not heir["present"]:
        raise missing("participant")
    if heir["role"] not in TEACHERS:
        raise denied("Only teachers lead.")
    if leads(state, command.participant):
        return []
    return [_passing(state, "lead.given", command.participant), *_off_stage(state, command.participant)]


def _passing(state: State, kind: str, heir: str) -> Draft:
    before = state["lead"]["participant"]
    return Draft(kind, {"participant": heir} if before is None else {"participant": heir, "before": before})


def _off_stage(state: State, heir: str) -> list[Draft]:
    """The lead is no guest."""
    guests = {guest["participant"] for guest in state["stage"]["guests"]}
    return [Draft("stage.released", {"participant": heir})] if heir in guests else []


def ask_(state: State, _: LeadAsk, ask: Ask) -> list[Draft]:
    if state["lead"]["asked"] == ask.seat.participant:
        return []
    return [Draft("lead.asked", {"participant": ask.seat.participant})]


def decline(state: State, _: LeadDecline, __: Ask) -> list[Draft]:
    asked = state["lead"]["asked"]
    return [] if asked is None else [Draft("lead.declined", {"participant": asked})]


def passed(state: State, event: Event) -> State:
    return {**state, "lead": {"participant": event.data["participant"], "asked": None}}


def asked(state: State, event: Event) -> State:
    return {**state, "lead": {**state["lead"], "asked": event.data["participant"]}}


def declined(state: State, _: Event) -> State:
    return {**state, "lead": {**state["lead"], "asked": None}}


COMMANDS: dict[str, type[Payload]] = {
    "lead.take": LeadTake,
    "lead.give": LeadGive,
    "lead.ask": LeadAsk,
    "lead.decline": LeadDecline,
}
EVENTS: dict[str, type[Payload]] = {
    "lead.taken": LeadTaken,
    "lead.given": LeadGiven,
    "lead.asked": LeadAsked,
    "lead.declined": LeadDeclined,
}
DECIDE: dict[str, Decider] = {"lead.take": take, "lead.give": give, "lead.ask": ask_, "lead.decline": decline}
APPLY: dict[str, Applier] = {
    "lead.taken": passed,
    "lead.given": passed,
    "lead.asked": asked,
    "lead.declined": declined,
}
