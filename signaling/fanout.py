"""From a lesson's events to the messages that its viewers get: one encoded message for all who are shown the same.

For viewers of the same role and room `project` differs only in events that concern one of them. So it is asked once for
each audience, and once for each of the few who are concerned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic_core import to_json

from classroom.events import Event, Json, Role, Seat
from classroom.rules import VOICES, State, concerned, fold, project, seated, view

MANY = 200
"""Up to so many missed events are sent as they are; beyond, as a snapshot where that is shorter."""
LARGE = 32 * 1024
"""Bytes of JSON: a snapshot that is longer is fetched; a socket does not compress it, and it would hold up the rest."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message: `text` is the JSON of its one argument, made once for all of `to` (socket ids). One that is
    `droppable` is not queued for a recipient who is behind."""

    name: str
    text: str
    to: tuple[str, ...]
    droppable: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a signal goes to: all in these roles, these participants, the displays and students of this room, and those
    whose seats are local teachers' of these rooms."""

    roles: frozenset[Role] = frozenset()
    participants: frozenset[str] = frozenset()
    room: str | None = None
    taught: frozenset[str] = frozenset()

    def takes_in(self, role: Role, room: str | None) -> bool:
        """All of this role and room, whoever they are."""
        of_the_room = role in (Role.DISPLAY, Role.STUDENT) and room == self.room is not None
        return role in self.roles or of_the_room or (role == Role.LOCAL_TEACHER and room in self.taught)


def encode(value: object) -> str:
    return to_json(value).decode()


@dataclass(frozen=True, slots=True)
class Audience:
    """Live viewers of one role and room: socket id → participant."""

    role: Role
    room: str | None
    viewers: dict[str, str]

    def parts(self, named: frozenset[str]) -> Iterator[tuple[Seat, Iterable[str]]]:
        """A seat, and the sockets of all who are shown the same as it."""
        apart = {who: list[str]() for who in named.intersection(self.viewers.values())}
        others: Iterable[str] = self.viewers
        if apart:
            for sid, who in self.viewers.items():
                if who in apart:
                    apart[who].append(sid)
            others = [sid for sid, who in self.viewers.items() if who not in apart]
        for who, sids in apart.items():
            yield Seat(who, self.role, self.room), sids
        if any(True for _ in others):
            yield Seat("", self.role, self.room), others


def broadcast(
    events: Sequence[Event], texts: Mapping[str, str], audiences: Iterable[Audience], state: State
) -> list[Outgoing]:
    """One tick's events, together and in order; who is shown nothing of them gets no message. `state` is that after
    them."""
    concerning: dict[str, list[int]] = {}
    for place, event in enumerate(events):
        for who in concerned(event, state):
            concerning.setdefault(who, []).append(place)
    of_groups = any("board" in event.data or event.kind in VOICES for event in events)
    same: dict[str, list[str]] = {}
    encoded: dict[tuple[int, int, str | None], tuple[Event, str]] = {}

    def text_of(event: Event) -> str:
        # What is shown whole is the very object for everyone; `encoded` keeps them, so that no id is used twice.
        identity = event.seq, id(event.data), event.cause
        if identity not in encoded:
            encoded[identity] = event, encode(event.json())
        return encoded[identity][1]

    for audience in audiences:
        usual = _seen(events, range(len(events)), texts, Seat("", audience.role, audience.room))
        for seat, sids in audience.parts(frozenset(concerning)):
            seat = seated(state, seat) if of_groups else seat
            places = usual | _seen(events, concerning.get(seat.participant, ()), texts, seat)
            if places:
                text = f"[{','.join(text_of(places[place]) for place in sorted(places))}]"
                same.setdefault(text, []).extend(sids)
    return [Outgoing("events", text, tuple(sids)) for text, sids in same.items()]


def _seen(events: Sequence[Event], places: Iterable[int], texts: Mapping[str, str], viewer: Seat) -> dict[int, Event]:
    """What the viewer is shown of the events at these places. Nobody is shown less of what concerns them."""
    return {place: shown for place in places if (shown := project(events[place], viewer, texts)) is not None}


def projected(events: Iterable[Event], texts: Mapping[str, str], viewer: Seat) -> list[Event]:
    return [shown for event in events if (shown := project(event, viewer, texts)) is not None]


def in_lobby(event: Event, viewer: Seat) -> bool:
    """What someone who has not been let in may know of: that the lesson goes on, and of themselves."""
    thing = event.kind.partition(".")[0]
    return thing == "lesson" or (thing == "participant" and event.data.get("participant") == viewer.participant)


def catch_up(
    sid: str, missed: Sequence[Event] | None, size: int, state: State, texts: Mapping[str, str], viewer: Seat, at: int
) -> Outgoing:
    """What a viewer needs to be where the lesson is at `state`: what it `missed` and may see (None: it lacks what was
    before), or a snapshot where that is shorter. Of one whose `size` is large only that it is there."""
    if missed is not None:
        events = _events(missed)
        if len(missed) <= MANY or len(events) <= min(size, LARGE):
            return Outgoing("events", events, (sid,))
    text = _snapshot(view(state, viewer, texts) if size <= LARGE else None, state, at)
    if len(text) > LARGE:  # with what is the viewer's own
        text = _snapshot(None, state, at)
    return Outgoing("snapshot", text, (sid,))


def lobby_snapshot(sid: str, events: Iterable[Event], texts: Mapping[str, str], viewer: Seat, at: int) -> Outgoing:
    theirs = (event for event in events if in_lobby(event, viewer))
    seen = fold(projected(theirs, texts, viewer))
    return Outgoing("snapshot", _snapshot(seen, seen, at), (sid,))


def _events(events: Iterable[Event]) -> str:
    return encode([event.json() for event in events])


def _snapshot(seen: State | None, state: State, at: int) -> str:
    message: Json = {"seq": state["seq"], "at": at, "state": seen}
    return encode(message)
