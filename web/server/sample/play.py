"""The sample lesson's cast: `python -m web.server.sample.play`.

Standard input is one line of JSON, `{base, lesson, slides, cast: {name: token}}`. What the script says is done through
the same doors as anyone's: sockets for commands, WHIP for pictures and voices. Lines on standard output say how far it
is, 0 to 1. The lesson is begun here, and ended by who started this.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import uvloop

from web.server.control import Refused
from web.server.demo.publisher import Clip, Pace, publishing
from web.server.sample import films
from web.server.sample.script import FILMED, LONG_S, PLAN, Cue, cues
from web.server.tablets import Tablet

DRAWN = 0.25
"""Where the progress stands when the films are there."""


@dataclass(frozen=True, slots=True)
class Order:
    base: str
    lesson: str
    slides: str
    cast: Mapping[str, str]


class Players:
    """All of the cast, in the lesson."""

    def __init__(self, http: aiohttp.ClientSession, order: Order) -> None:
        self._order = order
        self._tablets = {who: Tablet(http, order.base, token) for who, token in order.cast.items()}
        self._began_s = 0.0

    async def open(self) -> None:
        """The lead opens the lesson, all come, and it starts."""
        lead = self._tablets["lead"]
        await lead.open()
        await lead.command("lesson.open", {})
        await asyncio.gather(*(one.open() for one in self._tablets.values() if one is not lead))
        await lead.command("plan.write", {"revision": 0, "steps": list(PLAN)})
        await lead.command("courseware.open", {"courseware": self._order.slides})
        await lead.command("lesson.start", {})
        self._began_s = time.monotonic()

    @property
    def at_s(self) -> float:
        return time.monotonic() - self._began_s

    async def do(self, cue: Cue) -> None:
        """Raises Refused, ConnectionError."""
        ids = {f"@{who}": one.participant for who, one in self._tablets.items()} | {"@slides": self._order.slides}
        data = {key: ids.get(value, value) if isinstance(value, str) else value for key, value in cue.data.items()}
        if cue.written_ms:
            data["began"] = max(0, round(self.at_s * 1000) - cue.written_ms)
        await self._tablets[cue.who].command(cue.kind, data)

    async def close(self) -> None:
        await asyncio.gather(*(one.close() for one in self._tablets.values()), return_exceptions=True)


async def played(order: Order, clips: Mapping[str, Clip], progress: Callable[[float], None]) -> None:
    """Raises Refused, OSError, aiohttp.ClientError, TimeoutError, ValueError."""
    async with contextlib.AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        players = Players(http, order)
        stack.push_async_callback(players.close)
        await players.open()
        for who, source in FILMED.items():
            sender = aiohttp.ClientSession(headers={"Authorization": f"Bearer {order.cast[who]}"})
            endpoint = f"{order.base}/whip/{order.lesson}?source={source}"
            sending = publishing(
                await stack.enter_async_context(sender), endpoint, clips[who], Pace(), lambda due: None
            )
            await stack.enter_async_context(sending)
        for cue in cues():
            while (wait_s := cue.at_s - players.at_s) > 0:
                progress(players.at_s / LONG_S)
                await asyncio.sleep(min(wait_s, 0.5))
            await players.do(cue)
        await asyncio.sleep(max(0.0, LONG_S - players.at_s))


async def run(order: Order) -> None:
    made = await asyncio.to_thread(films.ensure, lambda done: say(done * DRAWN))
    clips = {who: await asyncio.to_thread(Clip.load, path) for who, path in made.items()}
    await played(order, clips, lambda done: say(DRAWN + done * (1 - DRAWN)))
    say(1.0)


def say(done: float) -> None:
    sys.stdout.write(f"{done:.3f}\n")
    sys.stdout.flush()


def main() -> None:
    line: dict[str, Any] = json.loads(sys.stdin.readline())
    try:
        uvloop.run(run(Order(**line)))
    except (Refused, OSError, aiohttp.ClientError, TimeoutError, ValueError) as error:
        sys.exit(f"the sample lesson could not be played: {type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
