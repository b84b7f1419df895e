"""Signing in, the first administrator, accounts, schools and rooms."""

from __future__ import annotations

import asyncio
from typing import Any

import argon2
import pytest

from tests.unit.web.people import PASSWORD, Client, Person, refusal
from web.server import passwords
from web.server.limits import LockOut
from web.server.parts import Parts
from web.server.serve import setup_secret
from web.server.sessions import COOKIE

SETUP = {"login": "Admin", "password": PASSWORD, "name": "The Admin", "school": "First School"}


async def test_a_new_installation_gets_its_administrator_once(parts: Parts, nobody: Person) -> None:
    assert (await nobody.look())["setup_needed"] is True
    secret = await setup_secret(parts)
    made = await nobody.post("/api/v1/setup", {"secret": secret, **SETUP})
    assert made["account"]["login"] == "admin"
    assert made["account"]["role"] == "admin"
    nobody.csrf = made["csrf"]
    assert [school["name"] for school in await nobody.get("/api/v1/schools")] == ["First School"]
    assert (await nobody.look())["setup_needed"] is False
    assert await setup_secret(parts) is None
    again = await nobody.call("POST", "/api/v1/setup", {"secret": secret, **SETUP})
    assert await refusal(again) == (409, "set_up_already")


async def test_a_wrong_setup_secret_makes_nothing(parts: Parts, nobody: Person) -> None:
    await setup_secret(parts)
    response = await nobody.call("POST", "/api/v1/setup", {"secret": "guessed", **SETUP})
    assert await refusal(response) == (404, "link_invalid")
    assert await parts.store.accounts.count() == 0


async def test_a_refused_password_does_not_use_the_link_up(parts: Parts, nobody: Person) -> None:
    secret = await setup_secret(parts)
    short = {"secret": secret, **SETUP, "password": "short"}
    assert await refusal(await nobody.call("POST", "/api/v1/setup", short)) == (422, "password_length")
    assert (await nobody.call("POST", "/api/v1/links", {"secret": secret})).status == 404
    await nobody.post("/api/v1/setup", {"secret": secret, **SETUP})


async def test_signing_in_changes_the_cookie_and_signing_out_ends_it(teacher: Person, browser: Any) -> None:
    person = await browser()
    before = _cookie(person)
    session = await person.sign_in("LI")
    assert session["account"] == {**session["account"], "login": "li", "name": "Li Wen", "role": "teacher"}
    after = _cookie(person)
    assert before != after
    response = await person.call("DELETE", "/api/v1/session")
    assert response.status == 204
    person.client.cookie_jar.update_cookies({COOKIE: after})
    assert (await person.look())["account"] is None


def _cookie(person: Person) -> str:
    return next(cookie.value for cookie in person.client.cookie_jar if cookie.key == COOKIE)


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(app_client: Client) -> None:
    response = await app_client.get("/api/v1/session")
    written = response.headers["Set-Cookie"]
    assert "HttpOnly" in written
    assert "SameSite=Strict" in written


async def test_a_password_is_kept_as_a_hash_that_costs_who_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "PasswordHasher", argon2.PasswordHasher)
    stored = await passwords.Passwords().hashed(PASSWORD)
    cost = argon2.extract_parameters(stored)
    assert cost.type is argon2.Type.ID
    assert cost.memory_cost >= 19 * 1024, "KiB, as OWASP's password storage cheat sheet asks with two passes"
    assert cost.time_cost >= 2
    assert await passwords.Passwords().matches(PASSWORD, stored)


async def test_a_wrong_password_is_refused_and_then_locked_out(teacher: Person, browser: Any) -> None:
    person = await browser()
    for _ in range(5):
        response = await person.call("POST", "/api/v1/session", {"login": "li", "password": "wrong"})
        assert await refusal(response) == (401, "password_wrong")
    response = await person.call("POST", "/api/v1/session", {"login": "li", "password": PASSWORD})
    assert await refusal(response) == (429, "locked_out")
    assert int(response.headers["Retry-After"]) >= 1


