"""Every face in every state, language and size: a picture of each in build/shots, and nothing wrong with any of them.

One lesson is driven through its states; at each of them the pages of its people are pictured. Looking at the pictures
is still a person's work.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.browser.browsers import KIOSK, chromium
from tests.browser.camera import camera
from tests.browser.cast import (
    LONG_WORD,
    RIGHT_TO_LEFT,
    SIXTY,
    TITLE,
    Lesson,
    answered,
    ask,
    blocked_teacher,
    chat,
    chat_open,
    choose_room,
    classmates,
    display,
    enter,
    prepare,
    stand,
    strokes,
    student,
    without_devices,
    write,
)
from tests.browser.hands import Hands
from tests.browser.house import ALL, HAND, SCHOOL, WORK, House, back, each, playing, sees, set_up, sign_in
from tests.browser.people import PASSWORD, poll
from tests.browser.shots import (
    DESKTOP,
    DISPLAY,
    LANGUAGES,
    PHONE,
    SMALL_PHONE,
    TABLET,
    TAKEN,
    UHD,
    Album,
    audited,
    speak,
    viewport,
)
from tests.processes import serving
from tests.unit.web.papers import pdf

pytestmark = [pytest.mark.browser, pytest.mark.long]

MOST_JOIN_BYTES = 150_000
TABS = (("class", "child"), ("hands", "hand-row"), ("line", "private"), ("chat", "chat-message"))
"""Of the desk, and what is under each of them in a lesson."""


@pytest.fixture
def house(playwright: Playwright, tmp_path: Path) -> Iterator[House]:
    with (
        serving(tmp_path / "data") as server,
        # Few frames: what is looked at here stands still, and two cores have many pages to draw.
        chromium(playwright, camera=camera(640, 360, 30, fps=3), flags=[KIOSK]) as browser,
    ):
        yield House(server, browser, Album())


@pytest.mark.timeout(300)
def test_before_a_lesson(house: House) -> None:
    before_anyone(house)
    teacher = first_administrator(house)
    nothing_yet(house, teacher)
    strangers(house)
    house.album.check()


@pytest.mark.soak  # four minutes; `make test` has the next one, and what other tests look at
@pytest.mark.timeout(900)
def test_a_lesson(house: House) -> None:
    teacher = set_up(house)
    prepare(house)
    a_lesson(house, teacher)
    the_library(house, teacher)
    house.album.check()


@pytest.mark.skipif(TAKEN, reason="test_a_lesson has it all")
@pytest.mark.timeout(240)
def test_a_lesson_in_short(house: House) -> None:
    """The desk with each of its tabs, a tablet and a display: when most stands on them, and at the end."""
    teacher, tablet, screen = writing_lesson(house)
    playing(screen, "lead-video")
    write(teacher)
    poll(lambda: strokes(screen) == strokes(tablet) == strokes(teacher), "ink everywhere")
    ask(teacher, "哪个字是「秋」？ Which is 秋?", ["秋 qiū", "春 chūn", "A season between summer and winter", SIXTY])
    sees(screen, "vote")
    each(house, tablet, "join", "question", *HAND)
    tablet.get_by_test_id("answer-A").click()
    stand(tablet, "saved")
    answered(teacher, 1)
    tablet.get_by_test_id("hand").click()
    chat(tablet, LONG_WORD)
    everywhere(house, "vote", tablet, {"en": screen})
    each(house, teacher, "teach", "desk-vote", *WORK)
    for tab, there in TABS:
        teacher.get_by_test_id(f"tab-{tab}").click()
        sees(teacher, there)
        each(house, teacher, "teach", f"desk-{tab}", *WORK)
    teacher.get_by_test_id("tab-vote").click()
    teacher.get_by_test_id("vote-reveal").click()
    sees(tablet, "verdict")
    everywhere(house, "revealed", tablet, {"en": screen})
    each(house, teacher, "teach", "desk-revealed", *WORK)
    house.album.tab_through(teacher, "teach-desk-revealed")
    teacher.get_by_test_id("end-lesson").click()
    teacher.get_by_test_id("end-lesson-confirm").click()
    for page in (teacher, tablet, screen):
        sees(page, "ended")
    everywhere(house, "ended", tablet, {"en": screen})
    each(house, teacher, "teach", "ended", *WORK)
    house.album.check()


# Before there is a lesson


def before_anyone(house: House) -> None:
    page = house.page(DESKTOP, "zh-CN", "/")
    sees(page, "setup-needed")
    each(house, page, "index", "fresh", *ALL)
    page.goto(house.server.base + "/trust")
    sees(page, "trust-steps")
    each(house, page, "trust", "steps", *ALL, whole=True)
    page.context.close()


def first_administrator(house: House) -> Page:
    page = house.page(DESKTOP, "en", f"/setup#{house.server.setup_secret()}")
    sees(page, "setup-school")
    each(house, page, "setup", "secret", *WORK)
    for name, value in (("school", SCHOOL), ("name", "Li Hua 李华"), ("login", "lihua"), ("password", "short")):
        page.get_by_test_id(f"setup-{name}").fill(value)
    each(house, page, "setup", "short", *WORK)
    page.get_by_test_id("setup-password").fill(PASSWORD)
    page.get_by_test_id("setup-submit").click()
    sees(page, "start-lesson")
    return page


def nothing_yet(house: House, teacher: Page) -> None:
    sees(teacher, "no-lessons")
    each(house, teacher, "teach", "home-empty", *WORK)
    for path, face, state, testid in (
        ("/library", "library", "empty", "library-empty"),
        ("/staff", "staff", "empty", "live-lessons"),
    ):
        teacher.goto(house.server.base + path)
        sees(teacher, testid)
        each(house, teacher, face, state, *WORK)


def strangers(house: House) -> None:
    page = house.page(DESKTOP, "en", "/")
    sees(page, "login")
    each(house, page, "index", "empty", *ALL)
    page.get_by_test_id("code-input").fill("00000000")
    expect(page.locator("#code-says.fault")).to_be_visible()
    each(house, page, "index", "wrong-code", *ALL)
    for path, face in (("/teach", "teach"), ("/library", "library"), ("/staff", "staff")):
        page.goto(house.server.base + path)
        sees(page, "login")
        each(house, page, face, "sign-in", *WORK)
    page.goto(house.server.base + "/join/00000000")
    sees(page, "join-fault")
    each(house, page, "join", "wrong-code", *HAND)
    page.context.close()


@pytest.mark.timeout(300)
@pytest.mark.soak
def test_pairing(house: House) -> None:
    """What staff and screens see of it, in every state."""
    teacher = set_up(house)
    staff = house.server.base + "/staff"
    teacher.goto(staff)
    sees(teacher, "no-rooms")
    each(house, teacher, "staff", "no-rooms", *WORK, whole=True)
    for name in ("Room 3", "Room 4", "Room 5", SIXTY):
        house.server.cli("room", "add", SCHOOL, name)
    teacher.goto(house.server.base + "/teach")
    teacher.get_by_test_id("lesson-rooms").click()
    expect(teacher.get_by_text("Room 5")).to_be_visible()
    teacher.get_by_text("Room 5").click()
    each(house, teacher, "teach", "home-rooms", *WORK)
    screens = [house.page(DISPLAY, language, "/display") for language in LANGUAGES]
    for screen, language, room in zip(screens, LANGUAGES, ("Room 3", SIXTY), strict=True):
        sees(screen, "pairing-code")
        for size in (DISPLAY, UHD, DISPLAY):
            house.album.shoot(screen, "display", "pairing", language, size)
        house.server.cli("room", "pair", screen.get_by_test_id("pairing-code").inner_text(), "--room", room)
        sees(screen, "display-waiting")
        house.album.shoot(screen, "display", "idle", language, DISPLAY)
    context = house.browser.new_context(
        storage_state=screens[0].context.storage_state(),
        viewport=viewport(DISPLAY),
        locale="en",  # type: ignore[arg-type]
    )
    copy = context.new_page()
    copy.goto(house.server.base + "/display")
    sees(copy, "display-elsewhere")
    context.close()
    house.server.cli("room", "roster", "Room 3", roster(house))
    at = int(time.time() * 1000) + 3600_000
    teacher.evaluate(
        """async at => {
            const {csrf} = await (await fetch('/api/v1/session')).json();
            const headers = {'Content-Type': 'application/json', 'X-CSRF': csrf};
            const body = JSON.stringify({title: '三年级语文 · Autumn 秋天', scheduled_at: at});
            await fetch('/api/v1/lessons', {method: 'POST', headers, body});
        }""",
        at,
    )
    for screen, language in zip(screens, LANGUAGES, strict=True):
        sees(screen, "next-lesson")
        house.album.shoot(screen, "display", "next", language, DISPLAY)
    teacher.goto(staff)
    sees(teacher, "kept-room")
    teacher.get_by_test_id("pair-room").select_option(label="Room 3")
    teacher.get_by_test_id("kept-room").filter(has_text="Room 3").get_by_test_id("roster-open").click()
    teacher.get_by_test_id("kept-room").filter(has_text=SIXTY).get_by_test_id("unpair").click()
    expect(teacher.get_by_test_id("roster-names")).not_to_have_value("")
    each(house, teacher, "staff", "rooms", *WORK, whole=True)
    house.album.tab_through(teacher, "staff-rooms")
    teacher.get_by_test_id("unpair-do").click()
    sees(screens[1], "display-lost")
    house.album.shoot(screens[1], "display", "lost", LANGUAGES[1], DISPLAY)
    house.server.kill()
    sees(screens[0], "display-silent")
    house.album.shoot(screens[0], "display", "silent", LANGUAGES[0], DISPLAY)
    house.server.start()
    house.album.check()


def roster(house: House) -> str:
    file = house.server.data.parent / "names.csv"
    file.write_text("姓名,号\n王明,1\nLi Na,2\nنور,3\n" + SIXTY + ",4\n")
    return str(file)


# A lesson


def a_lesson(house: House, teacher: Page) -> None:
    teacher.goto(house.server.base + "/teach")
    sees(teacher, "lesson")
    each(house, teacher, "teach", "home", *WORK)
    found = next(one for one in house.server.cli("lesson", "list") if one["title"] == TITLE)
    lesson = Lesson(found["id"], found["code"], house.server.cli("room", "list"))

    blocked = blocked_teacher(house, lesson)
    teacher.goto(f"{house.server.base}/teach/{lesson.id}")
    enter = teacher.get_by_test_id("enter")
    expect(enter).to_be_enabled(timeout=20_000)
    playing(teacher, "self-video")
    each(house, teacher, "teach", "device-check", *WORK)
    without_devices(house, lesson)
    enter.click()
    sees(teacher, "begin")
    displays = {
        language: display(house, lesson, room["id"], language)
        for language, room in zip(LANGUAGES, sorted(lesson.rooms, key=lambda room: len(room["name"])), strict=True)
    }
    tablet = student(house, lesson)
    others = classmates(house, lesson, SIXTY, RIGHT_TO_LEFT, LONG_WORD[:60], "")
    everywhere(house, "waiting", tablet, displays)
    each(house, teacher, "teach", "desk-waiting", *WORK)

    teacher.get_by_test_id("begin").click()
    for screen in displays.values():
        playing(screen, "lead-video")
    playing(teacher, "room-video")
    teacher.get_by_test_id("record").click()
    expect(teacher.get_by_test_id("rec").first).to_have_attribute("data-on", "true")
    everywhere(house, "people", tablet, displays)
    each(house, teacher, "teach", "desk-empty", *WORK)
    house.album.tab_through(teacher, "teach-desk-empty")

    write(teacher)
    poll(lambda: all(strokes(page) == strokes(teacher) for page in (*displays.values(), tablet)), "ink everywhere")
    everywhere(house, "ink", tablet, displays)
    shared_screen(house, teacher, displays)

    on_stage, beside = displays.values()
    beside.get_by_test_id("save-data").click()
    teacher.get_by_test_id("room-tile").filter(has_text="Room 3").get_by_test_id("call-on").click()
    sees(on_stage, "called")
    playing(beside, "guest-video")
    for language, screen in displays.items():
        house.album.shoot(screen, "display", "stage", language, DISPLAY)
    each(house, teacher, "teach", "desk-stage", *WORK)
    teacher.get_by_test_id("room-tile").filter(has_text="Room 3").get_by_test_id("open-room").click()
    teacher.get_by_test_id("call-child").click()
    sees(teacher, "called-child")
    each(house, teacher, "teach", "desk-called", *WORK)
    teacher.get_by_test_id("dismiss").click()
    teacher.get_by_test_id("group-all").click()
    if TAKEN:  # by `make shots` and `make soak`: two cores that draw so many pages do little else
        guests(house, teacher, displays, others)
    teacher.get_by_test_id("tab-vote").click()
    teacher.get_by_test_id("room-tile").filter(has_text="Room 3").get_by_test_id("call-on").click()

    ask(teacher, "哪个字是「秋」？ Which is 秋?", ["秋 qiū", "春 chūn", "A season between summer and winter", SIXTY])
    sees(tablet, "question")
    for screen in displays.values():
        sees(screen, "vote")
    for other, choice in zip(others, "AABD", strict=True):
        other.get_by_test_id(f"answer-{choice}").click()
    answered(teacher, 4)
    each(house, tablet, "join", "question", *HAND)
    tablet.get_by_test_id("answer-A").click()
    stand(tablet, "saved")
    answered(teacher, 5)
    for other in others:
        other.get_by_test_id("hand").click()
    chat(others[0], "老师，我们这里也有银杏树！")
    chat(others[1], "نعم، أرى أوراق الخريف من النافذة")
    chat(others[3], LONG_WORD)
    everywhere(house, "vote", tablet, displays)
    each(house, teacher, "teach", "desk-vote", *WORK)
    for tab, there in TABS:
        teacher.get_by_test_id(f"tab-{tab}").click()
        sees(teacher, there)
        each(house, teacher, "teach", f"desk-{tab}", *WORK)
    teacher.get_by_test_id("tab-vote").click()
    chat_open(house, tablet)

    teacher.get_by_test_id("vote-reveal").click()
    sees(tablet, "verdict")
    everywhere(house, "revealed", tablet, displays)
    each(house, teacher, "teach", "desk-revealed", *WORK)

    teacher.get_by_test_id("vote-new").click()
    ask(teacher, SIXTY, ["是", "否"])
    sees(tablet, "answer-A")
    for language in LANGUAGES:
        speak(teacher, language)
        teacher.keyboard.press("?")
        sees(teacher, "keys")
        house.album.shoot(teacher, "teach", "keys", language, *WORK)
        teacher.keyboard.press("Escape")
    back(teacher, DESKTOP)
    sees(blocked, "media-blocked", 60)
    each(house, blocked, "teach", "desk-blocked", *WORK)
    blocked.unroute_all(behavior="ignoreErrors")  # it goes on offering
    blocked.context.close()
    house.server.kill()
    tablet.get_by_test_id("answer-A").click()
    stand(tablet, "waiting")
    for page in (teacher, tablet, *displays.values()):
        sees(page, "connection-lost")
    everywhere(house, "offline", tablet, displays)
    each(house, teacher, "teach", "desk-offline", *WORK)
    house.server.start()
    stand(tablet, "saved")
    for page in (teacher, *displays.values()):
        expect(page.get_by_test_id("status").first).to_have_attribute("data-status", "online", timeout=20_000)
    teacher.get_by_test_id("end-lesson").click()
    each(house, teacher, "teach", "desk-ending", *WORK)
    teacher.get_by_test_id("end-lesson-confirm").click()
    sees(teacher, "watch")
    sees(tablet, "ended")
    for screen in displays.values():
        sees(screen, "ended")
    everywhere(house, "ended", tablet, displays)
    each(house, teacher, "teach", "ended", *WORK)
    for page in (tablet, *displays.values()):
        page.context.close()


def guests(house: House, teacher: Page, displays: dict[str, Page], others: list[Page]) -> None:
    """Room 3 is on stage already: for a while a child of the other room with it, then three students at home. What a
    student alone sees is looked at in the longer language."""
    (_, screen), (language, beside) = displays.items()
    child, *at_home = others
    call(teacher, 1)
    for room in displays.values():
        sees(room, "called-name")
    house.album.shoot(screen, "display", "called-long", "en", DISPLAY)
    sees(child, "called")
    house.album.shoot(child, "join", "called", "en", *HAND)
    teacher.get_by_test_id("room-tile").filter(has_text=SIXTY).get_by_test_id("call-on").click()

    with beside.context.expect_page() as opened:
        beside.mouse.move(500, 500)
        beside.mouse.move(600, 600)
        beside.get_by_test_id("two-screens").click()
    work = opened.value
    work.reload()  # what audits it was loaded with the empty page that a new window has first
    sees(work, "board")
    for count, guest in enumerate(at_home, 2):
        call(teacher, count)
        sees(guest, "invited")
        if count == 2:
            house.album.shoot(guest, "join", "invited", "en", *HAND)
        guest.get_by_test_id("stage-accept").click()
        expect(beside.get_by_test_id("guest")).to_have_count(count)
        for people, told in ((screen, "en"), (beside, language)):
            house.album.shoot(people, "display", f"guests-{count}", told, DISPLAY)
    house.album.shoot(work, "display", "guests-work", language, DISPLAY)
    sees(teacher, "guest-fault")
    each(house, teacher, "teach", "desk-guests", *WORK)
    denied, seen, _ = at_home
    playing(seen, "guest-video")
    house.album.shoot(denied, "join", "denied", "en", TABLET, SMALL_PHONE)
    each(house, seen, "join", "live", TABLET, SMALL_PHONE)
    beside.get_by_test_id("two-screens").click()
    sees(beside, "board")
    house.album.shoot(beside, "display", "guests-one", language, DISPLAY)
    for guest in at_home:
        guest.get_by_test_id("stage-leave").click()
        guest.get_by_test_id("off-stage-seen").click()


def call(teacher: Page, place: int) -> None:
    """On a child of the list, which is in the order of their arrival."""
    teacher.get_by_test_id("child").nth(place).get_by_test_id("call-child").click()


def shared_screen(house: House, teacher: Page, displays: dict[str, Page]) -> None:
    teacher.get_by_test_id("share").click()
    sees(teacher, "share-stop")
    for language, screen in displays.items():
        playing(screen, "courseware-video")
        house.album.shoot(screen, "display", "courseware", language, DISPLAY)
    each(house, teacher, "teach", "desk-sharing", *WORK)
    teacher.get_by_test_id("tab-class").click()
    teacher.get_by_test_id("hand-over").first.click()
    sees(teacher, "lead-giving")
    each(house, teacher, "teach", "desk-giving", *WORK)
    teacher.get_by_test_id("lead-keep").click()
    teacher.get_by_test_id("tab-vote").click()
    teacher.get_by_test_id("share-stop").click()
    sees(teacher, "board")


def everywhere(house: House, state: str, tablet: Page, displays: dict[str, Page]) -> None:
    for language, screen in displays.items():
        sizes = (DISPLAY, UHD) if state in ("vote", "people") else (DISPLAY,)
        house.album.shoot(screen, "display", state, language, *sizes)
        if len(sizes) > 1:
            back(screen, DISPLAY)
    each(house, tablet, "join", state, *HAND)


# Writing


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_the_board(house: House) -> None:
    """All that a teacher opens while it writes, and what it makes, at every face. Longer than `make test` may."""
    teacher, tablet, screen = writing_lesson(house)
    hands = Hands.on(teacher)
    open_and_shoot(house, teacher, "board-menu", "board-menu")
    teacher.get_by_test_id("paper-mizige").click()
    teacher.get_by_test_id("pen-everyone").click()
    teacher.get_by_test_id("timer-5").click()
    write(teacher)
    for key, tool in (("p", "pen"), ("f", "highlighter"), ("e", "erase"), ("o", "shape"), ("i", "text")):
        teacher.keyboard.press(key)
        open_and_shoot(house, teacher, f"tool-{tool}", f"board-{tool}")
    teacher.keyboard.press("Escape")
    hands.mouse((0.6, 0.15))
    teacher.get_by_test_id("words").fill("秋天来了，树叶黄了。 Autumn is here.")
    house.album.shoot(teacher, "teach", "board-words", "en", DESKTOP)  # to change the language would end it
    teacher.get_by_test_id("words").press("Escape")
    teacher.keyboard.press("f")
    hands.mouse((0.61, 0.15), (0.9, 0.15))
    teacher.keyboard.press("o")
    teacher.get_by_test_id("tool-shape").click()
    teacher.get_by_test_id("shape-axes").click()
    hands.mouse((0.6, 0.4), (0.85, 0.85))
    teacher.keyboard.press("q")
    hands.mouse((0.725, 0.6))
    sees(teacher, "selected")
    each(house, teacher, "teach", "board-selected", *WORK)
    teacher.keyboard.press("Escape")
    open_and_shoot(house, teacher, "page-number", "board-pages")
    a_picture(house, teacher)
    teacher.get_by_test_id("board-menu").click()
    teacher.get_by_test_id("lay-protractor").click()
    teacher.keyboard.press("Escape")
    teacher.keyboard.press("+")
    sees(teacher, "part")
    expect(teacher.get_by_test_id("board-ink")).to_have_css("transform", "none")  # it is drawn sharp
    each(house, teacher, "teach", "board-part", *WORK)
    house.album.tab_through(teacher, "teach-board")
    sees(tablet, "pen-given")
    each(house, tablet, "join", "board", *HAND)
    house.album.shoot(screen, "display", "board", "en", DISPLAY, UHD)
    house.album.check()


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_own_pages(house: House) -> None:
    """Pages that are handed out, the wall of them, and groups. Longer than `make test` may."""
    teacher, tablet, screen = writing_lesson(house)
    teacher.get_by_test_id("board-menu").click()
    teacher.get_by_test_id("paper-tianzige").click()
    teacher.keyboard.press("Escape")
    write(teacher)
    teacher.get_by_test_id("wall-open").click()
    sees(teacher, "give")
    each(house, teacher, "teach", "wall-give", *WORK)
    teacher.get_by_test_id("give-time-5").click()
    teacher.get_by_test_id("give-photos").check()
    teacher.get_by_test_id("give-do").click()
    sees(tablet, "own")
    Hands.on(tablet).fingers(((0.6, 0.3), (0.7, 0.5), (0.8, 0.3)))
    expect(teacher.get_by_test_id("own-page").first).to_have_attribute("data-wrote", "true")
    each(house, teacher, "teach", "wall", *WORK)
    house.album.tab_through(teacher, "teach-wall")
    each(house, tablet, "join", "own", *HAND)
    house.album.shoot(screen, "display", "own", "en", DISPLAY)
    teacher.get_by_test_id("own-open").first.click()
    sees(teacher, "own-large")
    Hands.on(teacher).mouse((0.6, 0.7), (0.7, 0.8), (0.8, 0.6))
    each(house, teacher, "teach", "wall-large", *WORK)
    teacher.get_by_test_id("own-back").click()
    teacher.get_by_test_id("handout-collect").click()
    sees(tablet, "own-collected")
    each(house, tablet, "join", "own-collected", *HAND)
    for place in (0, 1):
        teacher.get_by_test_id("own-choose").nth(place).click()
    each(house, teacher, "teach", "wall-chosen", *WORK)
    teacher.get_by_test_id("wall-show").click()
    for page, face, size in ((teacher, "teach", DESKTOP), (tablet, "join", TABLET), (screen, "display", DISPLAY)):
        sees(page, "whose")
        house.album.shoot(page, face, "side-by-side", "en", size)
    teacher.get_by_test_id("tab-class").click()
    teacher.get_by_test_id("groups-open").click()
    teacher.get_by_test_id("groups-choose").click()
    sees(tablet, "choose-group")
    each(house, tablet, "join", "choose-group", *HAND)
    teacher.get_by_test_id("groups-draw").click()
    expect(teacher.get_by_test_id("member")).to_have_count(2)
    each(house, teacher, "teach", "groups", *WORK)
    sees(tablet, "voice")
    each(house, tablet, "join", "voice-before", *HAND)
    tablet.get_by_test_id("voice-join").click()
    sees(tablet, "voice-leave")
    theirs = teacher.get_by_test_id("a-group").filter(has_text="Wang Ming")
    theirs.get_by_test_id("group-visit").click()
    sees(teacher, "visiting")
    expect(tablet.get_by_test_id("voice-other")).to_have_count(1)
    each(house, tablet, "join", "voice", *HAND)
    each(house, teacher, "teach", "visiting", *WORK)
    house.album.shoot(screen, "display", "visiting", "en", DISPLAY)
    teacher.get_by_test_id("visit-end").click()
    for testid in ("wall-open", "give-open", "give-groups", "give-do", "groups-call-120"):
        teacher.get_by_test_id(testid).click()
    expect(tablet.get_by_test_id("countdown")).to_be_visible()
    each(house, tablet, "join", "own-group", *HAND)
    each(house, teacher, "teach", "wall-groups", *WORK)
    house.album.shoot(screen, "display", "call-back", "en", DISPLAY)
    house.album.check()


def writing_lesson(house: House) -> tuple[Page, Page, Page]:
    """A teacher who has begun, a tablet of a room, beside one whose name is long, and the room's display."""
    teacher = set_up(house)
    prepare(house)
    teacher.goto(house.server.base + "/teach")
    teacher.get_by_test_id("lesson-title").fill("Writing 写字")
    teacher.get_by_test_id("start-lesson").click()
    expect(teacher.get_by_test_id("enter")).to_be_enabled(timeout=20_000)
    teacher.get_by_test_id("enter").click()
    sees(teacher, "record")
    code = teacher.get_by_test_id("code").first.get_attribute("data-code") or ""
    told = next(one for one in house.server.cli("lesson", "list") if one["title"] == "Writing 写字")
    lesson = Lesson(told["id"], code, house.server.cli("room", "list"))
    tablet = house.page(TABLET, "en", f"/join/{code}")
    choose_room(tablet, 0)
    enter(tablet, "Wang Ming 王明")
    room = next(one for one in lesson.rooms if one["name"] == "Room 3")
    screen = house.page(DISPLAY, "en", f"/display/{lesson.id}")
    sign_in(screen)
    screen.get_by_test_id(f"room-{room['id']}").click()
    sees(screen, "display")
    other = house.page(PHONE, "en", f"/join/{code}")
    choose_room(other, 0)
    enter(other, SIXTY)
    return teacher, tablet, screen


