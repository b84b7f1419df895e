"""Tablets without screens, at a real server: what they say counts once, whatever happens to their lines."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.processes import Server, serving, tongke
from web.server.control import Control, Refused, connected
from web.server.crowd import Crowd, gathered
from web.server.settings import Settings
from web.server.tablets import Tablet

TABLETS = 40


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("crowd") / "data") as server:
        yield server


@pytest.fixture
async def control(server: Server) -> AsyncIterator[Control]:
    async with connected(Settings(data=server.data)) as control:
        yield control


@pytest.fixture
async def crowd(server: Server, control: Control) -> AsyncIterator[Crowd]:
    async with gathered(control, server.base, TABLETS) as crowd:
        yield crowd


async def test_a_vote_in_which_many_say_it_twice_and_many_lose_the_line(crowd: Crowd) -> None:
    vote = await crowd.vote(0.5, random.Random(1), again=0.3, away=0.3)
    assert (vote.lost, vote.doubled) == (0, 0)
    assert crowd.answers.total() == TABLETS
    assert 0 < len(vote.acknowledged_s) < TABLETS


async def test_an_answer_that_never_left_is_missed(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.server.crowd.CHART_S", 0.5)
    crowd.tablets.append(Mute(crowd.tablets[0]))
    assert (await crowd.vote(0.1, random.Random(1))).lost == 1


class Mute(Tablet):
    """Does as if it answered, and says nothing."""

    def __init__(self, other: Tablet) -> None:
        super().__init__(other._http, other._base, other._token)

    async def command(self, kind: str, data: object, id_: str = "") -> int:
        return 0


async def test_who_was_away_gets_what_it_missed_and_no_more(crowd: Crowd) -> None:
    tablet, got = crowd.tablets[0], list[tuple[str, str]]()
    tablet.heard = lambda name, content: got.append((name, content))
    await tablet.cut()
    before = tablet.seq
    at = await crowd.teacher.command("chat.say", {"message": "m1", "text": "你好"})
    await tablet.open()
    missed = [event for name, content in got if name == "events" for event in json.loads(content)]
    assert [event["seq"] for event in missed if event["kind"] == "chat.said"] == [at]
    assert all(event["seq"] > before for event in missed)
    assert tablet.seq == at
    assert [name for name, _ in got if name == "snapshot"] == []


async def test_a_refusal_says_its_code(crowd: Crowd) -> None:
    with pytest.raises(Refused, match="not_allowed"):
        await crowd.tablets[0].command("lesson.end", {})
    stranger = Tablet(crowd.teacher._http, crowd.teacher._base, "nothing")
    with pytest.raises(Refused, match="token_invalid"):
        await stranger.open()
    await stranger.close()


async def test_whoever_waits_for_an_answer_hears_that_the_line_was_lost(crowd: Crowd) -> None:
    tablet = crowd.tablets[0]
    waiting = asyncio.create_task(tablet.command("hand.raise", {}))
    await asyncio.sleep(0)
    await tablet.cut()
    with pytest.raises(ConnectionError):
        await waiting
    with pytest.raises(ConnectionError):
        await tablet.command("hand.raise", {})


def test_the_doctor_fills_a_lesson(server: Server) -> None:
    rows = json.loads(tongke("doctor", server.base, "--load", "12", "--data", str(server.data), "--json"))
    (found,) = (row for row in rows if row["what"] == "12 tablets")
    assert found["state"] in {"good", "poor"}, found
    assert "acknowledged" in found["found"]
