"""The library's search by REST: all that a recording says in words is found at its moment, nothing that was taken out,
and nothing by whom it is not for. And how much it is used."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from classroom.errors import ClientFault
from classroom.events import Role, Seat
from classroom.store.records import Resource
from tests.unit.web.node import evaluate
from tests.unit.web.people import PASSWORD, Person, good, refusal
from tests.unit.web.test_captions import put
from tests.unit.web.test_resources import TRACK, asked
from web.server import indexing
from web.server.indexing import Indexer, rebuilt
from web.server.parts import Parts

VTT = """WEBVTT

00:00.000 --> 00:01.000
<v Li>今天我们学习光合
作用

00:02.000 --> 00:03.000
<v Li>叶子是绿色的
"""
NOTE = {"object": "n1", "type": "note", "color": "#ffd84d", "size": 28, "box": [40, 40, 300, 200], "text": "预习第三课"}


@pytest.fixture
async def recording(parts: Parts, teacher: Person, lesson: Any) -> str:
    """Of a lesson with slides, a note on the board, a question and captions."""
    me = (await teacher.look())["account"]["id"]
    row = await parts.store.shelves.add(me, "Leaves.pdf", 10, parts.now_ms, 10, 1 << 30)
    assert row is not None
    content = parts.shelf.content("d" * 64)
    content.mkdir(parents=True)
    (content / "text.json").write_text(json.dumps(["Autumn 秋天", "Chlorophyll 叶绿素"]))
    await parts.store.shelves.uploaded(row.id)
    made = {"digest": "d" * 64, "kind": "slides", "slides": 2, "boxes": [320], "duration_ms": None, "mime": ""}
    await parts.store.shelves.ready(row.id, **made)  # type: ignore[arg-type]
    seat = await teacher.post("/api/v1/seats", {"lesson": lesson["id"], "role": "lead_teacher"})
    lead = Seat(seat["participant"], Role.LEAD_TEACHER)

    async def does(kind: str, **data: Any) -> None:
        await asked(parts, lesson["id"], lead, kind, **data)

    await does("participant.join", name="Li")
    for kind in ("lesson.open", "lesson.start"):
        await does(kind)
    await does("page.add", page="p1")
    await does("object.add", page="p1", object=NOTE)
    await does("courseware.open", courseware=row.id)
    await does("page.add", page="p2", paper={"kind": "slide", "courseware": row.id, "slide": 2})
    await does("page.show", page="p2")
    await does(
        "activity.open", activity="q", type="choice", prompt="哪个是落叶树？", options=["松树", "枫树"], answer=1
    )
    await does("lesson.end")
    kept = await parts.store.resources.add(
        "Why leaves are green",
        "x",
        parts.now_ms,
        lesson=lesson["id"],
        status="ready",
        duration_ms=40_000,
        tracks=[TRACK],
    )
    await good(await put(teacher, f"/api/v1/resources/{kept.id}/captions/zh-CN", VTT))
    await Indexer(parts).catch_up()
    return kept.id


async def found(person: Person, said: str, **more: Any) -> list[str]:
    rows = await good(await person.client.get("/api/v1/resources", params={"words": said, **more}))
    return [row["id"] for row in rows]


async def test_all_that_a_recording_says_is_found_at_its_moment(teacher: Person, recording: str) -> None:
    for said, field in {
        "leaves green": "title",
        "光合作用": "transcript",
        "預習": "board",
        "chlorophyll": "slides",
        "落叶树": "questions",
        "枫树": "questions",
    }.items():
        rows = await good(await teacher.client.get("/api/v1/resources", params={"words": said}))
        assert [row["id"] for row in rows] == [recording], said
        assert rows[0]["hits"][0]["field"] == field, said
    (row,) = await good(await teacher.client.get("/api/v1/resources", params={"words": "叶子 绿"}))
    hit = next(one for one in row["hits"] if one["field"] == "transcript")
    assert (hit["at"], hit["text"], hit["marks"]) == (2010, "叶子是绿色的", [[0, 2], [3, 4]])
    assert await found(teacher, "秋天") == [], "a slide that was never shown"


async def test_what_was_cut_or_hidden_is_neither_found_nor_shown(parts: Parts, teacher: Person, recording: str) -> None:
    base = f"/api/v1/resources/{recording}"
    await teacher.post(f"{base}/edits", {"decision": {"revision": 0, "kind": "cut", "from_ms": 1900, "to_ms": 3500}})
    assert await found(teacher, "叶子") == await found(teacher, "光合") == [], "not even before it is indexed anew"
    await Indexer(parts).catch_up()
    assert await found(teacher, "叶子") == []
    assert await found(teacher, "光合") == [recording]
    await good(await teacher.call("DELETE", f"{base}/captions/zh-CN", headers={}))
    assert await found(teacher, "光合") == []
    await Indexer(parts).catch_up()
    assert await found(teacher, "光合") == []
    assert await found(teacher, "预习") == [recording]
    await good(await teacher.call("DELETE", base))
    assert await found(teacher, "预习") == []
    await Indexer(parts).catch_up()
    async with parts.store._database.finding() as connection:
        assert (await connection.exec_driver_sql("SELECT count(*) FROM search.document")).scalar() == 0


async def test_what_is_written_is_indexed_and_while_nothing_is_nobody_looks(
    parts: Parts, teacher: Person, recording: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, looks, done = parts.store.index.waiting, [], asyncio.Event()

    async def waiting(most: int) -> Any:
        rows = await real(most)
        looks.append(len(rows))
        if not rows and sum(looks):
            done.set()
        return rows

    monkeypatch.setattr(parts.store.index, "waiting", waiting)
    monkeypatch.setattr(indexing, "LOOK_S", 0.01)
    indexer = Indexer(parts)
    indexer.start()
    try:
        async with asyncio.timeout(20):
            while not looks:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)
        before = len(looks)
        await asyncio.sleep(0.5)
        assert len(looks) == before
        await good(await teacher.call("DELETE", f"/api/v1/resources/{recording}/captions/zh-CN", headers={}))
        async with asyncio.timeout(20):
            await done.wait()
        assert not await parts.store.index.waits(recording)
    finally:
        await indexer.close()


async def test_hits_tell_the_time_that_the_player_shows(parts: Parts, teacher: Person, recording: str) -> None:
    """The recording begins 10 ms after the lesson; cues are told from its beginning."""

    async def told() -> list[tuple[int, int]]:
        await Indexer(parts).catch_up()
        (row,) = await good(await teacher.client.get("/api/v1/resources", params={"words": "叶子"}))
        return [(one["at"], one["shown"]) for one in row["hits"] if one["field"] == "transcript"]

    assert await told() == [(2010, 2000)]
    cut = {"revision": 0, "kind": "cut", "from_ms": 1200, "to_ms": 1700}
    await teacher.post(f"/api/v1/resources/{recording}/edits", {"decision": cut})
    assert await told() == [(2010, 1500)]
    trim = {"revision": 1, "kind": "trim", "from_ms": 1000, "to_ms": None}
    await teacher.post(f"/api/v1/resources/{recording}/edits", {"decision": trim})
    assert await told() == [(2010, 510)]
    (row,) = await good(await teacher.client.get("/api/v1/resources", params={"words": "leaves"}))
    assert {(one["at"], one["shown"]) for one in row["hits"] if one["field"] == "title"} == {(None, None)}


async def test_others_find_and_count_it_when_it_is_published(
    parts: Parts, admin: Person, teacher: Person, recording: str, browser: Any
) -> None:
    await admin.post("/api/v1/accounts", {"login": "wu", "name": "Wu", "role": "teacher", "password": PASSWORD})
    other = await browser()
    await other.sign_in("wu")
    for words in ("", "光合"):
        assert await found(other, words) == []
        counts = await good(await other.client.get("/api/v1/resources/facets", params={"words": words}))
        assert (counts["total"], counts["kind"], counts["state"]) == (0, [], [])
    for path in ("like", "favourite", "use", "played"):
        method = {"favourite": "PUT", "played": "POST"}.get(path, "GET")
        refused = await other.call(method, f"/api/v1/resources/{recording}/{path}", {} if method == "POST" else None)
        assert (await refusal(refused))[0] == 404
    assert await good(await other.client.get("/api/v1/resources/suggestions", params={"words": "leaves"})) == []
    assert await good(await teacher.client.get("/api/v1/resources/suggestions", params={"words": "leaves"})) == [
        "Why leaves are green"
    ]
    counts = await good(await admin.client.get("/api/v1/resources/facets", params={"words": "光合"}))
    assert (counts["total"], counts["state"]) == (1, [{"code": "draft", "count": 1}])
    assert await rebuilt(parts) == 1
    assert await found(admin, "光合") == [recording]


async def test_odd_and_endless_searches_are_refused_or_find_nothing(teacher: Person, recording: str) -> None:
    for said in ('"', "*", "NEAR(", "\x00", "😀", "' OR 1=1", "光" * 400, "%"):
        assert await found(teacher, said) == [], said
    assert await refusal(await teacher.client.get("/api/v1/resources", params={"words": "光" * 401})) == (
        400,
        "malformed",
    )
    for query in ({"sort": "worst"}, {"after": "x"}, {"after": "/"}, {"limit": "x"}, {"mine": "all"}, {"other": "1"}):
        assert await refusal(await teacher.client.get("/api/v1/resources", params=query)) == (400, "malformed")
    for said in ("x" * 100 * 1024, "光" * 34_000, "ten thousand " * 5_000, '"' * 10_000):
        for path in ("", "/facets", "/suggestions"):
            refused = await teacher.client.get(f"/api/v1/resources{path}", params={"words": said})
            assert await refusal(refused) == (400, "malformed"), (said[:5], path)


async def test_a_list_goes_on_behind_the_longest_titles(parts: Parts, admin: Person) -> None:
    for one in "abc":
        title = "\U0002000b" * 199 + one
        await parts.store.resources.put(Resource(one, None, title, "link", "ready", parts.now_ms, None, "", []))
    query = {"sort": "title", "limit": "2"}
    first = await good(await admin.client.get("/api/v1/resources", params=query))
    after = first[-1]["place"]
    second = await good(await admin.client.get("/api/v1/resources", params=query | {"after": after}))
    assert [one["id"] for one in (*first, *second)] == ["a", "b", "c"]


def test_a_row_that_comes_again_on_a_later_page_stands_once() -> None:
    given = {"rows": [{"id": "a"}, {"id": "b"}], "more": [{"id": "a"}, {"id": "c"}]}
    found = evaluate("net/paging.ts", "m.joined(given.rows, given.more, (row) => row.id)", given)
    assert [one["id"] for one in found] == ["a", "b", "c"]


async def test_what_the_index_does_not_take_waits_and_holds_up_no_other(parts: Parts, admin: Person) -> None:
    index, database = parts.store.index, parts.store._database
    schema = "search." if database.is_postgresql else ""
    await database.index(
        lambda to: to.exec_driver_sql(f"CREATE UNIQUE INDEX once ON {schema}document (texts)") and None
    )
    for one, title in (("a", "Same"), ("b", "Same"), ("c", "Other")):
        await parts.store.resources.put(Resource(one, None, title, "link", "ready", parts.now_ms, None, "", []))
    assert await Indexer(parts).catch_up() == 2
    assert await found(admin, "other") == ["c"]
    assert [one.resource for one in await index.waiting(9)] in (["a"], ["b"])
    await database.index(lambda to: to.exec_driver_sql(f"DROP INDEX {schema}once") and None)
    assert await Indexer(parts).catch_up() == 1
    if not database.is_postgresql:
        await parts.store.resources.put(
            Resource("d", None, "x", "link", "ready", parts.now_ms, None, "", [], description="Long " * 9999)
        )
        await database.index(lambda to: to.exec_driver_sql("PRAGMA max_page_count = 1").scalar())
        with pytest.raises(ClientFault, match="full"):
            await Indexer(parts).catch_up()


async def test_favourites_and_history_are_ones_own(
    parts: Parts, admin: Person, teacher: Person, recording: str
) -> None:
    base = f"/api/v1/resources/{recording}"
    await good(await teacher.call("PUT", f"{base}/favourite"))
    await good(await teacher.call("PUT", f"{base}/favourite"))
    assert await found(teacher, "", mine="favourites") == await found(teacher, "光合", mine="favourites") == [recording]
    assert await found(admin, "", mine="favourites") == []
    (row,) = await teacher.get("/api/v1/resources")
    assert (row["favourite"], row["views"], row["hits"]) == (True, 0, [])
    await good(await teacher.call("DELETE", f"{base}/favourite"))
    assert await found(teacher, "", mine="favourites") == []
    assert await found(admin, "", mine="history") == []
    await good(await admin.call("POST", f"{base}/played", {"begun": True}))
    await parts.counter.write()
    assert await found(admin, "", mine="history") == [recording]
    assert await found(teacher, "", mine="history") == []


async def test_use_is_counted_and_told_to_its_owner_and_the_staff(
    parts: Parts, admin: Person, teacher: Person, recording: str
) -> None:
    base = f"/api/v1/resources/{recording}"
    for person, body in (
        (teacher, {"begun": True, "parts": [0, 1]}),
        (teacher, {"parts": [2, 999]}),
        (teacher, {"begun": True, "parts": [0]}),
        (admin, {"begun": True, "parts": [0]}),
    ):
        await good(await person.call("POST", f"{base}/played", body))
    await parts.counter.write()
    use = await teacher.get(f"{base}/use")
    assert (use["views"], use["viewers"], use["parts"], use["part_ms"]) == (3, 2, [3, 1, 1], 10_000)
    assert [(day["views"], day["viewers"]) for day in use["days"]] == [(3, 2)]
    assert sorted(one["views"] for one in use["schools"]) in ([1, 2], [3])
    assert (await admin.get("/api/v1/resources"))[0]["views"] == 3
    for body in ({"parts": [-1]}, {"parts": list(range(99))}, {"parts": ["1"]}, {"begun": 1}, {"who": "me"}):
        assert await refusal(await teacher.call("POST", f"{base}/played", body)) == (400, "malformed")
    await parts.store.using.forget(parts.now_ms + 366 * 86_400_000)
    assert await found(teacher, "", mine="history") == []
    assert (await teacher.get(f"{base}/use"))["viewers"] == 2


async def test_what_a_list_tells_of_a_resource_finds_it_in_both_languages_from_the_review_on(
    parts: Parts, admin: Person, teacher: Person, browser: Any
) -> None:
    school = (await admin.post("/api/v1/schools", {"name": "青山小学"}))["id"]
    owner = (await teacher.look())["account"]
    await parts.store.accounts.set_school(owner["id"], school)
    said = {"subject": "biology", "grade": "grade-3", "edition": "pep", "title": "绿叶", "kind": "link"}
    made = await teacher.post("/api/v1/resources", said | {"target": "https://example.org"})
    await teacher.post("/api/v1/resources", {"kind": "link", "title": "生物多样", "target": "https://example.org"})
    await Indexer(parts).catch_up()
    for words in (
        "绿叶 生物",
        "三年级生物",
        "人教版",
        "grade 3 biology",
        "链接 绿叶",
        "link people's",
        "青山小学",
        owner["name"],
    ):
        assert made["id"] in await found(teacher, words), words
    assert len(await found(teacher, "生物")) == 2
    assert (await found(teacher, "生物"))[1] == made["id"], "a title weighs more"
    (row,) = await good(await teacher.client.get("/api/v1/resources", params={"words": "三年级"}))
    assert row["hits"] == [], "the list tells it already, in its own language"
    assert await found(teacher, "四年级") == []
    for login, role in (("wu", "teacher"), ("chen", "staff")):
        await admin.post("/api/v1/accounts", {"login": login, "name": login, "role": role, "password": PASSWORD})
    other = await browser()
    await other.sign_in("wu")
    assert await found(other, "三年级生物") == []
    details = f"/api/v1/resources/{made['id']}/details"
    await good(await teacher.call("PATCH", details, {"grade": "grade-4", "subject": "", "reach": "all"}))
    assert await found(teacher, "三年级") == await found(teacher, "绿叶") == [], "not even before it is indexed anew"
    await Indexer(parts).catch_up()
    assert await found(teacher, "三年级") == []
    assert await found(teacher, "绿叶 四年级") == [made["id"]]
    await parts.store.accounts.erase(owner["id"])
    assert await found(admin, "绿叶") == []
    await Indexer(parts).catch_up()
    assert (await found(admin, "绿叶"), await found(admin, f'"{owner["name"]}"')) == ([made["id"]], [])
