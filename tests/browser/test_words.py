"""What is said in a recording: captions brought, seen and put right; words found; notes at a moment."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Playwright, expect

from classroom.events import Role, Seat
from tests.browser.browsers import chromium
from tests.browser.house import WORK, House, each, sees
from tests.browser.people import PASSWORD
from tests.browser.shots import DESKTOP, Album, audited, speak
from tests.held import do
from tests.processes import serving
from tests.recorded import Take, in_simulated_time, publish
from web.server.serve import stored
from web.server.sessions import COOKIE, LIFE_MS
from web.server.settings import Settings

pytestmark = pytest.mark.browser

FROM_MS, LASTS_MS = 2000, 14_000
CAPTIONS = """1
00:00:00,500 --> 00:00:03,000
同学们好！ Good morning.

2
00:00:04,000 --> 00:00:07,000
Today we read a poem of Du Mu: 停车坐爱枫林晚，霜叶红于二月花。

3
00:00:08,000 --> 00:00:11,000
Autum leaves are redder than the flowers of spring.
"""
BROKEN = "WEBVTT\n\n00:01.000 --> 00:00.500\nbackwards\n"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A lesson of some seconds with two slides, words on the board, chat and a question: its recording, and the cookie
    of who taught it."""
    data = tmp_path_factory.mktemp("words") / "data"
    data.mkdir()

    async def write() -> tuple[Path, str, str]:
        async with stored(Settings(_env_file=None, data=data, port=0, media_port=0)) as real:
            parts, clock = in_simulated_time(real)
            store = parts.store
            hashed = await parts.passwords.hashed(PASSWORD)
            owner = (await store.accounts.add("lihua", "Li Hua 李华", "teacher", hashed, real.now_ms)).id
            slides = await store.shelves.add(owner, "Autumn 秋天.pdf", 10, real.now_ms, 10, 1 << 30)
            assert slides is not None
            content = parts.shelf.content("d" * 64)
            content.mkdir(parents=True)
            for number in (1, 2):
                Image.new("RGB", (320, 180), (250, 240, 220)).save(content / f"{number}-320.webp")
            (content / "text.json").write_text(json.dumps(["山行 Mountain walk", "杜牧\n唐代诗\n人"]))
            await store.shelves.uploaded(slides.id)
            await store.shelves.ready(slides.id, "d" * 64, "slides", 2, [320], None, "")
            row = await store.lessons.add("三年级语文 · Autumn", real.now_ms, owner=owner, recording=True)
            lead = await store.participants.add(row.id, Role.LEAD_TEACHER, "Li Hua 李华", real.now_ms, account=owner)
            teacher = Seat(lead.id, Role.LEAD_TEACHER)

            async def act(at_ms: int, kind: str, **more: object) -> None:
                clock.ms = at_ms
                await do(parts, row.id, teacher, kind, **more)

            await act(0, "participant.join", name="Li Hua 李华")
            await act(0, "lesson.open")
            await act(0, "lesson.start")
            await act(1000, "page.add", page="p1")
            await act(1000, "page.show", page="p1")
            box = {"x": 100, "y": 100, "width": 600, "height": 100}
            words = {"object": "o1", "type": "text", "color": "#1e2430", "size": 40, "box": list(box.values())}
            await act(3000, "object.add", page="p1", object={**words, "text": "霜叶 = leaves in frost"})
            await act(5000, "courseware.open", courseware=slides.id)
            await act(6000, "slide.show", courseware=slides.id, slide=2)
            await act(8000, "chat.say", message="m1", text="Who knows what 枫 is? A maple.")
            question = {"type": "choice", "prompt": "Which tree is 枫?", "options": ["maple", "oak"], "answer": 0}
            await act(9000, "activity.open", activity="a1", **question)
            await act(12_000, "activity.reveal", activity="a1")
            await act(FROM_MS + LASTS_MS, "lesson.end")
            end_ms = FROM_MS + LASTS_MS
            takes = [
                Take("camera", lead.id, FROM_MS, end_ms, 320, 180),
                Take("mic", lead.id, FROM_MS, end_ms),
            ]
            resource = await publish(parts, row.id, takes)
            await parts.journal.close()
            cookie, _ = await store.sessions.add(owner, real.now_ms, LIFE_MS)
            return data, resource.id, cookie

    with ThreadPoolExecutor(1) as aside:  # Playwright's loop runs in this thread
        return aside.submit(asyncio.run, write()).result()