async def test_guesses_at_once_are_counted_one_after_the_other(parts: Parts, teacher: Person, browser: Any) -> None:
    person = await browser()
    await person.look()

    async def tried(password: str) -> tuple[int, str, int]:
        response = await person.call("POST", "/api/v1/session", {"login": "li", "password": password})
        return *(await refusal(response)), int(response.headers.get("Retry-After", 0))

    said = await asyncio.gather(*(tried(f"wrong {number}") for number in range(12)))
    assert sorted(code for _, code, _ in said) == ["locked_out"] * 7 + ["password_wrong"] * 5
    assert max(wait for *_, wait in said) <= LockOut.FIRST_S + 1, "as long as after five in a row"


async def test_an_unknown_login_is_refused_as_a_wrong_password(nobody: Person) -> None:
    await nobody.look()
    response = await nobody.call("POST", "/api/v1/session", {"login": "nobody", "password": PASSWORD})
    assert await refusal(response) == (401, "password_wrong")


async def test_a_change_on_a_cookie_needs_its_csrf_token(teacher: Person) -> None:
    teacher.csrf = "0" * 32
    response = await teacher.call("POST", "/api/v1/lessons", {"title": "x"})
    assert await refusal(response) == (403, "csrf_failed")
    assert await refusal(await teacher.call("DELETE", "/api/v1/session")) == (403, "csrf_failed")


async def test_a_page_of_another_site_is_refused(teacher: Person) -> None:
    response = await teacher.call("POST", "/api/v1/lessons", {"title": "x"}, headers={"Origin": "https://evil.example"})
    assert await refusal(response) == (403, "origin_foreign")
    socket = {"Origin": "https://evil.example", "Connection": "Upgrade", "Upgrade": "websocket"}
    response = await teacher.client.get("/socket.io/?EIO=4&transport=websocket", headers=socket)
    assert await refusal(response) == (403, "origin_foreign")


async def test_a_name_that_is_not_ours_is_refused(app_client: Client) -> None:
    response = await app_client.get("/healthz", headers={"Host": "rebound.example"})
    assert await refusal(response) == (400, "host_unknown")


async def test_a_disabled_account_is_signed_out_and_kept_out(admin: Person, teacher: Person) -> None:
    row = next(row for row in await admin.get("/api/v1/accounts") if row["login"] == "li")
    changed = await admin.call("PATCH", f"/api/v1/accounts/{row['id']}", {"disabled": True})
    assert (await changed.json())["disabled"] is True
    assert (await teacher.look())["account"] is None
    response = await teacher.call("POST", "/api/v1/session", {"login": "li", "password": PASSWORD})
    assert await refusal(response) == (401, "password_wrong")
    await admin.call("PATCH", "/api/v1/accounts/li", {"disabled": False})
    await teacher.sign_in("li")


async def test_another_password_signs_out_and_is_the_only_one_then(admin: Person, teacher: Person) -> None:
    short = await admin.call("PATCH", "/api/v1/accounts/li", {"password": "short"})
    assert await refusal(short) == (422, "password_length")
    assert (await admin.call("PATCH", "/api/v1/accounts/li", {"password": "another long one"})).status == 200
    assert (await teacher.look())["account"] is None
    response = await teacher.call("POST", "/api/v1/session", {"login": "li", "password": PASSWORD})
    assert await refusal(response) == (401, "password_wrong")
    await teacher.sign_in("li", "another long one")


async def test_erasing_a_person_says_what_was_removed(admin: Person, teacher: Person, lesson: Any) -> None:
    await teacher.post("/api/v1/seats", {"lesson": lesson["id"], "role": "lead_teacher"})
    response = await admin.call("DELETE", "/api/v1/accounts/li")
    removed = await response.json()
    assert removed["participants"] == 1
    assert [row["login"] for row in await admin.get("/api/v1/accounts")] == ["admin"]


