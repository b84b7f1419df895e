"""Who gets what of a recording: every route of it by every kind of viewer; links; names; who opened it."""

from __future__ import annotations

import re
from asyncio import gather, sleep
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import current_thread, main_thread
from typing import Any

import pytest

from classroom.errors import ClientFault
from classroom.ids import digest, new_id, new_secret
from classroom.review import Outcome
from classroom.rules import project
from classroom.store import openings
from classroom.store.openings import Wanted
from classroom.store.records import Captions, Opening, Render, SharedLink
from recordings import library
from recordings.carried import BEFORE
from tests.held import hold
from tests.unit.classroom.conftest import TestClock
from tests.unit.web.people import Person, good, refusal
from tests.unit.web.test_catalogue import Newcomer, newcomer
from tests.unit.web.test_resources import TRACK
from web.server import naming
from web.server.api import Needs
from web.server.app import ROUTES
from web.server.cues import dumped
from web.server.limits import Bucket
from web.server.parts import Parts
from web.server.sessions import Call
from web.server.sharing import Pass, Sharing, cookie

__all__ = ["newcomer"]
CHILD, SPEAKER = "王小明", "妈妈"
PASSWORD = "red lantern"
FILLED = {"path": "t1/index.m3u8", "language": "zh-CN", "track": "t1", "run": "0", "courseware": "c1", "slide": "1",
          "box": "320", "work": "w1"}  # fmt: skip
ALIKE = ("no such resource", "Sign in first")
"""What is said to whom it is not for, whatever it is that they ask for."""


@dataclass
class Shared:
    """Two recordings of Li's, of the first school, with a child in them; and people of it and of another one."""

    parts: Parts
    resource: str
    other: str
    render: str
    owner: Person
    people: Mapping[str, Person]
    ids: Mapping[str, str]

    @property
    def at(self) -> str:
        return f"/api/v1/resources/{self.resource}"

    def filled(self, path: str) -> str:
        named = {**FILLED, "resource": self.resource, "render": self.render}
        return re.sub(r"\{(\w+)[^}]*\}", lambda found: named.get(found[1], "x"), path)

    async def becomes(self, state: str, reach: str = "school") -> None:
        row = await self.parts.store.resources.get(self.resource)
        assert row is not None
        after = replace(row, state=state, reach=reach, version=row.version + 1)
        await self.parts.store.reviews.put(row, Outcome(after, None, None))

    async def passes_to(self, login: str) -> None:
        row = await self.parts.store.resources.get(self.resource)
        assert row is not None
        after = replace(row, owner=self.ids[login], version=row.version + 1)
        await self.parts.store.reviews.put(row, Outcome(after, None, None))

    async def link(self, of: str = "", **more: Any) -> tuple[str, str]:
        """Its id and its secret."""
        where = f"/api/v1/resources/{of or self.resource}/links"
        made = await self.owner.post(where, {"label": "Parents", **more})
        return made["id"], made["url"].rpartition("#")[2]

    async def let_in(self, person: Person, secret: str, password: str | None = None) -> None:
        await person.post("/api/v1/shared", {"secret": secret, "password": password})

    async def grant(self, **to: str) -> str:
        return str((await self.owner.post(f"{self.at}/grants", to))["id"])

    async def gets(self, who: str, path: str = "") -> int:
        return (await self.people[who].call("GET", self.at + path)).status


@pytest.fixture
async def shared(parts: Parts, admin: Person, newcomer: Newcomer, browser: Any) -> Shared:
    one = (await admin.get("/api/v1/schools"))[0]["id"]
    two = (await parts.store.schools.add("村小", parts.now_ms)).id
    people = {
        "owner": await newcomer("li", "teacher", one),
        "mate": await newcomer("hu", "teacher", one),
        "granted": await newcomer("wu", "teacher", two),
        "stranger": await newcomer("xu", "teacher"),
        "staff": await newcomer("ma", "staff"),
        **{name: await browser() for name in ("link", "watcher", "elsewhere", "nobody")},
    }
    ids = {row.login: row.id for row in await parts.store.accounts.list()} | {"one": one, "two": two}
    made = []
    for _ in range(2):
        lesson = (await hold(parts, "Autumn", [None], owner=ids["li"], school=one, names=[CHILD], questions=[])).id
        folder = parts.settings.data / "recordings" / lesson / "t1"
        folder.mkdir(parents=True)
        (folder / "index.m3u8").write_text("#EXTM3U\n")
        row = await parts.store.resources.add(
            "Autumn", lesson, parts.now_ms, lesson=lesson, status="ready", duration_ms=4010, tracks=[TRACK]
        )
        cues = [
            {"start_ms": 0, "end_ms": 1, "text": "你好", "speaker": who, "settings": ""} for who in (CHILD, SPEAKER)
        ]
        kept = Captions(row.id, "zh-CN", "r1", "file", 2, parts.now_ms)
        await parts.store.captions.put(kept, dumped(cues), None)
        made.append(row.id)
    render = Render(new_id(), made[0], "lead", 0, "waiting", parts.now_ms)
    await parts.store.renders.add(render)
    return Shared(parts, made[0], made[1], render.id, people["owner"], people, ids)


