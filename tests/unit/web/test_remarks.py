"""Notes at moments of a recording are one's own, unless they are shared, and go with the person."""

from __future__ import annotations

from typing import Any

import pytest

from classroom.store import remarks
from tests.unit.web.people import PASSWORD, Person, good, refusal
from tests.unit.web.test_resources import resource
from web.server.parts import Parts

__all__ = ["resource"]


@pytest.fixture
async def staff(admin: Person, browser: Any) -> Person:
    await admin.post("/api/v1/accounts", {"login": "sun", "name": "Sun 孙", "password": PASSWORD, "role": "staff"})
    person: Person = await browser()
    await person.sign_in("sun")
    return person


async def test_a_note_is_ones_own_until_it_is_shared(teacher: Person, staff: Person, resource: str) -> None:
    base = f"/api/v1/resources/{resource}/remarks"
    second = await teacher.post(base, {"at": 3000, "text": "Ask Wang Ming 王明"})
    first = await teacher.post(base, {"at": 1500, "text": "Slower here", "shared": True})
    assert [(one["at"], one["mine"], one["name"]) for one in await teacher.get(base)] == [
        (1500, True, None),
        (3000, True, None),
    ]
    [seen] = await staff.get(base)
    assert (seen["text"], seen["mine"], seen["name"]) == ("Slower here", False, "Li Wen")
    for method, body in (("PATCH", {"text": "x"}), ("DELETE", None)):
        assert await refusal(await staff.call(method, f"{base}/{first['id']}", body)) == (403, "not_allowed")
        assert await refusal(await staff.call(method, f"{base}/{second['id']}", body)) == (404, "not_found")
    change = {"text": "Faster", "at": 2000, "shared": False}
    changed = await good(await teacher.call("PATCH", f"{base}/{first['id']}", change))
    assert (changed["text"], changed["at"], changed["shared"]) == ("Faster", 2000, False)
    assert await staff.get(base) == []
    await good(await teacher.call("DELETE", f"{base}/{second['id']}"))
    assert await refusal(await teacher.call("DELETE", f"{base}/{second['id']}")) == (404, "not_found")
    assert [one["text"] for one in await teacher.get(base)] == ["Faster"]


async def test_notes_are_for_who_sees_the_recording(
    teacher: Person, admin: Person, nobody: Person, resource: str, browser: Any, monkeypatch: Any
) -> None:
    base = f"/api/v1/resources/{resource}/remarks"
    note = await teacher.post(base, {"at": 1, "text": "x", "shared": True})
    await admin.post("/api/v1/accounts", {"login": "wu", "name": "Wu", "password": PASSWORD})
    other = await browser()
    await other.sign_in("wu")
    for method, path in (("GET", base), ("POST", base), ("PATCH", f"{base}/{note['id']}")):
        body = {"at": 1, "text": "y"} if method != "GET" else None
        assert await refusal(await other.call(method, path, body)) == (404, "not_found")
        assert await refusal(await nobody.call(method, path, body)) == (401, "signed_out")
    for wrong in ({"at": -1, "text": "x"}, {"at": 1, "text": " "}, {"at": 1, "text": "\u200b"}, {"at": 1}):
        assert await refusal(await teacher.call("POST", base, wrong)) == (400, "malformed")
    assert await refusal(await teacher.call("POST", base, {"at": 1, "text": "x" * 2001})) == (400, "malformed")
    monkeypatch.setattr(remarks, "MOST", 1)
    assert await refusal(await teacher.call("POST", base, {"at": 1, "text": "x"})) == (409, "remarks_full")


async def test_notes_go_with_the_person_and_with_the_recording(
    parts: Parts, admin: Person, teacher: Person, staff: Person, resource: str
) -> None:
    base = f"/api/v1/resources/{resource}/remarks"
    await staff.post(base, {"at": 1, "text": "mine", "shared": True})
    await staff.post(base, {"at": 2, "text": "mine too"})
    await teacher.post(base, {"at": 3, "text": "stays"})
    who = (await staff.look())["account"]["id"]
    assert (await good(await admin.call("DELETE", f"/api/v1/accounts/{who}")))["remarks"] == 2
    assert [one["text"] for one in await teacher.get(base)] == ["stays"]
    await good(await teacher.call("DELETE", f"/api/v1/resources/{resource}"))
    assert await parts.store.remarks.list(resource, (await teacher.look())["account"]["id"]) == []
