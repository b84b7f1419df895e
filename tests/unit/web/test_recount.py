"""Answers of all types from many tablets at a real server, said twice, out of order and over lines that break: what the
journal's file holds is what was acknowledged, and what was told came of it is what a recount of that file gives."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from classroom.activities.types import BY_NAME
from classroom.activities.types.buzzer import MAX_BUZZES
from tests.processes import Server, serving
from tests.unit.classroom.otherwise import count_otherwise
from tests.unit.classroom.questions import QUESTIONS, WORKS, question, values
from tests.unit.web.shelved import give_the_map, give_works
from web.server.control import Refused, connected
from web.server.crowd import Crowd, gathered
from web.server.settings import Settings
from web.server.tablets import Tablet

TABLETS, ANSWERS = 200, 500
VOTERS = 60
TWICE = AWAY = 0.2


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("recount") / "data") as server:
        yield server


async def test_five_hundred_answers_from_two_hundred_tablets_are_counted_as_the_journal_holds_them(
    server: Server,
) -> None:
    rng = random.Random(7)
    names = [*sorted(QUESTIONS), "buzzer"]
    rng.shuffle(names)
    async with connected(Settings(data=server.data)) as control, gathered(control, server.base, TABLETS) as crowd:
        give_the_map(server.data, crowd.lesson)
        told = Told(crowd)
        for at, name in enumerate(names):
            many = ANSWERS * (at + 1) // len(names) - ANSWERS * at // len(names)
            await asked(server, crowd, told, name, rng, many)
    assert told.answers + told.late == ANSWERS
    journal = Journal(server.data / "tongke.sqlite", crowd.lesson)
    for activity, name in told.types.items():
        held = journal.answers(activity, BY_NAME[name].field)
        if name == "buzzer":  # the journal says when it was, and that is all it says
            assert held.keys() == told.acknowledged[activity].keys()
            assert sorted(one["place"] for one in held.values()) == list(range(MAX_BUZZES))
        else:
            assert held == told.acknowledged[activity], name
        assert told.tallies[activity] == count_otherwise(question(name), list(held.values())), name


async def test_votes_without_names_are_all_counted_and_acknowledged(server: Server) -> None:
    rng, activity, chosen, sent = random.Random(9), str(uuid4()), dict[Tablet, int](), dict[Tablet, float]()
    async with connected(Settings(data=server.data)) as control, gathered(control, server.base, VOTERS) as crowd:
        told = Told(crowd)
        await crowd.teacher.command("activity.open", {**question("vote"), "activity": activity, "anonymous": True})
        ids = {tablet: str(uuid4()) for tablet in crowd.tablets}

        async def vote(tablet: Tablet) -> int | str:
            await asyncio.sleep(rng.uniform(0, 0.5))
            sent.setdefault(tablet, time.monotonic())
            chosen.setdefault(tablet, rng.randrange(4))
            if rng.random() < AWAY:
                await tablet.cut()
                await tablet.open()
            try:
                data = {"activity": activity, "choice": chosen[tablet]}
                return await tablet.command("activity.answer", data, ids[tablet])
            except Refused as refused:
                return str(refused)

        first = await asyncio.gather(*map(vote, crowd.tablets))
        assert {one for one in first if isinstance(one, str)} == {"held"}
        await crowd.teacher.command("activity.reveal", {"activity": activity})
        assert all(isinstance(one, int) for one in await asyncio.gather(*map(vote, crowd.tablets)))
        assert told.tallies[activity] == count_otherwise(question("vote"), list(chosen.values()))
    log = server.log.read_text()
    assert activity not in log
    assert not [tablet for tablet in crowd.tablets if tablet.participant in log], "the log knows of no voter"
    assert told.came, "who voted is told"
    assert not [event for event in told.came if event["data"].keys() - {"activity", "participant"}], "and not what"
    assert [event["actor"] for event in told.came] != [
        tablet.participant for tablet in sorted(sent, key=sent.__getitem__)
    ]
    journal = Journal(server.data / "tongke.sqlite", crowd.lesson)
    assert sorted(journal.ballots(activity)) == sorted(chosen.values())
    assert sorted(journal.voters(activity)) == sorted(tablet.participant for tablet in crowd.tablets)


class Told:
    """What the server said: to the tablets, that an answer counts; to the teacher, what came of all of them."""

    def __init__(self, crowd: Crowd) -> None:
        self.types: dict[str, str] = {}
        self.acknowledged: dict[str, dict[str, Any]] = {}
        self.tallies: dict[str, Any] = {}
        self.answers = self.late = 0
        self.came: list[dict[str, Any]] = []
        crowd.teacher.heard = self.heard

    def heard(self, name: str, content: str) -> None:
        for event in json.loads(content) if name == "events" else ():
            if event["kind"] == "activity.answered":
                self.came.append(event)
            if event["kind"] == "activity.revealed":
                self.tallies[event["data"]["activity"]] = event["data"]["tally"]


async def asked(server: Server, crowd: Crowd, told: Told, name: str, rng: random.Random, many: int) -> None:
    """A question from its opening to the reveal, with so many who answer; where it may be, some change their answer. A
    work was sent before, and goes by its sender's id."""
    activity, field = str(uuid4()), BY_NAME[name].field
    changeable = rng.random() < 0.5
    if name in WORKS:
        whose = [tablet.participant for tablet in crowd.tablets]
        await asyncio.to_thread(give_works, server.data, crowd.lesson, activity, WORKS[name], whose)
    await crowd.teacher.command("activity.open", {"activity": activity, "changeable": changeable, **question(name)})
    told.types[activity], told.acknowledged[activity] = name, {}

    async def answer(tablet: Tablet) -> None:
        await asyncio.sleep(rng.uniform(0, 0.3))
        value = tablet.participant if name in WORKS else values(rng, name)
        if changeable and name not in WORKS and rng.random() < 0.3:
            assert await said(tablet, activity, {field: values(rng, name)}, rng) or name == "buzzer"
        if not await said(tablet, activity, {field: value}, rng):
            assert name == "buzzer", name
            told.late += 1
            return
        told.acknowledged[activity][tablet.participant] = value
        told.answers += 1

    await asyncio.gather(*map(answer, rng.sample(crowd.tablets, many)))
    await crowd.teacher.command("activity.reveal", {"activity": activity})


