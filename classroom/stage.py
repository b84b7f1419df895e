"""Who is on stage, with sound and picture, and which student is called on, who is named on every screen."""

from __future__ import annotations

from classroom.events import Draft, Event, Role, Seat
from classroom.leading import leads
from classroom.payload import Id, Payload
from classroom.reducer import Applier, Ask, Called, Decider, Guest, State, denied, missing, refused

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


class StageCall(Payload):
    """Calls on a student: on the one that is named, or on one by chance (of a room where that is named), of those who
    were called on least. The room that a student sits in is invited on stage, or the student where that is at home.
    Local teachers call on students of their own room."""

    participant: Id | None = None
    room: Id | None = None


class StageDismiss(Payload):
    """The called student may sit down."""


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


class StageCalled(Payload):
    participant: Id
    picked: bool
    name: str | None = None


class StageDismissed(Payload):
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
    if guest["role"] not in INVITABLE or leads(state, command.participant):
        raise denied("Only rooms, local teachers and students come on stage.")
    return [_invited(state, command.participant, MAX_GUESTS)]


def _invited(state: State, participant: str, most: int) -> Draft:
    step(_standing(state, participant), "stage.invited")
    if len(state["stage"]["guests"]) >= most:
        raise refused("too_many", f"At most {MAX_GUESTS} are on stage at a time.")
    return Draft("stage.invited", {"participant": participant})


def accept(state: State, command: StageAccept, ask: Ask) -> list[Draft]:
    if not _answers_for(state, ask.seat, command.participant):
        raise denied("This invitation is not yours.")
    step(_standing(state, command.participant), "stage.accepted")
    return [Draft("stage.accepted", {"participant": command.participant})]


def decline(state: State, command: StageDecline, ask: Ask) -> list[Draft]:
    if not _answers_for(state, ask.seat, command.participant):
        raise denied("This invitation is not yours.")
    step(_standing(state, command.participant), "stage.declined")
    return [Draft("stage.declined", {"participant": command.participant}), *_dismissed_with(state, command.participant)]


def release(state: State, command: StageRelease, ask: Ask) -> list[Draft]:
    if ask.seat.role != Role.LEAD_TEACHER and not _answers_for(state, ask.seat, command.participant):
        raise denied("Only the lead teacher takes others off the stage.")
    return _released(state, command.participant)


def _released(state: State, participant: str) -> list[Draft]:
    step(_standing(state, participant), "stage.released")
    return [Draft("stage.released", {"participant": participant}), *_dismissed_with(state, participant)]


def _dismissed_with(state: State, guest: str) -> list[Draft]:
    """The called student sits down when the stage is left by it, or by its room."""
    called, people = state["stage"]["called"], state["participants"]
    if called is None:
        return []
    room = people[called["participant"]]["room"]
    with_room = people[guest]["role"] in OF_A_ROOM and people[guest]["room"] == room and room is not None
    return (
        [Draft("stage.dismissed", {"participant": called["participant"]})]
        if with_room or guest == called["participant"]
        else []
    )


def swap(state: State, command: StageSwap, ask: Ask) -> list[Draft]:
    off = _released(state, command.off)
    guest = state["participants"].get(command.on)
    if guest is None or not guest["admitted"]:
        raise missing("participant")
    if guest["role"] not in INVITABLE or leads(state, command.on):
        raise denied("Only rooms, local teachers and students come on stage.")
    return [*off, _invited(state, command.on, MAX_GUESTS + 1)]


def call(state: State, command: StageCall, ask: Ask) -> list[Draft]:
    own = None if ask.seat.role == Role.LEAD_TEACHER else ask.seat.room
    if ask.seat.role != Role.LEAD_TEACHER and own is None:
        raise denied("Only students of one's own room.")
    if command.participant is None:
        student = _by_chance(state, command.room or own, ask)
    else:
        student = command.participant
        person = state["participants"].get(student)
        if person is None or person["role"] != Role.STUDENT or not person["admitted"]:
            raise missing("student")
    if own is not None and state["participants"][student]["room"] != own:
        raise denied("Only students of one's own room.")
    called = Draft("stage.called", {"participant": student, "picked": command.participant is None})
    speaks_by = _speaks_by(state, student)
    if speaks_by is None or _standing(state, speaks_by) is not None:
        return [called]
    return [called, _invited(state, speaks_by, MAX_GUESTS)]


