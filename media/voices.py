"""Who speaks, from RFC 6464 audio levels (0 loudest to 127 silence). Pure, called a few times a second."""

from __future__ import annotations

from collections.abc import Mapping

LOUD = 45  # −dBov: speech at a usual distance is 20 to 40
QUIET = 55
CLEARLY_LOUDER = 6  # dB; with less one voice does not overtake another
HOLD_S = 1.0  # a pause between words is not silence


class Voices:
    def __init__(self) -> None:
        self._last_loud: dict[str, float] = {}
        self._told: tuple[str, ...] = ()

    @property
    def speaking(self) -> tuple[str, ...]:
        return self._told

    def update(self, levels: Mapping[str, int], now: float) -> tuple[str, ...] | None:
        """Takes the level of each track; returns who speaks now, loudest first, or None if that is as before."""
        for track, level in levels.items():
            if level <= LOUD or (level < QUIET and track in self._last_loud):
                self._last_loud[track] = now
        self._last_loud = {track: at for track, at in self._last_loud.items() if track in levels and now - at <= HOLD_S}
        new = sorted(self._last_loud.keys() - set(self._told), key=lambda track: (levels[track], track))
        speaking = [*(track for track in self._told if track in self._last_loud), *new]
        for _ in speaking:
            for at in range(len(speaking) - 1):
                former, latter = speaking[at : at + 2]
                if levels[latter] + CLEARLY_LOUDER <= levels[former]:
                    speaking[at : at + 2] = latter, former
        if tuple(speaking) == self._told:
            return None
        self._told = tuple(speaking)
        return self._told