async def test_administrators_cannot_shut_themselves_out(admin: Person) -> None:
    assert await refusal(await admin.call("DELETE", "/api/v1/accounts/admin")) == (403, "not_allowed")


async def test_schools_and_rooms(admin: Person, teacher: Person) -> None:
    school = await admin.post("/api/v1/schools", {"name": "青山村小", "recording": True})
    room = await admin.post("/api/v1/rooms", {"school": school["id"], "name": "Room 3"})
    assert room in await admin.get("/api/v1/rooms")
    assert room not in await teacher.get("/api/v1/rooms"), "a teacher sees the own school"
    elsewhere = await teacher.call("POST", "/api/v1/lessons", {"title": "x", "school": school["id"]})
    assert await refusal(elsewhere) == (403, "not_allowed")
    moved = await admin.call("PATCH", "/api/v1/accounts/li", {"school": school["id"]})
    assert (await moved.json())["school"] == school["id"]
    assert await teacher.get("/api/v1/rooms") == [room]
    assert await teacher.get("/api/v1/schools") == [school]
    missing = await admin.call("POST", "/api/v1/rooms", {"school": "nowhere", "name": "Room 4"})
    assert await refusal(missing) == (404, "not_found")
    assert (await teacher.post("/api/v1/lessons", {"title": "x", "school": school["id"]}))["recording"] is True


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/v1/accounts", None),
        ("POST", "/api/v1/accounts", {"login": "a", "name": "a", "password": PASSWORD}),
        ("PATCH", "/api/v1/accounts/admin", {"disabled": True}),
        ("DELETE", "/api/v1/accounts/admin", None),
        ("POST", "/api/v1/schools", {"name": "a"}),
        ("POST", "/api/v1/rooms", {"school": "a", "name": "a"}),
    ],
)
async def test_what_administrators_do_nobody_else_does(
    teacher: Person, browser: Any, method: str, path: str, body: Any
) -> None:
    assert await refusal(await teacher.call(method, path, body)) == (403, "not_allowed")
    assert await refusal(await (await browser()).call(method, path, body)) == (401, "signed_out")


@pytest.mark.parametrize(
    "body",
    [
        {"login": "a b", "name": "x", "password": PASSWORD},
        {"login": "", "name": "x", "password": PASSWORD},
        {"login": "ok", "name": "a\u0000b", "password": PASSWORD},
        {"login": "ok", "name": "x", "password": PASSWORD, "role": "king"},
        {"login": "ok", "name": "x", "password": PASSWORD, "more": 1},
        {"login": "ok", "name": "x" * 500, "password": PASSWORD},
        [],
    ],
)
async def test_malformed_accounts_are_not_made(admin: Person, body: Any) -> None:
    assert await refusal(await admin.call("POST", "/api/v1/accounts", body)) == (400, "malformed")
    assert len(await admin.get("/api/v1/accounts")) == 1


async def test_a_login_is_taken_once(admin: Person) -> None:
    body = {"login": "wang", "name": "Wang", "password": PASSWORD}
    await admin.post("/api/v1/accounts", body)
    assert await refusal(await admin.call("POST", "/api/v1/accounts", body)) == (409, "login_taken")


async def test_stray_bytes_in_headers_are_wrong_and_nothing_worse(app_client: Client, teacher: Person) -> None:
    url = app_client.make_url("/api/v1/session")
    cookie = "; ".join(f"{one.key}={one.value}" for one in teacher.client.cookie_jar)
    for header, status in (
        (f"Cookie: {cookie}\r\nX-CSRF: \xff", 403),
        ("Cookie: tongke=\xff", 204),
        ("Authorization: Bearer \xff", 204),
    ):
        reader, writer = await asyncio.open_connection(url.host, url.port)
        head = f"DELETE {url.path} HTTP/1.1\r\nHost: {url.host}:{url.port}\r\nConnection: close\r\n{header}\r\n\r\n"
        writer.write(head.encode("latin-1"))
        assert int((await reader.readline()).split()[1]) == status
        writer.close()
