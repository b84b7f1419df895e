"""A lesson's report at the teacher's page: how each question went, who needs help, which points to teach again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from classroom.ids import new_id
from classroom.store.records import Banked
from tests.browser.browsers import chromium
from tests.browser.house import ALL, HAND, House, back, each, sees, sign_in
from tests.browser.people import PASSWORD
from tests.browser.shots import DESKTOP, TABLET, Album, audited
from tests.held import NAMES, QUESTIONS, Held, hold
from tests.processes import Server, serving
from web.server.serve import stored
from web.server.sessions import COOKIE, LIFE_MS
from web.server.settings import Settings

pytestmark = pytest.mark.browser

POINT = "fractions"
POINTED = {f"q{place}": one["answer"] for place, one in enumerate(QUESTIONS, 1) if POINT in one.get("points", ())}


TEXTS = [{"type": "essay", "prompt": "Autumn? 秋天", "worth": 4}, {"type": "cloud", "prompt": "Autumn is…"}]
FRESH = {"type": "choice", "prompt": "1/4 + 1/4", "options": ["1/8", "1/16", "1/2"], "answer": 2}
"""A question of the teacher's bank, which was not asked in the lesson."""


@dataclass(frozen=True)
class Child:
    """One who missed the point, at the tablet that it had in the lesson."""

    code: str
    name: str
    seat: str
    cookie: str


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Held], Child]:
    """Lessons of one teacher, written before the server starts."""
    data = tmp_path_factory.mktemp("report") / "data"
    data.mkdir()

    async def write() -> tuple[dict[str, Held], Child]:
        async with stored(Settings(_env_file=None, data=data, port=0, media_port=0)) as parts:
            now = parts.now_ms
            school = await parts.store.schools.add("Qingshan 青山村小", now, False)
            owner = (
                await parts.store.accounts.add(
                    "lihua", "Li Hua 李华", "admin", await parts.passwords.hashed(PASSWORD), now
                )
            ).id
            rooms = [
                (await parts.store.schools.add_room(school.id, name)).id
                for name in ("三年级一班", "Third grade, the room beside the gymnasium")
            ]
            whole = {"owner": owner, "school": school.id}
            before = [await hold(parts, f"Before {n}", rooms, seed=n, **whole) for n in range(5)]
            lessons = {
                "last": await hold(parts, "三年级语文 · Autumn", rooms, seed=9, **whole),
                "before": before[0],
                "few": await hold(parts, "Few", rooms, names=NAMES[:4], questions=QUESTIONS[:1], **whole),
                "texts": await hold(parts, "Texts", rooms, names=["Anna", "Bo 博"], questions=TEXTS, **whole),
                "empty": await hold(parts, "Nothing asked", rooms, names=NAMES[:3], questions=[], **whole),
            }

            last = lessons["last"]
            missed = (who for who in last.children if all(last.given[q].get(who) != POINTED[q] for q in POINTED))
            one = next(who for who in missed if last.children[who])
            cookie, session = await parts.store.sessions.add(None, now, LIFE_MS)
            seat = await parts.store.seats.add(one, session.id_hash, now)
            row = await parts.store.lessons.get(last.id)
            assert row is not None
            more = {**FRESH, "points": [POINT]}
            banked = Banked(new_id(), owner, None, "", 1, "", "", (), more, now, now)
            assert await parts.store.questions.add(owner, [banked], 10)
            return lessons, Child(row.code, last.children[one], seat.id, cookie)

    with ThreadPoolExecutor(1) as aside:  # Playwright's loop runs in this thread
        lessons, child = aside.submit(asyncio.run, write()).result()
    return data, lessons, child


@pytest.fixture(scope="module")
def server(held: tuple[Path, dict[str, Held], Child]) -> Iterator[Server]:
    with serving(held[0]) as server:
        yield server


@pytest.fixture(scope="module")
def house(server: Server, playwright: Playwright) -> Iterator[House]:
    with chromium(playwright) as browser:
        yield House(server, browser, Album())


def report_of(house: House, lesson: Held, language: str = "en") -> Page:
    page = house.page(DESKTOP, language, f"/teach/{lesson.id}")
    sign_in(page)
    sees(page, "report")
    return page


