"""Charts as the teacher wants them seen: by group, without a word, of one question."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.old import OldHand, attribute
from tests.browser.people import poll, sit_at_tablet
from tests.browser.questions.room import Class, asked, asked_of_all, begin, keys
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


@pytest.mark.soak  # another tablet, and the time until it is missed
@pytest.mark.timeout(180)
def test_answers_are_seen_room_by_room(room: Class) -> None:
    """Two of the room, of whom one is right, one at home, who is, and one of a room that has no display, who is not."""
    browser, url = room.anna.page.context.browser, urlsplit(room.anna.page.url)
    assert browser is not None
    home, far = (
        sit_at_tablet(browser, f"{url.scheme}://{url.netloc}", url.path.split("/")[2], name, where)
        for name, where in (("Cai 彩", None), ("Dai 黛", room.bare))
    )
    begin(room.teacher, "truefalse", "truefalse?")
    room.teacher.touch("vote-right-A")
    asked_of_all(room, "truefalse?")
    room.anna.touch("answer-A")
    keys("answer-B", "Space")(room.bo)
    home.touch("answer-A")
    far.touch("answer-B")
    room.teacher.touch("by-rooms")
    parts = room.teacher.page.get_by_test_id("part")
    for part, answered, right in (
        (parts.filter(has_text="Room 3"), "2", "50"),
        (parts.filter(has_text="Room 4"), "1", "0"),
        (parts.filter(has_not_text="Room"), "1", "100"),
    ):
        expect(part).to_have_attribute("data-answered", answered)
        expect(part.get_by_test_id("part-right")).to_have_attribute("data-share", right)
    room.look("by room")
    room.teacher.touch("by-all")
    for one in (home, far):
        one.context.close()
    expect(room.teacher.page.get_by_role("banner")).to_contain_text("2 students", timeout=40_000)


@pytest.mark.soak
@pytest.mark.timeout(180)
@pytest.mark.usefixtures("shelf")
def test_the_teacher_chooses_what_the_displays_show(room: Class) -> None:
    """One question of a questionnaire with a picture, one chart of data, one long text."""
    teacher, anna, screen, bo = room.teacher, room.anna.page, room.screen.page, OldHand(room.bo)
    page = teacher.page
    begin(teacher, "survey", "This lesson 这节课")
    page.get_by_test_id("part-type").select_option("truefalse")
    page.get_by_test_id("part-prompt").fill("Is this a maple?")
    page.get_by_test_id("part-picture").select_option(label="Leaf.png")
    page.get_by_test_id("part-alt").fill("a red leaf")
    teacher.touch("part-more")
    part = page.get_by_test_id("compose-part").nth(1)
    part.get_by_test_id("part-type").select_option("cloud")
    part.get_by_test_id("part-prompt").fill("What did you like?")
    room.look("survey with a picture written")
    asked_of_all(room, "This lesson")
    expect(anna.get_by_test_id("survey").get_by_test_id("picture").locator("img")).to_have_attribute(
        "alt", "a red leaf"
    )
    room.look("survey with a picture")
    room.anna.touch("answer-A")
    room.anna.touch("survey-next")
    write("answer-text", "the games")(room.anna)
    expect(page.get_by_test_id("finished")).to_contain_text("1")
    teacher.touch("vote-reveal")
    for at, prompt in (("1", "What did you like?"), ("0", "Is this a maple?")):
        page.get_by_test_id("on-displays").select_option(at)
        expect(screen.get_by_test_id("survey-part")).to_contain_text(prompt)
    expect(screen.get_by_test_id("survey-part").locator("img")).to_be_visible()
    room.look("one question on displays")

    asked(room, "data", column_name="Pulse")
    keys("data-cell", "88", "Enter")(room.bo)
    poll(lambda: attribute(bo, "answer-state", "state") == "saved", "his row is saved")
    teacher.touch("vote-reveal")
    expect(screen.get_by_test_id("plot")).to_be_visible()
    page.get_by_test_id("on-displays").select_option("histogram")
    expect(screen.get_by_test_id("plot")).to_have_count(0)
    expect(screen.get_by_test_id("row")).to_have_count(1)

    asked(room, "essay")
    write("answer-text", "Leaves fall. 秋天到了。\n" * 40)(room.anna)
    expect(page.get_by_test_id("answered")).to_have_attribute("data-answered", "1")
    teacher.touch("works-open")
    page.get_by_test_id("work-choose-tile").click()
    teacher.touch("works-show")
    expect(screen.get_by_test_id("works-text")).to_contain_text("Leaves fall. 秋天到了。")
    expect(anna.get_by_test_id("works-text")).to_be_visible()
    expect(screen.get_by_test_id("works-name")).to_have_count(0)
    room.look("a text shown")
    teacher.touch("on-show-back")
    expect(screen.get_by_test_id("works-text")).to_have_count(0)
    teacher.touch("works-close")
    teacher.touch("vote-close")
    teacher.see("vote-new")
    asked(room, "truefalse")  # in the place of a text that is longer than its field
    teacher.touch("vote-close")
    teacher.see("vote-new")
