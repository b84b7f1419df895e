"""An exported recording is opened from a disk, without a server or a line: it plays, with ink, slides and questions.
So are exported pages."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Playwright, expect

from tests.browser.browsers import KIOSK, chromium
from tests.browser.camera import WATCH
from tests.browser.house import sign_in
from tests.browser.old import OldHand, old_chromium, there
from tests.browser.people import poll
from tests.browser.shots import DESKTOP, TABLET, Album, audited
from tests.exchanged import CHILD, COLOURS, CUT, SECRET, TITLE, Kept, keep, put
from tests.processes import serving, tongke
from tests.recorded import FPS
from tests.unit.web.papers import pdf
from web.server.control import connected
from web.server.demo import framecounter

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As the shell makes it, of an installation that does not run: beside it in `data`."""
    home = tmp_path_factory.mktemp("carried")
    with ThreadPoolExecutor(1) as aside:  # Playwright's loop runs in this thread
        kept = aside.submit(asyncio.run, keep(home / "data")).result()
    target = home / "on a stick 优盘"
    told = json.loads(tongke("library", "export", kept.resource, str(target), "--data", str(kept.data), "--json"))
    assert told[0]["missing"] == []
    return target


@pytest.fixture(scope="module")
def paper(folder: Path) -> Path:
    """An exported PDF, of the same installation."""
    data, target = folder.parent / "data", folder.parent / "paper 纸"

    async def go() -> str:
        async with connected(Kept(data, "").settings) as control:
            return await put(control, folder.parent / "Poems 诗.pdf", pdf("Autumn", "Leaves", "Autumn leaves"))

    with ThreadPoolExecutor(1) as aside:
        resource = aside.submit(asyncio.run, go()).result()
    tongke("library", "export", resource, str(target), "--data", str(data))
    return target


@pytest.fixture(scope="module")
def page(playwright: Playwright, folder: Path) -> Iterator[Page]:
    with chromium(playwright, flags=[KIOSK]) as browser:
        page = audited(browser, DESKTOP, "en")
        page.context.set_offline(True)
        page.goto((folder / "index.html").as_uri())
        expect(page.get_by_test_id("play").first).to_be_visible()
        yield page


def picture(of: Locator) -> Image.Image:
    return Image.open(io.BytesIO(of.screenshot())).convert("RGB")


def number(page: Page) -> int | None:
    """Of the frame that is seen: a page may not look into a file of the disk, so the test looks at the screen."""
    grey = picture(page.get_by_test_id("video").first).convert("L")
    return framecounter.read(grey.tobytes(), grey.width, grey.height, grey.width)


def seek(page: Page, at: int) -> None:
    """To a moment of the lesson: the line of time is closed up over the cut."""
    page.get_by_test_id("seek").evaluate(
        """(slider, at) => {
            [slider.step, slider.value] = [1, at];
            slider.dispatchEvent(new Event('input', {bubbles: true}));
        }""",
        at - (CUT[1] - CUT[0] if at >= CUT[1] else 0),
    )


