"""Questions of the bank."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.questions.room import Class
from tests.browser.shots import DESKTOP, PHONE, TABLET, speak

pytestmark = pytest.mark.browser

QUESTIONS = """\
prompt,options,answer,folder,tags,points,type
Which season is it now?,spring|summer|autumn|winter,3,Seasons 四季,easy,The seasons 季节,
When do leaves fall?,,autumn|秋天,Seasons 四季,easy,The seasons 季节,
Why?,,,Seasons 四季,,,riddle
"""


@pytest.mark.timeout(180)
def test_questions_of_a_file_are_kept_changed_and_asked_one_after_the_other(room: Class, tmp_path: Path) -> None:
    (tmp_path / "seasons.csv").write_text(QUESTIONS)
    teacher, anna, page = room.teacher, room.anna.page, room.teacher.context.new_page()
    base = re.match(r"https?://[^/]+", teacher.page.url)
    assert base

    def look(where: str) -> None:
        for name, size in (("desktop", DESKTOP), ("tablet", TABLET), ("phone", PHONE)):
            room.album.resize(page, size, where)
            room.album.look(page, "teach", f"{where} {name}")
        room.album.resize(page, DESKTOP, where)
        assert not room.album.faults

    page.goto(f"{base[0]}/teach")
    page.get_by_test_id("to-bank").click()
    expect(page.get_by_test_id("bank-found")).to_be_visible()
    look("bank empty")
    page.get_by_test_id("bank-file").set_input_files(tmp_path / "seasons.csv")
    expect(page.get_by_test_id("bank-report")).to_contain_text("Line 4:")
    look("bank report")
    page.get_by_test_id("bank-report-close").click()
    item = page.get_by_test_id("bank-item")
    expect(item).to_have_count(2)
    item.first.locator("summary").click()
    look("bank imported")
    speak(page, "zh-CN")
    look("bank in chinese")
    speak(page, "en")
    page.get_by_test_id("bank-search").fill("LEAVES")
    expect(item).to_have_count(1)
    item.first.locator("summary").click()
    page.get_by_test_id("bank-edit").click()
    page.get_by_test_id("vote-prompt").fill("When do the leaves fall?")
    page.get_by_test_id("compose-explanation").fill("Days grow short.")
    look("bank form")
    page.get_by_test_id("vote-open").click()
    expect(item).to_contain_text("When do the leaves fall?")
    with page.expect_download() as download:
        page.get_by_test_id("bank-export").click()
    assert "Days grow short." in download.value.path().read_text()
    page.route("**/api/v1/questions?*", lambda route: route.abort())
    page.get_by_test_id("bank-search").fill("x")
    expect(page.get_by_test_id("bank-fault")).to_be_visible()
    look("bank offline")
    page.close()

    # At the desk: one touch, then the next of the folder; and what was written there is kept.
    if teacher.page.get_by_test_id("vote-new").count():
        teacher.touch("vote-new")
    teacher.touch("from-bank")
    teacher.page.get_by_test_id("bank-folder").select_option("Seasons 四季")
    expect(teacher.page.get_by_test_id("bank-item")).to_have_count(2)
    room.look("bank at the desk")
    teacher.touch("bank-ask")
    expect(anna.get_by_test_id("asked")).to_contain_text("Which season is it now?")
    room.anna.touch("answer-C")
    teacher.touch("vote-reveal")
    room.look("bank revealed")
    teacher.touch("bank-next")
    expect(anna.get_by_test_id("asked")).to_contain_text("When do the leaves fall?")
    teacher.touch("vote-reveal")
    expect(anna.get_by_test_id("question")).to_contain_text("Days grow short.")
    teacher.touch("vote-new")
    teacher.page.get_by_test_id("compose-type").select_option("essay")
    teacher.write("vote-prompt", "What do you like in autumn?")
    teacher.touch("bank-keep")
    teacher.see("bank-kept")
    assert all(secret not in room.anna.heard() for secret in ('"source"', "The seasons")), "teachers alone are told"
