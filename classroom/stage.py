"""Who is on stage, and from that, which tracks each viewer gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from classroom.events import Draft, Event, Role, Seat
from classroom.payload import Id, Payload
from classroom.reducer import Applier, Ask, Decider, Guest, State, denied, missing, refused

MAX_GUESTS = 6
"""A display has eight slots, two of them for the lead's camera and courseware."""


class StageInvite(Payload):
    """A room is invited by its display."""

    participant: Id


class StageAccept(Payload):
    """One's own invitation, or (display and local teacher) one to one's room."""

    participant: Id


class StageRelease(Payload):
    """Leads take anyone off, an invitation not yet accepted included; everyone else only where they may accept."""

    participant: Id


class StageInvited(Payload):
    participant: Id
    name: str | None = None


class StageAccepted(Payload):
    participant: Id


class StageReleased(Payload):
    participant: Id


TRANSITIONS: dict[tuple[str | None, str], str | None] = {
    (None, "stage.invited"): "invited",
    ("invited", "stage.accepted"): "on",
    ("invited", "stage.released"): None,
    ("on", "stage.released"): None,
}
INVITABLE = frozenset({Role.DISPLAY, Role.LOCAL_TEACHER, Role.STUDENT})
OF_A_ROOM = frozenset({Role.DISPLAY, Role.LOCAL_TEACHER})


def _standing(state: State, participant: str) -> str | None:
    return next((g["state"] for g in state["stage"]["guests"] if g["participant"] == participant), None)


def step(standing: str | None, kind: str) -> str | None:
    """A guest's standing after an event of that kind; raises where the table has no such line."""
    if (standing, kind) not in TRANSITIONS:
        raise refused("wrong_phase", f"A guest who is {standing or 'not on stage'} cannot do that.")
    return TRANSITIONS[standing, kind]


def _answers_for(state: State, seat: Seat, participant: str) -> bool:
    guest = state["participants"].get(participant)
    same_room = guest is not None and guest["room"] is not None and guest["room"] == seat.room
    return seat.participant == participant or (seat.role in OF_A_ROOM and same_room)


def invite(state: State, command: StageInvite, _: Ask) -> list[Draft]:
    guest = state["participants"].get(command.participant)
    if guest is None or not guest["admitted"]:
        raise missing("participant")
    if guest["role"] not in INVITABLE:
        raise denied("Only rooms, local teachers and students come on stage.")
    step(_standing(state, command.participant), "stage.invited")
    if len(state["stage"]["guests"]) >= MAX_GUESTS:
        raise refused("too_many", f"At most {MAX_GUESTS} are on stage at a time.")
    return [Draft("stage.invited", {"participant": command.participant})]


def accept(state: State, command: StageAccept, ask: Ask) -> list[Draft]:
    if not _answers_for(state, ask.seat, command.participant):
        raise denied("This invitation is not yours.")
    step(_standing(state, command.participant), "stage.accepted")
    return [Draft("stage.accepted", {"participant": command.participant})]


def release(state: State, command: StageRelease, ask: Ask) -> list[Draft]:
    if ask.seat.role != Role.LEAD_TEACHER and not _answers_for(state, ask.seat, command.participant):
        raise denied("Only the lead teacher takes others off the stage.")
    step(_standing(state, command.participant), "stage.released")
    return [Draft("stage.released", {"participant": command.participant})]


def moved(state: State, event: Event) -> State:
    participant = event.data["participant"]
    key = (_standing(state, participant), event.kind)
    if key not in TRANSITIONS:
        return state
    after = TRANSITIONS[key]
    guests = state["stage"]["guests"]
    if after is None:
        guests = [guest for guest in guests if guest["participant"] != participant]
    elif event.kind == "stage.invited":
        entry: Guest = {"participant": participant, "state": after}
        if "name" in event.data:
            entry["name"] = event.data["name"]
        guests = [*guests, entry]
    else:
        guests = [{**g, "state": after} if g["participant"] == participant else g for g in guests]
    return {**state, "stage": {"guests": guests}}


# Which tracks go to whom.


@dataclass(frozen=True, slots=True)
class TrackInfo:
    """A live track, as the rules see one. `participant` must have joined, encoders too; strangers' go nowhere."""

    participant: str
    source: str  # camera, courseware, room, student, mic
    kind: Literal["audio", "video"]


LEAD, ROOM, HOME = "lead", "room", "home"
IMPORTANCE = (
    ("lead", "mic"),  # DESIGN.md, idea 6: the teacher's voice survives to the last kilobit
    ("stage", "mic"),
    ("other", "mic"),
    ("lead", "courseware"),
    ("lead", "camera"),
    ("stage", "room"),
    ("stage", "camera"),
    ("stage", "student"),
    ("other", "room"),
    ("other", "camera"),
)
RANK = {cell: rank for rank, cell in enumerate(IMPORTANCE)}


