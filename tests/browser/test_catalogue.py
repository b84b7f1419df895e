"""From a lesson's recording to a published resource that another school's teacher watches, changed, and withdrawn."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

from classroom.events import Role, Seat
from tests.browser.browsers import DESKTOP as WIDE
from tests.browser.browsers import TABLET, chromium
from tests.browser.house import WORK, House, each, sees
from tests.browser.people import PASSWORD, poll
from tests.browser.shots import DESKTOP, Album, audited, speak
from tests.held import do
from tests.processes import serving
from tests.recorded import Take, in_simulated_time, publish
from tests.unit.web.papers import pdf
from tests.unit.web.test_exchange import film
from tests.unit.web.test_uploads import carried, packed
from web.server.serve import stored
from web.server.sessions import COOKIE, LIFE_MS
from web.server.settings import Settings

pytestmark = pytest.mark.browser
LASTS_MS = 6_000
CHILD = "王小明 Wang Xiaoming"
PEOPLE = (
    ("lihua", "Li Hua 李华", "teacher", 0),
    ("wu", "Wu 吴 of a village school with a long name", "teacher", 1),
    ("ma", "Ma 马", "staff", None),
)


@dataclass
class Kept:
    data: Path
    resource: str
    cookies: dict[str, str]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A recording of some seconds, and the cookies of its teacher, another school's, and a reviewer."""
    data = tmp_path_factory.mktemp("catalogue") / "data"
    data.mkdir()

    async def write() -> Kept:
        async with stored(Settings(_env_file=None, data=data, port=0, media_port=0)) as real:
            parts, clock = in_simulated_time(real)
            store, now = parts.store, real.now_ms
            schools = [await store.schools.add(name, now) for name in ("实验小学 Experimental school", "青山村小")]
            hashed, cookies, ids = await parts.passwords.hashed(PASSWORD), {}, {}
            for login, name, role, school in PEOPLE:
                of = schools[school].id if school is not None else None
                ids[login] = (await store.accounts.add(login, name, role, hashed, now, of)).id  # type: ignore[arg-type]
                cookies[login], _ = await store.sessions.add(ids[login], now, LIFE_MS)
            title = "The autumn of 杜牧"
            lesson = (await store.lessons.add(title, now, owner=ids["lihua"], school=schools[0].id)).id
            lead = Seat("p1", Role.LEAD_TEACHER)
            await do(parts, lesson, lead, "lesson.open")
            await do(parts, lesson, lead, "participant.join", name="Li Hua 李华")
            await do(parts, lesson, Seat("p2", Role.STUDENT), "participant.join", name=CHILD)
            await do(parts, lesson, lead, "lesson.start")
            await do(parts, lesson, Seat("p2", Role.STUDENT), "hand.raise")
            clock.ms = LASTS_MS
            await do(parts, lesson, lead, "lesson.end")
            takes = [Take("camera", "p1", 0, LASTS_MS, 320, 180), Take("mic", "p1", 0, LASTS_MS)]
            made = await publish(parts, lesson, takes)
            await parts.journal.close()
            return Kept(data, made.id, cookies)

    with ThreadPoolExecutor(1) as aside:  # Playwright's loop runs in this thread
        return aside.submit(asyncio.run, write()).result()


@pytest.fixture(scope="module")
def house(kept: Kept, playwright: Playwright) -> Iterator[House]:
    with serving(kept.data) as server, chromium(playwright) as browser:
        yield House(server, browser, Album())


def someone(house: House, kept: Kept, login: str) -> Page:
    page = audited(house.browser, DESKTOP, "en")
    page.context.set_default_timeout(20_000)
    page.context.add_cookies([{"name": COOKIE, "value": kept.cookies[login], "url": house.server.base}])
    return page


def look(house: House, page: Page, path: str, testid: str) -> None:
    page.goto(house.server.base + path)
    sees(page, testid)


def step(page: Page, name: str, state: str, *, changes: bool = False) -> None:
    page.get_by_test_id(f"step-{name}").click()
    mark = page.get_by_test_id("change" if changes else "state").first
    expect(mark).to_have_attribute("data-state", state)