def _by_chance(state: State, room: str | None, ask: Ask) -> str:
    """Of the students who are there, one of those who were called on least; not who is called on now, if others are."""
    stage = state["stage"]
    now = stage["called"]["participant"] if stage["called"] else None
    there = [
        one
        for one, person in state["participants"].items()
        if person["role"] == Role.STUDENT
        and person["present"]
        and person["admitted"]
        and room in (None, person["room"])
    ]
    others = [one for one in there if one != now] or there
    if not others:
        raise missing("student")
    least = min(stage["calls"].get(one, 0) for one in others)
    return ask.rng.choice([one for one in others if stage["calls"].get(one, 0) == least])


def _speaks_by(state: State, student: str) -> str | None:
    """The participant whose camera and microphone a student is seen and heard by: its own at home, its room's display
    or else local teacher; None where nothing of the room is there."""
    people = state["participants"]
    room = people[student]["room"]
    if room is None:
        return student
    for role in (Role.DISPLAY, Role.LOCAL_TEACHER):
        for one, person in people.items():
            if person["role"] == role and person["room"] == room and person["present"] and not leads(state, one):
                return one
    return None


def dismiss(state: State, _: StageDismiss, ask: Ask) -> list[Draft]:
    called = state["stage"]["called"]
    if called is None:
        return []
    room = state["participants"][called["participant"]]["room"]
    if ask.seat.role != Role.LEAD_TEACHER and (room is None or room != ask.seat.room):
        raise denied("This student is not in your room.")
    return [Draft("stage.dismissed", {"participant": called["participant"]})]


def choose(state: State, command: CameraChoose, _: Ask) -> list[Draft]:
    changes = command.encoder != state["stage"]["encoder"]
    return [Draft("camera.chosen", {"encoder": command.encoder})] if changes else []


def moved(state: State, event: Event) -> State:
    participant = event.data["participant"]
    key = (_standing(state, participant), event.kind)
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
            calls = _counted(calls, participant)
    else:
        guests = [{**g, "state": after} if g["participant"] == participant else g for g in guests]
    return {**state, "stage": {**stage, "guests": guests, "calls": calls}}


def _counted(calls: dict[str, int], participant: str) -> dict[str, int]:
    return {**calls, participant: calls.get(participant, 0) + 1}


def called(state: State, event: Event) -> State:
    now: Called = {"participant": event.data["participant"], "picked": event.data["picked"]}
    if "name" in event.data:
        now["name"] = event.data["name"]
    stage = state["stage"]
    return {**state, "stage": {**stage, "called": now, "calls": _counted(stage["calls"], now["participant"])}}


def dismissed(state: State, _: Event) -> State:
    return {**state, "stage": {**state["stage"], "called": None}}


def chosen(state: State, event: Event) -> State:
    return {**state, "stage": {**state["stage"], "encoder": event.data["encoder"]}}


COMMANDS: dict[str, type[Payload]] = {
    "stage.invite": StageInvite,
    "stage.accept": StageAccept,
    "stage.decline": StageDecline,
    "stage.release": StageRelease,
    "stage.swap": StageSwap,
    "stage.call": StageCall,
    "stage.dismiss": StageDismiss,
    "camera.choose": CameraChoose,
}
EVENTS: dict[str, type[Payload]] = {
    "stage.invited": StageInvited,
    "stage.accepted": StageAccepted,
    "stage.declined": StageDeclined,
    "stage.released": StageReleased,
    "stage.called": StageCalled,
    "stage.dismissed": StageDismissed,
    "camera.chosen": CameraChosen,
}
DECIDE: dict[str, Decider] = {
    "stage.invite": invite,
    "stage.accept": accept,
    "stage.decline": decline,
    "stage.release": release,
    "stage.swap": swap,
    "stage.call": call,
    "stage.dismiss": dismiss,
    "camera.choose": choose,
}
APPLY: dict[str, Applier] = {
    "stage.invited": moved,
    "stage.accepted": moved,
    "stage.declined": moved,
    "stage.released": moved,
    "stage.called": called,
    "stage.dismissed": dismissed,
    "camera.chosen": chosen,
}
