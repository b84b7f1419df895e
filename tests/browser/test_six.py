"""Six students: every type of question asked, answered, charted, revealed and told of afterwards; and votes that nobody
can tell the voters of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.browser.browsers import DENIED, KIOSK, TABLET, chromium, page_of
from tests.browser.old import OldHand, attribute, old_chromium, there
from tests.browser.people import Person, administrator, poll, sit_at_display, sit_at_tablet, start_lesson
from tests.browser.questions.stories import STORIES, Story, composed
from tests.processes import serving

pytestmark = pytest.mark.browser

VOTES: dict[str, tuple[int, ...]] = {
    "choice": (1, 5), "multiple": (6, 5, 1), "truefalse": (5, 1), "rating": (0, 0, 0, 1, 5), "number": (5, 1),
    "text": (5, 1), "gaps": (5, 1, 5, 1), "match": (6, 5), "cloud": (6, 5),
}  # fmt: skip
"""What every chart counts where five do as they do by touch, and one as by keys."""


@dataclass
class Class:
    teacher: Person
    screen: Person
    touching: list[Person]
    bo: Page
    """In Chromium 87, by keyboard alone."""


@pytest.fixture(scope="module")
def six(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    with (
        serving(tmp_path_factory.mktemp("six") / "data") as server,
        chromium(playwright, flags=[KIOSK]) as browser,
        old_chromium(playwright) as old,
    ):
        teacher = administrator(browser, server.base, server.setup_secret(), script=DENIED)
        place = server.cli("room", "add", "Qingshan 青山村小", "Room 3")["id"]
        lesson, code = start_lesson(teacher, "Autumn 秋天")
        screen = sit_at_display(browser, server.base, lesson, place, script=DENIED)
        touching = [sit_at_tablet(browser, server.base, code, f"Child {n}", place) for n in range(1, 6)]
        bo = page_of(old, TABLET)[1]
        bo.goto(f"{server.base}/join/{code}?room={place}")
        hand = OldHand(bo)
        hand.fill(there(hand, "name"), "Bo 博")
        bo.keyboard.press("Enter")
        poll(lambda: attribute(hand, "status", "status") == "online", "connection", timeout_s=20)
        yield Class(teacher, screen, touching, bo)


def opened(six: Class, prompt: str) -> None:
    """The question is open, and on the sixth tablet too."""
    six.teacher.touch("vote-open")
    says = "(document.querySelector('[data-testid=asked]') || {}).textContent"
    poll(lambda: OldHand(six.bo).evaluate(says) == prompt, "the question")


def charts(six: Class) -> list[list[int]]:
    """What the three kinds of pages show."""
    found = []
    for page in (six.teacher.page, six.screen.page, six.touching[0].page):
        chart = page.locator('[data-testid="question"], [data-testid="vote"]').first
        found.append([int(one.get_attribute("data-votes") or 0) for one in chart.locator("[data-votes]").all()])
    return found


@pytest.mark.timeout(180)
def test_votes_without_names_wait_in_the_box_and_are_counted_from_five_on(six: Class) -> None:
    teacher, few = six.teacher, six.touching[:2]
    (story,) = (one for one in STORIES if one.type == "choice")
    for voters in (few, six.touching):
        composed(six.teacher, story)
        teacher.page.get_by_test_id("vote-anonymous").check()
        opened(six, "choice?")
        for one in voters:
            one.touch("answer-B")
            expect(one.page.get_by_test_id("answer-state")).to_have_attribute("data-state", "held")
        if voters is not few:
            story.types(six.bo)
        many = len(voters) + (voters is not few)
        expect(teacher.page.get_by_test_id("answered")).to_have_attribute("data-answered", str(many))
        expect(teacher.page.get_by_test_id("room-answered")).to_have_attribute("data-missing", str(6 - many))
        teacher.touch("vote-close")
        if voters is few:
            for one in voters:
                expect(one.page.get_by_test_id("answer-state")).to_contain_text("Too few voted")
            teacher.see("untold")
        else:
            for one in voters:
                expect(one.page.get_by_test_id("answer-state")).to_have_attribute("data-state", "saved")
            teacher.touch("vote-reveal")
            poll(lambda: charts(six) == [[1, 5]] * 3, "the votes")
            continue
        teacher.touch("vote-reveal")
        six.screen.see("untold")
        assert charts(six) == [[], [], []]


@pytest.mark.soak
@pytest.mark.timeout(180)
@pytest.mark.parametrize("story", STORIES, ids=[story.type for story in STORIES])
def test_a_type_with_six(six: Class, story: Story) -> None:
    composed(six.teacher, story)
    opened(six, f"{story.type}?")
    for one in six.touching:
        expect(one.page.get_by_test_id("asked")).to_have_text(f"{story.type}?")
        story.touches(one)
    story.types(six.bo)
    expect(six.teacher.page.get_by_test_id("answered")).to_have_attribute("data-answered", "6")
    expect(six.teacher.page.get_by_test_id("room-answered")).to_have_attribute("data-missing", "0")
    six.teacher.touch("vote-reveal")
    poll(lambda: attribute(OldHand(six.bo), "question", "phase") == "revealed", "the result")
    if story.type in VOTES:
        poll(lambda: charts(six) == [list(VOTES[story.type])] * 3, f"the votes, not {charts(six)}")


@pytest.mark.soak
@pytest.mark.timeout(180)
def test_all_that_was_asked_is_in_the_report(six: Class) -> None:
    teacher = six.teacher
    teacher.touch("end-lesson")
    teacher.touch("end-lesson-confirm")
    teacher.see("report")
    expect(teacher.page.get_by_test_id("report-child")).to_have_count(6)
    told = teacher.page.get_by_test_id("report-question").all_inner_texts()
    for story in STORIES:
        assert any(f"{story.type}?" in one for one in told), story.type
