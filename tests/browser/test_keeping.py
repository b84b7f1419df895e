"""From a lesson's recording to a published resource that another school's teacher watches, in object storage too; then
one of its children is erased, and then all of it is deleted: what went is found nowhere afterwards."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, expect

from classroom.events import Role, Seat
from tests.browser.browsers import chromium
from tests.browser.house import WORK, House, each, sees
from tests.browser.people import PASSWORD, poll
from tests.browser.shots import DESKTOP, Album, audited
from tests.held import do
from tests.processes import serving
from tests.recorded import Take, in_simulated_time, publish
from tests.s3 import BUCKET, S3, Relay, relayed, s3
from web.server.serve import stored
from web.server.sessions import COOKIE, LIFE_MS
from web.server.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
LASTS_MS = 3_000
TITLE, CHILD, SAID = "Zephyranthes 葱莲", "Ottoline Marchbanks", "Quokkaville"
PEOPLE = (("lihua", "Li Hua", "teacher", 0), ("wu", "Wu", "teacher", 1), ("ma", "Ma", "admin", None))


@dataclass
class Kept:
    data: Path
    lesson: str
    resource: str
    cookies: dict[str, str]


@dataclass
class There:
    house: House
    kept: Kept
    store: S3
    relay: Relay

    def found(self, *words: str) -> list[str]:
        """Where any of these stands in a file of the installation, its database and index too, as they are cut there,
        and in the storage."""
        wanted = {one.encode() for word in words for one in (word, word[:8].lower())}
        files = [path for path in self.kept.data.rglob("*") if path.is_file()]
        here = [f"{path.name}: {word!r}" for path in files for word in wanted if word in path.read_bytes()]
        names = [str(path) for path in self.kept.data.rglob("*") if any(word in str(path) for word in words)]
        return [*here, *names, *(name for name in self.store.objects() if any(word in name for word in words))]


async def _write(data: Path) -> Kept:
    async with stored(Settings(_env_file=None, data=data, port=0, media_port=0)) as real:
        parts, clock = in_simulated_time(real)
        store, now = parts.store, real.now_ms
        schools = [await store.schools.add(name, now) for name in ("Experimental school", "青山村小")]
        hashed, cookies, ids = await parts.passwords.hashed(PASSWORD), {}, {}
        for login, name, role, school in PEOPLE:
            of = schools[school].id if school is not None else None
            ids[login] = (await store.accounts.add(login, name, role, hashed, now, of)).id  # type: ignore[arg-type]
            cookies[login], _ = await store.sessions.add(ids[login], now, LIFE_MS)
        lesson = (await store.lessons.add(TITLE, now, owner=ids["lihua"], school=schools[0].id)).id
        row = await store.participants.add(lesson, Role.STUDENT, CHILD, now)
        lead, child = Seat("p1", Role.LEAD_TEACHER), Seat(row.id, Role.STUDENT)
        await do(parts, lesson, lead, "lesson.open")
        for seat, name in ((lead, "Li Hua"), (child, CHILD)):
            await do(parts, lesson, seat, "participant.join", name=name)
        await do(parts, lesson, lead, "lesson.start")
        await do(parts, lesson, lead, "chat.rule", to="all")
        await do(parts, lesson, child, "chat.say", message="m1", text=SAID)
        clock.ms = LASTS_MS
        await do(parts, lesson, lead, "lesson.end")
        takes = [Take("camera", "p1", 0, LASTS_MS, 320, 180), Take("mic", child.participant, 0, LASTS_MS)]
        made = await publish(parts, lesson, takes)
        await parts.journal.close()
        return Kept(data, lesson, made.id, cookies)


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory, playwright: Playwright) -> Iterator[There]:
    data = tmp_path_factory.mktemp("keeping") / "data"
    data.mkdir()
    with ThreadPoolExecutor(1) as aside:  # Playwright's loop runs in this thread
        kept = aside.submit(asyncio.run, _write(data)).result()
    with s3() as store, relayed(store.port) as relay:
        environment = store.environment(relay.port) | {"TONGKE_STORAGE": f"s3://{BUCKET}"}
        with serving(data, environment=environment) as server, chromium(playwright) as browser:
            yield There(House(server, browser, Album()), kept, store, relay)


def someone(there: There, login: str) -> Page:
    page = audited(there.house.browser, DESKTOP, "en")
    page.context.set_default_timeout(20_000)
    page.context.add_cookies([{"name": COOKIE, "value": there.kept.cookies[login], "url": there.house.server.base}])
    return page


def at(there: There, page: Page, path: str, testid: str) -> None:
    page.goto(there.house.server.base + path)
    sees(page, testid)


def step(page: Page, name: str, state: str) -> None:
    page.get_by_test_id(f"step-{name}").click()
    expect(page.get_by_test_id("state").first).to_have_attribute("data-state", state)


def events(there: There, page: Page) -> list[Any]:
    told = page.request.get(f"{there.house.server.base}/api/v1/resources/{there.kept.resource}/events").json()
    return [(one["seq"], one["at"], one["actor"], one["kind"]) for one in told]


def test_a_recording_is_published_watched_elsewhere_and_then_found_nowhere(there: There) -> None:
    kept, details = there.kept, f"/library/{there.kept.resource}?details"
    teacher, other, admin = (someone(there, login) for login in ("lihua", "wu", "ma"))
    poll(lambda: f"{kept.lesson}/002-mic/index.m3u8" in there.store.objects(), "the recording in the storage", 30)

    at(there, teacher, details, "entry-edit")
    teacher.get_by_test_id("entry-edit").click()
    teacher.get_by_test_id("details-description").fill("Of a flower.")
    teacher.get_by_test_id("details-reach").select_option("all")
    teacher.get_by_test_id("details-save").click()
    expect(teacher.get_by_test_id("said")).to_contain_text("Of a flower.")
    step(teacher, "self_review", "self_reviewed")
    step(teacher, "submit", "submitted")
    at(there, admin, details, "step-publish")
    step(admin, "publish", "published")
    at(there, other, f"/library/{kept.resource}", "play")
    before = events(there, teacher)

    at(there, admin, "/library?keeping", "keeping")
    each(there.house, admin, "library", "keeping-empty", *WORK, whole=True)
    admin.get_by_test_id("hours-grace").fill("0")
    expect(admin.get_by_test_id("hours-save")).to_be_disabled()
    admin.get_by_test_id("hours-grace").fill("21")
    admin.get_by_test_id("hours-hour").select_option("4")
    admin.get_by_test_id("hours-save").click()
    expect(admin.get_by_test_id("hours-saved")).to_have_text(re.compile("Saved|已保存"))
    admin.reload()
    expect(admin.get_by_test_id("hours-grace")).to_have_value("21")
    expect(admin.get_by_test_id("hours-hour")).to_have_value("4")
    admin.get_by_test_id("rule-kind").select_option("upload")
    expect(admin.get_by_test_id("rule-media")).to_be_disabled()
    admin.get_by_test_id("rule-kind").select_option("recording")
    admin.get_by_test_id("rule-media").check()
    admin.get_by_test_id("rule-school").select_option(index=1)
    admin.get_by_test_id("rule-name").fill("After two years 两年之后 of a name that is rather long for a rule")
    admin.get_by_test_id("rule-add").click()
    sees(admin, "preview")
    expect(admin.get_by_test_id("verdict")).to_have_attribute("data-kept", "published")
    school = admin.get_by_test_id("rule-school").locator("option").nth(1).inner_text()
    expect(admin.get_by_test_id("rule")).to_contain_text(school)
    expect(admin.get_by_test_id("rule")).to_contain_text(re.compile("Only pictures and sound|画面"))
    expect(admin.get_by_test_id("rule-on")).to_be_enabled()
    admin.get_by_test_id("hold-subject").fill(f"{there.house.server.base}{details}")
    admin.get_by_test_id("hold-reason").fill("A court asks 法院要求")
    admin.get_by_test_id("hold-add").click()
    expect(admin.get_by_test_id("hold")).to_have_attribute("data-lifted", "false")
    admin.get_by_test_id("erase-name").fill(CHILD)
    admin.get_by_test_id("erase-find").click()
    admin.get_by_test_id("erase-remove").check()
    admin.get_by_test_id("erase-preview").click()
    sees(admin, "traces")
    each(there.house, admin, "library", "keeping", *WORK, whole=True)
    admin.get_by_test_id("erase-sure").click()
    sees(admin, "erase-fault")  # while it is held
    admin.get_by_test_id("hold-lift").click()
    admin.get_by_test_id("lift-why").fill("It is over")
    admin.get_by_test_id("lift-sure").click()
    expect(admin.get_by_test_id("hold")).to_have_attribute("data-lifted", "true")

    # A switch that did not reach the server is as it was; a rule is removed once that was said twice.
    admin.route("**/keeping/rules/*/on", lambda route: route.abort())
    admin.get_by_test_id("rule-on").click()
    sees(admin, "keeping-fault")
    expect(admin.get_by_test_id("rule-on")).not_to_be_checked()
    admin.unroute("**/keeping/rules/*/on")
    admin.get_by_test_id("rule-remove").click()
    expect(admin.get_by_test_id("rule")).to_have_count(1)
    admin.get_by_test_id("rule-remove-sure").click()
    expect(admin.get_by_test_id("rule")).to_have_count(0)

    assert there.found(CHILD, SAID)
    admin.get_by_test_id("erase-sure").click()
    sees(admin, "erased")
    expect(admin.get_by_test_id("removal").first).to_have_attribute("data-stage", "done", timeout=60_000)
    assert there.found(CHILD, SAID) == []
    assert not [name for name in there.store.objects() if "/002-mic/" in name]
    assert events(there, teacher) == before
    at(there, other, f"/library/{kept.resource}", "play")

    there.relay.mood = "failing"
    at(there, teacher, "/library", "resource-remove")
    teacher.get_by_test_id("resource-remove").click()
    teacher.get_by_test_id("resource-remove-sure").click()
    expect(teacher.get_by_test_id("resource")).to_have_count(0)
    other.reload()
    sees(other, "library-fault")
    removal = admin.get_by_test_id("removal").first
    expect(removal).to_have_attribute("data-stage", "storage", timeout=60_000)
    expect(removal).to_contain_text("the storage fails", timeout=60_000)
    assert there.store.objects(kept.lesson)
    each(there.house, admin, "library", "keeping-waits", *WORK, whole=True)
    there.relay.mood = "good"
    expect(removal).to_have_attribute("data-stage", "done", timeout=90_000)
    assert there.found("Zephyranthes", "葱莲", kept.lesson) == []
    for page in (teacher, other, admin):
        page.context.close()
    there.house.album.check()
