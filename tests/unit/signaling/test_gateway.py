"""Stories of sockets: letting in, commands, resuming, bad input."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
import socketio

from classroom.errors import ClientFault
from classroom.events import Role
from signaling.limits import COMMANDS, MAX_MESSAGE, STUDENT_COMMANDS
from signaling.sessions import GRACE_S

NAMESPACE = "/lesson"


async def test_a_teacher_connects_and_is_told_where_it_is(live: Any) -> None:
    live.clock.move(5)
    page = await live.join(Role.LEAD_TEACHER)
    name, welcome = page.got[0]
    assert (name, welcome["kind"]) == ("signal", "welcome")
    data = welcome["data"]
    assert data["participant"] == "lead_teacher"
    assert (data["role"], data["room"], data["lesson"]) == ("lead_teacher", None, live.lesson)
    assert (data["at"], data["running"], data["admitted"]) == (5000, True, True)
    assert data["media"] == {"ports": [7100]}
    assert data["ice_servers"] == [{"urls": ["turn:relay.example"], "username": "lead_teacher at 0"}]
    snapshot = page.snapshot
    assert snapshot["state"]["phase"] == "live"
    assert snapshot["state"]["participants"]["lead_teacher"]["present"]
    assert snapshot["seq"] == snapshot["state"]["seq"]


async def test_a_command_is_acknowledged_with_its_seq_and_seen_by_all(live: Any) -> None:
    teacher, tablet = await live.join(Role.LEAD_TEACHER), await live.join(Role.STUDENT, "kid")
    ack = await teacher.ask("page.add", {"page": "two"})
    assert ack["ok"]
    event = await tablet.until(lambda: tablet.events("page.added"))
    assert event[0]["seq"] == ack["seq"]
    assert event[0]["cause"] is None
    await teacher.until(lambda: teacher.events("page.added"))
    assert teacher.events("page.added")[0]["cause"] is not None


async def test_the_same_command_again_gets_the_same_answer_and_happens_once(live: Any) -> None:
    teacher = await live.join(Role.LEAD_TEACHER)
    id_ = str(uuid4())
    first = await teacher.ask("page.add", {"page": "two"}, id_)
    again = await teacher.ask("page.add", {"page": "two"}, id_)
    assert first == again
    assert [e.kind for e in await live.events()].count("page.added") == 2  # "1" came with lesson.opened


async def test_a_refused_command_says_why_and_leaves_nothing(live: Any) -> None:
    tablet = await live.join(Role.STUDENT, "kid")
    before = len(await live.events())
    for kind, data, code in [
        ("page.add", {"page": "x"}, "not_allowed"),
        ("participant.join", {"name": "x"}, "unknown_kind"),
        ("participant.leave", {}, "unknown_kind"),
        ("no.such", {}, "unknown_kind"),
        ("hand.raise", {"more": 1}, "malformed"),
        ("data.save", {"on": True}, "not_allowed"),
        ("activity.answer", {"activity": "x", "choice": 0}, "not_found"),
    ]:
        ack = await tablet.ask(kind, data)
        assert ack["ok"] is False, kind
        assert ack["error"]["code"] == code, kind
        assert ack["error"]["message"]
    assert len(await live.events()) == before


@pytest.mark.parametrize(
    "message",
    [
        None,
        1,
        "x",
        [],
        {},
        {"id": "1", "kind": "hand.raise", "data": {}},
        {"id": "A" * 36, "kind": "hand.raise", "data": {}},
        {"id": str(uuid4()), "kind": "hand.raise"},
        {"id": str(uuid4()), "kind": "hand.raise", "data": []},
        {"id": str(uuid4()), "kind": 7, "data": {}},
        {"id": str(uuid4()), "kind": "hand.raise", "data": {}, "participant": "other"},
        {"id": str(uuid4()), "kind": "hand.raise", "data": {"\ud800": "\ud800"}},
    ],
)
async def test_a_malformed_command_is_refused_and_the_session_stays(live: Any, message: Any) -> None:
    tablet = await live.join(Role.STUDENT, "kid")
    ack = await tablet.send("command", message)
    assert ack["error"]["code"] == "malformed"
    assert (await tablet.ask("hand.raise", {}))["ok"]


async def test_a_message_that_is_too_large_is_answered_and_the_session_stays(live: Any) -> None:
    teacher = await live.join(Role.LEAD_TEACHER)
    for size in (MAX_MESSAGE, 256 * 1024):
        assert (await teacher.ask("chat.say", {"message": "m", "text": "x" * size}))["error"]["code"] == "too_large"
    assert (await teacher.ask("page.add", {"page": "two"}))["ok"]


async def test_frames_that_are_no_packets_leave_the_session_as_it_was(live: Any) -> None:
    token = live.token(live.claims(Role.STUDENT, "kid"))
    address = live.url.replace("http", "ws") + "socket.io/?EIO=4&transport=websocket"
    async with aiohttp.ClientSession() as http, http.ws_connect(address) as socket:
        assert (await socket.receive_str())[0] == "0"
        await socket.send_str("40/lesson," + json.dumps({"token": token}))
        assert (await socket.receive_str()).startswith("40/lesson,")
        junk = ["", "9", "x", "2probe", "0{}", "6", "b" * 100, "4", "4{}", "4[[", "4" + "[" * 50_000, "3[[[", "5"]
        junk += ["42", "42[]", "42/lesson,", "42/lesson,[]", "42/lesson,[1]", '42/lesson,["connect",{},{}]', "45-1x"]
        junk += ['42/lesson,["disconnect"]', '42/other,["command",{}]', '42["command",{}]', "43/lesson,1[]", "44", "46"]
        junk += [
            "42/lesson," + "[" * 50_000,
            '42/lesson,["command",NaN]',
            '42/lesson,["command",1,2]',
            "4²",
            "41/other",
        ]
        junk += ['42/lesson,["command",' + "9" * 5000 + "]", '451-/lesson,["command",{"_placeholder":true,"num":0}]']
        for text in junk:
            await socket.send_str(text)
        await socket.send_bytes(b"\x00\xff")
        await socket.send_bytes(b"")
        await socket.send_str('42/lesson,7["foo",1]')
        await socket.send_str(f'42/lesson,8["command",{{"id":"{uuid4()}","kind":"hand.raise","data":{{}}}}]')
        answers: dict[str, Any] = {}
        async with asyncio.timeout(10):
            while len(answers) < 2:
                text = await socket.receive_str()
                if text.startswith("43/lesson,"):
                    answers[text[10]] = json.loads(text[11:])[0]
        assert answers["7"]["error"]["code"] == "malformed"
        assert answers["8"]["ok"] is True


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


async def test_a_client_that_was_away_gets_what_it_missed(live: Any) -> None:
    teacher, tablet = await live.join(Role.LEAD_TEACHER), await live.join(Role.STUDENT, "kid")
    since = tablet.snapshot["seq"]
    await tablet.close()
    await teacher.ask("page.add", {"page": "two"})
    await teacher.ask("page.show", {"page": "two"})
    back = await live.page(Role.STUDENT, "kid").connect(since=since)
    assert [event["kind"] for event in back.events()] == ["page.added", "page.shown"]
    assert not any(name == "snapshot" for name, _ in back.got)


async def test_a_client_that_missed_more_than_a_snapshot_weighs_gets_the_snapshot(live: Any) -> None:
    teacher, tablet = await live.join(Role.LEAD_TEACHER), await live.join(Role.STUDENT, "kid")
    since = tablet.snapshot["seq"]
    await tablet.close()
    for number in range(110):
        await live.do(live.claims(Role.LEAD_TEACHER).seat, "chat.say", {"message": f"m{number}", "text": "x" * 1000})
        await live.do(live.claims(Role.LEAD_TEACHER).seat, "page.show", {"page": "1"})
        await live.do(live.claims(Role.STUDENT, "kid").seat, "hand.raise", {})
        await live.do(live.claims(Role.STUDENT, "kid").seat, "hand.lower", {})
    back = await live.page(Role.STUDENT, "kid").connect(since=since)
    assert back.snapshot["seq"] == (await live.journal.state(live.lesson))["seq"]
    assert not back.events()
    del teacher


async def test_a_seq_from_another_journal_gets_a_snapshot(live: Any) -> None:
    page = await live.page(Role.DISPLAY, room="r").connect(since=10_000)
    assert page.snapshot["state"]["phase"] == "live"


async def test_nothing_is_lost_between_the_snapshot_and_the_first_live_event(live: Any) -> None:
    teacher = await live.join(Role.LEAD_TEACHER)
    page = live.page(Role.DISPLAY, room="r")

    async def write() -> None:
        for number in range(40):
            assert (await teacher.ask("page.add", {"page": f"p{number}"}))["ok"]

    writing = asyncio.create_task(write())
    await page.connect()
    await writing
    await page.until(lambda: any(e["data"]["page"] == "p39" for e in page.events("page.added")))
    seen = [one["id"] for one in page.snapshot["state"]["board"]["pages"]]
    seen += [event["data"]["page"] for event in page.events("page.added")]
    assert seen == ["1", *(f"p{number}" for number in range(40))]


@pytest.mark.parametrize(("call", "before"), [("texts", ["1", "meanwhile"]), ("state", ["1"])])
async def test_what_happens_while_a_client_is_caught_up_comes_once(live: Any, call: str, before: list[str]) -> None:
    """The same, with an event committed just before, or just after, the snapshot is taken."""
    teacher = await live.join(Role.LEAD_TEACHER)
    page = live.page(Role.DISPLAY, room="r")
    real = getattr(live.journal, call)
    started = False

    async def interrupted(lesson: str) -> Any:
        nonlocal started
        taken = await real(lesson)
        task = asyncio.current_task()
        if not started and task and "begin" in task.get_coro().__qualname__:  # not the conductor, who looks as well
            started = True
            await teacher.ask("page.add", {"page": "meanwhile"})
        return taken

    setattr(live.journal, call, interrupted)
    await page.connect()
    await teacher.ask("page.add", {"page": "after"})
    await page.until(lambda: any(event["data"]["page"] == "after" for event in page.events("page.added")))
    assert started
    assert [one["id"] for one in page.snapshot["state"]["board"]["pages"]] == before
    added = [event["data"]["page"] for event in page.events("page.added")]
    assert [*before, *added] == ["1", "meanwhile", "after"]


async def test_a_client_that_connects_all_the_time_is_slowed_down(live: Any) -> None:
    for _ in range(20):
        await (await live.join(Role.STUDENT, "kid")).close()
    assert await refusal_of(live.page(Role.STUDENT, "kid")) == "too_often"
    live.clock.move(2)
    await live.join(Role.STUDENT, "kid")


async def test_joining_is_idempotent_and_leaving_waits_for_the_grace(live: Any) -> None:
    first, second = await live.join(Role.STUDENT, "kid"), await live.join(Role.STUDENT, "kid")
    await first.close()
    live.clock.move(GRACE_S + 1)
    await asyncio.sleep(1.2)
    kinds = [event.kind for event in await live.events()]
    assert (kinds.count("participant.joined"), kinds.count("participant.left")) == (1, 0)

    teacher = await live.join(Role.LEAD_TEACHER)
    await second.close()
    await asyncio.sleep(1.2)
    assert "participant.left" not in [event.kind for event in await live.events()]
    live.clock.move(GRACE_S + 1)
    await teacher.until(lambda: teacher.events("participant.left"))
    assert teacher.events("participant.left")[0]["data"]["participant"] == "kid"


async def test_who_could_not_leave_for_a_fault_of_ours_leaves_later(live: Any) -> None:
    teacher, tablet = await live.join(Role.LEAD_TEACHER), await live.join(Role.STUDENT, "kid")
    leave, failed = live.gateway.door.left, asyncio.Event()

    async def failing(_: Any) -> None:
        live.gateway._desk.guests.left = leave
        failed.set()
        raise RuntimeError("once")

    live.gateway._desk.guests.left = failing
    await tablet.close()
    await asyncio.sleep(0.1)
    live.clock.move(GRACE_S + 1)
    async with asyncio.timeout(10):
        await failed.wait()
    await asyncio.sleep(0.1)
    live.clock.move(GRACE_S + 1)
    await teacher.until(lambda: teacher.events("participant.left"))


@pytest.mark.parametrize(("role", "rate"), [(Role.STUDENT, STUDENT_COMMANDS), (Role.LOCAL_TEACHER, COMMANDS)])
async def test_too_many_commands_are_refused_until_there_is_time_again(live: Any, role: Role, rate: Any) -> None:
    page = await live.join(role, "one")
    codes = [(await page.ask("no.such", {}))["error"]["code"] for _ in range(int(rate.burst) + 1)]
    assert codes[-1] == "too_often"
    assert "too_often" not in codes[:-1]
    live.clock.move(1)
    assert (await page.ask("hand.raise", {}))["ok"]


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


async def test_a_socket_hears_something_all_the_time(live: Any) -> None:
    page = await live.join(Role.STUDENT, "kid")
    beats: list[float] = []
    loop = asyncio.get_running_loop()
    receive = page.sio.eio._receive_packet

    async def heard(packet: Any) -> None:
        beats.append(loop.time())
        await receive(packet)

    page.sio.eio._receive_packet = heard
    await asyncio.sleep(4)
    assert len(beats) >= 3


async def test_who_waits_in_the_lobby_sees_nothing_until_let_in(world: Any) -> None:
    world.lesson = (await world.store.lessons.add("Fractions", 0, lobby=True)).id
    teacher = await world.join(Role.LEAD_TEACHER)
    await teacher.ask("lesson.open", {})
    await teacher.ask("lesson.start", {})
    tablet = await world.join(Role.STUDENT, "kid")
    assert tablet.signals("welcome")[0]["data"]["admitted"] is False
    assert tablet.snapshot["state"]["board"] == {"pages": [], "shown": None}
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


async def test_signals_go_to_whom_they_may_and_are_not_stored(live: Any) -> None:
    teacher, tablet = await live.join(Role.LEAD_TEACHER), await live.join(Role.STUDENT, "kid")
    before = len(await live.events())
    data = {"page": "1", "x": 10, "y": 20.5}
    assert (await teacher.send("signal", {"kind": "cursor", "data": data}))["ok"]
    await tablet.until(lambda: tablet.signals("cursor"))
    assert tablet.signals("cursor") == [{"kind": "cursor", "data": data, "from": "lead_teacher"}]
    assert not teacher.signals("cursor")
    for kind, code in [
        ("cursor", "not_allowed"),
        ("ink", "not_allowed"),
        ("tally", "unknown_kind"),
        ("x", "unknown_kind"),
    ]:
        assert (await tablet.send("signal", {"kind": kind, "data": {}}))["error"]["code"] == code
    for wrong in ({}, {"page": "1", "x": "1", "y": 0}, {"page": "1", "x": 9999, "y": 0}, {**data, "more": 1}):
        assert (await teacher.send("signal", {"kind": "cursor", "data": wrong}))["error"]["code"] == "malformed"
    assert len(await live.events()) == before


async def test_a_display_and_tablets_get_a_tally_without_choices(live: Any) -> None:
    teacher, display = await live.join(Role.LEAD_TEACHER), await live.join(Role.DISPLAY, room="r")
    kids = [await live.join(Role.STUDENT, f"kid{number}") for number in range(3)]
    question = {"activity": "a", "type": "choice", "prompt": "2+2?", "options": ["3", "4"], "answer": 1}
    await teacher.ask("activity.open", question)
    for kid in kids[:2]:
        assert (await kid.ask("activity.answer", {"activity": "a", "choice": 1}))["ok"]
    tally = {"kind": "tally", "data": {"activity": "a", "answered": 2, "of": 3}}
    for page in (display, kids[2]):
        await page.until(lambda page=page: tally in page.signals("tally"))


async def test_nothing_secret_reaches_who_may_not_know_it(live: Any) -> None:
    teacher, display = await live.join(Role.LEAD_TEACHER), await live.join(Role.DISPLAY, room="r")
    one, two = await live.join(Role.STUDENT, "kid-one"), await live.join(Role.STUDENT, "kid-two")
    question = {"activity": "a", "type": "choice", "prompt": "2+2?", "options": ["3", "4"], "answer": 1}
    await teacher.ask("activity.open", question)
    await one.ask("activity.answer", {"activity": "a", "choice": 0})
    await one.ask("hand.raise", {})
    late = await live.join(Role.STUDENT, "kid-late")
    screen = await live.join(Role.DISPLAY, "screen-late", room="r2")
    await teacher.ask("chat.say", {"message": "m", "text": "done"})
    for page in (display, two, late, screen):
        await page.until(lambda page=page: page.events("chat.said"))
        assert '"answer"' not in page.bytes
        assert '"choice": 0' not in page.bytes
        assert '"answers": {"' not in page.bytes
    for page in (two, late):
        assert "kid-one" not in page.bytes
    assert '"choice": 0' in one.bytes
    assert '"choice": 0' in teacher.bytes


async def test_after_a_restart_who_does_not_come_back_leaves(live: Any) -> None:
    """The journal has `ghost` as present; this server never saw it."""
    await live.do(live.claims(Role.STUDENT, "ghost").seat, "participant.join", {"name": "Ghost"})
    teacher = await live.join(Role.LEAD_TEACHER)
    assert teacher.snapshot["state"]["participants"]["ghost"]["present"]
    live.clock.move(GRACE_S + 1)
    await teacher.until(lambda: teacher.events("participant.left"))


async def test_a_socket_is_one_session_however_often_it_says_who_it_is(live: Any) -> None:
    address = live.url.replace("http", "ws") + "socket.io/?EIO=4&transport=websocket"
    teacher = await live.join(Role.LEAD_TEACHER)
    async with aiohttp.ClientSession() as http, http.ws_connect(address) as socket:
        await socket.receive_str()
        for name in ("kid", "kid", "other"):
            token = live.token(live.claims(Role.STUDENT, name))
            await socket.send_str("40/lesson," + json.dumps({"token": token}))
        await asyncio.sleep(0.3)
        await socket.send_str(f'42/lesson,8["command",{{"id":"{uuid4()}","kind":"hand.raise","data":{{}}}}]')
        async with asyncio.timeout(10):
            while not (await socket.receive_str()).startswith("43/lesson,8"):
                pass
    sessions = live.gateway._desk.sessions
    async with asyncio.timeout(10):
        while len(sessions) > 1:
            await asyncio.sleep(0.02)
    live.clock.move(GRACE_S + 1)
    await teacher.until(lambda: {e["data"]["participant"] for e in teacher.events("participant.left")} >= {"kid"})
    people = (await live.journal.state(live.lesson))["participants"]
    assert [name for name, entry in people.items() if entry["present"]] == ["lead_teacher"]


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
