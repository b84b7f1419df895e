"""Who was in a lesson: for its teacher, the staff, and the teacher of each room."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from classroom.events import SYSTEM, Command, Role, Seat
from tests.unit.web.people import PASSWORD, Person, refusal
from web.server.parts import Parts

FORMULA = '=HYPERLINK("http://evil")'


async def do(parts: Parts, lesson: str, seat: Seat, kind: str, **data: Any) -> None:
    await parts.journal.submit(lesson, seat, Command(str(uuid.uuid4()), kind, data))


@pytest.fixture
async def room(admin: Person) -> Any:
    [school] = await admin.get("/api/v1/schools")
    return await admin.post("/api/v1/rooms", {"school": school["id"], "name": "Room 3"})


@pytest.fixture
async def taught(parts: Parts, lesson: Any, room: Any) -> str:
    await do(parts, lesson["id"], SYSTEM, "lesson.open")
    await do(parts, lesson["id"], SYSTEM, "lesson.start")
    for name, where in (("王明", room["id"]), (FORMULA, None)):
        row = await parts.store.participants.add(lesson["id"], Role.STUDENT, name, parts.now_ms, room=where)
        await do(parts, lesson["id"], Seat(row.id, Role.STUDENT, where), "participant.join", name=name)
    roll = {"activity": "a", "type": "roll", "prompt": "到", "options": ["到"]}
    await do(parts, lesson["id"], SYSTEM, "activity.open", **roll)
    return str(lesson["id"])


async def test_the_lessons_teacher_sees_everyone(teacher: Person, taught: str, room: Any) -> None:
    first, second = await teacher.get(f"/api/v1/lessons/{taught}/attendance")
    assert (first["name"], first["room"], first["room_name"]) == ("王明", room["id"], "Room 3")
    assert first["rolls"] == [{"activity": "a", "here": False}]
    assert (second["name"], second["room_name"], second["late"], second["left_early"]) == (FORMULA, "", False, False)
    assert [set(spell) for spell in first["spells"]] == [{"from_ms", "to_ms"}]


async def test_as_a_table_no_name_is_a_formula(teacher: Person, taught: str) -> None:
    response = await teacher.call("GET", f"/api/v1/lessons/{taught}/attendance.csv")
    assert response.status == 200
    assert response.content_type == "text/csv"
    text = (await response.read()).decode("utf-8-sig")
    head, first, second = csv.reader(io.StringIO(text))
    assert (head[0], head[-1]) == ("name", "roll_1")
    assert (first[0], first[1], first[-1]) == ("王明", "Room 3", "0")
    assert second[0] == f"'{FORMULA}"


async def test_others_see_their_own_rooms_or_nothing(
    admin: Person, taught: str, room: Any, browser: Callable[[], Awaitable[Person]]
) -> None:
    assert len(await admin.get(f"/api/v1/lessons/{taught}/attendance")) == 2
    body = {"login": "zhao", "name": "Zhao", "role": "teacher", "password": PASSWORD}
    await admin.post("/api/v1/accounts", body)
    other = await browser()
    path = f"/api/v1/lessons/{taught}/attendance"
    assert await refusal(await other.call("GET", path)) == (401, "signed_out")
    await other.sign_in("zhao")
    for address in (path, f"{path}.csv", "/api/v1/lessons/nothing/attendance"):
        assert await refusal(await other.call("GET", address)) == (404, "not_found")
    await other.post("/api/v1/seats", {"lesson": taught, "role": "local_teacher", "room": room["id"]})
    assert [one["name"] for one in await other.get(path)] == ["王明"]

    # The lesson is found also when it is over, by whoever taught in it.
    await admin.post(f"/api/v1/lessons/{taught}/end")
    assert (await other.get(f"/api/v1/lessons/{taught}"))["phase"] == "ended"
    assert [one["name"] for one in await other.get(path)] == ["王明"]
    body["login"] = "qian"
    await admin.post("/api/v1/accounts", body)
    stranger = await browser()
    await stranger.sign_in("qian")
    assert await refusal(await stranger.call("GET", f"/api/v1/lessons/{taught}")) == (404, "not_found")
