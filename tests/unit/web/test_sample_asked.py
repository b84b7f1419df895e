"""The sample lesson, asked for from an empty library: who may, and one at a time."""

from __future__ import annotations

import asyncio

import pytest

from classroom.errors import ClientFault, OperatorFault
from tests.unit.web.people import Person, refusal
from web.server.sample.playing import Playing, Progress


async def test_only_an_account_asks(teacher: Person, nobody: Person) -> None:
    assert await teacher.get("/api/v1/sample") == {"progress": None, "failed": False}
    assert await refusal(await nobody.call("POST", "/api/v1/sample")) == (401, "signed_out")


async def test_one_is_played_at_a_time_and_how_far_it_is_can_be_seen() -> None:
    playing, go_on = Playing(), asyncio.Event()

    async def play(progress: Progress) -> None:
        progress(0.5)
        await go_on.wait()

    playing.begin(play)
    await asyncio.sleep(0)
    assert playing.done == 0.5
    with pytest.raises(ClientFault, match="already"):
        playing.begin(play)
    go_on.set()
    await asyncio.sleep(0.01)
    assert (playing.done, playing.failed) == (None, False)


async def test_one_that_is_broken_off_says_so_and_can_be_asked_for_again() -> None:
    playing = Playing()

    async def play(_: Progress) -> None:
        raise OperatorFault("no server runs")

    playing.begin(play)
    await asyncio.sleep(0.01)
    assert (playing.done, playing.failed) == (None, True)
    playing.begin(play)
    assert (playing.done, playing.failed) == (0.0, False)
    await playing.close()
    assert playing.done is None