def reasoned(page: Page, name: str, why: str) -> None:
    page.get_by_test_id(f"step-{name}").click()
    page.get_by_test_id("reason").fill(why)
    page.get_by_test_id("reason-submit").click()


def test_a_link_with_a_password_leads_to_the_player_and_is_told_of_and_revoked(house: House, kept: Kept) -> None:
    teacher, details = someone(house, kept, "lihua"), f"/library/{kept.resource}?details"
    look(house, teacher, details, "grants")
    teacher.get_by_test_id("share-search").fill("village")
    teacher.get_by_test_id("share-found").click()
    expect(teacher.get_by_test_id("grant-back")).to_have_count(1)
    teacher.get_by_test_id("share-school").select_option(index=1)
    teacher.get_by_test_id("share-role").select_option("teacher")
    teacher.get_by_test_id("share-group").click()
    expect(teacher.get_by_test_id("grant-back")).to_have_count(2)
    teacher.get_by_test_id("link-new").click()
    teacher.get_by_test_id("link-label").fill("Parents of class 3 三年级家长")
    teacher.get_by_test_id("link-password").fill("red lantern")
    each(house, teacher, "library", "sharing-form", *WORK, whole=True)
    speak(teacher, "zh-CN")
    expect(teacher.get_by_test_id("link-days")).to_contain_text("14 天")
    expect(teacher.get_by_test_id("share-role")).to_contain_text("教师")
    expect(teacher.get_by_test_id("opening-way")).to_contain_text("在网页上")
    speak(teacher, "en")
    teacher.get_by_test_id("link-label").press("Enter")
    url = teacher.get_by_test_id("link-url").input_value()
    assert url.startswith(f"{house.server.base}/shared#")

    guest = audited(house.browser, DESKTOP, "en")
    guest.context.set_default_timeout(20_000)
    look(house, guest, url.removeprefix(house.server.base), "shared-password")
    assert "#" not in guest.url
    guest.get_by_test_id("shared-password").fill("guess")
    guest.get_by_test_id("shared-password").press("Enter")
    expect(guest.get_by_role("alert")).to_be_visible()
    each(house, guest, "shared", "password", *WORK)
    guest.get_by_test_id("shared-password").fill("red lantern")
    guest.get_by_test_id("shared-enter").click()
    sees(guest, "play")
    sees(guest, "nameless")
    expect(guest.get_by_test_id("to-details")).to_have_count(0)
    guest.get_by_test_id("play").click()
    guest.wait_for_function("() => document.querySelector('[data-testid=video]')?.currentTime > 0.3")
    each(house, guest, "shared", "player", *WORK)
    told = guest.evaluate(f"fetch('/api/v1/resources/{kept.resource}/events').then((answer) => answer.text())")
    assert CHILD not in told
    assert "Student 1" in told

    look(house, teacher, details, "opening")
    by_link = teacher.get_by_test_id("opening").filter(has_text="Parents of class 3")
    expect(by_link).to_have_count(1)
    each(house, teacher, "library", "sharing", *WORK, whole=True)
    with teacher.expect_download() as table:
        teacher.get_by_test_id("openings-csv").click()
    assert "Parents of class 3" in Path(table.value.path()).read_text(encoding="utf-8")
    for left in (1, 0):
        teacher.get_by_test_id("grant-back").first.click()
        expect(teacher.get_by_test_id("grant-back")).to_have_count(left)
    teacher.get_by_test_id("link-revoke").click()
    expect(teacher.get_by_test_id("links").locator("li")).to_have_attribute("data-state", "revoked")
    guest.reload()
    sees(guest, "sign-in-submit")
    sees(guest, "library-by-link")
    each(house, guest, "library", "link-revoked", *WORK)
    look(house, guest, url.removeprefix(house.server.base), "shared-fault")
    expect(guest.get_by_role("button", name="Try again")).to_have_count(0)
    each(house, guest, "shared", "over", *WORK)
    for page in (teacher, guest):
        page.context.close()
    house.album.check()