OF_IT = [route for route in ROUTES if route.path.startswith("/api/v1/resources/{resource}")]
TAKING = ("/renders/{render}/file", "/captions/{language}")
IN: dict[str, set[str]] = {
    "draft": {"owner", "staff", "granted", "link", "watcher"},
    "published": {"owner", "staff", "granted", "link", "watcher", "mate"},
    "withdrawn": {"owner", "staff"},
}


async def _is_let_in(person: Person, method: str, path: str) -> str:
    """`in`, `out`, or the code of a refusal that tells that it is there."""
    response = await person.call(method, path)
    if response.status in (401, 403, 404):
        problem = await response.json()
        if any(one in problem["title"] for one in ALIKE):
            return "out"
        return str(problem["code"]) if problem["code"] == "watch_only" else "in"
    return "in"


async def test_every_route_of_a_recording_by_every_kind_of_viewer(shared: Shared) -> None:
    played = [route.path for route in OF_IT if route.needs is Needs.VIEWER]
    assert len(played) >= 20, "new ways to what a recording has come into this table by themselves"
    await shared.grant(account=shared.ids["wu"])
    await shared.let_in(shared.people["link"], (await shared.link())[1])
    await shared.let_in(shared.people["watcher"], (await shared.link(watch_only=True))[1])
    await shared.let_in(shared.people["elsewhere"], (await shared.link(of=shared.other))[1])
    for state, let_in in IN.items():
        await shared.becomes(state)
        for who, person in shared.people.items():
            for path in played if state == "published" else played[:3]:
                taken_by_watcher = who in let_in and who == "watcher" and path.endswith(TAKING)
                should = "watch_only" if taken_by_watcher else "in" if who in let_in else "out"
                assert await _is_let_in(person, "GET", shared.filled(path)) == should, (state, who, path)
    for route in OF_IT:  # everything else takes an account
        if route.needs is not Needs.VIEWER:
            answer = await shared.people["link"].call(route.method, shared.filled(route.path), {})
            assert await refusal(answer) == (401, "signed_out"), route.path
    await shared.becomes("published")
    await shared.let_in(shared.people["stranger"], (await shared.link())[1])
    assert await shared.gets("stranger") == 200
    for route in OF_IT:
        if route.needs is Needs.ACCOUNT and (route.method == "GET" or route.path.endswith("/take")):
            path = shared.filled(route.path) + ("?words=x" if route.path.endswith("/people") else "")
            assert await _is_let_in(shared.people["stranger"], route.method, path) == "out", path


async def test_a_pass_is_good_for_its_recording_alone(shared: Shared) -> None:
    """Also where a browser is made to send it elsewhere."""
    secret = (await shared.link())[1]
    person = shared.people["link"]
    entered = await person.call("POST", "/api/v1/shared", {"secret": secret})
    given = entered.cookies[cookie(shared.resource)]
    assert (given["path"], given["httponly"], given["samesite"]) == (shared.at, True, "Strict")
    assert await shared.gets("link", "/events") == 200
    good_one = given.value
    link, holder, until, mac = good_one.split(".")
    elsewhere = f"/api/v1/resources/{shared.other}"
    spoilt = [
        *(good_one + "x", f"{link}.{holder}.{int(until) + 1}.{mac}", f"{new_id()}.{holder}.{until}.{mac}"),
        *(f"{link}.{new_id()}.{until}.{mac}", "", ".", "...", "x.x.9.é", "é.x.9999999999.x"),
    ]
    assert Pass.read(b"key", shared.resource, "\udcff.x.9999999999.x", 0) is None, "a byte that is no UTF-8"
    for path in ("", "/events", "/media/t1/index.m3u8", "/captions/zh-CN/cues", "/stills"):
        for value in [good_one, *spoilt]:
            where, of = (elsewhere, shared.other) if value == good_one else (shared.at, shared.resource)
            headers = {"Cookie": f"{cookie(of)}={value}"}
            answer = await shared.people["nobody"].call("GET", where + path, headers=headers)
            assert await refusal(answer) == (401, "signed_out"), (path, value)


