"""Notes at moments of a recording are one's own, unless they are shared as comments, and go with the person. Comments
and ratings are there where a school has turned them on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from classroom.review import Outcome
from classroom.store import remarks
from tests.unit.web.people import PASSWORD, Person, good, refusal
from tests.unit.web.test_resources import resource
from web.server.parts import Parts

__all__ = ["resource"]


@pytest.fixture
async def school(parts: Parts, admin: Person, resource: str) -> str:
    """The recording's and its teacher's, with comments and ratings."""
    made = (await admin.post("/api/v1/schools", {"name": "Hill"}))["id"]
    await good(await admin.call("PATCH", f"/api/v1/schools/{made}", {"comments": True, "ratings": True}))
    li, row = await parts.store.accounts.by_login("li"), await parts.store.resources.get(resource)
    assert li is not None
    assert row is not None
    await parts.store.accounts.set_school(li.id, made)
    await parts.store.reviews.put(row, Outcome(replace(row, school=made), None, None))
    return str(made)


@pytest.fixture
async def staff(admin: Person, browser: Any) -> Person:
    await admin.post("/api/v1/accounts", {"login": "sun", "name": "Sun 孙", "password": PASSWORD, "role": "staff"})
    person: Person = await browser()
    await person.sign_in("sun")
    return person


async def test_a_note_is_ones_own_until_it_is_shared(
    teacher: Person, staff: Person, resource: str, school: str
) -> None:
    base = f"/api/v1/resources/{resource}/remarks"
    second = await teacher.post(base, {"at": 3000, "text": "Ask Wang Ming 王明"})
    first = await teacher.post(base, {"at": 1500, "text": "Slower here", "shared": True})
    assert [(one["at"], one["mine"], one["name"]) for one in await teacher.get(base)] == [
        (1500, True, None),
        (3000, True, None),
    ]
    [seen] = await staff.get(base)
    assert (seen["text"], seen["mine"], seen["name"]) == ("Slower here", False, "Li Wen")
    assert await refusal(await staff.call("PATCH", f"{base}/{first['id']}", {"text": "x"})) == (403, "not_allowed")
    for method, body in (("PATCH", {"text": "x"}), ("DELETE", None)):
        assert await refusal(await staff.call(method, f"{base}/{second['id']}", body)) == (404, "not_found")
    change = {"text": "Faster", "at": 2000, "shared": False}
    changed = await good(await teacher.call("PATCH", f"{base}/{first['id']}", change))
    assert (changed["text"], changed["at"], changed["shared"]) == ("Faster", 2000, False)
    assert await staff.get(base) == []
    await good(await teacher.call("DELETE", f"{base}/{second['id']}"))
    assert await refusal(await teacher.call("DELETE", f"{base}/{second['id']}")) == (404, "not_found")
    assert [one["text"] for one in await teacher.get(base)] == ["Faster"]


async def test_notes_are_for_who_sees_the_recording(
    teacher: Person, admin: Person, nobody: Person, resource: str, school: str, browser: Any, monkeypatch: Any
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
    parts: Parts, admin: Person, teacher: Person, staff: Person, resource: str, school: str
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


async def test_comments_are_where_the_schools_have_them_and_the_staff_removes_them(
    admin: Person, teacher: Person, staff: Person, resource: str, school: str
) -> None:
    base = f"/api/v1/resources/{resource}"
    note = await teacher.post(f"{base}/remarks", {"at": 1, "text": "comment", "shared": True})
    only = {"at": 2, "text": "for the review", "review": True}
    await teacher.post(f"{base}/remarks", only)
    assert (await teacher.get(f"{base}/opinions"))["comments"]
    assert await refusal(await staff.call("PATCH", f"/api/v1/schools/{school}", {"comments": False})) == (
        *(403, "not_allowed"),
    )
    await good(await admin.call("PATCH", f"/api/v1/schools/{school}", {"comments": False}))
    assert not (await teacher.get(f"{base}/opinions"))["comments"]
    assert [one["text"] for one in await staff.get(f"{base}/remarks")] == ["for the review"]
    shared = await teacher.call("POST", f"{base}/remarks", {"at": 1, "text": "x", "shared": True})
    assert await refusal(shared) == (403, "comments_off")
    change = await teacher.call("PATCH", f"{base}/remarks/{note['id']}", {"shared": True})
    assert await refusal(change) == (403, "comments_off")
    await good(await admin.call("PATCH", f"/api/v1/schools/{school}", {"comments": True}))
    [seen, _] = await staff.get(f"{base}/remarks")
    assert (seen["text"], seen["mine"], seen["may_remove"]) == ("comment", False, True)
    await good(await staff.call("DELETE", f"{base}/remarks/{note['id']}"))
    assert [one["text"] for one in await teacher.get(f"{base}/remarks")] == ["for the review"]


async def test_stars_are_told_of_three_and_of_another_school_where_both_have_them(
    parts: Parts, admin: Person, teacher: Person, resource: str, school: str, browser: Any
) -> None:
    base = f"/api/v1/resources/{resource}"
    row = await parts.store.resources.get(resource)
    assert row is not None
    published = replace(row, state="published", reach="all", version=row.version + 1)
    await parts.store.reviews.put(row, Outcome(published, None, None))
    other = (await admin.post("/api/v1/schools", {"name": "Lake"}))["id"]
    people = []
    for login, at in (("wu", school), ("hu", school), ("ma", school), ("far", other)):
        await admin.post("/api/v1/accounts", {"login": login, "name": login, "password": PASSWORD, "school": at})
        people.append(await browser())
        await people[-1].sign_in(login)
    *near, far = people
    off = {"comments": False, "ratings": False, "mine": None, "count": None, "mean": None}
    assert await far.get(f"{base}/opinions") == off
    assert await refusal(await far.call("PUT", f"{base}/rating", {"stars": 5})) == (403, "ratings_off")
    assert await refusal(await teacher.call("PUT", f"{base}/rating", {"stars": 5})) == (403, "not_allowed")
    for wrong in (0, 6, 2.5, "5", None):
        assert await refusal(await near[0].call("PUT", f"{base}/rating", {"stars": wrong})) == (400, "malformed")
    for person, stars in zip(near, (1, 4, 5), strict=True):
        now = await good(await person.call("PUT", f"{base}/rating", {"stars": 3}))
        assert (now["mine"], now["count"]) == (3, 3 if person is near[2] else None)
        await good(await person.call("PUT", f"{base}/rating", {"stars": stars}))
    told = await teacher.get(f"{base}/opinions")
    assert (told["mine"], told["count"], told["mean"]) == (None, 3, 3.3)
    await good(await admin.call("PATCH", f"/api/v1/schools/{other}", {"ratings": True}))
    assert (await far.get(f"{base}/opinions"))["mean"] == 3.3
    assert (await good(await near[0].call("DELETE", f"{base}/rating")))["count"] is None
    who = (await near[1].look())["account"]["id"]
    await good(await admin.call("DELETE", f"/api/v1/accounts/{who}"))
    assert (await parts.store.ratings.of(resource, who)).mine is None
