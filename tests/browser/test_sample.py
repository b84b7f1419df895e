"""A newcomer's library: the sample lesson, played through the real path at the demo's first run, and looked at."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.browser.browsers import chromium
from tests.browser.people import administrator, poll
from tests.processes import demo, serving
from web.server.sample.script import AUTUMN, LONG_S, PLAN, TITLE

# It lasts more than a minute, and twice so with what is broken off.
pytestmark = [pytest.mark.browser, pytest.mark.soak, pytest.mark.timeout(600)]

TO = "(line, s) => { line.value = +line.min + s * 1000; line.dispatchEvent(new Event('input', { bubbles: true })) }"
DRAWN_S = 200  # its films are drawn first, where the machine has none yet


def get(page: Page, path: str) -> Any:
    return page.evaluate("path => fetch(path).then((answer) => answer.json())", path)


def samples(page: Page) -> list[dict[str, Any]]:
    return [one for one in get(page, "/api/v1/resources") if one["title"] == TITLE]


def whole(page: Page) -> bool:
    time.sleep(0.3)  # who asks more than five times a second is refused in the end
    return any(one["duration_ms"] >= LONG_S * 1000 for one in samples(page))


def test_a_newcomers_library_has_a_recording(playwright: Playwright, tmp_path: Path) -> None:
    data = tmp_path / "demo"
    with demo(data, sample=True) as first, chromium(playwright) as browser:
        page = browser.new_page()
        page.goto(first["pages"]["library"])
        expect(page.get_by_test_id("sample-progress")).to_be_visible()
        begun = time.monotonic()
        while not list(data.glob("recordings/*/*-room-video/seg-1.m4s")):  # the demo's own lesson has no room's picture
            assert time.monotonic() < begun + DRAWN_S
            time.sleep(0.5)
    # It was broken off; the next run takes away what is left, and plays it anew.
    with demo(data, sample=True) as told, chromium(playwright) as browser:
        page = browser.new_page()
        page.goto(told["pages"]["library"])
        expect(page.get_by_test_id("library-empty").or_(page.get_by_test_id("library-list"))).to_be_visible()
        poll(lambda: whole(page), "the sample lesson in the library", DRAWN_S + LONG_S)
        [sample] = samples(page)
        page.reload()
        page.get_by_test_id("resource").filter(has_text=TITLE).get_by_test_id("resource-open").click()
        seek = page.get_by_test_id("seek")
        for at_s, strokes in ((4, "0"), (28, str(len(AUTUMN) + 3))):
            seek.evaluate(TO, at_s)
            expect(page.get_by_test_id("board")).to_have_attribute("data-strokes", strokes)
        expect(page.get_by_test_id("video").first).to_have_js_property("videoWidth", 1280)
        tracks = get(page, f"/api/v1/resources/{sample['id']}")["tracks"]
        assert {one["source"] for one in tracks} == {"camera", "mic", "room"}
        for one in tracks:
            assert one["end_ms"] - one["start_ms"] > (LONG_S - 6) * 1000
    with demo(data, sample=True) as again, chromium(playwright) as browser:
        page = browser.new_page()
        page.goto(again["pages"]["library"])
        expect(page.get_by_test_id("library-list")).to_be_visible()
        time.sleep(5)
        assert samples(page) == [sample]
        played = [one for one in get(page, "/api/v1/lessons") if one["title"] == TITLE]
        assert len(played) == 1, "with its recording the lesson that was broken off is gone"


def test_an_empty_library_offers_it(playwright: Playwright, tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server, chromium(playwright) as browser:
        someone = administrator(browser, server.base, server.setup_secret())
        someone.page.goto(f"{server.base}/library")
        someone.touch("sample-play")
        someone.see("sample-progress")
        someone.page.reload()
        someone.see("sample-progress")
        expect(someone.page.get_by_test_id("resource").filter(has_text=TITLE)).to_be_visible(
            timeout=(DRAWN_S + LONG_S + 30) * 1000
        )
        someone.page.get_by_test_id("resource").get_by_test_id("resource-open").click()
        steps = someone.page.locator('[data-testid="mark"][data-kind="step"]')
        expect(steps).to_have_count(len(PLAN))
        expect(steps.first).to_contain_text(str(PLAN[0]["title"]))
