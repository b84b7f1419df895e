"""Where there are no tablets a child's teacher answers for it, in the child's own words."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Playwright, expect

from classroom.activities.types import BY_NAME
from tests.browser.browsers import DENIED, KIOSK, chromium
from tests.browser.people import Person, add_teacher, administrator, local_teacher, start_lesson
from tests.browser.questions.longer import LONGER, stocked
from tests.browser.questions.stories import STORIES, composed, touch, write
from tests.browser.shots import AUDIT, AXE, TABLET, Album
from tests.processes import serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

CHILD, OTHER = "Xiao Ming 小明", "Xiao Hong 小红"
# A choice of one is made in the list of children, in one touch.
ASKED = tuple(story for story in STORIES if BY_NAME[story.type].field != "choice")
TAKING_LONGER = tuple(story for story in LONGER if story.type in ("spot", "memory", "survey", "data"))


def test_a_teacher_answers_for_a_child_without_a_tablet(playwright: Playwright, tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server, chromium(playwright, flags=[KIOSK]) as browser:
        lead = administrator(browser, server.base, server.setup_secret(), script=DENIED)
        room = server.cli("room", "add", "Qingshan 青山村小", "Room 1")["id"]
        add_teacher(server, "second", "Zhou Min 周敏")
        lesson, _ = start_lesson(lead, "Autumn 秋天")
        rules = f"{DENIED}{AUDIT.read_text()}\n{AXE.read_text()}"
        local = local_teacher(browser, server.base, lesson, room, "second", script=rules)
        local.touch("tab-class")
        local.write("child-input", CHILD)
        local.touch("child-send")
        local.touch("tab-vote")
        album = Album()
        for story in ASKED:
            composed(lead, story)
            lead.touch("vote-open")
            answer = local.page.get_by_test_id("answer-for")
            expect(answer).to_have_text(CHILD)
            answer.click()
            local.see("answering-for")
            expect(local.page.get_by_test_id("answering-for")).to_contain_text(f"Answer for {CHILD}")
            album.look(local.page, "teach", f"answering-for: {story.type}")
            story.touches(local)
            expect(local.page.get_by_test_id("answering-for")).to_have_count(0)
            expect(answer).to_have_count(0)
            expect(lead.page.get_by_test_id("answered")).to_have_attribute("data-answered", "1")
        assert not album.faults

        # Whatever becomes of the question, nothing is left standing over it.
        composed(lead, ASKED[0])
        lead.touch("vote-open")
        local.touch("answer-for")
        local.see("answering-for")
        lead.touch("vote-close")
        expect(local.page.get_by_test_id("answering-for")).to_have_count(0)


def test_on_a_tablet_in_chinese_a_teacher_plays_marks_and_fills_in_for_two(
    playwright: Playwright, tmp_path: Path
) -> None:
    """The one by touch, the other by keys; each plays and hears the sound for itself. Who has answered a part of a
    questionnaire goes on after it; who has sent rows sends more."""
    with serving(tmp_path / "data") as server, chromium(playwright, flags=[KIOSK]) as browser:
        lead = administrator(browser, server.base, server.setup_secret(), script=DENIED)
        room = server.cli("room", "add", "Qingshan 青山村小", "Room 1")["id"]
        add_teacher(server, "second", "Zhou Min 周敏")
        lesson, _ = start_lesson(lead, "Autumn 秋天")
        (tmp_path / "shelf").mkdir()
        stocked(lead, tmp_path / "shelf")
        rules = f"{DENIED}{AUDIT.read_text()}\n{AXE.read_text()}"
        local = local_teacher(browser, server.base, lesson, room, "second", script=rules, locale="zh-CN")
        album = Album()
        album.resize(local.page, TABLET, "tablet")
        local.touch("tab-class")
        for name in (CHILD, OTHER):
            local.write("child-input", name)
            local.touch("child-send")
        local.touch("tab-vote")
        for story in TAKING_LONGER:
            composed(lead, story)
            if story.type == "spot":
                lead.page.get_by_test_id("compose-sound").select_option(label="Wind.m4a")
                lead.page.get_by_test_id("compose-plays").select_option("1")
            lead.touch("vote-open")
            expect(local.page.get_by_test_id("answer-for")).to_have_text([CHILD, OTHER])
            asked(local, CHILD)
            if story.type == "spot":
                sounds(local).get_by_test_id("listen-play").click()
                expect(sounds(local)).to_have_attribute("data-heard", "1")
            album.look(local.page, "teach", f"answering-tablet: {story.type}")
            if story.type == "survey":
                touch("answer-B", "survey-next")(local)
                left(local)
                asked(local, CHILD)
                expect(local.page.get_by_test_id("survey")).to_have_attribute("data-page", "2")
                touch("answer-D", "survey-next")(local)
                write("answer-text", "the games")(local)
            else:
                story.touches(local)
            if story.type == "data":
                expect(local.page.get_by_test_id("data-row")).to_have_text("1 · 96")
                album.look(local.page, "teach", "answering-tablet: data given")
                left(local)
            given(local, lead, 1)
            asked(local, OTHER)
            if story.type == "spot":
                expect(sounds(local)).to_have_attribute("data-heard", "0")
            story.types(local.page)
            if story.type == "data":
                expect(local.page.get_by_test_id("data-row")).to_have_text("3 · 88")
                left(local)
                asked(local, CHILD)
                local.see("data-row")
                local.page.get_by_test_id("data-remove").focus()
                album.look(local.page, "teach", "answering-tablet: data again")
                left(local)
            given(local, lead, 2)
        assert not album.faults


def asked(local: Person, name: str) -> None:
    local.page.get_by_test_id("answer-for").filter(has_text=name).click()
    local.see("answering-for")
    expect(local.page.get_by_test_id("answering-for")).to_contain_text(f"替 {name} 作答")


def sounds(local: Person) -> Locator:
    return local.page.get_by_test_id("answering-for").get_by_test_id("listen")


def left(local: Person) -> None:
    local.page.get_by_test_id("answering-for").get_by_role("button", name="关闭").click()


def given(local: Person, lead: Person, many: int) -> None:
    expect(local.page.get_by_test_id("answering-for")).to_have_count(0)
    expect(lead.page.get_by_test_id("answered")).to_have_attribute("data-answered", str(many))
