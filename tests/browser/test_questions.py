"""Every type of question: written at the desk, answered by touch, and by keyboard alone in Chromium 87, charted,
revealed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Playwright, expect

from tests.browser.browsers import DENIED, KIOSK, TABLET, chromium, page_of
from tests.browser.firefox import MIDDLE
from tests.browser.hands import Hands
from tests.browser.old import OldHand, attribute, old_chromium, there
from tests.browser.people import Person, administrator, poll, sit_at_display, sit_at_tablet, start_lesson
from tests.browser.shots import AUDIT, AXE, DESKTOP, PHONE, Album, speak
from tests.browser.shots import TABLET as SHEET
from tests.processes import serving
from tests.unit.web.papers import picture, sound

pytestmark = pytest.mark.browser

RULES = f"{AUDIT.read_text()}\n{AXE.read_text()}"

Does = Callable[[Person], None]
Types = Callable[[Page], None]


@dataclass
class Class:
    teacher: Person
    screen: Person
    anna: Person
    bo: Page
    """In Chromium 87, by keyboard alone."""
    album: Album = field(default_factory=Album)

    def look(self, where: str) -> None:
        """Whether something is wrong with the pages as they stand."""
        for face, one in (("teach", self.teacher), ("display", self.screen), ("join", self.anna)):
            self.album.look(one.page, face, f"{face}: {where}")
        assert not self.album.faults


@pytest.fixture(scope="module")
def room(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    with (
        serving(tmp_path_factory.mktemp("questions") / "data") as server,
        chromium(playwright, flags=[KIOSK]) as browser,
        old_chromium(playwright) as old,
    ):
        teacher = administrator(browser, server.base, server.setup_secret(), script=DENIED + RULES)
        place = server.cli("room", "add", "Qingshan 青山村小", "Room 3")["id"]
        lesson, code = start_lesson(teacher, "Autumn 秋天")
        screen = sit_at_display(browser, server.base, lesson, place, script=DENIED + RULES)
        anna = sit_at_tablet(browser, server.base, code, "Anna", place, script=RULES)
        bo = page_of(old, TABLET)[1]
        bo.goto(f"{server.base}/join/{code}?room={place}")
        hand = OldHand(bo)
        hand.fill(there(hand, "name"), "Bo 博")
        bo.keyboard.press("Enter")
        poll(lambda: attribute(hand, "status", "status") == "online", "connection", timeout_s=20)
        faults: list[str] = []
        bo.on("pageerror", lambda error: faults.append(str(error)))
        yield Class(teacher, screen, anna, bo)
        assert faults == []


@dataclass(frozen=True)
class Story:
    """What is written into which field of the form, marked as right there, answered by touch and by keys; which share
    of these answers is right (empty: that is chance's), and what every chart then counts."""

    type: str
    writes: dict[str, str] = field(default_factory=dict)
    marks: tuple[str, ...] = ()
    touches: Does = lambda person: None
    types: Types = lambda page: None
    right: tuple[str | None, str | None] = (None, None)
    votes: tuple[int, ...] = ()


def options(*texts: str) -> dict[str, str]:
    return {f"vote-option-{letter}": text for letter, text in zip("ABCD", texts, strict=False)}


def targets(*texts: str) -> dict[str, str]:
    return {f"vote-target-{letter}": text for letter, text in zip("ABCD", texts, strict=False)}


def touch(*testids: str) -> Does:
    return lambda person: [person.touch(one) for one in testids] and None


def write(testid: str, *texts: str) -> Does:
    def do(person: Person) -> None:
        for at, text in enumerate(texts):
            person.page.get_by_test_id(testid).nth(at).fill(text)
        person.touch("answer-send")

    return do


def keys(testid: str, *pressed: str) -> Types:
    """Goes to it by Tab, and on from there by these keys; a word of several letters is typed."""

    def do(page: Page) -> None:
        there(OldHand(page), testid)
        tab_to(page, testid)
        for one in pressed:
            if one in ("Tab", "Enter", "Space"):
                page.keyboard.press(one)
            else:
                page.keyboard.type(one)

    return do


def tab_to(page: Page, testid: str) -> None:
    page.evaluate("() => document.activeElement.blur()")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.dataset.testid") == testid:
            return
    raise AssertionError("no Tab leads there")


def in_right_order(person: Person) -> None:
    """By touch: whatever lies too high goes down, until all is in order."""
    page = person.page
    for _ in range(10):
        texts = [one.strip() for one in page.get_by_test_id("answer-order").locator(".option").all_inner_texts()]
        wrong = next((at for at in range(len(texts) - 1) if texts[at] > texts[at + 1]), None)
        if wrong is None:
            break
        page.get_by_test_id("answer-down").nth(wrong).click()
    person.touch("answer-send")


def paired(person: Person) -> None:
    for at, target in enumerate(("animal", "plant")):
        person.page.get_by_test_id("answer-pair").nth(at).select_option(label=target)
    person.touch("answer-send")


STORIES = (
    Story(
        "choice", options("spring", "autumn"), ("B",),
        touch("answer-B"), keys("answer-A", "Enter"), ("1", "0"), (1, 1),
    ),
    Story(
        "multiple", options("2", "3", "4"), ("A", "B"), touch("answer-A", "answer-B", "answer-send"),
        keys("answer-A", "Space", "Tab", "Tab", "Space", "Tab", "Enter"), ("1", "0"), (2, 1, 1),
    ),
    Story("truefalse", {}, ("A",), touch("answer-A"), keys("answer-B", "Space"), ("1", "0"), (1, 1)),
    Story(
        "rating", {"compose-least": "little", "compose-most": "much"}, (),
        touch("answer-E"), keys("answer-D", "Enter"), (None, None), (0, 0, 0, 1, 1),
    ),
    Story(
        "number", {"compose-answer": "9,81", "compose-tolerance": "0.05", "compose-unit": "m/s²"}, (),
        write("answer-number", "9.8"), keys("answer-number", "10", "Enter"), ("1", "0"), (1, 1),
    ),
    Story(
        "text", {"compose-answer": "dog / hound"}, (),
        write("answer-text", " DOG"), keys("answer-text", "cat", "Enter"), ("1", "0"), (1, 1),
    ),
    Story(
        "gaps", {"compose-answer": "The {dog/hound} likes {cats}."}, (), write("answer-gap", "hound", "cats"),
        keys("answer-gap", "dog", "Tab", "mice", "Tab", "Enter"), ("1", "0.5"), (1, 1, 1, 1),
    ),
    Story(
        "order", options("a one", "b two", "c three"), (),
        in_right_order, keys("answer-send", "Enter"), ("1", ""), (),
    ),
    Story(
        "match", options("cat", "rose") | targets("animal", "plant"), (), paired,
        keys("answer-pair", "animal", "Tab", "animal", "Tab", "Enter"), ("1", "0.5"), (2, 1),
    ),
    Story(
        "cloud", {}, (), write("answer-text", "秋", "leaf"), keys("answer-text", "leaf", "Enter"), (None, None), (2, 1),
    ),
    Story(
        "essay", {}, (), write("answer-text", "A day in autumn.\nIt rains."),
        keys("answer-text", "It is cold.", "Tab", "Enter"), (None, None), (),
    ),
)  # fmt: skip


def composed(teacher: Person, story: Story) -> None:
    """The story's question is written, and may be opened."""
    begin(teacher, story.type, f"{story.type}?")
    for testid, text in story.writes.items():
        teacher.write(testid, text)
    for letter in story.marks:
        teacher.touch(f"vote-right-{letter}")


# What is written, chosen, ordered and matched has one story each in `make test`; the others go the same ways.
QUICK = ("choice", "gaps", "order", "match", "number")


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
    asked = "(document.querySelector('[data-testid=asked]') || {}).textContent"
    poll(lambda: bo.evaluate(asked) == f"{story.type}?", "the question")
    story.types(room.bo)
    poll(lambda: attribute(bo, "answer-state", "state") == "saved", "his answer is saved")
    expect(teacher.page.get_by_test_id("answered")).to_have_attribute("data-answered", "2")
    expect(room.screen.page.get_by_test_id("asked")).to_have_text(f"{story.type}?")
    room.look(f"{story.type} open")

    teacher.touch("vote-reveal")
    expect(anna.get_by_test_id("question")).to_have_attribute("data-phase", "revealed")
    poll(lambda: attribute(bo, "question", "phase") == "revealed", "the result")
    verdicts = [attribute(hand, "verdict", "mark") for hand in (OldHand(anna), bo)]
    assert all(mark in (told, "") for mark, told in zip(story.right, verdicts, strict=True))
    room.look(f"{story.type} revealed")
    for page in (room.screen.page, teacher.page, anna):
        chart = page.locator('[data-testid="question"], [data-testid="vote"]').first
        if story.votes:
            expect(chart.locator("[data-votes]")).to_have_count(len(story.votes))
            got = [one.get_attribute("data-votes") for one in chart.locator("[data-votes]").all()]
            assert got == [str(n) for n in story.votes]
    assert "It rains" not in room.screen.heard(), "what one writes goes to the teachers alone"


@pytest.mark.soak
@pytest.mark.timeout(180)
def test_who_is_first_at_the_buzzer(room: Class) -> None:
    """By touch, by keyboard in Chromium 87, and by a teacher for a room; on every screen at once."""
    teacher, anna, bo = room.teacher, room.anna.page, OldHand(room.bo)
    if teacher.page.get_by_test_id("vote-new").count():
        teacher.touch("vote-new")
    teacher.page.get_by_test_id("compose-type").select_option("buzzer")
    teacher.write("vote-prompt", "7 × 8?")
    teacher.touch("vote-open")
    for page in (anna, room.screen.page):
        expect(page.get_by_test_id("asked")).to_have_text("7 × 8?")
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
    teacher, anna, bo = room.teacher, room.anna.page, OldHand(room.bo)
    screen = room.screen.page
    if not teacher.page.get_by_test_id("vote-new").count():  # a question on the display, over which all this is shown
        teacher.touch("vote-quick")
        teacher.touch("vote-close")
    teacher.touch("tab-class")
    teacher.touch("picking-open")
    teacher.touch("pick-several")
    expect(screen.get_by_test_id("picked")).to_have_attribute("data-settled", "true")
    assert sorted(screen.get_by_test_id("picked-name").all_inner_texts()) == ["Anna", "Bo 博"]
    room.anna.see("picked-me")
    poll(lambda: there(bo, "picked-me"), "his tablet says so")
    room.look("picked")
    room.anna.touch("called-seen")
    teacher.page.get_by_test_id("picked-call").first.click()
    room.screen.see("called-name")
    teacher.touch("pick-clear")
    teacher.touch("dismiss")
    expect(screen.get_by_test_id("picked")).to_have_count(0)
    teacher.touch("picking-open")

    teacher.touch("teams-open")
    for at, name in enumerate(("Sparrows 麻雀", "Swallows 燕子")):
        teacher.page.get_by_test_id("teams-name").nth(at).fill(name)
    teacher.touch("teams-sides")
    teacher.page.get_by_test_id("team-more").last.click()
    teacher.touch("teams-show")
    for page in (screen, anna):
        best = page.get_by_test_id("standings").get_by_test_id("team").first
        expect(best).to_contain_text("Swallows 燕子")
        expect(best).to_have_attribute("data-points", "1")
    room.look("teams")
    teacher.touch("teams-undo")
    for page in (screen, anna):
        places = page.get_by_test_id("standings").get_by_test_id("team")
        expect(places.first).to_have_attribute("data-points", "0")
        assert [one.get_attribute("data-place") for one in places.all()] == ["1", "1"], "a tie is a place shared"
    teacher.touch("teams-show")
    expect(anna.get_by_test_id("standings")).to_have_count(0)
    teacher.touch("teams-stop")
    teacher.touch("teams-open")
    teacher.touch("tab-vote")


@pytest.fixture
def shelf(room: Class, tmp_path: Path) -> None:
    """Two pictures and a sound on the teacher's."""
    (tmp_path / "Leaf.png").write_bytes(picture("PNG", 900, 600))
    (tmp_path / "Sun.png").write_bytes(picture("PNG", 300, 400))
    sound(tmp_path / "Wind.m4a", "aac")
    page = room.teacher.page
    room.teacher.touch("courseware-open")
    page.get_by_test_id("shelf-files").set_input_files(sorted(tmp_path.iterdir()))
    ready = page.locator('[data-testid="courseware-item"][data-status="ready"]')
    expect(ready).to_have_count(3, timeout=30_000)
    room.teacher.touch("courseware-open")


def begin(teacher: Person, name: str, prompt: str, **chosen: str) -> None:
    """The form for a question of that type; what is `chosen` is by its list."""
    if teacher.page.get_by_test_id("vote-new").count():
        teacher.touch("vote-new")
    teacher.page.get_by_test_id("compose-type").select_option(name)
    teacher.write("vote-prompt", prompt)
    for testid, label in chosen.items():
        teacher.page.get_by_test_id(testid.replace("_", "-")).select_option(label=label)


def asked_of_all(room: Class, prompt: str) -> OldHand:
    room.teacher.touch("vote-open")
    expect(room.anna.page.get_by_test_id("asked")).to_contain_text(prompt)
    hand = OldHand(room.bo)
    asked = "(document.querySelector('[data-testid=asked]') || {}).textContent || ''"
    poll(lambda: prompt in hand.evaluate(asked), "the question")
    return hand


def loaded(pictures: Locator) -> None:
    poll(lambda: all(one.evaluate("n => n.naturalWidth > 0") for one in pictures.all()), "pictures")


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
    teacher, anna, keyboard = room.teacher, room.anna, room.bo.keyboard

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
    begin(teacher, "spot", "Where?", compose_picture="Leaf.png")
    areas = teacher.page.get_by_test_id("areas")
    areas.scroll_into_view_if_needed()
    loaded(areas.locator("img"))
    box = areas.bounding_box()
    assert box
    teacher.page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.3 * box["height"])
    teacher.page.mouse.down()
    teacher.page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"], steps=3)
    teacher.page.mouse.up()
    teacher.touch("area-rect")
    areas.focus()
    for key in ("Enter", "Shift+ArrowRight", "Shift+ArrowDown", "Enter"):
        teacher.page.keyboard.press(key)
    expect(areas).to_have_attribute("data-areas", "2")
    asked_of_all(room, "Where?")
    expect(anna.page.get_by_test_id("answer-spot").locator("img")).to_have_js_property("complete", True)
    box = anna.page.get_by_test_id("answer-spot").bounding_box()
    assert box
    anna.page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + 0.9 * box["height"])
    anna.touch("answer-send")
    tab_to(room.bo, "answer-spot")
    for key in ("ArrowRight", "ArrowDown", "Tab", "Enter"):
        keyboard.press(key)
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
    cards = anna.page.get_by_test_id("card")
    known: list[int] = []
    for at in range(4):
        cards.nth(at).click()
        known.append(int(cards.nth(at).get_attribute("data-card") or -1))
    for one in (0, 1):
        for card in (one, one + 2):
            if "found" not in (cards.nth(known.index(card)).get_attribute("class") or ""):
                cards.nth(known.index(card)).click()
    tab_to(room.bo, "card")
    for key in ("Enter", "Tab", "Space"):
        keyboard.press(key)
    poll(lambda: attribute(OldHand(room.bo), "memory-says", "turns") == "1", "a turn")
    tab_to(room.bo, "memory-stop")
    keyboard.press("Enter")
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
    for at in (0, 1):
        anna.page.get_by_test_id("pair-target").nth(at).click()
    anna.touch("answer-send")
    keys("pair-target", "Enter", "Tab", "Space", "Tab", "Enter")(room.bo)
    revealed(room, "pairs")
    for page in (anna.page, room.screen.page, teacher.page):
        expect(page.get_by_test_id("row").locator("img")).to_have_count(2)


