"""Offers at the door, and what the conductor puts into whose slots."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from classroom.errors import ClientFault, Status
from classroom.events import SYSTEM, Role
from media.api import Codec, LayersWanted, PeerGone, Refusal, Show, Slot, Speaking
from signaling.media import PEERS_PER_PARTICIPANT, PUBLISH, STATUS_OF, When, may_publish
from signaling.sessions import GRACE_S
from signaling.slots import SOURCES, Only
from signaling.tokens import Claims

SLOTS = (
    *(Slot(f"v{n}", "video", (Codec.H264, Codec.VP9)) for n in range(3)),
    *(Slot(f"a{n}", "audio", (Codec.OPUS,)) for n in range(2)),
)


async def put(world: Any, claims: Claims, peer: str = "send", *sources: str, revision: int = 1, **more: Any) -> Any:
    direction = "send" if sources else "receive"
    named = {str(mid): source for mid, source in enumerate(sources)}
    return await world.gateway.door.put_peer(claims, peer, direction, f"offer {revision}", named, revision, **more)


async def fault(awaitable: Any) -> tuple[str, int]:
    with pytest.raises(ClientFault) as refused:
        await awaitable
    return refused.value.code, refused.value.status


async def until(true: Any) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.01)


def receiver(world: Any, claims: Claims, peer: str = "receive", slots: tuple[Slot, ...] = SLOTS) -> None:
    world.media.slots_of[f"{claims.participant}:{peer}"] = slots


async def stage(world: Any, participant: str, role: Role, room: str | None = None) -> None:
    await world.do(SYSTEM, "stage.invite", {"participant": participant})
    await world.do(world.claims(role, participant, room=room).seat, "stage.accept", {"participant": participant})


async def test_an_offer_is_answered_and_the_same_again_gets_the_same_answer(live: Any) -> None:
    claims = live.claims(Role.LEAD_TEACHER)
    first = await put(live, claims, "send", "camera", "mic")
    assert first == {"sdp": "answer to offer 1", "revision": 1}
    assert await put(live, claims, "send", "camera", "mic") == first
    assert [asked[0] for asked in live.media.asked].count("answer") == 1
    offer = live.media.asked[0][1]
    assert (offer.peer, offer.direction, offer.sources) == ("lead_teacher:send", "send", {"0": "camera", "1": "mic"})
    assert (await put(live, claims, "send", "camera", revision=2))["revision"] == 2
    assert await fault(put(live, claims, "send", "camera", "mic")) == ("stale_revision", 409)


async def test_offers_of_one_peer_take_turns(live: Any) -> None:
    claims = live.claims(Role.LEAD_TEACHER)
    done = await asyncio.gather(
        *(put(live, claims, "send", "camera", revision=n) for n in (1, 3, 2)), return_exceptions=True
    )
    codes = [getattr(one, "code", "answered") for one in done]
    assert codes[1] == "answered", "whichever came first, the latest is answered"
    assert set(codes) <= {"answered", "stale_revision"}
    assert await put(live, claims, "send", "camera", revision=3) == done[1]
    assert await fault(put(live, claims, "send", "camera", revision=2)) == ("stale_revision", 409)


async def test_every_cell_of_who_may_send_what(live: Any) -> None:
    cells = [(r, s, on) for r in Role for s in (*SOURCES, "nonsense") for on in (None, When.ON_STAGE, When.HEARD)]
    for number, (role, source, on) in enumerate(cells):
        on_stage, talks = on is When.ON_STAGE, on is When.HEARD and role is Role.STUDENT
        name = f"p{number}"
        claims = live.claims(role, name, room="r", sources=("camera", "mic") if role == Role.ENCODER else ())
        await live.do(claims.seat, "participant.join", {"name": "n"})
        if role == Role.LEAD_TEACHER:
            await live.do(SYSTEM, "lead.give", {"participant": name})
        if on_stage and role in (Role.DISPLAY, Role.LOCAL_TEACHER, Role.STUDENT):
            await stage(live, name, role)
        if talks:
            await live.do(SYSTEM, "groups.form", {"groups": [{"group": f"g{number}", "participants": [name]}]})
            await live.do(claims.seat, "voice.join", {"group": f"g{number}"})
        table = dict.fromkeys(("camera", "mic"), When.ALWAYS) if role == Role.ENCODER else PUBLISH[role]
        asked = len(live.media.asked)
        when = table.get(source)
        if when is When.ALWAYS or (when is not None and on_stage) or (when is When.HEARD and talks):
            assert (await put(live, claims, "x", source))["revision"] == 1, (role, source)
        else:
            expected = "not_on_stage" if source in table else "not_allowed"
            assert await fault(put(live, claims, "x", source)) == (expected, 403), (role, source)
            assert len(live.media.asked) == asked
        if on_stage and role in (Role.DISPLAY, Role.LOCAL_TEACHER, Role.STUDENT):
            await live.do(SYSTEM, "stage.release", {"participant": name})


def test_a_token_narrows_what_its_role_may_send() -> None:
    def sources(role: Role, *named: str) -> tuple[str, ...]:
        return may_publish(Claims("l", "p", role, sources=named), role)

    assert sources(Role.LEAD_TEACHER) == ("camera", "courseware", "mic")
    assert sources(Role.LEAD_TEACHER, "mic", "room") == ("mic",)
    assert sources(Role.ENCODER) == ()
    assert sources(Role.OBSERVER, "camera") == ()
    assert may_publish(Claims("l", "p", Role.LOCAL_TEACHER), Role.LEAD_TEACHER) == ("camera", "courseware", "mic")


async def test_bad_offers_are_refused_and_leave_nothing(live: Any) -> None:
    claims, door = live.claims(Role.LEAD_TEACHER), live.gateway.door
    for peer, sdp, sources, revision, expected in [
        ("", "x", {"0": "mic"}, 1, ("malformed", 400)),
        ("a:b", "x", {"0": "mic"}, 1, ("malformed", 400)),
        ("a/../b", "x", {"0": "mic"}, 1, ("malformed", 400)),
        ("p", "x", {"0": "mic"}, 0, ("malformed", 400)),
        ("p", "x", {}, 1, ("malformed", 400)),
        ("p", "x" * 300_000, {"0": "mic"}, 1, ("too_large", 413)),
    ]:
        assert await fault(door.put_peer(claims, peer, "send", sdp, sources, revision)) == expected
    assert await fault(door.put_peer(claims, "p", "receive", "x", {"0": "mic"}, 1)) == ("not_allowed", 403)
    assert await fault(put(live, live.claims(Role.ENCODER))) == ("not_allowed", 403)
    assert await fault(put(live, live.claims(Role.LEAD_TEACHER, lesson="nowhere"), "x", "mic")) == ("not_found", 404)
    assert await fault(door.delete_peer(claims, "p")) == ("peer_unknown", 404)
    assert live.media.asked == []


@pytest.mark.parametrize("code", list(STATUS_OF))
async def test_what_media_refuses_is_said_with_its_code(live: Any, code: str) -> None:
    claims = live.claims(Role.LEAD_TEACHER)
    live.media.refuse = Refusal(code, "because")
    assert await fault(put(live, claims, "x", "mic")) == (code, STATUS_OF[code])
    live.media.refuse = None
    assert (await put(live, claims, "x", "mic"))["revision"] == 1  # nothing was kept of the first


def test_the_statuses_are_those_of_the_contract() -> None:
    assert STATUS_OF["sdp_malformed"] == Status.MALFORMED
    assert STATUS_OF["codec_unsupported"] == STATUS_OF["data_channel_refused"] == Status.REFUSED


async def test_so_many_connections_and_no_more_and_not_too_often(live: Any) -> None:
    claims = live.claims(Role.LEAD_TEACHER)
    for number in range(PEERS_PER_PARTICIPANT):
        await put(live, claims, f"p{number}", "mic")
    assert await fault(put(live, claims, "more", "mic")) == ("too_many_open", 429)
    await live.gateway.door.delete_peer(claims, "p0")
    await put(live, claims, "more", "mic")
    codes = [(await fault(put(live, claims, "again", "mic")))[0] for _ in range(12)]
    assert codes[-1] == "too_often"


async def test_where_all_places_are_taken_homes_and_observers_are_sent_to_hls_and_nobody_else(live: Any) -> None:
    live.gateway.door.places = 2
    first, second = live.claims(Role.STUDENT, "s1"), live.claims(Role.STUDENT, "s2")
    watcher, talker = live.claims(Role.OBSERVER, "o"), live.claims(Role.STUDENT, "s3")
    for claims in (first, second, talker):
        await live.do(claims.seat, "participant.join", {"name": "n"})
    await put(live, first, "p")
    await put(live, second, "p")
    full = ("media_full", 503)
    for claims in (watcher, talker):
        assert await fault(put(live, claims, "p")) == full
    await put(live, second, "q")  # in the place of its own other one

    await put(live, live.claims(Role.DISPLAY, "d", room="r"), "p")
    await put(live, live.claims(Role.LOCAL_TEACHER, "t", room="r"), "p")
    await put(live, live.claims(Role.STUDENT, "tablet", room="r"), "p")
    await put(live, live.claims(Role.LEAD_TEACHER), "p")

    await live.do(SYSTEM, "groups.form", {"groups": [{"group": "g", "participants": ["s3"]}]})
    await live.do(talker.seat, "voice.join", {"group": "g"})
    await put(live, talker, "p")
    await live.do(talker.seat, "voice.leave", {})

    for claims, peers in ((first, "p"), (second, "pq"), (talker, "p")):
        for peer in peers:
            await live.gateway.door.delete_peer(claims, peer)
    assert await fault(put(live, watcher, "p")) == full, "displays and teachers have places too"
    live.gateway.door.places = 0
    await put(live, watcher, "p")


async def test_all_connections_of_a_participant_have_one_place(live: Any) -> None:
    live.gateway.door.places = 2
    first, second, third = (live.claims(Role.STUDENT, name) for name in ("s1", "s2", "s3"))
    for claims in (first, second, third):
        await live.do(claims.seat, "participant.join", {"name": "n"})
    for peer in "pqr":
        await put(live, first, peer)
    await put(live, second, "p")
    assert await fault(put(live, third, "p")) == ("media_full", 503)


async def test_the_conductor_fills_slots_and_says_so(live: Any) -> None:
    lead, display = live.claims(Role.LEAD_TEACHER), live.claims(Role.DISPLAY, room="r")
    page = await live.join(Role.DISPLAY, room="r")
    await live.join(Role.LEAD_TEACHER)
    receiver(live, display)
    await put(live, display, "receive")
    await put(live, lead, "send", "camera", "mic")
    live.media.start("lead_teacher:send", "mic")
    live.media.start("lead_teacher:send", "camera")
    await page.until(lambda: page.signals("slots") and len(page.signals("slots")[-1]["data"]["slots"]) == 2)
    assert live.media.showing == {
        ("display:receive", "a0"): "lead_teacher:send/mic",
        ("display:receive", "v0"): "lead_teacher:send/camera",
    }
    data = page.signals("slots")[-1]["data"]
    assert data["peer"] == "receive"
    assert data["slots"][0] == {
        "mid": "a0", "track": "lead_teacher:send/mic", "source": "mic", "participant": "lead_teacher",
        "name": "name of lead_teacher", "room": None, "kind": "audio", "codec": "opus", "unsupported": None,
    }  # fmt: skip
    assert [slot["mid"] for slot in data["slots"]] == ["a0", "v0"]

    again = await live.join(Role.DISPLAY, room="r")
    await again.until(lambda: again.signals("slots"))
    assert again.signals("slots")[-1]["data"] == data


async def test_a_room_comes_on_stage_and_goes_again(live: Any) -> None:
    """A display of another room sees it while it is on stage; the lead sees it all the time; itself never."""
    for role, name, room in [
        (Role.LEAD_TEACHER, "lead", None),
        (Role.DISPLAY, "one", "r1"),
        (Role.DISPLAY, "two", "r2"),
    ]:
        claims = live.claims(role, name, room=room)
        await live.do(claims.seat, "participant.join", {"name": name})
        receiver(live, claims)
        await put(live, claims, "receive")
    await put(live, live.claims(Role.DISPLAY, "one", room="r1"), "send", "room", "mic")
    live.media.start("one:send", "room")
    await until(lambda: live.media.showing == {("lead:receive", "v0"): "one:send/room"})
    lead = live.claims(Role.LEAD_TEACHER, "lead").seat
    await live.do(lead, "stage.invite", {"participant": "one"})
    await live.do(live.claims(Role.DISPLAY, "one", room="r1").seat, "stage.accept", {"participant": "one"})
    await until(lambda: ("two:receive", "v0") in live.media.showing)
    assert ("one:receive", "v0") not in live.media.showing
    await live.do(lead, "stage.release", {"participant": "one"})
    await until(lambda: live.media.showing == {("lead:receive", "v0"): "one:send/room"})


async def test_a_codec_that_a_receiver_lacks_is_named_in_its_slots(live: Any) -> None:
    display = live.claims(Role.DISPLAY, room="r")
    page = await live.join(Role.DISPLAY, room="r")
    await live.join(Role.LEAD_TEACHER)
    receiver(live, display)
    await put(live, display, "receive")
    await put(live, live.claims(Role.LEAD_TEACHER), "send", "camera", "courseware")
    live.media.refuse_tracks.add("later")
    live.media.start("lead_teacher:send", "camera", Codec.AV1)
    live.media.start("lead_teacher:send", "courseware", Codec.H264, id_="later")
    await page.until(lambda: page.signals("slots") and len(page.signals("slots")[-1]["data"]["slots"]) == 2)
    entries = page.signals("slots")[-1]["data"]["slots"]
    assert [(e["source"], e["mid"], e["unsupported"]) for e in entries] == [
        ("courseware", None, "H264"),
        ("camera", None, "AV1"),
    ]


async def test_a_lost_connection_is_told_and_may_be_offered_anew(live: Any) -> None:
    teacher, other = await live.join(Role.LEAD_TEACHER), await live.join(Role.OBSERVER)
    claims = live.claims(Role.LEAD_TEACHER)
    for revision in (1, 5):
        await put(live, claims, "send", "camera", revision=revision)
    live.media.tell(PeerGone("lead_teacher:send", "worker_lost"))
    live.media.tell(PeerGone("stranger:send", "silent"))
    await teacher.until(lambda: teacher.signals("media"))
    gone = {"peer": "send", "state": "gone", "reason": "worker_lost"}
    assert [signal["data"] for signal in teacher.signals("media")] == [gone]
    assert not other.signals("media")
    with pytest.raises(ClientFault) as refused:  # a page that was not told has keys that are no more
        await put(live, claims, "send", "camera", revision=6)
    assert refused.value.code == "peer_unknown"
    assert (await put(live, claims, "send", "camera", revision=1))["revision"] == 1


async def test_who_leaves_takes_the_connections_along(live: Any) -> None:
    page = await live.join(Role.DISPLAY, room="r")
    await put(live, live.claims(Role.DISPLAY, room="r"), "send", "room")
    await page.close()
    await asyncio.sleep(0.7)
    live.clock.move(GRACE_S + 1)
    await until(lambda: ("remove", "display:send") in live.media.asked)
    await until(lambda: not live.media.peers)


async def test_who_leaves_while_slots_are_filled_keeps_no_other_out_of_them(
    live: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, assign = await live.join(Role.LEAD_TEACHER), live.media.assign
    receiver(live, live.claims(Role.LEAD_TEACHER))
    await put(live, live.claims(Role.LEAD_TEACHER), "receive")
    rooms = [live.claims(Role.DISPLAY, name, room=name) for name in ("one", "two")]
    for room in rooms:
        await live.do(room.seat, "participant.join", {"name": room.participant})
        await put(live, room, "send", "room")
    going, on = asyncio.Event(), asyncio.Event()

    async def slowly(peer: str, slots: Any) -> None:
        going.set()
        await on.wait()
        await assign(peer, slots)

    monkeypatch.setattr(live.media, "assign", slowly)
    live.media.start("one:send", "room")
    async with asyncio.timeout(5):
        await going.wait()
    live.media.start("two:send", "room")
    await live.gateway.door.left(rooms[0])
    on.set()
    await until(lambda: "two:send/room" in live.media.showing.values())
    await page.until(lambda: [one["participant"] for one in page.signals("slots")[-1]["data"]["slots"]] == ["two"])


async def test_a_receiver_whose_slots_cannot_be_filled_keeps_no_other_from_theirs(
    live: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assign, displays = live.media.assign, [live.claims(Role.DISPLAY, name, room=name) for name in ("one", "two")]
    for display in displays:
        await live.do(display.seat, "participant.join", {"name": display.participant})
        receiver(live, display)
        await put(live, display, "receive")

    async def broken(peer: str, slots: Any) -> None:
        if peer == "one:receive":
            raise RuntimeError("that slot is on fire")
        await assign(peer, slots)

    monkeypatch.setattr(live.media, "assign", broken)
    await live.do(live.claims(Role.LEAD_TEACHER).seat, "participant.join", {"name": "lead"})
    await put(live, live.claims(Role.LEAD_TEACHER), "send", "camera")
    live.media.start("lead_teacher:send", "camera")
    await until(lambda: live.media.showing == {("two:receive", "v0"): "lead_teacher:send/camera"})


async def test_an_encoder_is_in_the_lesson_as_long_as_it_sends(live: Any) -> None:
    claims = live.claims(Role.ENCODER, "cam", sources=("camera",))
    await put(live, claims, "whip", "camera")
    assert (await live.journal.state(live.lesson))["participants"]["cam"]["present"]
    live.clock.move(1000)
    await asyncio.sleep(0.7)
    live.media.tell(PeerGone("cam:whip", "silent"))
    live.clock.move(GRACE_S + 1)
    async with asyncio.timeout(5):
        while (await live.journal.state(live.lesson))["participants"]["cam"]["present"]:
            await asyncio.sleep(0.05)


async def test_the_end_of_the_lesson_ends_its_media(live: Any) -> None:
    claims = live.claims(Role.LEAD_TEACHER)
    await live.do(claims.seat, "participant.join", {"name": "x"})
    await put(live, claims, "send", "camera")
    await live.do(claims.seat, "lesson.end", {})
    await until(lambda: not live.media.peers)
    assert await fault(put(live, claims, "send", "camera")) == ("lesson_ended", 409)


async def test_a_room_that_saves_data_gets_small_pictures(live: Any) -> None:
    lead, display = live.claims(Role.LEAD_TEACHER), live.claims(Role.DISPLAY, room="r")
    for claims in (lead, display):
        await live.do(claims.seat, "participant.join", {"name": "x"})
    receiver(live, display)
    await put(live, display, "receive")
    await put(live, lead, "send", "camera")
    live.media.start("lead_teacher:send", "camera")
    slot = ("display:receive", "v0")
    await until(lambda: live.media.shows == {slot: Show("lead_teacher:send/camera")})
    await live.do(display.seat, "data.save", {"on": True})
    await until(lambda: live.media.shows == {slot: Show("lead_teacher:send/camera", "low", keep=True)})
    await live.do(lead.seat, "data.save", {"room": "r", "on": False})
    await until(lambda: live.media.shows == {slot: Show("lead_teacher:send/camera", "high", keep=True)})
    assert [asked for asked in live.media.asked if asked[0] == "assign" and asked[3] is None] == []


async def test_a_small_publication_is_for_who_gets_small_pictures(live: Any) -> None:
    """And stands in for the large one while that is away."""
    cam = live.claims(Role.ENCODER, "cam", sources=("camera",))
    for claims in (live.claims(Role.DISPLAY, room="r"), live.claims(Role.OBSERVER)):
        await live.do(claims.seat, "participant.join", {"name": "x"})
        receiver(live, claims)
        await put(live, claims, "receive")
    await put(live, cam, "large", "camera")
    await put(live, cam, "small", "camera", layer="low")
    assert [asked[1].layer for asked in live.media.asked if asked[0] == "answer"] == ["", "", "", "low"]
    large = live.media.start("cam:large", "camera")
    stage, wall = ("display:receive", "v0"), ("observer:receive", "v0")
    await until(lambda: live.media.shows == {stage: Show(large.id), wall: Show(large.id, "low")})
    small = live.media.start("cam:small", "camera", layer="low")
    await until(lambda: live.media.shows == {stage: Show(large.id), wall: Show(small.id, "low", keep=True)})
    live.media.stop(small)
    await until(lambda: live.media.shows == {stage: Show(large.id), wall: Show(large.id, "low", keep=True)})
    small = live.media.start("cam:small", "camera", layer="low")
    live.media.stop(large)
    kept = [Show(small.id, "high", keep=True), Show(small.id, "low", keep=True)]
    await until(lambda: list(live.media.shows.values()) == kept)


async def test_a_small_publication_that_a_receiver_cannot_show_is_done_without(live: Any) -> None:
    cam, observer = live.claims(Role.ENCODER, "cam", sources=("camera",)), live.claims(Role.OBSERVER)
    page = await live.join(Role.OBSERVER)
    receiver(live, observer)
    await put(live, observer, "receive")
    await put(live, cam, "large", "camera")
    await put(live, cam, "small", "camera", layer="low")
    live.media.refuse_tracks.add("cam:small/camera")
    live.media.start("cam:large", "camera", id_="large")
    live.media.start("cam:small", "camera", layer="low")
    await until(lambda: live.media.shows == {("observer:receive", "v0"): Show("large", "low")})
    live.media.start("cam:small", "camera", Codec.AV1, id_="strange", layer="low")
    await page.until(lambda: page.signals("slots"))
    await asyncio.sleep(0.05)
    (entry,) = page.signals("slots")[-1]["data"]["slots"]
    assert (entry["track"], entry["mid"], entry["unsupported"]) == ("large", "v0", None)


async def test_the_lead_sees_what_the_encoder_sends_where_there_is_a_small_publication_of_it(live: Any) -> None:
    cam, lead = live.claims(Role.ENCODER, "cam", sources=("camera",)), live.claims(Role.LEAD_TEACHER, "lead")
    await live.do(lead.seat, "participant.join", {"name": "lead"})
    receiver(live, lead)
    await put(live, lead, "receive")
    await put(live, cam, "large", "camera")
    await put(live, cam, "small", "camera", layer="low")
    live.media.start("cam:large", "camera")
    await asyncio.sleep(0.05)
    assert live.media.shows == {}
    small = live.media.start("cam:small", "camera", layer="low")
    await until(lambda: live.media.shows == {("lead:receive", "v0"): Show(small.id, "low")})


async def test_the_lead_sees_the_low_layer_of_what_the_encoder_sends_in_several(live: Any) -> None:
    cam, lead = live.claims(Role.ENCODER, "cam", sources=("camera",)), live.claims(Role.LEAD_TEACHER, "lead")
    await live.do(lead.seat, "participant.join", {"name": "lead"})
    receiver(live, lead)
    await put(live, lead, "receive")
    await put(live, cam, "large", "camera")
    live.media.start("cam:large", "camera", layered=True)
    await until(lambda: live.media.shows == {("lead:receive", "v0"): Show("cam:large/camera", "low")})


async def test_a_small_player(live: Any) -> None:
    cam, lead = live.claims(Role.ENCODER, "cam", sources=("camera",)), live.claims(Role.OBSERVER)
    await put(live, cam, "large", "camera")
    await put(live, cam, "small", "camera", layer="low")
    live.media.start("cam:large", "camera", id_="large")
    live.media.start("cam:small", "camera", id_="small", layer="low")
    for peer, only in (("whep", Only("camera")), ("whep2", Only("camera", small=True))):
        receiver(live, lead, peer)
        await put(live, lead, peer, only=only)
    shown = {("observer:whep", "v0"): Show("large"), ("observer:whep2", "v0"): Show("small", "low")}
    await until(lambda: live.media.shows == shown)


async def test_the_lead_hears_the_loudest_rooms_off_stage(live: Any) -> None:
    lead = live.claims(Role.LEAD_TEACHER, "lead")
    await live.do(lead.seat, "participant.join", {"name": "lead"})
    receiver(live, lead, slots=tuple(Slot(f"a{n}", "audio", (Codec.OPUS,)) for n in range(8)))
    await put(live, lead, "receive")
    mics = []
    for number in range(5):
        claims = live.claims(Role.DISPLAY, f"d{number}", room=f"r{number}")
        await live.do(claims.seat, "participant.join", {"name": "x"})
        await put(live, claims, "send", "mic")
        mics.append(live.media.start(f"d{number}:send", "mic").id)
    await asyncio.sleep(0.05)
    assert live.media.showing == {}
    live.media.tell(Speaking(tuple(mics[4:0:-1])))
    await until(lambda: set(live.media.showing.values()) == {mics[4], mics[3], mics[2]})
    before = dict(live.media.showing)
    live.media.tell(Speaking((mics[0], mics[4], mics[3], mics[1])))
    await until(lambda: set(live.media.showing.values()) == {mics[0], mics[4], mics[3]})
    kept = {slot: mic for slot, mic in live.media.showing.items() if mic in (mics[3], mics[4])}
    assert kept.items() <= before.items()
    await stage(live, "d2", Role.DISPLAY, "r2")
    await until(lambda: mics[2] in live.media.showing.values())
    live.media.tell(Speaking(()))
    await until(lambda: list(live.media.showing.values()) == [mics[2]])


async def test_a_page_is_told_which_of_its_layers_are_wanted_and_again_when_it_comes_back(live: Any) -> None:
    page, other = await live.join(Role.DISPLAY, room="r"), await live.join(Role.LEAD_TEACHER)
    claims = live.claims(Role.DISPLAY, room="r")
    await put(live, claims, "send", "room")
    live.media.tell(LayersWanted("display:send", "0", ("l",)))
    live.media.tell(LayersWanted("display:send", "0", ("h", "l")))
    live.media.tell(LayersWanted("nobody:send", "0", ("l",)))
    await page.until(lambda: len(page.signals("layers")) == 2)
    assert [one["data"]["rids"] for one in page.signals("layers")] == [["l"], ["h", "l"]]
    again = await live.join(Role.DISPLAY, room="r")
    await again.until(lambda: again.signals("layers"))
    assert again.signals("layers") == [{"kind": "layers", "data": {"peer": "send", "mid": "0", "rids": ["h", "l"]}}]
    live.media.tell(PeerGone("display:send", "silent"))
    later = await live.join(Role.DISPLAY, room="r")
    assert not later.signals("layers")
    assert not other.signals("layers")


async def test_a_player_gets_the_picture_it_asked_for_and_its_voice(live: Any) -> None:
    for name in ("one", "two"):
        claims = live.claims(Role.ENCODER, name, sources=("camera", "room", "mic"), room=name)
        await put(live, claims, "whip", "room", "mic")
        live.media.start(f"{name}:whip", "room")
        live.media.start(f"{name}:whip", "mic")
    lead = live.claims(Role.LEAD_TEACHER)
    receiver(live, lead, "whep")
    await put(live, lead, "whep", only=Only("room", "two"))
    await until(lambda: len(live.media.showing) == 2)
    assert set(live.media.showing.values()) == {"two:whip/room", "two:whip/mic"}


async def test_who_speaks_is_said_when_it_changes(live: Any) -> None:
    page = await live.join(Role.STUDENT, "kid")
    await put(live, live.claims(Role.LEAD_TEACHER), "send", "mic")
    track = live.media.start("lead_teacher:send", "mic")
    for _ in range(3):
        live.media.tell(Speaking((track.id, "unknown")))
    live.media.tell(Speaking(()))
    await page.until(lambda: len(page.signals("speaking")) == 2)
    assert [one["data"]["participants"] for one in page.signals("speaking")] == [["lead_teacher"], []]


async def test_an_alarm_is_for_teachers(live: Any) -> None:
    teacher, tablet = await live.join(Role.LEAD_TEACHER), await live.join(Role.STUDENT, "kid")
    live.gateway.alarm(live.lesson, "disk_short", "The disk is nearly full; recording has stopped.")
    await teacher.until(lambda: teacher.signals("alarm"))
    assert teacher.signals("alarm")[0]["data"]["code"] == "disk_short"
    assert not tablet.signals("alarm")


async def test_the_lobby_has_no_back_door(world: Any) -> None:
    """A token alone, without a socket, gets nothing either: no picture before the doors open, none from the lobby."""
    world.lesson = (await world.store.lessons.add("Fractions", 0, lobby=True)).id
    lead, kid, staff = world.claims(Role.LEAD_TEACHER), world.claims(Role.STUDENT, "kid"), world.claims(Role.OBSERVER)
    await put(world, lead, "send", "camera")
    assert await fault(put(world, kid, "receive")) == ("lesson_not_open", 409)
    await world.do(lead.seat, "lesson.open", {})
    assert await fault(put(world, kid, "receive")) == ("not_admitted", 403)
    assert await fault(put(world, staff, "receive")) == ("not_admitted", 403)
    assert world.media.peers == {"lead_teacher:send"}
    await world.join(Role.STUDENT, "kid")
    assert await fault(put(world, kid, "receive")) == ("not_admitted", 403)
    await world.do(lead.seat, "participant.admit", {"participant": "kid"})
    await put(world, kid, "receive")
    assert world.media.peers == {"lead_teacher:send", "kid:receive"}


async def test_peers_of_a_lesson_are_one_group(live: Any) -> None:
    await put(live, live.claims(Role.LEAD_TEACHER), "send", "camera")
    await put(live, live.claims(Role.STUDENT, "kid"), "receive")
    assert [asked[1].group for asked in live.media.asked if asked[0] == "answer"] == [live.lesson, live.lesson]


async def test_a_display_on_two_screens_gets_each_picture_where_it_is_shown(live: Any) -> None:
    screen = live.claims(Role.DISPLAY, "screen", room="r")
    await live.do(screen.seat, "participant.join", {"name": "Room 3"})
    await put(live, live.claims(Role.LEAD_TEACHER, "lead"), "send", "camera", "mic")
    await put(live, live.claims(Role.LEAD_TEACHER, "lead"), "share", "courseware", "courseware")
    for peer, source in (("send", "camera"), ("send", "mic"), ("share", "courseware")):
        live.media.start(f"lead:{peer}", source)
    live.media.start("lead:share", "courseware", Codec.OPUS, id_="sound")
    pictures = Slot("v0", "video", (Codec.H264,))
    sounds = (Slot("a0", "audio", (Codec.OPUS,)), Slot("a1", "audio", (Codec.OPUS,)))
    receiver(live, screen, "people", (pictures, *sounds))
    receiver(live, screen, "work", (pictures,))
    for peer, shows in (("people", {"camera", "room", "student"}), ("work", {"courseware"})):
        await put(live, screen, peer, shows=frozenset(shows))
    shown = {
        ("screen:people", "v0"): "lead:send/camera",
        ("screen:people", "a0"): "lead:send/mic",
        ("screen:people", "a1"): "sound",
        ("screen:work", "v0"): "lead:share/courseware",
    }
    await until(lambda: live.media.showing == shown)
    await live.do(screen.seat, "data.save", {"on": True})
    await until(lambda: live.media.shows[("screen:work", "v0")].ceiling == "low")
