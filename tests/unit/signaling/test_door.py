"""Stories of sockets: who is let in, who waits at the door, and who is sent away."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
import socketio

from classroom.errors import ClientFault
from classroom.events import Role
from classroom.reducer import EMPTY

NAMESPACE = "/lesson"


async def refusal_of(page: Any, **auth: Any) -> str:
    with pytest.raises(socketio.exceptions.ConnectionError):
        await page.connect(**auth)
    return str(page.refusal["data"]["code"])


async def test_who_may_not_in_is_told_why(live: Any) -> None:
    expired = live.page(Role.STUDENT, "kid")
    expired.token = live.token(live.claims(Role.STUDENT, "kid"), ttl_s=-1)
    assert await refusal_of(expired) == "token_expired"

    forged = live.page(Role.STUDENT, "kid")
    forged.token = forged.token[:-4] + "AAAA"
    assert await refusal_of(forged) == "token_invalid"

    nowhere = live.page(Role.STUDENT, "kid", lesson="nowhere")
    assert await refusal_of(nowhere) == "not_found"

    assert await refusal_of(live.page(Role.STUDENT, "kid"), more=1) == "malformed"
    assert await refusal_of(live.page(Role.STUDENT, "kid"), since=-1) == "malformed"
    assert "kid" not in (await live.journal.state(live.lesson))["participants"]


async def test_a_lesson_that_is_not_open_or_over_lets_no_student_in(world: Any) -> None:
    assert await refusal_of(world.page(Role.STUDENT, "kid")) == "lesson_not_open"
    teacher = await world.join(Role.LEAD_TEACHER)
    for kind in ("lesson.open", "lesson.start", "lesson.end"):
        assert (await teacher.ask(kind, {}))["ok"]
    assert await refusal_of(world.page(Role.STUDENT, "kid")) == "lesson_ended"


async def test_only_websocket_and_only_our_own_pages(live: Any) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.get(live.url + "socket.io/?EIO=4&transport=polling") as answer:
            assert answer.status == 400
        address = live.url.replace("http", "ws") + "socket.io/?EIO=4&transport=websocket"
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(address, headers={"Origin": "https://elsewhere.example"})
        assert refused.value.status == 400
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(address, headers={"Origin": "http://["})
        assert refused.value.status == 400
        own = live.url.rstrip("/").replace("http://", "https://")  # TLS ends in front of us
        async with http.ws_connect(address, headers={"Origin": own}) as socket:
            assert (await socket.receive_str())[0] == "0"


async def test_a_client_that_connects_all_the_time_is_slowed_down(live: Any) -> None:
    for _ in range(20):
        await (await live.join(Role.STUDENT, "kid")).close()
    assert await refusal_of(live.page(Role.STUDENT, "kid")) == "too_often"
    live.clock.move(2)
    await live.join(Role.STUDENT, "kid")


async def test_a_token_that_runs_out_ends_the_socket(live: Any) -> None:
    tablet = await live.join(Role.STUDENT, "kid")
    gone = asyncio.Event()
    tablet.sio.on("disconnect", lambda _: gone.set(), namespace=NAMESPACE)
    live.clock.move(3601)
    async with asyncio.timeout(10):
        await gone.wait()


@pytest.mark.parametrize("erased", [False, True])
async def test_a_token_is_worth_no_more_than_its_account(live: Any, erased: bool) -> None:
    account = await live.store.accounts.add("li", "Li Wen", "teacher", "x", 0)
    add = live.store.participants.add
    theirs = await add(live.lesson, Role.LEAD_TEACHER, "Li Wen", 0, account=account.id)
    other = await live.join(Role.STUDENT, (await add(live.lesson, Role.STUDENT, "Ming", 0)).id)
    claims = live.claims(Role.LEAD_TEACHER, theirs.id, name="Li Wen")
    page = live.page(Role.LEAD_TEACHER, theirs.id, name="Li Wen")
    gone = asyncio.Event()
    page.sio.on("disconnect", lambda _: gone.set(), namespace=NAMESPACE)
    await page.connect()
    await live.gateway.door.put_peer(claims, "out", "send", "offer", {"0": "camera"}, 1)

    participants = await live.store.participants.of_account(account.id)
    assert participants == {theirs.id}
    if erased:
        await live.journal.erase_account(account.id)
    else:
        await live.store.accounts.set_disabled(account.id, True)
    await live.gateway.revoke(participants)
    assert live.media.peers == set()
    async with asyncio.timeout(10):
        await gone.wait()
    assert other.sio.connected

    for again in (False, True):
        if again:
            await live.restart()
        assert await refusal_of(live.page(Role.LEAD_TEACHER, theirs.id, name="Li Wen")) == "token_invalid"
        with pytest.raises(ClientFault) as refused:
            await live.gateway.door.put_peer(claims, "out", "send", "offer", {"0": "camera"}, 1)
        assert (refused.value.code, refused.value.status) == ("token_invalid", 401)
    assert ("Li Wen" in (await live.journal.texts(live.lesson)).values()) is not erased


async def test_a_socket_that_never_says_who_it_is_is_closed(live: Any) -> None:
    address = live.url.replace("http", "ws") + "socket.io/?EIO=4&transport=websocket"
    async with aiohttp.ClientSession() as http, http.ws_connect(address) as socket:
        await socket.receive_str()
        await asyncio.sleep(1.2)
        live.clock.move(11)
        async with asyncio.timeout(10):
            while (message := await socket.receive()).type == aiohttp.WSMsgType.TEXT:
                assert message.data[0] in "126"
        assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)


@pytest.mark.usefixtures("snapshots_come")
async def test_who_waits_in_the_lobby_sees_nothing_until_let_in(world: Any) -> None:
    world.lesson = (await world.store.lessons.add("Fractions", 0, lobby=True)).id
    teacher = await world.join(Role.LEAD_TEACHER)
    await teacher.ask("lesson.open", {})
    await teacher.ask("lesson.start", {})
    tablet = await world.join(Role.STUDENT, "kid")
    assert tablet.signals("welcome")[0]["data"]["admitted"] is False
    assert tablet.snapshot["state"]["board"] == EMPTY["board"]
    await teacher.ask("chat.say", {"message": "m", "text": "a word among teachers"})
    await teacher.send("signal", {"kind": "cursor", "data": {"page": "1", "x": 1, "y": 2}})
    assert (await tablet.ask("hand.raise", {}))["error"]["code"] == "not_admitted"
    clap = {"kind": "reaction", "data": {"reaction": "clap"}}
    assert (await tablet.send("signal", clap))["error"]["code"] == "not_admitted"
    assert "a word among" not in tablet.bytes
    assert not tablet.signals("cursor")
    assert (await teacher.ask("participant.admit", {"participant": "kid"}))["ok"]
    await tablet.until(lambda: len([name for name, _ in tablet.got if name == "snapshot"]) == 2)
    assert tablet.got[-1][1]["state"]["board"]["shown"] == "1"
    assert (await tablet.ask("hand.raise", {}))["ok"]


async def test_who_is_not_let_in_is_told_and_may_ask_once_more(world: Any) -> None:
    world.lesson = (await world.store.lessons.add("Fractions", 0, lobby=True)).id
    teacher = await world.join(Role.LEAD_TEACHER)
    await teacher.ask("lesson.open", {})
    tablet, inside = await world.join(Role.STUDENT, "kid"), await world.join(Role.STUDENT, "inside")
    assert (await teacher.ask("participant.admit", {"participant": "inside"}))["ok"]
    for page, who in ((inside, "kid"), (tablet, "inside")):
        assert (await page.ask("participant.remove", {"participant": who}))["error"]["code"] == "not_allowed"
    assert (await teacher.ask("participant.remove", {"participant": "inside"}))["error"]["code"] == "not_found"
    assert (await teacher.ask("participant.remove", {"participant": "kid"}))["ok"]
    await tablet.until(lambda: tablet.events("participant.left"))
    await tablet.close()
    again = await world.join(Role.STUDENT, "kid")
    assert again.signals("welcome")[0]["data"]["admitted"] is False
    assert again.snapshot["state"]["participants"]["kid"]["present"], "it waits again, and nobody remembers"
    assert (await teacher.ask("lesson.end", {}))["ok"]
    await again.until(lambda: again.events("lesson.ended"))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Upgrade": "websocket"},
        {"Upgrade": "websocket", "Connection": "upgrade"},
        {"Upgrade": "websocket", "Connection": "upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "x"},
    ],
)
async def test_a_request_that_cannot_become_a_websocket_leaves_nothing(live: Any, headers: dict[str, str]) -> None:
    async with aiohttp.ClientSession() as http:
        for query in ("EIO=4&transport=websocket", "EIO=x", ""):
            async with http.get(f"{live.url}socket.io/?{query}", headers=headers) as answer:
                assert answer.status == 400
    assert not live.gateway._sio.eio.sockets


async def test_who_is_let_in_while_the_line_is_gone_gets_all_that_was_before(world: Any) -> None:
    world.lesson = (await world.store.lessons.add("Fractions", 0, lobby=True)).id
    teacher = await world.join(Role.LEAD_TEACHER)
    await teacher.ask("lesson.open", {})
    await teacher.ask("page.add", {"page": "two"})
    await teacher.ask("lesson.start", {})
    tablet = await world.join(Role.STUDENT, "kid")
    await teacher.ask("participant.admit", {"participant": "kid"})
    await tablet.until(lambda: len([name for name, _ in tablet.got if name == "snapshot"]) == 2)
    assert not tablet.events("participant.admitted"), "it is in the snapshot: who has the one has the other"
    again = world.page(Role.STUDENT, "kid")
    await again.connect(since=tablet.snapshot["seq"])
    assert [page["id"] for page in again.snapshot["state"]["board"]["pages"]] == ["1", "two"]


async def test_who_is_not_in_step_yet_says_nothing_to_others(live: Any) -> None:
    watcher, desk = await live.join(Role.LOCAL_TEACHER), live.gateway._desk
    await desk.enter("early", {"token": live.token(live.claims(Role.STUDENT, "kid"))})
    clap = {"kind": "reaction", "data": {"reaction": "clap"}}
    for ready in (False, True):
        assert (await desk.signal("early", clap))["error"]["code"] == "not_connected"
        if not ready:
            desk.sessions.catch_up("early")
    desk.sessions.settle("early", admitted=True)
    assert (await desk.signal("early", clap))["ok"]
    await watcher.until(lambda: watcher.signals("reaction"))
    desk.closed("early")