def asked(room: Class, type: str, **writes: str) -> None:
    teacher = room.teacher
    if teacher.page.get_by_test_id("vote-new").count():
        teacher.touch("vote-new")
    teacher.page.get_by_test_id("compose-type").select_option(type)
    teacher.write("vote-prompt", f"{type}?")
    for testid, text in writes.items():
        teacher.write(testid.replace("_", "-"), text)
    teacher.touch("vote-open")
    expect(room.anna.page.get_by_test_id("asked")).to_have_text(f"{type}?")
    shown = "(document.querySelector('[data-testid=asked]') || {}).textContent"
    poll(lambda: OldHand(room.bo).evaluate(shown) == f"{type}?", "the question")


def handed_in(room: Class) -> None:
    """By Anna; and then the gallery has both."""
    room.anna.touch("answer-send")
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
def test_a_drawing_and_a_photo_are_handed_in_and_shown_side_by_side(room: Class, tmp_path: Path) -> None:
    teacher, anna, bo = room.teacher, room.anna.page, OldHand(room.bo)
    asked(room, "drawing", compose_worth="5")
    Hands.on(anna).mouse((0.2, 0.2), (0.8, 0.8))
    room.anna.touch("undo")
    expect(anna.get_by_test_id("answer-send")).to_have_attribute("aria-disabled", "true")
    Hands.on(anna).mouse((0.2, 0.8), (0.8, 0.2))
    there(bo, "sketch")
    x, y = bo.evaluate(MIDDLE.substitute(selector='"[data-testid=board-canvas]"'))
    line = room.bo.context.new_cdp_session(room.bo)  # Playwright's own mouse wants more than this browser has
    for kind, moved in (("mousePressed", 0), ("mouseMoved", 60), ("mouseReleased", 60)):
        at = {"x": x + moved, "y": y + moved, "button": "left", "buttons": 1, "clickCount": 1}
        line.send("Input.dispatchMouseEvent", {"type": kind, **at})
    keys("answer-send", "Enter")(room.bo)
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
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(picture("JPEG", 2400, 1600))
    anna.get_by_test_id("work-file").set_input_files(photo)
    anna.get_by_test_id("work-picture").wait_for()
    room.bo.set_input_files("[data-testid=work-file]", photo)
    there(bo, "work-picture")
    keys("answer-send", "Enter")(room.bo)
    poll(lambda: attribute(bo, "answer-state", "state") == "saved", "his answer is saved")
    teacher.touch("works-open")
    handed_in(room)
    room.look("photos handed in")
    teacher.touch("works-close")
    teacher.touch("vote-reveal")
    room.anna.see("work")
    room.look("photos given back")


