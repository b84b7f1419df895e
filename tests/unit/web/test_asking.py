"""What learners ask when the lesson is over: who may ask, answer and see, and what its recording tells of it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from classroom.events import Role, Seat
from recordings import library
from tests.held import Held, do, hold
from tests.unit.web.people import PASSWORD, Person, refusal
from web.server.parts import Parts


def command(kind: str, **data: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "kind": f"question.{kind}", "data": data}


@pytest.fixture
async def rooms(admin: Person) -> list[str]:
    [school] = await admin.get("/api/v1/schools")
    made = [await admin.post("/api/v1/rooms", {"school": school["id"], "name": name}) for name in ("A", "B")]
    return [one["id"] for one in made]


@pytest.fixture
async def held(admin: Person, teacher: Person, parts: Parts, rooms: list[str]) -> Held:
    """Anna asked for all to see who, Bo without a name; Bo's second question was hidden."""
    owner = next(one["id"] for one in await admin.get("/api/v1/accounts") if one["login"] == "li")
    held = await hold(parts, "Autumn", rooms, owner=owner, names=["Anna", "Bo", "Chen"], questions=[], ends=False)
    anna, bo, chen = (Seat(one, Role.STUDENT) for one in held.children)
    [lead] = [one for one in await parts.store.participants.list(held.id) if one.role == Role.LEAD_TEACHER]
    lead_seat = Seat(lead.id, Role.LEAD_TEACHER)
    await do(parts, held.id, lead_seat, "question.rule", held=False, named=True)
    await do(parts, held.id, anna, "question.ask", question="a", text="why?")
    await do(parts, held.id, lead_seat, "question.show", question="a")
    await do(parts, held.id, lead_seat, "question.mark", question="a", state="answered")
    await do(parts, held.id, lead_seat, "question.rule", held=False, named=False)
    await do(parts, held.id, bo, "question.ask", question="b", text="how come?")
    await do(parts, held.id, bo, "question.ask", question="rude", text="a rude word")
    await do(parts, held.id, chen, "question.vote", question="rude", on=True)
    await do(parts, held.id, lead_seat, "question.show", question="rude")
    await do(parts, held.id, lead_seat, "question.mark", question="rude", state="hidden")
    await do(parts, held.id, lead_seat, "lesson.end")
    return held


async def seated(parts: Parts, who: Person, *participants: str) -> list[str]:
    """The seats of that browser; without an account it gets its session as by a code."""
    assert who.client is not None
    await who.look()
    cookies = {one.key: one.value for one in who.client.cookie_jar}
    here = await parts.store.sessions.get(cookies["tongke"], parts.now_ms)
    assert here is not None
    return [(await parts.store.seats.add(one, here.id_hash, parts.now_ms)).id for one in participants]


