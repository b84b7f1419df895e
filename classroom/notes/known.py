"""What of a sheet must be known to let an update of it through: so much that it can only be what all can read.

An update that refers to what is not there would wait in everyone's memory for what may never come; one that goes on
under another's client id would make that one's page differ from all others; and what lies a thousand deep overflows the
stack of who draws it. Of each client's clocks it is known what they are in, as runs, and of each element
how deep it lies. That is a few numbers for each time that someone wrote somewhere else.
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
NOWHERE = -3
"""Where something can be in, besides elements, which are counted from 0, the sheet, by how deep they lie."""

FITS: Mapping[int, frozenset[Holds]] = {
    IN_WORDS: frozenset({Holds.TEXT, Holds.DELETED}),
    IN_ATTRIBUTE: frozenset({Holds.VALUE, Holds.DELETED}),
    NOWHERE: frozenset(Holds),
    0: frozenset({Holds.ELEMENT, Holds.DELETED}),
}
FITS_ELEMENTS = frozenset({Holds.ELEMENT, Holds.WORDS, Holds.DELETED})


class Missing(ValueError):
    """What it builds on is not there."""


@dataclass(slots=True)
class Runs:
    """From each of these clocks on, up to the next or the end, what is there is in this. Not changed once known."""

    starts: list[int] = field(default_factory=list)
    within: list[int] = field(default_factory=list)
    end: int = 0

    def at(self, clock: int) -> int | None:
        place = bisect_right(self.starts, clock) - 1
        return self.within[place] if place >= 0 and clock < self.end else None


@dataclass(frozen=True, slots=True)
class Known:
    runs: Mapping[int, Runs] = field(default_factory=dict)
    depths: Mapping[Id, int] = field(default_factory=dict)
    """Of elements, and of what words are in."""

    def end(self, client: int) -> int:
        runs = self.runs.get(client)
        return runs.end if runs else 0


def after(known: Known, update: Update) -> Known:
    """What is known with the update, which builds on nothing else. Raises `Missing`; ValueError for what does not lie
    as notes do."""
    return _Taking(known).all(update, lenient=False)


def learnt(known: Known, update: Update) -> Known:
    """The same of what was let through before, of all who wrote; what deletion has torn apart is nowhere."""
    return _Taking(known).all(update, lenient=True)


class _Taking:
    def __init__(self, known: Known) -> None:
        self._runs = dict(known.runs)
        self._depths = dict(known.depths)
        self._mine: set[int] = set()  # clients whose runs are a copy

    def all(self, update: Update, *, lenient: bool) -> Known:
        waiting = dict(update.structs)
        while waiting:
            left = {client: rest for client, structs in waiting.items() if (rest := self._some(client, structs))}
            if _count(left) == _count(waiting):
                if not lenient:
                    raise Missing("what it builds on is not there")
                client, (first, *rest) = next(iter(left.items()))
                self._add(client, first, NOWHERE)
                left[client] = rest
            waiting = {client: rest for client, rest in left.items() if rest}
        for client, clock, length in update.deleted:
            if not lenient and clock + length > self._end(client):
                raise Missing("what it deletes is not there")
        return Known(self._runs, self._depths)

    def _some(self, client: int, structs: list[Struct]) -> list[Struct]:
        """Takes in what it can of these; the rest."""
        for place, struct in enumerate(structs):
            if struct.end <= self._end(client):
                continue  # said before
            within = self._within(struct) if struct.clock <= self._end(client) else None
            if within is None:
                return structs[place:]
            if struct.holds not in FITS.get(within, FITS_ELEMENTS):
                raise ValueError("it does not belong there")
            self._add(client, struct, within)
        return []

    def _within(self, struct: Struct) -> int | None:
        """What it is in; None: that is not known yet."""
        if struct.holds == Holds.GONE:
            return NOWHERE
        beside = [self._at(one) for one in (struct.left, struct.right) if one is not None]
        if None in beside:
            return None
        if NOWHERE in beside:
            return NOWHERE
        if beside:
            if beside[0] != beside[-1]:
                raise ValueError("between what is in different places")
            return beside[0]
        if struct.parent is None:
            return 0
        depth = self._depths.get(struct.parent)
        if depth is None:  # what it is in was deleted, or never there
            return None if self._at(struct.parent) is None else NOWHERE
        if struct.attribute and depth == IN_WORDS:
            raise ValueError("an attribute of words")
        return IN_ATTRIBUTE if struct.attribute else depth

    def _add(self, client: int, struct: Struct, within: int) -> None:
        if within == NOWHERE:
            pass
        elif struct.holds == Holds.WORDS:
            self._depths[client, struct.clock] = IN_WORDS
        elif struct.holds == Holds.ELEMENT:
            if within == DEEPEST - 1:
                raise ValueError("too deep")
            self._depths[client, struct.clock] = within + 1
        runs = self._runs.get(client, Runs())
        if client not in self._mine:
            self._mine.add(client)
            runs = self._runs[client] = Runs([*runs.starts], [*runs.within], runs.end)
        if not runs.within or runs.within[-1] != within:
            runs.starts.append(max(struct.clock, runs.end))
            runs.within.append(within)
        runs.end = struct.end

    def _at(self, one: Id) -> int | None:
        runs = self._runs.get(one[0])
        return runs.at(one[1]) if runs else None

    def _end(self, client: int) -> int:
        runs = self._runs.get(client)
        return runs.end if runs else 0


def _count(waiting: Mapping[int, list[Struct]]) -> int:
    return sum(map(len, waiting.values()))
