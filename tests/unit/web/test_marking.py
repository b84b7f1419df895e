"""Marking when the lesson is over: who may, what of, and that the question is then one of the test."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from classroom.events import Role
from tests.held import Held, hold
from tests.unit.web.people import PASSWORD, Person, refusal
from tests.unit.web.test_practices import rooms  # noqa: F401
from web.server.parts import Parts

ESSAY = {"type": "essay", "prompt": "Autumn?", "worth": 4}
CLOUD = {"type": "cloud", "prompt": "Autumn is…"}


def asked(kind: str = "activity.mark", **data: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "kind": kind, "data": data}


async def test_what_was_left_unmarked_is_marked_and_counts(
    admin: Person,
    teacher: Person,
    parts: Parts,
    rooms: list[str],  # noqa: F811
    nobody: Person,
    browser: Callable[[], Awaitable[Person]],
) -> None:
    owner = next(one["id"] for one in await admin.get("/api/v1/accounts") if one["login"] == "li")
    held: Held = await hold(parts, "Autumn", rooms, owner=owner, names=["Anna", "Bo"], questions=[ESSAY, CLOUD])
    path = f"/api/v1/lessons/{held.id}/marking"
    found = await teacher.get(path)
    [essay] = found["activities"]
    wrote = sorted(essay["answers"])
    assert wrote
    assert all(one["text"] for one in essay["answers"].values())
    assert [found["people"][who]["name"] for who in wrote] == [held.children[who] for who in wrote]
    report = await teacher.get(f"/api/v1/lessons/{held.id}/report")
    assert report["questions"][0]["figures"] is None

    mark = asked(activity=essay["activity"], participant=wrote[0], points=3, comment="Good.")
    assert await refusal(await admin.call("POST", path, mark)) == (403, "not_allowed")  # who did not teach
    [marked] = (await teacher.post(path, mark))["activities"]
    assert marked["marks"][wrote[0]]["points"] == 3
    assert marked["marks"][wrote[0]]["comment"] == "Good."
    again = await teacher.post(path, mark)
    assert again["activities"] == [marked], "sent again it is the same"
    assert set(marked["answers"]) == set(again["people"]) == {wrote[0]}, "no more than what is another"
    [whole] = (await teacher.get(f"{path}?activity={essay['activity']}"))["activities"]
    assert (whole["marks"], whole["answers"]) == (marked["marks"], essay["answers"])
    assert (await teacher.get(f"{path}?activity=none"))["activities"] == []
    refused = await teacher.call("POST", path, asked(activity=essay["activity"], participant=wrote[0], points=5))
    assert await refusal(refused) == (409, "unfit_mark")
    assert await refusal(await teacher.call("POST", path, asked("activity.close", activity="q"))) == (400, "malformed")
    await sees_what_it_got(parts, nobody, wrote[0], essay["activity"])
    for who in wrote[1:]:
        await teacher.post(path, asked(activity=essay["activity"], participant=who, points=4))
    report = await teacher.get(f"/api/v1/lessons/{held.id}/report")
    assert report["questions"][0]["figures"] is not None, "it is one of the test now"

    cloud = report["questions"][1]["asked"]
    word = cloud["tally"][0][0]
    await teacher.post(path, asked("activity.hide", activity=cloud["activity"], word=word, on=True))
    report = await teacher.get(f"/api/v1/lessons/{held.id}/report")
    assert report["questions"][1]["asked"]["unshown"] == [word]

    await admin.post("/api/v1/accounts", {"login": "zhao", "name": "Zhao", "role": "teacher", "password": PASSWORD})
    account = next(one["id"] for one in await admin.get("/api/v1/accounts") if one["login"] == "zhao")
    other = await browser()
    await other.sign_in("zhao")
    assert await refusal(await other.call("GET", path)) == (404, "not_found")
    await parts.store.participants.add(
        held.id, Role.LOCAL_TEACHER, "zhao", parts.now_ms, room=rooms[1], account=account
    )
    mine = (await other.get(path))["activities"][0]
    assert set(mine["answers"]) == {who for who in wrote if found["people"][who]["room"] == rooms[1]}
    theirs = next(who for who in wrote if found["people"][who]["room"] == rooms[0])
    not_mine = await other.call("POST", path, asked(activity=essay["activity"], participant=theirs, points=1))
    assert await refusal(not_mine) == (403, "not_allowed")
    await parts.store.participants.add(
        held.id, Role.LOCAL_TEACHER, "zhao", parts.now_ms, room=rooms[0], account=account
    )
    both = (await other.post(path, asked(activity=essay["activity"], participant=theirs, points=1)))["activities"][0]
    own = next(who for who in wrote if who != theirs and who in mine["answers"])
    assert both["marks"][theirs]["points"] == 1, "who taught two rooms marks both"
    both = (await other.post(path, asked(activity=essay["activity"], participant=own, points=2)))["activities"][0]
    assert both["marks"][own]["points"] == 2


async def sees_what_it_got(parts: Parts, child: Person, who: str, activity: str) -> None:
    """The child, when the lesson is over: its own text and mark, and of nobody else's."""
    await child.look()
    assert child.client is not None
    cookies = {one.key: one.value for one in child.client.cookie_jar}
    here = await parts.store.sessions.get(cookies["tongke"], parts.now_ms)
    assert here is not None
    seat = (await parts.store.seats.add(who, here.id_hash, parts.now_ms)).id
    found = await child.get(f"/api/v1/seats/{seat}/marks")
    [one] = found["activities"]
    assert (one["activity"], one["marks"][who]["points"], one["marks"][who]["comment"]) == (activity, 3, "Good.")
    assert set(one["answers"]) == set(one["marks"]) == {found["participant"]} == {who}
    assert await refusal(await child.call("GET", "/api/v1/seats/none/marks")) == (404, "not_found")
