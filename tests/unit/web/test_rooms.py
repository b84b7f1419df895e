"""Which rooms a lesson is for, the names of the children in them, and what a school says of itself."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from classroom.events import Command, Role, Seat
from classroom.rules import SYSTEM
from tests.unit.web.people import PASSWORD, Person, refusal
from web.server.parts import Parts

NAMES = ["王明", "Li Na", "نور", "王明"]
NOBODY = {"names": [], "taken": []}


@pytest.fixture
async def room(admin: Person) -> Any:
    school = (await admin.get("/api/v1/schools"))[0]
    return await admin.post("/api/v1/rooms", {"school": school["id"], "name": "Room 3"})


@pytest.fixture
async def stranger(admin: Person, browser: Any) -> Person:
    """A teacher of another school."""
    other = await admin.post("/api/v1/schools", {"name": "Second School"})
    body = {"login": "zhou", "name": "Zhou", "password": PASSWORD, "school": other["id"]}
    assert (await admin.post("/api/v1/accounts", body))["school"] == other["id"]
    person: Person = await browser()
    assert (await person.sign_in("zhou"))["account"]["school"] == other["id"]
    return person


async def put(someone: Person, path: str, body: Any) -> Any:
    response = await someone.call("PUT", path, body)
    assert response.status == 200, await response.text()
    return await response.json()


async def opened(parts: Parts, lesson: Any) -> None:
    await parts.journal.submit(lesson["id"], SYSTEM, Command(str(uuid4()), "lesson.open", {}))


# Which rooms


async def test_a_lesson_names_its_rooms_or_is_for_its_schools(admin: Person, teacher: Person, room: Any) -> None:
    plain = await teacher.post("/api/v1/lessons", {"title": "Autumn"})
    assert (plain["school"], plain["rooms"]) == (room["school"], [])
    made = await teacher.post("/api/v1/lessons", {"title": "Winter", "rooms": [room["id"]]})
    assert made["rooms"] == [room["id"]]
    path = f"/api/v1/lessons/{plain['id']}"
    assert (await put(teacher, f"{path}/rooms", {"rooms": [room["id"]]}))["rooms"] == [room["id"]]
    assert (await teacher.get(path))["rooms"] == [room["id"]]
    assert {one["title"]: one["rooms"] for one in await teacher.get("/api/v1/lessons")} == {
        "Autumn": [room["id"]],
        "Winter": [room["id"]],
    }
    assert (await put(teacher, f"{path}/rooms", {"rooms": []}))["rooms"] == []


async def test_rooms_of_other_schools_are_named_by_the_staff(
    admin: Person, teacher: Person, stranger: Person, room: Any
) -> None:
    refused = await stranger.call("POST", "/api/v1/lessons", {"title": "x", "rooms": [room["id"]]})
    assert await refusal(refused) == (403, "not_allowed")
    lesson = await stranger.post("/api/v1/lessons", {"title": "Across"})
    path = f"/api/v1/lessons/{lesson['id']}/rooms"
    assert await refusal(await stranger.call("PUT", path, {"rooms": [room["id"]]})) == (403, "not_allowed")
    await put(admin, path, {"rooms": [room["id"]]})
    assert (await put(stranger, path, {"rooms": [room["id"]]}))["rooms"] == [room["id"]], "it was named before"
    assert await refusal(await teacher.call("PUT", path, {"rooms": []})) == (403, "not_allowed")
    assert await refusal(await stranger.call("PUT", path, {"rooms": ["nowhere"]})) == (404, "not_found")
    assert await refusal(await stranger.call("PUT", path, {"rooms": ["a b"]})) == (400, "malformed")
    assert await refusal(await stranger.call("PUT", path, {})) == (400, "malformed")
    missing = await stranger.call("PUT", "/api/v1/lessons/nothing/rooms", {"rooms": []})
    assert await refusal(missing) == (404, "not_found")
    await stranger.post(f"/api/v1/lessons/{lesson['id']}/end")
    assert await refusal(await stranger.call("PUT", path, {"rooms": []})) == (409, "wrong_phase")


# Rosters


async def test_a_roster_is_kept_read_and_erased(admin: Person, teacher: Person, room: Any) -> None:
    path = f"/api/v1/rooms/{room['id']}/roster"
    assert await teacher.get(path) == {"names": []}
    assert await put(teacher, path, {"names": [*NAMES, "  padded "]}) == {"names": [*NAMES, "padded"]}
    assert (await teacher.get("/api/v1/rooms"))[0]["names"] == 5
    assert await put(admin, path, {"names": NAMES}) == {"names": NAMES} == await teacher.get(path)
    assert (await teacher.call("DELETE", path)).status == 204
    assert await admin.get(path) == {"names": []}


@pytest.mark.parametrize("names", [[""], ["x" * 121], ["a\u0007b"], ["ok"] * 501, "王明", None])
async def test_what_is_no_roster_changes_nothing(teacher: Person, room: Any, names: Any) -> None:
    path = f"/api/v1/rooms/{room['id']}/roster"
    await put(teacher, path, {"names": NAMES})
    assert await refusal(await teacher.call("PUT", path, {"names": names})) == (400, "malformed")
    assert await teacher.get(path) == {"names": NAMES}


async def test_a_roster_is_the_schools_business(stranger: Person, nobody: Person, room: Any) -> None:
    path = f"/api/v1/rooms/{room['id']}/roster"
    for method, body in (("GET", None), ("PUT", {"names": []}), ("DELETE", None)):
        assert await refusal(await stranger.call(method, path, body)) == (403, "not_allowed")
        assert await refusal(await nobody.call(method, path, body)) == (401, "signed_out")
        assert await refusal(await stranger.call(method, "/api/v1/rooms/no/roster", body)) == (404, "not_found")


async def test_who_joins_is_offered_the_names_of_the_room_while_the_lesson_goes_on(
    admin: Person, teacher: Person, nobody: Person, room: Any, parts: Parts
) -> None:
    await put(teacher, f"/api/v1/rooms/{room['id']}/roster", {"names": NAMES})
    lesson = await teacher.post("/api/v1/lessons", {"title": "Autumn"})
    path = f"/api/v1/codes/{lesson['code']}/rooms/{room['id']}/names"
    assert await nobody.get(path) == NOBODY, "not before it is open"
    await opened(parts, lesson)
    assert await nobody.get(path) == {"names": NAMES, "taken": []}
    school = f"/api/v1/schools/{room['school']}"
    changed = await admin.call("PATCH", school, {"names_offered": False})
    assert (await changed.json())["names_offered"] is False
    assert await nobody.get(path) == NOBODY, "the school says no"
    await admin.call("PATCH", school, {"names_offered": True})
    other = await admin.post("/api/v1/rooms", {"school": room["school"], "name": "Room 4"})
    assert await nobody.get(f"/api/v1/codes/{lesson['code']}/rooms/{other['id']}/names") == NOBODY
    await put(teacher, f"/api/v1/lessons/{lesson['id']}/rooms", {"rooms": [other["id"]]})
    assert await refusal(await nobody.call("GET", path)) == (404, "not_found")
    await teacher.post(f"/api/v1/lessons/{lesson['id']}/end")
    assert await refusal(await nobody.call("GET", path)) == (404, "not_found")


async def test_of_equal_names_as_many_are_taken_as_are_there(
    teacher: Person, nobody: Person, room: Any, parts: Parts, lesson: Any
) -> None:
    await put(teacher, f"/api/v1/rooms/{room['id']}/roster", {"names": NAMES})
    await opened(parts, lesson)
    path = f"/api/v1/codes/{lesson['code']}/rooms/{room['id']}/names"

    async def arrives(name: str, room: str | None, role: Role = Role.STUDENT) -> Seat:
        seat = Seat(uuid4().hex, role, room)
        await parts.journal.submit(lesson["id"], seat, Command(str(uuid4()), "participant.join", {"name": name}))
        return seat

    ming = await arrives("王明", room["id"])
    await arrives("Li Na", None)
    await arrives("Li Na", room["id"], Role.DISPLAY)
    await arrives("Not on the roster", room["id"])
    assert (await nobody.get(path))["taken"] == [0], "who is at home, or no child, takes nothing"
    await arrives("王明", room["id"])
    assert (await nobody.get(path))["taken"] == [0, 3]
    await parts.journal.submit(lesson["id"], ming, Command(str(uuid4()), "participant.leave", {}))
    assert await nobody.get(path) == {"names": NAMES, "taken": [0]}


async def test_who_guesses_for_names_waits(
    teacher: Person, nobody: Person, room: Any, parts: Parts, lesson: Any
) -> None:
    await opened(parts, lesson)
    guess = f"/api/v1/codes/{lesson['code']}/rooms/guessed/names"
    for _ in range(20):
        assert await refusal(await nobody.call("GET", guess)) == (404, "not_found")
    assert await refusal(await nobody.call("GET", guess)) == (429, "too_often")


async def test_nobody_reads_a_whole_district(nobody: Person, room: Any, parts: Parts, lesson: Any) -> None:
    await opened(parts, lesson)
    path = f"/api/v1/codes/{lesson['code']}/rooms/{room['id']}/names"
    for _ in range(200):
        parts.roster_looks.take("127.0.0.1", parts.now_s)
    assert await refusal(await nobody.call("GET", path)) == (429, "too_often")


# Schools


async def test_a_school_says_what_is_recorded(admin: Person, teacher: Person, room: Any) -> None:
    path = f"/api/v1/schools/{room['school']}"
    assert (await teacher.get("/api/v1/schools"))[0]["names_offered"] is True
    assert (await (await admin.call("PATCH", path, {"recording": True})).json())["recording"] is True
    assert (await teacher.post("/api/v1/lessons", {"title": "x"}))["recording"] is True
    assert await refusal(await admin.call("PATCH", "/api/v1/schools/none", {})) == (404, "not_found")
    assert await refusal(await admin.call("PATCH", path, {"name": "y"})) == (400, "malformed")
    assert await refusal(await teacher.call("PATCH", path, {"recording": False})) == (403, "not_allowed")


async def test_an_account_of_an_unknown_school_is_not_made(admin: Person, teacher: Person) -> None:
    body = {"login": "wu", "name": "Wu", "password": PASSWORD, "school": "nowhere"}
    assert await refusal(await admin.call("POST", "/api/v1/accounts", body)) == (404, "not_found")
    moved = await admin.call("PATCH", "/api/v1/accounts/li", {"school": "nowhere"})
    assert await refusal(moved) == (404, "not_found")
    assert [row["login"] for row in await admin.get("/api/v1/accounts")] == ["admin", "li"]


async def test_staff_make_rooms(admin: Person, browser: Any, room: Any) -> None:
    await admin.post("/api/v1/accounts", {"login": "wu", "name": "Wu", "password": PASSWORD, "role": "staff"})
    staff = await browser()
    await staff.sign_in("wu")
    school = await staff.post("/api/v1/schools", {"name": "Second School"})
    made = await staff.post("/api/v1/rooms", {"school": school["id"], "name": "Room 1"})
    assert made in await staff.get("/api/v1/rooms")
