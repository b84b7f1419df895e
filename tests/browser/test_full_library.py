"""A library with much in it, of long names: how its pages stand, and what one sees of a server, a right or a link that
is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

from classroom.keeping import DAY_MS
from classroom.store.records import Resource
from tests.browser.browsers import chromium
from tests.browser.house import WORK, House, each, sees, sign_in
from tests.browser.people import PASSWORD
from tests.browser.shots import DESKTOP, Album, audited, speak
from tests.processes import serving
from web.server.serve import stored
from web.server.sessions import COOKIE, LIFE_MS
from web.server.settings import Settings

pytestmark = pytest.mark.browser

SCHOOLS = (
    "青山镇九年一贯制实验学校（原青山村小学与红旗初级中学合并）",
    "County school with a rather long English name",
)
PEOPLE = (
    ("lihua", "欧阳娜娜·买买提江·阿不都热合曼", "teacher", 0),
    ("wu", "Alexandria Featherstonehaugh-Cholmondeley", "teacher", 1),
    ("ma", "Ma 马", "staff", None),
    ("an", "An 安", "admin", None),
)
LONG = (
    "统编版三年级上册第二单元《山行》《赠刘景文》《夜书所寄》三首古诗的比较阅读与想象画面"
    "（第一课时，城乡同步课堂，含课前预习单）"
)
POINTS = (
    "古诗",
    "借助注释、插图和关键词语想象画面，体会诗人对秋天景物的喜爱之情，用自己的话说出诗句的意思；有感情地朗读、背诵古诗",
    "Comparing how three poets of two dynasties see one autumn",
)
KINDS = (
    ("link", LONG, "https://example.org/" + "a-rather-long-path/" * 8),
    ("bank", "三年级语文上册单元题库 Question bank of the second unit", ""),
    ("upload", "Pneumonoultramicroscopicsilicovolcanoconiosis_final_final_v2_REALLY_FINAL(1).mp4", "x.mp4"),
    ("link", "Mountain walk 山行", "https://example.org/walk"),
)


@dataclass
class Full:
    house: House
    cookies: dict[str, str]
    ids: dict[str, str]

    def someone(self, login: str) -> Page:
        page = audited(self.house.browser, DESKTOP, "en")
        page.context.set_default_timeout(20_000)
        page.context.add_cookies([{"name": COOKIE, "value": self.cookies[login], "url": self.house.server.base}])
        return page

    def look(self, page: Page, path: str, testid: str) -> None:
        page.goto(self.house.server.base + path)
        sees(page, testid)

    def ask(self, login: str, method: str, path: str, data: Any = None) -> Any:
        """By the API, as this person."""
        context = self.house.browser.new_context()
        try:
            context.add_cookies([{"name": COOKIE, "value": self.cookies[login], "url": self.house.server.base}])
            api = f"{self.house.server.base}/api/v1"
            csrf = context.request.get(f"{api}/session").json()["csrf"]
            answer = context.request.fetch(f"{api}/{path}", method=method, data=data, headers={"X-CSRF": csrf})
            assert answer.ok, answer.text()
            return answer.json() if answer.status != 204 else None
        finally:
            context.close()


async def _write(data: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Five of each kind, by two teachers of two schools, drafts and published ones, some of them years old."""
    async with stored(Settings(_env_file=None, data=data, port=0, media_port=0)) as parts:
        store, now = parts.store, parts.now_ms
        schools = [await store.schools.add(name, now) for name in SCHOOLS]
        hashed, cookies, ids = await parts.passwords.hashed(PASSWORD), {}, {}
        for login, name, role, school in PEOPLE:
            of = schools[school].id if school is not None else None
            ids[login] = (await store.accounts.add(login, name, role, hashed, now, of)).id  # type: ignore[arg-type]
            cookies[login], _ = await store.sessions.add(ids[login], now, LIFE_MS)
        for number in range(5 * len(KINDS)):
            kind, title, target = KINDS[number % len(KINDS)]
            at = now - number * 90 * DAY_MS
            row = Resource(
                f"r{number}", None, title, kind, "ready", at, None, "", [], ids["lihua" if number % 3 else "wu"]
            )
            state, reach = ("published", "all") if number % 2 else ("draft", "school")
            row = replace(row, school=schools[0 if number % 3 else 1].id, state=state, reach=reach, target=target,
                          points=POINTS, subject="chinese", grade="grade-3", bytes=number * 1_000_000,
                          published_at=at if number % 2 else None, mime="video/mp4" if kind == "upload" else "",
                          description="三首诗，一个秋天。\nThree poems, one autumn.",
                          contributors=[{"name": PEOPLE[0][1], "role": "author"}])  # fmt: skip
            await store.resources.put(row)
        return cookies, ids


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, playwright: Playwright) -> Iterator[Full]:
    data = tmp_path_factory.mktemp("full") / "data"
    data.mkdir()
    with ThreadPoolExecutor(1) as aside:  # Playwright's loop runs in this thread
        cookies, ids = aside.submit(asyncio.run, _write(data)).result()
    with serving(data) as server, chromium(playwright) as browser:
        yield Full(House(server, browser, Album()), cookies, ids)


