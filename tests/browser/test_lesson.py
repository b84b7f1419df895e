"""A whole lesson in real browsers: a teacher, a display, two tablets; a power cut in its middle; its recording."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright, expect

from tests.browser.browsers import KIOSK, chromium
from tests.browser.camera import FPS, camera
from tests.browser.people import TWICE, Person, administrator, draw, poll, sit_at_display, sit_at_tablet, start_lesson
from tests.processes import serving
from tests.small import small_disk

pytestmark = pytest.mark.browser

FRAMES = 90
A_QUARTER_OF_AN_HOUR = 15_000_000  # bytes: at most, at the rate of a small camera
SECRETS = ("Wang Ming 王明", "Zhao Li 赵丽")


def ask(teacher: Person, prompt: str, right: str) -> None:
    teacher.write("vote-prompt", prompt)
    for letter, option in zip("AB", ("秋 qiū", "春 chūn"), strict=True):
        teacher.write(f"vote-option-{letter}", option)
    teacher.touch(f"vote-right-{right}")
    teacher.touch("vote-open")
    teacher.see("vote")


def answered(teacher: Person, count: int) -> None:
    expect(teacher.page.get_by_test_id("answered")).to_have_attribute("data-answered", str(count), timeout=10_000)


def events_in(frames: list[str]) -> str:
    """All that came as one text, escapes resolved, so that a Chinese name is found however it was written."""
    text = "\n".join(frames)
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)


def saved(tablet: Person) -> None:
    expect(tablet.page.get_by_test_id("answer-state")).to_have_attribute("data-state", "saved", timeout=15_000)


@pytest.mark.alone
@pytest.mark.timeout(400)
def test_a_whole_lesson(playwright: Playwright, tmp_path: Path) -> None:
    with (
        serving(tmp_path / "data") as server,
        chromium(playwright, camera=camera(640, 360, FRAMES), flags=[KIOSK]) as browser,
    ):
        teacher = administrator(browser, server.base, server.setup_secret())
        room = server.cli("room", "add", "Qingshan 青山村小", "Room 3")["id"]
        lesson, code = start_lesson(teacher, "Autumn 秋天", recording=True)
        screen = sit_at_display(browser, server.base, lesson, room)
        wang = sit_at_tablet(browser, server.base, code, SECRETS[0], room, script=TWICE)
        zhao = sit_at_tablet(browser, server.base, code, SECRETS[1], room)

        # Picture both ways.
        screen.moving("lead-video")
        teacher.moving("room-video")
        expect(teacher.page.get_by_test_id("rec").first).to_be_visible()

        # Ink: on the display while it is fresh, and the picture at its beginning is remembered for the recording.
        assert screen.ink() == 0
        teacher.page.evaluate(
            """() => addEventListener('pointerdown', () => {
                window.frameAtPenDown = readFrame(document.querySelector('[data-testid=self-video]'));
            }, {capture: true, once: true})"""
        )
        draw(teacher, [(0.2, 0.2), (0.5, 0.6), (0.8, 0.3)])
        frame_at_pen_down = teacher.page.evaluate("frameAtPenDown")
        poll(lambda: screen.ink() > 100, "ink on the display")
        poll(lambda: wang.ink() > 100, "ink on a tablet")

        # A vote: each command of Wang's leaves twice, and counts once.
        ask(teacher, "Which is autumn? 哪个是秋", right="A")
        wang.touch("answer-A")
        saved(wang)
        answered(teacher, 1)
        zhao.touch("answer-B")
        saved(zhao)
        answered(teacher, 2)
        time.sleep(0.5)
        expect(teacher.page.get_by_test_id("answered")).to_have_attribute("data-answered", "2")
        for tablet, own, other in ((wang, *SECRETS), (zhao, *reversed(SECRETS))):
            got = events_in(tablet.received)
            assert own in got or tablet.page.get_by_text(own).count(), "one's own name is shown"
            assert other not in got
            assert '"answer":' not in got.replace(" ", ""), "the right answer came before the reveal"
            assert got.count("activity.answered") <= 1, "someone else's choice"
            assert '"tally":[' not in got.replace(" ", "")
        teacher.touch("vote-reveal")
        wang.see("verdict")
        expect(wang.page.get_by_test_id("tally-A").first).to_contain_text("1")

        # The power fails in mid-lesson, and comes back.
        teacher.touch("vote-new")
        ask(teacher, "And spring? 春呢", right="B")
        wang.touch("answer-B")
        saved(wang)
        draw(teacher, [(0.2, 0.8), (0.8, 0.8)])
        poll(lambda: journalled(server.data, "stroke.added") == 2, "the second stroke in the journal")
        server.kill()
        zhao.touch("answer-B")
        wang.see("connection-lost", timeout_s=5)
        expect(zhao.page.get_by_test_id("answer-state")).to_have_attribute("data-state", "waiting")
        server.start()
        back = time.monotonic()
        for someone in (teacher, screen, wang, zhao):
            someone.online(timeout_s=10)
        back_s = time.monotonic() - back
        saved(zhao)
        answered(teacher, 2)
        screen.moving("lead-video")
        print(f"pages back after {back_s:.1f} s")
        assert back_s <= 5

        # Everything that was acknowledged is there, once.
        assert journalled(server.data, "stroke.added") == 2
        assert journalled(server.data, "activity.answered") == 4
        time.sleep(3)

        teacher.page.keyboard.press(";")
        teacher.page.locator(".ProseMirror").click()
        teacher.page.keyboard.type("What we saw 观察")
        poll(lambda: journalled(server.data, "notes.written") > 0, "the notes in the journal")
        expect(teacher.page.get_by_test_id("notes-page")).to_have_attribute("data-sent", "true")

        # The end; the recording.
        teacher.touch("end-lesson")
        teacher.touch("end-lesson-confirm")
        ended = time.monotonic()
        teacher.see("ended")
        watch = teacher.page
        watch.get_by_test_id("watch").click()
        watch.wait_for_selector('[data-testid="play"]')
        watch.get_by_test_id("play").click()
        teacher.moving("video")
        plays_s = time.monotonic() - ended
        print(f"recording plays {plays_s:.1f} s after the end")
        assert plays_s <= 5 + 3, "with the pages' own time"

        folder = server.data / "recordings"
        segments = sorted(folder.rglob("*.m4s"))
        assert segments
        for playlist in folder.rglob("*.m3u8"):
            probed = probe(playlist)
            assert probed["streams"], playlist

        check_ink_against_picture(teacher, frame_at_pen_down)

        # The notes are there too, as they were then.
        watch.keyboard.press("End")
        watch.get_by_test_id("side-notes").click()
        expect(watch.locator(".ProseMirror")).to_have_text("What we saw 观察")
        expect(watch.locator(".ProseMirror")).to_have_attribute("contenteditable", "false")
        watch.keyboard.press("Home")
        expect(watch.locator(".ProseMirror")).to_have_text("")


def test_a_disk_that_runs_short_stops_the_recording_and_says_so(playwright: Playwright, tmp_path: Path) -> None:
    more_than_is_free = {"TONGKE_DISK_FLOOR_BYTES": str(1 << 60), "TONGKE_DISK_FLOOR_SHARE": "1"}
    with (
        serving(tmp_path / "data", environment=more_than_is_free) as server,
        chromium(playwright, camera=camera(640, 360, FRAMES)) as browser,
    ):
        teacher = administrator(browser, server.base, server.setup_secret())
        start_lesson(teacher, "A full disk", recording=True)
        teacher.see("alarm")
        expect(teacher.page.get_by_test_id("rec").first).to_have_attribute("data-on", "false")
        draw(teacher, [(0.2, 0.2), (0.8, 0.8)])
        poll(lambda: journalled(server.data, "stroke.added") == 1, "stroke in the journal")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "data" / "recordings", "size=480m") as path:
        yield path


@pytest.mark.timeout(120)
def test_a_teacher_is_told_of_a_disk_before_it_is_full_when_it_is_and_no_more_when_it_is_not(
    playwright: Playwright, disk: Path
) -> None:
    def leave(free: int) -> None:
        with (disk / "other").open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, file.tell() + shutil.disk_usage(disk).free - free)

    environment = {"TONGKE_DISK_FLOOR_BYTES": "1000000", "TONGKE_DISK_FLOOR_SHARE": "1"}
    with (
        serving(disk.parent, environment=environment) as server,
        chromium(playwright, camera=camera(640, 360, FRAMES)) as browser,
    ):
        teacher = administrator(browser, server.base, server.setup_secret())
        start_lesson(teacher, "A small disk", recording=True)
        alarm, rec = teacher.page.get_by_test_id("alarm"), teacher.page.get_by_test_id("rec").first
        poll(lambda: any(disk.rglob("seg-2.m4s")), "it is being recorded")
        leave(A_QUARTER_OF_AN_HOUR)
        expect(alarm).to_contain_text("before long", timeout=30_000)
        expect(rec).to_have_attribute("data-on", "true")
        leave(1_100_000)
        expect(alarm).to_contain_text("recording has stopped", timeout=30_000)  # one: what was said before is gone
        expect(rec).to_have_attribute("data-on", "false")
        (disk / "other").unlink()
        teacher.touch("record")
        expect(rec).to_have_attribute("data-on", "true")
        expect(alarm).to_have_count(0)
        poll(lambda: len(list(disk.rglob("seg-1.m4s"))) == 4, "it is being recorded again")
        leave(A_QUARTER_OF_AN_HOUR)
        expect(alarm).to_contain_text("before long", timeout=30_000)
        teacher.touch("alarm-close")
        expect(alarm).to_have_count(0)


def check_ink_against_picture(viewer: Person, frame_at_pen_down: int) -> None:
    """Where the first stroke begins in the player, the picture is the frame that the teacher's camera showed then."""
    page = viewer.page
    page.get_by_test_id("play").click()
    began = page.evaluate(
        """async () => {
            const id = location.pathname.split('/')[2];
            const events = await (await fetch(`/api/v1/resources/${id}/events`)).json();
            return (events.events ?? events).find(({kind}) => kind === 'stroke.added').data.began;
        }"""
    )
    page.evaluate(
        """at => {
            const seek = document.querySelector('[data-testid=seek]');
            seek.value = at;
            seek.dispatchEvent(new Event('input', {bubbles: true}));
        }""",
        began,
    )
    page.wait_for_timeout(1500)
    # Until the moment has been fetched, another picture stands.
    page.wait_for_function("() => !document.querySelector('[data-testid=video]').seeking")
    shown = page.evaluate("readFrame(document.querySelector('[data-testid=video]'))")
    at = int(page.get_by_test_id("time").get_attribute("data-at") or 0)
    assert shown is not None
    off = (shown - frame_at_pen_down + FRAMES // 2) % FRAMES - FRAMES // 2
    off_ms = off * 1000 / FPS - (at - began)
    print(f"ink against picture: {off_ms:.0f} ms")
    assert abs(off_ms) <= 100


def journalled(data: Path, kind: str) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{data / 'tongke.sqlite'}?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT count(*) FROM event WHERE kind = ?", (kind,)).fetchone()[0])


def probe(media: Path) -> dict[str, Any]:
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", "-show_streams", str(media)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stderr, done.stderr
    return dict(json.loads(done.stdout))
