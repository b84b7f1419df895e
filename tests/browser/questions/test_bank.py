"""Questions of the bank: out of files and into them, with their pictures; written, changed, and asked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from classroom import bank
from classroom.bank import Entry, File
from tests.browser.browsers import TABLET as SCREEN
from tests.browser.browsers import page_of
from tests.browser.old import OldHand, there
from tests.browser.people import poll
from tests.browser.questions.room import Class, choose, loaded, tab_to
from tests.browser.shots import DESKTOP, PHONE, TABLET, speak
from tests.unit.web.papers import picture, sound

pytestmark = pytest.mark.browser

QUESTIONS = """\
prompt,options,answer,folder,tags,points,type
Which season is it now?,spring|summer|autumn|winter,3,Seasons 四季,easy,The seasons 季节,
When do leaves fall?,,autumn|秋天,Seasons 四季,easy,The seasons 季节,
Why?,,,Seasons 四季,,,riddle
"""


def pictured(folder: Path) -> Path:
    """A package with a question that has a picture, another of an option, and a sound; and the picture beside it."""
    (folder / "Ginkgo.png").write_bytes(picture("PNG", 910, 600))
    files = {
        "p": File("Ginkgo.png", (folder / "Ginkgo.png").read_bytes()),
        "o": File("Cone.png", picture("PNG", 310, 400)),
        "s": File("Rain.m4a", sound(folder / "Rain.m4a", "aac", 2).read_bytes()),
    }
    asked = {"type": "choice", "prompt": f"Whose leaf is this? {'Ginkgobaum' * 15}", "options": ["银杏 ginkgo", "oak"]}
    asked |= {"answer": 0, "picture": "p", "alt": "A leaf", "sound": "s", "pictures": ["o", None]}
    (folder / "leaves.zip").write_bytes(bank.write("qti3", [Entry(asked, files=files)]))
    return folder / "leaves.zip"


@pytest.mark.timeout(180)
@pytest.mark.usefixtures("shelf")  # which begins with an empty one
def test_questions_of_a_file_are_kept_changed_and_asked_one_after_the_other(room: Class, tmp_path: Path) -> None:
    (tmp_path / "seasons.csv").write_text(QUESTIONS)
    teacher, anna, page = room.teacher, room.anna.page, room.teacher.context.new_page()
    base = re.match(r"https?://[^/]+", teacher.page.url)
    assert base

    def look(where: str) -> None:
        for name, size in (("desktop", DESKTOP), ("tablet", TABLET), ("phone", PHONE)):
            room.album.resize(page, size, where)
            room.album.look(page, "teach", f"{where} {name}")
        room.album.resize(page, DESKTOP, where)
        assert not room.album.faults

    page.goto(f"{base[0]}/teach")
    page.get_by_test_id("to-bank").click()
    expect(page.get_by_test_id("bank-found")).to_be_visible()
    look("bank empty")
    page.get_by_test_id("bank-file").set_input_files(tmp_path / "seasons.csv")
    expect(page.get_by_test_id("bank-report")).to_contain_text("Line 4:", timeout=30_000)
    look("bank report")
    expect(page.get_by_test_id("bank-report")).to_contain_text("A table holds no questions of type “riddle”.")
    speak(page, "zh-CN")
    expect(page.get_by_test_id("bank-report")).to_contain_text("第 4 行： 表格不支持题型“riddle”。")
    speak(page, "en")
    page.get_by_test_id("bank-report-close").click()
    item = page.get_by_test_id("bank-item")
    expect(item).to_have_count(2)
    page.get_by_test_id("bank-file").set_input_files(pictured(tmp_path))
    expect(page.get_by_test_id("bank-report")).to_contain_text("3 pictures and sounds", timeout=30_000)
    look("bank report of pictures")
    page.get_by_test_id("bank-report-close").click()
    expect(item).to_have_count(3)
    item.first.locator("summary").click()  # of no folder, so it stands first
    expect(page.get_by_test_id("bank-picture")).to_have_count(2)
    loaded(page.get_by_test_id("bank-picture").locator("img"))
    look("bank imported")
    speak(page, "zh-CN")
    look("bank in chinese")
    speak(page, "en")
    page.on("filechooser", lambda _: None)  # some time before it opens: the browser is told to leave it to us
    page.get_by_test_id("bank-search").fill("LEAVES")
    expect(item).to_have_count(1)
    item.first.locator("summary").click()
    page.get_by_test_id("bank-edit").click()
    page.get_by_test_id("vote-prompt").fill("Look out.\nWhen do the leaves fall?")
    page.get_by_test_id("compose-explanation").fill("Days grow short.")
    page.get_by_test_id("compose-media").focus()
    page.keyboard.press("Enter")
    tab_to(page, "compose-picture-upload")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    # A line that is down while it is sent, and a shelf that is not ready with it: both are waited for, and said.
    page.route("**/api/v1/uploads**", lambda route: route.abort())
    chooser.value.set_files(tmp_path / "Ginkgo.png")
    says = page.get_by_test_id("compose-picture-says")
    expect(says).to_contain_text("The line is down")
    look("bank form waits")
    page.route(
        "**/api/v1/courseware", lambda route: route.abort() if route.request.method == "GET" else route.continue_()
    )
    page.unroute("**/api/v1/uploads**")
    expect(says).to_contain_text("Being made ready", timeout=30_000)
    expect(page.get_by_test_id("compose-picture")).to_have_count(0)
    page.unroute("**/api/v1/courseware")
    expect(page.get_by_test_id("compose-picture")).not_to_have_value("", timeout=30_000)
    loaded(page.get_by_test_id("bank-form").locator("img"))
    look("bank form")
    page.get_by_test_id("vote-open").click()
    expect(item).to_contain_text("When do the leaves fall?")
    asked: list[Route] = []
    page.route("**/questions/export?*", lambda route: asked.append(route))
    with page.expect_request("**/questions/export?*"):
        page.get_by_test_id("bank-export").click()
    expect(page.get_by_test_id("bank-export")).to_be_disabled()
    expect(page.get_by_test_id("bank-export")).to_contain_text("Writing the file…")
    with page.expect_download() as download:
        asked[0].continue_()
    page.unroute("**/questions/export?*")
    expect(page.get_by_test_id("bank-export")).to_be_enabled()
    written = download.value.path().read_text()
    assert "Days grow short." in written
    assert r"Look out.\nWhen do the leaves fall?" in written
    expect(page.get_by_test_id("bank-left")).to_have_count(0)
    page.get_by_test_id("bank-search").fill("")
    expect(item).to_have_count(3)
    page.get_by_test_id("bank-format").select_option("GIFT")
    with page.expect_download():
        page.get_by_test_id("bank-export").click()
    expect(page.get_by_test_id("bank-left")).to_contain_text("One of several (1)")
    expect(page.get_by_test_id("bank-left")).to_contain_text("1 question is in the file without picture or sound.")
    look("bank left out")
    page.get_by_test_id("bank-left-close").click()
    page.get_by_test_id("bank-format").select_option("QTI 3.0")
    with page.expect_download() as download:
        page.get_by_test_id("bank-export").click()
    assert [len(one.files) for one in bank.read("q.zip", download.value.path().read_bytes()).questions] == [3, 0, 1]
    expect(page.get_by_test_id("bank-left")).to_have_count(0)
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


@pytest.mark.soak
@pytest.mark.timeout(180)
@pytest.mark.usefixtures("shelf")  # which begins with an empty one
def test_the_bank_by_keyboard_alone_in_an_old_browser(room: Class, tmp_path: Path) -> None:
    """A question is written and given a picture, after a file that is none was refused, and exported with it."""
    (tmp_path / "leaf.png").write_bytes(picture("PNG", 90, 60))
    browser = room.bo.context.browser
    assert browser
    context, page = page_of(browser, SCREEN)
    context.add_cookies(room.teacher.context.cookies())  # type: ignore[arg-type]
    base = re.match(r"https?://[^/]+", room.teacher.page.url)
    assert base
    page.goto(f"{base[0]}/teach?questions")
    hand = OldHand(page)

    def press(testid: str) -> None:
        there(hand, testid)
        tab_to(page, testid)
        page.keyboard.press("Enter")

    press("bank-new")
    there(hand, "vote-prompt")
    tab_to(page, "compose-type")
    page.keyboard.type("Long")
    tab_to(page, "vote-prompt")
    page.keyboard.insert_text("What is this leaf?")
    press("compose-media")
    tab_to(page, "compose-picture-upload")
    choose(page, "compose-picture-file", "none.png", b"no picture")
    there(hand, "compose-picture-refused")
    choose(page, "compose-picture-file", "leaf.png", (tmp_path / "leaf.png").read_bytes())
    chosen = "(document.querySelector('select[data-testid=compose-picture]') || {}).value"
    poll(lambda: hand.evaluate(chosen), "the picture is chosen", timeout_s=30)
    press("vote-open")
    there(hand, "bank-item")
    seen = "[...document.querySelectorAll('[data-testid=bank-picture] img')].some((one) => one.naturalWidth > 0)"
    poll(lambda: hand.evaluate(seen), "the picture in the list")
    tab_to(page, "bank-format")
    page.keyboard.type("Aiken")
    press("bank-export")
    there(hand, "bank-left")
    context.close()