def in_themes(house: House, page: Page, state: str) -> None:
    """Dark, and with more contrast."""
    for theme in ("dark", "contrast"):
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        page.evaluate("() => Promise.allSettled(document.getAnimations().map((one) => one.finished))")
        house.album.look(page, "library", f"library {state} {theme}")
    page.evaluate("() => delete document.documentElement.dataset.theme")


def stepped(full: Full, login: str, resource: str, *actions: str) -> None:
    for action in actions:
        version = full.ask(login, "GET", f"resources/{resource}/review")["version"]
        full.ask(login, "POST", f"resources/{resource}/review", {"action": action, "version": version})


def test_the_pages_of_a_full_library(full: Full) -> None:
    house, teacher, staff = full.house, full.someone("lihua"), full.someone("ma")
    full.look(teacher, "/library", "resource")
    each(house, teacher, "library", "full", *WORK, whole=True)
    in_themes(house, teacher, "full")
    teacher.get_by_test_id("library-search").fill("没有的词")
    teacher.get_by_test_id("library-search").press("Enter")
    expect(teacher.get_by_test_id("resource")).to_have_count(0)
    each(house, teacher, "library", "nothing-found", *WORK)
    teacher.get_by_test_id("library-all").click()
    expect(teacher.get_by_test_id("resource")).to_have_count(16)
    for number, kind in ((8, "link"), (13, "bank"), (2, "upload")):
        full.look(teacher, f"/library/r{number}?details", "said")
        sees(teacher, "sharing")
        each(house, teacher, "library", f"resource-{kind}", *WORK, whole=True)
    for login, number in (("wu", 0), ("wu", 6), ("lihua", 2), ("lihua", 4), ("lihua", 8), ("lihua", 14)):
        stepped(full, login, f"r{number}", "self_review", "submit")
    stepped(full, "ma", "r14", "publish")
    changed = {"title": LONG, "points": POINTS[1:], "description": "三首诗。" * 60, "contributors": []}
    version = full.ask("lihua", "GET", "resources/r14/review")["version"]
    full.ask("lihua", "PATCH", "resources/r14/details", changed | {"version": version})
    stepped(full, "lihua", "r14", "self_review", "submit")
    full.ask("an", "POST", "resources/r6/claim")
    full.ask("ma", "POST", "resources/r2/claim")
    full.look(staff, "/library?review", "waiting")
    expect(staff.get_by_test_id("waiting")).to_have_count(6)
    each(house, staff, "library", "queue-full", *WORK, whole=True)
    in_themes(house, staff, "queue")
    full.look(staff, "/library/r14?details", "difference")
    sees(staff, "sharing")
    each(house, staff, "library", "difference-long", *WORK, whole=True)
    in_themes(house, staff, "difference")
    staff.get_by_test_id("step-return").click()
    expect(staff.get_by_test_id("reason")).to_be_focused()
    each(house, staff, "library", "reason", *WORK)
    for page in (teacher, staff):
        page.context.close()
    house.album.check()


def test_what_a_rule_would_take_is_seen_and_what_is_held(full: Full) -> None:
    house, admin, teacher = full.house, full.someone("an"), full.someone("lihua")
    made = full.ask(
        "an", "POST", "keeping/rules", {"name": "旧资源两年后清理 " + "很长的名字" * 8, "kind": "", "days": 730}
    )
    full.ask("an", "POST", "keeping/holds", {"kind": "resource", "subject": "r18", "reason": "法院要求保留 " * 12})
    full.look(admin, "/library?keeping", "rule")
    admin.get_by_test_id("rule-preview").click()
    sees(admin, "verdict")
    expect(admin.get_by_test_id("verdict").first).to_have_attribute("data-kept", "")
    expect(admin.get_by_test_id("rule-on")).to_be_enabled()
    admin.get_by_test_id("hold-lift").click()
    expect(admin.get_by_test_id("lift-why")).to_be_focused()
    each(house, admin, "library", "keeping-preview", *WORK, whole=True)
    in_themes(house, admin, "preview")
    admin.get_by_test_id("lift-not").click()
    expect(admin.get_by_test_id("lift-why")).to_have_count(0)
    full.ask("an", "PUT", f"keeping/rules/{made['id']}/on", {"on": True})
    full.ask("an", "POST", "keeping/turn")
    full.look(teacher, "/library", "leaving-open")
    teacher.get_by_test_id("leaving-open").click()
    sees(teacher, "leaving-keep")
    each(house, teacher, "library", "leaving", *WORK)
    expect(teacher.get_by_test_id("leaving-keep")).to_have_count(2)  # of the drafts that are old enough
    teacher.get_by_test_id("leaving-keep").first.click()
    expect(teacher.get_by_test_id("leaving-keep")).to_have_count(1)
    for page in (admin, teacher):
        page.context.close()
    house.album.check()


