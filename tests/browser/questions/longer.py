"""Types of questions that take more than a form and a touch."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path

from playwright.sync_api import FilePayload, Page, expect

from tests.browser.firefox import MIDDLE
from tests.browser.hands import Hands
from tests.browser.old import OldHand, attribute, there
from tests.browser.people import Person, poll
from tests.browser.questions.room import keys, loaded
from tests.browser.questions.stories import Story, options, targets, touch, write
from tests.unit.web.papers import picture, sound

PASTE = """(data) => {
  const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([bytes], 'screen.png', { type: 'image/png' }));
  dispatchEvent(new ClipboardEvent('paste', { clipboardData, cancelable: true }));
}"""
PARTS = (("choice", "Which part was best?"), ("rating", "How hard?"), ("text", "Why?"))


def stocked(teacher: Person, folder: Path) -> None:
    """Two pictures and a sound on the teacher's shelf."""
    (folder / "Leaf.png").write_bytes(picture("PNG", 900, 600))
    (folder / "Sun.png").write_bytes(picture("PNG", 300, 400))
    sound(folder / "Wind.m4a", "aac")
    page = teacher.page
    teacher.touch("courseware-open")
    page.get_by_test_id("shelf-files").set_input_files(sorted(folder.iterdir()))
    ready = page.locator('[data-testid="courseware-item"][data-status="ready"]')
    expect(ready).to_have_count(3, timeout=30_000)
    teacher.touch("courseware-open")


def areas_drawn(teacher: Person) -> None:
    """Two on the picture: one by the pointer, one by keys."""
    teacher.page.get_by_test_id("compose-picture").select_option(label="Leaf.png")
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


def pointed_beside(person: Person) -> None:
    spot = person.page.get_by_test_id("answer-spot")
    expect(spot.locator("img")).to_have_js_property("complete", True)
    box = spot.bounding_box()
    assert box
    person.page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + 0.9 * box["height"])
    person.touch("answer-send")


def all_pairs(person: Person) -> None:
    """Of the four cards three are looked at; then what belongs together is turned. With the last the game may go."""
    cards = person.page.get_by_test_id("card")
    known: list[int] = []
    for at in range(3):
        cards.nth(at).click()
        known.append(int(cards.nth(at).get_attribute("data-card") or -1))
    known.append(sum(range(4)) - sum(known))
    partner = known.index(known[2] ^ 2)
    cards.nth(partner).click()
    for at in (0, 1, 3) if partner != 3 else ():
        if at != partner:
            cards.nth(at).click()


def a_turn_and_no_more(page: Page) -> None:
    keys("card", "Enter", "Tab", "Space")(page)
    poll(lambda: attribute(OldHand(page), "memory-says", "turns") == "1", "a turn")
    keys("memory-stop", "Enter")(page)


def parts_written(teacher: Person) -> None:
    for at, (kind, prompt) in enumerate(PARTS):
        if at:
            teacher.touch("part-more")
        part = teacher.page.get_by_test_id("compose-part").nth(at)
        part.get_by_test_id("part-type").select_option(kind)
        part.get_by_test_id("part-prompt").fill(prompt)


def all_parts(person: Person) -> None:
    touch("answer-B", "survey-next", "answer-D", "survey-next")(person)
    write("answer-text", "the games")(person)


def all_parts_by_keys(page: Page) -> None:
    for testid, *pressed in (
        ("answer-A", "Enter"),
        ("survey-next", "Enter"),
        ("answer-E", "Space"),
        ("survey-next", "Enter"),
        ("answer-text", "nothing", "Enter"),
    ):
        keys(testid, *pressed)(page)


def columns_written(teacher: Person) -> None:
    teacher.write("column-name", "Minute")
    teacher.touch("column-more")
    pulse = teacher.page.get_by_test_id("compose-column").nth(1)
    for testid, text in (
        ("column-name", "Pulse"),
        ("column-unit", "1/min"),
        ("column-least", "30"),
        ("column-most", "220"),
    ):
        pulse.get_by_test_id(testid).fill(text)
    teacher.page.get_by_test_id("data-live").check()


def a_row(person: Person) -> None:
    for at, text in enumerate(("1", "96")):
        person.page.get_by_test_id("data-cell").nth(at).fill(text)
    person.touch("data-add")


