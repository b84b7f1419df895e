"""A lesson's plan when it is to be taken over into another: who finds it, and who may read it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from classroom.events import SYSTEM
from tests.held import do, hold
from tests.unit.web.people import PASSWORD, Person, refusal
from web.server.parts import Parts

STEPS = [{"step": "a", "title": "Begin", "minutes": 5, "note": "Slowly."}, {"step": "b", "title": "End"}]


async def test_a_teacher_finds_the_plans_of_earlier_lessons(
    admin: Person, teacher: Person, browser: Callable[[], Awaitable[Person]], parts: Parts
) -> None:
    owner = next(one["id"] for one in await admin.get("/api/v1/accounts") if one["login"] == "li")
    bare = await hold(parts, "Bare", [None], owner=owner, names=["Anna"], questions=[], ends=False)
    held = await hold(parts, "Autumn", [None], owner=owner, names=["Anna"], questions=[], ends=False)
    assert await teacher.get("/api/v1/plans") == []
    await do(parts, held.id, SYSTEM, "plan.write", revision=0, steps=STEPS)
    await do(parts, held.id, SYSTEM, "step.begin", step="a")
    await do(parts, held.id, SYSTEM, "lesson.end")

    [found] = await teacher.get("/api/v1/plans")
    assert (found["lesson"], found["title"]) == (held.id, "Autumn")
    plan = await teacher.get(f"/api/v1/lessons/{held.id}/plan")
    assert [(one["title"], one.get("note")) for one in plan["steps"]] == [("Begin", "Slowly."), ("End", None)]
    assert [one["step"] for one in plan["begun"]] == ["a"]
    assert (await teacher.get(f"/api/v1/lessons/{bare.id}/plan"))["steps"] == []

    await admin.post("/api/v1/accounts", {"login": "zhao", "name": "Zhao", "role": "teacher", "password": PASSWORD})
    other = await browser()
    await other.sign_in("zhao")
    assert await other.get("/api/v1/plans") == []
    assert await refusal(await other.call("GET", f"/api/v1/lessons/{held.id}/plan")) == (404, "not_found")
    assert (await admin.get(f"/api/v1/lessons/{held.id}/plan"))["revision"] == 1