def test_from_draft_to_another_schools_teacher_and_withdrawn(house: House, kept: Kept) -> None:
    teacher, other, staff = (someone(house, kept, login) for login in ("lihua", "wu", "ma"))
    details = f"/library/{kept.resource}?details"
    look(house, other, "/library", "library-empty")
    look(house, teacher, "/library", "resource")
    expect(teacher.get_by_test_id("state")).to_have_attribute("data-state", "draft")
    each(house, teacher, "library", "catalogue", *WORK)

    teacher.get_by_test_id("resource-details").click()
    teacher.get_by_test_id("entry-edit").click()
    teacher.get_by_test_id("details-description").fill("A lesson on <b>one</b> poem.\n山行")
    for field, code in (("subject", "chinese"), ("grade", "grade-3"), ("licence", "cc-by-4.0"), ("reach", "all")):
        teacher.get_by_test_id(f"details-{field}").select_option(code)
    teacher.get_by_test_id("details-points").fill("古诗")
    teacher.get_by_test_id("details-points").press("Enter")
    expect(teacher.get_by_test_id("details-point")).to_have_text("古诗")
    each(house, teacher, "library", "details-form", *WORK, whole=True)
    teacher.get_by_test_id("details-save").click()
    expect(teacher.get_by_test_id("said")).to_contain_text("A lesson on <b>one</b> poem.")
    step(teacher, "self_review", "self_reviewed")
    step(teacher, "submit", "submitted")

    look(house, staff, "/library?review", "waiting")
    staff.get_by_test_id("queue-claim").click()
    expect(staff.get_by_test_id("queue-claim")).to_have_attribute("aria-pressed", "true")
    each(house, staff, "library", "queue", *WORK)
    staff.get_by_test_id("resource-open").click()
    reasoned(staff, "return", "Please name the edition of the textbook.")
    expect(staff.get_by_test_id("state").first).to_have_attribute("data-state", "draft")
    look(house, teacher, details, "trail")
    expect(teacher.get_by_test_id("trail-step").first).to_contain_text("Please name the edition")
    step(teacher, "self_review", "self_reviewed")
    step(teacher, "submit", "submitted")
    look(house, staff, details, "step-publish")
    step(staff, "publish", "published")

    look(house, other, "/library", "resource")
    expect(other.get_by_test_id("state")).to_have_count(0)
    look(house, other, "/library?", "library-search")
    other.get_by_test_id("filter-subject").select_option("art")
    expect(other.get_by_test_id("resource")).to_have_count(0)
    other.get_by_test_id("filter-subject").select_option("chinese")
    other.get_by_test_id("resource-open").click()
    sees(other, "play")
    expect(other.get_by_test_id("to-edit")).to_have_count(0)
    other.get_by_test_id("to-details").click()
    sees(other, "said")
    expect(other.get_by_test_id("steps")).to_have_count(0)

    look(house, teacher, details, "entry-edit")
    teacher.get_by_test_id("entry-edit").click()
    sees(teacher, "details-published")
    teacher.get_by_test_id("details-title").fill("Mountain walk 山行")
    teacher.get_by_test_id("details-save").click()
    expect(teacher.get_by_test_id("change")).to_have_attribute("data-state", "draft")
    step(teacher, "self_review", "self_reviewed", changes=True)
    step(teacher, "submit", "submitted", changes=True)
    other.reload()
    expect(other.get_by_test_id("entry-title")).to_have_text("The autumn of 杜牧")
    look(house, staff, details, "difference")
    expect(staff.get_by_test_id("differs")).to_contain_text("Mountain walk 山行")
    each(house, staff, "library", "difference", *WORK, whole=True)
    staff.get_by_test_id("step-publish").click()
    expect(staff.get_by_test_id("change")).to_have_count(0)
    other.reload()
    expect(other.get_by_test_id("entry-title")).to_have_text("Mountain walk 山行")

    reasoned(teacher_at(house, teacher, details), "withdraw", "A better one follows.")
    expect(teacher.get_by_test_id("state").first).to_have_attribute("data-state", "withdrawn")
    other.reload()
    sees(other, "library-fault")
    for page in (teacher, other, staff):
        page.context.close()
    house.album.check()


def teacher_at(house: House, page: Page, details: str) -> Page:
    look(house, page, details, "step-withdraw")
    return page


