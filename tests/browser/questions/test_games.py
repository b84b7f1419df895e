"""The buzzer, chance and teams."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.old import OldHand, attribute, there
from tests.browser.people import poll
from tests.browser.questions.room import Class, begin, keys, ready

pytestmark = pytest.mark.browser


@pytest.mark.soak
@pytest.mark.timeout(180)
def test_who_is_first_at_the_buzzer(room: Class) -> None:
    """By touch, by keyboard in Chromium 87, and by a teacher for a room; on every screen at once."""
    teacher, anna, bo = room.teacher, room.anna.page, OldHand(room.bo)
    begin(teacher, "buzzer", "7 × 8?")
    teacher.touch("vote-open")
    for page in (anna, room.screen.page):
        expect(page.get_by_test_id("asked")).to_have_text("7 × 8?")
    expect(room.screen.page.get_by_test_id("asked-does")).to_have_text("Touch as soon as you know it")
    keys("buzz-in", "Space")(room.bo)
    poll(lambda: attribute(bo, "answer-state", "state") == "saved", "he is in the row")
    expect(anna.get_by_test_id("buzz")).to_have_count(1)
    room.look("buzzer open")
    room.anna.touch("buzz-in")
    for page in (anna, room.screen.page, teacher.page):
        order = page.get_by_test_id("buzz")
        expect(order).to_have_count(2)
        expect(order.first).to_contain_text(re.compile(r"Bo 博.*\d\.\d\d s before Anna", re.DOTALL))
        assert "s before" not in order.last.inner_text()
        first, last = (int(one.get_attribute("data-after") or 0) for one in order.all())
        assert f"{(last - first) / 1000:.2f} s before Anna" in order.first.inner_text()
    teacher.page.get_by_test_id("buzz-call").last.click()
    room.anna.touch("called-seen")
    room.look("buzzer pressed")
    teacher.touch("dismiss")
    teacher.touch("buzz-round")
    expect(room.screen.page.get_by_test_id("buzz")).to_have_count(0)
    expect(anna.get_by_test_id("buzz-in")).to_be_enabled()
    teacher.touch("vote-close")
    teacher.see("vote-new")


@pytest.mark.timeout(180)
def test_some_are_picked_by_chance_and_teams_gather_points(room: Class) -> None:
    """The teacher works by keyboard alone; one of the tablets is Chromium 87, by keyboard too."""
    teacher, anna, bo = room.teacher, room.anna.page, OldHand(room.bo)
    page, screen = teacher.page, room.screen.page

    def press(*testids: str) -> None:
        for one in testids:
            expect(page.get_by_test_id(one).first).to_be_enabled()
            keys(one, "Enter")(page)

    ready(teacher)
    press("vote-quick", "vote-close")  # a question on the display, over which all this is shown
    press("tab-class", "picking-open", "pick-several")
    expect(screen.get_by_test_id("picked")).to_have_attribute("data-settled", "true")
    assert sorted(screen.get_by_test_id("picked-name").all_inner_texts()) == ["Anna", "Bo 博"]
    room.anna.see("picked-me")
    there(bo, "picked-me")
    room.look("picked")
    room.look_in_old("picked")
    room.anna.touch("called-seen")
    keys("called-seen", "Enter")(room.bo)
    poll(lambda: not bo.evaluate("document.querySelector('[data-testid=picked-me]')"), "his tablet goes on")
    press("picked-call")
    room.screen.see("called-name")
    press("pick-clear", "dismiss")
    expect(screen.get_by_test_id("picked")).to_have_count(0)
    press("picking-open")

    press("teams-open")
    keys("teams-name", "Sparrows 麻雀", "Tab", "Swallows 燕子")(page)
    press("teams-sides")
    page.get_by_test_id("team-more").last.press("Enter")
    press("teams-show")
    stands = "[...document.querySelectorAll('[data-testid=standings] [data-testid=team]')].map((n) => n.dataset.points)"
    poll(lambda: bo.evaluate(stands) == ["1", "0"], "how they stand, in Chromium 87")
    room.look_in_old("teams")
    for one in (screen, anna):
        best = one.get_by_test_id("standings").get_by_test_id("team").first
        expect(best).to_contain_text("Swallows 燕子")
        expect(best).to_have_attribute("data-points", "1")
    room.look("teams")
    press("teams-undo")
    for one in (screen, anna):
        places = one.get_by_test_id("standings").get_by_test_id("team")
        expect(places.first).to_have_attribute("data-points", "0")
        poll(lambda places=places: [row.get_attribute("data-place") for row in places.all()] == ["1", "1"], "a tie")  # type: ignore[misc]
    press("teams-show")
    expect(anna.get_by_test_id("standings")).to_have_count(0)
    press("teams-stop", "teams-open", "tab-vote")
