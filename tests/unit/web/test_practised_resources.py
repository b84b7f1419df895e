"""What of the library a practice brings along: what is proposed, who may give it, and how long a child may open it."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from classroom.events import Role, Seat
from classroom.ids import new_id
from classroom.review import Outcome
from classroom.store.records import Banked, Resource
from classroom.store.using import Watching
from recordings import library
from tests.held import Held, hold
from tests.unit.classroom.conftest import TestClock
from tests.unit.web.people import Person, good, refusal
from tests.unit.web.test_captions import put
from tests.unit.web.test_catalogue import Newcomer, newcomer
from tests.unit.web.test_resources import TRACK
from web.server.indexing import Indexer
from web.server.parts import Parts
from web.server.sharing import LIFE_S, cookie

__all__ = ["newcomer"]
POINT = "光合作用"
ASKED = {"type": "choice", "prompt": "秋?", "options": ["spring", "autumn"], "answer": 1}
LONGER_S = LIFE_S + 1


@dataclass
class Class:
    """A lesson of Li's at one school with two children there, and what another lesson left."""

    parts: Parts
    held: Held
    li: Person
    child: Person
    seat: str
    other_seat: str
    recording: str
    schools: tuple[str, str]

    @property
    def at(self) -> str:
        return f"/api/v1/lessons/{self.held.id}/practices"

    def opens(self, resource: str, practice: str = "p", seat: str = "") -> str:
        return f"/api/v1/seats/{seat or self.seat}/practices/{practice}/resources/{resource}"

    async def add(self, title: str, **more: Any) -> str:
        """What names the point, published for all."""
        said = {"state": "published", "reach": "all", "points": (POINT,), "owner": None} | more
        row = Resource(new_id(), None, title, "upload", "ready", self.parts.now_ms, 60_000, "upload-x", [])
        await self.parts.store.resources.put(replace(row, **said))
        return row.id

    async def joined(self, *others: str) -> str:
        """What is made of the recording and of these, published for all."""
        row = Resource(new_id(), None, "Both days", "joined", "ready", self.parts.now_ms, 64_010, "", [])
        row = replace(row, state="published", reach="all", points=(POINT,))
        await self.parts.store.joins.add(row, [self.recording, *others])
        await self.becomes(row.id)  # with its points
        return row.id

    async def becomes(self, resource: str, **said: Any) -> None:
        row = await self.parts.store.resources.get(resource)
        assert row is not None
        await self.parts.store.reviews.put(row, Outcome(replace(row, version=row.version + 1, **said), None, None))

    async def proposed(self, point: str = POINT, person: Person | None = None) -> list[str]:
        found = await (person or self.li).get(f"{self.at}/resources?point={point}")
        return [one["title"] for one in found]

    async def give(self, person: Person, *resources: str, practice: str = "p", to: int = 0) -> Any:
        given = {"practice": practice, "point": POINT, "participants": [list(self.held.children)[to]]}
        data = {**given, "questions": [ASKED], "resources": list(resources)}
        return await person.call("POST", self.at, {"id": str(uuid.uuid4()), "data": data})

    async def listed(self, seat: str = "") -> list[str]:
        seen = await self.child.get(f"/api/v1/seats/{seat or self.seat}/practices")
        return [one["resource"] for one in seen["resources"]]

    async def looked_back(self) -> list[str]:
        """What kinds of events who looks at the lesson's recording is told of."""
        journal, lesson = self.parts.journal, self.held.id
        events, texts = await journal.events(lesson), await journal.texts(lesson)
        assert {"practice.given", "practice.opened"} <= {event.kind for event in events}
        return [one.kind for one in await library.told(journal, lesson, Seat("library", Role.OBSERVER), events, texts)]

    async def plays(self, path: str = "") -> int:
        return (await self.child.call("GET", f"/api/v1/resources/{self.recording}{path}")).status