async def test_what_is_taken_back_is_gone_in_the_middle(shared: Shared) -> None:
    given = await shared.grant(account=shared.ids["wu"])
    link, secret = await shared.link()
    await shared.let_in(shared.people["link"], secret)
    segment = "/media/t1/index.m3u8"
    assert [await shared.gets(who, segment) for who in ("granted", "link")] == [200, 200]
    await good(await shared.owner.call("DELETE", f"{shared.at}/grants/{given}"))
    await good(await shared.owner.call("DELETE", f"{shared.at}/links/{link}"))
    assert [await shared.gets(who, segment) for who in ("granted", "link")] == [404, 401]
    for gone in (f"grants/{given}", f"links/{link}"):
        assert await refusal(await shared.owner.call("DELETE", f"{shared.at}/{gone}")) == (404, "not_found")


@pytest.mark.parametrize("to", ["account", "school", "role", "role and school"])
async def test_people_schools_and_roles_are_let_in(shared: Shared, to: str) -> None:
    who = {
        "account": {"account": shared.ids["wu"]},
        "school": {"school": shared.ids["two"]},
        "role": {"role": "teacher"},
        "role and school": {"role": "teacher", "school": shared.ids["two"]},
    }[to]
    await shared.grant(**who)
    assert await shared.gets("granted") == (200 if to == "account" else 404), "a draft is for people by name alone"
    await shared.becomes("published")
    assert await shared.gets("granted") == 200
    assert await shared.gets("stranger") == (200 if to == "role" else 404)
    assert [row["id"] for row in await shared.people["granted"].get("/api/v1/resources")] == [shared.resource]
    [shown] = (await shared.owner.get(f"{shared.at}/access"))["grants"]
    assert shown["name"] == ("Wu" if to == "account" else "")
    assert shown["school_name"] == ("村小" if "school" in to else "")


async def test_sharing_is_its_owners_and_the_staffs(shared: Shared) -> None:
    await shared.grant(account=shared.ids["wu"])
    for method, path, body in (
        ("GET", "access", None),
        ("GET", "people?words=x", None),
        ("GET", "openings", None),
        ("GET", "openings.csv", None),
        ("POST", "grants", {"role": "teacher"}),
        ("POST", "links", {"label": "x"}),
        ("DELETE", "grants/x", None),
        ("DELETE", "links/x", None),
    ):
        where = f"{shared.at}/{path}"
        assert await refusal(await shared.people["granted"].call(method, where, body)) == (403, "not_allowed")
        assert await refusal(await shared.people["stranger"].call(method, where, body)) == (404, "not_found")
        assert (await shared.people["staff"].call(method, where, body)).status in (200, 201, 404)
    assert await refusal(await shared.owner.call("GET", f"{shared.at}/people?words=%00")) == (400, "malformed")
    found = await shared.owner.get(f"{shared.at}/people?words=wu")
    assert [(one["name"], one["school_name"]) for one in found] == [("Wu", "村小")]
    for body, code in (
        ({}, (400, "malformed")),
        ({"account": "nobody"}, (404, "not_found")),
        ({"role": "king"}, (400, "malformed")),
    ):
        assert await refusal(await shared.owner.call("POST", f"{shared.at}/grants", body)) == code
    for body, code in (
        ({"label": ""}, (400, "malformed")),
        ({"label": "x", "days": 0}, (400, "malformed")),
        ({"label": "x", "password": ""}, (400, "malformed")),
        ({"label": "x", "days": 1000}, (400, "malformed")),
        ({"label": "x", "password": "short"}, (422, "password_length")),
    ):
        assert await refusal(await shared.owner.call("POST", f"{shared.at}/links", body)) == code