def spoken(person: Person) -> None:
    person.touch("spoken-start")
    expect(person.page.get_by_test_id("spoken-time")).to_contain_text("1 / 60")
    touch("spoken-stop", "answer-send")(person)


def spoken_by_keys(page: Page) -> None:
    keys("spoken-start", "Enter")(page)
    time = "(document.querySelector('[data-testid=spoken-time]') || {}).textContent"
    poll(lambda: "1 / 60" in (OldHand(page).evaluate(time) or ""), "it records")
    keys("spoken-stop", "Space")(page)
    there(OldHand(page), "hear")
    keys("answer-send", "Enter")(page)


def drawn(person: Person) -> None:
    Hands.on(person.page).mouse((0.2, 0.8), (0.8, 0.2))
    person.touch("answer-send")


def drawn_by_keys(page: Page) -> None:
    """A corner; and a line that is taken back."""
    keys("sketch", "ArrowLeft", "Space", "ArrowRight", "ArrowRight", "ArrowDown", "Space", "ArrowDown", "Space")(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    keys("answer-send", "nothing")(page)  # which lifts the pen
    strokes = "document.querySelector('[data-testid=sketch] [data-testid=board]').dataset.strokes"
    poll(lambda: OldHand(page).evaluate(strokes) == "1", "the corner alone is there")
    page.keyboard.press("Enter")


def drawn_in_chromium_87(page: Page) -> None:
    """By its own protocol: Playwright's mouse wants more than this browser has."""
    there(OldHand(page), "sketch")
    x, y = OldHand(page).evaluate(MIDDLE.substitute(selector='"[data-testid=board-canvas]"'))
    line = page.context.new_cdp_session(page)
    for kind, moved in (("mousePressed", 0), ("mouseMoved", 60), ("mouseReleased", 60)):
        at = {"x": x + moved, "y": y + moved, "button": "left", "buttons": 1, "clickCount": 1}
        line.send("Input.dispatchMouseEvent", {"type": kind, **at})
    keys("answer-send", "Enter")(page)


def rubric_written(teacher: Person) -> None:
    teacher.touch("compose-rubric")
    teacher.write("compose-criterion", "Neat 整洁")
    teacher.write("compose-levels", "0 / 1 / 3 neat")


def photographed(person: Person) -> None:
    sent(person.page)
    person.touch("answer-send")


def pasted(page: Page) -> None:
    """A picture of the screen, as Ctrl + V brings it."""
    there(OldHand(page), "work-choose")
    page.evaluate(PASTE, base64.b64encode(picture("PNG", 640, 400)).decode())
    there(OldHand(page), "work-picture")
    keys("answer-send", "Enter")(page)


def photographed_by_keys(page: Page) -> None:
    sent(page)
    keys("answer-send", "Enter")(page)


@cache
def photo() -> FilePayload:
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": picture("JPEG", 2400, 1600)}


def sent(page: Page) -> None:
    page.set_input_files("[data-testid=work-file]", photo())
    there(OldHand(page), "work-picture")


LONGER = (
    Story(
        "vote", button="vote-quick", says="Choose one",
        touches=touch("answer-A"), types=keys("answer-B", "Enter"), votes=(1, 1, 0, 0),
    ),
    Story("roll", button="roll", says="Are you here?", touches=touch("here"), types=keys("here", "Space")),
    Story("buzzer", touches=touch("buzz-in"), types=keys("buzz-in", "Space")),
    Story("spot", prepares=areas_drawn, touches=pointed_beside, types=keys(
        "answer-spot", "ArrowRight", "ArrowDown", "Tab", "Enter"), right=("0", "1"),
    ),
    Story(
        "memory", options("leaf", "sun") | targets("叶子", "太阳"),
        touches=all_pairs, types=a_turn_and_no_more, right=("1", None),
    ),
    Story("survey", prepares=parts_written, touches=all_parts, types=all_parts_by_keys),
    Story("data", prepares=columns_written, touches=a_row, types=keys("data-cell", "3", "Tab", "88", "Enter")),
    Story("spoken", touches=spoken, types=spoken_by_keys),
    Story("drawing", touches=drawn, types=drawn_by_keys),
    Story("upload", prepares=rubric_written, touches=photographed, types=pasted),
)  # fmt: skip
"""With those of `STORIES`, every type that there is."""
