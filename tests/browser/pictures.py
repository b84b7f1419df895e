"""The README's pictures: one of each face, from a lesson that is really held. `python -m tests.browser.pictures`

The cameras see drawings, made here: a teacher at her blackboard, a room with its children.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.browsers import KIOSK, chromium
from tests.browser.dual import begin
from tests.browser.people import Person, poll
from tests.processes import ROOT, serving

DRAWINGS = Path(__file__).with_name("drawings")
PICTURES = ROOT / "docs" / "pictures"
MOST_BYTES = 200_000

Point = tuple[float, float]
# 秋, 天 and a maple leaf, in shares of the board; each stroke's points are joined by a smooth curve.
INK: Sequence[Sequence[Point]] = (
    ((0.205, 0.185), (0.180, 0.210), (0.140, 0.225)),
    ((0.105, 0.330), (0.170, 0.320), (0.245, 0.305)),
    ((0.178, 0.220), (0.180, 0.380), (0.176, 0.590)),
    ((0.174, 0.340), (0.150, 0.420), (0.108, 0.490)),
    ((0.184, 0.345), (0.205, 0.400), (0.232, 0.430)),
    ((0.272, 0.300), (0.276, 0.350), (0.268, 0.390)),
    ((0.388, 0.270), (0.375, 0.330), (0.345, 0.375)),
    ((0.328, 0.190), (0.326, 0.330), (0.305, 0.450), (0.245, 0.590)),
    ((0.324, 0.380), (0.350, 0.480), (0.408, 0.580)),
    ((0.480, 0.275), (0.550, 0.265), (0.625, 0.255)),
    ((0.455, 0.390), (0.550, 0.378), (0.655, 0.365)),
    ((0.553, 0.270), (0.548, 0.400), (0.520, 0.500), (0.450, 0.590)),
    ((0.556, 0.385), (0.590, 0.490), (0.660, 0.580)),
)
LEAF: Sequence[Sequence[Point]] = (
    ((0.800, 0.560), (0.805, 0.450), (0.800, 0.350)),
    (
        (0.800, 0.480), (0.745, 0.490), (0.760, 0.430), (0.720, 0.380), (0.765, 0.375), (0.760, 0.310), (0.788, 0.340),
        (0.803, 0.230), (0.820, 0.340), (0.848, 0.305), (0.845, 0.375), (0.890, 0.375), (0.852, 0.430), (0.862, 0.488),
        (0.803, 0.480),
    ),
)  # fmt: skip
LINE: Sequence[Sequence[Point]] = (((0.100, 0.760), (0.250, 0.785), (0.450, 0.765), (0.660, 0.780)),)


def camera_of(browser: Browser, name: str, folder: Path) -> Path:
    """A camera that sees a drawing."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    drawing = (DRAWINGS / f"{name}.svg").read_text()
    page.set_content(f'<body style="margin:0">{drawing}</body>')
    page.screenshot(path=folder / f"{name}.png")
    page.close()
    film = folder / f"{name}.y4m"
    still = [
        "ffmpeg",
        "-loglevel",
        "error",
        "-loop",
        "1",
        "-r",
        "5",
        "-i",
        str(folder / f"{name}.png"),
        "-frames:v",
        "5",
    ]
    subprocess.run([*still, "-pix_fmt", "yuv420p", str(film)], check=True)
    return film


def smooth(points: Sequence[Point], parts: int = 6) -> list[Point]:
    """A Catmull-Rom curve through the points."""
    padded = [points[0], *points, points[-1]]
    curve = [points[0]]
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for step in range(1, parts + 1):
            t = step / parts
            curve.append(
                tuple(  # type: ignore[arg-type]
                    0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t**2 + (3 * q - p - 3 * r + s) * t**3)
                    for p, q, r, s in zip(a, b, c, d, strict=True)
                )
            )
    return curve


def write(teacher: Person, strokes: Sequence[Sequence[Point]], colour: str) -> None:
    teacher.touch(f"color-{colour}")
    box = teacher.page.get_by_test_id("board-canvas").first.bounding_box()
    assert box
    mouse = teacher.page.mouse
    for stroke in strokes:
        at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in smooth(stroke)]
        mouse.move(*at[0])
        mouse.down()
        for point in at[1:]:
            mouse.move(*point)
        mouse.up()


