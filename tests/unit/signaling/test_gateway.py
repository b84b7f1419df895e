"""Stories of sockets: commands, signals, and who is sent what."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from classroom.events import Role
from classroom.rules import SYSTEM
from signaling import relay
from signaling.limits import COMMANDS, MAX_MESSAGE, STUDENT_COMMANDS
from signaling.protocol import NAMESPACE, Media


@pytest.mark.usefixtures("snapshots_come")
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


@pytest.mark.parametrize(("role", "rate"), [(Role.STUDENT, STUDENT_COMMANDS), (Role.LOCAL_TEACHER, COMMANDS)])
async def test_too_many_commands_are_refused_until_there_is_time_again(live: Any, role: Role, rate: Any) -> None:
    page = await live.join(role, "one")
    codes = [(await page.ask("no.such", {}))["error"]["code"] for _ in range(int(rate.burst) + 1)]
    assert codes[-1] == "too_often"
    assert "too_often" not in codes[:-1]
    live.clock.move(1)
    assert (await page.ask("hand.raise", {}))["ok"]


async def test_who_writes_without_end_is_slowed_down_and_who_writes_fast_is_not(live: Any) -> None:
    for role in (Role.LEAD_TEACHER, Role.STUDENT, Role.DISPLAY):
        page = await live.join(role, str(role))
        await live.do(SYSTEM, "pen.give", {"everyone": True})
        look = {"page": "1", "tool": "pen", "color": "#000000", "width": 2}

        async def draw(name: str, points: int, page: Any = page, look: Any = look) -> str:
            data = {**look, "stroke": name, "began": 0, "points": [1, 1, 0.5, 0] * points}
            answer = await page.ask("stroke.add", data)
            return "ok" if answer["ok"] else str(answer["error"]["code"])

        for second in range(25):  # without refilling there were enough for twenty
            for n in range(8):
                assert await draw(f"{role}-{second}-{n}", 30) == "ok", (role, second)
            live.clock.move(1)
        endless = {await draw(f"{role}-{n}", 2000) for n in range(8)}
        assert endless == ({"ok"} if role == Role.LEAD_TEACHER else {"ok", "too_often"})
        live.clock.move(20)
        assert (await page.ask("no.such", {}))["error"]["code"] == "unknown_kind", "strokes take nothing from the rest"

        async def tell(points: int, page: Any = page, look: Any = look) -> str:
            data = {**look, "stroke": "s", "points": [1, 1, 0.5, 0] * points}
            answer = await page.send("signal", {"kind": "ink", "data": data})
            return "ok" if answer["ok"] else str(answer["error"]["code"])

        for _ in range(25):
            for _ in range(30):
                assert await tell(16) == "ok"
            live.clock.move(1)
        told = []
        for _ in range(4):
            told += [await tell(100) for _ in range(60)]
            live.clock.move(1)
        assert set(told) == ({"ok"} if role == Role.LEAD_TEACHER else {"ok", "too_often"})


async def test_signals_go_to_whom_they_may_and_are_not_stored(live: Any) -> None:
    teacher, tablet = await live.join(Role.LEAD_TEACHER), await live.join(Role.STUDENT, "kid")
    before = len(await live.events())
    data = {"page": "1", "x": 10, "y": 20.5}
    assert (await teacher.send("signal", {"kind": "cursor", "data": data}))["ok"]
    await tablet.until(lambda: tablet.signals("cursor"))
    assert tablet.signals("cursor") == [{"kind": "cursor", "data": data, "from": "lead_teacher"}]
    assert not teacher.signals("cursor")
    view = {"page": "1", "x": 0, "y": 0, "width": 800}
    for kind, asked, code in [
        ("cursor", data, "no_pen"),
        ("view", view, "not_allowed"),
        ("tally", {}, "unknown_kind"),
        ("x", {}, "unknown_kind"),
    ]:
        assert (await tablet.send("signal", {"kind": kind, "data": asked}))["error"]["code"] == code
    for wrong in ({}, {"page": "1", "x": "1", "y": 0}, {"page": "1", "x": 9999, "y": 0}, {**data, "more": 1}):
        assert (await teacher.send("signal", {"kind": "cursor", "data": wrong}))["error"]["code"] == "malformed"
    assert len(await live.events()) == before

    local = await live.join(Role.LOCAL_TEACHER, "local", room="r")
    assert (await local.send("signal", {"kind": "view", "data": view}))["error"]["code"] == "not_allowed"
    assert (await teacher.send("signal", {"kind": "view", "data": view}))["ok"]
    assert (await teacher.ask("pen.give", {"participants": ["kid"]}))["ok"]
    assert (await tablet.send("signal", {"kind": "cursor", "data": data}))["ok"]
    await teacher.until(lambda: teacher.signals("cursor"))
    assert (await teacher.ask("pen.take", {"everyone": True}))["ok"]
    assert (await tablet.send("signal", {"kind": "cursor", "data": data}))["error"]["code"] == "no_pen"


async def test_signals_of_which_no_answer_is_asked_go_the_short_way(live: Any) -> None:
    teacher, tablet = await live.join(Role.LEAD_TEACHER), await live.join(Role.STUDENT, "kid")

    async def emit(page: Any, message: Any) -> None:
        await page.sio.emit("signal", message, namespace=NAMESPACE)

    good = {"kind": "cursor", "data": {"page": "1", "x": 10, "y": 20.5}}
    await emit(tablet, good)  # has no pen
    for wrong in (None, {}, {"kind": "cursor", "data": {"page": "1", "x": "1", "y": 0}}, {"kind": "x", "data": {}}):
        await emit(teacher, wrong)
    await emit(teacher, good)
    await tablet.until(lambda: tablet.signals("cursor"))
    assert tablet.signals("cursor") == [{**good, "from": "lead_teacher"}]
    assert (await tablet.ask("hand.raise", {}))["ok"]
    assert not teacher.signals("cursor")


async def test_who_writes_before_many_is_told_how_often_to_tell_of_it(live: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(relay, "A_VIEWER_S", 0.02)
    teacher, tablet = await live.join(Role.LEAD_TEACHER), await live.join(Role.STUDENT, "kid")
    look = {"page": "1", "tool": "pen", "color": "#000000", "width": 2, "stroke": "s"}

    async def write() -> None:
        for _ in range(3):
            assert (await teacher.send("signal", {"kind": "ink", "data": {**look, "points": [1, 1, 0.5, 0]}}))["ok"]

    await write()
    await teacher.until(lambda: teacher.signals("pace"))
    assert teacher.signals("pace") == [{"kind": "pace", "data": {"ms": 40}}]
    live.clock.move(relay.PACE_S)
    await write()
    await teacher.until(lambda: len(teacher.signals("pace")) == 2)
    assert not tablet.signals("pace")


async def test_a_display_and_tablets_get_a_tally_without_choices(live: Any) -> None:
    teacher, display = await live.join(Role.LEAD_TEACHER), await live.join(Role.DISPLAY, room="r")
    kids = [await live.join(Role.STUDENT, f"kid{number}") for number in range(3)]
    question = {"activity": "a", "type": "choice", "prompt": "2+2?", "options": ["3", "4"], "answer": 1}
    await teacher.ask("activity.open", question)
    for kid in kids[:2]:
        assert (await kid.ask("activity.answer", {"activity": "a", "choice": 1}))["ok"]
    tally = {"kind": "tally", "data": {"activity": "a", "answered": 2, "of": 3, "held": []}}
    for page in (display, kids[2]):
        await page.until(lambda page=page: tally in page.signals("tally"))


@pytest.mark.usefixtures("snapshots_come")
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


STROKE = {"tool": "pen", "color": "#000000", "width": 2, "began": 0, "points": [1, 1, 0.5, 0, 9, 9, 0.5, 8]}


async def test_what_one_writes_on_a_page_of_ones_own_reaches_its_owner_and_the_teachers(live: Any) -> None:
    lead, local = await live.join(Role.LEAD_TEACHER), await live.join(Role.LOCAL_TEACHER, room="r1")
    far, observer = await live.join(Role.LOCAL_TEACHER, "far", room="r2"), await live.join(Role.OBSERVER)
    anna, other_tablet = [await live.join(Role.STUDENT, "anna", room="r1") for _ in range(2)]
    ben, display = await live.join(Role.STUDENT, "ben", room="r1"), await live.join(Role.DISPLAY, room="r1")
    await live.do(SYSTEM, "handout.give", {"handout": "h", "page": "1", "to": "students"})
    ink = {"stroke": "s", "page": "h-anna", "color": "#000000", "width": 2, "points": [1, 1, 0.5, 0]}
    assert (await anna.send("signal", {"kind": "ink", "data": ink}))["ok"]
    assert (await ben.send("signal", {"kind": "ink", "data": ink}))["error"]["code"] == "not_yours"
    assert (await anna.ask("stroke.add", {**STROKE, "stroke": "s", "page": "h-anna"}))["ok"]
    assert (await ben.ask("stroke.add", {**STROKE, "stroke": "t", "page": "h-anna"}))["error"]["code"] == "not_yours"
    assert (await lead.send("signal", {"kind": "ink", "data": {**ink, "stroke": "mark"}}))["ok"]
    await live.do(SYSTEM, "handout.give", {"handout": "r", "page": "1", "to": "rooms"})
    assert (await display.send("signal", {"kind": "ink", "data": {**ink, "stroke": "room", "page": "r-r1"}}))["ok"]
    await live.do(SYSTEM, "timer.start", {"seconds": 9})
    for page in (lead, local, far, observer, anna, other_tablet, ben, display):
        await page.until(lambda page=page: page.events("timer.started"))
        told = [signal["data"]["stroke"] for signal in page.signals("ink")]
        written = [event["data"]["board"] for event in page.events("stroke.added")]
        mine = page in (lead, local, anna, other_tablet)
        assert written == (["anna"] if mine else [])
        own = {lead: ["s"], anna: ["mark"], local: ["s", "mark"], other_tablet: ["s", "mark"]}
        assert told == [*own.get(page, []), *(["room"] if page not in (display, far, observer) else [])]
    await live.do(SYSTEM, "lead.give", {"participant": "far"})
    assert (await anna.send("signal", {"kind": "ink", "data": {**ink, "stroke": "later"}}))["ok"]
    await live.do(SYSTEM, "timer.stop", {})
    for page in (lead, local, far, observer):
        await page.until(lambda page=page: page.events("timer.stopped"))
        told = [signal["data"]["stroke"] for signal in page.signals("ink")]
        assert ("later" in told) == (page in (local, far)), "who leads now sees all that grows"


async def test_what_grows_on_a_groups_page_is_seen_by_the_teachers_of_its_members_once(live: Any) -> None:
    near, far = [await live.join(Role.LOCAL_TEACHER, room, room=room) for room in ("r1", "r2")]
    anna, ben = [await live.join(Role.STUDENT, name, room=room) for name, room in (("anna", "r1"), ("ben", "r3"))]
    await live.do(SYSTEM, "lead.give", {"participant": "r1"})
    await live.do(SYSTEM, "handout.give", {"handout": "h", "page": "1", "to": "groups"})
    await live.do(SYSTEM, "groups.form", {"groups": [{"group": "red", "participants": ["anna", "ben"]}]})
    ink = {"stroke": "s", "page": "h-red", "color": "#000000", "width": 2, "points": [1, 1, 0.5, 0]}
    assert (await anna.send("signal", {"kind": "ink", "data": ink}))["ok"]
    await live.do(SYSTEM, "timer.start", {"seconds": 9})
    for page, told in ((near, 1), (far, 0), (anna, 0), (ben, 1)):
        await page.until(lambda page=page: page.events("timer.started"))
        assert len(page.signals("ink")) == told


async def test_a_teacher_is_shown_what_all_have_written_while_it_leads(live: Any) -> None:
    lead, near = await live.join(Role.LEAD_TEACHER, "lead"), await live.join(Role.LOCAL_TEACHER, "near", room="r1")
    for name, room in (("anna", "r1"), ("ben", "r2")):
        await live.join(Role.STUDENT, name, room=room)
    await live.do(SYSTEM, "handout.give", {"handout": "h", "page": "1", "to": "students"})
    for name in ("anna", "ben"):
        await live.do(SYSTEM, "stroke.add", {**STROKE, "stroke": name, "page": f"h-{name}"})
    await near.until(lambda: near.events("stroke.added"))
    for giver, heir, told, boards in ((lead, "near", 2, {"anna", "ben"}), (near, "lead", 3, {"anna"})):
        assert (await giver.ask("lead.give", {"participant": heir}))["ok"]
        await near.until(lambda told=told: len(near.signals("welcome")) == told)
        shown = await near.until(lambda told=told: [data for name, data in near.got if name == "snapshot"][told - 1 :])
        assert shown[0]["state"]["boards"].keys() == boards
    assert [event["data"]["board"] for event in near.events("stroke.added")] == ["anna"]
    assert len(lead.signals("welcome")) == 1, "who sees all anyway is not told anew"


async def test_who_catches_up_again_is_told_meanwhile_what_nobody_says_twice(live: Any, monkeypatch: Any) -> None:
    """By `say`, to whole roles, and by `tell`, to one; but nobody before the first welcome."""
    anna = await live.join(Role.STUDENT, "anna")
    await live.do(SYSTEM, "handout.give", {"handout": "h", "page": "1", "to": "groups"})
    await live.do(SYSTEM, "groups.open", {"groups": [{"group": "red"}]})
    await live.do(SYSTEM, "stroke.add", {**STROKE, "stroke": "s", "page": "h-red"})
    real, asked, goes_on = live.journal.texts, asyncio.Event(), asyncio.Event()

    async def slow(lesson: str) -> Any:
        asked.set()
        await goes_on.wait()
        return await real(lesson)

    monkeypatch.setattr(live.journal, "texts", slow)
    await live.do(SYSTEM, "group.move", {"participant": "anna", "group": "red"})
    await asked.wait()
    late = live.page(Role.STUDENT, "late")
    coming = asyncio.create_task(late.connect())
    while not late.sio.connected:
        await asyncio.sleep(0.01)
    gone = Media(peer=None, state="gone", reason="moved")
    live.gateway._desk.say(live.lesson, "media", gone, [Role.STUDENT])
    for name in ("anna", "late"):
        live.gateway._desk.tell(name, "media", gone)
    await anna.until(lambda: len(anna.signals("media")) == 2)
    assert len(anna.signals("welcome")) == 1
    goes_on.set()
    await coming
    await anna.until(lambda: len(anna.signals("welcome")) == 2)
    assert late.signals("media") == []


@pytest.mark.parametrize("lobby", [False, True])
async def test_who_cannot_be_brought_into_step_is_disconnected_and_can_come_back(
    world: Any, monkeypatch: Any, lobby: bool
) -> None:
    """Rather than hearing nothing for ever."""
    world.lesson = (await world.store.lessons.add("Fractions", 0, lobby=lobby)).id
    for kind in ("lesson.open", "lesson.start"):
        await world.do(SYSTEM, kind, {})
    anna = await world.join(Role.STUDENT, "anna")
    await world.do(SYSTEM, "handout.give", {"handout": "h", "page": "1", "to": "groups"})
    await world.do(SYSTEM, "groups.open", {"groups": [{"group": "red"}]})
    await world.do(SYSTEM, "stroke.add", {**STROKE, "stroke": "s", "page": "h-red"})
    real, failed = world.journal.texts, asyncio.Event()

    async def fails(_: str) -> Any:
        failed.set()
        raise OSError("the disk")

    monkeypatch.setattr(world.journal, "texts", fails)
    if lobby:
        await world.do(SYSTEM, "participant.admit", {"participant": "anna"})
    else:
        await world.do(SYSTEM, "group.move", {"participant": "anna", "group": "red"})
    await failed.wait()
    async with asyncio.timeout(5):
        while anna.sio.connected:
            await asyncio.sleep(0.01)
    monkeypatch.setattr(world.journal, "texts", real)
    again = await world.join(Role.STUDENT, "anna")
    assert again.signals("welcome")[0]["data"]["admitted"]
    assert ("red" in again.snapshot["state"]["boards"]) is not lobby


@pytest.mark.usefixtures("snapshots_come")
async def test_who_comes_into_a_group_is_shown_what_was_written_in_it(live: Any) -> None:
    anna, ben = await live.join(Role.STUDENT, "anna"), await live.join(Role.STUDENT, "ben")
    await live.do(SYSTEM, "handout.give", {"handout": "h", "page": "1", "to": "groups"})
    await live.do(SYSTEM, "groups.open", {"groups": [{"group": "red"}, {"group": "blue"}]})
    assert (await ben.ask("group.join", {"group": "red"}))["ok"]
    assert len(ben.signals("welcome")) == 1, "there is nothing to be shown"
    assert (await ben.ask("stroke.add", {**STROKE, "stroke": "s", "page": "h-red"}))["ok"]
    assert (await anna.ask("group.join", {"group": "red"}))["ok"]
    await anna.until(lambda: anna.got[-1][0] == "snapshot")
    assert len(anna.signals("welcome")) == 2
    snapshot = anna.got[-1][1]
    state = snapshot["state"]
    assert state["boards"]["red"]["pages"][0]["objects"][0]["object"] == "s"
    assert state["groups"]["by_id"]["red"]["members"] == ["ben", "anna"]
    assert (await ben.ask("stroke.add", {**STROKE, "stroke": "t", "page": "h-red"}))["ok"]
    await anna.until(lambda: anna.events("stroke.added"))
    assert (await anna.ask("group.join", {"group": "blue"}))["ok"]
    assert (await ben.ask("stroke.add", {**STROKE, "stroke": "u", "page": "h-red"}))["ok"]
    assert (await anna.ask("group.join", {"group": "red"}))["ok"]
    late = live.page(Role.STUDENT, "anna")
    await late.connect(since=snapshot["seq"])
    assert late.events() == []
    assert len(late.snapshot["state"]["boards"]["red"]["pages"][0]["objects"]) == 3, "not what was missed alone"
