"""Signals on their way: what comes within a moment goes together; nothing of it is lost, doubled or out of order."""

from __future__ import annotations

import asyncio
import json
import random
from collections import defaultdict
from typing import Any

import pytest
import uvloop

from classroom.events import Event, Role
from signaling import relay
from signaling.fanout import Outgoing, Reach
from signaling.relay import Relay

ALL = Reach(frozenset(Role))
VIEWERS = ("one", "two", "three", "watcher")


class World:
    """Every socket is its own participant."""

    def __init__(self) -> None:
        self.posted: list[Outgoing] = []
        self.passed: list[str] = []
        self.relay = Relay(self.posted.append, lambda *_: VIEWERS, lambda _, text, __: self.passed.append(text))

    def say(self, sender: str, kind: str, **data: Any) -> None:
        self.relay.tell("lesson", ALL, sender, sender, kind, data)

    def ink(self, sender: str, stroke: str, *points: float) -> None:
        self.say(sender, "ink", stroke=stroke, page="1", points=list(points))

    def got(self, viewer: str) -> list[list[dict[str, Any]]]:
        """Frame by frame."""
        frames = [json.loads(message.text) for message in self.posted if viewer in message.to]
        return [frame if isinstance(frame, list) else [frame] for frame in frames]

    def happened(self, kind: str, actor: str, **data: Any) -> None:
        self.relay.happened("lesson", [Event(1, 0, actor, kind, data)])


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(relay, "A_VIEWER_S", 0.01)
    return World()


async def over() -> None:
    await asyncio.sleep(0.25)


async def test_the_first_goes_at_once_and_what_comes_within_a_moment_goes_together(world: World) -> None:
    world.ink("one", "s", 1, 1, 0.5, 0)
    assert [message.text for message in world.posted] == [
        '{"kind":"ink","data":{"stroke":"s","page":"1","points":[1,1,0.5,0]},"from":"one"}'
    ]
    for t in (10, 20):
        world.ink("one", "s", 2, 2, 0.5, t)
        world.say("two", "cursor", page="1", x=t, y=0)
    assert len(world.posted) == 1
    await over()
    ink = {"stroke": "s", "page": "1", "points": [2, 2, 0.5, 10, 2, 2, 0.5, 20]}
    both = [
        {"kind": "ink", "data": ink, "from": "one"},
        {"kind": "cursor", "data": {"page": "1", "x": 20, "y": 0}, "from": "two"},
    ]
    assert world.got("watcher")[1:] == world.got("three")[1:] == [both]
    assert world.got("one") == [[both[1]]], "nobody is told what they said"
    assert json.loads(world.passed[1]) == both, "other nodes are told once, too"
    assert all(message.droppable for message in world.posted)
    world.ink("one", "s", 3, 3, 0.5, 30)
    assert len(world.got("watcher")) == 3, "after a moment in which nothing came, at once again"
    world.relay.close()


async def test_what_a_finished_stroke_overtakes_is_not_told_after_it(world: World) -> None:
    world.say("two", "cursor", page="1", x=0, y=0)
    world.ink("one", "s", 1, 1, 0.5, 0)
    world.ink("one", "t", 1, 1, 0.5, 0)
    world.say("one", "view", page="1", x=0, y=0, width=800)
    world.happened("stroke.added", "one", stroke="s", page="1")
    world.happened("stroke.added", "three", stroke="t", page="1")
    world.happened("view.shown", "one", page="1", x=0, y=0, width=900)
    await over()
    told = [signal for frame in world.got("watcher")[1:] for signal in frame]
    assert [signal["data"]["stroke"] for signal in told] == ["t"]


async def test_that_nothing_comes_of_a_stroke_is_told_by_itself(world: World) -> None:
    world.say("two", "cursor", page="1", x=0, y=0)
    world.ink("one", "s", 1, 1, 0.5, 0)
    world.ink("one", "s")
    world.ink("one", "s", 9, 9, 0.5, 9)
    await over()
    assert [signal["data"]["points"] for signal in world.got("watcher")[1]] == [[1, 1, 0.5, 0], [], [9, 9, 0.5, 9]]


def test_a_moment_of_one_viewer_on_the_servers_loop() -> None:
    """There a timer that is due within half a millisecond is none."""

    async def story() -> None:
        world = World()
        world.relay._live = lambda *_: ("watcher",)
        for point in range(3):
            world.ink("one", "s", point)
            world.happened("page.shown", "lead")
        await asyncio.sleep(0.01)
        assert [point for frame in world.got("watcher") for signal in frame for point in signal["data"]["points"]] == [
            0, 1, 2,
        ]  # fmt: skip
        world.relay.close()

    uvloop.run(story())


@pytest.mark.parametrize("seed", range(20))
async def test_every_point_arrives_once_and_in_order(world: World, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(relay, "A_VIEWER_S", 0.0005)
    rng = random.Random(seed)
    sent: dict[tuple[str, str], list[int]] = defaultdict(list)
    finished: set[tuple[str, str]] = set()
    for number in range(200):
        sender, stroke = rng.choice(VIEWERS[:3]), rng.choice("abc")
        if (sender, stroke) in finished:
            continue
        world.ink(sender, stroke, number)
        sent[sender, stroke].append(number)
        if rng.random() < 0.02:
            world.happened("stroke.added", sender, stroke=stroke, page="1")
            finished.add((sender, stroke))
        if rng.random() < 0.1:
            await asyncio.sleep(rng.choice((0, 0.001, 0.004)))
    await over()
    for viewer in VIEWERS:
        seen: dict[tuple[str, str], list[int]] = defaultdict(list)
        for signal in (signal for frame in world.got(viewer) for signal in frame):
            seen[signal["from"], signal["data"]["stroke"]] += signal["data"]["points"]
        for (sender, stroke), points in sent.items():
            told = seen.pop((sender, stroke), [])
            if viewer == sender:
                assert not told
            elif (sender, stroke) in finished:
                assert told == points[: len(told)], "a beginning; the event brings all of it"
            else:
                assert told == points
        assert not seen
