"""The rules of a lesson, pure: `decide`, `apply`, `project`, and nothing else is needed to run one."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace

from pydantic import ValidationError

from classroom import locks, permissions, practice
from classroom.activities import media
from classroom.activities.payloads import ActivityAnswer, ActivityOpen
from classroom.activities.running import overdue
from classroom.board.handouts import uncollected
from classroom.courseware import CoursewareOpen
from classroom.errors import ClientFault, Status
from classroom.events import SYSTEM, Command, Draft, Event, Role, Seat
from classroom.groups import group_of
from classroom.kinds import APPLIERS, COMMANDS, DECIDERS, SERVER_COMMANDS
from classroom.leading import acting
from classroom.participants import waits
from classroom.practice import PracticeGive
from classroom.recording import is_recorded
from classroom.reducer import EMPTY, Ask, Context, State
from classroom.routing import EVERYONE, NOBODY, Standing, TrackInfo, audience, standing, wanted
from classroom.visibility import VOICES, activity, concerned, own, project, questions, shared, view
from classroom.voices import is_over, voice_of

__all__ = [
    "EMPTY",
    "EVERYONE",
    "NOBODY",
    "SYSTEM",
    "VOICES",
    "Context",
    "Standing",
    "State",
    "TrackInfo",
    "acting",
    "activity",
    "admitted",
    "apply",
    "audience",
    "concerned",
    "decide",
    "fold",
    "is_over",
    "is_recorded",
    "names",
    "overdue",
    "own",
    "project",
    "questions",
    "resighted",
    "seated",
    "shared",
    "standing",
    "uncollected",
    "upcast",
    "view",
    "voice_of",
    "wanted",
]

_MODELS = {**COMMANDS, **SERVER_COMMANDS}


def decide(state: State, command: Command, seat: Seat, now: int, rng: random.Random, context: Context) -> list[Draft]:
    """What happens if `seat` asks this at `now` (lesson clock, ms). An empty list: it is so already. Raises
    ClientFault: `unknown_kind`, `malformed` (400), `not_allowed`, `not_admitted` (403), `not_found` (404),
    `wrong_phase`, `exists`, `too_many`, `already_answered`, `activity_open`, `activity_closed`, `lead_present` (409),
    `locked` (403)."""
    if command.kind not in SERVER_COMMANDS:  # who comes and goes does so as what its seat says
        seat = acting(state, seat)
    permissions.check(command.kind, seat.role, state["phase"])
    if not admitted(state, seat) and command.kind not in SERVER_COMMANDS:
        raise ClientFault("not_admitted", "You have not been let in yet.", Status.FORBIDDEN)
    try:
        data = _MODELS[command.kind].model_validate(command.data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "data"
        raise ClientFault("malformed", f"{where}: {first['msg']}", Status.MALFORMED) from None
    locks.check(state, seat.participant, seat.role, locks.THING_OF.get(command.kind))
    return DECIDERS[command.kind](state, data, Ask(seat, now, rng, context))


def work_of(command: Command) -> str | None:
    """The work that an answer names; none where it is malformed, which `decide` will say."""
    if command.kind != "activity.answer" or "file" not in command.data:
        return None
    try:
        return ActivityAnswer.model_validate(command.data).file
    except ValidationError:
        return None


def names(command: Command) -> frozenset[str]:
    """The courseware that a command is about to bring out; none where it is malformed, which `decide` will say."""
    try:
        match command.kind:
            case "courseware.open":
                return frozenset({CoursewareOpen.model_validate(command.data).courseware})
            case "activity.open":
                return media.names(ActivityOpen.model_validate(command.data).root.model_dump())
            case "practice.give":
                return practice.names(PracticeGive.model_validate(command.data).model_dump())
    except ValidationError:
        pass
    return frozenset()


def given(command: Command) -> frozenset[str]:
    """The resources that a command gives to practise with; none where it is malformed, which `decide` will say."""
    try:
        return frozenset(PracticeGive.model_validate(command.data).resources if command.kind == "practice.give" else ())
    except ValidationError:
        return frozenset()


def apply(state: State, event: Event) -> State:
    """The state after the event, whole or projected. Never raises on a journal; unknown kinds only count."""
    applier = APPLIERS.get(event.kind)
    after = applier(state, event) if applier else state
    return {**after, "seq": event.seq}


def fold(events: Iterable[Event], state: State = EMPTY) -> State:
    for event in events:
        state = apply(state, event)
    return state


def seated(state: State, seat: Seat) -> Seat:
    """The seat with the group that it is in now, and whether it leads: both change what it is shown of what others
    write."""
    group = group_of(state, seat.participant) if seat.role == Role.STUDENT else None
    leads = seat.role == Role.LOCAL_TEACHER and state["lead"]["participant"] == seat.participant
    return seat if (group, leads) == (seat.group, seat.leads) else replace(seat, group=group, leads=leads)


def resighted(event: Event) -> frozenset[str]:
    """The participants who see more, or less, of what was before from this event on: who was let in, who has come into
    a group, who has got the lead and who had it."""
    match event.kind:
        case "participant.admitted":
            return frozenset({event.data["participant"]})
        case "group.filled" if "came" in event.data:
            return frozenset({event.data["came"]})
        case "lead.taken" | "lead.given":
            return frozenset({event.data["participant"], event.data.get("before", event.data["participant"])})
    return frozenset()


def upcast(event: Event) -> Event:
    """The event in the newest version of its kind's data. All are at version 1."""
    return event


def admitted(state: State, seat: Seat) -> bool:
    """False for someone who waits in the lobby: they may do nothing, and be sent nothing but lesson.* and their own
    participant.* events; when `participant.admitted` comes for them, they are sent a snapshot. Who has not joined
    yet is as one who joins now."""
    known = state["participants"].get(seat.participant)
    return known["admitted"] if known else not waits(state, seat)