def a_picture(house: House, teacher: Page) -> None:
    """From the shelf, which has something of every kind, onto the page; and off again."""
    files = house.server.data.parent
    (files / "Autumn 秋天.pdf").write_bytes(pdf(*(f"%\n1 {n / 6} 0.2 rg 0 0 960 540 re f" for n in range(6))))
    (files / f"{SIXTY}.pdf").write_bytes(b"%PDF-1.7 and no more of it")
    (files / "Report.pdf").write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    teacher.keyboard.press("/")
    sees(teacher, "shelf-empty")
    each(house, teacher, "teach", "board-shelf-empty", *WORK)
    teacher.get_by_test_id("shelf-files").set_input_files(sorted(files.glob("*.pdf")))
    rows = teacher.get_by_test_id("courseware-item")
    expect(rows.and_(teacher.locator("[data-status=ready], [data-status=failed]"))).to_have_count(2, timeout=30_000)
    each(house, teacher, "teach", "board-shelf", *WORK)
    teacher.get_by_test_id("from-library").click()
    sees(teacher, "recordings")
    each(house, teacher, "teach", "board-recordings", *WORK)
    teacher.get_by_test_id("from-shelf").click()
    teacher.get_by_test_id("courseware-place").click()
    sees(teacher, "place-slide")
    each(house, teacher, "teach", "board-which-slide", *WORK)
    teacher.get_by_test_id("place-slide").first.click()
    sees(teacher, "selected")
    each(house, teacher, "teach", "board-picture", *WORK)
    teacher.keyboard.press("Delete")


