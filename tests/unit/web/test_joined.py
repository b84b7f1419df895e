"""Recordings joined to one: who sees it, what it is made of, and what that forbids."""

from __future__ import annotations

import asyncio
import io
import re
from dataclasses import replace
from typing import Any

import av
import pytest
from aiohttp import ClientResponse

from classroom.ids import new_id
from classroom.review import Outcome
from classroom.store.harvest import Wanted
from classroom.store.records import Grant
from tests.recorded import Take, publish
from tests.unit.web.people import PASSWORD, Person, good, refusal
from tests.unit.web.test_captions import put
from tests.unit.web.test_lessons import do
from tests.unit.web.test_renders import renderer, until  # noqa: F401 - a fixture
from web.server.indexing import Indexer
from web.server.parts import Parts
from web.server.renderer import Renderer

Bases = list[str]


async def a_recording(parts: Parts, person: Person, title: str, lasts_ms: int) -> str:
    lesson = await person.post("/api/v1/lessons", {"title": title})
    for kind in ("lesson.open", "lesson.start", "lesson.end"):
        await do(parts, lesson["id"], kind)
    takes = [Take("camera", "p1", 0, lasts_ms, 320, 180), Take("mic", "p1", 0, lasts_ms)]
    return (await publish(parts, lesson["id"], takes)).id


@pytest.fixture
async def two(parts: Parts, teacher: Person) -> list[str]:
    return [await a_recording(parts, teacher, "Morning", 8_000), await a_recording(parts, teacher, "After", 4_000)]


async def joined(person: Person, ids: list[str], title: str = "The day") -> str:
    made = await person.post("/api/v1/joined", {"title": title, "parts": ids})
    return f"/api/v1/resources/{made['resource']}"


async def cut(person: Person, one: str, from_ms: int, to_ms: int, revision: int = 0) -> None:
    decision = {"revision": revision, "kind": "cut", "from_ms": from_ms, "to_ms": to_ms}
    await person.post(f"/api/v1/resources/{one}/edits", {"decision": decision})


async def test_it_is_told_of_in_order_and_lasts_as_long_as_what_is_left_of_its_parts(
    teacher: Person, two: list[str]
) -> None:
    base = await joined(teacher, two)
    whole = await teacher.get(base)
    assert (whole["kind"], whole["title"], whole["tracks"], whole["may_edit"]) == ("joined", "The day", [], True)
    long = whole["duration_ms"]
    assert long == pytest.approx(12_000, abs=100)
    assert await teacher.get(f"{base}/events") == []
    told = await teacher.get(f"{base}/parts")
    assert [one["id"] for one in told["parts"]] == two
    await cut(teacher, two[0], 1_000, 3_000)
    assert (await teacher.get(base))["duration_ms"] == long - 2_000, "an edit of a part shows in it"
    turned = {"revision": 1, "title": "Turned", "parts": two[::-1]}
    assert [one["id"] for one in (await good(await teacher.call("PUT", f"{base}/parts", turned)))["parts"]] == two[::-1]
    late = await teacher.call("PUT", f"{base}/parts", turned)
    assert await refusal(late) == (409, "edited")
    assert (await teacher.get(base))["title"] == "Turned"
    assert base.rpartition("/")[2] in [one["id"] for one in await teacher.get("/api/v1/resources")]


async def test_who_sees_it_sees_every_part(
    admin: Person, parts: Parts, teacher: Person, two: list[str], browser: Any
) -> None:
    people = {}
    for login, role in (("wu", "teacher"), ("sun", "staff")):
        await admin.post("/api/v1/accounts", {"login": login, "name": login, "password": PASSWORD, "role": role})
        people[login] = await browser()
        await people[login].sign_in(login)
    other, staff = people["wu"], people["sun"]
    theirs = await a_recording(parts, other, "Of another", 4_000)
    assert await refusal(await teacher.call("POST", "/api/v1/joined", {"title": "x", "parts": [two[0], theirs]})) == (
        404,
        "not_found",
    )
    mine, mixed = await joined(teacher, two), await joined(staff, [two[0], theirs])
    for person, seen, unseen in ((teacher, mine, mixed), (other, None, mine), (other, None, mixed)):
        for path in ("", "/parts", "/events", "/captions", "/renders"):
            assert await refusal(await person.call("GET", f"{unseen}{path}")) == (404, "not_found")
        listed = [f"/api/v1/resources/{one['id']}" for one in await person.get("/api/v1/resources")]
        assert unseen not in listed
        assert seen is None or seen in listed
    put_back = {"revision": 1, "title": "x", "parts": two}
    assert await refusal(await other.call("PUT", f"{mine}/parts", put_back)) == (404, "not_found")
    assert (await staff.get(mixed))["may_edit"]

    # It is published, and one of its parts is not.
    for one in (mine.rpartition("/")[2], two[0], two[1]):
        for path in ("", "/parts", "/poster"):
            assert await refusal(await other.call("GET", f"{mine}{path}")) == (404, "not_found")
        assert mine.rpartition("/")[2] not in [row["id"] for row in await other.get("/api/v1/resources")]
        row = await parts.store.resources.get(one)
        assert row is not None
        public = Outcome(replace(row, state="published", reach="all"), None, None)
        await parts.store.reviews.put(row, public)
    assert [one["id"] for one in (await other.get(f"{mine}/parts"))["parts"]] == two
    assert not (await other.get(mine))["may_edit"]
    assert await refusal(await other.call("PUT", f"{mine}/parts", put_back)) == (403, "not_allowed")