async def said(tablet: Tablet, activity: str, value: dict[str, Any], rng: random.Random) -> bool:
    """Until it is acknowledged, or came too late: perhaps twice, under the same id and under another; perhaps only when
    the line is there again."""
    data, id_ = {"activity": activity, **value}, str(uuid4())
    sent = [asyncio.ensure_future(tablet.command("activity.answer", data, id_))]
    if rng.random() < TWICE:
        sent.append(asyncio.ensure_future(tablet.command("activity.answer", data, id_)))
        sent.insert(0, asyncio.ensure_future(tablet.command("activity.answer", data, str(uuid4()))))
        rng.shuffle(sent)
    if rng.random() < AWAY:
        await asyncio.sleep(rng.choice([0, 0.005]))
        await tablet.cut()
        await asyncio.gather(*sent, return_exceptions=True)
        await tablet.open()
        sent = [asyncio.ensure_future(tablet.command("activity.answer", data, id_))]
    answers = await asyncio.gather(*sent, return_exceptions=True)
    late = {isinstance(one, Refused) and str(one) == "too_late" for one in answers}
    assert len(late) == 1, answers
    for one in answers:
        assert isinstance(one, int) or (isinstance(one, Refused) and str(one) in ("already_answered", "too_late")), one
    return late == {False}


class Journal:
    """The database's file, read by hand."""

    def __init__(self, file: Path, lesson: str) -> None:
        with sqlite3.connect(file) as database:
            self._events = database.execute(
                "SELECT actor, data FROM event WHERE lesson = ? AND kind = 'activity.answered' ORDER BY seq", (lesson,)
            ).fetchall()
            self._texts = dict(database.execute("SELECT key, words FROM side_text WHERE lesson = ?", (lesson,)))

    def ballots(self, activity: str) -> list[int]:
        return [json.loads(words) for key, words in self._texts.items() if key.startswith(f"ballot:{activity}:")]

    def voters(self, activity: str) -> list[str]:
        found = [json.loads(text) for _, text in self._events]
        return [one["participant"] for one in found if one["activity"] == activity]

    def answers(self, activity: str, field: str) -> dict[str, Any]:
        """The last of each participant."""
        found = {}
        for actor, text in self._events:
            data = json.loads(text)
            if data["activity"] == activity:
                who = data.get("participant", actor)
                if "words" in data:
                    data |= json.loads(self._texts[f"answer:{who}:{data['words']}"])
                found[who] = data[field]
        return found
