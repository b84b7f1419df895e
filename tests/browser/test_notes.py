"""Notes that a class and its groups write together, with the teacher."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Playwright, expect

from tests.browser.browsers import DENIED, KIOSK, chromium
from tests.browser.people import Person, administrator, poll, sit_at_display, sit_at_tablet, start_lesson
from tests.processes import serving

pytestmark = pytest.mark.browser


@dataclass
class Class:
    teacher: Person
    screen: Person
    anna: Person
    bo: Person


@pytest.fixture(scope="module")
def room(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    with (
        serving(tmp_path_factory.mktemp("notes") / "data") as server,
        chromium(playwright, flags=[KIOSK]) as browser,
    ):
        teacher = administrator(browser, server.base, server.setup_secret(), script=DENIED)
        place = server.cli("room", "add", "Qingshan 青山村小", "Room 3")["id"]
        lesson, code = start_lesson(teacher, "Autumn 秋天")
        screen = sit_at_display(browser, server.base, lesson, place, script=DENIED)
        anna, bo = (sit_at_tablet(browser, server.base, code, name, place) for name in ("Anna", "Bo 博"))
        yield Class(teacher, screen, anna, bo)


def sheet(someone: Person) -> Locator:
    return someone.page.locator(".ProseMirror")


def text(someone: Person) -> str:
    """Without the names of those who write there."""
    return str(
        sheet(someone).evaluate(
            """one => {
                const copy = one.cloneNode(true);
                copy.querySelectorAll('.caret, .ProseMirror-trailingBreak').forEach((other) => other.remove());
                return copy.innerHTML.replace(/<(span|img|br)[^>]*>|<.span>|\u2060|\ufeff/g, '');
            }"""
        )
    )


def same(*people: Person) -> str:
    poll(lambda: len({text(one) for one in people}) == 1, "one text for all")
    return text(people[0])


# What stands in the line where the caret is.
LINE = "() => getSelection().anchorNode?.parentElement?.closest('p, h2, h3')?.textContent ?? ''"


def end_of(someone: Person, line: str = "") -> None:
    """Of that line, or of all. Who sees the caret elsewhere, for others' writing moved it, goes there again."""

    def there() -> bool:
        (sheet(someone).get_by_text(line).first if line else sheet(someone)).click()
        expect(sheet(someone)).to_be_focused()
        someone.page.wait_for_timeout(100)  # a hand is no faster, and the editor hears of it by an event
        someone.page.keyboard.press("End" if line else "Control+End")
        return line in str(someone.page.evaluate(LINE))

    poll(there, f"the caret in {line or 'the notes'}")


