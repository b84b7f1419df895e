"""Every type of question: written at the desk, answered by touch, and by keyboard alone in Chromium 87, charted,
revealed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from classroom.activities.types import BY_NAME
from tests.browser.old import OldHand, attribute
from tests.browser.people import Person, poll
from tests.browser.questions.longer import LONGER
from tests.browser.questions.room import Class, asked, asked_of_all, begin, keys
from tests.browser.questions.stories import STORIES, Story, composed

pytestmark = pytest.mark.browser

# What is written, chosen, ordered and matched has one story each in `make test`; the others go the same ways.
QUICK = ("choice", "gaps", "order", "match", "number")


def test_every_type_has_a_story_of_six() -> None:
    told = [story.type for story in (*STORIES, *LONGER)]
    assert sorted(told) == sorted(BY_NAME)


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    "story",
    [pytest.param(one, marks=() if one.type in QUICK else pytest.mark.soak, id=one.type) for one in STORIES],
)
def test_a_type_from_the_desk_to_the_result(room: Class, story: Story) -> None:
    teacher = room.teacher
    composed(teacher, story)
    teacher.touch("vote-open")

    anna, bo = room.anna.page, OldHand(room.bo)
    expect(anna.get_by_test_id("asked")).to_have_text(f"{story.type}?")
    story.touches(room.anna)
    expect(anna.get_by_test_id("answer-state")).to_have_attribute("data-state", "saved")
    shown = "(document.querySelector('[data-testid=asked]') || {}).textContent"
    poll(lambda: bo.evaluate(shown) == f"{story.type}?", "the question")
    story.types(room.bo)
    poll(lambda: attribute(bo, "answer-state", "state") == "saved", "his answer is saved")
    expect(teacher.page.get_by_test_id("answered")).to_have_attribute("data-answered", "2")
    expect(room.screen.page.get_by_test_id("asked")).to_have_text(f"{story.type}?")
    if story.type == "number":
        expect(room.screen.page.get_by_test_id("asked-does")).to_have_text("Write a number in m/s²")
    room.look(f"{story.type} open")

    teacher.touch("vote-reveal")
    expect(anna.get_by_test_id("question")).to_have_attribute("data-phase", "revealed")
    poll(lambda: attribute(bo, "question", "phase") == "revealed", "the result")
    verdicts = [attribute(hand, "verdict", "mark") for hand in (OldHand(anna), bo)]
    assert all(mark in (told, "") for mark, told in zip(story.right, verdicts, strict=True))
    room.look(f"{story.type} revealed")
    room.look_in_old(f"{story.type} revealed")
    for page in (room.screen.page, teacher.page, anna):
        chart = page.locator('[data-testid="question"], [data-testid="vote"]').first
        if story.votes:
            expect(chart.locator("[data-votes]")).to_have_count(len(story.votes))
            got = [one.get_attribute("data-votes") for one in chart.locator("[data-votes]").all()]
            assert got == [str(n) for n in story.votes]
    assert "It rains" not in room.screen.heard(), "what one writes goes to the teachers alone"


@pytest.mark.timeout(180)
def test_a_question_has_its_time_is_answered_anew_and_opened_again(room: Class) -> None:
    teacher, anna, bo = room.teacher, room.anna, OldHand(room.bo)
    page = teacher.page
    (story,) = (one for one in STORIES if one.type == "choice")
    composed(teacher, story)
    page.get_by_test_id("vote-changeable").check()
    page.get_by_test_id("vote-seconds").select_option("60")
    size = page.viewport_size
    assert size
    page.set_viewport_size({"width": 1024, "height": 560})
    page.locator("#panel").evaluate("panel => panel.scrollTo(0, panel.scrollHeight)")
    expect(page.locator("#panel")).not_to_have_js_property("scrollTop", 0)
    asked_of_all(room, "choice?")
    expect(page.locator("#panel")).to_have_js_property("scrollTop", 0)
    page.set_viewport_size(size)
    for one in (room.screen.page, anna.page):
        expect(one.get_by_role("timer").first).to_have_text(re.compile(r"^\s*[1-5]?\d"))
    for answer in ("A", "B"):
        anna.touch(f"answer-{answer}")
        expect(anna.page.get_by_test_id("answer-state")).to_have_attribute("data-state", "saved")
        tally = page.get_by_test_id("vote").locator("[data-votes]")
        expect(tally.nth("AB".index(answer))).to_have_attribute("data-votes", "1")
    expect(page.get_by_test_id("missing")).to_contain_text("Bo 博")
    teacher.touch("vote-close")
    poll(lambda: attribute(bo, "question", "phase") == "closed", "it is over on his tablet")
    teacher.touch("vote-reopen")
    poll(lambda: attribute(bo, "question", "phase") == "open", "it is open again")
    keys("answer-A", "Enter")(room.bo)
    poll(lambda: attribute(bo, "answer-state", "state") == "saved", "his answer is saved")
    expect(page.get_by_test_id("missing")).to_have_count(0)
    teacher.touch("vote-reveal")
    for one in (room.screen.page, anna.page):
        votes = one.locator('[data-testid="question"], [data-testid="vote"]').first.locator("[data-votes]")
        expect(votes.nth(0)).to_have_attribute("data-votes", "1")
        expect(votes.nth(1)).to_have_attribute("data-votes", "1")
    room.look("opened again")


@pytest.mark.timeout(180)
def test_what_nobody_knew_and_why_is_told_everywhere_and_what_came_too_late_is_not_saved(room: Class) -> None:
    teacher, anna, screen = room.teacher, room.anna, room.screen.page
    begin(teacher, "text", "Who barks?")
    teacher.write("compose-answer", "Dog / hound")
    teacher.touch("compose-about")
    teacher.write("compose-explanation", "Cats do not.")
    teacher.page.get_by_test_id("vote-changeable").check()
    asked_of_all(room, "Who barks?")
    anna.write("answer-text", "a cat")
    anna.touch("answer-send")
    expect(anna.page.get_by_test_id("answer-state")).to_have_attribute("data-state", "saved")
    anna.write("answer-text", "a dog")
    expect(anna.page.get_by_test_id("answer-unsent")).to_have_count(0)
    teacher.touch("vote-close")
    expect(anna.page.get_by_test_id("answer-unsent")).to_contain_text("before counts")
    room.look("too late")
    teacher.touch("vote-reveal")
    for page in (teacher.page, screen, anna.page):
        rows = page.get_by_test_id("row")
        expect(rows).to_have_count(2)
        expect(rows.nth(1)).to_contain_text("Dog")
        expect(rows.nth(1)).to_have_attribute("data-votes", "0")
        expect(page.get_by_test_id("explanation")).to_have_text("Cats do not.")
    room.look("nobody knew")
    teacher.touch("vote-new")
    teacher.touch("vote-yesno")
    anna.touch("answer-A")
    for page in (teacher.page, screen, anna.page):
        expect(page.get_by_text("Yes", exact=True)).to_be_visible()
    teacher.touch("vote-close")
    asked(room, "order", **{f"vote-option-{letter}": letter for letter in "ABCD"})
    anna.see("answer-order")
    teacher.touch("vote-close")
    expect(anna.page.get_by_test_id("answer-state")).to_have_attribute("data-state", "closed")
    expect(anna.page.get_by_test_id("answer-unsent")).to_have_count(0)  # she changed nothing


LAST_LINE = """() => {
  const text = document.querySelector('[data-testid=explanation]');
  const place = text.parentElement.getBoundingClientRect();
  return text.getBoundingClientRect().bottom <= place.bottom + 1;
}"""


def written(teacher: Person, letters: str) -> None:
    for letter in letters:
        if not teacher.page.get_by_test_id(f"vote-option-{letter}").count():
            teacher.touch("vote-more")
        teacher.write(f"vote-option-{letter}", f"{letter} {'and so on 等等 ' * 16}")


@pytest.mark.timeout(240)
def test_what_is_too_much_for_a_display_goes_by_in_sheets(room: Class) -> None:
    teacher, screen = room.teacher, room.screen.page
    begin(teacher, "choice", "Which of these?")
    letters = "ABCDEFGHIJ"
    written(teacher, letters)
    teacher.touch("vote-right-J")
    teacher.touch("compose-about")
    teacher.write("compose-explanation", "\n".join(f"{n}. 因为秋天到了，叶子就落了。" for n in range(1, 31)))
    asked_of_all(room, "Which of these?")
    expect(screen.get_by_test_id("survey-page")).to_contain_text("of")
    teacher.touch("vote-reveal")
    expect(screen.get_by_test_id("vote")).to_have_attribute("data-phase", "revealed")
    rows = screen.locator("[data-testid=vote] [data-votes]")
    expect(rows).to_have_count(len(letters))
    expect(rows.last).to_be_in_viewport(ratio=1, timeout=60_000)  # all sheets take most of a minute
    poll(lambda: screen.evaluate(LAST_LINE), "the last line of what is higher than a sheet", timeout_s=60)
    teacher.touch("vote-new")  # what stands is looked at by the next story
    teacher.touch("roll")
    expect(screen.get_by_test_id("vote")).to_have_attribute("data-phase", "open")
    expect(screen.get_by_test_id("survey-page")).to_have_count(0)
    teacher.touch("vote-close")
    begin(teacher, "survey", "This lesson")
    part = teacher.page.get_by_test_id("compose-part")
    part.get_by_test_id("part-type").select_option("choice")
    part.get_by_test_id("part-prompt").fill("Which of these was it?")
    written(teacher, letters)
    teacher.touch("part-more")
    part.nth(1).get_by_test_id("part-prompt").fill("Was it good?")
    asked_of_all(room, "This lesson")
    teacher.touch("vote-reveal")
    expect(screen.get_by_test_id("vote")).to_have_attribute("data-phase", "revealed")
    expect(rows.nth(len(letters) - 1)).to_be_in_viewport(ratio=1, timeout=60_000)
    teacher.touch("vote-new")
    teacher.touch("roll")
    expect(screen.get_by_test_id("vote")).to_have_attribute("data-phase", "open")
    teacher.touch("vote-close")
