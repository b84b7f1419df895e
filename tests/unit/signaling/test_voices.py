"""Groups that talk: what is in whose slots, who is told who speaks, and that not a packet goes astray."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from classroom.clock import SystemClock
from classroom.errors import ClientFault
from classroom.events import SYSTEM, Role
from classroom.journal import Journal
from classroom.store import Store
from media.api import Answer, Codec, Slot, Speaking
from media.supervisor import Supervisor
from signaling.tokens import Claims
from tests.unit.media.peers import Loop, Subscriber, payloads
from tests.unit.signaling.conftest import World
from tests.unit.signaling.test_media import put, receiver, until
from web.server.demo.publisher import AUDIO_CLOCK, Pace

EARS = tuple(Slot(f"a{n}", "audio", (Codec.OPUS,)) for n in range(6))
CHILDREN = [f"kid{n}" for n in range(7)]


def child(world: Any, name: str) -> Claims:
    return world.claims(Role.STUDENT, name)


async def grouped(world: Any, **groups: list[str]) -> None:
    """A lead, and these children, whose tokens are good for the lesson."""
    children = [child(world, one) for members in groups.values() for one in members]
    for claims in (world.claims(Role.LEAD_TEACHER, "lead"), *children):
        await world.do(claims.seat, "participant.join", {"name": claims.participant})
    listed = [{"group": group, "participants": members} for group, members in groups.items()]
    await world.do(SYSTEM, "groups.form", {"groups": listed})


async def talk(world: Any, group: str, *names: str) -> list[str]:
    """These join the group's voice, each with a microphone and ears; the ids of their tracks."""
    for name in names:
        await world.do(child(world, name).seat, "voice.join", {"group": group})
        receiver(world, child(world, name), slots=EARS)
        await put(world, child(world, name), "receive")
        await put(world, child(world, name), "voice", "mic")
    return [world.media.start(f"{name}:voice", "mic").id for name in names]


def heard_by(world: Any, name: str) -> set[str]:
    return {track.partition(":")[0] for (peer, _), track in world.media.showing.items() if peer == f"{name}:receive"}


async def test_a_small_group_hears_each_other_before_a_word_is_said_and_nothing_of_another(live: Any) -> None:
    await grouped(live, red=CHILDREN[:4], blue=CHILDREN[4:])
    await talk(live, "red", *CHILDREN[:4])
    await talk(live, "blue", *CHILDREN[4:6])
    for one in CHILDREN[:4]:
        await until(lambda one=one: heard_by(live, one) == {*CHILDREN[:4]} - {one})
    await until(lambda: heard_by(live, CHILDREN[4]) == {CHILDREN[5]})
    asked = len(live.media.asked)
    live.media.tell(Speaking((f"{CHILDREN[1]}:voice/mic",)))
    await asyncio.sleep(0.05)
    assert len(live.media.asked) == asked, "who speaks moves nothing where all are heard"
    await live.do(child(live, CHILDREN[0]).seat, "voice.leave", {})
    await until(lambda: heard_by(live, CHILDREN[1]) == {CHILDREN[2], CHILDREN[3]})
    assert heard_by(live, CHILDREN[0]) == set()


async def test_in_a_large_group_the_loudest_three_are_heard_and_who_visits_always(live: Any) -> None:
    await grouped(live, red=CHILDREN)
    mics = await talk(live, "red", *CHILDREN)
    await until(lambda: len(heard_by(live, "kid6")) == 3)
    live.media.tell(Speaking((mics[5], mics[4], mics[3], mics[2])))
    await until(lambda: heard_by(live, "kid6") == {"kid5", "kid4", "kid3"})
    await until(lambda: heard_by(live, "kid5") == {"kid4", "kid3", "kid2"})
    teacher = live.claims(Role.LOCAL_TEACHER, "local", room="r")
    await live.do(teacher.seat, "participant.join", {"name": "local"})
    await put(live, teacher, "send", "mic")
    live.media.start("local:send", "mic")
    await live.do(teacher.seat, "group.visit", {"group": "red"})
    await until(lambda: heard_by(live, "kid6") == {"local", "kid5", "kid4"})


async def test_the_picture_of_who_visits_a_group_begins_for_all(live: Any) -> None:
    await grouped(live, red=["kid0"])
    lead, display = live.claims(Role.LEAD_TEACHER, "lead"), live.claims(Role.DISPLAY, room="r")
    await live.do(display.seat, "participant.join", {"name": "Room"})
    receiver(live, display, slots=(Slot("v0", "video", (Codec.H264,)), *EARS))
    await put(live, display, "receive")
    await live.do(lead.seat, "group.visit", {"group": "red"})
    await put(live, lead, "send", "camera", "mic")
    await until(lambda: not live.gateway._conductor._tasks)
    live.media.start("lead:send", "mic")
    live.media.start("lead:send", "camera")
    await until(lambda: live.media.showing == {("display:receive", "v0"): "lead:send/camera"})
    await live.do(lead.seat, "group.leave", {})
    await until(lambda: ("display:receive", "a0") in live.media.showing)


