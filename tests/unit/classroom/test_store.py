"""The repositories, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from classroom.errors import ClientFault, OperatorFault, Status
from classroom.events import Event, Role
from classroom.ids import digest
from classroom.ordering import natural
from classroom.store import Store
from classroom.store.records import Entry
from classroom.store.tables import metadata

NOW = 1_800_000_000_000
DAY = 86_400_000


async def test_an_account_is_found_by_its_login_in_any_case(store: Store) -> None:
    made = await store.accounts.add(" Wang.Fang ", "王芳", "teacher", "hash", NOW)
    assert await store.accounts.by_login("WANG.fang") == made == await store.accounts.get(made.id)
    with pytest.raises(ClientFault) as refusal:
        await store.accounts.add("wang.fang", "another", "staff", "hash", NOW)
    assert (refusal.value.code, refusal.value.status) == ("login_taken", Status.CONFLICT)
    assert await store.accounts.count() == 1
    assert await store.accounts.list() == [made]


async def test_a_new_password_and_a_disabled_account_end_its_sessions(store: Store) -> None:
    account = await store.accounts.add("li", "李", "admin", "old", NOW)
    cookie, session = await store.sessions.add(account.id, NOW, DAY)
    assert await store.sessions.get(cookie, NOW) == session
    await store.accounts.set_password(account.id, "new")
    assert await store.sessions.get(cookie, NOW) is None
    cookie, _ = await store.sessions.add(account.id, NOW, DAY)
    await store.accounts.set_disabled(account.id, True)
    assert await store.sessions.get(cookie, NOW) is None
    found = await store.accounts.get(account.id)
    assert found is not None
    assert (found.password_hash, found.disabled) == ("new", True)


async def test_a_session_ends_by_time_or_by_hand_and_the_cookie_is_not_stored(store: Store) -> None:
    cookie, session = await store.sessions.add(None, NOW, DAY)
    assert cookie not in session.id_hash
    assert await store.sessions.get(cookie, NOW + DAY) is None
    await store.sessions.extend(cookie, NOW + 2 * DAY)
    assert await store.sessions.get(cookie, NOW + DAY) is not None
    await store.sessions.remove(cookie)
    assert await store.sessions.get(cookie, NOW) is None


async def test_a_link_is_used_once_also_by_two_at_the_same_moment(store: Store) -> None:
    secret = await store.links.add("seat", {"seat": "x"}, NOW + DAY)
    answers = await asyncio.gather(*(store.links.redeem(secret, NOW) for _ in range(4)), return_exceptions=True)
    good = [answer for answer in answers if not isinstance(answer, BaseException)]
    bad = [answer for answer in answers if isinstance(answer, ClientFault)]
    assert [link.data for link in good] == [{"seat": "x"}]
    assert [fault.code for fault in bad] == ["link_invalid"] * 3


async def test_a_link_for_another_purpose_over_or_unknown_is_not_there(store: Store) -> None:
    for_ever = await store.links.add("account", {"account": "x"}, NOW + DAY, uses=None)
    for _ in range(3):
        assert (await store.links.redeem(for_ever, NOW)).uses_left is None
    for secret, now, purpose in ((for_ever, NOW + DAY, None), (for_ever, NOW, "setup"), ("unknown", NOW, None)):
        with pytest.raises(ClientFault) as refusal:
            await store.links.redeem(secret, now, purpose)  # type: ignore[arg-type]
        assert refusal.value.status == Status.NOT_FOUND
    await store.links.remove("account")
    with pytest.raises(ClientFault):
        await store.links.redeem(for_ever, NOW)


async def test_schools_and_rooms(store: Store) -> None:
    school = await store.schools.add("云岭小学", NOW, recording=True)
    room = await store.schools.add_room(school.id, "三年级一班")
    assert await store.schools.list() == [school]
    assert await store.schools.rooms(school.id) == [room] == await store.schools.rooms()
    assert await store.schools.room(room.id) == room
    assert await store.schools.rooms("another") == []


async def test_schools_and_rooms_stand_as_people_look_for_them(store: Store) -> None:
    chinese = ["一班", "二班", "十班", "十一班", "二十班", "一九九教室", "二〇一教室", "三百零五教室", "三零六教室"]
    names = [*chinese, "Class 2", "class 10", "教室2", "教室２ B", "教室10"]
    schools = [await store.schools.add(name, NOW) for name in reversed(names)]
    for name in reversed(names):
        await store.schools.add_room(schools[0].id, name)
    assert [one.name for one in await store.schools.rooms()] == names
    assert [one.name for one in await store.schools.rooms(schools[0].id)] == names
    assert [one.name for one in await store.schools.list()] == names


@given(st.lists(st.text("a2１²〇一十百 ", max_size=6)))
def test_any_names_have_an_order_and_numbers_theirs(names: list[str]) -> None:
    assert len(sorted(names, key=natural)) == len(names)
    assert sorted(range(200), key=lambda n: natural(f"a{n}")) == list(range(200))


async def test_a_join_code_leads_to_a_lesson_until_it_ends(store: Store) -> None:
    lesson = await store.lessons.add("语文", NOW)
    assert len(lesson.code) == 8
    assert lesson.code.isdigit()
    assert await store.lessons.by_code(lesson.code) == lesson
    ended = Event(1, 0, "lead", "lesson.ended", {})
    await store.journal.append([Entry(lesson.id, "lead", "c" * 8, 1, [ended], [])], NOW + 5)
    assert await store.lessons.by_code(lesson.code) is None
    found = await store.lessons.get(lesson.id)
    assert found is not None
    assert (found.phase, found.ended_at) == ("ended", NOW + 5)


async def test_a_code_is_drawn_again_while_another_lesson_has_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = iter(["11111111", "11111111", "22222222"])
    monkeypatch.setattr("classroom.store.lessons.new_code", lambda: next(codes))
    assert (await store.lessons.add("one", NOW)).code == "11111111"
    assert (await store.lessons.add("two", NOW)).code == "22222222"


async def test_a_lesson_of_an_unknown_owner_is_refused(store: Store) -> None:
    with pytest.raises(ClientFault) as refusal:
        await store.lessons.add("one", NOW, owner="nobody")
    assert refusal.value.status == Status.NOT_FOUND


async def test_lessons_are_listed_newest_first_and_by_owner(store: Store) -> None:
    owner = await store.accounts.add("a", "A", "teacher", "hash", NOW)
    old = await store.lessons.add("old", NOW, owner=owner.id)
    new = await store.lessons.add("new", NOW + 1)
    assert await store.lessons.list() == [new, old]
    assert await store.lessons.list(owner=owner.id) == [old]


async def test_seats_belong_to_a_session_and_go_along_when_one_signs_in(store: Store) -> None:
    lesson = await store.lessons.add("语文", NOW)
    child = await store.participants.add(lesson.id, Role.STUDENT, "王明", NOW)
    assert await store.participants.get(child.id) == child
    assert await store.participants.list(lesson.id) == [child]
    assert await store.participants.counts([lesson.id, "other"]) == {lesson.id: 1}
    _, first = await store.sessions.add(None, NOW, DAY)
    _, second = await store.sessions.add(None, NOW, DAY)
    seat = await store.seats.add(child.id, first.id_hash, NOW)
    assert await store.seats.get(seat.id, first.id_hash) == seat
    assert await store.seats.get(seat.id, second.id_hash) is None
    await store.seats.move(first.id_hash, second.id_hash)
    assert await store.seats.get(seat.id, first.id_hash) is None
    assert await store.seats.get(seat.id, second.id_hash) is not None


@pytest.mark.parametrize("what", ["lesson_id", "room"])
async def test_a_participant_of_nowhere_is_refused(store: Store, what: str) -> None:
    lesson = await store.lessons.add("语文", NOW)
    place = {"lesson_id": lesson.id, "room": None, what: "nowhere"}
    with pytest.raises(ClientFault) as refusal:
        await store.participants.add(role=Role.STUDENT, name="x", now=NOW, **place)  # type: ignore[arg-type]
    assert refusal.value.status == Status.NOT_FOUND


async def test_a_resource_grows_and_becomes_ready(store: Store) -> None:
    lesson = await store.lessons.add("语文", NOW)
    resource = await store.resources.add("语文", "recordings/x", NOW, lesson=lesson.id)
    await store.resources.update(resource.id, status="ready", duration_ms=1234, tracks=[{"id": "t", "kind": "video"}])
    ready = await store.resources.get(resource.id)
    assert ready is not None
    assert (ready.status, ready.duration_ms, ready.tracks) == ("ready", 1234, [{"id": "t", "kind": "video"}])
    assert await store.resources.list() == [ready] == await store.resources.of_lesson(lesson.id)
    await store.resources.remove(resource.id)
    assert await store.resources.list() == []


async def test_a_shelf_keeps_what_lessons_showed_as_long_as_those_are_kept(store: Store) -> None:
    account = await store.accounts.add("li", "李", "teacher", "hash", NOW)
    lesson = await store.lessons.add("语文", NOW, owner=account.id)
    lead = await store.participants.add(lesson.id, Role.LEAD_TEACHER, "李", NOW, account=account.id)
    guest = await store.participants.add(lesson.id, Role.LEAD_TEACHER, "王", NOW)
    one = await store.shelves.add(account.id, "秋.pdf", 9, NOW, 1, 9)
    assert one is not None
    assert await store.shelves.ready_for(lead.id, [one.id]) == {}, "not ready"
    await store.shelves.uploaded(one.id)
    await store.shelves.ready(one.id, "d", "slides", 1, [320], None, "")
    assert await store.shelves.ready_for(guest.id, [one.id]) == {}, "not the guest's"
    found = await store.shelves.ready_for(lead.id, [one.id, "gone"])
    assert {name: (row.kind, row.boxes) for name, row in found.items()} == {one.id: ("slides", [320])}
    assert await store.shelves.kept(account.id, NOW) == frozenset(), "it is kept with what shows it, and not before"
    for seq in (1, 2):
        shows = Entry(lesson.id, lead.id, f"command-{seq}", seq, [], [], frozenset({one.id, "removed just now"}))
        await store.journal.append([shows], NOW)
    assert await store.shelves.kept(account.id, NOW) == {one.id}
    assert await store.shelves.take_off(one.id, NOW, NOW) is None
    assert [await store.shelves.list(account.id), await store.shelves.unkept(NOW)] == [[], []]
    assert await store.shelves.add(account.id, "冬.pdf", 9, NOW, 1, 9), "there is room again"
    assert await store.shelves.uses("d") == 1
    assert await store.shelves.remove(one.id) == "d"
    assert await store.shelves.uses("d") == 0


async def test_the_installation_has_one_secret_for_each_purpose_also_after_a_restart(store_url: str) -> None:
    store = await Store.open(store_url)
    tokens = await store.settings.secret("tokens")
    assert len(tokens) == 32
    assert tokens != await store.settings.secret("another")
    await store.settings.put("name", "一")
    await store.settings.put("name", "二")
    await store.close()
    store = await Store.open(store_url)
    assert await store.settings.secret("tokens") == tokens
    assert await store.settings.get("name") == "二"
    assert await store.settings.get("nothing") is None
    await store.close()


async def test_the_migrations_make_the_tables_that_the_code_speaks_of(store: Store) -> None:
    async with store._database.reading() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), metadata)
        )
    assert differences == []


async def test_two_servers_that_start_at_once_migrate_one_after_the_other(store_url: str) -> None:
    stores = await asyncio.gather(*(Store.open(store_url) for _ in range(3)))
    assert await stores[0].accounts.count() == 0
    for store in stores:
        await store.close()


async def test_a_new_file_that_another_writes_to_is_waited_for(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "tongke.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("CREATE TABLE something (id INTEGER)")  # the change to WAL is refused at once here, not waited for
    opening = asyncio.create_task(Store.open(f"sqlite:///{tmp_path}/tongke.db"))
    await asyncio.sleep(0.2)
    other.execute("COMMIT")
    other.close()
    store = await opening
    assert await store.accounts.count() == 0
    await store.close()


async def test_sqlite_is_durable(tmp_path: Path) -> None:
    store = await Store.open(f"sqlite:///{tmp_path}/tongke.db")
    async with store._database.reading() as connection:
        for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("secure_delete", 1)):
            assert (await connection.exec_driver_sql(f"PRAGMA {pragma}")).scalar() == value
    await store.close()


@pytest.mark.parametrize(
    "url",
    ["nonsense", "mysql://localhost/x", "sqlite:////nonexistent/dir/x.db", "postgresql://nobody@127.0.0.1:1/x"],
)
async def test_a_database_that_cannot_be_opened_is_said_in_one_line(url: str) -> None:
    with pytest.raises(OperatorFault) as fault:
        await Store.open(url)
    assert "\n" not in str(fault.value)


async def test_erasing_an_account_removes_its_words_everywhere_and_keeps_the_events(store: Store) -> None:
    account = await store.accounts.add("li", "李", "teacher", "hash", NOW)
    lesson = await store.lessons.add("语文", NOW, owner=account.id)
    person = await store.participants.add(lesson.id, Role.LEAD_TEACHER, "李老师", NOW, account=account.id)
    _, _session = await store.sessions.add(account.id, NOW, DAY)
    said = Event(1, 0, person.id, "chat.said", {"message": "m"})
    texts = [("text:m", person.id, "你好"), ("text:other", "someone", "再见")]
    await store.journal.append([Entry(lesson.id, person.id, "c" * 8, 1, [said], texts)], NOW)
    erased = await store.accounts.erase(account.id)
    assert (erased.sessions, erased.participants, erased.words) == (1, 1, 1)
    assert erased.lessons == {lesson.id}
    saved = await store.journal.load(lesson.id)
    assert saved.texts == {"text:m": "", "text:other": "再见"}
    assert list(saved.events) == [said]
    assert await store.accounts.get(account.id) is None
    gone = await store.participants.get(person.id)
    assert gone is not None
    assert (gone.name, gone.account) == ("", None)


async def test_an_error_of_the_database_shows_no_words(store: Store) -> None:
    with pytest.raises(ClientFault) as refused:
        async with store._database.writing() as connection:
            await connection.execute(text("INSERT INTO nowhere (words) VALUES (:words)"), {"words": "Wei's answer"})
    assert "nowhere" in str(refused.value.__cause__)
    assert "Wei" not in str(refused.value.__cause__)


def test_any_text_has_a_digest() -> None:
    assert digest("\udcff") != digest("\udcfe")
