"""What tablets and displays do wrong, at a real server: who erred is told by a stable code, others lose nothing."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp
import pytest

from tests.processes import Server, serving
from tests.unit.web.people import Person, refusal
from web.server.control import Control, Refused, connected
from web.server.settings import Settings
from web.server.tablets import Tablet

SOCKETS = 6
"""Of one participant, at once."""
TOO_LONG = b"GET /" + 500_000 * b"x" + b" HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("bad") / "data") as server:
        yield server


@dataclass
class Class:
    control: Control
    http: aiohttp.ClientSession
    server: Server
    id: str
    code: str
    teacher: Tablet
    heard: list[dict[str, Any]]

    async def sit(self, role: str = "student", name: str = "Anna", **more: str) -> tuple[str, Tablet]:
        """A participant's id and its client, in step."""
        made = await token(self.control, self.id, role=role, name=name, **more)
        tablet = Tablet(self.http, self.server.base, made["token"])
        await tablet.open()
        return made["participant"], tablet

    async def until(self, kind: str, **data: Any) -> dict[str, Any]:
        """What the teacher was sent."""
        async with asyncio.timeout(10):
            while True:
                for event in self.heard:
                    if event["kind"] == kind and data.items() <= event["data"].items():
                        return event
                await asyncio.sleep(0.02)


async def token(control: Control, lesson: str, **whose: str) -> Any:
    return await control.ask("POST", f"/api/v1/lessons/{lesson}/tokens", whose)


@pytest.fixture
async def lesson(server: Server) -> AsyncIterator[Class]:
    async with (
        connected(Settings(data=server.data)) as control,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), base_url=server.base) as http,
    ):
        made = await control.ask("POST", "/api/v1/lessons", {"title": "Autumn"})
        lead = await token(control, made["id"], role="lead_teacher")
        heard: list[dict[str, Any]] = []

        def hear(name: str, text: str) -> None:
            if name == "events":
                heard.extend(json.loads(text))

        teacher = Tablet(http, server.base, lead["token"], hear)
        await teacher.open()
        await teacher.command("lesson.open", {})
        await teacher.command("lesson.start", {})
        yield Class(control, http, server, made["id"], made["code"], teacher, heard)
        await teacher.command("lesson.end", {})
        await teacher.close()


async def refused(tablet: Tablet, kind: str, **data: Any) -> str:
    with pytest.raises(Refused) as told:
        await tablet.command(kind, data)
    return str(told.value)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("\u202egnim\u202c Wang", "gnim Wang"),
        ("\u2067مدرسة\u2069", "مدرسة"),
        ("\u200fنور\u200f", "\u200fنور\u200f"),
        ("王" * 120, "王" * 120),
        ("👩\u200d🏫", "👩\u200d🏫"),
    ],
)
async def test_a_name_that_is_given_is_the_name_that_is_seen(lesson: Class, given: str, shown: str) -> None:
    person = Person(lesson.http)
    await person.look()
    seat = await person.post("/api/v1/seats", {"code": lesson.code, "name": given})
    token = await person.post(f"/api/v1/seats/{seat['seat']}/token", {})
    tablet = Tablet(lesson.http, lesson.server.base, token["token"])
    await tablet.open()
    joined = await lesson.until("participant.joined", participant=seat["participant"])
    assert joined["data"]["name"] == shown
    await tablet.close()


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "\u202e\u202c", "a\u0000b", "x" * 121, "x" * 10_000, None, 7])
async def test_what_is_no_name_gets_no_seat(lesson: Class, name: Any) -> None:
    person = Person(lesson.http)
    await person.look()
    told = await person.call("POST", "/api/v1/seats", {"code": lesson.code, "name": name})
    assert await refusal(told) == (400, "malformed")
    assert not [event for event in lesson.heard if event["data"].get("role") == "student"]