async def test_who_speaks_in_a_group_is_told_there_and_at_the_desks(live: Any) -> None:
    await grouped(live, red=["kid0", "kid1"], blue=["kid2"])
    pages = {name: await live.join(Role.STUDENT, name) for name in ("kid0", "kid1", "kid2")}
    pages["lead"], pages["display"] = await live.join(Role.LEAD_TEACHER, "lead"), await live.join(Role.DISPLAY)
    pages["observer"] = await live.join(Role.OBSERVER)
    (mic, _) = await talk(live, "red", "kid0", "kid1")
    await put(live, live.claims(Role.LEAD_TEACHER, "lead"), "send", "mic")
    leads = live.media.start("lead:send", "mic").id
    live.media.tell(Speaking((mic, leads)))
    live.media.tell(Speaking((leads,)))
    for name in pages:
        await pages[name].until(lambda name=name: pages[name].signals("speaking"))
    await asyncio.sleep(0.1)
    said = {name: [one["data"] for one in page.signals("speaking")] for name, page in pages.items()}
    common = {"participants": ["lead"], "group": None}
    inside = [{"participants": ["kid0"], "group": "red"}, {"participants": [], "group": "red"}]
    for name in ("kid0", "kid1", "lead", "observer"):
        assert [one for one in said[name] if one["group"]] == inside, name
        assert [one for one in said[name] if not one["group"]] == [common]
    assert said["kid2"] == said["display"] == [common]
    await live.do(live.claims(Role.LEAD_TEACHER, "lead").seat, "group.visit", {"group": "red"})
    await pages["kid2"].until(lambda: pages["kid2"].signals("speaking")[-1]["data"]["participants"] == [])
    await pages["kid1"].until(lambda: pages["kid1"].signals("speaking")[-1]["data"]["participants"] == ["lead"])


async def test_who_comes_into_a_group_that_talks_knows_who_does(live: Any) -> None:
    await grouped(live, red=["kid0"], blue=["kid1"])
    await live.do(child(live, "kid0").seat, "voice.join", {"group": "red"})
    page = await live.join(Role.STUDENT, "kid1")
    assert page.snapshot["state"]["groups"]["voice"] == {}
    await live.do(SYSTEM, "group.move", {"participant": "kid1", "group": "red"})
    snapshots = await page.until(lambda: [data for name, data in page.got if name == "snapshot"][1:])
    assert snapshots[-1]["state"]["groups"]["voice"] == {"kid0": "red"}


async def test_the_voices_close_when_the_call_is_over_whoever_is_there(live: Any) -> None:
    await grouped(live, red=["kid0", "kid1"])
    await talk(live, "red", "kid0", "kid1")
    await until(lambda: heard_by(live, "kid0") == {"kid1"})
    await live.do(SYSTEM, "groups.call", {"seconds": 30})
    live.clock.move(29)
    await asyncio.sleep(0.7)
    assert heard_by(live, "kid0") == {"kid1"}
    live.clock.move(1.1)
    await until(lambda: heard_by(live, "kid0") == heard_by(live, "kid1") == set())
    assert [event.kind for event in await live.events()].count("voices.closed") == 1
    with pytest.raises(ClientFault) as refused:
        await put(live, child(live, "kid0"), "voice2", "mic")
    assert refused.value.code == "not_on_stage"


# with the real plane


class Talker:
    """A child with a microphone, whose packets say whose they are, and ears."""

    def __init__(self, world: World, claims: Claims) -> None:
        self.world, self.claims = world, claims
        self.says = f"this is {claims.participant}, ".encode() * 3
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.pc.addTrack(Loop("audio", (self.says,), 0.02, AUDIO_CLOCK, Pace(), lambda _: None))
        self.pc.getTransceivers()[0].direction = "sendonly"
        self.ears = Subscriber(self, f"{claims.participant}:receive", ("audio",) * 3)

    async def answer(self, offer: Any) -> Any:
        answer = await self.world.gateway.door.put_peer(self.claims, "receive", "receive", offer.sdp, {}, 1)
        return Answer(answer["sdp"])

    async def start(self) -> None:
        door = self.world.gateway.door
        await self.pc.setLocalDescription(await self.pc.createOffer())
        sdp = self.pc.localDescription.sdp
        answer = await door.put_peer(self.claims, "voice", "send", sdp, {"0": "mic"}, 1)
        await self.pc.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))
        await self.ears.start()

    def hears(self) -> set[str]:
        """Who was heard since this was asked last."""
        got, self.ears.got[:] = list(self.ears.got), []
        return {said.decode().split()[2].strip(",") for said in payloads(got, 96) if said.startswith(b"this is")}

    async def close(self) -> None:
        await self.pc.close()
        await self.ears.close()


