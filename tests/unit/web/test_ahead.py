"""The first answers of a page come with it: the API's own, to whoever asks for the page, and to nobody else."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from classroom.store.records import Resource
from tests.unit.web.node import evaluate
from tests.unit.web.people import Person
from web.server.ahead import BEFORE, block
from web.server.limits import Bucket
from web.server.parts import Parts
from web.server.routes import pages

HTML = b"<!doctype html><head></head><body><div id=app></div></body>"
BLOCK = re.compile(r'<script type="application/json" id="ahead">(.*?)</script>', re.DOTALL)
MARKUP = '</script><script>alert(1)</script><!--\u2028\u2029& "'


@pytest.fixture(autouse=True)
def built(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("library", "staff", "trust"):
        (tmp_path / f"{name}.html").write_bytes(HTML)
    monkeypatch.setattr(pages, "STATIC", tmp_path)
    monkeypatch.setitem(pages.ASKED, "/trust", ("/api/v1/accounts", "/api/v1/session"))


async def page(person: Person, path: str = "/library") -> tuple[dict[str, Any], str, str]:
    """What comes with it, how long it is kept, and its text."""
    response = await person.client.get(path)
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    said = await response.text()
    found = BLOCK.findall(said)
    return json.loads(found[0]) if found else {}, response.headers["Cache-Control"], said


async def test_a_page_comes_with_what_the_api_would_answer(parts: Parts, admin: Person, teacher: Person) -> None:
    for one, state in (("open", "published"), ("draft", "draft")):
        row = Resource(one, None, MARKUP, "link", "ready", parts.now_ms, None, "", [], state=state, reach="all")
        await parts.store.resources.put(row)
    for person, seen in ((admin, {"open", "draft"}), (teacher, {"open"})):
        answers, kept, said = await page(person)
        assert kept == "private, no-store"
        assert list(answers) == list(pages.ASKED["/library"])
        for address, answer in answers.items():
            assert answer == await person.get(address)
        assert {row["id"] for row in answers["/api/v1/resources?limit=30"]} == seen
        assert answers["/api/v1/resources?limit=30"][0]["title"] == MARKUP
        assert BLOCK.sub("", said).encode() == HTML
    await teacher.call("DELETE", "/api/v1/session")
    assert await page(teacher) == ({}, "no-cache", HTML.decode())


async def test_nothing_comes_with_other_pages_or_for_whom_there_is_no_account(nobody: Person, teacher: Person) -> None:
    assert await page(nobody) == ({}, "no-cache", HTML.decode())
    for path in ("/library?review", "/library/x", "/staff"):
        assert await page(teacher, path) == ({}, "no-cache", HTML.decode())
    head = await teacher.client.head("/library")
    assert (head.status, await head.read()) == (200, b"")
    nobody.client.cookie_jar.update_cookies({"tongke": "guessed"}, nobody.client._base_url)
    assert (await page(nobody))[0] == {}


async def test_what_is_not_for_the_caller_does_not_come_with_the_page(admin: Person, teacher: Person) -> None:
    assert list((await page(admin, "/trust"))[0]) == ["/api/v1/accounts", "/api/v1/session"]
    assert list((await page(teacher, "/trust"))[0]) == ["/api/v1/session"]


async def test_what_would_be_refused_is_left_for_the_page_to_ask(parts: Parts, teacher: Person) -> None:
    parts.finds = Bucket(1, every_s=3_600)
    assert len((await page(teacher))[0]) == 3
    answers, kept, _ = await page(teacher)
    assert (list(answers), kept) == (list(pages.ASKED["/library"])[:2], "private, no-store")


async def test_what_fails_is_left_for_the_page_to_ask(parts: Parts, teacher: Person) -> None:
    parts.finds = None  # type: ignore[assignment]
    answers, _, said = await page(teacher)
    assert list(answers) == list(pages.ASKED["/library"])[:2]
    assert BLOCK.sub("", said).encode() == HTML


def test_a_block_is_data_whatever_is_in_it() -> None:
    said = json.dumps({"said": MARKUP}, ensure_ascii=False).encode()
    made = block({"/a?b": said, "/c": b"null"}).decode()
    assert made.count("<") == 2
    assert "\u2028" not in made
    assert BEFORE.decode() not in made
    assert json.loads(BLOCK.findall(made)[0]) == {"/a?b": {"said": MARKUP}, "/c": None}


def test_an_answer_is_taken_once_and_none_after_a_change() -> None:
    given = {"/a": [1], "/b": [2], "/c": [3]}
    taken = evaluate(
        "net/ahead.ts",
        "(m.came(given), [m.ahead('/a'), m.ahead('/a') ?? null, m.ahead('/x') ?? null, m.ahead('/b'),"
        " (m.forget(), m.ahead('/c') ?? null)])",
        given,
    )
    assert taken == [[1], None, None, [2], None]
