"""Which track is in which slot of one receiver, so that as little moves as can be. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from media.api import Slot, Track

Showing = Mapping[str, Track]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """`showing`: mid → track, most important first; `unsupported`: tracks whose codec no slot of their kind has."""

    showing: dict[str, Track]
    unsupported: tuple[Track, ...]

    def changes(self, before: Showing, slots: Sequence[Slot]) -> dict[str, str | None]:
        """What to assign: mid → track id, None to empty it."""
        changed: dict[str, str | None] = {}
        for slot in slots:
            old, new = before.get(slot.mid), self.showing.get(slot.mid)
            if (old and old.id) != (new and new.id):
                changed[slot.mid] = new.id if new else None
        return changed


def arrange(slots: Sequence[Slot], before: Showing, wanted: Sequence[Track]) -> Arrangement:
    """`wanted`: most important first. A track that stays wanted keeps its slot; one that takes another's place (the
    same source of the same participant, after a reload or a restart) takes its slot; others take the first free one
    that has their codec. What does not fit is cut from the end."""
    fitting = [track for track in wanted if any(_fits(slot, track) for slot in slots)]
    room = {kind: sum(slot.kind == kind for slot in slots) for kind in ("audio", "video")}
    chosen = [t for t in fitting if _rank(t, fitting) < room[t.kind]]
    free = {slot.mid: slot for slot in slots}
    placed: dict[str, str] = {}

    def place(track: Track, mid: str | None) -> None:
        if mid in free and track.id not in placed and _fits(free[mid], track):
            placed[track.id] = mid
            del free[mid]

    by_id = {track.id: mid for mid, track in before.items()}
    by_thing = {_thing(track): mid for mid, track in before.items()}
    for track in chosen:
        place(track, by_id.get(track.id))
    for track in chosen:
        place(track, by_thing.get(_thing(track)))
    for track in chosen:
        place(track, next((mid for mid, slot in free.items() if _fits(slot, track)), None))
    return Arrangement(
        {placed[track.id]: track for track in chosen if track.id in placed},
        tuple(track for track in wanted if track not in fitting),
    )


def _fits(slot: Slot, track: Track) -> bool:
    return slot.kind == track.kind and track.codec in slot.codecs


def _rank(track: Track, among: Sequence[Track]) -> int:
    return [other.id for other in among if other.kind == track.kind].index(track.id)


def _thing(track: Track) -> tuple[str, str, str]:
    return owner(track), track.source, track.kind


def owner(track: Track) -> str:
    """The participant who sends it: peers are named `{participant}:{peer}`."""
    return track.peer.partition(":")[0]
