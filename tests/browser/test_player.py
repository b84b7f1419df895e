"""The library's player: picture, ink and question at any moment, in every form; by keys, by touch, on old tablets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

from classroom.events import SYSTEM, Role, Seat
from tests import recorded
from tests.browser.browsers import KIOSK, chromium
from tests.browser.camera import WATCH
from tests.browser.firefox import firefox
from tests.browser.hands import Hands
from tests.browser.house import WORK, House, each, sees, sign_in
from tests.browser.old import Hand, OldHand, attribute, old_chromium, there
from tests.browser.people import PASSWORD, poll
from tests.browser.shots import DESKTOP, TABLET, Album, speak
from tests.held import do
from tests.processes import serving
from web.server.serve import stored
from web.server.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

LASTS_MS = 60_000
PAUSE = (34_000, 36_000)
"""The lesson went on unrecorded."""
SEEN_AGAIN = 40_000
"""The voice was there before the picture."""
FRAME = """() => {
  const video = document.querySelector('[data-testid=video]');
  return video.seeking ? null : readFrame(video);
}"""
ASKED = {"type": "choice", "prompt": "Which is 秋? 哪个是秋天？", "options": ["spring 春", "autumn 秋"], "answer": 1}


@dataclass
class Kept:
    house: House
    resource: str

    @property
    def path(self) -> str:
        return f"/library/{self.resource}"


@pytest.fixture(scope="module")
def kept(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    data = tmp_path_factory.mktemp("kept") / "data"
    with ThreadPoolExecutor(1) as aside:  # Playwright's loop runs in this thread
        resource = aside.submit(asyncio.run, lesson(data)).result()
    with serving(data) as server, chromium(playwright, flags=[KIOSK]) as browser:
        yield Kept(House(server, browser, Album()), resource)


async def lesson(data: Path) -> str:
    data.mkdir()
    async with stored(Settings(_env_file=None, data=data, port=0, media_port=0)) as real:
        parts, clock = recorded.in_simulated_time(real)
        hashed = await parts.passwords.hashed(PASSWORD)
        owner = (await parts.store.accounts.add("lihua", "Li Hua 李华", "admin", hashed, parts.now_ms)).id
        school = await parts.store.schools.add("Qingshan 青山村小", parts.now_ms, True)
        await parts.store.accounts.add("wu", "Wu 吴", "teacher", hashed, parts.now_ms)
        room = (await parts.store.schools.add_room(school.id, "三年级一班")).id
        row = await parts.store.lessons.add("三年级语文 · Autumn 秋天", parts.now_ms, owner=owner, school=school.id)
        add = parts.store.participants.add
        lead = Seat((await add(row.id, Role.LEAD_TEACHER, "Li Hua 李华", 0, account=owner)).id, Role.LEAD_TEACHER)
        screen = Seat((await add(row.id, Role.DISPLAY, "三年级一班", 0, room=room)).id, Role.DISPLAY, room)
        child = Seat((await add(row.id, Role.STUDENT, "王明", 0, room=room)).id, Role.STUDENT, room)

        async def at(ms: int, seat: Seat, kind: str, **data: Any) -> None:
            clock.ms = ms
            await do(parts, row.id, seat, kind, **data)

        for kind in ("lesson.open", "lesson.start"):
            await at(0, SYSTEM, kind)
        for seat, name in ((lead, "Li Hua 李华"), (screen, "三年级一班"), (child, "王明")):
            await at(0, seat, "participant.join", name=name)
        await at(0, lead, "recording.start")
        await at(3000, lead, "stroke.add", **stroke("s1", "1", 2000, 300))
        await at(8000, lead, "page.add", page="2")
        await at(8000, lead, "page.show", page="2")
        await at(10_000, lead, "stroke.add", **stroke("s2", "2", 9000, 500))
        await at(15_000, lead, "activity.open", activity="q1", **ASKED)
        await at(18_000, child, "activity.answer", activity="q1", choice=1)
        await at(20_000, lead, "activity.reveal", activity="q1")
        await at(24_000, lead, "stage.invite", participant=screen.participant)
        await at(24_500, screen, "stage.accept", participant=screen.participant)
        await at(30_000, lead, "stage.release", participant=screen.participant)
        await at(PAUSE[0], lead, "recording.stop")
        await at(PAUSE[1], lead, "recording.start")
        await at(44_000, lead, "page.add", page="3")
        await at(44_000, lead, "page.show", page="3")
        await at(LASTS_MS, lead, "lesson.end")
        who, takes = lead.participant, []
        for heard, seen, end in ((0, 0, PAUSE[0]), (PAUSE[1], SEEN_AGAIN, LASTS_MS)):
            takes.append(recorded.Take("camera", who, seen, end, 640, 360, number=seen * recorded.FPS // 1000))
            takes.append(recorded.Take("mic", who, heard, end))
        takes.append(recorded.Take("room", screen.participant, 24_000, 31_000, 320, 180))
        return (await recorded.publish(parts, row.id, takes)).id


def stroke(name: str, page: str, began: int, y: int) -> dict[str, Any]:
    points = [n for i in range(21) for n in (200 + i * 60, y, 0.5, i * 50)]
    return {
        "stroke": name, "page": page, "tool": "pen", "color": "#1E2430", "width": 12, "began": began, "points": points
    }  # fmt: skip


def watching(kept: Kept, size: tuple[int, int] = DESKTOP, language: str = "en", query: str = "") -> Page:
    page = kept.house.page(size, language, kept.path + query, script=WATCH)
    sign_in(page)
    sees(page, "play")
    return page


def seek(page: Page, at: int) -> None:
    page.get_by_test_id("seek").evaluate(
        """(slider, at) => {
            [slider.step, slider.value] = [1, at];
            slider.dispatchEvent(new Event('input', {bubbles: true}));
        }""",
        at,
    )


def at(page: Page) -> int:
    return int(page.get_by_test_id("time").get_attribute("data-at") or 0)


def shows(page: Page, ms: int, within: int = 1) -> None:
    """The picture of that moment stands, or one so many pictures away."""
    wanted = ms * recorded.FPS // 1000 % recorded.LOOP_FRAMES
    poll(lambda: abs((page.evaluate(FRAME) or -9) - wanted) <= within, f"frame {wanted}")


HERE = """s => {
  const {buffered} = document.querySelector('[data-testid=video]');
  return Array.from({length: buffered.length}, (_, i) => i).some((i) => buffered.start(i) <= s && s < buffered.end(i));
}"""


def test_a_moment_just_before_what_is_here_is_fetched_and_shown(kept: Kept) -> None:
    """Chromium takes the keyframe two pictures later for it."""
    page = watching(kept, query="?at=26500")
    shows(page, 26_500)
    assert page.evaluate(HERE, 24)
    assert not page.evaluate(HERE, 23.9)
    seek(page, 23_940)
    shows(page, 23_940)


def test_a_link_leads_to_its_moment_and_keys_lead_on(kept: Kept) -> None:
    page = watching(kept, query="?at=17000")
    shows(page, 17_000)
    assert page.get_by_test_id("board").get_attribute("aria-label") == "Board, page 2 of 2"
    expect(page.get_by_test_id("asking")).to_contain_text("Which is 秋?")
    for key, wanted in (("j", 7000), ("l", 17_000), ("ArrowRight", 22_000), ("0", 0), ("5", 30_000), ("Home", 0)):
        page.keyboard.press(key)
        assert abs(at(page) - wanted) <= 40, key
    expect(page.get_by_test_id("asking")).to_have_count(0)
    page.keyboard.press("n")
    assert at(page) == 8000
    page.keyboard.press("n")
    assert at(page) == 15_000
    page.keyboard.press("p")
    assert at(page) == 8000
    page.keyboard.press(">")
    expect(page.get_by_test_id("speed")).to_have_value("1.25")
    page.keyboard.press("?")
    sees(page, "keys")
    page.keyboard.press("Escape")
    seek(page, 16_000)
    page.keyboard.press("q")
    expect(page.get_by_test_id("side-questions")).to_have_attribute("aria-selected", "true")
    sees(page, "activity")
    expect(page.get_by_test_id("asking")).to_have_count(0)
    page.context.close()


@pytest.mark.alone
def test_it_plays_faster_steps_over_what_was_not_recorded_and_goes_on_where_one_stopped(kept: Kept) -> None:
    page = watching(kept)
    seek(page, PAUSE[0] - 2500)
    page.get_by_test_id("speed").select_option("3")
    page.keyboard.press("k")
    poll(lambda: at(page) > SEEN_AGAIN + 3000, "the player beyond the pause", 15)
    video = page.get_by_test_id("video")
    assert video.evaluate("video => [video.playbackRate, video.preservesPitch]") == [3, True]
    page.keyboard.press("k")
    stopped = at(page)
    shows(page, stopped, within=5)  # at that speed not every picture is drawn
    page.goto(kept.house.server.base + "/library")
    sees(page, "resource")
    page.goto(kept.house.server.base + kept.path)
    sees(page, "resumed")
    assert abs(at(page) - stopped) < 1000
    page.get_by_test_id("from-beginning").click()
    assert at(page) == 0
    page.context.close()


def test_pictures_stand_as_they_were_put_and_follow_the_stage(kept: Kept) -> None:
    page = watching(kept, query="?at=26000")
    expect(page.get_by_test_id("video")).to_have_count(2)  # the room is on stage
    stage = page.get_by_test_id("stage")
    expect(stage).to_have_attribute("data-form", "column")
    page.get_by_test_id("player-menu").click()
    page.get_by_test_id("form-over").click()
    page.get_by_test_id("follow").click()
    expect(stage).to_have_attribute("data-large", "people")
    page.keyboard.press("Escape")
    seek(page, 50_000)
    expect(stage).to_have_attribute("data-large", "work")
    small = page.get_by_test_id("floating")
    small.focus()
    page.keyboard.press("ArrowUp")
    expect(small).to_have_attribute("data-corner", "top-right")
    box = small.bounding_box()
    assert box
    page.mouse.move(box["x"] + 50, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] - 600, box["y"] + 300, steps=5)
    page.mouse.up()
    expect(small).to_have_attribute("data-corner", "bottom-left")
    expect(page.get_by_test_id("play")).to_have_attribute("aria-pressed", "false")
    shows(page, 50_000)
    page.reload()
    expect(page.get_by_test_id("floating")).to_have_attribute("data-corner", "bottom-left")
    page.keyboard.press("f")
    expect(page.get_by_test_id("side-chapters")).to_have_count(0)
    page.keyboard.press("k")
    poll(lambda: "idle" in (stage.get_attribute("class") or ""), "controls that have faded")
    page.mouse.move(300, 300)
    poll(lambda: "idle" not in (stage.get_attribute("class") or ""), "controls")
    page.context.close()


def test_a_line_that_breaks_is_said_and_the_player_goes_on_where_it_stopped(kept: Kept) -> None:
    page = watching(kept)
    seek(page, 2000)
    shows(page, 2000)
    page.route("**/media/**", lambda route: route.abort())
    seek(page, 50_000)
    expect(page.get_by_test_id("player-fault")).to_contain_text("The line is down", timeout=30_000)
    page.unroute("**/media/**")
    shows(page, 50_000)
    expect(page.get_by_test_id("player-fault")).to_have_count(0)
    page.context.close()


def test_who_may_watch_it_no_more_is_told_why_and_goes_on_there_once_that_is_mended(kept: Kept) -> None:
    teacher, base = watching(kept), kept.house.server.base
    csrf = teacher.request.get(f"{base}/api/v1/session").json()["csrf"]

    def ask(method: str, path: str, data: dict[str, Any] | None = None) -> Any:
        way = f"{base}/api/v1/resources/{kept.resource}/{path}"
        answer = teacher.request.fetch(way, method=method, data=data, headers={"X-CSRF": csrf})
        return answer.json() if answer.ok and answer.status != 204 else None

    def link() -> Any:
        return ask("POST", "links", {"label": "Parents 家长", "days": 1, "password": None, "watch_only": True})

    [other] = ask("GET", "people?words=Wu")
    grant, shared = ask("POST", "grants", {"account": other["id"]}), link()
    guest = kept.house.page(DESKTOP, "en", shared["url"].removeprefix(base), script=WATCH)
    viewer = kept.house.page(DESKTOP, "en", kept.path, script=WATCH)
    sign_in(viewer, "wu")
    for page in (guest, viewer):
        page.get_by_test_id("play").click()
        poll(lambda page=page: at(page) > 500, "the player playing")  # type: ignore[misc]
    held: list[Route] = []
    guest.route("**/media/**", lambda route: held.append(route))  # nothing is refused before they go to that moment
    ask("DELETE", f"links/{shared['id']}")
    ask("DELETE", f"grants/{grant['id']}")
    seek(guest, 50_000)  # and the other one plays on
    for route in held:
        route.continue_()
    guest.unroute("**/media/**")
    for page, why in ((guest, "Open the link again"), (viewer, "not shared with you any more")):
        expect(page.get_by_test_id("library-fault")).to_contain_text(why, timeout=10_000)
        expect(page.get_by_test_id("play")).to_have_count(0)
        expect(page.get_by_test_id("fault-sign-in")).to_have_count(0)
        expect(page.get_by_role("heading", name="三年级语文")).to_be_visible()
    expect(guest.get_by_role("link", name="Library")).to_have_count(0)
    speak(guest, "zh-CN")
    expect(guest.get_by_test_id("library-fault")).to_contain_text("链接")
    speak(guest, "en")
    again = guest.context.new_page()
    again.goto(link()["url"])
    sees(again, "play")
    again.close()
    guest.get_by_role("button", name="Try again").click()
    sees(guest, "play")
    assert 50_000 <= at(guest) < 53_000
    shows(guest, at(guest))
    for page in (teacher, guest, viewer):
        page.context.close()


def test_a_voice_that_does_not_come_holds_nobody_back_not_even_where_there_is_nothing_else(kept: Kept) -> None:
    page = watching(kept, query="?at=30000")
    shows(page, 30_000)
    never: list[Route] = []
    page.route(re.compile(r"-mic/.*\.m4s"), lambda route: never.append(route))
    seek(page, PAUSE[1])
    page.keyboard.press("k")
    poll(lambda: at(page) > SEEN_AGAIN + 2000, "the picture without the voice", 20)
    assert never, "the voice was asked for"
    page.context.close()


NO_OPUS = """
const decodes = MediaSource.isTypeSupported.bind(MediaSource);
MediaSource.isTypeSupported = (type) => !/opus/.test(type) && decodes(type);
"""
HEARD = """() => [...document.querySelectorAll('audio')].some((one) => one.webkitAudioDecodedByteCount > 0)"""


@pytest.mark.timeout(240)  # AAC is made when nothing else wants the processor
def test_where_opus_is_not_decoded_the_voice_is_heard_in_aac(kept: Kept) -> None:
    page = kept.house.page(DESKTOP, "en", "/library", script=NO_OPUS)
    sign_in(page)
    sees(page, "resource")
    told = f"{kept.house.server.base}/api/v1/resources/{kept.resource}"

    def made() -> bool:
        return all(one["aac"] for one in page.request.get(told).json()["tracks"] if one["kind"] == "audio")

    poll(made, "the voice in AAC", 150)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(kept.house.server.base + kept.path + "?at=2000")
    sees(page, "play")
    page.keyboard.press("k")
    poll(lambda: page.evaluate(HEARD), "the voice heard")
    poll(lambda: at(page) > 4000, "the player playing")
    of_voice = [url for url in asked if "-mic/" in url]
    assert of_voice
    assert all("/aac/" in url for url in of_voice)
    page.context.close()


def test_fingers_lead_it(kept: Kept) -> None:
    """The slider is touched and drawn along; twice at a side leaps; the small picture is carried to a corner."""
    context = kept.house.browser.new_context(viewport={"width": TABLET[0], "height": TABLET[1]}, has_touch=True)
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(kept.house.server.base + kept.path)
    sign_in(page)
    page.get_by_test_id("play").tap()
    poll(lambda: at(page) > 500, "the player playing")
    page.get_by_test_id("play").tap()
    expect(page.get_by_test_id("play")).to_have_attribute("aria-pressed", "false")

    slider = Hands.on(page, "seek")
    slider.fingers([(0.2, 0.5)])
    poll(lambda: abs(at(page) - 12_000) < 1500, "the place that was touched")
    slider.fingers([(0.2, 0.5), (0.25, 0.5), (0.3, 0.5), (0.35, 0.5)])
    poll(lambda: abs(at(page) - 21_000) < 1500, "the place where the finger was lifted")
    before = at(page)
    for _ in range(5):  # on a busy machine two touches may come too far apart to be one double touch
        Hands.on(page, "stage").tap_twice((0.9, 0.2))
        page.wait_for_timeout(500)
        if at(page) != before:
            break
    assert abs(at(page) - before - 10_000) < 100, "ten seconds on"
    shows(page, at(page))

    small = page.get_by_test_id("floating")
    expect(small).to_have_attribute("data-corner", "bottom-right")
    Hands.on(page, "floating").fingers([(0.5, 0.5), (0.4, -0.5), (0.3, -3)])
    expect(small).to_have_attribute("data-corner", "top-right")
    expect(page.get_by_test_id("play")).to_have_attribute("aria-pressed", "false")
    context.close()


def test_it_plays_on_an_old_tablet(kept: Kept, playwright: Playwright) -> None:
    with old_chromium(playwright) as browser, contextlib.closing(browser.new_context()) as context:
        hand = OldHand(context.new_page())
        hand.size(*TABLET)
        hand.goto(kept.house.server.base + kept.path)
        hand.fill(there(hand, "login"), "lihua")
        hand.fill(there(hand, "password"), PASSWORD)
        hand.click(there(hand, "sign-in-submit"))
        hand.click(there(hand, "play"))
        begun = int(attribute(hand, "time", "at") or 0)
        poll(lambda: int(attribute(hand, "time", "at") or 0) > begun + 1000, "the player playing", 20)
        assert hand.evaluate("document.documentElement.scrollWidth") <= TABLET[0]
        shape = "(([a]) => a.width / a.height)(document.querySelectorAll('[data-testid=stage] .large'))"
        wide = hand.evaluate(shape.replace("a.width / a.height", "a.clientWidth / a.offsetHeight"))
        assert abs(wide - 16 / 9) < 0.05


SPOKEN = "WEBVTT\n\n00:15.000 --> 00:19.000\n<v Li Hua>Autumn leaves turn red 秋天\n"
PUT = Template("""fetch('/api/v1/session').then((one) => one.json()).then(({csrf}) => fetch(
    '/api/v1/resources/$resource/captions/en',
    {method: 'PUT', body: $words, headers: {'X-CSRF': csrf, 'Content-Type': 'text/vtt'}},
)).then(({status}) => status)""")
ON_THE_PAGE = Template("""(() => {
    const one = document.querySelector('[data-testid=$testid]');
    if (!one) return null;
    const {left, right, width, height} = one.getBoundingClientRect();
    return {width, height, inside: left >= -1 && right <= innerWidth + 1, text: one.textContent};
})()""")


@contextlib.contextmanager
def hand_of(browser: str, playwright: Playwright) -> Iterator[Hand]:
    if browser == "firefox":
        with firefox() as hand:
            yield hand
    else:
        with old_chromium(playwright) as old, contextlib.closing(old.new_context()) as context:
            yield OldHand(context.new_page())


@pytest.mark.soak  # `make test` has each panel in today's Chromium
@pytest.mark.parametrize("browser", ["chromium 87", "firefox"])
def test_every_panel_is_of_use_in_other_browsers(kept: Kept, playwright: Playwright, browser: str) -> None:
    def seen(testid: str) -> dict[str, Any]:
        found = hand.evaluate(ON_THE_PAGE.substitute(testid=testid))
        assert found, testid
        assert found["inside"], (testid, found)
        assert min(found["width"], found["height"]) > 12, (testid, found)
        return dict(found)

    with hand_of(browser, playwright) as hand:
        hand.size(*TABLET)
        hand.goto(kept.house.server.base + kept.path)
        hand.fill(there(hand, "login"), "lihua")
        hand.fill(there(hand, "password"), PASSWORD)
        hand.click(there(hand, "sign-in-submit"))
        there(hand, "play")
        put = hand.evaluate(PUT.substitute(resource=kept.resource, words=json.dumps(SPOKEN)))
        assert put < 300 or put == 412, "the other browser did"
        hand.goto(f"{kept.house.server.base}{kept.path}?at=17000")
        hand.click(there(hand, "side-transcript"))
        there(hand, "cue")
        assert "Autumn leaves turn red" in seen("cue")["text"]
        hand.click(there(hand, "captions-menu"))
        hand.click(there(hand, "captions-on"))
        hand.click("[data-testid=captions-menu]")
        there(hand, "captions")
        assert "Autumn leaves turn red" in seen("captions")["text"]

        hand.click(there(hand, "side-search"))
        hand.fill(there(hand, "search-words"), "red")
        there(hand, "hit")
        assert "red" in seen("hit")["text"]
        hand.click(there(hand, "side-remarks"))
        hand.fill(there(hand, "remark-text"), "Look at this again")
        hand.click(there(hand, "remark-add"))
        there(hand, "remark")
        assert "Look at this again" in seen("remark")["text"]

        hand.click(there(hand, "side-questions"))
        hand.click(there(hand, "try"))
        there(hand, "trying")
        seen("trying")
        hand.evaluate("document.querySelectorAll('[data-testid=trying] button')[1].click()")
        there(hand, "try-verdict")
        seen("try-verdict")
        for panel in ("chapters", "use"):
            hand.click(there(hand, f"side-{panel}"))
            poll(
                lambda panel=panel: hand.evaluate("document.getElementById('side-panel').dataset.panel") == panel, panel
            )
            seen("mark" if panel == "chapters" else "use")
        assert hand.evaluate("document.documentElement.scrollWidth") <= TABLET[0]


@pytest.mark.timeout(300)
def test_it_is_looked_at_in_every_form(kept: Kept) -> None:
    house = kept.house
    page = watching(kept, query="?at=17000")
    shows(page, 17_000)
    for form in ("column", "beside", "over", "alone"):
        page.get_by_test_id("player-menu").click()
        page.get_by_test_id(f"form-{form}").click()
        if form == "over":
            each(house, page, "player", "menu", *WORK)
        page.get_by_test_id("player-menu").click()
        each(house, page, "player", form, *WORK)
    page.get_by_test_id("swap").click()
    each(house, page, "player", "people", *WORK)
    page.get_by_test_id("side-questions").click()
    box = page.get_by_test_id("seek").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2)
    sees(page, "preview")
    house.album.shoot(page, "player", "preview", "en", DESKTOP)
    page.mouse.move(0, 0)
    house.album.tab_through(page, "player")
    page.keyboard.press("f")
    expect(page.get_by_test_id("side-chapters")).to_have_count(0)
    house.album.shoot(page, "player", "full", "en", DESKTOP)
    page.context.close()
    house.album.check()


def test_more_people_than_one_are_told_by_name(kept: Kept) -> None:
    page = watching(kept, query="?at=26000")
    names = page.locator("figcaption")
    expect(names).to_have_text([re.compile("Li Hua"), re.compile("三年级一班")])
    page.context.close()
