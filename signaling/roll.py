"""Which nodes are alive, by their beats. Times are seconds of one clock that does not go back."""

from __future__ import annotations

import math
from dataclasses import dataclass

LEASE_S = 4.0
"""Who has not been heard for so long has lost what it owned, if the one who listens hears itself."""
DEAF_S = 1.5
"""Who does not hear itself for so long hears nobody. Well below the lease: what silences all is noticed first here."""


@dataclass(slots=True)
class _Heard:
    url: str
    at: float


class Roll:
    def __init__(self, node: str) -> None:
        self.node = node
        self._heard: dict[str, _Heard] = {}
        self._up_since = math.inf

    def beat(self, node: str, url: str, now: float) -> None:
        if node == self.node and not self.up(now):
            self._up_since = now
        self._heard[node] = _Heard(url, now)

    def gone(self, node: str) -> None:
        """It said that it stops."""
        self._heard.pop(node, None)

    def up(self, now: float) -> bool:
        """Whether messages come through at all: this node hears itself."""
        own = self._heard.get(self.node)
        return own is not None and now - own.at < DEAF_S

    def dead(self, node: str, now: float) -> bool:
        """Only one who has listened long enough can tell."""
        if not self.up(now) or now - self._up_since < LEASE_S:
            return False
        heard = self._heard.get(node)
        return heard is None or now - heard.at >= LEASE_S

    def url(self, node: str) -> str | None:
        """Where media clients reach it; None where it was never heard."""
        heard = self._heard.get(node)
        return heard.url if heard else None

    def alone(self, now: float) -> bool:
        return all(node == self.node or now - heard.at >= LEASE_S for node, heard in self._heard.items())