def shows(page: Page, ms: int) -> None:
    poll(lambda: abs((number(page) or -9) - ms * FPS // 1000) <= 1, f"the frame of {ms} ms")


def middle(page: Page) -> tuple[int, ...]:
    work = picture(page.locator("canvas").first)
    return work.getpixel((work.width // 2, work.height * 4 // 5))  # type: ignore[return-value]


def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(one, other, strict=True))


def test_the_picture_and_the_ink_are_those_of_the_moment(page: Page) -> None:
    seek(page, 1_500)
    shows(page, 1_500)
    poll(lambda: 0.05 < inked(page) < 0.45, "half of the line")
    seek(page, 4_000)
    shows(page, 4_000)
    poll(lambda: inked(page) > 0.5, "the line")


def inked(page: Page) -> float:
    """Of the board's width, how much has ink at the height of the line."""
    board = picture(page.locator("canvas").first).convert("L")
    y = round(300 / 900 * board.height)
    return sum(board.getpixel((x, y)) < 110 for x in range(board.width)) / board.width  # type: ignore[operator]


def test_it_plays_over_the_cut(page: Page) -> None:
    seek(page, CUT[0] - 1_000)
    shows(page, CUT[0] - 1_000)
    page.get_by_test_id("play").first.click()
    time = page.get_by_test_id("time")
    poll(lambda: int(time.get_attribute("data-at") or 0) > CUT[1] + 300, "the other side of the cut")
    page.get_by_test_id("play").first.click()
    seek(page, 13_000)
    shows(page, 13_000)


def test_slides_questions_and_simulations_are_there(page: Page) -> None:
    seek(page, 13_500)
    poll(lambda: near(middle(page), COLOURS[1]), "the second slide")
    page.get_by_test_id("side-questions").click()
    expect(page.get_by_test_id("activity")).to_contain_text("Which is 秋?")
    expect(page.get_by_test_id("side-remarks")).to_have_count(0)
    seek(page, 20_000)
    expect(page.get_by_test_id("simulation")).to_have_attribute("data-ready", "yes")
    poll(lambda: near(picture(page.locator("iframe")).getpixel((9, 9)), (255, 136, 0)), "its state")  # type: ignore[arg-type]


def test_captions_are_read_and_found(page: Page) -> None:
    page.get_by_test_id("side-transcript").click()
    expect(page.locator("#side-panel")).to_contain_text("Good morning <b>早上好")
    expect(page.locator("#side-panel")).not_to_contain_text(SECRET)


def test_what_it_is_can_be_read_in_it(page: Page) -> None:
    page.get_by_test_id("about-open").click()
    expect(page.get_by_test_id("about")).to_contain_text(TITLE)
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("about-open")).to_be_focused()


def test_nothing_of_it_is_fetched_from_elsewhere_and_nothing_hidden_went_along(folder: Path) -> None:
    everything = b"".join(
        path.read_bytes() for path in sorted(folder.rglob("*")) if path.suffix in (".js", ".json", ".vtt")
    )
    assert SECRET.encode() not in everything
    assert "student" not in {path.stem.split("-")[-1] for path in (folder / "media").iterdir()}
    assert CHILD.encode() not in everything
    assert "学生 1".encode() in everything


def test_it_plays_in_a_browser_of_2020(playwright: Playwright, folder: Path) -> None:
    with old_chromium(playwright) as browser:
        page = browser.new_context(viewport={"width": 800, "height": 1280}, locale="zh-CN").new_page()
        page.goto((folder / "index.html").as_uri() + "?at=4000")
        video = f"document.querySelector({json.dumps(there(OldHand(page), 'video'))})"
        poll(lambda: page.evaluate(f"() => {video}.readyState") >= 2, "a frame")
        assert page.evaluate(f"() => {video}.currentTime") == pytest.approx(4, abs=0.1)
        buttons = "[...document.querySelectorAll('button')]"
        borders = page.evaluate(f"() => {buttons}.map((one) => getComputedStyle(one).borderStyle)")
        assert "outset" not in borders, "a browser's own buttons: styles are lost"


def test_it_comes_back_and_plays_in_the_library(playwright: Playwright, folder: Path) -> None:
    data = folder.parent / "data"
    [made] = json.loads(tongke("library", "import", str(folder), "--owner", "lihua", "--data", str(data), "--json"))
    with serving(data) as server, chromium(playwright, flags=[KIOSK]) as browser:
        page = audited(browser, DESKTOP, "en")
        page.add_init_script(WATCH)
        page.goto(f"{server.base}/library/{made['id']}?at=13000")
        sign_in(page)
        reads = "() => readFrame(document.querySelector('[data-testid=video]'))"
        expect(page.get_by_test_id("video").first).to_be_visible()
        poll(lambda: abs((page.evaluate(reads) or -9) - 13 * FPS) <= 1, "the frame of the moment")
        poll(lambda: near(middle(page), COLOURS[1]), "the second slide")
        expect(page.get_by_test_id("to-edit")).to_have_count(0)

        # Why it is neither cut nor joined is said where somebody would do it.
        album = Album()
        page.get_by_test_id("not-edited").click()
        expect(page.get_by_test_id("edit-imported")).to_contain_text("imported as it is")
        album.shoot(page, "library", "edit-imported", "en", DESKTOP, TABLET)
        page.goto(f"{server.base}/library?join")
        expect(page.get_by_test_id("join-in").filter(has_text="Imported")).to_be_disabled()
        expect(page.get_by_test_id("join-in").and_(page.locator(":enabled"))).to_have_count(1)
        album.shoot(page, "library", "join-imported", "en", DESKTOP, TABLET)
        assert not album.faults


def swiped(page: Page, over: Locator, by: int) -> None:
    box = over.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + 100
    finger = page.context.new_cdp_session(page)
    finger.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    for kind, at in (("touchStart", [x]), ("touchMove", [x + by / 2]), ("touchMove", [x + by]), ("touchEnd", [])):
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": one, "y": y} for one in at]})
    finger.detach()


def test_pages_are_turned_found_and_looked_up(playwright: Playwright, paper: Path) -> None:
    with chromium(playwright) as browser:
        page = audited(browser, DESKTOP, "en")
        page.context.set_offline(True)
        page.goto((paper / "index.html").as_uri())
        at, shown = page.get_by_test_id("pages-at"), page.get_by_test_id("pages-page")
        expect(at).to_have_text("Page 1 of 3")
        expect(shown).to_have_js_property("naturalWidth", 1920)
        page.keyboard.press("ArrowRight")
        page.get_by_test_id("pages-next").click()
        expect(at).to_have_text("Page 3 of 3")
        page.get_by_test_id("pages-find").fill("autumn")
        expect(page.get_by_test_id("pages-found")).to_have_text("2 pages")
        page.keyboard.press("Enter")
        expect(at).to_have_text("Page 1 of 3")
        expect(shown).to_have_attribute("src", re.compile(r"^courseware/pages-1-\d+\.webp$"))
        swiped(page, shown, -200)
        expect(at).to_have_text("Page 2 of 3")
        swiped(page, shown, 200)
        expect(at).to_have_text("Page 1 of 3")
        small = page.get_by_test_id("pages-small").get_by_role("button")
        expect(small.first).to_have_attribute("aria-current", "page")
        small.last.click()
        expect(at).to_have_text("Page 3 of 3")
        expect(small.last).to_have_attribute("aria-current", "page")
        expect(small.last.locator("img")).to_have_js_property("naturalWidth", 320)
        expect(page.get_by_test_id("pages-download")).to_have_attribute("href", "media/Poems.pdf")
        page.get_by_test_id("about-open").click()
        expect(page.get_by_test_id("about")).to_contain_text("Poems 诗")


def test_it_can_be_read_without_scripts(playwright: Playwright, folder: Path) -> None:
    with chromium(playwright) as browser:
        page = browser.new_context(java_script_enabled=False).new_page()
        page.goto((folder / "index.html").as_uri())
        expect(page.locator("#about h1")).to_have_text(TITLE)
