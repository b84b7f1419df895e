"""The groups' own sound: students who talk with their group, and the teachers who visit one.

A microphone is heard in one place at a time (`routing.audience`): by the lesson, or by those in one group's voice. So
whoever comes on stage leaves its group's voice, and a teacher who visits a group is heard there alone until the visit
ends. When the class is called back all voices close as the countdown ends.
"""

from __future__ import annotations

from collections.abc import Iterable

from classroom.events import Draft, Event, Role
from classroom.groups import group_of
from classroom.payload import Id, Payload
from classroom.reducer import Applier, Ask, Decider, GroupsState, State, denied, missing, refused


class VoiceJoin(Payload):
    """A student talks with its group, which it names: it may have been moved meanwhile."""

    group: Id


class VoiceLeave(Payload):
    pass


class GroupVisit(Payload):
    """A teacher hears this group and is heard by it alone, instead of the one visited before. Observers only hear."""

    group: Id


class GroupLeave(Payload):
    """The visit is over."""


class VoicesClose(Payload):
    """Issued by the server when a call back is over. Nothing before that, or where it was done."""


class VoiceJoined(Payload):
    group: Id
    participant: Id


class VoiceLeft(Payload):
    group: Id
    participant: Id


class GroupVisited(Payload):
    group: Id
    participant: Id


class GroupLeft(Payload):
    group: Id
    participant: Id


class VoicesClosed(Payload):
    """Nobody is in a group's voice, and nobody visits one. A call back is over."""


def voice_of(state: State, participant: str) -> str | None:
    """The group in whose voice someone is, as one of it or as who visits it."""
    groups = state["groups"]
    return groups["voice"].get(participant) or groups["visits"].get(participant)


def is_over(state: State, now: int) -> bool:
    """Whether the groups were called back and their time is over; `now` is the lesson's clock."""
    call = state["groups"]["call"]
    return call is not None and now >= call["since"] + call["seconds"] * 1000


def join(state: State, command: VoiceJoin, ask: Ask) -> list[Draft]:
    me = ask.seat.participant
    _check_open(state, command.group, ask)
    if group_of(state, me) != command.group:
        raise denied("This is not your group.")
    if _is_on_stage(state, me):
        raise refused("wrong_phase", "On stage you are heard by all.")
    return [] if voice_of(state, me) == command.group else [_draft("voice.joined", command.group, me)]


def visit(state: State, command: GroupVisit, ask: Ask) -> list[Draft]:
    me = ask.seat.participant
    _check_open(state, command.group, ask)
    if _is_on_stage(state, me):
        raise refused("wrong_phase", "On stage you are heard by all.")
    return [] if voice_of(state, me) == command.group else [_draft("group.visited", command.group, me)]


def _check_open(state: State, group: str, ask: Ask) -> None:
    if group not in state["groups"]["by_id"]:
        raise missing("group")
    if is_over(state, ask.now):
        raise refused("wrong_phase", "The groups were called back.")


def leave(state: State, _: VoiceLeave | GroupLeave, ask: Ask) -> list[Draft]:
    return leaving(state, [ask.seat.participant])


def close(state: State, _: VoicesClose, ask: Ask) -> list[Draft]:
    call = state["groups"]["call"]
    return [Draft("voices.closed", {})] if call and not call.get("over") and is_over(state, ask.now) else []


# what else happens, and means for the voices


def leaving(state: State, participants: Iterable[str]) -> list[Draft]:
    """For those of them who are in a voice, and may be no more."""
    groups = state["groups"]
    talking = [(one, group) for one in participants if (group := groups["voice"].get(one))]
    visiting = [(one, group) for one in participants if (group := groups["visits"].get(one))]
    return [
        *(_draft("voice.left", group, one) for one, group in talking),
        *(_draft("group.left", group, one) for one, group in visiting),
    ]


def called_up(state: State, guest: str) -> list[Draft]:
    """Who comes on stage is heard by all; with a room that is its teachers, too."""
    people = state["participants"]
    room = _room_on_stage(state, guest)
    beside = [one for one in state["groups"]["visits"] if room is not None and people[one]["room"] == room]
    return leaving(state, dict.fromkeys([guest, *beside]))


def ending(state: State) -> list[Draft]:
    groups = state["groups"]
    return [Draft("voices.closed", {})] if groups["voice"] or groups["visits"] else []


def _is_on_stage(state: State, participant: str) -> bool:
    me = state["participants"].get(participant)
    guests = [guest["participant"] for guest in state["stage"]["guests"] if guest["state"] == "on"]
    rooms = {_room_on_stage(state, guest) for guest in guests} - {None}
    return participant in guests or (me is not None and me["role"] != Role.STUDENT and me["room"] in rooms)


def _room_on_stage(state: State, guest: str) -> str | None:
    """The room that comes on stage with this guest: a student comes alone."""
    one = state["participants"].get(guest)
    return one["room"] if one is not None and one["role"] != Role.STUDENT else None


def _draft(kind: str, group: str, participant: str) -> Draft:
    return Draft(kind, {"group": group, "participant": participant})


def joined(state: State, event: Event) -> State:
    groups, data = state["groups"], event.data
    return _with(state, {**groups, "voice": {**groups["voice"], data["participant"]: data["group"]}})


def left(state: State, event: Event) -> State:
    groups = state["groups"]
    return _with(state, {**groups, "voice": _without(groups["voice"], event)})


def visited(state: State, event: Event) -> State:
    groups, data = state["groups"], event.data
    return _with(state, {**groups, "visits": {**groups["visits"], data["participant"]: data["group"]}})


def departed(state: State, event: Event) -> State:
    groups = state["groups"]
    return _with(state, {**groups, "visits": _without(groups["visits"], event)})


def closed(state: State, _: Event) -> State:
    groups = state["groups"]
    call = groups["call"] and {**groups["call"], "over": True}
    return _with(state, {**groups, "call": call, "voice": {}, "visits": {}})


def _without(known: dict[str, str], event: Event) -> dict[str, str]:
    return {one: group for one, group in known.items() if one != event.data["participant"]}


def _with(state: State, groups: GroupsState) -> State:
    return {**state, "groups": groups}


COMMANDS: dict[str, type[Payload]] = {
    "voice.join": VoiceJoin,
    "voice.leave": VoiceLeave,
    "group.visit": GroupVisit,
    "group.leave": GroupLeave,
}
SERVER_COMMANDS: dict[str, type[Payload]] = {"voices.close": VoicesClose}
EVENTS: dict[str, type[Payload]] = {
    "voice.joined": VoiceJoined,
    "voice.left": VoiceLeft,
    "group.visited": GroupVisited,
    "group.left": GroupLeft,
    "voices.closed": VoicesClosed,
}
DECIDE: dict[str, Decider] = {
    "voice.join": join,
    "voice.leave": leave,
    "group.visit": visit,
    "group.leave": leave,
    "voices.close": close,
}
APPLY: dict[str, Applier] = {
    "voice.joined": joined,
    "voice.left": left,
    "group.visited": visited,
    "group.left": departed,
    "voices.closed": closed,
}