async def test_two_of_one_name_are_two(lesson: Class) -> None:
    (one, first), (other, second) = await lesson.sit(), await lesson.sit()
    assert one != other
    await first.command("hand.raise", {})
    assert (await lesson.until("hand.raised"))["data"]["participant"] == one
    await second.command("hand.raise", {})
    await lesson.until("hand.raised", participant=other)


async def test_what_is_said_again_or_by_another_or_too_early(lesson: Class) -> None:
    (anna, tablet), (ben, other) = await lesson.sit(), await lesson.sit(name="Ben")
    id_ = str(uuid4())
    seq = await tablet.command("hand.raise", {}, id_)
    await tablet.command("hand.lower", {})
    assert await tablet.command("hand.raise", {}, id_) == seq, "what was done is not done again"
    await other.command("hand.raise", {}, id_)
    await lesson.until("hand.raised", participant=ben)
    raised = [event["data"]["participant"] for event in lesson.heard if event["kind"] == "hand.raised"]
    assert raised == [anna, ben], "an id is its sender's"

    seen = len(lesson.heard)
    for kind, data, code in (
        ("hand.lower", {"participant": ben}, "not_allowed"),
        ("stage.accept", {"participant": anna}, "wrong_phase"),
        ("stage.accept", {"participant": ben}, "not_allowed"),
        ("recording.except", {"participant": ben, "out": True}, "not_allowed"),
        ("activity.answer", {"activity": "later", "choice": 0}, "not_found"),
        ("student.lock", {"participant": ben, "locked": ["chat"]}, "not_allowed"),
        ("participant.remove", {"participant": ben}, "not_allowed"),
    ):
        assert await refused(tablet, kind, **data) == code, kind
    await lesson.teacher.command("page.add", {"page": "after"})
    await lesson.until("page.added", page="after")
    assert [event["kind"] for event in lesson.heard[seen:]] == ["page.added"]


async def test_who_floods_waits_and_the_others_do_not(lesson: Class) -> None:
    (_, flood), (_, other) = await lesson.sit(), await lesson.sit(name="Ben")
    codes: Counter[str] = Counter()

    async def say(number: int) -> None:
        try:
            await flood.command("chat.say", {"message": f"flood{number}", "text": "!"})
            codes["ok"] += 1
        except Refused as fault:
            codes[str(fault)] += 1

    flooding = asyncio.gather(*(say(number) for number in range(500)))
    for number in range(5):
        await other.command("chat.say", {"message": f"word{number}", "text": "heard"})
    await lesson.teacher.command("page.add", {"page": "on"})
    await flooding
    assert set(codes) == {"ok", "too_often"}
    assert codes["too_often"] > 400
    for number in range(5):
        await lesson.until("chat.said", message=f"word{number}")
    said = [event["data"]["message"] for event in lesson.heard if event["kind"] == "chat.said"]
    assert len(said) == len(set(said)) == codes["ok"] + 5, "what was acknowledged was said, and nothing else"


async def test_a_displays_token_in_two_places_is_one_display(lesson: Class, server: Server) -> None:
    await asyncio.to_thread(server.cli, "school", "add", "Qingshan")
    room = (await asyncio.to_thread(server.cli, "room", "add", "Qingshan", "Room 3"))["id"]
    display, one = await lesson.sit("display", "Room 3", room=room)
    copies = [Tablet(lesson.http, server.base, one._token) for _ in range(SOCKETS)]
    for copy in copies[:-1]:
        await copy.open()
    with pytest.raises(Refused) as told:
        await copies[-1].open()
    assert str(told.value) == "too_many_open"
    await lesson.teacher.command("page.add", {"page": "after"})
    await lesson.until("page.added", page="after")
    joined = [event for event in lesson.heard if event["data"].get("participant") == display]
    assert [event["kind"] for event in joined] == ["participant.joined"]
    for copy in copies:
        await copy.close()
    await lesson.teacher.command("stage.invite", {"participant": display})
    await one.command("stage.accept", {"participant": display})
    await lesson.until("stage.accepted", participant=display)
    await one.close()


