"""Six students: every type of question asked, answered, charted, revealed and told of afterwards; who is picked, how
groups stand, and votes that nobody can tell the voters of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import pytest
from playwright.sync_api import Locator, Page, Playwright, expect

from tests.browser.old import OldHand, attribute
from tests.browser.people import poll
from tests.browser.questions.longer import LONGER, stocked
from tests.browser.questions.room import Class, asked_of_all, ready, seated
from tests.browser.questions.stories import STORIES, Story, composed, opened

pytestmark = pytest.mark.browser

ALL = (*STORIES, *LONGER)
SIX = 6
NAMES = [f"Child {n}" for n in range(1, SIX)]

VOTES: dict[str, tuple[int, ...]] = {
    "choice": (1, 5), "multiple": (6, 5, 1), "truefalse": (5, 1), "rating": (0, 0, 0, 1, 5), "number": (5, 1),
    "text": (5, 1), "gaps": (5, 1, 5, 1), "match": (6, 5), "cloud": (6, 5), "vote": (5, 1, 0, 0),
}  # fmt: skip
"""What every chart counts where five do as they do by touch, and one as by keys."""


def counted(testid: str, attribute: str, *values: int) -> Callable[[Page], None]:
    def check(page: Page) -> None:
        found = page.get_by_test_id(testid)
        expect(found).to_have_count(len(values))
        for at, value in enumerate(values):
            expect(found.nth(at)).to_have_attribute(attribute, str(value))

    return check


def many(testid: str, count: int) -> Callable[[Page], None]:
    return lambda page: expect(page.get_by_test_id(testid)).to_have_count(count)


def dots(page: Page) -> None:
    """Five lie on one another."""
    expect(page.locator("svg .dot")).to_have_count(2)


SHOWN: dict[str, tuple[Callable[[Page], None], ...]] = {
    "spot": (dots, dots, dots),
    "data": (counted("plot", "data-points", SIX),) * 3,
    "survey": (counted("survey-part", "data-answered", SIX, SIX, SIX),),
    "buzzer": (many("buzz", SIX), many("buzz", SIX), many("buzz", 3)),
}
"""What else is seen at the desk, on the display and on a tablet when all is told."""


def votes(*each: int) -> Callable[[Locator], None]:
    return lambda told: poll(lambda: voted(told) == list(each), f"{each}")


def places(told: Locator) -> None:
    """Five are right everywhere, and the sixth left all as chance had it."""
    poll(lambda: [n in (5, 6) for n in voted(told)] == [True] * 3, "the places")


def turns(told: Locator) -> None:
    """Five have found all, in as many turns as chance would have it."""
    poll(lambda: sum(voted(told)) == 5, "the games")


def handed(told: Locator) -> None:
    expect(told).to_contain_text(re.compile(rf"\b{SIX}\b"))


def found(testid: str, attribute: str, *values: int) -> Callable[[Locator], None]:
    def check(told: Locator) -> None:
        expect(told.get_by_test_id(testid)).to_have_count(len(values))
        for at, value in enumerate(values):
            expect(told.get_by_test_id(testid).nth(at)).to_have_attribute(attribute, str(value))

    return check


def pointed(told: Locator) -> None:
    expect(told.locator("svg .dot")).to_have_count(2)


def pressed(told: Locator) -> None:
    expect(told.get_by_test_id("buzz")).to_have_count(SIX)


def voted(told: Locator) -> list[int]:
    return [int(one.get_attribute("data-votes") or 0) for one in told.locator("[data-votes]").all()]


TOLD: dict[str, Callable[[Locator], None]] = {
    **{name: votes(*each) for name, each in VOTES.items()},
    "order": places, "memory": turns, "spot": pointed, "buzzer": pressed,
    "data": found("plot", "data-points", SIX), "survey": found("survey-part", "data-answered", SIX, SIX, SIX),
    **dict.fromkeys(("essay", "spoken", "drawing", "upload"), handed),
}  # fmt: skip
"""What the report says came of each."""
LEVELS, NEAT = (2, 2, 2, 2, 2, 1), "89 %"
"""Of the rubric, what the six photos are marked with; by 0, 1 and 3 points that is 16 of 18."""


@pytest.fixture(scope="module")
def six(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    folder = tmp_path_factory.mktemp("six")
    with seated(playwright, folder / "data", NAMES) as room:
        yield room


@pytest.fixture(scope="module")
def shelf(six: Class, tmp_path_factory: pytest.TempPathFactory) -> None:
    stocked(six.teacher, tmp_path_factory.mktemp("shelf"))


def pages(six: Class) -> tuple[Page, Page, Page]:
    return six.teacher.page, six.screen.page, six.anna.page


def charts(six: Class) -> list[list[int]]:
    """What the three kinds of pages show."""
    found = []
    for page in pages(six):
        chart = page.locator('[data-testid="question"], [data-testid="vote"]').first
        found.append([int(one.get_attribute("data-votes") or 0) for one in chart.locator("[data-votes]").all()])
    return found


@pytest.mark.timeout(180)
@pytest.mark.soak  # six tablets for one sentence; tests/unit/classroom/test_ballots.py has the rule
def test_votes_without_names_wait_in_the_box_and_are_counted_from_five_on(six: Class) -> None:
    teacher, few = six.teacher, six.touching[:2]
    (story,) = (one for one in STORIES if one.type == "choice")
    for voters in (few, six.touching):
        composed(six.teacher, story)
        teacher.page.get_by_test_id("vote-anonymous").check()
        asked_of_all(six, "choice?")
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
@pytest.mark.timeout(240)
@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("story", ALL, ids=[story.type for story in ALL])
def test_a_type_with_six(six: Class, story: Story) -> None:
    opened(six, story)
    six.another()
    for one in six.touching:
        story.touches(one)
        expect(one.page.get_by_test_id("answer-state")).to_have_attribute("data-state", "saved")
    story.types(six.bo)
    poll(lambda: attribute(OldHand(six.bo), "answer-state", "state") == "saved", "the sixth answer is saved")
    expect(six.teacher.page.get_by_test_id("answered")).to_have_attribute("data-answered", "6")
    if story.type != "buzzer":  # which nobody misses
        expect(six.teacher.page.get_by_test_id("room-answered")).to_have_attribute("data-missing", "0")
    six.look(f"six {story.type} open")
    six.look_in_old(f"six {story.type} open")
    if six.teacher.page.get_by_test_id("works-open").count():
        gallery(six, LEVELS if story.type == "upload" else ())
    six.teacher.touch("vote-close" if story.type == "buzzer" else "vote-reveal")
    phase = "closed" if story.type == "buzzer" else "revealed"
    poll(lambda: attribute(OldHand(six.bo), "question", "phase") == phase, "the result")
    if story.type in VOTES:
        poll(lambda: charts(six) == [list(VOTES[story.type])] * 3, f"the votes, not {charts(six)}")
    for check, page in zip(SHOWN.get(story.type, ()), pages(six), strict=False):
        check(page)
    six.look(f"six {story.type} told")
    six.look_in_old(f"six {story.type} told")


def gallery(six: Class, levels: Sequence[int]) -> None:
    """All that was handed in, and marked so."""
    desk = six.teacher.page
    six.teacher.touch("works-open")
    expect(desk.get_by_test_id("works-count")).to_have_attribute("data-given", str(SIX))
    expect(desk.get_by_test_id("work-open")).to_have_count(SIX)
    expect(desk.get_by_test_id("works-missing")).to_have_count(0)
    six.look("six works")
    for at, level in enumerate(levels):
        desk.get_by_test_id("work-open").nth(at).click()
        desk.get_by_test_id("mark-level").nth(level).click()
        expect(desk.get_by_test_id("marking")).to_have_attribute("data-points", str((0, 1, 3)[level]))
        six.teacher.touch("work-back")
    if levels:
        expect(desk.locator("[data-testid=work-tile][data-marked=true]")).to_have_count(SIX)
    six.teacher.touch("works-close")


@pytest.mark.soak
@pytest.mark.timeout(180)
def test_chance_gives_each_of_six_a_turn_before_anyone_has_two(six: Class) -> None:
    teacher, screen = six.teacher, six.screen.page
    six.another()
    teacher.touch("tab-class")
    teacher.touch("picking-open")
    teacher.page.get_by_test_id("pick-count").select_option("3")
    had: list[str] = []
    for turn in range(2):
        teacher.touch("pick-several")
        expect(screen.get_by_test_id("picked")).to_have_attribute("data-settled", "true")
        names = screen.get_by_test_id("picked-name").all_inner_texts()
        assert len(set(names)) == 3
        assert not set(names) & set(had)
        had += names
        for name, one in zip(NAMES, six.touching, strict=True):
            expect(one.page.get_by_test_id("picked-me")).to_have_count(int(name in names))
            if name in names:
                one.touch("called-seen")
        six.look(f"six picked {turn}")
        teacher.touch("pick-clear")
        expect(screen.get_by_test_id("picked")).to_have_count(0)
    assert sorted(had) == ["Bo 博", *NAMES]
    teacher.touch("picking-open")
    teacher.touch("tab-vote")


@pytest.mark.soak
@pytest.mark.timeout(180)
def test_three_groups_compete(six: Class) -> None:
    """A question brings a group the share of its children who are right, and all see the same table."""
    teacher, (desk, screen, tablet) = six.teacher, pages(six)
    teacher.touch("tab-class")
    teacher.touch("groups-open")
    expect(desk.get_by_test_id("groups-count")).to_contain_text("4")
    desk.get_by_role("button", name="One group fewer").click()
    teacher.touch("groups-draw")
    expect(desk.get_by_test_id("a-group")).to_have_count(3)
    members = [one.get_by_test_id("member").all_inner_texts() for one in desk.get_by_test_id("a-group").all()]
    assert [len(one) for one in members] == [2, 2, 2]
    slower = next(at for at, names in enumerate(members) if any("Bo" in name for name in names))
    teacher.touch("groups-open")
    teacher.touch("teams-open")
    teacher.touch("teams-groups")
    teacher.touch("tab-vote")
    (story,) = (one for one in STORIES if one.type == "choice")
    opened(six, story)
    for one in six.touching:
        story.touches(one)
    story.types(six.bo)
    six.another()
    expect(desk.get_by_test_id("answered")).to_have_attribute("data-answered", "6")
    teacher.touch("vote-reveal")
    teacher.touch("tab-class")
    teacher.touch("teams-open")
    teacher.touch("teams-show")
    points = sorted((5 if at == slower else 10 for at in range(3)), reverse=True)
    for page in (screen, tablet):
        rows = page.get_by_test_id("standings").get_by_test_id("team")
        poll(lambda rows=rows: standing(rows, "data-points") == points, f"{points}")  # type: ignore[misc]
        assert standing(rows, "data-place") == [1, 1, 3]
        expect(rows.last).to_contain_text(re.compile(rf"{slower + 1}"))
    six.look("six in groups")
    teacher.touch("teams-undo")
    poll(
        lambda: standing(screen.get_by_test_id("standings").get_by_test_id("team"), "data-points") == [0, 0, 0], "none"
    )
    teacher.touch("teams-stop")
    expect(screen.get_by_test_id("standings")).to_have_count(0)
    teacher.touch("teams-open")
    teacher.touch("tab-vote")


def standing(rows: Locator, what: str) -> list[int]:
    return [int(one.get_attribute(what) or -1) for one in rows.all()]


@pytest.mark.soak
@pytest.mark.timeout(180)
def test_all_that_was_asked_is_in_the_report(six: Class) -> None:
    teacher = six.teacher
    ready(teacher)
    teacher.touch("end-lesson")
    teacher.touch("end-lesson-confirm")
    teacher.see("report")
    expect(teacher.page.get_by_test_id("report-child")).to_have_count(6)
    told = teacher.page.get_by_test_id("report-question").all_inner_texts()
    untold = [prompt for prompt in six.asked if not any(prompt in one for one in told)]
    assert untold == ["Are you here?"], "a roll call is over when it is made"
    assert len(six.asked) > len(ALL)
    assert TOLD.keys() == {story.type for story in ALL} - {"roll"}
    for story in ALL:
        if story.type != "roll":
            head = teacher.page.get_by_test_id("report-question").filter(has_text=story.prompt).last
            head.click()
            TOLD[story.type](head.locator("xpath=.."))
            if story.type == "upload":
                expect(head).to_contain_text(NEAT)
            head.click()
    six.look("six reported")
