"""What a lesson leads to: practice given at the desk, questions answered when it is over, what its recording tells."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

from classroom.events import Role, Seat
from classroom.ids import new_id
from classroom.review import Outcome
from classroom.store.records import Banked
from tests.browser.browsers import chromium
from tests.browser.house import HAND, WORK, House, each, sees
from tests.browser.people import PASSWORD
from tests.browser.questions.room import loaded
from tests.browser.shots import DESKTOP, TABLET, Album, Size, audited
from tests.held import do, hold
from tests.processes import serving
from tests.unit.web.test_printed_pictures import GREEN, RED, shelved, webp
from web.server.serve import stored
from web.server.sessions import COOKIE, LIFE_MS
from web.server.settings import Settings

pytestmark = pytest.mark.browser

SEASON = {
    "type": "choice",
    "prompt": "秋 is which season? 秋是哪个季节？",
    "options": ["spring 春", "summer 夏", "autumn 秋", "winter 冬"],
    "answer": 2,
    "explanation": "禾 is grain, 火 is fire: the season in which the fields are the colour of fire.",
    "points": ["seasons 季节"],
}
TEXT = {"type": "essay", "prompt": "What is autumn like? 秋天是什么样的？", "worth": 4}
CARDS = {"type": "memory", "prompt": "Pairs? 配对", "options": ["A", "spring 春"], "targets": ["autumn 秋", "green 绿"]}
LEAVES = SEASON | {"prompt": "When do leaves fall? 树叶什么时候落？"}
LINK, AWAY, BANK = "Leaves of the world 世界的树叶", "https://leaves.example/", "Plants in autumn 秋天的植物"
SHOWN = "四季 · The seasons, and why they come"
APART_S = 0.2
"""So far apart are the moments of a recording that are told apart."""
NAMES = ["王明", "Maximiliane-Alexandra von und zu Hohenlohe-Waldenburg", "李小红", "أحمد عبد الرحمن"]

ASKED = [
    (0, "Why is 秋 written with fire? 为什么“秋”字里有“火”？"),
    (1, "Do leaves fall everywhere in autumn, also where it never gets cold?"),
    (2, "南半球的秋天在几月？"),
    (3, "A question that is nobody's business"),
]


@dataclass(frozen=True)
class Class:
    """A lesson that goes on, with a tablet at which two of its children sit by turns, of whom the first was wrong."""

    lesson: str
    code: str
    desk: tuple[str, str]
    """The teacher's cookie and seat."""
    cookie: str
    seats: list[str]


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Class]:
    data = tmp_path_factory.mktemp("after") / "data"
    data.mkdir()

    async def write() -> Class:
        async with stored(Settings(_env_file=None, data=data, port=0, media_port=0)) as parts:
            now = parts.now_ms
            school = await parts.store.schools.add("Qingshan 青山村小", now, False)
            hashed = await parts.passwords.hashed(PASSWORD)
            owner = (await parts.store.accounts.add("lihua", "Li Hua 李华", "admin", hashed, now)).id
            colleague = (await parts.store.accounts.add("zhou", "Zhou", "teacher", hashed, now)).id
            room = (await parts.store.schools.add_room(school.id, "三年级一班")).id
            other = (await parts.store.schools.add("Another school", now, False)).id
            far = (await parts.store.schools.add_room(other, "Far away")).id
            whole = {"owner": owner, "school": school.id}
            sits = (room, room, far, room)
            held = await hold(parts, "三年级语文 · Autumn", sits, names=NAMES, questions=[], ends=False, **whole)
            children = [Seat(one, Role.STUDENT, where) for one, where in zip(held.children, sits, strict=True)]
            lead = next(one for one in await parts.store.participants.list(held.id) if one.account == owner)
            teacher = Seat(lead.id, Role.LEAD_TEACHER)
            await do(parts, held.id, teacher, "question.rule", held=False, named=True)
            for place, (who, text) in enumerate(ASKED):
                await do(parts, held.id, children[who], "question.ask", question=f"q{place}", text=text)
            await do(parts, held.id, children[2], "question.vote", question="q0", on=True)
            await asyncio.sleep(APART_S)
            await do(parts, held.id, teacher, "question.show", question="q0")
            await asyncio.sleep(APART_S)
            await do(parts, held.id, teacher, "question.mark", question="q0", state="answered")
            await do(parts, held.id, teacher, "question.mark", question="q3", state="hidden")
            await do(parts, held.id, teacher, "activity.open", activity="buzz", type="buzzer", prompt="7 × 8?")
            for child in (children[1], children[0]):
                await do(parts, held.id, child, "activity.answer", activity="buzz", buzz=True)
            await do(parts, held.id, teacher, "activity.close", activity="buzz")
            leaf, card = [await shelved(parts, owner, webp(colour)) for colour in (GREEN, RED)]
            for activity, asked_of in (
                ("leaf", {"type": "truefalse", "prompt": "Is this a leaf? 这是树叶吗？", "picture": leaf, "answer": 0}),
                ("cards", CARDS | {"pictures": [card, None]}),
            ):
                await do(parts, held.id, teacher, "activity.open", activity=activity, **asked_of)
                await do(parts, held.id, teacher, "activity.close", activity=activity)
            await do(parts, held.id, teacher, "activity.open", activity="text", **TEXT)
            await do(parts, held.id, children[0], "activity.answer", activity="text", text="It is yellow. 黄色的")
            await do(
                parts, held.id, teacher, "activity.mark", activity="text", participant=children[0].participant, points=3
            )
            await do(parts, held.id, teacher, "activity.reveal", activity="text")
            await do(parts, held.id, teacher, "activity.open", activity="season", **SEASON)
            for child, choice in zip(children, (0, 2, 1, 2), strict=True):
                await do(parts, held.id, child, "activity.answer", activity="season", choice=choice)
            helper = await parts.store.participants.add(held.id, Role.LOCAL_TEACHER, "Zhao", now, room=room)
            local = Seat(helper.id, Role.LOCAL_TEACHER, room)
            await do(parts, held.id, local, "participant.join", name="Zhao")
            await do(parts, held.id, local, "activity.count", activity="season", counts=[1, 0, 3, 0])
            row = await parts.store.lessons.get(held.id)
            assert row is not None
            await parts.store.resources.add(
                row.title, held.id, now, lesson=held.id, status="ready", duration_ms=600_000, tracks=[]
            )
            before = await hold(parts, "Before", [room], names=NAMES[:1], questions=[], **whole)
            film = await parts.store.resources.add(
                SHOWN, before.id, now, lesson=before.id, status="ready", duration_ms=754_000, tracks=[]
            )
            said = {"state": "published", "points": SEASON["points"], "version": 2}
            await parts.store.reviews.put(film, Outcome(replace(film, reach="all", **said), None, None))
            for title, target, more in (
                (LINK, AWAY, {"kind": "link", "school": school.id}),
                (BANK, "Plants", {"kind": "bank", "reach": "all", "owner": colleague}),
            ):
                none = {"lesson": None, "duration_ms": None, "path": ""}
                entry = replace(film, id=new_id(), title=title, target=target, **none, **more)
                await parts.store.resources.put(entry)
                await parts.store.reviews.put(entry, Outcome(replace(entry, **said), None, None))
            asked = Banked(new_id(), colleague, None, "Plants", 0, "", "", [], LEAVES, now, now)
            assert await parts.store.questions.add(colleague, [asked], 9)
            song = await parts.store.shelves.add(owner, "seasons 季节.mp3", 1, now, 500, 1 << 30)
            assert song is not None
            await parts.store.shelves.uploaded(song.id)
            await parts.store.shelves.ready(song.id, "0" * 64, "audio", 1, (), 3000, "audio/mpeg")
            cookie, session = await parts.store.sessions.add(None, now, LIFE_MS)
            seats = [
                (await parts.store.seats.add(child.participant, session.id_hash, now)).id for child in children[:2]
            ]
            own, mine = await parts.store.sessions.add(owner, now, LIFE_MS)
            desk = (own, (await parts.store.seats.add(lead.id, mine.id_hash, now)).id)
            return Class(row.id, row.code, desk, cookie, seats)

    with ThreadPoolExecutor(1) as aside:  # Playwright's loop runs in this thread
        return data, aside.submit(asyncio.run, write()).result()


