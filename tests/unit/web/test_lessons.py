"""Lessons, join codes, seats and their tokens, and links."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from classroom.events import Command
from classroom.rules import SYSTEM
from tests.unit.web.people import PASSWORD, Person, refusal
from web.server.parts import Parts


async def do(parts: Parts, lesson: str, kind: str) -> None:
    await parts.journal.submit(lesson, SYSTEM, Command(str(uuid.uuid4()), kind, {}))


async def test_a_lesson_is_made_listed_and_shown(teacher: Person, lesson: Any) -> None:
    assert lesson["phase"] == "prepared"
    assert lesson["mine"] is True
    assert len(lesson["code"]) == 8
    assert await teacher.get("/api/v1/lessons") == [lesson]
    assert await teacher.get(f"/api/v1/lessons/{lesson['id']}") == lesson


@pytest.mark.parametrize(
    "body", [{}, {"title": ""}, {"title": 7}, {"title": "x", "recording": "yes"}, {"title": "a\nb"}]
)
async def test_a_malformed_lesson_is_not_made(teacher: Person, body: Any) -> None:
    assert await refusal(await teacher.call("POST", "/api/v1/lessons", body)) == (400, "malformed")
    assert await teacher.get("/api/v1/lessons") == []


async def test_only_administrators_make_lessons_for_others(teacher: Person, admin: Person) -> None:
    body = {"title": "x", "owner": "li"}
    assert await refusal(await teacher.call("POST", "/api/v1/lessons", body)) == (403, "not_allowed")
    made = await admin.post("/api/v1/lessons", body)
    assert made["owner"] == (await teacher.look())["account"]["id"]
    nobody = {"title": "x", "owner": "nobody"}
    assert await refusal(await admin.call("POST", "/api/v1/lessons", nobody)) == (404, "not_found")


async def test_a_body_must_be_json_and_not_too_long(teacher: Person) -> None:
    headers = {"X-CSRF": teacher.csrf, "Content-Type": "text/plain"}
    response = await teacher.client.post("/api/v1/lessons", data=b"{}", headers=headers)
    assert await refusal(response) == (415, "media_type")
    headers["Content-Type"] = "application/json"
    response = await teacher.client.post("/api/v1/lessons", data=b" " * 70_000, headers=headers)
    assert await refusal(response) == (413, "too_large")

    async def chunks() -> Any:
        for _ in range(70):
            yield b" " * 1000

    response = await teacher.client.post("/api/v1/lessons", data=chunks(), headers=headers)
    assert await refusal(response) == (413, "too_large")
    for broken in (b"", b"{", b"\xff", b'{"title": "\\ud800"}', b'{"title": NaN}', b"[" * 5000):
        response = await teacher.client.post("/api/v1/lessons", data=broken, headers=headers)
        assert await refusal(response) == (400, "malformed")


async def test_students_join_by_code_and_name(parts: Parts, lesson: Any, nobody: Person) -> None:
    found = await nobody.get(f"/api/v1/codes/{lesson['code']}")
    assert found == {"lesson": lesson["id"], "title": "Autumn", "phase": "prepared", "rooms": []}
    seat = await nobody.post("/api/v1/seats", {"code": lesson["code"], "name": " 王明 "})
    assert (seat["role"], seat["room"], seat["lesson"]) == ("student", None, lesson["id"])
    token = await nobody.post(f"/api/v1/seats/{seat['seat']}/token", {})
    assert (token["name"], token["title"]) == ("王明", "Autumn")
    claims = parts.tokens.read(token["token"], parts.now_s)
    assert (claims.participant, claims.lesson, claims.role) == (seat["participant"], lesson["id"], "student")
    assert parts.tokens.read(token["token"], parts.now_s + token["expires_in"] - 5)


async def test_a_seat_is_worth_nothing_in_another_browser(lesson: Any, nobody: Person, browser: Any) -> None:
    seat = await nobody.post("/api/v1/seats", {"code": lesson["code"], "name": "Ming"})
    other = await browser()
    assert await refusal(await other.call("POST", f"/api/v1/seats/{seat['seat']}/token")) == (404, "not_found")


async def test_seats_go_along_when_one_signs_in(teacher: Person, lesson: Any, nobody: Person) -> None:
    seat = await nobody.post("/api/v1/seats", {"code": lesson["code"], "name": "Ming"})
    await nobody.sign_in("li")
    await nobody.post(f"/api/v1/seats/{seat['seat']}/token")


async def test_guessing_codes_is_slowed_down_and_joining_is_not(lesson: Any, nobody: Person) -> None:
    for _ in range(30):
        await nobody.get(f"/api/v1/codes/{lesson['code']}")
    answers = [await refusal(await nobody.call("GET", f"/api/v1/codes/{n:08}")) for n in range(21)]
    assert answers[0] == (404, "not_found")
    assert answers[-1] == (429, "too_often")
    late = await nobody.call("POST", "/api/v1/seats", {"code": lesson["code"], "name": "Ming"})
    assert await refusal(late) == (429, "too_often")
    assert int(late.headers["Retry-After"]) > 0


async def test_who_may_take_which_role(admin: Person, teacher: Person, lesson: Any, browser: Any) -> None:
    school = (await admin.get("/api/v1/schools"))[0]
    room = await admin.post("/api/v1/rooms", {"school": school["id"], "name": "Room 3"})
    await admin.post("/api/v1/accounts", {"login": "wu", "name": "Wu", "password": "a long password"})
    other = await browser()
    await other.sign_in("wu", "a long password")
    lead = {"lesson": lesson["id"], "role": "lead_teacher"}
    observer = {"lesson": lesson["id"], "role": "observer"}
    display = {"lesson": lesson["id"], "role": "display", "room": room["id"]}
    assert (await teacher.post("/api/v1/seats", lead))["role"] == "lead_teacher"
    assert await refusal(await other.call("POST", "/api/v1/seats", lead)) == (403, "not_allowed")
    assert await refusal(await other.call("POST", "/api/v1/seats", observer)) == (403, "not_allowed")
    assert (await other.post("/api/v1/seats", display))["room"] == room["id"]
    assert (await admin.post("/api/v1/seats", observer))["role"] == "observer"
    roomless = {"lesson": lesson["id"], "role": "local_teacher"}
    assert await refusal(await other.call("POST", "/api/v1/seats", roomless)) == (422, "room_needed")
    nowhere = {**display, "room": "nowhere"}
    assert await refusal(await other.call("POST", "/api/v1/seats", nowhere)) == (404, "not_found")
    assert await refusal(await (await browser()).call("POST", "/api/v1/seats", lead)) == (401, "signed_out")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": "12345678"},
        {"code": "1234", "name": "x"},
        {"code": "12345678", "name": " "},
        {"code": "12345678", "name": "x", "role": "lead_teacher"},
        {"code": "12345678", "name": "x", "lesson": "x", "role": "lead_teacher"},
        {"lesson": "x", "role": "student"},
        {"lesson": "../x", "role": "observer"},
    ],
)
async def test_malformed_seats_are_refused(nobody: Person, body: Any) -> None:
    assert await refusal(await nobody.call("POST", "/api/v1/seats", body)) == (400, "malformed")


async def test_an_ended_lesson_is_joined_no_more(parts: Parts, teacher: Person, lesson: Any, browser: Any) -> None:
    student = await browser()
    seat = await student.post("/api/v1/seats", {"code": lesson["code"], "name": "Ming"})
    ended = await teacher.post(f"/api/v1/lessons/{lesson['id']}/end")
    assert ended["phase"] == "ended"
    assert await refusal(await student.call("GET", f"/api/v1/codes/{lesson['code']}")) == (404, "not_found")
    assert await refusal(await student.call("POST", f"/api/v1/seats/{seat['seat']}/token")) == (409, "wrong_phase")
    lead = {"lesson": lesson["id"], "role": "lead_teacher"}
    assert await refusal(await teacher.call("POST", "/api/v1/seats", lead)) == (409, "wrong_phase")
    again = await teacher.call("POST", f"/api/v1/lessons/{lesson['id']}/end")
    assert await refusal(again) == (409, "wrong_phase")


async def test_other_teachers_come_to_a_lesson_but_do_not_own_it(admin: Person, lesson: Any, browser: Any) -> None:
    await admin.post("/api/v1/accounts", {"login": "wu", "name": "Wu", "password": "a long password"})
    other = await browser()
    await other.sign_in("wu", "a long password")
    path = f"/api/v1/lessons/{lesson['id']}"
    assert (await other.get(path))["mine"] is False
    assert await refusal(await other.call("POST", f"{path}/end")) == (403, "not_allowed")
    assert await refusal(await other.call("POST", f"{path}/tokens", {"role": "encoder"})) == (403, "not_allowed")
    await admin.post(f"{path}/end")
    assert await refusal(await other.call("GET", path)) == (404, "not_found")
    assert await other.get("/api/v1/lessons") == []


async def test_the_owner_makes_tokens_for_encoders(parts: Parts, teacher: Person, lesson: Any) -> None:
    path = f"/api/v1/lessons/{lesson['id']}/tokens"
    made = await teacher.post(path, {"role": "encoder", "ttl_s": 60})
    claims = parts.tokens.read(made["token"], parts.now_s)
    assert (claims.role, claims.lesson) == ("encoder", lesson["id"])
    assert "camera" in claims.sources
    assert await refusal(await teacher.call("POST", path, {"role": "display"})) == (422, "room_needed")
    for body in ({"role": "king"}, {"role": "encoder", "ttl_s": 0}, {}):
        assert await refusal(await teacher.call("POST", path, body)) == (400, "malformed")


async def test_the_qr_code_is_drawn_here(teacher: Person, lesson: Any) -> None:
    response = await teacher.call("GET", f"/api/v1/lessons/{lesson['id']}/qr.svg")
    assert response.content_type == "image/svg+xml"
    assert (await response.text()).startswith("<svg")


async def test_lessons_that_are_not_there(teacher: Person) -> None:
    for method, path in (("GET", ""), ("GET", "/qr.svg"), ("POST", "/end")):
        response = await teacher.call(method, f"/api/v1/lessons/nothing{path}")
        assert await refusal(response) == (404, "not_found")
    assert await refusal(await teacher.call("POST", "/api/v1/lessons/x/tokens", {"role": "encoder"})) == (
        404,
        "not_found",
    )


async def test_a_link_gives_a_seat_once_or_as_often_as_it_says(parts: Parts, lesson: Any, browser: Any) -> None:
    until = parts.now_ms + 60_000
    data = {"lesson": lesson["id"], "role": "display", "name": "Room 3"}
    once = await parts.store.links.add("seat", data, until, 1)
    always = await parts.store.links.add("seat", data, until, None)
    first, second = await browser(), await browser()
    seat = await first.post("/api/v1/links", {"secret": once})
    assert (seat["kind"], seat["role"], seat["lesson"]) == ("seat", "display", lesson["id"])
    assert await refusal(await second.call("POST", "/api/v1/links", {"secret": once})) == (404, "link_invalid")
    seats = [(await person.post("/api/v1/links", {"secret": always}))["seat"] for person in (first, second)]
    assert len({seat["seat"], *seats}) == 3
    await first.post(f"/api/v1/seats/{seat['seat']}/token")


async def test_a_link_signs_in_without_ending_what_the_browser_has(
    parts: Parts, lesson: Any, teacher: Person, browser: Any
) -> None:
    account = (await teacher.look())["account"]["id"]
    until = parts.now_ms + 60_000
    lead = {"lesson": lesson["id"], "role": "lead_teacher", "account": account, "name": "Li Wen"}
    desk = await parts.store.links.add("seat", lead, until, None)
    library = await parts.store.links.add("account", {"account": account}, until, None)
    person = await browser()
    seat = await person.post("/api/v1/links", {"secret": desk})
    await person.look()
    assert await person.post("/api/v1/links", {"secret": library}) == {
        "kind": "account",
        "seat": None,
        "lesson": None,
        "role": None,
    }
    assert (await person.look())["account"]["login"] == "li"
    await person.post(f"/api/v1/seats/{seat['seat']}/token")


async def test_links_are_not_guessed(nobody: Person) -> None:
    answers = [await refusal(await nobody.call("POST", "/api/v1/links", {"secret": f"{n}"})) for n in range(21)]
    assert answers[0] == (404, "link_invalid")
    assert answers[-1] == (429, "too_often")


async def test_one_browser_does_not_fill_a_lesson(parts: Parts, lesson: Any, nobody: Person, browser: Any) -> None:
    body = {"code": lesson["code"], "name": "Ming"}
    for _ in range(20):
        await nobody.post("/api/v1/seats", body)
    refused = await nobody.call("POST", "/api/v1/seats", body)
    assert await refusal(refused) == (429, "too_often")
    assert int(refused.headers["Retry-After"]) > 0
    assert len(await parts.store.participants.list(lesson["id"])) == 20
    await (await browser()).post("/api/v1/seats", body)


async def test_a_code_shows_the_rooms_of_its_school_and_those_that_take_part(
    admin: Person, teacher: Person, nobody: Person, browser: Any
) -> None:
    ours = (await admin.get("/api/v1/schools"))[0]["id"]
    theirs = (await admin.post("/api/v1/schools", {"name": "Second School"}))["id"]
    near, far, other = [
        await admin.post("/api/v1/rooms", {"school": school, "name": name})
        for school, name in ((ours, "Room 1"), (theirs, "Room 2"), (theirs, "Room 3"))
    ]
    made = await teacher.post("/api/v1/lessons", {"title": "Spring", "school": ours})

    async def rooms(code: str) -> list[str]:
        return [room["id"] for room in (await nobody.get(f"/api/v1/codes/{code}"))["rooms"]]

    assert await rooms(made["code"]) == [near["id"]]
    await teacher.post("/api/v1/seats", {"lesson": made["id"], "role": "display", "room": far["id"]})
    assert await rooms(made["code"]) == [near["id"], far["id"]]
    await admin.post("/api/v1/accounts", {"login": "zhou", "name": "Of no school", "password": PASSWORD})
    free = await browser()
    await free.sign_in("zhou")
    anywhere = await free.post("/api/v1/lessons", {"title": "Summer"})
    assert await rooms(anywhere["code"]) == [near["id"], far["id"], other["id"]]
    await admin.call("PUT", f"/api/v1/lessons/{anywhere['id']}/rooms", {"rooms": [far["id"]]})
    assert await rooms(anywhere["code"]) == [far["id"]]
