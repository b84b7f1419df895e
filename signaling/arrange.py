"""Which track is in which slot of one receiver, so that as little moves as can be. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from media.api import Quality, Show, Slot, Track


@dataclass(frozen=True, slots=True)
class Shown:
    """A track for a receiver, and the best of its layers that it gets there."""

    track: Track
    ceiling: Quality = "high"


Showing = Mapping[str, Shown]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """`showing`: mid → track, most important first; `unsupported`: tracks whose codec no slot of their kind has."""

    showing: dict[str, Shown]
    unsupported: tuple[Track, ...]

    def changes(self, before: Showing, slots: Sequence[Slot]) -> dict[str, Show | None]:
        """What to assign, by mid; None empties a slot. The same picture in another form takes over when it is there."""
        changed: dict[str, Show | None] = {}
        for slot in slots:
            old, new = before.get(slot.mid), self.showing.get(slot.mid)
            if new is None and old is not None:
                changed[slot.mid] = None
            elif new is not None and new != old:
                keep = slot.kind == "video" and old is not None and _thing(old.track) == _thing(new.track)
                changed[slot.mid] = Show(new.track.id, new.ceiling, keep)
        return changed


def arrange(slots: Sequence[Slot], before: Showing, wanted: Sequence[Shown]) -> Arrangement:
    """`wanted`: most important first. A track that stays wanted keeps its slot; one that takes another's place (the
    same source of the same participant: after a reload or a restart, or as another publication of it) takes its slot;
    others take the first free one that has their codec. What does not fit is cut from the end."""
    tracks = [one.track for one in wanted]
    fitting = [track for track in tracks if any(fits(slot, track) for slot in slots)]
    room = {kind: sum(slot.kind == kind for slot in slots) for kind in ("audio", "video")}
    chosen = [t for t in fitting if _rank(t, fitting) < room[t.kind]]
    free = {slot.mid: slot for slot in slots}
    placed: dict[str, str] = {}

    def place(track: Track, mid: str | None) -> None:
        if mid in free and track.id not in placed and fits(free[mid], track):
            placed[track.id] = mid
            del free[mid]

    by_id = {one.track.id: mid for mid, one in before.items()}
    by_thing = {_thing(one.track): mid for mid, one in before.items()}
    for track in chosen:
        place(track, by_id.get(track.id))
    for track in chosen:
        place(track, by_thing.get(_thing(track)))
    for track in chosen:
        place(track, next((mid for mid, slot in free.items() if fits(slot, track)), None))
    return Arrangement(
        {placed[one.track.id]: one for one in wanted if one.track.id in placed},
        tuple(track for track in tracks if track not in fitting),
    )


def fits(slot: Slot, track: Track) -> bool:
    return slot.kind == track.kind and track.codec in slot.codecs


def _rank(track: Track, among: Sequence[Track]) -> int:
    return [other.id for other in among if other.kind == track.kind].index(track.id)


def _thing(track: Track) -> tuple[str, str, str]:
    return owner(track), track.source, track.kind


def owner(track: Track) -> str:
    """The participant who sends it: peers are named `{participant}:{peer}`."""
    return track.peer.partition(":")[0]
