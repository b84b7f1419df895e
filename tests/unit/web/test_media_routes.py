"""Offers over HTTP: pages, WHIP (RFC 9725) and WHEP, against the real media worker."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse

from classroom.events import Role
from media.api import Answer, Offer
from tests.unit.media import peers
from tests.unit.web.people import Client, Person, good, refusal
from tests.unit.web.test_lessons import do
from web.server import sdpfrag
from web.server.demo import clip
from web.server.demo.publisher import Clip
from web.server.parts import Parts
from web.server.seats import token_for
from web.server.serve import opened
from web.server.settings import Settings

OFFERS = Path(__file__).parent.parent / "media" / "offers"
SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"


def offer(name: str) -> str:
    return (OFFERS / f"{name}.sdp").read_bytes().decode()


@pytest.fixture
async def parts(settings: Settings) -> AsyncIterator[Parts]:
    async with opened(settings) as made:
        yield made


@pytest.fixture
async def live(parts: Parts, lesson: Any) -> str:
    await do(parts, lesson["id"], "lesson.open")
    await do(parts, lesson["id"], "lesson.start")
    return str(lesson["id"])


async def token(parts: Parts, lesson: str, role: Role) -> dict[str, str]:
    participant = await parts.store.participants.add(lesson, role, "Someone", parts.now_ms)
    return {"Authorization": f"Bearer {await token_for(parts, participant)}"}


@pytest.fixture
async def encoder(parts: Parts, live: str) -> dict[str, str]:
    return await token(parts, live, Role.ENCODER)


async def whip(
    client: Client, lesson: str, headers: dict[str, str], sdp: str | bytes, query: str = ""
) -> ClientResponse:
    return await client.post(f"/whip/{lesson}{query}", data=sdp, headers={**headers, "Content-Type": SDP})


async def test_an_encoder_publishes_restarts_and_leaves(app_client: Client, live: str, encoder: dict[str, str]) -> None:
    response = await whip(app_client, live, encoder, offer("aiortc_send"), "?source=camera")
    assert response.status == 201
    assert response.content_type == SDP
    answer = await response.text()
    assert "a=ice-lite" in answer
    assert "a=setup:passive" in answer
    place, etag = response.headers["Location"], response.headers["ETag"]
    assert place.startswith(f"/whip/{live}/")

    own = sdpfrag.credentials(offer("aiortc_send"))
    assert own is not None
    trickle = f"a=ice-ufrag:{own.ufrag}\r\na=ice-pwd:{own.pwd}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
    headers = {**encoder, "Content-Type": FRAGMENT}
    assert await refusal(await app_client.patch(place, data=trickle, headers=headers)) == (428, "etag_required")
    stale = await app_client.patch(place, data=trickle, headers={**headers, "If-Match": '"other"'})
    assert await refusal(stale) == (412, "etag_mismatch")
    done = await app_client.patch(place, data=trickle, headers={**headers, "If-Match": etag})
    assert done.status == 204

    fresh = "a=ice-ufrag:EsAw\r\na=ice-pwd:bP+XJMM09aR8AiX1jdukzR6Y\r\n"
    restarted = await app_client.patch(place, data=fresh, headers={**headers, "If-Match": "*"})
    assert restarted.status == 200
    assert restarted.content_type == FRAGMENT
    assert restarted.headers["ETag"] != etag
    before, after = sdpfrag.credentials(answer), sdpfrag.credentials(await restarted.text())
    assert before is not None
    assert after is not None
    assert before != after

    gone = await app_client.delete(place, headers=encoder)
    assert gone.status == 200
    assert await refusal(await app_client.delete(place, headers=encoder)) == (404, "not_found")


async def test_a_session_answers_only_to_the_token_that_made_it(
    app_client: Client, parts: Parts, live: str, encoder: dict[str, str]
) -> None:
    place = (await whip(app_client, live, encoder, offer("aiortc_send"))).headers["Location"]
    other = await token(parts, live, Role.ENCODER)
    assert await refusal(await app_client.delete(place, headers=other)) == (404, "not_found")
    assert await refusal(await app_client.delete(place)) == (401, "token_invalid")
    assert (await app_client.delete(place, headers=encoder)).status == 200


async def test_offers_that_are_none(app_client: Client, live: str, encoder: dict[str, str]) -> None:
    good_one = offer("chromium_send")
    broken = {
        "": (400, "sdp_malformed"),
        "hello": (400, "sdp_malformed"),
        re.sub(r"a=fingerprint:.*\r\n", "", good_one): (400, "sdp_malformed"),
        re.sub(r"a=ice-(ufrag|pwd):.*\r\n", "", good_one): (400, "sdp_malformed"),
        good_one + "x" * 400_000: (413, "too_large"),
    }
    for sdp, (status, code) in broken.items():
        answer = await refusal(await whip(app_client, live, encoder, sdp))
        assert answer in ((status, code), (status, "malformed"))
    invalid = await whip(app_client, live, encoder, "\udcff".encode(errors="surrogateescape"))
    assert await refusal(invalid) == (400, "malformed")


async def test_data_channels_are_refused(app_client: Client, live: str, encoder: dict[str, str]) -> None:
    response = await whip(app_client, live, encoder, offer("chromium_data"))
    assert (await refusal(response))[0] in (400, 422)


async def test_whip_says_what_it_takes(app_client: Client, live: str, encoder: dict[str, str]) -> None:
    response = await app_client.options(f"/whip/{live}")
    assert response.status == 204
    assert response.headers["Accept-Post"] == SDP
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    response = await app_client.options(f"/whip/{live}/peer")
    assert response.headers["Accept-Patch"] == FRAGMENT
    wrong = await app_client.post(f"/whip/{live}", data="{}", headers={**encoder, "Content-Type": "application/json"})
    assert await refusal(wrong) == (415, "media_type")
    for method in ("GET", "HEAD", "PUT"):
        assert (await app_client.request(method, f"/whip/{live}")).status == 405
    unknown = await whip(app_client, live, encoder, offer("aiortc_send"), "?source=moon")
    assert await refusal(unknown) == (400, "malformed")


async def test_tokens_open_their_own_lesson_only(
    app_client: Client, parts: Parts, teacher: Person, live: str, encoder: dict[str, str]
) -> None:
    other = await teacher.post("/api/v1/lessons", {"title": "Another"})
    response = await whip(app_client, other["id"], encoder, offer("aiortc_send"))
    assert await refusal(response) == (404, "not_found")
    assert await refusal(await whip(app_client, live, {}, offer("aiortc_send"))) == (401, "token_invalid")
    broken = {"Authorization": "Bearer nonsense"}
    assert await refusal(await whip(app_client, live, broken, offer("aiortc_send"))) == (401, "token_invalid")
    participant = await parts.store.participants.add(live, Role.ENCODER, "x", parts.now_ms)
    late = {"Authorization": f"Bearer {await token_for(parts, participant, ttl_s=-1)}"}
    assert await refusal(await whip(app_client, live, late, offer("aiortc_send"))) == (401, "token_expired")


async def test_a_player_receives_and_an_encoder_does_not(
    app_client: Client, parts: Parts, live: str, encoder: dict[str, str]
) -> None:
    observer = await token(parts, live, Role.OBSERVER)
    headers = {**observer, "Content-Type": SDP}
    path = f"/whep/{live}?source=camera"
    response = await app_client.post(path, data=offer("chromium_receive"), headers=headers)
    assert response.status == 201, await response.text()
    assert "a=sendonly" in await response.text()
    assert (await app_client.delete(response.headers["Location"], headers=observer)).status == 200
    refused = await app_client.post(path, data=offer("chromium_receive"), headers={**encoder, "Content-Type": SDP})
    assert await refusal(refused) == (403, "not_allowed")


async def test_a_page_offers_and_a_stale_revision_is_refused(app_client: Client, parts: Parts, live: str) -> None:
    lead = await token(parts, live, Role.LEAD_TEACHER)
    path = f"/api/v1/lessons/{live}/peers/send"
    body = {"direction": "send", "revision": 1, "sdp": offer("chromium_send"), "sources": {"0": "mic", "1": "camera"}}
    unknown = await app_client.put(path, json={**body, "revision": 2}, headers=lead)
    assert await refusal(unknown) == (404, "peer_unknown")
    assert (await good(await app_client.put(path, json=body, headers=lead)))["revision"] == 1
    body["revision"] = 2
    answer = await good(await app_client.put(path, json=body, headers=lead))
    assert answer["revision"] == 2
    assert "a=recvonly" in answer["sdp"]
    assert await good(await app_client.put(path, json=body, headers=lead)) == answer
    stale = await app_client.put(path, json={**body, "revision": 1}, headers=lead)
    assert await refusal(stale) == (409, "stale_revision")
    assert (await app_client.delete(path, headers=lead)).status == 204


async def test_malformed_offers_of_pages(app_client: Client, parts: Parts, live: str) -> None:
    lead = await token(parts, live, Role.LEAD_TEACHER)
    body = {"direction": "send", "revision": 1, "sdp": offer("chromium_send"), "sources": {"0": "mic"}}
    wrong: list[dict[str, Any]] = [
        {"direction": "both"},
        {"revision": 0},
        {"revision": "1"},
        {"sdp": ""},
        {"sources": {"0": "moon"}},
        {"more": 1},
    ]
    for change in wrong:
        response = await app_client.put(f"/api/v1/lessons/{live}/peers/send", json={**body, **change}, headers=lead)
        assert await refusal(response) == (400, "malformed")
    misnamed = await app_client.put(f"/api/v1/lessons/{live}/peers/a%20b", json=body, headers=lead)
    assert await refusal(misnamed) == (400, "malformed")


async def test_a_student_sends_nothing_before_being_on_stage(app_client: Client, parts: Parts, live: str) -> None:
    student = await token(parts, live, Role.STUDENT)
    path = f"/api/v1/lessons/{live}/peers/send"
    body = {"direction": "send", "revision": 1, "sdp": offer("chromium_send"), "sources": {"0": "mic", "1": "student"}}
    assert (await refusal(await app_client.put(path, json=body, headers=student)))[0] == 403


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_who_loses_the_account_loses_the_lesson(
    app_client: Client, parts: Parts, live: str, admin: Person, teacher: Person, method: str
) -> None:
    seat = await teacher.post("/api/v1/seats", {"lesson": live, "role": "lead_teacher"})
    given = await teacher.post(f"/api/v1/seats/{seat['seat']}/token")
    bearer = {"Authorization": f"Bearer {given['token']}"}
    path = f"/api/v1/lessons/{live}/peers/out"
    body = {"direction": "send", "revision": 1, "sdp": offer("chromium_send"), "sources": {"0": "mic", "1": "camera"}}
    await good(await app_client.put(path, json=body, headers=bearer))
    assert (await parts.live.media.counters())["peers"] == 1  # type: ignore[union-attr]
    changed = {"disabled": True} if method == "PATCH" else None
    await good(await admin.call(method, "/api/v1/accounts/li", changed))
    assert (await parts.live.media.counters())["peers"] == 0  # type: ignore[union-attr]
    again = await app_client.put(path, json={**body, "revision": 2}, headers=bearer)
    assert await refusal(again) == (401, "token_invalid")


class ByHttp:
    """What tests/unit/media/peers.py asks of a media service, asked of `/whip` and `/whep`."""

    def __init__(self, client: Client, url: str, headers: dict[str, str]) -> None:
        self._client, self._url, self._headers = client, url, headers

    async def answer(self, offer: Offer) -> Answer:
        headers = {**self._headers, "Content-Type": SDP}
        response = await self._client.post(self._url, data=offer.sdp, headers=headers)
        assert response.status == 201, await response.text()
        return Answer(await response.text())


@pytest.mark.parametrize(("source", "sound"), [("camera", "mic"), ("courseware", "courseware")])
async def test_what_is_published_by_whip_arrives_by_whep_untouched(
    app_client: Client, parts: Parts, live: str, encoder: dict[str, str], tmp_path: Path, source: str, sound: str
) -> None:
    small = clip.ensure(tmp_path, width=640, height=360, seconds=2, rate_bps=1_000_000)
    publisher = peers.Publisher(ByHttp(app_client, f"/whip/{live}?source={source}", encoder), "lead", Clip.load(small))
    observer = await token(parts, live, Role.OBSERVER)
    player = peers.Subscriber(ByHttp(app_client, f"/whep/{live}?source={source}", observer), "player")
    try:
        await publisher.start()
        await player.start()
        await peers.until(lambda: len(peers.payloads(player.got, 101)) > 100)
        await peers.until(lambda: len(peers.payloads(player.got, 96)) > 20)
        tracks = parts.live.media.tracks()  # type: ignore[union-attr]
        assert [one.source for one in tracks if one.kind == "audio"] == [sound]
        got, sent = (peers.payloads(packets, 101) for packets in (player.got, publisher.sent))
    finally:
        await player.close()
        await publisher.close()
    first = sent.index(got[0])
    assert hashed(got) == hashed(sent[first : first + len(got)])


async def test_a_source_may_be_published_small_as_well(
    app_client: Client, parts: Parts, live: str, encoder: dict[str, str], tmp_path: Path
) -> None:
    """Each player gets one of them, from its first packet to the last, and the sound with either."""
    loaded = Clip.load(clip.ensure(tmp_path, width=640, height=360, seconds=2, rate_bps=1_000_000))
    url = f"/whip/{live}?source=camera"
    publishers = [
        peers.Publisher(ByHttp(app_client, url, encoder), "large", loaded),
        peers.Publisher(ByHttp(app_client, f"{url}&layer=low", encoder), "small", replace(loaded, sounds=())),
    ]
    observer = await token(parts, live, Role.OBSERVER)
    players = [
        peers.Subscriber(ByHttp(app_client, f"/whep/{live}?source=camera{more}", observer), "player")
        for more in ("", "&layer=low")
    ]
    media = parts.live.media  # type: ignore[union-attr]
    try:
        for publisher in publishers:
            await publisher.start()
        await peers.until(lambda: len(media.tracks()) == 3)
        assert sorted((one.source, one.layer) for one in media.tracks()) == [
            ("camera", ""), ("camera", "low"), ("mic", ""),
        ]  # fmt: skip
        for player in players:
            await player.start()
        await peers.until(lambda: all(len(peers.payloads(one.got, 101)) > 100 for one in players))
        await peers.until(lambda: all(len(peers.payloads(one.got, 96)) > 20 for one in players))
        got = [[hashed([one]) for one in peers.payloads(player.got, 101)] for player in players]
    finally:
        for one in (*players, *publishers):
            await one.close()
    for player, publisher in zip(got, publishers, strict=True):
        sent = [hashed([one]) for one in peers.payloads(publisher.sent, 101)]
        assert player == sent[sent.index(player[0]) :][: len(player)]


@pytest.mark.parametrize("layer", ["", "high", "LOW", "low%00", "1"])
@pytest.mark.parametrize("kind", ["whip", "whep"])
async def test_there_is_no_layer_but_the_low_one(
    app_client: Client, parts: Parts, live: str, kind: str, layer: str
) -> None:
    role, sdp = (Role.ENCODER, "aiortc_send") if kind == "whip" else (Role.OBSERVER, "chromium_receive")
    headers = {**await token(parts, live, role), "Content-Type": SDP}
    path = f"/{kind}/{live}?source=camera&layer={layer}"
    assert await refusal(await app_client.post(path, data=offer(sdp), headers=headers)) == (400, "malformed")
    assert (await parts.live.media.counters())["peers"] == 0  # type: ignore[union-attr]


async def test_a_small_publication_is_of_pictures(app_client: Client, live: str, encoder: dict[str, str]) -> None:
    sound = offer("aiortc_send").split("m=video")[0].replace("BUNDLE 0 1", "BUNDLE 0")
    refused = await whip(app_client, live, encoder, sound, "?source=camera&layer=low")
    assert await refusal(refused) == (422, "picture_needed")
    response = await whip(app_client, live, encoder, offer("aiortc_send"), "?source=camera&layer=low")
    assert response.status == 201
    audio, video = (await response.text()).split("m=")[1:]
    assert audio.startswith("audio 0 ")
    assert "a=recvonly" in video
    for broken, expected in (("", "malformed"), ("hello", "malformed")):
        assert await refusal(await whip(app_client, live, encoder, broken, "?layer=low")) == (400, expected)


def hashed(payloads: list[bytes]) -> str:
    return hashlib.sha256(b"".join(len(one).to_bytes(4) + one for one in payloads)).hexdigest()