@pytest.fixture(scope="module")
def house(recorded: tuple[Path, str, str], playwright: Playwright) -> Iterator[House]:
    with serving(recorded[0]) as server, chromium(playwright) as browser:
        yield House(server, browser, Album())


def shown(house: House, page: Page, state: str) -> None:
    each(house, page, "library", state, *WORK)
    speak(page, "en")


def at_s(page: Page) -> float:
    return float(page.get_by_test_id("time").get_attribute("data-at") or 0) / 1000


def test_what_is_said_is_seen_put_right_and_found(
    house: House, recorded: tuple[Path, str, str], tmp_path: Path
) -> None:
    _, resource, cookie = recorded
    page = audited(house.browser, DESKTOP, "en")
    page.context.add_cookies([{"name": COOKIE, "value": cookie, "url": house.server.base}])
    page.goto(f"{house.server.base}/library/{resource}")
    page.get_by_test_id("side-transcript").click()
    sees(page, "upload-file")
    shown(house, page, "no-captions")

    # What is not WebVTT is refused by its line; SubRip as an old program wrote it is taken.
    (tmp_path / "broken.vtt").write_text(BROKEN)
    page.get_by_test_id("upload-file").set_input_files(tmp_path / "broken.vtt")
    expect(page.get_by_test_id("upload-fault")).to_contain_text("Line 3: this ends before it begins.")
    (tmp_path / "lesson.zh-CN.srt").write_bytes(CAPTIONS.replace("\n", "\r\n").encode("gb18030"))
    page.get_by_test_id("upload-file").set_input_files(tmp_path / "lesson.zh-CN.srt")
    cues = page.get_by_test_id("cue")
    expect(cues).to_have_count(3)
    expect(page.get_by_test_id("transcript-language")).to_have_value("zh-CN")

    # The transcript leads to the moment, and the picture has the words of it, as large as one likes.
    cues.nth(1).click()
    assert abs(at_s(page) - (FROM_MS + 4000) / 1000) < 0.1
    expect(page.get_by_test_id("captions")).to_contain_text("停车坐爱枫林晚")
    expect(cues.nth(1)).to_have_attribute("aria-current", "true")
    page.keyboard.press("c")
    expect(page.get_by_test_id("captions")).to_have_count(0)
    page.keyboard.press("c")
    page.get_by_test_id("captions-menu").click()
    page.get_by_test_id("captions-size").select_option("large")
    house.album.shoot(page, "library", "captions-menu", "en", DESKTOP)
    page.keyboard.press("Escape")
    shown(house, page, "transcript")

    # A word is put right, a caption split and joined, taken back, and all of it is kept.
    page.get_by_test_id("transcript-edit").click()
    cues.nth(2).click()
    text = page.get_by_test_id("cue-text")
    text.fill("Autumn leaves are redder than the flowers of spring.")
    shown(house, page, "cue")
    text.evaluate("(area) => area.setSelectionRange(13, 13)")
    page.get_by_test_id("cue-split").click()
    expect(text).to_have_value("Autumn leaves")
    page.get_by_test_id("cue-merge").click()
    expect(text).to_have_value("Autumn leaves are redder than the flowers of spring.")
    page.get_by_test_id("cue-end_ms").fill("0:12")
    page.get_by_test_id("cue-end_ms").press("Enter")
    page.get_by_test_id("cue-end_ms").fill("soon")
    page.get_by_test_id("cue-end_ms").press("Tab")
    expect(page.get_by_test_id("cue-edit")).to_contain_text("Write a time like")
    page.get_by_test_id("cue-done").click()
    page.get_by_text("Find and replace").click()
    page.get_by_test_id("replace-what").fill("Du Mu")
    page.get_by_test_id("replace-by").fill("Li Bai")
    page.get_by_test_id("replace-do").click()
    expect(cues.nth(1)).to_contain_text("Li Bai")
    page.get_by_test_id("transcript-undo").click()
    expect(cues.nth(1)).to_contain_text("Du Mu")
    expect(page.get_by_test_id("transcript-saved")).to_have_attribute("data-saved", "saved")
    page.get_by_test_id("transcript-edit").click()
    with page.expect_download() as kept:
        page.get_by_test_id("transcript-vtt").click()
    saved = kept.value.path().read_text()
    assert "00:00:08.000 --> 00:00:12.000\nAutumn leaves are redder" in saved
    assert "Du Mu" in saved

    # Somebody else was faster: nothing is lost, and one decides.
    path = f"/api/v1/resources/{resource}/captions/zh-CN"
    page.evaluate(
        """async (path) => {
            const {csrf} = await (await fetch('/api/v1/session')).json();
            const {headers} = await fetch(path);
            const body = 'WEBVTT\\n\\n00:00.000 --> 00:01.000\\nTheirs\\n';
            const told = {'Content-Type': 'text/vtt', 'X-CSRF': csrf, 'If-Match': headers.get('ETag')};
            await fetch(path, {method: 'PUT', headers: told, body});
        }""",
        path,
    )
    page.get_by_test_id("transcript-edit").click()
    cues.nth(0).click()
    text.fill("Mine")
    sees(page, "transcript-theirs")
    page.get_by_role("button", name="Keep mine instead").click()
    expect(page.get_by_test_id("transcript-saved")).to_have_attribute("data-saved", "saved")
    page.get_by_test_id("cue-done").click()
    assert "Mine" in page.evaluate("async (path) => (await fetch(path)).text()", path)

    # Words: said, on slides and the board, in chat and questions, in Chinese and in English.
    page.get_by_test_id("stage").click(position={"x": 5, "y": 5})
    page.get_by_test_id("play").press("/")
    words = page.get_by_test_id("search-words")
    expect(words).to_be_focused()
    words.fill("诗人")  # broken into two lines on the slide
    expect(page.get_by_test_id("hit")).to_have_count(1)
    page.get_by_test_id("found-slides").get_by_test_id("hit").click()
    assert abs(at_s(page) - 5.5) < 0.2
    words.fill("枫")
    for kind in ("transcript", "chat", "activities"):
        expect(page.get_by_test_id(f"found-{kind}").get_by_test_id("hit")).to_have_count(1)
    words.fill("霜葉".replace("葉", "叶"))
    expect(page.get_by_test_id("found-board").locator("mark")).to_have_text("霜叶")
    words.fill("ＬＥＡＶＥＳ")
    expect(page.get_by_test_id("search-count")).to_have_text("2 places")
    expect(page.get_by_test_id("found-transcript").locator("mark")).to_have_text("leaves")
    shown(house, page, "search")
    words.press("ArrowDown")
    expect(page.get_by_test_id("hit").first).to_be_focused()
    page.keyboard.press("Enter")
    assert abs(at_s(page) - (FROM_MS + 8000 - 500) / 1000) < 0.2

    # A note stays with its moment, and is found too.
    page.get_by_test_id("side-remarks").click()
    page.get_by_test_id("remark-text").fill("Ask 王明 about maples")
    page.get_by_test_id("remark-add").click()
    note = page.get_by_test_id("remark")
    expect(note).to_contain_text("00:07")
    expect(note).to_contain_text("Only for me")
    page.get_by_test_id("seek").press("Home")
    page.get_by_test_id("remark-go").click()
    assert abs(at_s(page) - (FROM_MS + 7500) / 1000) < 0.2
    shown(house, page, "remarks")
    page.get_by_test_id("side-search").click()
    words.fill("王明")
    expect(page.get_by_test_id("found-notes").get_by_test_id("hit")).to_have_count(1)
    page.get_by_test_id("side-remarks").click()
    with page.expect_download() as noted:
        page.get_by_test_id("remarks-save").click()
    assert "00:07\tAsk 王明 about maples" in noted.value.path().read_text()
    page.get_by_test_id("remark-remove").click()
    expect(page.get_by_test_id("remark")).to_have_count(0)

    # All of it is there when one comes again.
    page.reload()
    page.get_by_test_id("side-transcript").click()
    expect(cues.nth(0)).to_contain_text("Mine")
    page.get_by_test_id("captions-remove").click()
    page.get_by_test_id("captions-remove-sure").click()
    sees(page, "transcript-begin")
    assert not house.album.faults, "\n".join(house.album.faults)