@pytest.fixture
async def taught(parts: Parts, admin: Person, newcomer: Newcomer, browser: Callable[[], Awaitable[Person]]) -> Class:
    one = (await admin.get("/api/v1/schools"))[0]["id"]
    two = (await parts.store.schools.add("村小", parts.now_ms)).id
    li, child = await newcomer("li", "teacher", one), await browser()
    owner = next(row.id for row in await parts.store.accounts.list() if row.login == "li")
    room = (await parts.store.schools.add_room(one, "A")).id
    held = await hold(parts, "Autumn", [room], owner=owner, school=one, names=["Anna", "Bo"], questions=[])
    before = await hold(parts, "Before", [room], owner=owner, school=one, names=["王小明"], questions=[])
    folder = parts.settings.data / "recordings" / before.id / "t1"
    folder.mkdir(parents=True)
    (folder / "index.m3u8").write_text("#EXTM3U\n")
    row = await parts.store.resources.add(
        "Before", before.id, parts.now_ms, lesson=before.id, status="ready", duration_ms=4010, tracks=[TRACK]
    )
    await child.look()
    assert child.client is not None
    [said] = [one.value for one in child.client.cookie_jar if one.key == "tongke"]
    session = await parts.store.sessions.get(said, parts.now_ms)
    assert session is not None
    seats = [(await parts.store.seats.add(who, session.id_hash, parts.now_ms)).id for who in held.children]
    made = Class(parts, held, li, child, seats[0], seats[1], row.id, (one, two))
    await made.becomes(row.id, state="published", points=(POINT,))
    return made


async def test_what_names_the_point_is_proposed_the_best_first_and_few(taught: Class) -> None:
    two = taught.schools[1]
    assert await taught.proposed() == ["Before"], "of their own school"
    unfit: dict[str, dict[str, Any]] = {
        "Draft": {"state": "submitted"},
        "Withdrawn": {"state": "withdrawn"},
        "Another point": {"points": ("光",)},
        "Another school's": {"reach": "school", "school": two},
        "For teachers": {"audience": "teachers"},
        "A bank": {"kind": "bank"},
        "Still on its way": {"status": "recording"},
        "Nothing in it": {"path": ""},
    }
    for title, said in unfit.items():
        await taught.add(title, **said)
    assert await taught.proposed() == ["Before"], "nothing that a child could not open"
    await taught.add("Leaves", school=two, audience="learners")
    me = next(row.id for row in await taught.parts.store.accounts.list() if row.login == "li")
    watched, by = await taught.add("Leaves, watched", created_at=2), taught.parts.now_ms
    await taught.parts.store.using.add({watched: Watching({me: 3})}, by)
    await taught.add(f"What {POINT} is", created_at=1)
    assert await taught.proposed() == [f"What {POINT} is", "Leaves, watched", "Leaves"]
    assert await taught.proposed("秋") == []


async def test_where_children_are_of_several_schools_it_is_said_who_cannot_open_what_is_proposed(
    taught: Class, newcomer: Newcomer
) -> None:
    far = (await taught.parts.store.schools.add_room(taught.schools[1], "B")).id
    near = (await taught.parts.store.schools.add_room(taught.schools[0], "C")).id
    owner = next(row.id for row in await taught.parts.store.accounts.list() if row.login == "li")
    taught.held = await hold(
        taught.parts, "Both", [near, far], owner=owner, school=taught.schools[0], names=["A", "B"], questions=[]
    )
    await taught.add("For all", created_at=1)
    await taught.add("Nobody's", reach="school", school=(await taught.parts.store.schools.add("三小", 1)).id)
    where = f"{taught.at}/resources"
    found = await taught.li.get(f"{where}?point={POINT}")
    here, there = taught.held.children
    unreached = {one["title"]: one["unreached"] for one in found}
    assert list(unreached) == ["For all", "Before"], "what all can open comes first"
    assert (unreached["For all"], unreached["Before"]) == ([], [there])
    assert here != there
    assert await refusal(await (await newcomer("wu")).call("GET", f"{where}?point={POINT}")) == (404, "not_found")
    assert await refusal(await taught.child.call("GET", f"{where}?point={POINT}")) == (401, "signed_out")
    whole = await taught.joined(await taught.add("Far", kind="recording", school=taught.schools[1], reach="school"))
    assert whole not in [one["resource"] for one in await taught.li.get(f"{where}?point={POINT}")], "nobody has all"
    for ill in ("", "?point=", "?point=" + "x" * 81, "?point=%00", "?point=a&more=b"):
        assert await refusal(await taught.li.call("GET", where + ill)) == (400, "malformed"), ill