async def test_asked_voted_for_and_answered_when_the_lesson_is_over(
    parts: Parts, teacher: Person, held: Held, nobody: Person, browser: Callable[[], Awaitable[Person]]
) -> None:
    anna, *_ = held.children
    [seat] = await seated(parts, nobody, anna)
    path, lesson = f"/api/v1/seats/{seat}/asked", f"/api/v1/lessons/{held.id}/asked"
    mine = await nobody.get(path)
    assert (mine["title"], mine["participant"], mine["role"], mine["locked"]) == ("Autumn", anna, "student", False)
    by_id = mine["questions"]["by_id"]
    assert set(by_id) == {"a", "b"}, "nothing of what was hidden"
    assert (by_id["a"]["name"], by_id["b"]["text"], "name" in by_id["b"]) == ("Anna", "how come?", False)
    assert by_id["a"]["moment"] is not None

    voted = await nobody.post(path, command("vote", question="b", on=True))
    assert (voted["questions"]["by_id"]["b"]["votes"], voted["questions"]["by_id"]["b"]["voters"]) == (1, [anna])
    ask = command("ask", question="c", text="and then?")
    assert "c" in (await nobody.post(path, ask))["questions"]["by_id"]
    assert len((await nobody.post(path, ask))["questions"]["by_id"]) == 3, "sent again it is the same"

    told = (await teacher.get(lesson))["questions"]["by_id"]
    assert (told["b"]["name"], told["rude"]["state"], told["c"]["name"]) == ("Bo", "hidden", "Anna")
    answered = await teacher.post(lesson, command("reply", question="c", text="then it rained"))
    assert answered["questions"]["by_id"]["c"]["reply"] == "then it rained"
    marked = await teacher.post(lesson, command("mark", question="b", state="answered"))
    assert marked["questions"]["by_id"]["b"]["moment"] is None, "no lesson, no moment"
    one = (await nobody.get(path))["questions"]["by_id"]["c"]
    assert (one["state"], one["reply"]) == ("answered", "then it rained")

    assert await refusal(await nobody.call("POST", path, command("reply", question="c", text="x"))) == (
        400,
        "malformed",
    )
    vote = command("vote", question="c", on=True)
    assert await refusal(await nobody.call("POST", path, vote)) == (403, "not_allowed"), "her own"
    now = await nobody.get(path)
    same = await nobody.get(f"{path}?since={now['version']}")
    assert (same["questions"], same["seq"], same["version"]) == (None, now["seq"], now["version"])
    await teacher.post(lesson, command("reply", question="c", text="and shone"))
    after = await nobody.get(f"{path}?since={now['version']}")
    assert after["questions"]["by_id"]["c"]["reply"] == "and shone"
    assert after["seq"] > now["seq"]
    await parts.journal.erase(next(iter(held.children)))
    assert (await nobody.get(f"{path}?since={after['version']}"))["questions"] is not None, "words may be erased"

    stranger = await browser()
    assert await refusal(await stranger.call("GET", path)) == (404, "not_found")
    assert await refusal(await stranger.call("GET", lesson)) == (401, "signed_out")
    wild = (nobody.call("POST", path, command("vote", question="b", on=False)) for _ in range(60))
    refused = [one for one in await asyncio.gather(*wild) if one.status != 200]
    assert await refusal(refused[0]) == (429, "too_often")


async def test_teachers_answer_staff_read_and_others_know_nothing(
    admin: Person, parts: Parts, held: Held, rooms: list[str], browser: Callable[[], Awaitable[Person]]
) -> None:
    path = f"/api/v1/lessons/{held.id}/asked"
    seen = await admin.get(path)
    assert (seen["participant"], seen["role"], len(seen["questions"]["by_id"])) == (None, "lead_teacher", 3)
    reply = command("reply", question="b", text="so")
    assert await refusal(await admin.call("POST", path, reply)) == (403, "not_allowed")
    await admin.post("/api/v1/accounts", {"login": "zhao", "name": "Zhao", "role": "teacher", "password": PASSWORD})
    account = next(one["id"] for one in await admin.get("/api/v1/accounts") if one["login"] == "zhao")
    other = await browser()
    await other.sign_in("zhao")
    assert await refusal(await other.call("GET", path)) == (404, "not_found")
    await parts.store.participants.add(
        held.id, Role.LOCAL_TEACHER, "zhao", parts.now_ms, room=rooms[1], account=account
    )
    assert (await other.get(path))["role"] == "local_teacher"
    assert await refusal(await other.call("POST", path, reply)) == (403, "not_allowed")
    hide = [command("mark", question=one, state="hidden") for one in ("a", "b")]  # of the other room, and of its own
    assert await refusal(await other.call("POST", path, hide[0])) == (403, "not_allowed")
    hidden = await other.post(path, hide[1])
    assert hidden["questions"]["by_id"]["b"]["state"] == "hidden"


async def test_who_waited_before_the_door_is_told_nothing(parts: Parts, held: Held, nobody: Person) -> None:
    late = await parts.store.participants.add(held.id, Role.STUDENT, "Late", parts.now_ms)
    lead = next(one for one in await parts.store.participants.list(held.id) if one.role == Role.LEAD_TEACHER)
    [seat, teaches] = await seated(parts, nobody, late.id, lead.id)
    assert len((await nobody.get(f"/api/v1/seats/{seat}/asked"))["questions"]["by_id"]) == 2, "no lobby: all come in"
    assert await refusal(await nobody.call("GET", f"/api/v1/seats/{teaches}/asked")) == (404, "not_found")


