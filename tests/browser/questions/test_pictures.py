"""Pictures, sounds and formulas in what is asked."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.old import OldHand, attribute
from tests.browser.people import poll
from tests.browser.questions.longer import a_turn_and_no_more, all_pairs, areas_drawn, pointed_beside
from tests.browser.questions.room import Class, asked_of_all, begin, keys, loaded
from tests.browser.questions.stories import options, targets

pytestmark = pytest.mark.browser


def revealed(room: Class, where: str, *marks: str) -> None:
    hands = [OldHand(room.anna.page), OldHand(room.bo)]
    poll(lambda: all(attribute(one, "answer-state", "state") == "saved" for one in hands), "answers are saved")
    room.look(f"{where} open")
    room.teacher.touch("vote-reveal")
    poll(lambda: attribute(OldHand(room.bo), "question", "phase") == "revealed", "the result")
    expect(room.anna.page.get_by_test_id("question")).to_have_attribute("data-phase", "revealed")
    got = [attribute(one, "verdict", "mark") for one in hands]
    assert not marks or got == list(marks)
    room.look(f"{where} revealed")


@pytest.mark.timeout(180)
@pytest.mark.usefixtures("shelf")
def test_pictures_sounds_and_formulas_from_the_desk_to_the_result(room: Class) -> None:
    teacher, anna = room.teacher, room.anna

    # Pictures to choose from, a formula, and a sound that may be heard twice.
    begin(teacher, "choice", r"Which is \(\frac{a^2}{b}\)?")
    expect(teacher.page.get_by_test_id("compose-preview").locator(".katex")).to_be_visible()
    teacher.touch("compose-pictures")
    teacher.touch("compose-media")
    for testid, label in (("A", "Leaf.png"), ("B", "Sun.png")):
        teacher.page.get_by_test_id(f"compose-picture-{testid}").select_option(label=label)
    teacher.page.get_by_test_id("compose-sound").select_option(label="Wind.m4a")
    teacher.page.get_by_test_id("compose-plays").select_option("2")
    teacher.write("vote-option-A", r"\(\notatex{\)")
    teacher.write("vote-option-C", r"\(\href{javascript:alert(1)}{x}\) \(\includegraphics{/favicon.svg}\)<img src=x>")
    teacher.write("vote-option-D", r"\(\def\a{\a\a}\a\)")
    teacher.touch("vote-right-B")
    bo = asked_of_all(room, "Which is")
    for page in (anna.page, room.screen.page, teacher.page):
        expect(page.locator("[data-testid=asked] .katex math")).to_have_count(1)
        shown = page.locator("[data-testid=picture] img")
        expect(shown).to_have_count(2)
        loaded(shown)
        for source in (r"\(\notatex{\)", r"\(\def\a{\a\a}\a\)", "<img src=x>"):
            expect(page.get_by_text(source).first).to_be_visible()
        expect(page.locator("a[href^=javascript], .katex img, .katex a")).to_have_count(0)
    poll(lambda: bo.evaluate("document.querySelectorAll('.katex').length > 0"), "a formula in Chromium 87")
    listen = anna.page.get_by_test_id("listen")
    for heard in ("1", "2"):
        anna.touch("listen-play")
        expect(listen).to_have_attribute("data-heard", heard)
        expect(listen.locator("progress")).not_to_have_js_property("value", 0)
        poll(lambda: listen.locator("audio").evaluate("n => n.paused"), "its end")
    anna.page.reload()
    anna.online()
    expect(listen).to_have_attribute("data-heard", "2")
    expect(anna.page.get_by_test_id("listen-play")).to_have_attribute("aria-disabled", "true")
    teacher.touch("sound-for-all")
    expect(room.screen.page.get_by_test_id("film-video")).to_have_js_property("ended", True)
    anna.touch("answer-B")
    keys("answer-A", "Enter")(room.bo)
    revealed(room, "pictures", "1", "0")

    # A spot on a picture: one area drawn by the pointer, one by keys.
    begin(teacher, "spot", "Where?")
    areas_drawn(teacher)
    asked_of_all(room, "Where?")
    pointed_beside(anna)
    keys("answer-spot", "ArrowRight", "ArrowDown", "Tab", "Enter")(room.bo)
    revealed(room, "spot", "0", "1")
    for page in (anna.page, room.screen.page, teacher.page):
        expect(page.locator("svg .dot")).to_have_count(2)
        expect(page.locator("svg .area")).to_have_count(2)

    # A game of memory, with a picture for a word; who has had enough hands in what there is.
    begin(teacher, "memory", "Pairs?")
    for testid, text in {**options("leaf", "sun"), **targets("叶子", "")}.items():
        teacher.write(testid, text)
    if not teacher.page.get_by_test_id("compose-target-picture-B").count():
        teacher.touch("compose-pictures")
    teacher.page.get_by_test_id("compose-target-picture-B").select_option(label="Sun.png")
    asked_of_all(room, "Pairs?")
    all_pairs(anna)
    a_turn_and_no_more(room.bo)
    revealed(room, "memory", "1", "0")

    # What belongs together, where lists of words could not show it.
    begin(teacher, "match", "Which?")
    for testid, text in options("leaf", "sun").items():
        teacher.write(testid, text)
    if not teacher.page.get_by_test_id("compose-target-picture-A").count():
        teacher.touch("compose-pictures")
    for letter, label in (("A", "Leaf.png"), ("B", "Sun.png")):
        teacher.page.get_by_test_id(f"compose-target-picture-{letter}").select_option(label=label)
    asked_of_all(room, "Which?")
    found = anna.page.get_by_test_id("pair-target")
    loaded(found.locator("img"))
    leaf = next(at for at in (0, 1) if found.nth(at).locator("img").evaluate("n => n.naturalWidth > n.naturalHeight"))
    for at in (leaf, 1 - leaf):
        found.nth(at).click()
    anna.touch("answer-send")
    keys("pair-target", "Enter", "Tab", "Space", "Tab", "Enter")(room.bo)
    revealed(room, "pairs", "1", "0" if leaf else "1")
    for page in (anna.page, room.screen.page, teacher.page):
        expect(page.get_by_test_id("row").locator("img")).to_have_count(2)
