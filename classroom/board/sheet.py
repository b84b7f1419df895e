"""What lies on a page, as plain JSON, in the order in which it lies."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NotRequired, TypedDict

from annotated_types import Len

Number = int | float
Two = Annotated[list[Number], Len(2, 2)]
Four = Annotated[list[Number], Len(4, 4)]


class BoardStroke(TypedDict):
    """A finished line; `points` as in `stroke.add`."""

    object: str
    type: str
    by: str
    z: Number
    place: NotRequired[Four]
    tool: str
    color: str
    width: Number
    began: int
    points: list[Number]


BoardShape = TypedDict(
    "BoardShape",
    {
        "object": str,
        "type": str,
        "by": str,
        "z": Number,
        "place": NotRequired[Four],
        "shape": str,
        "color": str,
        "width": Number,
        "fill": NotRequired[str | None],
        "from": Two,
        "to": Two,
    },
)


class BoardWords(TypedDict):
    """Text, or a note. `words` says where its words stand in the side table; `text` is there only where projected."""

    object: str
    type: str
    by: str
    z: Number
    place: NotRequired[Four]
    color: str
    size: Number
    box: Four
    words: int
    copy_of: NotRequired[str]  # the id under which the words stand, where it is another
    text: NotRequired[str]


class BoardImage(TypedDict):
    object: str
    type: str
    by: str
    z: Number
    place: NotRequired[Four]
    courseware: str
    slide: int
    box: Four


BoardObject = dict[str, Any]
"""One of these. `z` is the seq of the event that it came with, and where many came with it a fraction more of one after
the other; `by` whose it is; `place` is scale and shift, [sx, sy, dx, dy], where it was moved."""


def _z(one: BoardObject) -> Number:
    z: Number = one["z"]
    return z


def numbers_of(one: BoardObject) -> int:
    """How many numbers the points of an object are; only strokes have any."""
    return len(one.get("points", ()))


class Erased(TypedDict):
    by: str  # who erased it
    object: BoardObject


class Kept(list[Erased]):
    """What was erased of a page and can be restored, the latest last. A list like any other that is not changed; which
    ids are in it, it looks up once."""

    __slots__ = ("_names",)

    @property
    def names(self) -> frozenset[str]:
        try:
            return self._names
        except AttributeError:
            self._names: frozenset[str] = frozenset(one["object"]["object"] for one in self)
            return self._names

    def latest(self, least: int, most: int, most_numbers: int) -> Kept:
        """The last `least`, and of those before the latest, up to so many in all, and so many numbers."""
        kept = numbers = 0
        for one in reversed(self):
            numbers += numbers_of(one["object"])
            if kept >= least and (kept >= most or numbers > most_numbers):
                break
            kept += 1
        return self if kept == len(self) else Kept(self[len(self) - kept :])


class Sheet(list[BoardObject]):
    """Objects in the order of `z`; of one `z`, in that in which they were put in. A list like any other that is not
    changed, but that it finds one without looking at all: where each is, is handed on from version to version, and
    how much all is. A version that was left and is asked again looks anew."""

    __slots__ = ("_known", "_numbers")

    def __init__(
        self, objects: Iterable[BoardObject] = (), known: dict[str, Number] | None = None, numbers: int | None = None
    ) -> None:
        super().__init__(objects)
        self._known = known
        self._numbers = numbers

    @property
    def numbers(self) -> int:
        """How many numbers the points of all strokes are."""
        if self._numbers is None:
            self._numbers = sum(map(numbers_of, self))
        return self._numbers

    def find(self, name: str) -> BoardObject | None:
        place = self._place(name)
        return None if place is None else self[place]

    def some(self, names: Iterable[str]) -> list[BoardObject]:
        """Those of these names, in their order on the page."""
        which = set(names)
        if len(which) > FEW:
            return [one for one in self if one["object"] in which]
        places = [place for name in which if (place := self._place(name)) is not None]
        return [self[place] for place in sorted(places)]

    def with_(self, objects: Iterable[BoardObject]) -> Sheet:
        """And these, each where its `z` says. What is there already stays as it is."""
        known = self._names()
        new = [one for one in objects if one["object"] not in known]
        if not new:
            return self
        after = self._next()
        if len(new) > FEW:
            after.extend(new)
            after.sort(key=_z)
        else:
            for one in new:
                after.insert(bisect_right(after, one["z"], key=_z), one)
        after._names().update((one["object"], one["z"]) for one in new)
        after._numbers = self.numbers + sum(map(numbers_of, new))
        return after

    def without(self, names: Iterable[str]) -> tuple[Sheet, list[BoardObject]]:
        """But these; and what is taken out, in their order."""
        gone = self.some(names)
        if not gone:
            return self, []
        after = self._next()
        if len(gone) > FEW:
            which = {one["object"] for one in gone}
            after[:] = [one for one in after if one["object"] not in which]
        else:
            for one in gone:
                del after[after._at(one["object"], one["z"])]
        for one in gone:
            del after._names()[one["object"]]
        after._numbers = self.numbers - sum(map(numbers_of, gone))
        return after, gone

    def changed(self, changes: Mapping[str, BoardObject]) -> Sheet:
        """With others in the place of those of these names; of strokes, the points stay."""
        found = {place: one for name, one in changes.items() if (place := self._place(name)) is not None}
        if not found:
            return self
        after = self._next()
        for place, one in found.items():
            after[place] = one
        return after

    def _next(self) -> Sheet:
        names, self._known = self._known, None
        return Sheet(self, names, self._numbers)

    def _names(self) -> dict[str, Number]:
        if self._known is None:
            self._known = {one["object"]: one["z"] for one in self}
        return self._known

    def _place(self, name: str) -> int | None:
        z = self._names().get(name)
        return None if z is None else self._at(name, z)

    def _at(self, name: str, z: Number) -> int:
        place = bisect_left(self, z, key=_z)
        while self[place]["object"] != name:
            place += 1
        return place


FEW = 32
"""More than so many are looked for, put in and taken out in one go."""
