"""The question bank at its address: whose questions are whose, and files of them."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from copy import deepcopy
from typing import Any

import pytest

from classroom.activities.types import ALL
from classroom.store.records import Courseware
from tests.unit.classroom.questions import QUESTIONS, question
from tests.unit.web.people import PASSWORD, Person, good, refusal
from web.server import banking
from web.server.parts import Parts
from web.server.routes import question_files
from web.server.routes import questions as routes

BANK = "/api/v1/questions"
CHOICE = {"type": "choice", "prompt": "秋天是哪个季节？", "options": ["spring", "Autumn"], "answer": 1}

Open = Callable[[], Awaitable[Person]]


@pytest.fixture
async def teach(admin: Person, browser: Open) -> Callable[[str, str | None], Awaitable[Person]]:
    async def made(login: str, school: str | None = None) -> Person:
        body = {"login": login, "name": f"Teacher {login}", "role": "teacher", "password": PASSWORD}
        await admin.post("/api/v1/accounts", body | ({"school": school} if school else {}))
        person = await browser()
        await person.sign_in(login)
        return person

    return made


async def kept(person: Person, question: dict[str, Any] = CHOICE, **more: Any) -> Any:
    return await person.post(BANK, {"question": question, **more})


async def ids(person: Person, query: str = "") -> list[str]:
    return [one["id"] for one in (await person.get(f"{BANK}?{query}"))["questions"]]


async def picture(parts: Parts, login: str, name: str = "leaf", digest: str = "d") -> Courseware:
    owner = await parts.store.accounts.by_login(login)
    assert owner is not None
    row = await parts.store.shelves.add(owner.id, name, 9, 0, 500, 1 << 30)
    assert row is not None
    await parts.store.shelves.uploaded(row.id)
    await parts.store.shelves.ready(row.id, digest, "slides", 1, [320], None, "image/png")
    return row


async def test_every_type_is_kept_as_it_is_asked_and_found_again(parts: Parts, teacher: Person) -> None:
    spot = await picture(parts, "li")
    for one in ALL:
        own = question(one.name) if one.name in QUESTIONS else {"type": one.name, "prompt": "Who?"}
        asked = {**deepcopy(own), "points": ["分数"], "source": "x1"}
        for part in asked.get("questions", ()):
            part.setdefault("required", False)
        if "picture" in asked:
            asked["picture"] = spot.id
        made = await kept(teacher, asked, folder="Unit 1", tags=["Exam"], level="四年级", language="zh-CN")
        del asked["source"]
        assert made["question"] == asked
        assert await teacher.get(f"{BANK}/{made['id']}") == made
    page = await teacher.get(f"{BANK}?folder=Unit%201")
    assert [one["question"]["type"] for one in page["questions"]] == [one.name for one in ALL]
    assert page["of"] == len(ALL)


async def test_what_is_looked_for(teacher: Person) -> None:
    first = await kept(teacher, folder="B", tags=["Exam", "季节"])
    second = await kept(teacher, {**CHOICE, "prompt": "100% sure_", "points": ["calendar"]}, folder="A", level="4")
    third = await kept(teacher, {"type": "essay", "prompt": "Ｗｉｄｅ words"}, folder="A", language="en")
    one, two, three = first["id"], second["id"], third["id"]
    assert await ids(teacher) == [two, three, one]
    for query, found in {
        "words=AUTUMN": [two, one],
        "words=autumn%20sure": [two],
        "words=wide": [three],
        "words=%25": [two],
        "words=_": [two],
        "words=exam": [one],
        "words=nothing": [],
        "folder=": [],
        "folder=A": [two, three],
        "tag=Exam": [one],
        "point=calendar": [two],
        "tag=calendar": [],
        "level=4": [two],
        "language=en": [three],
        "type=essay": [three],
        "since=2": [one],
    }.items():
        assert await ids(teacher, query) == found, query
    labels = await teacher.get(f"{BANK}/labels")
    assert labels["folders"] == [{"label": "A", "questions": 2}, {"label": "B", "questions": 1}]
    assert labels["tags"] == [{"label": "Exam", "questions": 1}, {"label": "季节", "questions": 1}]
    assert labels["points"] == [{"label": "calendar", "questions": 1}]
    assert {"json", "csv"} <= set(labels["formats"])
    assert labels["room"] == banking.MOST - 3


async def test_a_change_keeps_what_it_leaves_out_and_a_removed_one_is_gone(teacher: Person) -> None:
    made = await kept(teacher, folder="A", tags=["old"])
    path = f"{BANK}/{made['id']}"
    body = {"question": {**CHOICE, "prompt": "New"}, "tags": ["new"]}
    changed = await good(await teacher.call("PATCH", path, body))
    assert (changed["folder"], changed["tags"], changed["question"]["prompt"]) == ("A", ["new"], "New")
    assert (await ids(teacher, "tag=old"), await ids(teacher, "words=new")) == ([], [made["id"]])
    assert await refusal(await teacher.call("PATCH", path, {"question": {"type": "choice"}})) == (400, "malformed")
    assert (await teacher.get(path))["question"]["prompt"] == "New"
    await good(await teacher.call("DELETE", path))
    assert await refusal(await teacher.call("GET", path)) == (404, "not_found")
    assert await refusal(await teacher.call("DELETE", path)) == (404, "not_found")


async def test_the_school_sees_what_is_shared_and_nobody_else_does(admin: Person, teach: Any) -> None:
    other = (await admin.post("/api/v1/schools", {"name": "Other School"}))["id"]
    first = (await admin.get("/api/v1/schools"))[0]["id"]
    assert first != other
    wang, zhao, far = await teach("wang", first), await teach("zhao", first), await teach("far", other)
    shared = await kept(wang, shared=True, tags=["shared"])
    own = await kept(wang, tags=["own"])
    assert await ids(zhao) == [shared["id"]]
    assert await ids(zhao, "whose=mine") == []
    assert [one["label"] for one in (await zhao.get(f"{BANK}/labels"))["tags"]] == ["shared"]
    seen = (await zhao.get(BANK))["questions"][0]
    assert (seen["mine"], seen["by"], seen["shared"]) == (False, "Teacher wang", True)
    assert (await far.get(BANK)) == {"questions": [], "of": 0}
    for person, one, status in ((zhao, own, 404), (far, shared, 404), (far, own, 404), (zhao, shared, 403)):
        path = f"{BANK}/{one['id']}"
        for method, body in (("PATCH", {"folder": "mine"}), ("DELETE", None)):
            assert (await person.call(method, path, body)).status == status
        if status == 404:
            assert (await person.call("GET", path)).status == 404
            assert (await person.call("POST", f"{path}/copy")).status == 404
    file = await (await zhao.call("GET", f"{BANK}/export?format=json")).read()
    assert [one["tags"] for one in json.loads(file)["questions"]] == [["shared"]]
    await good(await wang.call("PATCH", f"{BANK}/{shared['id']}", {"shared": False}))
    assert await ids(zhao) == []


async def test_who_has_no_school_shares_nothing_and_is_shared_nothing(parts: Parts, teach: Any) -> None:
    one, two = await teach("one"), await teach("two")
    for login in ("one", "two"):
        account = await parts.store.accounts.by_login(login)
        assert account is not None
        await parts.store.accounts.set_school(account.id, None)
    await kept(one)
    assert await ids(two) == []
    assert await refusal(await one.call("POST", BANK, {"question": CHOICE, "shared": True})) == (409, "no_school")


async def test_pictures_are_the_owners_and_come_along_with_a_copy(parts: Parts, admin: Person, teach: Any) -> None:
    school = (await admin.get("/api/v1/schools"))[0]["id"]
    wang, zhao = await teach("wang", school), await teach("zhao", school)
    leaf, cat = await picture(parts, "wang"), await picture(parts, "wang", "cat", "c")
    has = await picture(parts, "zhao", "my cat", "c")
    asked = {**CHOICE, "picture": leaf.id, "pictures": [None, cat.id]}
    assert await refusal(await zhao.call("POST", BANK, {"question": asked})) == (404, "not_found")
    shared = await kept(wang, asked, shared=True, folder="A")
    copy = await zhao.post(f"{BANK}/{shared['id']}/copy")
    assert (copy["mine"], copy["shared"], copy["folder"]) == (True, False, "A")
    assert copy["question"]["pictures"] == [None, has.id]
    mine = await parts.store.shelves.get(copy["question"]["picture"])
    assert mine is not None
    assert (mine.owner != leaf.owner, mine.digest, mine.name) == (True, "d", "leaf")
    # It stays when the other's goes: the content is had by both.
    await parts.store.shelves.remove(leaf.id)
    assert await parts.store.shelves.uses("d") == 1
    assert (await zhao.call("POST", f"{BANK}/{shared['id']}/copy")).status == 404


@pytest.mark.parametrize(
    "change",
    [
        {"question": {"type": "riddle", "prompt": "?"}},
        {"question": {**CHOICE, "seconds": 9}},
        {"question": {**CHOICE, "options": ["x"] * 10_000}},
        {"question": {"type": "essay", "prompt": "\u0000"}},
        {"question": []},
        {"folder": "x" * 121},
        {"folder": "a\u0000b"},
        {"tags": ["x"] * 21},
        {"tags": [""]},
        {"level": "x" * 41},
        {"language": "../en"},
        {"owner": "li"},
    ],
)
async def test_a_bad_one_is_refused_whole(teacher: Person, change: dict[str, Any]) -> None:
    assert await refusal(await teacher.call("POST", BANK, {"question": CHOICE, **change})) == (400, "malformed")
    assert await ids(teacher) == []


async def test_a_bank_has_an_end(teacher: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "MOST", 3)
    monkeypatch.setattr(question_files, "MOST", 3)
    tries = (teacher.call("POST", BANK, {"question": CHOICE}) for _ in range(6))
    said = [response.status for response in await asyncio.gather(*tries)]
    assert sorted(said) == [201, 201, 201, 409, 409, 409]
    assert await refusal(await teacher.call("POST", BANK, {"question": CHOICE})) == (409, "bank_full")
    assert await refusal(await sent(teacher, "q.csv", b"prompt\nOne?\n")) == (409, "bank_full")
    essay = {"type": "essay", "prompt": "?", "rubric": rubric()}
    assert await refusal(await teacher.call("POST", BANK, {"question": essay})) == (413, "too_large")


def rubric() -> list[Any]:
    levels = [{"points": 1, "says": "好" * 300}] * 6
    return [{"name": "x", "levels": levels}] * 8


async def sent(person: Person, name: str, data: bytes, query: str = "") -> Any:
    headers = {"X-CSRF": person.csrf, "Content-Type": "application/octet-stream"}
    return await person.client.post(f"{BANK}/import?name={name}{query}", data=io.BytesIO(data), headers=headers)


TABLE = """\
prompt,type,options,answer,tags,points,what
Autumn?,choice,spring|autumn,2,a|b,Seasons,x
Bad?,choice,spring|autumn,9,,,x
=1+1,text,,two|2,,,x
Why?,riddle,,,,,x
"""


async def test_a_file_keeps_what_is_understood_and_says_line_by_line_what_is_not(teacher: Person) -> None:
    trial = await good(await sent(teacher, "q.csv", TABLE.encode(), "&keep=no&folder=New"))
    assert (trial["understood"], trial["kept"], await ids(teacher)) == (2, False, [])
    assert [(note["line"], note["code"]) for note in trial["notes"]] == [
        (1, "column_unknown"),
        (3, "unfit"),
        (5, "type_not_in_table"),
    ]
    told = await good(await sent(teacher, "q.csv", TABLE.encode(), "&folder=New"))
    assert told == {**trial, "kept": True}
    found = (await teacher.get(f"{BANK}?folder=New"))["questions"]
    assert [one["question"] for one in found] == [
        {"type": "choice", "prompt": "Autumn?", "options": ["spring", "autumn"], "answer": 1, "points": ["Seasons"]},
        {"type": "text", "prompt": "=1+1", "answer": ["two", "2"]},
    ]
    for form in ("json", "csv"):
        file = await teacher.call("GET", f"{BANK}/export?format={form}")
        again = await good(await sent(teacher, f"q.{form}", await file.read(), "&keep=no"))
        assert (again["understood"], again["notes"]) == (2, [])


async def test_pictures_of_a_file_that_are_not_on_the_shelf_are_left_out(teacher: Person) -> None:
    spot = {"type": "spot", "prompt": "Where?", "picture": "gone", "aspect": 1}
    shown = {**CHOICE, "options": ["A", "B"], "pictures": [None, "gone"]}
    file = {"questions": [{"question": one} for one in ({**CHOICE, "picture": "gone", "alt": "x"}, spot, shown)]}
    told = await good(await sent(teacher, "q.json", json.dumps(file).encode()))
    assert (told["understood"], [note["code"] for note in told["notes"]]) == (
        1,
        ["media_left_off_shelf", "media_needed_off_shelf", "media_needed_off_shelf"],
    )
    (left,) = (await teacher.get(BANK))["questions"]
    assert left["question"] == CHOICE


async def test_more_pictures_than_a_look_up_takes(parts: Parts, teacher: Person) -> None:
    leaf = await picture(parts, "li")
    names = [f"gone{i}" for i in range(70_000)]
    match = {"type": "match", "prompt": "?", "options": list("abcdefghij"), "targets": list("klmnopqrst")}
    file = {
        "questions": [
            {"question": {**match, "pictures": names[i : i + 10], "target_pictures": names[i + 10 : i + 20]}}
            for i in range(0, len(names), 20)
        ]
    }
    file["questions"].append({"question": {**CHOICE, "picture": leaf.id}})
    told = await good(await sent(teacher, "q.json", json.dumps(file).encode()))
    assert told["understood"] == 1
    (left,) = (await teacher.get(BANK))["questions"]
    assert left["question"]["picture"] == leaf.id


async def test_labels_are_the_most_used_ones(teacher: Person) -> None:
    tags = [f"tag {i:04}" for i in range(600)]
    lines = [f"prompt,tags\n{'?'},tag 0599"] + [f"?,{'|'.join(tags[i : i + 20])}" for i in range(0, 600, 20)]
    await good(await sent(teacher, "q.csv", "\n".join(lines).encode()))
    found = (await teacher.get(f"{BANK}/labels"))["tags"]
    assert [one["label"] for one in found] == [*tags[:499], "tag 0599"]
    assert found[-1]["questions"] == 2


async def test_a_full_bank_takes_no_pictures_either(
    parts: Parts, admin: Person, teach: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    school = (await admin.get("/api/v1/schools"))[0]["id"]
    wang, zhao = await teach("wang", school), await teach("zhao", school)
    shared = await kept(wang, {**CHOICE, "picture": (await picture(parts, "wang")).id}, shared=True)
    monkeypatch.setattr(routes, "MOST", 0)
    assert await refusal(await zhao.call("POST", f"{BANK}/{shared['id']}/copy")) == (409, "bank_full")
    account = await parts.store.accounts.by_login("zhao")
    assert account is not None
    assert await parts.store.shelves.list(account.id) == []


async def test_a_bank_goes_with_its_owner(parts: Parts, admin: Person, teacher: Person) -> None:
    await kept(teacher)
    account = await parts.store.accounts.by_login("li")
    assert account is not None
    assert await parts.store.questions.count(account.id) == 1
    erased = await good(await admin.call("DELETE", f"/api/v1/accounts/{account.id}"))
    assert erased["questions"] == 1
    assert await parts.store.questions.count(account.id) == 0
