"""A teacher edits a recording; it plays on over the cut, and one file of it is made and downloaded."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest
from playwright.sync_api import Page, Playwright, expect

from classroom.events import Role, Seat
from tests.browser.browsers import chromium
from tests.browser.people import PASSWORD, poll
from tests.browser.shots import DESKTOP, TABLET, Album, audited, speak
from tests.held import do
from tests.processes import serving
from tests.recorded import FPS, Take, in_simulated_time, publish
from web.server.serve import stored
from web.server.sessions import COOKIE, LIFE_MS
from web.server.settings import Settings

pytestmark = pytest.mark.browser
LASTS_MS = 16_000
READ = """(video) => {
  const canvas = Object.assign(document.createElement('canvas'), {width: video.videoWidth, height: video.videoHeight})
  const context = canvas.getContext('2d')
  context.drawImage(video, 0, 0)
  const {width, height} = canvas, side = width / 60, left = (width - 32 * side) / 2
  const y = Math.round(height / 36 + side / 2)
  const level = (i) => context.getImageData(Math.round(left + (i + 0.5) * side), y, 1, 1).data[0]
  const bits = Array.from({length: 32}, (_, i) => level(i))
  const threshold = (bits[0] + bits[1]) / 2
  return parseInt(bits.slice(4, 24).map((v) => (v > threshold ? '1' : '0')).join(''), 2)
}"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """Sixteen seconds of a lead's camera and microphone, with a child beside: the recording, its teacher's cookie."""
    data = tmp_path_factory.mktemp("edits") / "data"
    data.mkdir()

    async def write() -> tuple[Path, str, str]:
        async with stored(Settings(_env_file=None, data=data, port=0, media_port=0)) as real:
            parts, clock = in_simulated_time(real)
            hashed = await parts.passwords.hashed(PASSWORD)
            owner = (await parts.store.accounts.add("lihua", "Li Hua 李华", "teacher", hashed, real.now_ms)).id
            lesson = (await parts.store.lessons.add("The autumn of 杜牧", owner=owner, now=real.now_ms)).id
            lead, room = (Seat(name, role) for name, role in (("p1", Role.LEAD_TEACHER), ("p2", Role.STUDENT)))
            await do(parts, lesson, lead, "lesson.open")
            await do(parts, lesson, lead, "participant.join", name="Li Hua 李华")
            await do(parts, lesson, room, "participant.join", name="王小明 with quite a long name of a child")
            await do(parts, lesson, lead, "lesson.start")
            clock.ms = LASTS_MS
            await do(parts, lesson, lead, "lesson.end")
            takes = [
                Take("camera", "p1", 0, LASTS_MS, 640, 360), Take("mic", "p1", 0, LASTS_MS),
                Take("student", "p2", 2_000, 12_000, 320, 180), Take("mic", "p2", 2_000, 12_000),
            ]  # fmt: skip
            made = await publish(parts, lesson, takes)
            clock.ms = 0
            after = (await parts.store.lessons.add("After the break", owner=owner, now=real.now_ms)).id
            await do(parts, after, lead, "lesson.open")
            await do(parts, after, lead, "participant.join", name="Li Hua 李华")
            await do(parts, after, lead, "lesson.start")
            clock.ms = 3_000
            await do(parts, after, lead, "page.add", page="p1")
            clock.ms = 8_000
            await do(parts, after, lead, "lesson.end")
            await publish(parts, after, [Take("camera", "p1", 1_000, 8_000, 640, 360, number=360),
                                         Take("mic", "p1", 1_000, 8_000)])  # fmt: skip
            await parts.journal.close()
            cookie, _ = await parts.store.sessions.add(owner, real.now_ms, LIFE_MS)
            return data, made.id, cookie

    with ThreadPoolExecutor(1) as pool:  # a loop runs in this thread already
        return pool.submit(asyncio.run, write()).result()


@pytest.fixture(scope="module")
def page(playwright: Playwright, recorded: tuple[Path, str, str]) -> Iterator[tuple[Page, str]]:
    data, resource, cookie = recorded
    with serving(data) as server, chromium(playwright) as browser:
        page = audited(browser, DESKTOP, "en")
        page.context.add_cookies([{"name": COOKIE, "value": cookie, "url": server.base}])
        yield page, f"{server.base}/library/{resource}"


# Every moment that the page says from now on, in milliseconds.
MOMENTS = """(time) => {
  window.moments = [Number(time.dataset.at)];
  const say = () => moments.push(Number(time.dataset.at));
  new MutationObserver(say).observe(time, {attributes: true, attributeFilter: ['data-at']});
}"""


def to(page: Page, testid: str, ms: int) -> None:
    page.get_by_test_id(testid).evaluate(
        "(one, ms) => { one.value = ms; one.dispatchEvent(new Event('input', {bubbles: true})) }", ms
    )


def test_a_teacher_cuts_hides_takes_back_and_downloads(page: tuple[Page, str], tmp_path: Path) -> None:
    (here, address), album = page, Album()
    here.goto(address)
    here.get_by_test_id("to-edit").click()
    expect(here.get_by_test_id("edit-time")).to_be_visible()
    to(here, "edit-from", 4_000)
    to(here, "edit-to", 7_000)  # which is on the way to the keyframe that comes a second later
    expect(here.get_by_test_id("edit-stands")).to_have_text("The picture goes on at once.")
    here.get_by_test_id("edit-snap").uncheck()
    expect(here.get_by_test_id("edit-stands")).to_contain_text("1.0 s")
    here.get_by_test_id("edit-snap").check()
    here.get_by_test_id("edit-cut").click()
    expect(here.get_by_test_id("edit-gone")).to_have_count(1)
    to(here, "edit-seek", 12_000)
    here.get_by_test_id("edit-end").click()
    expect(here.get_by_test_id("edit-undo")).to_have_count(2)
    here.get_by_test_id("edit-undo").first.click()
    expect(here.get_by_test_id("edit-undo")).to_have_count(1)
    here.get_by_test_id("edit-hide-person").nth(1).click()
    expect(here.get_by_test_id("edit-undo")).to_have_count(2)
    for language in ("zh-CN", "en"):
        speak(here, language)
        expect(here.get_by_test_id("edit-undo")).to_have_count(2)
        album.shoot(here, "library", "edit", language, DESKTOP, TABLET, whole=True)
    assert not album.faults

    # The preview steps over what is cut out.
    to(here, "edit-seek", 3_500)
    here.get_by_test_id("edit-time").evaluate(MOMENTS)
    here.get_by_test_id("edit-play").click()
    poll(lambda: here.evaluate("moments.at(-1)") > 8_000, "moment after the cut")
    here.get_by_test_id("edit-play").click()
    moments = here.evaluate("moments")
    assert any(earlier < 5_000 and later >= 8_000 for earlier, later in pairwise(moments)), (
        "over all of the cut at once"
    )

    here.get_by_test_id("render-layout").select_option("lead")
    here.get_by_test_id("render-make").click()
    link = here.get_by_test_id("render-get")
    expect(link).to_be_visible(timeout=60_000)
    with here.expect_download() as download:
        link.click()
    download.value.save_as(tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == (LASTS_MS - 4_000) * FPS // 1000


def test_the_edited_recording_plays_on_over_the_cut(page: tuple[Page, str]) -> None:
    here, address = page
    here.goto(address)
    video = here.get_by_test_id("video").first
    expect(video).to_be_visible()
    poll(lambda: video.evaluate("(video) => video.readyState >= 3"), "picture")
    path = address.rpartition("/")[2]
    told: Any = here.evaluate("(id) => fetch(`/api/v1/resources/${id}`).then((one) => one.json())", path)
    assert told["cuts"] == [[4000, 8000]]
    assert {one["participant"] for one in told["tracks"]} == {"p1"}
    # Who was seen stands on the line of time, by keys too.
    stills = "(id) => fetch(`/api/v1/resources/${id}/stills`).then((one) => one.json())"
    poll(lambda: here.evaluate(stills, path)["tracks"], "small pictures")
    here.get_by_test_id("seek").focus()
    here.keyboard.press("ArrowRight")
    person = here.get_by_test_id("preview-person")
    expect(person).to_be_visible()
    poll(lambda: person.evaluate("(one) => one.naturalWidth") == 240, "a small picture")
    here.keyboard.press("Home")
    expect(person).to_have_count(0)
    here.get_by_test_id("play").click()
    numbers = []
    for _ in range(150):
        numbers.append(video.evaluate(READ))
        if numbers[-1] > 300:
            break
        here.wait_for_timeout(50)
    shown = sorted(set(numbers))
    assert shown[-1] > 270
    assert not [number for number in shown if 120 <= number < 240], "no picture of the cut"
    assert [number for number in shown if 90 <= number < 120], "up to the cut"
    assert [number for number in shown if 240 <= number < 270], "and on after it"


def test_two_lessons_are_joined_and_play_as_one(page: tuple[Page, str]) -> None:
    """The second of them first: seven seconds; then what the first has left of its sixteen."""
    (here, address), album = page, Album()
    here.goto(address.rpartition("/")[0])
    here.get_by_test_id("to-join").click()
    for title in ("The autumn of 杜牧", "After the break"):
        here.get_by_test_id("join-in").filter(has_text=title).click()
    expect(here.get_by_test_id("join-part")).to_have_count(2)
    here.get_by_test_id("join-up").nth(1).focus()
    here.keyboard.press("Enter")
    expect(here.get_by_test_id("join-part").first).to_contain_text("After the break")
    expect(here.get_by_test_id("join-down").first).to_be_focused()
    for language in ("zh-CN", "en"):
        speak(here, language)
        expect(here.get_by_test_id("join-part")).to_have_count(2)
        album.shoot(here, "library", "join", language, DESKTOP, TABLET, whole=True)
    here.get_by_test_id("join-title").fill("Both, of an autumn day")
    here.get_by_test_id("join-save").click()

    expect(here.get_by_test_id("part")).to_have_count(2)
    video = here.get_by_test_id("video").first
    poll(lambda: video.evaluate("(video) => video.readyState >= 3"), "picture")
    album.shoot(here, "library", "joined", "en", DESKTOP, TABLET)
    assert not album.faults
    told: Any = here.evaluate("(id) => fetch(`/api/v1/resources/${id}/parts`).then((one) => one.json())",
                              here.url.rpartition("/")[2])  # fmt: skip
    assert [one["title"] for one in told["parts"]] == ["After the break", "The autumn of 杜牧"]

    # Over the border: the first of them ends with picture 569 of the clip, the other begins with its first.
    def shows() -> int:
        return int(here.get_by_test_id("video").first.evaluate(READ))

    start = int(here.get_by_test_id("time").get_attribute("data-at") or 0)
    to(here, "seek", start + 5_500)
    poll(lambda: shows() in range(500, 570), "a picture of the first part")
    here.get_by_test_id("play").click()
    poll(lambda: shows() in range(20, 120), "a picture of the second part")
    here.get_by_test_id("play").click()
    expect(here.get_by_test_id("part").nth(1)).to_have_attribute("aria-current", "true")
    here.get_by_test_id("part").first.click()
    expect(here.get_by_test_id("part").first).to_have_attribute("aria-current", "true")
    poll(lambda: shows() >= 360, "the first part's picture again")


SEND = """async ([method, path, body]) => {
  const {csrf} = await (await fetch('/api/v1/session')).json()
  const headers = {'Content-Type': 'application/json', 'X-CSRF': csrf}
  return (await fetch(path, {method, headers, body: JSON.stringify(body)})).json()
}"""


def test_who_joined_anew_meanwhile_takes_nothing_from_another(page: tuple[Page, str]) -> None:
    (here, address), album = page, Album()
    here.goto(address.rpartition("/")[0])
    found: Any = here.evaluate("fetch('/api/v1/resources?kind=recording').then((one) => one.json())")
    both = sorted(found, key=lambda one: str(one["title"]))
    ids, titles = ([str(one[of]) for one in both] for of in ("id", "title"))
    joined: Any = here.evaluate(SEND, ["POST", "/api/v1/joined", {"title": "Autumn", "parts": ids}])
    at = f"/api/v1/resources/{joined['resource']}/parts"

    def of() -> Any:
        return here.evaluate("(at) => fetch(at).then((one) => one.json())", at)

    def meanwhile(title: str) -> None:
        here.evaluate(SEND, ["PUT", at, {"revision": of()["revision"], "title": title, "parts": ids}])

    parts = here.get_by_test_id("join-part")
    theirs = here.get_by_test_id("join-theirs")
    here.goto(f"{address.rpartition('/')[0]}/{joined['resource']}?join")
    expect(parts).to_have_count(2)
    here.get_by_test_id("join-title").fill("Mine, of an autumn day")
    here.get_by_test_id("join-down").first.click()
    meanwhile("Theirs, of the same day")
    here.get_by_test_id("join-save").click()
    expect(theirs).to_contain_text("Theirs, of the same day")
    expect(theirs.get_by_role("listitem")).to_contain_text(titles)
    expect(here.get_by_test_id("join-title")).to_have_value("Mine, of an autumn day")
    expect(parts).to_contain_text(titles[::-1])
    for language in ("zh-CN", "en"):
        speak(here, language)
        expect(theirs).to_be_visible()
        album.shoot(here, "library", "join-theirs", language, DESKTOP, TABLET, whole=True)
    assert not album.faults

    # Saved again, one's own goes over theirs.
    here.get_by_test_id("join-save").click()
    expect(here.get_by_test_id("join-saved")).to_be_visible()
    expect(theirs).to_have_count(0)
    assert [one["id"] for one in of()["parts"]] == ids[::-1]

    here.get_by_test_id("join-title").fill("Mine once more")
    meanwhile("Theirs once more")
    here.get_by_test_id("join-save").click()
    here.get_by_test_id("join-theirs-take").click()
    expect(theirs).to_have_count(0)
    expect(here.get_by_test_id("join-title")).to_have_value("Theirs once more")
    expect(parts).to_contain_text(titles)
    here.get_by_test_id("join-save").click()
    expect(here.get_by_test_id("join-saved")).to_be_visible()