@pytest.mark.soak  # what is given to practise, and done, `make test` sees in test_after
def test_who_missed_a_point_practises_it(house: House, held: tuple[Path, dict[str, Held], Child]) -> None:
    """The report, what is given with one touch, a child's page, and what the teacher then sees."""
    _, lessons, child = held
    page = report_of(house, lessons["last"])
    sees(page, "report-summary")
    each(house, page, "report", "points", TABLET, DESKTOP)
    card = page.get_by_test_id("report-point").filter(has_text=POINT)
    card.get_by_test_id("push").click()
    expect(card.get_by_test_id("pushed")).to_contain_text("0")
    expect(card.get_by_test_id("push")).to_have_count(0)

    tablet = audited(house.browser, TABLET, "en")
    tablet.context.add_cookies([{"name": COOKIE, "value": child.cookie, "url": house.server.base}])
    tablet.add_init_script(f"sessionStorage.setItem('seat:{child.code}', '{child.seat}')")
    tablet.goto(f"{house.server.base}/join/{child.code}")
    sees(tablet, "practice")
    each(house, tablet, "join", "practice", *HAND)
    expect(tablet.get_by_test_id("practice-asked")).to_have_text(str(FRESH["prompt"]))
    for mark in ("1", "1", "0"):  # the third option is given each time
        tablet.get_by_test_id("answer-C").press("Enter")
        expect(tablet.get_by_test_id("practice-verdict")).to_have_attribute("data-mark", mark)
        each(house, tablet, "join", f"practised-{mark}", *HAND)
        tablet.get_by_test_id("practice-next").click()
    sees(tablet, "practice-all")
    house.album.look(tablet, "join", "practised")

    page.reload()
    done = page.get_by_test_id("report-point").filter(has_text=POINT).get_by_test_id("pushed")
    done.locator("summary").click()
    expect(done.locator("li").filter(has_text=child.name or "?")).to_contain_text("67 %")
    each(house, page, "report", "pushed", DESKTOP, TABLET, whole=True)
    for one in (page, tablet):
        one.context.close()
    house.album.check()


@pytest.mark.soak
def test_a_teacher_reads_what_came_of_the_questions(house: House, held: tuple[Path, dict[str, Held], Child]) -> None:
    lessons = held[1]
    page = report_of(house, lessons["last"])
    sees(page, "report-summary")
    expect(page.get_by_test_id("report-child")).to_have_count(len(NAMES))
    each(house, page, "report", "whole", *ALL, whole=True)
    # By keyboard: a heading sorts, a name opens how that child does.
    page.get_by_test_id("sort-result").focus()
    page.keyboard.press("Enter")
    column = page.locator("[data-testid=report-child] td:nth-child(3)").all_inner_texts()
    shares = [float(one.split()[0]) for one in column]
    assert shares == sorted(shares, reverse=True)
    page.get_by_test_id("report-child").first.get_by_role("button").press("Enter")
    sees(page, "report-more")
    page.get_by_test_id("report-question").nth(2).press("Enter")
    sees(page, "figure-discrimination")
    each(house, page, "report", "opened", DESKTOP, TABLET, whole=True)
    house.album.tab_through(page, "report")
    for testid, begins in (("report-xlsx", b"PK"), ("report-pdf", b"%PDF")):
        with page.expect_download() as download:
            page.get_by_test_id(testid).click()
        assert Path(download.value.path()).read_bytes().startswith(begins)
    for name, testid in (("empty", "report-empty"), ("few", "report-summary")):
        page.goto(f"{house.server.base}/teach/{lessons[name].id}")
        sees(page, testid)
        each(house, page, "report", name, DESKTOP, TABLET, whole=True)
    back(page, DESKTOP)
    page.route("**/report", lambda route: route.abort())
    page.reload()
    sees(page, "report-fault")
    each(house, page, "report", "fault", DESKTOP)
    page.unroute("**/report")
    page.get_by_test_id("report").get_by_role("button").click()
    sees(page, "report-summary")
    page.context.close()
    house.album.check()


@pytest.mark.soak
def test_what_was_left_unmarked_is_marked_when_the_lesson_is_over(
    house: House, held: tuple[Path, dict[str, Held], Child]
) -> None:
    page = report_of(house, held[1]["texts"])
    question = page.get_by_test_id("report-question").first
    expect(question).to_contain_text("Not all marked")
    question.click()
    sees(page, "mark-after")
    page.get_by_test_id("mark-after").click()
    after = page.get_by_test_id("marking-after")
    expect(after).to_have_attribute("data-left", "2")
    each(house, page, "report", "handed-in", DESKTOP, TABLET, whole=True)
    page.get_by_test_id("work-open").first.click()
    page.keyboard.press("4")
    expect(page.get_by_test_id("marking")).to_have_attribute("data-points", "4")
    page.get_by_test_id("mark-comment").fill("Clear and calm. 很好")
    page.get_by_test_id("mark-comment").blur()
    each(house, page, "report", "marking", DESKTOP, TABLET, whole=True)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("marking")).to_have_attribute("data-points", "")
    page.get_by_test_id("mark-points").nth(2).click()
    expect(page.get_by_test_id("marking")).to_have_attribute("data-points", "2")
    page.keyboard.press("Escape")
    expect(after).to_have_attribute("data-left", "0")
    expect(question).to_contain_text("75 %")
    page.reload()
    expect(page.get_by_test_id("report-question").first).to_contain_text("75 %")

    # A word of the cloud is hidden, and shown again.
    page.get_by_test_id("report-question").nth(1).click()
    page.get_by_test_id("hide-words").press("Enter")
    word = page.get_by_test_id("hide-word").filter(has_text="red")
    word.press("Enter")
    expect(page.get_by_test_id("report-hidden")).to_contain_text("red")
    expect(word).to_have_attribute("aria-pressed", "true")
    each(house, page, "report", "hidden", DESKTOP, TABLET, whole=True)
    word.press("Enter")
    expect(page.get_by_test_id("report-hidden")).to_have_count(0)
