"""Practice when the lesson is over: who may give it to whom, and who sees what of it."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from classroom.events import Role
from tests.held import Held, hold
from tests.unit.web.people import PASSWORD, Person, refusal
from web.server.parts import Parts

ASKED = {"type": "choice", "prompt": "秋?", "options": ["spring", "autumn"], "answer": 1, "explanation": "禾"}


def asked(**data: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "data": data}


@pytest.fixture
async def rooms(admin: Person) -> list[str]:
    [school] = await admin.get("/api/v1/schools")
    made = [await admin.post("/api/v1/rooms", {"school": school["id"], "name": name}) for name in ("A", "B")]
    return [one["id"] for one in made]


@pytest.fixture
async def held(admin: Person, teacher: Person, parts: Parts, rooms: list[str]) -> Held:
    owner = next(one["id"] for one in await admin.get("/api/v1/accounts") if one["login"] == "li")
    return await hold(parts, "Autumn", rooms, owner=owner, names=["Anna", "Bo", "Chen", "Dan"], questions=[])


async def test_given_done_and_seen(
    admin: Person, teacher: Person, parts: Parts, held: Held, nobody: Person, browser: Callable[[], Awaitable[Person]]
) -> None:
    anna, bo, *_ = held.children
    path = f"/api/v1/lessons/{held.id}/practices"
    give = asked(practice="p", point="seasons", participants=[anna, bo], questions=[ASKED, ASKED])
    assert await refusal(await admin.call("POST", path, give)) == (403, "not_allowed")  # who did not teach
    [given] = await teacher.post(path, give)
    assert (given["practice"], given["participants"], given["marks"]) == ("p", [anna, bo], {})
    assert await teacher.post(path, give) == [given]  # sent again it is the same

    assert nobody.client is not None
    session = await nobody.look()
    assert session["account"] is None
    cookies = {one.key: one.value for one in nobody.client.cookie_jar}
    here = await parts.store.sessions.get(cookies["tongke"], parts.now_ms)
    assert here is not None
    seat = (await parts.store.seats.add(anna, here.id_hash, parts.now_ms)).id
    mine = await nobody.get(f"/api/v1/seats/{seat}/practices")
    [practice] = mine["practices"]
    assert (mine["title"], practice["participants"]) == ("Autumn", [anna])
    assert not [field for one in practice["questions"] for field in ("answer", "explanation") if field in one]
    answers = f"/api/v1/seats/{seat}/practices/p/answers"
    [practice] = (await nobody.post(answers, asked(question=1, choice=0)))["practices"]
    assert practice["marks"] == {anna: {"1": 0.0}}
    assert practice["questions"][1]["explanation"] == "禾"
    again = await nobody.call("POST", answers, asked(question=1, choice=1))
    assert await refusal(again) == (409, "already_answered")
    stranger = await browser()
    assert await refusal(await stranger.call("GET", f"/api/v1/seats/{seat}/practices")) == (404, "not_found")
    assert (await teacher.get(path))[0]["marks"] == {anna: {"1": 0.0}}
    assert (await admin.get(path))[0]["marks"] == {anna: {"1": 0.0}}


async def test_a_local_teacher_gives_to_the_own_room_and_sees_it_alone(
    admin: Person, teacher: Person, parts: Parts, held: Held, rooms: list[str], browser: Callable[[], Awaitable[Person]]
) -> None:
    await admin.post("/api/v1/accounts", {"login": "zhao", "name": "Zhao", "role": "teacher", "password": PASSWORD})
    account = next(one["id"] for one in await admin.get("/api/v1/accounts") if one["login"] == "zhao")
    other = await browser()
    await other.sign_in("zhao")
    anna, bo, *_ = held.children
    path = f"/api/v1/lessons/{held.id}/practices"
    assert await refusal(await other.call("GET", path)) == (404, "not_found")
    await parts.store.participants.add(
        held.id, Role.LOCAL_TEACHER, "zhao", parts.now_ms, room=rooms[1], account=account
    )
    await teacher.post(path, asked(practice="p", point="seasons", participants=[anna, bo], questions=[ASKED]))
    [seen] = await other.get(path)
    assert seen["participants"] == [bo]
    give = asked(practice="q", point="seasons", participants=[anna], questions=[ASKED])
    assert await refusal(await other.call("POST", path, give)) == (403, "not_allowed")
    give = asked(practice="q", point="seasons", participants=[bo], questions=[ASKED])
    assert [one["practice"] for one in await other.post(path, give)] == ["p", "q"]
    await parts.store.participants.add(
        held.id, Role.LOCAL_TEACHER, "zhao", parts.now_ms, room=rooms[0], account=account
    )
    give = asked(practice="r", point="seasons", participants=[anna, bo], questions=[ASKED])
    for _ in range(2):  # sent again it is the same
        to = {one["practice"]: one["participants"] for one in await other.post(path, give)}
        assert to == {"p": [anna, bo], "q": [bo], "r": [anna, bo]}, "who taught two rooms gives to both at once"
    give = asked(practice="t", point="seasons", participants=[anna, bo, "nobody"], questions=[ASKED])
    assert await refusal(await other.call("POST", path, give)) == (404, "not_found")
    assert {one["practice"] for one in await other.get(path)} == to.keys(), "refused for one it is given to nobody"
    ill = await other.call("POST", path, asked(practice="s", point="seasons", participants=[{}], questions=[ASKED]))
    assert await refusal(ill) == (400, "malformed")