@pytest.mark.timeout(150)
def test_a_class_writes_notes_together(room: Class, tmp_path: Path) -> None:
    teacher, screen, anna, bo = room.teacher, room.screen, room.anna, room.bo
    expect(anna.page.get_by_test_id("notes-toggle")).to_have_count(0)
    teacher.page.keyboard.press(";")
    sheet(teacher).click()
    teacher.touch("notes-heading")
    teacher.page.keyboard.type("What we saw 观察")
    teacher.page.keyboard.press("Enter")
    for keys in ("- leaves", "", "", "Anna: ", "", "Bo: ", "", "We: "):
        teacher.page.keyboard.type(keys) if keys else teacher.page.keyboard.press("Enter")
    teacher.touch("notes-show")
    screen.see("notes-page")
    for tablet in (anna, bo):
        tablet.touch("notes-toggle")
        tablet.see("notes-read")
    expect(sheet(anna)).to_have_attribute("contenteditable", "false")
    assert same(teacher, screen, anna, bo) == (
        "<h2>What we saw 观察</h2><ul><li><p>leaves</p></li></ul><p>Anna: </p><p>Bo: </p><p>We: </p>"
    )

    # All write at once, each where they are; of others one sees where, and who.
    teacher.touch("notes-rule")
    for tablet, place in ((anna, "Anna:"), (bo, "Bo:"), (teacher, "We:")):
        expect(sheet(tablet)).to_have_attribute("contenteditable", "true")
        end_of(tablet, place)
    names = sheet(teacher).locator(".caret bdi")
    poll(lambda: sorted(names.all_text_contents()) == ["Anna", "Bo 博"], "who writes")
    for a, b, c in zip("red 红", "blue ", "<b>&x", strict=True):
        anna.page.keyboard.type(a)
        bo.page.keyboard.type(b)
        teacher.page.keyboard.type(c)
    written = same(teacher, screen, anna, bo)
    for words in ("Anna: red 红", "Bo: blue", "We: &lt;b&gt;&amp;x"):
        assert words in written
    expect(bo.page.get_by_test_id("notes-page")).to_have_attribute("data-sent", "true")

    # What one takes back is one's own; what is loaded anew is the same.
    anna.touch("notes-undo")
    poll(lambda: "红" not in text(teacher), "what Anna took back is gone")
    assert "blue" in same(teacher, screen, anna, bo)
    anna.touch("notes-redo")
    bo.page.reload()
    bo.online()
    bo.touch("notes-toggle")
    bo.see("notes-page")
    assert "Anna: red 红" in same(teacher, screen, anna, bo)
    end_of(bo, "Bo:")
    bo.page.keyboard.press("Control+b")
    bo.page.keyboard.type(" again")
    assert "<strong> again</strong>" in same(teacher, screen, anna, bo)

    # A file, and a lock that is there at once.
    with teacher.page.expect_download() as began:
        teacher.touch("notes-save")
    began.value.save_as(tmp_path / "notes.md")
    kept = (tmp_path / "notes.md").read_text("utf-8")
    assert kept.startswith("# What we saw 观察\n\n- leaves")
    assert "**again**" in kept
    teacher.touch("notes-rule")
    for tablet in (anna, bo):
        expect(sheet(tablet)).to_have_attribute("contenteditable", "false")


@pytest.mark.timeout(150)
def test_a_group_has_notes_of_its_own(room: Class) -> None:
    teacher, screen, anna, bo = room.teacher, room.screen, room.anna, room.bo
    page = teacher.page
    teacher.touch("tab-class")
    teacher.touch("groups-open")
    for _ in range(2):
        page.get_by_role("button", name="One group fewer").click()
    teacher.touch("groups-list")
    expect(page.get_by_test_id("a-group")).to_have_count(2)
    for tablet in (anna, bo):
        tablet.touch("notes-group")
        end_of(tablet)
    anna.page.keyboard.type("only we 我们组")
    bo.page.keyboard.type("others")
    page.get_by_test_id("notes-which").select_option(label="Group 1")
    poll(lambda: "only we 我们组" in text(teacher), "the group's notes at the desk")
    assert text(anna) == text(teacher)
    assert "only we" not in text(bo)
    group = anna.page.evaluate("document.querySelector('.ProseMirror').textContent")
    assert group == "only we 我们组"
    end_of(teacher)
    page.keyboard.type("!")
    same(teacher, anna)

    # Moved to the other group one sees what that one wrote; dissolved, only teachers still do.
    first = page.get_by_test_id("a-group").nth(0)
    first.get_by_test_id("member-move").select_option(label="Group 2")
    poll(lambda: text(anna) == "<p>others</p>", "the other group's notes")
    teacher.touch("groups-dissolve")
    for tablet in (anna, bo):
        expect(tablet.page.get_by_test_id("notes-group")).to_have_count(0)
        assert "What we saw" in text(tablet)
    poll(lambda: "only we 我们组!" in text(teacher), "what is left of the group")
    assert '"board":"' not in screen.heard().replace(" ", "")

    teacher.touch("notes-close")
    teacher.see("board")
    screen.see("notes-page")

    # When the lesson is over, whoever taught in it still reads them.
    for button in ("end-lesson", "end-lesson-confirm"):
        teacher.touch(button)
    kept = page.get_by_test_id("kept-sheet")
    expect(kept).to_have_count(3)
    expect(kept.first).to_have_text("Notes of the class")
    kept.nth(1).click()
    poll(lambda: "only we 我们组!" in text(teacher), "the group's notes, later")
