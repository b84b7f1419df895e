"""A screen from its first moment to the lesson: codes, pairing, one place for each device, and being cut off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from classroom.errors import ClientFault
from classroom.events import Command, Phase
from classroom.rules import SYSTEM
from classroom.store.records import Device, Lesson
from signaling.tokens import Claims
from tests.unit.web.people import Person, refusal
from web.server import displays
from web.server.displays import HELD_S, RENEW_S, Candidate, Places
from web.server.parts import Parts
from web.server.serve import opened
from web.server.sessions import DISPLAY_COOKIE
from web.server.settings import Settings


@pytest.fixture
async def parts(settings: Settings) -> AsyncIterator[Parts]:
    async with opened(settings) as made:
        yield made


@pytest.fixture
async def room(admin: Person) -> Any:
    school = (await admin.get("/api/v1/schools"))[0]
    return await admin.post("/api/v1/rooms", {"school": school["id"], "name": "Room 3"})


async def asks(screen: Person, instance: str = "here") -> Any:
    return await screen.post("/api/v1/display", {"instance": instance})


async def pair(someone: Person, screen: Person, room: Any) -> Any:
    code = (await asks(screen))["code"]
    response = await someone.call("PUT", f"/api/v1/rooms/{room['id']}/display", {"code": code})
    assert response.status == 200, await response.text()
    return await response.json()


async def start(teacher: Person, parts: Parts, **more: Any) -> Any:
    """A lesson that has begun, with its teacher in it."""
    lesson = await teacher.post("/api/v1/lessons", {"title": "Autumn", **more})
    return await begin(teacher, parts, lesson)


async def begin(teacher: Person, parts: Parts, lesson: Any) -> Any:
    seat = await teacher.post("/api/v1/seats", {"lesson": lesson["id"], "role": "lead_teacher"})
    token = (await teacher.post(f"/api/v1/seats/{seat['seat']}/token"))["token"]
    for kind in ("lesson.open", "lesson.start"):
        await command(parts, lesson["id"], kind)
    assert parts.live is not None
    await parts.live.gateway._desk.join(parts.tokens.read(token, parts.now_s))
    return lesson


async def command(parts: Parts, lesson: str, kind: str) -> None:
    await parts.journal.submit(lesson, SYSTEM, Command(str(uuid4()), kind, {}))


async def claims_of(screen: Person, parts: Parts, seat: str) -> Claims:
    return parts.tokens.read((await screen.post(f"/api/v1/seats/{seat}/token"))["token"], parts.now_s)


async def test_a_new_screen_shows_a_code_and_keeps_it(nobody: Person) -> None:
    shown = await asks(nobody)
    assert (shown["state"], len(shown["code"])) == ("unpaired", 8)
    assert 800 < shown["expires_in"] <= 900
    assert (await asks(nobody, "elsewhere"))["code"] == shown["code"]
    picture = await nobody.call("GET", "/api/v1/display/qr.svg")
    assert (picture.status, picture.content_type) == (200, "image/svg+xml")


async def test_the_code_is_bound_to_the_screen_that_shows_it(nobody: Person, browser: Any) -> None:
    other = await browser()
    assert (await asks(nobody))["code"] != (await asks(other))["code"]
    stranger = await browser()
    assert await refusal(await stranger.call("GET", "/api/v1/display/qr.svg")) == (404, "not_found")


async def test_the_token_is_out_of_reach_of_scripts(nobody: Person) -> None:
    response = await nobody.call("POST", "/api/v1/display", {"instance": "here"})
    written = next(line for line in response.headers.getall("Set-Cookie") if line.startswith(DISPLAY_COOKIE))
    assert {"HttpOnly", "SameSite=Strict"} <= {part.strip() for part in written.split(";")}


async def test_a_code_that_is_over_is_followed_by_another(nobody: Person, parts: Parts) -> None:
    class Later:
        def monotonic(self) -> float:
            return 0.0

        def epoch_ms(self) -> int:
            return clock.epoch_ms() + 16 * 60_000

    clock = parts.clock
    before = (await asks(nobody))["code"]
    parts.clock = Later()
    assert (await asks(nobody))["code"] != before


@pytest.mark.parametrize("body", [{}, {"instance": ""}, {"instance": "a b"}, {"instance": "x" * 65}, {"instance": 1}])
async def test_a_malformed_question_is_refused(nobody: Person, body: Any) -> None:
    assert await refusal(await nobody.call("POST", "/api/v1/display", body)) == (400, "malformed")


async def test_a_paired_screen_waits_says_what_is_next_and_goes_from_lesson_to_lesson(
    teacher: Person, nobody: Person, room: Any, parts: Parts
) -> None:
    paired = await pair(teacher, nobody, room)
    assert paired["display"] == {"paired_at": paired["display"]["paired_at"], "online": False}
    assert (await asks(nobody)) == {
        "state": "waiting", "room": {"id": room["id"], "name": "Room 3"}, "school": "First School", "next": None,
    }  # fmt: skip
    assert (await teacher.get("/api/v1/rooms"))[0]["display"]["online"] is True
    soon = parts.now_ms + 600_000
    planned = await teacher.post("/api/v1/lessons", {"title": "Winter", "scheduled_at": soon})
    assert (await asks(nobody))["next"] == {"title": "Winter", "scheduled_at": soon}

    first = await start(teacher, parts)
    shown = await asks(nobody)
    assert (shown["state"], shown["lesson"]) == ("lesson", first["id"])
    claims = await claims_of(nobody, parts, shown["seat"])
    assert (claims.role, claims.room, claims.name) == ("display", room["id"], "Room 3")
    assert (await asks(nobody))["seat"] == shown["seat"], "both windows have one seat"

    await teacher.post(f"/api/v1/lessons/{first['id']}/end")
    assert (await asks(nobody))["state"] == "waiting"
    await begin(teacher, parts, planned)
    assert (await asks(nobody))["lesson"] == planned["id"]


async def test_a_restart_of_the_device_comes_back_to_the_same_seat(
    teacher: Person, nobody: Person, room: Any, parts: Parts
) -> None:
    await pair(teacher, nobody, room)
    await start(teacher, parts)
    before = await asks(nobody)
    participant = (await claims_of(nobody, parts, before["seat"])).participant
    parts.places = Places()  # the server was started again
    nobody.client.cookie_jar.clear(lambda cookie: cookie.key == "tongke")  # the session ran out
    await nobody.look()
    after = await asks(nobody)
    assert after["seat"] != before["seat"]
    assert (await claims_of(nobody, parts, after["seat"])).participant == participant


async def test_signing_in_at_the_screen_does_not_unpair_it(teacher: Person, nobody: Person, room: Any) -> None:
    await pair(teacher, nobody, room)
    await nobody.sign_in("li")
    await nobody.call("DELETE", "/api/v1/session")
    await nobody.look()
    assert (await asks(nobody))["state"] == "waiting"


async def test_a_lesson_that_names_other_rooms_does_not_take_this_one(
    admin: Person, teacher: Person, nobody: Person, room: Any, parts: Parts
) -> None:
    other = await admin.post("/api/v1/rooms", {"school": room["school"], "name": "Room 4"})
    await pair(teacher, nobody, room)
    lesson = await start(teacher, parts, rooms=[other["id"]])
    assert (await asks(nobody))["state"] == "waiting"
    await teacher.call("PUT", f"/api/v1/lessons/{lesson['id']}/rooms", {"rooms": [room["id"]]})
    assert (await asks(nobody))["lesson"] == lesson["id"]


async def test_a_copy_of_the_device_is_refused_and_the_lesson_goes_on(
    teacher: Person, nobody: Person, room: Any, browser: Any, parts: Parts
) -> None:
    await pair(teacher, nobody, room)
    await start(teacher, parts)
    shown = await asks(nobody)
    copy = await browser()
    token = next(cookie for cookie in nobody.client.cookie_jar if cookie.key == DISPLAY_COOKIE)
    copy.client.cookie_jar.update_cookies({DISPLAY_COOKIE: token.value})
    response = await copy.call("POST", "/api/v1/display", {"instance": "copied"})
    assert await refusal(response) == (409, "display_elsewhere")
    assert response.headers["Retry-After"] == "5"
    assert await refusal(await copy.call("POST", f"/api/v1/seats/{shown['seat']}/token")) == (404, "not_found")
    parts.places = Places()  # also when the copy is the first to ask after a restart
    response = await copy.call("POST", "/api/v1/display", {"instance": "copied"})
    assert await refusal(response) == (409, "display_elsewhere")
    assert await asks(nobody) == shown


async def test_another_display_of_the_room_cuts_the_first_off(
    teacher: Person, nobody: Person, room: Any, browser: Any, parts: Parts
) -> None:
    await pair(teacher, nobody, room)
    await start(teacher, parts)
    claims = await claims_of(nobody, parts, (await asks(nobody))["seat"])
    await parts.journal.check_entry(claims.participant, claims.name)
    second = await browser()
    await pair(teacher, second, room)
    await cut_off(parts, claims)
    assert (await asks(nobody))["state"] == "unpaired"
    assert (await asks(second))["state"] == "lesson"


async def cut_off(parts: Parts, claims: Claims) -> None:
    with pytest.raises(ClientFault) as refused:
        await parts.journal.check_entry(claims.participant, claims.name)
    assert refused.value.code == "token_invalid"


async def test_an_unpaired_display_is_cut_off_and_shows_a_code(
    teacher: Person, nobody: Person, room: Any, parts: Parts
) -> None:
    await pair(teacher, nobody, room)
    await start(teacher, parts)
    claims = await claims_of(nobody, parts, (await asks(nobody))["seat"])
    response = await teacher.call("DELETE", f"/api/v1/rooms/{room['id']}/display")
    assert (await response.json())["display"] is None
    await cut_off(parts, claims)
    shown = await asks(nobody)
    assert shown["state"] == "unpaired"
    await pair(teacher, nobody, room)
    again = await claims_of(nobody, parts, (await asks(nobody))["seat"])
    assert again.participant != claims.participant
    await parts.journal.check_entry(again.participant, again.name)


async def test_a_code_is_read_as_people_type_it_and_only_once(
    admin: Person, nobody: Person, room: Any, browser: Any
) -> None:
    code = (await asks(nobody))["code"]
    typed = f" {code[:4].upper()} - {code[4:].upper()} "
    path = f"/api/v1/rooms/{room['id']}/display"
    assert (await admin.call("PUT", path, {"code": typed})).status == 200
    assert await refusal(await admin.call("PUT", path, {"code": code})) == (404, "pairing_code_unknown")
    assert (await asks(nobody))["state"] == "waiting", "a code that nobody shows changes nothing"


async def test_who_guesses_codes_waits(teacher: Person, admin: Person, room: Any, browser: Any) -> None:
    path = f"/api/v1/rooms/{room['id']}/display"
    for _ in range(10):
        assert await refusal(await teacher.call("PUT", path, {"code": "guessed1"})) == (404, "pairing_code_unknown")
    response = await teacher.call("PUT", path, {"code": "guessed1"})
    assert await refusal(response) == (429, "too_often")
    assert int(response.headers["Retry-After"]) > 1
    # By another account from the same address too: the limit counts both.
    assert await refusal(await admin.call("PUT", path, {"code": "guessed1"})) == (429, "too_often")


async def test_who_may_not_pair_is_told(
    admin: Person, teacher: Person, nobody: Person, room: Any, browser: Any
) -> None:
    other = await admin.post("/api/v1/schools", {"name": "Second School"})
    await admin.call("PATCH", "/api/v1/accounts/li", {"school": other["id"]})
    code = {"code": (await asks(nobody))["code"]}
    path = f"/api/v1/rooms/{room['id']}/display"
    assert await refusal(await teacher.call("PUT", path, code)) == (403, "not_allowed")
    assert await refusal(await teacher.call("DELETE", path)) == (403, "not_allowed")
    assert await refusal(await nobody.call("PUT", path, code)) == (401, "signed_out")
    assert await refusal(await nobody.call("DELETE", path)) == (401, "signed_out")
    assert await refusal(await admin.call("PUT", "/api/v1/rooms/nowhere/display", code)) == (404, "not_found")
    assert await refusal(await admin.call("DELETE", "/api/v1/rooms/nowhere/display")) == (404, "not_found")
    assert await refusal(await admin.call("PUT", path, {"code": ""})) == (400, "malformed")
    assert (await asks(nobody))["code"] == code["code"], "what was refused used nothing up"


# The rules alone


LESSON = Lesson("a", "a", None, None, "1", "live", False, False, 1, None, 1, None)


def lesson(name: str, phase: Phase = Phase.LIVE, **more: Any) -> Lesson:
    return replace(LESSON, id=name, phase=phase.value, **more)


def due(*candidates: Candidate) -> str | None:
    found = displays.due(candidates)
    assert found == displays.due(candidates[::-1])
    return found.id if found else None


def test_which_lesson_a_display_belongs_in() -> None:
    old, new = lesson("old", started_at=1), lesson("new", started_at=2)
    waiting = lesson("prepared", Phase.PREPARED)
    assert due() is None
    assert due(Candidate(waiting, True)) is None
    assert due(Candidate(waiting, True), Candidate(old, False)) == "old"
    assert due(Candidate(old, False, True), Candidate(new, False, True)) == "old", "no other takes it away"
    assert due(Candidate(old, False), Candidate(new, False, True)) == "new", "what everybody left holds nothing"
    assert due(Candidate(old, False), Candidate(new, False)) == "new"
    assert due(Candidate(old, False, True), Candidate(new, True, True)) == "new", "the one that asks for this room"
    assert due(Candidate(lesson("open", Phase.OPEN), False, True), Candidate(new, False, True)) == "new"


def test_which_lesson_is_next() -> None:
    hour = 3600_000
    planned = [
        Candidate(lesson("late", Phase.PREPARED, scheduled_at=9 * hour), True),
        Candidate(lesson("soon", Phase.PREPARED, scheduled_at=8 * hour), False),
        Candidate(lesson("some time", Phase.PREPARED), True),
        Candidate(lesson("running", scheduled_at=7 * hour), True),
    ]
    for now, name in ((7 * hour, "soon"), (9 * hour, "soon"), (9 * hour + 1, "late"), (11 * hour, None)):
        found = displays.following(planned, now)
        assert (found.id if found else None) == name


def test_a_device_runs_in_one_place() -> None:
    device = Device("d", "hash", "room", "first", 0)
    places = Places()
    assert not places.online("d", 0.0)
    assert not places.claim(device, "second", 0.0), "the last one has the first say"
    assert not places.online("d", 0.0)
    assert places.claim(device, "first", 1.0)
    assert not places.claim(device, "second", HELD_S)
    assert places.claim(device, "second", HELD_S + 1.0)
    assert not places.claim(device, "first", HELD_S + 2.0)
    places.forget("d")
    assert places.claim(replace(device, instance=None), "third", HELD_S + 2.0)


def test_a_device_is_given_its_token_again_every_day() -> None:
    device, places = Device("d", "hash", "room", None, 0), Places()
    assert places.claim(device, "here", 0.0)
    assert [places.renewal("d", now) for now in (0.0, 5.0, RENEW_S, RENEW_S + 5.0)] == [True, False, True, False]
    assert places.online("d", HELD_S - 1)
    assert not places.online("d", HELD_S)