async def test_it_is_nowhere_for_whom_one_of_its_parts_is_not(
    admin: Person, parts: Parts, teacher: Person, two: list[str], browser: Any
) -> None:
    await admin.post("/api/v1/accounts", {"login": "wu", "name": "Wu", "password": PASSWORD, "role": "teacher"})
    other = await browser()
    await other.sign_in("wu")
    base = await joined(teacher, two, "Zephyr day")
    whole = base.rpartition("/")[2]

    async def becomes(one: str, state: str) -> None:
        row = await parts.store.resources.get(one)
        assert row is not None
        published = replace(row, state=state, reach="all", published_at=1, points=("zephyr",))
        after = replace(published, version=row.version + 1)
        await parts.store.reviews.put(row, Outcome(after, None, None))
        await Indexer(parts).catch_up()

    async def places() -> dict[str, bool]:
        """Where it is told of."""
        listed = [one["id"] for one in await other.get("/api/v1/resources")]
        found = [one["id"] for one in await other.get("/api/v1/resources?words=zephyr")]
        counted = await other.get("/api/v1/resources/facets?words=day")
        like = await other.get(f"/api/v1/resources/{two[0]}/like")
        return {
            "list": whole in listed,
            "found": whole in found,
            "counted": counted["total"] == 1,
            "suggested": "Zephyr day" in await other.get("/api/v1/resources/suggestions?words=zeph"),
            "like": whole in [one["id"] for one in like],
            "opened": (await other.call("GET", base)).status == 200,
            "told to anyone": whole in [one.id for one in await parts.store.harvest.latest(9)],
        }

    for one in (whole, *two):
        await becomes(one, "published")
    assert [name for name, is_there in (await places()).items() if not is_there] == []
    await becomes(two[1], "draft")
    assert [name for name, is_there in (await places()).items() if is_there] == []
    await parts.store.access.grant(Grant(new_id(), whole, (await other.look())["account"]["id"], None, None, None, 0))
    assert [name for name, is_there in (await places()).items() if is_there] == []


async def test_harvesters_are_told_what_became_of_a_part(parts: Parts, teacher: Person, two: list[str]) -> None:
    whole = (await joined(teacher, two)).rpartition("/")[2]

    async def becomes(one: str, state: str, at: int) -> None:
        row = await parts.store.resources.get(one)
        assert row is not None
        after = replace(row, state=state, state_at=at, changed_at=at, reach="all", published_at=1)
        await parts.store.reviews.put(row, Outcome(replace(after, version=row.version + 1), None, None))

    async def told(since: int = 0) -> dict[str, tuple[int, bool]]:
        rows, of = await parts.store.harvest.list(Wanted(from_ms=since), 9)
        assert len(rows) == of
        assert rows == sorted(rows, key=lambda one: (one.stamp, one.resource.id))
        return {one.resource.id: (one.stamp, one.gone) for one in rows}

    await becomes(two[0], "published", 10)
    await becomes(whole, "published", 20)
    await becomes(two[1], "published", 30)
    assert await told() == {two[0]: (10, False), two[1]: (30, False), whole: (30, False)}
    assert whole in await told(25), "it is whole only since its last part is told of"
    await becomes(two[1], "withdrawn", 40)
    assert await told(35) == {two[1]: (40, True), whole: (40, True)}
    assert [one.id for one in await parts.store.harvest.latest(9)] == [two[0]]
    await becomes(whole, "withdrawn", 50)
    assert (await told(45)) == {whole: (50, True)}
    first = await parts.store.harvest.list(Wanted(after=(40, two[1])), 1)
    assert [one.resource.id for one in first[0]] == [whole]
    assert await parts.store.harvest.earliest() == 10


async def test_other_parts_and_another_title_go_through_the_review(
    admin: Person, parts: Parts, teacher: Person, two: list[str], browser: Any
) -> None:
    await admin.post("/api/v1/accounts", {"login": "sun", "name": "Sun", "password": PASSWORD, "role": "staff"})
    staff = await browser()
    await staff.sign_in("sun")
    base = await joined(teacher, two)

    async def step(person: Person, *actions: str) -> None:
        for action in actions:
            await person.post(f"{base}/review", {"action": action})

    async def place(person: Person, ids: list[str], title: str) -> ClientResponse:
        revision = (await person.get(f"{base}/parts"))["revision"]
        return await person.call("PUT", f"{base}/parts", {"revision": revision, "title": title, "parts": ids})

    async def stands() -> tuple[str, str, list[str]]:
        whole = await staff.get(base)
        return whole["state"], whole["title"], [one["id"] for one in (await staff.get(f"{base}/parts"))["parts"]]

    await step(teacher, "self_review", "submit")
    version = (await staff.get(base))["version"]
    assert await refusal(await place(teacher, two, "Slip")) == (403, "not_allowed")
    assert await stands() == ("submitted", "The day", two)
    await good(await place(teacher, two[::-1], "Turned"))
    assert await stands() == ("draft", "Turned", two[::-1])
    unseen = await staff.call("POST", f"{base}/review", {"action": "publish", "version": version})
    assert await refusal(unseen) == (409, "changed_meanwhile")

    await step(teacher, "self_review", "submit")
    await step(staff, "publish")
    assert await refusal(await place(teacher, two, "Turned")) == (409, "wrong_state")
    await good(await place(teacher, two[::-1], "Rude"))
    assert await stands() == ("published", "Turned", two[::-1])
    assert (await teacher.get(f"{base}/details"))["details"]["title"] == "Rude"
    await good(await place(staff, two, "Rude"))
    assert (await stands())[2] == two