@pytest.mark.timeout(180)
def test_a_questionnaire_is_answered_page_by_page_and_nothing_is_lost_with_a_tablet(room: Class) -> None:
    teacher, anna, bo = room.teacher, room.anna.page, OldHand(room.bo)
    if teacher.page.get_by_test_id("vote-new").count():
        teacher.touch("vote-new")
    page = teacher.page
    page.get_by_test_id("compose-type").select_option("survey")
    teacher.write("vote-prompt", "This lesson 这节课")
    for at, (kind, prompt) in enumerate(
        (("choice", "Which part was best?"), ("rating", "How hard?"), ("text", "Why?"))
    ):
        if at:
            teacher.touch("part-more")
        part = page.get_by_test_id("compose-part").nth(at)
        part.get_by_test_id("part-type").select_option(kind)
        part.get_by_test_id("part-prompt").fill(prompt)
    page.get_by_test_id("part-required").first.check()
    room.look("survey written")
    teacher.touch("vote-open")

    expect(anna.get_by_test_id("survey-asked")).to_contain_text("Which part was best?")
    expect(anna.get_by_test_id("survey-next")).to_be_disabled()
    room.anna.touch("answer-B")
    room.look("survey open")
    room.anna.touch("survey-next")
    expect(anna.get_by_test_id("answer-state")).to_have_attribute("data-state", "saved")
    anna.reload()
    expect(anna.get_by_test_id("survey")).to_have_attribute("data-page", "2")
    room.anna.touch("survey-next")
    write("answer-text", "the games")(room.anna)
    expect(anna.get_by_test_id("survey-next")).to_be_disabled()
    keys("answer-A", "Enter")(room.bo)
    keys("survey-next", "Enter")(room.bo)
    keys("answer-E", "Space")(room.bo)
    keys("survey-next", "Enter")(room.bo)
    expect(teacher.page.get_by_test_id("finished")).to_contain_text("1")
    for part, answered in enumerate("211"):  # what is not whole counts as far as it came
        expect(page.get_by_test_id("survey-part").nth(part)).to_have_attribute("data-answered", answered)
    teacher.touch("vote-reveal")
    expect(room.screen.page.get_by_test_id("survey-part")).to_have_count(1)
    expect(anna.get_by_test_id("survey-part")).to_have_count(3)
    poll(lambda: attribute(bo, "question", "phase") == "revealed", "the result")
    room.look("survey revealed")


