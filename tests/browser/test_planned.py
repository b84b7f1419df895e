"""A lesson that was planned: written beforehand, gone through by two teachers, told by the report, taken over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Playwright, expect

from tests.browser.browsers import DENIED, KIOSK, chromium
from tests.browser.people import add_teacher, administrator, local_teacher, poll, sit_at_display, sit_at_tablet
from tests.processes import Server, serving

pytestmark = pytest.mark.browser

NOTE = "Slowly, for Ben."
GIFT = "::seasons:: Which is autumn? {=秋 ~春 ~夏}\n"


@pytest.fixture
def asking(playwright: Playwright, tmp_path: Path) -> Iterator[tuple[Server, Browser]]:
    (tmp_path / "questions.gift").write_text(GIFT)
    with serving(tmp_path / "data") as server, chromium(playwright, flags=[KIOSK]) as browser:
        yield server, browser


@pytest.mark.timeout(180)
def test_two_teachers_go_through_a_plan_that_nobody_else_sees(asking: tuple[Server, Browser], tmp_path: Path) -> None:
    server, browser = asking
    lead = administrator(browser, server.base, server.setup_secret(), script=DENIED)
    server.cli("bank", "import", str(tmp_path / "questions.gift"), "--owner", "lihua")
    room = server.cli("room", "add", "Qingshan 青山村小", "Room 1")["id"]
    add_teacher(server, "second", "Zhou Min 周敏")

    # Before the lesson, on a page of its own and with closed doors.
    lead.write("lesson-title", "Autumn 秋天")
    lead.touch("plan-lesson")
    lead.see("plan-form")
    leaving = "() => !dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    assert not lead.page.evaluate(leaving)
    lead.write("step-minutes", "5")
    assert lead.page.evaluate(leaving), "the browser asks before it leaves what is not saved, a title or not"
    lead.touch("plan-save")
    expect(lead.page.get_by_test_id("step-title")).to_be_focused()
    lead.write("step-title", "Warm up 热身")
    # Who goes to the lesson and comes back finds what was written.
    lead.touch("plan-enter")
    lead.see("plan-unsaved")
    assert lead.page.evaluate(leaving)
    lead.touch("ready-plan")
    expect(lead.page.get_by_test_id("step-title")).to_have_value("Warm up 热身")
    expect(lead.page.get_by_test_id("step-minutes")).to_have_value("5")
    lead.touch("step-note-add")
    lead.write("step-note", NOTE)
    lead.touch("step-add")
    second = lead.page.get_by_test_id("edit-step").nth(1)
    second.get_by_test_id("step-link").click()
    lead.touch("choose-bank")
    lead.touch("bank-ask")
    expect(second.get_by_test_id("step-title")).to_have_value("Which is autumn?")
    assert lead.page.evaluate(leaving), "the browser asks before it leaves what is not saved"
    lead.touch("plan-save")
    expect(lead.page.get_by_test_id("plan-save")).to_be_disabled()
    poll(lambda: not lead.page.evaluate(leaving), "the plan is saved")
    lead.touch("plan-enter")
    lead.enter()
    lesson = urlsplit(lead.page.url).path.rpartition("/")[2]
    code = lead.page.get_by_test_id("code").first.get_attribute("data-code") or ""
    screen = sit_at_display(browser, server.base, lesson, room, script=DENIED)
    tablet = sit_at_tablet(browser, server.base, code, "Wang Ming 王明", room)
    local = local_teacher(browser, server.base, lesson, room, "second", script=DENIED)

    # In it both see which step is on and how long it has been, and the note; what belongs to a step is ready with it.
    lead.touch("begin")
    lead.see("plan-next")
    lead.page.keyboard.press("8")
    for one in (lead, local):
        expect(one.page.get_by_test_id("plan-step")).to_have_text("Warm up 热身")
        expect(one.page.get_by_test_id("plan-now")).to_contain_text(NOTE)
        expect(one.page.get_by_test_id("plan-used")).to_have_text(re.compile(r"\d:\d\d\s*/\s*5 min"))
    expect(local.page.get_by_test_id("plan-next")).to_have_count(0)
    lead.touch("plan-next")
    expect(local.page.get_by_test_id("plan-step")).to_have_text("Which is autumn?")
    expect(lead.page.get_by_test_id("plan-next")).to_have_count(0)
    lead.touch("prepared-ask")
    tablet.see("question")
    expect(lead.page.get_by_test_id("prepared")).to_have_count(0)

    # It is changed while it is gone through; who wrote in the meantime loses nothing.
    lead.page.keyboard.press("9")
    lead.touch("plan-edit")
    lead.page.get_by_test_id("step-title").first.fill("Warm up again")
    # Whatever else stands in its place, what was written is there again.
    lead.touch("plan-close")
    lead.see("plan-unsaved")
    assert lead.page.evaluate(leaving)
    lead.page.keyboard.press("9")
    expect(lead.page.get_by_test_id("step-title").first).to_have_value("Warm up again")
    expect(lead.page.get_by_test_id("plan-unsaved")).to_have_count(0)
    lead.page.get_by_test_id("step-add").focus()
    lead.page.keyboard.press(".")
    lead.see("wall")
    lead.see("plan-unsaved")
    lead.touch("plan-open")
    expect(lead.page.get_by_test_id("step-title").first).to_have_value("Warm up again")
    local.touch("plan-open")
    local.touch("plan-edit")
    local.touch("step-add")
    local.page.get_by_test_id("step-title").last.fill("Homework 作业")
    local.touch("plan-save")
    expect(local.page.get_by_test_id("step")).to_have_count(3)
    lead.see("plan-newer")
    expect(lead.page.get_by_test_id("plan-save")).to_be_disabled()
    lead.touch("plan-theirs")
    expect(lead.page.get_by_test_id("step-title")).to_have_count(3)
    lead.page.get_by_test_id("step-title").first.fill("Given up")
    lead.touch("plan-back")
    lead.touch("plan-close")
    expect(lead.page.get_by_test_id("plan-unsaved")).to_have_count(0)
    lead.page.keyboard.press("9")
    expect(lead.page.get_by_test_id("step").first).to_contain_text("Warm up 热身")
    lead.page.get_by_test_id("step-begin").last.click()
    expect(local.page.get_by_test_id("plan-step")).to_have_text("Homework 作业")
    for one in (screen, tablet):
        for word in ("Warm up", NOTE, "Homework", "作业"):
            assert word not in one.heard()
    assert NOTE in local.heard()

    # How long the steps took stands in the report, beside how long they were to take.
    lead.touch("end-lesson")
    lead.touch("end-lesson-confirm")
    steps = lead.page.get_by_test_id("report-plan").locator("tbody tr")
    expect(steps).to_have_count(3)
    expect(steps.first).to_contain_text("Warm up")
    expect(steps.first).to_contain_text("5 min")
    expect(steps.nth(1).locator("td").first).to_have_text("–")

    # The next lesson takes the plan over.
    lead.page.goto(f"{server.base}/teach")
    lead.touch("plan-lesson")
    lead.touch("plan-copy")
    lead.touch("plan-copy-from")
    expect(lead.page.get_by_test_id("step-title")).to_have_count(3)
