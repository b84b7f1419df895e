"""The catalogue's routes: from a lesson's recording to a published resource that another school sees."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from classroom.errors import OperatorFault
from classroom.store.index import Texts
from tests.unit.web.people import PASSWORD, Person, good, refusal
from tests.unit.web.test_resources import resource
from web.server import gathering
from web.server.parts import Parts
from web.server.vocabularies import SHIPPED, load

__all__ = ["resource"]
Newcomer = Callable[..., Awaitable[Person]]


@pytest.fixture
def newcomer(admin: Person, browser: Any) -> Newcomer:
    async def come(login: str, role: str = "teacher", school: str | None = None) -> Person:
        row = {"login": login, "name": login.title(), "password": PASSWORD, "role": role, "school": school}
        await admin.post("/api/v1/accounts", row)
        person: Person = await browser()
        await person.sign_in(login)
        return person

    return come


async def step(person: Person, resource: str, action: str, **more: Any) -> Any:
    return await person.post(f"/api/v1/resources/{resource}/review", {"action": action, **more})


async def refused(person: Person, resource: str, action: str, **more: Any) -> tuple[int, str]:
    body = {"action": action, **more}
    return await refusal(await person.call("POST", f"/api/v1/resources/{resource}/review", body))


async def said(person: Person, resource: str, **details: Any) -> Any:
    return await good(await person.call("PATCH", f"/api/v1/resources/{resource}/details", details))


async def test_a_recording_is_published_seen_by_another_school_changed_and_withdrawn(
    teacher: Person, resource: str, newcomer: Newcomer
) -> None:
    staff, other = await newcomer("ma", "staff"), await newcomer("wu")
    base = f"/api/v1/resources/{resource}"
    change = await said(teacher, resource, subject="chinese", grade="grade-3", reach="all", points=["雨", "秋", "雨"])
    assert (change["state"], change["details"]["points"]) == ("draft", ["雨", "秋"])
    assert await refused(teacher, resource, "submit") == (409, "wrong_state")
    review = await step(teacher, resource, "self_review")
    assert (review["state"], review["steps"]) == ("self_reviewed", ["submit", "reopen"])
    await step(teacher, resource, "submit")
    assert await refused(teacher, resource, "publish") == (403, "own_resource")
    assert await refusal(await teacher.call("PATCH", f"{base}/details", {"grade": ""})) == (403, "not_allowed")
    [waiting] = await staff.get("/api/v1/reviews")
    assert (waiting["resource"]["id"], waiting["changes"], waiting["own"]) == (resource, False, False)
    assert (await staff.post(f"{base}/claim"))["reviewer"] == "Ma"
    assert [one["mine"] for one in await staff.get("/api/v1/reviews?whose=mine")] == [True]
    assert await refused(staff, resource, "return") == (422, "reason_needed")
    await step(staff, resource, "return", reason="Which edition?")
    assert (await teacher.get(f"{base}/review"))["trail"][-1]["reason"] == "Which edition?"
    for action in ("self_review", "submit"):
        await step(teacher, resource, action)
    assert await refusal(await other.call("GET", base)) == (404, "not_found")
    await step(staff, resource, "publish")

    shown = await other.get(base)
    assert (shown["subject"], shown["state"], shown["may_edit"], shown["change"]) == (
        "chinese",
        "published",
        False,
        None,
    )
    assert [one["id"] for one in await other.get("/api/v1/resources?subject=chinese&point=雨")] == [resource]
    assert await other.get("/api/v1/resources?subject=art") == []
    for path in ("review", "details", "difference", "edits", "whole"):
        assert await refusal(await other.call("GET", f"{base}/{path}")) == (403, "not_allowed")
    assert await refused(other, resource, "withdraw", reason="x") == (403, "not_allowed")
    assert await refusal(await other.call("DELETE", base)) == (403, "not_allowed")

    await said(teacher, resource, title="Autumn rain")
    assert (await other.get(base))["title"] == "Autumn"
    assert (await teacher.get(base))["change"] == "draft"
    difference = await staff.get(f"{base}/difference")
    assert difference["fields"] == [{"field": "title", "was": "Autumn", "now": "Autumn rain"}]
    for action in ("self_review", "submit"):
        await step(teacher, resource, action)
    [waiting] = await staff.get("/api/v1/reviews")
    assert waiting["changes"] is True
    await step(staff, resource, "publish")
    assert (await other.get(base))["title"] == "Autumn rain"
    assert (await staff.get(f"{base}/difference"))["fields"] == []

    assert await refused(teacher, resource, "withdraw") == (422, "reason_needed")
    await step(teacher, resource, "withdraw", reason="A better one follows")
    assert await refusal(await other.call("GET", base)) == (404, "not_found")
    trail = (await staff.get(f"{base}/review"))["trail"]
    assert [one["number"] for one in trail] == list(range(1, len(trail) + 1))
    assert trail[-1]["by"] == "Li Wen"


async def test_what_is_taken_out_is_gone_at_once_and_what_is_brought_back_is_reviewed(
    teacher: Person, resource: str, newcomer: Newcomer
) -> None:
    staff, other = await newcomer("ma", "staff"), await newcomer("wu")
    base = f"/api/v1/resources/{resource}"

    async def decide(revision: int, **decision: Any) -> None:
        await teacher.post(f"{base}/edits", {"decision": {"revision": revision, **decision}})

    async def publish() -> None:
        for person, action in ((teacher, "self_review"), (teacher, "submit"), (staff, "publish")):
            await step(person, resource, action)

    async def cuts() -> list[list[int]]:
        return (await other.get(base))["cuts"]  # type: ignore[no-any-return]

    await said(teacher, resource, reach="all")
    await decide(0, kind="cut", from_ms=1000, to_ms=2000)
    await step(teacher, resource, "self_review")
    await step(teacher, resource, "submit")
    await decide(1, kind="hide", participant="p1")
    assert (await teacher.get(base))["state"] == "draft"
    await publish()
    assert await cuts() == [[1000, 2000]]
    await decide(2, kind="undo", number=1)
    await decide(3, kind="cut", from_ms=3000, to_ms=3500)
    assert await cuts() == [[1000, 2000], [3000, 3500]]
    assert (await teacher.get(base))["change"] == "draft"
    edits = (await staff.get(f"{base}/difference"))["edits"]
    assert (edits["was"], edits["now"]) == ([[1000, 2000]], [[3000, 3500]])
    assert [one["kind"] for one in edits["decisions"]] == ["undo", "cut"]
    await publish()
    assert await cuts() == [[3000, 3500]]


async def test_who_owns_it_reviews_it_only_where_nobody_else_can(
    admin: Person, parts: Parts, newcomer: Newcomer
) -> None:
    made = await admin.post("/api/v1/resources", {"kind": "link", "target": "https://moe.example/a", "title": "A"})
    for action in ("self_review", "submit", "publish"):
        await step(admin, made["id"], action)
    staff = await newcomer("ma", "staff")
    made = await staff.post("/api/v1/resources", {"kind": "link", "target": "https://moe.example/b"})
    for action in ("self_review", "submit"):
        await step(staff, made["id"], action)
    assert await refused(staff, made["id"], "publish") == (403, "own_resource")
    claim = f"/api/v1/resources/{made['id']}/claim"
    assert await refusal(await staff.call("POST", claim)) == (403, "own_resource")
    await admin.post(claim)
    await good(await staff.call("DELETE", claim))
    await step(admin, made["id"], "publish")
    assert await refusal(await admin.call("POST", claim)) == (409, "wrong_state")


async def test_of_two_who_change_it_at_once_one_is_told(teacher: Person, resource: str) -> None:
    version = (await teacher.get(f"/api/v1/resources/{resource}/details"))["version"]
    await said(teacher, resource, title="One", version=version)
    late = await teacher.call("PATCH", f"/api/v1/resources/{resource}/details", {"title": "Two", "version": version})
    assert await refusal(late) == (409, "changed_meanwhile")
    assert await refused(teacher, resource, "self_review", version=version) == (409, "changed_meanwhile")
    assert (await teacher.get(f"/api/v1/resources/{resource}"))["title"] == "One"


@pytest.mark.parametrize(
    ("wrong", "answer"),
    [
        ({"title": ""}, (400, "malformed")),
        ({"title": "x" * 201}, (400, "malformed")),
        ({"title": "a\nb"}, (400, "malformed")),
        ({"description": "x" * 5001}, (400, "malformed")),
        ({"description": "\u0000"}, (400, "malformed")),
        ({"subject": "alchemy"}, (422, "unknown_code")),
        ({"subject": "x" * 65}, (400, "malformed")),
        ({"language": "<b>"}, (400, "malformed")),
        ({"reach": "moon"}, (400, "malformed")),
        ({"points": ["x"] * 31}, (400, "malformed")),
        ({"points": [""]}, (400, "malformed")),
        ({"contributors": [{"name": "x", "role": "king"}]}, (400, "malformed")),
        ({"state": "published"}, (400, "malformed")),
        ({"owner": "somebody"}, (400, "malformed")),
    ],
)
async def test_what_cannot_be_said_of_it_changes_nothing(
    teacher: Person, resource: str, wrong: Any, answer: tuple[int, str]
) -> None:
    path = f"/api/v1/resources/{resource}/details"
    before = await teacher.get(path)
    assert await refusal(await teacher.call("PATCH", path, {"grade": "grade-1", **wrong})) == answer
    assert await teacher.get(path) == before


async def test_markup_is_text(teacher: Person, resource: str) -> None:
    text = "<script>alert(1)</script> & <b>"
    change = await said(teacher, resource, title=text, description=f"{text}\n二", points=[text])
    assert (change["details"]["title"], change["details"]["description"]) == (text, f"{text}\n二")


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"kind": "link", "target": "http://moe.example"}, (422, "not_an_address")),
        ({"kind": "link", "target": "javascript:alert(1)"}, (422, "not_an_address")),
        ({"kind": "link", "target": "https://u:p@moe.example"}, (422, "not_an_address")),
        ({"kind": "link", "target": "https://["}, (422, "not_an_address")),
        ({"kind": "link", "target": "https://moe.example/" + "x" * 2000}, (400, "malformed")),
        ({"kind": "courseware", "target": "nothing"}, (404, "not_found")),
        ({"kind": "bank", "target": "nothing"}, (404, "not_found")),
        ({"kind": "recording", "target": "x"}, (400, "malformed")),
    ],
)
async def test_what_points_to_nothing_is_not_made(teacher: Person, body: Any, answer: tuple[int, str]) -> None:
    assert await refusal(await teacher.call("POST", "/api/v1/resources", body)) == answer
    assert await teacher.get("/api/v1/resources") == []


async def test_an_entry_without_files_is_removed_without_files(parts: Parts, teacher: Person, resource: str) -> None:
    made = await teacher.post("/api/v1/resources", {"kind": "link", "target": "https://moe.example", "grade": "all"})
    assert (made["grade"], made["state"], made["title"]) == ("all", "draft", "https://moe.example")
    assert (await teacher.get(f"/api/v1/resources/{made['id']}"))["target"] == "https://moe.example"
    events = await teacher.call("GET", f"/api/v1/resources/{made['id']}/events")
    assert await refusal(events) == (404, "not_found")
    await good(await teacher.call("DELETE", f"/api/v1/resources/{made['id']}"))
    [kept] = await teacher.get("/api/v1/resources")
    assert kept["id"] == resource
    assert any((parts.settings.data / "recordings").iterdir())


async def test_comments_of_the_review_are_its_owners_and_the_staffs(
    teacher: Person, resource: str, newcomer: Newcomer
) -> None:
    staff, other = await newcomer("ma", "staff"), await newcomer("wu")
    base = f"/api/v1/resources/{resource}/remarks"
    note = await staff.post(base, {"at": 1500, "text": "The bell covers this", "review": True})
    await said(teacher, resource, reach="all")
    for person, action in ((teacher, "self_review"), (teacher, "submit"), (staff, "publish")):
        await step(person, resource, action)
    assert [(one["text"], one["review"]) for one in await teacher.get(base)] == [("The bell covers this", True)]
    assert await other.get(base) == []
    assert await refusal(await other.call("PATCH", f"{base}/{note['id']}", {"text": "x"})) == (404, "not_found")
    wanted = {"at": 1, "text": "x", "review": True}
    assert await refusal(await other.call("POST", base, wanted)) == (403, "not_allowed")


async def test_a_series_is_its_owners_to_order_and_shows_each_what_is_theirs(
    teacher: Person, resource: str, newcomer: Newcomer
) -> None:
    staff, other = await newcomer("ma", "staff"), await newcomer("wu")
    link = await teacher.post("/api/v1/resources", {"kind": "link", "target": "https://moe.example", "reach": "all"})
    made = await teacher.post("/api/v1/collections", {"kind": "series", "title": "Unit <1>"})
    base = f"/api/v1/collections/{made['id']}"
    for one in (resource, link["id"]):
        whole = await good(await teacher.call("PUT", f"{base}/resources/{one}"))
    assert [one["id"] for one in whole["resources"]] == [resource, link["id"]]
    assert await refusal(await other.call("GET", base)) == (404, "not_found")
    for person, action in ((teacher, "self_review"), (teacher, "submit"), (staff, "publish")):
        await step(person, link["id"], action)
    seen = await other.get(base)
    assert ([one["id"] for one in seen["resources"]], seen["may_edit"]) == ([link["id"]], False)
    assert [one["many"] for one in await other.get("/api/v1/collections")] == [1]
    for method, path, body in (
        ("PATCH", base, {"title": "x"}),
        ("DELETE", base, None),
        ("PUT", f"{base}/order", {"resources": []}),
        ("DELETE", f"{base}/resources/{link['id']}", None),
    ):
        assert await refusal(await other.call(method, path, body)) == (403, "not_allowed")
    swapped = await good(await teacher.call("PUT", f"{base}/order", {"resources": [link["id"]]}))
    assert [one["id"] for one in swapped["resources"]] == [link["id"], resource]
    assert len(await teacher.get(f"/api/v1/collections?resource={resource}")) == 1
    await good(await staff.call("DELETE", f"{base}/resources/{resource}"))
    assert await teacher.get(f"/api/v1/collections?resource={resource}") == []
    put = await teacher.call("PUT", f"{base}/resources/nothing")
    assert await refusal(put) == (404, "not_found")
    await good(await teacher.call("DELETE", base))
    assert len(await teacher.get("/api/v1/resources")) == 2


async def test_the_vocabularies_have_both_languages_and_every_licence_of_creative_commons(teacher: Person) -> None:
    found = await teacher.get("/api/v1/vocabularies")
    for vocabulary in found.values():
        assert all({"zh", "en"} <= term["labels"].keys() for term in vocabulary["terms"])
    marks = {term["code"] for term in found["licence"]["terms"]}
    kinds = ("by", "by-sa", "by-nc", "by-nc-sa", "by-nd", "by-nc-nd")
    assert {"cc0-1.0", "all-rights-reserved", *(f"cc-{kind}-4.0" for kind in kinds)} == marks


def district(directory: Path, **changes: Any) -> Path:
    term = {"code": "g3", "labels": {"zh": "三年级", "en": "Third"}, "same_as": ["isced:1"]}
    whole = {"vocabulary": "grades", "labels": {"zh": "年级", "en": "Grade"}, "terms": [term], **changes}
    (directory / "grades.json").write_text(json.dumps(whole))
    return directory


async def test_a_districts_vocabulary_takes_the_place_of_ours_and_codes_of_before_stay(
    parts: Parts, teacher: Person, resource: str, tmp_path: Path
) -> None:
    await said(teacher, resource, grade="grade-3")
    parts.vocabularies = load(district(tmp_path))
    assert parts.vocabularies.label("grade", "g3", "zh") == "三年级"
    assert parts.vocabularies.label("grade", "grade-3", "zh") == "grade-3"
    assert parts.vocabularies.known("subject", "chinese")
    kept = await said(teacher, resource, grade="grade-3", subject="chinese")
    assert kept["details"]["grade"] == "grade-3"
    await said(teacher, resource, grade="g3")
    path = f"/api/v1/resources/{resource}/details"
    assert await refusal(await teacher.call("PATCH", path, {"grade": "grade-3"})) == (422, "unknown_code")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("grades", "{", "grades.json"),
        ("grades", '{"vocabulary": "grades"}', "labels"),
        ("grades", "[]", "grades.json"),
        ("planets", "{}", "planets.json is none of"),
        ("grades", (SHIPPED / "types.json").read_text(), "says that it is 'types'"),
        ("grades", (SHIPPED / "grades.json").read_text().replace("grade-2", "grade-1"), "'grade-1' twice"),
        ("grades", (SHIPPED / "grades.json").read_text().replace('"zh": "二年级", ', ""), "no label in zh"),
        ("grades", " " * ((1 << 20) + 1), "larger than"),
    ],
)
def test_a_wrong_vocabulary_is_named_at_start(tmp_path: Path, name: str, text: str, says: str) -> None:
    (tmp_path / f"{name}.json").write_text(text)
    with pytest.raises(OperatorFault) as fault:
        load(tmp_path)
    assert says in str(fault.value)
    assert "\n" not in str(fault.value)


def test_a_directory_without_vocabularies_is_named(tmp_path: Path) -> None:
    for wrong in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(OperatorFault, match="--vocabularies"):
            load(wrong)


async def test_who_sees_courseware_or_a_bank_takes_it_along_also_once_it_is_off_its_shelf(
    parts: Parts, teacher: Person, newcomer: Newcomer
) -> None:
    staff, other = await newcomer("ma", "staff"), await newcomer("wu")
    me = (await teacher.look())["account"]["id"]
    slides = await parts.store.shelves.add(me, "Autumn.pdf", 10, parts.now_ms, 10, 1 << 30)
    assert slides is not None
    await parts.store.shelves.uploaded(slides.id)
    await parts.store.shelves.ready(slides.id, "d" * 64, "slides", 2, [320], None, "")
    question = {"type": "choice", "prompt": "1+1?", "options": ["1", "2"], "answer": 1}
    await teacher.post("/api/v1/questions", {"question": question, "folder": "Sums"})
    deck = await teacher.post("/api/v1/resources", {"kind": "courseware", "target": slides.id, "reach": "all"})
    bank = await teacher.post("/api/v1/resources", {"kind": "bank", "target": "Sums", "reach": "all"})
    for one in (deck, bank):
        assert await refusal(await other.call("POST", f"/api/v1/resources/{one['id']}/take")) == (404, "not_found")
        for person, action in ((teacher, "self_review"), (teacher, "submit"), (staff, "publish")):
            await step(person, one["id"], action)
        assert await refusal(await teacher.call("POST", f"/api/v1/resources/{one['id']}/take")) == (409, "exists")
    await good(await teacher.call("DELETE", f"/api/v1/courseware/{slides.id}"))
    for one in (deck, bank):
        assert await other.post(f"/api/v1/resources/{one['id']}/take") == {"many": 1}
    assert [row["name"] for row in await other.get("/api/v1/courseware")] == ["Autumn.pdf"]
    assert (await other.get("/api/v1/questions"))["of"] == 1


async def test_of_a_published_bank_others_have_what_was_published_until_it_is_published_again(
    parts: Parts, teacher: Person, newcomer: Newcomer
) -> None:
    staff, other, late = await newcomer("ma", "staff"), await newcomer("wu"), await newcomer("lin")

    def asked(prompt: str) -> dict[str, Any]:
        question = {"type": "choice", "prompt": prompt, "options": ["1", "2"], "answer": 1}
        return {"question": question, "folder": ""}

    kept = await teacher.post("/api/v1/questions", asked("1+1?"))
    bank = await teacher.post("/api/v1/resources", {"kind": "bank", "target": "", "reach": "all", "title": "Sums"})
    for person, action in ((teacher, "self_review"), (teacher, "submit"), (staff, "publish")):
        await step(person, bank["id"], action)
    await good(await teacher.call("DELETE", f"/api/v1/questions/{kept['id']}"))
    await teacher.post("/api/v1/questions", asked("a secret draft"))

    async def took(person: Person) -> list[str]:
        await person.post(f"/api/v1/resources/{bank['id']}/take")
        return [one["question"]["prompt"] for one in (await person.get("/api/v1/questions"))["questions"]]

    assert await took(other) == ["1+1?"]
    row = await parts.store.resources.get(bank["id"])
    assert row is not None
    assert (await said_of(parts, row.id))["questions"] == [(None, "1+1?")]
    await said(teacher, bank["id"], description="With more of them")
    for person, action in ((teacher, "self_review"), (teacher, "submit"), (staff, "publish")):
        await step(person, bank["id"], action)
    assert await took(late) == ["a secret draft"]
    await good(await teacher.call("DELETE", f"/api/v1/resources/{bank['id']}"))
    assert await parts.store.reviews.bank(bank["id"]) is None


async def said_of(parts: Parts, resource: str) -> Texts:
    found = await gathering.said(parts, resource)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/v1/collections", {"kind": "heap", "title": "x"}),
        ("POST", "/api/v1/collections", {"kind": "series", "title": " "}),
        ("POST", "/api/v1/collections", {"kind": "series", "title": "x", "description": "x" * 5001}),
        ("POST", "/api/v1/resources/x/review", {"action": "explode"}),
        ("GET", "/api/v1/resources?since=-1", None),
        ("GET", "/api/v1/resources?subject=" + "x" * 65, None),
        ("GET", "/api/v1/reviews?whose=all", None),
        ("GET", "/api/v1/collections?resource=..", None),
    ],
)
async def test_what_is_malformed_is_refused_at_every_door(admin: Person, method: str, path: str, body: Any) -> None:
    assert await refusal(await admin.call(method, path, body)) == (400, "malformed")
