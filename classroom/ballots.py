"""Anonymous votes wait in memory until so many are together that nothing on disk tells whose each is.

A box is a threshold pool mix (Serjantov, Dingledine, Syverson, "From a Trickle to a Flood", 2002): once twice `FEWEST`
are in it, all but `FEWEST` of them, which chance chooses, are written in one commit; when the vote closes, the rest. So
every commit is of `FEWEST` at least, or there is none. It says who voted, in the order of their ids, and, apart from
that, what was voted, under random keys. Neither order nor time nor key joins the two.

Who voted hears that the vote is held, and asks again until it is written. What is in the box when the server dies, or
gives the lesson up, was never acknowledged, and is sent again by whoever has not gone; where fewer than `FEWEST` are in
it when the vote closes, they are not counted, and hear that.
"""

from __future__ import annotations

import random
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from classroom.activities.counting import BALLOT, FEWEST, ballot_prefix
from classroom.errors import ClientFault, Status
from classroom.events import Draft

AGAIN_S = 1
"""When whoever voted may ask again."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """`value` is JSON. `actor` and `command`: whose command it came by, a teacher's where the voter has no tablet."""

    activity: str
    voter: str
    value: str
    actor: str
    command: str


def held() -> ClientFault:
    words = "This vote is kept until others are with it, so that nobody can tell whose it is."
    return ClientFault("held", words, Status.UNAVAILABLE, retry_after_s=AGAIN_S)


def ballot_of(proposed: Sequence[Draft], actor: str, command: str) -> Ballot | None:
    """The ballot that these drafts would write at once."""
    for one in proposed:
        for key, value in one.texts.items():
            if key.startswith(BALLOT):
                return Ballot(one.data["activity"], one.data["participant"], value, actor, command)
    return None


class Box:
    """The ballots of one activity that are not written yet."""

    def __init__(self, held: Iterable[Ballot] = ()) -> None:
        self._held = {one.voter: one for one in held}

    def without(self, written: Container[tuple[str, str]]) -> Box:
        """Another box, with those ballots whose commands (actor, id) are not written."""
        return Box(one for one in self._held.values() if (one.actor, one.command) not in written)

    def has(self, actor: str, command: str) -> bool:
        return any((one.actor, one.command) == (actor, command) for one in self._held.values())

    @property
    def voters(self) -> frozenset[str]:
        return frozenset(self._held)

    def put(self, ballot: Ballot) -> ClientFault:
        """What its sender is told: `held`, also when the same comes again; `already_answered` for another."""
        known = self._held.setdefault(ballot.voter, ballot)
        if (known.actor, known.command) != (ballot.actor, ballot.command):
            return ClientFault("already_answered", "This was answered already.", Status.CONFLICT)
        return held()

    def due(self, rng: random.Random) -> list[Ballot]:
        """What is to be written now."""
        if len(self._held) < 2 * FEWEST:
            return []
        chosen = rng.sample(sorted(self._held), len(self._held) - FEWEST)
        return [self._held.pop(voter) for voter in chosen]

    def rest(self) -> list[Ballot]:
        """What is to be written when the vote closes: nothing where that would be too few."""
        held, self._held = self._held, {}
        return list(held.values()) if len(held) >= FEWEST else []


def drafts(ballots: Iterable[Ballot], rng: random.Random) -> list[Draft]:
    """Who voted, and apart from that what."""
    ballots = list(ballots)
    texts = {f"{ballot_prefix(one.activity)}{rng.getrandbits(96):024x}": one.value for one in ballots}
    voted = sorted((one.voter, one.activity) for one in ballots)
    events = [Draft("activity.answered", {"activity": activity, "participant": voter}) for voter, activity in voted]
    return [*events[:-1], Draft(events[-1].kind, events[-1].data, dict(sorted(texts.items())))]