def test_of_two_who_change_it_at_once_the_second_keeps_what_was_written(house: House, kept: Kept) -> None:
    first, second = (someone(house, kept, login) for login in ("ma", "lihua"))
    details = f"/library/{kept.resource}?details"
    for page in (first, second):
        look(house, page, details, "entry-edit")
        page.get_by_test_id("entry-edit").click()
    first.get_by_test_id("details-description").fill("What Ma wrote 马写的")
    first.get_by_test_id("details-grade").select_option("grade-5")
    first.get_by_test_id("details-title").fill("Wind 秋风")
    first.get_by_test_id("details-save").click()
    sees(first, "said")
    mine = second.get_by_test_id("details-description")
    mine.fill("What Li Hua wrote\n李华写的")
    second.get_by_test_id("details-title").fill("Autumn leaves 秋叶")
    save = second.get_by_test_id("details-save")
    second.set_viewport_size(TABLET)
    save.focus()
    was = save.bounding_box()
    save.press("Enter")
    expect(second.get_by_role("alert")).to_contain_text("Ma 马 has changed it meanwhile")
    expect(second.get_by_role("alert")).to_contain_text("Title, Description")
    expect(save).to_be_focused()
    assert save.bounding_box() == was
    expect(mine).to_have_value("What Li Hua wrote\n李华写的")
    expect(second.get_by_test_id("details-grade")).to_have_value("grade-5")
    theirs = second.get_by_test_id("theirs")
    expect(theirs).to_contain_text(["Wind 秋风", "What Ma wrote 马写的"])
    each(house, second, "library", "details-theirs", *WORK, whole=True)
    takes = theirs.filter(has_text="Wind 秋风").get_by_test_id("theirs-take")
    for value, pressed in (("Wind 秋风", "true"), ("Autumn leaves 秋叶", "false"), ("Wind 秋风", "true")):
        takes.press("Enter")
        expect(second.get_by_test_id("details-title")).to_have_value(value)
        expect(takes).to_have_attribute("aria-pressed", pressed)

    # What is not saved is left only by who wants to.
    second.on("dialog", lambda dialog: dialog.dismiss())
    with second.expect_event("dialog") as asked:
        second.locator('a[href="/library"]').click(no_wait_after=True)
    assert asked.value.type == "beforeunload"
    for button in ("entry-edit", "details-cancel"):
        second.get_by_test_id(button).click()
        sees(second, "details-leave")
        expect(second.get_by_test_id("details-cancel")).to_be_focused()
        if button == "entry-edit":
            each(house, second, "library", "details-leave", *WORK, whole=True)
            second.get_by_test_id("details-cancel").press("Enter")
            expect(second.get_by_test_id("details-leave")).to_have_count(0)
    first.get_by_test_id("entry-edit").click()
    first.get_by_test_id("details-subject").select_option("art")
    first.get_by_test_id("details-save").click()
    sees(first, "said")
    save.click()
    expect(second.get_by_test_id("details-subject")).to_have_value("art")
    expect(theirs).to_contain_text(["What Ma wrote 马写的"])
    save.click()
    expect(second.get_by_test_id("said")).to_contain_text("李华写的")
    expect(second.get_by_test_id("entry-title")).to_have_text("Wind 秋风")
    second.get_by_test_id("entry-edit").click()
    second.get_by_test_id("details-cancel").click()
    sees(second, "said")
    for page in (first, second):
        page.context.close()
    house.album.check()


def test_links_are_collected_in_a_series_that_one_puts_in_order(house: House, kept: Kept) -> None:
    page = someone(house, kept, "lihua")
    look(house, page, "/library?collections", "collections-empty")
    page.get_by_test_id("collection-title").fill("Unit 二")
    page.get_by_test_id("collection-kind").select_option("series")
    page.get_by_test_id("collection-add").click()
    sees(page, "collection")
    each(house, page, "library", "collections", *WORK)
    for name in ("One 一", "Two 二"):
        look(house, page, "/library", "catalogue-add")
        page.get_by_test_id("catalogue-add").click()
        page.get_by_test_id("add-target").fill("ftp://moe.example")
        page.get_by_test_id("add-title").fill(name)
        if name == "One 一":
            page.get_by_test_id("add-submit").click()
            sees(page, "add-fault")
            each(house, page, "library", "add", *WORK)
        page.get_by_test_id("add-target").fill("https://moe.example/lesson")
        page.get_by_test_id("add-submit").click()
        sees(page, "entry-open")
        page.get_by_test_id("member-choose").select_option(label="Unit 二")
        page.get_by_test_id("member-hold").click()
        sees(page, "member-of")
    page.get_by_test_id("member-of").click()
    expect(page.get_by_test_id("resource-open")).to_contain_text(["One 一", "Two 二"])
    page.get_by_test_id("held-down").first.click()
    expect(page.get_by_test_id("resource-open")).to_contain_text(["Two 二", "One 一"])
    each(house, page, "library", "series", *WORK)
    page.context.close()
    house.album.check()


