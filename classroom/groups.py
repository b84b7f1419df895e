"""Groups of students: made by the teacher, by chance or by choice; each may have a board of its own.

`group.filled` says who is in a group from now on, all of them. A student knows of all groups, but only of its own who
is in it. Whoever comes where chance has made the groups, goes to the smallest, unless all are full.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from classroom.events import Draft, Event, Json, Role, Seat
from classroom.payload import Id, Name, Payload
from classroom.reducer import (
    EMPTY,
    Applier,
    Ask,
    Decider,
    Group,
    GroupsState,
    ParticipantState,
    State,
    denied,
    missing,
    refused,
)

CLASS = "class"
"""The id under which the class has what a group has, so no group's."""
MAX_GROUPS = 300
MAX_MEMBERS = 100
"""Of a group: each who comes is told to all."""
MAX_CALL_S = 3600

By = Literal["roster", "chance", "choice"]


class GroupNamed(Payload):
    group: Id
    name: Name | None = None


class GroupListed(GroupNamed):
    participants: Annotated[list[Id], Field(max_length=MAX_MEMBERS)]


class GroupsForm(Payload):
    """These and no others, each with these students."""

    groups: Annotated[list[GroupListed], Field(min_length=1, max_length=MAX_GROUPS)]


class GroupsDraw(Payload):
    """So many, evenly and by chance, of the students who are there."""

    groups: Annotated[int, Field(ge=1, le=MAX_GROUPS)]


class GroupsOpen(Payload):
    """These, for the students to choose from."""

    groups: Annotated[list[GroupNamed], Field(min_length=1, max_length=MAX_GROUPS)]


class GroupJoin(Payload):
    group: Id


class GroupMove(Payload):
    """Puts a student into this group, however the groups were made. Local teachers: of their room."""

    participant: Id
    group: Id


class GroupsCall(Payload):
    """Back to the lesson, in so many seconds."""

    seconds: Annotated[int, Field(ge=1, le=MAX_CALL_S)]


class GroupsDissolve(Payload):
    """The groups are no more. What they wrote stays with the teachers."""


class GroupsMade(Payload):
    """Instead of those of before. `forget`: the viewer was shown its group's board and notes, and is no more."""

    by: By
    groups: list[GroupNamed]
    forget: Literal[True] | None = None


class GroupFilled(Payload):
    """Who is in it now; `came`: this one since now, `left`: this one no more. `names` are put in for those who may read
    them."""

    group: Id
    members: list[Id]
    came: Id | None = None
    left: Id | None = None
    names: dict[str, str] | None = None
    forget: Literal[True] | None = None


class GroupsCalled(Payload):
    seconds: int


class GroupsDissolved(Payload):
    forget: Literal[True] | None = None


def group_of(state: State, participant: str) -> str | None:
    """The group that a student is in now."""
    groups = state["groups"]["by_id"]
    return next((name for name, one in groups.items() if participant in one["members"]), None)


def members_of(state: State, group: str) -> list[str]:
    """Nobody's is a group that is not there any more."""
    known = state["groups"]["by_id"].get(group)
    return known["members"] if known else []


def form(state: State, command: GroupsForm, _: Ask) -> list[Draft]:
    listed = [one for group in command.groups for one in group.participants]
    people = state["participants"]
    if any(one not in people or people[one]["role"] != Role.STUDENT for one in listed):
        raise missing("student")
    if len(set(listed)) < len(listed):
        raise refused("exists", "A student is in two groups.")
    made = _made(state, "roster", [GroupNamed(group=one.group, name=one.name) for one in command.groups])
    return [made, *(_filled(one.group, one.participants) for one in command.groups if one.participants)]


def draw(state: State, command: GroupsDraw, ask: Ask) -> list[Draft]:
    names = [f"{ask.rng.getrandbits(64):016x}" for _ in range(command.groups)]
    students = [name for name, one in state["participants"].items() if one["present"] and _is_student(one)]
    ask.rng.shuffle(students)
    made = _made(state, "chance", [GroupNamed(group=name) for name in names])
    drawn = [(name, students[place :: command.groups]) for place, name in enumerate(names)]
    if len(drawn[0][1]) > MAX_MEMBERS:
        raise refused("too_many", f"A group has at most {MAX_MEMBERS}: draw more groups.")
    return [made, *(_filled(name, members) for name, members in drawn if members)]


def open_(state: State, command: GroupsOpen, _: Ask) -> list[Draft]:
    return [_made(state, "choice", command.groups)]


def _made(state: State, by: By, groups: list[GroupNamed]) -> Draft:
    names = [one.group for one in groups]
    people = state["participants"]
    rooms = {one["room"] for one in people.values()}
    taken = {CLASS} | state["boards"].keys() | state["group_notes"].keys() | people.keys() | rooms
    if len(set(names)) < len(names) or not taken.isdisjoint(names):
        raise refused("exists", "There is a group, a room or a participant of that id, or it is the class's.")
    return Draft("groups.made", {"by": by, "groups": [one.model_dump(exclude_none=True) for one in groups]})


def _filled(group: str, members: list[str]) -> Draft:
    return Draft("group.filled", {"group": group, "members": members})


def _is_student(one: ParticipantState) -> bool:
    return one["role"] == Role.STUDENT and one["admitted"]


def join(state: State, command: GroupJoin, ask: Ask) -> list[Draft]:
    if state["groups"]["by"] not in (None, "choice"):
        raise refused("wrong_phase", "Groups are not chosen.")
    return _into(state, ask.seat.participant, command.group)


