"""Who is on stage, with sound and picture: rooms, local teachers, students."""

from __future__ import annotations

from classroom import voices
from classroom.events import Draft, Event, Role, Seat
from classroom.leading import leads
from classroom.payload import Id, Payload
from classroom.reducer import Applier, Ask, Decider, Guest, State, denied, missing, refused

MAX_GUESTS = 4


class StageInvite(Payload):
    """A room is invited by its display."""

    participant: Id


class StageAccept(Payload):
    """One's own invitation, or (display and local teacher) one to one's room."""

    participant: Id


class StageDecline(Payload):
    """Where one may accept."""

    participant: Id


class StageRelease(Payload):
    """Leads take anyone off, an invitation not yet accepted included; everyone else only where they may accept."""

    participant: Id


class StageSwap(Payload):
    """Takes one off and invites the other, in one."""

    off: Id
    on: Id


class CameraChoose(Payload):
    """Whether an encoder's picture, where one is live, goes before the lead's own camera."""

    encoder: bool


class StageInvited(Payload):
    participant: Id
    name: str | None = None


class StageAccepted(Payload):
    participant: Id


class StageDeclined(Payload):
    participant: Id


class StageReleased(Payload):
    participant: Id


class CameraChosen(Payload):
    encoder: bool


TRANSITIONS: dict[tuple[str | None, str], str | None] = {
    (None, "stage.invited"): "invited",
    ("invited", "stage.accepted"): "on",
    ("invited", "stage.declined"): None,
    ("invited", "stage.released"): None,
    ("on", "stage.released"): None,
}
INVITABLE = frozenset({Role.LEAD_TEACHER, Role.LOCAL_TEACHER, Role.DISPLAY, Role.STUDENT})
OF_A_ROOM = frozenset({Role.DISPLAY, Role.LOCAL_TEACHER})


def standing_of(state: State, participant: str) -> str | None:
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


def _guest(state: State, participant: str) -> str:
    """The participant, if it is one who may come on stage."""
    guest = state["participants"].get(participant)
    if guest is None or not guest["admitted"]:
        raise missing("participant")
    if guest["role"] not in INVITABLE or leads(state, participant):
        raise denied("Only rooms, local teachers and students come on stage.")
    return participant


def invite(state: State, command: StageInvite, _: Ask) -> list[Draft]:
    return [invited(state, _guest(state, command.participant))]


def invited(state: State, participant: str, most: int = MAX_GUESTS) -> Draft:
    step(standing_of(state, participant), "stage.invited")
    if len(state["stage"]["guests"]) >= most:
        raise refused("too_many", f"At most {MAX_GUESTS} are on stage at a time.")
    return Draft("stage.invited", {"participant": participant})


def accept(state: State, command: StageAccept, ask: Ask) -> list[Draft]:
    if not _answers_for(state, ask.seat, command.participant):
        raise denied("This invitation is not yours.")
    step(standing_of(state, command.participant), "stage.accepted")
    return [
        *voices.called_up(state, command.participant),
        Draft("stage.accepted", {"participant": command.participant}),
    ]


def decline(state: State, command: StageDecline, ask: Ask) -> list[Draft]:
    if not _answers_for(state, ask.seat, command.participant):
        raise denied("This invitation is not yours.")
    step(standing_of(state, command.participant), "stage.declined")
    return [Draft("stage.declined", {"participant": command.participant}), *_dismissed_with(state, command.participant)]


def release(state: State, command: StageRelease, ask: Ask) -> list[Draft]:
    if ask.seat.role != Role.LEAD_TEACHER and not _answers_for(state, ask.seat, command.participant):
        raise denied("Only the lead teacher takes others off the stage.")
    return released(state, command.participant)


def released(state: State, participant: str) -> list[Draft]:
    step(standing_of(state, participant), "stage.released")
    return [Draft("stage.released", {"participant": participant}), *_dismissed_with(state, participant)]


def _dismissed_with(state: State, guest: str) -> list[Draft]:
    """The called student sits down when the stage is left by it, or by its room."""
    called, people = state["stage"]["called"], state["participants"]
    if called is None:
        return []
    student, room = called["participant"], people[called["participant"]]["room"]
    with_room = people[guest]["role"] in OF_A_ROOM and people[guest]["room"] == room and room is not None
    return [Draft("stage.dismissed", {"participant": student})] if with_room or guest == student else []


def swap(state: State, command: StageSwap, _: Ask) -> list[Draft]:
    return [*released(state, command.off), invited(state, _guest(state, command.on), MAX_GUESTS + 1)]


def choose(state: State, command: CameraChoose, _: Ask) -> list[Draft]:
    changes = command.encoder != state["stage"]["encoder"]
    return [Draft("camera.chosen", {"encoder": command.encoder})] if changes else []


def moved(state: State, event: Event) -> State:
    participant = event.data["participant"]
    key = (standing_of(state, participant), event.kind)
    if key not in TRANSITIONS:
        return state
    after = TRANSITIONS[key]
    stage = state["stage"]
    guests, calls = stage["guests"], stage["calls"]
    if after is None:
        guests = [guest for guest in guests if guest["participant"] != participant]
    elif event.kind == "stage.invited":
        entry: Guest = {"participant": participant, "state": after}
        if "name" in event.data:
            entry["name"] = event.data["name"]
        guests = [*guests, entry]
        if stage["called"] is None or stage["called"]["participant"] != participant:  # else it is counted already
            calls = counted(calls, participant)
    else:
        guests = [{**g, "state": after} if g["participant"] == participant else g for g in guests]
    return {**state, "stage": {**stage, "guests": guests, "calls": calls}}


def counted(calls: dict[str, int], participant: str) -> dict[str, int]:
    return {**calls, participant: calls.get(participant, 0) + 1}


def chosen(state: State, event: Event) -> State:
    return {**state, "stage": {**state["stage"], "encoder": event.data["encoder"]}}


COMMANDS: dict[str, type[Payload]] = {
    "stage.invite": StageInvite,
    "stage.accept": StageAccept,
    "stage.decline": StageDecline,
    "stage.release": StageRelease,
    "stage.swap": StageSwap,
    "camera.choose": CameraChoose,
}
EVENTS: dict[str, type[Payload]] = {
    "stage.invited": StageInvited,
    "stage.accepted": StageAccepted,
    "stage.declined": StageDeclined,
    "stage.released": StageReleased,
    "camera.chosen": CameraChosen,
}
DECIDE: dict[str, Decider] = {
    "stage.invite": invite,
    "stage.accept": accept,
    "stage.decline": decline,
    "stage.release": release,
    "stage.swap": swap,
    "camera.choose": choose,
}
APPLY: dict[str, Applier] = {
    "stage.invited": moved,
    "stage.accepted": moved,
    "stage.declined": moved,
    "stage.released": moved,
    "camera.chosen": chosen,
}
