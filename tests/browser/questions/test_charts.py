"""Charts as the teacher wants them seen: by group, without a word, of one question."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.old import OldHand
from tests.browser.people import poll
from tests.browser.questions.room import Class, asked, keys
from tests.browser.questions.stories import write

pytestmark = pytest.mark.browser


@pytest.mark.timeout(180)
def test_a_word_is_hidden_on_every_screen_and_shown_again(room: Class) -> None:
    """Before it is shown and while it is; and the teacher sees who said what by group."""
    teacher, anna, screen, bo = room.teacher, room.anna.page, room.screen.page, OldHand(room.bo)
    page = teacher.page
    asked(room, "cloud")
    write("answer-text", "leaf", "rude 坏")(room.anna)
    keys("answer-text", "leaf", "Enter")(room.bo)
    expect(page.get_by_test_id("cloud-word")).to_have_count(2)
    teacher.touch("hide-words")
    rude = page.get_by_test_id("hide-word").filter(has_text="rude 坏")
    rude.press("Enter")
    expect(page.get_by_test_id("cloud-word")).to_have_count(1)
    room.look("a word hidden")
    teacher.touch("vote-reveal")
    for shown in (screen, anna):
        expect(shown.get_by_test_id("cloud-word")).to_have_attribute("data-votes", "2")
    assert "rude" not in room.screen.heard()

    rude.click()
    for shown in (screen, anna):
        expect(shown.get_by_test_id("cloud-word")).to_have_count(2)
    poll(
        lambda: bo.evaluate("document.querySelectorAll('[data-testid=cloud-word]').length") == 2, "it is on his tablet"
    )
    rude.click()
    for shown in (screen, anna):
        expect(shown.get_by_test_id("cloud-word")).to_have_count(1)
    poll(lambda: bo.evaluate("document.querySelectorAll('[data-testid=cloud-word]').length") == 1, "nor on his tablet")
    teacher.touch("hide-words")

    teacher.touch("tab-class")
    teacher.touch("groups-open")
    teacher.touch("groups-draw")
    teacher.touch("tab-vote")
    teacher.touch("by-groups")
    words = page.get_by_test_id("part").get_by_test_id("part-word")
    expect(words).to_have_count(2)
    room.look("by group")
    teacher.touch("by-all")
    teacher.touch("tab-class")
    teacher.touch("groups-open")
    teacher.touch("groups-dissolve")
    teacher.touch("groups-open")
    teacher.touch("tab-vote")
