"""Courseware from the shelf to every screen: slides are there before they are shown, films play as one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest
from PIL import Image
from playwright.sync_api import Browser, FrameLocator, Playwright, Request, expect

from tests.browser.browsers import DENIED, KIOSK, chromium
from tests.browser.people import Person, administrator, draw, poll, saved, sit_at_display, sit_at_tablet, start_lesson
from tests.processes import Server, serving
from tests.unit.web.papers import film, pdf

pytestmark = pytest.mark.browser

COLOURS = {1: "#ff0000", 2: "#0000ff", 3: "#00ff00"}
PAPER = "#000000"
"""Nothing of it is drawn."""
MOST_BYTES = 2048
"""That go to a display where a slide is turned to."""
MOST_APART_S = 0.2
"""Between screens that play a film, once they are in step. How far apart they turn a slide is for `make bench`."""

# The colours that the middle of the board had, one after the other.
WATCH = """
window.seen = [];
const look = () => {
  const canvas = document.querySelector('[data-testid=board-ink] canvas');
  if (canvas && canvas.width) {
    const [r, g, b] = canvas.getContext('2d').getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data;
    const near = (n) => (n > 235 ? 'ff' : n < 20 ? '00' : '80');
    const colour = '#' + near(r) + near(g) + near(b);
    if (seen[seen.length - 1] !== colour) seen.push(colour);
  }
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
WHERE = """() => {
  const video = document.querySelector('[data-testid=film-video]');
  return [video.currentTime, (performance.timeOrigin + performance.now()) / 1000, video.paused, video.playbackRate];
}"""


# A simulation that is one, and tries what it must not be able to do.
PENDULUM = """<!doctype html><meta charset="utf-8"><style>body { font-size: 40px }</style>
<label>角度 Angle <input id="angle" type="range" max="90" value="0" style="width: 60vw"></label><p id="tried"></p>
<script>
  const angle = document.getElementById('angle'), tried = []
  const say = (message) => parent.postMessage(message, '*')
  angle.oninput = () => say({ tongke: 'state', state: { angle: angle.value, word: '角' } })
  addEventListener('message', ({ source, data }) => {
    if (source === parent && data.tongke === 'state') angle.value = data.state.angle
  })
  say({ tongke: 'ready' })
  const attempt = async (name, act) => { try { await act(); tried.push(name) } catch {} }
  addEventListener('load', async () => {
    await attempt('page', () => parent.document.title)
    await attempt('cookie', () => document.cookie)
    await attempt('storage', () => localStorage.length)
    await attempt('network', () => fetch('/healthz', { mode: 'no-cors' }))
    await attempt('picture', () => new Promise((good, bad) => {
      const image = new Image(); image.onload = good; image.onerror = bad; image.src = '/favicon.svg'
    }))
    if (top !== self) await attempt('top', () => { top.location = '/library' })
    document.getElementById('tried').textContent = 'reached: ' + tried.join()
  })
</script>"""


@dataclass
class Class:
    server: Server
    browser: Browser
    teacher: Person
    lesson: str
    screens: list[Person]
    tablet: Person

    @property
    def watchers(self) -> list[Person]:
        return [*self.screens, self.tablet]


def slide(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) // 255 for at in (1, 3, 5))
    words = f"0 g BT /F 24 Tf 20 20 Td (The colour {colour}) Tj ET"
    return f"%\n{red} {green} {blue} rg 0 0 960 540 re f {words}"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    (folder / "Colours 颜色.pdf").write_bytes(pdf(*(slide(colour) for colour in COLOURS.values())))
    (folder / "Report.pdf").write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    (folder / "Broken.pdf").write_bytes(b"%PDF-1.7 and no more of it")
    film(folder / "Brownian motion.mp4", seconds=20)
    (folder / "Pendulum 单摆.html").write_text(PENDULUM, "utf-8")
    return folder


@pytest.fixture(scope="module")
def room(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory, files: Path) -> Iterator[Class]:
    with (
        serving(tmp_path_factory.mktemp("courseware") / "data") as server,
        chromium(playwright, flags=[KIOSK]) as browser,
    ):
        teacher = administrator(browser, server.base, server.setup_secret(), script=DENIED)
        rooms = [server.cli("room", "add", "Qingshan 青山村小", f"Room {n}")["id"] for n in (3, 4)]
        fill_shelf(teacher, files)
        lesson, code = start_lesson(teacher, "Colours 颜色")
        screens = [sit_at_display(browser, server.base, lesson, one, script=DENIED + WATCH) for one in rooms]
        tablet = sit_at_tablet(browser, server.base, code, "Anna", rooms[0], script=WATCH)
        yield Class(server, browser, teacher, lesson, screens, tablet)


def fill_shelf(teacher: Person, files: Path) -> None:
    """What is good is ready for lessons, what is not says why, beside it."""
    page = teacher.page
    teacher.see("shelf-empty")
    page.get_by_test_id("shelf-files").set_input_files(sorted(files.iterdir()))
    refused = page.get_by_test_id("upload").filter(has_text="Report.pdf")
    expect(refused).to_contain_text("Files of this type cannot be shown.")
    refused.get_by_role("button", name="Close").click()
    for name, status in (
        ("Colours 颜色.pdf", "ready"),
        ("Brownian motion.mp4", "ready"),
        ("Pendulum 单摆.html", "ready"),
        ("Broken.pdf", "failed"),
    ):
        row = page.get_by_test_id("courseware-item").filter(has_text=name)
        expect(row).to_have_attribute("data-status", status, timeout=30_000)
    expect(page.get_by_test_id("courseware-item").filter(has_text="Broken.pdf")).to_contain_text("damaged")
    page.wait_for_function("() => [...document.querySelectorAll('.thumb img')].every((one) => one.naturalWidth > 0)")

    broken = page.get_by_test_id("courseware-item").filter(has_text="Broken.pdf")
    broken.get_by_test_id("courseware-remove").click()
    broken.get_by_test_id("remove-sure").click()
    expect(broken).to_have_count(0)
    colours = page.get_by_test_id("courseware-item").filter(has_text="Colours")
    colours.get_by_test_id("courseware-rename").click()
    page.get_by_role("textbox", name="Rename").fill("三原色 Primary colours")
    page.get_by_test_id("rename-save").click()
    expect(page.get_by_test_id("courseware-item").filter(has_text="三原色")).to_be_visible()


def colour(someone: Person) -> str:
    seen = someone.page.evaluate("seen")
    return str(seen[-1]) if seen else ""


def bring(teacher: Person, name: str) -> None:
    teacher.page.keyboard.press("/")
    row = teacher.page.get_by_test_id("shelf-panel").get_by_test_id("courseware-item").filter(has_text=name)
    row.get_by_test_id("courseware-show").click(timeout=60_000)  # once it is converted
    expect(teacher.page.get_by_test_id("shelf-panel")).to_have_count(0)


@pytest.mark.timeout(180)
def test_a_slide_is_on_every_screen_before_it_is_turned_to(room: Class) -> None:
    teacher = room.teacher
    bring(teacher, "三原色")
    expect(teacher.page.get_by_test_id("slide")).to_have_count(3)
    poll(lambda: all(colour(one) == COLOURS[1] for one in room.watchers), "the first slide everywhere")
    expect(teacher.page.get_by_test_id("slides-coming")).to_have_count(0)
    teacher.page.wait_for_timeout(1500)  # until all of it has been fetched ahead, and its neighbour decoded

    asked: list[str] = []

    def hear(request: Request) -> None:
        if "/slides/" in request.url:
            asked.append(request.url)

    for one in room.watchers:
        one.page.on("request", hear)
    before = [sum(map(len, one.received)) for one in room.screens]
    teacher.page.keyboard.press("PageDown")
    poll(lambda: all(colour(one) == COLOURS[2] for one in room.watchers), "the second slide everywhere")
    came = [sum(map(len, one.received)) for one in room.screens]
    assert asked == [], "it was there already"
    assert all(now - then < MOST_BYTES for then, now in zip(before, came, strict=True))
    print(f"{max(map(int.__sub__, came, before))} bytes a display")

    # By touch, back and forth; what is written on a slide stays on it.
    teacher.touch("page-next")
    poll(lambda: colour(room.screens[0]) == COLOURS[3], "the third")
    draw(teacher, [(0.2, 0.2), (0.3, 0.3), (0.4, 0.2)])
    poll(lambda: room.screens[1].page.get_by_test_id("board").get_attribute("data-strokes") == "1", "ink on it")
    teacher.page.get_by_test_id("slide").first.click()
    poll(lambda: all(colour(one) == COLOURS[1] for one in room.watchers), "the first again")
    expect(teacher.page.get_by_test_id("slide").first).to_have_attribute("aria-current", "page")
    teacher.page.get_by_test_id("slide").last.click()
    poll(lambda: room.tablet.page.get_by_test_id("board").get_attribute("data-strokes") == "1", "its ink again")

    # Found by what stands on it, and shown from there.
    teacher.page.keyboard.press("/")
    panel = teacher.page.get_by_test_id("shelf-panel")
    teacher.page.get_by_test_id("shelf-search").fill("winter")
    expect(panel).to_contain_text("Nothing on your shelf has these words.")
    expect(panel.get_by_test_id("courseware-item")).to_have_count(0)
    teacher.page.get_by_test_id("shelf-search").fill(f"colour {COLOURS[2]}")
    hit = panel.get_by_test_id("shelf-hit")
    expect(hit).to_have_text(f"Slide 2 The colour {COLOURS[2]}")
    hit.click()
    expect(panel).to_have_count(0)
    poll(lambda: all(colour(one) == COLOURS[2] for one in room.watchers), "the slide that was found")
    teacher.page.get_by_test_id("slide").last.click()

    # Who comes late finds it too.
    room.screens[1].page.reload()
    room.screens[1].see("display")
    poll(lambda: colour(room.screens[1]) == COLOURS[3], "the slide after a reload", 20)


@pytest.mark.timeout(120)
def test_a_picture_lies_on_the_page_and_is_taken_along(room: Class, tmp_path: Path) -> None:
    teacher, page = room.teacher, room.teacher.page
    teacher.touch("page-add")
    poll(lambda: all(colour(one) == PAPER for one in room.watchers), "an empty page everywhere")
    page.keyboard.press("/")
    row = page.get_by_test_id("shelf-panel").get_by_test_id("courseware-item").filter(has_text="三原色")
    row.get_by_test_id("courseware-place").click()
    page.get_by_test_id("place-slide").nth(1).click()
    poll(lambda: all(colour(one) == COLOURS[2] for one in room.watchers), "the picture everywhere")

    # It is in the hand already: moved like anything else, and back.
    expect(page.get_by_test_id("selected")).to_have_attribute("data-count", "1")
    draw(teacher, [(0.5, 0.5), (0.05, 0.5)])
    poll(lambda: all(colour(one) == PAPER for one in room.watchers), "the picture at the side everywhere")
    room.tablet.page.reload()
    room.tablet.see("board")
    poll(
        lambda: pixel(room.tablet, "[data-testid=board-ink] canvas", 0.2) == COLOURS[2], "it there, for who comes late"
    )

    # Small pages show what is on them.
    teacher.touch("page-number")
    small = page.get_by_test_id("page-thumb")
    number = int(page.get_by_test_id("page-number").inner_text().split("/")[0])
    wanted = {number - 1: (0.2, 2), **{at: (0.5, at) for at in COLOURS}}
    for at, (x, colour_) in wanted.items():
        canvas = f"[data-testid=page-thumb]:nth-child({at + 1}) canvas"
        poll(lambda: pixel(teacher, canvas, x) == COLOURS[colour_], f"page {at + 1} of {small.count()} in small")  # noqa: B023
    page.keyboard.press("Escape")

    files = {kind: saved(teacher, kind, tmp_path) for kind in ("svg", "png", "pdf")}
    assert files["svg"].read_text().count("<image ") == 1
    document = pdfium.PdfDocument(files["pdf"])
    assert [seen(document[at], 0.5) for at in COLOURS] == list(COLOURS.values())
    assert seen(document[number - 1], 0.2) == COLOURS[2]
    document.close()
    with Image.open(files["png"]) as picture:
        assert near(picture.convert("RGB").getpixel((picture.width // 5, picture.height // 2))) == COLOURS[2]
    teacher.touch("slide")
    teacher.page.get_by_test_id("slide").last.click()
    poll(lambda: colour(room.screens[0]) == COLOURS[3], "the slides again")


def pixel(someone: Person, canvas: str, x: float) -> str:
    """The colour of a canvas half-way down, `x` of its width from the left."""
    found = someone.page.evaluate(
        """([selector, x]) => {
            const canvas = document.querySelector(selector);
            if (!canvas || !canvas.width) return [128, 128, 128];
            const context = canvas.getContext('2d');
            return [...context.getImageData(canvas.width * x, canvas.height / 2, 1, 1).data].slice(0, 3);
        }""",
        [canvas, x],
    )
    return near(found)


def seen(page: pdfium.PdfPage, x: float) -> str:
    picture = page.render().to_pil().convert("RGB")
    return near(picture.getpixel((round(x * picture.width), picture.height // 2)))


def near(found: Any) -> str:
    return "#" + "".join("ff" if part > 235 else "00" if part < 20 else "80" for part in found)


@pytest.mark.timeout(120)
def test_a_simulation_is_mirrored_and_reaches_nothing(room: Class) -> None:
    teacher = room.teacher
    bring(teacher, "Pendulum")

    def inside(someone: Person) -> FrameLocator:
        return someone.page.frame_locator("[data-testid=simulation] iframe")

    everyone = [teacher, *room.screens]
    for one in everyone:
        expect(one.page.get_by_test_id("simulation")).to_have_attribute("data-ready", "yes")
        expect(inside(one).locator("#tried")).to_have_text("reached: ")
    handle = inside(teacher).locator("#angle")
    for value in range(1, 31):
        handle.fill(str(value))
    for one in room.screens:
        expect(inside(one).locator("#angle")).to_have_value("30")
    room.screens[0].page.reload()
    expect(inside(room.screens[0]).locator("#angle")).to_have_value("30")  # who comes late

    # Opened by itself it has no more rights than in its frame.
    address = teacher.page.get_by_test_id("simulation").locator("iframe").get_attribute("src")
    alone = teacher.page.context.new_page()
    answer = alone.goto(f"{room.server.base}{address}")
    assert answer is not None
    assert "sandbox allow-scripts" in answer.headers["content-security-policy"]
    assert alone.evaluate("() => self.origin") == "null"
    alone.close()

    # Nor can it lead its frame elsewhere, and tell somebody by the address.
    inside(room.screens[1]).locator("#angle").evaluate("() => { location = 'https://example.org/?30' }")
    room.screens[1].page.wait_for_timeout(500)
    assert not any("example.org" in frame.url for frame in room.screens[1].page.frames)
    teacher.page.get_by_test_id("film-close").click()
    for one in everyone:
        expect(one.page.get_by_test_id("simulation")).to_have_count(0)


@pytest.mark.timeout(120)
def test_a_film_plays_as_one(room: Class) -> None:
    teacher = room.teacher
    page = teacher.page
    bring(teacher, "Brownian")
    for one in [teacher, *room.screens]:
        one.see("film-video")
    expect(room.tablet.page.get_by_test_id("film-video")).to_have_count(0)  # in a room the display has it, for all

    def places() -> list[list[float]]:
        return [one.page.evaluate(WHERE) for one in [teacher, *room.screens]]

    def apart(rate: float) -> float:
        starts = [at - rate * when for at, when, *_ in places()]
        return max(starts) - min(starts)

    poll(lambda: all(at == 0 and paused for at, _, paused, _ in places()), "all at the beginning")
    teacher.touch("film-toggle")
    poll(lambda: all(at > 0.5 and not paused for at, _, paused, _ in places()), "all playing")
    poll(lambda: apart(1) < MOST_APART_S, "all in step")
    page.get_by_test_id("film-rate").select_option("0.5")
    poll(lambda: all(abs(rate - 0.5) < 0.06 for *_, rate in places()), "all slower")
    poll(lambda: apart(0.5) < MOST_APART_S, "all in step at half the speed")

    # Still, and frame by frame.
    teacher.touch("film-toggle")
    poll(lambda: all(paused for _, _, paused, _ in places()), "all still")
    poll(lambda: max(at for at, *_ in places()) - min(at for at, *_ in places()) < 0.021, "all at the same frame")
    [at, *_] = places()[1]
    teacher.touch("film-step")
    poll(lambda: all(abs(now - at - 0.04) < 0.021 for now, *_ in places()), "all a frame on")

    # A jump, by the slider's keys; and back to the board, which is as it was.
    page.get_by_test_id("film-place").focus()
    page.keyboard.press("Home")
    poll(lambda: all(now < 0.02 for now, *_ in places()), "all at the beginning again")
    teacher.touch("film-close")
    for one in room.screens:
        expect(one.page.get_by_test_id("film-video")).to_have_count(0)
    poll(lambda: colour(room.screens[0]) == COLOURS[3], "the slide again")