async def test_links_that_are_guessed_revoked_and_withdrawn_are_alike_and_an_expired_one_says_so(
    shared: Shared,
) -> None:
    revoked, secret = await shared.link(password=PASSWORD)
    await good(await shared.owner.call("DELETE", f"{shared.at}/links/{revoked}"))
    over, now = new_secret(), shared.parts.now_ms
    await shared.parts.store.access.add_link(
        SharedLink(new_id(), shared.resource, digest(over), None, False, "Old", shared.ids["li"], now - 2, now - 1)
    )
    people = shared.people
    bodies = [
        await (await people["nobody"].call("POST", "/api/v1/shared", {"secret": one, "password": word})).text()
        for one in (new_secret(), secret)
        for word in (None, PASSWORD, "wrong")
    ]
    assert len(set(bodies)) == 1
    expired = await people["nobody"].call("POST", "/api/v1/shared", {"secret": over, "password": None})
    assert await refusal(expired) == (404, "link_expired")
    _, good_one = await shared.link()
    await shared.let_in(people["link"], good_one)
    await shared.becomes("withdrawn")
    gone = await people["nobody"].call("POST", "/api/v1/shared", {"secret": good_one})
    assert await gone.text() == bodies[0]
    assert await shared.gets("link") == 401


async def test_a_password_is_not_found_by_trying(shared: Shared) -> None:
    clock = TestClock()
    shared.parts.sharing = Sharing(shared.parts.store, shared.parts.passwords, clock.epoch_ms)
    shared.parts.sharing._now_ms = clock.epoch_ms  # its links end when the clock of the server says so
    _, secret = await shared.link(password=PASSWORD, days=366)
    clock.wall_ms = shared.parts.now_ms
    person = shared.people["link"]

    async def tried(password: str | None) -> tuple[int, str]:
        return await refusal(await person.call("POST", "/api/v1/shared", {"secret": secret, "password": password}))

    assert await tried(None) == (401, "password_needed")
    codes = [await tried(f"wrong {number}") for number in range(100)]
    assert codes.count((401, "password_wrong")) == 5
    assert codes[5:] == [(429, "locked_out")] * 95
    assert await tried(PASSWORD) == (429, "locked_out"), "nor is it told that it was right"
    clock.pass_ms(61_000)
    enter = shared.parts.sharing.enter
    await enter("198.51.100.7", secret, PASSWORD)  # who errs shuts out nobody elsewhere
    at_once = await gather(
        *(enter("203.0.113.9", secret, f"wrong {n}") for n in range(100)),
        *(enter("192.0.2.1", new_secret(), "wrong") for _ in range(100)),
        return_exceptions=True,
    )
    said = Counter(one.code for one in at_once if isinstance(one, ClientFault))
    assert said == {"password_wrong": 5, "locked_out": 95, "link_invalid": 20, "too_often": 80}
    _, without = await shared.link()
    shared.parts.sharing._guesses = Bucket(3, 1.0)
    tries = await gather(*(enter("192.0.2.2", without, "any") for _ in range(9)), return_exceptions=True)
    assert [getattr(one, "code", "in") for one in tries] == ["in"] * 3 + ["too_often"] * 6, "each costs its work"
    await shared.let_in(person, secret, PASSWORD)
    assert await shared.gets("link") == 200
    guesses = [await refusal(await person.call("POST", "/api/v1/shared", {"secret": new_secret()})) for _ in range(25)]
    assert guesses[-1] == (429, "too_often")