async def test_a_recording_is_opened_where_it_comes_to_the_point_as_far_as_that_is_shown(
    taught: Class, admin: Person
) -> None:
    async def moments() -> dict[str, int | None]:
        await Indexer(taught.parts).catch_up()
        seen = await taught.child.get(f"/api/v1/seats/{taught.seat}/practices")
        return {one["title"]: one["at"] for one in seen["resources"]}

    await good(await taught.give(taught.li, taught.recording, await taught.add(f"What {POINT} is")))
    assert await moments() == {"Before": None, f"What {POINT} is": None}, "nothing is said at a moment"
    captions = f"/api/v1/resources/{taught.recording}/captions/zh-CN"
    said = f"WEBVTT\n\n00:01.000 --> 00:02.000\n叶子的作用\n\n00:03.000 --> 00:04.000\n今天学习{POINT}\n"
    await good(await put(admin, captions, said))
    assert await moments() == {"Before": 3010, f"What {POINT} is": None}, "of the lesson's clock"
    found = taught.parts.store.finding.moments
    assert await found([taught.recording], "叶子 学习") == {}, "both do not stand at one moment"
    assert await found([taught.recording], "作用 叶子") == {taught.recording: 1010}
    cut = {"revision": 0, "kind": "cut", "from_ms": 2900, "to_ms": 3900}
    await admin.post(f"/api/v1/resources/{taught.recording}/edits", {"decision": cut})
    seen = await taught.child.get(f"/api/v1/seats/{taught.seat}/practices")
    assert {one["at"] for one in seen["resources"]} == {None}, "also before it is indexed anew"
    assert await moments() == {"Before": None, f"What {POINT} is": None}


async def test_a_child_opens_what_it_was_given_and_nothing_more(taught: Class) -> None:
    given, other = taught.recording, await taught.add("Leaves")
    assert await refusal(await taught.child.call("POST", taught.opens(given))) == (404, "not_found"), "not given yet"
    [practice] = await good(await taught.give(taught.li, given, given))
    assert practice["resources"] == [given]
    assert await taught.plays() == 401
    seen = await taught.child.get(f"/api/v1/seats/{taught.seat}/practices")
    assert seen["practices"][0]["resources"] == [given]
    told = {"resource": given, "title": "Before", "kind": "recording", "mime": "", "duration_ms": 4010, "target": ""}
    assert seen["resources"] == [{**told, "at": None}]
    assert await taught.listed(taught.other_seat) == []
    wrong = [taught.opens(other), taught.opens(given, "q"), taught.opens(given, seat=taught.other_seat)]
    for where in [*wrong, taught.opens(given, seat=new_id())]:
        assert await refusal(await taught.child.call("POST", where)) == (404, "not_found"), where
    answer = await taught.child.call("POST", taught.opens(given))
    said = answer.cookies[cookie(given)]
    assert (answer.status, said["path"], said["httponly"]) == (204, f"/api/v1/resources/{given}", True)
    await good(await taught.child.call("POST", taught.opens(given)))
    [told_the_teacher] = await taught.li.get(taught.at)
    assert told_the_teacher["opened"] == {next(iter(taught.held.children)): [given]}, "and nobody by what was refused"
    told_later = await taught.looked_back()
    assert told_later
    assert not [kind for kind in told_later if kind.startswith("practice.")]
    shown = await taught.child.get(f"/api/v1/resources/{given}")
    assert [shown[field] for field in ("by_link", "may_download", "named", "may_edit")] == [True, False, False, False]
    assert [await taught.plays(path) for path in ("/events", "/media/t1/index.m3u8")] == [200, 200]
    assert "王小明" not in await (await taught.child.call("GET", f"/api/v1/resources/{given}/events")).text()
    for path in ("/whole", "/access", "/openings", "/review"):  # takes an account
        assert await taught.plays(path) == 401, path
    noted = await taught.li.get(f"/api/v1/resources/{given}/openings")
    assert [(one["way"], one["account"], one["link"], one["name"]) for one in noted] == [("practice", None, None, "")]
    assert taught.child.client is not None
    jar: Any = taught.child.client.cookie_jar
    jar.clear(lambda one: one.key != "tongke")
    # The pass is of no use for another resource, in another browser, or changed.
    _, _, until, _ = said.value.split(".")
    later, elsewhere = said.value.replace(until, str(int(until) + 1)), said.value.replace(given, other)
    spoilt = (said.value + "x", later, elsewhere, "x.x.x.x", "..", f"{taught.seat}.{given}.é.x")
    for of, value in [(other, said.value), *((given, one) for one in spoilt)]:
        answer = await taught.child.call("GET", f"/api/v1/resources/{of}", headers={"Cookie": f"{cookie(of)}={value}"})
        assert await refusal(answer) == (401, "signed_out"), value