WATCH = "Minute;Pulse;Step\n1;99;120\n2;104;118\n3;far;117\n4;260;110\n"


@pytest.mark.timeout(180)
def test_data_come_typed_and_from_a_watch_into_one_table(room: Class, tmp_path: Path) -> None:
    teacher, anna, bo = room.teacher, room.anna.page, OldHand(room.bo)
    page, screen = teacher.page, room.screen.page
    if page.get_by_test_id("vote-new").count():
        teacher.touch("vote-new")
    page.get_by_test_id("compose-type").select_option("data")
    teacher.write("vote-prompt", "Your pulse 心率")
    teacher.write("column-name", "Minute")
    teacher.touch("column-more")
    pulse = page.get_by_test_id("compose-column").nth(1)
    for testid, text in (
        ("column-name", "Pulse"),
        ("column-unit", "1/min"),
        ("column-least", "30"),
        ("column-most", "220"),
    ):
        pulse.get_by_test_id(testid).fill(text)
    page.get_by_test_id("data-live").check()
    room.look("data written")
    teacher.touch("vote-open")

    file = tmp_path / "watch.csv"
    file.write_text(WATCH)
    anna.get_by_test_id("data-file").set_input_files(file)
    expect(anna.get_by_test_id("data-row")).to_have_count(2)
    expect(anna.get_by_test_id("data-news")).to_contain_text("Line 4 · Pulse · “far” is no number")
    expect(anna.get_by_test_id("data-news")).to_contain_text("Line 5 · Pulse · 260 is too much")
    keys("data-cell", "3", "Tab", "7", "Enter")(room.bo)
    poll(
        lambda: "too little" in bo.evaluate("document.querySelector('[data-testid=data-news]').textContent"), "why not"
    )
    keys("data-add", "Enter")(room.bo)
    bo.evaluate("document.querySelectorAll('[data-testid=data-cell]')[1].select()")
    room.bo.keyboard.type("88")
    room.bo.keyboard.press("Enter")
    poll(lambda: attribute(bo, "answer-state", "state") == "saved", "his row is saved")
    for one in (page, screen):
        expect(one.get_by_test_id("plot")).to_have_attribute("data-points", "3")
    expect(page.get_by_test_id("data-table").locator("tbody tr")).to_have_count(3)
    page.get_by_test_id("data-sort").nth(3).click()
    expect(page.get_by_test_id("data-table").locator("tbody tr").first).to_contain_text("Bo 博")
    anna.get_by_test_id("data-remove").first.click()
    expect(screen.get_by_test_id("plot")).to_have_attribute("data-points", "2")
    room.look("data open")
    with page.expect_download() as saved:
        teacher.touch("data-save")
    assert saved.value.path().read_text("utf-8-sig").splitlines()[0] == "Who,Where,Minute,Pulse (1/min)"
    teacher.touch("vote-reveal")
    expect(anna.get_by_test_id("plot")).to_have_attribute("data-points", "2")
    room.look("data revealed")