def keep(person: Person, name: str) -> None:
    person.page.mouse.move(2, 2)
    person.page.wait_for_timeout(700)
    path = PICTURES / f"{name}.png"
    shot = path.with_suffix(".full.png")
    person.page.screenshot(path=shot, caret="hide")
    # 256 colours are enough for drawings, and a third of the bytes.
    palette = "split[a][b];[a]palettegen=stats_mode=full[p];[b][p]paletteuse=dither=none"
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-i", str(shot), "-vf", palette, str(path)], check=True)
    shot.unlink()
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} KB")
    assert path.stat().st_size < MOST_BYTES


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        with chromium(playwright) as browser:
            lead = camera_of(browser, "teacher", folder)
            children = camera_of(browser, "room", folder)
        with (
            serving(folder / "data") as server,
            chromium(playwright, camera=lead, flags=[KIOSK]) as at_school,
            chromium(playwright, camera=children, flags=[KIOSK]) as in_village,
        ):
            lesson = begin(server, at_school, in_village, recording=True, language="en")
            teacher, (first, second) = lesson.lead, lesson.rooms
            for screen in lesson.screens:
                screen.moving("lead-video")
            teacher.moving("room-video")
            write(teacher, INK, "1e2430")
            write(teacher, LEAF, "c2311b")
            write(teacher, LINE, "b87a00")
            poll(lambda: all(one.ink() > 1000 for one in (first.screen, *second.tablets)), "ink everywhere")

            # A child of the other room is called on.
            tile = teacher.page.get_by_test_id("room-tile").filter(has_text=second.name).first
            tile.get_by_test_id("call-on").click()
            first.screen.moving("guest-video")
            tile.get_by_test_id("open-room").click()
            teacher.page.get_by_test_id("child").filter(has_text="马涛").get_by_test_id("call-child").click()
            first.screen.see("called")
            keep(first.screen, "display")
            first.teacher.touch("tab-line")
            first.teacher.touch("signal-all_done")
            second.teacher.touch("tab-line")
            second.teacher.write("line-input", "请再写一遍「秋」字，后排没看清。")
            second.teacher.touch("line-send")
            expect(first.teacher.page.get_by_test_id("line-message")).to_have_count(2)
            keep(first.teacher, "local")
            teacher.touch("dismiss")
            tile.get_by_test_id("call-on").click()
            expect(first.screen.page.get_by_test_id("guest")).to_have_count(0)

            teacher.touch("tab-vote")
            teacher.write("vote-prompt", "「秋」字的左边是什么？ What stands left in 秋?")
            for letter, option in zip("ABC", ("禾 grain", "木 tree", "火 fire"), strict=True):
                teacher.write(f"vote-option-{letter}", option)
            teacher.touch("vote-right-A")
            teacher.touch("vote-open")
            for tablet, choice in zip(lesson.tablets[1:], "ACAAB", strict=True):
                tablet.touch(f"answer-{choice}")
            tablet = second.tablets[2]
            expect(tablet.page.get_by_test_id("answer-state")).to_have_attribute("data-state", "saved")
            keep(tablet, "join")
            first.tablets[1].touch("hand")
            expect(teacher.page.get_by_test_id("answered")).to_have_attribute("data-answered", "5")
            expect(teacher.page.get_by_test_id("line-news")).to_have_count(0, timeout=20_000)
            keep(teacher, "teach")
            teacher.touch("vote-reveal")
            teacher.page.wait_for_timeout(3000)

            teacher.touch("end-lesson")
            teacher.touch("end-lesson-confirm")
            teacher.see("attended")
            teacher.see("watch")
            keep(teacher, "report")
            teacher.touch("watch")
            teacher.see("play")
            teacher.touch("play")
            teacher.moving("video")
            teacher.page.get_by_test_id("mark").last.click()
            teacher.page.wait_for_timeout(1500)
            teacher.touch("play")
            keep(teacher, "library")


if __name__ == "__main__":
    main()