def test_films_come_in_from_the_page_and_each_that_does_not_says_why(house: House, kept: Kept, tmp_path: Path) -> None:
    page = someone(house, kept, "ma")
    look(house, page, "/library", "catalogue-add")
    page.get_by_test_id("catalogue-add").click()
    page.get_by_test_id("add-kind").select_option("upload")
    good = film(tmp_path / "Leaves 落叶.mp4")
    cut, empty, words = (tmp_path / name for name in ("cut.mp4", "empty.mp4", "words.mp4"))
    cut.write_bytes(good.read_bytes()[:900])
    empty.touch()
    words.write_text("no film")
    page.get_by_test_id("bring-files").set_input_files([good, cut, empty, words])
    brought = page.get_by_test_id("brought")
    for index, state in enumerate(("done", "refused", "refused", "refused")):
        expect(brought.nth(index)).to_have_attribute("data-state", state)
    for index, why in enumerate(("In the library", "damaged", "nothing in it", "type")):
        expect(brought.nth(index)).to_contain_text(why)
    expect(page.get_by_test_id("resource").first).to_contain_text("Leaves 落叶")
    each(house, page, "library", "bring", *WORK)

    # What is left while it is asked for is not brought in, nor what waits once the form is closed.
    asked: list[Route] = []
    page.route("**/api/v1/imports", lambda route: asked.append(route))
    left, waits = film(tmp_path / "Left.mp4"), film(tmp_path / "Waits.mp4")
    for close in ("bring-leave", "catalogue-add"):
        with page.expect_request("**/api/v1/imports"):
            page.get_by_test_id("bring-files").set_input_files([left, waits] if close == "catalogue-add" else [left])
        expect(brought.filter(has_text="Left")).to_have_attribute("data-state", "sending")
        if close == "bring-leave":
            brought.filter(has_text="Left").get_by_test_id(close).click()
        else:
            page.get_by_test_id(close).click()
        expect(brought.filter(has_text="Left")).to_have_count(0)
        with page.expect_response(lambda answer: answer.request.method == "DELETE"):
            asked.pop().continue_()
        assert asked == []
    page.unroute("**/api/v1/imports")
    look(house, page, "/library", "resource")
    expect(page.get_by_test_id("resource").filter(has_text="Leaves 落叶")).to_have_count(1)
    expect(page.get_by_test_id("resource").filter(has_text="Left")).to_have_count(0)
    page.get_by_test_id("resource").filter(has_text="Leaves 落叶").get_by_test_id("resource-details").click()
    expect(page.get_by_test_id("entry-title")).to_have_text("Leaves 落叶")
    page.context.close()
    house.album.check()


CAPTIONS = """async (id) => {
  const { csrf } = await (await fetch('/api/v1/session')).json()
  const body = 'WEBVTT\\n\\n00:02.000 --> 00:04.000\\n今天我们学习光合作用\\n'
  const headers = { 'X-CSRF': csrf, 'Content-Type': 'text/vtt' }
  return (await fetch(`/api/v1/resources/${id}/captions/zh-CN`, { method: 'PUT', headers, body })).status
}"""