QUESTIONS = """\
prompt,options,answer,folder,tags,points,type
Which season is it now?,spring|summer|autumn|winter,3,Seasons 四季,easy,The seasons 季节,
When do leaves fall?,,autumn|秋天,Seasons 四季,easy,The seasons 季节,
Why?,,,Seasons 四季,,,riddle
"""


@pytest.mark.timeout(180)
def test_questions_of_a_file_are_kept_changed_and_asked_one_after_the_other(room: Class, tmp_path: Path) -> None:
    (tmp_path / "seasons.csv").write_text(QUESTIONS)
    teacher, anna, page = room.teacher, room.anna.page, room.teacher.context.new_page()
    base = re.match(r"https?://[^/]+", teacher.page.url)
    assert base

    def look(where: str) -> None:
        for name, size in (("desktop", DESKTOP), ("tablet", SHEET), ("phone", PHONE)):
            room.album.resize(page, size, where)
            room.album.look(page, "teach", f"{where} {name}")
        room.album.resize(page, DESKTOP, where)
        assert not room.album.faults

    page.goto(f"{base[0]}/teach")
    page.get_by_test_id("to-bank").click()
    expect(page.get_by_test_id("bank-found")).to_be_visible()
    look("bank empty")
    page.get_by_test_id("bank-file").set_input_files(tmp_path / "seasons.csv")
    expect(page.get_by_test_id("bank-report")).to_contain_text("Line 4:")
    look("bank report")
    page.get_by_test_id("bank-report-close").click()
    item = page.get_by_test_id("bank-item")
    expect(item).to_have_count(2)
    item.first.locator("summary").click()
    look("bank imported")
    speak(page, "zh-CN")
    look("bank in chinese")
    speak(page, "en")
    page.get_by_test_id("bank-search").fill("LEAVES")
    expect(item).to_have_count(1)
    item.first.locator("summary").click()
    page.get_by_test_id("bank-edit").click()
    page.get_by_test_id("vote-prompt").fill("When do the leaves fall?")
    page.get_by_test_id("compose-explanation").fill("Days grow short.")
    look("bank form")
    page.get_by_test_id("vote-open").click()
    expect(item).to_contain_text("When do the leaves fall?")
    with page.expect_download() as download:
        page.get_by_test_id("bank-export").click()
    assert "Days grow short." in download.value.path().read_text()
    page.route("**/api/v1/questions?*", lambda route: route.abort())
    page.get_by_test_id("bank-search").fill("x")
    expect(page.get_by_test_id("bank-fault")).to_be_visible()
    look("bank offline")
    page.close()

    # At the desk: one touch, then the next of the folder; and what was written there is kept.
    if teacher.page.get_by_test_id("vote-new").count():
        teacher.touch("vote-new")
    teacher.touch("from-bank")
    teacher.page.get_by_test_id("bank-folder").select_option("Seasons 四季")
    expect(teacher.page.get_by_test_id("bank-item")).to_have_count(2)
    room.look("bank at the desk")
    teacher.touch("bank-ask")
    expect(anna.get_by_test_id("asked")).to_contain_text("Which season is it now?")
    room.anna.touch("answer-C")
    teacher.touch("vote-reveal")
    room.look("bank revealed")
    teacher.touch("bank-next")
    expect(anna.get_by_test_id("asked")).to_contain_text("When do the leaves fall?")
    teacher.touch("vote-reveal")
    expect(anna.get_by_test_id("question")).to_contain_text("Days grow short.")
    teacher.touch("vote-new")
    teacher.page.get_by_test_id("compose-type").select_option("essay")
    teacher.write("vote-prompt", "What do you like in autumn?")
    teacher.touch("bank-keep")
    teacher.see("bank-kept")
    assert all(secret not in room.anna.heard() for secret in ('"source"', "The seasons")), "teachers alone are told"
