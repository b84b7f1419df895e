"""What learners ask: on their tablets, sifted and answered at the desk, and on the displays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, Playwright, expect

from tests.browser.browsers import DENIED, KIOSK, TABLET, chromium, page_of
from tests.browser.old import OldHand, attribute, old_chromium, there
from tests.browser.people import (
    Person,
    add_teacher,
    administrator,
    draw,
    local_teacher,
    poll,
    sit_at_display,
    sit_at_tablet,
    start_lesson,
)
from tests.browser.shots import AUDIT, AXE, DESKTOP, DISPLAY, LANGUAGES, PHONE, Album, Size, speak
from tests.browser.shots import TABLET as SHEET
from tests.processes import Server, serving

pytestmark = pytest.mark.browser

RULES = f"{AUDIT.read_text()}\n{AXE.read_text()}"
SCHOOL = "Qingshan 青山村小"
RED = "Why are leaves red in autumn? 秋天的树叶为什么是红的？"
YELLOW = "And why are some yellow?"
TURN = "What makes leaves turn red?"


@dataclass
class Class:
    server: Server
    browser: Browser
    lesson: str
    code: str
    place: str
    teacher: Person
    screen: Person
    anna: Person
    bo: Person

    def look(self, where: str, *others: Person) -> None:
        """Whether something is wrong with the pages as they stand. A list that rests moves as votes come: what of that
        is too much is held to one look."""
        album = Album()
        for face, one in (("teach", self.teacher), ("display", self.screen), ("join", self.anna)):
            album.look(one.page, face, f"asking-{face}: {where}")
        for one in others:
            album.look(one.page, "teach", f"asking-local: {where}")
        assert not album.faults


@pytest.fixture(scope="module")
def room(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    with (
        serving(tmp_path_factory.mktemp("asking") / "data") as server,
        chromium(playwright, flags=[KIOSK]) as browser,
    ):
        teacher = administrator(browser, server.base, server.setup_secret(), script=DENIED + RULES)
        place = server.cli("room", "add", SCHOOL, "Room 3")["id"]
        lesson, code = start_lesson(teacher, "Autumn 秋天")
        screen = sit_at_display(browser, server.base, lesson, place, script=DENIED + RULES)
        anna, bo = (sit_at_tablet(browser, server.base, code, name, place, script=RULES) for name in ("Anna", "Bo 博"))
        draw(teacher, [(0.2, 0.2), (0.4, 0.5)])  # from here on displays show the board
        yield Class(server, browser, lesson, code, place, teacher, screen, anna, bo)


def opened(*learners: Person) -> None:
    for one in learners:
        if not one.page.get_by_test_id("asked-panel").count():
            one.touch("asked-toggle")


def asks(learner: Person, text: str) -> None:
    opened(learner)
    learner.write("ask-input", text)
    learner.touch("ask-send")


def asked(learner: Person, text: str) -> Locator:
    return learner.page.get_by_test_id("asked").filter(has_text=text)


def row(teacher: Person, text: str) -> Locator:
    return teacher.page.get_by_test_id("asked-row").filter(has_text=text)


def stands(learner: Person, text: str, stand: str) -> None:
    expect(asked(learner, text).get_by_test_id("asked-stand")).to_have_attribute("data-stand", stand)


def test_a_class_asks_and_is_answered(room: Class) -> None:
    teacher, screen, anna, bo = room.teacher, room.screen, room.anna, room.bo
    asks(anna, RED)
    stands(anna, RED, "open")
    expect(bo.page.get_by_test_id("asked-unread")).to_have_text("1")
    asks(bo, YELLOW)
    asks(bo, TURN)
    asked(bo, RED).get_by_test_id("asked-vote").click()
    expect(asked(anna, RED)).to_contain_text("1 vote")
    expect(asked(anna, RED).get_by_test_id("asked-vote")).to_have_count(0)  # her own
    assert "Anna" not in bo.heard().split("welcome", 1)[1]

    teacher.page.keyboard.press("7")
    expect(teacher.page.get_by_test_id("asked-row")).to_have_count(3)
    expect(row(teacher, RED)).to_contain_text("Anna")
    row(teacher, YELLOW).get_by_test_id("asked-open").click()
    teacher.touch("asked-mark-later")
    stands(bo, YELLOW, "later")
    row(teacher, YELLOW).get_by_test_id("asked-open").click()

    # Joined to another by the mouse: whoever asked it has voted for that one then, as he had already.
    row(teacher, TURN).drag_to(row(teacher, RED))
    expect(teacher.page.get_by_test_id("asked-merge-into").locator("option:checked")).to_contain_text("red in autumn")
    teacher.touch("asked-merge-do")
    stands(bo, TURN, "merged")
    expect(asked(bo, TURN)).to_contain_text("Now part of: Why are leaves red")
    expect(asked(anna, TURN)).to_have_count(0)
    expect(row(teacher, RED).first).to_contain_text("1 vote")

    # Taken back, it is there again for all.
    merged = row(teacher, TURN).first
    if merged.get_by_test_id("asked-part").count() == 0:
        merged.get_by_test_id("asked-open").click()
    merged.get_by_test_id("asked-part").click()
    stands(anna, TURN, "open")
    expect(asked(bo, TURN)).not_to_contain_text("Now part of")
    row(teacher, TURN).first.get_by_test_id("asked-merge").click()
    teacher.page.get_by_test_id("asked-merge-into").select_option(label=RED)
    teacher.touch("asked-merge-do")
    expect(asked(anna, TURN)).to_have_count(0)

    row(teacher, RED).first.get_by_test_id("asked-show").click()
    expect(screen.page.get_by_test_id("asked-text")).to_have_text(RED)
    expect(screen.page.get_by_test_id("asked-votes")).to_have_text("1 vote")
    expect(screen.page.get_by_test_id("asked-by")).to_have_count(0)
    expect(bo.page.get_by_test_id("asked-now")).to_contain_text(RED)
    stands(anna, RED, "now")
    room.look("shown")

    row(teacher, RED).first.get_by_test_id("asked-open").click()
    teacher.touch("asked-write")
    teacher.write("asked-reply-text", "The green goes first. 绿色先消失。")
    teacher.touch("asked-reply-send")
    expect(asked(anna, RED).get_by_test_id("asked-reply")).to_contain_text("绿色先消失")
    expect(asked(bo, RED).get_by_test_id("asked-reply")).to_contain_text("绿色先消失")
    expect(screen.page.get_by_test_id("asked")).to_have_count(0)
    room.look("answered")


@pytest.mark.soak
@pytest.mark.timeout(180)
def test_its_local_teacher_reads_first_what_a_room_asks(room: Class) -> None:
    teacher, screen, anna, bo = room.teacher, room.screen, room.anna, room.bo
    add_teacher(room.server, "zhoumin", "Zhou Min 周敏")
    local = local_teacher(room.browser, room.server.base, room.lesson, room.place, "zhoumin", script=DENIED + RULES)
    home = sit_at_tablet(room.browser, room.server.base, room.code, "Chen 陈", None)
    teacher.touch("tab-asked")
    opened(anna, bo)
    for which in ("held", "named"):
        teacher.touch(f"asked-rule-{which}")
    asks(anna, "What is a leaf made of?")
    expect(anna.page.get_by_test_id("asked-rule")).to_contain_text("A teacher reads it before the others do.")
    stands(anna, "made of", "held")
    asks(home, "How tall is a tree?")
    asks(bo, "How old is a tree?")

    local.page.keyboard.press("7")
    expect(row(local, "How tall").get_by_test_id("asked-out")).to_have_count(0)  # another room's child
    row(local, "made of").get_by_test_id("asked-out").click()
    stands(bo, "made of", "open")
    expect(asked(bo, "made of")).to_contain_text("Anna")
    expect(asked(bo, "How tall")).to_have_count(0)
    local.touch("tab-class")
    local.write("child-input", "Xiao Ming 小明")
    local.touch("child-send")
    local.touch("tab-asked")
    expect(local.page.get_by_test_id("ask-for-who").locator("option:checked")).to_have_text("Xiao Ming 小明")
    local.write("ask-for-input", "Do roots sleep? 树根睡觉吗？")
    local.touch("ask-for-send")
    stands(anna, "Do roots sleep?", "open")  # its teacher has seen it
    room.look("for a child", local)
    row(local, "How old").get_by_test_id("asked-open").click()
    local.touch("asked-mark-hidden")
    stands(bo, "How old", "hidden")
    expect(asked(anna, "How old")).to_have_count(0)

    row(teacher, "Do roots sleep?").get_by_test_id("asked-show").click()
    expect(screen.page.get_by_test_id("asked-by")).to_have_text("Xiao Ming 小明 · Room 3")
    room.look("named")
    row(teacher, "Do roots sleep?").get_by_test_id("asked-show").click()
    expect(screen.page.get_by_test_id("asked")).to_have_count(0)

    # Locked with the chat, which is said where one would ask.
    teacher.touch("tab-chat")
    teacher.touch("chat-off")
    expect(anna.page.get_by_test_id("locked-asking")).to_be_visible()
    expect(anna.page.get_by_test_id("ask-input")).to_be_disabled()
    room.look("locked")
    teacher.touch("chat-all")
    teacher.touch("tab-asked")
    for which in ("held", "named"):
        teacher.touch(f"asked-rule-{which}")
    local.context.close()
    home.context.close()


@pytest.mark.soak
@pytest.mark.timeout(180)
def test_by_keyboard_alone_in_chromium_87(playwright: Playwright, room: Class) -> None:
    with old_chromium(playwright) as old:
        page = page_of(old, TABLET)[1]
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{room.server.base}/join/{room.code}?room={room.place}")
        hand = OldHand(page)
        hand.fill(there(hand, "name"), "Dong 冬")
        page.keyboard.press("Enter")
        poll(lambda: attribute(hand, "status", "status") == "online", "connection", timeout_s=20)
        there(hand, "asked-toggle")
        tab_to(page, "asked-toggle")
        page.keyboard.press("Enter")
        there(hand, "ask-input")
        tab_to(page, "ask-input")
        page.keyboard.type("Why is it cold in winter?")
        page.keyboard.press("Enter")
        poll(lambda: attribute(hand, "asked-stand", "stand") == "open", "question")
        asks(room.anna, "Who counts the leaves?")
        there(hand, "asked-vote")
        tab_to(page, "asked-vote", "Who counts")
        page.keyboard.press("Space")
        expect(asked(room.anna, "Who counts")).to_contain_text("1 vote")
        # Whoever is at it by keys keeps their place, whatever is voted for meanwhile.
        assert page.evaluate("() => document.activeElement.dataset.testid") == "asked-vote"
        assert faults == []

    # The desk by keys: to the tab, the list, the row; joined by a choice.
    desk = room.teacher.page
    desk.keyboard.press("7")
    desk.get_by_test_id("asked-row").filter(has_text="Who counts").get_by_test_id("asked-open").focus()
    desk.keyboard.press("Enter")
    tab_to(desk, "asked-merge", anew=False)
    desk.keyboard.press("Space")
    tab_to(desk, "asked-merge-into", anew=False)
    desk.keyboard.type("Why is it cold")
    tab_to(desk, "asked-merge-do", anew=False)
    desk.keyboard.press("Enter")
    stands(room.anna, "Who counts", "merged")
    expect(row(room.teacher, "Why is it cold").first).to_contain_text("1 vote")


def tab_to(page: Page, testid: str, label: str = "", *, anew: bool = True) -> None:
    """By the Tab key alone, to the one of which the label has these words."""
    if anew:
        page.evaluate("() => document.activeElement.blur()")
    for _ in range(60):
        page.keyboard.press("Tab")
        here = page.evaluate("(({dataset, ariaLabel}) => [dataset.testid, ariaLabel ?? ''])(document.activeElement)")
        if here[0] == testid and label in here[1]:
            return
    raise AssertionError("no Tab leads there")


@pytest.mark.soak
@pytest.mark.timeout(180)
def test_under_a_finger_nothing_moves_and_nothing_is_lost_with_the_line(room: Class) -> None:
    anna, bo = room.anna, room.bo
    opened(anna, bo)
    asks(anna, "First: how do birds sleep?")
    asks(anna, "Second: how do fish sleep?")
    order = bo.page.get_by_test_id("asked")
    both = order.filter(has_text="how do")
    expect(both).to_have_count(2)
    expect(both.first).to_contain_text("First")
    other = sit_at_tablet(room.browser, room.server.base, room.code, "Eve", room.place)
    opened(other)
    both.last.hover()
    asked(other, "Second").get_by_test_id("asked-vote").click()
    expect(both.last).to_contain_text("1")
    for _ in range(8):
        bo.page.wait_for_timeout(500)
        expect(both.first).to_contain_text("First")  # the mouse is on the list
    bo.page.mouse.move(5, 5)
    expect(both.first).to_contain_text("Second", timeout=10_000)

    room.server.kill()
    asks(bo, "Third: do trees sleep?")
    stands(bo, "Third", "going")
    asked(bo, "First").get_by_test_id("asked-vote").click()
    expect(asked(bo, "First").get_by_test_id("asked-vote")).to_have_attribute("aria-pressed", "true")
    bo.see("connection-lost")
    room.server.start()
    stands(bo, "Third", "open")
    expect(asked(anna, "Third")).to_have_count(1)
    expect(asked(anna, "First: how")).to_contain_text("1 vote")
    other.context.close()


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_before_a_lesson_at_every_size(room: Class) -> None:
    """The doors are open, and nothing has begun."""
    made = room.server.cli("lesson", "create", "Questions 答疑课", "--owner", "lihua")
    teacher = room.teacher
    teacher.page.goto(f"{room.server.base}/teach/{made['id']}")
    teacher.enter()
    expect(teacher.page.get_by_test_id("desk")).to_have_attribute("data-phase", "open")
    screen = sit_at_display(room.browser, room.server.base, made["id"], room.place, script=DENIED + RULES)
    album = Album()
    one, other = (
        sit_at_tablet(room.browser, room.server.base, made["code"], name, room.place, script=RULES)
        for name in ("Wang Ming 王明", "Pneumonoultramicroscopicsilicovolcanoconiosis of the second form")
    )
    opened(one, other)
    shoot(album, one, "join", "empty", SHEET, PHONE)
    teacher.page.keyboard.press("7")
    shoot(album, teacher, "teach", "empty", DESKTOP)
    teacher.touch("asked-rule-held")
    teacher.touch("asked-rule-named")
    for text in ("为什么冰会浮在水面上？", "Do all liquids get lighter when they freeze? " * 8, "Is steam water?"):
        asks(one, text)
    for text in ("What is the triple point?", "为什么夏天的声音传得更快？", "Rindfleischetikettierungsüberwachung" * 3):
        asks(other, text)
    for text in ("冰会", "liquids", "steam", "triple"):
        row(teacher, text).get_by_test_id("asked-out").click()
    for text in ("冰会", "liquids"):
        asked(other, text).get_by_test_id("asked-vote").click()
    row(teacher, "liquids").get_by_test_id("asked-show").click()
    for text, state in (("steam", "answered"), ("triple", "next"), ("声音", "hidden")):
        row(teacher, text).get_by_test_id("asked-open").click()
        row(teacher, text).get_by_test_id(f"asked-mark-{state}").click()
    row(teacher, "triple").get_by_test_id("asked-open").click()
    teacher.touch("asked-write")
    for size in (DESKTOP, SHEET, (960, 720), (1024, 768), (1216, 800)):
        album.resize(teacher.page, size, "asking-all")
        shoot(album, teacher, "teach", "all", size)
    album.resize(teacher.page, DESKTOP, "asking-all")
    album.tab_through(teacher.page, "teach-asking")
    shoot(album, one, "join", "all", SHEET, PHONE, (1440, 900))
    shoot(album, other, "join", "other", SHEET, PHONE)
    album.tab_through(one.page, "join-asking")
    shoot(album, screen, "display", "long", DISPLAY, (3840, 2160))
    row(teacher, "冰会").get_by_test_id("asked-show").click()
    expect(screen.page.get_by_test_id("asked-text")).to_contain_text("冰会")
    shoot(album, screen, "display", "short", DISPLAY)

    # With notes, and a question that one has left: all that a tablet's foot ever has.
    teacher.touch("begin")
    teacher.page.keyboard.press(";")
    teacher.touch("notes-rule")
    teacher.touch("tab-vote")
    teacher.page.keyboard.press("v")
    one.touch("asked-toggle")
    one.touch("answer-A")
    one.touch("to-board")
    one.see("to-question")
    foot = Album()
    one.page.evaluate("() => moved()")  # by what the class does meanwhile
    shoot(foot, one, "join", "foot", SHEET, PHONE)
    assert not album.faults + foot.faults


def shoot(album: Album, person: Person, face: str, state: str, *sizes: Size) -> None:
    """Where displays speak one language only, so do their pictures."""
    for language in LANGUAGES if face != "display" else LANGUAGES[:1]:
        if face != "display":
            speak(person.page, language)
        album.shoot(person.page, face, f"asking-{state}", language, *sizes)
        album.resize(person.page, sizes[0], f"asking-{state}")