async def test_it_ends_when_what_was_given_may_no_longer_be_seen(taught: Class) -> None:
    given = taught.recording
    await good(await taught.give(taught.li, given))
    await good(await taught.child.call("POST", taught.opens(given)))
    for held_back in (
        {"state": "withdrawn"},
        {"state": "draft"},
        {"state": "published", "school": taught.schools[1]},
    ):
        assert (await taught.plays(), await taught.listed()) == (200, [given])
        await taught.becomes(given, **held_back)
        assert (await taught.plays(), await taught.listed()) == (401, []), held_back
        assert await taught.plays("/media/t1/index.m3u8") == 401
        assert await refusal(await taught.child.call("POST", taught.opens(given))) == (404, "not_found")
        await taught.becomes(given, state="published", school=taught.schools[0])
    now = taught.parts.now_ms
    taught.parts.clock = TestClock(epoch_ms=now + 1000 * LONGER_S)
    assert await taught.plays() == 401, "it is over, and is given anew"
    await good(await taught.child.call("POST", taught.opens(given)))
    assert await taught.plays() == 200
    await good(await taught.li.call("DELETE", f"/api/v1/resources/{given}"))
    assert (await taught.plays(), await taught.listed()) == (401, [])


async def test_it_ends_with_the_seat(taught: Class, browser: Callable[[], Awaitable[Person]]) -> None:
    await good(await taught.give(taught.li, taught.recording))
    answer = await taught.child.call("POST", taught.opens(taught.recording))
    value = answer.cookies[cookie(taught.recording)].value
    stranger = await browser()
    headers = {"Cookie": f"{cookie(taught.recording)}={value}"}
    path = f"/api/v1/resources/{taught.recording}"
    assert await refusal(await stranger.call("GET", path, headers=headers)) == (401, "signed_out"), "another browser"
    assert await taught.plays() == 200
    await good(await taught.child.call("DELETE", "/api/v1/session"))
    assert await taught.plays() == 401


async def test_what_cannot_be_given(taught: Class) -> None:
    hidden = await taught.add("Another school's", reach="school", school=taught.schools[1])
    draft = await taught.add("Draft", state="draft")
    for ill, code in (
        ((hidden,), (404, "not_found")),
        ((draft,), (404, "not_found")),
        ((taught.recording, "nothing"), (404, "not_found")),
        ((taught.recording,) * 6, (400, "malformed")),
        (({},), (400, "malformed")),
    ):
        assert await refusal(await taught.give(taught.li, *ill)) == code, ill
    assert await taught.li.get(taught.at) == [], "nothing half given"