def test_a_word_that_was_said_leads_to_its_moment_and_use_is_counted(house: House, kept: Kept) -> None:
    teacher = someone(house, kept, "lihua")
    look(house, teacher, "/library", "resource")
    assert teacher.evaluate(CAPTIONS, kept.resource) < 300
    for _ in range(20):  # it is indexed within a second or two
        teacher.get_by_test_id("library-search").fill("光合作用")
        teacher.get_by_test_id("library-search").press("Enter")
        with contextlib.suppress(AssertionError):
            expect(teacher.get_by_test_id("hit")).to_have_count(1, timeout=1_000)
            break
    hit = teacher.get_by_test_id("hit")
    expect(hit.locator("mark")).to_have_text("光合作用")
    expect(hit).to_have_attribute("data-field", "transcript")
    expect(teacher.get_by_test_id("library-total")).to_contain_text("1")
    teacher.get_by_test_id("favourite").click()
    expect(teacher.get_by_test_id("favourite")).to_have_attribute("aria-pressed", "true")
    each(house, teacher, "library", "found", *WORK)
    teacher.get_by_test_id("library-search").fill("没有的词")
    expect(teacher.get_by_test_id("resource")).to_have_count(0)
    teacher.get_by_test_id("library-search").fill("")
    teacher.set_viewport_size(TABLET)
    teacher.get_by_test_id("filters-open").click()
    teacher.get_by_test_id("filter-mine").select_option("favourites")
    teacher.set_viewport_size(WIDE)
    expect(teacher.get_by_test_id("resource")).to_have_count(1)
    teacher.get_by_test_id("library-search").fill("光合")
    teacher.get_by_test_id("hit").locator("a").click()
    sees(teacher, "play")
    assert "at=1000" in teacher.url
    with teacher.expect_response(lambda answer: answer.url.endswith("/played")) as told:
        teacher.get_by_test_id("play").click()
    assert told.value.ok
    use = teacher.url.partition("?")[0].replace("/library/", "/api/v1/resources/") + "/use"
    poll(lambda: teacher.request.get(use).json()["views"] == 1, "view that is counted", 15)  # written every 5 s
    teacher.get_by_test_id("side-use").click()
    expect(teacher.get_by_test_id("use-views")).to_have_text("1")
    chart = teacher.get_by_test_id("use-kept").get_by_role("slider")
    chart.press("ArrowRight")
    expect(chart).to_have_attribute("aria-valuetext", re.compile(r"^0:00|^00:00"))
    days = teacher.get_by_test_id("use-days").get_by_role("slider")
    days.press("End")
    expect(days).to_have_attribute("aria-valuenow", "27")
    days.press("ArrowLeft")
    expect(days).to_have_attribute("aria-valuenow", "26")
    each(house, teacher, "library", "use", *WORK)


def test_a_teachers_pdf_opens_page_by_page_and_an_exported_folder_comes_as_a_zip(
    house: House, kept: Kept, tmp_path: Path
) -> None:
    page = someone(house, kept, "lihua")
    look(house, page, "/library", "catalogue-add")
    page.get_by_test_id("catalogue-add").click()
    page.get_by_test_id("add-kind").select_option("upload")
    paper, zipped, other = (tmp_path / name for name in ("Poems 诗.pdf", "leaves.zip", "other.zip"))
    paper.write_bytes(pdf("Autumn", "Leaves"))
    zipped.write_bytes(packed(carried()))
    other.write_bytes(packed(carried())[:-40])
    page.get_by_test_id("bring-files").set_input_files([paper, zipped, other])
    brought = page.get_by_test_id("brought")
    for index, state in enumerate(("done", "done", "refused")):
        expect(brought.nth(index)).to_have_attribute("data-state", state)
    expect(brought.nth(2)).to_contain_text("damaged")
    brought.first.get_by_role("link").click()
    sees(page, "entry-play")
    page.get_by_test_id("entry-play").click()
    shown = page.get_by_test_id("pages-page")
    expect(shown).to_have_js_property("complete", True)
    expect(page.get_by_test_id("pages-at")).to_have_text("Page 1 of 2")
    expect(page.get_by_test_id("pages-prev")).to_be_disabled()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("pages-at")).to_have_text("Page 2 of 2")
    expect(shown).to_have_attribute("src", re.compile("/slides/2/"))
    poll(lambda: shown.evaluate("image => image.naturalWidth") > 0, "the second page")
    with page.expect_download() as download:
        page.get_by_test_id("pages-download").click()
    assert Path(download.value.path()).read_bytes() == paper.read_bytes()
    each(house, page, "library", "pages", *WORK)
    page.context.close()
    house.album.check()