@pytest.fixture
async def plane(database_url: str) -> AsyncIterator[World]:
    """A lesson that has begun, with the media plane as it is."""
    store, clock = await Store.open(database_url), SystemClock()
    journal = Journal(store, clock)
    media = Supervisor(port=0, addresses=["127.0.0.1"], bind=("127.0.0.1",))
    await media.start()
    world = World(store, journal, media, clock)  # type: ignore[arg-type]
    world.clock.epoch = clock.epoch_ms() / 1000  # type: ignore[attr-defined]
    world.lesson = (await store.lessons.add("Fractions", clock.epoch_ms())).id
    await world.serve()
    for kind in ("lesson.open", "lesson.start"):
        await world.do(SYSTEM, kind, {})
    yield world
    await world.stop()
    await media.close()
    await store.close()


async def settled(world: World) -> None:
    """What the last command means for the slots is done, and what was on its way has come."""
    await until(lambda: not world.gateway._conductor._tasks)
    await asyncio.sleep(0.1)


async def test_not_a_packet_of_a_group_comes_to_who_is_not_in_its_voice(plane: World) -> None:
    await grouped(plane, red=["kid0", "kid1", "kid2"], blue=["kid3"])
    talkers = {name: Talker(plane, child(plane, name)) for name in ("kid0", "kid1", "kid2", "kid3")}
    lead = Talker(plane, plane.claims(Role.LEAD_TEACHER, "lead"))
    everyone = {**talkers, "lead": lead}
    with pytest.raises(ClientFault) as refused:
        await talkers["kid0"].start()
    assert refused.value.code == "not_on_stage", "no microphone is taken of who has not joined"

    def lacking(heard: dict[str, set[str]], got: dict[str, set[str]]) -> bool:
        return any(heard.get(name, set()) - got[name] for name in everyone)

    async def now(**heard: set[str]) -> None:
        """Whom each hears from now on, and nobody else: what is not named hears nobody."""
        async with asyncio.timeout(15):
            while lacking(heard, {name: one.hears() for name, one in everyone.items()}):
                await asyncio.sleep(0.3)
        await settled(plane)
        for one in everyone.values():
            one.hears()
        await asyncio.sleep(0.4)
        got = {name: one.hears() for name, one in everyone.items()}
        async with asyncio.timeout(15):
            while lacking(heard, got):
                await asyncio.sleep(0.1)
                got = {name: got[name] | one.hears() for name, one in everyone.items()}
        assert got == {name: heard.get(name, set()) for name in everyone}

    try:
        for name, talker in talkers.items():
            await plane.do(talker.claims.seat, "voice.join", {"group": "blue" if name == "kid3" else "red"})
        for talker in everyone.values():
            await talker.start()
        all_of_red = {"kid0": {"lead", "kid1", "kid2"}, "kid1": {"lead", "kid0", "kid2"}}
        await now(**all_of_red, kid2={"lead", "kid0", "kid1"}, kid3={"lead"})
        await plane.do(SYSTEM, "group.move", {"participant": "kid2", "group": "blue"})
        await now(kid0={"lead", "kid1"}, kid1={"lead", "kid0"}, kid2={"lead"}, kid3={"lead"})
        await plane.do(talkers["kid2"].claims.seat, "voice.join", {"group": "blue"})
        await plane.do(lead.claims.seat, "group.visit", {"group": "red"})
        await now(kid0={"lead", "kid1"}, kid1={"lead", "kid0"}, kid2={"kid3"}, kid3={"kid2"}, lead={"kid0", "kid1"})
        await plane.do(SYSTEM, "student.lock", {"participant": "kid1", "locked": ["sound"]})
        await now(kid0={"lead"}, kid2={"kid3"}, kid3={"kid2"}, lead={"kid0"})
        await plane.gateway.door.left(talkers["kid3"].claims)
        await plane.do(talkers["kid3"].claims.seat, "participant.leave", {})
        await now(kid0={"lead"}, lead={"kid0"})
        await plane.do(SYSTEM, "groups.dissolve", {})
        await now(kid0={"lead"}, kid1={"lead"}, kid2={"lead"})
    finally:
        for talker in everyone.values():
            await talker.close()