def _place(role: str, room: str | None) -> tuple[str, str | None]:
    if role == Role.LEAD_TEACHER or (role == Role.ENCODER and room is None):
        return LEAD, None
    return (ROOM, room) if room is not None else (HOME, None)


class Standing(StrEnum):
    """What a participant is in the lesson just now; `called` is a local teacher whose room is invited."""

    LEAD = "lead"
    STAGE = "stage"
    CALLED = "called"
    OTHER = "other"


def standing(state: State, participant: str) -> Standing:
    people = state["participants"]
    person = people.get(participant)
    if person is None:
        return Standing.OTHER
    place, room = _place(person["role"], person["room"])
    if place == LEAD:
        return Standing.LEAD
    on, called = _guests(state, "on"), _guests(state, "invited")
    if participant in on or (person["role"] != Role.STUDENT and room in _rooms(state, on)):
        return Standing.STAGE
    if person["role"] == Role.LOCAL_TEACHER and (participant in called or room in _rooms(state, called)):
        return Standing.CALLED
    return Standing.OTHER


def _guests(state: State, standing: str) -> set[str]:
    return {guest["participant"] for guest in state["stage"]["guests"] if guest["state"] == standing}


def _rooms(state: State, guests: set[str]) -> set[str | None]:
    """Those that come on stage with their displays and local teachers."""
    people = state["participants"]
    return {people[p]["room"] for p in guests if p in people and people[p]["role"] in OF_A_ROOM} - {None}


def wanted(state: State, viewer: Seat, tracks: Sequence[TrackInfo]) -> list[TrackInfo]:
    """The tracks that this viewer should get, the most important first; those that do not fit are cut from the end.

    The lead's (an encoder's before a browser's, one of each source) go to displays, local teachers, observers and
    students at home; a room's go to the lead, and while it is on stage to everyone else; a student's while on stage.
    Nobody gets anything of the place they are in (no echo), but that the lead sees what an encoder sends from there.
    A student in a room gets the lead's voice while on stage, else nothing.
    """
    people = state["participants"]
    if viewer.role == Role.ENCODER:
        return []
    viewer_on = viewer.participant in _guests(state, "on")
    viewer_place = _place(viewer.role, viewer.room)
    order = {participant: index for index, participant in enumerate(people)}
    ranked: list[tuple[int, int, int, TrackInfo]] = []
    for track in tracks:
        person = people.get(track.participant)
        if person is None or track.participant == viewer.participant:
            continue
        place, room = _place(person["role"], person["room"])
        on_air = viewer.role == Role.LEAD_TEACHER and person["role"] == Role.ENCODER and track.kind == "video"
        if (place, room) == viewer_place and place != HOME and not on_air:
            continue
        stands = standing(state, track.participant)
        rank = RANK.get((Standing.OTHER if stands is Standing.CALLED else stands, track.source))
        if rank is None or not _allowed(viewer, stands, person["role"], track, viewer_on):
            continue
        browser = 0 if person["role"] == Role.ENCODER else 1
        ranked.append((rank, browser, order[track.participant], track))
    ranked.sort(key=lambda entry: entry[:3])
    return _first_of_lead(ranked)


def _allowed(viewer: Seat, stands: Standing, owner: str, track: TrackInfo, viewer_on_stage: bool) -> bool:
    if viewer.role == Role.STUDENT and viewer.room is not None:
        return viewer_on_stage and stands is Standing.LEAD and track.source == "mic"
    if stands in (Standing.CALLED, Standing.OTHER):
        return viewer.role == Role.LEAD_TEACHER and owner != Role.STUDENT
    return True


def _first_of_lead(ranked: Sequence[tuple[int, int, int, TrackInfo]]) -> list[TrackInfo]:
    """Of the lead's tracks one of each source, so that an encoder's takes the place of the browser's."""
    chosen: list[TrackInfo] = []
    seen: set[int] = set()
    for rank, _, _, track in ranked:
        if IMPORTANCE[rank][0] == LEAD:
            if rank in seen:
                continue
            seen.add(rank)
        chosen.append(track)
    return chosen


COMMANDS: dict[str, type[Payload]] = {
    "stage.invite": StageInvite,
    "stage.accept": StageAccept,
    "stage.release": StageRelease,
}
EVENTS: dict[str, type[Payload]] = {
    "stage.invited": StageInvited,
    "stage.accepted": StageAccepted,
    "stage.released": StageReleased,
}
DECIDE: dict[str, Decider] = {"stage.invite": invite, "stage.accept": accept, "stage.release": release}
APPLY: dict[str, Applier] = dict.fromkeys(EVENTS, moved)
