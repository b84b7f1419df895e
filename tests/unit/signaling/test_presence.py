"""Stories of sockets: coming, leaving, and coming back to what was missed."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from classroom.events import Role
from signaling.sessions import GRACE_S


async def test_a_client_that_was_away_gets_what_it_missed(live: Any) -> None:
    teacher, tablet = await live.join(Role.LEAD_TEACHER), await live.join(Role.STUDENT, "kid")
    since = tablet.snapshot["seq"]
    await tablet.close()
    await teacher.ask("page.add", {"page": "two"})
    await teacher.ask("page.show", {"page": "two"})
    back = await live.page(Role.STUDENT, "kid").connect(since=since)
    assert [event["kind"] for event in back.events()] == ["page.added", "page.shown"]
    assert not any(name == "snapshot" for name, _ in back.got)


@pytest.mark.usefixtures("snapshots_come")
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


@pytest.mark.usefixtures("snapshots_come")
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
    # One that is fetched may have what comes by the socket as well: a client ignores what it has.
    new = [event for event in page.events("page.added") if event["seq"] > page.snapshot["seq"]]
    seen += [event["data"]["page"] for event in new]
    assert seen == ["1", *(f"p{number}" for number in range(40))]


@pytest.mark.parametrize(("call", "before"), [("texts", ["1", "meanwhile"]), ("state", ["1"])])
async def test_what_happens_while_a_client_is_caught_up_comes_once(
    live: Any, snapshots_come: str, call: str, before: list[str]
) -> None:
    """The same, with an event committed just before, or just after, the snapshot is taken. One that is fetched may have
    what comes by the socket as well."""
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
    pages, added = [one["id"] for one in page.snapshot["state"]["board"]["pages"]], page.events("page.added")
    if snapshots_come == "fetched":
        added = [event for event in added if event["seq"] > page.snapshot["seq"]]
    else:
        assert pages == before
    assert [*pages, *(event["data"]["page"] for event in added)] == ["1", "meanwhile", "after"]


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