def open_and_shoot(house: House, teacher: Page, testid: str, state: str) -> None:
    button = teacher.get_by_test_id(testid)
    if button.get_attribute("aria-expanded") != "true":
        button.click()
    sees(teacher, "tool-panel")
    each(house, teacher, "teach", state, *WORK)


# What is left of it


def the_library(house: House, teacher: Page) -> None:
    teacher.goto(house.server.base + "/staff")
    sees(teacher, "live-lessons")
    each(house, teacher, "staff", "lessons", *WORK)
    teacher.goto(house.server.base + "/library")
    sees(teacher, "resource")
    each(house, teacher, "library", "list", *WORK)
    teacher.get_by_test_id("resource-open").first.click()
    sees(teacher, "play")
    teacher.get_by_test_id("play").click()
    playing(teacher, "video")
    teacher.get_by_test_id("mark").last.click()
    teacher.get_by_test_id("play").click()
    time.sleep(1)
    each(house, teacher, "library", "player", *WORK, whole=True)


@pytest.mark.timeout(120)
def test_join_is_small(house: House) -> None:
    """The first load of /join, as it went over the line."""
    set_up(house)
    lesson = house.server.cli("lesson", "create", TITLE, "--owner", "lihua")
    page = audited(house.browser, PHONE, "en")
    line = page.context.new_cdp_session(page)
    sizes: list[float] = []
    line.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
    line.send("Network.enable")
    page.goto(f"{house.server.base}/join/{lesson['code']}")
    sees(page, "join-form")
    page.wait_for_load_state("networkidle")
    print(f"/join: {sum(sizes) / 1000:.1f} KB in {len(sizes)} answers")
    assert 10_000 < sum(sizes) < MOST_JOIN_BYTES