async def test_the_password_of_one_link_is_not_guessed_from_many_addresses(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    sharing, matches = shared.parts.sharing, shared.parts.passwords.matches

    async def slowly(password: str, stored: str | None) -> bool:
        await sleep(0.05)  # so that all would be under way at once
        return await matches(password, stored)

    monkeypatch.setattr(shared.parts.passwords, "matches", slowly)
    sharing._wrong_in_all = Bucket(6, 3600.0)
    _, secret = await shared.link(password=PASSWORD)
    _, other = await shared.link(password=PASSWORD)
    tries = await gather(
        *(sharing.enter(f"203.0.113.{n}", secret, f"wrong {n}") for n in range(11)),
        sharing.enter("203.0.113.99", secret, PASSWORD),  # who comes last has not guessed it
        return_exceptions=True,
    )
    said = Counter(one.code for one in tries if isinstance(one, ClientFault))
    assert said == {"password_wrong": 6, "too_often": 6}, "however many come at once"
    with pytest.raises(ClientFault, match="Too many") as refused:
        await sharing.enter("198.51.100.1", secret, PASSWORD)  # nor is it told that it is the right one
    assert refused.value.code == "too_often"
    await sharing.enter("203.0.113.1", other, PASSWORD)  # another link is as open as it was


async def test_secrets_and_passwords_are_kept_as_digests(shared: Shared) -> None:
    link, secret = await shared.link(password=PASSWORD)
    row = await shared.parts.store.access.link(link)
    assert row is not None
    assert row.password_hash is not None
    assert row.password_hash.startswith("$argon2id$")
    assert secret not in str(row)
    listed = await shared.owner.get(f"{shared.at}/access")
    assert secret not in str(listed)
    assert [(one["password"], one["state"]) for one in listed["links"]] == [(True, "open")]


async def test_names_of_children_stay_within_their_school(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    on_the_loop = set()

    def looked(*given: Any) -> Any:
        on_the_loop.add(current_thread() is main_thread())
        return project(*given)

    monkeypatch.setattr(library, "project", looked)
    await shared.becomes("published", reach="all")
    await shared.let_in(shared.people["link"], (await shared.link())[1])
    for who, named in (("owner", True), ("staff", True), ("mate", True), ("stranger", False), ("link", False)):
        person = shared.people[who]
        assert (await person.get(shared.at))["named"] is named
        for language, pupil in (("zh-CN", "学生 1"), ("en", "Student 1")):
            said = {"Accept-Language": language}
            events = await (await person.call("GET", f"{shared.at}/events", headers=said)).text()
            cues = await (await person.call("GET", f"{shared.at}/captions/zh-CN/cues", headers=said)).text()
            text = await (await person.call("GET", f"{shared.at}/captions/zh-CN?form=txt", headers=said)).text()
            for told in (events, cues, text):
                assert (CHILD in told, pupil in told) == (named, not named), (who, language, told)
            assert "Lead" in events, "teachers are named"
            assert (SPEAKER in cues) is named
    assert on_the_loop == {False}
    row = await shared.parts.store.resources.get(shared.resource)
    assert row is not None
    for login, told_names in (("li", True), ("ma", True), ("hu", False)):
        account = await shared.parts.store.accounts.get(shared.ids[login])
        asks = Call(None, shared.parts, account=account)  # type: ignore[arg-type]
        assert naming.knows(asks, replace(row, path=f"{BEFORE}x")) is told_names, "imported: whose pupils?"
    shared.parts.lookings = Bucket(1, 600.0)
    assert (await shared.people["link"].call("GET", f"{shared.at}/events")).status == 200
    assert await refusal(await shared.people["link"].call("GET", f"{shared.at}/events")) == (429, "too_often")


async def test_each_opening_is_noted_once(shared: Shared) -> None:
    people = shared.people
    await shared.grant(account=shared.ids["wu"])
    link, secret = await shared.link()
    await shared.let_in(people["link"], secret)
    for _ in range(3):
        for path in ("", "/events", "/media/t1/index.m3u8", "/media/t1/none.m4s", "/stills", "/poster"):
            await people["granted"].call("GET", shared.at + path)
    await people["link"].call("GET", f"{shared.at}/media/t1/index.m3u8")
    await people["link"].call("GET", f"{shared.at}/captions/zh-CN")
    await shared.let_in(people["watcher"], secret)
    await people["watcher"].call("GET", f"{shared.at}/media/t1/index.m3u8")
    await people["stranger"].call("GET", shared.at)
    await people["nobody"].call("GET", f"{shared.at}/events")
    rows = await shared.owner.get(f"{shared.at}/openings")
    told = sorted((one["way"], one["name"], one["school_name"], one["label"]) for one in rows)
    parents = ("", "", "Parents")
    assert told == [("download", *parents), ("hls", *parents), ("hls", *parents), ("web", "Wu", "村小", "")]
    assert [one["way"] for one in await shared.owner.get(f"{shared.at}/openings?who={link}&way=hls")] == ["hls"] * 2
    later = shared.parts.now_ms + 1000
    assert await shared.owner.get(f"{shared.at}/openings?since={later}") == []
    table = await (await shared.owner.call("GET", f"{shared.at}/openings.csv")).text()
    assert len(table.splitlines()) == 5
    assert "Wu,村小," in table
    assert await shared.parts.store.openings.forget(later) == 4
    assert await shared.owner.get(f"{shared.at}/openings") == []


async def test_the_table_of_openings_comes_in_parts_and_whole(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openings, "AT_ONCE", 2)
    for number, at in enumerate((5, 5, 5, 7, 5, 6)):
        row = Opening(f"o{number}", shared.resource, at * 1000, "web", shared.ids["wu"], None)
        await shared.parts.store.openings.add(row)
    answer = await shared.owner.call("GET", f"{shared.at}/openings.csv")
    assert answer.content_type == "text/csv"
    head, *rows = (await answer.text()).splitlines()
    assert head.endswith("at,way,who,school,link")
    assert [row.partition(",")[0][-8:-6] for row in rows] == ["07", "06", "05", "05", "05", "05"]
    found = [
        one.opening.id async for some in shared.parts.store.openings.each(shared.resource, Wanted()) for one in some
    ]
    assert found == ["o3", "o5", "o0", "o1", "o2", "o4"]


async def test_a_link_to_a_joined_recording_opens_its_parts_while_all_of_them_are_its_makers_to_share(
    shared: Shared,
) -> None:
    joined = await shared.owner.post("/api/v1/joined", {"title": "Both", "parts": [shared.resource, shared.other]})
    whole = f"/api/v1/resources/{joined['resource']}"
    await shared.let_in(shared.people["link"], (await shared.link(of=joined["resource"]))[1])
    where = [whole, *("/api/v1/resources/" + one for one in (shared.resource, shared.other))]

    async def answers() -> list[int]:
        return [(await shared.people["link"].call("GET", one)).status for one in where]

    assert await answers() == [200, 200, 200]
    await shared.people["link"].call("GET", f"{whole}/captions/zh-CN")
    for one in where[1:]:
        assert {row["way"] for row in await shared.owner.get(f"{one}/openings")} == {"web", "download"}
    await shared.becomes("published", "all")
    await shared.passes_to("wu")  # Li sees it by its reach, and may not share it
    assert await answers() == [401, 401, 401]
    await shared.passes_to("li")
    assert await answers() == [200, 200, 200]
    await shared.becomes("withdrawn")
    assert await answers() == [401, 401, 401]
    assert (await shared.people["link"].call("GET", f"{whole}/captions/zh-CN")).status == 401


async def test_a_link_is_good_while_who_made_it_may_share(shared: Shared) -> None:
    await shared.becomes("published")
    by_staff = await shared.people["staff"].post(f"{shared.at}/links", {"label": "Parents"})
    secrets = {"link": (await shared.link())[1], "watcher": by_staff["url"].rpartition("#")[2]}
    for who, secret in secrets.items():
        await shared.let_in(shared.people[who], secret)
    assert [await shared.gets(who) for who in secrets] == [200, 200]
    await shared.passes_to("wu")
    assert [await shared.gets(who) for who in secrets] == [401, 200]
    await shared.parts.store.accounts.set_disabled(shared.ids["ma"], True)
    assert [await shared.gets(who) for who in secrets] == [401, 401]
    await shared.passes_to("li")
    assert [await shared.gets(who) for who in secrets] == [200, 401]
    await shared.parts.store.accounts.set_disabled(shared.ids["li"], True)
    assert [await shared.gets(who) for who in secrets] == [401, 401]
    for secret in secrets.values():
        entered = await shared.people["nobody"].call("POST", "/api/v1/shared", {"secret": secret})
        assert await refusal(entered) == (404, "link_invalid")


async def test_what_was_withdrawn_and_is_a_draft_again_is_for_nobody_who_was_let_in_before(shared: Shared) -> None:
    await shared.grant(account=shared.ids["wu"])
    await shared.grant(school=shared.ids["two"])
    secret = (await shared.link())[1]
    await shared.let_in(shared.people["link"], secret)
    await shared.becomes("published")
    await shared.becomes("withdrawn")
    await shared.becomes("draft")
    assert [await shared.gets(who) for who in ("granted", "link", "owner")] == [404, 401, 200]
    access = await shared.owner.get(f"{shared.at}/access")
    assert [one["account"] for one in access["grants"]] == [None]
    assert [one["state"] for one in access["links"]] == ["revoked"]


async def test_of_a_resource_that_one_may_not_see_no_collection_tells(shared: Shared) -> None:
    made = await shared.owner.post("/api/v1/collections", {"kind": "collection", "title": "Mine"})
    for one in (shared.resource, shared.other):
        await good(await shared.owner.call("PUT", f"/api/v1/collections/{made['id']}/resources/{one}"))
    await shared.becomes("published", reach="all")
    for one, many in ((shared.resource, 1), (shared.other, 0)):
        assert len(await shared.people["stranger"].get(f"/api/v1/collections?resource={one}")) == many
