"""Where there are no tablets a child's teacher answers for it, in the child's own words."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect

from classroom.activities.types import BY_NAME
from tests.browser.browsers import DENIED, KIOSK, chromium
from tests.browser.people import add_teacher, administrator, local_teacher, start_lesson
from tests.browser.questions.stories import STORIES, composed
from tests.browser.shots import AUDIT, AXE, Album
from tests.processes import serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

CHILD = "Xiao Ming 小明"
# A choice of one is made in the list of children, in one touch.
ASKED = tuple(story for story in STORIES if BY_NAME[story.type].field != "choice")


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
