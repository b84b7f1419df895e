"""What of a sheet must be known to let an update of it through: so much that it can only be what all can read.

An update that refers to what is not there would wait in everyone's memory for what may never come; one that goes on
under another's client id would make that one's page differ from all others; what cuts a character in two leaves other
halves in Yjs than in pycrdt, and what stands between two that lie in different places is lost with the second, but only
to pages that are loaded later; and what lies a thousand deep overflows the stack of who draws it. Of each client's
clocks it is known what they are in and whether they came deleted, as runs, and of each element how deep it lies. That
is a few numbers for each time that someone wrote somewhere else.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field

from classroom.notes.updates import Holds, Id, Struct, Update

DEEPEST = 4
"""The sheet, a list, an entry, a paragraph: what lies in a paragraph is words."""

IN_WORDS = -1
IN_ATTRIBUTE = -2
NO_DEPTH = -3
"""How deep that lies which is in words, in an attribute, or nowhere. Elements are counted from 0, the sheet."""

FITS: Mapping[int, frozenset[Holds]] = {
    IN_WORDS: frozenset({Holds.TEXT, Holds.DELETED}),
    IN_ATTRIBUTE: frozenset({Holds.VALUE, Holds.DELETED}),
    NO_DEPTH: frozenset(Holds),
    0: frozenset({Holds.ELEMENT, Holds.DELETED}),
    DEEPEST - 1: frozenset({Holds.WORDS, Holds.DELETED}),
}
FITS_ELEMENTS = frozenset({Holds.ELEMENT, Holds.WORDS, Holds.DELETED})

Within = tuple[Id | None, int]
"""What something is in (None: the sheet, or nowhere), and how deep that lies."""
Place = tuple[Within, bool]
"""And whether what lies there came deleted."""
SHEET: Within = None, 0
NOWHERE: Within = None, NO_DEPTH


class Missing(ValueError):
    """It does not go on from what is there."""


@dataclass(slots=True)
class Runs:
    """From each of these clocks on, up to the next or the end, what is there lies so. Not changed once known."""

    starts: list[int] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    end: int = 0

    def at(self, clock: int) -> Place | None:
        run = bisect_right(self.starts, clock) - 1
        return self.places[run] if run >= 0 and clock < self.end else None


@dataclass(frozen=True, slots=True)
class Known:
    runs: Mapping[int, Runs] = field(default_factory=dict)
    depths: Mapping[Id, int] = field(default_factory=dict)
    """Of elements, and of what words are in."""
    halves: frozenset[Id] = frozenset()
    """Of characters: there nothing is cut."""
    whole: bool = True
    """False: of something that was let through nothing is known, so what builds on that is not told from what builds
    on nothing."""

    def end(self, client: int) -> int:
        runs = self.runs.get(client)
        return runs.end if runs else 0


def after(known: Known, update: Update) -> Known:
    """What is known with the update, which builds on nothing else. Raises `Missing`; ValueError for what does not lie
    as notes do."""
    return _Taking(known, lenient=not known.whole).all(update)


def learnt(known: Known, update: Update) -> Known:
    """The same of what was let through before, of all who wrote. Raises nothing, for nobody could write any more: what
    does not lie as notes do is nowhere, and what deletion has torn apart."""
    return _Taking(known, lenient=True).all(update)


class _Taking:
    def __init__(self, known: Known, *, lenient: bool) -> None:
        self._lenient = lenient
        self._whole = known.whole
        self._runs = dict(known.runs)
        self._depths = dict(known.depths)
        self._halves = known.halves
        self._mine: set[int] = set()  # clients whose runs are a copy

    def all(self, update: Update) -> Known:
        waiting = dict(update.structs)
        while waiting:
            left = {client: rest for client, structs in waiting.items() if (rest := self._some(client, structs))}
            if _count(left) == _count(waiting):
                if not self._lenient:
                    raise Missing("what it builds on is not there")
                client, (first, *rest) = next(iter(left.items()))
                self._add(client, first, NOWHERE)
                left[client] = rest
            waiting = {client: rest for client, rest in left.items() if rest}
        for client, clock, length in update.deleted:
            if not self._lenient and clock + length > self._end(client):
                raise Missing("what it deletes is not there")
            if not self._lenient:
                self._uncut((client, clock), (client, clock + length))
        return Known(self._runs, self._depths, self._halves, self._whole)

    def _some(self, client: int, structs: list[Struct]) -> list[Struct]:
        """Takes in what it can of these; the rest."""
        for place, struct in enumerate(structs):
            if struct.end <= self._end(client):
                self._check_again(struct)
                continue
            try:
                within = self._fitting(client, struct)
            except ValueError:
                if not self._lenient:
                    raise
                within = NOWHERE
            if within is None:
                return structs[place:]
            self._add(client, struct, within)
        return []

    def _check_again(self, struct: Struct) -> None:
        """What was said before is left out by all, but not before Yjs has looked up what it refers to."""
        if not self._lenient and self._within(struct) is None:
            raise Missing("what it builds on is not there")

    def _fitting(self, client: int, struct: Struct) -> Within | None:
        """What it is in, which may hold it; None: that is not known yet."""
        if struct.clock < self._end(client):
            # The rest would lie behind what is there, wherever it says that it does. Pages cut such a struct there.
            raise Missing("it says again what is there, and more")
        within = self._within(struct) if struct.clock == self._end(client) else None
        if within is not None and struct.holds not in FITS.get(within[1], FITS_ELEMENTS):
            raise ValueError("it does not belong there")
        return within

    def _within(self, struct: Struct) -> Within | None:
        if struct.holds == Holds.GONE:
            return NOWHERE
        if struct.left:
            self._uncut((struct.left[0], struct.left[1] + 1))
        if struct.right:
            self._uncut(struct.right)
        beside = [self._at(one) for one in (struct.left, struct.right) if one is not None]
        within = {place and place[0] for place in beside}
        if None in within:
            return None
        if len(within) > 1 or (struct.left and struct.left == struct.right):
            raise ValueError("between what is in different places")
        if within:
            return within.pop()
        if struct.parent is None:
            return SHEET
        depth = self._depths.get(struct.parent)
        if depth is None:  # what it is in was deleted, or never there
            parent = self._at(struct.parent)
            if parent is not None and not parent[1]:
                raise ValueError("in what holds nothing")
            return None if parent is None else NOWHERE
        if struct.attribute and depth == IN_WORDS:
            raise ValueError("an attribute of words")
        if depth == NO_DEPTH:
            return NOWHERE
        return struct.parent, IN_ATTRIBUTE if struct.attribute else depth

    def _add(self, client: int, struct: Struct, within: Within) -> None:
        if struct.holds in (Holds.ELEMENT, Holds.WORDS):
            depth = IN_WORDS if struct.holds == Holds.WORDS else within[1] + 1
            self._depths[client, struct.clock] = NO_DEPTH if within == NOWHERE else depth
        runs = self._runs.get(client, Runs())
        if client not in self._mine:
            self._mine.add(client)
            runs = self._runs[client] = Runs([*runs.starts], [*runs.places], runs.end)
        if struct.halves:
            self._halves |= {(client, clock) for clock in struct.halves}
        place = within, struct.holds in (Holds.GONE, Holds.DELETED)
        if not runs.places or runs.places[-1] != place:
            runs.starts.append(max(struct.clock, runs.end))
            runs.places.append(place)
        runs.end = struct.end

    def _uncut(self, *ones: Id) -> None:
        if not self._halves.isdisjoint(ones):
            raise ValueError("it cuts a character in two")

    def _at(self, one: Id) -> Place | None:
        runs = self._runs.get(one[0])
        return runs.at(one[1]) if runs else None

    def _end(self, client: int) -> int:
        runs = self._runs.get(client)
        return runs.end if runs else 0


def _count(waiting: Mapping[int, list[Struct]]) -> int:
    return sum(map(len, waiting.values()))
