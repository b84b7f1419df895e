"""A question whose time is over closes by itself, and pages are collected: nobody's page need be there."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from classroom.errors import ClientFault
from classroom.events import SYSTEM, Role
from tests.unit.classroom.questions import question


async def opened(world: Any, *names: str, **more: Any) -> None:
    for name in names:
        await world.do(world.claims(Role.STUDENT, name).seat, "participant.join", {"name": name})
    await world.do(SYSTEM, "activity.open", {"activity": "q", **question("choice"), "seconds": 5, **more})


async def closed(world: Any) -> list[dict[str, Any]]:
    return [event.data for event in await world.events() if event.kind == "activity.closed"]


async def until_closed(world: Any) -> dict[str, Any]:
    async with asyncio.timeout(5):
        while not (found := await closed(world)):
            await asyncio.sleep(0.05)
    assert len(found) == 1
    return found[0]


async def test_it_closes_once_what_was_on_its_way_has_come(live: Any) -> None:
    await opened(live, "anna")
    live.clock.move(5.9)
    await asyncio.sleep(0.7)
    assert await closed(live) == []
    await live.do(live.claims(Role.STUDENT, "anna").seat, "activity.answer", {"activity": "q", "choice": 1})
    live.clock.move(0.2)
    assert await until_closed(live) == {"activity": "q"}
    await asyncio.sleep(0.7)
    assert len(await closed(live)) == 1


async def test_votes_without_names_that_wait_are_counted_then(live: Any) -> None:
    names = [f"kid{n}" for n in range(5)]
    await opened(live, *names, anonymous=True)
    for name in names:
        with pytest.raises(ClientFault, match="others"):
            await live.do(live.claims(Role.STUDENT, name).seat, "activity.answer", {"activity": "q", "choice": 1})
    live.clock.move(6.1)
    assert (await until_closed(live))["tally"] == [0, 5, 0, 0]


async def test_pages_are_collected_once_what_was_on_its_way_has_come(live: Any) -> None:
    async def collected() -> list[str]:
        return [event.data["handout"] for event in await live.events() if event.kind == "handout.collected"]

    for name, more in (("timed", {"seconds": 5}), ("also", {"seconds": 5}), ("open", {})):
        await live.do(SYSTEM, "handout.give", {"handout": name, "page": "1", "to": "students", **more})
    live.clock.move(6.9)
    await asyncio.sleep(0.7)
    assert await collected() == []
    live.clock.move(0.2)
    async with asyncio.timeout(5):
        while len(await collected()) < 2:
            await asyncio.sleep(0.05)
    await live.do(SYSTEM, "handout.reopen", {"handout": "timed", "seconds": 60})
    await asyncio.sleep(0.7)
    assert await collected() == ["timed", "also"], "each once, and not again"
