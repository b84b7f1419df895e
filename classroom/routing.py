"""Which tracks each viewer gets, by who leads, who is on stage and who talks in a group. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from classroom.events import Role, Seat
from classroom.leading import acting, leads
from classroom.reducer import State
from classroom.stage import OF_A_ROOM
from classroom.voices import voice_of


@dataclass(frozen=True, slots=True)
class TrackInfo:
    """A live track, as the rules see one. `participant` must have joined, encoders too; strangers' go nowhere."""

    participant: str
    source: str  # camera, courseware, room, student, mic
    kind: Literal["audio", "video"]


LEAD, ROOM, HOME = "lead", "room", "home"
IMPORTANCE = (
    ("lead", "mic", "audio"),  # DESIGN.md, idea 6: the teacher's voice survives to the last kilobit
    ("voice", "mic", "audio"),
    ("stage", "mic", "audio"),
    ("other", "mic", "audio"),
    ("lead", "courseware", "audio"),
    ("lead", "courseware", "video"),
    ("lead", "camera", "video"),
    ("stage", "room", "video"),
    ("stage", "camera", "video"),
    ("stage", "student", "video"),
    ("other", "room", "video"),
    ("other", "camera", "video"),
)
RANK = {cell: rank for rank, cell in enumerate(IMPORTANCE)}


Place = tuple[str, str | None]


def _place(role: str, room: str | None) -> Place:
    """Where someone is: in the lead classroom (wherever the lesson is led from), in a room, at home."""
    if role == Role.LEAD_TEACHER or (role == Role.ENCODER and room is None):
        return LEAD, None
    return (ROOM, room) if room is not None else (HOME, None)


class Standing(StrEnum):
    """What a participant is in the lesson just now: `lead` is the lead, and the encoders where it is; `called`, a local
    teacher whose room is invited."""

    LEAD = "lead"
    STAGE = "stage"
    CALLED = "called"
    OTHER = "other"


def standing(state: State, participant: str) -> Standing:
    people = state["participants"]
    person = people.get(participant)
    if person is None:
        return Standing.OTHER
    if leads(state, participant) or (person["role"] == Role.ENCODER and _is_with_lead(state, person["room"])):
        return Standing.LEAD
    room = person["room"]
    on, called = _guests(state, "on"), _guests(state, "invited")
    if participant in on or (person["role"] != Role.STUDENT and room in _rooms(state, on)):
        return Standing.STAGE
    if person["role"] == Role.LOCAL_TEACHER and (participant in called or room in _rooms(state, called)):
        return Standing.CALLED
    return Standing.OTHER


def _is_with_lead(state: State, room: str | None) -> bool:
    """Whether an encoder of that room (of the lead classroom, where it has none) is where the lead is."""
    lead = state["participants"].get(state["lead"]["participant"] or "")
    return room is None if lead is None else _place(lead["role"], lead["room"]) == _place(Role.ENCODER, room)


def _guests(state: State, standing: str) -> set[str]:
    return {guest["participant"] for guest in state["stage"]["guests"] if guest["state"] == standing}


def _rooms(state: State, guests: set[str]) -> set[str | None]:
    """Those that come on stage with their displays and local teachers."""
    people = state["participants"]
    return {people[p]["room"] for p in guests if p in people and people[p]["role"] in OF_A_ROOM} - {None}


EVERYONE: Final = "*"  # no group's id
NOBODY: Final = ""


def audience(state: State, participant: str, source: str) -> str:
    """Who may hear, or see, what a participant sends: the whole lesson as far as the stage goes (`EVERYONE`), those in
    the voice of one group alone, or `NOBODY`. Microphones alone are anything but for everyone. One beside a teacher who
    visits a group would let all hear what is said there: the lead's encoder goes where its voice goes, any other
    machine's nowhere."""
    groups, people = state["groups"], state["participants"]
    person = people.get(participant)
    if source != "mic" or person is None or not (groups["voice"] or groups["visits"]):
        return EVERYONE
    group = voice_of(state, participant)
    if group is not None:
        return group
    if person["role"] not in MACHINES:
        return EVERYONE
    if standing(state, participant) is Standing.LEAD:
        return groups["visits"].get(state["lead"]["participant"] or "", EVERYONE)
    beside = {people[one]["room"] for one in groups["visits"] if one in people and _teaches(people[one]["role"])}
    return NOBODY if person["room"] in beside - {None} else EVERYONE


