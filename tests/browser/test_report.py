"""A lesson's report at the teacher's page: how each question went, who needs help, which points to teach again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.browser.browsers import chromium
from tests.browser.house import ALL, House, back, each, sees, sign_in
from tests.browser.people import PASSWORD
from tests.browser.shots import DESKTOP, TABLET, Album
from tests.held import NAMES, QUESTIONS, Held, hold
from tests.processes import Server, serving
from web.server.serve import stored
from web.server.settings import Settings

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Held]]:
    """Lessons of one teacher, written before the server starts."""
    data = tmp_path_factory.mktemp("report") / "data"
    data.mkdir()

    async def write() -> dict[str, Held]:
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
            return {
                "last": await hold(parts, "三年级语文 · Autumn", rooms, seed=9, **whole),
                "before": before[0],
                "few": await hold(parts, "Few", rooms, names=NAMES[:4], questions=QUESTIONS[:1], **whole),
                "empty": await hold(parts, "Nothing asked", rooms, names=NAMES[:3], questions=[], **whole),
            }

    with ThreadPoolExecutor(1) as aside:  # Playwright's loop runs in this thread
        return data, aside.submit(asyncio.run, write()).result()


@pytest.fixture(scope="module")
def server(held: tuple[Path, dict[str, Held]]) -> Iterator[Server]:
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


def test_a_teacher_reads_what_came_of_the_questions(house: House, held: tuple[Path, dict[str, Held]]) -> None:
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