@pytest.fixture(scope="module")
def house(taught: tuple[Path, Class], playwright: Playwright) -> Iterator[House]:
    with serving(taught[0]) as server, chromium(playwright) as browser:
        yield House(server, browser, Album())


def opened(house: House, size: Size, cookie: str, path: str, seat: str, *remembered: str) -> Page:
    """A page in a browser that has that cookie, in a tab that remembers the seat."""
    page = audited(house.browser, size, "en")
    page.context.add_cookies([{"name": COOKIE, "value": cookie, "url": house.server.base}])
    for one in remembered:
        page.add_init_script(f"sessionStorage.setItem('seat:{one}', '{seat}')")
    page.goto(house.server.base + path)
    return page


def test_what_a_lesson_leads_to(house: House, taught: tuple[Path, Class]) -> None:
    lesson = taught[1]
    desk = opened(house, DESKTOP, lesson.desk[0], f"/teach/{lesson.lesson}", lesson.desk[1], lesson.lesson)
    tablet = opened(house, TABLET, lesson.cookie, f"/join/{lesson.code}", lesson.seats[0], lesson.lesson, lesson.code)
    expect(desk.get_by_test_id("enter")).to_be_enabled()
    desk.get_by_test_id("enter").click()
    sees(desk, "vote")
    expect(desk.get_by_test_id("push")).to_have_count(0)
    desk.get_by_test_id("vote-reveal").click()
    sees(desk, "push")
    film, link = (desk.get_by_test_id("push-resource").filter(has_text=title) for title in (SHOWN, LINK))
    expect(film).to_contain_text("12:34")
    expect(film).to_have_attribute("aria-pressed", "true")
    expect(film.get_by_test_id("push-without")).to_have_count(0)
    expect(link).to_have_attribute("aria-pressed", "false")
    expect(link.get_by_test_id("push-without")).to_contain_text(re.compile(r"1\D+2\D"))
    bank = desk.get_by_test_id("push-bank")
    expect(bank).to_have_attribute("aria-pressed", "true")
    expect(desk.get_by_test_id("push")).to_contain_text(re.compile(r"2\D+2\D"))
    bank.click()
    expect(desk.get_by_test_id("push")).to_contain_text(re.compile(r"2\D+1\D"))
    link.click()
    desk.get_by_test_id("push-shelf").click()  # it goes along unless one says so
    expect(desk.get_by_test_id("push-shelf")).to_have_attribute("aria-pressed", "false")
    each(house, desk, "teach", "missed", *WORK)
    desk.get_by_test_id("push").click()
    expect(desk.get_by_test_id("pushed")).to_contain_text(re.compile(r"2\D+0\D"))

    # The one who was wrong practises while the lesson goes on, and comes back to it.
    tablet.get_by_test_id("to-practice").click()
    sees(tablet, "practice-asked")
    expect(tablet.locator("audio")).to_have_count(0)
    with tablet.context.expect_page() as opening:
        tablet.get_by_test_id("practice-resource").filter(has_text=SHOWN).click()
    expect(opening.value.get_by_role("heading", name=SHOWN)).to_be_visible()
    opening.value.close()
    expect(desk.locator("[data-testid=pushed-to][data-opened='1']")).to_have_count(1)
    tablet.context.route(f"{AWAY}**", lambda route: route.fulfill(body="leaves"))
    with tablet.context.expect_page() as opening:
        tablet.get_by_test_id("practice-resource").filter(has_text=LINK).click()
    expect(opening.value.get_by_text("leaves")).to_be_visible()
    opening.value.close()
    expect(desk.locator("[data-testid=pushed-to][data-opened='2']")).to_have_count(1)
    each(house, tablet, "join", "practising", *HAND)
    tablet.get_by_test_id("answer-C").press("Enter")
    expect(tablet.get_by_test_id("practice-verdict")).to_have_attribute("data-mark", "1")
    expect(tablet.get_by_test_id("answer-C")).to_contain_text(re.compile("right|正确"))
    each(house, tablet, "join", "practised-right", *HAND)
    tablet.get_by_test_id("practice-next").click()
    sees(tablet, "practice-all")
    tablet.get_by_test_id("to-practice").click()
    expect(tablet.get_by_test_id("practice-all")).to_have_count(0)
    expect(desk.get_by_test_id("pushed")).to_contain_text(re.compile(r"2\D+1\D"))

    # The lesson is over: what is left open is answered in writing, and what was hidden stays with the teachers.
    desk.get_by_test_id("end-lesson").click()
    desk.get_by_test_id("end-lesson-confirm").click()
    sees(desk, "asked-after")
    expect(desk.get_by_test_id("asked-counts")).to_have_text(re.compile(r"3\D+1\D+2\D"))
    row = desk.get_by_test_id("asked-after").get_by_test_id("asked").filter(has_text="南半球")
    row.get_by_test_id("asked-write").click()
    row.get_by_test_id("asked-reply-text").fill("三月到五月。")
    row.get_by_test_id("asked-reply-send").click()
    expect(row.get_by_test_id("asked-reply")).to_contain_text("三月到五月")
    asked = desk.get_by_test_id("report-question")
    asked.filter(has_text="7 × 8?").press("Enter")
    buzzes = desk.get_by_test_id("buzz")
    expect(buzzes).to_have_count(2)
    expect(buzzes.first).to_contain_text(re.compile(rf"{NAMES[1]}.*{NAMES[0]}", re.DOTALL))
    asked.filter(has_text="which season").press("Enter")
    expect(desk.get_by_test_id("report-hands")).to_contain_text("75 %")
    for prompt, within in (("Is this a leaf", "picture"), ("Pairs?", "pairs")):
        head = asked.filter(has_text=prompt)
        expect(head).to_contain_text("无人作答")
        head.press("Enter")
        told = head.locator("xpath=..")
        expect(told.get_by_test_id(within)).to_have_count(1)
        expect(told.locator("img")).to_have_count(1)
        loaded(told.locator("img"))
    each(house, desk, "report", "asked", *WORK, whole=True)

    # A child sees what it was given for its text; it asks on, and sees what was answered.
    sees(tablet, "after")
    marks = tablet.get_by_test_id("marks")
    expect(marks.get_by_test_id("given")).to_have_attribute("data-points", "3")
    expect(marks).to_contain_text("It is yellow. 黄色的")
    tablet.get_by_test_id("ask-input").fill("And in 黑龙江?")
    tablet.get_by_test_id("ask-input").press("Enter")
    mine = tablet.get_by_test_id("asked").filter(has_text="黑龙江")
    expect(mine).to_have_count(1)
    expect(tablet.get_by_test_id("asked-reply")).to_contain_text("三月到五月")
    tablet.get_by_test_id("asked").filter(has_text="leaves").get_by_test_id("asked-vote").click()
    expect(tablet.get_by_test_id("asked").filter(has_text="leaves")).to_contain_text("1")
    assert "nobody's business" not in tablet.content()
    each(house, tablet, "join", "after", *HAND)

    # From an answer to its moment in the recording.
    desk.get_by_test_id("asked-moment").first.click()
    sees(desk, "marks")
    at = int(desk.get_by_test_id("time").get_attribute("data-at") or 0)
    mark = desk.locator("[data-testid=mark][data-kind=asked]")
    expect(mark).to_have_count(1)
    expect(mark).to_have_attribute("aria-current", "true")
    assert "nobody's business" not in desk.content()
    desk.keyboard.press("Home")
    assert int(desk.get_by_test_id("time").get_attribute("data-at") or 0) < at
    desk.get_by_test_id("side-questions").click()
    sees(desk, "player-asked")
    desk.get_by_test_id("player-moment").press("Enter")
    expect(desk.get_by_test_id("time")).to_have_attribute("data-at", str(at))
    each(house, desk, "library", "asked", *WORK)

    # The question of a moment is tried for oneself: by keys alone, wrong, then right; the lesson's answers stay.
    desk.keyboard.press("End")
    sees(desk, "try")
    shown = desk.get_by_test_id("activity").inner_text()
    desk.get_by_test_id("try").press("Enter")
    sees(desk, "trying")
    assert "fields are the colour of fire" not in desk.get_by_test_id("activity").inner_text()
    expect(desk.get_by_test_id("activity").get_by_test_id("tally")).to_have_count(0)
    each(house, desk, "library", "try", *WORK)
    options = desk.get_by_test_id("trying")
    options.get_by_test_id("answer-A").press("Enter")
    expect(desk.get_by_test_id("try-verdict")).to_have_attribute("data-mark", "0")
    expect(options.get_by_test_id("answer-C")).to_contain_text(re.compile("right|正确"))
    expect(options.get_by_test_id("answer-C")).to_have_css("opacity", "1")
    expect(options.get_by_test_id("answer-B")).to_have_css("opacity", "0.75")
    each(house, desk, "library", "tried-wrong", *WORK)
    for size in WORK:
        house.album.resize(desk, size, "library")
        box = options.get_by_test_id("answer-C").locator(".option").bounding_box()
        assert box is not None
        assert box["width"] > 100, "a word stands in a line"
    expect(desk.get_by_test_id("trying")).to_contain_text("fields are the colour of fire")
    desk.get_by_test_id("try-again").press("Enter")
    options.get_by_test_id("answer-C").press("Enter")
    expect(desk.get_by_test_id("try-verdict")).to_have_attribute("data-mark", "1")
    each(house, desk, "library", "tried", *WORK)
    desk.get_by_test_id("try-close").press("Enter")
    expect(desk.get_by_test_id("try-before")).to_contain_text(re.compile("2 .*100"))
    expect(desk.get_by_test_id("try-all")).to_contain_text(re.compile("1.* 0 "))
    assert shown.splitlines()[0] in desk.get_by_test_id("activity").inner_text()

    # Another day the same child finds its practice in the same browser, by its name, and nobody else's.
    again = opened(house, TABLET, lesson.cookie, "/join", "")
    again.get_by_test_id("again-name").fill(NAMES[3])
    again.get_by_test_id("again-look").click()
    sees(again, "again-none")
    each(house, again, "join", "again", *HAND)
    again.get_by_test_id("again-name").fill(NAMES[0])
    again.get_by_test_id("again-name").press("Enter")
    sees(again, "practice-all")
    expect(again.get_by_test_id("practice-resource")).to_have_count(2)

    # The score of participation is turned off where schools are kept, and the report has none.
    desk.goto(f"{house.server.base}/staff")
    schools = desk.get_by_test_id("school-score")
    schools.and_(desk.get_by_label("青山村小")).click()
    expect(desk.get_by_test_id("school-formula")).to_contain_text("100 ×")
    each(house, desk, "staff", "score", *WORK, whole=True)
    desk.get_by_test_id("school-scored").uncheck()
    expect(desk.get_by_test_id("school-formula")).not_to_contain_text("100 ×")
    desk.goto(f"{house.server.base}/teach/{lesson.lesson}")
    sees(desk, "report-child")
    expect(desk.get_by_test_id("formula")).to_have_count(0)

    # A file that takes its time says so, and one that is not to be had.
    asked: list[Route] = []
    desk.route("**/report.pdf*", lambda route: asked.append(route))
    with desk.expect_request("**/report.pdf*"):
        desk.get_by_test_id("report-pdf").click()
    progress = desk.get_by_test_id("report").get_by_test_id("download-progress")
    expect(progress).not_to_be_empty()
    expect(desk.get_by_test_id("report-pdf")).to_have_attribute("aria-disabled", "true")
    with desk.expect_download():
        asked[0].continue_()
    expect(progress).to_be_empty()
    desk.unroute("**/report.pdf*")
    desk.context.clear_cookies()
    desk.get_by_test_id("report-pdf").click()
    sees(desk, "download-fault")
    each(house, desk, "report", "no-file", DESKTOP)
    for one in (desk, tablet, again):
        one.context.close()
    house.album.check()
