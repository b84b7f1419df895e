"""Questionnaires, and tables of data."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.old import OldHand, attribute
from tests.browser.people import poll
from tests.browser.questions.longer import columns_written, parts_written
from tests.browser.questions.room import Class, begin, choose, keys, tab_to
from tests.browser.questions.stories import write

pytestmark = pytest.mark.browser


@pytest.mark.timeout(180)
def test_a_questionnaire_is_answered_page_by_page_and_nothing_is_lost_with_a_tablet(room: Class) -> None:
    teacher, anna, bo = room.teacher, room.anna.page, OldHand(room.bo)
    page = teacher.page
    begin(teacher, "survey", "This lesson 这节课")
    parts_written(teacher)
    page.get_by_test_id("part-required").first.check()
    room.look("survey written")
    teacher.touch("vote-open")

    expect(anna.get_by_test_id("survey-asked")).to_contain_text("Which part was best?")
    expect(room.screen.page.get_by_test_id("asked-parts").get_by_role("listitem")).to_have_count(3)
    expect(anna.get_by_test_id("survey-next")).to_be_disabled()
    room.anna.touch("answer-B")
    room.look("survey open")
    room.anna.touch("survey-next")
    expect(anna.get_by_test_id("answer-state")).to_have_attribute("data-state", "saved")
    anna.reload()
    expect(anna.get_by_test_id("survey")).to_have_attribute("data-page", "2")
    room.anna.touch("survey-next")
    write("answer-text", "the games")(room.anna)
    expect(anna.get_by_test_id("survey-next")).to_be_disabled()
    keys("answer-A", "Enter")(room.bo)
    keys("survey-next", "Enter")(room.bo)
    keys("answer-E", "Space")(room.bo)
    keys("survey-next", "Enter")(room.bo)
    expect(teacher.page.get_by_test_id("finished")).to_contain_text("1")
    for part, answered in enumerate("211"):  # what is not whole counts as far as it came
        expect(page.get_by_test_id("survey-part").nth(part)).to_have_attribute("data-answered", answered)
    teacher.touch("vote-reveal")
    expect(room.screen.page.get_by_test_id("survey-part")).to_have_count(1)
    expect(anna.get_by_test_id("survey-part")).to_have_count(3)
    poll(lambda: attribute(bo, "question", "phase") == "revealed", "the result")
    chart = room.screen.page.get_by_test_id("survey-page")
    for _ in range(3):  # one after the other, from wherever it stands
        shown = chart.text_content() or ""
        room.look(f"survey revealed, {shown}")
        expect(chart).not_to_have_text(shown, timeout=10_000)


WATCH = "Minute;Pulse;Step\n1;99;120\n2;104;118\n3;far;117\n4;260;110\n"


@pytest.mark.timeout(180)
def test_data_come_typed_and_from_a_watch_into_one_table(room: Class, tmp_path: Path) -> None:
    teacher, anna, bo = room.teacher, room.anna.page, OldHand(room.bo)
    page, screen = teacher.page, room.screen.page
    begin(teacher, "data", "Your pulse 心率")
    columns_written(teacher)
    room.look("data written")
    teacher.touch("vote-open")

    file = tmp_path / "watch.csv"
    file.write_text(WATCH)
    anna.get_by_test_id("data-file").set_input_files(file)
    expect(anna.get_by_test_id("data-row")).to_have_count(2)
    expect(anna.get_by_test_id("data-news")).to_contain_text("Line 4 · Pulse · “far” is no number")
    expect(anna.get_by_test_id("data-news")).to_contain_text("Line 5 · Pulse · 260 is too much")
    keys("data-cell", "3", "Tab", "7", "Enter")(room.bo)
    poll(
        lambda: "too little" in bo.evaluate("document.querySelector('[data-testid=data-news]').textContent"), "why not"
    )
    keys("data-add", "Enter")(room.bo)
    bo.evaluate("document.querySelectorAll('[data-testid=data-cell]')[1].select()")
    room.bo.keyboard.type("88")
    room.bo.keyboard.press("Enter")
    poll(lambda: attribute(bo, "answer-state", "state") == "saved", "his row is saved")
    for one in (page, screen):
        expect(one.get_by_test_id("plot")).to_have_attribute("data-points", "3")
    expect(page.get_by_test_id("data-table").locator("tbody tr")).to_have_count(3)
    page.get_by_test_id("data-sort").nth(3).click()
    expect(page.get_by_test_id("data-table").locator("tbody tr").first).to_contain_text("Bo 博")
    anna.get_by_test_id("data-remove").first.click()
    expect(screen.get_by_test_id("plot")).to_have_attribute("data-points", "2")
    tab_to(room.bo, "data-file")
    choose(room.bo, "data-file", "watch.csv", b"Minute,Pulse\r\n5,101\r\n")
    expect(screen.get_by_test_id("plot")).to_have_attribute("data-points", "3")
    room.look("data open")
    room.look_in_old("data open")
    with page.expect_download() as saved:
        teacher.touch("data-save")
    assert saved.value.path().read_text("utf-8-sig").splitlines()[0] == "Who,Where,Minute,Pulse (1/min)"
    teacher.touch("vote-reveal")
    expect(anna.get_by_test_id("plot")).to_have_attribute("data-points", "3")
    poll(lambda: attribute(bo, "plot", "points") == "3", "the chart in Chromium 87")
    room.look("data revealed")