async def test_what_makes_no_sense_is_refused_and_changes_nothing(teacher: Person, two: list[str]) -> None:
    base = await joined(teacher, two)
    before = await teacher.get("/api/v1/resources")
    for ids, code in (
        (two[:1], (400, "malformed")),
        ([two[0]] * 2, (422, "part_unfit")),
        ([two[0], base.rpartition("/")[2]], (422, "part_unfit")),
        ([two[0], "nobody"], (404, "not_found")),
        ([f"p{n}" for n in range(21)], (400, "malformed")),
    ):
        answer = await teacher.call("POST", "/api/v1/joined", {"title": "x", "parts": ids})
        assert await refusal(answer) == code
    assert await teacher.get("/api/v1/resources") == before
    decision = {"decision": {"revision": 0, "kind": "cut", "from_ms": 0, "to_ms": 1000}}
    assert await refusal(await teacher.call("POST", f"{base}/edits", decision)) == (409, "not_a_recording")
    assert await refusal(await teacher.call("GET", f"/api/v1/resources/{two[0]}/parts")) == (404, "not_found")


async def test_a_part_stays_while_something_is_made_of_it(parts: Parts, teacher: Person, two: list[str]) -> None:
    base = await joined(teacher, two)
    path = (await parts.store.resources.get(two[0])).path  # type: ignore[union-attr]
    assert await refusal(await teacher.call("DELETE", f"/api/v1/resources/{two[0]}")) == (409, "is_part")
    assert (parts.settings.data / "recordings" / path).is_dir()
    assert (await teacher.get(f"/api/v1/resources/{two[0]}"))["tracks"]
    assert (await teacher.call("DELETE", base)).status == 204
    assert (await teacher.get(f"/api/v1/resources/{two[0]}"))["tracks"], "what it was made of stays"
    assert (await teacher.call("DELETE", f"/api/v1/resources/{two[0]}")).status == 204
    assert not (parts.settings.data / "recordings" / path).exists()


async def test_one_file_is_made_of_all_parts_and_given_no_more_once_one_was_edited(
    teacher: Person,
    two: list[str],
    renderer: Renderer,  # noqa: F811 - the fixture
) -> None:
    base = await joined(teacher, two)
    await cut(teacher, two[0], 4_000, 8_000)
    row = await teacher.post(f"{base}/renders", {"layout": "lead"})
    await renderer.start()
    await until(teacher, base, "ready")
    file = f"{base}/renders/{row['id']}/file"
    with av.open(io.BytesIO(await (await teacher.call("GET", file)).read())) as container:
        assert sum(1 for _ in container.decode(video=0)) == 240
        assert [one["metadata"]["title"] for one in container.chapters()][-1] == "After"
    await cut(teacher, two[1], 0, 1_000)
    assert await refusal(await teacher.call("GET", file)) == (404, "not_found")
    assert not (await teacher.get(f"{base}/renders"))[0]["current"]
    await asyncio.sleep(0)


async def test_captions_of_all_parts_are_one_file_timed_as_the_film(teacher: Person, two: list[str]) -> None:
    vtt = "WEBVTT\n\n00:01.000 --> 00:02.000\n{0} one\n\n00:03.000 --> 00:03.900\n{0} two\n"
    base = await joined(teacher, two)
    file = f"{base}/captions/en"
    assert await refusal(await teacher.call("GET", file)) == (404, "not_found")
    for one, said in zip(two, ("Morning", "After"), strict=True):
        await good(await put(teacher, f"/api/v1/resources/{one}/captions/en", vtt.format(said)))
    await good(await put(teacher, f"/api/v1/resources/{two[1]}/captions/zh-CN", vtt.format("下午")))
    listed = await teacher.get(f"{base}/captions")
    assert (listed["captions"], listed["files"]) == ([], ["en", "zh-CN"])
    assert (await teacher.get(f"/api/v1/resources/{two[0]}/captions"))["files"] == ["en"]
    await cut(teacher, two[0], 2_500, 5_000)
    told = re.findall(r"([\d:.]+) --> .*\n(.*)", await (await teacher.call("GET", file)).text())
    # Of eight seconds 5.5 are left, then come the other four.
    assert told == [("00:00:01.000", "Morning one"), ("00:00:06.500", "After one"), ("00:00:08.500", "After two")]