def test_a_step_is_not_half_taken_when_the_server_or_the_right_is_gone(full: Full) -> None:
    house, teacher = full.house, full.someone("lihua")
    full.look(teacher, "/library/r10?details", "step-self_review")
    review = "**/api/v1/resources/r10/review"

    # Gone before it was asked: what is shown stands, and is told in the language that the page speaks now.
    teacher.route(review, lambda route: route.abort())
    teacher.get_by_test_id("step-self_review").click()
    expect(teacher.get_by_test_id("step-fault")).to_contain_text("cannot be reached")
    expect(teacher.get_by_test_id("state")).to_have_attribute("data-state", "draft")
    each(house, teacher, "library", "step-offline", *WORK)
    speak(teacher, "zh-CN")
    expect(teacher.get_by_test_id("step-fault")).to_contain_text("连不上服务器")
    speak(teacher, "en")
    teacher.unroute(review)

    # Gone before it answered: the step is taken, and whoever asks again sees where it stands.
    def unheard(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch()
        route.abort()

    teacher.route(review, unheard)
    teacher.get_by_test_id("step-self_review").click()
    expect(teacher.get_by_test_id("step-fault")).to_contain_text("cannot be reached")
    teacher.unroute(review)
    teacher.get_by_test_id("step-self_review").click()
    expect(teacher.get_by_test_id("state")).to_have_attribute("data-state", "self_reviewed")
    sees(teacher, "step-submit")

    # Signed out meanwhile: one signs in in another tab, and goes on here.
    kept = teacher.context.cookies()
    teacher.context.clear_cookies()
    teacher.get_by_test_id("step-submit").click()
    sees(teacher, "fault-sign-in")
    expect(teacher.get_by_test_id("state")).to_have_attribute("data-state", "self_reviewed")
    each(house, teacher, "library", "signed-out", *WORK)
    with teacher.context.expect_page() as other:
        teacher.get_by_test_id("fault-sign-in").click()
    sees(other.value, "sign-in-submit")
    sign_in(other.value)
    sees(other.value, "entry-title")
    assert teacher.context.cookies() != kept
    teacher.get_by_test_id("step-submit").click()
    expect(teacher.get_by_test_id("state")).to_have_attribute("data-state", "submitted")
    teacher.context.close()
    house.album.check()


def test_a_teachers_pages_tell_what_failed_in_their_language_with_the_way_on(full: Full) -> None:
    house, teacher = full.house, full.someone("lihua")
    full.look(teacher, "/teach", "shelf-empty")
    kept = teacher.context.cookies()
    teacher.context.clear_cookies()
    teacher.get_by_test_id("plan-lesson").click()
    sees(teacher, "fault-sign-in")
    expect(teacher.get_by_role("alert")).to_contain_text("Sign in first")
    each(house, teacher, "teach", "signed-out", *WORK)
    speak(teacher, "zh-CN")
    expect(teacher.get_by_role("alert")).to_contain_text("请先登录")
    speak(teacher, "en")
    teacher.context.add_cookies(kept)  # type: ignore[arg-type]
    teacher.get_by_test_id("plan-lesson").click()
    sees(teacher, "plan-form")
    teacher.route("**/api/v1/questions/labels", lambda route: route.abort())
    full.look(teacher, "/teach?questions", "bank-fault")
    speak(teacher, "zh-CN")
    expect(teacher.get_by_test_id("bank-fault")).to_contain_text("连不上服务器")
    teacher.unroute("**/api/v1/questions/labels")
    teacher.get_by_test_id("bank-fault").get_by_role("button").click()
    sees(teacher, "bank-found")
    teacher.context.close()
    house.album.check()
