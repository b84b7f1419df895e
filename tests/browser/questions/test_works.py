"""What is handed in: spoken, drawn, photographed; marked, and shown to all."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from tests.browser.hands import Hands
from tests.browser.old import OldHand, attribute, there
from tests.browser.people import poll
from tests.browser.questions.longer import drawn_in_chromium_87, photographed_by_keys, sent
from tests.browser.questions.room import Class, asked, keys

pytestmark = pytest.mark.browser


def handed_in(room: Class) -> None:
    """By Anna, whose button says that it is on its way; and then the gallery has both."""
    sent: list[Route] = []
    anna = room.anna.page
    anna.route("**/works?*", lambda route: sent.append(route))
    room.anna.touch("answer-send")
    expect(anna.get_by_test_id("answer-send")).to_have_text("Sending…")
    expect(anna.get_by_test_id("answer-send")).to_be_focused()
    expect(anna.get_by_test_id("answer-unsent")).to_have_count(0)
    poll(lambda: bool(sent), "it being sent")
    sent[0].continue_()
    anna.unroute("**/works?*")
    expect(room.anna.page.get_by_test_id("answer-state")).to_have_attribute("data-state", "saved")
    expect(room.teacher.page.get_by_test_id("works-count")).to_have_attribute("data-given", "2")


@pytest.mark.timeout(180)
def test_what_is_read_aloud_is_recorded_marked_by_a_rubric_and_played_to_all(room: Class) -> None:
    """By touch, and by keyboard alone in Chromium 87; the display plays it, the tablets in the room do not."""
    teacher, anna, bo = room.teacher, room.anna.page, OldHand(room.bo)
    if teacher.page.get_by_test_id("vote-new").count():
        teacher.touch("vote-new")
    teacher.page.get_by_test_id("compose-type").select_option("spoken")
    teacher.touch("compose-rubric")
    teacher.write("compose-criterion", "Fluency 流利")
    teacher.write("compose-levels", "0 halting / 1 / 3 fluent")
    asked(room, "spoken")
    keys("spoken-start", "Enter")(room.bo)
    poll(lambda: attribute(bo, "spoken", "doing") == "recording", "it records")
    room.anna.touch("spoken-start")
    expect(anna.get_by_test_id("spoken-time")).to_contain_text("2 / 60")
    room.look("recording")
    room.anna.touch("spoken-stop")
    keys("spoken-stop", "Space")(room.bo)
    there(bo, "hear")
    keys("answer-send", "Enter")(room.bo)
    poll(lambda: attribute(bo, "answer-state", "state") == "saved", "his answer is saved")
    teacher.touch("works-open")
    expect(teacher.page.get_by_test_id("works-missing")).to_have_text("Anna")
    handed_in(room)
    room.look("works handed in")

    teacher.page.get_by_test_id("work-open").first.click()
    teacher.page.get_by_test_id("mark-level").last.click()
    expect(teacher.page.get_by_test_id("marking")).to_have_attribute("data-points", "3")
    teacher.write("mark-comment", "Clear and calm. 很好")
    teacher.page.get_by_test_id("mark-comment").blur()
    room.look("marking")
    teacher.touch("work-show")
    for page in (room.screen.page, anna):
        expect(page.get_by_test_id("works-shown")).to_have_attribute("data-playing", "true")
        expect(page.get_by_test_id("works-name")).to_have_count(0)
    sound = room.screen.page.get_by_test_id("works-audio")
    poll(lambda: float(sound.evaluate("(audio) => audio.currentTime")) > 0.5, "it is heard in the room")
    expect(anna.get_by_test_id("works-audio")).to_have_count(0)
    poll(lambda: bool(there(bo, "works-shown")), "his tablet shows that it plays")
    room.look("played")
    teacher.touch("on-show-back")
    expect(room.screen.page.get_by_test_id("works-shown")).to_have_count(0)
    teacher.touch("work-back")
    teacher.touch("works-close")
    teacher.touch("vote-reveal")
    expect(anna.get_by_test_id("given").or_(anna.get_by_text("Not marked yet."))).to_be_visible()
    given = [attribute(hand, "given", "points") for hand in (OldHand(anna), bo)]
    assert sorted(map(str, given)) == ["3", "None"], "each sees its own"
    assert "Clear and calm" not in room.screen.heard()
    room.look("marks given back")


@pytest.mark.soak
@pytest.mark.timeout(180)
def test_a_drawing_and_a_photo_are_handed_in_and_shown_side_by_side(room: Class) -> None:
    teacher, anna, bo = room.teacher, room.anna.page, OldHand(room.bo)
    asked(room, "drawing", compose_worth="5")
    Hands.on(anna).mouse((0.2, 0.2), (0.8, 0.8))
    room.anna.touch("undo")
    expect(anna.get_by_test_id("answer-send")).to_have_attribute("aria-disabled", "true")
    Hands.on(anna).mouse((0.2, 0.8), (0.8, 0.2))
    drawn_in_chromium_87(room.bo)
    poll(lambda: attribute(bo, "answer-state", "state") == "saved", "his answer is saved")
    teacher.touch("works-open")
    handed_in(room)
    room.look("drawings handed in")
    teacher.page.get_by_test_id("work-open").first.click()
    teacher.see("work")
    teacher.page.keyboard.press("4")
    expect(teacher.page.get_by_test_id("marking")).to_have_attribute("data-points", "4")
    teacher.page.keyboard.press("ArrowRight")
    expect(teacher.page.get_by_test_id("marking")).to_have_attribute("data-points", "")
    teacher.page.keyboard.press("Escape")
    for at in (0, 1):
        teacher.page.get_by_test_id("work-choose-tile").nth(at).click()
    teacher.page.get_by_test_id("works-named").check()
    teacher.touch("works-show")
    for page in (room.screen.page, anna):
        expect(page.get_by_test_id("works-name")).to_have_text(["Bo 博", "Anna"])
        expect(page.get_by_test_id("works-shown").get_by_test_id("board").first).to_have_attribute("data-strokes", "1")
    room.look("shown side by side")
    teacher.touch("works-close")
    teacher.touch("vote-close")
    teacher.see("vote-new")
    asked(room, "upload")
    expect(room.screen.page.get_by_test_id("works-shown")).to_have_count(0)
    sent(anna)
    photographed_by_keys(room.bo)
    poll(lambda: attribute(bo, "answer-state", "state") == "saved", "his answer is saved")
    teacher.touch("works-open")
    handed_in(room)
    room.look("photos handed in")
    teacher.touch("works-close")
    teacher.touch("vote-reveal")
    room.anna.see("work")
    room.look("photos given back")