MACHINES = frozenset({Role.DISPLAY, Role.ENCODER})


def _teaches(role: str) -> bool:
    return role in (Role.LEAD_TEACHER, Role.LOCAL_TEACHER)


def wanted(state: State, viewer: Seat, tracks: Sequence[TrackInfo]) -> list[TrackInfo]:
    """The tracks that this viewer should get, the most important first; those that do not fit are cut from the end.

    The lead's (an encoder's before a browser's unless the lead chose otherwise, but a screen that the lead shares
    before any; one of each source) go to displays, local teachers, observers and students at home; a room's go to the
    lead, its picture to local teachers as well (unless their room saves data), and while it is on stage to everyone; a
    student's while on stage. Nobody gets anything of the place they are in (no echo), but that the lead sees what an
    encoder sends from there, and a display what a lead who is in its room shares. A student in a room gets the lead's
    voice while on stage or in its group's voice, else nothing.

    Who is in a group's voice gets the others there, who may sit beside (all wear earphones), and goes on hearing who
    speaks to all; a teacher who visits does not hear the rooms off stage meanwhile.
    """
    people = state["participants"]
    if viewer.role == Role.ENCODER:
        return []
    role = acting(state, viewer).role
    viewer_on = viewer.participant in _guests(state, "on")
    voice = voice_of(state, viewer.participant)
    viewer_place = _place(viewer.role, viewer.room)
    order = {participant: index for index, participant in enumerate(people)}
    ranked: list[tuple[int, int, int, TrackInfo]] = []
    for track in tracks:
        person = people.get(track.participant)
        if person is None or track.participant == viewer.participant:
            continue
        heard_by = audience(state, track.participant, track.source)
        if heard_by not in (EVERYONE, voice):
            continue
        place, room = _place(person["role"], person["room"])
        beside = (place, room) == viewer_place and place != HOME
        talks = heard_by != EVERYONE and person["role"] not in MACHINES
        if beside and not talks and not _seen_beside(role, person["role"], track):
            continue
        stands = standing(state, track.participant)
        rank = RANK.get((_importance(stands, in_voice=heard_by != EVERYONE), track.source, track.kind))
        if rank is None:
            continue
        if heard_by == EVERYONE and not _allowed(state, viewer, role, stands, person["role"], track, viewer_on):
            continue
        first = (person["role"] == Role.ENCODER) == (state["stage"]["encoder"] and track.source != "courseware")
        ranked.append((rank, not first, order[track.participant], track))
    ranked.sort(key=lambda entry: entry[:3])
    return _first_of_lead(ranked)


def _seen_beside(role: Role, owner: str, track: TrackInfo) -> bool:
    """What is shown also to who is in the same place."""
    on_air = role == Role.LEAD_TEACHER and owner == Role.ENCODER
    shared = role == Role.DISPLAY and track.source == "courseware"
    return track.kind == "video" and (on_air or shared)


def _importance(stands: Standing, *, in_voice: bool) -> str:
    if in_voice and stands is not Standing.LEAD:
        return "voice"
    return Standing.OTHER if stands is Standing.CALLED else stands


def _allowed(
    state: State, viewer: Seat, role: Role, stands: Standing, owner: str, track: TrackInfo, viewer_on_stage: bool
) -> bool:
    in_voice = voice_of(state, viewer.participant) is not None
    if role == Role.STUDENT and viewer.room is not None:
        return (viewer_on_stage or in_voice) and stands is Standing.LEAD and track.source == "mic"
    if stands in (Standing.CALLED, Standing.OTHER):
        if in_voice and track.kind == "audio":
            return False
        wall = role == Role.LOCAL_TEACHER and track.kind == "video" and viewer.room not in state["saving"]
        return (role == Role.LEAD_TEACHER or wall) and owner != Role.STUDENT
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
