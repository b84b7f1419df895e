"""Teams that gather points: groups, rooms, or sides that the teacher names. Points are a team's, never a child's.

A question is worth as many points to a team of two as to one of thirty: ten, times the mean mark of its members who
are there (who did not answer has 0), rounded. It is given when the result is shown. How fast one was does not count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from classroom.events import Draft, Event, Json, Role
from classroom.groups import group_of
from classroom.payload import Id, Name, Payload
from classroom.reducer import Applier, Ask, Competition, Decider, State, missing, refused

STANDING = ("by", "teams", "points", "last")
WORTH = 10
MAX_BY_HAND = 100


class Team(Payload):
    team: Id
    name: Name | None = None


Teams = Annotated[list[Team], Field(min_length=2, max_length=20)]


class CompetitionStart(Payload):
    """Instead of one that runs. `teams` where they are neither the groups nor the rooms; these get points by hand
    alone."""

    by: Literal["groups", "rooms", "teams"]
    teams: Teams | None = None

    @model_validator(mode="after")
    def _named_where_they_are_neither(self) -> Self:
        if (self.by == "teams") != (self.teams is not None):
            raise ValueError("teams")
        return self


class CompetitionScore(Payload):
    """Points by hand; of what a team does not have nothing is taken."""

    team: Id
    points: Annotated[int, Field(ge=-MAX_BY_HAND, le=MAX_BY_HAND)]


class CompetitionUndo(Payload):
    """Takes back what was given last, by hand or for a question."""


class CompetitionShow(Payload):
    """Whether displays and tablets show how the teams stand."""

    on: bool


class CompetitionStop(Payload):
    pass


class CompetitionStarted(Payload):
    by: Literal["groups", "rooms", "teams"]
    teams: list[Team]


class CompetitionScored(Payload):
    """By so much more points, or less. `activity`: for that question. `undone`: what was given last is taken back.
    `shown`: everyone sees it."""

    points: dict[str, int]
    activity: Id | None = None
    undone: bool = False
    shown: bool = False


class Stand(Payload):
    by: Literal["groups", "rooms", "teams"]
    teams: list[Team]
    points: dict[str, int]
    last: dict[str, int] | None = None


class CompetitionShown(Payload):
    """`now`: how the teams stand, for those who are told only while it is shown; `forget`: they are told no more.
    `over`: the activity that is over by then, in whose place it is shown."""

    on: bool
    over: Id | None = None
    now: Stand | None = None
    forget: bool | None = None


class CompetitionStopped(Payload):
    pass


def _running(state: State) -> Competition:
    if state["competition"] is None:
        raise refused("wrong_phase", "There is no competition.")
    return state["competition"]


def start(state: State, command: CompetitionStart, ask: Ask) -> list[Draft]:
    match command.by:
        case "groups":
            by_id = state["groups"]["by_id"]
            teams = [{"team": one, **_name(by_id[one])} for one in state["groups"]["order"]]
        case "rooms":
            teams = [{"team": one} for one in _rooms(state)]
        case "teams":
            teams = [one.model_dump(exclude_none=True) for one in command.teams or ()]
    if len({one["team"] for one in teams}) < 2:
        raise refused("too_few", "A competition takes two teams.")
    return [*stop(state, CompetitionStop(), ask), Draft("competition.started", {"by": command.by, "teams": teams})]


def _name(group: Mapping[str, Any]) -> dict[str, str]:
    return {"name": group["name"]} if "name" in group else {}


def _rooms(state: State) -> list[str]:
    """In the order in which anyone of them came."""
    rooms = (person["room"] for person in state["participants"].values() if person["present"])
    return list(dict.fromkeys(room for room in rooms if room is not None))


def score(state: State, command: CompetitionScore, _: Ask) -> list[Draft]:
    competition = _running(state)
    if all(one["team"] != command.team for one in competition["teams"]):
        raise missing("team")
    has = competition["points"].get(command.team, 0)
    points = max(command.points, -has)
    return [_scored(competition, {"points": {command.team: points}})] if points else []


def _scored(competition: Competition, data: Json) -> Draft:
    return Draft("competition.scored", {**data, **({"shown": True} if competition["shown"] else {})})


def undo(state: State, _: CompetitionUndo, __: Ask) -> list[Draft]:
    competition = _running(state)
    last = competition["last"]
    if last is None:
        return []
    return [_scored(competition, {"points": {team: -points for team, points in last.items()}, "undone": True})]


def show(state: State, command: CompetitionShow, _: Ask) -> list[Draft]:
    competition = _running(state)
    if competition["shown"] == command.on:
        return []
    if not command.on:
        return [Draft("competition.shown", {"on": False})]
    stand = {field: competition[field] for field in STANDING}  # type: ignore[literal-required]
    latest = next((state["activities"]["by_id"][one] for one in reversed(state["activities"]["order"])), None)
    over = {"over": latest["activity"]} if latest is not None and latest["phase"] != "open" else {}
    return [Draft("competition.shown", {"on": True, **over, "now": stand})]


def stop(state: State, _: CompetitionStop, __: Ask) -> list[Draft]:
    return [Draft("competition.stopped", {})] if state["competition"] is not None else []


def scoring(
    state: State, activity: str, marks: Mapping[str, float], hands: Mapping[str, Sequence[float]]
) -> list[Draft]:
    """What a question brings whose result is shown: by the marks of children, and those of the hands in each room,
    which are of the children there who have no tablet."""
    competition = state["competition"]
    if competition is None or competition["by"] == "teams" or not (marks or hands):
        return []
    teams = {one["team"] for one in competition["teams"]}
    of_team: defaultdict[str, list[float]] = defaultdict(list)
    for one, person in state["participants"].items():
        by_hand = not person["tablet"] and person["room"] in hands and one not in marks
        if (
            person["role"] == Role.STUDENT
            and person["admitted"]
            and not by_hand
            and (person["present"] or one in marks)
        ):
            team = person["room"] if competition["by"] == "rooms" else group_of(state, one)
            if team in teams:
                of_team[team or ""].append(marks.get(one, 0.0))
    if competition["by"] == "rooms":
        for room, raised in hands.items():
            of_team[room] += raised
    points = {team: int(WORTH * sum(shares) / len(shares) + 0.5) for team, shares in of_team.items() if shares}
    points = {team: more for team, more in points.items() if more}
    return [_scored(competition, {"points": points, "activity": activity})] if points else []


def started(state: State, event: Event) -> State:
    return {**state, "competition": {**event.data, "points": {}, "shown": False, "over": None, "last": None}}  # type: ignore[typeddict-item]


def scored(state: State, event: Event) -> State:
    competition = state["competition"]
    if competition is None:
        return state
    points = dict(competition["points"])
    for team, more in event.data["points"].items():
        points[team] = points.get(team, 0) + more
    last = None if event.data.get("undone") else event.data["points"]
    return {**state, "competition": {**competition, "points": points, "last": last}}


def shown(state: State, event: Event) -> State:
    """For those who are told only while it is shown, it begins and ends with that."""
    data = event.data
    competition = state["competition"] or data.get("now")
    if competition is None or data.get("forget"):
        return {**state, "competition": None}
    return {**state, "competition": {**competition, "shown": data["on"], "over": data.get("over")}}


def stopped(state: State, _: Event) -> State:
    return {**state, "competition": None}


COMMANDS: dict[str, type[Payload]] = {
    "competition.start": CompetitionStart,
    "competition.score": CompetitionScore,
    "competition.undo": CompetitionUndo,
    "competition.show": CompetitionShow,
    "competition.stop": CompetitionStop,
}
EVENTS: dict[str, type[Payload]] = {
    "competition.started": CompetitionStarted,
    "competition.scored": CompetitionScored,
    "competition.shown": CompetitionShown,
    "competition.stopped": CompetitionStopped,
}
DECIDE: dict[str, Decider] = {
    "competition.start": start,
    "competition.score": score,
    "competition.undo": undo,
    "competition.show": show,
    "competition.stop": stop,
}
APPLY: dict[str, Applier] = {
    "competition.started": started,
    "competition.scored": scored,
    "competition.shown": shown,
    "competition.stopped": stopped,
}
