"""Which of a track's layers to show: the one that carries most, unless it has fallen silent. Pure, called a few times
a second."""

from __future__ import annotations

from collections.abc import Mapping

SILENT_S = 1.0
CLEARLY_MORE = 1.5  # so that two layers of similar rates do not alternate


def best(
    current: int | None, rates_bps: Mapping[int, float], last_packet_at: Mapping[int, float], now: float
) -> int | None:
    """Of a track's streams, by id. None while none of them sends; a single stream is always the best."""
    alive = [stream for stream, at in last_packet_at.items() if at and now - at < SILENT_S]
    if not alive:
        return current
    top = max(alive, key=lambda stream: rates_bps.get(stream, 0.0))
    if current in alive and rates_bps.get(top, 0.0) < CLEARLY_MORE * rates_bps.get(current, 0.0):
        return current
    return top