async def test_what_is_no_answer_and_no_question_is_refused_and_the_lesson_goes_on(lesson: Class) -> None:
    (_, tablet), (ben, other) = await lesson.sit(), await lesson.sit(name="Ben")
    _, observer = await lesson.sit("observer", "Chen")
    markup = "<img src=x onerror=alert(1)>"
    question = {"type": "choice", "prompt": markup, "options": [markup, "b"]}
    for options in ({"options": []}, {"options": ["x"] * 10_000}, {"options": None}, {"prompt": "x" * 50_000}):
        assert await refused(lesson.teacher, "activity.open", activity="q", **{**question, **options}) == "malformed"
    assert await refused(lesson.teacher, "activity.open", activity="q", type="choice", prompt="?") == "malformed"
    await lesson.teacher.command("activity.open", {"activity": "q", **question})
    opened = await lesson.until("activity.opened")
    assert (opened["data"]["prompt"], opened["data"]["options"]) == (markup, [markup, "b"])

    another = await lesson.control.ask("POST", "/api/v1/lessons", {"title": "Another"})
    lead = await token(lesson.control, another["id"], role="lead_teacher")
    teacher = Tablet(lesson.http, lesson.server.base, lead["token"])
    await teacher.open()
    await teacher.command("lesson.open", {})
    await teacher.command("lesson.start", {})
    await teacher.command("activity.open", {"activity": "theirs", **question})

    seen = len(lesson.heard)
    for whose, data, code in (
        (tablet, {"activity": "theirs", "choice": 0}, "not_found"),
        (tablet, {"activity": "q", "choice": 2}, "not_found"),
        (tablet, {"activity": "q", "choice": -1}, "malformed"),
        (tablet, {"activity": "q", "choices": [0]}, "malformed"),
        (tablet, {"activity": "q", "choices": [0] * 40_000}, "malformed"),
        (tablet, {"activity": "q", "choice": {"$gt": 0}}, "malformed"),
        (tablet, {"activity": "q"}, "malformed"),
        (tablet, {"activity": "q", "text": "x" * 1_000_000}, "too_large"),
        (tablet, {"activity": "q", "choice": 0, "participant": ben}, "not_allowed"),
        (observer, {"activity": "q", "choice": 0}, "not_allowed"),
        (lesson.teacher, {"activity": "q", "choice": 0}, "not_found"),
    ):
        assert await refused(whose, "activity.answer", **data) == code, str(data)[:80]
    with pytest.raises(ConnectionError):  # WebSocket's own refusal, 1009
        await tablet.command("activity.answer", {"activity": "q", "choices": list(range(1_000_000))})
    await tablet.close()
    await tablet.open()
    await tablet.command("activity.answer", {"activity": "q", "choice": 1})
    assert await refused(tablet, "activity.answer", activity="q", choice=0) == "already_answered"
    await lesson.until("activity.answered")
    told = [one for one in lesson.heard[seen:] if one["kind"].startswith("activity.")]
    assert [one["data"] for one in told] == [{"activity": "q", "choice": 1}]
    await lesson.teacher.command("activity.close", {"activity": "q"})
    assert await refused(tablet, "activity.answer", activity="q", choice=0) == "activity_closed"
    for one in (tablet, other, observer, teacher):
        await one.close()


@pytest.mark.parametrize("said", [TOO_LONG, b"\x16\x03\x01\r\n\r\n"], ids=["a long address", "no request"])
async def test_what_is_no_request_is_told_so_as_all_else_is(server: Server, said: bytes) -> None:
    at = urlsplit(server.base)
    reader, writer = await asyncio.open_connection(at.hostname, at.port, limit=1 << 20)
    writer.write(said)
    async with asyncio.timeout(10):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert head.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == "malformed"