def move(state: State, command: GroupMove, ask: Ask) -> list[Draft]:
    one = state["participants"].get(command.participant)
    if one is None or one["role"] != Role.STUDENT:
        raise missing("student")
    if ask.seat.role != Role.LEAD_TEACHER and one["room"] != ask.seat.room:
        raise denied("This student is not in your room.")
    return _into(state, command.participant, command.group)


def _into(state: State, participant: str, group: str) -> list[Draft]:
    if group not in state["groups"]["by_id"]:
        raise missing("group")
    before, members = group_of(state, participant), members_of(state, group)
    if before == group:
        return []
    if len(members) >= MAX_MEMBERS:
        raise refused("too_many", "This group is full.")
    drafts = [_with_one_more(state, group, participant)]
    if before is not None:
        others = [one for one in members_of(state, before) if one != participant]
        drafts.insert(0, Draft("group.filled", {"group": before, "members": others, "left": participant}))
    if participant in state["groups"]["voice"]:  # it hears nothing of the group that it leaves, and may join this one's
        drafts.insert(0, Draft("voice.left", {"group": before, "participant": participant}))
    return drafts


def _with_one_more(state: State, group: str, participant: str) -> Draft:
    members = [*members_of(state, group), participant]
    return Draft("group.filled", {"group": group, "members": members, "came": participant})


def arriving(state: State, participant: str) -> list[Draft]:
    """What it means for the groups that a student is there, or let in."""
    groups = state["groups"]
    if groups["by"] != "chance" or group_of(state, participant) is not None:
        return []
    smallest = min(groups["order"], key=lambda name: len(members_of(state, name)))
    is_full = len(members_of(state, smallest)) >= MAX_MEMBERS
    return [] if is_full else [_with_one_more(state, smallest, participant)]


def call(state: State, command: GroupsCall, _: Ask) -> list[Draft]:
    if not state["groups"]["order"]:
        raise missing("group")
    return [Draft("groups.called", {"seconds": command.seconds})]


def dissolve(state: State, _: GroupsDissolve, __: Ask) -> list[Draft]:
    return [Draft("groups.dissolved", {})] if state["groups"]["order"] else []


def of_ones_own(event: Event, viewer: Seat) -> Json | None:
    """What a student is told of who is in a group."""
    if viewer.participant in event.data["members"]:
        return event.data
    if viewer.participant == event.data.get("left"):
        left: Json = {"group": event.data["group"], "members": []}
        return left if viewer.group == left["group"] else {**left, "forget": True}  # it has come back since
    return None


def forgetting(event: Event, _: Seat) -> Json:
    """What a student is told when the groups are no more."""
    return {**event.data, "forget": True}


def made(state: State, event: Event) -> State:
    groups: dict[str, Group] = {}
    for one in event.data["groups"]:
        group: Group = {"members": []}
        if "name" in one:
            group["name"] = one["name"]
        groups[one["group"]] = group
    after: GroupsState = {**EMPTY["groups"], "by": event.data["by"], "order": list(groups), "by_id": groups}
    return _with(_forgot(state, event), after)


def filled(state: State, event: Event) -> State:
    name = event.data["group"]
    known = state["groups"]["by_id"].get(name)
    if known is None:
        return state
    state = _forgot(state, event)
    groups = state["groups"]
    group: Group = {**known, "members": event.data["members"]}
    group.pop("names", None)
    if "names" in event.data:
        group["names"] = event.data["names"]
    return _with(state, {**groups, "by_id": {**groups["by_id"], name: group}})


def called(state: State, event: Event) -> State:
    return _with(state, {**state["groups"], "call": {"seconds": event.data["seconds"], "since": event.at}})


def dissolved(state: State, event: Event) -> State:
    return _with(_forgot(state, event), EMPTY["groups"])


def _with(state: State, groups: GroupsState) -> State:
    return {**state, "groups": groups}


def _forgot(state: State, event: Event) -> State:
    """Without the group's board, notes and voice, or all groups', where the viewer is shown them no more."""
    if not event.data.get("forget"):
        return state
    only = event.data.get("group")
    boards = {
        owner: board
        for owner, board in state["boards"].items()
        if board["kind"] != "group" or only not in (None, owner)
    }
    notes = {group: sheet for group, sheet in state["group_notes"].items() if only not in (None, group)}
    voice = {one: group for one, group in state["groups"]["voice"].items() if only not in (None, group)}
    return {**state, "boards": boards, "group_notes": notes, "groups": {**state["groups"], "voice": voice}}


COMMANDS: dict[str, type[Payload]] = {
    "groups.form": GroupsForm,
    "groups.draw": GroupsDraw,
    "groups.open": GroupsOpen,
    "group.join": GroupJoin,
    "group.move": GroupMove,
    "groups.call": GroupsCall,
    "groups.dissolve": GroupsDissolve,
}
EVENTS: dict[str, type[Payload]] = {
    "groups.made": GroupsMade,
    "group.filled": GroupFilled,
    "groups.called": GroupsCalled,
    "groups.dissolved": GroupsDissolved,
}
DECIDE: dict[str, Decider] = {
    "groups.form": form,
    "groups.draw": draw,
    "groups.open": open_,
    "group.join": join,
    "group.move": move,
    "groups.call": call,
    "groups.dissolve": dissolve,
}
APPLY: dict[str, Applier] = {
    "groups.made": made,
    "group.filled": filled,
    "groups.called": called,
    "groups.dissolved": dissolved,
}
