"""A running lesson by low-latency HLS: watched by its link, gone back in by a student at home, by real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect

from tests.browser.browsers import DESKTOP, KIOSK, chromium
from tests.browser.camera import camera
from tests.browser.people import Person, administrator, draw, person, poll, sign_in, sit_at_tablet, start_lesson
from tests.processes import Server, serving

pytestmark = [pytest.mark.browser, pytest.mark.alone]

FRAMES = 900
"""Thirty seconds: a number says which frame it was."""
VIDEO = "document.querySelector('[data-testid=video]')"
SEEN = """async (seconds) => {
    const video = document.querySelector('[data-testid=video]');
    watchFrames(video);
    await new Promise((done) => setTimeout(done, seconds * 1000));
    return video.seen;
}"""
STEP = 300
"""Frames apart are counted modulo the film's length; nobody is behind by a third of it."""


@dataclass
class Held:
    server: Server
    browser: Browser
    teacher: Person
    lesson: str
    code: str


@pytest.fixture(scope="module")
def held(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    with (
        serving(tmp_path_factory.mktemp("live") / "data") as server,
        chromium(playwright, camera=camera(320, 180, FRAMES), flags=[KIOSK]) as browser,
    ):
        teacher = administrator(browser, server.base, server.setup_secret())
        lesson, code = start_lesson(teacher, "Autumn 秋天", recording=True)
        teacher.moving("self-video")
        draw(teacher, [(0.2, 0.3), (0.5, 0.6)])
        yield Held(server, browser, teacher, lesson, code)


def watching(held: Held, teacher: Person) -> Person:
    """Who comes by the link that the teacher has opened."""
    teacher.touch("door")
    teacher.touch("watch-open")
    watcher = person(held.browser, DESKTOP)
    watcher.page.goto(teacher.page.get_by_test_id("watch-url").input_value())
    return watcher


def steps(numbers: list[int]) -> list[int]:
    return [(after - before) % FRAMES for before, after in pairwise(numbers)]


def test_who_comes_by_the_link_sees_every_frame_a_few_seconds_late_until_it_is_taken_back(held: Held) -> None:
    teacher = held.teacher
    watcher = watching(held, teacher)
    watcher.moving("video", 30)
    assert "#" not in watcher.page.url
    watcher.see("board")
    poll(lambda: watcher.ink() > 100, "the board's ink")
    watcher.page.wait_for_timeout(2000)
    seen = watcher.page.evaluate(SEEN, 6)
    numbers = [number for number, _, _ in seen]
    # The page draws fewer frames than there are where the machine is busy; none comes twice, or before an earlier one.
    assert all(0 < step < STEP for step in steps(numbers)), numbers
    assert len(numbers) > 60
    now = teacher.page.evaluate("readFrame(document.querySelector('[data-testid=self-video]'))")
    late_s = (now - watcher.page.evaluate(f"readFrame({VIDEO})")) % FRAMES / 30
    assert late_s < 15, "3.5 s where the machine is its own"
    expect(teacher.page.get_by_test_id("watch-count")).to_contain_text("1 of 1000", timeout=15_000)

    teacher.touch("watch-close")
    expect(watcher.page.get_by_test_id("past-gone")).to_be_visible(timeout=15_000)
    watcher.context.close()
    teacher.touch("door")


def test_who_comes_before_anything_was_recorded_sees_the_lesson_once_it_is(held: Held) -> None:
    teacher = sign_in(held.browser, held.server.base)
    start_lesson(teacher, "Recorded later 稍后录制")
    teacher.moving("self-video")
    watcher = watching(held, teacher)
    expect(watcher.page.get_by_test_id("past-waiting")).to_contain_text("not being recorded")
    teacher.touch("door")
    teacher.touch("record")
    watcher.moving("video", 30)
    expect(watcher.page.get_by_test_id("past")).to_have_attribute("data-live", "true")
    watcher.context.close()
    teacher.context.close()


LACKING = """
const add = RTCPeerConnection.prototype.addTransceiver;
RTCPeerConnection.prototype.addTransceiver = function (kind, ...more) {
    const made = add.call(this, kind, ...more);
    if (kind === 'video') {
        const known = RTCRtpReceiver.getCapabilities('video').codecs;
        made.setCodecPreferences(known.filter((one) => one.mimeType === 'video/AV1' || one.mimeType === 'video/rtx'));
    }
    return made;
};
"""
"""A browser that takes nothing but AV1 in calls, which is not sent here, though it plays them from files."""


def test_a_picture_whose_codec_a_call_lacks_comes_by_hls(held: Held) -> None:
    name = "Sun Li 孙丽"
    student = sit_at_tablet(held.browser, held.server.base, held.code, name, None, script=LACKING)
    student.moving("lead-by-hls", 40)
    assert student.page.evaluate("document.querySelector('[data-testid=lead-video]').srcObject") is None


def test_a_student_at_home_goes_back_and_returns(held: Held) -> None:
    student = sit_at_tablet(held.browser, held.server.base, held.code, "Wang Ming 王明", None)
    student.moving("lead-video", 30)
    student.touch("go-back")
    student.moving("video", 30)
    assert student.page.get_by_test_id("sound").count() == 0  # what is said now is not heard beside what was said then
    student.touch("past-start")
    poll(lambda: float(student.page.get_by_test_id("past-at").get_attribute("data-at") or 1e9) < 12_000, "the start")
    student.moving("video", 30)
    numbers = [number for number, _, _ in student.page.evaluate(SEEN, 3)]
    assert all(0 < step < STEP for step in steps(numbers)), numbers

    held.teacher.page.keyboard.press("v")
    student.see("past-called")
    student.touch("past-called")
    expect(student.page.get_by_test_id("past")).to_have_count(0)
    student.see("question")
    poll(lambda: student.page.get_by_test_id("sound").count() > 0, "the sound of now")


# What a page waits for a third of a minute for, it waits for two seconds.
SOON = """
const later = window.setTimeout;
window.setTimeout = (what, ms, ...more) => later(what, ms >= 20_000 && ms <= 40_000 ? ms / 10 : ms, ...more);
"""


def test_where_all_live_places_are_taken_a_home_watches_by_hls_until_there_is_one(
    playwright: Playwright, tmp_path: Path
) -> None:
    with (
        serving(tmp_path / "data", options=["--media-places", "2"]) as server,
        chromium(playwright, camera=camera(320, 180, FRAMES), flags=[KIOSK]) as browser,
    ):
        teacher = administrator(browser, server.base, server.setup_secret())
        _, code = start_lesson(teacher, "Autumn 秋天", recording=True)
        teacher.moving("self-video")
        first = sit_at_tablet(browser, server.base, code, "Wang Ming 王明", None)
        first.moving("lead-video", 30)
        late = sit_at_tablet(browser, server.base, code, "Sun Li 孙丽", None, script=SOON)
        expect(late.page.get_by_test_id("late-why")).to_contain_text("All live places are taken", timeout=10_000)
        late.moving("video", 30)
        expect(late.page.get_by_test_id("late-why")).to_contain_text("a few seconds late")
        expect(late.page.get_by_test_id("past")).to_have_attribute("data-live", "true")
        numbers = [number for number, _, _ in late.page.evaluate(SEEN, 3)]
        assert all(0 < step < STEP for step in steps(numbers)), numbers
        draw(teacher, [(0.2, 0.3), (0.5, 0.6)])
        poll(lambda: late.ink() > 100, "ink by the picture's clock")
        teacher.page.keyboard.press("v")
        late.see("question")
        expect(late.page.get_by_test_id("past")).to_be_hidden()
        teacher.page.keyboard.press("x")

        first.context.close()
        late.moving("lead-video", 60)
        expect(late.page.get_by_test_id("late")).to_have_count(0)
        poll(lambda: late.page.get_by_test_id("sound").count() > 0, "the sound of now")