async def test_what_is_made_of_several_opens_with_all_of_them_or_not_at_all(taught: Class) -> None:
    second = await taught.add("Second", kind="recording", points=())
    whole = await taught.joined(second)
    assert set(await taught.proposed()) == {"Both days", "Before"}
    await good(await taught.give(taught.li, whole))
    assert await taught.listed() == [whole]
    answer = await taught.child.call("POST", taught.opens(whole))
    assert (answer.status, set(answer.cookies)) == (204, {cookie(one) for one in (whole, taught.recording, second)})
    shown = await taught.child.get(f"/api/v1/resources/{whole}/parts")
    assert [one["id"] for one in shown["parts"]] == [taught.recording, second]
    for state, status in (("published", 200), ("withdrawn", 401), ("published", 200)):
        await taught.becomes(whole, state=state)
        assert await taught.plays("/media/t1/index.m3u8") == status, state
    await taught.becomes(second, reach="school", school=taught.schools[1])
    assert (await taught.listed(), await taught.proposed()) == ([], ["Before"])
    assert await refusal(await taught.child.call("POST", taught.opens(whole))) == (404, "not_found")
    assert (await taught.child.call("GET", f"/api/v1/resources/{whole}/parts")).status == 401


async def test_a_link_is_given_with_where_it_leads(taught: Class) -> None:
    target = "https://example.org/光"
    link = await taught.add(f"{POINT} elsewhere", kind="link", path="", target=target)
    assert (await taught.proposed())[0] == f"{POINT} elsewhere"
    await good(await taught.give(taught.li, link, taught.recording))
    seen = await taught.child.get(f"/api/v1/seats/{taught.seat}/practices")
    assert [one["target"] for one in seen["resources"]] == [target, ""]
    await good(await taught.child.call("POST", taught.opens(link)))
    [told] = await taught.li.get(taught.at)
    assert told["opened"] == {next(iter(taught.held.children)): [link]}
    await taught.becomes(link, state="withdrawn")
    assert await taught.listed() == [taught.recording]


async def test_of_a_bank_come_the_questions_that_ask_for_the_point(taught: Class, newcomer: Newcomer) -> None:
    parts, school = taught.parts, taught.schools[0]
    await newcomer("zhou", "teacher", school)
    zhou = next(row.id for row in await parts.store.accounts.list() if row.login == "zhou")
    kept = [
        ASKED | {"prompt": "Leaves?", "points": [POINT]},
        ASKED | {"prompt": "Another point", "points": ["秋"]},
        ASKED | {"prompt": "With a picture", "points": [POINT], "picture": "theirs"},
        {"type": "essay", "prompt": "Nothing is right", "points": [POINT]},
    ]
    rows = [Banked(new_id(), zhou, None, "Plants", 0, "", "", [], one, 1, 1) for one in kept]
    assert await parts.store.questions.add(zhou, rows, 10)
    bank = await taught.add("植物", kind="bank", path="", target="Plants", owner=zhou, school=school, points=())

    async def banks() -> list[Any]:
        found = await taught.li.get(f"{taught.at}/resources?point={POINT}")
        return [one for one in found if one["kind"] == "bank"]

    [found] = await banks()
    assert (found["resource"], found["unreached"]) == (bank, [])
    assert found["questions"] == [kept[0] | {"source": rows[0].id}]
    assert await refusal(await taught.give(taught.li, bank)) == (404, "not_found"), "only its questions are given"
    given = {"practice": "b", "point": POINT, "participants": [next(iter(taught.held.children))]}
    data = given | {"questions": found["questions"]}
    [practice] = await taught.li.post(taught.at, {"id": str(uuid.uuid4()), "data": data})
    assert practice["questions"][0]["source"] == rows[0].id
    for state in ("withdrawn", "draft"):
        await taught.becomes(bank, state=state)
        assert await banks() == []
