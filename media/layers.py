"""Which of a track's layers a slot shows, and which of them anyone watches. Pure: what was counted and the time come in
as numbers, a few times a second.

Layers are ranked by what they carry, averaged over seconds and with hysteresis, so that similar ones do not alternate.
One that nobody watches is asked to pause; it keeps its rank and is asked for again when it is wanted, while the slot
goes on with what it shows. One that falls silent by itself is believed again only when it has been steady.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from media.api import Quality

SILENT_S = 1.0  # without a packet for so long a layer does not send
STEADY_S = 2.0  # one that came back is believed, and its rate says something, after so long
SORTING_S, RANKING_S = (
    0.5,
    1.0,
)  # so long, and for layers that have not come so long, it is open which one is the lowest
WAKING_S = 3.0  # so long a layer may take to come when it is asked for
GONE_S = 10.0  # silent for so long without having been asked to, it is not counted with
UNWATCHED_S = 3.0
AVERAGE_S = 2.0
CLEARLY_MORE = 1.5


@dataclass(frozen=True, slots=True)
class Seen:
    """What has come of a layer: bytes in all, and when its last packet did (0 before the first)."""

    bytes: int
    last_at: float


@dataclass(slots=True)
class _Layer:
    last_at: float = 0.0
    ended_at: float = 0.0
    sends: bool = False
    steady_at: float = 0.0
    doubtful: bool = False  # fell silent although it was wanted
    bytes: int = 0
    rate_bps: float | None = None
    wanted: bool = True
    asked_at: float = 0.0
    watched_at: float = 0.0


def pick(ranked: Sequence[int], ceiling: Quality) -> int:
    """Of layers, the lowest first: the lowest, the highest, or the one between (of two: the higher)."""
    return ranked[{"low": 0, "middle": len(ranked) // 2, "high": -1}[ceiling]]


class Layers:
    """The layers of one track, by the ids of their streams."""

    def __init__(self, streams: Sequence[int]) -> None:
        self._layers = {stream: _Layer() for stream in streams}
        self._ranked: list[int] = []  # those that have ever sent, the lowest first
        self._first_at = 0.0
        self._updated_at = 0.0

    @property
    def several(self) -> bool:
        return len(self._layers) > 1

    # what happens

    def heard(self, stream: int, now: float) -> None:
        """Its first packet came, or the first after it had ended."""
        self._layers[stream].last_at = now
        self._notice(stream, now)

    def ended(self, stream: int, now: float) -> None:
        """Its sender said goodbye."""
        self._layers[stream].ended_at = now
        self._notice(stream, now)

    def update(self, seen: Mapping[int, Seen], now: float) -> None:
        elapsed, self._updated_at = now - self._updated_at, now
        for stream, one in seen.items():
            layer = self._layers[stream]
            layer.last_at = max(layer.last_at, one.last_at)
            self._notice(stream, now)
            came, layer.bytes = one.bytes - layer.bytes, one.bytes
            if layer.sends and 0 < elapsed <= AVERAGE_S:
                rate, old = came * 8 / elapsed, layer.rate_bps
                layer.rate_bps = rate if old is None else old + (rate - old) * (1 - math.exp(-elapsed / AVERAGE_S))
        self._rank(now)

    def _notice(self, stream: int, now: float) -> None:
        layer = self._layers[stream]
        before = layer.sends
        layer.sends = layer.last_at > layer.ended_at and now - layer.last_at < SILENT_S
        if layer.sends and stream not in self._ranked:
            self._first_at = self._first_at or now
            self._ranked.append(stream)
            layer.watched_at = now
        elif layer.sends and not before:
            layer.steady_at, layer.rate_bps = now + STEADY_S, None
        elif before and not layer.sends and layer.wanted:
            layer.doubtful = True
        if layer.sends and now >= layer.steady_at:
            layer.doubtful = False

    def _rank(self, now: float) -> None:
        """Neighbours change places where both send and the lower clearly carries more."""
        ranked = self._ranked
        for _ in ranked:
            for at in range(len(ranked) - 1):
                lower, higher = (self._rate(stream, now) for stream in ranked[at : at + 2])
                if lower is not None and higher is not None and lower > CLEARLY_MORE * higher:
                    ranked[at], ranked[at + 1] = ranked[at + 1], ranked[at]

    def _rate(self, stream: int, now: float) -> float | None:
        layer = self._layers[stream]
        return layer.rate_bps if layer.sends and now >= layer.steady_at else None

    # what follows

    def choose(self, ceiling: Quality, current: int | None, now: float, *, ahead: bool = False) -> int | None:
        """The layer for who has `current` of this track, or nothing of it yet. None: wait, or none sends. `ahead`: one
        that is only asked for so far will do, as what is shown stays until it comes."""
        if not self.several:
            return next(iter(self._layers))
        if not self._ranked or (current is None and ceiling != "high" and self.early(now)):
            return current
        ideal = pick(self._known(now), ceiling)
        good = [one for one in self._ranked if self._good(one, current)]
        if ideal in good:
            return ideal
        good = good or [one for one in self._ranked if self._layers[one].sends]
        if not good:
            return ideal if current is None else current
        if self._awaited(ideal, now) and (current in good or (ahead and current == ideal)):
            return ideal if ahead else current
        lower = [one for one in good if self._ranked.index(one) < self._ranked.index(ideal)]
        return lower[-1] if lower else good[0]

    def watch(self, ceilings: Iterable[Quality], shown: Iterable[int], now: float) -> tuple[int, ...] | None:
        """The layers that their sender is to send, when these are others than before. `ceilings` are those of all who
        watch the track, `shown` the layers in their slots. What one would be shown if it were there counts as
        watched; the lowest, and what never came, always."""
        if len(self._ranked) < 2:
            return None
        known = self._known(now)
        watched = {self._ranked[0], *shown}
        watched |= {pick(ranked, ceiling) for ceiling in set(ceilings) for ranked in (self._ranked, known)}
        before = self._wanted()
        for stream in self._ranked:
            layer = self._layers[stream]
            if stream in watched:
                layer.asked_at = layer.asked_at if layer.wanted else now
                layer.watched_at, layer.wanted = now, True
            elif now - layer.watched_at >= UNWATCHED_S:
                layer.wanted = layer.doubtful = False
        wanted = self._wanted()
        return wanted if wanted != before else None

    def _wanted(self) -> tuple[int, ...]:
        return tuple(stream for stream, layer in self._layers.items() if layer.wanted)

    def early(self, now: float) -> bool:
        """Its first layer came so lately that a higher one may be about to."""
        age = now - self._first_at
        return age < SORTING_S or (age < RANKING_S and any(one.rate_bps is None for one in self._layers.values()))

    def _known(self, now: float) -> list[int]:
        """Less those that are gone for good."""
        return [
            stream
            for stream in self._ranked
            if not (layer := self._layers[stream]).wanted
            or layer.sends
            or now - max(layer.last_at, layer.asked_at) < GONE_S
        ] or self._ranked

    def _good(self, stream: int, current: int | None) -> bool:
        layer = self._layers[stream]
        return layer.sends and (stream == current or not layer.doubtful)

    def _awaited(self, stream: int, now: float) -> bool:
        layer = self._layers[stream]
        return not layer.sends and (not layer.wanted or now - layer.asked_at < WAKING_S)
