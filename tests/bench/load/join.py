"""Many clients at once: when each offered, and when its first whole keyframe was there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import quantiles

from tests.bench.load.client import Client

WAIT_S = 15.0


@dataclass(frozen=True, slots=True)
class Joined:
    client: Client
    offered_ns: int


async def join(
    clients: list[Client], within_s: float, subscribe: Callable[[Client], Awaitable[None]]
) -> tuple[list[Joined], list[str]]:
    """Those that joined, and why the others did not. One begins every `within_s` / their number."""
    began = time.monotonic()
    failures: list[str] = []

    async def one(place: int, client: Client) -> Joined | None:
        await asyncio.sleep(began + within_s * place / len(clients) - time.monotonic())
        offered_ns = time.time_ns()
        try:
            await subscribe(client)
        except Exception as error:
            failures.append(f"{type(error).__name__}: {error}")
            return None
        return Joined(client, offered_ns)

    found = await asyncio.gather(*(one(place, client) for place, client in enumerate(clients)))
    return [one for one in found if one is not None], failures


async def first_frames_ms(joined: list[Joined], first_frame_ns: Callable[[Client], int]) -> list[float]:
    """Sorted; those that had none within `WAIT_S` are left out."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until and not all(first_frame_ns(one.client) for one in joined):
        await asyncio.sleep(0.05)
    return sorted((at - one.offered_ns) / 1e6 for one in joined if (at := first_frame_ns(one.client)))


def since_offer_ms(joined: list[Joined], at_ns: list[int]) -> float | None:
    """The median."""
    return quantile(sorted((at - one.offered_ns) / 1e6 for one, at in zip(joined, at_ns, strict=True)), 50)


def quantile(values: list[float], percent: int) -> float | None:
    if len(values) < 2:
        return values[0] if values else None
    return round(quantiles(values, n=100, method="inclusive")[percent - 1], 1)