async def test_a_recording_tells_of_what_everybody_may_see(parts: Parts, teacher: Person, held: Held) -> None:
    made = await parts.store.resources.add(
        "Autumn", held.id, parts.now_ms, lesson=held.id, status="ready", duration_ms=4010, tracks=[]
    )
    events = await teacher.get(f"/api/v1/resources/{made.id}/events")
    told = [event for event in events if event["kind"].startswith("question.")]
    assert "rude" not in str(told)
    [a, b] = [event for event in told if event["kind"] == "question.asked"]
    assert (a["data"]["name"], b["data"]["text"]) == ("Anna", "how come?")
    assert not {"name", "participant"} & b["data"].keys()
    assert [event["data"] for event in told if event["kind"] == "question.shown"] == [{"question": "a"}, {}]


async def test_a_recording_tells_no_chat_that_was_hidden_or_for_the_teachers_alone(
    admin: Person, teacher: Person, parts: Parts, rooms: list[str]
) -> None:
    owner = next(one["id"] for one in await admin.get("/api/v1/accounts") if one["login"] == "li")
    held = await hold(parts, "Winter", rooms, owner=owner, names=["Anna"], questions=[], ends=False)
    [lead] = [one for one in await parts.store.participants.list(held.id) if one.role == Role.LEAD_TEACHER]
    lead_seat, anna = Seat(lead.id, Role.LEAD_TEACHER), Seat(next(iter(held.children)), Role.STUDENT)
    for to, message, text in (
        ("all", "m1", "hello all"),
        ("all", "m2", "rude"),
        ("teachers", "m3", "my mother is ill"),
    ):
        await do(parts, held.id, lead_seat, "chat.rule", to=to)
        await do(parts, held.id, anna, "chat.say", message=message, text=text)
    live = await told(parts, held.id)
    assert [one["message"] for one in live] == ["m1", "m2"]  # to whom watches while it goes on
    await do(parts, held.id, lead_seat, "chat.hide", message="m2")
    assert [one["message"] for one in await told(parts, held.id)] == ["m1"]
    await do(parts, held.id, lead_seat, "lesson.end")
    made = await parts.store.resources.add(
        "Winter", held.id, parts.now_ms, lesson=held.id, status="ready", duration_ms=10, tracks=[]
    )
    events = await teacher.get(f"/api/v1/resources/{made.id}/events")
    chat = [one for one in events if one["kind"] in ("chat.said", "chat.hidden")]
    assert [one["data"]["text"] for one in chat] == ["hello all"]
    for word in ("rude", "ill", "m2", "m3"):
        assert word not in str([one["data"] for one in chat])


async def told(parts: Parts, lesson: str) -> list[dict[str, Any]]:
    """The chat of a running lesson, for who watches it some seconds late."""
    events, texts = await parts.journal.events(lesson), await parts.journal.texts(lesson)
    seen = await library.told(parts.journal, lesson, Seat("", Role.STUDENT), events, texts)
    return [dict(one.data) for one in seen if one.kind == "chat.said"]


async def test_a_tablet_finds_a_childs_lessons_again_by_its_name(
    parts: Parts, teacher: Person, held: Held, nobody: Person, browser: Callable[[], Awaitable[Person]]
) -> None:
    anna, bo, _ = held.children
    assert await (await browser()).get("/api/v1/seats?name=Anna") == []
    [seat, other] = await seated(parts, nobody, anna, bo)
    asked = {"type": "choice", "prompt": "秋?", "options": ["spring", "autumn"], "answer": 1}
    given = {"practice": "p", "point": "seasons", "participants": [anna], "questions": [asked, asked]}
    await teacher.post(f"/api/v1/lessons/{held.id}/practices", {"id": str(uuid.uuid4()), "data": given})
    [found] = await nobody.get("/api/v1/seats?name=%20anna")
    assert found.pop("ended_at")
    assert found == {"seat": seat, "lesson": held.id, "title": "Autumn", "to_practise": 2}
    answer = {"id": str(uuid.uuid4()), "data": {"question": 1, "choice": 0}}
    await nobody.post(f"/api/v1/seats/{seat}/practices/p/answers", answer)
    assert (await nobody.get("/api/v1/seats?name=Anna"))[0]["to_practise"] == 1
    [found] = await nobody.get("/api/v1/seats?name=Bo")
    assert (found["seat"], found["to_practise"]) == (other, 0)
    assert await nobody.get("/api/v1/seats?name=Chen") == [], "of this browser nobody"
    assert await refusal(await nobody.call("GET", "/api/v1/seats")) == (400, "malformed")
