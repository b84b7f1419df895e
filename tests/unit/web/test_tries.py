"""A recording's questions tried by who looks at it: marked by the server, kept apart from the lesson."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from classroom.activities import trying
from classroom.activities.question import HIDDEN
from classroom.activities.types import type_of
from classroom.errors import ClientFault
from classroom.events import SYSTEM
from tests.held import QUESTIONS, Held, do, hold
from tests.unit.classroom.questions import QUESTIONS as EVERY
from tests.unit.classroom.questions import question, values
from tests.unit.web.people import PASSWORD, Person, good, refusal
from tests.unit.web.test_practices import rooms  # noqa: F401
from web.server.parts import Parts

NOT_TRIED = [
    {"type": "vote", "prompt": "?", "options": ["a", "b"], "anonymous": True},
    {"type": "essay", "prompt": "?"},
    {"type": "cloud", "prompt": "?"},
]


async def recorded(
    parts: Parts,
    admin: Person,
    rooms: list[str],  # noqa: F811
    asked: list[Any],
    more: Sequence[dict[str, Any]] = (),
) -> tuple[Held, str]:
    """`more` is asked, and nobody answers."""
    owner = next(one["id"] for one in await admin.get("/api/v1/accounts") if one["login"] == "li")
    names = ["Anna", "Bo"]
    held = await hold(parts, "Autumn", rooms, owner=owner, names=names, questions=asked, ends=False)
    for place, one in enumerate(more):
        await do(parts, held.id, SYSTEM, "activity.open", activity=f"n{place}", **one)
        await do(parts, held.id, SYSTEM, "activity.close", activity=f"n{place}")
    await do(parts, held.id, SYSTEM, "lesson.end")
    made = await parts.store.resources.add(
        "Autumn", held.id, parts.now_ms, lesson=held.id, status="ready", duration_ms=4010, tracks=[]
    )
    return held, made.id


async def asked_in(parts: Parts, held: Held) -> dict[str, Any]:
    return (await parts.journal.state(held.id))["activities"]["by_id"]


async def test_tried_again_and_again_apart_from_the_lesson(
    admin: Person,
    teacher: Person,
    parts: Parts,
    rooms: list[str],  # noqa: F811
    browser: Callable[[], Awaitable[Person]],
) -> None:
    held, resource = await recorded(parts, admin, rooms, QUESTIONS[:4], NOT_TRIED)
    path, report = f"/api/v1/resources/{resource}/tries", f"/api/v1/lessons/{held.id}/report"
    by_id = await asked_in(parts, held)
    before, seq = await teacher.get(report), (await parts.journal.state(held.id))["seq"]
    [first, *_, vote, essay, cloud] = by_id
    said = await teacher.post(path, {"activity": first, "choice": 0})
    assert (said["mark"], said["answer"], said["tries"]) == (0, 2, 1)
    assert said["explanation"].startswith("禾")
    said = await teacher.post(path, {"activity": first, "choice": 2})
    assert (said["mark"], said["first"], said["best"], said["tries"]) == (1, 0, 1, 2)
    await teacher.post(path, {"activity": first, "choice": 1})
    await admin.post(path, {"activity": first, "choice": 2})
    told = await teacher.get(path)
    assert told["mine"] == [{"activity": first, "first": 0, "best": 1, "tries": 3}]
    assert told["all"] == [{"activity": first, "people": 2, "right": 1, "mean": 0.5}]

    for activity, why in ((vote, "without names"), (essay, "a teacher marks"), (cloud, "right or wrong")):
        answer = await teacher.call("POST", path, {"activity": activity, "choice": 0})
        assert why in (await answer.json())["title"]
        assert await refusal(answer) == (409, "not_tried")
    for ill, code in (({"choice": 9}, 400), ({"choices": [1]}, 400), ({}, 400), ({"choice": 0, "text": "x"}, 400)):
        assert (await teacher.call("POST", path, {"activity": first, **ill})).status == code, ill
    assert await refusal(await teacher.call("POST", path, {"activity": "none", "choice": 0})) == (404, "not_found")

    assert await teacher.get(report) == before, "the report knows nothing of it"
    assert (await parts.journal.state(held.id))["seq"] == seq
    await admin.post("/api/v1/accounts", {"login": "wu", "name": "Wu", "password": PASSWORD})
    stranger = await browser()
    await stranger.sign_in("wu")
    assert await refusal(await stranger.call("GET", path)) == (404, "not_found")
    await parts.store.accounts.erase((await admin.look())["account"]["id"])
    assert (await teacher.get(path))["all"][0]["people"] == 1, "who is erased has tried nothing"


def test_every_type_is_marked_as_in_the_lesson_or_says_why_not() -> None:
    rng, tried_types = random.Random(1), 0
    for name in EVERY:
        asked = {"anonymous": False, **question(name)}
        kind = type_of(asked)
        command = trying.Trying.model_validate({"activity": "q", kind.field: values(rng, name)})
        assert trying.why_not({**asked, "anonymous": True}) == "anonymous"
        if why := trying.why_not(asked):
            assert why in trying.WHY
            with pytest.raises(ClientFault, match=trying.WHY[why]):
                trying.tried(asked, command)
            continue
        tried_types += 1
        said = trying.tried(asked, command)
        assert said["mark"] == kind.mark(asked, command.model_dump(exclude_none=True)[kind.field])
        assert said.keys() == {"mark", *(field for field in HIDDEN if field in asked)}
    assert tried_types >= 8


async def test_nothing_is_tried_while_the_lesson_goes_on_nor_of_what_was_cut_out(
    admin: Person,
    teacher: Person,
    parts: Parts,
    lesson: Any,
    rooms: list[str],  # noqa: F811
) -> None:
    for kind in ("lesson.open", "lesson.start"):
        await do(parts, lesson["id"], SYSTEM, kind)
    made = await parts.store.resources.add("Now", lesson["id"], parts.now_ms, lesson=lesson["id"], status="ready")
    running = await teacher.call("POST", f"/api/v1/resources/{made.id}/tries", {"activity": "q", "choice": 0})
    assert await refusal(running) == (409, "wrong_phase")

    held, resource = await recorded(parts, admin, rooms, QUESTIONS[:2])
    path = f"/api/v1/resources/{resource}/tries"
    first, second = await asked_in(parts, held)
    events = await parts.journal.events(held.id)
    at = {one.data["activity"]: one.at for one in events if one.kind == "activity.opened"}
    assert (await teacher.call("POST", path, {"activity": first, "choice": 2})).status == 200
    cut = {"kind": "cut", "revision": 0, "from_ms": max(0, at[first] - 5), "to_ms": at[second] + 1}
    await good(await teacher.call("POST", f"/api/v1/resources/{resource}/edits", {"decision": cut}))
    left = await teacher.get(f"/api/v1/resources/{resource}/events")
    there = {one["data"]["activity"] for one in left if one["kind"] == "activity.opened"}
    for activity in (first, second):
        status = (await teacher.call("POST", path, {"activity": activity, "choice": 0})).status
        assert status == (200 if activity in there else 404)
